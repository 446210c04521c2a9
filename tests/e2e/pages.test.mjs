// The pages on their own: signing in, languages, the keyboard, what an empty list says, accessibility.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { axe, linkUp, missing, person, signIn, startBrowser, startServer, until } from "./harness.mjs";

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
async function visitor(options) {
  const p = await person(browser, options);
  everybody.push(p);
  return p.page;
}
/** Reports at the desk; the dialog closes when it is on disk. */
async function deskReport(page, title, category) {
  await page.keyboard.press("n");
  await page.click(`dialog label.tick:has(input[name=category][value=${category}])`);
  await page.fill("dialog input[name=title]", title);
  await page.fill("dialog input[name=lon]", "110.57");
  await page.fill("dialog input[name=lat]", "27.06");
  await page.click("dialog button[type=submit]");
  await page.waitForSelector("dialog", { state: "detached" });
}

test("a wrong password is told in the page's language", { skip, timeout: 60_000 }, async () => {
  const page = await visitor();
  await signIn(page, `${server.url}/console/`, "dispatcher", "wrong");
  const said = await page.textContent("[role=alert]");
  assert.match(said, /[\u4e00-\u9fff]/);
  await page.click("button.plain");
  await until("English", async () => !/[\u4e00-\u9fff]/.test(await page.textContent("[role=alert]")));
  await signIn(page, `${server.url}/console/`, "dispatcher");
  await linkUp(page);
});

test("the way in leads to every page", { skip, timeout: 60_000 }, async () => {
  const page = await visitor();
  await page.goto(`${server.url}/index.html`);
  assert.deepEqual(await page.locator("main a").evaluateAll((a) => a.map((x) => x.getAttribute("href"))), ["/console/", "/field/", "/admin/", "/screen/", "/report/"]);
  assert.deepEqual(await axe(page), []);
});

test("the desk by keyboard alone", { skip, timeout: 90_000 }, async () => {
  const page = await visitor();
  await signIn(page, `${server.url}/console/`, "dispatcher");
  await linkUp(page);
  await deskReport(page, "键盘测试甲", "dispute");
  await deskReport(page, "键盘测试乙", "fire");
  await page.waitForSelector(".incident >> nth=1");
  await page.locator("body").press("Escape");
  await page.evaluate(() => document.activeElement?.blur());
  const rows = await page.locator(".incident").count();
  for (let i = 0; i < rows; i++) await page.keyboard.press("k"); // to the top
  const top = () => page.locator(".incident").first();
  await until("the top row", async () => (await top().getAttribute("aria-current")) === "true");
  await page.keyboard.press("j");
  await until("the row below", async () => (await top().getAttribute("aria-current")) !== "true");
  await page.keyboard.press("Enter");
  await until("the detail to have the focus", async () => (await page.evaluate(() => document.activeElement.id)) === "detail");
  await page.keyboard.press("f");
  await until("the search to have the focus", async () => (await page.evaluate(() => document.activeElement.id)) === "search");
  await page.keyboard.type("键盘测试甲");
  await until("one row", async () => (await page.locator(".incident").count()) === 1);
  await page.keyboard.press("Escape");
  await until("both rows", async () => (await page.locator(".incident").count()) >= 2);
  await page.keyboard.press("Escape");
  await page.keyboard.press("n");
  await page.waitForSelector("dialog[open]");
  await page.keyboard.press("Escape");
  await page.waitForSelector("dialog", { state: "detached" });
});

test("verbs at the desk: accept, comment, urge, card, escalate, return", { skip, timeout: 120_000 }, async () => {
  const page = await visitor();
  await signIn(page, `${server.url}/console/`, "dispatcher");
  await linkUp(page);
  await deskReport(page, "操作测试", "other");
  const open = async () => page.locator(".incident", { hasText: "操作测试" }).first().click();
  await open();
  await page.waitForSelector("[data-verb=comment]");
  const say = async (verb, text, more) => {
    await page.click(`[data-verb=${verb}]`);
    if (more) await more();
    await page.fill("dialog textarea[name=text]", text);
    await page.click("dialog button[type=submit]");
    await page.waitForSelector("dialog", { state: "detached" });
    await page.locator("[data-test=timeline]", { hasText: text }).waitFor();
  };
  await say("comment", "已电话核实");
  await say("urge", "请尽快");
  await say("supervise", "超过时限", () => page.click("dialog label.tick:has(input[value=red])"));
  await until("the card", async () => (await page.locator(".detail .card.red").count()) === 1);
  await say("escalate", "需要镇里协调", () => page.selectOption("dialog select", "township"));
  if (await page.locator("[data-verb=accept]").count()) {
    await page.click("[data-verb=accept]");
    await page.waitForSelector("[data-test=timeline] li[data-kind='incident.accepted']");
  }
  if (await page.locator("[data-verb=return]").count()) {
    await say("return", "不属于本辖区");
    await until("returned", async () => /退回/.test(await page.textContent("[data-test=state]")));
  }
});

test("what the server refuses is said, and nothing typed is lost", { skip, timeout: 60_000 }, async () => {
  const page = await visitor();
  await signIn(page, `${server.url}/console/`, "dispatcher");
  await linkUp(page);
  await deskReport(page, "拒绝测试", "traffic");
  await page.locator(".incident", { hasText: "拒绝测试" }).first().click();
  await page.click("[data-verb=dispatch]");
  await page.fill("input[name=by-hand]", "nobody-at-all");
  await page.click("[data-test=send]");
  assert.match(await page.textContent("dialog [role=alert]"), /[\u4e00-\u9fff].*\[-32\d{3}\]/);
  assert.equal(await page.inputValue("input[name=by-hand]"), "nobody-at-all");
});

test("an empty list never looks like peace while the link is down", { skip, timeout: 90_000 }, async () => {
  const page = await visitor();
  await signIn(page, `${server.url}/console/`, "dispatcher");
  await linkUp(page);
  await page.fill("#search", "什么也没有");
  await until("filtered", async () => /没有符合/.test(await page.textContent("[data-test=empty]")));
  await server.stop();
  await page.waitForSelector("[data-test=link-down]");
  await page.locator("[data-test=empty]", { hasText: "无法确定" }).waitFor();
  await server.start();
  await linkUp(page);
  await page.locator("[data-test=empty]", { hasText: "没有符合" }).waitFor();
});

test("no serious finding of axe on any page, in both languages and themes", { skip, timeout: 180_000 }, async () => {
  for (const [lang, theme] of [["zh", "dark"], ["en", "light"]]) {
    const page = await visitor({ lang, theme });
    await page.goto(`${server.url}/console/`);
    await page.waitForSelector("form");
    assert.deepEqual(await axe(page), [], `sign-in ${lang}`);
    await signIn(page, `${server.url}/console/`, "dispatcher");
    await linkUp(page);
    if ((await page.locator(".incident").count()) === 0) await deskReport(page, "可访问性", "fire");
    await page.locator(".incident").first().click();
    await page.waitForSelector("[data-test=timeline] li");
    assert.deepEqual(await axe(page), [], `console ${lang}`);
    await page.keyboard.press("n");
    await page.waitForSelector("dialog[open]");
    assert.deepEqual(await axe(page), [], `console report ${lang}`);

    const phone = await visitor({ lang, theme, width: 360, height: 740 });
    await signIn(phone, `${server.url}/field/`, "officer-0001");
    await linkUp(phone);
    for (const tab of ["report", "mine", "tasks"]) {
      await phone.click(`nav.tabs a[href='#/${tab}']`);
      assert.deepEqual(await axe(phone), [], `field ${tab} ${lang}`);
      const wide = await phone.evaluate(() => document.documentElement.scrollWidth);
      assert.ok(wide <= 360, `field ${tab} fits 360 px (${wide})`);
    }
  }
});

test("usable at 1024 px and at 200 % zoom", { skip, timeout: 60_000 }, async () => {
  const page = await visitor({ width: 1024, height: 700 });
  await signIn(page, `${server.url}/console/`, "dispatcher");
  await linkUp(page);
  for (const width of [1024, 640]) {
    await page.setViewportSize({ width, height: 700 });
    await until("no sideways scrolling", async () => (await page.evaluate(() => document.documentElement.scrollWidth)) <= width);
  }
});

test("duty goes on and off", { skip, timeout: 60_000 }, async () => {
  const page = await visitor({ width: 360, height: 740 });
  await signIn(page, `${server.url}/field/`, "officer-0004");
  await linkUp(page);
  const state = () => page.textContent("[data-test=duty-state]");
  const becomes = async (before) => {
    await page.click("[data-test=duty]");
    await until("another state", async () => (await state()) !== before);
    return state();
  };
  const first = await becomes(await state());
  const second = await becomes(first);
  assert.deepEqual([first, second].sort(), ["在岗", "未上岗"].sort());
  await page.reload();
  await linkUp(page);
  await until("the same after a reload", async () => (await state()) === second);
});

test("nothing broke the pages' own rules", { skip }, () => {
  assert.deepEqual(everybody.flatMap((p) => p.complaints), []);
});
