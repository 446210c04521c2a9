// The results of the policy workshop, as a county's administrators read and use them: a replay with its drill-down,
// scenarios that fail, a shadow, four eyes, going back, and why. With FQ_SHOTS=<directory>, what they look like is
// kept there.
import assert from "node:assert/strict";
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { axe, linkUp, missing, PASSWORD, person, signedIn, signIn, startBrowser, startServer, until } from "./harness.mjs";

const skip = missing() || false;
const shots = process.env.FQ_SHOTS;
const PACK = "yizhuang";
const RULE = "policies/three-limits.lua";
let server, browser, admin, active;
const everybody = [];

before(async () => {
  if (skip) return;
  if (shots) mkdirSync(shots, { recursive: true });
  server = await startServer();
  browser = await startBrowser();
  admin = await signedIn(server.url, "admin");
  await admin("user.add", { name: "admin-2", display: "第二管理员", roles: ["admin.system"], org: admin.user.org, password: PASSWORD });
  active = await admin("pack.open", { pack: PACK });
});
after(async () => {
  await browser?.close();
  await server?.dispose();
});

/** The pack with a red card where it had a yellow one, as a draft of version `version`. */
async function draft(version) {
  const { rows } = await admin("draft.list");
  if (rows.some((d) => d.pack === PACK)) await admin("draft.discard", { pack: PACK });
  const files = {
    [RULE]: active.files[RULE].replace('"yellow", "3 小时', '"red", "3 小时'),
    "pack.lua": active.files["pack.lua"].replace(/version = "[^"]*"/, `version = "${version}"`),
  };
  assert.notEqual(files[RULE], active.files[RULE]);
  await admin("draft.save", { pack: PACK, files });
  return { ...active.files, ...files };
}

async function visitor(name, hash, options) {
  const p = await person(browser, { theme: "light", ...options });
  everybody.push(p);
  await signIn(p.page, `${server.url}/admin/${hash}`, name);
  await linkUp(p.page);
  return p.page;
}
async function keep(page, name) {
  if (!shots) return;
  await page.evaluate(() => {
    document.querySelector(".shell").style.height = "auto";
    document.querySelector(".view").style.overflow = "visible";
  });
  await page.screenshot({ path: join(shots, `workshop-${name}.png`), fullPage: true });
}
const english = (page) => page.click("header button[lang=en]");

test("a replay: started from the page, then down to the line that ran", { skip, timeout: 240_000 }, async () => {
  await draft("2.0");
  const page = await visitor("admin", `#/jobs?what=replay&pack=${PACK}`);
  await page.waitForFunction(() => document.querySelector("select[name=candidate]")?.value === "draft");
  assert.deepEqual(await axe(page), []);
  await keep(page, "start");
  await page.click("[data-test=start]");
  await page.waitForSelector("[data-test=replay] [data-test=sentence]", { timeout: 120_000 });
  const job = await page.evaluate(() => location.hash.split("/").pop());
  const { summary } = await admin("job.open", { job });
  assert.ok(summary.differing > 0, "the demo's history has cards that would have been red");
  const sentence = await page.textContent("[data-test=sentence]");
  assert.ok(sentence.includes(String(summary.differing)) && sentence.includes("不同决定"), sentence);

  const rows = page.locator("[data-test=incidents] tbody tr[data-row]");
  await rows.first().waitFor();
  const { rows: told } = await admin("job.rows", { job, list: "incidents", limit: 1000 });
  const shown = () => page.locator("[data-test=incidents] .table-head .num").textContent();
  assert.equal(Number(await shown()), told.length);

  // A township narrows the incidents to its own, and the same click takes that back.
  const township = page.locator("[data-test=townships] .row-button").first();
  const org = await page.locator("[data-test=townships] tbody tr[data-row]").first().getAttribute("data-row");
  await township.click();
  assert.equal(Number(await shown()), told.filter((i) => i.township === org).length);
  await township.click();
  assert.equal(Number(await shown()), told.length);

  // By keyboard: down one, open, read what was and what would have been.
  await page.locator("[data-test=incidents] .row-button").first().focus();
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  assert.equal(await page.evaluate(() => document.activeElement.getAttribute("aria-expanded")), "true");
  const difference = page.locator("[data-test=incidents] .difference").first();
  await difference.waitFor();
  const said = await difference.textContent();
  assert.ok(said.includes("黄牌督办") && said.includes("红牌督办"), said);
  assert.ok((await difference.locator(".line-of.ran").allTextContents()).some((l) => l.includes("supervise")), "the line that ran is marked");
  assert.match(await difference.locator("figcaption a").getAttribute("href"), /^#\/edit\/yizhuang\?.*three-limits/);
  await difference.locator("button.raw").last().click();
  assert.ok((await difference.locator("pre").textContent()).includes('"incident.supervise"'));
  assert.deepEqual(await axe(page), []);
  await keep(page, "replay-zh");

  // Taken away: every row and a line of names.
  const [file] = await Promise.all([page.waitForEvent("download"), page.locator("[data-test=incidents] [data-test=csv]").click()]);
  const csv = readFileSync(await file.path(), "utf8");
  assert.ok(csv.startsWith("\ufeff") && csv.includes("subject"));
  for (const i of told) assert.ok(csv.includes(i.subject), i.subject);
  const [json] = await Promise.all([page.waitForEvent("download"), page.locator("[data-test=incidents] [data-test=json]").click()]);
  assert.deepEqual(JSON.parse(readFileSync(await json.path(), "utf8")), told);

  await english(page);
  await until("English", async () => (await page.textContent("[data-test=sentence]")).includes("decided differently"));
  assert.deepEqual(await axe(page), []);
  await keep(page, "replay-en");

  // A share of the incidents by kind of change, and the run is found again in the list, and run again.
  await page.selectOption("[data-test=change]", { label: "changed: supervise" });
  assert.ok(Number(await shown()) > 0);
  await page.click("[data-test=again]");
  await until("another run", async () => !(await page.evaluate(() => location.hash)).endsWith(job));
  await page.waitForSelector("[data-test=replay] [data-test=sentence]", { timeout: 120_000 });
  await page.goto(`${server.url}/admin/#/jobs`);
  await page.locator("[data-test=jobs] a", { hasText: job }).waitFor();
});

test("a projection: an estimate wherever a figure stands, with what was assumed and by whom", { skip, timeout: 240_000 }, async () => {
  await draft("2.3");
  const page = await visitor("admin", `#/jobs?what=project&pack=${PACK}`);
  await page.waitForFunction(() => document.querySelector("select[name=candidate]")?.value === "draft");
  await page.fill("input[name=accept_ms]", "2");
  await page.click("[data-test=start]");
  await page.waitForSelector("[data-test=projection] [data-test=clocks] tbody tr", { timeout: 120_000 });
  const job = await page.evaluate(() => location.hash.split("/").pop());
  const { options, summary } = await admin("job.open", { job });
  assert.equal(options.assume.accept_ms, 120_000);
  assert.match(await page.textContent("[data-test=sentence]"), new RegExp(`估计.*${summary.incidents} 起事件`));
  assert.match(await page.textContent("[data-test=assumptions]"), /2 分.*由您指定/s);
  assert.match(await page.textContent("[data-test=clocks]"), /估计/);
  assert.deepEqual(await axe(page), []);
  await keep(page, "projection");
});

test("scenarios that fail: which, at which line; a run can be called off", { skip, timeout: 240_000 }, async () => {
  await draft("2.1");
  const page = await visitor("admin", `#/jobs?what=test&pack=${PACK}`);
  await page.waitForFunction(() => document.querySelector("select[name=candidate]")?.value === "draft");
  await page.click("[data-test=start]");
  await page.waitForSelector("[data-test=check] .scenarios .bad", { timeout: 120_000 });
  const bad = page.locator("[data-test=check] .scenarios .bad").first();
  assert.match(await bad.textContent(), /card 应为 yellow,实际 red/);
  assert.equal(await bad.locator(".line-of.wrong").first().count(), 1);
  assert.deepEqual(await axe(page), []);
  await keep(page, "scenarios");

  const { job } = await admin("job.start", { what: "test", pack: PACK, draft: true });
  await page.goto(`${server.url}/admin/#/job/${job}`);
  await page.click("[data-test=cancel]");
  await page.waitForSelector("[data-test=ended]");
  assert.match(await page.textContent("[data-test=ended]"), /取消/);
  await page.goto(`${server.url}/admin/#/job/j1`);
  assert.match(await page.textContent(".load-state[role=alert]"), /没有作业 j1/);
});

test("a shadow: differences on live traffic, not promoted beyond its limits, stopped", { skip, timeout: 240_000 }, async () => {
  const files = await draft("2.2");
  // One that differs at once: somebody else is told why he is sent.
  const rule = files[RULE].replace('"最近的合格网格员"', '"影子说的"');
  await admin("draft.save", { pack: PACK, files: { [RULE]: rule }, rev: (await admin("draft.open", { pack: PACK })).rev });
  const page = await visitor("admin", `#/shadow/${PACK}`);
  await page.fill("[data-test=shadow-form] [name=share]", "1");
  await page.fill("[data-test=shadow-form] [name=least]", "5000");
  await page.click("[data-test=shadow-form] [data-test=start]");
  await page.waitForSelector("[data-test=gauge]");
  const desk = await signedIn(server.url, "dispatcher");
  await desk("incident.report", { category: "fire", title: "影子旁听的一件", place: { lon: 110.57, lat: 27.06 } });
  const first = page.locator("[data-test=differences] .row-button").first();
  await first.waitFor();
  await first.click();
  const said = await page.locator("[data-test=differences] .difference").first().textContent();
  assert.ok(said.includes("最近的合格网格员") && said.includes("影子说的"), said);
  assert.match(await page.textContent("[data-test=gauge]"), /至少 5,000 次/);
  assert.deepEqual(await axe(page), []);
  await keep(page, "shadow");

  await page.click("[data-test=promote]");
  await page.click("[data-test=ask] [data-test=go]");
  const refused = page.locator("[data-test=ask] [role=alert]");
  await refused.waitFor();
  assert.ok((await refused.textContent()).length > 5);
  await page.keyboard.press("Escape");
  await page.click("[data-test=stop]");
  await page.click("[data-test=ask] [data-test=go]");
  await page.waitForSelector("[data-test=shadow-form]");
  assert.deepEqual((await admin("shadow.list")).rows, []);
});

test("four eyes, then back: the whole change first, never one's own, and what is open is told", { skip, timeout: 240_000 }, async () => {
  await draft("3.0");
  const before = await admin("pack.open", { pack: PACK });
  const override = "红牌是县里定的,场景随后改";
  const { proposal } = await admin("pack.propose", { pack: PACK, draft: true, note: "三小时未办改红牌", override });

  const own = await visitor("admin", `#/history/${PACK}`);
  await own.click("[data-test=proposals] [data-test=look]");
  await own.waitForSelector("[data-test=own]");
  assert.ok(await own.isDisabled("[data-test=approve]"));

  const page = await visitor("admin-2", `#/history/${PACK}?proposal=${proposal}`);
  await page.waitForSelector("[data-test=proposal] [data-test=pack-diff]");
  const diff = await page.textContent("[data-test=proposal]");
  assert.ok(diff.includes('"yellow", "3 小时') && diff.includes('"red", "3 小时'), diff);
  assert.ok((await page.textContent("[data-test=proposals]")).includes(override));
  assert.deepEqual(await axe(page), []);
  await keep(page, "proposal");
  await page.click("[data-test=approve]");
  await page.click("[data-test=ask] [data-test=go]");
  await page.waitForSelector("[data-test=done]");
  const deployed = await admin("pack.open", { pack: PACK });
  assert.equal(deployed.version, "3.0");
  const top = page.locator("[data-test=versions] li").first();
  await until("the approval in the history", async () => (await top.textContent()).includes("第二管理员 批准"));
  assert.ok((await top.textContent()).includes("三小时未办改红牌"));

  const desk = await signedIn(server.url, "dispatcher");
  await desk("incident.report", { category: "dispute", title: "新版之下的一件", place: { lon: 110.57, lat: 27.06 } });
  await page.reload();
  await linkUp(page);
  await page.locator(`[data-test=versions] li[data-generation="${before.generation}"] [data-test=back]`).click();
  const told = page.locator("[data-test=ask]");
  await until("how many go along", async () => /\d+ 起在办事件也一起退回/.test(await told.textContent()));
  assert.deepEqual(await axe(page), []);
  await keep(page, "back");
  await page.click("[data-test=ask] [data-test=go]");
  await page.waitForSelector("[data-test=done]");
  assert.equal((await admin("pack.open", { pack: PACK })).digest, before.digest);
  await until("the way back in the history", async () => (await page.locator("[data-test=versions] li").first().textContent()).includes("退回"));
  await english(page);
  await until("English", async () => (await page.locator("[data-test=versions] li").first().textContent()).includes("Rolled back"));
  assert.deepEqual(await axe(page), []);
  await keep(page, "history-en");
});

test("why: each decision with what it asked, what it commanded and the lines that ran, the same again", { skip, timeout: 120_000 }, async () => {
  const desk = await signedIn(server.url, "dispatcher");
  const { id } = await desk("incident.report", { category: "fire", title: "后山竹林冒烟", place: { lon: 110.57, lat: 27.06 } });
  const page = await visitor("auditor", `#/why/${id}`);
  await page.waitForSelector("[data-test=timeline] li");
  assert.match(await page.textContent("[data-test=identical]"), /逐字相同/);
  const decision = page.locator("[data-test=timeline] > li", { hasText: "three-limits" }).first();
  const said = await decision.textContent();
  assert.ok(said.includes("nearest_officer") && said.includes("起时限"), said);
  await decision.locator("summary").click();
  assert.ok((await decision.locator(".line-of.ran").count()) > 0);
  assert.deepEqual(await axe(page), []);
  await keep(page, "why");
  // By the number that people call it by.
  const { number } = await desk("incident.get", { id });
  await page.goto(`${server.url}/admin/#/why`);
  await page.fill("input[name=subject]", `#${number}`);
  await page.keyboard.press("Enter");
  await until("the incident", async () => (await page.evaluate(() => location.hash)) === `#/why/${id}`);

  // Whoever sits at the desk and may read the rules is led there; others are not.
  await admin("user.add", { name: "desk-audit", display: "带班审计", roles: ["dispatcher", "admin.audit"], org: admin.user.org, password: PASSWORD });
  const both = await person(browser, { width: 1440, height: 900 });
  everybody.push(both);
  for (const [name, links] of [["dispatcher2", 0], ["desk-audit", 1]]) {
    await both.context.clearCookies();
    await both.page.goto(`${server.url}/console/`);
    await both.page.evaluate(() => (sessionStorage.clear(), localStorage.clear()));
    await signIn(both.page, `${server.url}/console/`, name);
    await linkUp(both.page);
    await both.page.click(`#row-${id}`);
    await both.page.waitForSelector("[data-test=state]");
    assert.equal(await both.page.locator("[data-test=why]").count(), links, name);
  }
  assert.equal(await both.page.locator("[data-test=why]").getAttribute("href"), `/admin/#/why/${id}`);
});

test("proof: every village's week, by keyboard, and who owns what within which limits", { skip, timeout: 240_000 }, async () => {
  const page = await visitor("admin", `#/jobs?what=prove&pack=${PACK}`);
  await page.waitForFunction(() => document.querySelector("select[name=pack]")?.value === "yizhuang");
  await page.click("[data-test=start]");
  await page.waitForSelector("[data-test=proof] .town", { timeout: 120_000 });
  const job = await page.evaluate(() => location.hash.split("/").pop());
  const { summary } = await admin("job.open", { job });
  assert.ok((await page.textContent("[data-test=proof] [data-test=sentence]")).replaceAll(",", "").includes(String(summary.situations)));
  await page.locator(".town-head").first().click();
  const strip = page.locator(".strip").first();
  await strip.focus();
  const read = () => page.textContent(".read-out");
  const first = await read();
  await page.keyboard.press("ArrowRight");
  await until("the next hour", async () => (await read()) !== first);
  assert.deepEqual(await axe(page), []);
  await keep(page, "proof");
  await english(page);
  await until("English", async () => (await page.textContent("[data-test=proof] [data-test=sentence]")).includes("situations"));
  await keep(page, "proof-en");
});

test("four eyes: a deployment is refused to one alone, proposed from the same dialog, approved by another", { skip, timeout: 240_000 }, async () => {
  await draft("4.0");
  await server.stop();
  server.configure("policy = { four_eyes = true }");
  await server.start();
  admin = await signedIn(server.url, "admin");
  const page = await visitor("admin", `#/edit/${PACK}`);
  await page.click("header.bar [data-test=deploy]");
  await page.locator("dialog [data-test=verdict] .error").waitFor({ timeout: 60_000 });
  await page.fill("dialog input[name=override]", "红牌是县里定的");
  await page.click("[data-test=deploy-submit]");
  await until("the way that is left", async () => /提交/.test(await page.textContent("[data-test=deploy-submit]")));
  assert.deepEqual(await axe(page), []);
  await page.click("[data-test=deploy-submit]");
  await page.waitForSelector("dialog", { state: "detached", timeout: 60_000 });
  const [waiting] = (await admin("pack.proposals")).rows;
  assert.equal(waiting.author, "admin");

  const second = await visitor("admin-2", "#/packs");
  await second.click("[data-test=waiting] button");
  await second.locator("dialog td.plus", { hasText: '"red", "3 小时' }).waitFor();
  assert.ok((await second.textContent("dialog")).includes("红牌是县里定的"));
  assert.deepEqual(await axe(second), []);
  await keep(second, "approve");
  await second.click("dialog button[type=submit]");
  await second.waitForSelector("[data-test=said]", { timeout: 60_000 });
  const now = await admin("pack.open", { pack: PACK });
  assert.equal(now.version, "4.0");
  assert.deepEqual((await admin("pack.proposals")).rows, []);
  await second.click(`[data-test=rollback-${PACK}]`);
  await second.click("[data-test=rollback-submit]");
  await until("the version before", async () => (await admin("pack.open", { pack: PACK })).version !== "4.0");
});

test("on a phone's width nothing is wider than the screen", { skip, timeout: 120_000 }, async () => {
  const page = await visitor("auditor", "#/jobs", { width: 400 });
  for (const hash of ["#/packs", "#/trust", "#/jobs", `#/history/${PACK}`, `#/shadow/${PACK}`, "#/why"]) {
    await page.goto(`${server.url}/admin/${hash}`);
    await page.waitForSelector(".page h2, .page form");
    assert.ok((await page.evaluate(() => document.querySelector(".view").scrollWidth)) <= 400, hash);
  }
});

test("nothing broke the page's own rules", { skip }, () => {
  assert.deepEqual(everybody.flatMap((p) => p.complaints), []);
});
