// Heat: where incidents gather. Density on a coarse raster, then a ramp of colours; plain arrays, no canvas filters, so
// that a machine without a graphics card paints it in a few milliseconds.

/** Pixels of the page that one cell of the raster covers. */
export const HEAT_CELL = 4;
/** How far one incident spreads, in cells. */
const REACH = 9;

const BUMP = ((): Float32Array => {
  const n = 2 * REACH + 1;
  const bump = new Float32Array(n * n);
  for (let j = -REACH; j <= REACH; j++)
    for (let i = -REACH; i <= REACH; i++) {
      const d = Math.hypot(i, j) / (REACH + 1);
      bump[(j + REACH) * n + i + REACH] = d < 1 ? (1 - d * d) ** 2 : 0;
    }
  return bump;
})();

/** Spreads points, given in cells, over a raster. Points in one cell are spread once. */
export function density(xs: ArrayLike<number>, ys: ArrayLike<number>, width: number, height: number): Float32Array {
  const out = new Float32Array(width * height);
  const counts = new Map<number, number>();
  for (let i = 0; i < xs.length; i++) {
    const x = Math.round(xs[i]!);
    const y = Math.round(ys[i]!);
    if (x < -REACH || y < -REACH || x >= width + REACH || y >= height + REACH) continue;
    const key = (y + REACH) * (width + 2 * REACH) + x + REACH;
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  const n = 2 * REACH + 1;
  for (const [key, count] of counts) {
    const x = (key % (width + 2 * REACH)) - REACH;
    const y = Math.floor(key / (width + 2 * REACH)) - REACH;
    const top = Math.max(0, y - REACH);
    const bottom = Math.min(height - 1, y + REACH);
    const left = Math.max(0, x - REACH);
    const right = Math.min(width - 1, x + REACH);
    for (let v = top; v <= bottom; v++) {
      let from = (v - y + REACH) * n + left - x + REACH;
      for (let at = v * width + left, end = v * width + right; at <= end; at++) out[at]! += count * BUMP[from++]!;
    }
  }
  return out;
}

/** Blue, green, amber, red: 256 steps of r, g, b, a. Thin heat lets the map show through. */
export const RAMP = ((): Uint8ClampedArray => {
  const stops: [number, number, number, number, number][] = [
    [0, 40, 90, 220, 0],
    [0.15, 40, 110, 230, 90],
    [0.4, 30, 170, 120, 130],
    [0.7, 245, 180, 40, 165],
    [1, 230, 50, 40, 195],
  ];
  const ramp = new Uint8ClampedArray(256 * 4);
  for (let i = 0; i < 256; i++) {
    const v = i / 255;
    const k = Math.max(1, stops.findIndex((s) => s[0] >= v));
    const [a, b] = [stops[k - 1]!, stops[k]!];
    const f = (v - a[0]) / (b[0] - a[0]);
    for (let j = 0; j < 4; j++) ramp[i * 4 + j] = a[j + 1]! + (b[j + 1]! - a[j + 1]!) * f;
  }
  return ramp;
})();

/** The densest spot is red, whatever that means in numbers: heat compares places, it does not count. */
export function colour(heat: Float32Array, into: Uint8ClampedArray): void {
  let most = 2; // a lonely incident is no hot spot
  for (const v of heat) if (v > most) most = v;
  for (let i = 0; i < heat.length; i++) {
    const at = heat[i] ? Math.min(255, Math.round((Math.sqrt(heat[i]! / most)) * 255)) * 4 : 0;
    into[i * 4] = RAMP[at]!;
    into[i * 4 + 1] = RAMP[at + 1]!;
    into[i * 4 + 2] = RAMP[at + 2]!;
    into[i * 4 + 3] = RAMP[at + 3]!;
  }
}
