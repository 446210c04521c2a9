// A village camera on the wall of the console: RTSP over TCP with a password, through ffmpeg and the media server, to a
// video element whose pictures move. The camera restarts, and the picture comes back by itself.
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { after, before, test } from "node:test";
import { startCamera } from "../tools/fake_camera.mjs";
import { caller, received } from "./callers.mjs";
import { linkUp, missing, signedIn, signIn, startBrowser, startServer, until } from "./harness.mjs";

const absent = ["janus", "ffmpeg"].find((program) => !existsSync(`/usr/bin/${program}`));
const lacks = missing() || (absent ? `no /usr/bin/${absent}: apt install ${absent}` : "");
if (lacks) console.log(`conference_camera: not run: ${lacks}`);

let server, browser, village;
before(async () => {
  if (lacks) return;
  village = await startCamera();
  server = await startServer({ hours: 1 });
  browser = await startBrowser("--autoplay-policy=no-user-gesture-required");
  await until("the media server", () => JSON.parse(server.run("call", "media.server")).state === "up");
});
after(async () => {
  await browser?.close();
  await server?.dispose();
  await village?.close();
});

/** Frames decoded so far, and what one sees. */
async function look(page, id) {
  const picture = await page.evaluate((camera) => {
    const video = document.querySelector(`.watch[data-camera="${camera}"] video`);
    if (!video?.videoWidth) return "";
    const paint = Object.assign(document.createElement("canvas"), { width: 32, height: 24 }).getContext("2d");
    paint.drawImage(video, 0, 0, 32, 24);
    return paint.getImageData(0, 0, 32, 24).data.join();
  }, id);
  return { picture, ...(await received(page)) };
}
async function moves(page, id, when) {
  const first = await until(`a picture ${when}`, async () => {
    const now = await look(page, id);
    return now.picture && now.frames > 5 && now;
  });
  await until(`the picture to move ${when}`, async () => {
    const now = await look(page, id);
    return now.frames > first.frames + 5 && now.picture && now.picture !== first.picture;
  });
}

test("the picture is seen on the wall, comes back after the camera restarted, and is over when it is closed", { skip: lacks || false, timeout: 120_000 }, async () => {
  const admin = await signedIn(server.url, "admin");
  const { id } = await admin("cam.set", { name: "村口", org: "430525", class: 1, level: 1, url: village.url });
  const { page, complaints } = await caller(browser, { width: 1280, height: 800 });
  await signIn(page, `${server.url}/console/`, "dispatcher");
  await linkUp(page);
  await page.goto(`${server.url}/console/#/cameras`);
  await page.click(`[data-camera-row=${id}] [data-verb=watch]`);
  const tile = (state) => page.waitForSelector(`.watch[data-camera=${id}][data-state=${state}]`);
  await tile("live");
  await moves(page, id, "at first");
  assert.equal(village.playing, 1);

  const back = village.reboot(1500);
  await tile("failed");
  assert.match(await page.textContent(`.watch[data-camera=${id}] [role=status]`), /重启|断开|拒绝/);
  await back;
  await tile("live");
  await moves(page, id, "after the camera restarted");

  await page.click(`.watch[data-camera=${id}] .bar button[aria-label^=关闭]`);
  await until("no connection to be left", async () => (await received(page)).open === 0);
  const [watch] = (await (await signedIn(server.url, "commander"))("cam.watches", { id })).rows;
  assert.equal(watch.user, "dispatcher");
  assert.ok(watch.until >= watch.from);
  assert.deepEqual(complaints, []);
});
