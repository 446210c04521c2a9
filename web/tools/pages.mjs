// The pages by name, and building them: node tools/pages.mjs [page ...]. Each is a Vite build of its own.
import { existsSync, readdirSync, rmSync } from "node:fs";
import { argv, cwd, env } from "node:process";
import { fileURLToPath } from "node:url";

const out = env.FQ_WEB_OUT ?? "dist";
/** A folder with an index.html is a page. */
export const PAGES = ["landing", ...readdirSync(cwd()).filter((d) => !["dist", "node_modules"].includes(d) && existsSync(`${d}/index.html`))];

if (argv[1] === fileURLToPath(import.meta.url)) {
  const { build } = await import("vite");
  const asked = argv.slice(2);
  if (!asked.length) rmSync(out, { recursive: true, force: true });
  for (const mode of asked.length ? asked : PAGES) await build({ mode, logLevel: "warn" });
}
