// What may be written in a policy, as Markdown:
//   fengqiao call policy.api | node docs/tools/policy_api.mjs > docs/policy-api.md
// The same table the editor completes from. Same input, same bytes.
import { readFileSync } from "node:fs";

const api = JSON.parse(readFileSync(0, "utf8"));
const out = [];
const say = (...lines) => out.push(...lines);
const cell = (s) => String(s ?? "").replace(/\|/g, "\\|").replace(/</g, "&lt;");

/** The example as a whole that can be pasted: what stands around it is told by `on`. */
function example(w) {
  if (!w.example) return [];
  if (w.on === "member") return ["", "```lua", w.example, "```"];
  return ["", "```lua", `["${w.on}"] = function(e, view)`, ...w.example.split("\n").map((l) => `  ${l}`), "end", "```"];
}

function section(title, text, words) {
  say("", `## ${title}`, "", text);
  for (const w of words) {
    say("", `### \`${w.signature}\``, "", `${w.zh}`, "", `${w.en}`, ...example(w));
  }
}

const kind = (...kinds) => api.words.filter((w) => kinds.includes(w.kind));
say(
  "# 规则里可以写什么 · What may be written in a policy",
  "",
  "由服务器自己的表生成(`fengqiao call policy.api | node docs/tools/policy_api.mjs`),请勿手改;编辑器的补全和提示用的是同一张表,每个例子都在",
  "测试里跑过。怎样从头写一条规则,见[写规则的第一个半小时](policy-guide.zh-CN.md)。",
  "",
  "Generated from the server's own table; do not edit. The editor completes from the same, and every example is run by a test. How to",
  "write a rule from scratch: [the first half hour](policy-guide.md).",
);
section("规则的组成 · Members of a policy", "`return policy { … }` 里可以写的项。 What `policy { ... }` may have.", kind("member", "clause"));
section("命令 · Commands", "返回它们;单个、列表、嵌套的列表都行。 Return them: one, a list, nested lists.", kind("word").filter((w) => w.from !== "server"));
section("基本用语 · Words of the server", "时长、列表和任意命令。 Durations, lists and any command.", kind("word").filter((w) => w.from === "server"));
section("提问 · Questions", "`view` 只读;每个回答都随决定记录下来。 `view` only reads; every answer is recorded with the decision.", kind("view"));
say("", "## 记录里有什么 · Members of an entry", "", "| | 中文 | English |", "|---|---|---|");
for (const w of kind("entry")) say(`| \`${w.signature}\` | ${cell(w.zh)} | ${cell(w.en)} |`);
section("Lua", "Lua 自带的,只有这些。 Of Lua itself, these and no more.", kind("global"));
say("", "## 能听到的记录 · Entries a policy hears", "", "| | 中文 | English |", "|---|---|---|");
for (const k of api.kinds.filter((k) => k.heard)) say(`| \`${k.name}\` | ${cell(k.zh)} | ${cell(k.en)} |`);
say("", "## 能下的命令 · Methods for `command`", "", "| | 参数 parameters | 中文 | English |", "|---|---|---|---|");
for (const m of api.methods) {
  const names = Object.keys(m.params?.properties ?? {}).map((n) => (m.params.required?.includes(n) ? n : `${n}?`));
  say(`| \`${m.name}\` | ${cell(names.join(", "))} | ${cell(m.zh)} | ${cell(m.en)} |`);
}
process.stdout.write(`${out.join("\n")}\n`);
