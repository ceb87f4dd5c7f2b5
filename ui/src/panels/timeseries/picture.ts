// What a graph draws: series with their styles and axes, worked out once for a set of series, and the values,
// taken again at each tick.
import type { Panel } from "../../dashboard/model/board";
import { flagOf, numberOf, objectOf, textOf, type JsonObject } from "../../dashboard/model/json";
import { applyConfig } from "../../dashboard/field/overrides";
import { displayerOf, isHiddenFrom, seriesColorOf, shadeOf, thresholdsOf, type Displayer, type Thresholds } from "../../dashboard/field/display";
import { displayNameOf, everyStepOf, numbersOf, type DataFrame, type Field } from "../../dashboard/data/frame";
import { rawFrames } from "../../dashboard/data/panel_frames";
import { transform } from "../../dashboard/data/transforms";
import { alignSeries, type Aligned } from "../../dashboard/data/prometheus_frames";
import type { Answer, PanelData } from "../../dashboard/data/panel_source";
import type { Scale } from "./paths";

export interface SeriesStyle {
  draw: "line" | "bars" | "points" | "other"; // other: by the picture's own painter
  width: number;
  dash: number[];
  round: boolean; // dashes have round ends: without length they are dots
  curve: "linear" | "smooth" | "stepBefore" | "stepAfter";
  fill: number; // 0..1
  gradient: "none" | "fade" | "scheme"; // scheme: each height has the colour of its value
  points: "auto" | "always" | "never";
  pointSize: number;
  spanGaps: number; // seconds a line may bridge; 0: none, Infinity: all
  stack: string; // group, "" for none
  percent: boolean;
  negative: boolean;
  fillBelowTo: string;
  barAlign: -1 | 0 | 1;
  barWidth: number; // share of the step
}

export interface Drawn {
  name: string;
  column: string; // its field's own name
  labels: Readonly<Record<string, string>>;
  config: JsonObject;
  color: string;
  /** Of one of its values, where they have colours of their own. */
  colorAt?: (index: number) => string;
  style: SeriesStyle;
  axis: string;
  display: Displayer;
  hidden: { legend: boolean; tooltip: boolean; viz: boolean };
  values: Float64Array; // as the server sent them
  drawn: Float64Array; // stacked, mirrored
  below?: Float64Array; // what a stacked series stands on
  ghost: boolean; // of the comparison with earlier
}

export interface Axis {
  key: string;
  side: "left" | "right";
  unit: string;
  decimals: number | undefined;
  label: string;
  min: number | undefined;
  max: number | undefined;
  softMin: number | undefined;
  softMax: number | undefined;
  log: number; // base, 0 for linear
  grid: boolean;
  hidden: boolean;
  centred: boolean;
  thresholds: Thresholds | undefined;
  thresholdMode: string; // off, line, dashed, area, line+area …
  /** The share of the height that its values take, from the ground. */
  part?: number;
}

/** What a picture draws below its lines by itself: `scaleOf` leads from places and values to pixels of the canvas. */
export type Painter = (pen: CanvasRenderingContext2D, view: { scaleOf: (axis: string) => Scale; from: number; to: number; width: number; ratio: number }) => void;

/** What takes the place of time: in each frame the column that the others are drawn over, in whose order its rows are. */
export interface Over {
  frames: readonly DataFrame[];
  columns: readonly Field[];
  axis: OverAxis;
  errors: string[];
}

export type OverAxis = Pick<Axis, "unit" | "decimals" | "label" | "min" | "max" | "log" | "grid" | "hidden"> & { name: string; text: (value: number) => string };

export interface Picture {
  times: Float64Array; // Unix seconds, or places on `over`
  over?: OverAxis;
  /** Between its places, where they are none of time. */
  step?: number;
  paint?: Painter;
  /** Why there is nothing to draw, where it is not for want of data. */
  problem?: string;
  series: Drawn[];
  axes: Axis[];
  shape: number;
  errors: string[];
}

function styleOf(config: JsonObject): SeriesStyle {
  const custom = objectOf(config.custom);
  const stacking = objectOf(custom.stacking);
  const mode = textOf(stacking.mode, "none");
  const line = objectOf(custom.lineStyle);
  const dash = Array.isArray(line.dash) ? line.dash.map((n) => numberOf(n, 4)) : line.fill === "dash" ? [8, 6] : [1, 4];
  const spans = custom.spanNulls;
  return {
    draw: custom.drawStyle === "bars" ? "bars" : custom.drawStyle === "points" ? "points" : "line",
    width: numberOf(custom.lineWidth, 1.5),
    round: line.fill === "dot",
    dash: line.fill === "dash" || line.fill === "dot" ? dash : [],
    curve: custom.lineInterpolation === "smooth" || custom.lineInterpolation === "stepBefore" || custom.lineInterpolation === "stepAfter" ? custom.lineInterpolation : "linear",
    fill: Math.min(100, Math.max(0, numberOf(custom.fillOpacity, 0))) / 100,
    gradient: gradientOf(textOf(custom.gradientMode, "none"), textOf(objectOf(config.color).mode)),
    points: custom.showPoints === "always" || custom.showPoints === "never" ? custom.showPoints : "auto",
    pointSize: numberOf(custom.pointSize, 5),
    spanGaps: spans === true ? Infinity : typeof spans === "number" ? spans / 1000 : 0,
    stack: mode === "none" ? "" : textOf(stacking.group, "A") || "A",
    percent: mode === "percent",
    negative: custom.transform === "negative-Y",
    fillBelowTo: textOf(custom.fillBelowTo),
    barAlign: custom.barAlignment === -1 ? -1 : custom.barAlignment === 1 ? 1 : 0,
    barWidth: numberOf(custom.barWidthFactor, 0.6),
  };
}

// Only a colour that is one of values can be a scheme.
function gradientOf(mode: string, color: string): SeriesStyle["gradient"] {
  if (mode !== "scheme") return mode === "none" ? "none" : "fade";
  return color === "thresholds" || color.startsWith("continuous-") ? "scheme" : "none";
}

export function axisOf(config: JsonObject, percent: boolean): Axis {
  const custom = objectOf(config.custom);
  const scale = objectOf(custom.scaleDistribution);
  const placement = textOf(custom.axisPlacement, "auto");
  const unit = percent ? "percentunit" : textOf(config.unit);
  const mode = textOf(objectOf(custom.thresholdsStyle).mode, "off");
  const axis: Omit<Axis, "key"> = {
    side: placement === "right" ? "right" : "left",
    unit,
    decimals: numberOf(config.decimals),
    label: textOf(custom.axisLabel),
    min: percent ? 0 : numberOf(config.min),
    max: percent ? 1 : numberOf(config.max),
    softMin: numberOf(custom.axisSoftMin),
    softMax: numberOf(custom.axisSoftMax),
    log: scale.type === "log" ? numberOf(scale.log, 10) : scale.type === "symlog" ? 10 : 0,
    grid: flagOf(custom.axisGridShow, true),
    hidden: placement === "hidden",
    centred: flagOf(custom.axisCenteredZero),
    thresholds: mode === "off" ? undefined : thresholdsOf(config),
    thresholdMode: mode,
  };
  // Series with the same unit and bounds share an axis.
  return { ...axis, key: [axis.unit, axis.side === "right" ? "right" : "left", axis.min, axis.max, axis.log, axis.softMin, axis.softMax].join("|") };
}

interface Plan {
  panel: Panel;
  shape: number;
  series: Omit<Drawn, "values" | "drawn" | "below">[];
  axes: Axis[];
  errors: string[];
}

export class PictureMaker {
  private plan: Plan | undefined;
  private spare: Float64Array[] = [];

  make(panel: Panel, data: PanelData, over?: Over): Picture {
    const made = over ?? (panel.transformations.length === 0 ? undefined : transform(rawFrames(data.answers), panel.transformations));
    if (this.plan === undefined || this.plan.panel !== panel || this.plan.shape !== data.shape || made !== undefined)
      this.plan = planOf(panel, data, made?.frames ?? rawFrames(data.answers), made?.errors ?? [], over);
    const { times, rows, steps } = made === undefined ? rowsOfAnswers(data) : rowsOfFrames(made.frames, over);
    const series = this.plan.series.map((s, i): Drawn => {
      const values = rows[i] ?? new Float64Array(times.length).fill(NaN);
      // Beside series with more points, a line goes on from one of its own points to the next.
      const spanGaps = Math.max(s.style.spanGaps, steps?.[i] ?? 0);
      return { ...s, style: spanGaps === s.style.spanGaps ? s.style : { ...s.style, spanGaps }, values, drawn: values };
    });
    this.stack(series, times.length);
    return { times, series, axes: this.plan.axes, shape: this.plan.shape, errors: this.plan.errors, ...(over === undefined ? {} : { over: over.axis, step: leastStep(times) }) };
  }

  private stack(series: Drawn[], length: number): void {
    let used = 0;
    const fresh = (): Float64Array => {
      const spare = this.spare[used];
      const row = spare !== undefined && spare.length === length ? spare : new Float64Array(length);
      this.spare[used++] = row;
      return row;
    };
    const groups = new Map<string, Drawn[]>();
    for (const one of series) {
      if (one.style.negative) {
        const row = fresh();
        for (let i = 0; i < length; i++) row[i] = -one.values[i]!;
        one.drawn = row;
      }
      if (one.style.stack === "" || one.ghost || one.hidden.viz) continue;
      const key = `${one.style.stack}|${one.axis}|${one.style.negative}`;
      groups.set(key, [...(groups.get(key) ?? []), one]);
    }
    for (const group of groups.values()) {
      const total = group[0]!.style.percent ? totals(group, length) : undefined;
      let below: Float64Array | undefined;
      for (const one of group) {
        const row = fresh();
        const source = one.drawn;
        for (let i = 0; i < length; i++) {
          const own = source[i]!;
          const value = total === undefined ? own : own / total[i]!;
          row[i] = (Number.isNaN(value) ? (below === undefined ? NaN : 0) : value) + (below === undefined || Number.isNaN(below[i]!) ? 0 : below[i]!);
        }
        one.drawn = row;
        if (below !== undefined) one.below = below;
        below = row;
      }
    }
  }
}

function totals(group: readonly Drawn[], length: number): Float64Array {
  const out = new Float64Array(length);
  for (const { drawn } of group) for (let i = 0; i < length; i++) if (!Number.isNaN(drawn[i]!)) out[i]! += drawn[i]!;
  return out;
}

/** The way between the two places that are nearest to each other; 1 where there are not two. */
export function leastStep(places: ArrayLike<number>): number {
  let least = Infinity;
  for (let i = 1; i < places.length; i++) if (places[i]! > places[i - 1]!) least = Math.min(least, places[i]! - places[i - 1]!);
  return least === Infinity ? 1 : least;
}

function planOf(panel: Panel, data: PanelData, frames: readonly DataFrame[], errors: string[], over?: Over): Plan {
  const configured = applyConfig(panel.fieldConfig, frames);
  const axes = new Map<string, Axis>();
  const series: Plan["series"] = [];
  let index = 0;
  configured.forEach((frame, f) =>
    frame.fields.forEach((field, i) => {
      if (field.type !== "number" || over?.columns[f] === frames[f]!.fields[i]) return;
      const name = displayNameOf(field, frame, configured);
      const style = styleOf(field.config);
      const axis = axisOf(field.config, style.percent);
      if (!axes.has(axis.key) || (axes.get(axis.key)!.label === "" && axis.label !== "")) axes.set(axis.key, axis);
      // A threshold or a scheme may colour a series by its last value.
      const values = numbersOf(field);
      let color = seriesColorOf(withPalette(field.config), index, name, values[values.length - 1] ?? NaN);
      if (objectOf(field.config.color).mode === "shades") color = shadeOf(color, index);
      series.push({
        name,
        column: field.name,
        labels: field.labels,
        config: field.config,
        color,
        style,
        axis: axis.key,
        display: displayerOf({ ...field.config, color: { mode: "fixed" } }, { seriesColor: color }),
        hidden: { legend: isHiddenFrom(field.config, "legend"), tooltip: isHiddenFrom(field.config, "tooltip"), viz: isHiddenFrom(field.config, "viz") },
        ghost: false,
      });
      index++;
    }),
  );
  if (panel.transformations.length === 0 && over === undefined) {
    // The comparison with earlier has the same series in the same order as far as they existed then.
    const now = [...series];
    let start = 0;
    for (const answer of data.answers) {
      const count = answer.aligned?.series.length ?? 0;
      for (const earlier of answer.earlier?.series ?? []) {
        const key = JSON.stringify(earlier.metric, Object.keys(earlier.metric).sort());
        const at = (answer.aligned?.series ?? []).findIndex((s) => JSON.stringify(s.metric, Object.keys(s.metric).sort()) === key);
        const twin = now[start + Math.max(0, at)];
        if (twin === undefined || at < 0) continue;
        series.push({ ...twin, ghost: true, style: { ...twin.style, draw: "line", dash: [4, 4], width: 1, fill: 0, stack: "", points: "never" }, hidden: { legend: true, tooltip: false, viz: twin.hidden.viz } });
      }
      start += count;
    }
  }
  return { panel, shape: data.shape, series, axes: [...axes.values()].sort((a, b) => Number(a.side === "right") - Number(b.side === "right")), errors };
}

export function withPalette(config: JsonObject): JsonObject {
  const mode = objectOf(config.color).mode;
  return mode === undefined ? { ...config, color: { mode: "palette-classic" } } : config;
}

interface Rows {
  times: Float64Array;
  rows: Float64Array[];
  steps?: number[]; // of each row that was put on times it has no points at: the way between its own, seconds
}

// `regular`: the times are those of a step, of which an answer leaves out the ones at which it has nothing.
function joinedRows(series: readonly { metric: Readonly<Record<string, string>>; times: Float64Array; values: Float64Array }[], regular: boolean): Rows {
  const joined = alignSeries(series);
  const known = new Map<Float64Array, number>();
  const stepOf = (times: Float64Array): number => {
    let step = known.get(times);
    if (step !== undefined) return step;
    let least = Infinity;
    if (regular) for (let i = 1; i < times.length; i++) least = Math.min(least, times[i]! - times[i - 1]!);
    step = 0;
    for (let i = 1; i < times.length; i++) if (times[i]! - times[i - 1]! < least * 1.5) step = Math.max(step, times[i]! - times[i - 1]!);
    known.set(times, step);
    return step;
  };
  return { times: joined.times, rows: joined.series.map((s) => s.values), steps: series.map(({ times }) => (times.length === joined.times.length ? 0 : stepOf(times))) };
}

function rowsOfAnswers(data: PanelData): Rows {
  const parts = data.answers.map(partOf).filter((a) => a !== undefined);
  const ghosts = data.answers.flatMap((answer) =>
    (answer.earlier?.series ?? [])
      .filter((earlier) => (answer.aligned?.series ?? []).some((s) => sameLabels(s.metric, earlier.metric)))
      .map((s) => ({ times: answer.earlier!.times, values: s.values, metric: s.metric })),
  );
  const first = parts[0];
  if (first === undefined) return { times: new Float64Array(0), rows: [] };
  const same = parts.every((p) => p.times.length === first.times.length && p.times[0] === first.times[0] && p.times[p.times.length - 1] === first.times[first.times.length - 1]);
  const rows = same && ghosts.length === 0
    ? { times: first.times, rows: parts.flatMap((p) => p.series.map((s) => s.values)) }
    : joinedRows([...parts.flatMap((p) => p.series.map((s) => ({ ...s, times: p.times }))), ...ghosts], true);
  const steps = data.answers.filter(({ aligned }) => aligned !== undefined && aligned.times.length > 0).map(({ everyStep }) => everyStep ?? NaN);
  return withPauses(rows, steps);
}

// An answer leaves out the steps at which no series has a sample. A row without values, a step after the last one with
// some, ends the lines there: an outage is no straight line from before it to after it.
// `steps`: of what was put together, NaN where they are not known to be all there.
function withPauses(found: Rows, steps: readonly number[]): Rows {
  if (steps.length === 0 || steps.some(Number.isNaN)) return found;
  const { times } = found;
  const step = Math.max(...steps);
  const pauses: number[] = []; // places of the first rows after one
  for (let i = 1; i < times.length; i++) if (times[i]! - times[i - 1]! > step * 1.5) pauses.push(i);
  if (pauses.length === 0) return found;
  const put = (row: Float64Array, between: (after: number) => number): Float64Array => {
    const out = new Float64Array(row.length + pauses.length);
    let from = 0;
    pauses.forEach((at, i) => {
      out.set(row.subarray(from, at), from + i);
      out[at + i] = between(at);
      from = at;
    });
    out.set(row.subarray(from), from + pauses.length);
    return out;
  };
  return { ...found, times: put(times, (after) => times[after - 1]! + step), rows: found.rows.map((row) => put(row, () => NaN)) };
}

// A value of now is a series of one point, in the place that its frame has among the series.
function partOf({ aligned, samples, question }: Answer): Aligned | undefined {
  if (aligned !== undefined || samples === undefined || samples.length === 0 || question.format === "table") return aligned;
  return { times: Float64Array.of(samples[0]!.time), series: samples.map(({ metric, value }) => ({ metric, values: Float64Array.of(value) })) };
}

function sameLabels(a: Readonly<Record<string, string>>, b: Readonly<Record<string, string>>): boolean {
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => a[key] === b[key]);
}

// A trend has other places than times, of which nothing is known to be missing.
function rowsOfFrames(frames: readonly DataFrame[], over?: Over): Rows {
  const steps: number[] = [];
  const series = frames.flatMap((frame, f) => {
    const place = over === undefined ? frame.fields.find((field) => field.type === "time") : over.columns[f];
    if (place === undefined) return [];
    if (place.values.length > 0) steps.push((over === undefined ? everyStepOf(place) : undefined) ?? NaN);
    const times = over === undefined ? numbersOf(place).map((ms) => ms / 1000) : numbersOf(place);
    return frame.fields.filter((field) => field.type === "number" && field !== place).map((field) => ({ metric: {}, times, values: numbersOf(field) }));
  });
  return withPauses(joinedRows(series, false), steps);
}
