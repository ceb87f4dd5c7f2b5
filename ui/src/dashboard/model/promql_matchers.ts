// Adds label matchers to every selector of a PromQL text, without changing anything else in it. Used for
// adhoc filters, "click a label to filter" and exported alert rules. A scan of tokens is enough: a name is a
// selector unless it is called, is a keyword, or stands in a list of label names.
import { escapeRegex } from './interpolate';

export interface Matcher {
  key: string;
  operator: string; // =, !=, =~, !~, and of several values =|, !=|
  value: string;
  values?: readonly string[];
}

const KEYWORDS = new Set([
  'by', 'without', 'on', 'ignoring', 'group_left', 'group_right', 'bool', 'offset', 'and', 'or', 'unless', 'atan2', 'inf', 'nan',
  'start', 'end', 'sum', 'avg', 'count', 'min', 'max', 'group', 'stddev', 'stdvar', 'topk', 'bottomk', 'count_values', 'quantile',
  'limitk', 'limit_ratio',
]);
const LIST_KEYWORDS = new Set(['by', 'without', 'on', 'ignoring', 'group_left', 'group_right']);

export function matcherText(given: Matcher): string {
  const matcher = withoutLists(given);
  const key = /^[a-zA-Z_][a-zA-Z0-9_]*$/.test(matcher.key) ? matcher.key : JSON.stringify(matcher.key);
  return `${key}${matcher.operator}${JSON.stringify(matcher.value)}`;
}

// Filters of one of several values ("=|" and "!=|", values divided by "|") are regular expressions of PromQL.
function withoutLists(matcher: Matcher): Matcher {
  if (matcher.operator !== '=|' && matcher.operator !== '!=|') return matcher;
  const value = (matcher.values ?? matcher.value.split('|')).map(escapeRegex).join('|');
  return { key: matcher.key, operator: matcher.operator === '=|' ? '=~' : '!~', value };
}

export function addMatchers(expr: string, matchers: Matcher[]): string {
  if (matchers.length === 0) return expr;
  const addition = matchers.map(matcherText).join(', ');
  let out = '';
  let i = 0;
  let bracket = 0; // inside [5m]
  while (i < expr.length) {
    const c = expr[i]!;
    if (c === '#') {
      const end = expr.indexOf('\n', i);
      const stop = end < 0 ? expr.length : end;
      out += expr.slice(i, stop);
      i = stop;
    } else if (c === '"' || c === "'" || c === '`') {
      const end = stringEnd(expr, i);
      out += expr.slice(i, end);
      i = end;
    } else if (c === '[' || c === ']') {
      bracket += c === '[' ? 1 : -1;
      out += c;
      i++;
    } else if (c === '{') {
      const end = braceEnd(expr, i);
      out += withAddition(expr.slice(i, end), addition);
      i = end;
    } else if (/[a-zA-Z_:]/.test(c)) {
      const word = /^[a-zA-Z_:][a-zA-Z0-9_:]*/.exec(expr.slice(i))![0];
      i += word.length;
      out += word;
      const lower = word.toLowerCase();
      const rest = expr.slice(i);
      const next = /^\s*(.)?/.exec(rest)![1] ?? '';
      if (LIST_KEYWORDS.has(lower) && next === '(') {
        const end = expr.indexOf(')', i) + 1;
        const stop = end === 0 ? expr.length : end;
        out += expr.slice(i, stop);
        i = stop;
      } else if (bracket === 0 && next !== '(' && next !== '{' && !KEYWORDS.has(lower)) {
        out += `{${addition}}`;
      }
    } else if (/[0-9.]/.test(c)) {
      const number = /^(0x[0-9a-f]+|[0-9.]+(e[+-]?[0-9]+)?[a-z0-9]*)/i.exec(expr.slice(i))?.[0] ?? c;
      out += number;
      i += number.length;
    } else {
      out += c;
      i++;
    }
  }
  return out;
}

export function stringEnd(text: string, start: number): number {
  const quote = text[start]!;
  for (let i = start + 1; i < text.length; i++) {
    if (text[i] === '\\' && quote !== '`') i++;
    else if (text[i] === quote) return i + 1;
  }
  return text.length;
}

function braceEnd(text: string, start: number): number {
  for (let i = start + 1; i < text.length; i++) {
    const c = text[i]!;
    if (c === '"' || c === "'" || c === '`') i = stringEnd(text, i) - 1;
    else if (c === '}') return i + 1;
  }
  return text.length;
}

function withAddition(braces: string, addition: string): string {
  const inner = braces.slice(1, braces.endsWith('}') ? -1 : undefined).trim();
  if (inner === '') return `{${addition}}`;
  return `{${inner.replace(/,\s*$/, '')}, ${addition}}`;
}
