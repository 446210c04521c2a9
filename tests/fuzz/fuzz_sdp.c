/*
 * Session descriptions and candidates that no browser has made: those of one, with bytes, lines and pieces
 * changed, doubled, exchanged and let go. What the conference plugin passes on to somebody else's parser is
 * what its own promise says, which is written down here a second time; what it refuses, it refuses with a
 * reason in both languages; nothing ends the process.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "fuzz.h"
#include "media/media.h"

#define CASES 60000 /* in make check: about a second */

static const char offer[] =
    "v=0\r\no=- 4611731400430051336 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0 1 2\r\n"
    "a=extmap-allow-mixed\r\na=msid-semantic: WMS stream\r\n"
    "m=audio 9 UDP/TLS/RTP/SAVPF 111 63 9 0 8 13 110 126\r\nc=IN IP4 0.0.0.0\r\na=rtcp:9 IN IP4 0.0.0.0\r\n"
    "a=ice-ufrag:Abcd\r\na=ice-pwd:abcdefghijklmnopqrstuvwx\r\na=ice-options:trickle\r\n"
    "a=fingerprint:sha-256 "
    "AB:CD:EF:01:23:45:67:89:AB:CD:EF:01:23:45:67:89:AB:CD:EF:01:23:45:67:89:AB:CD:EF:01:23:45:67:89\r\n"
    "a=setup:actpass\r\na=mid:0\r\na=sendrecv\r\na=rtcp-mux\r\na=rtpmap:111 opus/48000/2\r\n"
    "a=fmtp:111 minptime=10;useinbandfec=1\r\na=ssrc:1234567890 cname:abcdefghijklmnop\r\n"
    "m=video 9 UDP/TLS/RTP/SAVPF 96 97\r\nc=IN IP4 0.0.0.0\r\na=mid:1\r\na=sendonly\r\na=rtpmap:96 "
    "VP8/90000\r\n"
    "a=rtcp-fb:96 nack pli\r\na=rtpmap:97 rtx/90000\r\na=fmtp:97 apt=96\r\n"
    "a=candidate:1 1 udp 2122260223 192.168.1.7 50000 typ host generation 0\r\n"
    "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\nc=IN IP4 0.0.0.0\r\na=mid:2\r\na=sctp-port:5000\r\n";
static const char candidate[] = "candidate:842163049 1 udp 1677729535 203.0.113.7 46154 typ srflx raddr "
                                "10.0.0.7 rport 46154 generation 0";

/* -- spoiling ------------------------------------------------------------------------------------------- */

static const char *const pieces[] = {"\r\n",
                                     "\n",
                                     "\r",
                                     "v=0",
                                     "m=video 9 UDP/TLS/RTP/SAVPF 96\r\n",
                                     "\t",
                                     "\x01",
                                     "\x7f",
                                     "a=candidate:1",
                                     "m=audio 9 RTP/AVP 0\r\n",
                                     "o=",
                                     "a=",
                                     "m=",
                                     "z",
                                     "m=text 9 UDP/TLS/RTP/SAVPF 9\r\n",
                                     "=",
                                     "枫桥",
                                     "\xf0\x9f\x98",
                                     "\xff",
                                     "a=ice-pwd:",
                                     " ",
                                     "%s%n",
                                     "a=mid:1\r\n",
                                     "",
                                     "a=fingerprint:"};

static size_t line_from(struct fuzz *f, const struct fq_buf *b, size_t *len) {
  size_t at = fuzz_below(f, b->len);
  while (at && b->data[at - 1] != '\n')
    at--;
  const char *end = memchr(b->data + at, '\n', b->len - at);
  *len = end ? (size_t)(end - b->data) + 1 - at : b->len - at;
  return at;
}

static void replace(struct fq_buf *b, size_t at, size_t gone, const char *with, size_t len) {
  struct fq_buf out = {0};
  fq_buf_add(&out, b->data, at);
  fq_buf_add(&out, with, len);
  fq_buf_add(&out, b->data + at + gone, b->len - at - gone);
  fq_buf_free(b);
  *b = out;
}

static void spoil(struct fuzz *f, struct fq_buf *b) {
  size_t len = 0, at = b->len ? line_from(f, b, &len) : 0, other_len = 0;
  const char *piece = pieces[fuzz_below(f, sizeof pieces / sizeof *pieces)];
  char byte = (char)(1 + fuzz_below(f, 255));
  switch (fuzz_below(f, 8)) {
  case 0: /* a byte becomes another */
    if (b->len) b->data[fuzz_below(f, b->len)] = byte;
    break;
  case 1: /* a line is lost */
    replace(b, at, len, "", 0);
    break;
  case 2: { /* doubled, elsewhere */
    char *copy = fq_strndup(b->data ? b->data + at : "", len);
    replace(b, b->len ? line_from(f, b, &other_len) : 0, 0, copy, strlen(copy));
    free(copy);
    break;
  }
  case 3: /* a piece comes in anywhere */
    replace(b, fuzz_below(f, b->len + 1), 0, piece, strlen(piece));
    break;
  case 4: /* the end is missing */
    if (b->len) replace(b, fuzz_below(f, b->len), 0, "", 0), b->data[b->len = fuzz_below(f, b->len)] = '\0';
    break;
  case 5: /* long, to either side of what is allowed */
    for (size_t n = 1 + fuzz_below(f, 64); n && b->len < 80000; n--) {
      char *copy = fq_strndup(b->data ? b->data + at : "", len);
      replace(b, at, 0, copy, strlen(copy));
      free(copy);
    }
    break;
  case 6: { /* one long line */
    size_t n = fuzz_below(f, 5000);
    char *filler = fq_alloc(n + 1);
    memset(filler, 'x', n);
    replace(b, at, 0, filler, n);
    free(filler);
    break;
  }
  default: /* another end of line */
    if (len > 1) replace(b, at + len - 1, 1, piece, strlen(piece));
  }
}

/* -- the promise, once more ----------------------------------------------------------------------------- */

static void no(struct fuzz *f, const char *what, const char *text) {
  fprintf(stderr, "seed %llu case %lld: %s:\n%s\n", (unsigned long long)f->seed, (long long)f->number, what,
          text);
  exit(1);
}

static bool printable(const char *text) {
  for (; *text; text++)
    if (((unsigned char)*text < 32 && *text != '\t') || *text == 127) return false;
  return true;
}

static void kept(struct fuzz *f, const char *sdp) {
  int lines = 0, media = 0, origins = 0, versions = 0;
  char *copy = fq_strdup(sdp), *rest = copy, *line;
  if (strlen(sdp) > 32768) no(f, "longer than 32 KiB", sdp);
  while ((line = strsep(&rest, "\n"))) {
    size_t n = strlen(line);
    if (n && line[n - 1] == '\r') line[--n] = '\0';
    if (!rest && !n) break;
    if (!lines++ && strcmp(line, "v=0") != 0) no(f, "does not begin with v=0", sdp);
    if (n < 2 || line[1] != '=' || line[0] < 'a' || line[0] > 'z' || !printable(line))
      no(f, "a line that is none", sdp);
    versions += line[0] == 'v';
    origins += line[0] == 'o';
    if (line[0] != 'm') continue;
    media++;
    if (!strstr(line, "TLS/RTP/SAVPF") && !strstr(line, "DTLS/SCTP")) no(f, "media in the clear", sdp);
    if (strncmp(line, "m=audio ", 8) && strncmp(line, "m=video ", 8) && strncmp(line, "m=application ", 14))
      no(f, "an unknown kind of media", sdp);
  }
  free(copy);
  if (versions != 1 || origins != 1 || media < 1 || media > 64)
    no(f, "not one v=, one o= and 1 to 64 m=", sdp);
  if (!strstr(sdp, "a=fingerprint:") || !strstr(sdp, "a=ice-pwd:")) no(f, "neither key nor password", sdp);
}

static void refused(struct fuzz *f, enum fq_status st, const struct fq_error *e, const char *path,
                    const char *text) {
  char zh[sizeof e->zh], en[sizeof e->en];
  fq_copy(zh, sizeof zh, e->zh);
  fq_copy(en, sizeof en, e->en);
  fq_utf8_clean(zh);
  fq_utf8_clean(en);
  if (e->status != st || !e->code[0] || strcmp(e->path, path) != 0)
    no(f, "refused without saying what", text);
  if (!*zh || !*en || strcmp(zh, e->zh) != 0 || strcmp(en, e->en) != 0)
    no(f, "refused in words that are none", text);
}

static void try_description(struct fuzz *f, const char *text) {
  struct fq_error e = {0};
  enum fq_status st = md_sdp_check(text, "params.sdp", &e);
  if (st)
    refused(f, st, &e, "params.sdp", text);
  else
    kept(f, text);
  md_sdp_check(text, "params.sdp", NULL);
}

/* What else a page may say of a candidate: other members, of any type. */
static fq_json *dress(struct fuzz *f, const char *text) {
  static const char *const names[] = {"sdpMid", "sdpMLineIndex", "usernameFragment"};
  fq_json *c = fq_json_object();
  if (!fuzz_chance(f, 3)) fq_json_set_str(c, "candidate", text);
  for (size_t i = 0; i < 3; i++) {
    if (fuzz_chance(f, 40)) continue;
    char *filler = fq_alloc(400);
    memset(filler, 'm', fuzz_chance(f, 80) ? 1 : 399);
    fq_json *deep = fq_json_array();
    fq_json_push(deep, fq_json_new_str(filler));
    fq_json *values[] = {fq_json_new_str(filler), fq_json_new_int((int64_t)fuzz_below(f, 3) - 1),
                         fq_json_new_null(), deep};
    size_t one = fuzz_chance(f, 90) ? (i == 1) : fuzz_below(f, 4);
    for (size_t v = 0; v < 4; v++) {
      if (v == one)
        fq_json_set(c, names[i], values[v]);
      else
        fq_json_free(values[v]);
    }
    free(filler);
  }
  return c;
}

static bool small_text(const fq_json *v) {
  return !v || fq_json_type(v) == FQ_JSON_NULL || (fq_json_as_str(v) && strlen(fq_json_as_str(v)) <= 256);
}

static void try_candidate(struct fuzz *f, const char *text) {
  struct fq_error e = {0};
  fq_json *c = dress(f, text);
  enum fq_status st = md_candidate_check(c, "params.candidate", &e);
  const char *said = fq_json_str(c, "candidate");
  const fq_json *index = fq_json_get(c, "sdpMLineIndex");
  if (st)
    refused(f, st, &e, "params.candidate", text);
  else if (!said || strlen(said) > 512 || (*said && strncmp(said, "candidate:", 10)) || !printable(said) ||
           strchr(said, '\t'))
    no(f, "a candidate that is none", text);
  else if (!small_text(fq_json_get(c, "sdpMid")) || !small_text(fq_json_get(c, "usernameFragment")) ||
           (index && fq_json_type(index) != FQ_JSON_NULL && fq_json_type(index) != FQ_JSON_NUMBER))
    no(f, "members that no browser writes", text);
  fq_json_free(c);
}

int main(void) {
  struct fuzz f;
  struct fq_error e = {0};
  int64_t taken = 0;
  fuzz_begin(&f, "sdp", CASES);
  if (md_sdp_check(offer, "params.sdp", &e)) no(&f, e.en, offer);
  while (fuzz_next(&f)) {
    bool description = fuzz_chance(&f, 80);
    const char *from = description ? offer : candidate;
    struct fq_buf b = {0};
    fq_buf_add(&b, from, strlen(from));
    for (size_t n = fuzz_below(&f, 5); n; n--)
      spoil(&f, &b);
    if (f.number % 64 == 0) fuzz_note(&f, b.data, b.len);
    if (description) {
      try_description(&f, b.data);
      taken += !md_sdp_check(b.data, "params.sdp", NULL);
    } else
      try_candidate(&f, b.data);
    fq_buf_free(&b);
  }
  fuzz_end(&f);
  if (f.cases >= CASES && taken < f.cases / 10) no(&f, "hardly any was taken: nothing was tried", "");
  return 0;
}
