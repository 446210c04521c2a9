// The life of a pack's versions over the real socket: two administrators at one draft, two pairs of eyes, what
// is open moved with its number told, scenarios that keep a pack out, what differs, a restart in between.
import assert from "node:assert/strict";
import { mkdtempSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { AT, startCounty } from "./county.mjs";

const people = [["officer", "officer", AT.A1g], ["desk", "dispatcher", AT.county], ["anna", "admin.system", AT.county], ["bert", "admin.system", AT.county], ["audit", "admin.audit", AT.county], ["local", "admin.system", AT.A]];
const hears = (text) => `return policy { name = "town", on = { ["incident.accepted"] = function(e) return comment(e.incident, "${text}") end } }\n`;
const meta = (version) => `name = "town"\nversion = "${version}"\nrequires = { "dispatch" }\npolicies = { "policies/p.lua" }\n`;
const files = (version, text) => ({ "pack.lua": meta(version), "policies/p.lua": hears(text) });
const pack = (version, text, more = {}) => ({ pack: "town", files: files(version, text), ...more });
async function county(config = {}) {
  const server = await startCounty(people, config);
  const open = (name) => server.session(name, { token: server.tokens[name] });
  return { server, open };
}
const refused = async (promise, code) => {
  const e = await promise.then(() => assert.fail(`not refused: ${code}`), (x) => x);
  assert.equal(e.data?.code, code, `${e.stack}\n${JSON.stringify(e.data)}`);
  assert.match(e.data.message_zh, /[一-鿿]/);
  assert.match(e.data.message_en, /[a-z]/);
  return e;
};
const comments = async (server, id) => (await server.system("journal.timeline", { subject: id, limit: 1000 })).entries.filter((e) => e.kind === "incident.commented").map((e) => e.data.text);

describe("two administrators and one pack", () => {
  let server, open, anna, bert, desk, officer;
  before(async () => {
    ({ server, open } = await county());
    [anna, bert, desk, officer] = [await open("anna"), await open("bert"), await open("desk"), await open("officer")];
  });
  after(() => server?.stop({ prove: true }));
  const report = async () => (await officer.call("incident.report", { category: "fire", title: "起火", grid: AT.A1g })).id;

  test("the later one at a draft is told who and when, and nothing is lost; both hear of it", async () => {
    await anna.call("pack.deploy", pack("1", "一"));
    const { rev } = await anna.call("draft.save", { pack: "town", files: { "policies/p.lua": hears("二") } });
    await bert.hear((m) => m.params?.kind === "draft.saved" && m.params.data.rev === rev);
    const saved = await bert.call("draft.save", { pack: "town", rev, files: { "pack.lua": meta("2") } });
    const e = await refused(anna.call("draft.save", { pack: "town", rev, files: { "pack.lua": meta("1.1") } }), "draft.stale");
    assert.equal(e.code, -32009);
    assert.equal(e.data.rev, saved.rev);
    assert.match(e.data.message_en, /bert/);
    const draft = await anna.call("draft.open", { pack: "town" });
    assert.deepEqual(draft.files, files("2", "二"));
    assert.equal(draft.author, "bert");
    await refused((await open("local")).call("draft.save", { pack: "town", rev: saved.rev, files: {} }), "scope");
  });

  test("at the same moment: one wins, the other is told", async () => {
    const { rev } = await anna.call("draft.open", { pack: "town" });
    const both = await Promise.allSettled([anna, bert].map((c, i) => c.call("draft.save", { pack: "town", rev, files: { "policies/p.lua": hears(`二${i}`) } })));
    assert.deepEqual(both.map((x) => x.status).sort(), ["fulfilled", "rejected"]);
    assert.equal(both.find((x) => x.status === "rejected").reason.data.code, "draft.stale");
  });

  test("the difference, deployed by its digest; the draft is over", async () => {
    const { rev } = await anna.call("draft.open", { pack: "town" });
    await anna.call("draft.save", { pack: "town", rev, files: { "policies/p.lua": hears("二") } });
    const audit = await open("audit");
    const diff = await audit.call("pack.diff", { pack: "town" });
    assert.deepEqual(diff.files.map((f) => [f.path, f.change]), [["pack.lua", "changed"], ["policies/p.lua", "changed"]]);
    assert.deepEqual(diff.files[0].hunks[0].lines.filter(([sign]) => sign !== "="), [["-", 'version = "1"'], ["+", 'version = "2"']]);
    await refused(anna.call("pack.deploy", { pack: "town", draft: true, digest: diff.from.digest }), "pack.digest");
    const first = await report();
    const { generation, digest } = await anna.call("pack.deploy", { pack: "town", draft: true, digest: diff.to.digest, note: "改了话" });
    assert.equal(digest, diff.to.digest);
    const gone = await refused(bert.call("pack.deploy", { pack: "town", draft: true }), "draft.gone");
    assert.match(gone.data.message_en, /deployed by anna/);
    const second = await report();
    for (const id of [first, second]) await desk.call("incident.accept", { id });
    assert.deepEqual(await comments(server, first), ["一"]);
    assert.deepEqual(await comments(server, second), ["二"]);
    const { rows } = await audit.call("policy.generations", {});
    assert.deepEqual(rows.map((r) => [r.generation, r.open]), [[generation, 1], [generation - 1, 1]]);
    const source = await desk.call("policy.source", { version: (await desk.call("policy.why", { subject: second })).rows[0].version });
    assert.equal(source.text, hears("二"));
    assert.deepEqual(source.packs, [{ pack: "town", generations: [generation] }]);
  });

  test("what is open moves by an act of its own that says how many; reopened, it has the rules of its reopening", async () => {
    const [a, b] = [await report(), await report()];
    await desk.call("incident.void", { id: b, reason: "误报" });
    await anna.call("pack.deploy", pack("3", "三"));
    await desk.call("incident.reopen", { id: b, reason: "确有其事" });
    const before = (await anna.call("policy.generations", {})).rows;
    const alive = before.reduce((n, r) => n + r.open, 0);
    assert.equal(before[0].open, 1); // the reopened one
    const { moved, to } = await anna.call("policy.move", { note: "新规更严" });
    assert.equal(moved, alive - 1);
    assert.equal(to, before[0].generation);
    const entry = await desk.hear((m) => m.params?.kind === "policy.moved");
    assert.equal(entry.params.data.count, moved);
    await desk.call("incident.accept", { id: a });
    assert.deepEqual(await comments(server, a), ["三"]);
    assert.equal((await anna.call("policy.move", { note: "再一次" })).moved, 0);
    const deployed = await anna.call("pack.deploy", pack("4", "四", { open: "move" }));
    assert.equal(deployed.moved, alive);
  });

  test("killed and started again: draft, history and generations as before; back to any of them", async () => {
    await anna.call("draft.save", { pack: "town", files: { "policies/p.lua": hears("五") } });
    const asked = async (c) => [await c.call("draft.open", { pack: "town" }), await c.call("pack.history", {}), await c.call("policy.generations", {}), await c.call("pack.open", { pack: "town", generation: 1 })];
    const was = await asked(anna);
    await server.kill();
    await server.start();
    server.reconnect();
    [anna, bert, desk, officer] = [await open("anna"), await open("bert"), await open("desk"), await open("officer")];
    assert.deepEqual(await asked(anna), was);
    const back = await bert.call("policy.rollback", { to: 1 });
    assert.equal(back.version, "1");
    const id = await report();
    await desk.call("incident.accept", { id });
    assert.deepEqual(await comments(server, id), ["一"]);
    const [last] = (await anna.call("pack.history", { pack: "town", limit: 1 })).rows;
    assert.deepEqual([last.act, last.actor, last.version, last.to_generation, last.moved], ["rolled_back", "bert", "1", 1, back.moved]);
    /* the draft was begun under another: deploying it would undo the roll-back */
    await refused(anna.call("pack.deploy", { pack: "town", draft: true }), "draft.outdated");
    assert.equal((await anna.call("draft.open", { pack: "town" })).problems[0].code, "draft.outdated");
    await anna.call("draft.discard", { pack: "town" });
  });

  test("a story that does not come true keeps the pack out; a reason lets it in, and stays", async () => {
    const bad = { ...files("6", "六"), "scenarios/01.lua": 'scenario "不成立"\nat "08:00" { expect { no_such_thing = true } }\n' };
    const e = await refused(anna.call("pack.deploy", { pack: "town", files: bad }), "pack.scenarios");
    assert.match(e.data.path, /^scenarios\/01\.lua/);
    const { tested } = await anna.call("pack.deploy", { pack: "town", files: bad, override: "今晚台风,明日补情景" });
    assert.deepEqual(tested, { played: 1, failed: 1 });
    const [last] = (await anna.call("pack.history", {})).rows;
    assert.equal(last.override.reason, "今晚台风,明日补情景");
    assert.equal(last.override.failed.length, 1);
  });

  test("a draft saved in the same breath as it is deployed is played all the same", async () => {
    const bad = { ...files("7", "七"), "scenarios/01.lua": 'scenario "不成立"\nat "08:00" { expect { no_such_thing = true } }\n' };
    const { generation } = await anna.call("pack.list", {});
    const [saved, deployed] = await Promise.allSettled([anna.call("draft.save", { pack: "town", files: bad }), anna.call("pack.deploy", { pack: "town", draft: true })]);
    assert.equal(saved.status, "fulfilled");
    assert.match(deployed.reason?.data?.code ?? "deployed", /^(pack\.changed|pack\.scenarios|draft\.unknown|draft\.gone)$/);
    assert.equal((await anna.call("pack.list", {})).generation, generation);
    await refused(anna.call("pack.deploy", { pack: "town", draft: true }), "pack.scenarios");
    await anna.call("draft.discard", { pack: "town" });
  });
});

describe("two pairs of eyes", () => {
  let server, open, anna, bert;
  before(async () => {
    ({ server, open } = await county({ policy: { four_eyes: true } }));
    [anna, bert] = [await open("anna"), await open("bert")];
  });
  after(() => server?.stop({ prove: true }));

  test("one proposes, the other approves, and the history names both", async () => {
    await refused(anna.call("pack.deploy", pack("1", "一")), "pack.four_eyes");
    await refused(anna.call("policy.move", { note: "不行" }), "pack.four_eyes");
    const { proposal, digest } = await anna.call("pack.propose", pack("1", "一", { note: "初版" }));
    await bert.hear((m) => m.params?.kind === "pack.proposed" && m.params.data.proposal === proposal);
    await refused(anna.call("pack.approve", { proposal }), "pack.own_proposal");
    await refused(server.system("pack.approve", { proposal }), "pack.named_approver");
    const seen = await bert.call("pack.proposal", { proposal });
    assert.deepEqual(seen.files, files("1", "一"));
    const { generation } = await bert.call("pack.approve", { proposal, note: "同意" });
    assert.equal(generation, 1);
    const [row] = (await anna.call("pack.history", {})).rows;
    assert.deepEqual([row.actor, row.approved_by, row.digest, row.note, row.proposal], ["anna", "bert", digest, "初版", proposal]);
    await refused(bert.call("pack.approve", { proposal }), "pack.settled_proposal");
  });

  test("approved by two at once it is deployed once; what was outrun is stale", async () => {
    const [p, q] = [await anna.call("pack.propose", pack("2", "二")), await anna.call("pack.propose", pack("3", "三"))];
    const second = await open("bert");
    const both = await Promise.allSettled([bert, second].map((c) => c.call("pack.approve", { proposal: p.proposal })));
    assert.deepEqual(both.map((x) => x.status).sort(), ["fulfilled", "rejected"]);
    await refused(bert.call("pack.approve", { proposal: q.proposal }), "pack.stale_proposal");
    await refused(bert.call("pack.withdraw", { proposal: q.proposal }), "pack.not_yours");
    await anna.call("pack.withdraw", { proposal: q.proposal });
    assert.deepEqual((await anna.call("pack.proposals", {})).rows, []);
    assert.equal((await anna.call("policy.rollback", {})).version, "1"); // going back needs no second person
  });

  test("whoever has the shell is one person, too: a deployment there is a proposal", async () => {
    const dir = mkdtempSync(join(tmpdir(), "fengqiao-pack-"));
    mkdirSync(join(dir, "policies"));
    for (const [path, text] of Object.entries(files("4", "四"))) writeFileSync(join(dir, path), text);
    const { code, stdout, stderr } = await server.cli(["pack", "deploy", dir, "--note", "从命令行", "--move"]);
    assert.equal(code, 0, stderr);
    assert.match(stderr, /两人[^]*two pairs of eyes/);
    const { proposal } = JSON.parse(stdout);
    const denied = await server.cli(["pack", "approve", proposal]);
    assert.equal(denied.code, 3);
    assert.match(denied.stderr, /具名/);
    const listed = JSON.parse((await server.cli(["pack", "proposals"])).stdout);
    assert.deepEqual(listed.rows.map((r) => [r.proposal, r.author, r.note, r.open]), [[proposal, "system", "从命令行", "move"]]);
    assert.equal((await anna.call("pack.approve", { proposal })).version, "4");
    /* the other verbs, as a script would use them */
    const said = async (...args) => {
      const r = await server.cli(args);
      assert.equal(r.code, 0, `${args.join(" ")}: ${r.stderr}`);
      return JSON.parse(r.stdout);
    };
    assert.equal((await said("pack", "history", "town", "--limit", "1")).rows[0].approved_by, "anna");
    assert.equal((await said("pack", "open", "town", "1")).version, "1");
    writeFileSync(join(dir, "pack.lua"), meta("5"));
    assert.equal((await said("pack", "draft", "save", dir)).rev, 1);
    assert.equal((await said("pack", "draft", "list")).rows[0].version, "5");
    assert.equal((await said("pack", "diff", "town", "--json")).files[0].change, "changed");
    assert.match((await server.cli(["pack", "diff", "town"])).stdout, /^--- pack.lua\t\d+\n\+\+\+ pack.lua\tdraft\n@@ -1 \+1 @@\n name = "town"\n-version = "4"\n\+version = "5"\n/);
    assert.equal((await said("pack", "diff", "town", "1", "2", "--json")).to.version, "2");
    rmSync(join(dir, "policies/p.lua"));
    writeFileSync(join(dir, "pack.lua"), 'name = "town"\nversion = "6"\npolicies = {}\n');
    assert.equal((await server.cli(["pack", "draft", "save", dir])).code, 3);
    assert.equal((await said("pack", "draft", "save", dir, "--rev", "1")).rev, 2);
    assert.deepEqual(Object.keys((await said("pack", "draft", "open", "town")).files), ["pack.lua"]);
    const { proposal: next } = await said("pack", "propose", "--draft", "town");
    assert.equal((await said("pack", "proposal", next)).state, "open");
    await said("pack", "reject", next, "先不改");
    await said("pack", "draft", "discard", "town");
    assert.equal((await said("policy", "generations")).rows[0].packs[0].version, "4");
    assert.equal((await server.cli(["policy", "move", "--note", "x"])).code, 3);
    assert.equal((await said("policy", "rollback", "town", "--to", "1")).version, "1");
    for (const wrong of [["pack", "approve"], ["pack", "open", "town", "x"], ["pack", "history", "--limit", "x"], ["pack", "draft"], ["pack", "deploy", dir, "--nonsense"], ["pack", "list", "extra"]])
      assert.equal((await server.cli(wrong)).code, 2, wrong.join(" "));
    rmSync(dir, { recursive: true, force: true });
  });
});
