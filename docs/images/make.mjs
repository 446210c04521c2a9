// The pictures of the README and the policy guide, taken from a running demo: node docs/images/make.mjs [URL]
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

/** An incident with a history, and the officer who works on it. */
async function subject(token) {
  const { rows } = await ask(token, "incident.open");
  const rank = (i) =>
    (i.tasks.some((t) => t.arrived_at) ? 2 : 0) +
    (i.clocks.some((c) => c.state === "breached") ? 3 : 0) +
    (i.card ? 2 : 0) +
    (i.owner?.level !== "grid" ? 1 : 0) +
    (i.state === "handling" ? 2 : 0);
  const found = rows.filter((i) => i.tasks.some((t) => t.to.user && t.accepted_at)).sort((a, b) => rank(b) - rank(a))[0];
  return found && { incident: found, officer: found.tasks.find((t) => t.to.user && t.accepted_at).to.user };
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

const token = await tokenOf("dispatcher");
const { incident, officer } = await until("an incident somebody works on", () => subject(token), 600_000);
const browser = await startBrowser();
try {
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

  await workshop();
} finally {
  await browser.close();
}
