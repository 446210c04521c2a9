// Units, accounts, roster and bindings as a county's administrators keep them: tables with mistakes, five hundred rows,
// the tree by keyboard, two administrators at once, a week copied, leave; and who of the three offices may do what.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { axe, linkUp, missing, person, PASSWORD, signedIn, signIn, startBrowser, startServer, until } from "./harness.mjs";
import { xlsx } from "./xlsx.mjs";

const skip = missing() || false;
let server, browser, ask, town, village, grid;
const everybody = [];
before(async () => {
  if (skip) return;
  server = await startServer({ hours: 1 });
  browser = await startBrowser();
  ask = await signedIn(server.url, "admin");
  const level = async (parent, kind) => (await ask("org.children", { parent })).rows.find((u) => u.kind === kind && u.children !== 0);
  town = await level(ask.user.org, "township");
  village = await level(town.id, "village");
  grid = (await ask("org.children", { parent: village.id })).rows.find((u) => u.kind === "grid");
});
after(async () => {
  await browser?.close();
  await server?.dispose();
  for (const p of everybody) assert.deepEqual(p.complaints, []);
});
async function open(hash, who = "admin", options = {}) {
  const p = await person(browser, options);
  everybody.push(p);
  await signIn(p.page, `${server.url}/admin/#/${hash}`, who);
  await linkUp(p.page);
  return p.page;
}
const table = (name, text) => ({ name, mimeType: "text/csv", buffer: Buffer.from(text) });
const readTable = async (page, name, text) => {
  await page.setInputFiles("[data-test=import-file]", table(name, text));
  await page.click("[data-test=import-check]");
  await page.waitForSelector("[data-test=import-summary]");
  return page.textContent("[data-test=import-summary]");
};
const said = (page) => page.waitForSelector("[data-test=said]");
const item = (page, id) => page.locator(`[role=treeitem][data-unit="${id}"]`);

test("a table of units with mistakes: all are told, the good rows go in, the report can be taken away", { skip, timeout: 60_000 }, async () => {
  const page = await open("units");
  await page.click("[data-test=units-import]");
  await page.setInputFiles("[data-test=import-file]", table("x.pdf", "no"));
  await page.waitForSelector("[data-test=import-error]");
  const text = await readTable(page, "u.csv", `代码,名称,类别,上级\n${village.id}-81,八一格,网格,${village.id}-80\n${village.id}-80,八零片,网格,${village.id}\n${village.id}-82,八二格,王格,${village.id}\n${village.id}-83,八三格,网格,nowhere\n`);
  assert.match(text, /新增 2.*有错 2/);
  assert.match(await page.textContent("[data-test=import-rows] [data-line='5']"), /nowhere/);
  const [download] = await Promise.all([page.waitForEvent("download"), page.click("[data-test=import-report]")]);
  const report = readFileSync(await download.path(), "utf8");
  assert.match(report, /4,kind,.*八二格/);
  assert.match(report, /5,parent,.*八三格/);
  assert.deepEqual(await axe(page), []);
  await assert.rejects(ask("org.get", { id: `${village.id}-80` }), /no unit|没有单位/); // nothing was written yet
  await page.click("[data-test=import-run]");
  await page.waitForSelector("[data-test=import-over]");
  assert.equal((await ask("org.get", { id: `${village.id}-81` })).parent, `${village.id}-80`);
  await page.click("[data-test=import-close]");
});

test("five hundred rows go in by parts, with a bar that moves", { skip, timeout: 60_000 }, async () => {
  const page = await open("units");
  await page.click("[data-test=units-import]");
  const rows = Array.from({ length: 500 }, (_, i) => `T-${String(i).padStart(3, "0")},队${i},team,${town.id}`);
  await page.evaluate(() => {
    globalThis.seen = [];
    const look = () => {
      const bar = document.querySelector(".import progress");
      if (bar) globalThis.seen.push(`${bar.max}:${bar.value}`);
      if (!document.querySelector("[data-test=import-over]")) requestAnimationFrame(look);
    };
    look();
  });
  assert.match(await readTable(page, "u.csv", `id,name,kind,parent\n${rows.join("\n")}\n`), /新增 500/);
  await page.click("[data-test=import-run]");
  await page.waitForSelector("[data-test=import-over]", { timeout: 40_000 });
  assert.match(await page.textContent("[data-test=import-over]"), /500/);
  const seen = new Set(await page.evaluate(() => globalThis.seen));
  assert.ok(seen.has("500:100") || seen.has("500:200") || seen.has("500:300"), [...seen].join());
  assert.equal((await ask("org.search", { text: "T-4", kind: "team", limit: 100 })).rows.length, 100);
  // once more: there is nothing left to do
  await page.click("[data-test=import-close]");
  await page.click("[data-test=units-import]");
  assert.match(await readTable(page, "u.csv", `id,name,kind,parent\n${rows.slice(0, 20).join("\n")}\n`), /新增 0，修改 0，不变 20/);
  assert.equal(await page.isDisabled("[data-test=import-run]"), true);
});

test("the tree by keyboard: open, find, add, rename, take it back", { skip, timeout: 60_000 }, async () => {
  const page = await open("units");
  await item(page, town.id).waitFor();
  await item(page, ask.user.org).focus();
  await page.keyboard.type(town.id);
  await until("the township to be reached by what is typed", () => page.evaluate(() => document.activeElement?.dataset.unit).then((u) => u === town.id));
  await page.keyboard.press("ArrowRight");
  await item(page, village.id).waitFor();
  await page.keyboard.press("ArrowRight");
  await until("the first child", () => page.evaluate(() => document.activeElement?.getAttribute("aria-level")).then((l) => l === "3"));
  await page.keyboard.press("ArrowLeft");
  await page.keyboard.press("Insert");
  await page.waitForSelector("[data-test=unit-add] input[name=name]");
  await page.fill("input[name=name]", "键盘村");
  await page.selectOption("select[name=kind]", "village");
  await page.fill("input[name=id]", ask.user.org);
  await page.keyboard.press("Enter");
  await page.waitForSelector("[data-test=unit-add] input[name=id][aria-invalid=true]"); // taken: said beside the field
  await page.fill("input[name=id]", `${town.id}-K`);
  await page.keyboard.press("Enter");
  await item(page, `${town.id}-K`).waitFor();
  await until("the new unit to be shown", async () => (await page.textContent("[data-test=unit-panel] h2")) === "键盘村");
  await item(page, `${town.id}-K`).focus();
  await page.keyboard.press("F2");
  await until("the name to be at hand", () => page.evaluate(() => document.activeElement?.name === "name"));
  await page.keyboard.press("Control+a");
  await page.keyboard.type("改名村");
  await page.keyboard.press("Enter");
  await said(page);
  await until("the tree to follow", async () => /改名村/.test(await item(page, `${town.id}-K`).textContent()));
  await page.click("[data-test=undo]");
  await until("the old name", async () => (await ask("org.get", { id: `${town.id}-K` })).name === "键盘村");
});

test("two administrators change one unit: neither is overwritten unasked, and what was typed survives a reload", { skip, timeout: 60_000 }, async () => {
  const page = await open(`units?unit=${grid.id}`);
  await page.waitForSelector("[data-test=unit-form]");
  await page.fill("[data-test=unit-form] input[name=name]", "我改的名");
  await page.reload();
  await linkUp(page);
  await page.waitForSelector("[data-test=unit-form]");
  assert.equal(await page.inputValue("[data-test=unit-form] input[name=name]"), "我改的名");
  const u = await ask("org.get", { id: grid.id });
  await ask("org.set", { id: u.id, rev: u.rev, kind: u.kind, name: "别人改的名", lon: u.lon, lat: u.lat });
  await page.waitForSelector("[data-test=conflict]");
  assert.match(await page.textContent("[data-test=conflict]"), /别人改的名[\s\S]*我改的名/);
  assert.equal(await page.isDisabled("[data-test=unit-save]"), true);
  assert.deepEqual(await axe(page), []);
  await page.click("[data-test=keep-mine]");
  await said(page);
  assert.equal((await ask("org.get", { id: grid.id })).name, "我改的名");
});

test("closing and moving say what they touch; closing waits for the people, and is taken back", { skip, timeout: 60_000 }, async () => {
  const page = await open(`units?unit=${village.id}`);
  await page.click("[data-test=unit-close]");
  await page.waitForSelector("[data-test=close-people]"); // somebody sits below
  assert.equal(await page.locator("[data-test=close-submit]").count(), 0);
  await page.keyboard.press("Escape");
  await page.goto(`${server.url}/admin/#/units?unit=${town.id}-K`);
  await page.click("[data-test=unit-close]");
  await page.waitForSelector("dialog [data-test=touches]");
  assert.equal(await page.isDisabled("[data-test=close-submit]"), true); // not without a reason
  await page.fill("dialog input[name=reason]", "撤并");
  await page.click("[data-test=close-submit]");
  await said(page);
  assert.ok((await ask("org.get", { id: `${town.id}-K` })).valid_to);
  await page.click("[data-test=undo]");
  await until("it to be in use again", async () => !(await ask("org.get", { id: `${town.id}-K` })).valid_to);
  await page.click("[data-test=unit-move]");
  await page.fill("dialog input[name=parent]", village.name);
  await page.click(`dialog [role=option][data-unit="${village.id}"]`);
  await page.click("[data-test=move-submit]");
  await until("it to have moved", async () => (await ask("org.get", { id: `${town.id}-K` })).parent === village.id);
});

test("an account: made, found, changed, disabled with what hangs on it, and back", { skip, timeout: 60_000 }, async () => {
  const page = await open("accounts");
  await page.click("[data-test=account-add]");
  await page.fill("[data-test=account-form] input[name=display]", "新网格员");
  await page.fill("[data-test=account-form] input[name=name]", "officer-0001");
  await page.fill("[data-test=account-form] input[name=org]", grid.id);
  await page.click(`[data-test=account-form] [data-unit="${grid.id}"]`);
  await page.fill("[data-test=account-form] input[name=password]", PASSWORD);
  await page.click("[data-test=account-submit]");
  await page.waitForSelector("[data-test=account-form] input[name=name][aria-invalid=true]"); // taken
  await page.fill("[data-test=account-form] input[name=name]", "officer-new");
  await page.click("[data-test=account-submit]");
  await page.waitForSelector("[data-test=account-panel]");
  await page.fill(".filters input[name=text]", "新网格");
  await until("one to be found", async () => /^1 /.test((await page.textContent("[data-test=count]")).trim()));
  await page.fill("[data-test=officer-form] input[name=skills]", "flood medic");
  await page.click("[data-test=officer-save]");
  await until("the skills", async () => (await ask("officer.get", { user: "officer-new" })).skills.join() === "flood,medic");
  await page.uncheck("[data-test=account-panel] input[value=officer]");
  await page.check("[data-test=account-panel] input[value='admin.audit']");
  await page.click("[data-test=account-save]");
  await page.waitForSelector("[data-test=account-panel] .error"); // an office of its own needs an account of its own
  await page.click("text=放弃修改");
  await page.click("[data-test=account-disable]");
  await page.waitForSelector("dialog [data-test=touches]");
  await page.fill("dialog input[name=reason]", "调离");
  await page.click("[data-test=disable-submit]");
  await said(page);
  assert.equal((await ask("user.get", { name: "officer-new" })).disabled, true);
  await page.click("[data-test=undo]");
  await until("it to be in use again", async () => !(await ask("user.get", { name: "officer-new" })).disabled);
  assert.deepEqual(await axe(page), []);
  await page.click("[data-test=accounts-import]");
  const text = await readTable(page, "a.csv", `用户名,姓名,角色,单位,初始密码\nofficer-t1,甲,网格员,${grid.id},${PASSWORD}\nofficer-t2,乙,国王,${grid.id},\nofficer-0002,丙,网格员,${grid.id},${PASSWORD}\n`);
  assert.match(text, /新增 1.*有错 2/);
  await page.click("[data-test=import-run]");
  await page.waitForSelector("[data-test=import-over]");
  await signedIn(server.url, "officer-t1");
});

test("the security administrator ends a sign-in and sets a password; the auditor only reads", { skip, timeout: 60_000 }, async () => {
  const phone = await person(browser, { width: 360, height: 740 });
  await signIn(phone.page, `${server.url}/field/`, "officer-0003");
  await linkUp(phone.page);
  const page = await open("accounts?user=officer-0003", "security", { lang: "en", theme: "light" });
  await page.waitForSelector("[data-test=signins] tbody tr");
  assert.equal(await page.locator("[data-test=account-save], [data-test=account-add]").count(), 0);
  await until("the phone to be seen as connected", async () => /connected/.test(await page.textContent("[data-test=signins] tbody")));
  await page.click("[data-test=signin-end]");
  await page.click("[data-test=signin-end-sure]");
  await phone.page.waitForSelector("input[name=password]"); // signed out at once
  await page.fill("[data-test=password-form] input", "another-password");
  await page.click("[data-test=password-submit]");
  await said(page);
  await assert.rejects(signedIn(server.url, "officer-0003"));
  assert.deepEqual(await axe(page), []);
  await phone.context.close();
  const auditor = await open("accounts?user=officer-0003", "auditor");
  await auditor.waitForSelector("[data-test=signins]");
  assert.equal(await auditor.locator("[data-test=password-form], [data-test=signin-end], [data-test=account-disable], [data-test=account-save]").count(), 0);
});

test("a roster: a shift, the week copied and taken back, leave that is left out, a shift given away", { skip, timeout: 60_000 }, async () => {
  const monday = (n) => new Date(Date.now() + 8 * 3_600_000 + n * 86_400_000);
  const next = (() => {
    for (let n = 7; ; n++) if (monday(n).getUTCDay() === 1) return monday(n).toISOString().slice(0, 10);
  })();
  const day = (n) => new Date(Date.parse(`${next}T00:00:00Z`) + n * 86_400_000).toISOString().slice(0, 10);
  for (const n of ["r1", "r2"]) await ask("user.add", { name: n, display: `值班员${n}`, roles: ["director"], org: town.id });
  const page = await open(`roster?org=${town.id}&week=${next}`);
  const cell = (user, d) => page.locator(`tr[data-user=${user}] td[data-day="${d}"]`);
  for (const [user, d] of [["r1", day(0)], ["r2", day(1)]]) {
    await cell(user, d).locator(".add").click();
    await page.click("[data-test=shift-submit]");
    await cell(user, d).locator(".shift").waitFor();
  }
  // by keyboard from cell to cell
  await cell("r1", day(1)).locator("button").first().focus();
  await page.keyboard.press("ArrowDown");
  await until("the cell below", () => page.evaluate(() => document.activeElement?.closest("tr")?.dataset.user).then((u) => u !== "r1"));
  assert.deepEqual(await axe(page), []);

  await page.click("[data-test=leave-add]");
  await page.selectOption("dialog select[name=user]", "r2");
  await page.fill("dialog input[name=from]", day(7));
  await page.fill("dialog input[name=until]", day(10));
  await page.fill("dialog input[name=deputy]", "r1");
  await page.fill("dialog input[name=reason]", "探亲");
  await page.click("[data-test=leave-submit]");
  await said(page);

  await page.click("[data-test=week-copy]");
  await until("the plan", async () => /可以复制 1 个班次，1 个/.test((await page.textContent("[data-test=copy-dialog]")) ?? ""));
  assert.match(await page.textContent("[data-test=copy-dialog]"), /那时请假/);
  await page.click("[data-test=copy-submit]");
  await cell("r1", day(7)).locator(".shift").waitFor();
  assert.match(await cell("r2", day(8)).textContent(), /请假/);
  await page.waitForSelector("[data-leave=r2]");
  await page.click("[data-test=leave-end]");
  await page.click("[data-test=leave-end-submit]");
  await until("the leave to be gone", async () => (await page.locator("[data-leave=r2]").count()) === 0);

  await page.click("[data-test=week-before]");
  await cell("r1", day(0)).locator(".shift").click();
  await page.fill("dialog input[name=to]", "r2");
  await page.fill("dialog input[name=reason]", "出差");
  await page.click("[data-test=shift-give]");
  await cell("r2", day(0)).locator(".shift").waitFor();
  assert.match(await cell("r2", day(0)).textContent(), /替 值班员r1/);
  await page.click("[data-test=undo]");
  await until("it to be given back", async () => (await cell("r2", day(0)).locator(".shift").count()) === 0);
});

test("bindings: made, asked for, from a table with mistakes, ended and taken back", { skip, timeout: 60_000 }, async () => {
  const page = await open("bindings");
  await page.click("[data-test=binding-add]");
  await page.selectOption("dialog select[name=kind]", "household");
  await page.fill("dialog input[name=holder]", "officer-0002");
  await page.fill("dialog input[name=subject]", grid.id);
  await page.click("[data-test=binding-submit]");
  await until("what is wrong to be said beside the field", async () => /地址编码/.test(await page.textContent("dialog")) && (await page.locator("dialog small.error", { hasText: "一户" }).count()) === 1);
  await page.fill("dialog input[name=subject]", `${grid.id}/12`);
  await page.click("[data-test=binding-submit]");
  await page.waitForSelector("[data-test=bindings] tbody tr");
  await page.fill("[data-test=who] input", grid.id);
  await page.click("[data-test=who-ask]");
  await page.waitForSelector("[data-test=rungs] li");
  assert.deepEqual(await axe(page), []);
  await page.click("[data-test=binding-end]");
  await page.fill("dialog input[name=reason]", "搬走");
  await page.click("[data-test=binding-end-submit]");
  await until("none to be in force", async () => (await page.locator("[data-test=bindings] tbody tr").count()) === 0);
  await page.click("[data-test=undo]");
  await page.waitForSelector("[data-test=bindings] tbody tr");
  await page.click("[data-test=bindings-import]");
  const text = await readTable(page, "b.csv", `包保类别,责任人,对象,至\n党员联人,officer-0002,${grid.id}/7,2030-01-01\n党员联人,nobody,${grid.id}/8,\n党员联人,officer-0002,${grid.id}/9,soon\n`);
  assert.match(text, /新增 1.*有错 2/);
  await page.click("[data-test=import-run]");
  await page.waitForSelector("[data-test=import-over]");
  assert.equal((await ask("binding.list", { subject: `${grid.id}/7` })).rows[0].holder, "officer-0002");
});

test("Excel files: texts, numbers and days are read as they stand; half a file is told", { skip, timeout: 60_000 }, async () => {
  const page = await open("units", "admin", { lang: "en", theme: "light" });
  await page.click("[data-test=units-import]");
  const book = xlsx([
    ["代码", "名称", "类别", "上级", "经度", "纬度"],
    [`${village.id}-91`, "九一格 <东&西>", "网格", village.id, 110.5, 27.1],
    [],
    [430525999, "数字代码队", "team", Number(town.id), null, null],
    [`${village.id}-92`, "九二格", "王格", village.id, null, null],
  ]);
  const choose = (name, buffer) => page.setInputFiles("[data-test=import-file]", { name, mimeType: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", buffer });
  await choose("half.xlsx", book.subarray(0, book.length / 2));
  await page.waitForSelector("[data-test=import-error]");
  await choose("units.xlsx", book);
  await page.click("[data-test=import-check]");
  await page.waitForSelector("[data-test=import-summary]");
  assert.match(await page.textContent("[data-test=import-summary]"), /2.*1/);
  assert.match(await page.textContent("[data-test=import-rows] [data-line='5']"), /九二格|-92/); // the line as Excel counts it
  await page.click("[data-test=import-run]");
  await page.waitForSelector("[data-test=import-over]");
  const { name, lon, lat } = await ask("org.get", { id: `${village.id}-91` });
  assert.deepEqual([name, lon, lat], ["九一格 <东&西>", 110.5, 27.1]);
  assert.equal((await ask("org.get", { id: "430525999" })).parent, town.id);

  await page.goto(`${server.url}/admin/#/bindings`);
  await page.click("[data-test=bindings-import]");
  await choose("bindings.xlsx", xlsx([["包保类别", "责任人", "对象", "至"], ["党员联人", "officer-0002", `${grid.id}/21`, new Date("2031-02-03T00:00:00Z")]]));
  await page.click("[data-test=import-check]");
  await page.waitForSelector("[data-test=import-summary]");
  await page.click("[data-test=import-run]");
  await page.waitForSelector("[data-test=import-over]");
  const [row] = (await ask("binding.list", { subject: `${grid.id}/21` })).rows;
  assert.equal(new Date(Date.parse(row.until) + 8 * 3_600_000).toISOString().slice(0, 7), "2031-02");
});
