// The map as people use it: the desk's map, somebody sent by dropping him on an incident, the keyboard's way, a second
// window; and that all of ten thousand incidents and five thousand people are drawn.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { axe, linkUp, missing, person, PASSWORD, signedIn, signIn, startBrowser, startServer, until } from "./harness.mjs";

const skip = missing() || false;
const HERE = { lon: 110.57, lat: 27.06 };
const TITLE = "后山竹林冒烟";
let server, browser, incident;
const everybody = [];
before(async () => {
  if (skip) return;
  server = await startServer();
  browser = await startBrowser();
  const officer = await signedIn(server.url, "officer-0001");
  incident = await officer("incident.report", { category: "fire", title: TITLE, place: HERE, level: 2 });
  await at("officer-0001", { lon: HERE.lon + 0.004, lat: HERE.lat + 0.002, battery: 0.62 });
  await at("officer-0002", { lon: HERE.lon - 0.006, lat: HERE.lat - 0.003 });
});
after(async () => {
  await browser?.close();
  await server?.dispose();
});

/** A phone says where it is. */
async function at(name, place) {
  const call = async (method, params, token, id) =>
    (await fetch(`${server.url}/api/v1/rpc`, { method: "POST", headers: { ...(token && { authorization: `Bearer ${token}` }) }, body: JSON.stringify({ jsonrpc: "2.0", ...(id && { id }), method, params }) })).text();
  const { result } = JSON.parse(await call("session.login", { name, password: PASSWORD, device: `place-${name}` }, "", 1));
  await call("position.update", place, result.token);
}
async function desk(options = {}, path = "#/map") {
  const p = await person(browser, options);
  everybody.push(p);
  await signIn(p.page, `${server.url}/console/${path}`, "dispatcher");
  await linkUp(p.page);
  return p;
}
const ground = (page) => page.locator("[data-test=county-map]");
const drawn = (page, name) => ground(page).getAttribute(`data-${name}`);
async function settled(page) {
  await until("the county to be drawn", async () => Number(await drawn(page, "areas")) > 1000 && Number(await drawn(page, "incidents")) > 0 && Number(await drawn(page, "people")) > 1);
}
const R = 6378137;
/** Where a place is on the page, from what the map says of its view. */
async function pixel(page, { lon, lat }) {
  const [x, y, resolution] = (await drawn(page, "view")).split(" ").map(Number);
  const box = await ground(page).boundingBox();
  const mx = (R * lon * Math.PI) / 180;
  const my = R * Math.log(Math.tan(Math.PI / 4 + (lat * Math.PI) / 360));
  return { x: box.x + box.width / 2 + (mx - x) / resolution, y: box.y + box.height / 2 - (my - y) / resolution };
}
/** Close enough that neighbours are apart. */
async function closer(page) {
  await page.locator("[data-test=map-list] li button", { hasText: TITLE }).click();
  await until("the incident's detail", () => page.locator("#detail", { hasText: TITLE }).isVisible());
  for (let i = 0; i < 5; i++) {
    const p = await pixel(page, HERE);
    const before = await drawn(page, "view");
    await page.mouse.dblclick(p.x, p.y + 30);
    await until("the map to zoom", async () => (await drawn(page, "view")) !== before);
    await until("the map to rest", async () => {
      const one = await drawn(page, "view");
      await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
      return one === (await drawn(page, "view"));
    });
  }
}

/** The dispatch dialog, with him in the order: ticked, or named when he is no candidate. */
async function ordered(page, user) {
  await until(`${user} in the order`, async () => {
    if (!(await page.locator("dialog[open] [data-test=send]:enabled").count())) return false;
    return (await page.locator(`dialog #pick-${user}:checked`).count()) || (await page.inputValue("dialog input[name=by-hand]")).split(" ").includes(user);
  });
}

test("the desk's map: what is there, whom to send, by pointer and by keys", { skip, timeout: 120_000 }, async () => {
  const { page } = await desk();
  await settled(page);
  assert.deepEqual(await axe(page), []);

  // Layers and levels are switches, and kept.
  await page.uncheck("[data-test=map-legend] input[name=layer-labels]");
  await page.uncheck("[data-test=map-legend] input[name=level-2]");
  await until("level II to go", async () => !(await page.locator("[data-test=map-list]", { hasText: TITLE }).count()));
  await page.reload();
  await settled(page);
  assert.equal(await page.isChecked("[data-test=map-legend] input[name=layer-labels]"), false);
  await page.check("[data-test=map-legend] input[name=level-2]");

  // Choosing in the list opens the detail; the pointer finds the incident on the map.
  await closer(page);
  assert.match(page.url(), new RegExp(`#/map/${incident.id}$`));
  const fire = await pixel(page, HERE);
  await page.mouse.move(fire.x, fire.y);
  await until("the card", () => page.locator("[data-test=map-incident]", { hasText: TITLE }).isVisible());

  // A person: his card, and the way to send him.
  const card = page.locator("[data-test=map-person]");
  await until("the person's card", async () => {
    // He may not have been drawn yet, or the map is still on its way: whoever misses points again.
    const walker = await pixel(page, { lon: HERE.lon + 0.004, lat: HERE.lat + 0.002 });
    await page.mouse.click(walker.x, walker.y);
    return card.waitFor({ timeout: 1000 }).then(() => true, () => false);
  });
  assert.match(await card.innerText(), /62%/);
  await card.locator("[data-test=map-send]").click();
  await ordered(page, "officer-0001");
  await page.keyboard.press("Escape");
  await until("the dialog to go", async () => !(await page.locator("dialog[open]").count()));

  // Another, dropped on the incident.
  const other = await pixel(page, { lon: HERE.lon - 0.006, lat: HERE.lat - 0.003 });
  const aim = await pixel(page, HERE);
  await page.mouse.move(other.x, other.y);
  await page.mouse.down();
  await page.mouse.move((other.x + aim.x) / 2, (other.y + aim.y) / 2, { steps: 4 });
  await page.mouse.move(aim.x, aim.y, { steps: 4 });
  await page.mouse.up();
  await ordered(page, "officer-0002");
  await page.keyboard.press("Escape");

  // The same from the list: a line onto a person.
  const standing = await pixel(page, { lon: HERE.lon + 0.004, lat: HERE.lat + 0.002 });
  const stage = await ground(page).boundingBox();
  await page.locator(`[data-test=map-list] button[data-id=${incident.id}]`).dragTo(ground(page), { targetPosition: { x: standing.x - stage.x, y: standing.y - stage.y } });
  await ordered(page, "officer-0001");
  await page.keyboard.press("Escape");
  await until("the dialog to go", async () => !(await page.locator("dialog[open]").count()));

  // By keys alone: the cross on the incident, Enter.
  await page.evaluate(() => (location.hash = "#/map"));
  await ground(page).focus();
  await page.keyboard.press("0");
  const was = await drawn(page, "view");
  await page.keyboard.press("+");
  await until("the map to zoom", async () => (await drawn(page, "view")) !== was);
  const zoomed = await drawn(page, "view");
  await page.keyboard.press("ArrowRight");
  await until("the map to move", async () => (await drawn(page, "view")) !== zoomed);

  // A box drawn with Shift lists what lies in it.
  const box = await ground(page).boundingBox();
  await page.keyboard.press("0");
  await page.keyboard.down("Shift");
  await page.mouse.move(box.x + box.width * 0.4, box.y + 10);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width - 80, box.y + box.height - 30, { steps: 5 });
  await page.mouse.up();
  await page.keyboard.up("Shift");
  await until("the box", () => page.locator("[data-test=map-list] button", { hasText: "取消框选" }).isVisible());
});

async function goTo(page, name) {
  await page.locator("body").press("/");
  await page.waitForSelector("#command-line");
  await page.keyboard.type(`到 ${name}`);
  await page.waitForSelector("[data-test=command-does]");
  await page.keyboard.press("Enter");
}
test("the command line moves the map, here and in another window", { skip, timeout: 60_000 }, async () => {
  const { page, context } = await desk();
  await settled(page);
  const second = await context.newPage();
  await second.goto(`${server.url}/console/`);
  await linkUp(second);
  const was = await drawn(page, "view");
  await goTo(second, "高沙镇");
  await until("the map to follow", async () => (await drawn(page, "view")) !== was);
  const there = await drawn(page, "view");
  await goTo(page, "文昌社区");
  await until("the map to move", async () => (await drawn(page, "view")) !== there);
  assert.match(page.url(), /#\/map/);
});

test("in English, in the light, people move by themselves", { skip, timeout: 60_000 }, async () => {
  const { page } = await desk({ lang: "en", theme: "light" });
  await settled(page);
  assert.deepEqual(await axe(page), []);
  assert.match(await page.locator("[data-test=map-list] h2").innerText(), /Incidents in sight/);
  const n = Number(await drawn(page, "people"));
  await at("officer-0003", { lon: HERE.lon, lat: HERE.lat + 0.02 });
  await until("somebody to appear", async () => Number(await drawn(page, "people")) > n);
});

test("all of 10,000 incidents and 5,000 people are drawn", { skip, timeout: 90_000 }, async () => {
  const bench = fileURLToPath(new URL("../bench/map.mjs", import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, [bench, process.env.FQ_WEB_DIR, "--check"], { timeout: 80_000 });
  assert.match(stdout, /drawn: 10000 incidents, 5000 people, 1065 areas/);
});

test("nothing complained", { skip }, () => {
  for (const p of everybody) assert.deepEqual(p.complaints, []);
});
