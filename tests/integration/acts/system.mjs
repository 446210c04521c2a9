// The house itself: words of the county's own, a device blocked and allowed, a backup made, verified and planned, the
// journal searched and its chain checked.
import assert from "node:assert/strict";
import { PASSWORD } from "../server.mjs";

export async function act({ AT, S, as }) {
  const [admin, security, audit] = ["admin.system-county", "admin.security-county", "admin.audit-county"];
  await as(admin, "dictionary.set", { name: "categories", code: "fire", zh: "火灾", en: "Blaze", attributes: { skill: "fire" } });
  const fire = (await as(admin, "dictionary.list", { name: "categories" })).rows.find((r) => r.code === "fire");
  assert.deepEqual([fire.zh, fire.pack, fire.own], ["火灾", "rights", true]);
  await as(admin, "dictionary.usage", { name: "categories", code: "fire" });
  await as(admin, "dictionary.remove", { name: "categories", code: "fire" });
  await assert.rejects(as(admin, "dictionary.remove", { name: "categories", code: "fire" }), (e) => e.data.code === "dictionary.pack");

  await assert.rejects(as(admin, "device.block", { device: "nobody's", reason: "丢失" }), (e) => e.data.code === "device.unknown");
  await as(admin, "user.add", { name: "borrower", display: "借用人", roles: ["family"], org: AT.A1, password: PASSWORD });
  const { token } = await S("officer-A2g").call("session.login", { name: "borrower", password: PASSWORD, device: "old-phone" });
  assert.ok(token);
  const phones = await as(security, "device.list", { text: "old-phone" });
  assert.equal(phones.rows.length, 1);
  await as(security, "device.block", { device: "old-phone", reason: "手机丢失" });
  await assert.rejects(S("officer-A2g").call("session.login", { name: "borrower", password: PASSWORD, device: "old-phone" }), (e) => e.data.code === "device.blocked");
  await assert.rejects(as(security, "device.block", { device: "old-phone", reason: "手机丢失" }), (e) => e.data.code === "device.blocked");
  await as(security, "device.allow", { device: "old-phone" });
  await assert.rejects(as(security, "device.allow", { device: "old-phone" }), (e) => e.data.code === "device.not_blocked");

  await as(admin, "outbox.list", {});
  await as(admin, "outbox.retry", {});
  await assert.rejects(as(admin, "outbox.drop", { key: "nothing", reason: "不存在" }), (e) => e.data.code === "outbox.unknown");

  const over = (run) => S(admin).hear((m) => m.params?.kind === "backup.finished" && m.params.data.run === run);
  const made = await as(admin, "backup.start", {});
  await over(made.run);
  const [file] = (await as(audit, "backup.list", {})).rows;
  assert.equal(file.head, made.run); // its own beginning is the last thing it holds
  const checked = await as(admin, "backup.verify", { file: file.file });
  await over(checked.run);
  const { runs } = await as(admin, "backup.list", {});
  assert.deepEqual(runs.slice(0, 2).map((r) => [r.what, r.ok]), [["verify", true], ["copy", true]]);
  await assert.rejects(as(admin, "backup.verify", { file: "../county.db" }), (e) => e.data.code === "backup.unknown");
  await assert.rejects(as(admin, "backup.schedule", { at: "25:00" }), (e) => e.data.code === "backup.at");
  await as(admin, "backup.schedule", { at: "03:30", keep: 3 });
  assert.deepEqual((await as(admin, "backup.list", {})).plan, { at: "03:30", keep: 3 });
  await as(admin, "backup.schedule", { keep: 3 });
  assert.deepEqual((await as(admin, "backup.list", {})).plan, { keep: 3 });

  const found = await as(audit, "journal.search", { kind: "device.", limit: 10 });
  assert.deepEqual(found.rows.map((r) => r.kind), ["device.allowed", "device.blocked"]);
  const seen = await as(audit, "journal.entry", { n: found.rows[1].n });
  assert.equal(seen.data.reason, "手机丢失");
  assert.equal((await as(audit, "journal.search", { kind: "user.password_set", limit: 1 })).rows[0].hidden, true);
  assert.equal((await as(audit, "journal.verify", {})).ok, true);
  const status = await as(admin, "server.status", {});
  assert.ok(status.disk.free > 0 && status.backup_at && Array.isArray(status.findings));
  assert.equal((await as("dispatcher-county", "dictionary.list", { name: "categories" })).rows[0].zh, "火情");
}
