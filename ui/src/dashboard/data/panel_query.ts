// What a panel asks the server: its targets with every name filled in, and the step they are asked with.
import type { Panel, Target } from "../model/board";
import { flagOf, objectOf, textOf } from "../model/json";
import { interpolate } from "../model/interpolate";
import { stepOf, SCRAPE_INTERVAL_MS, type Step } from "../model/intervals";
import { durationMs } from "../../time/duration";
import { addGrouping } from "../model/promql_grouping";
import { addMatchers } from "../model/promql_matchers";
import { makeScope, rangeBuiltins, stepBuiltins, withBuiltins, type Scope } from "../model/scope";
import { groupingOf, type AdhocFilter } from "../model/variables";
import { isOurDatasource } from "../model/datasource";
import { expressionOf, isExpressionSource, neededBy, type Expression } from "../expressions/expression";

export interface Interval {
  from: number; // Unix seconds
  to: number;
}

export interface Question {
  refId: string;
  expr: string;
  kind: "range" | "instant";
  format: "time_series" | "table" | "heatmap";
  legendFormat: string;
  step: number; // seconds
  interval: Interval;
  exemplars: boolean;
  hidden?: boolean; // asked for expressions only, not shown itself
  timeless?: boolean; // its numbers are of no time: a table of them has no such column
}

export interface Asking {
  questions: Question[];
  /** Worked out here, over the answers. */
  expressions: Expression[];
  /** The refIds in the panel's order: that in which answers are shown. */
  order: string[];
  table: boolean;
  problems: string[];
  step: Step;
  interval: Interval;
  /** Its range ends at another time than the one it was made for: a day before now is no stream of now. */
  shifted: boolean;
}

const INSTANT_PANELS = new Set(["table"]);
// These show what the server says by itself; whatever their queries are for, nothing is asked.
const UNASKED_PANELS = new Set(["logs", "alertlist", "text", "row", "dashlist", "annolist", "news"]);

// A panel may have a time of its own: `timeFrom` ("6h": its last six hours), `timeShift` ("1d": a day earlier).
export function panelInterval(panel: Panel, interval: Interval, scope: Scope): Interval {
  let { from, to } = interval;
  const own = durationMs(interpolate(panel.timeFrom ?? "", scope).replace(/^now-/, ""));
  if (own !== undefined) from = to - own / 1000;
  const shift = durationMs(interpolate(panel.timeShift ?? "", scope).replace(/^now-/, ""));
  if (shift !== undefined) {
    from -= shift / 1000;
    to -= shift / 1000;
  }
  return { from, to };
}

function minIntervalOf(text: string | undefined, scope: Scope): number | undefined {
  if (text === undefined || text === "") return undefined;
  return durationMs(interpolate(text, scope).replace(/^[<>=\s]+/, ""));
}

export function askOf(panel: Panel, scope: Scope, filters: AdhocFilter[], interval: Interval, widthPx: number, scrapeIntervalMs = SCRAPE_INTERVAL_MS): Asking {
  const own = panelInterval(panel, interval, scope);
  const range = { fromMs: own.from * 1000, toMs: own.to * 1000 };
  const points = Math.max(1, panel.maxDataPoints ?? Math.max(10, Math.round(widthPx / 2)));
  const panelMin = minIntervalOf(panel.interval, scope);
  const problems: string[] = [];
  const questions: Question[] = [];
  let panelStep: Step | undefined;
  const sourceOf = (target: Target): unknown => target.datasource ?? panel.datasource;
  const asked = UNASKED_PANELS.has(panel.type) ? [] : panel.targets;
  const every = asked.filter((target) => isExpressionSource(sourceOf(target))).map((target) => expressionOf(target, (text) => interpolate(text, scope)));
  const needed = neededBy(every);
  const expressions = every.filter((expression) => !expression.hidden || needed.has(expression.refId));
  asked.forEach((target) => {
    if (isExpressionSource(sourceOf(target)) || (target.hide === true && !needed.has(target.refId))) return;
    if (!isOurDatasource(sourceOf(target))) {
      const type = textOf(objectOf(sourceOf(target)).type);
      problems.push(`${target.refId}: "${type}" is not a source here`);
      return;
    }
    const expr = textOf(target.expr).trim();
    if (expr === "") return;
    const step = stepFor(target, { range, points, panelMin, scrapeIntervalMs, scope });
    panelStep ??= step;
    questions.push(...questionsOf(panel, target, expr, step, own, scope, filters).map((question) => (target.hide === true ? { ...question, hidden: true } : question)));
  });
  const step = panelStep ?? stepOf({ ...range, maxDataPoints: points, scrapeIntervalMs, ...(panelMin === undefined ? {} : { panelMinMs: panelMin }) });
  return { questions, expressions, order: panel.targets.map((target) => target.refId), table: panel.type === "table", problems, step, interval: own, shifted: own.to !== interval.to };
}

interface StepContext {
  range: { fromMs: number; toMs: number };
  points: number;
  panelMin: number | undefined;
  scrapeIntervalMs: number;
  scope: Scope;
}

function stepFor(target: Target, context: StepContext): Step {
  const { range, points, panelMin, scrapeIntervalMs, scope } = context;
  const named = /^\$\{?(__interval|__rate_interval)(?:_ms)?\}?$/.exec(textOf(target.interval).trim())?.[1] as "__interval" | "__rate_interval" | undefined;
  const queryMin = named === undefined ? minIntervalOf(target.interval, scope) : (`$${named}` as const);
  const factor = Math.max(1, Number(target.intervalFactor ?? 1) || 1);
  return stepOf({ ...range, maxDataPoints: points, scrapeIntervalMs, factor, ...(panelMin === undefined ? {} : { panelMinMs: panelMin }), ...(queryMin === undefined ? {} : { queryMin }) });
}

function questionsOf(panel: Panel, target: Target, expr: string, step: Step, interval: Interval, scope: Scope, filters: AdhocFilter[]): Question[] {
  const full = withBuiltins(scope, [...rangeBuiltins({ fromMs: interval.from * 1000, toMs: interval.to * 1000 }), ...stepBuiltins(step)]);
  const text = addMatchers(addGrouping(interpolate(expr, full, "promql"), groupingOf(scope)), filters.map((f) => ({ key: f.key, operator: f.operator, value: f.value })));
  const format = target.format === "table" ? "table" : target.format === "heatmap" ? "heatmap" : "time_series";
  const both = target.instant === true && target.range === true;
  const instant = target.instant === true || (target.instant === undefined && target.range !== true && format === "table" && INSTANT_PANELS.has(panel.type));
  const base = {
    refId: target.refId,
    expr: text,
    format,
    legendFormat: interpolate(textOf(target.legendFormat), full),
    step: step.stepMs / 1000,
    interval,
    exemplars: flagOf(target.exemplar) && !instant,
  } as const;
  if (both) return [{ ...base, kind: "range" }, { ...base, kind: "instant" }];
  return [{ ...base, kind: instant ? "instant" : "range" }];
}

// The start and end a range is asked with: multiples of the step, so that the same points come again.
export function alignedTo(interval: Interval, step: number): Interval {
  return { from: Math.floor(interval.from / step) * step, to: Math.floor(interval.to / step) * step };
}

export const EMPTY_SCOPE: Scope = makeScope([]);
