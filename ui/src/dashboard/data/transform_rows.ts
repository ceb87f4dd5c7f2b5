// Transformations of rows: which and in which order.
import { flagOf, numberOf, objectOf, objectsOf, textOf, type JsonObject } from "../model/json";
import { regexOf } from "../field/overrides";
import { displayNameOf, numberAt, type DataFrame, type Field } from "./frame";

export function pickRows(frame: DataFrame, rows: readonly number[]): DataFrame {
  const { nested } = frame;
  return { ...frame, ...(nested === undefined ? {} : { nested: rows.map((row) => nested[row]!) }), length: rows.length, fields: frame.fields.map((field) => ({ ...field, values: rows.map((row) => field.values[row]) })) };
}

export function fieldNamed(frame: DataFrame, frames: readonly DataFrame[], name: string): Field | undefined {
  return frame.fields.find((f) => displayNameOf(f, frame, frames) === name) ?? frame.fields.find((f) => f.name === name);
}

export function sortBy(frames: DataFrame[], options: JsonObject): DataFrame[] {
  const rule = objectsOf(options.sort)[0];
  if (rule === undefined) return frames;
  return frames.map((frame) => {
    const field = fieldNamed(frame, frames, textOf(rule.field));
    if (field === undefined) return frame;
    const sign = flagOf(rule.desc) ? -1 : 1;
    const rows = Array.from({ length: frame.length }, (_, row) => row);
    rows.sort((a, b) => sign * compareCells(field, a, b));
    return pickRows(frame, rows);
  });
}

export function compareCells(field: Field, a: number, b: number): number {
  if (field.type === "number" || field.type === "time") {
    const left = numberAt(field, a);
    const right = numberAt(field, b);
    if (Number.isNaN(left)) return Number.isNaN(right) ? 0 : -1;
    return Number.isNaN(right) ? 1 : left - right;
  }
  return String(field.values[a] ?? "").localeCompare(String(field.values[b] ?? ""), "en", { numeric: true });
}

export function limit(frames: DataFrame[], options: JsonObject): DataFrame[] {
  const count = Math.max(0, numberOf(options.limitField, 10));
  return frames.map((frame) => (frame.length <= count ? frame : pickRows(frame, Array.from({ length: count }, (_, row) => row))));
}

export function filterByValue(frames: DataFrame[], options: JsonObject): DataFrame[] {
  const rules = objectsOf(options.filters);
  if (rules.length === 0) return frames;
  const every = textOf(options.match, "any") === "all";
  const exclude = textOf(options.type, "include") === "exclude";
  return frames.map((frame) => {
    const tests = rules.map((rule) => {
      const field = fieldNamed(frame, frames, textOf(rule.fieldName));
      const config = objectOf(rule.config);
      // A column that is not there meets no condition.
      return field === undefined ? () => false : cellTest(field, textOf(config.id), objectOf(config.options));
    });
    const rows: number[] = [];
    for (let row = 0; row < frame.length; row++) {
      const hit = every ? tests.every((test) => test(row)) : tests.some((test) => test(row));
      if (hit !== exclude) rows.push(row);
    }
    return pickRows(frame, rows);
  });
}

function cellTest(field: Field, id: string, options: JsonObject): (row: number) => boolean {
  const value = numberOf(options.value, NaN);
  const text = textOf(options.value);
  const missing = (row: number) => field.values[row] === null || field.values[row] === undefined || (field.type === "number" && Number.isNaN(numberAt(field, row)));
  switch (id) {
    case "greater": return (row) => numberAt(field, row) > value;
    case "greaterOrEqual": return (row) => numberAt(field, row) >= value;
    case "lower": return (row) => numberAt(field, row) < value;
    case "lowerOrEqual": return (row) => numberAt(field, row) <= value;
    case "equal": return (row) => String(field.values[row]) === text || numberAt(field, row) === value;
    case "notEqual": return (row) => String(field.values[row]) !== text && numberAt(field, row) !== value;
    case "isNull": return missing;
    case "isNotNull": return (row) => !missing(row);
    case "regex": {
      const pattern = regexOf(`/${text}/`); // the one bare expression that is looked for anywhere in the text
      return (row) => pattern?.test(String(field.values[row] ?? "")) ?? false;
    }
    case "substring": return (row) => String(field.values[row] ?? "").includes(text);
    case "notSubstring": return (row) => !String(field.values[row] ?? "").includes(text);
    case "between":
    case "range": return (row) => numberAt(field, row) >= numberOf(options.from, -Infinity) && numberAt(field, row) <= numberOf(options.to, Infinity);
    default: return () => true;
  }
}
