// Who is brought into a call, and how: a relative by a link, a colleague pulled in after a warning, everybody inside a
// circle on the map; a commander who watches unseen for a reason. FQ_SHOTS=DIR keeps pictures.
import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { axe, linkUp, missing, person, signedIn, signIn, startBrowser, startServer, until } from "./harness.mjs";

const skip = missing() || false;
const shots = process.env.FQ_SHOTS;
if (shots) mkdirSync(shots, { recursive: true });
let server, browser, ask;
before(async () => {
  if (skip) return;
  server = await startServer({ hours: 1 });
  browser = await startBrowser("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream", "--autoplay-policy=no-user-gesture-required");
  ask = await signedIn(server.url, "dispatcher");
  for (const [n, name] of ["officer-0001", "officer-0002"].entries()) {
    const officer = await signedIn(server.url, name);
    await officer("duty.start").catch(() => undefined); // he may be on duty already
    await officer("position.update", { lon: 110.571 + n / 100, lat: 27.061 });
  }
});
after(async () => {
  await browser?.close();
  await server?.dispose();
});

async function desk(name, options = {}) {
  const p = await person(browser, options);
  await signIn(p.page, `${server.url}/console/`, name);
  await linkUp(p.page);
  return p;
}
const panel = (page, phase = "in") => page.waitForSelector(`[data-test=call-panel][data-phase=${phase}]`);
const seat = (page, user, state = "connected") => page.waitForSelector(`.call-people [data-user=${user}][data-state=${state}]`);
async function shot(page, name) {
  if (shots) await page.screenshot({ path: join(shots, `${name}.png`) });
}
const WAYS = { zh: { lang: "zh", theme: "dark" }, en: { lang: "en", theme: "light" } };

async function begin(page, title) {
  const { id } = await ask("incident.report", { category: "fire", level: 2, title, place: { lon: 110.57, lat: 27.06 } });
  await page.goto(`${server.url}/console/#/queue/${id}`);
  await page.waitForSelector("[data-test=call]:not([disabled])");
  await page.keyboard.press("v");
  await panel(page);
  return page.getAttribute("[data-test=call-panel]", "data-id");
}

for (const [way, look] of Object.entries(WAYS))
  test(`a link, a pull, a circle, ${way}`, { skip, timeout: 120_000 }, async () => {
    const [a, b] = [await desk("dispatcher", look), await desk("dispatcher2", look)];
    const [one, two] = [a.page, b.page];
    const conf = await begin(one, `后山冒烟 ${way}`);

    // pulled in: a page that is open joins by itself, after whoever does it was told that it is logged
    await one.click("[data-tab=add]");
    await one.fill("input[name=call-person]", "dispatcher2");
    await shot(one, `add-${way}`);
    await one.click("[data-test=add-person]");
    await one.click("[data-tab=members]");
    await one.click("[data-user=dispatcher2] [data-verb=pull]");
    await one.waitForSelector("dialog[open]");
    assert.deepEqual(await axe(one), []);
    await shot(one, `pull-${way}`);
    await one.click("dialog button[type=submit]");
    await panel(two);
    for (const page of [one, two]) await seat(page, "dispatcher2");

    // a relative: the link is shown once, and he is among the members before he comes
    await one.click("[data-test=guest-link]");
    await one.fill("input[name=guest-name]", "李奶奶的女儿");
    await one.fill("input[name=guest-phone]", "13812345678");
    await shot(one, `link-ask-${way}`);
    await one.click("dialog button[type=submit]");
    const url = await one.inputValue("input[name=guest-url]");
    assert.match(url, /\/family\/#t=g\./);
    assert.deepEqual(await axe(one), []);
    await shot(one, `link-${way}`);
    await one.keyboard.press("Escape");
    const guest = (await ask("conf.links", { id: conf })).rows[0].guest;
    await seat(one, guest, "invited");
    await one.waitForSelector(`[data-user=${guest}] >> text=李奶奶的女儿`);
    const relative = await person(browser, { width: 360, height: 740 });
    await relative.page.goto(url);
    await relative.page.click("[data-test=answer]");
    await seat(one, guest);
    await one.click(`[data-user=${guest}] summary`);
    await shot(one, `menu-${way}`);
    await one.click(`[data-user=${guest}] [data-verb=unlink]`);
    await seat(one, guest, "left");
    await relative.context.close();

    // everybody on duty inside a circle; their phones ring
    await one.click("[data-tab=add]");
    await one.selectOption("select[name=call-radius]", "5");
    await one.click("[data-test=draw-circle]");
    await one.waitForSelector("[data-test=call-circle]:not([disabled])");
    assert.deepEqual(await axe(one), []);
    await shot(one, `circle-${way}`);
    const before = (await ask("conf.get", { id: conf })).members.length;
    await one.click("[data-test=call-circle]");
    await one.waitForSelector("[data-tab=members][aria-pressed=true]");
    await until("those inside it to be rung", async () => (await ask("conf.get", { id: conf })).members.length > before);
    await one.waitForSelector("[data-user=officer-0002]");
    assert.equal(await one.locator("[data-test=call-error]").count(), 0);
    await shot(one, `members-${way}`);
    await one.click("[data-test=full]");
    await one.waitForSelector(".call-panel.full");
    await shot(one, `full-${way}`);
    await one.click("[data-test=full]");
    await one.click("[data-tab=roll]");
    await one.click("[data-test=roll-call]");
    await two.click("[data-test=here]");
    await one.waitForSelector("[data-here=dispatcher2]");
    assert.deepEqual(await axe(one), []);
    await shot(one, `roll-${way}`);
    await one.goto(`${server.url}/console/#/map`);
    await shot(one, `map-${way}`);
    const [popup] = await Promise.all([a.context.waitForEvent("page"), one.click("[data-test=pop-out]")]);
    await popup.waitForSelector("[data-test=call-panel][data-phase=in]");
    await popup.waitForSelector(".call-stage [data-who=dispatcher2] video");
    await shot(popup, `popup-${way}`);
    await ask("conf.end", { id: conf });
    await two.waitForSelector("[data-test=call-over]");
    assert.deepEqual([a.complaints, b.complaints], [[], []]);
    await Promise.all([a.context.close(), b.context.close()]);
  });

test("a commander watches for a reason, and nobody notices", { skip, timeout: 120_000 }, async () => {
  const [a, c] = [await desk("dispatcher"), await desk("commander", WAYS.en)];
  const [one, eye] = [a.page, c.page];
  const conf = await begin(one, "走失老人");
  await eye.goto(`${server.url}/console/#/calls`);
  await eye.click(`[data-row=${conf}] [data-verb=monitor]`);
  await eye.fill("input[name=monitor-reason]", "督导夜班");
  await shot(eye, "monitor-ask");
  await eye.press("input[name=monitor-reason]", "Enter");
  await panel(eye);
  await eye.waitForSelector("[data-test=unseen]");
  assert.deepEqual(await axe(eye), []);
  await shot(eye, "monitor");
  const { members } = await ask("conf.get", { id: conf });
  assert.ok(!members.some((m) => m.user === "commander"));
  assert.equal(await one.locator("[data-user=commander]").count(), 0);
  await eye.click("[data-test=hang-up]");
  await eye.waitForSelector("[data-test=call-panel]", { state: "detached" });
  await one.click("[data-test=hang-up]");
  await one.waitForSelector("[data-test=call-panel]", { state: "detached" });
  assert.deepEqual([a.complaints, c.complaints], [[], []]);
  await Promise.all([a.context.close(), c.context.close()]);
});
