/*
 * mjr.c - the header of a track as Janus writes it: "MJR00002", the length of a JSON text, the text: t is the
 * type (a, v), c the codec, s and u when the file was begun and when its first packet came, microseconds
 * since 1970. Any thread.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "recording.h"

bool rec_read_header(const char *path, struct rec_track *out) {
  unsigned char head[10];
  char text[2048];
  struct stat st;
  FILE *f = fopen(path, "rbe");
  if (!f) return false;
  size_t len = fread(head, 1, sizeof head, f) == sizeof head && !memcmp(head, "MJR0000", 7)
                   ? (size_t)head[8] << 8 | head[9]
                   : 0;
  bool whole = len && len < sizeof text && fread(text, 1, len, f) == len && fstat(fileno(f), &st) == 0;
  fclose(f);
  fq_json *j = whole ? fq_json_parse(text, len, NULL) : NULL;
  if (!j) return false;
  const char *type = fq_json_str(j, "t"), *codec = fq_json_str(j, "c");
  int64_t from_us = fq_json_int(j, "u", fq_json_int(j, "s", 0));
  bool known = type && codec && (*type == 'a' || *type == 'v') && from_us > 0;
  if (known) {
    rec_copy(out->kind, sizeof out->kind, *type == 'a' ? "audio" : "video");
    rec_copy(out->codec, sizeof out->codec, codec);
    out->from_ms = from_us / 1000;
    out->until_ms = (int64_t)st.st_mtim.tv_sec * 1000 + st.st_mtim.tv_nsec / 1000000;
    if (out->until_ms < out->from_ms) out->until_ms = out->from_ms;
  }
  fq_json_free(j);
  return known;
}
