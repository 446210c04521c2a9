import { existsSync, readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { CATEGORIES } from "../shared/categories";
import { errorText, lang, t, tData, type Word } from "../shared/i18n";
import { RpcError } from "../shared/link";
import { words, type Pair } from "../shared/words";

const root = new URL("..", import.meta.url);
const PAGES = readdirSync(root).filter((d) => d !== "shared" && existsSync(new URL(`${d}/words.ts`, root)));
const read = (dir: string) =>
  readdirSync(new URL(dir, root), { recursive: true, encoding: "utf8" })
    .filter((f) => /\.(vue|ts)$/.test(f) && !f.endsWith("words.ts"))
    .map((f) => ({ name: `${dir}/${f}`, text: readFileSync(new URL(`${dir}/${f}`, root), "utf8") }));
const shared = read("shared");
const pages = await Promise.all(
  PAGES.map(async (page) => ({ page, sources: read(page), words: ((await import(new URL(`${page}/words.ts`, root).href)) as { words: Record<string, Pair> }).words })),
);
const sources = [...shared, ...pages.flatMap((p) => p.sources)];
const marks = (s: string) => [...s.matchAll(/\{(\w+)\}/g)].map((m) => m[1]).sort();

/** Keys that stand in the source, and the beginnings of those that are made from data. */
function said(texts: { text: string }[]): (key: string) => boolean {
  const all = texts.map((s) => s.text).join("\n");
  // Handed to a component that makes the key: `<StateChip kind="task" />`, `word="clock"`.
  const stems = [...all.matchAll(/`([a-z]+(?:\.[a-z]+)*)\.\$\{|tData\("([^"]+)"|(?:kind|word)="([a-zA-Z.]+)"|\? "([a-zA-Z]+)" : "([a-zA-Z]+)"/gi)].flatMap((m) => m.slice(1).filter(Boolean).map((x) => `${x}.`));
  return (key) => all.includes(`"${key}"`) || all.includes(`'${key}'`) || stems.some((s) => key.startsWith(s));
}

describe("the dictionary", () => {
  it("has both halves of every word, with the same marks", () => {
    for (const [key, [zh, en]] of [{ words }, ...pages].flatMap((p) => Object.entries(p.words))) {
      expect(zh, key).toBeTruthy();
      expect(en, key).toBeTruthy();
      expect(marks(zh), key).toEqual(marks(en));
      expect(en, key).not.toMatch(key === "lang.switch" ? /^$/ : /[\u3000-\u9fff\uff00-\uffef]/);
    }
  });

  it("has no word that nobody says, and what one page alone says stands with that page", () => {
    const everywhere = said(sources);
    expect(Object.keys(words).filter((k) => !everywhere(k))).toEqual([]);
    for (const p of pages) {
      const here = said([...shared, ...p.sources]);
      expect(Object.keys(p.words).filter((k) => !here(k)), p.page).toEqual([]);
    }
  });

  it("has every word that a page says", () => {
    for (const p of pages) {
      const known = { ...words, ...p.words };
      const asked = p.sources.flatMap((s) => [...s.text.matchAll(/\bt\(\s*"([^"]+)"\s*[,)]/g)].map((m) => m[1]!));
      expect(asked.filter((k) => !(k in known)), p.page).toEqual([]);
    }
  });

  it("leaves no Chinese in the sources outside it", () => {
    const bad: string[] = [];
    for (const { name, text } of sources) {
      const code = text.replace(/\/\*[\s\S]*?\*\//g, "").replace(/\/\/.*$/gm, "").replace(/<!--[\s\S]*?-->/g, "");
      for (const line of code.split("\n")) if (/[\u4e00-\u9fff]/.test(line)) bad.push(`${name}: ${line.trim()}`);
    }
    expect(bad).toEqual([]);
  });

  it("lets the shared parts say only what every page knows", () => {
    const asked = shared.flatMap((s) => [...s.text.matchAll(/\bt\(\s*"([^"]+)"\s*[,)]/g)].map((m) => m[1]!));
    expect(asked.filter((k) => !(k in words))).toEqual([]);
  });

  it("knows every category and state that the forms offer", () => {
    for (const c of CATEGORIES) expect(words).toHaveProperty([`category.${c}`]);
  });

  it("switches at run time and falls back to the data", () => {
    lang.value = "zh";
    expect(t("list.count", { n: 1, u: 2, o: 3 })).toBe("1 件未结 · 2 件待派 · 3 件超时");
    lang.value = "en";
    expect(t("list.count" as Word, { n: 1, u: 2, o: 3 })).toBe("1 open · 2 unassigned · 3 overdue");
    expect(tData("state", "no_such")).toBe("no_such");
    expect(tData("kind", "incident.reported")).toBe("Reported");
    lang.value = "zh";
  });

  it("shows the server's message in the page's language, with the path", () => {
    const e = new RpcError({ code: -32602, message: "x", data: { message_zh: "应为数字", message_en: "expected a number", path: "params.lon" } });
    lang.value = "zh";
    expect(errorText(e)).toBe("应为数字 (params.lon) [-32602]");
    lang.value = "en";
    expect(errorText(e)).toBe("expected a number (params.lon) [-32602]");
    lang.value = "zh";
  });
});
