/* Recordings: who may, what is written down, how tracks are put together, what becomes of them. The
 * converters are scripts. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "conference_world.h"
#include "loop/loop.h"
#include "recording/recording.h"

static bool janus_ready;
static bool ready(struct cf_self *s, char zh[200], char en[200]) {
  if (!janus_ready) snprintf(zh, 200, "没有安装"), snprintf(en, 200, "not installed");
  return janus_ready;
}
const struct cf_backend cf_janus_backend = {.name = "janus", .ready = ready};

static char conf_id[FQ_ID_MAX], rec_id[FQ_ID_MAX], script[64];
static struct cf_self *self(void) {
  return w.beside_self;
}

static void pump(void) {
  for (int x = 0; x < 20; x++) {
    fq_loop_step(fq_kernel_loop(w.kernel));
    at(fq_now_ms(w.kernel) - w.t0_ms);
  }
}

/* janus-pp-rec and ffmpeg: the last argument is what they write. A track that says "broken" cannot be read.
 */
static void write_script(void) {
  static const char text[] = "#!/bin/sh\n"
                             "for last; do :; done\n"
                             "case \"$*\" in *.mjr*) for f; do case \"$f\" in *.mjr) grep -q broken \"$f\" "
                             "&& { echo bad >&2; exit 3; };; esac; done;; esac\n"
                             "echo out_time_us=500000\n"
                             "echo \"made of $*\" > \"$last\"\n";
  strcpy(script, "/tmp/fake-convert-XXXXXX");
  int fd = mkstemp(script);
  assert_true(fd >= 0 && write(fd, text, sizeof text - 1) == (ssize_t)sizeof text - 1 &&
              fchmod(fd, 0755) == 0);
  close(fd);
}
static void use_script(void) {
  snprintf(self()->ffmpeg, sizeof self()->ffmpeg, "%s", script);
  snprintf(self()->recordings->pp_rec, sizeof self()->recordings->pp_rec, "%s", script);
}

static int open_world(void **state) {
  janus_ready = true;
  conference_also(&cf_recording_part);
  conference_open(state);
  act("system", "user.add", "{\"name\":\"keeper\",\"org\":\"430525\",\"roles\":[\"admin.security\"]}");
  write_script();
  use_script();
  keep(conf_id, begin("dispatcher", "{\"title\":\"汛情\",\"to\":[{\"user\":\"officer-a1\"}]}"));
  say("officer-a1", "conf.join", "{\"id\":\"%s\"}", conf_id);
  pump();
  return 0;
}
static int close_world(void **state) {
  unlink(script);
  return conference_close(state);
}

static void record(void) {
  say("dispatcher", "conf.record", "{\"id\":\"%s\",\"on\":true}", conf_id);
  keep(rec_id, fq_json_str(w.result, "recording"));
}
static void stop(void) {
  say("dispatcher", "conf.record", "{\"id\":\"%s\",\"on\":false}", conf_id);
}

/* A file as the media server leaves it. */
static void track(const char *user, char type, const char *codec, int64_t from_ms, const char *content) {
  static int number;
  char dir[200], path[300], json[200];
  snprintf(dir, sizeof dir, "%s/recordings/%s", w.dir, conf_id);
  mkdir(dir, 0700);
  snprintf(path, sizeof path, "%s/videoroom-x-user-%s~1-%d.mjr", dir, user, number++);
  int len = snprintf(json, sizeof json, "{\"t\":\"%c\",\"c\":\"%s\",\"s\":%lld,\"u\":%lld}", type, codec,
                     (long long)from_ms * 1000, (long long)from_ms * 1000);
  FILE *f = fopen(path, "w");
  assert_non_null(f);
  fprintf(f, "MJR00002%c%c%s%s %d", 0, len, json, content, number);
  fclose(f);
  cf_recording_track(self(), conf_id, user, type == 'a' ? "audio" : "video", path);
}

static const char *state_of(const char *id) {
  static char out[80];
  fq_json_each(r, fq_json_get(act("dispatcher", "recording.list", "{}"),
                              "rows")) if (!strcmp(fq_json_str(r, "id"), id)) {
    snprintf(out, sizeof out, "%s", fq_json_str(r, "state"));
    return out;
  }
  return "";
}
static void becomes(const char *id, const char *state) {
  for (int x = 0; x < 400 && strcmp(state_of(id), state) != 0; x++) {
    pump();
    usleep(5000);
  }
  assert_string_equal(state_of(id), state);
}

static void the_chair_and_a_commander_record_others_do_not(void **state) {
  denied("officer-a1", "conf.record", FQ_E_FORBIDDEN, "conf.chair", "{\"id\":\"%s\",\"on\":true}", conf_id);
  denied("director-b", "conf.record", FQ_E_FORBIDDEN, "conf.chair", "{\"id\":\"%s\",\"on\":true}", conf_id);
  denied("dispatcher", "conf.record", FQ_E_NOT_FOUND, "conf.unknown", "{\"id\":\"v999\",\"on\":true}");
  janus_ready = false;
  denied("dispatcher", "conf.record", FQ_E_CONFLICT, "conf.cannot_record", "{\"id\":\"%s\",\"on\":true}",
         conf_id);
  janus_ready = true;
  act("commander", "conf.record", "{\"id\":\"%s\",\"on\":true}", conf_id);
  assert_true(fq_json_bool(conf(conf_id), "recording", false)); /* all members see it */
  assert_non_null(strstr(entry("conf.record_started", "data"), "\"operator\":\"commander\""));
  stop();
  assert_false(fq_json_bool(conf(conf_id), "recording", true));
  denied("dispatcher", "conf.record", FQ_E_CONFLICT, "conf.record_stopping", "{\"id\":\"%s\",\"on\":true}",
         conf_id);
}

static void tracks_become_evidence_and_one_file(void **state) {
  int64_t from = fq_now_ms(w.kernel);
  record();
  track("dispatcher", 'a', "opus", from, "voice");
  track("dispatcher", 'v', "vp8", from, "face");
  track("officer-a1", 'v', "h264", from + 1500, "rain");
  cf_recording_over(self(), conf_id, NULL, NULL); /* before their hashes are known: it waits for them */
  stop();
  becomes(rec_id, "done");
  assert_int_equal(entries("conf.record_track"), 3);
  assert_int_equal(entries("conf.recorded"), 1);
  fq_json *d = fq_json_parse(entry("conf.recorded", "data"), strlen(entry("conf.recorded", "data")), NULL);
  assert_int_equal(fq_json_size(fq_json_get(d, "tracks")), 3);
  assert_int_equal(fq_json_size(fq_json_get(d, "attachments")), 4);
  assert_string_equal(fq_json_str(d, "operator"), "dispatcher");
  fq_json_free(d);
  rebuild_gives_the_same();
}

static void a_track_that_cannot_be_read_is_left_out(void **state) {
  record();
  track("dispatcher", 'a', "opus", fq_now_ms(w.kernel), "voice");
  track("officer-a1", 'v', "vp8", fq_now_ms(w.kernel), "broken");
  stop();
  cf_recording_over(self(), conf_id, NULL, NULL);
  becomes(rec_id, "done");
  assert_non_null(strstr(entry("conf.recorded", "data"), "\"broken\":1"));
}

static void nothing_recorded_is_said_and_can_be_tried_again(void **state) {
  record();
  stop();
  cf_recording_over(self(), conf_id, NULL, NULL);
  becomes(rec_id, "failed");
  const fq_json *r =
      fq_json_first(fq_json_get(act("dispatcher", "recording.list", "{\"conf\":\"%s\"}", conf_id), "rows"));
  assert_non_null(strstr(fq_json_str(r, "why_en"), "neither sound nor picture"));
  act("dispatcher", "recording.retry", "{\"id\":\"%s\"}", rec_id);
  becomes(rec_id, "failed");
  assert_int_equal(entries("conf.record_state"), 5); /* stopping, converting, failed, converting, failed */
}

static void a_full_disk_stops_it_and_the_call_goes_on(void **state) {
  record();
  track("dispatcher", 'a', "opus", fq_now_ms(w.kernel), "voice");
  cf_recording_over(self(), conf_id, "磁盘快满了", "the disk is nearly full");
  becomes(rec_id, "done");
  assert_non_null(strstr(entry("conf.recording_set", "data"), "the disk is nearly full"));
  assert_false(fq_json_bool(conf(conf_id), "recording", true));
  assert_string_equal(fq_json_str(w.result, "state"), "active");
  record(); /* there is room again */
}

static void the_media_server_was_away_and_another_goes_on(void **state) {
  record();
  char first[FQ_ID_MAX];
  keep(first, rec_id);
  track("dispatcher", 'a', "opus", fq_now_ms(w.kernel), "voice");
  cf_recording_over(self(), conf_id, NULL, NULL);
  becomes(first, "done");
  assert_true(fq_json_bool(conf(conf_id), "recording", false));
  assert_int_equal(entries("conf.record_started"), 2);
}

static void nobody_ever_tells_the_end(void **state) {
  record();
  track("dispatcher", 'a', "opus", fq_now_ms(w.kernel), "voice");
  stop();
  pump();
  assert_string_equal(state_of(rec_id), "recording");
  at(fq_now_ms(w.kernel) - w.t0_ms + 21 * SECOND);
  becomes(rec_id, "done");
}

static void a_conference_that_ends_first_does_not_wait_long(void **state) {
  record();
  say("dispatcher", "conf.end", "{\"id\":\"%s\"}", conf_id);
  assert_string_equal(fq_json_str(w.result, "state"), "ending");
  pump();
  at(fq_now_ms(w.kernel) - w.t0_ms + 21 * SECOND);
  becomes(rec_id, "failed"); /* nothing came */
  assert_string_equal(fq_json_str(conf(conf_id), "state"), "ended");
}

static void a_restart_in_the_middle_goes_on(void **state) {
  record();
  track("dispatcher", 'a', "opus", fq_now_ms(w.kernel), "voice");
  stop();
  for (int x = 0; x < 100 && !entries("conf.record_track"); x++)
    pump(), usleep(5000);
  act("system", "recording.closed", "{\"id\":\"%s\"}", conf_id);
  assert_string_equal(state_of(rec_id), "converting");
  conference_restart();
  use_script();
  becomes(rec_id, "done");
}

static void time_and_reason_take_it_away(void **state) {
  record();
  track("dispatcher", 'a', "opus", fq_now_ms(w.kernel), "voice");
  refused("keeper", "recording.remove", FQ_E_CONFLICT, "recording.state", "{\"id\":\"%s\",\"reason\":\"x\"}",
          rec_id);
  stop();
  cf_recording_over(self(), conf_id, NULL, NULL);
  becomes(rec_id, "done");
  refused("dispatcher", "recording.remove", FQ_E_FORBIDDEN, "role", "{\"id\":\"%s\",\"reason\":\"x\"}",
          rec_id);
  refused("keeper", "recording.remove", FQ_E_NOT_FOUND, "recording.unknown",
          "{\"id\":\"r9\",\"reason\":\"x\"}");
  refused("director-b", "recording.verify", FQ_E_FORBIDDEN, "scope", "{\"id\":\"%s\"}", rec_id);
  act("keeper", "recording.verify", "{\"id\":\"%s\"}", rec_id);
  for (int x = 0; x < 100 && !entries("conf.record_verified"); x++)
    pump(), usleep(5000);
  assert_non_null(strstr(entry("conf.record_verified", "data"), "\"intact\":true"));
  at(INT64_C(181) * 24 * HOUR);
  assert_string_equal(state_of(rec_id), "removed");
  assert_non_null(strstr(entry("conf.record_removed", "data"), "\"expired\":true"));
  assert_int_equal(entries("blob.removed"), 2);
  refused("keeper", "recording.remove", FQ_E_CONFLICT, "recording.removed",
          "{\"id\":\"%s\",\"reason\":\"x\"}", rec_id);
  refused("keeper", "recording.verify", FQ_E_CONFLICT, "recording.removed", "{\"id\":\"%s\"}", rec_id);
  rebuild_gives_the_same();
}

static void tiles_and_voices(void **state) {
  static const int shapes[][3] = {{1, 1, 1}, {2, 2, 1}, {3, 2, 2}, {4, 2, 2},
                                  {5, 3, 2}, {9, 3, 3}, {16, 4, 4}};
  for (size_t x = 0; x < sizeof shapes / sizeof *shapes; x++) {
    struct rec_grid g = rec_grid_of(shapes[x][0]);
    assert_int_equal(g.columns, shapes[x][1]);
    assert_int_equal(g.rows, shapes[x][2]);
    assert_true(g.width * g.columns <= 1280 && g.height * g.rows <= 720 && g.width % 2 == 0 &&
                g.height % 2 == 0);
  }
  struct rec_part parts[3] = {{.track = {.kind = "audio", .from_ms = 1000}},
                              {.track = {.kind = "video", .from_ms = 1000}, .broken = true},
                              {.track = {.kind = "video", .from_ms = 3500}, .cell = 1}};
  char *text = rec_mix_filter(parts, 3, 2, 1000, 9000);
  assert_non_null(strstr(text, "adelay=0:all=1"));
  assert_non_null(strstr(text, "[1:v]setpts=PTS-STARTPTS+2.500/TB")); /* the broken one is no input */
  assert_non_null(strstr(text, "overlay=x=640:y=0"));
  assert_null(strstr(text, "[2:v]"));
  free(text);
  text = rec_mix_filter(parts, 1, 0, 1000, 9000);
  assert_null(strstr(text, "[v]"));
  free(text);
}

#define T(name) cmocka_unit_test_setup_teardown(name, open_world, close_world)
int main(void) {
  const struct CMUnitTest tests[] = {T(the_chair_and_a_commander_record_others_do_not),
                                     T(tracks_become_evidence_and_one_file),
                                     T(a_track_that_cannot_be_read_is_left_out),
                                     T(nothing_recorded_is_said_and_can_be_tried_again),
                                     T(a_full_disk_stops_it_and_the_call_goes_on),
                                     T(the_media_server_was_away_and_another_goes_on),
                                     T(nobody_ever_tells_the_end),
                                     T(a_conference_that_ends_first_does_not_wait_long),
                                     T(a_restart_in_the_middle_goes_on),
                                     T(time_and_reason_take_it_away),
                                     cmocka_unit_test(tiles_and_voices)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
