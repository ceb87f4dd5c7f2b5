// Adds labels to every aggregation of a PromQL text, as a board's group-by variable asks: `sum(x)` becomes
// `sum by (region) (x)`, a list of its own grows, and what "without" takes away it takes away no longer. A scan of
// tokens is enough: an aggregation is one of a few words before a parenthesis or a list of labels.
import { stringEnd } from './promql_matchers';

const AGGREGATIONS = new Set(['sum', 'avg', 'count', 'min', 'max', 'group', 'stddev', 'stdvar', 'topk', 'bottomk', 'count_values', 'quantile', 'limitk', 'limit_ratio']);

export function addGrouping(expr: string, labels: readonly string[]): string {
  if (labels.length === 0) return expr;
  let out = '';
  let i = 0;
  while (i < expr.length) {
    const c = expr[i]!;
    if (c === '#') {
      const end = expr.indexOf('\n', i);
      out += expr.slice(i, end < 0 ? expr.length : end);
      i = end < 0 ? expr.length : end;
    } else if (c === '"' || c === "'" || c === '`') {
      const end = stringEnd(expr, i);
      out += expr.slice(i, end);
      i = end;
    } else if (c === '{') {
      const end = closing(expr, i, '{', '}');
      out += expr.slice(i, end);
      i = end;
    } else if (/[a-zA-Z_:]/.test(c)) {
      const word = /^[a-zA-Z_:][a-zA-Z0-9_:]*/.exec(expr.slice(i))![0];
      i += word.length;
      out += word;
      if (!AGGREGATIONS.has(word.toLowerCase())) continue;
      const before = listAt(expr, i);
      if (before !== undefined) {
        out += ` ${changed(before, labels)}`;
        i = before.end;
        continue;
      }
      if (!/^\s*\(/.test(expr.slice(i))) continue;
      // The list may also stand behind the arguments, which are worked through by themselves.
      const open = expr.indexOf('(', i);
      const end = closing(expr, open, '(', ')');
      const after = listAt(expr, end);
      const inside = `(${addGrouping(expr.slice(open + 1, end - 1), labels)})`;
      out += after === undefined ? ` by (${labels.join(', ')}) ${inside}` : `${inside} ${changed(after, labels)}`;
      i = after === undefined ? end : after.end;
    } else {
      out += c;
      i++;
    }
  }
  return out;
}

interface List {
  word: string; // by, without
  names: string[];
  end: number;
}

function listAt(expr: string, from: number): List | undefined {
  const match = /^\s*(by|without)\s*\(([^)]*)\)/i.exec(expr.slice(from));
  if (match === null) return undefined;
  return { word: match[1]!.toLowerCase(), names: match[2]!.split(',').map((name) => name.trim()).filter((name) => name !== ''), end: from + match[0].length };
}

function changed({ word, names }: List, labels: readonly string[]): string {
  const next = word === 'by' ? [...names, ...labels.filter((label) => !names.includes(label))] : names.filter((name) => !labels.includes(name));
  return `${word} (${next.join(', ')})`;
}

// Behind the bracket that closes the one at `from`; the end of the text where none does.
function closing(text: string, from: number, open: string, close: string): number {
  let depth = 0;
  for (let i = from; i < text.length; i++) {
    const c = text[i]!;
    if (c === '"' || c === "'" || c === '`') i = stringEnd(text, i) - 1;
    else if (c === '#') {
      const end = text.indexOf('\n', i);
      if (end < 0) break;
      i = end;
    } else if (c === open) depth++;
    else if (c === close && --depth === 0) return i + 1;
  }
  return text.length;
}
