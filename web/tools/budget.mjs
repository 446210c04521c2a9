// Holds each page to its budget of gzipped JavaScript: what it loads at once, and of the phone's page also everything it
// may ever load, its service worker included. Usage: node tools/budget.mjs [dist]
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";

const dist = process.argv[2] ?? "dist";
const BUDGET_KB = { field: 60, console: 200, family: 45, print: 60, report: 60, screen: 350, admin: 300 };
const WHOLE_KB = { field: 79 };
/** What is imported statically loads at once, too; import() later. */
const AT_ONCE = /(?:from|import)\s*["']\.\/([^"']+\.js)["']/g;
const EVER = /["'](?:\.\/|\/?assets\/)([\w.-]+\.js)["']/g;

function weigh(first, follow) {
  const files = new Set();
  const todo = [...first];
  let bytes = 0;
  while (todo.length) {
    const f = todo.pop();
    if (files.has(f)) continue;
    files.add(f);
    const text = readFileSync(join(dist, f));
    bytes += gzipSync(text, { level: 9 }).length;
    for (const m of text.toString("utf8").matchAll(follow)) todo.push(`/assets/${m[1]}`);
  }
  return { kb: bytes / 1024, n: files.size };
}

let failed = false;
function hold(name, { kb, n }, budget) {
  const ok = kb <= budget && n > 0;
  failed ||= !ok;
  console.log(`${ok ? "ok  " : "FAIL"} ${name}: ${kb.toFixed(1)} KB gzip in ${n} files, budget ${budget} KB`);
}
for (const [page, budget] of Object.entries(BUDGET_KB)) {
  const html = readFileSync(join(dist, page, "index.html"), "utf8");
  const first = [...html.matchAll(/(?:src|href)="(\/assets\/[^"]+\.js)"/g)].map((m) => m[1]);
  hold(page, weigh(first, AT_ONCE), budget);
  if (WHOLE_KB[page]) hold(`${page}, all of it`, weigh([...first, `/${page}/sw.js`].filter((f) => existsSync(join(dist, f))), EVER), WHOLE_KB[page]);
}
process.exit(failed ? 1 : 0);
