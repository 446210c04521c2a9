// Where units lie: townships by a power diagram whose areas follow townships.csv, villages and grids inside
// them by k-means over sample points. Decides centres only; the shapes follow from the grid centres alone
// (see geometry.mjs). Deterministic: fixed seeds, no clock.
import { distance2, ringContains } from './geometry.mjs';

const STEP_KM = 0.28; /* about 28,000 samples of the county: a village has some 75, a grid some 40 */

export function sampleRing(ring) {
  const xs = ring.map((p) => p[0]);
  const ys = ring.map((p) => p[1]);
  const samples = [];
  for (let y = Math.min(...ys); y <= Math.max(...ys); y += STEP_KM) {
    for (let x = Math.min(...xs); x <= Math.max(...xs); x += STEP_KM) {
      if (ringContains(ring, [x, y])) samples.push([x, y]);
    }
  }
  return samples;
}

/** Split the samples among seeds so that seed i gets about share[i] of them: weights are raised where a
 *  cell is too small. Returns one list of samples a seed. */
export function powerSplit(samples, seeds, shares, rounds = 160) {
  const total = shares.reduce((a, b) => a + b, 0);
  const want = shares.map((s) => (s / total) * samples.length);
  const weight = seeds.map(() => 0);
  let cells = [];
  for (let round = 0; round < rounds; round++) {
    cells = seeds.map(() => []);
    for (const p of samples) {
      let best = 0;
      let least = Infinity;
      for (let i = 0; i < seeds.length; i++) {
        const d = distance2(p, seeds[i]) - weight[i];
        if (d < least) [least, best] = [d, i];
      }
      cells[best].push(p);
    }
    const gain = 30 * (1 - round / rounds) + 2;
    for (let i = 0; i < seeds.length; i++)
      weight[i] += (gain * (want[i] - cells[i].length)) / Math.max(want[i], cells[i].length);
  }
  return cells;
}

/** k centres spread over the samples: k-means from a seeded k-means++ start. Returns [{centre, samples}]. */
export function spread(samples, k, rand, rounds = 40) {
  if (samples.length < k) throw new Error(`${k} centres need as many samples, there are ${samples.length}`);
  const centres = [samples[Math.floor(rand() * samples.length)]];
  while (centres.length < k) {
    const far = samples.map((p) => Math.min(...centres.map((c) => distance2(p, c))));
    let pick = rand() * far.reduce((a, b) => a + b, 0);
    centres.push(
      samples[
        Math.max(
          0,
          far.findIndex((d) => (pick -= d) < 0),
        )
      ],
    );
  }
  let groups = [];
  for (let round = 0; round < rounds; round++) {
    groups = centres.map(() => []);
    for (const p of samples) {
      let best = 0;
      for (let i = 1; i < k; i++) if (distance2(p, centres[i]) < distance2(p, centres[best])) best = i;
      groups[best].push(p);
    }
    for (let i = 0; i < k; i++) if (groups[i].length) centres[i] = mean(groups[i]);
  }
  return groups.map((g, i) => ({ samples: g, centre: nearestSample(g, centres[i]) }));
}

const mean = (g) => [g.reduce((s, p) => s + p[0], 0) / g.length, g.reduce((s, p) => s + p[1], 0) / g.length];

/* A mean may lie outside a crooked area; then its nearest sample stands in. */
function nearestSample(samples, centre) {
  const best = samples.reduce((a, b) => (distance2(b, centre) < distance2(a, centre) ? b : a));
  return distance2(best, centre) > STEP_KM ** 2 ? best : centre;
}
