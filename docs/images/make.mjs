// The pictures of the README and the policy guide, taken from a running demo: node docs/images/make.mjs [URL] [PART]
// PART is one of desk, pages, call, workshop; all of them without it.
// The demo should have a night behind it (--hours 30) and have been busy for some minutes; nobody should have changed
// its rules. Environment: FQ_WEB_DIR, CHROMIUM (see tests/e2e/harness.mjs).
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { linkUp, person, signIn, startBrowser, until } from "../../tests/e2e/harness.mjs";

const url = process.argv[2] ?? "http://127.0.0.1:8080";
const here = fileURLToPath(new URL(".", import.meta.url));
const password = "fengqiao-demo";

async function tokenOf(name) {
  const r = await fetch(`${url}/api/v1/rpc`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ jsonrpc: "2.0", id: 1, method: "session.login", params: { name, password } }),
  });
  return (await r.json()).result.token;
}
async function ask(token, method, params = {}) {
  const r = await fetch(`${url}/api/v1/rpc`, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Bearer ${token}` },
    body: JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }),
  });
  return (await r.json()).result;
}

const taken = (t) => t.to.user && ["accepted", "arrived"].includes(t.state);

/** An incident with a history, and the officer who works on it. */
async function subject(token) {
  const { rows } = await ask(token, "incident.open");
  const rank = (i) =>
    (i.tasks.some((t) => t.state === "arrived") ? 2 : 0) +
    (i.clocks.some((c) => c.state === "breached") ? 3 : 0) +
    (i.card ? 2 : 0) +
    (i.owner?.level !== "grid" ? 1 : 0) +
    (i.state === "handling" ? 2 : 0);
  const found = rows.filter((i) => i.tasks.some(taken)).sort((a, b) => rank(b) - rank(a))[0];
  return found && { incident: found, officer: found.tasks.find(taken).to.user };
}

/** The guide's story: another limit at night. */
async function workshop() {
  const { page } = await person(browser, { width: 1280, height: 720, theme: "light" });
  const picture = (name) => page.screenshot({ path: join(here, `admin-${name}.png`) });
  await signIn(page, `${url}/admin/#/edit/yizhuang?file=policies/three-limits.lua`, "admin");
  await linkUp(page);
  await page.locator(".cm-line", { hasText: "minutes(5)" }).click();
  await page.click("[data-test=night]");
  await page.click("[data-test=run-all]");
  await page.locator("[data-test=scenario-state] .good").waitFor({ timeout: 120_000 });
  await page.waitForSelector("[data-test=save-state].saved");
  await picture("edit");

  await page.click("header.bar [data-test=replay]");
  await page.click("dialog [data-test=start]");
  await page.locator("[data-test=incidents] .row-button").first().click({ timeout: 120_000 });
  await page.locator("[data-test=incidents] .difference .line-of.ran").first().waitFor();
  await page.locator("[data-test=incidents]").evaluate((e) => (e.closest(".view").scrollTop += e.getBoundingClientRect().top - 60));
  await picture("replay");

  await page.goto(`${url}/admin/#/edit/yizhuang`);
  await page.click("[data-test=deploy]");
  await page.locator("dialog [data-test=verdict] .good").waitFor({ timeout: 120_000 });
  await page.locator("dialog [name=note]").fill("夜间派遣放宽到八分钟");
  await picture("deploy");
  await page.click("[data-test=deploy-submit]");
  await page.waitForSelector("[data-test=deployed]", { timeout: 120_000 });

  const params = { category: "dispute", title: "夜市摊位争执", grid: "430525103223-01" };
  const { id } = await ask(token, "incident.report", params);
  await page.goto(`${url}/admin/#/why/${id}`);
  await page.locator("[data-test=timeline] summary").first().click();
  await picture("why");
}

/** What the county looks at: the wall, the console with its map, a form in the editor, a resident's phone. */
async function pages() {
  const open = (width, height, theme, more) => person(browser, { width, height, theme, ...more });
  const screen = await open(1440, 810, "dark");
  await signIn(screen.page, `${url}/screen/`, "commander");
  for (const part of [".ranking tbody tr", "[data-test=row]", ".hours rect", ".map canvas"]) await screen.page.waitForSelector(part);
  await until("everybody on the map", async () => !(await screen.page.locator("[data-test=down]").count()));
  await drawn(screen.page);
  await screen.page.screenshot({ path: join(here, "screen.jpg"), type: "jpeg", quality: 80 });

  const map = await open(1366, 860, "dark");
  await signIn(map.page, `${url}/console/#/map`, "dispatcher");
  await linkUp(map.page);
  await map.page.waitForSelector("canvas");
  await drawn(map.page);
  await map.page.screenshot({ path: join(here, "map.jpg"), type: "jpeg", quality: 80 });

  const admin = await open(1280, 800, "light");
  await signIn(admin.page, `${url}/admin/#/form/fire`, "admin");
  await linkUp(admin.page);
  await admin.page.waitForSelector(".form-fields");
  await admin.page.screenshot({ path: join(here, "admin-form.png") });

  const report = await open(360, 740, "light", { hasTouch: true });
  await report.page.goto(`${url}/report/`);
  await report.page.locator("label.tile:has(input[value=fire])").click();
  await report.page.locator("[data-test=more] label").first().waitFor();
  await report.page.screenshot({ path: join(here, "report.png") });
}

/** A map paints when its data is there: two pictures alike mean that it has. */
async function drawn(page) {
  let last = "";
  await until("the map to stand still", async () => {
    const now = (await page.locator("canvas").first().screenshot()).toString("base64");
    const same = now === last;
    last = now;
    return same;
  }).catch(() => undefined); // somebody is always on the move
}

async function desk() {
  const { incident, officer } = await until("an incident somebody works on", () => subject(token), 600_000);
  const desk = await person(browser, { width: 1366, height: 860, theme: "dark" });
  await signIn(desk.page, `${url}/console/`, "dispatcher");
  await linkUp(desk.page);
  await desk.page.locator(".incident", { hasText: incident.title }).first().click();
  await desk.page.waitForSelector("[data-test=timeline] li");
  await desk.page.screenshot({ path: join(here, "console.png") });

  const field = await person(browser, { width: 360, height: 740, theme: "light", hasTouch: true });
  await signIn(field.page, `${url}/field/`, officer);
  await linkUp(field.page);
  await field.page.locator(".card-link").first().click();
  await field.page.waitForSelector(".task-view");
  await field.page.screenshot({ path: join(here, "field.png") });
}

/** Two desks and the officer's phone in a call about an incident. */
async function call() {
  const { incident, officer } = await until("an incident somebody works on", () => subject(token), 600_000);
  const desk = await person(browser, { width: 1366, height: 860, theme: "dark" });
  await signIn(desk.page, `${url}/console/#/queue/${incident.id}`, "dispatcher");
  await linkUp(desk.page);
  const other = await person(browser);
  await signIn(other.page, `${url}/console/`, "dispatcher2");
  await linkUp(other.page);
  const phone = await person(browser, { width: 360, height: 740, hasTouch: true });
  await signIn(phone.page, `${url}/field/`, officer);
  await linkUp(phone.page);

  await desk.page.waitForSelector("[data-test=call]:not([disabled])");
  await desk.page.keyboard.press("v");
  await desk.page.click("[data-test=call-panel][data-phase=in] [data-tab=add]");
  await desk.page.fill("input[name=call-person]", "dispatcher2");
  await desk.page.click("[data-test=add-person]");
  await desk.page.click("[data-tab=members]");
  await other.page.click("[data-test=answer]");
  await phone.page.click("[data-test=accept]");
  for (const who of ["dispatcher2", officer])
    await until(`a picture of ${who}`, () => desk.page.evaluate((u) => document.querySelector(`.call-stage [data-who="${u}"] video`)?.videoWidth, who));
  await desk.page.screenshot({ path: join(here, "call.jpg"), type: "jpeg", quality: 80 });
}

const parts = { desk, pages, call, workshop };
const token = await tokenOf("dispatcher");
const browser = await startBrowser("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream", "--autoplay-policy=no-user-gesture-required");
try {
  for (const [name, take] of Object.entries(parts)) if (!process.argv[3] || process.argv[3] === name) await take();
} finally {
  await browser.close();
}
