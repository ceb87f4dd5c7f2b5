// `$name`, `${name}`, `${name:format}`, `${name.field}` and `[[name:format]]` → text.
import type { BoundVariable, Scope } from './scope';

export type Mode = 'promql' | 'text' | 'url';

const REFERENCE = /\$(\w+)|\[\[(\w+?)(?::(\w+))?\]\]|\$\{(\w+)(?:\.([^:^}]+))?(?::([^}]+))?\}/g;

export function interpolate(text: string, scope: Scope, mode: Mode = 'text'): string {
  if (!text.includes('$') && !text.includes('[[')) return text;
  return text.replace(REFERENCE, (whole, plain?: string, old?: string, oldFormat?: string, braced?: string, field?: string, format?: string) => {
    const name = plain ?? old ?? braced ?? '';
    const builtin = scope.builtins.get(field === undefined ? name : `${name}.${field}`);
    if (builtin !== undefined) return formatBuiltin(builtin, format ?? oldFormat);
    const variable = scope.variables.get(name);
    if (variable === undefined) return whole;
    if (field === 'text') return variable.texts.join(' + ');
    return formatVariable(variable, format ?? oldFormat, mode);
  });
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

function formatBuiltin(value: string, format: string | undefined): string {
  if (format === undefined || !format.startsWith('date')) return value;
  const time = new Date(Number(value));
  if (Number.isNaN(time.getTime())) return value;
  const kind = format.slice('date:'.length);
  if (kind === 'seconds') return String(Math.floor(time.getTime() / 1000));
  if (kind === '' || kind === 'iso') return time.toISOString();
  return datePattern(time, kind);
}

// The few letters of date patterns that dashboards use, in UTC.
function datePattern(time: Date, pattern: string): string {
  const two = (n: number) => String(n).padStart(2, '0');
  const parts: Record<string, string> = {
    YYYY: String(time.getUTCFullYear()), MM: two(time.getUTCMonth() + 1), DD: two(time.getUTCDate()),
    HH: two(time.getUTCHours()), mm: two(time.getUTCMinutes()), ss: two(time.getUTCSeconds()),
  };
  return pattern.replace(/YYYY|MM|DD|HH|mm|ss/g, (part) => parts[part]!);
}

export function escapeRegex(value: string): string {
  return value.replace(/[\\^$*+?.()|[\]{}/]/g, '\\$&');
}

// Inside a PromQL string that is a regular expression: each backslash is written twice.
function escapePromqlRegex(value: string): string {
  return value.replace(/\\/g, '\\\\\\\\').replace(/[$^*{}[\]'"+?.()|]/g, (c) => (c === '"' ? '\\"' : `\\\\${c}`)).replace(/\n/g, '\\n');
}

// Inside a PromQL string. What a person typed may be a whole expression, so its quotes stay.
function escapePromql(value: string, kind: string): string {
  const safe = value.replace(/\\/g, '\\\\').replace(/'/g, "\\'");
  return kind === 'query' ? safe.replace(/"/g, '\\"').replace(/\n/g, '\\n') : safe;
}

function formatVariable(variable: BoundVariable, format: string | undefined, mode: Mode): string {
  const { values } = variable;
  if (format === undefined && variable.all !== undefined) return variable.all.value;
  switch (format?.split(':')[0]) {
    case undefined:
      if (mode === 'promql') return promqlValue(variable);
      if (mode === 'url') return values.map(encodeURIComponent).join(',');
      return values.length === 1 ? values[0]! : values.length === 0 ? '' : `{${values.join(',')}}`;
    case 'raw':
      return variable.all?.value ?? values.join(',');
    case 'csv':
      return values.join(',');
    case 'pipe':
      return values.join('|');
    case 'regex':
      if (variable.all !== undefined) return variable.all.value;
      return values.length === 1 ? escapeRegex(values[0]!) : `(${values.map(escapeRegex).join('|')})`;
    case 'glob':
      return values.length > 1 ? `{${values.join(',')}}` : values.join('');
    case 'json':
      return variable.multi ? JSON.stringify(values) : JSON.stringify(values[0] ?? '');
    case 'text':
      return variable.texts.join(' + ');
    case 'queryparam':
      return values.map((v) => `var-${encodeURIComponent(variable.name)}=${encodeURIComponent(v)}`).join('&');
    case 'percentencode':
      return encodeURIComponent(values.length > 1 ? `{${values.join(',')}}` : values.join(''));
    case 'singlequote':
      return values.map((v) => `'${v.replace(/'/g, "\\'")}'`).join(',');
    case 'doublequote':
      return values.map((v) => `"${v.replace(/"/g, '\\"')}"`).join(',');
    case 'sqlstring':
      return values.map((v) => `'${v.replace(/'/g, "''")}'`).join(',');
    case 'lucene':
      return values.length === 1 ? luceneTerm(values[0]!) : `(${values.map((v) => `"${luceneTerm(v)}"`).join(' OR ')})`;
    case 'distributed':
      return values.map((v, i) => (i === 0 ? v : `${variable.name}=${v}`)).join(',');
    case 'date':
      return formatBuiltin(values[0] ?? '', format);
    default:
      return values.join(',');
  }
}

function luceneTerm(value: string): string {
  return value.replace(/([!*+\-=<>\s&|()[\]{}^~?:\\/"])/g, '\\$1');
}

function promqlValue(variable: BoundVariable): string {
  const { values, kind } = variable;
  if (!variable.multi) return escapePromql(values[0] ?? '', kind);
  if (values.length === 1) return escapePromqlRegex(values[0]!);
  return `(${values.map(escapePromqlRegex).join('|')})`;
}
