// Each page is a build of its own (--mode console), because what one page uses of Vue weighs on all that share a build
// with it, and the phone's budget is small. FQ_WEB_OUT moves the output (and the cache) away from a read-only source
// tree.
import { fileURLToPath } from "node:url";
import vue from "@vitejs/plugin-vue";
import { defineConfig } from "vitest/config";
import { words } from "./tools/words.mjs";
import { worker } from "./tools/worker.mjs";

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const server = process.env.FQ_SERVER ?? "http://127.0.0.1:8080";

/** The pages by their folder; `landing` is the way in at /. tools/pages.mjs builds each. */
const html = (page: string): string => here(page === "landing" ? "index.html" : `${page}/index.html`);

/** Vue's tools alone read what a component is called. */
const unnamed = { name: "fengqiao-unnamed", transform: (code: string, id: string) => (id.endsWith(".vue") ? code.replace(/__name: "\w+",\s*/, "") : null) };
/** Where bytes are dearer than the moment it takes to make a constant again. */
const DEAR = ["field", "family"];
const SMALL = { template: { compilerOptions: { hoistStatic: false, cacheHandlers: false } } };

export default defineConfig(({ mode }) => ({
  plugins: [vue(DEAR.includes(mode) ? SMALL : {}), DEAR.includes(mode) && unnamed, words("field"), mode === "field" && worker({ source: here("field/sw.ts"), page: "field", publicDir: here("public"), also: ["/mark.svg", "/field/manifest.webmanifest"] })],
  cacheDir: process.env.FQ_WEB_CACHE ?? "node_modules/.vite",
  define: {
    __VUE_OPTIONS_API__: "false",
    __VUE_PROD_DEVTOOLS__: "false",
    __VUE_PROD_HYDRATION_MISMATCH_DETAILS__: "false",
  },
  build: {
    outDir: process.env.FQ_WEB_OUT ?? "dist",
    emptyOutDir: false,
    target: "es2020",
    // The content policy allows no data: scripts and no inline code, so nothing is inlined.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    minify: DEAR.includes(mode) ? "terser" : "esbuild",
    terserOptions: { ecma: 2020, compress: { passes: 3, unsafe_arrows: true, pure_getters: true, keep_fargs: false } },
    rollupOptions: {
      input: { [mode]: html(mode) },
    },
  },
  server: {
    host: "127.0.0.1",
    proxy: {
      "/ws": { target: server, ws: true },
      "/api": { target: server },
    },
  },
  test: { include: ["tests/**/*.test.ts"], environment: "node", setupFiles: ["tests/setup.ts"] },
}));
