// What transformations of a panel could not be done. Its view draws what is left without a word.
import { useEffect, useState } from "react";
import type { PanelData } from "../data/panel_source";
import type { Panel } from "../model/board";

/** Asked when a panel or the shape of its answers is another one: a tick changes nothing of it. */
export function useStepErrors(panel: Panel, data: PanelData): string | undefined {
  const [errors, setErrors] = useState<string>();
  const steps = panel.transformations.some(({ disabled }) => disabled !== true);
  useEffect(() => {
    if (!steps || !data.loaded) return setErrors(undefined);
    let wanted = true;
    // With the views' own code, which a page without panels does not load.
    void import("../data/panel_frames").then(({ preparedFrames }) => wanted && setErrors(preparedFrames(panel, data).errors.join("; ") || undefined));
    return () => void (wanted = false);
  }, [steps, panel, data.shape, data.loaded]);
  return errors;
}
