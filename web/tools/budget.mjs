// Holds each page to its budget of gzipped JavaScript: everything the page loads at once, and of the phone's page
// everything it may ever load, its service worker included. Usage: node tools/budget.mjs [dist]
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";

const dist = process.argv[2] ?? "dist";
const BUDGET_KB = { field: 60, console: 200, print: 60, report: 60, screen: 350, admin: 300 };
const WHOLE = new Set(["field"]);
/** What is imported statically loads at once, too; import() later. */
const AT_ONCE = /(?:from|import)\s*["']\.\/([^"']+\.js)["']/g;
const EVER = /["'](?:\.\/|\/?assets\/)([\w.-]+\.js)["']/g;

let failed = false;
for (const [page, budget] of Object.entries(BUDGET_KB)) {
  const html = readFileSync(join(dist, page, "index.html"), "utf8");
  const todo = [...html.matchAll(/(?:src|href)="(\/assets\/[^"]+\.js)"/g)].map((m) => m[1]);
  if (WHOLE.has(page) && existsSync(join(dist, page, "sw.js"))) todo.push(`/${page}/sw.js`);
  const files = new Set();
  while (todo.length) {
    const f = todo.pop();
    if (files.has(f)) continue;
    files.add(f);
    const text = readFileSync(join(dist, f), "utf8");
    for (const m of text.matchAll(WHOLE.has(page) ? EVER : AT_ONCE)) todo.push(`/assets/${m[1]}`);
  }
  let bytes = 0;
  for (const f of files) bytes += gzipSync(readFileSync(join(dist, f)), { level: 9 }).length;
  const kb = bytes / 1024;
  const ok = kb <= budget && files.size > 0;
  failed ||= !ok;
  console.log(`${ok ? "ok  " : "FAIL"} ${page}: ${kb.toFixed(1)} KB gzip in ${files.size} files, budget ${budget} KB`);
}
process.exit(failed ? 1 : 0);
