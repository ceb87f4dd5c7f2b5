// What a query variable asks for, how its regex picks, and how its options are sorted.
import type { JsonObject } from './json';
import { isObject, textOf } from './json';

export type VariableQuery =
  | { kind: 'labelValues'; label: string; selector?: string }
  | { kind: 'labelNames'; selector?: string }
  | { kind: 'metrics'; pattern: string }
  | { kind: 'queryResult'; expr: string }
  | { kind: 'series'; selector: string }
  | { kind: 'none' };

export interface Option {
  text: string;
  value: string;
}

// The text of `query`, which newer boards wrap in an object.
export function queryTextOf(variable: JsonObject): string {
  const query = variable.query;
  if (isObject(query)) return textOf(query.query, textOf(query.expr));
  return textOf(query) || textOf(variable.definition);
}

export function parseVariableQuery(text: string): VariableQuery {
  const query = text.trim();
  if (query === '') return { kind: 'none' };
  const names = /^label_names\(\s*([\s\S]*?)\s*\)$/.exec(query);
  if (names) return names[1] === '' ? { kind: 'labelNames' } : { kind: 'labelNames', selector: names[1]! };
  const values = /^label_values\(([\s\S]*)\)$/.exec(query);
  if (values) {
    // The label is what follows the last comma outside braces, brackets and quotes.
    const inner = values[1]!.trim();
    const comma = lastComma(inner);
    if (comma < 0) return { kind: 'labelValues', label: inner };
    const selector = inner.slice(0, comma).trim();
    const label = inner.slice(comma + 1).trim();
    return selector === '' ? { kind: 'labelValues', label } : { kind: 'labelValues', label, selector };
  }
  const metrics = /^metrics\(([\s\S]*)\)$/.exec(query);
  if (metrics) return { kind: 'metrics', pattern: metrics[1]!.trim() };
  const result = /^query_result\(([\s\S]*)\)$/.exec(query);
  if (result) return { kind: 'queryResult', expr: result[1]!.trim() };
  return { kind: 'series', selector: query };
}

function lastComma(text: string): number {
  let depth = 0;
  let quote = '';
  let found = -1;
  for (let i = 0; i < text.length; i++) {
    const c = text[i]!;
    if (quote !== '') {
      if (c === '\\') i++;
      else if (c === quote) quote = '';
    } else if (c === '"' || c === "'" || c === '`') quote = c;
    else if ('{[('.includes(c)) depth++;
    else if ('}])'.includes(c)) depth--;
    else if (c === ',' && depth === 0) found = i;
  }
  return found;
}

// `/…/flags` or a bare expression. A named group `value` or `text`, else the first group, else the whole.
export function pickByRegex(options: Option[], regex: string): Option[] {
  const source = regex.trim();
  if (source === '') return unique(options);
  const slashed = /^\/([\s\S]*)\/([a-z]*)$/.exec(source);
  const pattern = new RegExp(slashed ? slashed[1]! : `^${source}$`, slashed ? slashed[2]!.replace(/[gy]/g, '') : '');
  const out: Option[] = [];
  for (const option of options) {
    const match = pattern.exec(option.text) ?? pattern.exec(option.value);
    if (match === null) continue;
    const { value, text } = match.groups ?? {};
    if (value !== undefined || text !== undefined) {
      out.push({ value: value ?? text ?? '', text: text ?? value ?? '' });
    } else if (match.length > 1 && match[1] !== undefined) {
      out.push({ value: match[1], text: match[1] });
    } else {
      out.push(option);
    }
  }
  return unique(out);
}

function unique(options: Option[]): Option[] {
  const seen = new Set<string>();
  return options.filter((option) => !seen.has(option.value) && seen.add(option.value));
}

function firstNumber(text: string): number {
  const match = /-?\d+(\.\d+)?/.exec(text);
  return match === null ? Number.NEGATIVE_INFINITY : Number(match[0]);
}

// Grafana's numbers: 1 a→z, 2 z→a, 3 0→9, 4 9→0, 5 and 6 as 1 and 2 without case, 7 and 8 natural order.
export function sortOptions(options: Option[], sort: number): Option[] {
  const byText = (a: Option, b: Option) => (a.text < b.text ? -1 : a.text > b.text ? 1 : 0);
  const byLowerCase = (a: Option, b: Option) => a.text.toLowerCase().localeCompare(b.text.toLowerCase(), 'en');
  const natural = (a: Option, b: Option) => a.text.localeCompare(b.text, 'en', { numeric: true });
  const byNumber = (a: Option, b: Option) => {
    const left = firstNumber(a.text);
    const right = firstNumber(b.text);
    return left < right ? -1 : left > right ? 1 : byText(a, b);
  };
  const order = [undefined, byText, byText, byNumber, byNumber, byLowerCase, byLowerCase, natural, natural][sort];
  if (order === undefined) return options;
  const sorted = [...options].sort(order);
  return sort % 2 === 0 ? sorted.reverse() : sorted;
}

// "a, b\, c, Text : value" of custom variables.
export function customOptions(text: string): Option[] {
  const parts = text.match(/(?:\\,|[^,])+/g) ?? [];
  return parts
    .map((part) => part.replace(/\\,/g, ',').trim())
    .filter((part) => part !== '')
    .map((part) => {
      const pair = /^\s*(.+?)\s+:\s+(.+?)\s*$/.exec(part);
      return pair ? { text: pair[1]!, value: pair[2]! } : { text: part, value: part };
    });
}
