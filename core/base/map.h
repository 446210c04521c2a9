/* A map from strings to pointers, over uthash. Starts as NULL. One thread at a time. */
#ifndef FQ_BASE_MAP_H
#define FQ_BASE_MAP_H

#include <stdbool.h>
#include <stddef.h>

struct fq_map;
void *fq_map_get(const struct fq_map *m, const char *key);
bool fq_map_put(struct fq_map **m, const char *key, void *value); /* copies key; true when it replaced */
void *fq_map_take(struct fq_map **m, const char *key);            /* removes and returns, or NULL */
void fq_map_clear(struct fq_map **m, void (*free_value)(void *));
size_t fq_map_size(const struct fq_map *m);
/* for (struct fq_map *i = m; i; i = fq_map_next(i)): in order of insertion. */
struct fq_map *fq_map_next(const struct fq_map *i);
const char *fq_map_key(const struct fq_map *i);
void *fq_map_value(const struct fq_map *i);

#endif
