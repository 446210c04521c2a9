/*
 * config.c - what Janus reads at its start: written anew each time, with secrets of that life, into a
 * directory of its own that nobody else may enter. It runs in it, so every path there is a relative one and
 * the county's own directory needs no door for it. Only the two plugins and the one transport that are used
 * are within its reach.
 */
#include "janus.h"

#include <arpa/inet.h>
#include <errno.h>
#include <glob.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

bool jn_ports_valid(const char *range) {
  int low, high, n = 0;
  return sscanf(range, "%5d-%5d%n", &low, &high, &n) == 2 && !range[n] && low >= 1024 && high <= 65535 &&
         high - low >= 15;
}

/* ---- texts ----------------------------------------------------------------------------------------------
 */

/* A string of the configuration's language. */
static void quote(FILE *out, const char *name, const char *value) {
  fprintf(out, "  %s = \"", name);
  for (const char *s = value; *s; s++) {
    if (*s == '"' || *s == '\\') fputc('\\', out);
    if ((unsigned char)*s >= ' ') fputc(*s, out);
  }
  fputs("\"\n", out);
}

static bool translated(const struct jn_plan *p) {
  return p->media_ip[0] && strcmp(p->media_ip, p->local_ip) != 0;
}

char *jn_config_main(const struct jn_plan *p) {
  char *text = NULL;
  size_t len;
  FILE *out = open_memstream(&text, &len);
  if (!out) abort();
  fputs("general: {\n", out);
  quote(out, "configs_folder", ".");
  quote(out, "plugins_folder", "plugins");
  quote(out, "transports_folder", "transports");
  quote(out, "events_folder", "none");
  quote(out, "loggers_folder", "none");
  quote(out, "api_secret", p->api_secret);
  quote(out, "admin_secret", p->admin_secret);
  quote(out, "server_name", "fengqiao");
  quote(out, "recordings_tmp_ext", "tmp");
  fputs("  debug_level = 3\n"
        "  debug_colors = false\n"
        "  session_timeout = 60\n"
        "  reclaim_session_timeout = 30\n"
        "  hide_dependencies = true\n"
        "}\n"
        "media: {\n",
        out);
  quote(out, "rtp_port_range", p->rtp_ports);
  fprintf(out,
          "  ipv6 = %s\n"
          "  no_media_timer = 3\n"
          "}\n"
          "nat: {\n"
          "  nice_debug = false\n"
          "  ice_lite = true\n"
          "  full_trickle = false\n"
          "  ignore_mdns = true\n",
          strchr(p->local_ip, ':') ? "true" : "false");
  quote(out, "ice_enforce_list", p->local_ip);
  if (translated(p)) quote(out, "nat_1_1_mapping", p->media_ip);
  fputs("}\nevents: {\n  broadcast = false\n}\n", out);
  fclose(out);
  return text;
}

char *jn_config_socket(const struct jn_plan *p) {
  (void)p;
  return strdup("general: {\n"
                "  json = \"compact\"\n"
                "  ws = true\n"
                "  ws_unix = \"ws.sock\"\n"
                "  wss = false\n"
                "}\n"
                "admin: {\n"
                "  admin_ws = false\n"
                "  admin_wss = false\n"
                "}\n");
}

char *jn_config_plugin(const struct jn_plan *p, bool with_ports) {
  char *text = NULL;
  size_t len;
  FILE *out = open_memstream(&text, &len);
  if (!out) abort();
  fputs("general: {\n", out);
  quote(out, "admin_key", p->admin_key);
  fputs("  string_ids = true\n  lock_rtp_forward = true\n  events = false\n", out);
  if (with_ports) quote(out, "rtp_port_range", p->rtp_ports);
  fputs("}\n", out);
  fclose(out);
  return text;
}

/* ---- the machine's address ------------------------------------------------------------------------------
 */

static bool is_local(const char *ip) {
  struct ifaddrs *all = NULL;
  bool found = false;
  if (getifaddrs(&all) != 0) return false;
  for (struct ifaddrs *a = all; a && !found; a = a->ifa_next) {
    char text[64] = "";
    if (!a->ifa_addr) continue;
    if (a->ifa_addr->sa_family == AF_INET)
      inet_ntop(AF_INET, &((struct sockaddr_in *)a->ifa_addr)->sin_addr, text, sizeof text);
    else if (a->ifa_addr->sa_family == AF_INET6)
      inet_ntop(AF_INET6, &((struct sockaddr_in6 *)a->ifa_addr)->sin6_addr, text, sizeof text);
    found = text[0] && strcmp(text, ip) == 0;
  }
  freeifaddrs(all);
  return found;
}

/* The address this machine would speak from; nothing is sent. */
static bool routed(char out[64]) {
  struct sockaddr_in there = {.sin_family = AF_INET, .sin_port = htons(9)}, here;
  socklen_t len = sizeof here;
  int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  inet_pton(AF_INET, "198.51.100.1", &there.sin_addr); /* no one's (RFC 5737): behind the default route */
  bool ok = fd >= 0 && connect(fd, (struct sockaddr *)&there, sizeof there) == 0 &&
            getsockname(fd, (struct sockaddr *)&here, &len) == 0 &&
            (ntohl(here.sin_addr.s_addr) >> 24) != 127 && inet_ntop(AF_INET, &here.sin_addr, out, 64);
  if (fd >= 0) close(fd);
  return ok;
}

/* Without a route out: a network of its own, first come. */
static bool any_address(char out[64]) {
  struct ifaddrs *all = NULL;
  bool found = false;
  if (getifaddrs(&all) != 0) return false;
  for (struct ifaddrs *a = all; a && !found; a = a->ifa_next)
    if (a->ifa_addr && a->ifa_addr->sa_family == AF_INET && (a->ifa_flags & IFF_UP) &&
        !(a->ifa_flags & IFF_LOOPBACK))
      found = inet_ntop(AF_INET, &((struct sockaddr_in *)a->ifa_addr)->sin_addr, out, 64);
  freeifaddrs(all);
  return found;
}

/* Janus gathers no loopback address, so a terminal on this very machine too must reach it by another. */
static enum fq_status find_address(struct jn_plan *p) {
  struct in6_addr any;
  if (p->media_ip[0] && inet_pton(AF_INET, p->media_ip, &any) != 1 &&
      inet_pton(AF_INET6, p->media_ip, &any) != 1)
    return fq_fail(&p->error, FQ_E_PARAMS, "janus.media_ip", "conference.media_ip",
                   "conference.media_ip 应为 IP 地址,得到 %s",
                   "conference.media_ip should be an IP address, got %s", p->media_ip);
  if (p->media_ip[0] && (strncmp(p->media_ip, "127.", 4) == 0 || strcmp(p->media_ip, "::1") == 0))
    return fq_fail(&p->error, FQ_E_PARAMS, "janus.media_ip", "conference.media_ip",
                   "conference.media_ip 不能是本机回环地址 %s,媒体服务器不用它",
                   "conference.media_ip must not be loopback (%s): the media server does not use it",
                   p->media_ip);
  if (p->media_ip[0] && is_local(p->media_ip)) {
    snprintf(p->local_ip, sizeof p->local_ip, "%s", p->media_ip);
    return FQ_OK;
  }
  if (routed(p->local_ip) || any_address(p->local_ip)) return FQ_OK;
  return fq_fail(
      &p->error, FQ_E_PARAMS, "janus.no_address", "conference.media_ip",
      "本机只有回环地址,终端到不了媒体服务器:请接入网络或设置 %s",
      "this machine has only loopback, terminals cannot reach the media server: connect it, or set %s",
      "conference.media_ip");
}

/* ---- files ----------------------------------------------------------------------------------------------
 */

static enum fq_status cannot(struct jn_plan *p, const char *path) {
  int why = errno;
  return fq_fail(&p->error, FQ_E_STORAGE, "janus.file", path, "不能写 %s:%s", "cannot write %s: %s", path,
                 strerror(why));
}

/* A server that runs as root runs Janus as nobody, who must be able to read and write there. */
static void give(const char *path) {
  struct passwd *nobody = geteuid() == 0 ? getpwnam("nobody") : NULL;
  if (nobody && lchown(path, nobody->pw_uid, nobody->pw_gid) != 0)
    fq_log(FQ_LOG_WARN, "janus: cannot give %s away: %s", path, strerror(errno));
}

static enum fq_status make_dir(struct jn_plan *p, const char *name) {
  char path[640];
  snprintf(path, sizeof path, "%s%s%s", p->dir, name[0] ? "/" : "", name);
  if (mkdir(path, 0700) != 0 && (errno != EEXIST || chmod(path, 0700) != 0)) return cannot(p, path);
  give(path);
  return FQ_OK;
}

static enum fq_status write_file(struct jn_plan *p, const char *name, char *text) {
  char path[640];
  snprintf(path, sizeof path, "%s/%s", p->dir, name);
  unlink(path);
  mode_t before = umask(077);
  FILE *f = fopen(path, "wxe");
  umask(before);
  bool ok = f && fputs(text, f) >= 0;
  if (f && fclose(f) != 0) ok = false;
  free(text);
  if (!ok) return cannot(p, path);
  give(path);
  return FQ_OK;
}

/* Makes FOLDER/FILE point to where the package has it. `asked` may be empty: then it is looked for. */
static enum fq_status link_module(struct jn_plan *p, const char *folder, const char *asked,
                                  const char *file) {
  static const char *const usual[] = {"/usr/lib/*/janus", "/usr/lib/janus", "/usr/lib64/janus",
                                      "/usr/local/lib/janus", "/opt/janus/lib/janus"};
  char from[700] = "", to[700];
  if (asked[0]) {
    snprintf(from, sizeof from, "%s/%s", asked, file);
    if (access(from, R_OK) != 0)
      return fq_fail(&p->error, FQ_E_NOT_FOUND, "janus.module", asked, "没有 Janus 模块 %s",
                     "no Janus module %s", from);
  }
  for (size_t i = 0; !from[0] && i < sizeof usual / sizeof *usual; i++) {
    glob_t found = {0};
    char pattern[200];
    snprintf(pattern, sizeof pattern, "%s/%s/%s", usual[i], folder, file);
    if (glob(pattern, 0, NULL, &found) == 0) snprintf(from, sizeof from, "%s", found.gl_pathv[0]);
    globfree(&found);
  }
  if (!from[0])
    return fq_fail(&p->error, FQ_E_NOT_FOUND, "janus.module", folder,
                   "找不到 Janus 模块 %s:请设置 conference.janus_%s",
                   "Janus module %s is nowhere: set conference.janus_%s", file, folder);
  snprintf(to, sizeof to, "%s/%s/%s", p->dir, folder, file);
  unlink(to);
  return symlink(from, to) == 0 ? FQ_OK : cannot(p, to);
}

/* Before it records, Janus resolves the whole path of the file, from the root down, and as nobody it may not
 * pass the county's directory: "Permission denied", and no file. Then recordings grow outside of it, in a
 * directory whose name only the county knows. */
static enum fq_status make_rec(struct jn_plan *p) {
  char link[640], name[64], had[700];
  struct stat county, st;
  snprintf(p->rec, sizeof p->rec, "rec");
  if (geteuid() != 0) return make_dir(p, "rec");
  snprintf(link, sizeof link, "%s/recordings", p->data_dir);
  if (stat(p->data_dir, &county) != 0 || (mkdir(link, 0700) != 0 && errno != EEXIST)) return cannot(p, link);
  snprintf(name, sizeof name, "/var/tmp/" JN_REC_NAME "XXXXXX", (unsigned long long)county.st_ino);
  snprintf(link, sizeof link, "%s/recordings/" JN_REC_LINK, p->data_dir);
  if (jn_record_root(p->data_dir, had) && lstat(had, &st) == 0 && S_ISDIR(st.st_mode)) {
    snprintf(p->rec, sizeof p->rec, "%.63s", had);
    return FQ_OK;
  }
  if (!mkdtemp(name)) return cannot(p, name);
  give(name);
  unlink(link);
  if (symlink(name, link) != 0) return cannot(p, link);
  snprintf(p->rec, sizeof p->rec, "%s", name);
  return FQ_OK;
}

static enum fq_status write_all(struct jn_plan *p) {
  static const char *const folders[] = {"", "plugins", "transports", "none"};
  char path[640];
  enum fq_status s = FQ_OK;
  snprintf(p->dir, sizeof p->dir, "%s/janus", p->data_dir);
  for (size_t i = 0; i < sizeof folders / sizeof *folders && !s; i++)
    s = make_dir(p, folders[i]);
  if (!s) s = make_rec(p);
  snprintf(path, sizeof path, "%s/ws.sock", p->dir);
  unlink(path);
  if (!s) s = link_module(p, "plugins", p->plugins, "libjanus_videoroom.so");
  if (!s) s = link_module(p, "plugins", p->plugins, "libjanus_streaming.so");
  if (!s) s = link_module(p, "transports", p->transports, "libjanus_websockets.so");
  if (!s) s = write_file(p, "janus.jcfg", jn_config_main(p));
  if (!s) s = write_file(p, "janus.transport.websockets.jcfg", jn_config_socket(p));
  if (!s) s = write_file(p, "janus.plugin.videoroom.jcfg", jn_config_plugin(p, false));
  if (!s) s = write_file(p, "janus.plugin.streaming.jcfg", jn_config_plugin(p, true));
  return s;
}

void jn_prepare(struct jn_plan *p) {
  p->error = (struct fq_error){0};
  fq_random_text(p->api_secret, JN_SECRET);
  fq_random_text(p->admin_key, JN_SECRET);
  fq_random_text(p->admin_secret, JN_SECRET);
  if (access(p->program, X_OK) != 0) {
    p->absent = true;
    fq_fail(&p->error, FQ_E_NOT_FOUND, "janus.absent", "conference.janus",
            "没有安装媒体服务器(%s):apt install janus",
            "the media server is not installed (%s): apt install janus", p->program);
    return;
  }
  if (!jn_ports_valid(p->rtp_ports)) {
    fq_fail(&p->error, FQ_E_PARAMS, "janus.rtp_ports", "conference.rtp_ports",
            "conference.rtp_ports 应如 20000-40000(1024 以上,至少 16 个),得到 %s",
            "conference.rtp_ports should be like 20000-40000 (above 1023, at least 16 of them), got %s",
            p->rtp_ports);
    return;
  }
  if (!find_address(p)) write_all(p);
}
