// `$name`, `${name}`, `${name:format}`, `${name.field}` and `[[name:format]]` → text.
import { datePattern } from '../field/date_pattern';
import { dateZone } from '../field/date_zone';
import { ALL, type BoundVariable, type Scope } from './scope';

// How several values are written where the text does not say: titles have their names, prose has them between commas.
export type Mode = 'promql' | 'text' | 'url' | 'title' | 'prose';

const REFERENCE = /\$(\w+)|\[\[(\w+?)(?::(\w+))?\]\]|\$\{(\w+)(?:\.([^:^}]+))?(?::([^}]+))?\}/g;

export function interpolate(text: string, scope: Scope, mode: Mode = 'text'): string {
  if (!text.includes('$') && !text.includes('[[')) return text;
  return text.replace(REFERENCE, (whole: string, plain: string | undefined, old: string | undefined, oldFormat: string | undefined, braced: string | undefined, field: string | undefined, format: string | undefined, at: number) => {
    const name = plain ?? old ?? braced ?? '';
    const full = field === undefined ? name : `${name}.${field}`;
    const builtin = scope.builtins.get(full) ?? scope.lookup?.(full);
    if (builtin !== undefined) return formatBuiltin(builtin, format ?? oldFormat);
    const variable = scope.variables.get(name);
    if (variable === undefined) return whole;
    if (field === 'text') return variable.texts.join(' + ');
    const asked = format ?? oldFormat;
    if (asked === undefined && mode === 'promql' && variable.all === undefined) return promqlValue(variable, quoteAt(text, at));
    return formatVariable(variable, asked, mode);
  });
}

type Quote = '"' | "'" | '`' | '';

// The quote of the PromQL string that is open at a place of an expression.
function quoteAt(text: string, at: number): Quote {
  let open: Quote = '';
  for (let i = 0; i < at; i++) {
    const c = text[i]!;
    if (c === '\\' && open !== '' && open !== '`') i++;
    else if (open === '' && (c === '"' || c === "'" || c === '`')) open = c;
    else if (c === open) open = '';
    else if (c === '#' && open === '') i = text.indexOf('\n', i) < 0 ? at : text.indexOf('\n', i);
  }
  return open;
}

// Names of the variables a text mentions, built-in ones left out.
export function referencesOf(text: string): string[] {
  const out = new Set<string>();
  for (const match of text.matchAll(REFERENCE)) {
    const name = match[1] ?? match[2] ?? match[4] ?? '';
    if (!name.startsWith('__')) out.add(name);
  }
  return [...out];
}

// A built-in name takes the formats that suit one text or one time.
function formatBuiltin(value: string, format: string | undefined): string {
  return format?.split(':')[0] === 'date' ? dateText(value, format) : value;
}

// "date", "date:iso", "date:seconds", "date:YYYY-MM-DD HH:mm"; the pattern is read in the page's zone.
function dateText(value: string, format: string): string {
  const ms = Number.parseInt(value, 10);
  if (Number.isNaN(ms)) return 'NaN';
  const kind = format.slice('date:'.length);
  if (kind === 'ms') return value;
  if (kind === 'seconds') return String(Math.round(ms / 1000));
  if (kind === '' || kind === 'iso') return Math.abs(ms) > 8.64e15 ? 'Invalid date' : new Date(ms).toISOString();
  return datePattern(ms, kind, dateZone());
}

export function escapeRegex(value: string): string {
  return value.replace(/[\\^$*+?.()|[\]{}/]/g, '\\$&');
}

// As it must stand inside a PromQL string; outside of one a value is part of the expression.
function escapePromql(value: string, quote: Quote): string {
  if (quote === '' || quote === '`') return value;
  return value.replace(/\\/g, '\\\\').replace(/\n/g, '\\n').replaceAll(quote, `\\${quote}`);
}

// RFC 3986: what encodeURIComponent leaves of the reserved characters is encoded too.
function strictly(encoded: string): string {
  return encoded.replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
}
const percent = (text: string) => strictly(encodeURIComponent(text));

function formatVariable(variable: BoundVariable, format: string | undefined, mode: Mode): string {
  const { values, name } = variable;
  const [kind, ...given] = (format ?? '').split(':');
  const list = variable.list === true;
  if (kind === 'text' || (kind === '' && mode === 'title')) return variable.texts.join(' + ');
  if (kind === 'queryparam') return (variable.everything === true ? [ALL] : values).map((v) => `var-${encodeURIComponent(name)}=${percent(v).replace(/^%24__all$/, ALL)}`).join('&');
  // What a board says to write for "All" is written as it is, whatever the format.
  if (variable.all !== undefined) return kind === 'percentencode' ? percent(variable.all.value) : variable.all.value;
  switch (kind) {
    case '':
      if (mode === 'promql') return promqlValue(variable, '');
      if (mode === 'url') return values.map(encodeURIComponent).join(',');
      if (mode === 'prose') return values.join(', ');
      return glob(values);
    case 'raw':
    case 'csv':
      return values.join(',');
    case 'join':
      return values.join(given.length === 0 ? ',' : given.join(':'));
    case 'html': // its text is shown as text: there is nothing to escape
      return values.join(', ');
    case 'pipe':
      return values.join('|');
    case 'regex':
      return values.length === 1 ? escapeRegex(values[0]!) : `(${values.map(escapeRegex).join('|')})`;
    case 'json':
      return list ? JSON.stringify(values) : (values[0] ?? '');
    case 'customqueryparam':
      return values.map((v) => `${percent(given[0] || name)}=${percent(given[1] ?? '')}${percent(v)}`).join('&');
    case 'percentencode':
      return percent(list ? `{${values.join(',')}}` : values.join(''));
    case 'uriencode':
      return strictly(encodeURI(list ? `{${values.join(',')}}` : values.join('')));
    case 'singlequote':
      return values.map((v) => `'${v.replace(/'/g, "\\'")}'`).join(',');
    case 'doublequote':
      return values.map((v) => `"${v.replace(/"/g, '\\"')}"`).join(',');
    case 'sqlstring':
      return values.map((v) => `'${v.replace(/'/g, "''").replace(/"/g, '\\"')}'`).join(',');
    case 'lucene':
      if (!list) return luceneTerm(values[0] ?? '');
      return values.length === 0 ? '__empty__' : `(${values.map((v) => `"${luceneTerm(v)}"`).join(' OR ')})`;
    case 'distributed':
      return values.map((v, i) => (i === 0 ? v : `${name}=${v}`)).join(',');
    case 'date':
      return dateText(values[0] ?? '', format!);
    default: // an unknown name is the default of texts
      return glob(values);
  }
}

function glob(values: readonly string[]): string {
  return values.length > 1 ? `{${values.join(',')}}` : values.join('');
}

function luceneTerm(value: string): string {
  if (value.trim() !== '' && !Number.isNaN(Number(value))) return value;
  return value.replace(/([!*+\-=<>\s&|()[\]{}^~?:\\/"])/g, '\\$1');
}

// One value of several is a regular expression: `=~"$name"` has to work for one and for many.
function promqlValue({ values, multi }: BoundVariable, quote: Quote): string {
  if (!multi) return escapePromql(values[0] ?? '', quote);
  const patterns = values.map((value) => quote === '' ? value : escapePromql(value.replace(/[\\$^*{}[\]'"+?.()|]/g, (c) => (c === quote || c === '"' ? c : `\\${c}`)), quote));
  return patterns.length === 1 ? patterns[0]! : `(${patterns.join('|')})`;
}
