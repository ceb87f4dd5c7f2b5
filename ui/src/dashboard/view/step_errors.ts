// What transformations of a panel could not be done. Its view draws what is left without a word.
import { useMemo } from "react";
import { preparedFrames } from "../data/panel_frames";
import type { PanelData } from "../data/panel_source";
import type { Panel } from "../model/board";

/** Worked out when a panel has other steps, or its queries another number of series: not at each tick. */
export function useStepErrors(panel: Panel, data: PanelData): string | undefined {
  const steps = panel.transformations.some(({ disabled }) => disabled !== true);
  const there = data.answers.map(({ question, aligned, samples }) => `${question.refId} ${aligned?.series.length ?? samples?.length ?? 0}`).join();
  return useMemo(() => (steps && data.loaded ? errorsOf(panel, data) : undefined), [steps, panel, there, data.loaded]);
}

function errorsOf(panel: Panel, data: PanelData): string | undefined {
  try {
    return preparedFrames(panel, data).errors.join("; ") || undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
