// Value mappings and thresholds of older boards, in today's shape.
import { arrayOf, isObject, numberOf, objectOf, objectsOf, textOf, type JsonObject } from './json';

const SPECIAL = new Set(['null', 'nan']);

function importMapping(json: JsonObject): JsonObject | undefined {
  if (typeof json.type === 'string') return { ...json, options: objectOf(json.options) };
  const text = textOf(json.text);
  const color = textOf(json.color);
  const result: JsonObject = color === '' ? { text } : { text, color };
  if (numberOf(json.type, 1) === 2 || (json.value === undefined && json.from !== undefined)) {
    const from = numberOf(json.from) ?? null;
    const to = numberOf(json.to) ?? null;
    return { type: 'range', options: { from, to, result } };
  }
  const value = textOf(json.value);
  if (value === '') return undefined;
  if (SPECIAL.has(value.toLowerCase())) return { type: 'special', options: { match: value.toLowerCase(), result } };
  return { type: 'value', options: { [value]: result } };
}

export function importMappings(value: unknown): JsonObject[] {
  return objectsOf(value)
    .map(importMapping)
    .filter((mapping) => mapping !== undefined);
}

// The base step has no value: null in JSON, as -Infinity cannot be written.
export function importThresholds(value: unknown): JsonObject {
  const json: JsonObject = isObject(value) ? value : { steps: value };
  const steps = arrayOf(json.steps)
    .filter(isObject)
    .map((step, index) => ({
      ...step,
      color: textOf(step.color, 'green'),
      value: index === 0 && numberOf(step.value) === undefined ? null : numberOf(step.value, 0),
    }));
  return { ...json, mode: json.mode === 'percentage' ? 'percentage' : 'absolute', steps };
}
