// Transformations that put frames together.
import { objectOf, textOf, type JsonObject } from "../model/json";
import { displayNameOf, guessType, makeField, makeFrame, timeField, withSharedStep, type DataFrame, type Field } from "./frame";

const ROWS_MAX = 200_000;

// The rows of all frames in one table; rows that agree on every shared column become one.
export function merge(frames: DataFrame[]): DataFrame[] {
  const given = frames.filter((frame) => frame.fields.length > 0);
  if (given.length <= 1) return given;
  const names: string[] = [];
  const samples = new Map<string, Field>();
  for (const frame of given)
    for (const field of frame.fields)
      if (!samples.has(columnName(field, frame, given))) {
        names.push(columnName(field, frame, given));
        samples.set(columnName(field, frame, given), field);
      }
  const inAll = names.filter((name) => given.every((frame) => frame.fields.some((f) => columnName(f, frame, given) === name)));
  const rows: Map<string, unknown>[] = [];
  const byKey = new Map<string, Map<string, unknown>[]>();
  for (const frame of given) {
    const columns = frame.fields.map((field) => columnName(field, frame, given));
    for (let row = 0; row < frame.length; row++) {
      const cells = new Map(columns.map((name, i) => [name, frame.fields[i]!.values[row]] as const));
      const key = JSON.stringify(inAll.map((name) => cells.get(name) ?? null));
      const same = byKey.get(key) ?? [];
      byKey.set(key, same);
      const fits = same.find((other) => [...cells].every(([name, value]) => !other.has(name) || Object.is(other.get(name), value)));
      if (fits !== undefined && inAll.length > 0) {
        for (const [name, value] of cells) fits.set(name, value);
      } else {
        rows.push(cells);
        same.push(cells);
      }
    }
  }
  const fields = names.map((name) => {
    const sample = samples.get(name)!;
    const values = rows.map((row) => row.get(name));
    const made = { ...makeField(name, sample.type, values), config: sample.config };
    return sample.type !== "time" ? made : withSharedStep(made, given.flatMap((frame) => frame.fields.filter((field) => columnName(field, frame, given) === name)));
  });
  return [makeFrame(given[0]!.refId, fields)];
}

// A series' value column is named by its series, so that columns of several series stay apart.
function columnName(field: Field, frame: DataFrame, frames: DataFrame[]): string {
  return field.name === "Value" && field.config.displayNameFromDS !== undefined ? displayNameOf(field, frame, frames) : field.name;
}

interface Keyed {
  frame: DataFrame;
  key: Field;
}

interface Joined {
  keys: unknown[]; // of the rows that are made
  rows: (number | undefined)[][]; // for each frame, its row in each of them
}

function inOrder(keys: Iterable<unknown>, by: Field): unknown[] {
  const out = [...new Set(keys)];
  return by.type === "time" || by.type === "number" ? out.sort((a, b) => Number(a) - Number(b)) : out;
}

// Of series, a moment is one row.
function seriesRows(keyed: readonly Keyed[]): Joined {
  const rowOf = keyed.map(({ frame, key }) => {
    const rows = new Map<unknown, number>();
    for (let row = 0; row < frame.length; row++) if (!rows.has(key.values[row])) rows.set(key.values[row], row);
    return rows;
  });
  const keys = inOrder(rowOf.flatMap((rows) => [...rows.keys()]), keyed[0]!.key);
  return { keys, rows: rowOf.map((rows) => keys.map((key) => rows.get(key))) };
}

function rowsByKey(length: number, key: Field): Map<unknown, number[]> {
  const rows = new Map<unknown, number[]>();
  for (let row = 0; row < length; row++) {
    const own = rows.get(key.values[row]);
    if (own === undefined) rows.set(key.values[row], [row]);
    else own.push(row);
  }
  return rows;
}

// Tables keep all rows of a key: each of one with each of the others.
function tableRows(keyed: readonly Keyed[], inner: boolean): Joined {
  const rowsOf = keyed.map(({ frame, key }) => rowsByKey(frame.length, key));
  const out: Joined = { keys: [], rows: keyed.map(() => []) };
  for (const key of inOrder(rowsOf.flatMap((rows) => [...rows.keys()]), keyed[0]!.key)) {
    if (inner && !rowsOf.every((rows) => rows.has(key))) continue;
    let made: (number | undefined)[][] = [[]];
    for (const rows of rowsOf) {
      const own = rows.get(key) ?? [undefined];
      if (out.keys.length + made.length * own.length > ROWS_MAX) throw new Error(`more than ${ROWS_MAX} rows`);
      made = made.flatMap((row) => own.map((one) => [...row, one]));
    }
    for (const row of made) {
      out.keys.push(key);
      row.forEach((one, index) => out.rows[index]!.push(one));
    }
  }
  return out;
}

// Frames side by side, rows matched by one column (the time unless another is named).
export function joinByField(frames: DataFrame[], options: JsonObject): DataFrame[] {
  const wanted = textOf(options.byField);
  const keyed = frames
    .map((frame) => ({
      frame,
      key: wanted === "" ? timeField(frame) : frame.fields.find((f) => f.name === wanted || displayNameOf(f, frame, frames) === wanted),
    }))
    .filter((item): item is Keyed => item.key !== undefined);
  if (keyed.length === 0) return frames;
  const mode = textOf(options.mode, "outer");
  const made = mode === "inner" || mode === "outerTabular" ? tableRows(keyed, mode === "inner") : seriesRows(keyed);
  const fields: Field[] = [withSharedStep({ ...keyed[0]!.key, values: made.keys }, keyed.map(({ key }) => key))];
  const used = new Map<string, number>();
  for (const { frame, key } of keyed) for (const field of frame.fields) if (field !== key) used.set(field.name, (used.get(field.name) ?? 0) + 1);
  const given = new Map<string, number>();
  keyed.forEach(({ frame, key }, index) => {
    for (const field of frame.fields) {
      if (field === key) continue;
      const values = made.rows[index]!.map((row) => (row === undefined ? undefined : field.values[row]));
      const shared = (used.get(field.name) ?? 0) > 1 && field.config.displayNameFromDS === undefined;
      // Columns that share a name are counted, as boards call them: "Time 1", "Time 2".
      const place = (given.get(field.name) ?? 0) + 1;
      given.set(field.name, place);
      const name = shared && Object.keys(field.labels).length === 0 ? `${field.name} ${place}` : field.name;
      fields.push({ ...field, name, values });
    }
  });
  return [makeFrame(keyed[0]!.frame.refId, fields)];
}

export function joinByLabels(frames: DataFrame[], options: JsonObject): DataFrame[] {
  const label = textOf(options.value);
  const join = Array.isArray(options.join) ? options.join.map((j) => textOf(j)) : [];
  const rows = new Map<string, { labels: Record<string, string>; values: Map<string, unknown> }>();
  const columns = new Set<string>();
  for (const frame of frames)
    for (const field of frame.fields) {
      if (field.type !== "number" || field.labels[label] === undefined) continue;
      const keep = Object.entries(field.labels).filter(([name]) => name !== label && name !== "__name__" && (join.length === 0 || join.includes(name)));
      const key = JSON.stringify(keep);
      const row = rows.get(key) ?? { labels: Object.fromEntries(keep), values: new Map<string, unknown>() };
      rows.set(key, row);
      row.values.set(field.labels[label], field.values[field.values.length - 1]);
      columns.add(field.labels[label]);
    }
  const all = [...rows.values()];
  const names = [...new Set(all.flatMap((row) => Object.keys(row.labels)))];
  const fields = names.map((name) => makeField(name, "string", all.map((row) => row.labels[name] ?? "")));
  for (const column of columns) fields.push(makeField(column, "number", all.map((row) => row.values.get(column))));
  return [makeFrame(frames[0]?.refId ?? "A", fields)];
}

// All columns of all frames in one wide frame.
export function concatenate(frames: DataFrame[], options: JsonObject): DataFrame[] {
  if (frames.length <= 1) return frames;
  const mode = textOf(options.frameNameMode, "field");
  const length = frames.reduce((most, frame) => Math.max(most, frame.length), 0);
  const fields = frames.flatMap((frame) => {
    const padded = frame.fields.map((field) => ({
      ...field,
      name: mode === "field" && frame.name !== "" && field.config.displayNameFromDS === undefined ? `${frame.name} · ${field.name}` : field.name,
      values: frame.length === length ? field.values : Array.from({ length }, (_, row) => field.values[row]),
    }));
    if (mode !== "label") return padded;
    const label = textOf(objectOf(options).frameNameLabel, "frame");
    return padded.map((field) => ({ ...field, labels: { ...field.labels, [label]: frame.name } }));
  });
  return [{ ...makeFrame(frames[0]!.refId, fields), length }];
}

// Series under each other: time, metric, value.
export function seriesToRows(frames: DataFrame[]): DataFrame[] {
  const times: unknown[] = [];
  const metrics: string[] = [];
  const values: unknown[] = [];
  for (const frame of frames) {
    const time = timeField(frame);
    if (time === undefined) continue;
    for (const field of frame.fields) {
      if (field === time) continue;
      const name = displayNameOf(field, frame, frames);
      for (let row = 0; row < frame.length; row++) {
        times.push(time.values[row]);
        metrics.push(name);
        values.push(field.values[row]);
      }
    }
  }
  const order = times.map((_, i) => i).sort((a, b) => Number(times[b]) - Number(times[a]));
  return [
    makeFrame(frames[0]?.refId ?? "A", [
      makeField("Time", "time", order.map((i) => times[i])),
      makeField("Metric", "string", order.map((i) => metrics[i])),
      makeField("Value", guessType(values), order.map((i) => values[i])),
    ]),
  ];
}
