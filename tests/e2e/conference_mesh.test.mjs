// Faces from page to page: the pages' own call (web/shared/call) in three tabs of a real browser, under the real server.
// The page around it is the test's: what is shown is that pictures come, go on without the server, and come back.
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { missing, PASSWORD, startBrowser, startServer, until } from "./harness.mjs";

const lacks = missing();
if (lacks) console.log(`conference_mesh: not run: ${lacks}`);
const webDir = resolve(process.env.FQ_WEB_DIR ?? join(fileURLToPath(new URL(".", import.meta.url)), "../../web"));

/** The call of the pages as one script. */
async function bundle() {
  const { build } = createRequire(join(webDir, "package.json"))("esbuild");
  const contents = 'export { Call } from "./shared/call/call"; export { Link } from "./shared/link";';
  const { outputFiles } = await build({ stdin: { contents, resolveDir: webDir, loader: "ts" }, bundle: true, write: false, format: "iife", globalName: "fq" });
  return outputFiles[0].text;
}

/* What runs in a tab: somebody who signs in and sits in one call. */
function tab() {
  const { fq } = globalThis;
  let call;
  let link;
  const videos = new Map();
  const picture = (stream) => {
    let video = videos.get(stream);
    if (!video) {
      video = Object.assign(document.createElement("video"), { muted: true, autoplay: true, srcObject: stream });
      document.body.append(video);
      videos.set(stream, video);
    }
    if (!video.videoWidth) return "";
    const paint = Object.assign(document.createElement("canvas"), { width: 32, height: 24 }).getContext("2d");
    paint.drawImage(video, 0, 0, 32, 24);
    return paint.getImageData(0, 0, 32, 24).data.join();
  };
  globalThis.tab = {
    async signIn(name, password) {
      link = new fq.Link({ url: `ws://${location.host}/ws`, device: `tab-${name}` });
      const up = new Promise((done) => link.watchState((s) => s === "up" && done()));
      await link.login(name, password);
      await up;
    },
    command: (method, params) => link.command(method, params),
    query: (method, params) => link.query(method, params),
    link: () => link.state,
    async join(id) {
      call = new fq.Call({ link, id });
      await call.join({});
      return call.phase;
    },
    call: () => ({ phase: call.phase, over: call.over, legs: call.legs.all.length, up: call.legs.all.filter((l) => l.state === "up").length }),
    leave: () => call.leave(),
    /** Pictures of him decoded so far over the legs that are open, and what one sees. */
    async of(user) {
      let frames = 0;
      for (const leg of call.legs.all) {
        if (leg.peer !== user) continue;
        (await leg.pc.getStats()).forEach((s) => s.type === "inbound-rtp" && s.kind === "video" && (frames += s.framesDecoded ?? 0));
      }
      const stream = call.stream(user, "video");
      return { frames, picture: stream ? picture(stream) : "" };
    },
  };
}

let server;
let browser;
let script;
before(async () => {
  if (lacks) return;
  script = await bundle();
  browser = await startBrowser("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream", "--autoplay-policy=no-user-gesture-required");
  server = await startServer({ hours: 1 });
  server.configure('conference = { janus = "" }');
  await server.stop();
  await server.start();
});
after(async () => {
  await browser?.close();
  await server?.dispose();
});

async function signIn(name) {
  const context = await browser.newContext({ permissions: ["camera", "microphone"] });
  const page = await context.newPage();
  await page.goto(`${server.url}/readyz`);
  await page.evaluate(`${script};globalThis.fq = fq;(${tab})()`);
  const ask = (what, ...args) => page.evaluate(([w, a]) => globalThis.tab[w](...a), [what, args]);
  await ask("signIn", name, PASSWORD);
  return { name, ask, leave: () => context.close() };
}

/** `who` sees the others: pictures of each are decoded, one after the other, and they are not all the same. */
async function sees(who, others, what) {
  for (const { name } of others) {
    const first = await until(`${who.name} to see ${name} ${what}`, async () => {
      const now = await who.ask("of", name);
      return now.frames > 0 && now.picture && now;
    });
    await until(`the picture of ${name} to move for ${who.name} ${what}`, async () => {
      const now = await who.ask("of", name);
      return now.frames !== first.frames && now.picture !== "" && now.picture !== first.picture;
    });
  }
}
const each = (tabs, what) => Promise.all(tabs.map((who) => sees(who, tabs.filter((o) => o !== who), what)));
const states = async (who, id) => Object.fromEntries((await who.ask("query", "conf.get", { id })).members.map((m) => [m.user, m.state]));

test("three see each other, also while the server is gone, and again when it is back", { skip: lacks || false, timeout: 90_000 }, async () => {
  const [desk, second, boss] = await Promise.all(["dispatcher", "dispatcher2", "commander"].map(signIn));
  const { id } = await desk.ask("command", "conf.create", { title: "会商", to: [{ user: "dispatcher2" }, { user: "commander" }] });
  assert.equal(await desk.ask("join", id), "in");
  assert.equal(await second.ask("join", id), "in");
  await each([desk, second], "");
  assert.equal(await boss.ask("join", id), "in");
  const all = [desk, second, boss];
  await each(all, "with three");
  await until("everybody to be connected", async () => Object.values(await states(desk, id)).every((s) => s === "connected"));
  for (const who of all) assert.deepEqual(await who.ask("call"), { phase: "in", over: "", legs: 2, up: 2 });

  // The link is lost, the faces are not.
  await server.kill();
  await until("the pages to notice", async () => (await Promise.all(all.map((who) => who.ask("link")))).every((s) => s !== "up"));
  await each(all, "without the server");
  await server.start();
  await until("the seats to be taken again", async () => (await Promise.all(all.map((who) => who.ask("call")))).every((c) => c.phase === "in"));
  await until("everybody to be connected again", async () => Object.values(await states(desk, id)).every((s) => s === "connected"));
  await each(all, "after the server");
  await until("the old legs to be gone", async () => (await Promise.all(all.map((who) => who.ask("call")))).every((c) => c.legs === 2 && c.up === 2));

  // Put out: his call is over, and nothing is sent to him any more.
  await desk.ask("command", "conf.kick", { id, user: "dispatcher2" });
  await until("his call to be over", async () => (await second.ask("call")).over === "kicked");
  await until("the others to have let go of him", async () => (await Promise.all([desk, boss].map((who) => who.ask("call")))).every((c) => c.legs === 1 && c.up === 1));
  await each([desk, boss], "without the third");
  await desk.ask("command", "conf.end", { id });
  await until("the call to be over for all", async () => (await boss.ask("call")).over === "ended");
  await Promise.all(all.map((who) => who.leave()));
});
