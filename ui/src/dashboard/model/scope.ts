// What names in `$name` stand for: variables with their chosen values, and the built-in ones of a time range.
import { intervalText, type Step } from './intervals';

export interface BoundVariable {
  name: string;
  kind: string; // the variable's type: query, custom, textbox …
  values: string[]; // "All" already replaced by every option
  texts: string[];
  multi: boolean; // may hold more than one value: its values are then escaped for a regular expression
  list?: boolean; // is a list of values, although it may hold one: formats write it as such
  everything?: boolean; // "All" is chosen
  all?: { value: string }; // "All" is chosen and the board says what to write for it
}

export interface Scope {
  variables: ReadonlyMap<string, BoundVariable>;
  builtins: ReadonlyMap<string, string>;
  /** Built-in names that are too many to list: asked for one that is met. */
  lookup?: (name: string) => string | undefined;
}

export const ALL = '$__all';

export interface RangeMs {
  fromMs: number;
  toMs: number;
}

export function rangeBuiltins(range: RangeMs): [string, string][] {
  const ms = Math.max(0, Math.round(range.toMs - range.fromMs));
  const seconds = Math.round(ms / 1000);
  return [
    ['__from', String(Math.round(range.fromMs))],
    ['__to', String(Math.round(range.toMs))],
    ['__range', `${seconds}s`],
    ['__range_s', String(seconds)],
    ['__range_ms', String(ms)],
  ];
}

// What a board's texts and queries may name of the board and of who looks at it; this server has one organisation and no users.
export function boardBuiltins(board: { title: string; uid: string }, zone: string): [string, string][] {
  return [
    ['__dashboard', board.title], ['__dashboard.name', board.title], ['__dashboard.uid', board.uid],
    ['__org', '1'], ['__org.id', '1'], ['__org.name', 'Main Org.'],
    ['__user', '0'], ['__user.id', '0'], ['__user.login', 'anonymous'], ['__user.email', ''],
    ['__timezone', zone],
  ];
}

export function stepBuiltins(step: Step): [string, string][] {
  return [
    ['__interval', intervalText(step.intervalMs)],
    ['__interval_ms', String(step.intervalMs)],
    ['__rate_interval', intervalText(step.rateIntervalMs)],
    ['__rate_interval_ms', String(step.rateIntervalMs)],
  ];
}

export function makeScope(variables: Iterable<BoundVariable>, builtins: Iterable<[string, string]> = []): Scope {
  return { variables: new Map([...variables].map((v) => [v.name, v])), builtins: new Map(builtins) };
}

export function withBuiltins(scope: Scope, more: Iterable<[string, string]>): Scope {
  return { ...scope, builtins: new Map([...scope.builtins, ...more]) };
}

export function withVariables(scope: Scope, more: Iterable<BoundVariable>): Scope {
  return { ...scope, variables: new Map([...scope.variables, ...[...more].map((v): [string, BoundVariable] => [v.name, v])]) };
}
