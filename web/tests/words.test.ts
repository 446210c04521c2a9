import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { CATEGORIES } from "../shared/categories";
import { errorText, lang, t, tData, type Word } from "../shared/i18n";
import { RpcError } from "../shared/link";
import { words as adminWords } from "../admin/words";
import { words } from "../shared/words";

const root = new URL("..", import.meta.url);
const sources = ["shared", "console", "field", "print", "admin"].flatMap((dir) =>
  readdirSync(new URL(dir, root), { recursive: true, encoding: "utf8" })
    .filter((f) => /\.(vue|ts)$/.test(f) && !f.endsWith("words.ts"))
    .map((f) => ({ name: `${dir}/${f}`, text: readFileSync(new URL(`${dir}/${f}`, root), "utf8") })),
);
const marks = (s: string) => [...s.matchAll(/\{(\w+)\}/g)].map((m) => m[1]).sort();

describe("the dictionary", () => {
  it("has both halves of every word, with the same marks", () => {
    for (const [key, [zh, en]] of [...Object.entries(words), ...Object.entries(adminWords)]) {
      expect(zh, key).toBeTruthy();
      expect(en, key).toBeTruthy();
      expect(marks(zh), key).toEqual(marks(en));
      expect(en, key).not.toMatch(key === "lang.switch" ? /^$/ : /[\u3000-\u9fff\uff00-\uffef]/);
    }
  });

  it("has no word that nobody says", () => {
    const all = sources.map((s) => s.text).join("\n");
    // Words made from data: their prefix stands in the source.
    const made = /^(level|state|task|taskVerb|step|role|refused|countersign|whistle|whistleUnit|category|clock|owner|source|card|verb|kind|report\.fact|tab|do|print\.ended|print\.method|print\.request)\./;
    const unused = Object.keys(words).filter((k) => !made.test(k) && !all.includes(`"${k}"`) && !all.includes(`'${k}'`));
    expect(unused).toEqual([]);
    // The administrator's page says some with a name made from data, too: `{t(\`nav.${view}\`)}`.
    const stems = [...all.matchAll(/`([a-z]+(?:\.[a-z]+)*)\.\$\{|tData\("([^"]+)"/gi)].map((m) => `${m[1] ?? m[2]}.`);
    const adminUnused = Object.keys(adminWords).filter((k) => !all.includes(`"${k}"`) && !all.includes(`'${k}'`) && !stems.some((s) => k.startsWith(s)));
    expect(adminUnused).toEqual([]);
  });

  it("leaves no Chinese in the sources outside it", () => {
    const bad: string[] = [];
    for (const { name, text } of sources) {
      const code = text.replace(/\/\*[\s\S]*?\*\//g, "").replace(/\/\/.*$/gm, "").replace(/<!--[\s\S]*?-->/g, "");
      // link.ts makes its own errors in both languages, as the server does.
      if (name === "shared/link.ts") continue;
      for (const line of code.split("\n")) if (/[\u4e00-\u9fff]/.test(line)) bad.push(`${name}: ${line.trim()}`);
    }
    expect(bad).toEqual([]);
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
