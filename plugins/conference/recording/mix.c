/*
 * mix.c - how the tracks of a conference stand in one picture. Everybody has a tile of his own for the whole
 * time, wherever he came from and whenever he left: a recording is evidence, and who speaks first is a choice
 * that its maker must not make. Sound is mixed without levelling one against another.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "recording.h"

#define WIDTH  1280
#define HEIGHT 720

struct rec_grid rec_grid_of(int tiles) {
  struct rec_grid g = {.columns = 1};
  while (g.columns * g.columns < tiles)
    g.columns++;
  g.rows = tiles ? (tiles + g.columns - 1) / g.columns : 1;
  g.width = WIDTH / g.columns & ~1;
  g.height = HEIGHT / g.rows & ~1;
  return g;
}

/* Inputs come in the order of the parts that are not broken. */
char *rec_mix_filter(const struct rec_part *parts, size_t count, int tiles, int64_t from_ms,
                     int64_t span_ms) {
  char *text = NULL, under[16] = "base";
  size_t len = 0, input = 0, voices = 0, layer = 0;
  struct rec_grid g = rec_grid_of(tiles);
  FILE *f = open_memstream(&text, &len);
  if (!f) abort();
  if (tiles) fprintf(f, "color=c=0x10141a:s=%dx%d:r=15:d=%.3f[base];", WIDTH, HEIGHT, (double)span_ms / 1000);
  for (size_t x = 0; x < count; x++) {
    const struct rec_part *p = parts + x;
    if (p->broken) continue;
    int64_t offset_ms = p->track.from_ms > from_ms ? p->track.from_ms - from_ms : 0;
    if (!strcmp(p->track.kind, "video")) {
      fprintf(f, "[%zu:v]setpts=PTS-STARTPTS+%.3f/TB[v%zu];", input, (double)offset_ms / 1000, layer);
      fprintf(f, "[%s][v%zu]overlay=x=%d:y=%d:eof_action=pass[b%zu];", under, layer,
              p->cell % g.columns * g.width, p->cell / g.columns * g.height, layer);
      snprintf(under, sizeof under, "b%zu", layer++);
    } else
      fprintf(f, "[%zu:a]aresample=48000:async=1:first_pts=0,adelay=%lld:all=1[a%zu];", input,
              (long long)offset_ms, voices++);
    input++;
  }
  if (tiles) fprintf(f, "[%s]format=yuv420p[v]%s", under, voices ? ";" : "");
  for (size_t x = 0; x < voices; x++)
    fprintf(f, "[a%zu]", x);
  if (voices) fprintf(f, "amix=inputs=%zu:normalize=0:duration=longest,alimiter=limit=0.95[a]", voices);
  fclose(f);
  return text;
}
