// Vite plugin: takes the words out of a page's code. What its modules named words.ts (and shared/placewords.ts) export
// becomes one file of JSON a language, and the page fetches the one that is read: half the words for everybody. Only
// where bytes are dear; other pages, tests and the development server have them in the code.
import { build } from "esbuild";

const WORDS = /\/\w*words\.ts$/;
const VIRTUAL = "virtual:words";

/** What such a module exports, by name. It may spread others, and calls addWords, which is not wanted here. */
async function exported(file) {
  const { outputFiles } = await build({
    entryPoints: [file],
    bundle: true,
    format: "esm",
    write: false,
    plugins: [
      {
        name: "apart",
        setup(b) {
          b.onResolve({ filter: /\/i18n$/ }, () => ({ path: "i18n", namespace: "apart" }));
          b.onLoad({ filter: /.*/, namespace: "apart" }, () => ({ contents: "export const addWords = (w) => w, dictionary = (w) => w;" }));
        },
      },
    ],
  });
  const module = await import(`data:text/javascript;base64,${Buffer.from(outputFiles[0].contents).toString("base64")}`);
  return Object.entries(module).filter(([, v]) => typeof v === "object");
}

export function words(page) {
  const all = {};
  const files = {};
  let apart = false;
  return {
    name: "fengqiao-words",
    enforce: "pre",
    config: (_, { command, mode }) => void (apart = command === "build" && mode === page),
    buildStart() {
      if (apart) for (const lang of ["zh", "en"]) files[lang] = this.emitFile({ type: "asset", name: `words-${lang}.json` });
    },
    resolveId: (id) => (id === VIRTUAL ? `\0${VIRTUAL}` : null),
    async load(id) {
      if (id === `\0${VIRTUAL}`)
        return `export const wordFiles = ${apart ? `{ zh: import.meta.ROLLUP_FILE_URL_${files.zh}, en: import.meta.ROLLUP_FILE_URL_${files.en} }` : "null"};`;
      if (!apart || !WORDS.test(id)) return null;
      this.addWatchFile(id);
      const made = await exported(id);
      for (const [, pairs] of made) Object.assign(all, pairs);
      return made.map(([name]) => `export const ${name} = {};`).join("") + (id.endsWith("/shared/words.ts") ? "export const dictionary = (d) => d;" : "");
    },
    buildEnd() {
      if (!apart) return;
      const half = (n) => JSON.stringify(Object.fromEntries(Object.entries(all).map(([k, pair]) => [k, pair[n]])));
      this.setAssetSource(files.zh, half(0));
      this.setAssetSource(files.en, half(1));
    },
    resolveFileUrl: ({ fileName }) => JSON.stringify(`/${fileName}`),
  };
}
