// Transformations that compute: reduce, group, calculate, turn labels and rows into columns.
import { flagOf, numberOf, objectOf, objectsOf, textOf, textsOf, type JsonObject } from "../model/json";
import { reduce, reducerColumn } from "../field/reducers";
import { matcherOf } from "../field/overrides";
import { datePattern } from "../field/date_pattern";
import { dateZone } from "../field/date_zone";
import { displayNameOf, makeField, makeFrame, numberAt, timeField, numbersOf, type DataFrame, type Field } from "./frame";
import { fieldNamed } from "./transform_rows";
import { countIntoBuckets } from "./value_buckets";

// A cell for a reducer that keeps the value as it is ("first", "last" of a text column).
function reduceCell(field: Field, id: string): unknown {
  if (field.type === "number" || field.type === "boolean") return reduce(numbersOf(field), id);
  const values = Array.from({ length: field.values.length }, (_, row) => field.values[row]).filter((v) => v !== null && v !== undefined && v !== "");
  switch (id) {
    case "count": return field.values.length;
    case "distinctCount": return new Set(values).size;
    case "first":
    case "firstNotNull": return values[0];
    case "allValues":
    case "uniqueValues": return [...new Set(values)].join(", ");
    default: return field.type === "time" ? reduce(numbersOf(field), id) : values.at(-1);
  }
}

export function reduceFrames(frames: DataFrame[], options: JsonObject): DataFrame[] {
  const reducers = textsOf(options.reducers).length > 0 ? textsOf(options.reducers) : ["max"];
  const matcher = objectOf(options.fields);
  const chosen = textOf(matcher.id) === "" ? undefined : matcherOf({ id: textOf(matcher.id), options: matcher.options });
  const test = (field: Field, frame: DataFrame) => (chosen !== undefined ? chosen(field, frame, displayNameOf(field, frame, frames)) : options.includeTimeField === true || field.type !== "time");
  if (textOf(options.mode, "seriesToRows") === "reduceFields") {
    return frames.map((frame) => {
      const fields = frame.fields.filter((f) => test(f, frame) && f.type === "number").flatMap((field) =>
        reducers.map((id) => ({ ...field, name: reducers.length > 1 ? `${field.name} ${reducerColumn(id)}` : field.name, values: Float64Array.of(reduce(numbersOf(field), id)) })),
      );
      return makeFrame(frame.refId, fields, frame.name);
    });
  }
  const rows = frames.flatMap((frame) => frame.fields.filter((f) => test(f, frame) && f.type === "number").map((field) => ({ field, name: displayNameOf(field, frame, frames) })));
  const asLabels = flagOf(options.labelsToFields);
  const labels = asLabels ? [...new Set(rows.flatMap(({ field }) => Object.keys(field.labels)))].filter((l) => l !== "__name__") : [];
  const fields: Field[] = [makeField("Field", "string", rows.map((row) => row.name))];
  for (const label of labels) fields.push(makeField(label, "string", rows.map(({ field }) => field.labels[label] ?? "")));
  for (const id of reducers) fields.push(makeField(reducerColumn(id), "number", Float64Array.from(rows, ({ field }) => reduce(numbersOf(field), id))));
  return [makeFrame(frames[0]?.refId ?? "A", fields)];
}

export function groupBy(frames: DataFrame[], options: JsonObject): DataFrame[] {
  const rules = objectOf(options.fields);
  return frames.map((frame) => {
    const named = frame.fields.map((field) => ({ field, name: displayNameOf(field, frame, frames) }));
    const ruleOf = (item: { field: Field; name: string }) => objectOf(rules[item.name] ?? rules[item.field.name]);
    const keys = named.filter((item) => ruleOf(item).operation === "groupby");
    if (keys.length === 0) return frame;
    const groups = new Map<string, number[]>();
    for (let row = 0; row < frame.length; row++) {
      const key = JSON.stringify(keys.map(({ field }) => field.values[row] ?? null));
      const rows = groups.get(key);
      if (rows === undefined) groups.set(key, [row]);
      else rows.push(row);
    }
    const every = [...groups.values()];
    const fields: Field[] = keys.map(({ field }) => ({ ...field, values: every.map((rows) => field.values[rows[0]!]) }));
    for (const item of named) {
      const rule = ruleOf(item);
      if (rule.operation !== "aggregate") continue;
      for (const id of textsOf(rule.aggregations)) {
        const values = every.map((rows) => reduceCell({ ...item.field, values: rows.map((row) => item.field.values[row]) }, id));
        const type = id === "count" || id === "distinctCount" || item.field.type === "number" ? "number" : item.field.type;
        fields.push({ ...makeField(`${item.name} (${id})`, type, values), labels: {} });
      }
    }
    return makeFrame(frame.refId, fields, frame.name);
  });
}

// Each label becomes a column; `valueLabel` names the value columns instead.
export function labelsToFields(frames: DataFrame[], options: JsonObject): DataFrame[] {
  const keep = new Set(textsOf(options.keepLabels));
  const valueLabel = textOf(options.valueLabel);
  const wanted = (label: string) => label !== valueLabel && (keep.size === 0 || keep.has(label));
  if (textOf(options.mode) === "rows") {
    return frames.flatMap((frame) => frame.fields.filter((f) => Object.keys(f.labels).length > 0).map((field) => {
      const labels = Object.entries(field.labels).filter(([label]) => wanted(label));
      return makeFrame(frame.refId, [makeField("label", "string", labels.map(([label]) => label)), makeField("value", "string", labels.map(([, text]) => text))], displayNameOf(field, frame, frames));
    }));
  }
  const rows: { labels: Record<string, string>; time: unknown; name: string; value: unknown }[] = [];
  for (const frame of frames) {
    const time = timeField(frame);
    for (const field of frame.fields) {
      if (field === time || Object.keys(field.labels).length === 0) continue;
      for (let row = 0; row < frame.length; row++)
        rows.push({ labels: { ...field.labels }, time: time?.values[row], name: field.labels[valueLabel] ?? field.name, value: field.values[row] });
    }
  }
  if (rows.length === 0) return frames;
  const labels = [...new Set(rows.flatMap((row) => Object.keys(row.labels)))].filter(wanted).sort();
  const names = [...new Set(rows.map((row) => row.name))];
  const merged = new Map<string, (typeof rows)[number] & { values: Map<string, unknown> }>();
  for (const row of rows) {
    const key = JSON.stringify([row.time, labels.map((label) => row.labels[label])]);
    const found = merged.get(key) ?? { ...row, values: new Map<string, unknown>() };
    merged.set(key, found);
    found.values.set(row.name, row.value);
  }
  const all = [...merged.values()];
  const fields: Field[] = [makeField("Time", "time", all.map((row) => row.time))];
  for (const label of labels) fields.push(makeField(label, "string", all.map((row) => row.labels[label] ?? "")));
  for (const name of names) fields.push(makeField(name, "number", all.map((row) => row.values.get(name))));
  return [makeFrame(frames[0]!.refId, fields)];
}

// A frame of settings (one row, or reduced) sets min, max, unit, thresholds … of the others.
export function configFromData(frames: DataFrame[], options: JsonObject): DataFrame[] {
  const refId = textOf(options.configRefId, "config");
  const source = frames.find((frame) => frame.refId === refId);
  if (source === undefined) return frames;
  const config: JsonObject = {};
  const rules = objectsOf(options.mappings);
  for (const field of source.fields) {
    const name = displayNameOf(field, source, frames);
    const rule = rules.find((r) => textOf(r.fieldName) === name || textOf(r.fieldName) === field.name);
    const key = textOf(rule?.handlerKey, rule === undefined ? field.name.toLowerCase() : "");
    const cell = reduceCell(field, textOf(rule?.reducerId, "lastNotNull"));
    if (["min", "max", "decimals"].includes(key)) config[key] = numberOf(cell);
    else if (["unit", "displayName"].includes(key)) config[key] = textOf(cell);
    else if (key === "color") config.color = { mode: "fixed", fixedColor: textOf(cell) };
    else if (key.startsWith("threshold")) {
      const steps = objectsOf(objectOf(config.thresholds).steps);
      const color = textOf(objectOf(rule?.handlerArguments).threshold ? objectOf(objectOf(rule?.handlerArguments).threshold).color : "", "red");
      config.thresholds = { mode: "absolute", steps: [...(steps.length > 0 ? steps : [{ color: "green", value: null }]), { color, value: numberOf(cell, 0) }] };
    }
  }
  const applyTo = objectOf(options.applyTo);
  const test = textOf(applyTo.id) === "" ? (field: Field) => field.type === "number" : matcherOf({ id: textOf(applyTo.id), options: applyTo.options });
  return frames.filter((frame) => frame !== source).map((frame) => ({
    ...frame,
    fields: frame.fields.map((field) => (test(field, frame, displayNameOf(field, frame, frames)) ? { ...field, config: { ...field.config, ...config } } : field)),
  }));
}

// Rows of (name, value) → columns.
export function rowsToFields(frames: DataFrame[], options: JsonObject): DataFrame[] {
  const rules = objectsOf(options.mappings);
  const ruled = (key: string) => rules.find((r) => textOf(r.handlerKey) === key);
  return frames.map((frame) => {
    const nameField = fieldNamed(frame, frames, textOf(ruled("field.name")?.fieldName)) ?? frame.fields.find((f) => f.type === "string");
    const valueField = fieldNamed(frame, frames, textOf(ruled("field.value")?.fieldName)) ?? frame.fields.find((f) => f.type === "number");
    if (nameField === undefined || valueField === undefined) return frame;
    return makeFrame(frame.refId, Array.from({ length: frame.length }, (_, row) => makeField(String(nameField.values[row] ?? ""), valueField.type, [valueField.values[row]])));
  });
}

export function transpose(frames: DataFrame[], options: JsonObject): DataFrame[] {
  return frames.map((frame) => {
    const head = frame.fields[0];
    if (head === undefined) return frame;
    const rest = frame.fields.slice(1);
    const fields = [makeField(textOf(options.firstFieldName) || "Field", "string", rest.map((f) => displayNameOf(f, frame, frames)))];
    for (let row = 0; row < frame.length; row++) {
      const values = rest.map((field) => field.values[row]);
      const name = head.type === "time" ? datePattern(numberAt(head, row), "YYYY-MM-DD HH:mm:ss", dateZone()) : String(head.values[row] ?? row);
      fields.push(makeField(name, values.every((v) => typeof v === "number") ? "number" : "string", values));
    }
    return makeFrame(frame.refId, fields);
  });
}

// How often values fall into buckets of equal width.
export function histogram(frames: DataFrame[], options: JsonObject): DataFrame[] {
  const columns = frames.flatMap((frame) => frame.fields.filter((f) => f.type === "number").map((field) => ({ name: displayNameOf(field, frame, frames), values: numbersOf(field) })));
  const combine = flagOf(options.combine);
  const rows = combine ? [Float64Array.from(columns.flatMap((column) => [...column.values]))] : columns.map((column) => column.values);
  const made = countIntoBuckets(rows, { size: numberOf(options.bucketSize), count: numberOf(options.bucketCount), offset: numberOf(options.bucketOffset) });
  if (made === undefined) return [];
  return [
    makeFrame(frames[0]!.refId, [
      makeField("xMin", "number", made.bounds.slice(0, -1)),
      makeField("xMax", "number", made.bounds.slice(1)),
      ...made.counts.map((counts, i) => makeField(combine ? "Count" : columns[i]!.name, "number", counts)),
    ]),
  ];
}
