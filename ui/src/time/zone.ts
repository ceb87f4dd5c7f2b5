// Clock readings in a time zone, on a 24 h clock, made with Intl. "browser" is the zone of the machine.
export const BROWSER = "browser";

export interface Parts {
  year: number;
  month: number;
  day: number;
  hour: number;
  minute: number;
  second: number;
  /** Sunday is 0. */
  weekday: number;
}

export function zoneName(zone: string): string | undefined {
  return zone === BROWSER || zone === "" ? undefined : zone === "utc" ? "UTC" : zone;
}

export function isZone(zone: string): boolean {
  try {
    new Intl.DateTimeFormat("en", { timeZone: zoneName(zone) });
    return true;
  } catch {
    return false;
  }
}

const formats = new Map<string, Intl.DateTimeFormat>();
function format(zone: string, locale: string, key: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const id = `${zone} ${locale} ${key}`;
  let found = formats.get(id);
  if (!found) {
    found = new Intl.DateTimeFormat(locale, { ...options, hourCycle: "h23", timeZone: zoneName(zone) });
    formats.set(id, found);
  }
  return found;
}

// A reading through Intl takes 20 µs, and graphs ask for hundreds a second. Within a quarter of an hour whose ends have the same
// offset all readings have it, and are a sum.
const QUARTER = 900;
const QUARTERS_MAX = 1000; // of a zone
const LAST_YEAR_END = 253_402_300_800; // of four digits
const quarters = new Map<string, Map<number, number | undefined>>(); // zone → quarter → offset; undefined: it changes within

function offsetWithin(seconds: number, zone: string): number | undefined {
  let known = quarters.get(zone);
  if (known === undefined) quarters.set(zone, (known = new Map()));
  const quarter = Math.floor(seconds / QUARTER);
  if (known.has(quarter)) return known.get(quarter);
  if (known.size >= QUARTERS_MAX) known.clear();
  const from = offsetOf(quarter * QUARTER, intlParts(quarter * QUARTER, zone));
  const to = offsetOf((quarter + 1) * QUARTER - 1, intlParts((quarter + 1) * QUARTER - 1, zone));
  const offset = from === to ? from : undefined;
  known.set(quarter, offset);
  return offset;
}

function offsetOf(seconds: number, p: Parts): number {
  return Date.UTC(p.year, p.month - 1, p.day, p.hour, p.minute, p.second) / 1000 - Math.floor(seconds);
}

export function partsIn(seconds: number, zone: string): Parts {
  const offset = seconds >= 0 && seconds < LAST_YEAR_END ? offsetWithin(seconds, zone) : undefined;
  if (offset === undefined) return intlParts(seconds, zone);
  const at = new Date((Math.floor(seconds) + offset) * 1000);
  return { year: at.getUTCFullYear(), month: at.getUTCMonth() + 1, day: at.getUTCDate(), hour: at.getUTCHours(), minute: at.getUTCMinutes(), second: at.getUTCSeconds(), weekday: at.getUTCDay() };
}

const DAYS = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
function intlParts(seconds: number, zone: string): Parts {
  const out: Record<string, string> = {};
  const parts = format(zone, "en-US", "parts", {
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
    second: "numeric",
    weekday: "short",
  }).formatToParts(seconds * 1000);
  for (const { type, value } of parts) out[type] = value;
  return {
    year: Number(out.year),
    month: Number(out.month),
    day: Number(out.day),
    hour: Number(out.hour) % 24,
    minute: Number(out.minute),
    second: Number(out.second),
    weekday: DAYS.indexOf(out.weekday ?? ""),
  };
}

/** How far the zone's clock is ahead of UTC, seconds. */
export function offsetAt(seconds: number, zone: string): number {
  return offsetOf(seconds, partsIn(seconds, zone));
}

/** The moment of a clock reading; of one that comes twice, the first; of one that is skipped, what comes after. */
export function secondsAt(year: number, month: number, day: number, hour: number, minute: number, second: number, zone: string): number {
  const reading = Date.UTC(year, month - 1, day, hour, minute, second) / 1000;
  const before = reading - offsetAt(reading - 86_400, zone);
  if (offsetAt(before, zone) === reading - before) return before;
  const after = reading - offsetAt(reading + 86_400, zone);
  return offsetAt(after, zone) === reading - after ? after : before;
}

function two(n: number): string {
  return n < 10 ? `0${n}` : String(n);
}

export function clock(seconds: number, zone: string, withSeconds = true): string {
  const p = partsIn(seconds, zone);
  return `${two(p.hour)}:${two(p.minute)}${withSeconds ? `:${two(p.second)}` : ""}`;
}
export function date(seconds: number, zone: string): string {
  const p = partsIn(seconds, zone);
  return `${p.year}-${two(p.month)}-${two(p.day)}`;
}
export function dateAndClock(seconds: number, zone: string, withSeconds = true): string {
  return `${date(seconds, zone)} ${clock(seconds, zone, withSeconds)}`;
}
/** Today's times without their date. */
export function shortTime(seconds: number, zone: string, now: number): string {
  return date(seconds, zone) === date(now, zone) ? clock(seconds, zone) : dateAndClock(seconds, zone, false);
}
/** "UTC+1", "UTC". */
export function offsetText(seconds: number, zone: string): string {
  const offset = offsetAt(seconds, zone);
  if (offset === 0) return "UTC";
  const minutes = Math.abs(offset) / 60;
  return `UTC${offset < 0 ? "−" : "+"}${Math.floor(minutes / 60)}${minutes % 60 ? `:${two(Math.round(minutes % 60))}` : ""}`;
}
export function zones(): string[] {
  return typeof Intl.supportedValuesOf === "function" ? Intl.supportedValuesOf("timeZone") : ["UTC"];
}
