// Shown values at each tick: what does not change with the values (fields, their configuration, colours, how numbers
// read) is worked out once for a set of series. What transformations or rows make is made anew each time.
import type { Panel } from "../model/board";
import { numberOf, objectOf, textOf, textsOf } from "../model/json";
import type { Display, Displayer } from "../field/display";
import { reduce } from "../field/reducers";
import { preparedFrames, shownDisplayer, shownValues, type ShownValue } from "./panel_frames";
import type { History } from "./frame";
import type { PanelData } from "./panel_source";
import type { LabelSet } from "./prometheus_frames";

export interface Shown {
  values: ShownValue[];
  errors: string[];
}

interface Row extends History {
  metric: LabelSet;
}

const NONE = new Float64Array(0);

interface Plan {
  panel: Panel;
  metrics: readonly LabelSet[]; // of the rows it was made for, in their order
  legends: readonly string[]; // of the answers, whose series they name
  single: readonly boolean[]; // of one point: there is no line of it
  displayers: readonly Displayer[];
  spanned: boolean; // a value is judged by the span of all
}

export class ShownMaker {
  private plan: Plan | undefined;
  private last: Shown = { values: [], errors: [] };

  constructor(private readonly most: number) {}

  make(panel: Panel, data: PanelData): Shown {
    const rows = rowsOf(panel, data);
    if (rows === undefined || this.plan?.panel !== panel || !isFor(this.plan, rows, data)) return this.anew(panel, data, rows);
    const calc = textsOf(objectOf(panel.options.reduceOptions).calcs)[0] ?? "lastNotNull";
    const { displayers, spanned } = this.plan;
    const span = spanned ? spanOfRows(rows) : undefined;
    this.last = {
      ...this.last,
      values: this.last.values.map((before, i) => {
        const { times, values, everyStep } = rows[i]!;
        const { min, max } = before.field.config;
        const low = typeof min === "number" || span === undefined ? before.low : span.low;
        const high = typeof max === "number" || span === undefined ? before.high : span.high;
        const value = reduce(values, calc);
        const display = displayers[i]!(value, undefined, numberOf(min) ?? low, numberOf(max) ?? high);
        // What shows the same stays the same, so that it need not be drawn.
        if (before.series === undefined && Object.is(value, before.value) && low === before.low && high === before.high && sameDisplay(display, before.display)) return before;
        return before.series === undefined ? { ...before, value, display, low, high } : { ...before, value, display, low, high, series: { times, values, everyStep } };
      }),
    };
    return this.last;
  }

  private anew(panel: Panel, data: PanelData, rows: readonly Row[] | undefined): Shown {
    const { frames, errors } = preparedFrames(panel, data);
    const values = shownValues(panel, frames).slice(0, this.most);
    this.last = { values, errors };
    // One value for each series, in their order: else nothing is known of the next tick.
    const planned = rows !== undefined && values.length === rows.length && values.every((shown, i) => (shown.series === undefined) === rows[i]!.values.length < 2);
    this.plan = !planned
      ? undefined
      : {
          panel,
          metrics: rows.map((row) => row.metric),
          legends: data.answers.map(({ question }) => question.legendFormat),
          single: rows.map((row) => row.values.length < 2),
          displayers: values.map(({ field, title, value, low, high }, i) => shownDisplayer(field, i, title, value, low, high)),
          spanned: values.some(({ field }) => typeof field.config.min !== "number" || typeof field.config.max !== "number"),
        };
    return this.last;
  }
}

// The series behind the values, where each of them is one value: undefined where it is not so simple.
function rowsOf(panel: Panel, data: PanelData): Row[] | undefined {
  const options = objectOf(panel.options.reduceOptions);
  if (panel.transformations.length > 0 || options.values === true || textOf(options.fields) !== "") return undefined;
  if (panel.fieldConfig.defaults.fieldMinMax === true || panel.fieldConfig.overrides.some(({ matcher, properties }) => matcher.id === "byValue" || properties.some(({ id }) => id === "fieldMinMax"))) return undefined;
  const rows: Row[] = [];
  for (const { question, aligned, samples, everyStep } of data.answers) {
    if (question.format === "table" || aligned?.histograms !== undefined) return undefined;
    if (aligned !== undefined) for (const { metric, values } of aligned.series) rows.push({ metric, times: aligned.times, values, everyStep });
    else for (const { metric, value } of samples ?? []) rows.push({ metric, times: NONE, values: Float64Array.of(value), everyStep: undefined });
  }
  return rows;
}

function isFor({ metrics, single, legends }: Plan, rows: readonly Row[], { answers }: PanelData): boolean {
  if (legends.length !== answers.length || !legends.every((legend, i) => legend === answers[i]!.question.legendFormat)) return false;
  return metrics.length === rows.length && metrics.every((metric, i) => metric === rows[i]!.metric && single[i] === rows[i]!.values.length < 2);
}

function sameDisplay(a: Display, b: Display): boolean {
  return a.text === b.text && a.color === b.color && a.judged === b.judged && a.number === b.number && a.prefix === b.prefix && a.suffix === b.suffix;
}

// As spanOf has it of frames.
function spanOfRows(rows: readonly Row[]): { low: number; high: number } {
  let low = Infinity;
  let high = -Infinity;
  for (const { values } of rows)
    for (let i = 0; i < values.length; i++) {
      const value = values[i]!;
      if (value < low) low = value;
      if (value > high) high = value;
    }
  return low <= high ? { low: Math.min(0, low), high } : { low: 0, high: 100 };
}
