// Value mappings and thresholds of any age, in today's shape.
import type { Panel } from './board';
import { arrayOf, isObject, numberOf, objectOf, objectsOf, textOf, writePath, type JsonObject } from './json';

const SPECIAL = new Set(['true', 'false', 'null', 'nan', 'null+nan', 'empty']);

// What a mapping shows; a bare text is one, too.
function resultOf(value: unknown): JsonObject {
  if (!isObject(value)) return textOf(value) === '' ? {} : { text: textOf(value) };
  const out: JsonObject = {};
  for (const key of ['color', 'icon', 'text']) if (['string', 'number', 'boolean'].includes(typeof value[key])) out[key] = textOf(value[key]);
  const index = numberOf(value.index);
  if (index !== undefined) out.index = index;
  return out;
}

function importMapping(json: JsonObject): JsonObject | undefined {
  if (typeof json.type === 'string') return todaysMapping(json.type, objectOf(json.options));
  const text = textOf(json.text);
  const color = textOf(json.color);
  const result: JsonObject = color === '' ? { text } : { text, color };
  if (numberOf(json.type, 1) === 2 || (json.value === undefined && json.from !== undefined)) return rangeMapping(json.from, json.to, result);
  const value = textOf(json.value);
  if (value === '') return undefined;
  if (value.toLowerCase() === 'null' || value.toLowerCase() === 'nan') return { type: 'special', options: { match: value.toLowerCase(), result } };
  return { type: 'value', options: { [value]: result } };
}

function rangeMapping(from: unknown, to: unknown, result: JsonObject): JsonObject {
  // A range from "null" to "null" stood for no value at all.
  if (textOf(from) === 'null' && textOf(to) === 'null') return { type: 'special', options: { match: 'null', result } };
  return { type: 'range', options: { from: numberOf(from) ?? null, to: numberOf(to) ?? null, result } };
}

function todaysMapping(type: string, options: JsonObject): JsonObject | undefined {
  switch (type) {
    case 'value':
      return { type, options: Object.fromEntries(Object.entries(options).map(([value, result]) => [value, resultOf(result)])) };
    case 'range':
      return { type, options: { from: numberOf(options.from) ?? null, to: numberOf(options.to) ?? null, result: resultOf(options.result) } };
    case 'regex':
      return { type, options: { pattern: textOf(options.pattern), result: resultOf(options.result) } };
    case 'special': {
      const match = options.match === null ? 'null' : textOf(options.match).toLowerCase();
      return SPECIAL.has(match) ? { type, options: { match, result: resultOf(options.result) } } : undefined;
    }
    default:
      return undefined;
  }
}

// A list of mappings; before Grafana 7 also {value: text}.
export function importMappings(value: unknown, lost: (n: number) => void = () => undefined): JsonObject[] {
  if (isObject(value)) return importMappings(Object.entries(value).map(([key, text]) => ({ type: 1, value: key, text: textOf(text) })), lost);
  const given = arrayOf(value);
  const out = given.filter(isObject).map(importMapping).filter((mapping) => mapping !== undefined);
  if (out.length < given.length) lost(given.length - out.length);
  return out;
}

// The two lists of singlestats and of table styles, taken off what held them; one of them was in use.
export function oldMappings(holder: JsonObject): JsonObject[] {
  const [values, ranges] = [objectsOf(take(holder, 'valueMaps')), objectsOf(take(holder, 'rangeMaps'))];
  const type = numberOf(take(holder, 'mappingType'), values.length > 0 ? 1 : 2);
  const said = (mapping: JsonObject) => textOf(mapping.text) !== '';
  return type === 2 ? importMappings(ranges.filter(said).map((m) => ({ ...m, type: 2 }))) : importMappings(values.filter(said).map((m) => ({ ...m, type: 1 })));
}

// The base step has no value: null in JSON, as -Infinity cannot be written.
export function importThresholds(value: unknown): JsonObject {
  const json: JsonObject = isObject(value) ? value : { steps: value };
  const steps = arrayOf(json.steps)
    .filter(isObject)
    .map((step, index) => ({ color: textOf(step.color, 'green') || 'green', value: index === 0 && numberOf(step.value) === undefined ? null : numberOf(step.value, 0) }));
  return { mode: json.mode === 'percentage' ? 'percentage' : 'absolute', steps };
}

export function take(holder: JsonObject, key: string): unknown {
  const value = holder[key];
  delete holder[key];
  return value;
}

export function setDefault(panel: Panel, path: string, value: unknown): void {
  if (value !== undefined) writePath(panel.fieldConfig.defaults, path, value);
}
