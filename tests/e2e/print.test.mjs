// The sheets to print: the after-action report out of the console, the handover note, and the way in by address.
// With FQ_SHOTS=<directory>, what they look like is kept there.
import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { axe, linkUp, missing, person, signedIn, signIn, startBrowser, startServer, until } from "./harness.mjs";

const skip = missing() || false;
const shots = process.env.FQ_SHOTS;
let server, browser;
const everybody = [];
before(async () => {
  if (skip) return;
  if (shots) mkdirSync(shots, { recursive: true });
  server = await startServer();
  browser = await startBrowser();
});
after(async () => {
  await browser?.close();
  await server?.dispose();
});
async function visitor(options) {
  const p = await person(browser, { theme: "light", ...options });
  everybody.push(p);
  return p;
}

/** An incident with a life: sent, worked on, supervised, closed, followed up. */
async function aLife() {
  const desk = await signedIn(server.url, "dispatcher");
  const commander = await signedIn(server.url, "commander");
  await desk("shift.start");
  const { id } = await desk("incident.report", { category: "fire", title: "后山竹林冒烟，风大", text: "村小学东侧山坡起烟，现场有群众围观。", place: { lon: 110.57, lat: 27.06 }, address: "村小学东侧 200 米", level: 2 });
  // The county's own rules may have sent somebody already.
  const sent = async () => (await desk("incident.get", { id })).tasks;
  if (!(await sent()).length) await desk("incident.dispatch", { id, to: [{ user: "officer-0001" }] });
  const [{ id: task, to }] = await sent();
  const officer = await signedIn(server.url, to.user);
  await commander("incident.supervise", { id, card: "yellow", note: "半小时内报告火势", within_ms: 1_800_000 });
  await officer("task.accept", { id: task });
  await officer("task.arrive", { id: task });
  await officer("supervise.answer", { id, text: "已到场，火势可控" });
  await officer("task.feedback", { id: task, text: "明火已扑灭，留两人看守余火" });
  await desk("incident.comment", { id, text: "已通知护林员接续看守" });
  await officer("task.finish", { id: task });
  return { id, desk, commander };
}

async function keep(page, name) {
  if (!shots) return;
  await page.screenshot({ path: join(shots, `${name}.png`), fullPage: true });
  await page.pdf({ path: join(shots, `${name}.pdf`), preferCSSPageSize: true });
}

test("the after-action report, from the console's detail, in both languages", { skip, timeout: 120_000 }, async () => {
  const { id, desk } = await aLife();
  const { context, page } = await visitor();
  await signIn(page, `${server.url}/console/#${id}`, "dispatcher");
  await linkUp(page);
  await page.locator(".incident", { hasText: "后山竹林" }).first().click();
  const [sheet] = await Promise.all([context.waitForEvent("page"), page.click("[data-test=after-action]")]);
  await sheet.waitForSelector("[data-test=report]");
  const text = () => sheet.textContent("[data-test=report]");
  for (const said of ["后山竹林冒烟", "半小时内报告火势", "已到场，火势可控", "明火已扑灭", "黄牌督办", "办理进程"]) assert.ok((await text()).includes(said), said);
  const { entries } = await desk("incident.after_action", { id });
  const receipts = entries.filter((e) => ["task.delivered", "task.seen"].includes(e.kind)).length;
  assert.equal(await sheet.locator("[data-test=story] tbody tr").count(), entries.length - receipts);
  assert.deepEqual(await axe(sheet), []);
  await keep(sheet, "report-zh");
  await sheet.click("nav.tools button[lang=en]");
  await until("English", async () => (await text()).includes("After-action report"));
  assert.ok((await text()).includes("card answered"));
  assert.deepEqual(await axe(sheet), []);
  await keep(sheet, "report-en");
  const pdf = await sheet.pdf({ preferCSSPageSize: true });
  assert.equal(pdf.subarray(0, 5).toString(), "%PDF-");
  // the console behind it is still the one in charge
  await linkUp(page);
});

test("the handover note: a preview from the desk, and as it was handed over", { skip, timeout: 120_000 }, async () => {
  const { desk } = await aLife();
  const { context, page } = await visitor({ lang: "en" });
  await signIn(page, `${server.url}/console/`, "dispatcher");
  await linkUp(page);
  const [sheet] = await Promise.all([context.waitForEvent("page"), page.click("[data-test=shift-note]")]);
  await sheet.waitForSelector("[data-test=handover]");
  assert.match(await sheet.textContent("[data-test=handover]"), /preview/);
  const { id } = await desk("shift.hand_over", { note: "水库水位偏高，夜间每小时看一次。", to: "commander" });
  await sheet.goto(`${server.url}/print/?shift=${id}`);
  await sheet.waitForSelector("[data-test=handover]");
  const said = await sheet.textContent("[data-test=handover]");
  assert.ok(said.includes("水库水位偏高") && said.includes("后山竹林冒烟"));
  assert.deepEqual(await axe(sheet), []);
  await keep(sheet, "handover-en");
  await sheet.click("nav.tools button[lang='zh-CN']");
  await until("Chinese", async () => (await sheet.textContent("[data-test=handover]")).includes("交接班单"));
  await keep(sheet, "handover-zh");
  await sheet.setViewportSize({ width: 400, height: 800 });
  assert.ok((await sheet.evaluate(() => document.documentElement.scrollWidth)) <= 400);
});

test("by address: signs in first; says what it cannot show", { skip, timeout: 60_000 }, async () => {
  const { id } = await aLife();
  const { page } = await visitor();
  await signIn(page, `${server.url}/print/?incident=${id}`, "dispatcher");
  await page.waitForSelector("[data-test=report]");
  await page.goto(`${server.url}/print/?incident=i1`);
  assert.match(await page.textContent("[role=alert]"), /没有事件 i1/);
  await page.goto(`${server.url}/print/`);
  assert.match(await page.textContent("[role=alert]"), /incident=/);
  const stranger = await visitor();
  await signIn(stranger.page, `${server.url}/print/?incident=${id}`, "officer-0200");
  assert.match(await stranger.page.textContent("[role=alert]"), /不在您的辖区/);
});

test("nothing broke the page's own rules", { skip }, () => {
  assert.deepEqual(everybody.flatMap((p) => p.complaints), []);
});
