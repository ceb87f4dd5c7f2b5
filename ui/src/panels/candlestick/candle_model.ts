// What a candlestick draws: which series are opening, highest, lowest and closing values and the volume, and whether
// each candle rose or fell.
import { numberOf, objectOf, textOf, type JsonObject } from "../../dashboard/model/json";
import { cssColor } from "../../dashboard/field/colors";
import type { Axis, Drawn, Picture } from "../timeseries/picture";
import { candlePainter } from "./candle_paths";

export const ROLES = ["open", "high", "low", "close", "volume"] as const;
export type Role = (typeof ROLES)[number];

// Names by which a series is taken for one of them where the board does not say.
const NAMES: Record<Role, readonly string[]> = { open: ["open", "o"], high: ["high", "h", "max"], low: ["low", "l", "min"], close: ["close", "c"], volume: ["volume", "v"] };

export interface Candles {
  open: Float64Array;
  high: Float64Array;
  low: Float64Array;
  close: Float64Array;
  /** Above zero where it rose, below where it fell. */
  turns: Int8Array;
}

export interface CandleNames {
  nextOpen: string;
  previousClose: string;
}

const VOLUME_PART = 1 / 7; // of the height, below candles
const VOLUME_ALPHA = 0.5;

export interface CandleParts {
  roles: Partial<Record<Role, Drawn>>;
  rest: Drawn[];
}

export function partsOf(series: readonly Drawn[], options: JsonObject, names: CandleNames): CandleParts {
  const fields = objectOf(options.fields);
  const own = series.filter(({ ghost }) => !ghost);
  const roles: CandleParts["roles"] = {};
  for (const role of ROLES) {
    const given = textOf(fields[role]);
    const found =
      own.find(({ name, column }) => given !== "" && (name === given || column === given)) ??
      own.find(({ name, column }) => NAMES[role].includes(name.toLowerCase()) || NAMES[role].includes(column.toLowerCase()));
    if (found !== undefined) roles[role] = found;
  }
  if (roles.open === undefined && roles.close === undefined && own[0] !== undefined) roles.open = own[0];
  // Of two of them one may be missing: a candle closes where the next opens, and opens where the last closed.
  if (roles.close === undefined && roles.open !== undefined) roles.close = { ...roles.open, name: names.nextOpen, values: shifted(roles.open.values, 1) };
  if (roles.open === undefined && roles.close !== undefined) roles.open = { ...roles.close, name: names.previousClose, values: shifted(roles.close.values, -1) };
  const mode = modeOf(options);
  if (mode === "candles") delete roles.volume;
  if (mode === "volume") {
    delete roles.high;
    delete roles.low;
  }
  const taken = new Set(Object.values(roles));
  return { roles, rest: options.includeAllFields === true ? own.filter((one) => !taken.has(one)) : [] };
}

export function modeOf(options: JsonObject): "candles" | "volume" | "candles+volume" {
  return options.mode === "candles" || options.mode === "volume" ? options.mode : "candles+volume";
}

function shifted(values: Float64Array, by: 1 | -1): Float64Array {
  return values.map((_, i) => values[Math.min(values.length - 1, Math.max(0, i + by))]!);
}

/** `closes`: colours tell a close from the one before, not from the opening of its own candle. */
export function candlesOf({ open, high, low, close }: CandleParts["roles"], closes: boolean): Candles | undefined {
  if (open === undefined || close === undefined) return undefined;
  const [from, to] = [open.values, close.values];
  const turns = new Int8Array(from.length);
  let before = NaN;
  for (let i = 0; i < from.length; i++) {
    const against = closes ? before : from[i]!;
    // What stays the same counts as risen; the first has nothing to be told from.
    turns[i] = to[i]! >= against ? 1 : to[i]! < against ? -1 : 0;
    if (!Number.isNaN(to[i]!)) before = to[i]!;
  }
  const ends = (pick: (...of: number[]) => number, given: Drawn | undefined) => from.map((value, i) => (given === undefined || Number.isNaN(given.values[i]!) ? pick(value, to[i]!) : given.values[i]!));
  return { open: from, close: to, high: ends(Math.max, high), low: ends(Math.min, low), turns };
}

/** The picture of all series → that of candles, with the others as lines where the board wants them. */
export function candlePicture(picture: Picture, options: JsonObject, names: CandleNames): Picture {
  const { roles, rest } = partsOf(picture.series, options, names);
  const candles = candlesOf(roles, options.colorStrategy === "close-close");
  if (candles === undefined) return { ...picture, series: [] };
  const colors = objectOf(options.colors);
  const shades = { up: cssColor(textOf(colors.up, "green")), down: cssColor(textOf(colors.down, "red")), flat: cssColor(textOf(colors.flat, "gray")) };
  const mode = modeOf(options);
  const volumeOnly = mode === "volume";
  const beside = roles.volume !== undefined && !volumeOnly;
  const plain = (role: Role): Drawn[] => {
    const one = roles[role];
    if (one === undefined) return [];
    const style = { ...one.style, draw: "other" as const, fill: 0, points: "never" as const, stack: "", gradient: "none" as const };
    const hidden = { legend: true, tooltip: one.hidden.tooltip, viz: volumeOnly && role !== "volume" };
    return [{ ...one, style, hidden, drawn: one.values, color: "var(--dim)", axis: role === "volume" && beside ? VOLUME : one.axis, colorAt: (i) => (candles.turns[i]! > 0 ? shades.up : candles.turns[i]! < 0 ? shades.down : shades.flat) }];
  };
  const series = [...ROLES.flatMap(plain), ...rest];
  const opacity = numberOf(objectOf(roles.volume?.config.custom).fillOpacity, 0);
  const look = {
    ...shades,
    axis: roles.open!.axis,
    bars: textOf(options.candleStyle) === "ohlcbars",
    hollow: options.colorStrategy === "close-close",
    candles: !volumeOnly,
    ...(roles.volume === undefined ? {} : { volume: { values: roles.volume.values, axis: beside ? VOLUME : roles.volume.axis, alpha: opacity > 0 ? Math.min(100, opacity) / 100 : VOLUME_ALPHA } }),
  };
  return { ...picture, series, axes: axesOf(picture.axes, series, beside ? roles.volume : undefined), paint: candlePainter(picture.times, candles, look) };
}

const VOLUME = "volume";

// The same list as long as its parts are the same: a graph looks at its axes again only when they are others.
const known = new WeakMap<readonly Axis[], { of: string; axes: Axis[] }>();

function axesOf(axes: readonly Axis[], series: readonly Drawn[], volume: Drawn | undefined): Axis[] {
  const of = series.map(({ axis, hidden }) => `${axis}${hidden.viz}`).join();
  const before = known.get(axes);
  if (before?.of === of) return before.axes;
  const used = axes.filter(({ key }) => series.some(({ axis, hidden }) => axis === key && !hidden.viz));
  const own = axes.find(({ key }) => key === volume?.axis);
  const made: Axis[] = own === undefined ? used : [...used, { ...own, key: VOLUME, unit: "short", side: objectOf(volume!.config.custom).axisPlacement === "left" ? "left" : "right", grid: false, log: 0, part: VOLUME_PART, thresholds: undefined }];
  known.set(axes, { of, axes: made });
  return made;
}
