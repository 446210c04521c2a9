// The first dispatch, as people see it: an officer reports on a phone, the desk sees it live, somebody is sent,
// goes, feeds back, finishes; the desk verifies and closes. In the middle the server is gone for a while.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { linkUp, missing, person, signIn, startBrowser, startServer, until } from "./harness.mjs";

const skip = missing() || false;
let server, browser;
const everybody = [];
before(async () => {
  if (skip) return;
  server = await startServer();
  browser = await startBrowser();
});
after(async () => {
  await browser?.close();
  await server?.dispose();
});

async function phone(name, options = {}) {
  const p = await person(browser, { width: 360, height: 740, ...options });
  everybody.push(p);
  await signIn(p.page, `${server.url}/field/`, name);
  await linkUp(p.page);
  return p.page;
}
async function desk(name = "dispatcher") {
  const p = await person(browser);
  everybody.push(p);
  await signIn(p.page, `${server.url}/console/`, name);
  await linkUp(p.page);
  return p.page;
}
/** Fills and sends a report from a phone; returns its number. */
async function report(page, title, category = "fire") {
  await page.click("nav.tabs a[href='#/report']");
  await page.click(`label.tick:has(input[name=category][value=${category}])`);
  for (const question of await page.locator("fieldset.form-block").all()) await question.locator("label").first().click();
  await page.fill("input[name=title]", title);
  await page.fill("textarea[name=text]", "浓烟向山脊蔓延");
  await page.click("[data-test=submit]");
}
const row = (page, title) => page.locator(".incident", { hasText: title });
const told = (page) => page.locator("[data-test=notice] span").first();

test("from a report to a closed case, with the server away in the middle", { skip, timeout: 240_000 }, async () => {
  const console_ = await desk();
  const reporter = await phone("officer-0001");
  const title = "后山竹林冒烟";

  await report(reporter, title);
  await until("the number of the report", async () => /\d/.test(await told(reporter).textContent()));
  await reporter.click("nav.tabs a[href='#/mine']");
  await reporter.waitForSelector(`.card-box:has-text("${title}")`);

  // Live: nobody touched the desk's page.
  await row(console_, title).waitFor();
  await row(console_, title).click();
  await console_.waitForSelector(".detail h2");
  await console_.waitForSelector("[data-test=timeline] li[data-kind='incident.reported']");
  await console_.locator(".detail", { hasText: "浓烟向山脊蔓延" }).waitFor();
  await console_.locator(".detail .clock").first().waitFor(); // a clock counts

  // Sent by the policy, or else by hand.
  const detail = console_.locator(".detail");
  const state = () => console_.getAttribute(".incident[aria-current=true]", "data-state");
  if ((await detail.locator(".task").count()) === 0) {
    await console_.click("[data-verb=dispatch]");
    await console_.fill("input[name=by-hand]", "officer-0001");
    await console_.click("[data-test=send]");
  }
  await detail.locator(".task").first().waitFor();
  const who = (await detail.locator(".task .dim").first().textContent()).trim();
  const worker = who === "officer-0001" ? reporter : await phone(who);

  // The phone's receipt comes by itself; the human one does not.
  await worker.click("nav.tabs a[href='#/tasks']");
  const card = worker.locator(".card-link", { hasText: title });
  await card.waitFor();
  await until("the phone's receipt", async () => (await detail.locator(".task").first().getAttribute("data-state")) === "delivered");
  await card.click();
  await until("seen", async () => (await detail.locator(".task").first().getAttribute("data-state")) === "seen");
  await worker.click("[data-do=accept]");
  await until("the acceptance at the desk", async () => (await detail.locator(".task").first().getAttribute("data-state")) === "accepted");

  // The server dies. Loud on both pages; the officer goes on working.
  await server.kill();
  await console_.waitForSelector("[data-test=link-down]");
  await worker.waitForSelector("[data-test=link-down]");
  assert.ok(await console_.locator("[data-verb=comment]").isDisabled(), "no order leaves a desk without a link");
  await worker.click("[data-do=arrive]");
  await worker.waitForSelector("[data-test=waiting]");
  await worker.waitForSelector(".task-view[data-state=arrived]");
  await server.start();
  await worker.reload(); // at once: what waits was kept by the phone, not by the page
  await linkUp(console_);
  await linkUp(worker);
  await until("what waited to be sent", async () => (await worker.locator("[data-test=waiting]").count()) === 0);
  await until("the arrival at the desk", async () => (await detail.locator(".task").first().getAttribute("data-state")) === "arrived");
  const arrivals = console_.locator("[data-test=timeline] li[data-kind='task.arrived']");
  await arrivals.first().waitFor(); // the timeline is fetched on its own
  assert.equal(await arrivals.count(), 1, "sent again, done once");

  await worker.click("[data-do=feedback]");
  await worker.fill("dialog textarea[name=text]", "明火已扑灭，留守观察");
  await worker.click("dialog button[type=submit]");
  await worker.click("[data-do=finish]");
  await until("the incident to be handled", async () => (await state()) === "handled");
  await console_.locator("[data-test=timeline]", { hasText: "明火已扑灭" }).waitFor();

  await console_.click("[data-verb=pass]");
  await console_.fill("dialog textarea[name=text]", "电话回访属实");
  await console_.click("dialog button[type=submit]");
  await until("the verification", async () => (await state()) === "verified");
  await console_.click("[data-verb=close]");
  await console_.click("dialog button[type=submit]");
  await until("the closed case to leave the list", async () => (await row(console_, title).count()) === 0);
  await until("closed in the detail", async () => /结案/.test(await console_.textContent("[data-test=state]")));

  // The reporter hears how it ended.
  await reporter.click("nav.tabs a[href='#/mine']");
  await reporter.waitForSelector(`.card-box[data-state=closed]:has-text("${title}")`);
});

test("a report written without a network leaves once, after a reload", { skip, timeout: 120_000 }, async () => {
  const console_ = await desk();
  const p = await person(browser, { width: 360, height: 740 });
  everybody.push(p);
  await signIn(p.page, `${server.url}/field/`, "officer-0002");
  await linkUp(p.page);
  await server.stop();
  await p.page.waitForSelector("[data-test=link-down]");
  await p.page.click("nav.tabs a[href='#/tasks']");
  await p.page.locator("[data-test=empty]", { hasText: "无法确定" }).waitFor(); // empty does not look like nothing to do
  await report(p.page, "离线上报一次", "sanitation");
  await p.page.waitForSelector("[data-test=waiting]");
  await server.start();
  await p.page.reload();
  await linkUp(p.page);
  await until("the outbox to be empty", async () => (await p.page.locator("[data-test=waiting]").count()) === 0);
  await linkUp(console_);
  await row(console_, "离线上报一次").first().waitFor();
  assert.equal(await row(console_, "离线上报一次").count(), 1);
});

test("the draft of a report survives a reload", { skip, timeout: 60_000 }, async () => {
  const page = await phone("officer-0003");
  await page.click("nav.tabs a[href='#/report']");
  await page.click("label.tick:has(input[name=category][value=dispute])");
  await page.fill("textarea[name=text]", "两户因地界争吵");
  await page.reload();
  await page.waitForSelector("textarea[name=text]");
  assert.equal(await page.inputValue("textarea[name=text]"), "两户因地界争吵");
  assert.ok(await page.isChecked("input[name=category][value=dispute]"));
});

test("a declined task says why at the desk", { skip, timeout: 90_000 }, async () => {
  const console_ = await desk();
  const reporter = await phone("officer-0001");
  const title = "围墙倒塌堵路";
  await report(reporter, title, "utility");
  await row(console_, title).click();
  const detail = console_.locator(".detail");
  await console_.waitForSelector("[data-test=timeline] li");
  await detail.locator(".task").first().waitFor(); // the policy has sent somebody
  // The same man twice is refused: send one who is not on it yet.
  const on = await detail.locator(".task .dim").allTextContents();
  const who = ["officer-0002", "officer-0003"].find((u) => !on.some((x) => x.trim() === u));
  await console_.click("[data-verb=dispatch]");
  await console_.fill("input[name=by-hand]", who);
  await console_.fill("input[name=note]", "请带铁锹");
  await console_.click("[data-test=send]");
  const mine = detail.locator(".task", { hasText: who });
  await mine.waitFor();
  const worker = await phone(who);
  await worker.click("nav.tabs a[href='#/tasks']");
  await worker.locator(".card-link", { hasText: title }).click();
  await worker.locator(".task-view", { hasText: "请带铁锹" }).waitFor();
  await worker.click("[data-do=decline]");
  await worker.click("dialog label.tick >> nth=1");
  await worker.click("dialog button[type=submit]");
  await until("the refusal at the desk", async () => (await mine.getAttribute("data-state")) === "declined");
  await detail.locator(".task", { hasText: "正在处理其他任务" }).waitFor();
});

test("nothing broke the pages' own rules", { skip }, () => {
  assert.deepEqual(everybody.flatMap((p) => p.complaints), []);
});
