/*
 * A kernel for tests, chosen at link time: the functions of fengqiao.h over the real JSON and the real
 * database (in memory), for one plugin, on the test's own clock. What the plugin does can be looked at:
 * entries, timers, outbox, volatile messages.
 *
 * It checks what the kernel checks (roles, targets, schemas, writing outside apply), the cheap way: no
 * hash chain, no sessions, no idempotency keys. A misuse that has no return value to report it (an
 * unknown timer method, a timer's method that fails) fails the test at once.
 *
 * OWNERSHIP. Every `const fq_json *` given back belongs to the mock and lives until mock_stop().
 * THREADS. One. fq_post() and fq_work() queue; mock_pump() runs the queue.
 *
 *     mock_start(&fq_plugin, "{\"greeting\":\"您好\"}");
 *     mock_actor("zhang", FQ_ROLE_OFFICER, "430525");
 *     const fq_json *r = mock_call("skel.greet", "{\"name\":\"枫桥\"}");
 *     assert_string_equal(fq_json_str(mock_last("skel.greeted"), "subject"), "枫桥");
 *     mock_rebuild();
 *     mock_stop();
 */
#ifndef MOCK_KERNEL_H
#define MOCK_KERNEL_H

#include "fengqiao.h"

/* ---- life. `options` is the plugin's section as JSON, or NULL. Time begins at MOCK_T0. The plugin's
 * table goes through the loader's own check, its tables through its own migrations. */
#define MOCK_T0 INT64_C(1767225600000) /* 2026-01-01T00:00:00Z */
void mock_start(const struct fq_plugin *plugin, const char *options);
void mock_stop(void);
void *mock_self(void);
fq_db *mock_db(void);
fq_kernel *mock_kernel(void);

/* ---- the world around it. One unit exists from the start: the county "430525". */
void mock_unit(const char *id, const char *parent, const char *kind, const char *name, double lon,
               double lat);
void mock_actor(const char *name, uint32_t roles, const char *org); /* who calls from now on */
void mock_system(void);                                             /* ... `system`, as at the start */
/* A method of somebody else: answers `result` (JSON), or with an error status when it is not FQ_OK. */
void mock_provide(const char *method, enum fq_status status, const char *result);
/* An entry of somebody else (or of the plugin, without its command), applied and heard. Gives its seq. */
int64_t mock_append(const char *kind, const char *subject, const char *org, const char *data);

/* ---- calling. mock_call() fails the test when the call fails; mock_try() gives the status, and
 * mock_error() the details. `params` is JSON, NULL for {}. A volatile method gives NULL. */
const fq_json *mock_call(const char *method, const char *params);
enum fq_status mock_try(const char *method, const char *params);
const struct fq_error *mock_error(void);
const fq_json *mock_view(const char *name, const char *args); /* args: JSON array; NULL is Lua's nil */
const fq_json *mock_context(int64_t seq);                     /* what `context` adds to that entry */
double mock_metric(const char *name);
const char *mock_health(void); /* "" when well */

/* ---- time. run_until fires every timer at its own due time; wake_at is a restart after an outage: the
 * overdue ones fire late, in due order. */
int64_t mock_now(void);
void mock_run_until(int64_t ms);
void mock_wake_at(int64_t ms);
void mock_pump(void); /* queued posts and work, until there is none */

/* ---- looking. Entries: {n, at_ms, kind, subject, org, audience, actor, cause, data}. */
const fq_json *mock_entries(void);
const fq_json *mock_last(const char *kind); /* NULL when there was none */
size_t mock_count(const char *kind);
int64_t mock_timer(const char *id); /* due_ms, -1 when not set */
const fq_json *mock_timers(void);   /* [{id, due_ms, method, subject, params}] */
const fq_json *mock_outbox(void);   /* [{channel, key, expires_ms, payload}] */
const fq_json *mock_published(const char *topic, const char *key); /* the latest, NULL when none */
const fq_json *mock_calls(const char *method); /* parameters a provided method was given */

/* ---- outside of ticks. Alarms ring in mock_run_until(), commands of the plugin's own run in mock_pump().
 * mock_session(): whose calls come now, by this session, which hears what it is told until it has gone.
 * Processes write and end when the test says so; {pid, argv, dir?, input?, unprivileged, grace_ms?}: grace_ms
 * once it has been asked to end. What fq_guest_end() was called with is told to the session "guests". */
void mock_session(const char *sid); /* NULL: none */
void mock_session_gone(const char *sid, const char *user);
const fq_json *mock_told(const char *session); /* [{topic, data}] */
const fq_json *mock_processes(void);           /* all that were started */
void mock_process_line(int pid, bool error, const char *text);
void mock_process_ended(int pid, int code, int signal);
void mock_process_cannot_start(bool cannot);

/* ---- for transports. Tokens that session.open and fq_token_actor() know; what /readyz says; an event or a
 * volatile message to every open session. `text` is that of struct fq_event. */
void mock_token(const char *token, const char *name, uint32_t roles, const char *org);
void mock_not_ready(const char *why); /* NULL: ready */
void mock_data_dir(const char *dir);
void mock_send(int64_t seq, int64_t previous, const char *text);
void mock_signal(const char *topic, const char *key, const char *json);
size_t mock_sessions(void);

/* Empties the plugin's tables, timers and outbox, applies the whole journal again, and fails the test at
 * the first row that differs: an apply that looks at a clock, an option or a random number shows here. */
void mock_rebuild(void);

#endif
