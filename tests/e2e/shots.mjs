// Pictures of both pages for people to look at: node tests/e2e/shots.mjs OUTDIR
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { linkUp, person, signedIn, signIn, startBrowser, startServer } from "./harness.mjs";

const out = process.argv[2] ?? "shots";
mkdirSync(out, { recursive: true });
const server = await startServer();
const browser = await startBrowser();

/** A bad hour: an emergency, an alarm, a request, two reports of one fire, a card, a ladder that asks. */
async function badHour() {
  const desk = await signedIn(server.url, "dispatcher");
  const commander = await signedIn(server.url, "commander");
  const officer = await signedIn(server.url, "officer-0001");
  await officer("duty.start");
  const place = { lon: 110.57, lat: 27.06 };
  const { id } = await desk("incident.report", { category: "fire", title: "后山竹林冒烟，风大", text: "浓烟向山脊蔓延，山下有十几户。", place, level: 2, address: "村小学东侧 200 米" });
  await desk("incident.report", { category: "fire", title: "后山竹林着火了，风很大", text: "烟很大", place: { lon: 110.5703, lat: 27.0602 } });
  const mine = async () => (await desk("incident.get", { id })).tasks.find((t) => t.to.user === "officer-0001");
  const to = [{ user: "officer-0002" }, { unit: "430525-D03" }];
  if (!(await mine())) to.unshift({ user: "officer-0001", lead: true });
  await desk("incident.dispatch", { id, to, note: "带水泵", remind_ms: 300_000, expires_in_ms: 3_600_000 });
  const task = (await mine()).id;
  await officer("task.accept", { id: task });
  await officer("task.arrive", { id: task });
  await desk("task.checkin_start", { id: task, every_ms: 1000, grace_ms: 1000 });
  await commander("incident.supervise", { id, card: "yellow", note: "半小时内报告火势", within_ms: 1_800_000 });
  await officer("incident.extend", { id, by_ms: 7_200_000, reason: "等水车" }).catch(() => officer("incident.ask_suspend", { id, reason: "等水车" }));
  await desk("incident.countersign", { id, units: ["430525-D03", "430525-D09"], text: "请会签处置方案" });
  await desk("whistle.blow", { incident: id, units: ["430525-D09", "430525-D03"], within_ms: 3_600_000, reason: "需现场会商" }).catch(() => undefined);
  const gone = await desk("incident.report", { category: "utility", title: "路灯电线垂落", place: { lon: 110.58, lat: 27.07 } });
  const theirs = async () => (await desk("incident.get", { id: gone.id })).tasks.find((t) => t.to.user === "officer-0001");
  if (!(await theirs())) await desk("incident.dispatch", { id: gone.id, to: [{ user: "officer-0001" }] });
  await commander("emergency.start", { title: "防汛二级响应", level: 2, org: `${officer.user.org.slice(0, 9)}000`, reason: "红色预警，水位上涨", users: ["officer-0001", "officer-0002", "dispatcher"] });
  return { id, task, other: (await theirs()).id, desk };
}

/** What the desk and a phone look like in it. */
async function shootBadHour({ id, task, other, desk }) {
  for (const [lang, theme] of [["zh", "dark"], ["en", "light"], ["zh", "light"], ["en", "dark"]]) {
    const name = (what) => join(out, `${what}-${lang}-${theme}.png`);
    await desk("task.checkin_start", { id: task, every_ms: 1000, grace_ms: 600_000 });
    const field = await person(browser, { width: 390, height: 800, lang, theme, hasTouch: true });
    await signIn(field.page, `${server.url}/field/`, "officer-0001");
    await linkUp(field.page);
    await field.page.waitForSelector("[data-test=callout], [data-test=callout-answered]");
    if (!(await field.page.locator("[data-test=callout]").count())) await field.page.click("[data-test=callout-answered] button");
    await field.page.waitForSelector("[data-test=checkin][data-loud=true]");
    await field.page.screenshot({ path: name("field-called") });
    await field.page.click("[data-test=coming]");
    await field.page.click(`.card-link[data-task=${task}]`);
    await field.page.waitForSelector(".task-view");
    await field.page.screenshot({ path: name("field-task-due"), fullPage: true });
    await desk("task.checkin_start", { id: task, every_ms: 900_000 });
    await field.page.click("[data-test=well]");
    await field.page.waitForSelector("[data-test=checkin][data-loud=false]");
    await field.page.click("[data-test=ask-suspend]");
    await field.page.screenshot({ path: name("field-ask") });
    await field.page.keyboard.press("Escape");
    if (lang === "zh" && theme === "dark") await desk("task.reassign", { id: other, to: { user: "officer-0003" }, reason: "离得更近" });
    await field.page.click("nav.tabs a[href='#/tasks']");
    await field.page.screenshot({ path: name("field-tasks-called"), fullPage: true });
    await field.context.close();

    const wide = await person(browser, { width: 1440, height: 900, lang, theme });
    await signIn(wide.page, `${server.url}/console/`, "commander");
    await linkUp(wide.page);
    await wide.page.waitForSelector("[data-test=emergency]");
    await wide.page.click(`#row-${id}`);
    await wide.page.waitForSelector("[data-test=timeline] li");
    await wide.page.waitForSelector("[data-test=duplicates]").catch(() => null);
    await wide.page.screenshot({ path: name("desk-bad-hour") });
    await wide.page.locator(`.task[data-task=${task}] [data-test=task-more]`).click();
    await wide.page.screenshot({ path: name("desk-task-verbs") });
    await wide.page.click(`.task[data-task=${task}] [data-task-verb=reassign]`);
    await wide.page.waitForSelector("dialog input[name=candidate]").catch(() => null);
    await wide.page.screenshot({ path: name("desk-reassign") });
    await wide.page.keyboard.press("Escape");
    await wide.page.click("[data-verb=dispatch]");
    await wide.page.waitForSelector("dialog table");
    await wide.page.check("dialog .candidates input >> nth=0");
    await wide.page.check("dialog .candidates input >> nth=1");
    await wide.page.click("[data-test=terms] summary");
    await wide.page.screenshot({ path: name("desk-dispatch") });
    await wide.page.keyboard.press("Escape");
    await wide.page.click("[data-test=board-open]");
    await wide.page.waitForSelector("[data-figure=called]");
    await wide.page.screenshot({ path: name("desk-board") });
    await wide.page.keyboard.press("Escape");
    await wide.page.click("[data-test=emergency-start]");
    await wide.page.screenshot({ path: name("desk-emergency-start") });
    await wide.page.keyboard.press("Escape");
    await wide.page.fill("#search", "竹林");
    await wide.page.press("#search", "Enter");
    await wide.page.waitForSelector(".incident");
    await wide.page.screenshot({ path: name("desk-search") });
    await wide.page.press("#search", "Escape");
    await wide.page.setViewportSize({ width: 390, height: 800 });
    await wide.page.screenshot({ path: name("desk-narrow") });
    await wide.context.close();
  }
}

try {
  for (const [lang, theme] of [["zh", "dark"], ["en", "light"]]) {
    const field = await person(browser, { width: 360, height: 740, lang, theme, hasTouch: true });
    await signIn(field.page, `${server.url}/field/`, "officer-0001");
    await linkUp(field.page);
    await field.page.screenshot({ path: join(out, `field-${lang}-${theme}-tasks-before.png`) });
    for (const [c, title] of [["fire", "后山竹林冒烟，风大"], ["dispute", "两户因宅基地边界争吵"], ["sanitation", ""]]) {
      await field.page.click("nav.tabs a[href='#/report']");
      await field.page.click(`label.tick:has(input[value=${c}])`);
      if (title) await field.page.fill("input[name=title]", title);
      await field.page.fill("textarea[name=text]", "现场有群众围观，请尽快派人。");
      await field.page.fill("input[name=address]", "村小学东侧 200 米");
      if (c === "fire") await field.page.screenshot({ path: join(out, `field-${lang}-${theme}-report.png`), fullPage: true });
      await field.page.click("[data-test=submit]");
      await field.page.waitForSelector("[data-test=notice] span");
      await field.page.click("[data-test=notice] button");
    }
    await field.page.click("nav.tabs a[href='#/mine']");
    await field.page.waitForSelector(".card-box");
    await field.page.screenshot({ path: join(out, `field-${lang}-${theme}-mine.png`) });
    await field.page.click("nav.tabs a[href='#/tasks']");
    const card = await field.page.waitForSelector(".card-link", { timeout: 3000 }).catch(() => null);
    if (card) {
      await field.page.screenshot({ path: join(out, `field-${lang}-${theme}-tasks.png`) });
      await card.click();
      await field.page.waitForSelector(".task-view");
      await field.page.screenshot({ path: join(out, `field-${lang}-${theme}-task.png`) });
      await field.page.click("[data-do=accept]");
    }
    const desk = await person(browser, { width: 1366, height: 820, lang, theme });
    await desk.page.goto(`${server.url}/console/`);
    await desk.page.screenshot({ path: join(out, `console-${lang}-${theme}-login.png`) });
    await signIn(desk.page, `${server.url}/console/`, "dispatcher");
    await linkUp(desk.page);
    await desk.page.click(".incident");
    await desk.page.waitForSelector("[data-test=timeline] li");
    await desk.page.screenshot({ path: join(out, `console-${lang}-${theme}.png`) });
    await desk.page.click("[data-verb=dispatch]");
    await desk.page.waitForSelector("dialog table, dialog p.dim");
    await desk.page.screenshot({ path: join(out, `console-${lang}-${theme}-dispatch.png`) });
    await desk.page.keyboard.press("Escape");
    await desk.page.setViewportSize({ width: 1024, height: 700 });
    await desk.page.screenshot({ path: join(out, `console-${lang}-${theme}-1024.png`) });
    await desk.page.setViewportSize({ width: 683, height: 410 });
    await desk.page.screenshot({ path: join(out, `console-${lang}-${theme}-zoom200.png`) });
    if (lang === "zh") {
      await desk.page.setViewportSize({ width: 1366, height: 820 });
      await server.kill();
      await desk.page.waitForSelector("[data-test=link-down]");
      await desk.page.screenshot({ path: join(out, "console-down.png") });
      await field.page.waitForSelector("[data-test=link-down]");
      await field.page.screenshot({ path: join(out, "field-down.png") });
      await server.start();
    }
    await desk.context.close();
    await field.context.close();
  }
  await shootBadHour(await badHour());
} finally {
  await browser.close();
  await server.dispose();
}
