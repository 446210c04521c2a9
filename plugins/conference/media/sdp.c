/*
 * sdp.c - is this what a browser says of its connection? What one page sends is read by another page, or by
 * the media server's parser: so it is held to what the standard allows, line by line, before anybody else
 * sees it. What the lines mean is not looked at. Pure; any thread.
 */
#include <stdio.h>
#include <string.h>

#include "media/media.h"

#define MOST_MEDIA 64 /* m= lines: a camera, a screen and a microphone for each of twenty */
#define MOST_NAME  256
#define MOST_LINE  2048 /* bytes: fingerprints and simulcast are below a tenth of it */

static enum fq_status bad(struct fq_error *e, const char *path, int line, const char *zh, const char *en) {
  fq_fail(e, FQ_E_PARAMS, "sdp.bad", path, "%s", "%s", zh);
  if (e) { /* each language its own words, and both the line */
    snprintf(e->zh, sizeof e->zh, "会话描述第 %d 行:%s", line, zh);
    snprintf(e->en, sizeof e->en, "session description, line %d: %s", line, en);
  }
  return FQ_E_PARAMS;
}

static bool word(const char *line, size_t len, const char *prefix) {
  size_t n = strlen(prefix);
  return len >= n && !memcmp(line, prefix, n);
}

/* "m=audio 9 UDP/TLS/RTP/SAVPF 111": the kinds a call has, encrypted. */
static bool media_line(const char *line, size_t len) {
  static const char *const kinds[] = {"m=audio ", "m=video ", "m=application "};
  char copy[MOST_LINE + 1];
  bool known = false;
  for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++)
    known |= word(line, len, kinds[k]);
  if (!known || len >= sizeof copy) return false;
  memcpy(copy, line, len);
  copy[len] = '\0';
  return strstr(copy, " UDP/TLS/RTP/SAVPF") || strstr(copy, " UDP/DTLS/SCTP") ||
         strstr(copy, " TCP/TLS/RTP/SAVPF");
}

/* Control characters are no part of any line; a lone CR would be an end of line to some parsers alone. */
static bool clean(const char *line, size_t len) {
  for (size_t k = 0; k < len; k++)
    if ((unsigned char)line[k] < ' ' && line[k] != '\t') return false;
  return memchr(line, 0x7f, len) == NULL;
}

struct seen {
  int media, origin, fingerprint, ice, direction;
};

static enum fq_status check_line(const char *line, size_t len, int number, struct seen *seen,
                                 const char *path, struct fq_error *e) {
  static const char types[] = "vosiuepcbtrzkam";
  if (len > MOST_LINE) return bad(e, path, number, "太长", "too long");
  if (!clean(line, len)) return bad(e, path, number, "含控制字符", "control characters");
  if (len < 2 || line[1] != '=' || !strchr(types, line[0]))
    return bad(e, path, number, "应为“字母=内容”", "expected a letter, =, and a value");
  if (number == 1)
    return word(line, len, "v=0") && len == 3 ? FQ_OK : bad(e, path, 1, "应为 v=0", "expected v=0");
  if (line[0] == 'v') return bad(e, path, number, "又一个 v=", "a second v=");
  if (line[0] == 'o' && seen->origin++) return bad(e, path, number, "又一个 o=", "a second o=");
  if (line[0] == 'm') {
    if (!media_line(line, len))
      return bad(e, path, number, "应为加密的音频、视频", "expected encrypted audio or video");
    if (++seen->media > MOST_MEDIA) return bad(e, path, number, "媒体太多", "too many m= lines");
  }
  seen->fingerprint += word(line, len, "a=fingerprint:");
  seen->ice += word(line, len, "a=ice-pwd:");
  return FQ_OK;
}

enum fq_status md_sdp_check(const char *sdp, const char *path, struct fq_error *e) {
  if (!sdp) sdp = "";
  size_t len = strlen(sdp);
  struct seen seen = {0};
  if (len > MD_SDP_BYTES)
    return fq_fail(e, FQ_E_TOO_LARGE, "sdp.large", path, "会话描述 %zu 字节,最多 %d",
                   "a session description of %zu bytes: at most %d", len, MD_SDP_BYTES);
  int number = 0;
  for (const char *at = sdp, *end = sdp + len; at < end;) {
    const char *lf = memchr(at, '\n', (size_t)(end - at)), *stop = lf ? lf : end;
    size_t n = (size_t)(stop - at);
    if (n && at[n - 1] == '\r') n--;
    if (++number > MD_SDP_LINES) return bad(e, path, number, "行数太多", "too many lines");
    enum fq_status st = check_line(at, n, number, &seen, path, e);
    if (st) return st;
    at = stop + 1;
  }
  if (!number) return bad(e, path, 1, "是空的", "it is empty");
  if (!seen.origin) return bad(e, path, number, "没有 o=", "there is no o=");
  if (!seen.media) return bad(e, path, number, "没有 m=", "there is no m=");
  if (!seen.fingerprint || !seen.ice)
    return bad(e, path, number, "没有 a=fingerprint 或 a=ice-pwd", "no a=fingerprint, or no a=ice-pwd");
  return FQ_OK;
}

static bool small(const fq_json *object, const char *name) {
  const fq_json *v = fq_json_get(object, name);
  const char *text = v ? fq_json_as_str(v) : NULL;
  return !v || fq_json_type(v) == FQ_JSON_NULL || (text && strlen(text) <= MOST_NAME);
}

/* {candidate: "candidate:…", sdpMid?, sdpMLineIndex?, usernameFragment?}; "" says that there are no more. */
enum fq_status md_candidate_check(const fq_json *candidate, const char *path, struct fq_error *e) {
  const char *text = fq_json_str(candidate, "candidate");
  size_t len = text ? strlen(text) : 0;
  if (len > MD_CANDIDATE_BYTES)
    return fq_fail(e, FQ_E_TOO_LARGE, "candidate.large", path, "候选地址 %zu 字节,最多 %d",
                   "a candidate of %zu bytes: at most %d", len, MD_CANDIDATE_BYTES);
  if (!text || (len && strncmp(text, "candidate:", 10) != 0) || !clean(text, len) || strpbrk(text, "\t"))
    return fq_fail(e, FQ_E_PARAMS, "candidate.bad", path, "候选地址应以 candidate: 开头,只占一行",
                   "a candidate begins with candidate: and is one line");
  const fq_json *index = fq_json_get(candidate, "sdpMLineIndex");
  bool whole = !index || fq_json_type(index) == FQ_JSON_NULL || fq_json_type(index) == FQ_JSON_NUMBER;
  if (!whole || !small(candidate, "sdpMid") || !small(candidate, "usernameFragment"))
    return fq_fail(e, FQ_E_PARAMS, "candidate.bad", path,
                   "sdpMid、usernameFragment 应为短文本或 null,sdpMLineIndex 应为数字或 null",
                   "sdpMid and usernameFragment: a short text or null; sdpMLineIndex: a number or null");
  return FQ_OK;
}
