// Links of a value: where its field's configuration leads, with what the value is filled in.
import { displayNameOf, timeField, type DataFrame, type Field } from "../dashboard/data/frame";
import { objectsOf, textOf, type JsonObject } from "../dashboard/model/json";
import { interpolate } from "../dashboard/model/interpolate";
import { withBuiltins, type Scope } from "../dashboard/model/scope";
import { chosenVariables, safeUrl, type ShownLink } from "./links";

export interface LinkedValue {
  name: string; // of the series or column
  labels: Readonly<Record<string, string>>;
  value: unknown; // unrounded
  text: string; // as it is shown
  timeMs?: number;
  /** The other cells of its row, by the name of their column. */
  row?: readonly (readonly [string, string])[];
}

const LINKS_MAX = 20;

// Only what can be followed without harm is given back.
export function dataLinks(config: JsonObject, scope: Scope, of: LinkedValue): ShownLink[] {
  const links = objectsOf(config.links);
  if (links.length === 0) return [];
  const plain = withBuiltins(scope, builtins(of, (text) => text));
  const encoded = withBuiltins(scope, builtins(of, encodeURIComponent));
  return links.slice(0, LINKS_MAX).flatMap((link) => {
    const url = safeUrl(interpolate(textOf(link.url), encoded, "url"));
    return url === undefined ? [] : [{ title: interpolate(textOf(link.title), plain) || url, url, blank: link.targetBlank === true }];
  });
}

/** Where one value of a column leads; `text` is the value as it is shown. */
export type LinksAt = (row: number, text: string, scope: Scope) => ShownLink[];

// Of columns without links, and they are most of them, nothing is worked out.
export function columnLinks(field: Field, frame: DataFrame, frames: readonly DataFrame[]): LinksAt | undefined {
  if (objectsOf(field.config.links).length === 0) return undefined;
  const name = displayNameOf(field, frame, frames);
  const time = timeField(frame);
  return (row, text, scope) => {
    const cells = frame.fields.map((one): [string, string] => [displayNameOf(one, frame, frames), String(one.values[row] ?? "")]);
    const value = field.values[row];
    return dataLinks(field.config, scope, { name, labels: field.labels, value: typeof value === "number" && Number.isNaN(value) ? undefined : value, text, row: cells, ...(time === undefined ? {} : { timeMs: Number(time.values[row]) }) });
  };
}

// Texts go into an address encoded, so that no label can add to it.
function builtins({ name, labels, value, text, timeMs, row = [] }: LinkedValue, encode: (text: string) => string): [string, string][] {
  const raw = value === undefined || value === null ? "" : String(value);
  return [
    ["__value", encode(text)],
    ["__value.raw", encode(raw)],
    ["__value.numeric", encode(raw)],
    ["__value.text", encode(text)],
    ["__value.time", timeMs === undefined ? "" : String(Math.round(timeMs))],
    ["__series.name", encode(name)],
    ["__field.name", encode(name)],
    ["__field.displayName", encode(name)],
    ["__field.labels", encode(Object.entries(labels).map(([key, label]) => `${key}="${label}"`).join(", "))],
    ...Object.entries(labels).map(([key, label]): [string, string] => [`__field.labels.${key}`, encode(label)]),
    ...row.flatMap(([key, cell], i): [string, string][] => [key === "" ? String(i) : key, `"${key}"`, String(i)].map((part) => [part.startsWith('"') || part === String(i) ? `__data.fields[${part}]` : `__data.fields.${part}`, encode(cell)])),
  ];
}

// What links of a board may name beside its variables: its range as the address has it, and all variables.
export function linkBuiltins(search: string, scope: Scope, interval: { from: number; to: number }): [string, string][] {
  const given = new URLSearchParams(search);
  const range = new URLSearchParams({ from: given.get("from") ?? String(Math.round(interval.from * 1000)), to: given.get("to") ?? String(Math.round(interval.to * 1000)) });
  return [
    ["__url_time_range", range.toString()],
    ["__all_variables", chosenVariables(search, scope).toString()],
  ];
}
