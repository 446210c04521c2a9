// A demo county of one's own for a fault test: the real binaries of this build, a temporary data directory, a free
// port. Nothing here needs a package: the load generator does the talking.
//   FENGQIAO, FENGQIAO_LOAD: the programs (default: of the working directory, which is the build's)
import { execFile, spawn } from "node:child_process";
import { mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";

const run = promisify(execFile);
const binary = resolve(process.env.FENGQIAO ?? "fengqiao");
const loader = resolve(process.env.FENGQIAO_LOAD ?? "tools/load/fengqiao-load");
const MORE = { maxBuffer: 1 << 30 };

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

/** Polls until ask() gives something truthy; the limit only ends a hopeless wait. */
export async function until(what, ask, limitMs = 60_000) {
  for (const end = Date.now() + limitMs; ; ) {
    let last;
    try {
      const value = await ask();
      if (value) return value;
    } catch (error) {
      last = error;
    }
    if (Date.now() > end) throw new Error(`waited in vain for ${what}${last ? `: ${last.message}` : ""}`);
    await new Promise((r) => setTimeout(r, 10));
  }
}

/** mulberry32: a test says its seed, and FENGQIAO_SEED repeats it. */
export function seeded(seed) {
  let a = seed >>> 0;
  return (below) => {
    a = (a + 0x6d2b79f5) | 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 4294967296) * below);
  };
}

export async function makeCounty({ env = {} } = {}) {
  const dir = mkdtempSync(join(process.env.FENGQIAO_TMP ?? tmpdir(), "fengqiao-fault-"));
  const data = join(dir, "county");
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const logFile = join(dir, "server.log");
  let child = null;
  let exited = null;

  const ready = () => fetch(`${url}/readyz`).then((r) => r.status === 200);
  const command = async (...args) => (await run(binary, args, MORE)).stdout;

  function start(extra = {}, verb = "serve", ...more) {
    const log = openSync(logFile, "a");
    child = spawn(binary, [verb, "--data", data, "--listen", `127.0.0.1:${port}`, ...more], {
      stdio: ["ignore", log, log],
      env: { ...process.env, ...extra },
    });
    const mine = child;
    mine.over = false;
    exited = new Promise((done) => mine.on("exit", (code, signal) => ((mine.over = true), done({ code, signal }))));
  }

  async function up() {
    await until("/readyz", async () => {
      if (child.over) throw Object.assign(new Error("the server ended"), { fatal: true });
      return ready();
    });
  }

  async function end(signal) {
    if (!child) return null;
    child.kill(signal);
    const result = await exited;
    child = null;
    return result;
  }

  const county = {
    dir,
    data,
    url,
    ready,
    command,
    start: () => start(env),
    up,
    kill: () => end("SIGKILL"),
    halt: () => end("SIGTERM"),
    log: () => readFileSync(logFile, "utf8"),
    tokens: join(dir, "tokens"),
    token: (name) => new RegExp(`^${name} (\\S+)`, "m").exec(readFileSync(county.tokens, "utf8"))[1],
    async rpc(token, method, params) {
      const response = await fetch(`${url}/api/v1/rpc`, {
        method: "POST",
        headers: { "content-type": "application/json", authorization: `Bearer ${token}` },
        body: JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }),
      });
      return response.json();
    },
    /** The load generator with JSON lines; `progress` is its last, `result` resolves at its end. */
    load(...args) {
      const program = spawn(loader, ["--url", `ws://127.0.0.1:${port}/ws`, "--tokens", county.tokens, "--json", ...args], {
        stdio: ["ignore", "pipe", "inherit"],
      });
      const load = { progress: null, program, last: null, over: false };
      createInterface({ input: program.stdout }).on("line", (line) => {
        const message = JSON.parse(line);
        if (message.event === "progress") load.progress = message;
        else load.last = message;
      });
      load.result = new Promise((done) => program.on("close", (code) => ((load.over = true), done({ code, ...load.last }))));
      return load;
    },
    /** The whole journal as objects. */
    async journal() {
      const text = await command("journal", "export", "--data", data);
      return text.split("\n").filter(Boolean).map((line) => JSON.parse(line));
    },
    async remove() {
      await end("SIGKILL");
      rmSync(dir, { recursive: true, force: true });
    },
  };

  // The demo furnishes the county (units, accounts, duty, policies), then makes way for a plain server.
  start({}, "demo", "--quiet");
  try {
    await up();
    await end("SIGTERM");
    writeFileSync(county.tokens, await command("user", "token", "all", "--data", data));
  } catch (error) {
    error.message += `\n${county.log()}`;
    await county.remove();
    throw error;
  }
  return county;
}
