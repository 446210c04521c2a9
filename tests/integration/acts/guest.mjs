// Relatives in a call by a link: given, given again, opened, taken back, run out, over with the call; and what a guest's
// token opens besides: nothing.
import assert from "node:assert/strict";

export async function act({ AT, S, as, server }) {
  const { id } = await as("director-A", "conf.create", { title: "接访", org: AT.A });
  const link = (name, more = {}) => as("director-A", "conf.link", { id, name, ...more });
  const check = async (token) => (await S("family-B").call("conf.link_check", { token })).state;
  const open = (token) => server.session(null, { token, device: "relative" });
  const shut = async (token, state) => {
    await assert.rejects(open(token), (e) => e.code === -32001 || assert.fail(e.stack));
    assert.equal(await check(token), state);
  };

  // one that calls, talks, and is shown out
  const lost = await link("张大爷");
  const { guest, token, again, url_path } = await link("张大爷", { phone: "138 1234 5678" });
  assert.deepEqual([guest, again, url_path], [lost.guest, true, `/family/#t=${token}`]);
  await shut(lost.token, "unknown");
  const relative = await open(token);
  const own = await relative.call("conf.guest", {});
  assert.deepEqual([own.user, own.name, own.conf, own.title], [guest, "张大爷", id, "接访"]);
  const [mine] = (await relative.call("conf.mine", {})).rows;
  assert.deepEqual([mine.id, mine.member.role], [id, "family"]);
  await relative.call("conf.ringing", { id });
  await relative.call("conf.join", { id });
  await relative.call("conf.text", { id, text: "听得见" });
  for (const [method, params] of [
    ["conf.kick", { id, user: "director-A" }],
    ["conf.link", { id, name: "别人" }],
    ["conf.links", { id }],
    ["conf.create", {}],
    ["incident.search", { text: "火" }],
    ["people.positions", {}],
  ])
    await assert.rejects(relative.call(method, params), (e) => [-32003, -32601].includes(e.code) || assert.fail(`${method}: ${e.stack}`));
  const other = await as("dispatcher-B", "conf.create", { title: "内部", org: AT.B });
  assert.deepEqual((await relative.call("conf.list", {})).rows.map((r) => r.id), [id]);
  await assert.rejects(relative.call("conf.get", { id: other.id }), { code: -32003 });
  await assert.rejects(relative.call("conf.join", { id: other.id }), { code: -32003 });
  await as("dispatcher-B", "conf.end", { id: other.id });
  await as("director-A", "conf.kick", { id, user: guest });
  assert.equal((await relative.closed)[0], 4001);
  await shut(token, "kicked");

  // taken back; run out; forged; over with the call
  const back = await link("李婶");
  await as("director-A", "conf.unlink", { guest: back.guest });
  await shut(back.token, "unlinked");
  const short = await link("王叔", { hours: 0.0004 });
  await S("director-A").hear((m) => m.params?.kind === "conf.unlinked" && m.params.data.user === short.guest);
  await shut(short.token, "expired");
  await shut(`${back.token.slice(0, -1)}_`, "unknown");
  const last = await link("赵奶奶");
  const there = await open(last.token);
  const rows = (await as("director-A", "conf.links", { id })).rows;
  assert.deepEqual(rows.map((r) => [r.name, r.used, r.why]), [["张大爷", true, "kicked"], ["李婶", false, "unlinked"], ["王叔", false, "expired"], ["赵奶奶", false, undefined]]);
  assert.equal(rows[0].phone, "138****5678");
  await as("director-A", "conf.end", { id });
  assert.equal((await there.closed)[0], 4001);
  await shut(last.token, "ended");
}
