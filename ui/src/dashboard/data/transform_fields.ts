// Transformations of columns: which, in which order, under which name.
import { arrayOf, flagOf, numberOf, objectOf, objectsOf, textOf, textsOf, type JsonObject } from "../model/json";
import { regexOf, replacedBy } from "../field/overrides";
import { displayNameOf, numberAt, type DataFrame, type Field, type FieldType } from "./frame";

export function organize(frames: DataFrame[], options: JsonObject): DataFrame[] {
  const excluded = objectOf(options.excludeByName);
  const included = objectOf(options.includeByName);
  const order = objectOf(options.indexByName);
  const renamed = objectOf(options.renameByName);
  const onlyIncluded = Object.values(included).some((v) => v === true);
  const placeOf = (name: string) => numberOf(order[name], Number.POSITIVE_INFINITY);
  return frames.map((frame) => {
    const named = frame.fields.map((field) => ({ field, name: displayNameOf(field, frame, frames) }));
    const has = (map: JsonObject, item: { field: Field; name: string }) => flagOf(map[item.name]) || flagOf(map[item.field.name]);
    const kept = named.filter((item) => !has(excluded, item) && (!onlyIncluded || has(included, item)));
    const place = (item: { field: Field; name: string }) => Math.min(placeOf(item.name), placeOf(item.field.name));
    // A stable sort: columns without a place stay behind those with one, in their order.
    kept.sort((a, b) => (place(a) === place(b) ? 0 : place(a) - place(b)));
    const fields = kept.map(({ field, name }) => {
      const title = textOf(renamed[name]) || textOf(renamed[field.name]);
      return title === "" ? field : { ...field, config: { ...field.config, displayName: title } };
    });
    return { ...frame, fields };
  });
}

export function filterByName(frames: DataFrame[], options: JsonObject): DataFrame[] {
  const include = testOf(options.include);
  const exclude = testOf(options.exclude);
  return frames
    .map((frame) => ({
      ...frame,
      fields: frame.fields.filter((field) => {
        const names = [displayNameOf(field, frame, frames), field.name];
        if (exclude !== undefined && names.some(exclude)) return false;
        return include === undefined || names.some(include);
      }),
    }))
    .filter((frame) => frame.fields.length > 0);
}

function testOf(value: unknown): ((name: string) => boolean) | undefined {
  const json = objectOf(value);
  const names = new Set(textsOf(json.names));
  const pattern = textOf(json.pattern) === "" ? undefined : regexOf(textOf(json.pattern));
  if (names.size === 0 && pattern === undefined) return undefined;
  return (name) => names.has(name) || (pattern?.test(name) ?? false);
}

export function filterByRefId(frames: DataFrame[], options: JsonObject): DataFrame[] {
  const include = textOf(options.include);
  const exclude = textOf(options.exclude);
  return frames.filter((f) => (include === "" || matchesRefId(include, f.refId)) && (exclude === "" || !matchesRefId(exclude, f.refId)));
}

export function matchesRefId(pattern: string, refId: string): boolean {
  return pattern.startsWith("/") ? (regexOf(pattern)?.test(refId) ?? false) : pattern.split("|").includes(refId);
}

export function renameByRegex(frames: DataFrame[], options: JsonObject): DataFrame[] {
  const pattern = regexOf(textOf(options.regex));
  const replacement = textOf(options.renamePattern);
  if (textOf(options.regex) === "") return frames;
  if (pattern === undefined) throw new Error(`"${textOf(options.regex)}" is no regular expression`);
  return frames.map((frame) => ({
    ...frame,
    fields: frame.fields.map((field) => {
      const name = displayNameOf(field, frame, frames);
      return pattern.test(name) ? { ...field, config: { ...field.config, displayName: replacedBy(pattern, textOf(options.regex), name, replacement) } } : field;
    }),
  }));
}

export function convertFieldType(frames: DataFrame[], options: JsonObject): DataFrame[] {
  const rules = objectsOf(arrayOf(options.conversions));
  return frames.map((frame) => ({
    ...frame,
    fields: frame.fields.map((field) => {
      const rule = rules.find((r) => textOf(r.targetField) === displayNameOf(field, frame, frames) || textOf(r.targetField) === field.name);
      return rule === undefined ? field : converted(field, textOf(rule.destinationType) as FieldType);
    }),
  }));
}

function converted(field: Field, type: FieldType): Field {
  const rows = Array.from({ length: field.values.length }, (_, row) => field.values[row]);
  switch (type) {
    case "number":
      return { ...field, type, values: rows.map((_, row) => numberAt(field, row)) };
    case "string":
      return { ...field, type, values: rows.map((value) => (value === null || value === undefined ? "" : String(value))) };
    case "boolean":
      return { ...field, type, values: rows.map((value) => value === true || value === "true" || (typeof value === "number" && value !== 0)) };
    case "time":
      return { ...field, type, values: rows.map((value) => (typeof value === "string" ? Date.parse(value) : value)) };
    default:
      return field;
  }
}
