// When somebody is in danger: the panic button on a phone with and without a network, what rings until when, who answers,
// over a power cut of the server; and a patrol that is walked where there is no network at all.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { axe, linkUp, missing, person, signedIn, signIn, startBrowser, startServer, until } from "./harness.mjs";

const skip = missing() || false;
let server, browser, dispatcher;
const everybody = [];
const airs = new Map();
before(async () => {
  if (skip) return;
  server = await startServer({ hours: 1 });
  browser = await startBrowser();
  dispatcher = await signedIn(server.url, "dispatcher");
});
after(async () => {
  await browser?.close();
  await server?.dispose();
});

async function visitor(name, page, options = {}) {
  const p = await person(browser, options);
  everybody.push(p);
  const air = { cut: false, open: new Set() };
  airs.set(p.page, air);
  await p.context.routeWebSocket(/\/ws$/, (ws) => {
    if (air.cut) return void ws.close();
    ws.connectToServer();
    air.open.add(ws);
  });
  await signIn(p.page, `${server.url}/${page}/`, name);
  await linkUp(p.page);
  return p.page;
}
const desk = (name = "dispatcher", options) => visitor(name, "console", { width: 1280, height: 800, ...options });
const phone = (name, options) => visitor(name, "field", { width: 360, height: 740, ...options });
/** No bar of signal, or the signal is back: requests and the open socket alike. */
async function offline(page, yes) {
  const air = airs.get(page);
  air.cut = yes;
  await page.context().setOffline(yes);
  if (!yes) return linkUp(page);
  await Promise.all([...air.open].map((ws) => ws.close()));
  air.open.clear();
  await page.waitForSelector("[data-test=link-down]");
}
const raised = async () => (await dispatcher("panic.open")).rows;

/** Two seconds of a finger. */
async function hold(page) {
  await page.hover("[data-test=sos]");
  await page.mouse.down();
  await page.waitForSelector(".sos.holding");
  await page.waitForSelector(".sos:not(.holding)");
  await page.mouse.up();
  await page.waitForSelector("[data-test=sos-own]");
}
const banner = (page, rings) => page.locator(`[data-test=panic][data-rings=${rings}]`);
test("pressed on a phone: the desk rings until it has answered, an officer comes, over a power cut", { skip, timeout: 180_000 }, async () => {
  const [first, second] = [await desk(), await desk("dispatcher2", { theme: "light" })];
  const [old, near] = [await phone("officer-0012"), await phone("officer-0013")];
  await hold(old);
  for (const page of [first, second]) await banner(page, true).waitFor();
  await near.waitForSelector("[data-test=sos-call][data-answer='']");
  await old.waitForSelector("[data-test=sos-sent]");
  const [alarm] = await raised();
  assert.equal(alarm.user, "officer-0012");
  assert.equal((await dispatcher("incident.get", { id: alarm.incident })).level, 1);
  await until("the phone's receipt", async () => (await raised())[0].told.some((w) => w.who === "user/officer-0013" && w.received_at));

  // pressed again: no second alarm
  await hold(old);
  await until("the second press", async () => (await raised())[0].repeats === 1);

  // the server dies and comes back; a page is loaded anew
  await server.kill();
  await server.start();
  await first.reload();
  for (const page of [first, second]) {
    await linkUp(page);
    await banner(page, true).waitFor();
  }
  await near.waitForSelector("[data-test=sos-call][data-answer='']");
  assert.deepEqual(await axe(first), []);
  assert.deepEqual(await axe(near), []);
  assert.deepEqual(await axe(old), []);

  // one says he comes, and he who pressed reads it
  await near.click("[data-go='5']");
  await near.waitForSelector("[data-test=sos-call][data-answer=coming]");
  await old.locator("[data-test=sos-answer]", { hasText: "正在赶来" }).waitFor();
  assert.equal(await old.locator("[data-test=sos-cancel]").count(), 0); // somebody is on his way
  await first.locator("[data-test=panic-state]", { hasText: "正在赶去" }).waitFor();
  assert.equal(await banner(second, true).count(), 1); // the desk has not answered

  await first.click("[data-test=panic-answer]");
  for (const page of [first, second]) await banner(page, false).waitFor(); // a desk answers as one
  assert.equal((await raised())[0].settled, true);

  await first.goto(`${server.url}/console/#/panic`);
  await first.locator("[data-test=panic-board] [data-who='user/officer-0013'] .coming").waitFor();
  assert.deepEqual(await axe(first), []);
  await second.click("[data-test=panic-dispose]");
  await second.check("dialog input[value=real]");
  await second.fill("dialog textarea", "民警已到，老人摔倒，已送医");
  await second.click("dialog button[type=submit]");
  for (const page of [first, second]) await banner(page, false).waitFor({ state: "detached" });
  await near.locator("[data-test=sos-call]").waitFor({ state: "detached" });
  await old.locator("[data-test=sos-own]").waitFor({ state: "detached" });
  await first.locator("[data-test=panic-board] .safety-table", { hasText: "已送医" }).waitFor();
  assert.deepEqual(await raised(), []);
});

test("without a network it waits, and is told by when it was pressed; taken back, it disturbs nobody for long", { skip, timeout: 120_000 }, async () => {
  const page = await phone("officer-0016", { lang: "en" });
  await offline(page, true);
  await hold(page);
  await page.locator("[data-test=sos-sending]", { hasText: "No network" }).waitFor();
  assert.deepEqual(await axe(page), []);
  await offline(page, false);
  await page.waitForSelector("[data-test=sos-sent]");
  await until("one alarm", async () => (await raised()).length === 1);
  const [alarm] = await raised();
  assert.ok(Date.parse(alarm.occurred_at) <= Date.parse(alarm.raised_at));
  await page.click("[data-test=sos-cancel]");
  await page.locator("[data-test=sos-own]").waitFor({ state: "detached" });
  assert.deepEqual(await raised(), []);
  const past = await dispatcher("panic.get", { id: alarm.id });
  assert.equal(past.how, "false");
  assert.equal(past.repeats, undefined);
  assert.equal((await dispatcher("incident.get", { id: alarm.incident })).state, "voided");
});

test("a patrol walked without a network arrives once, as it was walked", { skip, timeout: 120_000 }, async () => {
  const at = (longitude, latitude) => ({ longitude, latitude, accuracy: 8 });
  const page = await phone("officer-0001", { geolocation: at(110.58214, 27.06214), permissions: ["geolocation"] });
  const context = page.context();
  await page.click("nav.tabs a[href='#/patrol']");
  await page.locator("[data-plan]", { hasText: "桔城社区夜巡" }).waitFor();
  assert.deepEqual(await axe(page), []);
  await offline(page, true);
  await page.locator("[data-plan]", { hasText: "桔城社区夜巡" }).locator("[data-test=walk-start]").click();
  await page.locator("[data-point=market]", { hasText: "已到点位" }).waitFor();
  await page.locator("[data-point=market] [data-test=walk-ok]").click();
  await page.waitForSelector("[data-point=market][data-done=true]");
  await context.setGeolocation(at(110.5805, 27.0634));
  await page.locator("[data-point=school]", { hasText: "已到点位" }).waitFor();
  await page.locator("[data-point=school] [data-test=walk-bad]").click();
  await page.check("[data-point=school] input[value=护栏]");
  await page.fill("[data-point=school] textarea", "护栏松动");
  assert.deepEqual(await axe(page), []);
  await page.click("[data-point=school] button[type=submit]");
  await page.waitForSelector("[data-point=school][data-done=true]");
  page.once("dialog", (d) => d.accept());
  await page.click("[data-test=walk-end]");
  await page.locator("[data-test=notice]", { hasText: "巡逻已结束" }).waitFor();
  assert.deepEqual((await dispatcher("patrol.list", { user: "officer-0001" })).rows, []);

  await offline(page, false);
  await until("all of it", async () => (await dispatcher("patrol.list", { user: "officer-0001", running: false })).rows.length === 1);
  const { rows } = await dispatcher("patrol.list", { user: "officer-0001" });
  assert.equal(rows.length, 1);
  const walk = await dispatcher("patrol.get", { id: rows[0].id });
  assert.deepEqual(walk.round.map((p) => p.done && [p.done.ok, p.done.far ?? false]), [[true, false], [false, false], undefined]);
  assert.deepEqual(walk.round[1].done.checks, [{ name: "护栏", ok: false }, { name: "路灯", ok: true }]);
  assert.ok(walk.track.length >= 2, `${walk.track.length} fixes`);
  const found = async () => (await dispatcher("incident.search", { text: "护栏松动" })).rows;
  await until("the finding", async () => (await found()).length > 0);
  assert.deepEqual((await found()).map((i) => i.source), ["patrol"]);

  const console_ = await desk();
  await console_.goto(`${server.url}/console/#/patrols`);
  await console_.click("[data-view=over]");
  await console_.locator(`[data-test=patrol-board] tr[data-id='${walk.id}'] button`).click();
  await console_.locator("[data-test=patrol-one] [data-point=school]", { hasText: "护栏松动" }).waitFor();
  await console_.waitForSelector(".patrol-map canvas");
  assert.deepEqual(await axe(console_), []);

  // a plan of one's own
  await console_.click("[data-view=plans]");
  await console_.click("[data-test=plan-new]");
  await console_.fill("dialog input[name=name]", "学校周边");
  await console_.fill("dialog input[name=org]", "430525001001");
  await console_.fill("dialog input[name=point]", "校门");
  await console_.fill("dialog input[name=lon]", "110.58");
  await console_.fill("dialog input[name=lat]", "27.06");
  await console_.click("dialog button[type=submit]");
  await console_.locator("[data-test=patrol-board] tr", { hasText: "学校周边" }).waitFor();
});

test("no page complained", { skip }, () => assert.deepEqual(everybody.flatMap((p) => p.complaints), []));
