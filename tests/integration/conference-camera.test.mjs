// A camera as villages have them, on the real server with the real ffmpeg and Janus: digest over TCP, a reboot, a wrong
// password, H.265; the password is nowhere to be seen; a picture for an incident; a relative with a link.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync, readdirSync } from "node:fs";
import { after, before, describe, test } from "node:test";
import { AT, startCounty } from "./county.mjs";
import { startCamera } from "./fake_camera.mjs";
import { until } from "./server.mjs";

const missing = ["ffmpeg", "janus"].filter((program) => {
  try {
    execFileSync("sh", ["-c", `command -v ${program}`]);
    return false;
  } catch {
    return true;
  }
});
const SECRET = "Cam-5ecret";

describe("cameras", { skip: missing.length ? `NOT RUN: ${missing.join(" and ")} not installed (apt install janus ffmpeg)` : false }, () => {
  let server, village, admin, desk;
  before(async () => {
    village = await startCamera({ password: SECRET });
    server = await startCounty([["admin", "admin.system", AT.county], ["desk", "dispatcher", AT.county], ["chief", "director", AT.A], ["granny", "family", AT.A1g]]);
    const session = (name) => server.session(name, { token: server.tokens[name], device: `page-${name}` });
    [admin, desk] = await Promise.all([session("admin"), session("desk")]);
  });
  after(async () => {
    await server?.stop({ prove: true });
    await village?.close();
  });

  const set = async (name, more) => (await admin.call("cam.set", { name, org: AT.A1g, class: 1, level: 3, url: village.url, ...more })).id;
  const told = (client, camera, state) => client.hear((m) => m.method === "camera" && m.params.data.camera === camera && m.params.data.state === state).then((m) => m.params.data);
  /** From now on: what was heard before does not count. */
  const next = (client, camera, state) => {
    const from = client.heard.length;
    return client.hear((m) => client.heard.indexOf(m) >= from && m.method === "camera" && m.params.data.camera === camera && m.params.data.state === state).then((m) => m.params.data);
  };
  const processes = () => readdirSync("/proc").filter((p) => /^\d+$/.test(p)).flatMap((pid) => {
    try {
      return [{ pid, args: readFileSync(`/proc/${pid}/cmdline`, "latin1"), environment: readFileSync(`/proc/${pid}/environ`, "latin1") }];
    } catch {
      return [];
    }
  });

  let camera;
  test("watched over TCP with digest authentication; the page is offered a leg", async () => {
    camera = await set("村口");
    const answer = await desk.call("cam.watch", { id: camera });
    assert.ok(["off", "starting"].includes(answer.state), answer.state);
    await told(desk, camera, "live");
    assert.equal(village.playing, 1);
    const open = await desk.hear((m) => m.method === "leg" && m.params.data.op === "open" && m.params.data.camera === camera);
    await desk.hear((m) => m.method === "leg" && m.params.data.op === "offer" && m.params.data.leg === open.params.data.leg && /H264/.test(m.params.data.sdp));
    assert.equal((await desk.call("cam.get", { id: camera })).state, "live");
  });

  test("a second viewer needs no second bridge", async () => {
    const chief = await server.session("chief", { token: server.tokens.chief, device: "chief" });
    const answer = await chief.call("cam.watch", { id: camera });
    assert.equal(answer.state, "live");
    await chief.hear((m) => m.method === "leg" && m.params.data.op === "open");
    assert.equal(village.playing, 1);
    await chief.call("cam.unwatch", { id: camera });
    await chief.close();
  });

  test("the password is in no process's arguments, in no log, in no answer and not in the journal", async () => {
    const mine = processes().filter((p) => p.args.includes("ffmpeg") && p.args.includes("rtp://127.0.0.1"));
    assert.ok(mine.length > 0, "the bridge runs");
    for (const p of processes()) {
      if (p.pid === String(process.pid)) continue;
      assert.ok(!p.args.includes(SECRET), `arguments of ${p.pid}: ${p.args.slice(0, 60)}`);
      if (mine.some((m) => m.pid === p.pid)) assert.ok(!p.environment.includes(SECRET));
    }
    assert.ok(!server.log.includes(SECRET));
    assert.ok(!JSON.stringify([...desk.heard, ...admin.heard]).includes(SECRET));
    assert.ok(!JSON.stringify(await server.journal()).includes(SECRET));
    const { host } = await admin.call("cam.get", { id: camera });
    assert.equal(host, `127.0.0.1:${village.port}`);
  });

  test("a camera that reboots comes back, and the viewers keep their leg", async () => {
    const failed = next(desk, camera, "failed"), live = failed.then(() => next(desk, camera, "live"));
    await village.reboot(1200);
    assert.ok(["gone", "refused"].includes((await failed).why));
    await live;
    assert.ok(!desk.heard.some((m) => m.method === "leg" && m.params.data.op === "close"));
  });

  test("a wrong password is told as that, without the password", async () => {
    const id = await set("错密码", { url: village.url.replace(SECRET, "Wr0ng-one") });
    await desk.call("cam.watch", { id });
    const { why, why_zh, why_en } = await told(desk, id, "failed");
    assert.equal(why, "login");
    assert.ok(why_zh && why_en);
    assert.ok(!server.log.includes("Wr0ng-one"));
    // once it is right, nobody waits for the pause to end
    await admin.call("cam.set", { id, name: "错密码", org: AT.A1g, class: 1, level: 3, url: village.url });
    await told(desk, id, "live");
    await admin.call("cam.remove", { id, reason: "试完" });
    await until("the bridge to end", () => village.playing === 1, 5000);
  });

  test("H.265 is told as what browsers cannot show, and shown when it is transcoded", async (t) => {
    const modern = await startCamera({ password: SECRET, codec: "h265" });
    t.after(() => modern.close());
    const id = await set("新摄像头", { url: modern.url });
    await desk.call("cam.watch", { id });
    await desk.hear((m) => m.method === "camera" && m.params.data.camera === id && m.params.data.why === "codec");
    await admin.call("cam.set", { id, name: "新摄像头", org: AT.A1g, class: 1, level: 3, transcode: true });
    await told(desk, id, "live");
    await admin.call("cam.remove", { id, reason: "试完" });
  });

  test("an address is tried before it is kept", async () => {
    const { ask } = await admin.call("cam.check", { url: village.url });
    const { params: { data } } = await admin.hear((m) => m.method === "camera_check" && m.params.data.ask === ask);
    assert.deepEqual([data.ok, data.codec, data.width, data.height, data.shown], [true, "h264", 320, 240, true]);
    const wrong = await admin.call("cam.check", { url: village.url.replace(SECRET, "no") });
    const { params } = await admin.hear((m) => m.method === "camera_check" && m.params.data.ask === wrong.ask);
    assert.deepEqual([params.data.ok, params.data.why], [false, "login"]);
  });

  test("a picture becomes the incident's, in the name of whoever took it", async () => {
    const incident = (await desk.call("incident.report", { category: "fire", title: "冒烟", grid: AT.A1g })).id;
    const { ask } = await desk.call("cam.snapshot", { id: camera, incident, note: "烟很大" });
    const { params: { data } } = await desk.hear((m) => m.method === "camera_snapshot" && m.params.data.ask === ask);
    assert.deepEqual([data.ok, data.attached], [true, true]);
    const { attachments } = await desk.call("incident.get", { id: incident });
    assert.deepEqual(attachments, [data.sha256]);
    const picture = await fetch(`${server.url}/api/v1/blobs/${data.sha256}`, { headers: { authorization: `Bearer ${desk.token}` } });
    assert.equal(picture.headers.get("content-type"), "image/jpeg");
    assert.ok((await picture.arrayBuffer()).byteLength > 1000);
    const attached = (await server.journal()).find((e) => e.kind === "incident.attached" && e.subject === incident);
    assert.equal(attached.actor, "desk");
  });

  test("a relative's link shows one camera, until it is taken back", async () => {
    const until_ = new Date(Date.now() + 86_400_000).toISOString();
    const id = await set("张奶奶家", { class: 8, family: { user: "granny", consent_by: "张奶奶", consent_at: new Date().toISOString(), until: until_ } });
    await assert.rejects(desk.call("cam.watch", { id }), (e) => e.data.code === "cam.reason");
    const { guest, token, url_path } = await desk.call("cam.link", { id, name: "女儿", hours: 1 });
    assert.ok(url_path.endsWith(token));
    const daughter = await server.session(guest, { token, device: "phone" });
    assert.deepEqual((await daughter.call("cam.list", {})).rows.map((r) => r.id), [id]);
    await daughter.call("cam.watch", { id });
    await told(daughter, id, "live");
    await assert.rejects(daughter.call("cam.watch", { id: camera }), (e) => e.data.code === "cam.forbidden");
    await desk.call("cam.unlink", { id, guest });
    assert.equal((await daughter.closed)[0], 4001);
    await assert.rejects(server.session(guest, { token, device: "phone" }));
    const { rows } = await server.system("cam.watches", { id });
    assert.equal(rows[0].user, guest);
  });

  test("what ran when the server was killed is written down as over when it is back", async () => {
    await server.kill();
    await server.start();
    server.reconnect();
    const { rows } = await until("the sweep", async () => {
      const answer = await server.system("cam.watches", { id: camera });
      return answer.rows.every((r) => r.until) && answer;
    });
    assert.ok(rows.some((r) => r.user === "desk" && r.why === "restart"));
    assert.equal(village.playing, 0);
  });
});
