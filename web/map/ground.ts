// The ground: outlines of the county, its townships, villages and grids, and their names.

import type { Area } from "../shared/areas";
import type { Paper, View } from "./picture";
import { mercatorX, mercatorY } from "./points";
import type { Sprites } from "./sprites";

export interface Plot {
  id: string;
  kind: string;
  name: string;
  box: [number, number, number, number];
  rings: Float64Array[]; // x, y, x, y
  /** Where its name goes. */
  x: number;
  y: number;
}

/** The middle of the largest outline: a box's middle may lie outside a crooked township. */
function middle(ring: Float64Array): [number, number, number] {
  let [area, sx, sy] = [0, 0, 0];
  for (let i = 0; i + 3 < ring.length; i += 2) {
    const cross = ring[i]! * ring[i + 3]! - ring[i + 2]! * ring[i + 1]!;
    area += cross;
    sx += (ring[i]! + ring[i + 2]!) * cross;
    sy += (ring[i + 1]! + ring[i + 3]!) * cross;
  }
  return [sx / (3 * area), sy / (3 * area), Math.abs(area)];
}

export function plotsOf(areas: readonly Area[]): Plot[] {
  return areas.map((a) => {
    const [west, south, east, north] = a.box;
    const box: Plot["box"] = [mercatorX(west), mercatorY(south), mercatorX(east), mercatorY(north)];
    const rings: Float64Array[] = [];
    let best: [number, number, number] = [(box[0] + box[2]) / 2, (box[1] + box[3]) / 2, 0];
    for (const polygon of a.polygons)
      polygon.forEach((points, i) => {
        const ring = new Float64Array(points.length * 2);
        // About the box's corner: products of large numbers would eat the digits that matter.
        points.forEach(([lon, lat], j) => {
          ring[2 * j] = mercatorX(lon) - box[0];
          ring[2 * j + 1] = mercatorY(lat) - box[1];
        });
        const m = middle(ring);
        if (i === 0 && m[2] > best[2] && Number.isFinite(m[0])) best = [m[0] + box[0], m[1] + box[1], m[2]];
        for (let j = 0; j < ring.length; j += 2) {
          ring[j]! += box[0];
          ring[j + 1]! += box[1];
        }
        rings.push(ring);
      });
    return { id: a.id, kind: a.kind, name: a.name, box, rings, x: best[0], y: best[1] };
  });
}

const seen = (p: Plot, v: View): boolean => {
  const [w, h] = [(v.width * v.resolution) / 2, (v.height * v.resolution) / 2];
  return p.box[2] >= v.x - w && p.box[0] <= v.x + w && p.box[3] >= v.y - h && p.box[1] <= v.y + h;
};

/** Metres a pixel from which a kind's lines, and its names, are too dense to help. */
const LINES: Record<string, number> = { county: Infinity, township: Infinity, village: 130, grid: 45 };
const NAMES: Record<string, number> = { township: 160, village: 28, grid: 9 };

export function paintGround(paper: Paper, plots: readonly Plot[], sprites: Sprites, grids: boolean, big: boolean): void {
  const { c, view, px, py } = paper;
  const { inks } = sprites;
  const shown = plots.filter((p) => seen(p, view) && view.resolution <= (LINES[p.kind] ?? 0) && (grids || p.kind === "county" || p.kind === "township"));
  const trace = (p: Plot): void => {
    for (const ring of p.rings) {
      for (let i = 0; i < ring.length; i += 2) {
        if (i) c.lineTo(px(ring[i]!), py(ring[i + 1]!));
        else c.moveTo(px(ring[0]!), py(ring[1]!));
      }
      c.closePath();
    }
  };
  c.lineJoin = "round";
  for (const kind of ["county", "grid", "village", "township"]) {
    // One path a kind: a stroke for each area costs several times as much.
    c.beginPath();
    for (const p of shown) if (p.kind === kind) trace(p);
    if (kind === "county") {
      c.fillStyle = inks.panel;
      c.fill("evenodd");
    }
    c.globalAlpha = kind === "grid" ? 0.7 : 1;
    c.strokeStyle = kind === "grid" || kind === "village" ? inks.line : inks.dim;
    c.lineWidth = (kind === "grid" ? 0.75 : kind === "village" ? 1 : kind === "township" ? 1.25 : 2.25) * (big ? 1.4 : 1);
    c.stroke();
  }
  c.globalAlpha = 1;
}

/** Names, those of larger units first; one that would lie on another is left out. */
export function paintNames(paper: Paper, plots: readonly Plot[], sprites: Sprites, grids: boolean, big: boolean): void {
  const { c, view, px, py } = paper;
  const taken: [number, number, number, number][] = [];
  for (const kind of ["township", "village", "grid"]) {
    if (view.resolution > NAMES[kind]! * (big ? 1.3 : 1) || (!grids && kind !== "township")) continue;
    for (const p of plots) {
      if (p.kind !== kind || !seen(p, view)) continue;
      // A township as wide as the window needs no name in its middle.
      if (kind === "township" && view.resolution < 6) continue;
      const label = sprites.label(p.name, (kind === "township" ? 14 : 12) * (big ? 1.35 : 1), kind === "township" ? sprites.inks.text : sprites.inks.dim, kind === "township");
      const [x, y] = [px(p.x) - label.half, py(p.y) - label.high / 2];
      const box: [number, number, number, number] = [x, y, x + 2 * label.half, y + label.high];
      if (taken.some((t) => t[0] < box[2] && t[2] > box[0] && t[1] < box[3] && t[3] > box[1])) continue;
      taken.push(box);
      c.drawImage(label.image, x, y, 2 * label.half, label.high);
    }
  }
}
