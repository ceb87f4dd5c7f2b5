// Transformations of texts: times and words in another form, fields out of texts.
import { flagOf, isObject, numberOf, objectsOf, readPath, textOf, type JsonObject } from "../model/json";
import { dateZone } from "../field/date_zone";
import { datePattern } from "../field/date_pattern";
import { regexOf } from "../field/overrides";
import { guessType, makeField, makeFrame, numberAt, type DataFrame, type Field } from "./frame";
import { fieldNamed } from "./transform_rows";

const FIELDS_MAX = 200;

export function formatTime(frames: DataFrame[], options: JsonObject): DataFrame[] {
  const name = textOf(options.timeField);
  const pattern = textOf(options.outputFormat, "YYYY-MM-DD HH:mm:ss");
  const zone = textOf(options.timezone) || (flagOf(options.useTimezone, true) ? dateZone() : "UTC");
  return frames.map((frame) => {
    const wanted = fieldNamed(frame, frames, name);
    return { ...frame, fields: frame.fields.map((field) => (field !== wanted || field.type !== "time" ? field : { ...field, type: "string" as const, values: Array.from({ length: frame.length }, (_, row) => datePattern(numberAt(field, row), pattern, zone)) })) };
  });
}

function wordsOf(text: string): string[] {
  return text.replace(/([a-z\d])([A-Z])/g, "$1 $2").split(/[^\p{L}\p{N}]+/u).filter((word) => word !== "");
}
const capital = (word: string) => word.slice(0, 1).toUpperCase() + word.slice(1).toLowerCase();

const FORMATS: Record<string, (text: string, options: JsonObject) => string> = {
  "upper case": (text) => text.toUpperCase(),
  "lower case": (text) => text.toLowerCase(),
  "sentence case": (text) => text.slice(0, 1).toUpperCase() + text.slice(1),
  "title case": (text) => text.split(" ").map(capital).join(" "),
  "pascal case": (text) => wordsOf(text).map(capital).join(""),
  "camel case": (text) => wordsOf(text).map((word, i) => (i === 0 ? word.toLowerCase() : capital(word))).join(""),
  "snake case": (text) => wordsOf(text).map((word) => word.toLowerCase()).join("_"),
  "kebab case": (text) => wordsOf(text).map((word) => word.toLowerCase()).join("-"),
  trim: (text) => text.trim(),
  substring: (text, options) => text.substring(numberOf(options.substringStart, 0), numberOf(options.substringEnd, text.length)),
};

export function formatString(frames: DataFrame[], options: JsonObject): DataFrame[] {
  const run = FORMATS[textOf(options.outputFormat, "Upper Case").toLowerCase()];
  if (run === undefined) throw new Error(`there is no format "${textOf(options.outputFormat)}"`);
  return frames.map((frame) => {
    const wanted = fieldNamed(frame, frames, textOf(options.stringField));
    return { ...frame, fields: frame.fields.map((field) => (field !== wanted ? field : { ...field, type: "string" as const, values: Array.from({ length: frame.length }, (_, row) => run(String(field.values[row] ?? ""), options)) })) };
  });
}

type Parse = (text: string) => JsonObject;

const pairs: Parse = (text) => {
  const out: JsonObject = {};
  for (const [, key, quoted, plain] of text.matchAll(/([^\s,;=:{}"']+)\s*[=:]\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,;{}]+))/g)) out[key!] = quoted ?? plain;
  return out;
};
const json: Parse = (text) => {
  const found: unknown = JSON.parse(text);
  return isObject(found) ? found : {};
};

function parserOf(options: JsonObject): Parse {
  switch (textOf(options.format, "auto")) {
    case "json": return json;
    case "kvp": return pairs;
    case "delimiter": {
      const delimiter = textOf(options.delimiter, ",");
      return (text) => Object.fromEntries(text.split(delimiter).map((part) => [part.trim(), 1]).filter(([key]) => key !== ""));
    }
    case "regexp": {
      const pattern = regexOf(textOf(options.regExp));
      return (text) => ({ ...(pattern?.exec(text)?.groups ?? {}) });
    }
    default:
      return (text) => (text.trim().startsWith("{") && text.includes(":") ? json(text) : pairs(text));
  }
}

// Texts of a column → a column for each name in them. A series has its labels as the column "labels".
export function extractFields(frames: DataFrame[], options: JsonObject): DataFrame[] {
  const source = textOf(options.source);
  const parse = parserOf(options);
  const paths = objectsOf(options.jsonPaths).filter((path) => textOf(path.path) !== "");
  return frames.map((frame) => {
    const field = fieldNamed(frame, frames, source);
    const labels = field === undefined && source === "labels" ? frame.fields.find((f) => Object.keys(f.labels).length > 0)?.labels : undefined;
    if (field === undefined && labels === undefined) return frame;
    const rows = Array.from({ length: frame.length }, (_, row): JsonObject => {
      if (labels !== undefined) return labels as JsonObject;
      const value = field!.values[row];
      if (isObject(value)) return value;
      try {
        return parse(String(value ?? ""));
      } catch {
        return {}; // a row that is not of the form has none of the fields
      }
    });
    const names = paths.length > 0 ? paths.map((path) => ({ name: textOf(path.alias) || textOf(path.path), read: (row: JsonObject) => readPath(row, textOf(path.path)) })) : [...new Set(rows.flatMap((row) => Object.keys(row)))].slice(0, FIELDS_MAX).map((name) => ({ name, read: (row: JsonObject) => row[name] }));
    const made = names.map(({ name, read }): Field => {
      const values = rows.map(read);
      const numeric = values.every((value) => value === undefined || (typeof value === "string" && value.trim() !== "" && Number.isFinite(Number(value))));
      return numeric && textOf(options.format) !== "json" ? makeField(name, "number", values.map((value) => (value === undefined ? NaN : Number(value)))) : makeField(name, guessType(values), values);
    });
    const kept = !flagOf(options.replace) ? frame.fields : flagOf(options.keepTime) ? frame.fields.filter((f) => f.type === "time") : [];
    return { ...makeFrame(frame.refId, [...kept, ...made], frame.name), length: frame.length };
  });
}
