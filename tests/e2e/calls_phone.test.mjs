// An officer's phone in a call: it rings above whatever is open, is answered, declined or missed; push to talk, roll call,
// asked to speak; a task is looked at meanwhile; the page is loaded anew in the middle; whoever is pulled in is told.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { caller, chair, received, sees, seesNothing, startCallers, wide } from "./callers.mjs";
import { axe, linkUp, missing, signIn, startServer, until } from "./harness.mjs";

const skip = missing() || false;
let server, browser, desk;
const everybody = [];
before(async () => {
  if (skip) return;
  server = await startServer({ hours: 1 });
  browser = await startCallers();
  desk = await chair(browser, server.url, server.run("user", "token", "dispatcher").split(" ")[1]);
});
after(async () => {
  await browser?.close();
  await server?.dispose();
});

async function phone(name, options) {
  const p = await caller(browser, options);
  everybody.push(p);
  await signIn(p.page, `${server.url}/field/`, name);
  await linkUp(p.page);
  return p.page;
}
const member = async (id, user) => (await desk("conf.get", { id })).members.find((m) => m.user === user);
const rings = (page, id) => page.waitForSelector(`[data-test=ring][data-id=${id}]`);
const inCall = (page) => page.waitForSelector("[data-test=call][data-phase=in]");
async function answer(page, id) {
  await rings(page, id);
  await page.click("[data-test=accept]");
  await inCall(page);
}

test("rings above an open dialog, is answered, frames arrive; small beside a task; loaded anew; thrown out", { skip, timeout: 180_000 }, async () => {
  const [one, two] = [await phone("officer-0001"), await phone("officer-0002", { lang: "en", theme: "light" })];
  await one.click("nav.tabs a[href='#/report']");
  const { id } = await desk("conf.create", { title: "后山冒烟", to: [{ user: "officer-0001" }, { user: "officer-0002" }] });
  await rings(one, id);
  await until("the receipt of the phone", async () => (await member(id, "officer-0001")).state === "ringing");
  assert.deepEqual(await axe(one), []);
  assert.ok((await wide(one)) <= 1);
  await answer(one, id);
  await answer(two, id);
  await Promise.all([sees(one), sees(two)]);
  assert.deepEqual(await axe(one), []);
  assert.deepEqual(await axe(two), []);

  // mute, camera, less network, a hand, a text
  await one.click("[data-test=mute]");
  await until("muted", async () => (await member(id, "officer-0001")).muted);
  await one.click("[data-test=camera]");
  await until("the camera to be off", async () => !(await member(id, "officer-0001")).camera);
  await one.click("[data-test=camera]");
  await one.click("[data-test=more]");
  await one.click("[data-test=hand]");
  await until("the hand", async () => (await member(id, "officer-0001")).hand);
  await one.click("[data-quality=low]");
  await until("less network", async () => (await member(id, "officer-0001")).quality === "low");
  await one.fill("[data-test=call-more] input[name=text]", "我在山脚");
  await one.press("[data-test=call-more] input[name=text]", "Enter");
  await one.locator("[data-test=texts]", { hasText: "我在山脚" }).waitFor();
  assert.deepEqual(await axe(one), []);
  await one.keyboard.press("Escape");

  // push to talk: the button says whose turn it is, here and there
  const floor = (page, state) => page.waitForSelector(`[data-test=ptt][data-state=${state}]`);
  await one.click("[data-test=ptt-mode]");
  await one.dispatchEvent("[data-test=ptt]", "pointerdown");
  await Promise.all([floor(one, "mine"), floor(two, "other")]);
  await one.dispatchEvent("[data-test=ptt]", "pointerup");
  await Promise.all([floor(one, "none"), floor(two, "none")]);
  await one.click("[data-test=ptt-mode]");

  // silenced by the chair, then asked to speak: the whole screen
  await desk("conf.mute", { id, user: "officer-0001", muted: true });
  await one.waitForSelector("[data-test=mute][aria-pressed=true]:disabled");
  await desk("conf.ask_unmute", { id, user: "officer-0001" });
  await one.click("[data-test=unmute-yes]");
  await until("the microphone to be open", async () => !(await member(id, "officer-0001")).muted);

  // roll call
  await desk("conf.roll_call", { id, seconds: 60 });
  assert.deepEqual(await axe(two), []);
  for (const page of [one, two]) await page.click("[data-test=here]");
  await until("both to be here", async () => (await desk("conf.get", { id })).roll_call.here.length >= 2);

  // small, while something else is looked at; then large again
  await one.click("[data-test=minimise]");
  await one.click("nav.tabs a[href='#/tasks']");
  await sees(one);
  assert.ok((await wide(one)) <= 1);
  await one.click("[data-test=expand]");

  // loaded anew: back by itself
  await one.reload();
  await inCall(one);
  await Promise.all([sees(one), sees(two)]);

  // put out: nothing more arrives
  await desk("conf.kick", { id, user: "officer-0002" });
  await two.waitForSelector("[data-test=call-over][data-why=kicked]");
  await seesNothing(two);
  assert.equal((await received(two)).open, 0);
  assert.equal(await two.locator("[data-test=rejoin]").count(), 0);

  // hung up by mistake, and back
  await one.click("[data-test=leave]");
  await one.waitForSelector("[data-test=call-over][data-why=hangup]");
  await one.click("[data-test=rejoin]");
  await inCall(one);
  await desk("conf.end", { id });
  await one.waitForSelector("[data-test=call-over][data-why=ended]");
  await one.click("[data-test=call-close]");
  assert.equal(await one.locator("[data-test=call]").count(), 0);
});

test("declined with a reason; missed, said, and joined late", { skip, timeout: 120_000 }, async () => {
  const page = await phone("officer-0003");
  const first = await desk("conf.create", { title: "会商一", to: [{ user: "officer-0003" }] });
  await rings(page, first.id);
  await page.click("[data-test=decline]");
  assert.deepEqual(await axe(page), []);
  await page.click("[data-why='vc.why.busy']");
  await page.waitForSelector("[data-test=ring]", { state: "detached" });
  await until("the refusal", async () => (await member(first.id, "officer-0003")).state === "declined");
  await desk("conf.end", { id: first.id });

  const second = await desk("conf.create", { title: "会商二", ring_s: 5, to: [{ user: "officer-0003" }] });
  await rings(page, second.id);
  await page.waitForSelector(`[data-test=missed][data-id=${second.id}]`, { timeout: 60_000 });
  assert.deepEqual(await axe(page), []);
  await page.click("[data-test=missed-join]");
  await inCall(page);
  await desk("conf.end", { id: second.id });
});

test("pulled in: told, counted down, and in without a press", { skip, timeout: 120_000 }, async () => {
  const page = await phone("officer-0004");
  const { id } = await desk("conf.create", { title: "紧急调度", to: [{ user: "officer-0004" }] });
  await rings(page, id);
  await desk("conf.pull", { id, user: "officer-0004" });
  await page.waitForSelector("[data-test=pull]");
  await inCall(page);
  await page.locator(".vc-note.loud", { hasText: "已被指挥中心接入" }).waitFor();
  await desk("conf.end", { id });
});

test("from a task to the desk", { skip, timeout: 120_000 }, async () => {
  const page = await phone("officer-0005");
  const incident = (await desk("incident.report", { category: "fire", level: 3, title: "路边起火", place: { lon: 110.57, lat: 27.06 } })).id;
  await desk("incident.dispatch", { id: incident, to: [{ user: "officer-0005" }] });
  await page.locator("a.card-link", { hasText: "路边起火" }).click();
  await page.click("[data-test=call-desk]");
  await inCall(page);
  // whoever sits at the desk that answers for it, or at the next above that is manned, hears it ring
  const [{ id }] = (await desk("conf.list", { incident, limit: 10 })).rows;
  const [rung] = (await desk("conf.get", { id })).members.filter((m) => m.role !== "chair");
  assert.doesNotMatch(rung.user, /^officer-/);
  const there = await chair(browser, server.url, server.run("user", "token", rung.user).split(" ")[1]);
  assert.deepEqual((await there("conf.mine")).rows.filter((r) => r.incident === incident && r.member.ring_until).map((r) => r.id), [id], "it rings at the desk");
  await page.click("[data-test=leave]");
  await desk("conf.end", { id });
});

test("nothing broke the pages' own rules", { skip }, () => {
  assert.deepEqual(everybody.flatMap((p) => p.complaints), []);
});
