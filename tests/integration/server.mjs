// A server of one's own for an integration test: the real binary, a temporary data directory, a free port.
//   const server = await startServer({ terminal: { heartbeat: "300 ms" } });
//   const client = await server.connect();  ...  await server.stop();
// FENGQIAO names the binary (default: ../../fengqiao below the build directory).
import Ajv from "ajv/dist/2020.js";
import { spawn, execFile } from "node:child_process";
import { appendFileSync, existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { get } from "node:https";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { after } from "node:test";
import { promisify } from "node:util";
import { connect } from "./client.mjs";
import { shapes } from "./shapes.mjs";

const run = promisify(execFile);

/* A test that failed half-way leaves its server behind, and the process would wait for it. Hooks run in the order
   they were made, and this one is made first: it leaves the others time to stop their servers properly. */
const running = new Set();
after(() => {
  setTimeout(() => {
    for (const child of running) child.kill("SIGKILL");
  }, 20_000).unref();
});
const misshapen = new Set();
after(() => {
  if (misshapen.size && process.env.FQ_SHAPES) appendFileSync(process.env.FQ_SHAPES, `${[...misshapen].join("\n")}\n`);
  else if (misshapen.size) throw new Error(`not what rpc.discover says:\n${[...misshapen].join("\n")}`);
});
export const binary = resolve(process.env.FENGQIAO ?? join(process.cwd(), "fengqiao"));
export const PASSWORD = "integration-test-1";
const COUNTY = "430525";

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

/** The command line: { code, stdout, stderr }, whatever it ends with. */
export function cli(args, { input = "", env = {} } = {}) {
  return new Promise((done) => {
    const child = execFile(binary, args, { env: { ...process.env, ...env }, maxBuffer: 1 << 28 }, (error, stdout, stderr) =>
      done({ code: error ? (error.code ?? error.signal) : 0, stdout, stderr }));
    child.stdin.on("error", () => {}); // it may end without reading
    child.stdin.end(input);
  });
}

/** Polls until ask() gives something truthy; the limit only ends a hopeless wait. */
export async function until(what, ask, limitMs = 30_000) {
  const end = Date.now() + limitMs;
  for (;;) {
    let last;
    try {
      const value = await ask();
      if (value) return value;
    } catch (error) {
      last = error;
    }
    if (Date.now() > end) throw new Error(`waited in vain for ${what}${last ? `: ${last.message}` : ""}`);
    await new Promise((r) => setTimeout(r, 20));
  }
}

function lua(value) {
  if (typeof value !== "object") return JSON.stringify(value);
  return `{\n${Object.entries(value).map(([k, v]) => `  ${k} = ${lua(v)},\n`).join("")}}`;
}

function configure(data, config) {
  const sections = Object.entries(config).map(([name, options]) => `${name} = ${lua(options)}\n`);
  if (sections.length) appendFileSync(join(data, "fengqiao.lua"), sections.join(""));
}

/** Starts a server that is expected to end by itself: { code, log }. */
export async function serveInVain(config, listen) {
  const dir = mkdtempSync(join(tmpdir(), "fengqiao-test-"));
  const data = join(dir, "county");
  await run(binary, ["init", "--data", data]);
  configure(data, config);
  const result = await run(binary, ["serve", "--data", data, "--listen", listen], { timeout: 20_000 }).then(
    ({ stdout, stderr }) => ({ code: 0, log: stdout + stderr }),
    (e) => ({ code: e.code ?? e.signal, log: `${e.stdout}${e.stderr}` }),
  );
  rmSync(dir, { recursive: true, force: true });
  return result;
}

/** Is it up? With TLS by node:https: fetch takes no certificate authority. */
function ready(port, ca) {
  if (!ca) return fetch(`http://127.0.0.1:${port}/readyz`).then((r) => r.status === 200);
  return new Promise((done, fail) => {
    get({ host: "127.0.0.1", port, path: "/readyz", ca, agent: false }, (r) => {
      r.resume();
      done(r.statusCode === 200);
    }).on("error", fail);
  });
}

/**
 * config: { terminal: { max_frame: "2 KiB" } } and so on, written as fengqiao.lua.
 * ca: the certificate authority when the configuration turns TLS on.
 */
export async function startServer(config = {}, { accounts = true, ca = null } = {}) {
  const dir = mkdtempSync(join(tmpdir(), "fengqiao-test-"));
  const data = join(dir, "county");
  const port = await freePort();
  const url = `http${ca ? "s" : ""}://127.0.0.1:${port}`;
  let child = null;
  let exited = null;
  let log = "";

  await run(binary, ["init", "--data", data]);
  configure(data, config);

  let known = null;
  const call = async (method, params = {}) => {
    const { stdout } = await run(binary, ["call", "--data", data, method, JSON.stringify(params)]);
    const result = stdout.trim() ? JSON.parse(stdout) : null;
    if (result && known) held("answer", method, result);
    return result;
  };
  /* Everything that is heard of this server is what it says of itself. Told when the test ends: a handler that throws
     would only tear down a socket. */
  const held = (what, ...rest) => {
    const wrong = known?.[what](...rest);
    if (wrong) misshapen.add(wrong);
  };

  async function start() {
    child = spawn(binary, ["serve", "--data", data, "--listen", `127.0.0.1:${port}`], { stdio: ["ignore", "pipe", "pipe"] });
    child.stdout.on("data", (d) => (log += d));
    child.stderr.on("data", (d) => (log += d));
    const mine = child;
    running.add(mine);
    mine.on("exit", () => running.delete(mine));
    exited = new Promise((done) => mine.on("exit", (code, signal) => done({ code, signal })));
    let over = false;
    exited.then(() => (over = true));
    await until("/readyz", async () => {
      if (over) throw new Error(`the server ended:\n${log}`);
      return ready(port, ca);
    });
  }

  async function end(signal) {
    if (!child) return null;
    child.kill(signal);
    const result = await exited;
    child = null;
    return result;
  }

  if (accounts) {
    await call("org.import", { units: [{ id: COUNTY, parent: "", kind: "county", name: "洞口县", lon: 110.57, lat: 27.06 }] });
    await call("user.add", { name: "admin", display: "管理员", roles: ["admin.system"], org: COUNTY, password: PASSWORD });
    await call("user.add", { name: "desk", display: "调度员", roles: ["dispatcher"], org: COUNTY, password: PASSWORD });
  }
  await start();
  known = shapes(Ajv, await call("rpc.discover"));

  const server = {
    url,
    port,
    data,
    call,
    start,
    get log() {
      return log;
    },
    get pid() {
      return child?.pid;
    },
    connect: (options) => connect(`ws${ca ? "s" : ""}://127.0.0.1:${port}/ws`, { held, ...options }),
    /** A token by POST /api/v1/rpc. */
    async login(name, password = PASSWORD) {
      const reply = await server.rpc({ jsonrpc: "2.0", id: 1, method: "session.login", params: { name, password } });
      if (!reply.result) throw new Error(`login of ${name}: ${JSON.stringify(reply.error)}`);
      return reply.result.token;
    },
    async rpc(body, token) {
      const headers = { "content-type": "application/json", ...(token ? { authorization: `Bearer ${token}` } : {}) };
      const response = await fetch(`${url}/api/v1/rpc`, { method: "POST", headers, body: JSON.stringify(body) });
      const text = await response.text();
      const reply = text ? JSON.parse(text) : null;
      if (reply?.result && body?.method) held("answer", body.method, reply.result);
      return reply;
    },
    /** A connected client with an open session. */
    async session(name, options = {}) {
      const client = await server.connect(options);
      client.token = options.token ?? (await server.login(name));
      const { device, topics } = options;
      client.opened = await client.call("session.open", { token: client.token, ...(device ? { device } : {}), ...(topics ? { topics } : {}) });
      return client;
    },
    /** What /metrics says, by name without the prefix. */
    async metrics() {
      const text = await (await fetch(`${url}/metrics`)).text();
      return Object.fromEntries([...text.matchAll(/^fengqiao_(\w+)(?:\{[^}]*\})? ([\d.e+-]+)$/gm)].map((m) => [m[1], Number(m[2])]));
    },
    /** SIGTERM; resolves to { code, signal }. */
    halt: () => end("SIGTERM"),
    kill: () => end("SIGKILL"),
    /** The command line on this server's data directory; resolves to { code, stdout, stderr }. */
    cli: (args, options) => cli([args[0], "--data", data, ...args.slice(1)], options),
    /** Is this content kept? */
    blob: (sha256) => existsSync(join(data, "blobs", sha256.slice(0, 2), sha256)) || existsSync(join(data, "blobs/tmp", `${sha256}.part`)),
    /** Every entry of the journal, as exported. */
    async journal() {
      const { code, stdout, stderr } = await server.cli(["journal", "export"]);
      if (code !== 0) throw new Error(`journal export: ${stderr}`);
      return stdout.split("\n").filter(Boolean).map((line) => JSON.parse(line));
    },
    /** With the server stopped: the chain is intact, and the tables are what the journal makes them. */
    async prove() {
      for (const args of [["journal", "verify"], ["journal", "rebuild", "--check"]]) {
        const { code, stdout, stderr } = await server.cli(args);
        if (code !== 0) throw new Error(`${args.join(" ")} ended with ${code}:\n${stdout}${stderr}`);
      }
      await server.replayed();
    },
    /** With the server stopped: every pack it ever had, replayed over the whole journal, decides to the byte what it
     * decided then, each time, from its deployment on: an earlier one may have had some of its texts. Resolves to how
     * many decisions that were. */
    async replayed() {
      const entries = await server.journal();
      const candidate = join(dir, "candidate.json");
      const packs = new Map(entries.filter((e) => e.kind === "pack.deployed").reverse().map((e) => [e.data.digest, e]));
      let count = 0;
      for (const { at_ms, data: { pack, files, policies } } of packs.values()) {
        const own = new Set(policies.map((p) => p.hash));
        const then = entries.filter((e) => e.kind === "policy.decided" && e.at_ms >= at_ms && e.data.pack === pack && own.has(e.data.version)).length;
        if (!then) continue;
        writeFileSync(candidate, JSON.stringify({ pack, files }));
        const { stdout, stderr } = await cli(["policy", "replay", "--candidate", candidate, "--from", new Date(at_ms).toISOString(), "--json", "--data", data]);
        const rows = stdout.split("\n").filter(Boolean).map((line) => JSON.parse(line));
        const summary = rows.at(-1)?.summary;
        const wrong = rows.flatMap((r) => r.row?.differences ?? []).filter((d) => d.unexplained);
        if (!summary || summary.unexplained || summary.repeated < then)
          throw new Error(`replay of ${pack}: ${then} decisions then\n${JSON.stringify(summary)}\n${JSON.stringify(wrong.slice(0, 3))}\n${stderr}`);
        count += then;
      }
      return count;
    },
    /** Ends the server and removes its data; fails when it did not end cleanly. prove: see above. */
    async stop({ prove = false } = {}) {
      const result = await end("SIGTERM");
      if (prove && (!result || result.code === 0)) await server.prove();
      rmSync(dir, { recursive: true, force: true });
      if (result && result.code !== 0) throw new Error(`the server ended with ${JSON.stringify(result)}:\n${log}`);
    },
  };
  return server;
}
