// A table of columns, the one shape all panels draw: what Grafana calls a data frame.
import type { JsonObject } from '../model/json';

export type FieldType = 'time' | 'number' | 'string' | 'boolean' | 'other';
export type Values = Float64Array | readonly unknown[];

export interface Field {
  name: string;
  type: FieldType;
  values: Values;
  labels: Readonly<Record<string, string>>;
  config: JsonObject; // displayName, unit …; filled by transformations and `applyFieldConfig`; `interval` of a time whose steps are all there, ms
}

export interface DataFrame {
  refId: string;
  name: string;
  fields: Field[];
  length: number;
  /** The rows that each row stands for, where it is a group: folded away until somebody opens it. */
  nested?: readonly NestedRows[];
  meta?: { kind?: 'histogram' | 'cells'; histograms?: Histogram[]; custom?: JsonObject };
}

/** The rows of one group; `group` tells it from the others by the values that its rows have in common. */
export interface NestedRows extends DataFrame {
  group: string;
}

// A native histogram at one time: [lower, upper, count] per bucket.
export interface Histogram {
  timeMs: number;
  count: number;
  sum: number;
  buckets: readonly (readonly [number, number, number])[];
}

// A series in time, for a sparkline.
export interface History {
  times: ArrayLike<number>; // Unix seconds
  values: Float64Array;
  everyStep: number | undefined; // as an answer has it
}

export function makeField(name: string, type: FieldType, values: Values, labels: Record<string, string> = {}): Field {
  return { name, type, values, labels, config: {} };
}

export function makeFrame(refId: string, fields: Field[], name = ''): DataFrame {
  return { refId, name, fields, length: fields[0]?.values.length ?? 0 };
}

export function numberAt(field: Field, row: number): number {
  const value = field.values[row];
  if (typeof value === 'number') return value;
  if (value === null || value === undefined || value === '') return Number.NaN;
  return typeof value === 'boolean' ? Number(value) : Number(value);
}

export function numbersOf(field: Field): Float64Array {
  if (field.values instanceof Float64Array) return field.values;
  return Float64Array.from({ length: field.values.length }, (_, row) => numberAt(field, row));
}

export function timeField(frame: DataFrame): Field | undefined {
  return frame.fields.find((field) => field.type === 'time');
}

// Seconds between the rows of a frame, where one that is missing is known to have had nothing.
export function everyStepOf(time: Field | undefined): number | undefined {
  const { interval } = time?.config ?? {};
  return typeof interval === 'number' && interval > 0 ? interval / 1000 : undefined;
}

// The times of frames in seconds, of those that share a row of times worked out once.
export function secondsOnce(): (time: Field) => Float64Array {
  const known = new Map<Values, Float64Array>();
  return (time) => {
    const { values } = time;
    let seconds = known.get(values);
    if (seconds === undefined) known.set(values, (seconds = Float64Array.from({ length: values.length }, (_, row) => numberAt(time, row) / 1000)));
    return seconds;
  };
}

// Of rows that were put together: the longest step, where each of them has one.
export function withSharedStep(field: Field, times: readonly Field[]): Field {
  const steps = times.map((time) => everyStepOf(time) ?? NaN);
  const { interval: _own, ...config } = field.config;
  return { ...field, config: steps.length === 0 || steps.some(Number.isNaN) ? config : { ...config, interval: Math.max(...steps) * 1000 } };
}

export function numberFields(frame: DataFrame): Field[] {
  return frame.fields.filter((field) => field.type === 'number');
}

export function guessType(values: Values): FieldType {
  if (values instanceof Float64Array) return 'number';
  for (const value of values) {
    if (value === null || value === undefined) continue;
    if (typeof value === 'number') return 'number';
    if (typeof value === 'boolean') return 'boolean';
    return typeof value === 'string' ? 'string' : 'other';
  }
  return 'other';
}

// The name a field is shown under: what somebody set, else its labels where they tell it apart, else its name.
export function displayNameOf(field: Field, frame: DataFrame, frames: readonly DataFrame[]): string {
  const set = field.config.displayName;
  if (typeof set === 'string' && set !== '') return set;
  const fromSource = field.config.displayNameFromDS;
  if (typeof fromSource === 'string' && fromSource !== '') return fromSource;
  if (field.type === 'time') return field.name;
  const labels = Object.entries(field.labels).filter(([key]) => key !== '__name__');
  if (labels.length === 0) return field.name === 'Value' && frame.name !== '' ? frame.name : countedName(field, frame);
  const alone = frames.length === 1 && numberFields(frame).length === 1;
  if (labels.length === 1 && (alone || field.name === 'Value')) return labels[0]![1];
  const text = `{${labels.map(([key, value]) => `${key}="${value}"`).join(', ')}}`;
  return field.name === 'Value' ? text : `${field.name} ${text}`;
}

// Columns of one name are told apart by their place among them.
function countedName(field: Field, frame: DataFrame): string {
  const first = frame.fields.findIndex((other) => other.name === field.name);
  if (frame.fields[first] === field && frame.fields.findIndex((other, i) => i > first && other.name === field.name) < 0) return field.name;
  const same = frame.fields.filter((other) => other.name === field.name && other.type !== 'time');
  const place = same.indexOf(field);
  return place < 0 || same.length < 2 ? field.name : `${field.name} ${place + 1}`;
}
