// The field configuration of a panel, worked out for each field: defaults, then the overrides that match.
import { cloneJson, isObject, numberOf, objectOf, textOf, writePath, type JsonObject } from "../model/json";
import type { FieldConfigSource, FieldOverride } from "../model/board";
import { fieldText, isOfField } from "./field_texts";
import { displayNameOf, numbersOf, type DataFrame, type Field } from "../data/frame";
import { reduce } from "./reducers";

export const KNOWN_MATCHERS: ReadonlySet<string> = new Set([
  "byName", "byNames", "byRegexp", "byRegexpOrNames", "byType", "byTypes", "byFrameRefID", "byFrameRefId", "byValue", "numeric", "time", "first", "firstTimeField",
]);

export const KNOWN_PROPERTIES: ReadonlySet<string> = new Set([
  "unit", "decimals", "min", "max", "displayName", "noValue", "color", "thresholds", "mappings", "links", "description", "filterable",
  "custom.drawStyle", "custom.lineWidth", "custom.lineInterpolation", "custom.lineStyle", "custom.fillOpacity", "custom.gradientMode", "custom.fillBelowTo",
  "custom.showPoints", "custom.pointSize", "custom.spanNulls", "custom.stacking", "custom.axisPlacement", "custom.axisLabel", "custom.axisSoftMin", "custom.axisSoftMax",
  "custom.axisGridShow", "custom.axisCenteredZero", "custom.scaleDistribution", "custom.thresholdsStyle", "custom.hideFrom", "custom.transform", "custom.barAlignment",
  "custom.barWidthFactor", "custom.axisWidth", "custom.axisColorMode", "custom.insertNulls", "custom.hidden", "custom.width", "custom.minWidth", "custom.align",
  "custom.displayMode", "custom.cellOptions", "custom.filterable", "custom.inspect",
  "custom.show", "custom.pointShape", "custom.pointStrokeWidth", "fieldMinMax",
]);

// `/…/i`; a bare expression is one of the whole text, as Grafana has it. One that does not compile matches nothing.
export function regexOf(text: string): RegExp | undefined {
  const slashed = /^\/([\s\S]*)\/([a-z]*)$/.exec(text);
  try {
    return new RegExp(slashed ? slashed[1]! : `^${text}$`, slashed ? slashed[2]!.replace(/[gy]/g, "") : "");
  } catch {
    return undefined;
  }
}

// `/…/g` is for every place in the text, and only replacing has such.
export function replacedBy(pattern: RegExp, given: string, text: string, replacement: string): string {
  return text.replace(/^\/.*\/[a-z]*g[a-z]*$/s.test(given) ? new RegExp(pattern.source, `${pattern.flags}g`) : pattern, replacement);
}

type Test = (field: Field, frame: DataFrame, name: string) => boolean;

export function matcherOf(matcher: { id: string; options?: unknown }): Test {
  const { options } = matcher;
  switch (matcher.id) {
    case "byName": {
      const wanted = textOf(options);
      return (field, _frame, name) => name === wanted || field.name === wanted;
    }
    case "byNames":
    case "byRegexpOrNames": {
      const json = objectOf(options);
      const names = new Set((Array.isArray(options) ? options : Array.isArray(json.names) ? json.names : []).map((n) => textOf(n)));
      const pattern = typeof json.pattern === "string" && json.pattern !== "" ? regexOf(json.pattern) : undefined;
      const negative = json.mode === "exclude";
      return (field, _frame, name) => (names.has(name) || names.has(field.name) || (pattern?.test(name) ?? false)) !== negative;
    }
    case "byRegexp": {
      const pattern = regexOf(textOf(options));
      return (_field, _frame, name) => pattern?.test(name) ?? false;
    }
    case "byType":
      return (field) => field.type === options;
    case "byTypes": {
      const types = new Set(Array.isArray(options) ? options : []);
      return (field) => types.has(field.type);
    }
    case "numeric":
      return (field) => field.type === "number";
    case "time":
      return (field) => field.type === "time";
    case "first":
      return (field, frame) => frame.fields[0] === field;
    case "firstTimeField":
      return (field, frame) => frame.fields.find((f) => f.type === "time") === field;
    case "byFrameRefID":
    case "byFrameRefId":
      return (_field, frame) => frame.refId === textOf(options);
    case "byValue":
      return valueTest(objectOf(options));
    default:
      return () => false;
  }
}

// What a series comes to, held against a limit; "all are zero" and "all are null" say yes or no themselves.
function valueTest(options: JsonObject): Test {
  const reducer = textOf(options.reducer);
  if (reducer === "") return () => false;
  const limit = numberOf(options.value);
  const op = textOf(options.op, "eq");
  return (field) => {
    if (field.type !== "number") return false;
    const value = reduce(numbersOf(field), reducer);
    if (reducer === "allIsZero" || reducer === "allIsNull") return value === 1;
    if (Number.isNaN(value) || limit === undefined) return op === "neq" ? Number.isNaN(value) !== (limit === undefined) : Number.isNaN(value) && limit === undefined && op !== "gt" && op !== "lt";
    return COMPARE[op]?.(value, limit) ?? false;
  };
}
const COMPARE: Readonly<Record<string, (value: number, limit: number) => boolean>> = {
  gt: (value, limit) => value > limit, gte: (value, limit) => value >= limit, lt: (value, limit) => value < limit, lte: (value, limit) => value <= limit,
  eq: (value, limit) => value === limit, neq: (value, limit) => value !== limit,
};

export interface CompiledConfig {
  defaults: JsonObject;
  overrides: { test: Test; properties: FieldOverride["properties"] }[];
}

export function compileConfig(source: FieldConfigSource): CompiledConfig {
  return {
    defaults: source.defaults,
    overrides: source.overrides.map((o) => ({ test: matcherOf(o.matcher), properties: o.properties })),
  };
}

// The configuration of one field. What the field brought itself, from a transformation, goes before the panel's defaults:
// it is of this field, they are of all.
export function configOf(compiled: CompiledConfig, field: Field, frame: DataFrame, frames: readonly DataFrame[]): JsonObject {
  let config: JsonObject = { ...compiled.defaults };
  for (const [key, value] of Object.entries(field.config)) if (value !== undefined && value !== null && value !== "") config[key] = value;
  const named = (made: JsonObject): JsonObject => (isOfField(made.displayName) ? { ...made, displayName: fieldText(made.displayName, { ...field, config: made }, frame, frames) } : made);
  const matching = compiled.overrides.filter(({ test }) => test(field, frame, displayNameOf(field, frame, frames)));
  if (matching.length === 0) return named(config);
  config = cloneJson(config);
  for (const { properties } of matching) for (const { id, value } of properties) writePath(config, id, isObject(value) ? cloneJson(value) : value);
  return named(config);
}

export function applyConfig(source: FieldConfigSource, frames: readonly DataFrame[]): DataFrame[] {
  const compiled = compileConfig(source);
  return frames.map((frame) => ({
    ...frame,
    fields: frame.fields.map((field) => ({ ...field, config: configOf(compiled, field, frame, frames) })),
  }));
}
