// Orders and the phones they are for, over the real socket.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { AT, startCounty } from "./county.mjs";

const people = [["dispatcher-A", "dispatcher", AT.A], ["officer-A1g", "officer", AT.A1g], ["ranger-1", "officer", AT.T1], ["ranger-2", "officer", AT.T1]];
let server;
before(async () => {
  server = await startCounty(people);
});
after(() => server?.stop({ prove: true }));

const open = (name) => server.session(name, { token: server.tokens[name], device: `phone-${name}` });
const kindOf = (kind, task) => (m) => m.params?.kind === kind && m.params.data.task === task;
async function report(desk) {
  return (await desk.call("incident.report", { category: "fire", title: "冒烟", grid: AT.A1g })).id;
}

describe("an order and its phone", () => {
  test("an order that lapsed while the phone was away is unmistakable when it comes back", async () => {
    const desk = await open("dispatcher-A");
    const phone = await open("officer-A1g");
    phone.socket.terminate();
    await phone.closed;
    const id = await report(desk);
    const [task] = (await desk.call("incident.dispatch", { id, to: [{ user: "officer-A1g" }], expires_in_ms: 1000 })).tasks;
    await desk.hear(kindOf("task.expired", task));

    const back = await server.connect();
    const { token, opened } = phone;
    const { resumed } = await back.call("session.resume", { token, sid: opened.sid, epoch: opened.epoch, last: opened.head, device: "phone-officer-A1g" });
    assert.equal(resumed, true);
    const sent = await back.hear(kindOf("task.created", task));
    const gone = await back.hear(kindOf("task.expired", task));
    assert.ok(gone.params.n > sent.params.n);
    assert.equal(gone.params.data.state, "expired");
    // What waited in the phone's outbox is refused, with words for the man who reads it.
    for (const method of ["task.accept", "task.arrive"]) {
      await assert.rejects(back.call(method, { id: task }), (e) => {
        assert.deepEqual([e.code, e.data.code], [-32009, "task.expired"]);
        assert.match(e.data.message_zh, /已于 .* 失效,不必前往/);
        assert.match(e.data.message_en, /lapsed at .*: do not go/);
        return true;
      });
    }
    assert.deepEqual((await back.call("task.mine", {})).rows, []);
    await back.close();
    await desk.close();
  });

  test("a receipt names the device, and a team's phones all ring", async () => {
    const desk = await open("dispatcher-A");
    const [one, two] = [await open("ranger-1"), await open("ranger-2")];
    const id = await report(desk);
    const [task] = (await desk.call("incident.dispatch", { id, to: [{ team: AT.T1 }] })).tasks;
    for (const c of [one, two]) assert.equal((await c.hear(kindOf("task.created", task))).params.data.role, "lead");
    await two.call("task.delivered", { id: task, device: "phone-ranger-2" });
    await two.call("task.accept", { id: task });
    await one.hear(kindOf("task.accepted", task));
    await assert.rejects(one.call("task.accept", { id: task }), (e) => e.data.code === "task.taken" && e.data.message_zh.includes("ranger-2"));
    const { tasks } = await desk.call("incident.get", { id });
    assert.deepEqual([tasks[0].device, tasks[0].accepted_by], ["phone-ranger-2", "ranger-2"]);
    for (const c of [desk, one, two]) await c.close();
  });

  test("an alarm is still raised after the server was away", async () => {
    let desk = await open("dispatcher-A");
    const phone = await open("officer-A1g");
    const id = await report(desk);
    const [task] = (await desk.call("incident.dispatch", { id, to: [{ user: "officer-A1g" }] })).tasks;
    await phone.call("task.accept", { id: task });
    await desk.call("task.checkin_start", { id: task, every_ms: 1000, grace_ms: 1000 });
    await desk.hear(kindOf("task.check_in_missed", task));
    await server.kill();
    await server.start();
    server.reconnect();
    desk = await open("dispatcher-A");
    const raised = async () => (await desk.call("task.alarms", {})).rows.map((a) => a.task);
    assert.deepEqual(await raised(), [task]);
    const snapshot = await (await fetch(`${server.url}/api/v1/snapshot`, { headers: { authorization: `Bearer ${desk.token}` } })).json();
    assert.deepEqual(snapshot["task.alarms"].rows.map((a) => a.task), [task]);
    await desk.call("task.checkin_clear", { id: task, note: "已通话" });
    assert.deepEqual(await raised(), []);
    await desk.call("task.checkin_stop", { id: task });
    await desk.close();
  });
});
