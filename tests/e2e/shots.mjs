// Pictures of both pages for people to look at: node tests/e2e/shots.mjs OUTDIR
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { linkUp, person, signIn, startBrowser, startServer } from "./harness.mjs";

const out = process.argv[2] ?? "shots";
mkdirSync(out, { recursive: true });
const server = await startServer();
const browser = await startBrowser();
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
} finally {
  await browser.close();
  await server.dispose();
}
