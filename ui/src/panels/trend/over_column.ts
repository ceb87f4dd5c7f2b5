// What a trend draws: columns of numbers over another one, as lines over time are over theirs.
import { textOf } from "../../dashboard/model/json";
import type { Panel } from "../../dashboard/model/board";
import { applyConfig } from "../../dashboard/field/overrides";
import { displayerOf } from "../../dashboard/field/display";
import { displayNameOf, numbersOf, type DataFrame, type Field } from "../../dashboard/data/frame";
import { rawFrames } from "../../dashboard/data/panel_frames";
import type { PanelData } from "../../dashboard/data/panel_source";
import { transform } from "../../dashboard/data/transforms";
import { axisOf, type Over } from "../timeseries/picture";

export type OverProblem = { problem: "noNumbers" } | { problem: "noColumn"; name: string };

/** Undefined where there is no data. */
export function overOf(panel: Panel, data: PanelData): Over | OverProblem | undefined {
  const { frames: made, errors } = transform(rawFrames(data.answers), panel.transformations);
  const frames = made.filter((frame) => frame.length > 0);
  if (frames.length === 0) return undefined;
  const configured = applyConfig(panel.fieldConfig, frames);
  const wanted = textOf(panel.options.xField);
  const found = frames.flatMap((frame, f) => {
    const own = configured[f]!;
    const at = own.fields.findIndex((field) => field.type === "number" && (wanted === "" || field.name === wanted || displayNameOf(field, own, configured) === wanted));
    return at < 0 ? [] : [{ ...risingBy(frame, at), config: own.fields[at]!.config, name: displayNameOf(own.fields[at]!, own, configured) }];
  });
  const first = found[0];
  if (first === undefined) return wanted === "" ? { problem: "noNumbers" } : { problem: "noColumn", name: wanted };
  if (found.every(({ frame, column }) => frame.fields.every((field) => field.type !== "number" || field === column))) return { problem: "noNumbers" };
  const { unit, decimals, label, min, max, log, grid, hidden } = axisOf(first.config, false);
  const display = displayerOf({ ...first.config, color: { mode: "fixed" } });
  return { frames: found.map(({ frame }) => frame), columns: found.map(({ column }) => column), errors, axis: { unit, decimals, label, min, max, log, grid, hidden, name: first.name, text: (value) => display(value).text } };
}

// Rows in the order of a column, without those that have no place on it.
function risingBy(frame: DataFrame, at: number): { frame: DataFrame; column: Field } {
  const places = numbersOf(frame.fields[at]!);
  const isRising = places.every((place, row) => Number.isFinite(place) && (row === 0 || place >= places[row - 1]!));
  const order = Array.from(places, (_, row) => row).filter((row) => Number.isFinite(places[row]!)).sort((a, b) => places[a]! - places[b]!);
  const fields = frame.fields.map((field, i): Field => {
    const values = i === at ? places : field.values;
    return { ...field, values: isRising ? values : values instanceof Float64Array ? Float64Array.from(order, (row) => values[row]!) : order.map((row) => values[row]) };
  });
  return { frame: { ...frame, fields, length: isRising ? frame.length : order.length }, column: fields[at]! };
}
