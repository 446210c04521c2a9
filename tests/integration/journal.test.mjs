// The journal is the truth: after any mixture of work and kills its chain is whole by a reckoning that shares no
// code with the server, its entries hang together, and the tables are what it makes them.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { copyFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { AT, startCounty } from "./county.mjs";

const people = [["a", "officer", AT.A1g], ["b", "officer", AT.B1g], ["desk", "dispatcher", AT.county], ["rule", "policy", AT.county], ["admin", "admin.system", AT.county]];
const files = {
  "pack.lua": 'name = "j"\nversion = "1"\nrequires = { "dispatch" }\npolicies = { "policies/j.lua" }\n',
  "policies/j.lua": `return policy {
    name = "j",
    clocks = { quick = { from = "reported", to = "dispatched", limit = 60, warn = { 0.3, 0.6 } }, slow = { from = "dispatched", to = "handled", limit = hours(1) } },
    on = {
      ["incident.reported"] = function(e, view)
        if e.level < 3 then return end
        local officer = view.nearest_officer(e.incident, {})
        if officer then return dispatch(e.incident, officer, "x", { expires = 1000 }) end
      end,
      ["clock.breached"] = function(e) return { comment(e.incident, "超时"), escalate(e.incident, "county", "超时") } end,
      ["task.declined"] = function(e) error("拒单也出错") end,
    },
  }`,
};
let server;
const sql = (text) => execFileSync("sqlite3", ["-separator", "|", join(server.data, "county.db"), text], { encoding: "utf8", maxBuffer: 1 << 28 }).trim();

before(async () => {
  server = await startCounty(people);
  await server.system("pack.deploy", { pack: "j", files });
  for (const user of ["a", "b"]) {
    await server.system("duty.start", { user });
    await server.system("officer.set", { user, skills: ["fire"], capacity: 50 });
  }
});
after(() => server?.stop({ prove: true }));

/** One officer at work until the connection ends: reports, takes what comes, whatever the answer. */
async function work(name, round, k) {
  const c = await server.session(name, { token: server.tokens[name], device: `${name}-${k}` });
  const ignore = (p) => p.then((r) => r, () => null);
  for (let i = 0; c.socket.readyState === 1 && i < 500; i++) {
    const r = await ignore(c.call("incident.report", { category: "fire", title: `${round}.${k}.${i}`, level: (i % 4) + 1, grid: name === "a" ? AT.A1g : AT.B1g, idem: `mbq3k2x0-${round}-${k}-${String(i).padStart(6, "0")}` }));
    if (!r) continue;
    const { rows = [] } = (await ignore(c.call("task.mine", {}))) ?? {};
    for (const t of rows.slice(0, 2)) {
      for (const [verb, more] of i % 3 ? [["accept"], ["arrive"], ["feedback", { text: "好" }], ["finish"]] : [["decline", { reason: "忙" }]]) await ignore(c.call(`task.${verb}`, { id: t.id, ...more }));
    }
  }
  c.socket.terminate();
}

test("work, killed three times, and finished", async () => {
  for (let round = 1; round <= 3; round++) {
    const hands = ["a", "b", "a", "b"].map((name, k) => work(name, round, k));
    const watch = await server.session("desk", { token: server.tokens.desk });
    for (const kind of ["clock.breached", "task.created", "task.finished"]) {
      let count = 0;
      await watch.hear((m) => m.params?.kind === kind && ++count > 4);
    }
    await server.kill();
    await Promise.all(hands);
    await server.start();
    server.reconnect();
  }
  const desk = await server.session("desk", { token: server.tokens.desk });
  const { rows } = await desk.call("incident.list", { state: "handled", limit: 20 });
  for (const { id } of rows) {
    await desk.call("incident.verify", { id, pass: true });
    await desk.call("incident.close", { id });
  }
  assert.ok(rows.length > 0);
  await desk.close();
});

test("its chain, reckoned here", async () => {
  await server.halt();
  await server.prove();
  const rows = sql("SELECT seq, at_ms, cause, hex(kind), hex(subject), hex(org), hex(actor), hex(audience), hex(ifnull(receipt, '')), hex(data), hex(digest), hex(link) FROM journal ORDER BY seq").split("\n").map((l) => l.split("|"));
  assert.ok(rows.length > 300, `${rows.length}`);
  let link = Buffer.alloc(32), at = 0;
  rows.forEach(([seq, at_ms, cause, kind, subject, org, actor, audience, receipt, data, digest, kept], i) => {
    assert.equal(Number(seq), i + 1);
    assert.ok(Number(at_ms) >= at, "time went back");
    at = Number(at_ms);
    assert.ok(Number(cause) < Number(seq), "caused by what came later");
    assert.equal(createHash("sha256").update(Buffer.from(data, "hex")).digest("hex").toUpperCase(), digest, seq);
    const h = createHash("sha256").update(link).update(`${seq}\n${at_ms}\n${cause}\n`);
    for (const field of [kind, subject, org, actor, audience, receipt]) h.update(Buffer.from(`${field}00`, "hex"));
    link = h.update(Buffer.from(digest, "hex")).digest();
    assert.equal(link.toString("hex").toUpperCase(), kept, seq);
  });
  const { stdout } = await server.cli(["journal", "verify", "--json"]);
  assert.deepEqual(JSON.parse(stdout), { entries: rows.length, head: link.toString("hex") });
});

test("its entries hang together", async () => {
  const entries = await server.journal();
  assert.deepEqual(await server.cli(["journal", "export", `${entries.length - 5}`]).then((r) => r.stdout.trim().split("\n").map((l) => JSON.parse(l))), entries.slice(-5));
  const once = new Set(), live = new Map(), tasks = new Map(), keys = new Set();
  let timers = 0;
  for (const e of entries) {
    if (e.receipt) {
      assert.ok(!keys.has(`${e.actor} ${e.receipt.key}`), `two receipts for ${e.receipt.key}`);
      keys.add(`${e.actor} ${e.receipt.key}`);
    }
    if (e.kind === "timer.fired") {
      timers++;
      const mark = `${e.data.timer} ${e.data.method} ${e.data.due_at}`;
      assert.ok(!once.has(mark), `fired twice: ${mark}`);
      once.add(mark);
      assert.ok(Date.parse(e.data.due_at) <= e.at_ms && e.data.late_ms === e.at_ms - Date.parse(e.data.due_at));
    }
    // revisions grow by one; nothing is said of an incident before its report or of a task before its order
    if (e.kind === "incident.reported") {
      assert.equal(e.subject, `i${e.seq}`);
      live.set(e.subject, 1);
    } else if (/^(incident|task|clock)\./.test(e.kind)) {
      assert.ok(live.has(e.subject), `${e.seq} ${e.kind} about ${e.subject}`);
      const rev = e.kind.startsWith("incident.") ? e.data.rev : e.data.incident_rev;
      if (rev) {
        assert.equal(rev, live.get(e.subject) + 1, `${e.seq} ${e.kind}`);
        live.set(e.subject, rev);
      }
      if (e.kind === "task.created") {
        assert.equal(e.data.task, `t${e.seq}`);
        tasks.set(e.data.task, 1);
      } else if (e.kind.startsWith("task.")) {
        assert.equal(e.data.rev, tasks.get(e.data.task) + 1, `${e.seq} ${e.kind}`);
        tasks.set(e.data.task, e.data.rev);
      }
    }
    if (e.actor.startsWith("policy/")) assert.ok(e.cause, `${e.seq}: a policy acts because of something`);
  }
  assert.ok(timers >= 15 && tasks.size >= 15 && keys.size >= 15, `${timers} ${tasks.size} ${keys.size}`);
  const numbers = entries.filter((e) => e.kind === "incident.reported").map((e) => e.data.number);
  assert.deepEqual(numbers, numbers.map((_, i) => i + 1));
});

test("the proof can fail: of every table, a row less is noticed", async () => {
  const db = join(server.data, "county.db"), kept = join(server.data, "kept.db");
  const tables = sql("SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table' AND name NOT LIKE 'sqlite_%'").split("\n").filter((t) => !["journal", "meta", "migration"].includes(t));
  copyFileSync(db, kept);
  const noticed = async (table, change) => {
    sql(change);
    const { code, stdout, stderr } = await server.cli(["journal", "rebuild", "--check"]);
    assert.equal(code, 1, table);
    assert.ok((stdout + stderr).includes(table), `${table}: ${stdout}${stderr}`);
    copyFileSync(kept, db);
  };
  let tried = 0;
  for (const table of tables) {
    if (sql(`SELECT count(*) FROM "${table}"`) === "0") continue;
    const key = sql(`SELECT group_concat('"' || name || '"') FROM pragma_table_info('${table}') WHERE pk`) || "rowid";
    await noticed(table, `DELETE FROM "${table}" WHERE (${key}) = (SELECT ${key} FROM "${table}" LIMIT 1)`);
    tried++;
  }
  // a text index is compared by what it says: here, of one word too many
  await noticed("search_words", "INSERT INTO search_words(rowid, words) VALUES(1, '多')");
  assert.ok(tried > 10, `${tried} of ${tables}`);
  // a county of another version
  sql("DROP TABLE duty; ALTER TABLE task DROP COLUMN role");
  const { code, stdout } = await server.cli(["journal", "rebuild", "--check"]);
  assert.equal(code, 1);
  for (const table of ["duty", "task"]) assert.match(stdout, new RegExp(`^${table}: .*not of the same form`, "m"));
  copyFileSync(kept, db);
});
