// An axis of numbers: its marks, and where on it a value lies. Used by the panels that draw on x and y without time.
import { axisRange } from "../timeseries/ticks";
import type { Axis } from "../timeseries/picture";

export interface Scale {
  low: number;
  high: number;
  log: number; // base, 0 for linear
  /** 0 at `low`, 1 at `high`; values beyond lie beyond. What has no place on a logarithm lies at 0. */
  share: (value: number) => number;
  ticks: number[];
}

const TICKS_MAX = 200;

export function scaleBetween(low: number, high: number, count: number, log = 0): Scale {
  if (log > 1) {
    const [from, to] = [Math.log(low), Math.log(high)];
    return { low, high, log, share: (value) => (value <= 0 ? 0 : (Math.log(value) - from) / (to - from || 1)), ticks: logTicks(low, high, log, count) };
  }
  return { low, high, log: 0, share: (value) => (value - low) / (high - low || 1), ticks: niceTicks(low, high, count) };
}

// `size`: pixels the axis has, from which follows how many marks it takes.
export function scaleOf(axis: Axis, low: number, high: number, size: number, zero: boolean): Scale {
  const [from, to] = axisRange(low <= high ? low : null, low <= high ? high : null, { min: axis.min, max: axis.max, softMin: axis.softMin, softMax: axis.softMax, log: axis.log, centred: axis.centred, zero });
  return scaleBetween(from, to > from ? to : from + 1, Math.max(2, Math.floor(size / 44)), axis.log);
}

// Round marks, at most about `count` of them.
export function niceTicks(low: number, high: number, count: number): number[] {
  if (!(high > low) || !Number.isFinite(high - low)) return [low];
  const raw = (high - low) / Math.max(1, count);
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = ([1, 2, 2.5, 5, 10].find((s) => s * power >= raw * 0.999) ?? 10) * power;
  const out: number[] = [];
  // Counted in whole steps: adding up would drift.
  for (let i = Math.ceil(low / step - 1e-9); i * step <= high + step * 1e-9 && out.length < TICKS_MAX; i++) out.push(Number((i * step).toPrecision(12)));
  return out;
}

function logTicks(low: number, high: number, base: number, count: number): number[] {
  const first = Math.ceil(Math.log(low) / Math.log(base) - 1e-9);
  const last = Math.floor(Math.log(high) / Math.log(base) + 1e-9);
  const every = Math.max(1, Math.ceil((last - first + 1) / Math.max(1, count)));
  const out: number[] = [];
  for (let i = first; i <= last && out.length < TICKS_MAX; i += every) out.push(Number((base ** i).toPrecision(12)));
  return out.length > 1 ? out : [low, high];
}

// Near enough for the interface's font at 11 pixels.
export function textWidth(text: string): number {
  return text.length * 6.3;
}

export function shortened(text: string, characters: number): string {
  return text.length <= characters ? text : `${text.slice(0, Math.max(1, characters - 1))}…`;
}
