// What the server says of its methods and entries, as Markdown:
//   fengqiao call rpc.discover | node docs/tools/reference.mjs > docs/reference.md
// As `system`, so that everything is there. Same input, same bytes.
import { readFileSync } from "node:fs";

const { methods, events } = JSON.parse(readFileSync(0, "utf8"));
const out = [];
const say = (...lines) => out.push(...lines);
const cell = (s) => String(s ?? "").replace(/\|/g, "\\|").replace(/</g, "&lt;");
const code = (s) => `\`${String(s).replace(/\|/g, "\\|")}\``;

const ID = "^[A-Za-z0-9._:-]{1,63}$";

/** "string, 1 to 200 characters" */
function type(s) {
  const range = (low, high, unit = "") => {
    if (low === undefined && high === undefined) return "";
    if (low === high) return `, ${low}${unit}`;
    if (!low) return `, at most ${number(high)}${unit}`;
    return `, ${number(low)} to ${number(high)}${unit}`;
  };
  if (s.enum) return s.enum.map(code).join(" ");
  if (s.pattern === ID) return "id";
  if (s.format === "date-time") return "time";
  if (s.type === "string") return `string${range(s.minLength, s.maxLength, " characters")}`;
  if (s.type === "integer" || s.type === "number")
    return s.type + (s.minimum === undefined ? "" : `, ${number(s.minimum)} to ${number(s.maximum)}`);
  if (s.type === "array") return `list of ${s.items ? plain(s.items) : "anything"}${range(s.minItems, s.maxItems)}`;
  if (s.type === "object") return plain(s);
  return s.type ?? "any";
}
const number = (n) => (n >= 1e15 ? "10^15" : String(n));
function plain(s) {
  if (s.type !== "object") return type(s);
  const names = Object.keys(s.properties ?? {});
  return names.length ? code(`{${names.map((n) => (s.required?.includes(n) ? n : `${n}?`)).join(", ")}}`) : "object";
}

/** Parameters, one row each, members of objects below them as "place.lon". */
function* rows(schema, prefix = "") {
  for (const [name, s] of Object.entries(schema.properties ?? {})) {
    yield { name: prefix + name, required: schema.required?.includes(name), s };
    if (s.type === "object") yield* rows(s, `${prefix}${name}.`);
    if (s.type === "array" && s.items?.type === "object") yield* rows(s.items, `${prefix}${name}[].`);
  }
}

const ROLES = 11;
const who = (m) => (m.roles.length === 0 ? (m.flags.includes("public") ? "everybody" : "*system*") : m.roles.length === ROLES ? "every role" : m.roles.join(", "));
const words = { query: "query", command: "command", volatile: "volatile message", session: "of a socket" };
const group = (name) => (name.includes(".") ? name.slice(0, name.indexOf(".")) : "server");

say(
  "# Methods and entries · 方法与记录",
  "",
  "Generated from a running server by `docs/tools/reference.mjs`; do not edit. `fengqiao call rpc.discover` prints the same as JSON",
  "Schema, and a session that calls `rpc.discover` gets what its own roles may call. How requests travel, what errors look like, and the",
  "session methods (`session.open`, `session.resume`, `session.close`, `hb`) are in [protocol.md](protocol.md).",
  "",
  "由运行中的服务器生成,请勿手改。请求怎样走、错误长什么样、会话方法,见 [protocol.md](protocol.md)。",
  "",
  "- Every command also takes `idem` (16 to 64 characters) and its result has `n`, the number of its last entry. Parameters marked",
  "  **bold** are required; unknown members are refused.",
  "- An **id** is 1 to 63 of `A-Z a-z 0-9 . _ : -`; a **time** is RFC 3339, answered in UTC with milliseconds.",
  "- **Roles** may call it at all; what they may touch is their unit's subtree besides. *system* is the server itself: timers and the",
  "  local command line.",
  "",
);

const groups = [...new Set(methods.map((m) => group(m.name)))].sort();
say("| | |", "|---|---|");
for (const g of groups)
  say(`| [${g}](#${g}) | ${methods.filter((m) => group(m.name) === g).map((m) => code(m.name)).join(" ")} |`);
say("");

for (const g of groups) {
  say(`## ${g}`, "");
  for (const m of methods.filter((m) => group(m.name) === g)) {
    say(`### ${code(m.name)}`, "");
    say(`${m.summary ?? ""} · ${m.description ?? ""} — ${words[m.type] ?? m.type}; ${who(m)}.`, "");
    const all = [...rows(m.params ?? {})];
    if (all.length) {
      say("| parameter | type | 说明 | |", "|---|---|---|---|");
      for (const { name, required, s } of all)
        say(`| ${required ? `**${code(name)}**` : code(name)} | ${type(s)} | ${cell(s.title)} | ${cell(s.description)} |`);
      say("");
    }
    if (m.result) say(`Result: ${code(m.result)}`, "");
  }
}

say(
  "## Entry kinds · 记录种类",
  "",
  "A kind's roles hear it when its `org` lies in their unit's subtree; whoever the entry names in its audience hears it in any case.",
  "Kinds without roles are heard by their audience only.",
  "",
  "| kind | 说明 | | roles |",
  "|---|---|---|---|",
);
for (const e of [...events].sort((a, b) => (a.name < b.name ? -1 : 1)))
  say(`| ${code(e.name)} | ${cell(e.summary)} | ${cell(e.description)} | ${e.roles.length ? who(e) : ""} |`);

process.stdout.write(`${out.join("\n").trimEnd()}\n`);
