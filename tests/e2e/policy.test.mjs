// A policy fails while the desk works: the dispatcher sees which, where and why, and that the built-in rules decide
// meanwhile; the banner goes when the policy is rolled back or mended. FQ_SHOTS=DIR keeps pictures.
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { axe, linkUp, missing, person, signedIn, signIn, startBrowser, startServer, until } from "./harness.mjs";

const skip = missing() || false;
let server, browser, dispatcher, admin, desk;
before(async () => {
  if (skip) return;
  server = await startServer();
  browser = await startBrowser();
  dispatcher = await signedIn(server.url, "dispatcher");
  admin = await signedIn(server.url, "admin");
  desk = await person(browser, { width: 1440, height: 900 });
  await signIn(desk.page, `${server.url}/console/`, "dispatcher");
  await linkUp(desk.page);
});
after(async () => {
  await browser?.close();
  await server?.dispose();
});

function deploy(version, body) {
  const dir = mkdtempSync(join(tmpdir(), "fq-banner-"));
  writeFileSync(join(dir, "pack.lua"), `name = "street"\nversion = "${version}"\nrequires = { "dispatch" }\npolicies = { "policies/heads.lua" }\n`);
  mkdirSync(join(dir, "policies"));
  writeFileSync(join(dir, "policies/heads.lua"), `return policy {\n  name = "heads",\n  on = { ["incident.reported"] = function(e)\n    -- 先看网格长在不在\n${body}\n  end },\n}\n`);
  server.run("pack", "deploy", dir);
  rmSync(dir, { recursive: true });
}
const report = (title) => dispatcher("incident.report", { category: "other", title, place: { lon: 110.57, lat: 27.06 } });
const banner = () => desk.page.locator("[data-test=policy-failed]");
const shot = async (name) => process.env.FQ_SHOTS && (await desk.page.screenshot({ path: join(process.env.FQ_SHOTS, `${name}.png`) }));

test("what failed, where, why, and what happens meanwhile", { skip, timeout: 120_000 }, async () => {
  deploy("1.0", "    return nil");
  deploy("1.1", "    local head = e.heads.first");
  await report("路灯不亮");
  await banner().waitFor();
  const text = await banner().textContent();
  for (const part of ["street / heads", "1.1", "空值", "policies/heads.lua 第 5 行", "内置规则"]) assert.ok(text.includes(part), `${part}: ${text}`);
  assert.match(text, /（[0-9a-f]{8}）/);
  assert.equal(await banner().locator("pre").isVisible(), false, "folded");
  await banner().locator("summary").click();
  const lines = (await banner().locator("pre").textContent()).trim().split("\n");
  assert.deepEqual(lines.map((l) => l.trim()), ["4 |     -- 先看网格长在不在", ">    5 |     local head = e.heads.first", "6 |   end },"]);
  await report("井盖松动");
  await until("counted", async () => (await banner().textContent()).includes("已 2 次"));
  assert.equal(await banner().count(), 1);
  assert.deepEqual(await axe(desk.page), []);
  await shot("policy-banner");
});

test("it goes when the policy is rolled back", { skip, timeout: 120_000 }, async () => {
  await admin("policy.rollback", { pack: "street" });
  await until("gone", async () => (await banner().count()) === 0);
});

test("it goes when the policy is mended", { skip, timeout: 120_000 }, async () => {
  deploy("1.2", "    while true do end");
  await report("垃圾未清");
  await banner().waitFor();
  assert.match(await banner().textContent(), /超时/);
  deploy("1.3", "    return nil");
  await until("gone", async () => (await banner().count()) === 0);
});

test("nothing broke the pages' own rules", { skip }, () => {
  assert.deepEqual(desk.complaints, []);
});
