// The configured frames of a panel at each tick: for a set of series, what they are called and how they are shown is worked
// out once, and their values are put in. What transformations make is made anew each time.
import type { Panel } from "../model/board";
import { makeFrame, type DataFrame, type Field } from "./frame";
import { preparedFrames, type Prepared } from "./panel_frames";
import type { Aligned, LabelSet } from "./prometheus_frames";
import type { PanelData } from "./panel_source";

interface Plan {
  panel: Panel;
  answers: readonly { legend: string; everyStep: number | undefined; metrics: readonly LabelSet[] }[];
  prepared: Prepared;
}

export class FramesMaker {
  private plan: Plan | undefined;

  make(panel: Panel, data: PanelData): Prepared {
    const answers = alignedOf(panel, data);
    if (answers !== undefined && this.plan !== undefined && this.plan.panel === panel && isFor(this.plan, data, answers)) return withValues(this.plan.prepared, answers);
    const prepared = preparedFrames(panel, data);
    this.plan = answers && { panel, prepared, answers: data.answers.map(({ question, everyStep }, i) => ({ legend: question.legendFormat, everyStep, metrics: answers[i]!.series.map(({ metric }) => metric) })) };
    return prepared;
  }
}

// The answers, where each series of them is a frame, and its name and configuration are the same whatever its values are.
function alignedOf({ transformations, fieldConfig }: Panel, { answers }: PanelData): readonly Aligned[] | undefined {
  if (transformations.length > 0 || fieldConfig.overrides.some(({ matcher }) => matcher.id === "byValue")) return undefined;
  const out: Aligned[] = [];
  for (const { question, aligned } of answers) {
    if (aligned === undefined || aligned.histograms !== undefined || question.format === "table") return undefined;
    out.push(aligned);
  }
  return out;
}

function isFor(plan: Plan, { answers }: PanelData, aligned: readonly Aligned[]): boolean {
  if (plan.answers.length !== answers.length) return false;
  for (let a = 0; a < answers.length; a++) {
    const before = plan.answers[a]!;
    const { series } = aligned[a]!;
    if (before.legend !== answers[a]!.question.legendFormat || before.everyStep !== answers[a]!.everyStep || before.metrics.length !== series.length) return false;
    for (let i = 0; i < series.length; i++) if (series[i]!.metric !== before.metrics[i]) return false;
  }
  return true;
}

// A frame has its time and its values, in the order of the series.
function withValues({ frames, errors }: Prepared, answers: readonly Aligned[]): Prepared {
  const out: DataFrame[] = [];
  for (const { times, series } of answers) {
    const ms = times.map((seconds) => seconds * 1000);
    for (const { values } of series) {
      const frame = frames[out.length]!;
      const fields = frame.fields.map((field): Field => ({ ...field, values: field.type === "time" ? ms : values }));
      out.push(makeFrame(frame.refId, fields, frame.name));
    }
  }
  return { frames: out, errors };
}
