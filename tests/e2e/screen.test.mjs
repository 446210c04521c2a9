// The big screen, which nobody touches: it shows the county on two sizes of wall, says when it is cut off, comes back by
// itself, takes a newer build at a quiet moment, and does not grow while thousands of things happen.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { axe, missing, person, signedIn, signIn, startBrowser, startServer, until } from "./harness.mjs";

const skip = missing() || false;
let server, browser, dispatcher;
const everybody = [];
before(async () => {
  if (skip) return;
  server = await startServer({ hours: 8 });
  browser = await startBrowser();
  dispatcher = await signedIn(server.url, "dispatcher");
});
after(async () => {
  await browser?.close();
  await server?.dispose();
});

async function wall(options = {}) {
  const p = await person(browser, { width: 1920, height: 1080, ...options });
  everybody.push(p);
  await signIn(p.page, `${server.url}/screen/`, "commander");
  await shown(p.page);
  return p;
}
async function shown(page) {
  await until("the figures", async () => /^\d+$/.test((await page.textContent("[data-test=open]")).trim()));
  await page.waitForSelector(".hours rect");
  await page.waitForSelector(".ranking tbody tr");
  await page.waitForSelector("[data-test=row]");
}
const figure = async (page, name) => Number(await page.textContent(`[data-test=${name}]`));

for (const [width, height, lang, theme] of [[1920, 1080, "zh", "dark"], [1366, 768, "en", "light"]])
  test(`${width}x${height}, ${lang}, ${theme}: the server's figures, nothing cut off, no finding`, { skip, timeout: 90_000 }, async () => {
    const { page } = await wall({ width, height, lang, theme });
    const overview = await dispatcher("stats.overview");
    assert.equal(await figure(page, "open"), overview.open);
    assert.equal(await figure(page, "reported"), overview.reported);
    assert.equal(await page.locator(".rates li").count(), 3);
    assert.equal(await page.locator(".hours rect").count(), 168);
    await page.waitForSelector(".map canvas");
    const cut = await page.evaluate(() => [...document.querySelectorAll(".panel")].filter((p) => p.scrollWidth > p.clientWidth + 1 || p.scrollHeight > p.clientHeight + 1).map((p) => `${p.className} ${p.scrollWidth}x${p.scrollHeight} in ${p.clientWidth}x${p.clientHeight}`));
    assert.deepEqual(cut, []);
    const [map, stage] = [await page.locator(".map").boundingBox(), await page.locator(".stage").boundingBox()];
    assert.ok(Math.abs(stage.width / stage.height - 16 / 9) < 0.01 && map.x > stage.x && map.x + map.width < stage.x + stage.width);
    assert.deepEqual(await axe(page), []);
    await page.mouse.move(300, 300);
    await page.click("[data-test=settings]");
    await page.check("input[name=mode][value=stretch]");
    assert.deepEqual(await axe(page), [], "the settings");
    await page.click("dialog button[type=submit]");
    const stretched = await page.locator(".stage").boundingBox();
    assert.deepEqual([stretched.width, stretched.height].map(Math.round), [width, height]);
  });

test("an emergency stands in front; the link is lost, said, and back by itself", { skip, timeout: 120_000 }, async () => {
  const { page } = await wall();
  const commander = await signedIn(server.url, "commander");
  await commander("emergency.start", { title: "防汛二级响应", level: 2, org: "430525", reason: "红色预警" });
  await page.waitForSelector("[data-test=alarms] >> text=防汛二级响应");
  await server.stop();
  await page.waitForSelector("[data-test=down]");
  const [down, alarms] = [await page.locator("[data-test=down]").boundingBox(), await page.locator("[data-test=alarms]").boundingBox()];
  assert.ok(alarms.y >= down.y + down.height, "the lost link hides no alarm");
  assert.match(await page.textContent("[data-test=down]"), /截至/);
  assert.match(await page.textContent("[data-test=open]"), /\d/, "the last figures stay");
  assert.deepEqual(await axe(page), []);
  await server.start();
  dispatcher = await signedIn(server.url, "dispatcher");
  await page.waitForSelector("[data-test=down]", { state: "detached", timeout: 60_000 });
  const before = await figure(page, "reported");
  await dispatcher("incident.report", { category: "fire", title: "断线之后", place: { lon: 110.57, lat: 27.06 } });
  await until("the new one", async () => (await figure(page, "reported")) > before);
  await page.locator("[data-test=row]", { hasText: "断线之后" }).waitFor();
});

test("the panic button: in front of everything until it is disposed of", { skip, timeout: 60_000 }, async () => {
  const { page } = await wall();
  const officer = await signedIn(server.url, "officer-0011");
  const { id } = await officer("panic.raise", { text: "有人持刀", place: { lon: 110.57, lat: 27.06 } });
  const line = page.locator("[data-test=alarms] [data-kind=panic]");
  await line.waitFor();
  assert.equal(await page.locator("[data-test=alarms] p").first().getAttribute("data-kind"), "panic");
  assert.match(await line.textContent(), /一键报警/);
  assert.deepEqual(await axe(page), []);
  await dispatcher("panic.acknowledge", { id });
  assert.equal(await line.count(), 1, "acknowledged is not over");
  await dispatcher("panic.dispose", { id, how: "test", note: "演练" });
  await line.waitFor({ state: "detached" });
});

test("a token in the address signs a wall in and does not stay there", { skip, timeout: 60_000 }, async () => {
  const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "session.login", params: { name: "commander", password: "fengqiao-demo" } });
  const { result } = await (await fetch(`${server.url}/api/v1/rpc`, { method: "POST", body })).json();
  const p = await person(browser, { width: 1920, height: 1080 });
  everybody.push(p);
  await p.page.goto(`${server.url}/screen/#token=${result.token}`);
  await shown(p.page);
  assert.ok(!p.page.url().includes("token"));
  await p.page.reload();
  await shown(p.page);
});

test("a newer build is taken at a quiet moment", { skip, timeout: 60_000 }, async () => {
  const p = await person(browser, { width: 1920, height: 1080 });
  everybody.push(p);
  await p.page.clock.install();
  await signIn(p.page, `${server.url}/screen/`, "commander");
  await p.page.waitForSelector("[data-test=open]");
  const commander = await signedIn(server.url, "commander");
  for (const e of (await commander("emergency.open")).rows) await commander("emergency.end", { id: e.id, note: "水位已退" });
  await until("nothing raised", async () => {
    await p.page.clock.runFor(2000);
    return (await p.page.locator("[data-test=alarms]").count()) === 0;
  });
  let asked = 0;
  await p.context.route("**/screen/", async (route) => {
    if (route.request().resourceType() !== "fetch") return route.continue();
    asked++;
    const r = await route.fetch();
    await route.fulfill({ response: r, body: (await r.text()).replace(/assets\/screen-[^"]+\.js/, "assets/screen-00000000.js") });
  });
  const loaded = p.page.waitForEvent("load", { timeout: 40_000 });
  await p.page.clock.fastForward("06:00");
  await loaded;
  assert.ok(asked > 0);
});

test("thousands of things happen and nothing grows", { skip, timeout: 150_000 }, async () => {
  const { page, context } = await wall();
  const cdp = await context.newCDPSession(page);
  await cdp.send("Performance.enable");
  const measure = async () => {
    for (let n = 0; n < 3; n++) await cdp.send("HeapProfiler.collectGarbage");
    const { metrics } = await cdp.send("Performance.getMetrics");
    const of = (name) => metrics.find((m) => m.name === name).value;
    return { heap: of("JSHeapUsedSize"), nodes: of("Nodes"), listeners: of("JSEventListeners") };
  };
  let frames = 0;
  cdp.on("Network.webSocketFrameReceived", () => frames++);
  await cdp.send("Network.enable");
  const token = (await (await fetch(`${server.url}/api/v1/rpc`, { method: "POST", body: JSON.stringify({ jsonrpc: "2.0", id: 1, method: "session.login", params: { name: "dispatcher", password: "fengqiao-demo" } }) })).json()).result.token;
  const batch = async (calls, sure = true) => {
    const body = JSON.stringify(calls.map(([method, params], id) => ({ jsonrpc: "2.0", id, method, params })));
    const answers = await (await fetch(`${server.url}/api/v1/rpc`, { method: "POST", body, headers: { authorization: `Bearer ${token}` } })).json();
    return answers.map((a) => a.result ?? (sure && assert.fail(JSON.stringify(a.error))));
  };
  const stir = async (rounds) => {
    for (let r = 0; r < rounds; r++) {
      const made = await batch(Array.from({ length: 10 }, (_, n) => ["incident.report", { category: "other", title: `流水 ${r}-${n}`, place: { lon: 110.5 + n / 100, lat: 27.06 } }]));
      await batch(Array.from({ length: 50 }, (_, n) => ["incident.comment", { id: made[n % 10].id, text: `第 ${n} 条` }]));
      await batch(made.map(({ id }) => ["incident.recall", { id, reason: "流水" }]), false); // whom the county's rules have sent
      await batch(made.map(({ id }) => ["incident.void", { id, reason: "流水" }]));
    }
    await batch([["incident.report", { category: "fire", title: `到此 ${rounds} ${frames}`, place: { lon: 110.57, lat: 27.06 } }]]);
    const open = (await dispatcher("stats.overview")).open;
    await until("the screen to have caught up", async () => (await figure(page, "open")) === open);
  };
  await stir(10);
  const first = await measure();
  const before = frames;
  await stir(40);
  const then = await measure();
  assert.ok(frames - before > 2500, `${frames - before} frames`);
  const grown = `${JSON.stringify(first)} -> ${JSON.stringify(then)} over ${frames - before} frames`;
  console.log(`# ${grown}`);
  assert.ok(then.heap - first.heap < 1.5e6, grown);
  assert.ok(then.nodes - first.nodes < 60, grown);
  assert.ok(then.listeners - first.listeners < 20, grown);
});

test("nothing was complained about on the way", { skip }, () => {
  assert.deepEqual(everybody.flatMap((p) => p.complaints), []);
});
