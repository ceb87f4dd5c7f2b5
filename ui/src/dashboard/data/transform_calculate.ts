// A column worked out from others: of each row, of a window of rows, or of one column with another or with a number.
import { flagOf, numberOf, objectOf, textOf, textsOf, type JsonObject } from "../model/json";
import { reduce, reducerColumn } from "../field/reducers";
import { displayNameOf, makeField, numberAt, timeField, numbersOf, type DataFrame, type Field } from "./frame";
import { fieldNamed } from "./transform_rows";
import { joinByField } from "./transform_join";

type Operator = (a: number, b: number) => number;
const OPERATORS: Record<string, Operator> = {
  "+": (a, b) => a + b, "-": (a, b) => a - b, "*": (a, b) => a * b, "/": (a, b) => a / b, "%": (a, b) => a % b, "**": (a, b) => a ** b,
};
const UNARY: Record<string, (a: number) => number> = { abs: Math.abs, exp: Math.exp, ln: Math.log, floor: Math.floor, ceil: Math.ceil, round: Math.round, percent: (a) => a * 100, sqrt: Math.sqrt };

export function calculateField(frames: DataFrame[], options: JsonObject): DataFrame[] {
  const mode = textOf(options.mode, "reduceRow");
  const alone = flagOf(options.replaceFields);
  // Series in frames of their own are put side by side first, as a calculation over them needs.
  const single = frames.length > 1 && frames.every((f) => timeField(f) !== undefined) ? joinByField(frames, {}) : frames;
  return single.flatMap((frame) => {
    const made = calculated(frame, single, mode, options);
    // A frame that has nothing to work with is not what it would be replaced by.
    if (made === undefined || made.length === 0) return alone ? [] : [frame];
    const kept = alone ? frame.fields.filter((f) => f.type === "time") : frame.fields;
    return [{ ...frame, fields: [...kept, ...made] }];
  });
}

function calculated(frame: DataFrame, frames: DataFrame[], mode: string, options: JsonObject): Field[] | undefined {
  const alias = textOf(options.alias);
  const named = (fallback: string, values: Float64Array): Field[] => [makeField(alias || fallback, "number", values)];
  switch (mode) {
    case "binary": {
      const binary = objectOf(options.binary);
      const operator = textOf(binary.operator, "+");
      const run = OPERATORS[operator];
      const right = operandOf(binary.right, frame, frames);
      if (run === undefined || right === undefined) return undefined;
      const every = allOf(binary.left);
      if (every !== undefined)
        return frame.fields.filter((field) => field.type === every).map((field) => calculatedOf(field, `${displayNameOf(field, frame, frames)} ${operator} ${right.name}`, (row) => run(numberAt(field, row), right.at(row))));
      const left = operandOf(binary.left, frame, frames);
      if (left === undefined) return undefined;
      return named(`${left.name} ${operator} ${right.name}`, Float64Array.from({ length: frame.length }, (_, row) => run(left.at(row), right.at(row))));
    }
    case "unary": {
      const unary = objectOf(options.unary);
      const operator = textOf(unary.operator, "abs");
      const field = fieldNamed(frame, frames, textOf(unary.fieldName));
      const run = UNARY[operator];
      if (run === undefined || field === undefined) return undefined;
      return named(`${operator}(${textOf(unary.fieldName)})`, Float64Array.from({ length: frame.length }, (_, row) => run(numberAt(field, row))));
    }
    case "index": {
      const share = flagOf(objectOf(options.index).asPercentile);
      const made = named("Row", Float64Array.from({ length: frame.length }, (_, row) => (share ? row / Math.max(1, frame.length) : row)));
      return share ? made.map((field) => ({ ...field, config: { unit: "percentunit" } })) : made;
    }
    case "cumulativeFunctions": {
      const rule = objectOf(options.cumulative);
      const field = columnOf(frame, frames, textOf(rule.field));
      if (field === undefined) return undefined;
      let total = 0;
      const average = rule.reducer === "mean";
      return named(`cumulative ${average ? "mean" : "sum"}${inBrackets(rule.field)}`, Float64Array.from({ length: frame.length }, (_, row) => {
        const value = numberAt(field, row);
        if (!Number.isNaN(value)) total += value;
        return average ? total / (row + 1) : total;
      }));
    }
    case "windowFunctions": {
      const rule = objectOf(options.window);
      const field = columnOf(frame, frames, textOf(rule.field));
      if (field === undefined) return undefined;
      const values = numbersOf(field);
      const fixed = textOf(rule.windowSizeMode) === "fixed";
      const size = Math.max(1, Math.ceil(fixed ? numberOf(rule.windowSize, 1) : numberOf(rule.windowSize, 0.1) * frame.length));
      const centred = rule.windowAlignment === "centered";
      const id = textOf(rule.reducer, "mean");
      return named(`${centred ? "centered" : "trailing"} moving ${id}${inBrackets(rule.field)}`, Float64Array.from(values, (_, row) => {
        // Of an odd number of rows as many lie before the row as after it.
        const end = centred ? row + Math.ceil(size / 2) : row + 1;
        return reduce(values.subarray(Math.max(0, end - size), Math.min(values.length, end)), id);
      }));
    }
    default: {
      const rule = objectOf(options.reduce);
      const include = new Set(textsOf(rule.include));
      const fields = frame.fields.filter((f) => f.type === "number" && (include.size === 0 || include.has(f.name) || include.has(displayNameOf(f, frame, frames))));
      const id = textOf(rule.reducer, "sum");
      const columns = fields.map(numbersOf);
      return named(reducerColumn(id), Float64Array.from({ length: frame.length }, (_, row) => reduce(columns.map((column) => column[row]!), id)));
    }
  }
}

function inBrackets(name: unknown): string {
  return textOf(name) === "" ? "" : `(${textOf(name)})`;
}

// The column that is named, or the first that can be counted.
function columnOf(frame: DataFrame, frames: DataFrame[], name: string): Field | undefined {
  return name === "" ? frame.fields.find((field) => field.type === "number") : fieldNamed(frame, frames, name);
}

// "All fields of a type" instead of one: each of them gets a column beside it, which keeps the labels of its own.
function allOf(operand: unknown): string | undefined {
  const matcher = objectOf(objectOf(operand).matcher);
  return matcher.id === "byType" ? textOf(matcher.options, "number") : undefined;
}

function calculatedOf(field: Field, name: string, at: (row: number) => number): Field {
  const { displayName: _set, displayNameFromDS: _given, ...config } = field.config;
  return { ...field, name, type: "number", values: Float64Array.from({ length: field.values.length }, (_, row) => at(row)), config: { ...config, displayNameFromDS: name } };
}

function operandOf(value: unknown, frame: DataFrame, frames: DataFrame[]): { name: string; at: (row: number) => number } | undefined {
  const json = objectOf(value);
  const matcher = objectOf(json.matcher);
  const name = typeof value === "string" || typeof value === "number" ? String(value) : textOf(json.fixed) || textOf(matcher.options);
  const field = fieldNamed(frame, frames, name);
  if (field !== undefined) return { name, at: (row) => numberAt(field, row) };
  const number = numberOf(name);
  return number === undefined ? undefined : { name, at: () => number };
}
