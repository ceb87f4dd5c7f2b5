// Times as people write them: "now-1h", "now/d", Unix milliseconds, ISO 8601. Pure functions; seconds inside.
import { UNIT_MS } from "./duration";
import { offsetAt, partsIn, secondsAt } from "./zone";

export interface TimeRange {
  from: string;
  to: string;
}
export interface Interval {
  /** Unix seconds. */
  from: number;
  to: number;
}

/** A range whose ends may follow the clock. What needs it asks for it, instead of being rendered with each step of the clock. */
export interface MovingRange {
  /** As it was chosen. */
  name: string;
  /** The same object until an end moves. */
  now: () => Interval;
  /** Whether one ever does, by itself. */
  moves: boolean;
  /** Calls when an end may have moved. */
  watch: (changed: () => void) => () => void;
}

export function fixedRange(interval: Interval): MovingRange {
  return { name: `${interval.from} ${interval.to}`, now: () => interval, moves: false, watch: () => () => {} };
}

const UNITS: Record<string, number> = Object.fromEntries(Object.entries(UNIT_MS).map(([unit, ms]) => [unit, ms / 1000]));

/** The two largest units: "2d 3h", "4m 5s", "350ms". */
export function formatDuration(seconds: number): string {
  if (!Number.isFinite(seconds)) return "–";
  const sign = seconds < 0 ? "-" : "";
  let rest = Math.abs(seconds);
  if (rest === 0) return "0s";
  if (rest < 1) return `${sign}${Math.round(rest * 1000)}ms`;
  if (rest < 10) return `${sign}${Number(rest.toFixed(1))}s`;
  rest = Math.round(rest);
  const steps: [string, number][] = [["d", 86_400], ["h", 3600], ["m", 60], ["s", 1]];
  const first = steps.findIndex(([, size]) => rest >= size);
  const [unit, size] = steps[first]!;
  const next = steps[first + 1];
  const small = next ? Math.floor((rest % size) / next[1]) : 0;
  return `${sign}${Math.floor(rest / size)}${unit}${small && next ? ` ${small}${next[0]}` : ""}`;
}

/** How old something is, or how far off: whole seconds, so that what ticks does not change its width with each of them. */
export function formatAge(seconds: number): string {
  return Number.isFinite(seconds) ? formatDuration(Math.max(0, Math.floor(seconds))) : "–";
}

type Fields = [year: number, month: number, day: number, hour: number, minute: number, second: number];

function fieldsAt(seconds: number, zone: string): Fields {
  const p = partsIn(seconds, zone);
  return [p.year, p.month, p.day, p.hour, p.minute, p.second];
}

function floorTo(seconds: number, unit: string, up: boolean, zone: string): number {
  const p = partsIn(seconds, zone);
  if (unit === "w") {
    const monday = p.day - ((p.weekday + 6) % 7);
    return secondsAt(p.year, p.month, up ? monday + 7 : monday, 0, 0, 0, zone);
  }
  if (unit === "Q") return secondsAt(p.year, p.month - ((p.month - 1) % 3) + (up ? 3 : 0), 1, 0, 0, 0, zone);
  const keep = ["y", "M", "d", "h", "m", "s"].indexOf(unit);
  // An hour and what is shorter goes on through a change of the clocks; a reading that comes twice would not say which is meant.
  if (keep > 2) {
    const size = UNITS[unit]!;
    const offset = offsetAt(seconds, zone);
    return (Math.floor((seconds + offset) / size) + Number(up)) * size - offset;
  }
  const begin = fieldsAt(seconds, zone).map((value, i) => (i <= keep ? value : i < 3 ? 1 : 0)) as Fields;
  if (up) begin[keep]! += 1;
  return secondsAt(...begin, zone);
}

const CALENDAR = ["y", "Q", "M", "w", "d"];

/** Days and longer are steps of the calendar: "a day ago" is the same reading of the clock, also when the day had 23 or 25 hours. */
function moved(seconds: number, by: number, unit: string, zone: string): number {
  if (!CALENDAR.includes(unit) || !Number.isInteger(by)) return seconds + by * UNITS[unit]!;
  const fields = fieldsAt(seconds, zone);
  if (unit === "d") fields[2] += by;
  else if (unit === "w") fields[2] += 7 * by;
  else {
    const months = fields[1] - 1 + by * (unit === "y" ? 12 : unit === "Q" ? 3 : 1);
    fields[0] += Math.floor(months / 12);
    fields[1] = (((months % 12) + 12) % 12) + 1;
    // A month before 31 March is the last of February.
    fields[2] = Math.min(fields[2], new Date(Date.UTC(fields[0], fields[1], 0)).getUTCDate());
  }
  return secondsAt(...fields, zone) + (seconds - Math.floor(seconds));
}

// Beyond these, dates cannot be read or written; nobody has samples there.
const EARLIEST = Date.UTC(1000, 0) / 1000;
const LATEST = Date.UTC(10_000, 0) / 1000;
const isDated = (seconds: number) => seconds >= EARLIEST && seconds < LATEST;

const DURATION = /(\d+(?:\.\d+)?)(ms|[smhdwMQy])/g;

/** "now", then any of "-1d", "+8h30m", "/d" in turn. */
function relativeTo(text: string, now: number, up: boolean, zone: string): number | undefined {
  if (!/^now(?:[+-](?:\d+(?:\.\d+)?(?:ms|[smhdwMQy]))+|\/[smhdwMQy])*$/.test(text)) return undefined;
  let at = now;
  for (const [step] of text.slice(3).matchAll(/[+-](?:[\d.]+(?:ms|[a-zA-Z]))+|\/[a-zA-Z]/g)) {
    if (step[0] === "/") at = floorTo(at, step[1]!, up, zone);
    else
      for (const [, amount, unit] of step.matchAll(DURATION)) {
        const by = (step[0] === "-" ? -1 : 1) * Number(amount);
        if (!isDated(at + by * UNITS[unit!]!)) return undefined;
        at = moved(at, by, unit!, zone);
      }
  }
  return at;
}

/** Unix seconds of one end of a range; undefined when it cannot be read. `up` rounds "/d" to the end of the day. */
export function resolve(text: string, now: number, zone = "UTC", up = false): number | undefined {
  const at = secondsOf(text, now, zone, up);
  return at !== undefined && isDated(at) ? at : undefined;
}

function secondsOf(text: string, now: number, zone: string, up: boolean): number | undefined {
  const trimmed = text.trim();
  if (trimmed.startsWith("now")) return relativeTo(trimmed, now, up, zone);
  if (/^-?\d{11,16}$/.test(trimmed)) return Number(trimmed) / 1000;
  if (/^-?\d{1,10}(\.\d+)?$/.test(trimmed)) return Number(trimmed);
  const clock = /^(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ](\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?)?$/.exec(trimmed);
  if (clock) {
    const [, y, mo, d, h = "0", mi = "0", s = "0"] = clock;
    if (+mo! < 1 || +mo! > 12 || +d! < 1 || +d! > 31 || +h > 24 || +mi > 59 || +s > 59) return undefined;
    return secondsAt(+y!, +mo!, +d!, +h, +mi, +s, zone);
  }
  if (/^\d{4}-\d{2}-\d{2}T.*(Z|[+-]\d{2}:?\d{2})$/.test(trimmed)) {
    const ms = Date.parse(trimmed);
    return Number.isNaN(ms) ? undefined : ms / 1000;
  }
  return undefined;
}

export function resolveRange({ from, to }: TimeRange, now: number, zone = "UTC"): Interval | undefined {
  const begin = resolve(from, now, zone, false);
  const end = resolve(to, now, zone, true);
  return begin === undefined || end === undefined || end <= begin ? undefined : { from: begin, to: end };
}

export function isRelative({ from, to }: TimeRange): boolean {
  return /^now/.test(from.trim()) || /^now/.test(to.trim());
}

/** Moves by a part of the width: -0.5 is half a screen back. */
export function shift({ from, to }: Interval, part: number): Interval {
  const by = (to - from) * part;
  return { from: from + by, to: to + by };
}
export function zoomOut({ from, to }: Interval, now: number): Interval {
  const half = (to - from) / 2;
  return { from: from - half, to: Math.min(to + half, Math.max(now, to)) };
}

export function absolute({ from, to }: Interval): TimeRange {
  return { from: String(Math.round(from * 1000)), to: String(Math.round(to * 1000)) };
}

const STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400, 604_800];
/** The step that gives about `points` points: a round number, so that equal panels share a query. */
export function stepFor({ from, to }: Interval, points: number, least = 1): number {
  const exact = (to - from) / Math.max(1, points);
  return Math.max(least, STEPS.find((step) => step >= exact) ?? Math.ceil(exact / 604_800) * 604_800);
}
/** Ends on multiples of the step: what was asked a moment ago is asked again in the same words. */
export function aligned({ from, to }: Interval, step: number): Interval {
  return { from: Math.floor(from / step) * step, to: Math.floor(to / step) * step };
}
