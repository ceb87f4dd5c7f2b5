// What an XY chart draws: points of two columns against each other, with size and colour from further ones.
import type { Panel } from "../../dashboard/model/board";
import { isObject, numberOf, objectOf, objectsOf, textOf, type JsonObject } from "../../dashboard/model/json";
import { matcherOf } from "../../dashboard/field/overrides";
import { displayerOf, isHiddenFrom, seriesColorOf, shadeOf, type Displayer } from "../../dashboard/field/display";
import { displayNameOf, numberAt, numbersOf, type DataFrame, type Field } from "../../dashboard/data/frame";
import { columnLinks, type LinksAt } from "../data_links";
import { axisOf, withPalette, type Axis } from "../timeseries/picture";

export interface XySeries {
  name: string;
  color: string;
  x: Float64Array; // seconds where it is a time
  values: Float64Array; // y
  sizes: Float64Array | undefined; // pixels across
  size: number;
  colors: string[] | undefined;
  display: Displayer;
  displayX: Displayer;
  /** Further columns of the row, for the tooltip. */
  notes: (row: number) => string[];
  hidden: { legend: boolean; tooltip: boolean; viz: boolean };
  ghost: false;
  points: boolean;
  lines: boolean;
  lineWidth: number;
  dash: number[];
  square: boolean;
  fill: number;
  stroke: number;
  links: LinksAt | undefined;
}

export interface XyModel {
  series: XySeries[];
  x: Axis;
  y: Axis;
  timeX: boolean;
}

interface Mapping {
  frame?: (frame: DataFrame, index: number) => boolean;
  x?: (field: Field, frame: DataFrame) => boolean;
  y?: (field: Field, frame: DataFrame) => boolean;
  size?: (field: Field, frame: DataFrame) => boolean;
  color?: (field: Field, frame: DataFrame) => boolean;
  name: string;
}

const SERIES_MAX = 100;

export function xyOf(panel: Panel, frames: readonly DataFrame[]): XyModel | "noNumbers" | undefined {
  if (frames.every((frame) => frame.length === 0)) return undefined;
  const manual = textOf(panel.options.mapping, textOf(panel.options.seriesMapping)) === "manual";
  const given = objectsOf(panel.options.series).map((json) => mappingOf(json, frames));
  const dims = objectOf(panel.options.dims); // as boards before version 11 have it
  const automatic: Mapping = { name: "", ...given[0], ...(textOf(dims.x) === "" ? {} : { x: byName(textOf(dims.x), frames) }) };
  const series: XySeries[] = [];
  let axes: { x: Field; y: Field } | undefined;
  const add = (frame: DataFrame, x: Field, y: Field, mapping: Mapping) => {
    if (isHiddenFrom(y.config, "viz") || series.length >= SERIES_MAX) return;
    axes ??= { x, y };
    series.push(seriesOf(frame, frames, x, y, mapping, series.length));
  };
  for (const mapping of manual ? given : [automatic])
    frames.forEach((frame, index) => {
      if (mapping.frame !== undefined && !mapping.frame(frame, index)) return;
      const numbers = frame.fields.filter((f) => f.type === "number");
      const places = frame.fields.filter((f) => f.type === "number" || f.type === "time");
      const x = mapping.x === undefined ? (numbers.length > 1 ? numbers[0] : places[0]) : places.find((f) => mapping.x!(f, frame));
      if (x === undefined) return;
      const taken = (f: Field) => f === x || (mapping.size?.(f, frame) ?? false) || (mapping.color?.(f, frame) ?? false);
      if (manual) {
        const y = mapping.y === undefined ? numbers.find((f) => !taken(f)) : numbers.find((f) => mapping.y!(f, frame));
        if (y !== undefined) add(frame, x, y, mapping);
        return;
      }
      for (const y of numbers) if (!taken(y) && (mapping.y === undefined || mapping.y(y, frame))) add(frame, x, y, mapping);
    });
  if (axes === undefined) return "noNumbers";
  return { series, x: axisOf(axes.x.config, false), y: axisOf(axes.y.config, false), timeX: axes.x.type === "time" };
}

function byName(name: string, frames: readonly DataFrame[]): (field: Field, frame: DataFrame) => boolean {
  return (field, frame) => field.name === name || displayNameOf(field, frame, frames) === name;
}

// {x: {matcher: {id, options}}} of today, or the names of columns in boards before version 11.
function mappingOf(json: JsonObject, frames: readonly DataFrame[]): Mapping {
  const field = (value: unknown): Mapping["x"] => {
    const text = typeof value === "string" ? value : textOf(objectOf(value).field);
    if (text !== "") return byName(text, frames);
    const matcher = objectOf(objectOf(value).matcher);
    if (textOf(matcher.id) === "") return undefined;
    const test = matcherOf({ id: textOf(matcher.id), options: matcher.options });
    return (one, frame) => test(one, frame, displayNameOf(one, frame, frames));
  };
  const out: Mapping = { name: isObject(json.name) ? textOf(json.name.fixed) : textOf(json.name) };
  const frameMatcher = objectOf(objectOf(json.frame).matcher);
  if (frameMatcher.id === "byIndex") out.frame = (_frame, index) => index === numberOf(frameMatcher.options, 0);
  else if (textOf(frameMatcher.id) !== "") {
    const test = matcherOf({ id: textOf(frameMatcher.id), options: frameMatcher.options });
    out.frame = (frame) => frame.fields[0] !== undefined && test(frame.fields[0], frame, frame.name);
  }
  const fields = { x: field(json.x), y: field(json.y), size: field(json.size ?? json.pointSize), color: field(json.color ?? json.pointColor) };
  for (const key of ["x", "y", "size", "color"] as const) if (fields[key] !== undefined) out[key] = fields[key];
  return out;
}

function seriesOf(frame: DataFrame, frames: readonly DataFrame[], x: Field, y: Field, mapping: Mapping, index: number): XySeries {
  const custom = objectOf(y.config.custom);
  const values = numbersOf(y);
  const nameOf = (field: Field) => displayNameOf(field, frame, frames);
  const name = mapping.name !== "" ? mapping.name : frames.length > 1 && frame.name !== "" && nameOf(y) !== frame.name ? `${frame.name} ${nameOf(y)}` : nameOf(y);
  const config = withPalette(y.config);
  const mode = textOf(objectOf(config.color).mode);
  let color = seriesColorOf(config, index, name, values[values.length - 1] ?? NaN);
  if (mode === "shades") color = shadeOf(color, index);
  const sizeField = frame.fields.find((f) => f.type === "number" && mapping.size?.(f, frame));
  const colorField = frame.fields.find((f) => mapping.color?.(f, frame));
  const sizes = objectOf(custom.pointSize);
  const show = textOf(custom.show, "points");
  const line = objectOf(custom.lineStyle);
  const rest = frame.fields.filter((f) => f !== x && f !== y && f.type !== "other");
  const texts = rest.map((f) => ({ f, display: displayerOf(f.config) }));
  return {
    name,
    color,
    x: x.type === "time" ? numbersOf(x).map((ms) => ms / 1000) : numbersOf(x),
    values,
    sizes: sizeField === undefined ? undefined : scaledSizes(numbersOf(sizeField), numberOf(sizes.min, 5), numberOf(sizes.max, 50)),
    size: numberOf(sizes.fixed, 5),
    colors: colorField === undefined ? (mode === "thresholds" || mode.startsWith("continuous-") ? colorsOf(y, config, color) : undefined) : colorsOf(colorField, colorField.config, color),
    display: displayerOf({ ...y.config, color: { mode: "fixed" } }, { seriesColor: color }),
    displayX: displayerOf({ ...x.config, color: { mode: "fixed" } }, { seriesColor: color }),
    notes: (row) => texts.map(({ f, display }) => `${nameOf(f)}: ${f.type === "number" ? display(numberAt(f, row)).text : String(f.values[row] ?? "")}`),
    hidden: { legend: isHiddenFrom(y.config, "legend"), tooltip: isHiddenFrom(y.config, "tooltip"), viz: false },
    ghost: false,
    points: show !== "lines",
    lines: show === "lines" || show === "points+lines",
    lineWidth: numberOf(custom.lineWidth, 2),
    dash: line.fill === "dash" ? (Array.isArray(line.dash) ? line.dash.map((n) => numberOf(n, 4)) : [8, 6]) : line.fill === "dot" ? [1, 4] : [],
    square: custom.pointShape === "square",
    fill: Math.min(100, Math.max(0, numberOf(custom.fillOpacity, 50))) / 100,
    stroke: numberOf(custom.pointStrokeWidth, 1),
    links: columnLinks(y, frame, frames),
  };
}

// The area of a point, not its width, is in proportion to its value.
function scaledSizes(values: Float64Array, min: number, max: number): Float64Array {
  let low = Infinity;
  let high = -Infinity;
  for (const value of values) {
    if (value < low) low = value;
    if (value > high && value < Infinity) high = value;
  }
  const [from, to] = [min * min, max * max];
  return values.map((value) => (Number.isNaN(value) ? min : high > low ? Math.sqrt(from + ((Math.min(value, high) - low) / (high - low)) * (to - from)) : Math.sqrt((from + to) / 2)));
}

function colorsOf(field: Field, config: JsonObject, color: string): string[] {
  const values = field.type === "number" ? numbersOf(field) : undefined;
  let low = Infinity;
  let high = -Infinity;
  for (const value of values ?? []) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  const display = displayerOf(config, { seriesColor: color, ...(low <= high ? { low, high } : {}) });
  return Array.from({ length: field.values.length }, (_, row) => display(values === undefined ? NaN : values[row]!, values === undefined ? String(field.values[row] ?? "") : "").color);
}
