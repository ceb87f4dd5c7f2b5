// Variables of a board: their options, in the order in which they depend on each other, and what is chosen.
import type { VariableJson } from './board';
import { flagOf, numberOf, objectOf, objectsOf, textOf, textsOf } from './json';
import { interpolate, referencesOf } from './interpolate';
import { autoInterval } from './intervals';
import { durationMs } from '../../time/duration';
import { ALL, makeScope, rangeBuiltins, withVariables, type BoundVariable, type RangeMs, type Scope } from './scope';
import { matcherText } from './promql_matchers';
import { customOptions, parseVariableQuery, pickByRegex, queryTextOf, sortOptions, type Option } from './variable_query';

// Where options come from; the server, or a table in tests.
export interface VariableSource {
  labelValues(label: string, selector: string | undefined, range: RangeMs): Promise<string[]>;
  labelNames(selector: string | undefined, range: RangeMs): Promise<string[]>;
  instant(expr: string, timeMs: number): Promise<{ labels: Record<string, string>; value: string; timeMs: number }[]>;
  series(selector: string, range: RangeMs): Promise<Record<string, string>[]>;
  datasources(type: string): Option[];
}

export interface AdhocFilter {
  key: string;
  operator: string;
  value: string;
}

export interface VariableState {
  name: string;
  label: string;
  kind: string;
  hide: number; // 0 shown, 1 without its name, 2 not at all
  multi: boolean;
  includeAll: boolean;
  allValue: string;
  options: Option[];
  chosen: string[]; // values; [ALL] for all
  filters: AdhocFilter[]; // of an adhoc variable
  baseFilters: AdhocFilter[]; // of the board, which nobody can take away
  error?: string;
}

export type Chosen = ReadonlyMap<string, readonly string[]>; // by variable name, from the address

const OPTIONS_MAX = 5000; // more than a person can pick from; the search inside the picker still finds them

// Names that a variable's own texts mention.
export function dependenciesOf(variable: VariableJson): string[] {
  const datasource = textOf(objectOf(variable.datasource).uid);
  return referencesOf([queryTextOf(variable), textOf(variable.regex), datasource].join('\n')).filter((name) => name !== variable.name);
}

// Levels of variables: each depends only on the levels before it. A circle is cut where it closes.
export function chainOf(variables: VariableJson[]): VariableJson[][] {
  const byName = new Map(variables.map((v) => [v.name, v]));
  const level = new Map<string, number>();
  const visit = (variable: VariableJson, above: Set<string>): number => {
    const known = level.get(variable.name);
    if (known !== undefined) return known;
    if (above.has(variable.name)) return -1;
    const inside = new Set(above).add(variable.name);
    let depth = 0;
    for (const name of dependenciesOf(variable)) {
      const other = byName.get(name);
      if (other !== undefined) depth = Math.max(depth, visit(other, inside) + 1);
    }
    level.set(variable.name, depth);
    return depth;
  };
  const levels: VariableJson[][] = [];
  for (const variable of variables) (levels[visit(variable, new Set())] ??= []).push(variable);
  return levels.filter((l) => l !== undefined);
}

export async function resolveVariables(
  variables: VariableJson[], chosen: Chosen, source: VariableSource, range: RangeMs, more: readonly [string, string][] = [],
): Promise<VariableState[]> {
  let scope = makeScope([], [...rangeBuiltins(range), ...more]);
  const done = new Map<string, VariableState>();
  for (const level of chainOf(variables)) {
    const states = await Promise.all(level.map((v) => resolveOne(v, chosen.get(v.name), source, range, scope)));
    for (const state of states) done.set(state.name, state);
    scope = withVariables(scope, states.map((state) => bindVariable(state)));
  }
  return variables.map((v) => done.get(v.name)!).filter((s) => s !== undefined);
}

async function resolveOne(
  variable: VariableJson, asked: readonly string[] | undefined, source: VariableSource, range: RangeMs, scope: Scope,
): Promise<VariableState> {
  const state: VariableState = {
    name: variable.name,
    label: textOf(variable.label) || variable.name,
    kind: variable.type,
    hide: numberOf(variable.hide, 0),
    multi: flagOf(variable.multi) || variable.type === 'groupby',
    includeAll: flagOf(variable.includeAll),
    allValue: textOf(variable.allValue),
    options: [],
    chosen: [],
    filters: filtersOf(variable.filters),
    baseFilters: filtersOf(variable.baseFilters),
  };
  try {
    state.options = (await optionsOf(variable, source, range, scope)).slice(0, OPTIONS_MAX);
  } catch (error) {
    state.error = error instanceof Error ? error.message : String(error);
  }
  state.chosen = choose(state, asked ?? textsOf(variable.current.value), asked !== undefined);
  return state;
}

function filtersOf(value: unknown): AdhocFilter[] {
  return objectsOf(value).map((f) => ({ key: textOf(f.key), operator: textOf(f.operator, '='), value: Array.isArray(f.values) && f.values.length > 0 ? textsOf(f.values).join('|') : textOf(f.value) }));
}

async function optionsOf(variable: VariableJson, source: VariableSource, range: RangeMs, scope: Scope): Promise<Option[]> {
  const text = queryTextOf(variable);
  switch (variable.type) {
    case 'query': {
      const found = await queryOptions(interpolate(text, scope, 'promql'), source, range);
      return sortOptions(pickByRegex(found, interpolate(textOf(variable.regex), scope)), numberOf(variable.sort, 0));
    }
    case 'custom':
      return customOptions(interpolate(text, scope));
    case 'constant':
    case 'textbox': {
      const value = text || textsOf(variable.current.value)[0] || '';
      return [{ text: value, value }];
    }
    case 'interval': {
      const fixed = customOptions(text);
      if (!flagOf(variable.auto)) return fixed;
      const least = durationMs(textOf(variable.auto_min, '10s')) ?? 10_000;
      return [{ text: 'auto', value: autoInterval(range.toMs - range.fromMs, numberOf(variable.auto_count, 30), least) }, ...fixed];
    }
    case 'switch': {
      const [on, off] = objectsOf(variable.options).map((option) => textsOf(option.value)[0]);
      return [textOf(variable.enabledValue) || on || 'true', textOf(variable.disabledValue) || off || 'false'].map((value) => ({ text: value, value }));
    }
    case 'groupby':
      return (await source.labelNames(undefined, range)).filter((label) => label !== '__name__').map((label) => ({ text: label, value: label }));
    case 'datasource':
      return pickByRegex(source.datasources(text), textOf(variable.regex));
    default:
      return [];
  }
}

async function queryOptions(text: string, source: VariableSource, range: RangeMs): Promise<Option[]> {
  const query = parseVariableQuery(text);
  const plain = (values: string[]): Option[] => values.map((value) => ({ text: value, value }));
  switch (query.kind) {
    case 'none':
      return [];
    case 'labelValues':
      return plain(await source.labelValues(query.label, query.selector, range));
    case 'labelNames':
      return plain(await source.labelNames(query.selector, range));
    case 'metrics': {
      const pattern = new RegExp(query.pattern || '.*');
      return plain((await source.labelValues('__name__', undefined, range)).filter((name) => pattern.test(name)));
    }
    case 'queryResult': {
      const found = await source.instant(query.expr, range.toMs);
      return plain(found.map((item) => `${seriesText(item.labels)} ${item.value} ${Math.round(item.timeMs)}`));
    }
    case 'series':
      return plain((await source.series(query.selector, range)).map(seriesText));
  }
}

export function seriesText(labels: Record<string, string>): string {
  const { __name__: name = '', ...rest } = labels;
  const inner = Object.entries(rest).map(([key, value]) => `${key}=${JSON.stringify(value)}`);
  return inner.length === 0 ? name : `${name}{${inner.join(',')}}`;
}

// What stays chosen when options change: what is still there, else the first option (or all).
function choose(state: VariableState, wanted: readonly string[], asked: boolean): string[] {
  if (state.kind === 'textbox' || state.kind === 'constant') return [wanted[0] ?? state.options[0]?.value ?? ''];
  // Grouping by nothing is a choice, and a label that no series has now is still one.
  if (state.kind === 'groupby') return [...new Set(wanted.filter((value) => value !== ''))];
  const isAll = (value: string) => value === ALL || (value === 'All' && state.includeAll);
  if (wanted.some(isAll) && state.includeAll) return [ALL];
  const values = wanted.map((value) => state.options.find((o) => o.value === value || o.text === value)?.value);
  const known = values.filter((v) => v !== undefined);
  if (known.length > 0) return state.multi ? [...new Set(known)] : [known[0]!];
  // An address that names a value is believed, so a link to a series that has gone still says what it meant.
  if ((asked || state.error !== undefined) && wanted.length > 0) return [...wanted];
  if (state.includeAll && wanted.length === 0) return [ALL];
  return state.options.length > 0 ? [state.options[0]!.value] : [];
}

export function bindVariable(state: VariableState): BoundVariable {
  const multi = state.multi || state.includeAll;
  if (state.chosen[0] === ALL) {
    const bound: BoundVariable = {
      name: state.name, kind: state.kind, multi, list: true, everything: true, values: state.options.map((o) => o.value), texts: ['All'],
    };
    if (state.allValue !== '') bound.all = { value: state.allValue };
    else if (state.options.length === 0) bound.all = { value: '.*' };
    return bound;
  }
  const texts = state.chosen.map((value) => state.options.find((o) => o.value === value)?.text ?? value);
  return { name: state.name, kind: state.kind, multi, list: state.multi, values: state.chosen, texts };
}

export function scopeOf(states: VariableState[], range?: RangeMs, more: readonly [string, string][] = []): Scope {
  // "{$filters}" in a query is what the filters are as matchers.
  const filters = states.filter((s) => s.kind === 'adhoc').map((s): [string, string] => [s.name, adhocFiltersOf([s]).map(matcherText).join(', ')]);
  return makeScope(states.filter((s) => s.kind !== 'adhoc').map(bindVariable), [...(range === undefined ? [] : rangeBuiltins(range)), ...more, ...filters]);
}

export function adhocFiltersOf(states: VariableState[]): AdhocFilter[] {
  return states.flatMap((state) => (state.kind === 'adhoc' ? [...state.baseFilters, ...state.filters] : [])).filter((f) => f.key !== '');
}

// The labels that a board's group-by variables add to every aggregation.
export function groupingOf(scope: Scope): string[] {
  return [...new Set([...scope.variables.values()].flatMap((variable) => (variable.kind === 'groupby' ? variable.values : [])))];
}
