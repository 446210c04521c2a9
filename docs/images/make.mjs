// The pictures of the README, taken from a running demo: node docs/images/make.mjs [URL]
// The demo should have been busy for some minutes. Environment: FQ_WEB_DIR, CHROMIUM (see tests/e2e/harness.mjs).
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
} finally {
  await browser.close();
}
