/* Cameras: the register, who may watch, what is written down; the bridge with an ffmpeg that is a script. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "camera/camera.h"
#include "conference_world.h"
#include "loop/loop.h"

#define TOWN_A  "430525100000"
#define VILLAGE "430525100201"
#define DEPT    "430525-D01"

/* ---- the media server, which is none: a port for each camera, and legs that stay until they are closed
 * ----- */

static struct {
  int port, opened, closed, next;
  struct cf_leg legs[32];
} media_server;

void cf_stream_open(struct cf_self *s, const char *camera, const char *codec,
                    void (*ready)(struct cf_self *s, const char *camera, int port)) {
  media_server.opened++;
  assert_string_equal(codec, "h264");
  ready(s, camera, media_server.port);
}
void cf_stream_close(struct cf_self *s, const char *camera) {
  media_server.closed++;
}
struct cf_leg *cf_stream_watch(struct cf_self *s, const char *camera, const char *conf, const char *user,
                               const char *session) {
  struct cf_leg *l = &media_server.legs[media_server.next++];
  assert_in_range(media_server.next, 1, 32);
  snprintf(l->id, sizeof l->id, "L%d", media_server.next);
  snprintf(l->user, sizeof l->user, "%s", user);
  snprintf(l->session, sizeof l->session, "%s", session);
  return l;
}
struct cf_leg *cf_leg_find(struct cf_self *s, const char *id) {
  for (int x = 0; x < media_server.next; x++)
    if (!strcmp(media_server.legs[x].id, id)) return &media_server.legs[x];
  return NULL;
}
void cf_leg_close(struct cf_self *s, struct cf_leg *l, const char *reason) {
  l->id[0] = '\0';
}
static int legs_of(const char *user) {
  int n = 0;
  for (int x = 0; x < media_server.next; x++)
    n += *media_server.legs[x].id && !strcmp(media_server.legs[x].user, user);
  return n;
}

/* ---- an ffmpeg that is a script: the last word of the address says what the camera is like
 * ------------------ */

static char script[] = "/tmp/fake-ffmpeg-XXXXXX", seen[64];
static struct cf_self *self(void) {
  return w.beside_self;
}

static void write_script(void) {
  strcpy(script, "/tmp/fake-ffmpeg-XXXXXX");
  int fd = mkstemp(script);
  static const char text[] =
      "#!/bin/sh\n"
      "read head; read file\n"
      "case \"$file\" in\n"
      "*login*) echo 'pipe:0: Server returned 401 Unauthorized (authorization failed)' >&2; exit 1;;\n"
      "*down*) echo \"Impossible to open $file\" >&2; echo 'pipe:0: Connection refused' >&2; exit 1;;\n"
      "*hevc*) case \"$*\" in *libx264*) ;; *) echo '  Stream #0:0: Video: hevc (Main), yuv420p(tv), "
      "1920x1080, 25 fps' >&2; sleep 30;; esac;;\n"
      "*silent*) sleep 60;;\n"
      "esac\n"
      "echo '  Stream #0:0: Video: h264 (Constrained Baseline), yuv420p, 640x360 [SAR 1:1], 15 fps, 90k tbn' "
      ">&2\n"
      "case \"$*\" in *image2*) for last; do :; done; printf '\\377\\330\\377 a picture' > \"$last\"; exit "
      "0;; *null*) exit 0;; esac\n"
      "echo frame=1\n"
      "case \"$file\" in *gone*) exit 0;; esac\n"
      "sleep 60\n";
  assert_true(fd >= 0 && write(fd, text, sizeof text - 1) == (ssize_t)sizeof text - 1 &&
              fchmod(fd, 0755) == 0);
  close(fd);
  snprintf(self()->ffmpeg, sizeof self()->ffmpeg, "%s", script);
}

static int open_world(void **state) {
  memset(&media_server, 0, sizeof media_server);
  media_server.port = 5004;
  conference_also(&cf_camera_part);
  conference_open(state);
  act("system", "user.add",
      "{\"name\":\"granny\",\"display\":\"张奶奶\",\"org\":\"" GRID_A1 "\",\"roles\":[\"family\"]}");
  act("system", "user.add", "{\"name\":\"director-v\",\"org\":\"" VILLAGE "\",\"roles\":[\"director\"]}");
  write_script();
  return 0;
}
static int close_world(void **state) {
  unlink(script);
  return conference_close(state);
}

/* Whatever is posted, queued or said by a process, without time passing. */
static void pump(void) {
  for (int x = 0; x < 20; x++) {
    fq_loop_step(fq_kernel_loop(w.kernel));
    at(fq_now_ms(w.kernel) - w.t0_ms);
  }
}

static const char *state_of(const char *camera) {
  const char *why;
  act("admin", "cam.get", "{\"id\":\"%s\"}", camera);
  why = fq_json_str(w.result, "why");
  snprintf(seen, sizeof seen, "%s%s%s", fq_json_str(w.result, "state"), why ? " " : "", why ? why : "");
  return seen;
}

static void becomes(const char *camera, const char *state) {
  for (int x = 0; x < 400 && strcmp(state_of(camera), state) != 0; x++) {
    pump();
    usleep(5000);
  }
  assert_string_equal(state_of(camera), state);
}

/* In steps, so that pictures come meanwhile. */
static void pass(int64_t ms) {
  for (; ms > 0; ms -= SECOND) {
    usleep(30000);
    pump();
    at(fq_now_ms(w.kernel) - w.t0_ms + (ms < SECOND ? ms : SECOND));
  }
  pump();
}

static char cam[FQ_ID_MAX];
static const char *set(const char *name, const char *path, const char *more) {
  act("admin", "cam.set",
      "{\"name\":\"%s\",\"org\":\"" GRID_A1
      "\",\"class\":1,\"level\":3,\"url\":\"rtsp://u:Cam-5ecret@10.0.0.9/%s\"%s}",
      name, path, more);
  return keep(cam, fq_json_str(w.result, "id"));
}
static void set_home(const char *until) {
  act("admin", "cam.set",
      "{\"name\":\"张奶奶家\",\"org\":\"" GRID_A1
      "\",\"class\":8,\"level\":3,\"url\":\"rtsp://u:p@10.0.0.9/live\","
      "\"family\":{\"user\":\"granny\",\"consent_by\":\"张奶奶\",\"consent_at\":\"2026-11-21T00:00:00Z\","
      "\"until\":\"%s\"}}",
      until);
  keep(cam, fq_json_str(w.result, "id"));
}

/* ---- the register
 * ------------------------------------------------------------------------------------------ */

static void an_address_is_sealed_and_never_answered(void **state) {
  set("村口", "live", ",\"gb_id\":\"43052510001320000001\",\"place\":{\"lon\":110.5,\"lat\":27.1}");
  assert_null(strstr(entry("cam.set", "data"), "url"));
  assert_null(strstr(entry("cam.source_set", "data"), "5ecret"));
  assert_string_equal(entry("cam.source_set", "audience"), "");
  char *text = fq_json_print(act("admin", "cam.get", "{\"id\":\"%s\"}", cam));
  assert_null(strstr(text, "5ecret"));
  free(text);
  assert_string_equal(fq_json_str(w.result, "host"), "10.0.0.9");
  assert_null(fq_json_str(act("dispatcher", "cam.get", "{\"id\":\"%s\"}", cam), "host"));
  rebuild_gives_the_same();
}

static void sent_twice_it_is_one(void **state) {
  set("村口", "live", "");
  char first[FQ_ID_MAX];
  keep(first, cam);
  assert_string_equal(set("村口", "live", ""), first);
  assert_false(fq_json_bool(w.result, "added", true));
  set("另一个", "live", "");
  assert_string_not_equal(cam, first);
}

static void what_is_wrong_is_said(void **state) {
#define BASE "\"name\":\"x\",\"org\":\"" GRID_A1 "\",\"class\":1,\"level\":3"
  refused("admin", "cam.set", FQ_E_PARAMS, "cam.url", "{" BASE ",\"url\":\"http://10.0.0.1/x\"}");
  refused("admin", "cam.set", FQ_E_PARAMS, "cam.url", "{" BASE ",\"url\":\"rtsp://u:p'@10.0.0.1/x\"}");
  refused("admin", "cam.set", FQ_E_PARAMS, "cam.url", "{" BASE ",\"url\":\"rtsp://u:p@:554/x\"}");
  refused("admin", "cam.set", FQ_E_PARAMS, "cam.url", "{" BASE ",\"url\":\"rtsp://u:p@10.0.0.1:99999/x\"}");
  refused("admin", "cam.set", FQ_E_PARAMS, "cam.gb_id", "{" BASE ",\"gb_id\":\"4305251000132000000x\"}");
  refused("admin", "cam.set", FQ_E_PARAMS, "cam.gb_id", "{" BASE ",\"gb_id\":\"99052510001320000001\"}");
  refused("admin", "cam.set", FQ_E_PARAMS, "cam.gb_id", "{" BASE ",\"gb_id\":\"43052510001180000001\"}");
  refused("admin", "cam.set", FQ_E_PARAMS, "org.unknown",
          "{\"name\":\"x\",\"org\":\"nowhere\",\"class\":1,\"level\":3}");
  refused("director-a", "cam.set", FQ_E_FORBIDDEN, "org.foreign",
          "{\"name\":\"x\",\"org\":\"" GRID_B1 "\",\"class\":1,\"level\":3}");
  refused("admin", "cam.set", FQ_E_PARAMS, "cam.family",
          "{\"name\":\"x\",\"org\":\"" GRID_A1 "\",\"class\":8,\"level\":3}");
  refused("officer-a1", "cam.set", FQ_E_FORBIDDEN, "role", "{" BASE "}");
  refused("admin", "cam.remove", FQ_E_NOT_FOUND, "cam.unknown", "{\"id\":\"c999\",\"reason\":\"x\"}");
}

static void many_at_once_all_or_none(void **state) {
  static const char rows[] = "[{" BASE "},{\"name\":\"y\",\"org\":\"" GRID_A1
                             "\",\"class\":1,\"level\":3,\"gb_id\":\"12345678901234567890\"},"
                             "{\"name\":\"z\",\"org\":\"nowhere\",\"class\":1,\"level\":3}]";
  act("admin", "cam.import", "{\"rows\":%s,\"trial\":true}", rows);
  assert_int_equal(fq_json_int(w.result, "added", 0), 1);
  assert_int_equal(fq_json_size(fq_json_get(w.result, "wrong")), 2);
  assert_int_equal(entries("cam.set"), 0);
  refused("admin", "cam.import", FQ_E_PARAMS, "cam.gb_id", "{\"rows\":%s}", rows);
  assert_string_equal(w.error.path, "params.rows[1].gb_id");
  assert_int_equal(entries("cam.set"), 0);
  act("admin", "cam.import",
      "{\"rows\":[{" BASE "},{\"name\":\"y\",\"org\":\"" GRID_A1 "\",\"class\":2,\"level\":3}]}");
  assert_int_equal(fq_json_int(w.result, "added", 0), 2);
  assert_int_equal(entries("cam.set"), 2);
}

/* ---- who may
 * ----------------------------------------------------------------------------------------------- */

static bool may(const char *who) {
  const fq_json *rows = fq_json_get(act(who, "cam.list", "{\"limit\":50}"), "rows");
  fq_json_each(r, rows) if (!strcmp(fq_json_str(r, "id"), cam)) return fq_json_bool(r, "may_watch", false);
  return false;
}

static void a_level_opens_what_lies_within(void **state) {
  static const struct {
    int level;
    bool county, town, village, grid;
  } table[] = {{1, true, false, false, false}, {2, true, true, false, false}, {3, true, true, true, true}};
  for (int x = 0; x < 3; x++) {
    act("admin", "cam.set",
        "{\"name\":\"x\",\"org\":\"" GRID_A1 "\",\"class\":1,\"level\":%d,\"url\":\"rtsp://10.0.0.9/live\"}",
        table[x].level);
    keep(cam, fq_json_str(w.result, "id"));
    assert_int_equal(may("dispatcher"), table[x].county);
    assert_int_equal(may("director-a"), table[x].town);
    assert_int_equal(may("director-v"), table[x].village);
    assert_int_equal(may("officer-a1"), table[x].grid);
    assert_false(may("director-b"));
    assert_false(may("officer-a2"));
    assert_false(may("department-01"));
    assert_false(may("admin"));
  }
  set("x", "live", ",\"departments\":[\"" DEPT "\"]");
  assert_true(may("department-01"));
  denied("director-b", "cam.watch", FQ_E_FORBIDDEN, "cam.forbidden", "{\"id\":\"%s\"}", cam);
  refused("dispatcher", "cam.watch", FQ_E_REQUEST, "cam.no_session", "{\"id\":\"%s\"}", cam);
}

static void a_private_place_asks_why_and_is_on_no_wall(void **state) {
  set("更衣室外", "live", ",\"privacy\":true");
  assert_false(may("officer-a1"));
  denied("dispatcher", "cam.watch", FQ_E_PARAMS, "cam.reason", "{\"id\":\"%s\"}", cam);
  denied("dispatcher", "cam.watch", FQ_E_FORBIDDEN, "cam.private",
         "{\"id\":\"%s\",\"reason\":\"走失\",\"screen\":true}", cam);
  say("dispatcher", "cam.watch", "{\"id\":\"%s\",\"reason\":\"走失老人\"}", cam);
  assert_non_null(strstr(entry("cam.watched", "data"), "走失老人"));
}

/* ---- watching
 * ---------------------------------------------------------------------------------------------- */

static void the_first_viewer_starts_it_the_last_ends_it(void **state) {
  set("村口", "live", "");
  assert_string_equal(state_of(cam), "off");
  say("dispatcher", "cam.watch", "{\"id\":\"%s\"}", cam);
  becomes(cam, "live");
  assert_int_equal(legs_of("dispatcher"), 1);
  int64_t watch = fq_json_int(say("dispatcher", "cam.watch", "{\"id\":\"%s\"}", cam), "watch", 0);
  assert_int_equal(entries("cam.watched"), 1); /* once is enough */
  assert_true(watch > 0);
  say("director-a", "cam.watch", "{\"id\":\"%s\"}", cam);
  pump();
  assert_int_equal(media_server.opened, 1);
  assert_int_equal(legs_of("director-a"), 1);
  pass(10 * SECOND);
  say("dispatcher", "cam.unwatch", "{\"id\":\"%s\"}", cam);
  pump();
  assert_int_equal(legs_of("dispatcher"), 0);
  assert_non_null(strstr(entry("cam.unwatched", "data"), "\"seconds\":10"));
  say("director-a", "cam.unwatch", "{\"id\":\"%s\"}", cam);
  pass(29 * SECOND);
  assert_int_equal(media_server.closed, 0);
  pass(2 * SECOND);
  becomes(cam, "off");
  assert_int_equal(media_server.closed, 1);
  const fq_json *rows = fq_json_get(act("commander", "cam.watches", "{\"id\":\"%s\"}", cam), "rows");
  assert_int_equal(fq_json_size(rows), 2);
  refused("officer-a1", "cam.watches", FQ_E_FORBIDDEN, "cam.forbidden", "{\"id\":\"%s\"}", cam);
  rebuild_gives_the_same();
}

static void a_line_that_is_cut_ends_the_watch(void **state) {
  set("村口", "live", "");
  say("dispatcher", "cam.watch", "{\"id\":\"%s\"}", cam);
  becomes(cam, "live");
  close_page("dispatcher");
  pump();
  assert_int_equal(legs_of("dispatcher"), 0);
  assert_non_null(strstr(entry("cam.unwatched", "data"), "\"why\":\"gone\""));
}

static void what_fails_is_named_and_tried_again(void **state) {
  set("村口", "login", "");
  say("dispatcher", "cam.watch", "{\"id\":\"%s\"}", cam);
  becomes(cam, "failed login");
  assert_non_null(fq_json_str(w.result, "why_zh"));
  assert_non_null(fq_json_str(w.result, "retry_at"));
  int64_t before = self()->cameras->failures;
  pass(1100);
  becomes(cam, "failed login");
  for (int x = 0; x < 200 && self()->cameras->failures == before; x++) {
    pump();
    usleep(5000);
  }
  assert_int_equal(self()->cameras->failures, before + 1);
  set("村口", "live", ""); /* mended: nobody waits for the pause to end */
  becomes(cam, "live");
}

static void a_camera_that_hangs_up_or_falls_silent(void **state) {
  set("村口", "gone", "");
  say("dispatcher", "cam.watch", "{\"id\":\"%s\"}", cam);
  becomes(cam, "failed gone");
  assert_int_equal(legs_of("dispatcher"), 1); /* the page keeps its leg */
  set("村口", "silent", "");
  becomes(cam, "starting");
  pass(13 * SECOND);
  becomes(cam, "failed timeout");
}

static void h265_is_told_and_can_be_made_into_h264(void **state) {
  set("村口", "hevc", "");
  say("dispatcher", "cam.watch", "{\"id\":\"%s\"}", cam);
  becomes(cam, "failed codec");
  set("村口", "hevc", ",\"transcode\":true");
  becomes(cam, "live");
}

static void without_a_media_server_it_says_so_and_waits(void **state) {
  media_server.port = 0;
  set("村口", "live", "");
  say("dispatcher", "cam.watch", "{\"id\":\"%s\"}", cam);
  becomes(cam, "failed media");
  media_server.port = 5006;
  pass(2 * SECOND);
  becomes(cam, "live");
}

static void a_right_that_is_taken_away_ends_the_watch(void **state) {
  set("村口", "live", "");
  say("director-a", "cam.watch", "{\"id\":\"%s\"}", cam);
  becomes(cam, "live");
  act("admin", "cam.set", "{\"id\":\"%s\",\"name\":\"村口\",\"org\":\"" GRID_A1 "\",\"class\":1,\"level\":1}",
      cam);
  pump();
  assert_int_equal(legs_of("director-a"), 0);
  assert_non_null(strstr(entry("cam.unwatched", "data"), "\"why\":\"denied\""));
  say("dispatcher", "cam.watch", "{\"id\":\"%s\"}", cam);
  becomes(cam, "live");
  act("admin", "cam.remove", "{\"id\":\"%s\",\"reason\":\"拆除\"}", cam);
  pump();
  pump();
  assert_int_equal(legs_of("dispatcher"), 0);
  assert_non_null(strstr(entry("cam.unwatched", "data"), "\"why\":\"removed\""));
  refused("dispatcher", "cam.get", FQ_E_NOT_FOUND, "cam.unknown", "{\"id\":\"%s\"}", cam);
  rebuild_gives_the_same();
}

static void a_restart_ends_what_was_watched(void **state) {
  set("村口", "live", "");
  say("dispatcher", "cam.watch", "{\"id\":\"%s\"}", cam);
  becomes(cam, "live");
  conference_restart();
  pump();
  assert_non_null(strstr(entry("cam.unwatched", "data"), "\"why\":\"restart\""));
  assert_string_equal(state_of(cam), "off");
}

/* ---- a picture
 * --------------------------------------------------------------------------------------------- */

static void a_picture_is_the_askers(void **state) {
  char i[FQ_ID_MAX];
  keep(i, report("officer-a1", GRID_A1, "fire"));
  set("村口", "live", "");
  refused("dispatcher", "cam.snapshot", FQ_E_NOT_FOUND, "incident.unknown",
          "{\"id\":\"%s\",\"incident\":\"i999\"}", cam);
  say("dispatcher", "cam.snapshot", "{\"id\":\"%s\",\"incident\":\"%s\",\"note\":\"烟\"}", cam, i);
  for (int x = 0; x < 400 && !entries("cam.snapped"); x++) {
    pump();
    usleep(5000);
  }
  assert_string_equal(entry("cam.snapped", "actor"), "dispatcher");
  assert_string_equal(entry("incident.attached", "actor"), "dispatcher");
  assert_non_null(strstr(entry("incident.attached", "data"), "村口"));
  assert_int_equal(fq_json_size(fq_json_get(incident(i), "attachments")), 1);
}

/* ---- homes
 * ------------------------------------------------------------------------------------------------- */

static void a_home_is_its_relatives(void **state) {
  set_home("2026-11-23T00:00:00Z");
  assert_true(may("granny"));
  denied("dispatcher", "cam.watch", FQ_E_PARAMS, "cam.reason", "{\"id\":\"%s\"}", cam);
  denied("officer-a1", "cam.watch", FQ_E_FORBIDDEN, "cam.forbidden", "{\"id\":\"%s\"}", cam);
  say("granny", "cam.watch", "{\"id\":\"%s\"}", cam);
  becomes(cam, "live");
  assert_true(heard("cam.watched", "granny"));
  assert_int_equal(fq_json_size(fq_json_get(act("granny", "cam.watches", "{\"id\":\"%s\"}", cam), "rows")),
                   1);
  at(24 * HOUR + SECOND); /* the consent ends, and with it the picture */
  pump();
  assert_int_equal(legs_of("granny"), 0);
  denied("granny", "cam.watch", FQ_E_FORBIDDEN, "cam.consent_over", "{\"id\":\"%s\"}", cam);
  act("granny", "cam.consent", "{\"id\":\"%s\",\"until\":\"2026-12-01T00:00:00Z\"}", cam);
  assert_true(may("granny"));
  refused("dispatcher", "cam.consent", FQ_E_PARAMS, "cam.consent_by",
          "{\"id\":\"%s\",\"until\":\"2026-12-01T00:00:00Z\"}", cam);
  refused("dispatcher", "cam.consent", FQ_E_PARAMS, "cam.until",
          "{\"id\":\"%s\",\"by\":\"x\",\"until\":\"2028-12-01T00:00:00Z\"}", cam);
  rebuild_gives_the_same();
}

static void a_link_is_a_guests_until_it_ends(void **state) {
  struct fq_guest g;
  char token[96], guest[FQ_ID_MAX];
  set_home("2026-11-30T00:00:00Z");
  refused("officer-a1", "cam.link", FQ_E_FORBIDDEN, "role", "{\"id\":\"%s\",\"name\":\"女儿\"}", cam);
  act("granny", "cam.link", "{\"id\":\"%s\",\"name\":\"女儿\",\"hours\":2}", cam);
  snprintf(token, sizeof token, "%s", fq_json_str(w.result, "token"));
  keep(guest, fq_json_str(w.result, "guest"));
  assert_null(strstr(entry("cam.linked", "data"), token));
  fq_db *db = fq_kernel_db(w.kernel);
  assert_true(cam_guest(self(), db, token, fq_now_ms(w.kernel), &g));
  assert_string_equal(g.user, guest);
  assert_int_equal(g.roles, FQ_ROLE_FAMILY);
  assert_false(cam_guest(self(), db, "g.cnonsense", fq_now_ms(w.kernel), &g));
  assert_false(cam_guest(self(), db, token, fq_now_ms(w.kernel) + 2 * HOUR, &g));
  assert_int_equal(fq_json_size(fq_json_get(act("granny", "cam.get", "{\"id\":\"%s\"}", cam), "links")), 1);
  refused("granny", "cam.unlink", FQ_E_NOT_FOUND, "cam.no_link", "{\"id\":\"%s\",\"guest\":\"guest-1\"}",
          cam);
  act("granny", "cam.consent", "{\"id\":\"%s\"}", cam); /* withdrawn: no link outlives it */
  assert_false(cam_guest(self(), db, token, fq_now_ms(w.kernel), &g));
  refused("granny", "cam.link", FQ_E_CONFLICT, "cam.consent_over", "{\"id\":\"%s\",\"name\":\"女儿\"}", cam);
  rebuild_gives_the_same();
}

static void what_ffmpeg_says(void **state) {
  struct cam_stream s;
  assert_true(cam_stream_of("  Stream #0:0(und): Video: hevc (Main), yuvj420p(pc, bt709), 2560x1440 [SAR 1:1 "
                            "DAR 16:9], 25 fps, 25 tbr",
                            &s));
  assert_string_equal(s.codec, "hevc");
  assert_int_equal(s.width, 2560);
  assert_int_equal(s.height, 1440);
  assert_true(s.fps == 25);
  assert_false(cam_stream_of("  Stream #0:1: Audio: aac", &s));
  assert_string_equal(cam_reason_of("pipe:0: Server returned 401 Unauthorized (authorization failed)"),
                      "login");
  assert_string_equal(cam_reason_of("[tcp] Connection to tcp://x failed: Connection timed out"), "timeout");
  assert_string_equal(cam_reason_of("frame=1"), "");
  char host[128];
  cam_host("rtsp://u:p@ss@10.0.0.9:554/x@y", host);
  assert_string_equal(host, "10.0.0.9:554");
}

#define T(name) cmocka_unit_test_setup_teardown(name, open_world, close_world)
int main(void) {
  const struct CMUnitTest tests[] = {T(an_address_is_sealed_and_never_answered),
                                     T(sent_twice_it_is_one),
                                     T(what_is_wrong_is_said),
                                     T(many_at_once_all_or_none),
                                     T(a_level_opens_what_lies_within),
                                     T(a_private_place_asks_why_and_is_on_no_wall),
                                     T(the_first_viewer_starts_it_the_last_ends_it),
                                     T(a_line_that_is_cut_ends_the_watch),
                                     T(what_fails_is_named_and_tried_again),
                                     T(a_camera_that_hangs_up_or_falls_silent),
                                     T(h265_is_told_and_can_be_made_into_h264),
                                     T(without_a_media_server_it_says_so_and_waits),
                                     T(a_right_that_is_taken_away_ends_the_watch),
                                     T(a_restart_ends_what_was_watched),
                                     T(a_picture_is_the_askers),
                                     T(a_home_is_its_relatives),
                                     T(a_link_is_a_guests_until_it_ends),
                                     cmocka_unit_test(what_ffmpeg_says)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
