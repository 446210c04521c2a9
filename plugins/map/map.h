/*
 * map.h - what the files of this plugin share: the county's map, checked and held in memory, and who reads
 * it. The file is an attachment; an entry says that it is the map; the text that pages get is made from it
 * here.
 */
#ifndef FQ_PLUGIN_MAP_H
#define FQ_PLUGIN_MAP_H

#include <fengqiao.h>

#define MAP_BYTES_MOST 16777216 /* a county with every grid drawn has half a megabyte */
#define MAP_AREAS_MOST 20000

struct map_area {
  char id[FQ_ID_MAX], kind[24], parent_id[FQ_ID_MAX];
  int parent; /* -1: none */
  char *text; /* the feature, as JSON */
};
struct map_book {
  char sha256[65];
  char *notice, *attribution; /* NULL when the file says nothing */
  struct map_area *areas;
  int count;
  double bbox[4]; /* west, south, east, north */
};

/* geojson.c: any thread. NULL and an error that names the feature when it is no map. */
struct map_book *map_read(const char *text, size_t len, struct fq_error *e);
void map_free(struct map_book *m);
int map_find(const struct map_book *m, const char *id); /* -1 */
fq_json *map_summary(const struct map_book *m);         /* {n, bbox, kinds, notice?} */

/* file.c: helper thread. */
struct map_book *map_load(const char *data_dir, const char *sha256, struct fq_error *e);

/* serve.c: kernel thread. */
struct map_self {
  fq_kernel *kernel;
  struct map_book *book; /* NULL: none, or on its way */
  bool asked;            /* what stands in the table is being asked for or read */
  bool again;            /* ... and has changed since */
  int64_t served;
};
void map_refresh(struct map_self *self); /* reads the map anew when it is another one */
void map_route(void *self, struct fq_http *h);

#endif
