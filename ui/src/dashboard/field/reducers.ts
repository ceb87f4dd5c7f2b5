// One value from many: what stats, gauges, legends and the reduce transformation show.

type Reducer = (values: ArrayLike<number>) => number;

function fold(values: ArrayLike<number>, start: number, step: (total: number, value: number) => number): number {
  let total = start;
  let any = false;
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (Number.isNaN(value)) continue;
    total = step(total, value);
    any = true;
  }
  return any ? total : NaN;
}

function counted(values: ArrayLike<number>): number {
  let n = 0;
  for (let i = 0; i < values.length; i++) if (!Number.isNaN(values[i]!)) n++;
  return n;
}

const sum: Reducer = (v) => fold(v, 0, (total, value) => total + value);
const mean: Reducer = (v) => sum(v) / counted(v);
const min: Reducer = (v) => fold(v, Infinity, Math.min);
const max: Reducer = (v) => fold(v, -Infinity, Math.max);

function lastNotNull(values: ArrayLike<number>): number {
  for (let i = values.length - 1; i >= 0; i--) if (!Number.isNaN(values[i]!)) return values[i]!;
  return NaN;
}
function firstNotNull(values: ArrayLike<number>): number {
  for (let i = 0; i < values.length; i++) if (!Number.isNaN(values[i]!)) return values[i]!;
  return NaN;
}
function variance(values: ArrayLike<number>): number {
  const middle = mean(values);
  return fold(values, 0, (total, value) => total + (value - middle) ** 2) / counted(values);
}
function sorted(values: ArrayLike<number>): number[] {
  return Array.from(values).filter((v) => !Number.isNaN(v)).sort((a, b) => a - b);
}
function percentile(share: number): Reducer {
  return (values) => {
    const order = sorted(values);
    if (order.length === 0) return NaN;
    const at = share * (order.length - 1);
    const low = Math.floor(at);
    return order[low]! + ((order[low + 1] ?? order[low]!) - order[low]!) * (at - low);
  };
}
// How much a counter grew, resets taken as starts from zero.
function delta(values: ArrayLike<number>): number {
  let last = NaN;
  let total = 0;
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (Number.isNaN(value)) continue;
    if (!Number.isNaN(last)) total += value >= last ? value - last : value;
    last = value;
  }
  return Number.isNaN(last) ? NaN : total;
}

const REDUCERS: Record<string, Reducer> = {
  lastNotNull, firstNotNull, sum, mean, min, max, delta, variance,
  last: (v) => (v.length > 0 ? v[v.length - 1]! : NaN),
  first: (v) => (v.length > 0 ? v[0]! : NaN),
  count: (v) => v.length,
  range: (v) => max(v) - min(v),
  diff: (v) => lastNotNull(v) - firstNotNull(v),
  diffperc: (v) => (lastNotNull(v) - firstNotNull(v)) / Math.abs(firstNotNull(v)),
  stdDev: (v) => Math.sqrt(variance(v)),
  median: percentile(0.5),
  logmin: (v) => fold(v, Infinity, (low, value) => (value > 0 ? Math.min(low, value) : low)),
  allIsZero: (v) => Number(counted(v) === v.length && max(v) === 0 && min(v) === 0),
  allIsNull: (v) => Number(counted(v) === 0),
  changeCount: (v) => {
    let changes = 0;
    for (let i = 1; i < v.length; i++) if (v[i] !== v[i - 1] && !(Number.isNaN(v[i]!) && Number.isNaN(v[i - 1]!))) changes++;
    return changes;
  },
  distinctCount: (v) => new Set(Array.from(v)).size,
  step: (v) => {
    let least = Infinity;
    for (let i = 1; i < v.length; i++) if (v[i]! !== v[i - 1]!) least = Math.min(least, Math.abs(v[i]! - v[i - 1]!));
    return Number.isFinite(least) ? least : 0;
  },
};
const ALIASES: Record<string, string> = { avg: "mean", current: "lastNotNull", total: "sum", uniqueValues: "distinctCount" };

export const REDUCER_NAMES = [...Object.keys(REDUCERS)];

export function reduce(values: ArrayLike<number>, id: string): number {
  const name = ALIASES[id] ?? id;
  if (Object.hasOwn(REDUCERS, name)) return REDUCERS[name]!(values);
  const share = /^p(\d{1,2})$/.exec(name);
  return share ? percentile(Number(share[1]) / 100)(values) : lastNotNull(values);
}

const LABELS: Record<string, string> = {
  lastNotNull: "Last", last: "Last", firstNotNull: "First", first: "First", mean: "Mean", max: "Max", min: "Min", sum: "Total", count: "Count", range: "Range", diff: "Difference", delta: "Delta", median: "Median", stdDev: "Std dev", variance: "Variance", changeCount: "Changes", distinctCount: "Distinct",
};
export function reducerLabel(id: string): string {
  return LABELS[ALIASES[id] ?? id] ?? id;
}

// As Grafana names the columns that its transformations make: later steps, overrides and orders of a board call them so.
const COLUMN_NAMES: Record<string, string> = {
  lastNotNull: "Last *", last: "Last", firstNotNull: "First *", first: "First", min: "Min", max: "Max", mean: "Mean", variance: "Variance", stdDev: "StdDev", median: "Median", sum: "Total",
  count: "Count", range: "Range", delta: "Delta", step: "Step", diff: "Difference", diffperc: "Difference percent", logmin: "Min (above zero)", allIsZero: "All zeros", allIsNull: "All nulls",
  changeCount: "Change count", distinctCount: "Distinct count", allValues: "All values", uniqueValues: "All unique values",
};

export function reducerColumn(id: string): string {
  const name = id === "uniqueValues" ? id : (ALIASES[id] ?? id);
  const share = /^p(\d{1,2})$/.exec(name)?.[1];
  if (share !== undefined) return `${Number(share)}${["th", "st", "nd", "rd"][share.startsWith("1") && share.length === 2 ? 0 : Number(share) % 10] ?? "th"} %`;
  return COLUMN_NAMES[name] ?? name;
}
