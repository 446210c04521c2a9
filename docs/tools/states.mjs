// The step tables of incidents and tasks, drawn and written from what the server says of them:
//   fengqiao call dispatch.states | node docs/tools/states.mjs md  > docs/desk/states.md
//   fengqiao call dispatch.states | node docs/tools/states.mjs svg > docs/desk/states.svg
// Same input, same bytes. Where a state stands in the drawing is in `places`; every line is routed from the tables. A
// state without a place is an error, so that the drawing cannot lack one.
import { readFileSync } from "node:fs";

const tables = JSON.parse(readFileSync(0, "utf8"));
const wanted = process.argv[2];

/** The verbs that lead from one state to another: [{from, to, verbs}]; what changes no state is left out. */
function edges(verbs) {
  const all = new Map();
  for (const v of verbs)
    for (const [from, to] of Object.entries(v.steps)) {
      if (from === to) continue;
      const key = `${from} ${to}`;
      if (!all.has(key)) all.set(key, { from, to, verbs: [] });
      all.get(key).verbs.push(v);
    }
  return [...all.values()];
}
const english = (v) => (v.pass === undefined ? v.name : v.pass ? "pass" : "fail").replace("_", " ");

// ---- the matrix ---------------------------------------------------------------------------------------------

function matrix(states, verbs, zh) {
  const word = new Map(states.map((s) => [s.name, s.zh]));
  const out = [];
  out.push(`| | ${states.map((s) => `${s.zh}<br>${s.name}`).join(" | ")} |`, `|---|${states.map(() => ":-:").join("|")}|`);
  for (const v of verbs) {
    const cells = states.map((s) => {
      const to = v.steps[s.name];
      if (!to) return "";
      if (to === s.name) return "✓";
      return to === "before" ? `→ ${zh}` : `→ ${word.get(to)}`;
    });
    out.push(`| ${v.zh}<br>\`${v.name}\`${v.pass === undefined ? "" : v.pass ? " ✓" : " ✗"} | ${cells.join(" | ")} |`);
  }
  return out;
}

function markdown() {
  return [
    "# 状态与动作 · States and verbs",
    "",
    "由运行中的服务器生成(`docs/tools/states.mjs`),请勿手改。`fengqiao call dispatch.states` 给出同样的数据。",
    "",
    "Generated from a running server by `docs/tools/states.mjs`; do not edit. `fengqiao call dispatch.states` gives the same as data.",
    "",
    "![事件的状态 · the states of an incident](states.svg)",
    "",
    "✓ 可以,状态不变;→ 可以,转到该状态;空格为不可。What each verb is for: [verbs.md](verbs.md).",
    "",
    "✓ possible, the state stays; → possible, and leads there; empty: refused.",
    "",
    "## 事件 · Incidents",
    "",
    ...matrix(tables.states, tables.verbs, "原状态"),
    "",
    "「原状态」是挂起、并案之前的状态。开始处置 `begin`、退回待派 `undispatch`、反馈 `handle`、并入 `join` 不是命令:由任务的接单、拒单、完成和别的事件的并案带动。",
    "",
    "“原状态” is the state before it was suspended or merged. `begin`, `undispatch`, `handle` and `join` are no commands:",
    "accepting, declining and finishing tasks brings them about, and merging another incident into it.",
    "",
    "## 任务 · Tasks",
    "",
    ...matrix(tables.task_states, tables.task_verbs, ""),
    "",
  ].join("\n");
}

// ---- the drawing --------------------------------------------------------------------------------------------

// Column on the main way, or a row below the first column. What leads back to where it came from is parked above.
const places = {
  reported: { column: 0 },
  accepted: { column: 1 },
  dispatched: { column: 2 },
  handling: { column: 3 },
  handled: { column: 4 },
  verified: { column: 5 },
  closed: { column: 6 },
  returned: { below: 1 },
  voided: { below: 2 },
};
const W = 108, H = 50, GAP = 76, LEFT = 64, LANE = 46, PARK = 122, STEP = 112;
const X = (column) => LEFT + column * (W + GAP);

function svg() {
  const all = edges(tables.verbs);
  const word = new Map(tables.states.map((s) => [s.name, s]));
  const parked = [...new Set(all.filter((e) => e.to === "before").map((e) => e.from))];
  for (const s of tables.states)
    if (!places[s.name] && !parked.includes(s.name)) throw new Error(`states.mjs: no place for the state ${s.name}`);
  const at = (name) => places[name];
  const onWay = (name) => at(name)?.column !== undefined;

  // Forward over a neighbour: lanes above. Backward: lanes below. The shortest lies nearest to the states.
  const span = (e) => [at(e.from).column, at(e.to).column].sort((a, b) => a - b);
  const way = all.filter((e) => onWay(e.from) && onWay(e.to));
  const straight = way.filter((e) => at(e.to).column === at(e.from).column + 1);
  const forward = way.filter((e) => at(e.to).column > at(e.from).column + 1);
  const backward = way.filter((e) => at(e.to).column < at(e.from).column);
  const lanes = (list) => {
    const used = [];
    for (const e of [...list].sort((a, b) => span(a)[1] - span(a)[0] - (span(b)[1] - span(b)[0]))) {
      let lane = 0;
      while (used[lane]?.some(([l, r]) => l < span(e)[1] && span(e)[0] < r)) lane++;
      (used[lane] ??= []).push(span(e));
      e.lane = lane;
    }
    return used.length;
  };
  const above = lanes(forward), under = lanes(backward);

  const frameTop = 40 + PARK, row = frameTop + 8 + above * LANE + 30;
  const bottom = Math.max(row + H + (under + 1) * LANE, row + H + 2 * STEP) + 24;
  const width = X(6) + W + 40;
  const box = (name) => {
    const p = at(name);
    if (p?.below) return { x: X(0), y: row + p.below * STEP };
    if (p) return { x: X(p.column), y: row };
    const k = parked.indexOf(name);
    return { x: X(k * 2) + (W + GAP) / 2, y: 40 };
  };

  const lines = [], texts = [], nodes = [];
  const esc = (s) => s.replace(/&/g, "&amp;").replace(/</g, "&lt;");
  /** A line through the points, with rounded corners; an arrow at its end unless it joins another. */
  const line = (points, { dashed = false, arrow = true } = {}) => {
    let d = `M${points[0].join(" ")}`;
    for (let k = 1; k < points.length; k++) {
      const [x, y] = points[k];
      const next = points[k + 1];
      if (!next) {
        d += ` L${x} ${y}`;
        continue;
      }
      const [px, py] = points[k - 1];
      const r = Math.min(10, Math.hypot(x - px, y - py) / 2, Math.hypot(next[0] - x, next[1] - y) / 2);
      const to = (qx, qy) => [x + Math.sign(qx - x) * r, y + Math.sign(qy - y) * r];
      d += ` L${to(px, py).join(" ")} Q${x} ${y} ${to(next[0], next[1]).join(" ")}`;
    }
    lines.push(`<path d="${d}"${dashed ? ' class="back"' : ""}${arrow ? ' marker-end="url(#tip)"' : ""}/>`);
  };
  const put = (x, y, css, text, anchor = "middle") =>
    texts.push(`<text x="${x}" y="${y}" class="${css}${anchor === "middle" ? "" : ` ${anchor}`}">${esc(text)}</text>`);
  /** Chinese above the line, English below it. */
  const label = (x, y, verbs) => {
    put(x, y - 6, "zh", verbs.map((v) => v.zh).join(" / "));
    put(x, y + 14, "en", verbs.map(english).join(" / "));
  };
  /** In one line, above or below the line. */
  const short = (x, y, verbs) =>
    texts.push(`<text x="${x}" y="${y}" class="zh">${verbs.map((v) => `${v.zh} <tspan class="en">${english(v)}</tspan>`).join(" / ")}</text>`);
  /** Beside an upright line. */
  const beside = (x, y, verbs, anchor = "start") => {
    const dx = anchor === "start" ? 7 : -7;
    put(x + dx, y - 2, "zh", verbs.map((v) => v.zh).join(" / "), anchor);
    put(x + dx, y + 13, "en", verbs.map(english).join(" / "), anchor);
  };

  // The frame: the states from which all parked ones are reached.
  const into = (name) => all.filter((e) => e.to === name);
  const framed = Object.keys(places).filter((s) => onWay(s) && parked.every((p) => into(p).some((e) => e.from === s)));
  const last = Math.max(...framed.map((s) => at(s).column));
  const frame = { x: X(0) - 18, y: frameTop, w: X(last) + W + 36 - X(0), h: row + H + 18 - frameTop };

  for (const name of parked) {
    const b = box(name);
    const [a, z] = [b.x + W / 2 - 26, b.x + W / 2 + 26];
    const entering = into(name);
    const verbs = [...new Set(entering.flatMap((e) => e.verbs))];
    const leaving = all.filter((e) => e.from === name && e.to === "before").flatMap((e) => e.verbs);
    const outside = entering.map((e) => e.from).filter((s) => !framed.includes(s));
    line([[a, frame.y], [a, b.y + H]]);
    beside(a, (frame.y + b.y + H) / 2, verbs, "end");
    line([[z, b.y + H], [z, frame.y]], { dashed: true });
    beside(z, (frame.y + b.y + H) / 2, leaving);
    if (outside.length) {
      put(b.x + W + 10, b.y + 21, "zh note", `也从${outside.map((s) => word.get(s).zh).join("、")}`, "start");
      put(b.x + W + 10, b.y + 37, "en", `also from ${outside.join(", ")}`, "start");
    }
  }

  for (const e of straight) {
    const y = row + H / 2;
    line([[X(at(e.from).column) + W, y], [X(at(e.to).column), y]]);
    label(X(at(e.from).column) + W + GAP / 2 - 3, y, e.verbs);
  }
  // Lines that leave or reach a state on the same side are spread over it.
  const spread = (list, end) => (e) => {
    const same = list.filter((o) => o[end] === e[end]).sort((a, b) => a.lane - b.lane);
    return (same.indexOf(e) - (same.length - 1) / 2) * 22;
  };
  const leaves = spread(forward, "from"), reaches = spread(forward, "to");
  for (const e of forward) {
    const y = row - 34 - e.lane * LANE;
    const x1 = X(at(e.from).column) + W / 2 + (forward.some((o) => o.to === e.from) ? 22 : 0) - leaves(e);
    const x2 = X(at(e.to).column) + W / 2 + reaches(e) - (forward.some((o) => o.from === e.to) ? 22 : 0);
    line([[x1, row], [x1, y], [x2, y], [x2, row]]);
    label((x1 + x2) / 2, y, e.verbs);
  }
  // Backward lines to one state join in a trunk that ends there.
  for (const to of new Set(backward.map((e) => e.to))) {
    const list = backward.filter((e) => e.to === to);
    const trunk = X(at(to).column) + W - 18;
    const deepest = Math.max(...list.map((e) => e.lane));
    for (const e of list) {
      const y = row + H + 48 + e.lane * LANE, x = X(at(e.from).column) + W / 2;
      const points = [[x, row + H], [x, y], [trunk, y]];
      if (e.lane === deepest) line([...points, [trunk, row + H]]);
      else line(points, { arrow: false });
      label(X(at(e.from).column) - GAP / 2 + 2, y, e.verbs);
    }
  }

  // Beside the way.
  const low = (name) => at(name)?.below;
  for (const e of all.filter((e) => low(e.from) || low(e.to))) {
    if (parked.includes(e.to) || e.to === "before") continue;
    const a = box(e.from), b = box(e.to);
    if (low(e.from) && low(e.to)) {
      line([[a.x + W / 2, a.y + H], [b.x + W / 2, b.y]]);
      beside(a.x + W / 2, (a.y + H + b.y) / 2, e.verbs);
    } else if (low(e.to) && at(e.from).column === 0 && low(e.to) === 1) {
      line([[a.x + W / 2, a.y + H], [b.x + W / 2, b.y]]);
      beside(a.x + W / 2, (a.y + H + b.y) / 2 + 8, e.verbs);
    } else if (low(e.to) && at(e.from).column === 0) {
      const x = a.x - 30, y = b.y + H / 2;
      line([[a.x, a.y + H / 2], [x, a.y + H / 2], [x, y], [b.x, y]]);
      beside(x, b.y - (STEP - H) / 2 + 4, e.verbs);
    } else if (low(e.to)) {
      const x = a.x + 18 + (low(e.to) - 1) * 18, y = b.y + 16;
      line([[x, a.y + H], [x, y], [b.x + W, y]]);
      short(b.x + W + 44, y - 6, e.verbs);
    } else {
      const x = b.x + 54 + (low(e.from) - 1) * 18, y = a.y + H - 16;
      line([[a.x + W, y], [x, y], [x, b.y + H]]);
      short(a.x + W + 44, y + 17, e.verbs);
    }
  }

  for (const s of tables.states) {
    const b = box(s.name);
    const kind = parked.includes(s.name) ? "parked" : low(s.name) ? "side" : s.name === "closed" ? "done" : "way";
    nodes.push(
      `<g class="${kind}"><rect x="${b.x}" y="${b.y}" width="${W}" height="${H}" rx="9"/>` +
        `<text x="${b.x + W / 2}" y="${b.y + 22}" class="state">${s.zh}</text>` +
        `<text x="${b.x + W / 2}" y="${b.y + 39}" class="en">${s.name}</text></g>`,
    );
  }

  // What changes no state, and where it is possible, is in the matrix.
  const still = [...new Map(tables.verbs.filter((v) => Object.entries(v.steps).some(([f, t]) => f === t)).map((v) => [v.name, v])).values()]
    .filter((v) => Object.entries(v.steps).every(([f, t]) => f === t));
  const PER_LINE = 20;
  let y = bottom + 20;
  for (let k = 0; k < still.length; k += PER_LINE, y += 48) {
    const part = still.slice(k, k + PER_LINE);
    put(LEFT - 30, y, "zh note", `${k ? "" : "不改变状态:"}${part.map((v) => v.zh).join(" · ")}`, "start");
    put(LEFT - 30, y + 20, "en", `${k ? "" : "No change of state: "}${part.map(english).join(" · ")}`, "start");
  }
  put(LEFT - 30, y - 6, "en", "- - -  回到原状态 back to the state before", "start");
  const height = y + 24;

  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="事件的状态 · the states of an incident">
<!-- Drawn by docs/tools/states.mjs from what the server says of its step tables; do not edit. -->
<defs><marker id="tip" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="8" markerHeight="8" orient="auto-start-reverse"><path d="M0 1 L9 5 L0 9 z" class="tip"/></marker></defs>
<style>
text { font-family: "Noto Sans CJK SC", "Source Han Sans SC", "PingFang SC", "Microsoft YaHei", sans-serif; text-anchor: middle; fill: #1f2d3d; }
.zh { font-size: 13px; paint-order: stroke; stroke: #fff; stroke-width: 4px; stroke-linejoin: round; }
.en { font-size: 11px; fill: #66768a; paint-order: stroke; stroke: #fff; stroke-width: 3px; stroke-linejoin: round; }
.start { text-anchor: start; }
.end { text-anchor: end; }
.note { fill: #44546a; }
.state { font-size: 15px; font-weight: 600; }
g text { stroke: none !important; }
path { fill: none; stroke: #6b7d93; stroke-width: 1.5; }
.back { stroke-dasharray: 5 4; }
.tip { fill: #6b7d93; stroke: none; }
.frame { fill: #f6f9fd; stroke: #b9c8da; stroke-dasharray: 3 4; }
.way rect { fill: #e7f0fb; stroke: #2f6db5; stroke-width: 1.5; }
.done rect { fill: #e3f4e8; stroke: #2e8b57; stroke-width: 2; }
.side rect { fill: #f1f2f4; stroke: #8a94a0; stroke-width: 1.5; }
.parked rect { fill: #fdf3dc; stroke: #c98a1b; stroke-width: 1.5; }
</style>
<rect width="${width}" height="${height}" rx="12" fill="#fff"/>
<rect class="frame" x="${frame.x}" y="${frame.y}" width="${frame.w}" height="${frame.h}" rx="14"/>
${lines.join("\n")}
${nodes.join("\n")}
${texts.join("\n")}
</svg>
`;
}

if (wanted === "md") process.stdout.write(markdown());
else if (wanted === "svg") process.stdout.write(svg());
else {
  console.error("usage: fengqiao call dispatch.states | node docs/tools/states.mjs md|svg");
  process.exit(2);
}
