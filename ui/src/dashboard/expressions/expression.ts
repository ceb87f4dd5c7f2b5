// Grafana's server-side expressions, the targets of the data source "__expr__": what of them is understood. They are
// worked out here, over the answers to the panel's other queries, so that they stay live with them.
import { isObject, numberOf, objectOf, objectsOf, textOf, type JsonObject } from '../model/json';

export type Expression = { refId: string; hidden: boolean } & (
  | { type: 'math'; text: string }
  | { type: 'reduce'; input: string; reducer: string; mode: 'strict' | 'dropNN' | 'replaceNN'; replacement: number }
  | { type: 'resample'; input: string; window: string; down: string; up: string }
  | { type: 'threshold'; input: string; evaluator: Evaluator }
  | { type: 'classic_conditions'; conditions: Condition[] }
  | { type: 'unknown'; name: string }
);

export interface Evaluator {
  type: string; // gt, lt, eq, ne, gte, lte, within_range, outside_range, …_included, no_value
  params: number[];
}

export interface Condition {
  input: string;
  reducer: string;
  evaluator: Evaluator;
  or: boolean; // joined to the conditions before it by "or"
}

export const EXPRESSION_TYPES = ['math', 'reduce', 'resample', 'threshold', 'classic_conditions'] as const;

export function isExpressionSource(ref: unknown): boolean {
  if (ref === '__expr__') return true;
  return isObject(ref) && (ref.type === '__expr__' || ref.uid === '__expr__' || ref.uid === '-100');
}

// `interpolated` fills in the board's variables, and leaves names it does not know ("$A") as they are.
export function expressionOf(target: JsonObject, interpolated: (text: string) => string = (text) => text): Expression {
  const refId = textOf(target.refId);
  const base = { refId, hidden: target.hide === true };
  const text = interpolated(textOf(target.expression));
  const input = inputOf(text);
  const settings = objectOf(target.settings);
  const type = textOf(target.type);
  switch (type) {
    case 'math':
      return { ...base, type, text };
    case 'reduce': {
      const mode = textOf(settings.mode);
      return { ...base, type, input, reducer: textOf(target.reducer, 'last'), mode: mode === 'dropNN' || mode === 'replaceNN' ? mode : 'strict', replacement: numberOf(settings.replaceWithValue, 0) };
    }
    case 'resample':
      return { ...base, type, input, window: interpolated(textOf(target.window, '10s')), down: textOf(target.downsampler, 'mean'), up: textOf(target.upsampler, 'fillna') };
    case 'threshold':
      return { ...base, type, input, evaluator: evaluatorOf(objectOf(objectsOf(target.conditions)[0]).evaluator) };
    case 'classic_conditions':
      return {
        ...base,
        type,
        conditions: objectsOf(target.conditions).map((condition) => ({
          input: textOf((Array.isArray(objectOf(condition.query).params) ? (objectOf(condition.query).params as unknown[]) : [])[0]),
          reducer: textOf(objectOf(condition.reducer).type, 'avg'),
          evaluator: evaluatorOf(condition.evaluator),
          or: textOf(objectOf(condition.operator).type) === 'or',
        })),
      };
    default:
      return { ...base, type: 'unknown', name: type };
  }
}

function evaluatorOf(value: unknown): Evaluator {
  const json = objectOf(value);
  return { type: textOf(json.type, 'gt'), params: Array.isArray(json.params) ? json.params.map((one) => numberOf(one, NaN)) : [] };
}

// "$A", "${A}" and "A" name the same.
function inputOf(text: string): string {
  return text.trim().replace(/^\$\{?/, '').replace(/\}$/, '');
}

export const REFERENCE = /\$\{([^}]+)\}|\$([A-Za-z_]\w*)/g;

// What an expression reads.
export function inputsOf(expression: Expression): string[] {
  switch (expression.type) {
    case 'math':
      return [...new Set([...expression.text.matchAll(REFERENCE)].map((match) => match[1] ?? match[2]!))];
    case 'classic_conditions':
      return [...new Set(expression.conditions.map((condition) => condition.input))].filter((name) => name !== '');
    case 'unknown':
      return [];
    default:
      return expression.input === '' ? [] : [expression.input];
  }
}

// The names that must be asked or worked out for what is shown, hidden ones included.
export function neededBy(expressions: readonly Expression[]): Set<string> {
  const byName = new Map(expressions.map((expression) => [expression.refId, expression]));
  const needed = new Set<string>();
  const waiting = expressions.filter((expression) => !expression.hidden);
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop())
    for (const name of inputsOf(next)) {
      if (needed.has(name)) continue;
      needed.add(name);
      const other = byName.get(name);
      if (other !== undefined) waiting.push(other);
    }
  return needed;
}
