// Why each limit was broken, from the journal alone. For every clock.breached it asks: had the milestone really not been
// reached when the clock was due, and what was the incident waiting for? And at the end: does any clock that should have
// spoken stand past its due time in silence? The clocks are followed here by the entries, not by the server's tables.
//   fengqiao journal export | node tests/integration/audit.mjs     a table; exit 1 when a breach is not explained
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const MILESTONES = ["occurred", "reported", "accepted", "dispatched", "handled", "verified", "closed"];
const order = (m) => MILESTONES.indexOf(m);
const ENDED = ["closed", "voided", "merged"];
const GRACE_MS = 5000; // how late a timer may fire on a busy machine

class Incident {
  at = {}; // milestone -> ms
  state = "reported";
  tasks = new Map(); // id -> state
  clocks = new Map(); // "policy/name" -> clock
  failed = false; // the last verification
  solved = false;

  /** When `milestone` or a later one was reached; undefined: not yet. */
  reached(milestone) {
    for (let m = order(milestone); m < MILESTONES.length; m++) if (this.at[MILESTONES[m]]) return this.at[MILESTONES[m]];
  }
  reach(milestone, at) {
    if (milestone === "dispatched") this.at.accepted ??= at;
    if (milestone === "dispatched" || milestone === "accepted") this.at[milestone] ??= at;
    else this.at[milestone] = at;
    for (const k of this.clocks.values()) if (k.running && order(k.to) <= order(milestone)) Object.assign(k, { running: false, stopped: at });
  }
  each(fn) {
    for (const k of this.clocks.values()) fn(k);
  }
  pause(at) {
    this.each((k) => k.running && !k.breached && k.pauses.includes(this.state) && Object.assign(k, { running: false, left: k.due - at }));
  }
  resume(at) {
    this.each((k) => k.left !== undefined && !k.byHand && goOn(k, at));
  }
  /** Answered in time, and then it was no answer: what was left is left again. */
  reopen(at) {
    for (const m of ["handled", "verified", "closed"]) delete this.at[m];
    this.each((k) => {
      const again = k.stopped && !k.breached && k.stopped <= k.due && (k.dropped || order(k.to) >= order("handled"));
      if (again) Object.assign(k, { left: Math.max(k.due - k.stopped, 1), stopped: undefined, dropped: false }), goOn(k, at);
    });
  }
}

function goOn(k, at) {
  k.due = at + k.left;
  k.guess ||= k.calendar !== "plain"; // working time: only the server reckons it
  k.left = undefined;
  k.running = true;
  k.byHand = false;
}

/** What the incident was waiting for. */
function reason(i, k) {
  if (k.to === "reported") return "reported late by whoever saw it";
  const tasks = [...i.tasks.values()];
  const open = tasks.filter((s) => !["finished", "declined", "recalled", "expired"].includes(s));
  if (i.state === "suspended" || i.state === "returned") return `it was ${i.state}, and the clock went on`;
  if (order(k.to) > order("handled") && i.at.handled) return i.at.verified ? "verified, not closed by the desk" : "handled, not verified by the desk";
  if (i.failed && !open.length) return "verification failed, nobody sent again";
  const again = i.failed ? "verification failed, then " : "";
  if (open.some((s) => s === "arrived" || s === "fed_back")) return `${again}at the place, not finished`;
  if (open.includes("accepted")) return `${again}accepted, not arrived`;
  if (open.length) return `${again}nobody accepted`;
  const last = tasks.at(-1);
  if (last === "declined") return `${again}declined, nobody sent again`;
  if (last === "expired") return `${again}the order lapsed, nobody sent again`;
  return i.state === "reported" ? "no officer free, and the desk sent nobody" : `${again}nobody was sent`;
}

export class Audit {
  incidents = new Map();
  breaches = []; // { clock, reason, n, incident }
  wrong = []; // what should not be
  last = 0;

  take(e) {
    this.last = e.at_ms;
    const d = e.data;
    const [noun, verb] = e.kind.split(".");
    if (!["incident", "task", "clock"].includes(noun) || !/^i\d/.test(e.subject ?? "")) return;
    if (e.kind === "incident.reported") {
      const i = new Incident();
      i.at = { occurred: Date.parse(d.occurred_at), reported: e.at_ms };
      this.incidents.set(e.subject, i);
      return;
    }
    const i = this.incidents.get(e.subject);
    if (!i) return;
    if (noun === "clock") this.clock(e, i, verb, d);
    else if (noun === "task") this.task(e, i, d);
    else this.incident(e, i, verb, d);
  }

  task(e, i, d) {
    if (d.task && d.state) i.tasks.set(d.task, d.state);
    if (d.incident_state) i.state = d.incident_state;
  }

  incident(e, i, verb, d) {
    const was = i.state;
    i.state = d.state ?? i.state;
    if (verb === "suspended" || verb === "returned") i.pause(e.at_ms);
    if (verb === "resumed" || (verb === "accepted" && was === "returned")) i.resume(e.at_ms);
    if (verb === "accepted" || verb === "dispatched" || verb === "handled" || verb === "closed") i.reach(verb, e.at_ms);
    if (verb === "handled") i.failed = false;
    if (verb === "verified" && d.pass) i.reach("verified", e.at_ms);
    if ((verb === "verified" && !d.pass) || verb === "reopened") {
      i.failed = true;
      i.reopen(e.at_ms);
    }
    if (ENDED.includes(i.state) && i.state !== "closed") i.each((k) => (k.running || k.left !== undefined) && Object.assign(k, { due: k.left === undefined ? k.due : e.at_ms + k.left, left: undefined, running: false, stopped: e.at_ms, dropped: !k.breached }));
  }

  clock(e, i, verb, d) {
    const name = `${d.policy}/${d.clock}`;
    if (verb === "started") {
      const due = Date.parse(d.due_at);
      const stopped = d.stopped_at ? Date.parse(d.stopped_at) : undefined;
      const k = { name, to: d.to, due, grace: d.grace_ms ?? 0, calendar: d.calendar, pauses: d.pauses ?? ["suspended", "returned"], running: !stopped, stopped, started: e.at_ms };
      if (d.state === "paused") Object.assign(k, { running: false, left: due - e.at_ms });
      i.clocks.set(name, k);
      return;
    }
    const k = i.clocks.get(name);
    if (!k) return this.wrong.push(`${e.seq} ${e.kind}: ${name} of ${e.subject} was never started`);
    if (verb === "stopped") Object.assign(k, { running: false, left: undefined, stopped: e.at_ms });
    if (verb === "paused") Object.assign(k, { running: false, left: k.due - e.at_ms, byHand: true });
    if (verb === "resumed" && k.left !== undefined) goOn(k, e.at_ms);
    if (verb === "moved") Object.assign(k, { due: Date.parse(d.due_at), guess: false });
    if (verb === "breached") this.breached(e, i, k, d);
  }

  breached(e, i, k, d) {
    const due = Date.parse(d.due_at);
    const reached = i.reached(k.to);
    const say = (what) => this.wrong.push(`${e.seq} ${k.name} of ${e.subject}: ${what}`);
    if (!k.guess && Math.abs(due - k.due) > 1) say(`breached as due ${d.due_at}, by the journal it was due ${new Date(k.due).toISOString()}`);
    if (e.at_ms < due) say(`breached ${due - e.at_ms} ms before it was due`);
    if (reached && reached <= due) say(`breached, though ${k.to} was reached ${due - reached} ms before it was due`);
    if (!reached && !k.running) say("breached while it was not running");
    k.breached = true;
    this.breaches.push({ clock: k.name, reason: reason(i, k), late_ms: d.late_ms ?? 0, incident: e.subject });
  }

  /** Clocks past their due time, and nobody was told. */
  silent() {
    for (const [id, i] of this.incidents)
      i.each((k) => {
        if (k.running && !k.breached && !k.guess && k.due + k.grace + GRACE_MS < this.last)
          this.wrong.push(`${k.name} of ${id} was due ${new Date(k.due).toISOString()} and has not spoken`);
      });
    return this;
  }

  table() {
    const count = new Map();
    for (const b of this.breaches) {
      const key = `| ${b.clock} | ${b.reason} |`;
      count.set(key, (count.get(key) ?? 0) + 1);
    }
    const clocks = [...this.incidents.values()].reduce((n, i) => n + i.clocks.size, 0);
    return [
      `${this.incidents.size} incidents, ${clocks} clocks, ${this.breaches.length} breaches, each explained but ${this.wrong.length}.`,
      "", "| clock | what it waited for | breaches |", "|---|---|--:|",
      ...[...count].sort((a, b) => b[1] - a[1]).map(([key, n]) => `${key} ${n} |`),
    ].join("\n");
  }
}

export async function auditLines(lines) {
  const audit = new Audit();
  for await (const line of lines) if (line) audit.take(JSON.parse(line));
  return audit.silent();
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const audit = await auditLines(createInterface({ input: process.stdin }));
  console.log(audit.table());
  for (const what of audit.wrong.slice(0, 50)) console.log(`NOT EXPLAINED: ${what}`);
  process.exitCode = audit.wrong.length ? 1 : 0;
}
