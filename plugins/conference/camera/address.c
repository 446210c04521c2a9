/*
 * address.c - what is accepted as a camera's address and as its id after GB/T 28181. Any thread.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "camera.h"

#define BAD_URL(zh, en)                                                                                      \
  fq_fail(e, FQ_E_PARAMS, "cam.url", path, "摄像头地址不对:" zh, "not a camera's address: " en)

/* The host begins after the last @ before the path: passwords hold @, too. */
static const char *host_of(const char *url, size_t *len) {
  const char *from = strstr(url, "://");
  if (!from) return NULL;
  from += 3;
  size_t all = strcspn(from, "/?#");
  const char *at = NULL;
  for (size_t x = 0; x < all; x++)
    if (from[x] == '@') at = from + x;
  *len = at ? all - (size_t)(at + 1 - from) : all;
  return at ? at + 1 : from;
}

void cam_host(const char *url, char out[128]) {
  size_t len = 0;
  const char *host = host_of(url, &len);
  snprintf(out, 128, "%.*s", host ? (int)len : 0, host ? host : "");
}

/* It goes to ffmpeg within quotes: whatever could end them is refused, and has a % form. */
enum fq_status cam_check_url(const char *url, const char *path, struct fq_error *e) {
  size_t len = 0;
  if (strncmp(url, "rtsp://", 7)) return BAD_URL("应以 rtsp:// 开头", "it begins with rtsp://");
  if (strlen(url) > CAM_URL_MOST) return BAD_URL("太长", "too long");
  for (const char *p = url; *p; p++)
    if ((unsigned char)*p <= ' ' || (unsigned char)*p >= 127 || strchr("'\"\\|<>^`{}", *p))
      return BAD_URL("空格、引号、反斜杠和非 ASCII 字符须写成 %%XX",
                     "write blanks, quotes, backslashes and non-ASCII as %%XX");
  const char *host = host_of(url, &len);
  if (!len || !host || *host == ':') return BAD_URL("没有主机", "there is no host");
  const char *port = *host == '[' ? memchr(host, ']', len) : memchr(host, ':', len);
  if (port && *port == ']') port = port + 1 < host + len ? port + 1 : NULL;
  if (!port) return FQ_OK;
  char *end;
  long number = *port == ':' ? strtol(port + 1, &end, 10) : 0;
  if (number < 1 || number > 65535 || end != host + len)
    return BAD_URL("端口应为 1–65535", "the port is 1 to 65535");
  return FQ_OK;
}

static bool province(int code) {
  static const char known[] =
      "11 12 13 14 15 21 22 23 31 32 33 34 35 36 37 41 42 43 44 45 46 50 51 52 53 54 61 62 63 64 65 71 81 82";
  char two[4];
  snprintf(two, sizeof two, "%02d", code % 100);
  return strstr(known, two) != NULL;
}

/* Centre (8: division and basic unit), trade (2), type (3), network (1), serial number (6). */
enum fq_status cam_check_gb(const char *id, const char *path, struct fq_error *e) {
  if (strlen(id) != 20 || strspn(id, "0123456789") != 20)
    return fq_fail(e, FQ_E_PARAMS, "cam.gb_id", path, "国标编码应为 20 位数字,收到 %d 位",
                   "a GB/T 28181 id has 20 digits, got %d characters", (int)strlen(id));
  if (!province((id[0] - '0') * 10 + id[1] - '0'))
    return fq_fail(e, FQ_E_PARAMS, "cam.gb_id", path, "国标编码前两位 %.2s 不是省级行政区划代码",
                   "the GB/T 28181 id begins with %.2s, which is no province", id);
  int type = (id[10] - '0') * 100 + (id[11] - '0') * 10 + id[12] - '0';
  if (type != 131 && type != 132)
    return fq_fail(e, FQ_E_PARAMS, "cam.gb_id", path,
                   "国标编码第 11–13 位是 %03d,摄像头应为 131(摄像机)或 132(网络摄像机)",
                   "digits 11 to 13 of the GB/T 28181 id are %03d; a camera has 131 or 132", type);
  return FQ_OK;
}
