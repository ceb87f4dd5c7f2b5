import { act } from "react";
import { createRoot } from "react-dom/client";
import { expect, it } from "vitest";
import { bucketsPanel } from "../../panels/test_panels";
import type { Panel } from "../model/board";
import { useStepErrors } from "./step_errors";

(globalThis as { IS_REACT_ACT_ENVIRONMENT?: boolean }).IS_REACT_ACT_ENVIRONMENT = true;

it("a transformation that cannot be done is told once its panel has data, and no more when it is switched off", () => {
  const { panelOf, dataOf } = bucketsPanel;
  const data = dataOf([{ metric: { a: "b" }, values: [1, 2] }]);
  const box = document.createElement("div");
  const root = createRoot(box);
  const View = ({ panel, loaded }: { panel: Panel; loaded: boolean }) => <>{useStepErrors(panel, { ...data, loaded })}</>;
  const told = (steps: object[], loaded = true) => {
    const panel = panelOf({ type: "table", transformations: steps });
    act(() => root.render(<View panel={panel} loaded={loaded} />));
    return box.textContent;
  };
  expect(told([{ id: "lookup", options: {} }], false)).toBe("");
  expect(told([{ id: "lookup", options: {} }, { id: "merge", options: {} }])).toBe('transformation "lookup" is not known');
  expect(told([{ id: "lookup", options: {}, disabled: true }])).toBe("");
  expect(told([])).toBe("");
  act(() => root.unmount());
});
