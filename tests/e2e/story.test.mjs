// The workshop's purpose, from beginning to end: a county's administrator changes five minutes to eight at night, sees
// what that would have done, makes it decide, asks why, and goes back. With FQ_SHOTS=<directory>, each step is kept
// there as a picture.
import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { linkUp, missing, person, signedIn, signIn, startBrowser, startServer, until } from "./harness.mjs";

const skip = missing() || false;
const shots = process.env.FQ_SHOTS;
const PACK = "yizhuang";
const RULE = "policies/three-limits.lua";
const NIGHT = ', limit_at = { { "22:00", "06:00", minutes(8) } }';
const SCENARIO = `scenario "夜里派遣限时八分钟,白天五分钟"

busy { "officer-1", "officer-2", "officer-3" } -- 无人可派,好看时限
at "21:59" { report { as = "officer-1", category = "dispute", title = "收摊争执" } }
at "22:04" { expect { owner = "township", clock = { dispatch = "breached" } } }
at "22:10" { report { as = "officer-2", category = "dispute", title = "夜里争吵" } }
at "22:17" { expect { clock = { dispatch = "due_soon" } } }
at "22:18" { expect { owner = "township", clock = { dispatch = "breached" } } }
`;
const NOTE = "夜间派遣放宽到八分钟";
let server, browser, admin, me;

before(async () => {
  if (skip) return;
  if (shots) mkdirSync(shots, { recursive: true });
  server = await startServer({ hours: 26 }); // a whole night, whatever time it is
  browser = await startBrowser();
  admin = await signedIn(server.url, "admin");
  me = await person(browser, { width: 1366, height: 860, theme: "light" });
});
after(async () => {
  await browser?.close();
  await server?.dispose();
});

let step = 0;
async function keep(name) {
  if (shots) await me.page.screenshot({ path: join(shots, `story-${String(++step).padStart(2, "0")}-${name}.png`) });
}
const finished = (page, what) => page.waitForSelector(`[data-test=${what}] [data-test=sentence]`, { timeout: 180_000 });
const jobShown = (page) => page.evaluate(() => location.hash.split("/").pop());

/** Which limit an order to dispatch has when it is reported then, in minutes. */
const limitAt = (at) => {
  const hour = (new Date(at).getUTCHours() + 8) % 24; // Beijing
  return hour >= 22 || hour < 6 ? 8 : 5;
};

test("five minutes become eight at night, and five again", { skip, timeout: 600_000 }, async () => {
  const { page } = me;
  const line = (text) => page.locator(".cm-line", { hasText: text }).first();
  const before = await admin("pack.open", { pack: PACK });

  // In, and to the pack that decides.
  await signIn(page, `${server.url}/admin/`, "admin");
  await linkUp(page);
  await page.locator(`[data-test=open-${PACK}]`).waitFor();
  await keep("home");
  await page.click(`[data-test=open-${PACK}]`);
  await page.waitForSelector(".cm-content");

  // The change, by keyboard: to the file, to the limit, eight minutes at night behind it.
  await page.keyboard.press("Control+p");
  await page.waitForSelector("dialog [role=combobox]");
  await page.keyboard.type("three");
  await page.keyboard.press("Enter");
  await page.waitForSelector(`.cm-content[aria-label='${RULE}']`);
  await until("the text to have the focus", () =>
    page.evaluate(() => (document.activeElement?.shadowRoot?.activeElement ?? document.activeElement)?.classList.contains("cm-content")),
  );
  await page.keyboard.press("Control+f");
  await page.waitForSelector(".cm-search input[name=search]");
  await page.keyboard.type("minutes(5)");
  await page.keyboard.press("Enter");
  await page.keyboard.press("Escape");
  await page.keyboard.press("ArrowRight");
  await page.keyboard.type(NIGHT);
  await page.keyboard.press("Escape");
  await line(`limit = minutes(5)${NIGHT}, warn = { 0.5, 0.8 } },`).waitFor();
  await page.waitForSelector("[data-test=check-state].ok");
  assert.equal(await page.locator(".cm-lintRange-error").count(), 0);
  await page.waitForSelector("[data-test=save-state].saved");
  await keep("changed");

  // Its story, beside the others, and all of them played.
  await page.locator(".tree h3", { hasText: "情景" }).locator("button").click();
  await page.keyboard.type("80-night");
  await page.keyboard.press("Enter");
  await page.waitForSelector(".cm-content[aria-label='scenarios/80-night.lua']");
  await page.locator(".cm-content").focus();
  await page.keyboard.press("Control+a");
  await page.keyboard.insertText(SCENARIO);
  await page.waitForSelector("[data-test=check-state].ok");
  await page.click("[data-test=run-all]");
  await page.locator("[data-test=scenario-state] .good").waitFor({ timeout: 120_000 });
  await page.waitForSelector("[data-test=save-state].saved");
  await keep("scenarios");

  // Checked over the whole county.
  await page.click("[data-test=check]");
  await finished(page, "check");
  const checked = await admin("job.open", { job: await jobShown(page) });
  assert.equal(checked.ok, true, JSON.stringify(checked.summary));
  assert.equal(checked.summary.proof.errors, 0);
  await keep("check");

  // Replayed: how many would be decided otherwise, and down to one of them.
  await page.goBack();
  await page.click("header.bar [data-test=replay]");
  await page.waitForSelector("dialog input[name=from]");
  await keep("replay-asked");
  await page.click("dialog [data-test=start]");
  await finished(page, "replay");
  const { summary } = await admin("job.open", { job: await jobShown(page) });
  assert.ok(summary.differing > 0 && summary.differing < summary.subjects, "nights differ, days do not");
  assert.ok((await page.textContent("[data-test=replay] [data-test=sentence]")).includes(`${summary.differing} `));
  await keep("replay");
  await page.locator("[data-test=incidents] .row-button").first().click();
  const difference = page.locator("[data-test=incidents] .difference").first();
  await difference.waitFor();
  assert.match(await difference.textContent(), /5 分.*8 分/s);
  await difference.scrollIntoViewIfNeeded();
  await keep("replay-one");

  // Deployed with a note; the scenarios are played once more on the way.
  await page.goBack();
  await page.click("[data-test=deploy]");
  await page.locator("dialog [data-test=verdict] .good").waitFor({ timeout: 120_000 });
  await page.fill("dialog input[name=note]", NOTE);
  await keep("deploy");
  await page.click("[data-test=deploy-submit]");
  await page.waitForSelector("[data-test=deployed]", { timeout: 120_000 });
  await keep("deployed");
  const after = await admin("pack.open", { pack: PACK });
  assert.equal(after.files[RULE], before.files[RULE].replace("minutes(5)", `minutes(5)${NIGHT}`));
  assert.notEqual(after.version, before.version);

  // What is reported from now on is decided by it, and says so.
  const desk = await signedIn(server.url, "dispatcher");
  const { id } = await desk("incident.report", { category: "dispute", title: "夜市摊位争执", place: { lon: 110.57, lat: 27.06 } });
  await page.goto(`${server.url}/admin/#/why/${id}`);
  await page.waitForSelector("[data-test=timeline] li");
  const decision = page.locator("[data-test=timeline] > li", { hasText: "three-limits" }).filter({ hasText: "派遣" }).first();
  const said = await decision.textContent();
  assert.ok(said.includes(`第 ${after.generation} 代`), said);
  assert.match(await page.textContent("[data-test=identical]"), /逐字相同/);
  await keep("why");
  const { clocks, reported_at: at } = await desk("incident.get", { id });
  assert.equal(clocks.find((c) => c.name === "dispatch").limit_ms, limitAt(at) * 60_000);

  // And back: the version before decides again, for what is open as well.
  await page.goto(`${server.url}/admin/#/history/${PACK}`);
  await until("the note in the history", async () => (await page.textContent("[data-test=versions] li")).includes(NOTE));
  await keep("history");
  await page.goto(`${server.url}/admin/#/edit/${PACK}`);
  await page.click("[data-test=rollback]");
  await page.waitForSelector("dialog[open]");
  await keep("rollback");
  await page.click("[data-test=rollback-submit]");
  await page.waitForSelector("[data-test=rolled-back]");
  assert.equal((await admin("pack.open", { pack: PACK })).digest, before.digest);
  await until("the text that decides again", async () => (await line("limit_at").count()) === 0);
  await keep("rolled-back");
  assert.deepEqual(me.complaints, []);
});
