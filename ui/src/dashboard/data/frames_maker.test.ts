import { describe, expect, it, vi } from "vitest";
import * as panelFrames from "./panel_frames";
import { FramesMaker } from "./frames_maker";
import { bucketsPanel } from "../../panels/test_panels";
import type { Panel } from "../model/board";
import type { PanelData } from "./panel_source";

const { panelOf, dataOf } = bucketsPanel;

describe("frames of a panel at each tick", () => {
  const METRICS = [{ __name__: "up", node: "a" }, { __name__: "up", node: "b" }];
  const at = (shift: number, metrics = METRICS): PanelData => {
    const data = dataOf(metrics.map((metric, i) => ({ metric, values: Float64Array.of(i + shift, i + shift + 1, NaN) })) as never);
    const [answer] = data.answers;
    return { ...data, answers: [{ ...answer!, aligned: { times: Float64Array.of(shift, shift + 1, shift + 2), series: metrics.map((metric, i) => ({ metric, values: Float64Array.of(i + shift, i + shift + 1, NaN) })) } }] };
  };
  const check = (panel: Panel, steps: readonly PanelData[]) => {
    const maker = new FramesMaker();
    const anew = vi.spyOn(panelFrames, "preparedFrames");
    const made = steps.map((data) => maker.make(panel, data));
    const times = anew.mock.calls.length;
    anew.mockRestore();
    made.forEach((prepared, i) => expect(prepared).toEqual(panelFrames.preparedFrames(panel, steps[i]!)));
    return times;
  };
  const config = { fieldConfig: { defaults: { unit: "s", displayName: "" }, overrides: [{ matcher: { id: "byName", options: "b" }, properties: [{ id: "unit", value: "ms" }] }] } };

  it("are those that would be made anew, and are so once", () => {
    expect(check(panelOf({ ...config }), [at(0), at(1), at(2)])).toBe(1);
  });
  it("are those of the panel that asks", () => {
    const maker = new FramesMaker();
    const plain = panelOf({});
    maker.make(panelOf({ ...config }), at(0));
    expect(maker.make(plain, at(1))).toEqual(panelFrames.preparedFrames(plain, at(1)));
  });
  it("are made anew for other series, another legend and whatever depends on values", () => {
    expect(check(panelOf({ ...config }), [at(0), at(1, [METRICS[1]!, METRICS[0]!]), at(2, [METRICS[0]!])])).toBe(3);
    const other = at(1);
    other.answers = [{ ...other.answers[0]!, question: { ...other.answers[0]!.question, legendFormat: "{{node}}!" } }];
    expect(check(panelOf({ ...config }), [at(0), other])).toBe(2);
    const byValue = { fieldConfig: { defaults: {}, overrides: [{ matcher: { id: "byValue", options: { reducer: "last", op: "gt", value: 1 } }, properties: [{ id: "unit", value: "ms" }] }] } };
    expect(check(panelOf(byValue), [at(0), at(1)])).toBe(2);
    const steps = at(1);
    steps.answers[0]!.everyStep = 10;
    expect(check(panelOf({ ...config }), [at(0), steps, steps])).toBe(2);
    const two = at(2);
    two.answers = [two.answers[0]!, { ...at(2).answers[0]!, question: { ...two.answers[0]!.question, refId: "B" } }];
    expect(check(panelOf({ ...config }), [at(0), two, two, at(3)])).toBe(3);
    const native = at(1);
    native.answers[0]!.aligned!.histograms = [];
    expect(check(panelOf({ ...config }), [at(0), native, at(2)])).toBe(3);
    expect(check(panelOf({ ...config, transformations: [{ id: "limit", options: { limitField: 1 } }] }), [at(0), at(1)])).toBe(2);
  });
});
