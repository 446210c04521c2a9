// What stands on the map, drawn once per theme and copied from then on: a copy costs a tenth of a drawing. Shapes and
// hues as everywhere: octagon, triangle, diamond, circle for level I to IV.

import type { Stage } from "./points";

export interface Inks {
  bg: string;
  panel: string;
  raised: string;
  line: string;
  text: string;
  dim: string;
  accent: string;
  accentInk: string;
  ok: string;
  amber: string;
  red: string;
  levels: [string, string, string, string];
  font: string;
}

export function inksOf(el: Element): Inks {
  const css = getComputedStyle(el);
  const v = (name: string): string => css.getPropertyValue(name).trim();
  return {
    bg: v("--bg"),
    panel: v("--panel"),
    raised: v("--raised"),
    line: v("--line"),
    text: v("--text"),
    dim: v("--dim"),
    accent: v("--accent"),
    accentInk: v("--accent-ink"),
    ok: v("--ok"),
    amber: v("--amber"),
    red: v("--red"),
    levels: [v("--l1"), v("--l2"), v("--l3"), v("--l4")],
    font: css.fontFamily,
  };
}

/** Drawn about its middle. */
export interface Sprite {
  image: HTMLCanvasElement;
  /** Half its width, in pixels of the page. */
  half: number;
}

export type PersonState = "free" | "busy" | "off" | "stale";

const OUTLINES: Record<number, string> = {
  1: "M-3-8h6l5 5v6l-5 5h-6l-5-5v-6z",
  2: "M0-8l8 15h-16z",
  3: "M0-8.5l8.5 8.5-8.5 8.5-8.5-8.5z",
  4: "M0-7a7 7 0 1 1 0 14a7 7 0 0 1 0-14z",
};

export class Sprites {
  private made = new Map<string, Sprite>();

  constructor(
    readonly inks: Inks,
    private readonly ratio: number,
    private readonly big: boolean,
  ) {}

  private sprite(key: string, half: number, draw: (c: CanvasRenderingContext2D) => void): Sprite {
    let s = this.made.get(key);
    if (s) return s;
    const image = document.createElement("canvas");
    const px = Math.ceil(half * this.ratio);
    image.width = image.height = 2 * px;
    const c = image.getContext("2d")!;
    c.translate(px, px);
    c.scale(this.ratio, this.ratio);
    draw(c);
    this.made.set(key, (s = { image, half: px / this.ratio }));
    return s;
  }

  /** Todo: filled, in a ring. Going: filled. Done: its outline alone. */
  incident(level: number, stage: Stage): Sprite {
    const size = this.big ? 1.5 : 1;
    return this.sprite(`i${level}${stage}`, 15 * size, (c) => {
      const ink = this.inks.levels[level - 1] ?? this.inks.levels[3];
      c.scale(size, size);
      if (stage === "todo") {
        c.beginPath();
        c.arc(0, 0, 13, 0, 7);
        c.fillStyle = this.inks.panel;
        c.fill();
        c.lineWidth = 2;
        c.strokeStyle = ink;
        c.stroke();
      }
      const outline = new Path2D(OUTLINES[level] ?? OUTLINES[4]);
      c.lineWidth = stage === "todo" ? 0 : 4;
      c.strokeStyle = this.inks.panel;
      if (stage !== "todo") c.stroke(outline);
      c.fillStyle = stage === "done" ? this.inks.panel : ink;
      c.fill(outline);
      if (stage !== "done") return;
      c.lineWidth = 2;
      c.strokeStyle = ink;
      c.stroke(outline);
    });
  }

  /** Several in one spot: how many, in the worst one's colour; a double rim when one of them waits for somebody. */
  crowd(count: number, level: number, stage: Stage): Sprite {
    const r = (count < 10 ? 13 : count < 100 ? 16 : count < 1000 ? 19 : 23) * (this.big ? 1.5 : 1);
    return this.sprite(`c${count}.${level}${stage}`, r + 5, (c) => {
      const ink = this.inks.levels[level - 1] ?? this.inks.levels[3];
      c.beginPath();
      c.arc(0, 0, r, 0, 7);
      c.fillStyle = this.inks.panel;
      c.fill();
      c.strokeStyle = ink;
      c.lineWidth = 3;
      c.stroke();
      if (stage === "todo") {
        c.beginPath();
        c.arc(0, 0, r + 3.5, 0, 7);
        c.lineWidth = 1.5;
        c.stroke();
      }
      c.fillStyle = this.inks.text;
      c.font = `600 ${this.big ? 19 : 13}px ${this.inks.font}`;
      c.textAlign = "center";
      c.textBaseline = "middle";
      c.fillText(String(count), 0, 1);
    });
  }

  /** Free: a full circle. Busy: a full square. Off duty: a hollow circle. Stale: hollow and broken. */
  person(state: PersonState, near: boolean): Sprite {
    const r = (near ? 6 : 3.5) * (this.big ? 1.4 : 1);
    return this.sprite(`p${state}${near}`, r + 2.5, (c) => {
      const ink = state === "free" ? this.inks.ok : state === "busy" ? this.inks.amber : this.inks.dim;
      c.beginPath();
      if (state === "busy") c.rect(-r * 0.88, -r * 0.88, r * 1.76, r * 1.76);
      else c.arc(0, 0, state === "free" ? r : r - 0.75, 0, 7);
      if (state === "free" || state === "busy") {
        c.strokeStyle = this.inks.panel;
        c.lineWidth = 2;
        c.stroke();
        c.fillStyle = ink;
        c.fill();
        return;
      }
      c.fillStyle = this.inks.panel;
      c.fill();
      c.strokeStyle = ink;
      c.lineWidth = near ? 2 : 1.5;
      if (state === "stale") c.setLineDash(near ? [3, 3] : [2, 2]);
      c.stroke();
    });
  }

  /** A name with a rim, so that it is read over anything; `half` is half its width. */
  label(text: string, px: number, ink: string, bold = false): Sprite & { high: number } {
    const key = `t${px}${bold ? "b" : ""}${ink}${text}`;
    const known = this.made.get(key) as (Sprite & { high: number }) | undefined;
    if (known) return known;
    if (this.made.size > 4000) this.made.clear(); // names of people come and go
    const image = document.createElement("canvas");
    const c = image.getContext("2d")!;
    const font = `${bold ? "600 " : ""}${px}px ${this.inks.font}`;
    c.font = font;
    const width = Math.ceil(c.measureText(text).width) + 6;
    const high = Math.ceil(px * 1.5);
    image.width = Math.ceil(width * this.ratio);
    image.height = Math.ceil(high * this.ratio);
    c.scale(this.ratio, this.ratio);
    c.font = font;
    c.textBaseline = "middle";
    c.lineJoin = "round";
    c.lineWidth = 4;
    c.strokeStyle = this.inks.panel;
    c.strokeText(text, 3, high / 2);
    c.fillStyle = ink;
    c.fillText(text, 3, high / 2);
    const s = { image, half: width / 2, high };
    this.made.set(key, s);
    return s;
  }
}
