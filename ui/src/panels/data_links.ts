// Links of a value: where its field's configuration leads, with what the value is filled in.
import { displayNameOf, makeField, makeFrame, timeField, type DataFrame, type Field } from "../dashboard/data/frame";
import type { Display } from "../dashboard/field/display";
import { dataText, type RowOf } from "../dashboard/field/row_texts";
import { objectsOf, textOf, type JsonObject } from "../dashboard/model/json";
import { interpolate } from "../dashboard/model/interpolate";
import { withBuiltins, type Scope } from "../dashboard/model/scope";
import { chosenVariables, safeUrl, type ShownLink } from "./links";

export interface LinkedValue {
  name: string; // of the series or column
  labels: Readonly<Record<string, string>>;
  value: unknown; // unrounded
  text: string; // as it is shown
  bare?: string; // without its unit; where it is not given, a value is told with it, as that of a whole series
  timeMs?: number;
  /** The row it stands in. */
  row?: RowOf;
}

const LINKS_MAX = 20;

// Only what can be followed without harm is given back.
export function dataLinks(config: JsonObject, scope: Scope, of: LinkedValue): ShownLink[] {
  const links = objectsOf(config.links);
  if (links.length === 0) return [];
  const plain = linkScope(scope, of, (text) => text);
  const encoded = linkScope(scope, of, encodeURIComponent);
  return links.slice(0, LINKS_MAX).flatMap((link) => {
    const url = safeUrl(interpolate(textOf(link.url), encoded, "url"));
    return url === undefined ? [] : [{ title: interpolate(textOf(link.title), plain) || url, url, blank: link.targetBlank === true }];
  });
}

/** Where one value of a column leads; `display` is the value as it is shown. */
export type LinksAt = (row: number, display: Pick<Display, "text" | "number">, scope: Scope) => ShownLink[];

// Of columns without links, and they are most of them, nothing is worked out.
export function columnLinks(field: Field, frame: DataFrame, frames: readonly DataFrame[]): LinksAt | undefined {
  if (objectsOf(field.config.links).length === 0) return undefined;
  const name = displayNameOf(field, frame, frames);
  const time = timeField(frame);
  return (row, { text, number }, scope) => {
    const value = field.values[row];
    return dataLinks(field.config, scope, { name, labels: field.labels, value: typeof value === "number" && Number.isNaN(value) ? undefined : value, text, bare: number, row: { frame, frames, row }, ...(time === undefined ? {} : { timeMs: Number(time.values[row]) }) });
  };
}

/** A row that no frame has, of these numbers. */
export function rowOfNumbers(cells: Readonly<Record<string, number>>): RowOf {
  const frame = makeFrame("", Object.entries(cells).map(([name, value]) => makeField(name, "number", Float64Array.of(value))));
  return { frame, frames: [frame], row: 0 };
}

function linkScope(scope: Scope, of: LinkedValue, encode: (text: string) => string): Scope {
  const { row } = of;
  const named = withBuiltins(scope, builtins(of, encode));
  return row === undefined ? named : { ...named, lookup: (name) => (name.startsWith("__data.") ? encode(dataText(name.slice("__data.".length), row)) : undefined) };
}

// Texts go into an address encoded, so that no label can add to it.
function builtins({ name, labels, value, text, bare = text, timeMs }: LinkedValue, encode: (text: string) => string): [string, string][] {
  const raw = value === undefined || value === null ? "" : String(value);
  return [
    ["__value", encode(text)],
    ["__value.raw", encode(raw)],
    ["__value.numeric", encode(String(raw === "" ? NaN : Number(value)))],
    ["__value.text", encode(bare)],
    ["__value.time", timeMs === undefined ? "" : String(Math.round(timeMs))],
    ["__series.name", encode(name)],
    ["__field.name", encode(name)],
    ["__field.displayName", encode(name)],
    ["__field.labels", encode(Object.entries(labels).map(([key, label]) => `${key}="${label}"`).join(", "))],
    ...Object.entries(labels).map(([key, label]): [string, string] => [`__field.labels.${key}`, encode(label)]),
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
