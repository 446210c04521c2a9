// A stand-in for the server while working on the pages: the wire contract over a small in-memory county.
// It keeps no promises of durability, rights or policy. Run: node dev/fake-server.mjs [--listen HOST:PORT]
// [--pages DIR] [--data FILE] [--auto] (--auto: dispatches to the reporter's grid officer by itself).
import { createHash, randomBytes } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { WebSocketServer } from "ws";

const arg = (name, fallback) => {
  const i = process.argv.indexOf(`--${name}`);
  return i < 0 ? fallback : process.argv[i + 1];
};
const [host, port] = arg("listen", "127.0.0.1:8080").split(":");
const pages = arg("pages", fileURLToPath(new URL("../dist", import.meta.url)));
const file = arg("data", "");
const auto = process.argv.includes("--auto");
const HB_MS = Number(arg("hb", "25000"));

const PASSWORD = "fengqiao-demo";
const GRID = "430525100201-01";
const WHERE = { grid: "第一网格", village: "平青村", township: "文昌街道" };
const DISPLAY = { dispatcher: "值班调度员", "officer-0001": "肖建国", "officer-0002": "刘桂香", "officer-0003": "尹德胜" };
const userOf = (name) => ({
  id: name,
  name,
  display: DISPLAY[name] ?? name,
  roles: [name.startsWith("officer") ? "officer" : "dispatcher"],
  org: name.startsWith("officer") ? GRID : "430525",
});

const empty = () => ({ epoch: randomBytes(6).toString("hex"), journal: [], incidents: {}, tokens: {}, duty: {}, idem: {}, number: 0 });
const state = file && existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : empty();
const save = () => file && writeFileSync(file, JSON.stringify(state));
const sessions = new Map();
const now = () => new Date().toISOString();
const head = () => state.journal.length;

class Refusal extends Error {
  constructor(code, zh, en, path) {
    super(en);
    this.rpc = { code, message: en, data: { code: "fake", message_zh: zh, message_en: en, ...(path ? { path } : {}) } };
  }
}
const unknown = (id) => new Refusal(-32004, `没有事件或任务 ${id}`, `no incident or task ${id}`, "id");

function audience(i) {
  return new Set([i.reporter, ...i.tasks.map((t) => t.to.user)]);
}
function sees(user, i) {
  return !user.roles.includes("officer") || audience(i).has(user.id);
}
function emit(kind, subject, actor, data = {}) {
  const entry = { n: head() + 1, kind, at: now(), subject, org: GRID, actor, data, cause: 0 };
  state.journal.push(entry);
  const i = state.incidents[subject];
  if (i) {
    i.rev++;
    i.updated_at = entry.at;
  }
  return entry;
}
function fanOut() {
  for (const s of sessions.values()) push(s);
}
function push(s) {
  for (; s.sent < head(); s.sent++) {
    const e = state.journal[s.sent];
    const i = state.incidents[e.subject];
    if (i && !sees(s.user, i)) continue;
    if (!i && s.user.roles.includes("officer") && e.data.user !== s.user.id) continue;
    s.ws.send(JSON.stringify({ jsonrpc: "2.0", method: "event", params: { ...e, cause: undefined, p: s.p } }));
    s.p = e.n;
  }
}

const clock = (name, limit) => ({
  name,
  policy: "three-limits",
  state: "running",
  from_at: now(),
  due_at: new Date(Date.now() + limit).toISOString(),
  limit_ms: limit,
});
function stopClock(i, name) {
  const c = i.clocks.find((x) => x.name === name && !x.stopped_at);
  if (!c) return;
  c.stopped_at = now();
  c.state = c.stopped_at > c.due_at ? "met_late" : "met";
}
const incident = (p) => state.incidents[p.id] ?? (() => { throw unknown(p.id); })();
function taskOf(p, user) {
  for (const i of Object.values(state.incidents)) {
    const t = i.tasks.find((x) => x.id === p.id && (!user || x.to.user === user.id));
    if (t) return [i, t];
  }
  throw unknown(p.id);
}
const need = (ok, zh, en) => {
  if (!ok) throw new Refusal(-32009, zh, en);
};
function dispatchTo(i, to, note, actor) {
  const tasks = [];
  for (const x of to) {
    if (!DISPLAY[x.user] && !/^officer-\d{4}$/.test(x.user)) throw new Refusal(-32004, `没有用户 ${x.user}`, `no user ${x.user}`, "to[0].user");
    const t = { id: `t${head() + 1}`, incident: i.id, to: x, name: DISPLAY[x.user] ?? x.user, state: "sent", rev: 1, note, created_at: now() };
    i.tasks.push(t);
    emit("task.created", i.id, actor, { task: t.id, to: x, name: t.name });
    tasks.push(t.id);
  }
  if (["reported", "accepted", "returned", "dispatched"].includes(i.state)) {
    i.state = "dispatched";
    stopClock(i, "dispatch");
    if (!i.clocks.some((c) => c.name === "resolve")) i.clocks.push(clock("resolve", 3 * 3600e3));
    emit("incident.dispatched", i.id, actor, { note });
  }
  return tasks;
}
const step = (kind, field, next, from) => (p, user) => {
  const [i, t] = taskOf(p, user);
  if (from) need(from.includes(t.state), `任务现在是 ${t.state}，不能这样做`, `the task is ${t.state}`);
  if (!t[field]) t[field] = now();
  t.state = next;
  t.rev++;
  if (p.reason) t.reason = p.reason;
  if (next === "accepted" && i.state === "dispatched") i.state = "handling";
  emit(kind, i.id, user.id, { task: t.id, ...(p.text ? { text: p.text } : {}), ...(p.reason ? { reason: p.reason } : {}) });
  if (next === "finished" && i.tasks.every((x) => ["finished", "declined"].includes(x.state))) {
    i.state = "handled";
    stopClock(i, "resolve");
    emit("incident.handled", i.id, user.id);
  }
  return { id: t.id, state: t.state, rev: t.rev };
};
const about = (kind, change, from) => (p, user) => {
  const i = incident(p);
  if (from) need(from.includes(i.state), `事件现在是 ${i.state}，不能这样做`, `the incident is ${i.state}`);
  change(i, p);
  const { id, idem, ...data } = p;
  emit(kind, i.id, user.id, data);
  return { id: i.id, state: i.state, rev: i.rev };
};
const isOpen = (i) => !["closed", "merged", "voided"].includes(i.state);
const rowsFor = (user) => Object.values(state.incidents).filter((i) => isOpen(i) && sees(user, i)).map(({ text, ...r }) => r);
const mine = (user) =>
  Object.values(state.incidents).flatMap((i) =>
    i.tasks
      .filter((t) => t.to.user === user.id && !["finished", "declined", "recalled", "expired"].includes(t.state))
      .map((t) => ({ ...t, incident_title: i.title, number: i.number, category: i.category, level: i.level, place: i.place, where: i.where, incident_state: i.state, address: i.address, text: i.text })),
  );

const queries = {
  "incident.get": (p, user) => (sees(user, incident(p)) ? incident(p) : (() => { throw unknown(p.id); })()),
  "incident.open": (p, user) => ({ rows: rowsFor(user) }),
  "incident.candidates": () => ({
    rows: Object.keys(DISPLAY).filter((u) => u.startsWith("officer")).map((user, k) => ({
      user, display: DISPLAY[user], org: GRID, distance_m: 300 + 900 * k, load: k, on_duty: k < 2, skills: ["fire"], score: 1 - k / 5,
      reasons_zh: [k ? "距离较近" : "本网格，距离最近", "具备灭火技能"], reasons_en: [k ? "Near" : "Own grid, nearest", "Has the skill: fire"],
    })),
    excluded: [{ user: "officer-0009", display: "曾小平", reason_zh: "未值班", reason_en: "Off duty" }],
  }),
  "task.mine": (p, user) => ({ rows: mine(user) }),
  "duty.list": () => ({ rows: Object.entries(state.duty).map(([user, on_duty]) => ({ user, on_duty })) }),
  "journal.timeline": (p) => ({ entries: state.journal.filter((e) => e.subject === p.subject && e.n > (p.after ?? 0)).slice(0, p.limit ?? 200) }),
  "rpc.discover": () => ({ methods: [...Object.keys(queries), ...Object.keys(commands)].map((name) => ({ name })) }),
};
const commands = {
  "incident.report": (p, user) => {
    const id = `i${head() + 1}`;
    const { idem, ...rest } = p;
    const i = { id, number: ++state.number, rev: 0, state: "reported", level: p.category === "fire" ? 2 : 4, source: "web", grid: GRID, org: GRID, where: WHERE, ...rest,
      reporter: user.id, owner: { level: "grid", org: GRID, name: WHERE.grid }, urges: 0, occurred_at: p.occurred_at ?? now(), reported_at: now(), attachments: [], clocks: [clock("dispatch", 300e3)], tasks: [] };
    state.incidents[id] = i;
    emit("incident.reported", id, user.id, { title: p.title });
    if (auto) dispatchTo(i, [{ user: "officer-0001" }], undefined, "policy/three-limits");
    return { id, number: i.number, grid: i.grid, owner: i.owner };
  },
  "incident.accept": about("incident.accepted", (i) => (i.state = "accepted"), ["reported", "returned"]),
  "incident.dispatch": (p, user) => ({ id: p.id, tasks: dispatchTo(incident(p), p.to, p.note, user.id) }),
  "incident.verify": about("incident.verified", (i, p) => (i.state = p.pass ? "verified" : "accepted"), ["handled"]),
  "incident.close": about("incident.closed", (i) => (i.state = "closed"), ["verified"]),
  "incident.return": about("incident.returned", (i) => (i.state = "returned"), ["reported", "accepted"]),
  "incident.escalate": about("incident.escalated", (i, p) => (i.owner = { level: p.to, org: "430525100000", name: WHERE[p.to] ?? "洞口县" })),
  "incident.comment": about("incident.commented", () => undefined),
  "incident.urge": about("incident.urged", (i) => i.urges++),
  "incident.supervise": about("incident.supervised", (i, p) => (i.card = p.card)),
  "task.delivered": step("task.delivered", "delivered_at", "delivered", ["sent"]),
  "task.seen": step("task.seen", "seen_at", "seen", ["sent", "delivered"]),
  "task.accept": step("task.accepted", "accepted_at", "accepted", ["sent", "delivered", "seen"]),
  "task.decline": step("task.declined", "declined_at", "declined", ["sent", "delivered", "seen"]),
  "task.arrive": step("task.arrived", "arrived_at", "arrived", ["accepted"]),
  "task.feedback": step("task.fed_back", "fed_back_at", "fed_back", ["accepted", "arrived", "fed_back"]),
  "task.finish": step("task.finished", "finished_at", "finished", ["fed_back"]),
  "duty.start": (p, user) => (emit("duty.started", user.id, user.id, { user: user.id }), (state.duty[user.id] = true), {}),
  "duty.end": (p, user) => (emit("duty.ended", user.id, user.id, { user: user.id }), (state.duty[user.id] = false), {}),
};

function call(ws, method, p = {}) {
  if (method === "session.login") {
    if (p.password !== PASSWORD) throw new Refusal(-32001, "账号或密码不正确", "wrong name or password");
    const token = randomBytes(32).toString("base64url");
    state.tokens[token] = p.name;
    return { token, expires: new Date(Date.now() + 864e5).toISOString(), user: userOf(p.name) };
  }
  if (method === "session.open" || method === "session.resume") {
    const name = state.tokens[p.token];
    if (!name) throw new Refusal(-32001, "登录已失效", "the token is not valid");
    const resumed = method === "session.resume" && p.epoch === state.epoch && p.last <= head();
    const from = resumed ? p.last : head();
    const s = { ws, user: userOf(name), sent: from, p: from };
    setImmediate(() => {
      sessions.set(ws, s);
      push(s);
    });
    return { sid: p.sid ?? randomBytes(8).toString("hex"), epoch: state.epoch, ...(method === "session.resume" ? { resumed } : {}), head: head() };
  }
  if (method === "hb") return { time: now() };
  const s = sessions.get(ws);
  if (method === "session.close" || method === "session.logout") {
    if (p.token) delete state.tokens[p.token];
    sessions.delete(ws);
    return {};
  }
  if (!s) throw new Refusal(-32001, "尚未登录", "not signed in");
  return run(s.user, method, p);
}
function run(user, method, p) {
  if (queries[method]) return queries[method](p, user);
  if (!commands[method]) throw new Refusal(-32601, `没有方法 ${method}`, `no method ${method}`);
  const digest = createHash("sha256").update(JSON.stringify([method, p])).digest("hex");
  const kept = p.idem && state.idem[p.idem];
  if (kept && kept.digest !== digest) throw new Refusal(-32013, "幂等键已用于其他内容", "the key was used with other parameters");
  if (kept) return { ...kept.result, dup: true };
  const result = { ...commands[method](p, user), n: head() };
  if (p.idem) state.idem[p.idem] = { digest, result };
  save();
  fanOut();
  return result;
}

const TYPES = { ".html": "text/html; charset=utf-8", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml" };
const CSP = "default-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self' ws: wss:";
const http = createServer((req, res) => {
  const path = new URL(req.url, "http://x").pathname;
  if (path === "/readyz") return res.end("ready\n");
  if (path === "/api/v1/snapshot") {
    const name = state.tokens[(req.headers.authorization ?? "").replace("Bearer ", "")];
    if (!name) return res.writeHead(401).end();
    const user = userOf(name);
    res.setHeader("content-type", "application/json");
    return res.end(JSON.stringify({ n: head(), "incident.open": { rows: rowsFor(user) }, "task.mine": { rows: mine(user) } }));
  }
  let f = normalize(join(pages, path));
  if (path.endsWith("/")) f = join(f, "index.html");
  if (!f.startsWith(pages) || !existsSync(f)) return res.writeHead(404).end("not found\n");
  res.writeHead(200, { "content-type": TYPES[extname(f)] ?? "application/octet-stream", "content-security-policy": CSP });
  res.end(readFileSync(f));
});
const wss = new WebSocketServer({ server: http, path: "/ws", maxPayload: 65536, handleProtocols: () => "fengqiao.v1" });
wss.on("connection", (ws) => {
  ws.send(JSON.stringify({ jsonrpc: "2.0", method: "hello", params: { proto: 1, server: "fengqiao/fake", epoch: state.epoch, hb_ms: HB_MS, time: now() } }));
  ws.on("close", () => sessions.delete(ws));
  ws.on("message", (raw) => {
    const m = JSON.parse(String(raw));
    try {
      const result = call(ws, m.method, m.params);
      if (m.id !== undefined) ws.send(JSON.stringify({ jsonrpc: "2.0", id: m.id, result }));
    } catch (e) {
      if (!e.rpc) throw e;
      if (m.id !== undefined) ws.send(JSON.stringify({ jsonrpc: "2.0", id: m.id, error: e.rpc }));
    }
  });
});
http.listen(Number(port), host, () => console.log(`http://${host}:${http.address().port}/`));
for (const s of ["SIGTERM", "SIGINT"])
  process.on(s, () => {
    save();
    for (const ws of wss.clients) ws.close(1012, "restart");
    setTimeout(() => process.exit(0), 50);
  });
