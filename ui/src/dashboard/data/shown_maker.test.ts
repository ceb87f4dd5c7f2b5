import { describe, expect, it } from "vitest";
import { bucketsPanel } from "../../panels/test_panels";
import { preparedFrames, shownValues } from "./panel_frames";
import type { PanelData } from "./panel_source";
import { ShownMaker } from "./shown_maker";

const { panelOf, dataOf } = bucketsPanel;
const a = { n: "a" };
const b = { n: "b" };
const steps = [{ color: "green", value: null }, { color: "red", value: 50 }];
const panel = panelOf({
  type: "stat",
  options: { reduceOptions: { calcs: ["max"] } },
  fieldConfig: { defaults: { unit: "percent", min: 0, thresholds: { mode: "percentage", steps }, mappings: [{ type: "value", options: { "7": { text: "seven" } } }] }, overrides: [{ matcher: { id: "byName", options: "b" }, properties: [{ id: "unit", value: "s" }] }] },
});
const instant = (values: [typeof a, number][]): PanelData => {
  const data = dataOf([{ metric: a, values: [] }]);
  const { aligned: _, ...answer } = data.answers[0]!;
  return { ...data, answers: [{ ...answer, samples: values.map(([metric, value]) => ({ metric, time: 10, value, text: String(value) })) }] };
};
const fixed = (data: PanelData, everyStep: number): PanelData => ({ ...data, answers: data.answers.map((answer) => ({ ...answer, everyStep })) });
const plainly = (data: PanelData, of = panel) => shownValues(of, preparedFrames(of, data).frames);
// All but the field's own values, which nobody reads of a shown value.
const told = (values: ReturnType<typeof plainly>) => values.map(({ field, ...shown }) => ({ ...shown, config: field.config, labels: field.labels, series: shown.series === undefined ? undefined : [...shown.series.values, ...Array.from(shown.series.times), shown.series.everyStep] }));

describe("ShownMaker", () => {
  it("says at each tick what the whole way from answers to values says", () => {
    const maker = new ShownMaker(100);
    const ticks = [
      dataOf([{ metric: a, values: [1, 2] }, { metric: b, values: [30, 40] }]),
      dataOf([{ metric: a, values: [1, 2, 90] }, { metric: b, values: [30, 40, NaN] }]),
      dataOf([{ metric: a, values: [7] }, { metric: b, values: [7] }]),
      dataOf([{ metric: a, values: [7, 6] }, { metric: b, values: [7, 8] }]),
      dataOf([{ metric: b, values: [5, 8] }]),
      dataOf([{ metric: a, values: [NaN, NaN] }, { metric: b, values: [-5, -8] }]),
      dataOf([{ metric: a, values: [] }]),
      fixed(dataOf([{ metric: a, values: [1, 2] }, { metric: b, values: [3, 4] }]), 10),
      fixed(dataOf([{ metric: a, values: [5, 6] }, { metric: b, values: [7, 8] }]), 20),
      instant([[a, 7], [b, 300]]),
      instant([[a, 70], [b, 3]]),
      instant([[b, 3]]),
    ];
    for (const data of ticks) expect(told(maker.make(panel, data).values)).toEqual(told(plainly(data)));
  });
  it("leaves alone what shows the same", () => {
    const maker = new ShownMaker(100);
    const bounded = panelOf({ type: "gauge", fieldConfig: { defaults: { min: 0, max: 100 }, overrides: [] } });
    const before = maker.make(bounded, instant([[a, 1], [b, 2]])).values;
    const after = maker.make(bounded, instant([[a, 1], [b, 3]])).values;
    expect([after[0] === before[0], after[1] === before[1], after[1]!.value]).toEqual([true, false, 3]);
  });
  it("names values anew when a variable in the legend changes and the series do not", () => {
    const maker = new ShownMaker(100);
    const data = dataOf([{ metric: a, values: [1, 2] }]);
    const named = (legendFormat: string): PanelData => ({ ...data, answers: data.answers.map((answer) => ({ ...answer, question: { ...answer.question, legendFormat } })) });
    const titles = ["of one", "of two"].map((legend) => maker.make(panel, named(legend)).values[0]!.title);
    expect(titles).toEqual(["of one", "of two"]);
  });
  it("works out anew what depends on values or is made by transformations", () => {
    for (const more of [{ transformations: [{ id: "limit", options: { limitField: 1 } }] }, { options: { reduceOptions: { values: true } } }, { fieldConfig: { defaults: {}, overrides: [{ matcher: { id: "byValue", options: { op: "gt", reducer: "max", value: 50 } }, properties: [{ id: "unit", value: "s" }] }] } }]) {
      const other = panelOf({ type: "stat", ...more });
      const maker = new ShownMaker(100);
      for (const data of [dataOf([{ metric: a, values: [1, 2] }]), dataOf([{ metric: a, values: [80, 90] }])]) expect(told(maker.make(other, data).values)).toEqual(told(plainly(data, other)));
    }
  });
});
