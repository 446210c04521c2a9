/* A map from strings to pointers: see map.h. */
#include "base/map.h"

#include <stdlib.h>
#include <uthash.h>

#include "base/mem.h"

struct fq_map {
  UT_hash_handle hh;
  void *value;
  char key[];
};

void *fq_map_get(const struct fq_map *m, const char *key) {
  struct fq_map *i;
  HASH_FIND_STR(m, key, i);
  return i ? i->value : NULL;
}

bool fq_map_put(struct fq_map **m, const char *key, void *value) {
  struct fq_map *i;
  HASH_FIND_STR(*m, key, i);
  if (i) {
    i->value = value;
    return true;
  }
  size_t len = strlen(key);
  i = fq_alloc(sizeof *i + len + 1);
  memcpy(i->key, key, len + 1);
  i->value = value;
  HASH_ADD_KEYPTR(hh, *m, i->key, len, i);
  return false;
}

void *fq_map_take(struct fq_map **m, const char *key) {
  struct fq_map *i;
  HASH_FIND_STR(*m, key, i);
  if (!i) return NULL;
  void *value = i->value;
  HASH_DEL(*m, i);
  free(i);
  return value;
}

void fq_map_clear(struct fq_map **m, void (*free_value)(void *)) {
  struct fq_map *i, *next;
  HASH_ITER(hh, *m, i, next) {
    HASH_DEL(*m, i);
    if (free_value) free_value(i->value);
    free(i);
  }
}

size_t fq_map_size(const struct fq_map *m) {
  return HASH_COUNT(m);
}
struct fq_map *fq_map_next(const struct fq_map *i) {
  return i->hh.next;
}
const char *fq_map_key(const struct fq_map *i) {
  return i->key;
}
void *fq_map_value(const struct fq_map *i) {
  return i->value;
}
