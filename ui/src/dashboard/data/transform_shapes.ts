// Transformations that give frames another shape: rows to a matrix, one frame to many, series to rows with their history.
import { flagOf, isObject, objectOf, textOf, textsOf, type JsonObject } from "../model/json";
import { reduce } from "../field/reducers";
import { displayNameOf, everyStepOf, makeField, makeFrame, secondsOnce, timeField, numbersOf, type DataFrame, type Field, type History } from "./frame";
import { joinByField } from "./transform_join";
import { groupBy } from "./transform_values";
import { fieldNamed, pickRows } from "./transform_rows";

const COLUMNS_MAX = 500;
const FRAMES_MAX = 500;

// Three columns → a row for each value of one, a column for each value of the other.
export function groupingToMatrix(frames: DataFrame[], options: JsonObject): DataFrame[] {
  const [frame] = frames;
  if (frame === undefined || frames.length !== 1) return frames;
  const names = { column: textOf(options.columnField, "Time"), row: textOf(options.rowField, "Time"), value: textOf(options.valueField, "Value") };
  const [column, row, value] = [names.column, names.row, names.value].map((name) => fieldNamed(frame, frames, name));
  if (column === undefined || row === undefined || value === undefined) return frames;
  const empty = { zero: 0, null: null, true: true, false: false, empty: "" }[textOf(options.emptyValue, "empty")] ?? "";
  const rows = [...new Set(Array.from({ length: frame.length }, (_, i) => row.values[i]))];
  const columns = [...new Set(Array.from({ length: frame.length }, (_, i) => column.values[i]))].slice(0, COLUMNS_MAX);
  const cells = new Map(Array.from({ length: frame.length }, (_, i) => [JSON.stringify([row.values[i], column.values[i]]), value.values[i]] as const));
  const fields: Field[] = [makeField(`${names.row}\\${names.column}`, row.type, rows)];
  for (const one of columns) {
    const values = rows.map((key) => {
      const cell = JSON.stringify([key, one]);
      return cells.has(cell) ? cells.get(cell) : value.type === "number" && empty === "" ? null : empty;
    });
    fields.push({ ...makeField(String(one), value.type, values), config: value.config, labels: value.labels });
  }
  return [makeFrame(frame.refId, fields)];
}

// A frame for each combination of values of some columns.
export function partitionByValues(frames: DataFrame[], options: JsonObject): DataFrame[] {
  const wanted = textsOf(options.fields);
  if (wanted.length === 0) return frames;
  const naming = objectOf(options.naming);
  return frames.flatMap((frame) => {
    const keys = wanted.map((name) => fieldNamed(frame, frames, name)).filter((field) => field !== undefined);
    if (keys.length === 0) return [frame];
    const parts = new Map<string, number[]>();
    for (let row = 0; row < frame.length; row++) {
      const key = JSON.stringify(keys.map((field) => field.values[row] ?? null));
      parts.set(key, [...(parts.get(key) ?? []), row]);
    }
    return [...parts.values()].slice(0, FRAMES_MAX).map((rows) => {
      const own = keys.map((field) => [field.name, String(field.values[rows[0]!] ?? "")] as const);
      const named = own.map(([name, text]) => (flagOf(naming.withNames) ? `${name}=${text}` : text)).join(" ");
      const name = flagOf(naming.append) && frame.name !== "" ? `${frame.name} ${named}` : named;
      const part = pickRows(frame, rows);
      const kept = flagOf(options.keepFields) ? part.fields : part.fields.filter((_, i) => !keys.includes(frame.fields[i]!));
      // As labels they name the values of a graph; else the frame's name does.
      return { ...part, name, fields: kept.map((field) => (field.type !== "number" ? field : flagOf(naming.asLabels) ? { ...field, labels: { ...field.labels, ...Object.fromEntries(own) } } : field)) };
    });
  });
}

export function prepareTimeSeries(frames: DataFrame[], options: JsonObject): DataFrame[] {
  const timed = frames.filter((frame) => timeField(frame) !== undefined);
  switch (textOf(options.format, "wide")) {
    case "multi":
    case "many":
      return timed.flatMap((frame) => frame.fields.filter((f) => f.type === "number" || f.type === "boolean").map((field) => makeFrame(frame.refId, [timeField(frame)!, field], displayNameOf(field, frame, frames))));
    case "long": {
      const labels = [...new Set(timed.flatMap((frame) => frame.fields.flatMap((field) => Object.keys(field.labels))))].filter((label) => label !== "__name__");
      const rows = timed.flatMap((frame) => frame.fields.filter((f) => f.type === "number").flatMap((field) => Array.from({ length: frame.length }, (_, row) => ({ time: Number(timeField(frame)!.values[row]), field, value: field.values[row] }))));
      rows.sort((a, b) => a.time - b.time);
      return [
        makeFrame(frames[0]?.refId ?? "A", [
          makeField("Time", "time", rows.map((row) => row.time)),
          ...labels.map((label) => makeField(label, "string", rows.map((row) => row.field.labels[label] ?? ""))),
          makeField("Value", "number", rows.map((row) => row.value)),
        ]),
      ];
    }
    default:
      return timed.length > 1 ? joinByField(timed, {}) : timed;
  }
}

// The history of a series as one cell of a table, drawn as a line; `value` stands beside it and sorts.
export interface Trend extends History {
  value: number;
}

export function isTrend(value: unknown): value is Trend {
  return isObject(value) && value.values instanceof Float64Array && typeof value.value === "number";
}

// Series of each query → a row each: a column for each label, and the series itself.
export function timeSeriesTable(frames: DataFrame[], options: JsonObject): DataFrame[] {
  const refIds = [...new Set(frames.filter((frame) => timeField(frame) !== undefined).map((frame) => frame.refId))];
  const seconds = secondsOnce();
  const made = refIds.map((refId) => {
    const calc = textOf(objectOf(options[refId]).stat) || textOf(objectOf(options.refIdToStat)[refId]) || "lastNotNull";
    const series = frames.filter((frame) => frame.refId === refId).flatMap((frame) => frame.fields.filter((f) => f.type === "number").map((field) => ({ field, time: timeField(frame)! })));
    const labels = [...new Set(series.flatMap(({ field }) => Object.keys(field.labels)))].filter((label) => label !== "__name__");
    const trends = series.map(({ field, time }): Trend => ({ times: seconds(time), everyStep: everyStepOf(time), values: numbersOf(field), value: reduce(numbersOf(field), calc) }));
    return makeFrame(refId, [...labels.map((label) => makeField(label, "string", series.map(({ field }) => field.labels[label] ?? ""))), makeField(`Trend #${refId}`, "other", trends)]);
  });
  return [...made, ...frames.filter((frame) => timeField(frame) === undefined)];
}

// Groups as rows; the rows of each, without the columns that they have in common, are folded away inside.
export function groupToNestedTable(frames: DataFrame[], options: JsonObject): DataFrame[] {
  const keys = Object.entries(objectOf(options.fields)).filter(([, rule]) => objectOf(rule).operation === "groupby").map(([name]) => name);
  if (keys.length === 0) return frames;
  return frames.flatMap((frame) => {
    const columns = keys.map((key) => fieldNamed(frame, frames, key)).filter((field) => field !== undefined);
    if (columns.length === 0) return [frame];
    const groups = new Map<string, number[]>();
    for (let row = 0; row < frame.length; row++) {
      const key = JSON.stringify(columns.map((field) => field.values[row] ?? null));
      const rows = groups.get(key);
      if (rows === undefined) groups.set(key, [row]);
      else rows.push(row);
    }
    const nested = [...groups].map(([group, rows]) => {
      const part = pickRows(frame, rows);
      return { ...part, group, fields: part.fields.filter((_, i) => !columns.includes(frame.fields[i]!)) };
    });
    // Groups come in the order in which their first row does, from groupBy as from here.
    return groupBy([frame], options).map((made) => ({ ...made, nested }));
  });
}
