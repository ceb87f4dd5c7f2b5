// An axis of numbers: its marks, and where on it a value lies. Used by the panels that draw on x and y without time.
import { axisRange } from "../timeseries/ticks";
import type { Axis } from "../timeseries/picture";
import { logTicks, niceTicks } from "./places";

export interface Scale {
  low: number;
  high: number;
  log: number; // base, 0 for linear
  /** 0 at `low`, 1 at `high`; values beyond lie beyond. What has no place on a logarithm lies at 0. */
  share: (value: number) => number;
  ticks: number[];
}

export function scaleBetween(low: number, high: number, count: number, log = 0): Scale {
  if (log > 1) {
    const [from, to] = [Math.log(low), Math.log(high)];
    return { low, high, log, share: (value) => (value <= 0 ? 0 : (Math.log(value) - from) / (to - from || 1)), ticks: logTicks(low, high, log, count, 1).named };
  }
  return { low, high, log: 0, share: (value) => (value - low) / (high - low || 1), ticks: niceTicks(low, high, count) };
}

// `size`: pixels the axis has, from which follows how many marks it takes.
export function scaleOf(axis: Axis, low: number, high: number, size: number, zero: boolean): Scale {
  const [from, to] = axisRange(low <= high ? low : null, low <= high ? high : null, { min: axis.min, max: axis.max, softMin: axis.softMin, softMax: axis.softMax, log: axis.log, centred: axis.centred, zero });
  return scaleBetween(from, to > from ? to : from + 1, Math.max(2, Math.floor(size / 44)), axis.log);
}

// Near enough for the interface's font at 11 pixels.
export function textWidth(text: string): number {
  return text.length * 6.3;
}

export function shortened(text: string, characters: number): string {
  return text.length <= characters ? text : `${text.slice(0, Math.max(1, characters - 1))}…`;
}
