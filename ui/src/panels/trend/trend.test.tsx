import { renderToStaticMarkup } from "react-dom/server";
import { describe, expect, it } from "vitest";
import { EMPTY_SCOPE } from "../../dashboard/data/panel_query";
import { PanelSource, type PanelData } from "../../dashboard/data/panel_source";
import { PictureMaker } from "../timeseries/picture";
import { boardAt, bucketsPanel } from "../test_panels";
import { overOf } from "./over_column";
import Trend from "./trend";

const { panelOf, dataOf } = bucketsPanel;
const JOINED = [{ id: "joinByField", options: { byField: "Time", mode: "outer" } }];
const data = dataOf([{ metric: { n: "load" }, values: [30, 10, NaN, 20] }, { metric: { n: "cpu" }, values: [3, 1, 9, 2] }, { metric: { n: "disk" }, values: [7, 5, 9, 6] }]);
const panel = (options: object = {}, json: object = {}) => panelOf({ type: "trend", options, transformations: JOINED, ...json });
const draw = (of: ReturnType<typeof panel>, given: PanelData = data) => {
  const over = overOf(of, given);
  return over === undefined || "problem" in over ? over : new PictureMaker().make(of, given, over);
};

describe("trend", () => {
  it("draws columns over the first of numbers, or the one that is named, in its order", () => {
    const found = draw(panel());
    if (found === undefined || "problem" in found) throw new Error("no picture");
    expect([[...found.times], found.step, found.series.map((s) => [s.name, ...s.values])]).toEqual([[10, 20, 30], 10, [["cpu", 1, 2, 3], ["disk", 5, 6, 7]]]);
    expect(draw(panel({ xField: "cpu" }))).toMatchObject({ times: Float64Array.of(1, 2, 3, 9), over: { name: "cpu" } });
  });
  it("has an axis of places as its field says", () => {
    const field = { defaults: { unit: "none" }, overrides: [{ matcher: { id: "byName", options: "load" }, properties: [{ id: "unit", value: "percent" }, { id: "custom.axisLabel", value: "how full" }, { id: "max", value: 100 }, { id: "displayName", value: "Load" }] }] };
    const found = draw(panel({ xField: "Load" }, { fieldConfig: field }));
    if (found === undefined || "problem" in found) throw new Error("no picture");
    expect(found.over).toMatchObject({ unit: "percent", label: "how full", max: 100, log: 0, name: "Load" });
    expect([found.over!.text(12.5), found.series.map(({ name }) => name), found.axes.map(({ unit }) => unit)]).toEqual(["12.5%", ["cpu", "disk"], ["none"]]);
  });
  it("stacks like a graph", () => {
    const found = draw(panel({}, { fieldConfig: { defaults: { custom: { stacking: { mode: "normal", group: "A" } } }, overrides: [] } }));
    expect(found !== undefined && "series" in found && found.series.map((s) => [...s.drawn])).toEqual([[1, 2, 3], [6, 8, 10]]);
  });
  it("says what it lacks", () => {
    expect(draw(panel({ xField: "no <such>" }))).toEqual({ problem: "noColumn", name: "no <such>" });
    expect(draw(panelOf({ type: "trend" }))).toEqual({ problem: "noNumbers" }); // series of one column each
    expect(draw(panel(), dataOf([]))).toBeUndefined();
    const board = boardAt(data.interval, { sync: "s" });
    const html = (of: ReturnType<typeof panel>) => renderToStaticMarkup(<Trend panel={of} source={new PanelSource()} data={data} board={board} scope={EMPTY_SCOPE} width={300} height={200} />);
    expect(html(panel({ xField: "no <such>" }))).toContain("There is no column of numbers that is called &quot;no &lt;such&gt;&quot;.");
    expect(html(panel())).not.toContain("no-value");
  });
});
