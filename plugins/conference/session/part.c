/*
 * part.c - what is journalled about conferences: tables, kinds, methods. Kernel thread.
 */
#include "session/session.h"

static const char *const migrations[] = {
    "CREATE TABLE conference("
    " n INTEGER PRIMARY KEY, rev INTEGER NOT NULL, title TEXT NOT NULL, incident TEXT NOT NULL, number "
    "INTEGER"
    " NOT NULL, org TEXT NOT NULL, by TEXT NOT NULL, by_name TEXT NOT NULL, state TEXT NOT NULL,"
    " backend TEXT NOT NULL, why_zh TEXT NOT NULL DEFAULT '', why_en TEXT NOT NULL DEFAULT '',"
    " cannot TEXT NOT NULL DEFAULT '', cap INTEGER NOT NULL DEFAULT 0, degraded INTEGER NOT NULL DEFAULT 0,"
    " ring_ms INTEGER NOT NULL, audio_only INTEGER NOT NULL, locked INTEGER NOT NULL DEFAULT 0,"
    " recording INTEGER NOT NULL DEFAULT 0, layout TEXT NOT NULL, spotlight TEXT NOT NULL DEFAULT '',"
    " rotate_s INTEGER NOT NULL DEFAULT 0, broadcast TEXT NOT NULL DEFAULT '',"
    " holder TEXT NOT NULL DEFAULT '', holder_priority INTEGER NOT NULL DEFAULT 0, floor_until_ms INTEGER,"
    " roll INTEGER NOT NULL DEFAULT 0, roll_at_ms INTEGER, roll_until_ms INTEGER, roll_closed_ms INTEGER,"
    " created_ms INTEGER NOT NULL, ended_ms INTEGER, ended_why TEXT, ended_by TEXT);"
    "CREATE INDEX conference_live ON conference(n) WHERE ended_ms IS NULL;"
    "CREATE INDEX conference_incident ON conference(incident) WHERE incident <> '';"
    "CREATE TABLE conf_member("
    " conf INTEGER NOT NULL, user TEXT NOT NULL, name TEXT NOT NULL, sealed_name TEXT, role TEXT NOT NULL,"
    " priority INTEGER NOT NULL, state TEXT NOT NULL, left_why TEXT NOT NULL DEFAULT '',"
    " declined TEXT NOT NULL DEFAULT '',"
    " guest INTEGER NOT NULL DEFAULT 0, hidden INTEGER NOT NULL DEFAULT 0, banned INTEGER NOT NULL DEFAULT 0,"
    " desk TEXT NOT NULL DEFAULT '', session TEXT NOT NULL DEFAULT '', asked INTEGER NOT NULL,"
    " ring_round INTEGER NOT NULL DEFAULT 0, ring_until_ms INTEGER, pulled INTEGER NOT NULL DEFAULT 0,"
    " seat_until_ms INTEGER, muted INTEGER NOT NULL DEFAULT 0, silenced INTEGER NOT NULL DEFAULT 0,"
    " may_unmute INTEGER NOT NULL DEFAULT 0, camera INTEGER NOT NULL DEFAULT 0, hand_ms INTEGER,"
    " screen INTEGER NOT NULL DEFAULT 0, quality TEXT NOT NULL DEFAULT 'normal',"
    " audio_only INTEGER NOT NULL DEFAULT 0, joined_ms INTEGER, since_ms INTEGER,"
    " PRIMARY KEY(conf, user)) WITHOUT ROWID;"
    "CREATE INDEX conf_member_session ON conf_member(session) WHERE session <> '';"
    "CREATE TABLE conf_text("
    " conf INTEGER NOT NULL, seq INTEGER NOT NULL, at_ms INTEGER NOT NULL, by TEXT NOT NULL, text TEXT NOT "
    "NULL,"
    " PRIMARY KEY(conf, seq)) WITHOUT ROWID;"
    "CREATE TABLE conf_floor("
    " conf INTEGER NOT NULL, user TEXT NOT NULL, priority INTEGER NOT NULL, seq INTEGER NOT NULL,"
    " PRIMARY KEY(conf, user)) WITHOUT ROWID;"
    "CREATE TABLE conf_here("
    " conf INTEGER NOT NULL, user TEXT NOT NULL, here_ms INTEGER, PRIMARY KEY(conf, user)) WITHOUT ROWID;",
    NULL};

/* clang-format off */
#define P_ID {.name = "id", .type = FQ_T_ID, .required = true, .zh = "会商编号", .en = "conference id"}
#define P_USER(must, zh_, en_) {.name = "user", .type = FQ_T_ID, .required = must, .zh = zh_, .en = en_}
#define P_REASON(must) {.name = "reason", .type = FQ_T_STRING, .required = must, .min = must, .max = 200, .zh = "理由", .en = "reason"}
#define P_AUDIO {.name = "audio_only", .type = FQ_T_BOOL, .zh = "只要声音", .en = "sound alone"}
#define P_QUALITY(must) {.name = "quality", .type = FQ_T_ENUM, .required = must, .values = "normal low audio", .zh = "画质:normal 正常 low 省流量 audio 只要声音", .en = "picture: normal, low for a bad network, audio for none"}

static const struct fq_param circle[] = {
    {.name = "lon", .type = FQ_T_NUMBER, .required = true, .min = -180, .max = 180, .zh = "经度", .en = "longitude"},
    {.name = "lat", .type = FQ_T_NUMBER, .required = true, .min = -90, .max = 90, .zh = "纬度", .en = "latitude"},
    {.name = "radius_m", .type = FQ_T_INT, .required = true, .min = 10, .max = 100000, .zh = "半径,米", .en = "radius in metres"},
    {0}};
static const struct fq_param target_members[] = {
    {.name = "user", .type = FQ_T_ID, .zh = "一个人", .en = "one person"},
    {.name = "unit", .type = FQ_T_ID, .zh = "一个单位在岗的人", .en = "those of a unit who are on duty"},
    {.name = "team", .type = FQ_T_ID, .zh = "一支队伍在岗的人", .en = "those of a team who are on duty"},
    {.name = "circle", .type = FQ_T_OBJECT, .members = circle, .zh = "地图上圆圈内在岗的人", .en = "those on duty whose phone was in this circle last"},
    {0}};
static const struct fq_param target[] = {{.name = "target", .type = FQ_T_OBJECT, .members = target_members}, {0}};
#define P_TO(must) {.name = "to", .type = FQ_T_ARRAY, .required = must, .members = target, .min = must, .max = 50, .zh = "呼叫谁,每项写 user、unit、team、circle 之一", .en = "whom to call; one of user, unit, team, circle each"}

static const struct fq_param create_params[] = {
    {.name = "title", .type = FQ_T_STRING, .min = 1, .max = 80, .zh = "会商主题;缺省为事件标题", .en = "what it is about; the incident's title unless told"},
    {.name = "incident", .type = FQ_T_ID, .zh = "关于哪个事件", .en = "about this incident"},
    {.name = "org", .type = FQ_T_ID, .zh = "属于哪个单位;缺省为事件所在或本人单位", .en = "whose it is; the incident's place, else one's own unit"},
    P_TO(false), P_AUDIO,
    {.name = "ring_s", .type = FQ_T_INT, .min = 1, .max = 300, .zh = "一次响铃多少秒", .en = "how long one ring lasts, in seconds"},
    {0}};
static const struct fq_param invite_params[] = {
    P_ID, P_TO(true),
    {.name = "role", .type = FQ_T_ENUM, .values = "chair speaker viewer", .zh = "以什么身份", .en = "as what"},
    {0}};
static const struct fq_param guest_params[] = {
    P_ID, P_USER(true, "来宾", "the guest's user name"),
    {.name = "name", .type = FQ_T_STRING, .required = true, .min = 1, .max = 40, .zh = "称呼,密封保存", .en = "what to call him; kept sealed"},
    {0}};
static const struct fq_param id_params[] = {P_ID, {0}};
static const struct fq_param ring_params[] = {P_ID, P_USER(true, "再呼叫谁", "whom to ring again"), {0}};
static const struct fq_param decline_params[] = {P_ID, P_REASON(false), {0}};
static const struct fq_param join_params[] = {P_ID, P_AUDIO, {0}};
static const struct fq_param pull_params[] = {P_ID, P_USER(true, "强拉谁", "whom to pull in"), P_REASON(false), {0}};
static const struct fq_param monitor_params[] = {P_ID, P_REASON(true), {0}};
static const struct fq_param kick_params[] = {
    P_ID, P_USER(true, "移出谁", "who is put out"),
    {.name = "ban", .type = FQ_T_BOOL, .zh = "不许再进,直到主持人重新邀请", .en = "he may not come back until the chair invites him anew"},
    P_REASON(false), {0}};
static const struct fq_param lock_params[] = {
    P_ID, {.name = "locked", .type = FQ_T_BOOL, .required = true, .zh = "锁定:未受邀的不能进", .en = "locked: only the invited come in"}, {0}};
static const struct fq_param role_params[] = {
    P_ID, P_USER(true, "成员", "the member"),
    {.name = "role", .type = FQ_T_ENUM, .values = "chair speaker viewer", .zh = "身份", .en = "his role"},
    {.name = "priority", .type = FQ_T_INT, .min = 1, .max = 10, .zh = "话权优先级 1 低 … 10 高", .en = "his priority for the floor, 1 low to 10 high"},
    {0}};
static const struct fq_param mute_params[] = {
    P_ID, P_USER(false, "谁;不写则除主持人外全部", "whom; all but the chairs unless told"),
    {.name = "muted", .type = FQ_T_BOOL, .required = true, .zh = "静音", .en = "muted"}, {0}};
static const struct fq_param ask_unmute_params[] = {P_ID, P_USER(false, "请谁发言;不写则全部", "who may speak; all unless told"), {0}};
static const struct fq_param self_params[] = {
    P_ID,
    {.name = "muted", .type = FQ_T_BOOL, .zh = "话筒关", .en = "microphone off"},
    {.name = "camera", .type = FQ_T_BOOL, .zh = "摄像头开", .en = "camera on"},
    {.name = "hand", .type = FQ_T_BOOL, .zh = "举手", .en = "hand raised"},
    {.name = "screen", .type = FQ_T_BOOL, .zh = "共享屏幕", .en = "shows its screen"},
    P_QUALITY(false), {0}};
static const struct fq_param quality_params[] = {P_ID, P_USER(true, "成员", "the member"), P_QUALITY(true), {0}};
static const struct fq_param layout_params[] = {
    P_ID,
    {.name = "layout", .type = FQ_T_ENUM, .required = true, .values = "grid spotlight rotate", .zh = "布局:grid 平铺 spotlight 突出一人 rotate 轮询", .en = "grid, one in the spotlight, or in turn"},
    {.name = "spotlight", .type = FQ_T_ID, .zh = "突出谁", .en = "who stands in the spotlight"},
    {.name = "rotate_s", .type = FQ_T_INT, .min = 3, .max = 300, .zh = "每人多少秒", .en = "seconds each"},
    {0}};
static const struct fq_param broadcast_params[] = {P_ID, P_USER(false, "只听谁;不写则结束", "the one who is heard; none: it is over"), {0}};
static const struct fq_param text_params[] = {
    P_ID, {.name = "text", .type = FQ_T_STRING, .required = true, .min = 1, .max = 2000, .zh = "文字", .en = "words"}, {0}};
static const struct fq_param floor_params[] = {
    P_ID, {.name = "priority", .type = FQ_T_INT, .min = 1, .max = 10, .zh = "优先级,不高于本人的", .en = "priority, at most one's own"}, {0}};
static const struct fq_param floor_take_params[] = {P_ID, P_USER(false, "给谁;不写则给自己", "who gets it; oneself unless told"), {0}};
static const struct fq_param roll_params[] = {
    P_ID, {.name = "seconds", .type = FQ_T_INT, .min = 5, .max = 600, .zh = "多少秒内应到", .en = "to answer within, in seconds"}, {0}};
static const struct fq_param here_params[] = {
    P_ID, {.name = "call", .type = FQ_T_INT, .required = true, .min = 1, .max = 9e15, .zh = "哪次点名", .en = "which roll call"}, {0}};
static const struct fq_param timer_params[] = {
    P_ID, {.name = "due_ms", .type = FQ_T_INT, .zh = "应于", .en = "when it was due"},
    {.name = "late_ms", .type = FQ_T_INT, .zh = "迟", .en = "how late it fires"}, {0}};
static const struct fq_param media_params[] = {
    P_ID, P_USER(true, "成员", "the member"),
    {.name = "state", .type = FQ_T_ENUM, .required = true, .values = "connected media_lost signalling_lost gone", .zh = "他的画面和声音怎么样", .en = "how his picture and sound are"},
    {.name = "session", .type = FQ_T_STRING, .max = 31, .zh = "哪个会话的消息", .en = "whose news it is: a session that no longer has the seat is ignored"},
    {0}};
static const struct fq_param gone_params[] = {{.name = "session", .type = FQ_T_STRING, .required = true, .max = 31, .zh = "会话", .en = "session"}, {0}};
static const struct fq_param lack[] = {{.name = "what", .type = FQ_T_ENUM, .values = "mute floor record camera monitor quality"}, {0}};
static const struct fq_param backend_params[] = {
    P_ID, {.name = "backend", .type = FQ_T_ENUM, .required = true, .values = "mesh janus", .zh = "画面怎么走", .en = "how faces travel"},
    {.name = "why_zh", .type = FQ_T_STRING, .max = 60, .zh = "为什么(中文)", .en = "why, in Chinese"},
    {.name = "why_en", .type = FQ_T_STRING, .max = 190, .zh = "为什么(英文)", .en = "why, in English"},
    {.name = "degraded", .type = FQ_T_BOOL, .zh = "比应有的差", .en = "worse than it should be"},
    {.name = "cap", .type = FQ_T_INT, .min = 1, .max = CF_MEMBERS, .zh = "最多几人;不写不限", .en = "how many fit; as many as come unless told"},
    {.name = "cannot", .type = FQ_T_ARRAY, .members = lack, .max = 8, .zh = "做不到什么", .en = "what it cannot do"},
    {0}};
static const struct fq_param recording_params[] = {
    P_ID, {.name = "on", .type = FQ_T_BOOL, .required = true, .zh = "在录", .en = "is it recorded"},
    {.name = "by", .type = FQ_T_ID, .zh = "谁开的", .en = "who began it"},
    {.name = "why_zh", .type = FQ_T_STRING, .max = 60, .zh = "为什么停(中文)", .en = "why it stopped, in Chinese"},
    {.name = "why_en", .type = FQ_T_STRING, .max = 190, .zh = "为什么停(英文)", .en = "why it stopped, in English"},
    {0}};
static const struct fq_param list_params[] = {
    {.name = "state", .type = FQ_T_ENUM, .values = "open ended", .zh = "进行中或已结束", .en = "under way or over"},
    {.name = "incident", .type = FQ_T_ID, .zh = "关于哪个事件", .en = "about this incident"},
    {.name = "from", .type = FQ_T_TIME, .zh = "自", .en = "begun from"},
    {.name = "until", .type = FQ_T_TIME, .zh = "至(不含)", .en = "begun until, exclusive"},
    {.name = "limit", .type = FQ_T_INT, .min = 1, .max = 200, .zh = "条数", .en = "rows"},
    {.name = "after", .type = FQ_T_ID, .zh = "续页", .en = "`next` of the page before"},
    {0}};

#define HEAR (FQ_ROLE_DISPATCHER | FQ_ROLE_COMMANDER)
#define WATCH (FQ_ROLE_COMMANDER | FQ_ROLE_ADMIN_AUDIT)
#define QUIET FQ_KIND_QUIET
static const struct fq_kind kinds[] = {
    {"conf.created", cf_apply_created, CF_DESK, 0, "发起会商", "conference begun"},
    {"conf.invited", cf_apply_invited, HEAR, 0, "邀请入会", "asked into a conference"},
    {"conf.rang", cf_apply_rang, HEAR, 0, "呼叫入会", "rung"},
    {"conf.ringing", cf_apply_ringing, HEAR, QUIET, "终端响铃", "the phone rings"},
    {"conf.declined", cf_apply_declined, HEAR, 0, "拒绝入会", "declined"},
    {"conf.timed_out", cf_apply_timed_out, HEAR, 0, "无人接听", "not answered"},
    {"conf.hushed", cf_apply_hushed, HEAR, QUIET, "同值班台已接听,不再响铃", "no longer rung: the desk has answered"},
    {"conf.joined", cf_apply_joined, HEAR, 0, "加入会商", "joined"},
    {"conf.resumed", cf_apply_resumed, HEAR, QUIET, "回到会商", "came back"},
    {"conf.left", cf_apply_left, HEAR, 0, "离开会商", "left"},
    {"conf.kicked", cf_apply_kicked, HEAR, 0, "移出会商", "put out"},
    {"conf.locked", cf_apply_locked, HEAR, QUIET, "锁定或开放会商", "locked, or opened again"},
    {"conf.role_set", cf_apply_role_set, HEAR, QUIET, "改变会商身份", "role given"},
    {"conf.muted", cf_apply_muted, HEAR, QUIET, "主持人静音", "muted by the chair"},
    {"conf.unmute_asked", cf_apply_unmute_asked, HEAR, QUIET, "请发言", "asked to speak"},
    {"conf.self_set", cf_apply_self_set, HEAR, QUIET, "话筒、摄像头、举手", "microphone, camera, hand"},
    {"conf.quality_set", cf_apply_self_set, HEAR, QUIET, "画质设定", "picture quality set"},
    {"conf.layout_set", cf_apply_layout_set, HEAR, QUIET, "布局", "layout"},
    {"conf.broadcast_set", cf_apply_broadcast_set, HEAR, QUIET, "单向广播", "one speaks to all"},
    {"conf.text", cf_apply_text, HEAR, QUIET, "会商文字", "words in a conference"},
    {"conf.floor_given", cf_apply_floor_given, HEAR, QUIET, "获得话权", "has the floor"},
    {"conf.floor_waits", cf_apply_floor_waits, HEAR, QUIET, "排队等话权", "waits for the floor"},
    {"conf.floor_released", cf_apply_floor_released, HEAR, QUIET, "放下话权", "the floor is free"},
    {"conf.roll_called", cf_apply_roll_called, HEAR, 0, "点名", "roll call"},
    {"conf.here", cf_apply_here, HEAR, QUIET, "点名应到", "answered the roll call"},
    {"conf.roll_closed", cf_apply_roll_closed, HEAR, 0, "点名结果", "roll call closed"},
    {"conf.pulled", cf_apply_pulled, HEAR | FQ_ROLE_ADMIN_AUDIT, 0, "强拉入会", "pulled in by force"},
    {"conf.monitored", cf_apply_monitored, WATCH, QUIET, "旁听会商", "watched unseen"},
    {"conf.unmonitored", cf_apply_left, WATCH, QUIET, "旁听结束", "no longer watched"},
    {"conf.media", cf_apply_media, HEAR, QUIET, "画面通断", "picture there or lost"},
    {"conf.backend_set", cf_apply_backend_set, HEAR, QUIET, "画面通道", "how faces travel"},
    {"conf.recording_set", cf_apply_recording_set, HEAR, 0, "录制开始或停止", "recording on or off"},
    {"conf.ended", cf_apply_ended, CF_DESK, 0, "会商结束", "conference over"},
    {0}};

#define DONE "{id, state, rev: number}"
#define SEAT "{id, state, rev: number, member: {user, state, role, audio_only: boolean, hidden?: boolean}}"
#define HEAD \
  "id, title, incident?, number?: number, org, by, by_name, state, backend, recording: boolean, locked: boolean, " \
  "audio_only: boolean, created_at, ended_at?, ended_why?"
#define MEMBER \
  "{user, name, org?, org_name?, role, priority: number, state, left_why?, declined?, muted: boolean, silenced?: boolean, " \
  "may_unmute?: boolean, camera: boolean, hand: boolean, hand_at?, screen: boolean, quality, audio_only: boolean, " \
  "since?, ring_until?, seat_until?, desk?, guest?: boolean, hidden?: boolean, banned?: boolean}"
#define DO(name_, roles_, params_, run_, zh_, en_, result_) \
  {.name = "conf." name_, .roles = roles_, .params = params_, .target = cf_target_conf, .run = run_, .zh = zh_, .en = en_, .result = result_}
#define INNER(name_, params_, run_, zh_, en_) \
  {.name = "conf." name_, .flags = FQ_INTERNAL, .params = params_, .run = run_, .zh = zh_, .en = en_}
#define SEE (CF_ALL | FQ_ROLE_ADMIN_AUDIT)
static const struct fq_method methods[] = {
    {.name = "conf.create", .roles = CF_STAFF, .params = create_params, .target = cf_target_create, .run = cf_conf_create,
     .zh = "发起会商", .en = "begin a conference; an incident has one at a time",
     .result = "{id, state, rev: number, backend, invited: [string]}"},
    DO("invite", CF_STAFF, invite_params, cf_conf_invite, "邀请入会", "ask people into it", "{id, state, rev: number, invited: [string]}"),
    DO("ring", CF_STAFF, ring_params, cf_conf_ring, "再次呼叫", "ring somebody again", DONE),
    DO("ringing", CF_ALL, id_params, cf_conf_ringing, "终端已响铃", "the device says that it rings", DONE),
    DO("decline", CF_ALL, decline_params, cf_conf_decline, "拒绝入会", "decline", DONE),
    DO("join", CF_ALL, join_params, cf_conf_join, "加入会商", "join from this session; it takes over from another of the same user", SEAT),
    DO("resume", SEE, id_params, cf_conf_resume, "回到座位", "the seat goes to this session, after a cut or a reload", SEAT),
    DO("leave", SEE, id_params, cf_conf_leave, "离开会商", "leave", DONE),
    DO("end", CF_STAFF, decline_params, cf_conf_end, "结束会商", "end it for all", DONE),
    DO("pull", CF_STAFF, pull_params, cf_conf_pull, "强拉入会", "pull somebody in: his open page joins by itself; never relatives", DONE),
    DO("monitor", WATCH, monitor_params, cf_conf_monitor, "旁听", "watch unseen, for a reason that is written down", SEAT),
    DO("kick", CF_STAFF, kick_params, cf_conf_kick, "移出会商", "put somebody out", DONE),
    DO("lock", CF_STAFF, lock_params, cf_conf_lock, "锁定会商", "lock it, or open it again", DONE),
    DO("role", CF_STAFF, role_params, cf_conf_role, "给成员身份或优先级", "give a role or a priority; a desk above it takes the chair", DONE),
    DO("mute", CF_STAFF, mute_params, cf_conf_mute, "静音", "mute one, or all but the chairs", "{id, state, rev: number, enforced: boolean}"),
    DO("ask_unmute", CF_STAFF, ask_unmute_params, cf_conf_ask_unmute, "请发言", "ask to speak: whoever is muted may unmute himself", DONE),
    DO("quality", CF_STAFF, quality_params, cf_conf_quality, "设成员画质", "set somebody's picture quality", DONE),
    DO("layout", CF_STAFF, layout_params, cf_conf_layout, "布局", "how the pictures stand, for all", DONE),
    DO("broadcast", CF_STAFF, broadcast_params, cf_conf_broadcast, "单向广播", "one is heard by all, the others are muted", DONE),
    DO("self", CF_ALL, self_params, cf_conf_self, "自己的话筒、摄像头、举手", "one's own microphone, camera, hand, screen, quality", DONE),
    DO("text", CF_ALL, text_params, cf_conf_text, "发文字", "say something in words", DONE),
    DO("floor_ask", CF_ALL, floor_params, cf_floor_ask, "请求话权,持有时续期", "ask for the floor; whoever has it renews it", "{id, state, rev: number, holds: boolean}"),
    DO("floor_release", CF_ALL, id_params, cf_floor_release, "放下话权", "let go of the floor, or of the place in line", DONE),
    DO("floor_take", CF_STAFF, floor_take_params, cf_floor_take, "指定话权", "the chair gives the floor, whoever has it", DONE),
    DO("roll_call", CF_STAFF, roll_params, cf_roll_call, "点名", "call the roll", "{id, state, rev: number, call: number}"),
    DO("here", CF_ALL, here_params, cf_here, "到", "answer the roll call", DONE),
    INNER("invite_guest", guest_params, cf_conf_invite_guest, "来宾入会", "a guest without an account is asked in"),
    INNER("member_media", media_params, cf_conf_member_media, "成员画面通断", "what becomes of a member's picture"),
    INNER("backend_set", backend_params, cf_conf_backend_set, "画面通道", "how it is carried, and what that cannot do"),
    INNER("recording_set", recording_params, cf_conf_recording_set, "录制状态", "whether it is recorded"),
    INNER("ring_due", timer_params, cf_ring_due, "响铃到时", "a ring is over"),
    INNER("seat_due", timer_params, cf_seat_due, "座位到时", "an empty seat is given up"),
    INNER("floor_due", timer_params, cf_floor_due, "话权到时", "the floor was not renewed"),
    INNER("roll_due", timer_params, cf_roll_due, "点名到时", "the roll call is over"),
    INNER("empty_due", timer_params, cf_empty_due, "会商无人", "nobody has come back"),
    INNER("closing_due", timer_params, cf_closing_due, "收尾到时", "a recording's end was never told"),
    INNER("session_gone", gone_params, cf_session_gone, "会话断开", "a session is gone"),
    INNER("restarted", NULL, cf_restarted, "服务器启动", "the server has begun"),
    {.name = "conf.get", .roles = SEE, .params = id_params, .query = cf_conf_get, .zh = "会商详情", .en = "a conference, whole",
     .result = "{" HEAD ", rev: number, backend_why_zh, backend_why_en, cannot: [string], cap?: number, layout, spotlight?, "
               "rotate_s?: number, broadcast?, floor: {holder?, priority?: number, until?, line: [string]}, "
               "roll_call?: {call: number, at, until, here: [string], missing: [string], closed?: boolean}, "
               "members: [" MEMBER "], texts: [{at, by, name?, text}]}"},
    {.name = "conf.list", .roles = SEE, .params = list_params, .query = cf_conf_list, .zh = "会商列表",
     .en = "conferences of one's area, and those one was asked into; the newest first",
     .result = "{rows: [{" HEAD ", people: number, invited: number}], next?}"},
    {.name = "conf.mine", .roles = SEE, .flags = FQ_SNAPSHOT, .query = cf_conf_mine, .zh = "呼叫我的和我在的会商",
     .en = "what rings for me, where I sit, and what goes on without me",
     .result = "{rows: [{" HEAD ", people: number, invited: number, member: {state, role, session?, auto?: boolean, "
               "ring_until?, round?: number, hidden?: boolean}}]}"},
    {0}};
/* clang-format on */

/* Nobody's page is there yet when the server begins. In slices: a command leads to a bounded number of
 * entries. */
static void restarted(fq_kernel *k, void *arg, const fq_json *result, const struct fq_error *error) {
  if (!error && fq_json_bool(result, "more", false)) fq_command(k, "conf.restarted", NULL, restarted, arg);
}

static enum fq_status start(void *self, fq_kernel *k, struct fq_error *e) {
  (void)self;
  (void)e;
  fq_command(k, "conf.restarted", NULL, restarted, NULL);
  return FQ_OK;
}

static void session_gone(void *self, const char *session, const char *user) {
  (void)user;
  fq_json *params = fq_json_object();
  fq_json_set_str(params, "session", session);
  fq_command(((struct cf_self *)self)->kernel, "conf.session_gone", params, NULL, NULL);
}

const struct fq_plugin cf_session_part = {
    FQ_PLUGIN_HEAD,      .name = "conference.session", .version = CF_VERSION, .zh = "会商",
    .en = "conferences", .migrations = migrations,     .kinds = kinds,        .methods = methods,
    .start = start,      .session_gone = session_gone,
};
