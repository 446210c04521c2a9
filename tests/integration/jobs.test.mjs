// Jobs of the workshop with real children: started, heard, read, cancelled, two at a time; lost when the server is
// killed; gone wild without hurting anybody. And the gate: a pack whose scenarios fail is not deployed.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, readlinkSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, describe, test } from "node:test";
import { AT, startCounty } from "./county.mjs";
import { cli, until } from "./server.mjs";

const people = [["officer", "officer", AT.A1g], ["desk", "dispatcher", AT.county], ["admin", "admin.system", AT.county], ["other", "admin.system", AT.county], ["audit", "admin.audit", AT.county], ["admin-A", "admin.system", AT.A], ["audit-A", "admin.audit", AT.A]];
const NAME = "jobs";
const base = {
  "pack.lua": `name = "${NAME}"\nversion = "1"\nrequires = { "dispatch" }\npolicies = { "policies/p.lua" }\n`,
  "policies/p.lua": 'return policy { name = "jobs", on = { ["incident.reported"] = function(e) return comment(e.incident, "收到") end } }\n',
};
const story = (title, line = 'expect { state = "reported" }') =>
  `scenario "${title}"\nat "08:00" { report { as = "officer-1", category = "fire", grid = "g1", title = "冒烟" } }\nat "08:01" { ${line} }\n`;
const wrong = (title) => story(title, 'expect { state = "closed" }');
const with_ = (stories) => ({ ...base, ...Object.fromEntries(Object.entries(stories).map(([name, text]) => [`scenarios/${name}.lua`, text])) });
/* Each file of it runs until it is out of steps, some seconds: together they outlast every test. */
const endless = with_(Object.fromEntries(Array.from({ length: 60 }, (_, i) => [`${100 + i}`, `scenario "不停 ${i}"\nwhile true do end\n`])));

let server, admin, audit;
const open = (name, options = {}) => server.session(name, { token: server.tokens[name], ...options });
const start = async (files, rest = {}) => (await admin.call("job.start", { what: "test", pack: NAME, files, ...rest })).job;
const job = (id) => audit.call("job.open", { job: id });
const state = (id, ...wanted) => until(`${id} to be ${wanted}`, async () => { const j = await job(id); return wanted.includes(j.state) && j; }, 60_000);
const fails = (code, what) => assert.rejects(what, (e) => e.data?.code === code || assert.fail(`${JSON.stringify(e.data)} instead of ${code}`));
const report = (c, i) => c.call("incident.report", { category: "fire", title: `起火 ${i}`, grid: AT.A1g });
/** The children of the server that are alive. */
const all = () => readdirSync("/proc").filter((p) => /^\d+$/.test(p)).flatMap((pid) => {
  try {
    const words = readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
    return words.includes(server.data) && words.includes("--candidate") ? [{ pid: Number(pid), words }] : [];
  } catch {
    return [];
  }
});

before(async () => {
  server = await startCounty(people, { workshop: { minutes: 5 } });
  admin = await open("admin", { topics: ["jobs"] });
  audit = await open("audit");
});
after(() => server?.stop({ prove: true }));

describe("a job", () => {
  test("from its start to its rows", async () => {
    const files = with_({ "01-good": story("好"), "02-bad": wrong("坏"), "03-good": story("也好") });
    const id = await start(files);
    assert.match(id, /^j\d+$/);
    const done = await state(id, "done", "failed");
    assert.deepEqual([done.state, done.ok, done.what, done.pack, done.author], ["done", false, "test", NAME, "admin"]);
    assert.deepEqual([done.summary.played, done.summary.failed, done.lists], [3, 1, { scenarios: 3 }]);
    assert.match(done.digest, /^[0-9a-f]{64}$/);
    assert.equal(done.summary.digest, done.digest);

    const all = await audit.call("job.rows", { job: id, list: "scenarios" });
    assert.deepEqual([all.total, all.next, all.rows.map((r) => [r.file, r.ok])], [3, undefined, [["scenarios/01-good.lua", true], ["scenarios/02-bad.lua", false], ["scenarios/03-good.lua", true]]]);
    const bad = await audit.call("job.rows", { job: id, list: "scenarios", where: { ok: false } });
    assert.deepEqual([bad.total, bad.rows[0].title, bad.rows[0].wrong[0].line], [1, "坏", 3]);
    assert.match(bad.rows[0].wrong[0].lines.find((l) => l.line === 3).text, /closed/);
    const page = await audit.call("job.rows", { job: id, list: "scenarios", after: 1, limit: 1 });
    assert.deepEqual([page.rows[0].title, page.next], ["坏", 2]);
    const { csv } = await audit.call("job.csv", { job: id, list: "scenarios" });
    assert.equal(csv.split("\r\n")[0], "file,title,ok,steps,ms,wrong");
    assert.equal(csv.trim().split("\r\n").length, 4);

    // heard by who asked, with its end; in the journal twice, and no file of the candidate in it
    const said = await admin.hear((m) => m.method === "jobs" && m.params.key === id && m.params.data.state === "done");
    assert.deepEqual([said.params.data.what, said.params.data.pack], ["test", NAME]);
    const entries = (await server.journal()).filter((e) => e.subject === id);
    assert.deepEqual(entries.map((e) => [e.kind, e.actor]), [["job.started", "admin"], ["job.finished", "system"]]);
    assert.ok(!JSON.stringify(entries).includes("冒烟"));
    assert.deepEqual((await audit.call("job.list", { limit: 1 })).rows.map((r) => r.job), [id]);
    assert.deepEqual(JSON.parse((await server.cli(["policy", "job", "open", id])).stdout).lists, { scenarios: 3 });
    for (const f of readdirSync(join(server.data, "jobs", id))) assert.ok(/^(scenarios\.(ndjson|idx|columns)|candidate\.json)$/.test(f), f);
  });

  test("the run itself can fail, and says why", async () => {
    const none = await state(await start(base), "failed");
    assert.deepEqual([none.error.code, none.summary], ["scenario.none", undefined]);
    const broken = await state(await start({ ...with_({ a: story("好") }), "policies/p.lua": "return polcy {" }), "failed");
    assert.equal(broken.error.code, "pack.invalid");
    assert.match(broken.error.zh, /policies\/p\.lua/);
    const checked = await state(await start({ ...with_({ a: story("好") }), "policies/p.lua": "return polcy {" }, { what: "check" }), "done");
    assert.deepEqual([checked.ok, checked.summary.findings, checked.lists], [false, 1, { findings: 1 }]);
  });

  test("what may not be asked", async () => {
    const files = with_({ a: story("好") });
    await fails("params", start(undefined));
    await fails("params", admin.call("job.start", { what: "test", pack: NAME, files, draft: true }));
    await fails("params.type", admin.call("job.start", { what: "dance", pack: NAME, files }));
    await fails("params.type", admin.call("job.start", { what: "test", pack: "../../etc", files }));
    const odd = await admin.call("job.start", { what: "test", pack: NAME, files, options: { olny: "a" } }).then(assert.fail, (e) => e);
    assert.deepEqual([odd.data.code, odd.data.path], ["params.unknown", "params.options.olny"]);
    await fails("params.type", admin.call("job.start", { what: "test", pack: NAME, files, options: 7 }));
    for (const [method, params] of [["job.open", {}], ["job.rows", { list: "scenarios" }], ["job.csv", { list: "scenarios" }]])
      for (const id of ["j999999", "..", "j1:x"]) await fails("job.unknown", audit.call(method, { job: id, ...params }));
    await fails("job.unknown", admin.call("job.cancel", { job: "j999999" }));
    const id = (await audit.call("job.list")).rows.at(-1).job;
    await fails("job.over", admin.call("job.cancel", { job: id }));
    for (const list of ["../../county", "nothing", "scenarios.idx", "/etc/passwd"]) {
      await fails("job.list_unknown", audit.call("job.rows", { job: id, list }));
      await fails("job.list_unknown", audit.call("job.csv", { job: id, list }));
    }
    await fails("params.type", audit.call("job.rows", { job: id, list: "scenarios", where: [] }));
  });

  test("who may", async () => {
    const files = with_({ a: story("好") });
    const [adminA, auditA, desk] = await Promise.all([open("admin-A", { topics: ["jobs"] }), open("audit-A", { topics: ["jobs"] }), open("desk", { topics: ["jobs"] })]);
    const id = await start(files);
    for (const c of [adminA, audit, desk]) {
      await assert.rejects(c.call("job.start", { what: "test", pack: NAME, files }), (e) => e.code === -32003);
      await assert.rejects(c.call("job.cancel", { job: id }), (e) => e.code === -32003);
    }
    for (const c of [adminA, auditA, desk])
      for (const [method, params] of [["job.list"], ["job.open", { job: id }], ["job.rows", { job: id, list: "scenarios" }], ["job.csv", { job: id, list: "scenarios" }]])
        await assert.rejects(c.call(method, params), (e) => e.code === -32003, method);
    await assert.rejects(admin.call("job.finish", { job: id, state: "lost" }), (e) => e.code === -32601);
    await state(id, "done");
    await admin.hear((m) => m.method === "jobs" && m.params.key === id && m.params.data.state === "done");
    for (const c of [adminA, auditA, desk]) { // what was meant for them has come before this answer
      await assert.rejects(c.call("job.candidate", { job: id }), (e) => e.code === -32003);
      assert.deepEqual(c.heard.filter((m) => m.method === "jobs"), []);
    }
  });

  test("a pack with a hostile name and hostile files stays a pack", async () => {
    const files = with_({ a: story("好") });
    const id = (await admin.call("job.start", { what: "test", pack: "..", files: { ...files, "../../escape.lua": "x", "scenarios/../../e.lua": "x" } })).job;
    assert.equal((await state(id, "done", "failed")).state, "failed");
    assert.ok(!existsSync(join(server.data, "escape.lua")) && !existsSync(join(dirname(server.data), "escape.lua")));
    assert.deepEqual(readdirSync(join(server.data, "jobs")).filter((n) => !/^j\d+$/.test(n)), []);
  });
});

describe("several, and their end", () => {
  test("two at a time, the third waits, a cancelled one makes room, and the county works on", async () => {
    const [a, b] = [await start(endless), await start(endless)];
    const c = await start(with_({ a: story("好") }));
    await state(a, "running");
    await state(b, "running");
    assert.equal((await job(c)).state, "waiting");
    await admin.hear((m) => m.method === "jobs" && m.params.key === a && m.params.data.share > 0, 60_000);

    // 200 reports are answered while both are provably running
    const desk = await open("desk");
    const before = all().map((p) => p.pid).sort();
    assert.equal(before.length, 2);
    for (let i = 0; i < 200; i++) await report(desk, i);
    assert.deepEqual(all().map((p) => p.pid).sort(), before);
    assert.equal((await job(c)).state, "waiting");
    for (const { pid, words } of all()) {
      assert.equal(Number(readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1].split(" ")[16]), 10, "nice");
      const limits = readFileSync(`/proc/${pid}/limits`, "utf8");
      const reserved = Number(/VmSize:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))[1]);
      if (reserved < 1e9) assert.match(limits, /Max address space +1073741824 /); // a sanitizer reserves terabytes
      assert.match(limits, /Max core file size +0 /);
      assert.match(limits, /Max file size +1048576 /);
      const env = readFileSync(`/proc/${pid}/environ`, "utf8");
      assert.ok(!env.includes("HOME=") && !env.includes("FENGQIAO"), env);
      for (const fd of readdirSync(`/proc/${pid}/fd`)) assert.match(readlinkSync(`/proc/${pid}/fd/${fd}`), /^(\/memfd:|pipe:|anon_inode:)/, "nothing of the server's");
      assert.ok(words.includes("/dev/stdin"));
    }

    await admin.call("job.cancel", { job: a });
    assert.equal((await job(a)).state, "cancelled");
    await fails("job.over", admin.call("job.cancel", { job: a }));
    assert.equal((await state(c, "done")).ok, true);
    await admin.call("job.cancel", { job: b });
    await until("no child is left", () => all().length === 0);
    assert.deepEqual((await server.journal()).filter((e) => [a, b].includes(e.subject)).map((e) => [e.kind, e.data.state]), [["job.started", undefined], ["job.started", undefined], ["job.finished", "cancelled"], ["job.finished", "cancelled"]]);
  });

  test("one that waits can be cancelled, too, and there is an end to waiting", async () => {
    const ids = [];
    for (let i = 0; i < 22; i++) ids.push(await start(endless));
    await until("two run", () => all().length === 2);
    await fails("job.queue", start(endless));
    for (const id of ids.reverse()) await admin.call("job.cancel", { job: id });
    await until("no child is left", () => all().length === 0);
    for (const id of ids) assert.equal((await job(id)).state, "cancelled");
  });

  test("a server that stops takes its children along; one that is killed, too; the jobs are lost", async () => {
    for (const end of ["halt", "kill"]) {
      const [a, b, c] = [await start(endless), await start(endless), await start(endless)];
      await until("two run", () => all().length === 2);
      await server[end]();
      await until("the children are gone", () => all().length === 0);
      await server.start();
      server.reconnect();
      admin = await open("admin", { topics: ["jobs"] });
      audit = await open("audit");
      for (const id of [a, b, c]) {
        const lost = await state(id, "lost");
        assert.equal(lost.ok, undefined);
      }
    }
    assert.equal((await state(await start(with_({ a: story("好") })), "done")).ok, true);
  });

  test("the newest fifty results are kept, the files of no others", async () => {
    const first = await start(with_({ a: story("好") }));
    await state(first, "done");
    assert.ok(existsSync(join(server.data, "jobs", first)));
    for (let i = 0; i < 50; i++) {
      const id = await start(base);
      await state(id, "failed");
    }
    await fails("job.unknown", job(first));
    assert.equal((await audit.call("job.list", { limit: 100 })).rows.length, 50);
    await until("its files are gone", () => !existsSync(join(server.data, "jobs", first)));
  });
});

describe("a child that goes wild", () => {
  let wild, boss;
  before(async () => {
    wild = await startCounty(people, { workshop: { minutes: 0.07, memory: "256 MiB", jobs: 1 } });
    boss = await wild.session("admin", { token: wild.tokens.admin });
  });
  after(() => wild?.stop({ prove: true }));
  const ends = async (files) => {
    const { job: id } = await boss.call("job.start", { what: "test", pack: NAME, files });
    return until(`${id} to end`, async () => { const j = await boss.call("job.open", { job: id }); return !["waiting", "running"].includes(j.state) && j; }, 60_000);
  };

  test("a scenario that loops for ever is out of steps; a pack of them out of time", async () => {
    const patient = await server.session("admin", { token: server.tokens.admin });
    const { job: id } = await patient.call("job.start", { what: "test", pack: NAME, files: with_({ a: 'scenario "不停"\nwhile true do end\n' }) });
    const one = await state(id, "done", "failed");
    assert.deepEqual([one.state, one.ok, one.summary?.failed], ["done", false, 1]);
    const many = await ends(endless);
    assert.deepEqual([many.state, many.error.code], ["failed", "job.timeout"]);
    assert.match(many.error.zh, /4 秒/);
  });

  test("one that eats memory dies alone", async () => {
    const hungry = `scenario "吃内存"\nat "08:00" { report { as = "officer-1", category = "fire", grid = "g1", title = "冒烟" } }\nfor i = 1, 100000 do\n  at "08:01" { call { "incident.comment", as = "dispatcher", params = { id = true, text = string.rep("长", 1900) } } }\nend\n`;
    const j = await ends(with_({ a: hungry }));
    assert.notEqual(j.ok, true, JSON.stringify(j));
    assert.ok((await wild.system("server.status")).head > 0);
    assert.equal((await ends(with_({ a: story("好") }))).ok, true, "the next one runs");
  });
});

describe("the gate", () => {
  const good = with_({ a: story("好"), b: story("也好") });
  const bad = with_({ a: story("好"), b: wrong("坏") });
  const reads = async () => (await admin.call("pack.list")).rows.find((r) => r.pack === NAME)?.digest;

  test("a pack is deployed when its stories come true, and says how many", async () => {
    const r = await admin.call("pack.deploy", { pack: NAME, files: good });
    assert.deepEqual(r.tested, { played: 2, failed: 0 });
    const e = (await server.journal()).findLast((x) => x.kind === "pack.deployed");
    assert.deepEqual(e.data.tested, { played: 2, failed: 0 });
    assert.ok(e.data.files["scenarios/a.lua"]);
    const none = await admin.call("pack.deploy", { pack: NAME, files: base });
    assert.deepEqual(none.tested, { played: 0, failed: 0 });
  });

  test("one story that does not come true keeps it out, unless there is a reason", async () => {
    const before = await reads();
    const e = await admin.call("pack.deploy", { pack: NAME, files: bad }).then(assert.fail, (x) => x);
    assert.deepEqual([e.data.code, e.data.path], ["pack.scenarios", "scenarios/b.lua:3"]);
    assert.match(e.data.message_zh, /坏/);
    assert.equal(await reads(), before);
    assert.deepEqual((await admin.call("pack.deploy", { pack: NAME, files: bad, override: "汛期紧急,先上线" })).tested, { played: 2, failed: 1 });
    const entry = (await server.journal()).findLast((x) => x.kind === "pack.deployed");
    assert.deepEqual(entry.data.override, { reason: "汛期紧急,先上线", failed: ["坏"] });
  });

  test("what does not compile is said before what does not come true", async () => {
    await fails("pack.invalid", admin.call("pack.deploy", { pack: NAME, files: { ...bad, "policies/p.lua": "return polcy {" } }));
  });

  test("the county works on while a deployment waits for its scenarios", async () => {
    const slow = with_({ a: 'scenario "不停"\nwhile true do end\n' });
    const desk = await open("desk");
    let over = false;
    const deploying = admin.call("pack.deploy", { pack: NAME, files: slow }).then(assert.fail, (e) => e).finally(() => (over = true));
    await until("the child runs", () => all().length === 1);
    for (let i = 0; i < 50 && !over; i++) await report(desk, i);
    assert.equal(over, false, "the reports were answered while the scenario was playing");
    assert.equal((await deploying).data.code, "pack.scenarios");
  });

  test("a server that stops meanwhile has changed nothing", async () => {
    const before = await reads();
    const deploying = admin.call("pack.deploy", { pack: NAME, files: endless }).then(assert.fail, (e) => e);
    await until("the child runs", () => all().length === 1);
    await server.halt();
    await deploying;
    await until("the child is gone", () => all().length === 0);
    await server.start();
    server.reconnect();
    admin = await open("admin", { topics: ["jobs"] });
    audit = await open("audit");
    assert.equal(await reads(), before);
  });

  test("the command line is held to it, with a server and without", async () => {
    const dir = mkdtempSync(join(tmpdir(), "fengqiao-jobs-"));
    const write = (name, files) => {
      for (const [path, text] of Object.entries(files)) {
        mkdirSync(dirname(join(dir, name, path)), { recursive: true });
        writeFileSync(join(dir, name, path), text);
      }
      return join(dir, name);
    };
    const [bad_, good_] = [write("bad", bad), write("good", { ...good, "policies/p.lua": good["policies/p.lua"].replace("收到", "已收到") })];
    for (const how of ["online", "offline"]) {
      if (how === "offline") await server.halt();
      const no = await server.cli(["pack", "deploy", bad_]);
      assert.notEqual(no.code, 0, how);
      assert.match(no.stderr, /scenarios\/b\.lua:3/);
      assert.match(no.stderr, /坏/);
      const yes = await server.cli(["pack", "deploy", good_]);
      assert.equal(yes.code, 0, yes.stderr);
      assert.deepEqual(JSON.parse(yes.stdout).tested, { played: 2, failed: 0 });
    }
    const offline = await server.cli(["call", "job.start", JSON.stringify({ what: "test", pack: NAME, files: good })]);
    assert.match(offline.stderr, /running server/);
    rmSync(dir, { recursive: true });
    await server.start();
    server.reconnect();
  });
});

/* Every run says in both languages, for people and for programs, what it was asked wrongly; exit code 2. */
describe("runs on the command line, asked wrongly", () => {
  const dir = mkdtempSync(join(tmpdir(), "fengqiao-runs-"));
  const pack = (name, text) => (writeFileSync(join(dir, name), text), join(dir, name));
  const good = pack("good.json", JSON.stringify({ pack: "p", files: { "pack.lua": 'name = "p"\nversion = "1"\n' } }));
  const config = pack("wrong.lua", "nonsense = { x = 1 }\n");
  after(() => rmSync(dir, { recursive: true }));
  for (const run of ["test", "check", "prove", "replay", "project"])
    test(run, async () => {
      const cases = [
        [["nosuch"], "file"],
        [[pack("array.json", "[1]")], "pack.file"],
        [[pack("texts.json", '{"pack":"p","files":["x"]}')], "pack.file"],
        [[pack("nobody.json", '{"files":{}}')], "pack.file"],
        [[pack("half.json", '{"pack":')], "json.syntax"],
        [[good, "--list", "nosuch"], "run.list"],
        [[good, "--list", ""], "run.list"],
        [[good, "--config", config], "config"],
      ];
      for (const [words, code] of cases) {
        const r = await cli(["policy", run, ...words, "--json"]);
        assert.equal(r.code, 2, `${words}: ${r.stdout}${r.stderr}`);
        const { error } = JSON.parse(r.stdout.trim().split("\n").at(-1));
        assert.equal(error.data.code, code, words.join(" "));
        assert.ok(error.data.message_zh && error.data.message_en && r.stderr.includes(error.data.message_en), words.join(" "));
      }
      for (const words of [[], ["--nosuch", "1", good], [good, "--data"]]) {
        const r = await cli(["policy", run, ...words]);
        assert.equal(r.code, 2, words.join(" "));
        assert.match(r.stderr, /usage|--/);
      }
    });

  test("half a result is no result", async () => {
    const files = with_({ a: story("好") });
    const path = pack("story.json", JSON.stringify({ pack: NAME, files }));
    assert.equal((await cli(["policy", "test", path])).code, 0);
    const r = spawnSync("sh", ["-c", 'exec "$0" policy test "$1" --json > /dev/full', process.env.FENGQIAO, path], { encoding: "utf8" });
    assert.equal(r.status, 2);
    assert.match(r.stderr, /not written to its end/);
    assert.match(r.stderr, /没有写完/);
  });
});
