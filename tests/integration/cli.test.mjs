// The command line as a person or a script meets it: help, exit codes, every mistake with its line, the same
// answers with the server running and without, and the journal's own tools.
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createConnection } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { AT, UNITS, startCounty } from "./county.mjs";
import { PASSWORD, binary, cli, until } from "./server.mjs";

const COMMANDS = ["serve", "demo", "init", "check", "call", "tail", "user", "org", "pack", "policy", "journal", "load", "doctor"];
const dir = mkdtempSync(join(tmpdir(), "fengqiao-cli-"));
after(() => rmSync(dir, { recursive: true, force: true }));
const write = (name, text) => {
  const path = join(dir, name);
  mkdirSync(join(path, ".."), { recursive: true });
  writeFileSync(path, text);
  return path;
};
const chinese = /[一-鿿]/;

describe("help and usage", () => {
  test("every subcommand explains itself in both languages", async () => {
    const { code, stdout } = await cli(["--help"]);
    assert.equal(code, 0);
    const listed = [...stdout.matchAll(/^ {2}([a-z]+) +\S/gm)].map((m) => m[1]);
    for (const name of COMMANDS) assert.ok(listed.includes(name), name);
    for (const name of listed.filter((n) => n !== "fengqiao")) {
      const help = await cli([name, "--help"]);
      assert.deepEqual([help.code, help.stderr], [0, ""], name);
      assert.match(help.stdout, chinese, name);
      assert.match(help.stdout, /usage: fengqiao /, name);
      assert.match(help.stdout, /[a-z]+ [a-z]+ [a-z]+/, name);
    }
  });

  test("wrong usage ends with 2 and says what is right, on standard error", async () => {
    const wrong = [[], ["no-such-command"], ["--no-such-option"], ...COMMANDS.map((c) => [c, "--no-such-option"]), ["serve", "extra"], ["init", "extra"], ["check", "extra"], ["call"], ["call", "a", "{}", "b"], ["call", "a", "{"], ["tail", "1", "2"],
      ["user"], ["user", "add"], ["user", "add", "name"], ["user", "nonsense"], ["org"], ["org", "import"], ["pack"], ["pack", "deploy"], ["policy"], ["policy", "why"], ["journal"], ["journal", "nonsense"], ["journal", "verify", "extra"], ["journal", "rebuild", "--chekc"], ["doctor", "extra"], ["serve", "--data"], ...["0", "721", "5h", ""].map((n) => ["demo", "--hours", n]), ["demo", "--hours"]];
    for (const args of wrong) {
      const { code, stdout, stderr } = await cli(args);
      assert.equal(code, 2, `${args.join(" ")}: ${code}\n${stdout}${stderr}`);
      assert.ok(stderr.length > 0, args.join(" "));
    }
  });

  test("a version", async () => assert.match((await cli(["--version"])).stdout, /^fengqiao \d/));

  test("a data directory that is not there is said, not made", async () => {
    const nowhere = join(dir, "nowhere");
    for (const args of [["serve"], ["call", "org.tree"], ["journal", "verify"], ["journal", "export"], ["journal", "rebuild"], ["tail", "--quiet"], ["doctor"], ["user", "list"], ["org", "tree"], ["pack", "list"], ["policy", "list"]]) {
      const { code, stdout, stderr } = await cli([args[0], "--data", nowhere, ...args.slice(1)]);
      assert.ok(code === 1 || code === 3, `${args.join(" ")}: ${code}`);
      assert.match(stdout + stderr, /nowhere/, args.join(" "));
      assert.match(stdout + stderr, chinese);
    }
    assert.equal(existsSync(nowhere), false);
  });
});

describe("the configuration", () => {
  test("five mistakes are five lines", async () => {
    const file = write("five.lua", ['server = {', '  readers = "two",', '  tick_comands = 5,', '}', 'terminal = {', '  max_frame = "64 parsecs",', '  hearbeat = "25 s",', '}', 'polciy = { steps = 10 }', ''].join("\n"));
    const { code, stderr } = await cli(["check", "--config", file]);
    assert.equal(code, 1);
    for (const line of [2, 3, 6, 7, 9]) assert.ok(stderr.includes(`five.lua:${line}`), `line ${line}:\n${stderr}`);
    assert.match(stderr, /^5 /m);
    for (const meant of ["tick_commands", "heartbeat", "policy"]) assert.ok(stderr.includes(meant), `${meant}:\n${stderr}`);
    const { stdout } = await cli(["check", "--json", "--config", file]);
    assert.deepEqual(JSON.parse(stdout).map((p) => p.line).sort(), [2, 3, 6, 7, 9]);
    const data = join(dir, "check-data");
    assert.equal((await cli(["init", "--data", data, "--quiet"])).code, 0);
    const served = await cli(["serve", "--data", data, "--config", file]);
    assert.equal(served.code, 1);
    assert.ok(served.stderr.includes("five.lua:9"));
  });

  test("what is no configuration at all", async () => {
    for (const [name, text] of [["syntax.lua", "server = {"], ["loop.lua", "while true do end"], ["call.lua", 'os.execute("touch /tmp/hello")'], ["io.lua", 'server = { plugins = io.open("/etc/passwd"):read("a") }'], ["binary.lua", "\x1bLua\x54\x00"], ["big.lua", `server = { plugins = "${"x".repeat(100000)}" }`], ["number.lua", "server = 7"], ["nul.lua", "server = {}\0 x"]]) {
      const { code, stderr } = await cli(["check", "--config", write(name, text)]);
      assert.equal(code, 1, name);
      assert.ok(stderr.includes(name) && chinese.test(stderr), stderr);
    }
    assert.equal((await cli(["check", "--config", join(dir, "not-there.lua")])).code, 1);
  });

  test("the sample that init writes is well, with every line of it uncommented", async () => {
    const data = join(dir, "sample");
    assert.equal((await cli(["init", "--data", data])).code, 0);
    assert.equal((await cli(["check", "--data", data])).code, 0);
    const text = readFileSync(join(data, "fengqiao.lua"), "utf8");
    const all = text.replace(/^( *)-- ?(\w+ = .*)$/gm, "$1$2");
    assert.notEqual(all, text);
    const { code, stderr } = await cli(["check", "--config", write("all.lua", all)]);
    assert.equal(code, 0, stderr);
    const again = await cli(["init", "--data", data]);
    assert.equal(again.code, 0);
    assert.equal(readFileSync(join(data, "fengqiao.lua"), "utf8"), text);
  });
});

describe("tables and packs", () => {
  let data;
  before(async () => {
    data = join(dir, "tables");
    await cli(["init", "--data", data]);
  });
  const header = "id,parent,kind,name,lon,lat,valid_from\n";
  const units = async () => JSON.parse((await cli(["call", "--data", data, "org.tree"])).stdout).units.length;

  test("a broken org.csv: the line, and nothing half imported", async () => {
    const many = Array.from({ length: 150 }, (_, i) => `v${i},c,village,村${i},110,27,`).join("\n");
    for (const [name, text, line] of [
      ["quote.csv", `${header}c,,county,"洞口,110,27,\n`, 2],
      ["parent.csv", `${header}c,,county,洞口,110,27,\nt,nowhere,township,镇,110,27,\n`, 3],
      ["cycle.csv", `${header}c,,county,洞口,110,27,\nt,c,township,镇,110,27,\nv,t,village,村,110,27,\nt,v,township,镇,110,27,\n`, 5],
      ["lon.csv", `${header}c,,county,洞口,110,27,\nt,c,township,镇,east,27,\n`, 3],
      ["range.csv", `${header}c,,county,洞口,110,27,\nt,c,township,镇,1100,27,\n`, 3],
      ["root.csv", `${header}c,,county,洞口,110,27,\nd,,county,绥宁,110,27,\n`, 3],
      ["kind.csv", `${header}c,,county,洞口,110,27,\nt,c,planet,镇,110,27,\n`, 3],
      ["id.csv", `${header}c,,county,洞口,110,27,\nt x,c,township,镇,110,27,\n`, 3],
      ["fields.csv", `${header}c,,county,洞口,110,27,,,,\n`, 2],
      ["column.csv", "id,parent,knid,name\nc,,county,洞口\n", 2],
      ["utf8.csv", Buffer.concat([Buffer.from(`${header}c,,county,`), Buffer.from([0xb6, 0xb4]), Buffer.from(",110,27,\n")]), 1], // of the whole file
      ["late.csv", `${header}c,,county,洞口,110,27,\n${many}\nlast,nowhere,village,末,110,27,\n`, 153],
    ]) {
      const { code, stderr } = await cli(["org", "--data", data, "import", write(name, text)]);
      assert.ok(code === 1 || code === 3, `${name}: ${code}`);
      assert.ok(stderr.includes(`${name}:${line}`), `${name}:${line} expected:\n${stderr}`);
      assert.equal(await units(), 0, `${name} left something behind`);
    }
  });

  test("a good one", async () => {
    const rows = UNITS.map((u) => [u.id, u.parent, u.kind, `"${u.name}"`, u.lon, u.lat, ""].join(","));
    const path = write("good.csv", `\ufeff${header}${rows.join("\r\n")}\r\n`);
    const { code, stdout, stderr } = await cli(["org", "--data", data, "import", path]);
    assert.equal(code, 0, stderr);
    assert.match(stdout, new RegExp(`${UNITS.length}`));
    assert.equal(await units(), UNITS.length);
    assert.equal((await cli(["org", "--data", data, "import", path, "--quiet"])).stdout, "");
  });

  test("a broken users.csv: the line, and nobody half imported", async () => {
    const head = "name,display,roles,org,skills,capacity\n";
    for (const [name, text, line] of [
      ["role.csv", `${head}a,甲,officer,${AT.A},fire,3\nb,乙,king,${AT.A},,\n`, 3],
      ["org.csv", `${head}a,甲,officer,${AT.A},fire,3\nb,乙,officer,nowhere,,\n`, 3],
      ["capacity.csv", `${head}a,甲,officer,${AT.A},fire,many\n`, 2],
      ["name.csv", `${head}a b,甲,officer,${AT.A},fire,3\n`, 2],
    ]) {
      const { code, stderr } = await cli(["user", "--data", data, "import", write(`users/${name}`, text)]);
      assert.ok(code === 1 || code === 3, `${name}: ${code}`);
      assert.ok(stderr.includes(`${name}:${line}`), `${name}:${line} expected:\n${stderr}`);
      const { rows } = JSON.parse((await cli(["call", "--data", data, "user.list"])).stdout);
      assert.deepEqual(rows, [], name);
    }
    const { code, stderr } = await cli(["user", "--data", data, "import", write("users/good.csv", `${head}a,甲,officer,${AT.A1g},fire;flood,3\nb,乙,dispatcher,${AT.A},,\n`)]);
    assert.equal(code, 0, stderr);
  });

  test("accounts and their tokens", async () => {
    assert.equal((await cli(["user", "--data", data, "add", "clerk", AT.A, "dispatcher", "director", "display=办事员"], { input: `${PASSWORD}\n` })).code, 0);
    assert.equal((await cli(["user", "--data", data, "add", "clerk2", AT.A, "king"], { input: "\n" })).code, 3);
    assert.equal((await cli(["user", "--data", data, "add", "clerk3", AT.A, "officer"], { input: "short\n" })).code, 3);
    const { stdout } = await cli(["user", "--data", data, "token", "all"]);
    const lines = stdout.trim().split("\n").map((l) => l.split(" "));
    assert.deepEqual(lines.map((l) => [l[0], l[2], l[3]]), [["a", "officer", AT.A1g], ["b", "dispatcher", AT.A], ["clerk", "dispatcher,director", AT.A]]);
    for (const l of lines) assert.match(l[1], /^[\w-]{43}$/);
    const listed = (await cli(["user", "--data", data, "list"])).stdout.trim().split("\n").map((l) => JSON.parse(l));
    assert.deepEqual(listed.map((u) => u.name), ["a", "b", "clerk"]);
    assert.equal((await cli(["user", "--data", data, "disable", "clerk"])).code, 0);
    assert.equal((await cli(["user", "--data", data, "token", "clerk"])).code, 3);
    assert.equal((await cli(["user", "--data", data, "token", "nobody"])).code, 3);
    assert.equal((await cli(["user", "--data", data, "token", "all"])).stdout.trim().split("\n").length, 2);
  });

  test("a pack with broken policies: each mistake with its line, nothing deployed", async () => {
    const pack = join(dir, "broken");
    write("broken/pack.lua", 'name = "broken"\nversion = "1"\nrequires = { "dispatch" }\npolicies = { "policies/a.lua", "policies/b.lua", "policies/c.lua", "policies/gone.lua" }\n');
    write("broken/policies/a.lua", 'return policy {\n  name = "a",\n  on = {\n    ["incident.reported"] = function(e) return dispatch( end,\n  },\n}\n');
    write("broken/policies/b.lua", 'return policy {\n  name = "b",\n  on = { ["incident.reportd"] = function() end },\n}\n');
    write("broken/policies/c.lua", 'return policy {\n  name = "c",\n  clocks = {\n    quick = { from = "reported", to = "dispatched", limt = 5 },\n  },\n}\n');
    write("broken/policies/unlisted.lua", 'return policy { name = "u", on = {} }\n');
    const check = await cli(["pack", "--data", data, "check", pack]);
    const deploy = await cli(["pack", "--data", data, "deploy", pack]);
    assert.equal(deploy.code, 3);
    for (const where of ["policies/a.lua:4", "policies/b.lua:3", "policies/c.lua:4", "pack.lua:4", "policies/unlisted.lua"])
      {
        const text = check.stdout + check.stderr, [path, line] = where.split(":");
        assert.ok(text.includes(where) || new RegExp(`"path": "${path}",\\s+"line": ${line ?? ""}`).test(text), `${where}:\n${text}`);
      }
    assert.match(deploy.stderr, /policies\/a\.lua:4/);
    assert.match(deploy.stderr, /5 mistakes/);
    assert.deepEqual(JSON.parse((await cli(["pack", "--data", data, "list"])).stdout).rows, []);
    assert.notEqual(check.code, 0, "a check that found something does not end with 0");
    const good = join(process.env.FENGQIAO_PACKS, "yizhuang");
    assert.equal((await cli(["pack", "--data", data, "check", good])).code, 0);
    // ... and where there is no county at all: a policy is written at home, too
    const nowhere = join(dir, "no-county");
    assert.equal((await cli(["pack", "--data", nowhere, "check", good])).code, 0);
    const away = await cli(["pack", "--data", nowhere, "check", pack]);
    assert.deepEqual([away.code, away.stdout], [1, check.stdout]);
    assert.ok(!existsSync(nowhere), "a check leaves nothing behind");
    assert.equal((await cli(["pack", "--data", data, "deploy", good])).code, 0);
    assert.equal((await cli(["pack", "--data", data, "deploy", dir])).code, 1);
  });

  test("what a policy's scenarios say", async () => {
    const good = join(process.env.FENGQIAO_PACKS, "yizhuang");
    const one = await cli(["policy", "--data", data, "test", good, "01"]);
    assert.equal(one.code, 0, one.stdout + one.stderr);
    const copy = join(dir, "wrong-story");
    cpSync(good, copy, { recursive: true });
    const story = join(copy, "scenarios", readdirSync(join(copy, "scenarios"))[0]);
    writeFileSync(story, readFileSync(story, "utf8").replace(/minutes\((\d+)\)|"08:\d\d"/, (m) => (m.startsWith('"') ? '"nonsense"' : "minutes(-1)")));
    assert.notEqual((await cli(["policy", "--data", data, "test", copy])).code, 0);
  });

  test("what has been done so far is what the journal says", async () => {
    for (const args of [["journal", "verify"], ["journal", "rebuild", "--check"]]) {
      const { code, stdout, stderr } = await cli([args[0], "--data", data, ...args.slice(1)]);
      assert.equal(code, 0, stdout + stderr);
    }
  });
});

describe("beside a running server, and without one", () => {
  let server;
  before(async () => {
    server = await startCounty([["officer", "officer", AT.A1g], ["desk", "dispatcher", AT.county]]);
    await server.cli(["pack", "deploy", join(process.env.FENGQIAO_PACKS, "yizhuang")]);
  });
  after(() => server?.stop());

  test("a second server on the same directory is refused, and the first goes on", async () => {
    const second = await server.cli(["serve", "--listen", "127.0.0.1:1"]);
    assert.equal(second.code, 1);
    assert.match(second.stderr, /in use by another fengqiao/);
    for (const args of [["journal", "rebuild"], ["journal", "rebuild", "--check"]]) assert.equal((await server.cli(args)).code, 1);
    assert.equal((await fetch(`${server.url}/readyz`)).status, 200);
    assert.ok((await server.system("server.status")).head > 0);
  });

  test("call gives the same through the socket and offline", async () => {
    const questions = [["org.tree"], ["org.tree", '{"depth":1}'], ["user.list", '{"limit":1}'], ["pack.list"], ["policy.list"], ["incident.list"], ["rpc.discover"], ["no.such"], ["org.tree", '{"dpeth":1}'], ["incident.get", '{"id":"i1"}'], ["incident.report", '{"category":"fire"}'], ["user.add", '{"name":"x","roles":["king"],"org":"430525"}'], ["session.open", '{"token":"x"}']];
    const asked = async () => {
      const all = [];
      for (const q of questions) for (const flags of [[], ["--json"]]) all.push(await server.cli(["call", ...flags, ...q]));
      return all;
    };
    const online = await asked();
    assert.ok(online.some((r) => r.code === 0) && online.some((r) => r.code === 3));
    await server.halt();
    const offline = await asked();
    await server.start();
    server.reconnect();
    offline.forEach((r, i) => assert.deepEqual(r, online[i], questions[i >> 1].join(" ")));
  });

  test("tail follows, and ends when asked", async () => {
    const child = spawn(binary, ["tail", "--data", server.data, "--json", "0"], { stdio: ["ignore", "pipe", "inherit"] });
    let text = "";
    child.stdout.on("data", (d) => (text += d));
    const ended = new Promise((done) => child.on("exit", (code, signal) => done([code, signal])));
    const { id, n } = await server.system("incident.report", { category: "fire", title: "起火", grid: AT.A1g });
    await until("the report in the tail", () => text.includes(`"subject":"${id}"`));
    child.kill("SIGINT");
    assert.deepEqual(await ended, [0, null]);
    const lines = text.trim().split("\n").map((l) => JSON.parse(l));
    lines.forEach((l, i) => assert.equal(l.n, i + 1));
    assert.ok(lines.at(-1).n >= n);
    const last = await server.cli(["tail", "--quiet"]);
    assert.equal(last.stdout.trim().split("\n").length, 10);
  });

  test("rubbish on the control socket disturbs nobody", async () => {
    for (const bytes of ["\n\n\n", "{\n", "[]\n", '"x"\n', '{"method":7}\n', '{"method":"org.tree","params":[]}\n', `{"method":"${"x".repeat(500)}"}\n`, "x".repeat(9 << 20), Buffer.from([0xff, 0xfe, 10])]) {
      const s = createConnection(join(server.data, "control.sock"));
      s.on("error", () => {});
      s.resume();
      s.write(bytes);
      s.end();
      await new Promise((done) => s.on("close", done));
    }
    assert.ok((await server.system("server.status")).head > 0);
  });

  test("what a county knows is nobody else's to read", () => {
    for (const name of readdirSync(server.data)) assert.equal(statSync(join(server.data, name)).mode & 0o077, 0, name);
  });

  test("doctor looks at it, running and stopped", async () => {
    const running = await server.cli(["doctor"]);
    assert.match(running.stdout, /a server is running/);
    assert.match(running.stdout, /journal entries, intact/);
    execFileSync("chmod", ["644", join(server.data, "county.key")]);
    const bad = await server.cli(["doctor"]);
    assert.equal(bad.code, 1);
    assert.match(bad.stdout, /BAD.*county key/);
    execFileSync("chmod", ["600", join(server.data, "county.key")]);
  });

  test("rebuild replaces the tables, and the server goes on from them", async () => {
    const before = await server.system("incident.list", {});
    const { head } = await server.system("server.status");
    await server.halt();
    await server.prove();
    const rebuilt = await server.cli(["journal", "rebuild"]);
    assert.equal(rebuilt.code, 0, rebuilt.stderr);
    assert.ok(existsSync(join(server.data, "county.db.before-rebuild")));
    assert.equal(existsSync(join(server.data, "rebuilt.db")), false);
    await server.start();
    server.reconnect();
    assert.deepEqual((await server.system("incident.list", {})).rows, before.rows);
    assert.ok((await server.system("server.status")).head >= head);
    const c = await server.session("officer", { token: server.tokens.officer });
    await c.call("incident.report", { category: "fire", title: "重建之后", grid: AT.A1g });
    await c.close();
    await server.halt();
    await server.prove();
  });

  test("an edited, a deleted and a swapped entry are each named", async () => {
    await server.halt();
    const db = join(server.data, "county.db");
    const copy = join(server.data, "kept.db");
    execFileSync("sqlite3", [db, "PRAGMA wal_checkpoint(TRUNCATE);"]);
    cpSync(db, copy);
    const { stdout } = await server.cli(["journal", "verify", "--json"]);
    const { entries } = JSON.parse(stdout);
    const cases = [
      ["UPDATE journal SET data = replace(data, '洞口', '洞囗') WHERE seq = 1;", 1],
      ["UPDATE journal SET actor = 'nobody' WHERE seq = 7;", 7],
      ["UPDATE journal SET at_ms = at_ms + 1 WHERE seq = 9;", 9],
      ["UPDATE journal SET org = '' WHERE seq = 5;", 5],
      ["UPDATE journal SET audience = 'user/eve' WHERE seq = 11;", 11],
      ["UPDATE journal SET cause = 1 WHERE seq = 8;", 8],
      ["DELETE FROM journal WHERE seq = 6;", 6],
      ["DELETE FROM journal WHERE seq = 1;", 1],
      ["UPDATE journal SET seq = -1 WHERE seq = 3; UPDATE journal SET seq = 3 WHERE seq = 4; UPDATE journal SET seq = 4 WHERE seq = -1;", 3],
      [`UPDATE journal SET data = '{}', digest = x'00' WHERE seq = ${entries};`, entries],
      ["UPDATE journal SET data = '{', digest = x'' WHERE seq = 4;", 4],
      ["UPDATE journal SET link = x'00' WHERE seq = 10;", 10],
    ];
    for (const [sql, seq] of cases) {
      cpSync(copy, db);
      execFileSync("sqlite3", [db, sql]);
      const { code, stderr } = await server.cli(["journal", "verify"]);
      assert.equal(code, 1, sql);
      assert.match(stderr, new RegExp(`\\b${seq}\\b`), `${sql}\n${stderr}`);
      assert.equal((await server.cli(["journal", "rebuild", "--check"])).code, 1, sql);
    }
    // a table that somebody wrote into: the chain is whole, the comparison is not
    cpSync(copy, db);
    execFileSync("sqlite3", [db, "UPDATE incident SET title = '别的' WHERE n = (SELECT min(n) FROM incident);"]);
    assert.equal((await server.cli(["journal", "verify"])).code, 0);
    const check = await server.cli(["journal", "rebuild", "--check"]);
    assert.equal(check.code, 1);
    assert.match(check.stdout + check.stderr, /incident/);
    cpSync(copy, db);
    await server.prove();
  });
});

test("a path too long for a control socket is said", async () => {
  const deep = join(dir, "d".repeat(120));
  assert.equal((await cli(["init", "--data", deep])).code, 0);
  const { code, stderr } = await cli(["serve", "--data", deep, "--listen", "127.0.0.1:1"]);
  assert.equal(code, 1);
  assert.match(stderr, /too long/);
});
