// Documentation that is run: node docs/tools/doctest.mjs FILE.md...
//
//   ```lua my-county/pack.lua     a block whose fence names a file is written to it, in a scratch directory
//   ```console                    "$ command" lines are run there; what follows must be what they print
//   <!-- run: command -->         run silently, to prepare
//   <!-- serve: command -->       runs on until the document ends; goes on once it says that it is up
//   <!-- let: i4087 = command --> from here on "i4087" stands for what the command prints
//
// In expected output "…" stands for anything within a line, and alone on a line for any number of lines. A last line
// "[3]" is the exit code, otherwise 0. Also: every relative link leads somewhere. Environment: FENGQIAO,
// FENGQIAO_PLUGINS, FENGQIAO_PACKS. Each FILE.md starts with an empty directory and an empty FENGQIAO_DATA.
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";

const binary = resolve(process.env.FENGQIAO ?? "fengqiao");
let failures = 0;
let ran = 0;
let written = 0;

function fail(file, line, text) {
  failures++;
  console.log(`${file}:${line}: ${text}`);
}

/** Fenced blocks and "run" comments, in order. */
function* parts(text) {
  const lines = text.split("\n");
  for (let i = 0; i < lines.length; i++) {
    const comment = /^<!-- (run|let|serve): (.*) -->$/.exec(lines[i]);
    if (comment) yield { type: comment[1], line: i + 1, command: comment[2] };
    const fence = /^```(\S+)(?: (\S+))?$/.exec(lines[i]);
    if (!fence) continue;
    const from = ++i;
    while (i < lines.length && lines[i] !== "```") i++;
    const body = lines.slice(from, i);
    if (fence[1] === "console") yield { type: "console", line: from + 1, body };
    else if (fence[2]) yield { type: "file", line: from, name: fence[2], body };
  }
}

const quote = (s) => s.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");

/** Does `got` look like `wanted`, line for line, with "…" as a wild card? */
function matches(wanted, got) {
  const pattern = wanted
    .map((l) => (l.trim() === "…" ? "(?:.*\n)*?" : `${l.split("…").map(quote).join(".*")}\n`))
    .join("");
  return new RegExp(`^${pattern}$`).test(got);
}

function* commands(body, from) {
  let now = null;
  body.forEach((l, i) => {
    if (l.startsWith("$ ")) (now = { command: l.slice(2), line: from + i, wanted: [], last: now });
    else if (l.startsWith("> ") && now && !now.wanted.length) now.command += `\n${l.slice(2)}`;
    else now?.wanted.push(l);
  });
  const all = [];
  for (; now; now = now.last) all.unshift(now);
  yield* all;
}

function run(command, dir, env) {
  const r = spawnSync("sh", ["-c", command], { cwd: dir, env, encoding: "utf8", timeout: 120_000 });
  return { text: (r.stdout ?? "") + (r.stderr ?? ""), code: r.status };
}

function check(file) {
  const text = readFileSync(file, "utf8");
  const dir = mkdtempSync(join(tmpdir(), "fq-docs-"));
  mkdirSync(join(dir, ".bin"));
  symlinkSync(binary, join(dir, ".bin/fengqiao"));
  const env = { ...process.env, FENGQIAO_DATA: join(dir, ".data"), PATH: `${join(dir, ".bin")}:${process.env.PATH}` };
  const names = new Map();
  const served = [];
  const real = (s) => [...names].reduce((t, [name, value]) => t.replaceAll(name, value), s);
  try {
    const all = [...parts(text)];
    // What is served makes its own data.
    if (all.some((p) => p.type !== "file") && !all.some((p) => p.type === "serve")) {
      const made = run("fengqiao init --quiet", dir, env);
      if (made.code) fail(file, 1, `fengqiao init: ${made.text}`);
    }
    for (const p of all) {
      if (p.type === "serve") {
        const log = join(dir, ".serve");
        const out = openSync(log, "w");
        served.push(spawn("sh", ["-c", `exec ${p.command}`], { cwd: dir, env, stdio: ["ignore", out, out] }));
        const r = run(`for i in $(seq 600); do grep -q "is up" ${log} && exit 0; sleep 0.1; done; cat ${log}; exit 1`, dir, env);
        if (r.code) fail(file, p.line, r.text);
      } else if (p.type === "file") {
        const path = join(dir, p.name);
        mkdirSync(dirname(path), { recursive: true });
        writeFileSync(path, `${p.body.join("\n")}\n`);
        written++;
      } else if (p.type === "run") {
        const r = run(p.command, dir, env);
        if (r.code) fail(file, p.line, `exit ${r.code}: ${r.text}`);
      } else if (p.type === "let") {
        const [, name, command] = /^(\S+) = (.*)$/.exec(p.command);
        const r = run(command, dir, env);
        if (r.code || !r.text.trim()) fail(file, p.line, `exit ${r.code}: ${r.text}`);
        names.set(name, r.text.trim());
      } else {
        for (const c of commands(p.body, p.line)) {
          const r = run(real(c.command), dir, env);
          let code = 0;
          const last = /^\[(\d+)\]$/.exec(c.wanted.at(-1) ?? "");
          if (last) {
            code = Number(last[1]);
            c.wanted.pop();
          }
          ran++;
          if (r.code !== code) fail(file, c.line, `${c.command}: exit ${r.code}, not ${code}\n${r.text}`);
          else if (!matches(c.wanted.map(real), r.text)) fail(file, c.line, `${c.command} printed\n${r.text}`);
        }
      }
    }
  } finally {
    for (const child of served) child.kill("SIGKILL");
    rmSync(dir, { recursive: true, force: true });
  }
  links(file, text);
}

function links(file, text) {
  text.split("\n").forEach((line, i) => {
    for (const m of line.matchAll(/\]\(([^)#]+)(?:#[^)]*)?\)|src="([^"]+)"/g)) {
      const to = m[1] ?? m[2];
      if (/^[a-z]+:/.test(to)) continue;
      if (!existsSync(join(dirname(file), to))) fail(file, i + 1, `leads nowhere: ${to}`);
    }
  });
}

for (const file of process.argv.slice(2)) check(file);
console.log(`${process.argv.length - 2} documents: ${written} files written, ${ran} commands run, ${failures} failures`);
process.exit(failures ? 1 : 0);
