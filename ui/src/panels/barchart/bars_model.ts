// What a bar chart draws: a group of bars for each row of a table, a bar for each column of numbers.
import type { Panel } from "../../dashboard/model/board";
import { numberOf, objectOf, textOf, type JsonObject } from "../../dashboard/model/json";
import { displayerOf, isHiddenFrom, seriesColorOf, shadeOf, type Displayer } from "../../dashboard/field/display";
import { displayNameOf, numberAt, timeField, numbersOf, type DataFrame, type Field } from "../../dashboard/data/frame";
import { joinByField } from "../../dashboard/data/transform_join";
import { clock, dateAndClock } from "../../time/zone";
import { axisOf, withPalette, type Axis } from "../timeseries/picture";
import { stackingOf, type Stacking } from "../cartesian/bars";
import { columnLinks, type LinksAt } from "../data_links";

export interface BarSeries {
  name: string;
  color: string;
  /** Where the board colours by value, or by another column: the colour of each bar. */
  colors: readonly string[] | undefined;
  values: Float64Array;
  display: Displayer;
  hidden: { legend: boolean; tooltip: boolean; viz: boolean };
  ghost: false;
  fill: number; // 0..1
  line: number; // pixels
  gradient: boolean;
  links: LinksAt | undefined;
}

export interface BarModel {
  groups: string[];
  series: BarSeries[];
  axis: Axis;
  stacking: Stacking;
  /** Rows that are not drawn, as there are too many. */
  more: number;
}

const GROUPS_MAX = 500;

export function barsOf(panel: Panel, given: readonly DataFrame[], zone: string): BarModel | { problem: "noLabels" | "noNumbers" } | undefined {
  const frames = given.filter((frame) => frame.length > 0);
  const first = frames[0];
  if (first === undefined) return undefined;
  const frame = frames.length > 1 && timeField(first) !== undefined ? joinByField([...frames], {})[0]! : first;
  const wanted = textOf(panel.options.xField);
  const nameOf = (field: Field) => displayNameOf(field, frame, [frame]);
  const x = frame.fields.find((f) => wanted !== "" && (nameOf(f) === wanted || f.name === wanted)) ?? frame.fields.find((f) => f.type === "string") ?? timeField(frame);
  if (x === undefined) return { problem: "noLabels" };
  const colorBy = textOf(panel.options.colorByField);
  const colorField = colorBy === "" ? undefined : frame.fields.find((f) => nameOf(f) === colorBy || f.name === colorBy);
  const numbers = frame.fields.filter((f) => f !== x && f.type === "number" && !isHiddenFrom(f.config, "viz"));
  if (numbers.length === 0) return { problem: "noNumbers" };

  const length = Math.min(GROUPS_MAX, frame.length);
  const stacking = stackingOf(textOf(panel.options.stacking));
  const colorsOf = colorField === undefined ? undefined : rowColors(colorField, length);
  const series = numbers.map((field, index): BarSeries => {
    const name = nameOf(field);
    const values = numbersOf(field).slice(0, length);
    const config = withPalette(field.config);
    const mode = textOf(objectOf(config.color).mode);
    let color = seriesColorOf(config, index, name, values[values.length - 1] ?? NaN);
    if (mode === "shades") color = shadeOf(color, index);
    const custom = objectOf(field.config.custom);
    return {
      name,
      color,
      colors: colorsOf ?? (mode === "thresholds" || mode.startsWith("continuous-") || Array.isArray(config.mappings) ? ownColors(config, color, values) : undefined),
      values,
      display: displayerOf({ ...field.config, color: { mode: "fixed" } }, { seriesColor: color }),
      hidden: { legend: isHiddenFrom(field.config, "legend"), tooltip: isHiddenFrom(field.config, "tooltip"), viz: false },
      ghost: false,
      fill: Math.min(100, Math.max(0, numberOf(custom.fillOpacity, 80))) / 100,
      line: numberOf(custom.lineWidth, 1),
      gradient: textOf(custom.gradientMode, "none") !== "none",
      links: columnLinks(field, frame, [frame]),
    };
  });
  return { groups: groupNames(x, length, zone), series, axis: axisOf(numbers[0]!.config, stacking === "percent"), stacking, more: frame.length - length };
}

function ownColors(config: JsonObject, color: string, values: Float64Array): string[] {
  let low = Infinity;
  let high = -Infinity;
  for (const value of values) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  const display = displayerOf(config, { seriesColor: color, low: Math.min(0, low), high });
  return Array.from(values, (value) => display(value).color);
}

function rowColors(field: Field, length: number): string[] {
  const display = displayerOf(field.config, { low: 0, high: field.type === "number" ? Math.max(...numbersOf(field).slice(0, length).filter(Number.isFinite), 1) : 1 });
  return Array.from({ length }, (_, row) => display(field.type === "number" ? numberAt(field, row) : NaN, field.type === "number" ? "" : String(field.values[row] ?? "")).color);
}

function groupNames(x: Field, length: number, zone: string): string[] {
  if (x.type === "time") {
    const seconds = Array.from({ length }, (_, row) => numberAt(x, row) / 1000);
    const span = length > 1 ? seconds[length - 1]! - seconds[0]! : 0;
    return seconds.map((at) => (span > 172_800 ? dateAndClock(at, zone, false).slice(5) : clock(at, zone, span < 600)));
  }
  const display = displayerOf(x.config);
  return Array.from({ length }, (_, row) => (x.type === "number" ? display(numberAt(x, row)).text : display(NaN, String(x.values[row] ?? "")).text));
}
