// Values counted into buckets of equal width: the histogram transformation and panel.

export interface BucketOptions {
  size?: number | undefined; // of a bucket; chosen from the values where it is not given
  count?: number | undefined; // of buckets, about
  offset?: number | undefined; // by which the bounds are moved from multiples of the size
}

export interface Buckets {
  bounds: Float64Array; // one more than there are buckets
  counts: Float64Array[]; // one row for each column of values
}

const COUNT = 30;
const BUCKETS_MAX = 1000;

// Undefined when there is no finite value. Buckets are closed below and open above.
export function countIntoBuckets(columns: readonly ArrayLike<number>[], options: BucketOptions): Buckets | undefined {
  const sorted = columns.flatMap((column) => Array.from(column).filter(Number.isFinite)).sort((a, b) => a - b);
  if (sorted.length === 0) return undefined;
  const offset = options.offset ?? 0;
  const size = options.size !== undefined && options.size > 0 ? options.size : chosenSize(sorted, options.count ?? COUNT);
  const low = sorted[0]!;
  const high = sorted[sorted.length - 1]!;
  const indexOf = (value: number) => Math.floor((value - offset) / size + 1e-9);
  const first = indexOf(low);
  const total = Math.min(BUCKETS_MAX, indexOf(high) - first + 1);
  const bounds = Float64Array.from({ length: total + 1 }, (_, i) => Number(((first + i) * size + offset).toPrecision(12)));
  const counts = columns.map((column) => {
    const row = new Float64Array(total);
    for (let i = 0; i < column.length; i++) if (Number.isFinite(column[i])) row[Math.min(total - 1, indexOf(column[i]!) - first)]! += 1;
    return row;
  });
  return { bounds, counts };
}

// The first round size that gives no more buckets than asked and is no finer than the values themselves are apart.
function chosenSize(sorted: readonly number[], count: number): number {
  let least = Infinity;
  for (let i = 1; i < sorted.length; i++) {
    const apart = sorted[i]! - sorted[i - 1]!;
    if (apart > 0 && apart < least) least = apart;
  }
  if (least === Infinity) least = Math.abs(sorted[0]!) > 1 ? 1 : Math.abs(sorted[0]!) || 1;
  const wanted = Math.max((sorted[sorted.length - 1]! - sorted[0]!) / Math.max(1, count), least);
  const power = 10 ** Math.floor(Math.log10(wanted));
  return ([1, 2, 2.5, 4, 5, 10].find((step) => step * power >= wanted * (1 - 1e-9)) ?? 10) * power;
}
