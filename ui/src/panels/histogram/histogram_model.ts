// What a histogram draws: how many values fall into each bucket. Values are counted here, unless the data is a
// histogram already: of the transformation (xMin, xMax), classic buckets ("le"), or a native one, of which the
// newest is shown.
import type { Panel } from "../../dashboard/model/board";
import { flagOf, numberOf, objectOf, textOf } from "../../dashboard/model/json";
import { displayerOf, isHiddenFrom, seriesColorOf, shadeOf, type Displayer } from "../../dashboard/field/display";
import { displayNameOf, numbersOf, type DataFrame, type Field } from "../../dashboard/data/frame";
import { histogramRows } from "../../dashboard/data/native_histograms";
import type { PanelData } from "../../dashboard/data/panel_source";
import { preparedFrames } from "../../dashboard/data/panel_frames";
import { bucketRows } from "../../dashboard/data/prometheus_frames";
import { countIntoBuckets } from "../../dashboard/data/value_buckets";
import { configOf, compileConfig } from "../../dashboard/field/overrides";
import { axisOf, withPalette, type Axis } from "../timeseries/picture";
import { stackingOf, type Stacking } from "../cartesian/bars";

export interface HistogramSeries {
  name: string;
  color: string;
  values: Float64Array; // counts
  display: Displayer; // of counts
  hidden: { legend: boolean; tooltip: boolean; viz: boolean };
  ghost: false;
  fill: number;
  line: number;
  gradient: boolean;
  field: Field;
}

export interface HistogramModel {
  bounds: Float64Array; // one more than buckets; the outer ones may be infinite
  series: HistogramSeries[];
  unit: string; // of the bounds
  decimals: number | undefined;
  axis: Axis; // of counts
  stacking: Stacking;
}

interface Counted {
  bounds: Float64Array;
  rows: { name: string; counts: Float64Array; field: Field }[];
}

export function histogramOf(panel: Panel, data: PanelData): HistogramModel | undefined {
  const counted = classicOf(panel, data) ?? countedOf(panel, preparedFrames(panel, data).frames);
  if (counted === undefined || counted.rows.length === 0) return undefined;
  const first = counted.rows[0]!.field.config;
  const stacking = stackingOf(textOf(objectOf(objectOf(first.custom).stacking).mode));
  return {
    bounds: counted.bounds,
    unit: textOf(first.unit),
    decimals: numberOf(first.decimals),
    // The unit and bounds of the field are those of the values; counts have none.
    axis: axisOf({ custom: first.custom }, stacking === "percent"),
    stacking,
    series: counted.rows.map(({ name, counts, field }, index) => {
      const config = withPalette(field.config);
      const custom = objectOf(field.config.custom);
      const color = seriesColorOf(config, index, name, NaN);
      return {
        name,
        color: objectOf(config.color).mode === "shades" ? shadeOf(color, index) : color,
        values: counts,
        display: displayerOf({ color: { mode: "fixed" } }, { seriesColor: color }),
        hidden: { legend: isHiddenFrom(field.config, "legend"), tooltip: isHiddenFrom(field.config, "tooltip"), viz: isHiddenFrom(field.config, "viz") },
        ghost: false as const,
        fill: Math.min(100, Math.max(0, numberOf(custom.fillOpacity, 80))) / 100,
        line: numberOf(custom.lineWidth, 1),
        gradient: textOf(custom.gradientMode, "none") !== "none",
        field,
      };
    }),
  };
}

// Buckets that the server has counted: the newest of each.
function classicOf(panel: Panel, data: PanelData): Counted | undefined {
  const aligned = data.answers[0]?.aligned;
  if (aligned === undefined || panel.transformations.length > 0) return undefined;
  const native = (aligned.histograms ?? []).length > 0;
  if (!native && !(aligned.series.length > 0 && aligned.series.every((s) => s.metric.le !== undefined))) return undefined;
  const rows = native ? histogramRows(aligned.histograms!).rows : bucketRows(aligned);
  const filled = rows.map((row) => ({ ...row, count: lastOf(row.values) }));
  // Empty buckets at both ends say nothing.
  let [from, to] = [0, filled.length];
  while (from < to - 1 && filled[from]!.count === 0) from++;
  while (to > from + 1 && filled[to - 1]!.count === 0) to--;
  const kept = filled.slice(from, to);
  if (kept.length === 0) return undefined;
  const field: Field = { name: "Count", type: "number", values: [], labels: {}, config: {} };
  field.config = configOf(compileConfig(panel.fieldConfig), field, { refId: "A", name: "", fields: [field], length: 0 }, []);
  return { bounds: Float64Array.from([kept[0]!.lower, ...kept.map((row) => row.upper)]), rows: [{ name: "Count", counts: Float64Array.from(kept, (row) => row.count), field }] };
}

function lastOf(values: Float64Array): number {
  const last = values[values.length - 1] ?? 0;
  return Number.isNaN(last) ? 0 : last;
}

function countedOf(panel: Panel, frames: readonly DataFrame[]): Counted | undefined {
  for (const frame of frames) {
    const named = (...names: string[]) => frame.fields.find((f) => names.includes(f.name));
    const low = named("xMin", "BucketMin");
    const high = named("xMax", "BucketMax");
    if (low === undefined || high === undefined || frame.length === 0) continue;
    const uppers = numbersOf(high);
    const bounds = Float64Array.from([...numbersOf(low), uppers[uppers.length - 1]!]);
    return { bounds, rows: frame.fields.filter((f) => f.type === "number" && f !== low && f !== high).map((field) => ({ name: displayNameOf(field, frame, frames), counts: numbersOf(field), field })) };
  }
  const columns = frames.flatMap((frame) => frame.fields.filter((f) => f.type === "number").map((field) => ({ name: displayNameOf(field, frame, frames), field, values: numbersOf(field) })));
  if (columns.length === 0) return undefined;
  const combine = flagOf(panel.options.combine);
  const rows = combine ? [Float64Array.from(columns.flatMap((column) => [...column.values]))] : columns.map((column) => column.values);
  const made = countIntoBuckets(rows, { size: numberOf(panel.options.bucketSize), count: numberOf(panel.options.bucketCount), offset: numberOf(panel.options.bucketOffset) });
  if (made === undefined) return undefined;
  return { bounds: made.bounds, rows: made.counts.map((counts, i) => ({ name: combine ? "Count" : columns[i]!.name, counts, field: columns[i]!.field })) };
}
