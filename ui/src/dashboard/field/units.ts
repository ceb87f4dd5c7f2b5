// Numbers with Grafana's unit ids → text. A unit is a family (scaling by 1000, by 1024, or through named
// steps) and a place on it; everything else is a plain suffix or prefix.
import { datePattern } from "./date_pattern";
import { dateZone } from "./date_zone";
import { MONEY, SCALED, SUFFIXES } from "./measures";

export interface Formatted {
  prefix: string;
  text: string;
  suffix: string; // with its own space where it has one
}

type Family = (value: number, decimals: number | undefined) => Formatted;

const GROUPS = /\B(?=(\d{3})+(?!\d))/g;

// As many decimals as the size of the number deserves: three significant digits, trailing zeros dropped.
export function fixed(value: number, decimals: number | undefined): string {
  if (decimals !== undefined) return minus(value.toFixed(Math.min(20, Math.max(0, decimals))));
  if (value === 0) return "0";
  const size = Math.floor(Math.log10(Math.abs(value)));
  const places = Math.min(20, Math.max(0, 2 - size));
  const text = value.toFixed(places);
  return minus(text.includes(".") ? text.replace(/\.?0+$/, "") : text);
}

// A true minus sign lines up with digits; "-0" is 0.
function minus(text: string): string {
  return /^-0(\.0*)?$/.test(text) ? text.slice(1) : text.replace("-", "−");
}

function plain(value: number, decimals: number | undefined): Formatted {
  return { prefix: "", text: fixed(value, decimals), suffix: "" };
}

function suffixed(suffix: string): Family {
  return (value, decimals) => ({ ...plain(value, decimals), suffix });
}

function prefixed(prefix: string): Family {
  return (value, decimals) => ({ ...scaled(value, decimals, 1000, 0, SHORT, ""), prefix });
}

function scaled(value: number, decimals: number | undefined, base: number, start: number, steps: readonly string[], unit: string): Formatted {
  let step = start;
  let size = value;
  while (Math.abs(size) >= base && step < steps.length - 1) {
    size /= base;
    step++;
  }
  while (Math.abs(size) < 1 && size !== 0 && step > 0) {
    size *= base;
    step--;
  }
  // 999.96 with one decimal would read 1000: that is the next step.
  if (Math.abs(Number(size.toFixed(decimals ?? 2))) >= base && step < steps.length - 1) {
    size /= base;
    step++;
  }
  const suffix = steps[step]! + unit;
  return { prefix: "", text: fixed(size, decimals), suffix: suffix === "" ? "" : ` ${suffix}` };
}

const SHORT = ["", "K", "Mil", "Bil", "Tri", "Quadr", "Quint", "Sext", "Sept"] as const;
const SI_ALL = ["f", "p", "n", "µ", "m", "", "k", "M", "G", "T", "P", "E", "Z", "Y"] as const;
const SI = ["", "k", "M", "G", "T", "P", "E", "Z", "Y"] as const;
const IEC = ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei", "Zi", "Yi"] as const;

// `offset`: where on the row of steps the given value stands (1 for kilo…).
function si(unit: string, offset = 0): Family {
  return (value, decimals) => scaled(value, decimals, 1000, 5 + offset, SI_ALL, unit);
}
function decimal(unit: string, offset = 0): Family {
  return (value, decimals) => scaled(value, decimals, 1000, offset, SI, unit);
}
function binary(unit: string, offset = 0): Family {
  return (value, decimals) => scaled(value, decimals, 1024, offset, IEC, unit);
}
function count(unit: string): Family {
  return (value, decimals) => {
    const out = scaled(value, decimals, 1000, 0, ["", "K", "M", "B", "T"], "");
    return { ...out, suffix: `${out.suffix}${unit === "" ? "" : ` ${unit}`}` };
  };
}

const TIME_STEPS: readonly (readonly [number, string])[] = [
  [1e-9, "ns"], [1e-6, "µs"], [1e-3, "ms"], [1, "s"], [60, "min"], [3600, "h"], [86_400, "d"], [604_800, "w"], [31_557_600, "y"],
];

// `unit`: seconds in one of what was given.
function time(unit: number): Family {
  return (value, decimals) => {
    const seconds = value * unit;
    const size = Math.abs(seconds);
    if (size === 0) return { ...plain(0, decimals), suffix: ` ${TIME_STEPS.find(([s]) => s === unit)?.[1] ?? "s"}` };
    let [step, name] = TIME_STEPS[0]!;
    // 0.9995 of a step already reads as one.
    for (const [s, n] of TIME_STEPS) if (size >= s * 0.9995) [step, name] = [s, n];
    return { prefix: "", text: fixed(seconds / step, decimals), suffix: ` ${name}` };
  };
}

const pad = (n: number) => String(Math.floor(n)).padStart(2, "0");

function clock(unit: number): Family {
  return (value) => {
    const seconds = Math.abs(value * unit);
    const text = `${pad(seconds / 3600)}:${pad((seconds / 60) % 60)}:${pad(seconds % 60)}`;
    return { prefix: value < 0 ? "−" : "", text, suffix: "" };
  };
}

function days(unit: number): Family {
  return (value) => {
    const seconds = Math.abs(value * unit);
    const whole = Math.floor(seconds / 86_400);
    const text = `${pad((seconds / 3600) % 24)}:${pad((seconds / 60) % 60)}:${pad(seconds % 60)}`;
    return { prefix: value < 0 ? "−" : "", text: whole > 0 ? `${whole} d ${text}` : text, suffix: "" };
  };
}

function longDuration(unit: number): Family {
  return (value) => {
    let rest = Math.abs(value * unit);
    if (rest < 1) return time(1)(value * unit, undefined);
    const parts: string[] = [];
    for (const [size, name] of [[31_557_600, "y"], [86_400, "d"], [3600, "h"], [60, "min"], [1, "s"]] as const) {
      const amount = Math.floor(rest / size);
      if (amount > 0 && parts.length < 2) parts.push(`${amount} ${name}`);
      rest -= amount * size;
    }
    return { prefix: value < 0 ? "−" : "", text: parts.join(" "), suffix: "" };
  };
}

// Times of the reader's own zone; `setDateFormat` lets the page put its chosen zone in.
let dateText = (ms: number, kind: "full" | "time" | "us" | "ago"): string => {
  if (kind === "ago") return agoText(ms, Date.now());
  const iso = new Date(ms).toISOString().replace("T", " ").slice(0, 19);
  return kind === "time" ? iso.slice(11) : iso;
};

export function setDateFormat(format: typeof dateText): void {
  dateText = format;
}

export function agoText(ms: number, nowMs: number): string {
  const formatted = longDuration(1)((nowMs - ms) / 1000, undefined);
  return ms > nowMs ? `in ${formatted.text}${formatted.suffix}` : `${formatted.text}${formatted.suffix} ago`;
}

function date(kind: "full" | "time" | "us" | "ago"): Family {
  return (value) => ({ prefix: "", text: Number.isFinite(value) && Math.abs(value) < 8.64e15 ? dateText(value, kind) : "–", suffix: "" });
}

const UNITS: Record<string, Family> = {
  none: plain, string: plain, short: (v, d) => scaled(v, d, 1000, 0, SHORT, ""), sishort: si(""), bool: (v) => ({ ...plain(0, 0), text: v ? "True" : "False" }),
  bool_yes_no: (v) => ({ ...plain(0, 0), text: v ? "Yes" : "No" }), bool_on_off: (v) => ({ ...plain(0, 0), text: v ? "On" : "Off" }),
  percent: suffixed("%"), percentunit: (v, d) => ({ ...plain(v * 100, d), suffix: "%" }), humidity: suffixed(" %H"), dB: suffixed(" dB"),
  candela: si("cd"), hex: (v) => ({ ...plain(0, 0), text: Math.round(v).toString(16).toUpperCase() }),
  hex0x: (v) => ({ ...plain(0, 0), text: `0x${Math.round(v).toString(16).toUpperCase()}` }),
  sci: (v, d) => ({ ...plain(0, 0), text: v.toExponential(d) }), locale: (v, d) => ({ ...plain(0, 0), text: (d === undefined ? String(v) : v.toFixed(d)).replace(GROUPS, " ") }),
  pixel: suffixed(" px"), ppm: suffixed(" ppm"), accG: suffixed(" g"), degree: suffixed("°"), celsius: suffixed(" °C"), fahrenheit: suffixed(" °F"),
  kelvin: suffixed(" K"), lengthm: si("m"), lengthmm: si("m", -1), lengthkm: si("m", 1), velocityms: suffixed(" m/s"), velocitykmh: suffixed(" km/h"),
  // data
  bits: binary("b"), bytes: binary("B"), kbytes: binary("B", 1), mbytes: binary("B", 2), gbytes: binary("B", 3), tbytes: binary("B", 4), pbytes: binary("B", 5),
  decbits: decimal("b"), decbytes: decimal("B"), deckbytes: decimal("B", 1), decmbytes: decimal("B", 2), decgbytes: decimal("B", 3), dectbytes: decimal("B", 4), decpbytes: decimal("B", 5),
  // data rate
  bps: decimal("b/s"), Bps: decimal("B/s"), binBps: binary("B/s"), binbps: binary("b/s"), pps: decimal("p/s"),
  Kbits: decimal("b/s", 1), Mbits: decimal("b/s", 2), Gbits: decimal("b/s", 3), Tbits: decimal("b/s", 4), Pbits: decimal("b/s", 5),
  KBs: decimal("B/s", 1), MBs: decimal("B/s", 2), GBs: decimal("B/s", 3), TBs: decimal("B/s", 4), PBs: decimal("B/s", 5),
  Kibits: binary("b/s", 1), Mibits: binary("b/s", 2), Gibits: binary("b/s", 3), KiBs: binary("B/s", 1), MiBs: binary("B/s", 2), GiBs: binary("B/s", 3), TiBs: binary("B/s", 4),
  // time
  s: time(1), ms: time(1e-3), µs: time(1e-6), us: time(1e-6), ns: time(1e-9), m: time(60), h: time(3600), d: time(86_400),
  clocks: clock(1), clockms: clock(1e-3), dthms: days(1), dtdhms: days(1), dtdurations: longDuration(1), dtdurationms: longDuration(1e-3), timeticks: days(0.01),
  hertz: si("Hz"), rotrpm: suffixed(" rpm"), rothz: si("Hz"),
  dateTimeAsIso: date("full"), dateTimeAsIsoNoDateIfToday: date("time"), dateTimeAsUS: date("us"), dateTimeAsLocal: date("full"),
  dateTimeAsSystem: date("full"), dateTimeFromNow: date("ago"),
  // throughput
  cps: count("c/s"), ops: count("ops/s"), reqps: count("req/s"), rps: count("rd/s"), wps: count("wr/s"), iops: count("io/s"), eps: count("evt/s"),
  mps: count("msg/s"), recps: count("rec/s"), rowsps: count("rows/s"), cpm: count("c/min"), opm: count("ops/min"), reqpm: count("req/min"), rpm: count("rd/min"),
  wpm: count("wr/min"), epm: count("evts/min"), mpm: count("msgs/min"), recpm: count("rec/min"), rowspm: count("rows/min"), flops: decimal("FLOPS"), flopsps: decimal("FLOP/s"), mflops: decimal("FLOPS", 2), gflops: decimal("FLOPS", 3), tflops: decimal("FLOPS", 4),
  // energy, hash, pressure
  watt: si("W"), kwatt: si("W", 1), mwatt: si("W", -1), watth: si("Wh"), kwatth: si("Wh", 1), joule: si("J"), volt: si("V"), amp: si("A"), ohm: si("Ω"), farad: si("F"),
  Hs: decimal("H/s"), KHs: decimal("H/s", 1), MHs: decimal("H/s", 2), GHs: decimal("H/s", 3), pressurebar: si("bar"), pressurehpa: suffixed(" hPa"), litre: si("L"), massg: si("g"), masskg: si("g", 1),
  currencyUSD: prefixed("$"), currencyEUR: prefixed("€"), currencyGBP: prefixed("£"), currencyJPY: prefixed("¥"), currencyCHF: suffixed(" CHF"), currencyRUB: suffixed(" ₽"), currencyINR: prefixed("₹"), currencyBTC: prefixed("฿"),
  PiBs: binary("B/s", 5), Pibits: binary("b/s", 5), Tibits: binary("b/s", 4), dateTimeAsUSNoDateIfToday: date("time"), dateTimeAsLocalNoDateIfToday: date("time"),
  ...Object.fromEntries(Object.entries(SUFFIXES).map(([id, suffix]) => [id, suffixed(suffix)])),
  ...Object.fromEntries(Object.entries(SCALED).map(([id, [unit, place]]) => [id, si(unit, place)])),
  ...Object.fromEntries(Object.entries(MONEY).map(([id, sign]) => [id, prefixed(sign)])),
};
// Spellings that boards use by mistake and that mean only one thing.
const ALIASES: Record<string, string> = { MB: "decmbytes", GB: "decgbytes", KB: "deckbytes", B: "decbytes", Gbps: "Gbits", Mbps: "Mbits", "%": "percent", seconds: "s", milliseconds: "ms" };

function customUnit(id: string): Family | undefined {
  const colon = id.indexOf(":");
  if (colon < 0) return undefined;
  const rest = id.slice(colon + 1);
  switch (id.slice(0, colon)) {
    case "suffix": return suffixed(/^[\s%°]/.test(rest) ? rest : ` ${rest}`);
    case "prefix": return (value, decimals) => ({ ...plain(value, decimals), prefix: rest });
    case "count": return count(rest);
    case "si": {
      const place = (SI_ALL as readonly string[]).indexOf(rest.slice(0, 1));
      return place < 0 || rest.length < 2 ? si(rest) : si(rest.slice(1), place - 5);
    }
    case "time": return rest.trim() === "" ? date("full") : (value) => ({ prefix: "", text: datePattern(value, rest.trim(), dateZone()), suffix: "" });
    case "bool": {
      const [yes = "True", no = "False"] = rest.split("/");
      return (value) => ({ ...plain(0, 0), text: value ? yes : no });
    }
    case "currency": return prefixed(rest);
    default: return undefined;
  }
}

export function isKnownUnit(id: string): boolean {
  return Object.hasOwn(UNITS, id) || Object.hasOwn(ALIASES, id) || customUnit(id) !== undefined;
}

function familyOf(id: string): Family {
  const name = Object.hasOwn(ALIASES, id) ? ALIASES[id]! : id;
  if (Object.hasOwn(UNITS, name)) return UNITS[name]!;
  return customUnit(name) ?? (name === "" ? (v, d) => scaled(v, d, 1000, 0, SHORT.map(() => ""), "") : suffixed(` ${name}`));
}

export function formatParts(value: number, unit: string, wanted?: number): Formatted {
  const decimals = wanted === undefined ? undefined : Math.min(20, Math.max(0, Math.round(wanted)));
  if (Number.isNaN(value)) return { prefix: "", text: "–", suffix: "" };
  if (!Number.isFinite(value)) return { prefix: "", text: value > 0 ? "∞" : "−∞", suffix: "" };
  if (unit === "" || unit === "none") return plain(value, decimals);
  return familyOf(unit)(value, decimals);
}

export function formatValue(value: number, unit: string, decimals?: number): string {
  const { prefix, text, suffix } = formatParts(value, unit, decimals);
  return prefix + text + suffix;
}

// Units that scale by 1024: round numbers of them are powers of two.
export function isBinaryUnit(id: string): boolean {
  return familyOf(id)(1024, undefined).suffix !== familyOf(id)(1000, undefined).suffix && familyOf(id)(1024 ** 2, 0).text === "1";
}

const SECONDS: Record<string, number> = { ns: 1e-9, "µs": 1e-6, us: 1e-6, ms: 1e-3, s: 1, m: 60, h: 3600, d: 86_400, dtdurations: 1, dtdurationms: 1e-3, clocks: 1, clockms: 1e-3, dthms: 1, dtdhms: 1, timeticks: 0.01 };

/** Of units of durations, how many seconds one is. */
export function secondsOfUnit(id: string): number | undefined {
  const name = Object.hasOwn(ALIASES, id) ? ALIASES[id]! : id;
  return Object.hasOwn(SECONDS, name) ? SECONDS[name] : undefined;
}

// Tick labels of one axis: every one with as many decimals as their distance needs, whatever the board says:
// two ticks that read the same, or as if they stood elsewhere, are worse than a digit more.
export function formatTicks(ticks: readonly number[], unit: string, decimals?: number): string[] {
  const texts = ticks.map((tick) => formatValue(tick, unit, decimals));
  for (let places = decimals === undefined ? 1 : decimals + 1; places <= 6 && (new Set(texts).size < ticks.length || !tellsDistances(ticks, texts)); places++)
    ticks.forEach((tick, i) => (texts[i] = formatValue(tick, unit, places)));
  return texts;
}

const DISTANCE_OFF_MAX = 0.05;

// Whether what the texts say lies as far apart as the ticks do: 1, 1.025, 1.05 are no "1", "1.02", "1.05".
function tellsDistances(ticks: readonly number[], texts: readonly string[]): boolean {
  const scales = new Map<string, number>(); // what is said of a distance of one, by what stands around the number
  for (let i = 1; i < ticks.length; i++) {
    const [before, here] = [NUMBER.exec(texts[i - 1]!), NUMBER.exec(texts[i]!)];
    if (before === null || here === null) return true;
    const around = `${here[1]}\u0000${here[3]}`;
    if (around !== `${before[1]}\u0000${before[3]}`) continue;
    const said = (numberIn(here) - numberIn(before)) / (ticks[i]! - ticks[i - 1]!);
    const scale = scales.get(around);
    if (scale === undefined) scales.set(around, said);
    else if (!(Math.abs(said - scale) <= DISTANCE_OFF_MAX * Math.abs(scale))) return false;
  }
  return true;
}
const NUMBER = /^([^\d−]*)(−?\d+(?:\.\d+)?)(.*)$/;
const numberIn = (found: RegExpExecArray) => Number(found[2]!.replace("−", "-"));

// For the picker in the panel editor.
export const UNIT_GROUPS: readonly (readonly [string, readonly string[]])[] = [
  ["Numbers", ["none", "short", "sishort", "percent", "percentunit", "locale", "sci", "hex", "bool", "bool_yes_no", "bool_on_off"]],
  ["Time", ["s", "ms", "µs", "ns", "m", "h", "d", "dtdurations", "dthms", "clocks", "dateTimeAsIso", "dateTimeFromNow", "hertz"]],
  ["Data", ["bytes", "decbytes", "bits", "decbits", "kbytes", "mbytes", "gbytes", "deckbytes", "decmbytes", "decgbytes"]],
  ["Data rate", ["Bps", "binBps", "bps", "binbps", "Kbits", "Mbits", "Gbits", "KBs", "MBs", "GBs", "pps"]],
  ["Throughput", ["reqps", "ops", "cps", "rps", "wps", "iops", "eps", "mps", "reqpm", "opm"]],
  ["Energy and more", ["watt", "kwatth", "joule", "volt", "amp", "celsius", "fahrenheit", "currencyUSD", "currencyEUR", "currencyGBP"]],
];
