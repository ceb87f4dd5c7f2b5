// The data of a panel as configured frames: answers → frames → transformations → field configuration.
import type { Panel } from "../model/board";
import { numberOf, objectOf, objectsOf, textOf, textsOf } from "../model/json";
import { applyConfig, regexOf } from "../field/overrides";
import { rowText, type RowOf } from "../field/row_texts";
import { reduce } from "../field/reducers";
import { displayerOf, seriesColorOf, shadeOf, type Display, type Displayer } from "../field/display";
import { displayNameOf, everyStepOf, makeField, makeFrame, numberAt, secondsOnce, timeField, numbersOf, type DataFrame, type Field, type History } from "./frame";
import { rangeRows, seriesFrames, tableFrame } from "./prometheus_frames";
import { transform } from "./transforms";
import type { Answer, PanelData } from "./panel_source";
import { legendOf } from "./legend";

export function rawFrames(answers: readonly Answer[]): DataFrame[] {
  return answers.flatMap((answer): DataFrame[] => {
    const { question, aligned, samples } = answer;
    const options = { refId: question.refId, expr: question.expr, legendFormat: question.legendFormat, everyStep: answer.everyStep };
    const several = answers.length > 1;
    if (question.format === "table") {
      const rows = samples?.map((s) => ({ metric: s.metric, timeMs: s.time * 1000, value: s.value })) ?? (aligned === undefined ? [] : rangeRows(aligned));
      return rows.length === 0 && !answer.answered ? [] : [withoutTime(tableFrame(rows, question.refId, several), question.timeless === true)];
    }
    if (aligned !== undefined) return seriesFrames(aligned, options);
    return (samples ?? []).map((sample) => {
      const field = makeField("Value", "number", Float64Array.of(sample.value), { ...sample.metric });
      const name = legendOf(question.legendFormat, sample.metric);
      if (name !== "") field.config.displayNameFromDS = name;
      return makeFrame(question.refId, [makeField("Time", "time", Float64Array.of(sample.time * 1000)), field], name);
    });
  });
}

function withoutTime(frame: DataFrame, timeless: boolean): DataFrame {
  return timeless ? { ...frame, fields: frame.fields.filter((field) => field.type !== "time") } : frame;
}

export interface Prepared {
  frames: DataFrame[];
  errors: string[];
}

export function preparedFrames(panel: Panel, data: PanelData): Prepared {
  const { frames, errors } = transform(rawFrames(data.answers), panel.transformations);
  return { frames: applyConfig(panel.fieldConfig, frames), errors };
}

// One shown value: a stat, a gauge, a bar, a slice.
export interface ShownValue {
  key: string;
  title: string;
  value: number;
  display: Display;
  field: Field;
  /** The series behind it, for a sparkline. */
  series?: History;
  /** The row that it is itself a value of. */
  row?: RowOf;
  low: number;
  high: number;
}

const LIMIT = 25; // rows that are values, where the board does not say

export function shownValues(panel: Panel, frames: readonly DataFrame[]): ShownValue[] {
  const options = objectOf(panel.options.reduceOptions);
  const calc = textsOf(options.calcs)[0] ?? "lastNotNull";
  const wanted = textOf(options.fields);
  const all = options.values === true;
  const limit = numberOf(options.limit, LIMIT);
  const out: ShownValue[] = [];
  const bounds = spanOf(frames);
  const seconds = secondsOnce();
  frames.forEach((frame, frameIndex) => {
    const time = timeField(frame);
    for (const field of frame.fields) {
      const name = displayNameOf(field, frame, frames);
      if (!isWanted(field, name, wanted)) continue;
      const span = field.config.fieldMinMax === true ? spanOf([{ ...frame, fields: [field] }]) : bounds;
      const low = typeof field.config.min === "number" ? field.config.min : span.low;
      const high = typeof field.config.max === "number" ? field.config.max : span.high;
      const show = (value: number, title: string, text?: string) => {
        const display = shownDisplayer(field, out.length, title, value, low, high)(value, text);
        return { key: `${frameIndex}/${field.name}/${title}/${out.length}`, title, value, display, field, low, high };
      };
      if (all) {
        // The limit is that of all rows and columns together.
        const rows = Math.min(field.values.length, limit - out.length);
        const titleOf = rowTitles(panel, field, frame, frames, name);
        for (let row = 0; row < rows; row++)
          out.push({ ...show(numberAt(field, row), titleOf(row), typeof field.values[row] === "string" ? String(field.values[row]) : undefined), row: { frame, frames, row } });
        continue;
      }
      if (field.type === "string") {
        const text = String(field.values[field.values.length - 1] ?? "");
        out.push(show(Number.NaN, name, text));
        continue;
      }
      const values = numbersOf(field);
      const shown = show(reduce(values, calc), name);
      out.push(time === undefined || values.length < 2 ? shown : { ...shown, series: { times: seconds(time), values, everyStep: everyStepOf(time) } });
    }
  });
  return out;
}

// A row is called by its texts as they are shown, and by its column where several have numbers; or as the board says.
function rowTitles(panel: Panel, field: Field, frame: DataFrame, frames: readonly DataFrame[], name: string): (row: number) => string {
  const set = field.config.displayName;
  if (typeof set === "string" && set !== "" && (set.includes("$") || textOf(panel.fieldConfig.defaults.displayName) !== "")) return (row) => rowText(set, { frame, frames, row });
  const others = frame.fields.filter((other) => other !== field);
  const counted = others.some((other) => other.type === "number");
  const texts = others.filter((other) => other.type === "string").map(({ values, config }) => {
    const display = objectsOf(config.mappings).length === 0 ? undefined : displayerOf(config);
    return (row: number) => {
      const text = String(values[row] ?? "");
      return text === "" || display === undefined ? text : display(NaN, text).text;
    };
  });
  return (row) => {
    const parts = texts.map((textAt) => textAt(row)).filter((part) => part !== "");
    if (parts.length === 0 || counted) parts.push(name);
    return parts.join(" ");
  };
}

// How a shown value reads. `value` counts only where the colour is that of a value, which the displayer then takes
// from the value that it is given.
export function shownDisplayer(field: Field, place: number, title: string, value: number, low: number, high: number): Displayer {
  const color = seriesColorOf({ ...field.config, color: field.config.color ?? { mode: "thresholds" } }, place, title, value);
  const shaded = objectOf(field.config.color).mode === "shades" ? shadeOf(color, place) : color;
  return displayerOf(field.config, { seriesColor: shaded, low, high });
}

function isWanted(field: Field, name: string, wanted: string): boolean {
  if (wanted === "") return field.type === "number";
  if (wanted.startsWith("/")) {
    // A name that the board gives to what it shows is not the one by which it chose it.
    const pattern = regexOf(wanted);
    return (wanted === "/.*/" ? field.type !== "other" : true) && [name, ...(textOf(field.config.displayName) === "" ? [] : [field.name])].some((one) => pattern?.test(one) ?? false);
  }
  return name === wanted || field.name === wanted;
}

// The span of all numbers: what a gauge without min and max is drawn on.
export function spanOf(frames: readonly DataFrame[]): { low: number; high: number } {
  let low = Infinity;
  let high = -Infinity;
  for (const frame of frames)
    for (const field of frame.fields) {
      if (field.type !== "number") continue;
      for (let row = 0; row < field.values.length; row++) {
        const value = numberAt(field, row);
        if (value < low) low = value;
        if (value > high) high = value;
      }
    }
  return low <= high ? { low: Math.min(0, low), high } : { low: 0, high: 100 };
}
