// Vite plugin: builds field/sw.ts into field/sw.js, with the list of everything the page may ever load. The list is part
// of the text, so that a build in which anything differs is a different worker, and browsers notice.
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { transformWithEsbuild } from "vite";

/** `also`: files of the public folder that belong to the page. */
export function worker({ source, page, publicDir, also = [] }) {
  return {
    name: "fengqiao-worker",
    apply: "build",
    enforce: "post", // the page's HTML is among the files only then
    async generateBundle(_, bundle) {
      const parts = Object.values(bundle).filter((f) => f.fileName !== `${page}/index.html`);
      const files = [`/${page}/`, ...also, ...parts.map((f) => `/${f.fileName}`)].sort();
      const seed = Object.values(bundle).map((f) => [f.fileName, String(f.type === "chunk" ? f.code : f.source)]);
      seed.push(...also.map((f) => [f, readFileSync(publicDir + f, "utf8")]));
      const code = readFileSync(source, "utf8");
      const build = createHash("sha256").update(JSON.stringify([code, files, seed])).digest("hex").slice(0, 12);
      const out = await transformWithEsbuild(code, source, {
        minify: true,
        target: "es2020",
        format: "iife",
        define: { FILES: JSON.stringify(files), BUILD: JSON.stringify(build) },
      });
      this.emitFile({ type: "asset", fileName: `${page}/sw.js`, source: out.code });
    },
  };
}
