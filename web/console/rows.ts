// Which rows of a long list are drawn, from where each begins.

/** The first row that ends after `from`, and the one behind the last that begins before `to`. */
export function visibleRange(starts: Float64Array, from: number, to: number): { first: number; end: number } {
  const count = starts.length - 1;
  const first = Math.max(0, firstAfter(starts, from) - 1);
  return { first: Math.min(first, count), end: Math.min(count, Math.max(first, firstAfter(starts, to))) };
}

/** The first index whose value is greater than `y`. */
function firstAfter(starts: Float64Array, y: number): number {
  let low = 0;
  let high = starts.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (starts[middle]! > y) high = middle;
    else low = middle + 1;
  }
  return low;
}
