// What expressions compute with: one number, numbers with labels, or series over a row of times. NaN is no value.
import type { LabelSet } from '../data/prometheus_frames';

export type Value =
  | { kind: 'scalar'; value: number }
  | { kind: 'numbers'; items: { labels: LabelSet; value: number }[] }
  | Series;

export interface Series {
  kind: 'series';
  times: Float64Array;
  /** Seconds: a step of these times that is not among them is one at which nothing had a value. Undefined where that is not known. */
  everyStep?: number | undefined;
  items: { labels: LabelSet; values: Float64Array }[];
}

export type Binary = (a: number, b: number) => number;

const PAIRS_MAX = 10_000;

export function mapValue(value: Value, run: (number: number) => number): Value {
  if (value.kind === 'scalar') return { kind: 'scalar', value: run(value.value) };
  if (value.kind === 'numbers') return { kind: 'numbers', items: value.items.map((item) => ({ ...item, value: run(item.value) })) };
  return { ...value, items: value.items.map((item) => ({ ...item, values: item.values.map(run) })) };
}

// Both sides of an operator: items are paired when their labels are equal, one has none, or one's are part of the
// other's; single items on both sides are a pair whatever their labels. The pair has the larger label set.
export function combine(a: Value, b: Value, run: Binary): Value {
  if (a.kind === 'scalar') return mapValue(b, (value) => run(a.value, value));
  if (b.kind === 'scalar') return mapValue(a, (value) => run(value, b.value));
  const pairs = pairsOf(a.items, b.items);
  if (a.kind === 'numbers' && b.kind === 'numbers')
    return { kind: 'numbers', items: pairs.map(({ left, right, labels }) => ({ labels, value: run(a.items[left]!.value, b.items[right]!.value) })) };
  if (a.kind === 'series' && b.kind === 'numbers')
    return { ...a, items: pairs.map(({ left, right, labels }) => ({ labels, values: a.items[left]!.values.map((value) => run(value, b.items[right]!.value)) })) };
  if (a.kind === 'numbers' && b.kind === 'series')
    return { ...b, items: pairs.map(({ left, right, labels }) => ({ labels, values: b.items[right]!.values.map((value) => run(a.items[left]!.value, value)) })) };
  if (a.kind !== 'series' || b.kind !== 'series') throw new Error('values that cannot be combined');
  // Only times that both have count, as the points of one are not where the other's are.
  const { times, left: rowsA, right: rowsB } = sharedTimes(a.times, b.times);
  return {
    kind: 'series',
    times,
    everyStep: sharedStep(a.everyStep, b.everyStep),
    items: pairs.map(({ left, right, labels }) => ({ labels, values: Float64Array.from(times, (_, i) => run(a.items[left]!.values[rowsA[i]!]!, b.items[right]!.values[rowsB[i]!]!)) })),
  };
}

interface Pair {
  left: number;
  right: number;
  labels: LabelSet;
}

function pairsOf(a: readonly { labels: LabelSet }[], b: readonly { labels: LabelSet }[]): Pair[] {
  const out: Pair[] = [];
  const keysA = a.map((item) => withoutName(item.labels));
  const keysB = b.map((item) => withoutName(item.labels));
  keysA.forEach((left, i) =>
    keysB.forEach((right, k) => {
      if (out.length >= PAIRS_MAX) throw new Error(`more than ${PAIRS_MAX} pairs of series`);
      const [sizeA, sizeB] = [Object.keys(left).length, Object.keys(right).length];
      if (sizeA === 0) out.push({ left: i, right: k, labels: right });
      else if (sizeB === 0 || (sizeA >= sizeB && contains(left, right))) out.push({ left: i, right: k, labels: left });
      else if (sizeB > sizeA && contains(right, left)) out.push({ left: i, right: k, labels: right });
    }),
  );
  if (out.length === 0 && a.length === 1 && b.length === 1) out.push({ left: 0, right: 0, labels: keysA[0]! });
  return out;
}

// Two metrics of the same things have different names: the name is no label by which they are told apart.
export function withoutName(labels: LabelSet): LabelSet {
  const { __name__: _name, ...rest } = labels;
  return rest;
}

function contains(whole: LabelSet, part: LabelSet): boolean {
  return Object.keys(part).every((key) => whole[key] === part[key]);
}

function sharedTimes(a: Float64Array, b: Float64Array): { times: Float64Array; left: number[]; right: number[] } {
  const left: number[] = [];
  const right: number[] = [];
  let k = 0;
  for (let i = 0; i < a.length; i++) {
    while (k < b.length && b[k]! < a[i]!) k++;
    if (k < b.length && b[k] === a[i]) {
      left.push(i);
      right.push(k);
    }
  }
  return { times: Float64Array.from(left, (i) => a[i]!), left, right };
}

// The step of the times that two rows on multiples of their own steps have in common: the least common multiple.
function sharedStep(a: number | undefined, b: number | undefined): number | undefined {
  if (a === undefined || b === undefined || a === b) return a === b ? a : undefined;
  const [left, right] = [Math.round(a * 1000), Math.round(b * 1000)];
  let [rest, divisor] = [left, right];
  while (divisor > 0) [rest, divisor] = [divisor, rest % divisor];
  return (left / rest) * right / 1000;
}
