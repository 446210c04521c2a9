// Browsers with a camera and a microphone that play a test picture and beeps, and what a test asks of a call.
import { createRequire } from "node:module";
import { join } from "node:path";
import { chromiumPath, person, until, webDir } from "./harness.mjs";

/** allowed: nobody is asked for the camera. cameras: how many there are. */
export async function startCallers({ allowed = true, cameras = 2 } = {}) {
  const { chromium } = createRequire(join(webDir, "package.json"))("playwright-core");
  return chromium.launch({
    executablePath: chromiumPath,
    headless: true,
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      "--disable-features=WebRtcHideLocalIpsWithMdns",
      `--use-fake-device-for-media-stream=device-count=${cameras}`,
      ...(allowed ? ["--use-fake-ui-for-media-stream"] : []),
      "--autoplay-policy=no-user-gesture-required",
    ],
  });
}

/** Counts what the page's connections decode: the page's own objects are asked, nothing is replaced in them. */
const COUNT = () => {
  const all = new Set();
  const Real = globalThis.RTCPeerConnection;
  globalThis.RTCPeerConnection = class extends Real {
    constructor(...args) {
      super(...args);
      all.add(this);
    }
  };
  globalThis.__received = async () => {
    const sum = { frames: 0, audio: 0, open: 0 };
    for (const pc of all) {
      if (pc.connectionState === "closed") continue;
      if (pc.connectionState === "connected") sum.open++;
      (await pc.getStats()).forEach((s) => {
        if (s.type === "inbound-rtp" && s.kind === "video") sum.frames += s.framesDecoded ?? 0;
        if (s.type === "inbound-rtp" && s.kind === "audio") sum.audio += s.packetsReceived ?? 0;
      });
    }
    return sum;
  };
};

export async function caller(browser, options = {}) {
  const p = await person(browser, { width: 360, height: 740, hasTouch: true, ...options });
  await p.context.addInitScript(COUNT);
  return p;
}
export const received = (page) => page.evaluate(() => globalThis.__received());
/** Pictures of somebody else arrive and are shown. */
export async function sees(page, more = 5) {
  const { frames } = await received(page);
  return until("frames to be decoded", async () => (await received(page)).frames > frames + more);
}
export async function hears(page) {
  const { audio } = await received(page);
  return until("sound to arrive", async () => (await received(page)).audio > audio + 20);
}
/** Nothing more arrives: two looks a second of media apart are alike, or every connection is closed. */
export async function seesNothing(page) {
  await until("the last frame", async () => {
    const a = await received(page);
    await page.waitForTimeout(700);
    const b = await received(page);
    return a.frames === b.frames && a.audio === b.audio;
  });
}
export const wide = (page) => page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);

/** The chair, who sits in the call from a page of its own without being seen: ask(method, params). */
export async function chair(browser, url, token) {
  const { page } = await person(browser);
  await page.goto(`${url}/index.html`);
  await page.evaluate(
    (t) =>
      new Promise((done, fail) => {
        const socket = new WebSocket(`ws://${location.host}/ws`, "fengqiao.v1");
        const waiting = new Map();
        let n = 0;
        globalThis.__ask = (method, params) =>
          new Promise((ok, no) => {
            waiting.set(++n, [ok, no]);
            socket.send(JSON.stringify({ jsonrpc: "2.0", id: n, method, params }));
          });
        socket.onmessage = ({ data }) => {
          const m = JSON.parse(data);
          if (m.method === "hello") globalThis.__ask("session.open", { token: t, device: "chair" }).then(done, fail);
          const [ok, no] = waiting.get(m.id) ?? [];
          if (m.error) no?.(new Error(`${m.error.code} ${m.error.message}`));
          else ok?.(m.result);
        };
        socket.onclose = () => fail(new Error("closed"));
      }),
    token,
  );
  return (method, params = {}) => page.evaluate(([m, p]) => globalThis.__ask(m, p), [method, params]);
}
