// Where the marks of an axis stand: at round numbers, at powers, at round readings of the clock.
import { offsetAt, partsIn, secondsAt } from "../../time/zone";

const TICKS_MAX = 200;

// Round marks, at most about `count` of them. `steps`, by rising size, takes the place of 1, 2, 2.5 and 5 of each power of ten.
export function niceTicks(low: number, high: number, count: number, steps?: readonly number[]): number[] {
  if (!(high > low) || !Number.isFinite(high - low)) return [low];
  const raw = (high - low) / Math.max(1, count);
  const step = (steps === undefined ? undefined : firstFrom(steps, raw)) ?? decimalStep(raw);
  const out: number[] = [];
  // Counted in whole steps: adding up would drift.
  const last = Math.min(Math.floor(high / step + 1e-9), Math.ceil(low / step - 1e-9) + TICKS_MAX);
  for (let i = Math.ceil(low / step - 1e-9); i <= last; i++) {
    const at = Number((i * step).toPrecision(12));
    // Numbers so large that the step is nothing beside them.
    if (at < low - step / 2 || at > high + step / 2 || at === out[out.length - 1]) break;
    out.push(at);
  }
  return out;
}

function firstFrom(steps: readonly number[], least: number): number | undefined {
  for (let i = 0; i < steps.length; i++) if (steps[i]! >= least * 0.999) return steps[i];
  return undefined;
}

function decimalStep(least: number): number {
  const power = 10 ** Math.floor(Math.log10(least));
  for (const times of [1, 2, 2.5, 5]) if (times * power >= least * 0.999) return times * power;
  return 10 * power;
}

export interface LogTicks {
  at: number[];
  /** Those that have room for a text. */
  named: number[];
}

const DIGITS = [[1, 2, 3, 4, 5, 6, 7, 8, 9], [1, 2, 3, 5, 7], [1, 2, 5], [1]] as const; // the finest first
const CLOSEST = [9, 7, 5, 1] as const; // to ten, of each of them
const POWER_PX = 4; // between lines of powers

/** Marks of a logarithm between two values above zero that lie `size` pixels apart; a text takes `room` of them. */
export function logTicks(low: number, high: number, base: number, size: number, room: number): LogTicks {
  const decades = (Math.log(high) - Math.log(low)) / Math.log(base);
  if (!(decades > 0) || !Number.isFinite(decades)) return { at: [low], named: [low] };
  const tall = size / decades; // from a power to the next
  const first = Math.floor(Math.log(low) / Math.log(base) + 1e-9);
  const last = Math.floor(Math.log(high) / Math.log(base) + 1e-9);
  const every = Math.max(1, Math.ceil(room / tall)); // of the powers has a text
  const digits = base === 10 ? DIGITS[CLOSEST.findIndex((digit) => digit === 1 || Math.log10(10 / digit) * tall >= room)]! : [1];
  const between = base === 10 && every === 1 ? DIGITS[0] : [1];
  const out: LogTicks = { at: [], named: [] };
  for (let power = first; power <= last; power++) {
    const isNamed = (last - power) % every === 0;
    if (!isNamed && tall < POWER_PX) continue;
    for (const digit of between) {
      const at = Number((digit * base ** power).toPrecision(12));
      if (at < low * (1 - 1e-9) || at > high * (1 + 1e-9)) continue;
      out.at.push(at);
      if (isNamed && (digits as readonly number[]).includes(digit)) out.named.push(at);
    }
  }
  // Less than a decade may lie between two powers: its ends say most.
  return out.named.length > 1 ? out : { at: [...new Set([low, ...out.at, high])], named: [low, high] };
}

export const CLOCK_PX = 64; // between marks of time
const DIGIT_PX = 6.4; // in the interface's font at 11 pixels

/** Whether a text centred at `x` lies within a picture so wide; half a time at its edge says less than none. */
export function fitsAt(x: number, across: number, text: string): boolean {
  const half = (text.length * DIGIT_PX) / 2;
  return x - half >= -1 && x + half <= across + 1;
}

export interface ClockTicks {
  /** Seconds, or nearly, as months are not alike. */
  step: number;
  at: readonly number[]; // Unix seconds
}

const DAY = 86_400;
const MONTH = 30 * DAY;
// Fine enough that a narrow graph of minutes has two marks.
const TIME_STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, DAY, 2 * DAY, 4 * DAY, 7 * DAY, 14 * DAY];
const MONTHS = [1, 3, 6, 12, 24, 60, 120, 240, 600, 1200];
const LAST = 8.6e12; // that a calendar knows, either way

/** Marks at round readings of the clock of `zone`, at least `room` pixels apart where the span has `size` of them. Days go by the calendar,
 *  weeks from Monday, so that a mark stays where it is while the span goes on. */
export function clockTicks(low: number, high: number, size: number, room: number, zone: string): ClockTicks {
  const least = ((high - low) * room) / size;
  if (!(least > 0 && low >= -LAST && high <= LAST)) return { step: 1, at: [] };
  const step = firstFrom(TIME_STEPS, least / 0.999);
  if (step !== undefined) return { step, at: step < 7200 ? evenly(low, high, step, zone) : step < DAY ? byClock(low, high, step, 0, zone) : byClock(low, high, step, step % (7 * DAY) === 0 ? 3 * DAY : 0, zone) };
  const months = firstFrom(MONTHS, least / MONTH);
  return months === undefined ? { step: 1, at: [] } : { step: months === 12 ? 365 * DAY : months * MONTH, at: byMonths(low, high, months, zone) };
}

// Up to an hour the clock may be set on between two marks: they are as far apart as any.
function evenly(low: number, high: number, step: number, zone: string): number[] {
  const ahead = offsetAt(low, zone);
  const out: number[] = [];
  for (let reading = Math.ceil((low + ahead) / step) * step; reading - ahead <= high && out.length < TICKS_MAX; reading += step) out.push(reading - ahead);
  return out;
}

// `shift`: from the Thursday on which Unix time begins.
function byClock(low: number, high: number, step: number, shift: number, zone: string): number[] {
  const out: number[] = [];
  let ahead = offsetAt(low, zone);
  for (let reading = Math.ceil((low + ahead + shift) / step) * step - shift; out.length < TICKS_MAX; reading += step) {
    const guess = reading - ahead;
    const there = offsetAt(guess, zone);
    ahead = offsetAt(reading - there, zone);
    const at = ahead === there ? reading - there : guess; // of a reading that is left out, what comes after
    if (!(at <= high)) break;
    if (at >= low && at !== out[out.length - 1]) out.push(at);
  }
  return out;
}

function byMonths(low: number, high: number, months: number, zone: string): number[] {
  const { year, month } = partsIn(low, zone);
  const out: number[] = [];
  for (let index = Math.floor((year * 12 + month - 1) / months) * months; out.length < TICKS_MAX; index += months) {
    const at = secondsAt(Math.floor(index / 12), (index % 12) + 1, 1, 0, 0, 0, zone);
    if (!(at <= high)) break;
    if (at >= low) out.push(at);
  }
  return out;
}
