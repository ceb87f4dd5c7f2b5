// Texts of the axes.
import { clock, date, partsIn } from "../../time/zone";
import { formatTicks, isBinaryUnit, secondsOfUnit } from "../../dashboard/field/units";

const DAY = 86_400; // seconds
const MONTH = 30 * DAY;
const YEAR = 365 * DAY;

// Distances between the marks of an axis of bytes: 1, 2, 4, … of each unit, so that they are round in KiB, MiB and GiB.
const BINARY_STEPS: readonly number[] = Array.from({ length: 90 }, (_, i) => 2 ** (i - 10));
// And of durations, in seconds: as clocks and calendars have them, below a second and above a week as tens have.
const WEEK = 7 * DAY;
const DURATION_STEPS: readonly number[] = [
  ...Array.from({ length: 48 }, (_, i) => [1, 2, 2.5, 5][i % 4]! * 10 ** (Math.floor(i / 4) - 12)),
  ...[1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, DAY, 2 * DAY],
  ...[WEEK, 2 * WEEK, 5 * WEEK, 10 * WEEK, 20 * WEEK, 50 * WEEK],
];

/** Undefined: those of tens. */
export function valueSteps(unit: string): readonly number[] | undefined {
  if (isBinaryUnit(unit)) return BINARY_STEPS;
  const seconds = secondsOfUnit(unit);
  return seconds === undefined ? undefined : DURATION_STEPS.map((step) => step / seconds);
}

// The graphs of a board have few sets of marks of time, and those for many ticks.
const KEPT_MAX = 50;
const kept = new Map<string, readonly string[]>();

export function timeTicks(splits: readonly number[], step: number, zone: string): readonly string[] {
  const of = `${splits.join()} ${step} ${zone}`;
  let texts = kept.get(of);
  if (texts === undefined) {
    if (kept.size >= KEPT_MAX) kept.clear();
    kept.set(of, (texts = splits.map((at, i) => timeTick(at, i > 0, step, zone))));
  }
  return texts;
}

function timeTick(at: number, mayBeDate: boolean, step: number, zone: string): string {
  if (step >= YEAR) return date(at, zone).slice(0, 4);
  if (step >= MONTH) return date(at, zone).slice(0, 7);
  if (step >= DAY) return date(at, zone).slice(5);
  const p = partsIn(at, zone);
  const midnight = p.hour === 0 && p.minute === 0 && p.second === 0;
  return mayBeDate && midnight ? date(at, zone).slice(5) : clock(at, zone, step < 60);
}

// Most redraws have the marks of the one before. Ages go on while their marks stay.
export function tickWriter(unit: string, decimals: number | undefined): (splits: readonly number[]) => string[] {
  const ages = unit === "dateTimeFromNow";
  let written: { of: string; texts: string[] } = { of: "", texts: [] };
  return (splits) => {
    const of = splits.join();
    if (ages || written.of !== of) written = { of, texts: formatTicks(splits, unit, decimals) };
    return written.texts;
  };
}

// The span of an axis: its bounds where they are set, else the values with room around them.
export interface Bounds {
  min: number | undefined;
  max: number | undefined;
  softMin: number | undefined;
  softMax: number | undefined;
  log: number;
  centred: boolean;
  zero: boolean; // bars and stacks stand on zero
}

export function axisRange(low: number | null, high: number | null, bounds: Bounds): [number, number] {
  const { min, max, softMin, softMax, log, centred, zero } = bounds;
  const usable = (value: number | undefined) => value !== undefined && !(log > 0 && value <= 0);
  if (low === null || high === null || !(low <= high)) return [usable(min) ? min! : log > 0 ? 1 : 0, usable(max) ? max! : log > 0 ? 10 : Math.max(1, (min ?? 0) + 1)];
  let bottom = low;
  let top = high;
  if (zero && log === 0) {
    bottom = Math.min(0, bottom);
    top = Math.max(0, top);
  }
  if (usable(softMin)) bottom = Math.min(bottom, softMin!);
  if (usable(softMax)) top = Math.max(top, softMax!);
  if (log > 0) {
    const floor = bottom > 0 ? bottom : top > 0 ? top / 1000 : 0.001;
    const from = usable(min) ? min! : log ** Math.floor(Math.log(floor) / Math.log(log) + 1e-9);
    let to = usable(max) ? max! : log ** Math.ceil(Math.log(Math.max(top, floor)) / Math.log(log) - 1e-9);
    if (to <= from) to = from * log;
    return [from, to];
  }
  if (centred) {
    const reach = Math.max(Math.abs(bottom), Math.abs(top)) || 1;
    [bottom, top] = [-reach, reach];
  }
  if (bottom === top) {
    const half = Math.abs(bottom) * 0.1 || 1;
    // A constant zero lies on the ground, any other constant in the middle.
    [bottom, top] = bottom === 0 ? [0, 1] : [bottom - half, top + half];
  } else {
    const room = (top - bottom) * 0.07;
    if (bottom !== 0 || low < 0) bottom = bottom >= 0 && bottom - room < 0 ? 0 : bottom - room;
    if (top !== 0 || high > 0) top += room;
  }
  return [min ?? bottom, max ?? (min !== undefined && top <= min ? min + 1 : top)];
}
