// Faces: a dispatcher calls from an incident, another desk and an officer answer, pictures move on both sides, and
// whatever leads a call is tried on it: mute, hand, words, roll call, layout, lock, a link, removal, the end. A reload, a
// window of its own and a cut link lose nobody.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { axe, linkUp, missing, person, signedIn, signIn, startBrowser, startServer, until } from "./harness.mjs";

const skip = missing() || false;
let server, browser, ask;
before(async () => {
  if (skip) return;
  server = await startServer({ hours: 1 });
  browser = await startBrowser("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream", "--autoplay-policy=no-user-gesture-required");
  ask = await signedIn(server.url, "dispatcher");
});
after(async () => {
  await browser?.close();
  await server?.dispose();
});

async function desk(name, options = {}) {
  const p = await person(browser, { width: 1280, height: 800, ...options });
  await signIn(p.page, `${server.url}/console/`, name);
  await linkUp(p.page);
  return p;
}
let reported = 0;
async function incident(title) {
  const { id } = await ask("incident.report", { category: "fire", level: 2, title: `${title} ${++reported}`, place: { lon: 110.57, lat: 27.06 } });
  return id;
}
const panel = (page, phase = "in") => page.waitForSelector(`[data-test=call-panel][data-phase=${phase}]`);
const seat = (page, user, state = "connected") => page.waitForSelector(`.call-people [data-user=${user}][data-state=${state}]`);
const tab = (page, name) => page.click(`[data-tab=${name}]`);

/** Starts a call from an incident with one key, and adds these. */
async function begin(page, id, ...users) {
  await page.goto(`${server.url}/console/#/queue/${id}`);
  await page.waitForSelector("[data-test=call]:not([disabled])");
  await page.keyboard.press("v");
  await panel(page);
  await tab(page, "add");
  for (const user of users) {
    await page.fill("input[name=call-person]", user);
    await page.click("[data-test=add-person]");
    await until("the field to be empty", async () => (await page.inputValue("input[name=call-person]")) === "");
  }
  await tab(page, "members");
  return page.getAttribute("[data-test=call-panel]", "data-id");
}
async function answer(page) {
  await page.click("[data-test=answer]");
  await panel(page);
}

/** The picture of somebody moves: frames are decoded, and two looks at it differ. */
async function moves(page, user) {
  const look = () =>
    page.evaluate((who) => {
      const v = document.querySelector(`.call-stage [data-who="${who}"] video`);
      if (!v || !v.videoWidth) return null;
      const c = document.createElement("canvas");
      [c.width, c.height] = [64, 36];
      const x = c.getContext("2d");
      x.drawImage(v, 0, 0, 64, 36);
      return { frames: v.getVideoPlaybackQuality().totalVideoFrames, sum: x.getImageData(0, 0, 64, 36).data.reduce((a, b, n) => (a * 31 + b * (n % 7)) % 1_000_003, 0) };
    }, user);
  const first = await until(`a picture of ${user}`, look);
  await until(`the picture of ${user} to move`, async () => {
    const now = await look();
    return now && now.frames > first.frames + 3 && now.sum !== first.sum;
  });
}
/** How loud somebody is here; the fake microphone beeps. */
const heard = (page) =>
  page.evaluate(async () => {
    const el = document.querySelector(".call-stage audio");
    if (!el?.srcObject) return 0;
    const c = new AudioContext();
    const a = c.createAnalyser();
    c.createMediaStreamSource(el.srcObject).connect(a);
    const data = new Float32Array(a.fftSize);
    let most = 0;
    for (let n = 0; n < 30; n++) {
      await new Promise((r) => setTimeout(r, 50));
      a.getFloatTimeDomainData(data);
      most = Math.max(most, ...data.map(Math.abs));
    }
    await c.close();
    return most;
  });

test("from an incident to faces, and all that leading takes", { skip, timeout: 180_000 }, async () => {
  const [a, b] = [await desk("dispatcher"), await desk("dispatcher2", { lang: "en", theme: "light" })];
  const [one, two] = [a.page, b.page];
  const conf = await begin(one, await incident("后山冒烟"), "dispatcher2");
  await two.waitForSelector("[data-test=call-rings]");
  await seat(one, "dispatcher2", "ringing");
  assert.deepEqual(await axe(two), []);
  await answer(two);
  for (const page of [one, two]) for (const user of ["dispatcher", "dispatcher2"]) await seat(page, user);
  await moves(one, "dispatcher2");
  await moves(two, "dispatcher");
  assert.match(await one.innerText("[data-test=backend]"), /端到端直连/);
  assert.deepEqual(await axe(one), []);
  assert.deepEqual(await axe(two), []);

  // the chair mutes: silent there, and only when asked may he speak again
  assert.ok((await heard(one)) > 0.01);
  await one.click("[data-user=dispatcher2] [data-verb=mute]");
  await two.waitForSelector("[data-test=mute][disabled]");
  await until("silence", async () => (await heard(one)) < 0.005);
  await one.click("[data-user=dispatcher2] [data-verb=ask]");
  await two.click("[data-test=unmute-asked] button >> nth=0");
  await until("to be heard again", async () => (await heard(one)) > 0.01);

  // a hand, words, the roll
  await two.click("[data-test=hand]");
  await one.waitForSelector("[data-user=dispatcher2] .state.todo");
  await tab(two, "text");
  await two.fill("input[name=call-text]", "水车已到村口");
  await two.press("input[name=call-text]", "Enter");
  await one.waitForSelector("[data-tab=text]:has-text('1 条新')");
  await tab(one, "text");
  await one.waitForSelector("[data-test=texts] >> text=水车已到村口");
  await tab(one, "roll");
  await one.click("[data-test=roll-call]");
  await two.click("[data-test=here]");
  await one.waitForSelector("[data-here=dispatcher2]");
  await tab(one, "members");

  // push to talk: the microphone opens while the floor is held
  await two.click("[data-test=mute]");
  await until("silence", async () => (await heard(one)) < 0.005);
  await two.hover("[data-test=talk]");
  await two.mouse.down();
  await two.waitForSelector("[data-test=talk].mine");
  await until("to be heard while it is held", async () => (await heard(one)) > 0.01);
  await two.mouse.up();
  await one.waitForSelector("[data-test=floor]", { state: "detached" });
  await until("silence", async () => (await heard(one)) < 0.005);

  // one large, in turn, side by side; locked
  await one.click("[data-user=dispatcher2] [data-verb=spotlight]");
  await two.waitForSelector(".call-stage .big [data-who=dispatcher2]");
  await one.click("[data-layout=grid]");
  await two.waitForSelector(".call-stage:not(.one)");
  await one.click("[data-test=lock]");
  await until("the lock", async () => (await ask("conf.get", { id: conf })).locked);
  await one.click("[data-test=full]");
  await one.waitForSelector(".call-panel.full");
  assert.deepEqual(await axe(one), []);
  await one.click("[data-test=full]");

  // removed: he is out, and sees nothing any more
  await one.click("[data-user=dispatcher2] summary");
  await one.click("[data-user=dispatcher2] [data-verb=kick]");
  await one.click("dialog button[type=submit]");
  await two.waitForSelector("[data-test=call-over]");
  assert.equal(await two.locator(".call-stage video").count(), 0);
  await seat(one, "dispatcher2", "left");
  await two.click("[data-test=dismiss]");

  await one.click("[data-test=end]");
  await one.click("dialog button[type=submit]");
  await one.waitForSelector("[data-test=call-over]");
  assert.equal((await ask("conf.get", { id: conf })).state, "ended");
  await one.click("[data-test=dismiss]");
  await one.goto(`${server.url}/console/#/calls`);
  await one.click("[data-view=ended]");
  await one.click(`[data-row=${conf}] [data-verb=details]`);
  await one.waitForSelector("[data-test=call-record] >> text=水车已到村口");
  assert.deepEqual(await axe(one), []);
  assert.deepEqual([a.complaints, b.complaints], [[], []]);
  await Promise.all([a.context.close(), b.context.close()]);
});

test("declined with a reason, rung again, over a reload, a window of its own and a cut link", { skip, timeout: 180_000 }, async () => {
  const [a, b] = [await desk("dispatcher", { theme: "light" }), await desk("dispatcher2")];
  const [one, two] = [a.page, b.page];
  await begin(one, await incident("山洪"), "dispatcher2");
  await two.click("[data-test=decline]");
  await two.fill("input[name=decline-reason]", "正在出警");
  await two.click("[data-test=decline-send]");
  await one.waitForSelector("[data-user=dispatcher2][data-state=declined] >> text=正在出警");
  await one.click("[data-user=dispatcher2] [data-verb=ring]");
  await answer(two);
  await moves(one, "dispatcher2");

  // a page that is loaded anew takes its seat again
  await two.reload();
  await panel(two);
  await moves(two, "dispatcher");
  await moves(one, "dispatcher2");

  // a window of its own takes the seat, and gives it back when it is closed
  const [popup] = await Promise.all([a.context.waitForEvent("page"), one.click("[data-test=pop-out]")]);
  await popup.waitForSelector("[data-test=call-panel][data-phase=in]");
  await moves(popup, "dispatcher2");
  await one.waitForSelector("[data-test=call-elsewhere]");
  assert.deepEqual(await axe(popup), []);
  await popup.close({ runBeforeUnload: true });
  await panel(one);
  await moves(one, "dispatcher2");

  // the link is cut: the seat is kept and the picture comes back with it
  await server.stop();
  await one.waitForSelector("[data-test=call-panel][data-phase=lost]");
  await server.start();
  for (const page of [one, two]) {
    await linkUp(page);
    await panel(page);
  }
  await moves(one, "dispatcher2");
  await moves(two, "dispatcher");
  await one.click("[data-test=hang-up]");
  await one.waitForSelector("[data-test=call-panel]", { state: "detached" });
  assert.deepEqual([a.complaints, b.complaints], [[], []]);
  await Promise.all([a.context.close(), b.context.close()]);
});

test("without a camera or a permission one hears and sees all the same; a person is dropped onto the call", { skip, timeout: 120_000 }, async () => {
  const [a, b] = [await desk("dispatcher"), await desk("dispatcher2")];
  const [one, two] = [a.page, b.page];
  await two.addInitScript(() => {
    navigator.mediaDevices.getUserMedia = () => Promise.reject(Object.assign(new Error("no"), { name: "NotAllowedError" }));
  });
  await two.reload();
  await linkUp(two);
  await begin(one, await incident("走失老人"));
  // from the people board beside the panel
  await one.goto(`${server.url}/console/#/people`);
  await one.fill("input[name=people-text]", "dispatcher2");
  await one.selectOption("select[name=duty]", "");
  await one.dragAndDrop(".person-row[data-user=dispatcher2]", "[data-drop-person] .call-faces");
  await answer(two);
  await two.waitForSelector("[data-test=device]");
  await moves(two, "dispatcher");
  await seat(one, "dispatcher2");
  assert.deepEqual(await axe(two), []);
  assert.deepEqual([a.complaints, b.complaints], [[], []]);
  await Promise.all([a.context.close(), b.context.close()]);
});
