// What the browser tests stand on: a server of their own,
// Chromium, and signing in. Environment: FQ_WEB_DIR (a web/ with node_modules), FQ_PAGES (its build),
// FQ_SERVER_BIN (the fengqiao binary), CHROMIUM.
import { spawn, spawnSync } from "node:child_process";
import { appendFileSync, existsSync, mkdtempSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { after } from "node:test";
import { fileURLToPath } from "node:url";
import { shapes } from "../shapes.mjs";

const here = fileURLToPath(new URL(".", import.meta.url));
export const webDir = resolve(process.env.FQ_WEB_DIR ?? join(here, "../../web"));
const require = createRequire(join(webDir, "package.json"));
const pages = resolve(process.env.FQ_PAGES ?? join(webDir, "dist"));
const binary = process.env.FQ_SERVER_BIN ?? "";
export const chromiumPath = process.env.CHROMIUM ?? "/usr/bin/chromium";
export const PASSWORD = "fengqiao-demo";

/** Why the tests cannot run here, or "". */
export function missing() {
  if (!existsSync(chromiumPath)) return `no Chromium at ${chromiumPath}`;
  if (!existsSync(join(webDir, "node_modules/playwright-core"))) return `no playwright-core in ${webDir}/node_modules`;
  if (!existsSync(join(pages, "console/index.html"))) return `no pages in ${pages}`;
  if (!existsSync(binary)) return `no server binary (FQ_SERVER_BIN=${binary})`;
  return "";
}

/* Every frame that a page exchanges with a server of these tests is held to what the server says of itself
   (rpc.discover). Told at the end of the file: a listener that throws would only take the test with it. */
const known = new Map(); // host -> shapes
const misshapen = new Set();
after(() => {
  if (!misshapen.size) return;
  for (const end of leftovers) end(); // no later hook runs, and the process would wait for what they would have ended
  throw new Error(`not what rpc.discover says:\n${[...misshapen].join("\n")}`);
});
const leftovers = new Set();
const note = (wrong) => wrong && misshapen.add(wrong);

function holdSocket(socket) {
  const held = known.get(new URL(socket.url()).host);
  if (!held) return;
  const asked = new Map();
  socket.on("framesent", ({ payload }) => {
    const m = JSON.parse(payload);
    note(held.request(m.method, m.params));
    if (m.id !== undefined) asked.set(m.id, m.method);
  });
  socket.on("framereceived", ({ payload }) => {
    const m = JSON.parse(payload);
    if (m.result !== undefined) note(held.answer(asked.get(m.id), m.result));
    else if (m.method === "event") note(held.event(m.params));
  });
}

async function holdResponse(response) {
  const { host, pathname } = new URL(response.url());
  const held = known.get(host);
  if (!held || response.status() !== 200 || !["/api/v1/rpc", "/api/v1/snapshot"].includes(pathname)) return;
  const reply = await response.json().catch(() => null); // the page may be gone before its body is read
  if (reply && pathname === "/api/v1/snapshot") {
    for (const [method, part] of Object.entries(reply)) if (method.includes(".")) note(held.answer(method, part));
  } else if (reply) {
    const asked = [JSON.parse(response.request().postData() ?? "null")].flat();
    for (const m of [reply].flat()) {
      const question = asked.find((a) => a?.id === m.id);
      if (question) note(held.request(question.method, question.params));
      if (question && m.result !== undefined) note(held.answer(question.method, m.result));
    }
  }
}

function holdPage(page) {
  page.on("websocket", holdSocket);
  page.on("response", (r) => void holdResponse(r));
}

/** axe-core's source, to be run inside a page. */
export const axePath = () => require.resolve("axe-core/axe.min.js");

export function freePort() {
  return new Promise((done, fail) => {
    const s = createServer();
    s.on("error", fail);
    s.listen(0, "127.0.0.1", () => {
      const { port } = s.address();
      s.close(() => done(port));
    });
  });
}

class Hopeless extends Error {}

/** Polls until `ask` gives something truthy. Tests wait for conditions; the limit only ends a hopeless wait. */
export async function until(what, ask, limitMs = 30_000) {
  const end = Date.now() + limitMs;
  for (;;) {
    let last;
    try {
      const v = await ask();
      if (v) return v;
    } catch (e) {
      if (e instanceof Hopeless) throw e;
      last = e;
    }
    if (Date.now() > end) throw new Error(`waited in vain for ${what}${last ? `: ${last.message}` : ""}`);
    await new Promise((r) => setTimeout(r, 50));
  }
}

/** A demo county of its own, with `hours` behind it. stop() ends it gently, kill() as a power cut would; start() brings it back. */
export async function startServer({ hours = 5, pages: folder = pages } = {}) {
  const dir = mkdtempSync(join(tmpdir(), "fq-e2e-"));
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  let child = null;
  let log = "";
  const start = async () => {
    const args = ["demo", "--data", join(dir, "county"), "--listen", `127.0.0.1:${port}`, "--quiet", "--hours", `${hours}`, "--pages", folder];
    child = spawn(binary, args, { stdio: ["ignore", "pipe", "pipe"] });
    const mine = child;
    const kill = () => mine.kill("SIGKILL");
    leftovers.add(kill);
    mine.on("exit", () => leftovers.delete(kill));
    mine.stdout.on("data", (d) => (log += d));
    mine.stderr.on("data", (d) => (log += d));
    let exited = false;
    mine.on("exit", () => (exited = true));
    await until(
      "the server to be ready",
      async () => {
        if (exited) throw new Hopeless("the server ended by itself");
        return (await fetch(`${url}/readyz`)).status === 200;
      },
      120_000,
    ).catch((e) => {
      throw new Error(`${e.message}\n${log.slice(-4000)}`);
    });
  };
  const end = (signal) =>
    new Promise((done) => {
      if (!child || child.exitCode !== null || child.signalCode !== null) return done();
      child.on("exit", () => done());
      child.kill(signal);
    });
  await start();
  const { status, stdout, stderr } = spawnSync(binary, ["call", "--data", join(dir, "county"), "rpc.discover"], { encoding: "utf8", maxBuffer: 1 << 26 });
  if (status !== 0) throw new Error(`rpc.discover: ${stderr}`);
  known.set(new URL(url).host, shapes(require("ajv/dist/2020.js"), JSON.parse(stdout)));
  return {
    url,
    start,
    get pid() {
      return child.pid;
    },
    stop: () => end("SIGTERM"),
    kill: () => end("SIGKILL"),
    log: () => log,
    /** Adds lines to the configuration; they hold from the next start. */
    configure: (lua) => appendFileSync(join(dir, "county", "fengqiao.lua"), `\n${lua}\n`),
    /** The command line on this server's data: run("pack", "deploy", DIR). */
    run: (command, ...args) => {
      const { status, stdout, stderr } = spawnSync(binary, [command, "--data", join(dir, "county"), ...args], { encoding: "utf8" });
      if (status !== 0) throw new Error(`${command}: ${stdout}${stderr}`);
      return stdout;
    },
    async dispose() {
      await end("SIGTERM");
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

/** The command line, away from any county: program("pack", "keygen", FILE). */
export function program(...args) {
  const { status, stdout, stderr } = spawnSync(binary, args, { encoding: "utf8" });
  if (status !== 0) throw new Error(`${args.join(" ")}: ${stdout}${stderr}`);
  return stdout;
}

/** `more`: further switches of Chromium's. */
export async function startBrowser(...more) {
  const { chromium } = require("playwright-core");
  const browser = await chromium.launch({
    executablePath: chromiumPath,
    headless: true,
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      ...more,
    ],
  });
  const close = () => void browser.close();
  leftovers.add(close);
  browser.on("disconnected", () => leftovers.delete(close));
  return browser;
}

/** A person at a device: a fresh browser profile, watched for anything the page complains about. */
export async function person(browser, { width = 1280, height = 800, lang = "zh", theme = "dark", ...more } = {}) {
  const context = await browser.newContext({ viewport: { width, height }, locale: "zh-CN", timezoneId: "Asia/Shanghai", ...more });
  await context.addInitScript(
    ([l, th]) => {
      if (!location.protocol.startsWith("http")) return; // Chromium's own error page has no storage
      if (!localStorage.getItem("fq.lang")) localStorage.setItem("fq.lang", l);
      if (!localStorage.getItem("fq.theme")) localStorage.setItem("fq.theme", th);
    },
    [lang, theme],
  );
  context.on("page", holdPage);
  const page = await context.newPage();
  page.setDefaultTimeout(30_000);
  const complaints = [];
  page.on("pageerror", (e) => complaints.push(String(e)));
  page.on("console", (m) => {
    // A broken connection is what some tests are about; Chromium reports it on its own.
    if (m.type() === "error" && !/ERR_|WebSocket|Failed to load resource/.test(m.text())) complaints.push(m.text());
  });
  return { context, page, complaints };
}

export async function signIn(page, url, name, password = PASSWORD) {
  await page.goto(url);
  await page.fill("input[name=name]", name);
  await page.fill("input[name=password]", password);
  await page.click("button[type=submit]");
}

/** As somebody of the demo county, over HTTP: ask(method, params). */
export async function signedIn(url, name) {
  const rpc = async (method, params, token) => {
    const headers = { "content-type": "application/json", ...(token && { authorization: `Bearer ${token}` }) };
    const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method, params });
    const { result, error } = await (await fetch(`${url}/api/v1/rpc`, { method: "POST", headers, body })).json();
    if (error) throw new Error(`${method}: ${error.message}`);
    return result;
  };
  const { token, user } = await rpc("session.login", { name, password: PASSWORD, device: `test-${name}` });
  return Object.assign((method, params = {}) => rpc(method, params, token), { user });
}

export const linkUp = (page) => page.waitForSelector(".link.up");

/** Serious findings of axe-core, as short lines. The page's content policy allows no injected script, so
 * axe runs through the debugger's evaluate. */
export async function axe(page) {
  const { readFileSync } = await import("node:fs");
  await page.evaluate(readFileSync(axePath(), "utf8") + "\n;undefined");
  const { violations } = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ["violations"] }));
  return violations
    .filter((v) => v.impact === "serious" || v.impact === "critical")
    .map((v) => `${v.id}: ${v.nodes.map((n) => `${n.target.join(" ")} (${n.failureSummary.split("\n")[1]?.trim()})`).join("; ")}`);
}
