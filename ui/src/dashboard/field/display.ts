// A value of a configured field → text and colour: mappings first, then thresholds, unit and decimals.
import { flagOf, numberOf, objectOf, objectsOf, textOf, type JsonObject } from "../model/json";
import { colorOfName, cssColor, paletteColor, parseHex, schemeColor, schemeOfMode } from "./colors";
import { formatParts } from "./units";
import { regexOf, replacedBy } from "./overrides";

export interface Display {
  text: string; // with prefix and suffix
  number: string; // without them
  prefix: string;
  suffix: string;
  color: string;
  /** A mapping or threshold chose the colour, not the series. */
  judged: boolean;
}

export interface Step {
  value: number; // -Infinity for the base
  color: string;
}

export interface Thresholds {
  percentage: boolean;
  steps: Step[];
}

export function thresholdsOf(config: JsonObject): Thresholds {
  const json = objectOf(config.thresholds);
  const steps = objectsOf(json.steps).map((step, index) => ({
    value: index === 0 && numberOf(step.value) === undefined ? -Infinity : numberOf(step.value, 0),
    color: cssColor(textOf(step.color, "green")),
  }));
  steps.sort((a, b) => a.value - b.value);
  return { percentage: json.mode === "percentage", steps: steps.length > 0 ? steps : [{ value: -Infinity, color: cssColor("green") }] };
}

// `share`: where the value stands between min and max, for thresholds in per cent.
export function stepFor(thresholds: Thresholds, value: number, share: number): Step {
  const measure = thresholds.percentage ? share * 100 : value;
  let found = thresholds.steps[0]!;
  for (const step of thresholds.steps) if (measure >= step.value) found = step;
  return found;
}

interface Mapped {
  text?: string;
  color?: string;
}

type Mapping = (value: number, text: string) => Mapped | undefined;

function resultOf(json: unknown): Mapped {
  const { text, color } = objectOf(json);
  return { ...(typeof text === "string" && text !== "" ? { text } : {}), ...(typeof color === "string" && color !== "" ? { color } : {}) };
}

function mappingOf(json: JsonObject): Mapping {
  const options = objectOf(json.options);
  switch (json.type) {
    case "value":
      return (value, text) => {
        for (const key of [text, String(value)]) if (Object.hasOwn(options, key)) return resultOf(options[key]);
        return undefined;
      };
    case "range": {
      const from = numberOf(options.from, -Infinity);
      const to = numberOf(options.to, Infinity);
      return (value) => (value >= from && value <= to ? resultOf(options.result) : undefined);
    }
    case "regex": {
      const pattern = regexOf(textOf(options.pattern));
      return (_value, text) => {
        const match = pattern?.exec(text);
        if (!match) return undefined;
        const out = resultOf(options.result);
        return out.text === undefined ? out : { ...out, text: replacedBy(pattern!, textOf(options.pattern), text, out.text) };
      };
    }
    case "special":
      return (value, text) => {
        const match = textOf(options.match);
        // Where there is no number, there was none or it was no number: rows of numbers do not tell the two apart. A text is neither.
        const missing = Number.isNaN(value) && text === "";
        const hit =
          match === "null" || match === "nan" || match === "null+nan" ? missing
          : match === "true" ? text === "true" || value === 1 : match === "false" ? text === "false" || value === 0 : match === "empty" ? text === "" : false;
        return hit ? resultOf(options.result) : undefined;
      };
    default:
      return () => undefined;
  }
}

export interface DisplayOptions {
  /** The field's own colour, where neither mapping nor thresholds decide. */
  seriesColor?: string;
  /** The span of all values, for min and max that the board leaves open. */
  low?: number;
  high?: number;
}

/** The span may be given with each value instead, by who shows values of a span that moves. */
export type Displayer = (value: number, text?: string, low?: number, high?: number) => Display;

export function displayerOf(config: JsonObject, options: DisplayOptions = {}): Displayer {
  const mappings = objectsOf(config.mappings).map(mappingOf);
  const thresholds = thresholdsOf(config);
  const unit = textOf(config.unit);
  const decimals = numberOf(config.decimals);
  const noValue = textOf(config.noValue, "–");
  const color = objectOf(config.color);
  const mode = textOf(color.mode, "thresholds");
  const least = numberOf(config.min) ?? options.low ?? 0;
  const most = numberOf(config.max) ?? options.high ?? 100;
  const colorFor = (value: number, low: number, high: number): { color: string; judged: boolean } => {
    const share = high > low ? (value - low) / (high - low) : 0;
    if (mode === "thresholds") return { color: stepFor(thresholds, value, share).color, judged: true };
    if (mode.startsWith("continuous-")) return { color: schemeColor(schemeOfMode(mode), share), judged: true };
    return { color: options.seriesColor ?? cssColor("blue"), judged: false };
  };
  return (value, given = "", low = least, high = most) => {
    const found = mappings.map((mapping) => mapping(value, given)).find((m) => m !== undefined);
    const chosen = found?.color === undefined ? colorFor(value, low, high) : { color: cssColor(found.color), judged: true };
    if (found?.text !== undefined) return { text: found.text, number: found.text, prefix: "", suffix: "", ...chosen };
    if (Number.isNaN(value)) {
      const text = given !== "" ? given : noValue;
      const as = numberOf(noValue);
      if (given === "" && as !== undefined && noValue !== "") {
        const parts = formatParts(as, unit, decimals);
        return { text: parts.prefix + parts.text + parts.suffix, number: parts.text, prefix: parts.prefix, suffix: parts.suffix, ...chosen };
      }
      return { text, number: text, prefix: "", suffix: "", color: found?.color === undefined ? "var(--dim)" : chosen.color, judged: chosen.judged };
    }
    const parts = formatParts(value, unit, decimals);
    return { text: parts.prefix + parts.text + parts.suffix, number: parts.text, prefix: parts.prefix, suffix: parts.suffix, ...chosen };
  };
}

// The colour of a whole series.
export function seriesColorOf(config: JsonObject, index: number, name: string, lastValue: number): string {
  const color = objectOf(config.color);
  const mode = textOf(color.mode, "palette-classic");
  if (mode === "fixed" || mode === "shades") return cssColor(textOf(color.fixedColor, "blue"));
  if (mode === "palette-classic-by-name") return colorOfName(name);
  if (mode === "thresholds") return stepFor(thresholdsOf(config), lastValue, shareOf(config, lastValue)).color;
  if (mode.startsWith("continuous-")) return schemeColor(schemeOfMode(mode), shareOf(config, lastValue));
  return paletteColor(index);
}

function shareOf(config: JsonObject, value: number): number {
  const low = numberOf(config.min, 0);
  const high = numberOf(config.max, 100);
  return high > low ? (value - low) / (high - low) : 0;
}

export function isHiddenFrom(config: JsonObject, where: "legend" | "tooltip" | "viz"): boolean {
  return flagOf(objectOf(objectOf(config.custom).hideFrom)[where]);
}

// Shades of one colour, lighter and darker by turns, for the "shades" mode.
export function shadeOf(color: string, index: number): string {
  const rgb = parseHex(color);
  if (rgb === undefined || index === 0) return color;
  const amount = (Math.ceil(index / 2) * 0.18) * (index % 2 === 0 ? -1 : 1);
  const mix = (c: number) => Math.round(amount > 0 ? c + (255 - c) * Math.min(0.8, amount) : c * (1 - Math.min(0.8, -amount)));
  return `rgb(${mix(rgb[0])}, ${mix(rgb[1])}, ${mix(rgb[2])})`;
}
