// A relative in a call: one link, one button. What is asked of an old man at 200 % zoom, what a kicked guest still gets
// (nothing), and what each dead link says.
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { after, before, test } from "node:test";
import { caller, chair, hears, received, sees, seesNothing, startCallers, wide } from "./callers.mjs";
import { startCamera } from "../tools/fake_camera.mjs";
import { axe, missing, signIn, startServer, until } from "./harness.mjs";

const skip = missing() || false;
let server, browser, dispatcher;
const everybody = [];
before(async () => {
  if (skip) return;
  server = await startServer({ hours: 1 });
  browser = await startCallers();
  dispatcher = await chair(browser, server.url, server.run("user", "token", "dispatcher").split(" ")[1]);
});
after(async () => {
  await browser?.close();
  await server?.dispose();
});

async function visit(path, options) {
  const p = await caller(browser, options);
  everybody.push(p);
  await p.page.goto(`${server.url}${path}`);
  return p.page;
}
/** Somebody at the other end: an officer with a phone, who is in the call. */
async function officer(name, id) {
  const p = await caller(browser);
  everybody.push(p);
  await signIn(p.page, `${server.url}/field/`, name);
  await p.page.click(`[data-test=ring][data-id=${id}] [data-test=accept]`);
  await p.page.waitForSelector("[data-test=call][data-phase=in]");
  return p.page;
}
const begin = (more = {}) => dispatcher("conf.create", { title: "接访张大爷", ...more });
const link = async (id, name, more) => (await dispatcher("conf.link", { id, name, ...more }));
const member = async (id, user) => (await dispatcher("conf.get", { id })).members.find((m) => m.user === user);
const dead = (page, why) => page.waitForSelector(`[data-test=dead][data-why=${why}]`);

test("one link, one button; asked to speak; reloaded; shown out, and then nothing more", { skip, timeout: 180_000 }, async () => {
  const { id } = await begin({ to: [{ user: "officer-0001" }] });
  const { guest, url_path } = await link(id, "张大爷");
  const desk = await officer("officer-0001", id);
  const old = await visit(url_path);
  await old.waitForSelector("[data-test=ring] h2");
  assert.equal(new URL(old.url()).hash, "", "the token does not stay in the address");
  assert.deepEqual(await axe(old), []);
  await old.click("[data-test=answer]");
  await old.waitForSelector("[data-test=call][data-phase=in]");
  await Promise.all([sees(old), sees(desk), hears(old), hears(desk)]);
  assert.deepEqual(await axe(old), []);
  assert.ok((await wide(old)) <= 1);

  // muted by the chair, then asked: the whole screen, one button
  await dispatcher("conf.mute", { id, user: guest, muted: true });
  await old.waitForSelector("[data-test=mute][aria-pressed=true]");
  await dispatcher("conf.ask_unmute", { id, user: guest });
  await old.waitForSelector("[data-test=asked]");
  assert.deepEqual(await axe(old), []);
  assert.equal(await old.locator("[data-test=mute]").isDisabled(), false, "asked, he may");
  await old.click("[data-test=unmute-yes]");
  await until("the microphone to be open", async () => !(await member(id, guest)).muted);

  // loaded anew in the middle of it: straight back, without a word
  await old.reload();
  await old.waitForSelector("[data-test=call][data-phase=in]");
  await Promise.all([sees(old), sees(desk)]);

  // shown out: no frame more, here or there, and the link is dead
  await dispatcher("conf.kick", { id, user: guest });
  await old.waitForSelector("[data-test=over][data-why=kicked], [data-test=dead][data-why=kicked]");
  await seesNothing(old);
  assert.equal((await received(old)).open, 0);
  await old.reload();
  await dead(old, "kicked");
  assert.deepEqual(await axe(old), []);
  const again = await visit(url_path);
  await dead(again, "kicked");
  await dispatcher("conf.end", { id });
  await desk.waitForSelector("[data-test=call-over][data-why=ended]");
});

test("hung up by mistake: back with one button; declined; the end has its words", { skip, timeout: 120_000 }, async () => {
  const { id } = await begin();
  const { guest, url_path } = await link(id, "李婶");
  const page = await visit(url_path, { lang: "en" });
  await page.click("[data-test=decline]");
  await until("the refusal", async () => (await member(id, guest)).state === "declined");
  await page.waitForSelector("[data-test=ring][data-rings=false]"); // the door stays open
  await page.click("[data-test=answer]");
  await page.waitForSelector("[data-test=call][data-phase=in]");
  await page.click("[data-test=hang-up]");
  await page.waitForSelector("[data-test=over][data-why=hangup]");
  assert.deepEqual(await axe(page), []);
  await page.click("[data-test=rejoin]");
  await page.click("[data-test=answer]");
  await page.waitForSelector("[data-test=call][data-phase=in]");
  await dispatcher("conf.end", { id });
  await page.waitForSelector("[data-test=over][data-why=ended], [data-test=dead][data-why=ended]");
});

test("links that open nothing say why", { skip, timeout: 120_000 }, async () => {
  await dead(await visit("/family/"), "none");
  await dead(await visit("/family/#t=g.0123456789abcdefghijklmnopqrstuv"), "unknown");
  const { id } = await begin();
  const taken = await link(id, "王叔");
  const open = await visit(taken.url_path, { theme: "dark" });
  await open.waitForSelector("[data-test=ring]");
  await dispatcher("conf.unlink", { guest: taken.guest });
  await dead(open, "unlinked");
  const short = await link(id, "赵奶奶", { hours: 0.0004 });
  await until("the link to run out", async () => (await dispatcher("conf.links", { id })).rows.at(-1).why === "expired");
  await dead(await visit(short.url_path), "expired");
  // a fresh link, touched while the page with the old one is open
  const fresh = await link(id, "王叔");
  await open.goto(`${server.url}${fresh.url_path}`);
  await open.waitForSelector("[data-test=ring]");
  const late = await link(id, "孙伯");
  await dispatcher("conf.end", { id });
  const page = await visit(late.url_path, { theme: "dark", lang: "en" });
  await dead(page, "ended");
  assert.deepEqual(await axe(page), []);
});

test("sound and camera are tried out; two hundred per cent; both themes and languages", { skip, timeout: 120_000 }, async () => {
  const { id } = await begin();
  for (const way of [{ lang: "zh", theme: "light" }, { lang: "en", theme: "dark" }]) {
    const { url_path, guest } = await link(id, `家属${way.lang}`);
    // 360 px at 200 % are 180 px of twice the size
    const page = await visit(url_path, { ...way, width: 180, height: 370, deviceScaleFactor: 2 });
    await page.waitForSelector("[data-test=ring]");
    assert.ok((await wide(page)) <= 1, way.lang);
    await page.click("[data-test=decline]");
    await until("the refusal", async () => (await member(id, guest)).state === "declined");
    await page.click("[data-test=try]");
    await page.waitForSelector("[data-test=try-heard][data-heard=true]");
    await until("one's own picture", () => page.locator("[data-test=try-picture]").evaluate((v) => v.videoWidth > 0));
    assert.deepEqual(await axe(page), []);
    assert.ok((await wide(page)) <= 1, way.lang);
    await page.click("[data-test=try-done]");
    await page.click("[data-test=answer]");
    await page.waitForSelector("[data-test=call][data-phase=in]");
    assert.ok((await wide(page)) <= 1, way.lang);
    assert.deepEqual(await axe(page), []);
    await page.click("[data-test=hang-up]");
  }
  await dispatcher("conf.end", { id });
});

test("without camera and microphone: told why, with a picture, and in the call all the same", { skip, timeout: 120_000 }, async () => {
  const shy = await startCallers({ allowed: false });
  try {
    const { id } = await begin();
    const { url_path } = await link(id, "钱叔");
    const p = await caller(shy);
    await p.page.goto(`${server.url}${url_path}`);
    await p.page.click("[data-test=answer]");
    await p.page.waitForSelector("[data-test=call][data-phase=in]");
    await p.page.waitForSelector("[data-missing=audio]");
    await p.page.waitForSelector("[data-missing=video]");
    assert.deepEqual(await axe(p.page), []);
    assert.ok((await wide(p.page)) <= 1);
    await dispatcher("conf.end", { id });
  } finally {
    await shy.close();
  }
});

const cameras = skip || (["/usr/bin/janus", "/usr/bin/ffmpeg"].every((program) => existsSync(program)) ? false : "no janus or ffmpeg: apt install janus ffmpeg");
test("the camera of a home: looked at with a link, until the consent is withdrawn", { skip: cameras, timeout: 120_000 }, async () => {
  const home = await startCamera({ password: "Cam-5ecret" });
  try {
    const admin = await chair(browser, server.url, server.run("user", "token", "admin").split(" ")[1]);
    await admin("user.add", { name: "granny", display: "张奶奶", org: "430525", roles: ["family"] });
    const day = 86_400_000;
    const at = (ms) => new Date(Date.now() + ms).toISOString();
    const family = { user: "granny", consent_by: "张奶奶", consent_at: at(0), until: at(30 * day) };
    const { id } = await admin("cam.set", { name: "堂屋", org: "430525", class: 8, level: 3, url: home.url, family });
    const { url_path } = await dispatcher("cam.link", { id, name: "女儿", hours: 2 });
    const page = await visit(url_path);
    await page.locator("[data-test=cameras]", { hasText: "堂屋" }).waitFor();
    assert.equal(await page.locator("[data-test=waiting]").count(), 0, "nobody calls by it");
    assert.deepEqual(await axe(page), []);
    assert.ok((await wide(page)) <= 1);
    await page.click(`[data-camera=${id}] button`);
    await sees(page);
    await until("the picture to be shown", () => page.locator(`[data-camera=${id}] video`).evaluate((v) => v.videoWidth > 0));
    assert.deepEqual(await axe(page), []);
    const granny = await chair(browser, server.url, server.run("user", "token", "granny").split(" ")[1]);
    assert.equal((await granny("cam.watches", { id })).rows.length, 1, "the household reads that somebody looked");
    await page.click(`[data-camera=${id}] button`);
    await seesNothing(page);
    await page.click(`[data-camera=${id}] button`);
    await sees(page);
    await granny("cam.consent", { id });
    await dead(page, "camera");
    await seesNothing(page);
    assert.deepEqual(await axe(page), []);
  } finally {
    await home.close();
  }
});

test("nothing broke the pages' own rules", { skip }, () => {
  assert.deepEqual(everybody.flatMap((p) => p.complaints), []);
});
