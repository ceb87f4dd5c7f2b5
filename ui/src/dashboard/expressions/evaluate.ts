// Answers to a panel's queries → answers of its expressions, which look like those of queries.
import type { Answer } from '../data/panel_source';
import type { Question } from '../data/panel_query';
import { differingLabels } from '../data/legend';
import { reduce } from '../field/reducers';
import { durationMs } from '../../time/duration';
import { inputsOf, type Condition, type Evaluator, type Expression } from './expression';
import { evaluateMath } from './math';
import { withoutName, type Value } from './values';

export interface Evaluation {
  interval: { from: number; to: number };
  step: number; // seconds
  table: boolean; // numbers are to be rows of one table
}

const RESAMPLED_MAX = 11_000; // points, as the query API has it

// One answer for each expression that is not hidden, in their order. What fails says so in `error`.
export function evaluateExpressions(expressions: readonly Expression[], answers: readonly Answer[], how: Evaluation): Answer[] {
  const known = new Map<string, Value>();
  const byName = new Map(expressions.map((expression) => [expression.refId, expression]));
  const pending = new Set<string>();
  const read = (name: string): Value => {
    const before = known.get(name);
    if (before !== undefined) return before;
    const expression = byName.get(name);
    let value: Value;
    if (expression !== undefined) {
      if (pending.has(name)) throw new Error(`${name} depends on itself`);
      pending.add(name);
      try {
        value = evaluate(expression, read, how);
      } finally {
        pending.delete(name);
      }
    } else value = valueOf(name, answers);
    known.set(name, value);
    return value;
  };
  const loaded = (name: string, seen: Set<string>): boolean => {
    const expression = byName.get(name);
    if (expression === undefined) return answers.every((a) => a.question.refId !== name || a.answered || a.error !== undefined);
    if (seen.has(name)) return true;
    return inputsOf(expression).every((input) => loaded(input, new Set(seen).add(name)));
  };
  return expressions
    .filter((expression) => !expression.hidden)
    .map((expression): Answer => {
      const question = questionOf(expression, how);
      if (!loaded(expression.refId, new Set())) return { question, answered: false };
      try {
        return answerOf(question, read(expression.refId), how);
      } catch (error) {
        return { question, answered: false, error: error instanceof Error ? error.message : String(error) };
      }
    });
}

function questionOf(expression: Expression, how: Evaluation): Question {
  const expr = expression.type === 'math' ? expression.text : `${expression.type}(${inputsOf(expression).join(', ')})`;
  return { refId: expression.refId, expr, kind: 'range', format: 'time_series', legendFormat: '', step: how.step, interval: how.interval, exemplars: false };
}

function valueOf(name: string, answers: readonly Answer[]): Value {
  const own = answers.filter((answer) => answer.question.refId === name);
  const answer = own[0];
  if (answer === undefined) throw new Error(`there is no query ${name}`);
  if (answer.error && !answer.answered) throw new Error(`${name}: ${answer.error}`);
  if (answer.aligned !== undefined) return { kind: 'series', times: answer.aligned.times, everyStep: answer.everyStep, items: answer.aligned.series.map(({ metric, values }) => ({ labels: metric, values })) };
  return { kind: 'numbers', items: (answer.samples ?? []).map(({ metric, value }) => ({ labels: metric, value })) };
}

function answerOf(question: Question, value: Value, how: Evaluation): Answer {
  const labels = value.kind === 'scalar' ? [{}] : value.items.map((item) => withoutName(item.labels));
  // Named by the expression, and by the labels in which its series differ.
  const legendFormat = [question.refId, ...(labels.length > 1 ? differingLabels(labels).map((label) => `{{${label}}}`) : [])].join(' ');
  if (value.kind === 'series') {
    const aligned = { times: value.times, series: value.items.map(({ values }, i) => ({ metric: labels[i]!, values })) };
    return { question: { ...question, legendFormat, step: value.everyStep ?? question.step }, aligned, answered: true, everyStep: value.everyStep };
  }
  const numbers = value.kind === 'scalar' ? [value.value] : value.items.map((item) => item.value);
  return {
    question: { ...question, legendFormat, kind: 'instant', timeless: true, format: how.table ? 'table' : 'time_series' },
    samples: numbers.map((number, i) => ({ metric: labels[i]!, time: how.interval.to, value: number, text: String(number) })),
    answered: true,
  };
}

function evaluate(expression: Expression, read: (name: string) => Value, how: Evaluation): Value {
  switch (expression.type) {
    case 'math':
      return evaluateMath(expression.text, read);
    case 'reduce':
      return reduced(read(expression.input), expression);
    case 'resample':
      return resampled(read(expression.input), expression, how);
    case 'threshold':
      return evaluateMath(conditionText(expression.input, expression.evaluator), read);
    case 'classic_conditions':
      return { kind: 'scalar', value: conditionsHold(expression.conditions, read) };
    default:
      throw new Error(`expressions of the kind "${expression.name}" are not evaluated`);
  }
}

const REDUCERS: Record<string, string> = { last: 'lastNotNull', first: 'firstNotNull', count: 'count', sum: 'sum', mean: 'mean', avg: 'mean', min: 'min', max: 'max', median: 'median', diff: 'diff', count_non_null: 'count', percent_diff: 'diffperc' };

function reduced(value: Value, { reducer, mode, replacement }: Extract<Expression, { type: 'reduce' }>): Value {
  const usable = (number: number) => mode === 'strict' || Number.isFinite(number);
  const settle = (number: number) => (usable(number) ? number : mode === 'replaceNN' ? replacement : NaN);
  if (value.kind === 'scalar') return { kind: 'scalar', value: settle(value.value) };
  if (value.kind === 'numbers') {
    const items = value.items.map((item) => ({ ...item, value: settle(item.value) }));
    return { kind: 'numbers', items: mode === 'dropNN' ? items.filter((item) => !Number.isNaN(item.value)) : items };
  }
  return {
    kind: 'numbers',
    items: value.items.map(({ labels, values }) => ({ labels, value: reduceRow(Array.from(values).filter((number) => !Number.isNaN(number)).map((number) => (mode === 'replaceNN' && !Number.isFinite(number) ? replacement : number)).filter(usable), reducer) })),
  };
}

// Of values that are all there.
function reduceRow(values: readonly number[], reducer: string): number {
  if (values.length === 0) return reducer === 'count' || reducer === 'count_non_null' || reducer === 'sum' ? 0 : NaN;
  if (reducer === 'diff_abs') return Math.abs(reduce(values, 'diff'));
  if (reducer === 'percent_diff') return reduce(values, 'diffperc') * 100;
  if (reducer === 'percent_diff_abs') return Math.abs(reduce(values, 'diffperc') * 100);
  if (!Object.hasOwn(REDUCERS, reducer)) throw new Error(`there is no reduction "${reducer}"`);
  return reduce(values, REDUCERS[reducer]!);
}

function resampled(value: Value, { window, down, up }: Extract<Expression, { type: 'resample' }>, { interval }: Evaluation): Value {
  if (value.kind !== 'series') throw new Error('only series can be resampled');
  const size = (durationMs(window) ?? NaN) / 1000;
  if (!(size > 0)) throw new Error(`"${window}" is no window`);
  const count = Math.floor((interval.to - interval.from) / size) + 1;
  if (count > RESAMPLED_MAX) throw new Error(`a window of ${window} makes ${count} points, more than ${RESAMPLED_MAX}`);
  const times = Float64Array.from({ length: count }, (_, i) => interval.from + i * size);
  return {
    kind: 'series',
    times,
    everyStep: size,
    items: value.items.map(({ labels, values }) => {
      const points = Array.from(value.times, (time, i) => ({ time, number: values[i]! })).filter(({ number }) => !Number.isNaN(number));
      let at = 0;
      let last = NaN;
      const row = Float64Array.from(times, (time) => {
        const inside: number[] = [];
        while (at < points.length && points[at]!.time <= time) inside.push(points[at++]!.number);
        if (inside.length > 0) last = inside[inside.length - 1]!;
        if (inside.length > 0) return reduceRow(inside, down);
        return up === 'pad' ? last : up === 'backfilling' ? (points[at]?.number ?? NaN) : NaN;
      });
      return { labels, values: row };
    }),
  };
}

// A condition is a math expression, so that missing values are judged in the same way.
function conditionText(input: string, { type, params }: Evaluator): string {
  const value = `\${${input}}`;
  const [a, b] = params.map((number) => `(${number})`);
  const wanted = /range/.test(type) ? 2 : 1;
  if (params.length < wanted || params.slice(0, wanted).some(Number.isNaN)) throw new Error(`the threshold "${type}" needs ${wanted === 1 ? 'a number' : 'two numbers'}`);
  switch (type) {
    case 'gt': return `${value} > ${a}`;
    case 'gte': return `${value} >= ${a}`;
    case 'lt': return `${value} < ${a}`;
    case 'lte': return `${value} <= ${a}`;
    case 'eq': return `${value} == ${a}`;
    case 'ne':
    case 'neq': return `${value} != ${a}`;
    case 'within_range': return `${value} > ${a} && ${value} < ${b}`;
    case 'within_range_included': return `${value} >= ${a} && ${value} <= ${b}`;
    case 'outside_range': return `${value} < ${a} || ${value} > ${b}`;
    case 'outside_range_included': return `${value} <= ${a} || ${value} >= ${b}`;
    default: throw new Error(`there is no threshold "${type}"`);
  }
}

// 1 or 0 for all conditions together, from left to right; NaN when none of them had data.
function conditionsHold(conditions: readonly Condition[], read: (name: string) => Value): number {
  let holds = NaN;
  let data = false;
  conditions.forEach((condition, index) => {
    const value = read(condition.input);
    const numbers = value.kind === 'scalar' ? [value.value] : value.kind === 'numbers' ? value.items.map((item) => item.value) : value.items.map(({ values }) => reduceRow(Array.from(values).filter((number) => !Number.isNaN(number)), condition.reducer));
    const there = numbers.filter((number) => !Number.isNaN(number));
    data ||= there.length > 0 || condition.evaluator.type === 'no_value';
    const own =
      condition.evaluator.type === 'no_value'
        ? there.length === 0
        : there.some((number) => {
            const judged = evaluateMath(conditionText('x', condition.evaluator), () => ({ kind: 'scalar', value: number }));
            return judged.kind === 'scalar' && judged.value === 1;
          });
    holds = Number(index === 0 ? own : condition.or ? holds === 1 || own : holds === 1 && own);
  });
  return data ? holds : NaN;
}
