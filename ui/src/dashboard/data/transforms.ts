// Transformations of frames, by the ids boards use. Unknown ones are skipped and named in the import report.
import { catalogue } from "../../text/catalogue";
import { objectOf, textOf, type JsonObject } from "../model/json";
import type { Transformation } from "../model/board";
import { KNOWN_MATCHERS, matcherOf } from "../field/overrides";
import type { DataFrame } from "./frame";
import { concatenate, joinByField, joinByLabels, merge, seriesToRows } from "./transform_join";
import { convertFieldType, filterByName, filterByRefId, matchesRefId, organize, renameByRegex } from "./transform_fields";
import { calculateField } from "./transform_calculate";
import { configFromData, groupBy, histogram, labelsToFields, reduceFrames, rowsToFields, transpose } from "./transform_values";
import { heatmapCells, regression } from "./transform_models";
import { groupingToMatrix, groupToNestedTable, partitionByValues, prepareTimeSeries, timeSeriesTable } from "./transform_shapes";
import { extractFields, formatString, formatTime } from "./transform_text";
import { filterByValue, limit, sortBy } from "./transform_rows";

const t = catalogue(
  { unknown: 'transformation "{id}" is not known', failed: 'transformation "{id}": {why}' },
  { de: { unknown: "die Umformung „{id}“ ist nicht bekannt", failed: "Umformung „{id}“: {why}" } },
);

export type Transform = (frames: DataFrame[], options: JsonObject) => DataFrame[];

export const TRANSFORMS: ReadonlyMap<string, Transform> = new Map<string, Transform>([
  ["organize", organize],
  ["merge", merge],
  ["joinByField", joinByField],
  ["seriesToColumns", joinByField],
  ["joinByLabels", joinByLabels],
  ["reduce", reduceFrames],
  ["filterFieldsByName", filterByName],
  ["filterByRefId", filterByRefId],
  ["filterByValue", filterByValue],
  ["groupBy", groupBy],
  ["sortBy", sortBy],
  ["limit", limit],
  ["calculateField", calculateField],
  ["seriesToRows", seriesToRows],
  ["labelsToFields", labelsToFields],
  ["renameByRegex", renameByRegex],
  ["concatenate", concatenate],
  ["configFromData", configFromData],
  ["convertFieldType", convertFieldType],
  ["rowsToFields", rowsToFields],
  ["transpose", transpose],
  ["histogram", histogram],
  ["groupingToMatrix", groupingToMatrix],
  ["partitionByValues", partitionByValues],
  ["prepareTimeSeries", prepareTimeSeries],
  ["timeSeriesTable", timeSeriesTable],
  ["groupToNestedTable", groupToNestedTable],
  ["formatTime", formatTime],
  ["formatString", formatString],
  ["extractFields", extractFields],
  ["regression", regression],
  ["heatmap", heatmapCells],
]);

export interface Transformed {
  frames: DataFrame[];
  errors: string[];
}

export function isKnownFilter(id: string): boolean {
  return id === "byRefId" || KNOWN_MATCHERS.has(id);
}

// A step may be for some of the frames only: mostly for those of one query, or of several ("/^(?:A|B)$/").
function frameTest(step: Transformation): ((frame: DataFrame) => boolean) | undefined {
  const filter = objectOf(step.filter);
  const id = textOf(filter.id);
  if (id === "") return undefined;
  if (id === "byRefId") return (frame) => matchesRefId(textOf(filter.options), frame.refId);
  const own = matcherOf({ id, options: filter.options });
  return (frame) => frame.fields[0] !== undefined && own(frame.fields[0], frame, "");
}

export function transform(frames: DataFrame[], steps: readonly Transformation[]): Transformed {
  const errors: string[] = [];
  let current = frames;
  for (const step of steps) {
    if (step.disabled === true) continue;
    const run = TRANSFORMS.get(step.id);
    if (run === undefined) {
      errors.push(t("unknown", { id: step.id }));
      continue;
    }
    const test = frameTest(step);
    const rest = test === undefined ? [] : current.filter((frame) => !test(frame));
    try {
      const made = run(test === undefined ? current : current.filter(test), step.options);
      // What the step leaves alone stays where it was.
      if (rest.length > 0) made.splice(current.indexOf(rest[0]!), 0, ...rest);
      current = made;
    } catch (error) {
      errors.push(t("failed", { id: step.id, why: error instanceof Error ? error.message : String(error) }));
    }
  }
  return { frames: current, errors };
}
