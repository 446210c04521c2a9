// A stage of 1920 x 1080 on whatever the wall is: fitted whole, stretched to the edges, or a size of its own for walls
// made of several panels. The map is no part of the scaled layer, because a scaled canvas is blurred and its pointer off;
// it gets the same rectangle in the window's own pixels.

export const STAGE_W = 1920;
export const STAGE_H = 1080;

export type Mode = "fit" | "stretch" | "custom";
export interface Fitting {
  mode: Mode;
  /** Of a wall in `custom`, in the window's pixels. */
  width: number;
  height: number;
  left: number;
  top: number;
}
export const FITTING: Fitting = { mode: "fit", width: STAGE_W, height: STAGE_H, left: 0, top: 0 };

export interface Placed {
  x: number;
  y: number;
  left: number;
  top: number;
}

/** How much the stage is scaled, and where its corner lies. */
export function place(f: Fitting, width: number, height: number): Placed {
  if (f.mode === "stretch") return { x: width / STAGE_W, y: height / STAGE_H, left: 0, top: 0 };
  if (f.mode === "custom") return { x: f.width / STAGE_W, y: f.height / STAGE_H, left: f.left, top: f.top };
  const by = Math.min(width / STAGE_W, height / STAGE_H);
  return { x: by, y: by, left: (width - by * STAGE_W) / 2, top: (height - by * STAGE_H) / 2 };
}

/** A rectangle of the stage in the window's pixels. */
export function inWindow(p: Placed, r: { left: number; top: number; width: number; height: number }): { left: number; top: number; width: number; height: number } {
  return { left: p.left + r.left * p.x, top: p.top + r.top * p.y, width: r.width * p.x, height: r.height * p.y };
}
