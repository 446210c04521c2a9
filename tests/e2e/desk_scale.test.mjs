// Ten thousand open incidents at one desk: all of them are there, few of them are drawn, filters and the keyboard work,
// and a burst about a thousand of them is shown without reading the list again.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { linkUp, missing, PASSWORD, person, signedIn, signIn, startBrowser, startServer, until } from "./harness.mjs";

const skip = missing() || false;
const OPEN = 10_000;
const BURST = 1000;
const BATCH = 50;
let server, browser, ask, post;
before(async () => {
  if (skip) return;
  server = await startServer({ hours: 1 });
  browser = await startBrowser();
  ask = await signedIn(server.url, "dispatcher");
  const { token } = await rpc("session.login", { name: "dispatcher", password: PASSWORD, device: "scale" });
  post = (calls) => batches(token, calls);
});
after(async () => {
  await browser?.close();
  await server?.dispose();
});

async function send(body, token) {
  const headers = { "content-type": "application/json", ...(token && { authorization: `Bearer ${token}` }) };
  return (await fetch(`${server.url}/api/v1/rpc`, { method: "POST", headers, body: JSON.stringify(body) })).json();
}
const rpc = async (method, params) => (await send({ jsonrpc: "2.0", id: 1, method, params })).result;
/** In batches, some at a time. */
async function batches(token, calls) {
  for (let at = 0; at < calls.length; at += BATCH) {
    const answers = await send(calls.slice(at, at + BATCH).map(([method, params], k) => ({ jsonrpc: "2.0", id: k, method, params: { ...params, idem: `scale-${method}-${String(at + k).padStart(6, "0")}` } })), token);
    for (const a of answers) assert.ok(a.result, JSON.stringify(a.error));
  }
}

test("ten thousand open incidents, filters, a burst", { skip, timeout: 600_000 }, async () => {
  const grids = (await ask("org.tree", { depth: 10, kind: "grid" })).units;
  await post(
    Array.from({ length: OPEN }, (_, k) => [
      "incident.report",
      { category: ["fire", "dispute", "traffic", "sanitation"][k % 4], level: 2 + (k % 3), title: `大雨后积水第${k}处`, grid: grids[k % grids.length].id },
    ]),
  );

  const { page, complaints } = await person(browser);
  let asked = [];
  page.on("websocket", (ws) => ws.on("framesent", (f) => asked.push(JSON.parse(f.payload).method)));
  await signIn(page, `${server.url}/console/`, "dispatcher");
  await linkUp(page);
  await page.waitForSelector(".rows .incident");
  const counts = async () => Number(/(\d+)/.exec(await page.textContent("[data-test=counts]"))[1]);
  await until("all of them", async () => (await page.locator("[data-test=reading]").count()) === 0 && (await counts()) >= OPEN, 120_000);
  const drawn = () => page.locator(".rows .incident").count();
  assert.ok((await drawn()) < 200, "few are drawn");

  // A filter is exact, whatever the number.
  await page.selectOption("select.level-filter", "3");
  await until("a third of them", async () => Math.abs(Number(/(\d+)/.exec(await page.textContent("[data-test=shown]"))[1]) - OPEN / 3) < 200);
  await page.selectOption("select.level-filter", "0");
  await page.fill("#search", "积水第9999处");
  await until("the one", async () => (await drawn()) === 1);
  await page.fill("#search", "");
  await until("all again", async () => (await drawn()) > 10);

  // To the end of the list and back: rows are where they should be.
  await page.evaluate(() => (document.querySelector(".list").scrollTop = 1e9));
  const last = page.locator(".rows li").last();
  await until("the last row", async () => (await last.getAttribute("aria-posinset")) === (await last.getAttribute("aria-setsize")));
  assert.ok((await drawn()) < 200);
  await page.evaluate(() => document.activeElement?.blur()); // out of the search: keys are the list's again
  await page.keyboard.press("j"); // the first, from wherever the list stands
  await until("the first row in sight", async () => (await page.locator(".rows li:has([aria-current=true])").getAttribute("aria-posinset")) === "1");
  await page.keyboard.press("j");
  await until("the second", async () => (await page.locator(".rows li:has([aria-current=true])").getAttribute("aria-posinset")) === "2");

  // A burst about a thousand: asked for by their ids, a hundred at a time; the list is not read again.
  const { rows } = await ask("incident.open", {});
  const some = rows.slice(0, BURST);
  asked = [];
  await post(some.map((r) => ["incident.urge", { id: r.id }]));
  const newest = some[0];
  await page.fill("#search", newest.title);
  await page.locator(`.incident[data-id=${newest.id}]`).click();
  await page.locator(".detail", { hasText: /已催办 1 次/ }).waitFor();
  await until("the questions", async () => asked.filter((m) => m === "incident.get_many").length >= BURST / 100);
  assert.equal(asked.filter((m) => m === "incident.open").length, 0);
  assert.ok(asked.filter((m) => m === "incident.get").length < 10);
  assert.deepEqual(complaints, []);
});
