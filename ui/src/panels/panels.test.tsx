import { renderToStaticMarkup } from "react-dom/server";
import { describe, expect, it } from "vitest";
import { importBoard } from "../dashboard/model/import_board";
import { makeScope } from "../dashboard/model/scope";
import { makeField, makeFrame } from "../dashboard/data/frame";
import type { Answer, PanelData } from "../dashboard/data/panel_source";
import { shownValues, preparedFrames } from "../dashboard/data/panel_frames";
import { panelCsv, panelJson, fileName } from "../dashboard/export/panel_data";
import { histogramSeries, liveHistograms } from "../dashboard/data/native_histograms";
import { filtersOf } from "./alert_feed";
import { bucketsPanel } from "./test_panels";
import { countValues, heatOf, rowOfValue } from "./heatmap/buckets";
import { safeUrl, shownLinks } from "./links";
import { markQuestion, marksOfSeries, marksOfServer } from "./marks/marks";
import { graphOf } from "./node_graph/graph_model";
import { cellsFor } from "./shown";
import { nextPiece, stateRows } from "./state_timeline/states";
import { applyConfig } from "../dashboard/field/overrides";
import { cellText, initialSort, rowOrder, tableCsv, tableOf } from "./table/table_model";
import { Markdown } from "./text/markdown";
import { apartFrom, extent, linePaths, lonelyPoints } from "./timeseries/paths";
import { PictureMaker } from "./timeseries/picture";
import { axisRange } from "./timeseries/ticks";

const f64 = (...values: number[]) => Float64Array.from(values);
const { panelOf, dataOf } = bucketsPanel;

describe("Markdown", () => {
  const html = (text: string) => renderToStaticMarkup(<Markdown text={text} />);
  it("draws what it knows", () => {
    expect(html("# A\n\ntext **b** *i* `c`\n\n- x\n- y\n  1. z")).toBe("<h3>A</h3><p>text <strong>b</strong> <em>i</em> <code>c</code></p><ul class=\"bullets\"><li>x</li><li>y<ol><li>z</li></ol></li></ul>");
    expect(html("|a|b|\n|-|-|\n|1|2|")).toContain("<td>1</td><td>2</td>");
    expect(html("```\n<x>\n```")).toBe("<pre>&lt;x&gt;</pre>");
  });
  it("interprets no HTML and follows no odd link", () => {
    expect(html("<script>alert(1)</script><img src=x onerror=y>")).toBe("<p>&lt;script&gt;alert(1)&lt;/script&gt;&lt;img src=x onerror=y&gt;</p>");
    expect(html("[a](javascript:alert(1)) [b](https://x.y) ![c](http://z)")).toBe('<p><span>a</span> <a href="https://x.y" rel="noreferrer">b</a> <a href="http://z" rel="noreferrer">c</a></p>');
  });
  it("ends on any text", () => {
    for (const text of ["> > > > > > > > > > > x", "*".repeat(2000), "[".repeat(500), "- ".repeat(50) + "a", "|||\n|-|-|\n", "`".repeat(99)]) expect(typeof html(text)).toBe("string");
  });
});

describe("links", () => {
  it.each([["javascript:alert(1)", undefined], [" java\tscript:alert(1)", undefined], ["data:text/html,x", undefined], ["//evil.example", undefined], ["/\\evil.example", undefined], ["/\t/evil.example", undefined], ["\\\\evil.example", undefined], ["\u0001//evil.example", undefined], ["a/b?c", "a/b?c"], ["https://a.b/c", "https://a.b/c"], ["/d/abc/name?x=1", "/dashboards/abc?x=1"], ["/alerts", "/alerts"], ["", undefined]])("%s", (given, expected) => expect(safeUrl(given)).toBe(expected));
  it("carry time and variables when asked to", () => {
    const scope = makeScope([{ name: "n", kind: "query", values: ["a b"], texts: ["a b"], multi: false }]);
    expect(shownLinks([{ title: "to $n", url: "/d/x?n=$n", keepTime: true, includeVars: true }], scope, "from=1&to=2&var-n=q&kiosk=")).toEqual([{ title: "to a b", url: "/dashboards/x?n=a%20b&from=1&to=2&var-n=a+b", blank: false }]);
    // What nobody has changed is not in the address, and is chosen all the same.
    const every = makeScope([{ name: "r", kind: "query", values: ["x", "y"], texts: ["All"], multi: true, everything: true }, { name: "n", kind: "custom", values: ["1"], texts: ["1"], multi: false }]);
    expect(shownLinks([{ title: "t", url: "/d/x", includeVars: true }, { title: "u", url: "/d/x" }], every, "from=1&var-filters=a%7C%3D%7Cb").map(({ url }) => url)).toEqual(["/dashboards/x?var-r=%24__all&var-n=1&var-filters=a%7C%3D%7Cb", "/dashboards/x"]);
  });
});

describe("marks", () => {
  const json = { name: "Deploys", enable: true, iconColor: "red", titleFormat: "v{{version}}", target: { expr: "changes(v[1m]) > 0" } };
  it("are asked in either form", () => {
    expect(markQuestion(json)).toEqual({ kind: "query", expr: "changes(v[1m]) > 0", step: 0 });
    expect(markQuestion({ ...json, target: undefined, expr: "x", step: "30s" })).toEqual({ kind: "query", expr: "x", step: 30 });
    expect(markQuestion({ name: "n", enable: true, iconColor: "a", target: { type: "tags", tags: ["t"], limit: 5 } })).toMatchObject({ kind: "server", tags: ["t"], limit: 5 });
  });
  it("join steps that touch", () => {
    const marks = marksOfSeries(json, { times: f64(0, 10, 20, 30, 40, 50), series: [{ metric: { version: "3" }, values: f64(NaN, 1, 1, NaN, 0, 2) }] }, 10);
    expect(marks.map((m) => [m.from, m.to, m.title])).toEqual([[10, 20, "v3"], [50, 50, "v3"]]);
  });
  it("of the server are moments or spans", () => {
    expect(marksOfServer([{ time: 5000, timeEnd: 0, text: "<b>x</b>", tags: ["deploy"] }, { time: 1000, timeEnd: 9000 }, { time: "x" }], "C", "blue").map((m) => [m.from, m.to, m.text])).toEqual([[5, 5, "<b>x</b>"], [1, 9, ""]]);
  });
});

describe("graph", () => {
  it("takes styles and axes from the field configuration", () => {
    const panel = panelOf({ type: "timeseries", fieldConfig: { defaults: { unit: "s", custom: { fillOpacity: 20, lineWidth: 3 } }, overrides: [{ matcher: { id: "byName", options: "b" }, properties: [{ id: "unit", value: "bytes" }, { id: "custom.axisPlacement", value: "right" }] }] } });
    const picture = new PictureMaker().make(panel, dataOf([{ metric: { x: "a" }, values: [1, 2] }, { metric: { x: "b" }, values: [3, NaN] }]));
    expect(picture.series.map((s) => [s.name, s.style.fill, s.style.width])).toEqual([["a", 0.2, 3], ["b", 0.2, 3]]);
    expect(picture.axes.map((a) => [a.side, a.unit])).toEqual([["left", "s"], ["right", "bytes"]]);
    expect(picture.series[0]!.display(0.5).text).toBe("500 ms");
  });
  it("stacks, keeps the true values beside, and makes shares of a hundred", () => {
    const stacked = (mode: string) => new PictureMaker().make(panelOf({ type: "timeseries", fieldConfig: { defaults: { custom: { stacking: { mode, group: "A" } } }, overrides: [] } }), dataOf([{ metric: { x: "a" }, values: [1, NaN] }, { metric: { x: "b" }, values: [3, 4] }]));
    expect(stacked("normal").series.map((s) => [...s.drawn])).toEqual([[1, NaN], [4, 4]]);
    expect(stacked("normal").series.map((s) => [...s.values])).toEqual([[1, NaN], [3, 4]]);
    expect([...stacked("percent").series[1]!.drawn]).toEqual([1, 1]);
  });
  it("draws what was earlier beside the series it belongs to", () => {
    const data = dataOf([{ metric: { x: "a" }, values: [1, 2] }, { metric: { x: "b" }, values: [3, 4] }]);
    data.answers[0]!.earlier = { times: f64(0, 10), series: [{ metric: { x: "b" }, values: f64(30, 40) }, { metric: { x: "gone" }, values: f64(0, 0) }] };
    const picture = new PictureMaker().make(panelOf({ type: "timeseries" }), data);
    expect(picture.series.map((s) => [s.name, s.ghost, ...s.values])).toEqual([["a", false, 1, 2], ["b", false, 3, 4], ["b", true, 30, 40]]);
  });
  it.each([
    [[0, 10], {}, [0, 10.7]], [[5, 5], {}, [4.5, 5.5]], [[0, 0], {}, [0, 1]], [[3, 9], { min: 0, max: 12 }, [0, 12]], [[5, 9], { zero: true }, [0, 9.63]], [[-2, 6], { centred: true }, [-6.84, 6.84]],
    [[3, 900], { log: 10 }, [1, 1000]], [[null, null], {}, [0, 1]], [[1, 2], { softMin: 0, softMax: 10 }, [0, 10.7]],
  ] as const)("axis of %j with %j", ([low, high], bounds, expected) => {
    const found = axisRange(low, high, { min: undefined, max: undefined, softMin: undefined, softMax: undefined, log: 0, centred: false, zero: false, ...bounds });
    expect(found.map((v) => Math.round(v * 100) / 100)).toEqual(expected);
  });
  it("draws gaps as gaps", () => {
    const calls: string[] = [];
    class Recorder {
      moveTo(x: number, y: number) { calls.push(`M${x},${y}`); }
      lineTo(x: number, y: number) { calls.push(`L${x},${y}`); }
      closePath() {}
    }
    const kept = globalThis.Path2D;
    globalThis.Path2D = Recorder as unknown as typeof Path2D;
    const style = new PictureMaker().make(panelOf({ type: "timeseries" }), dataOf([{ metric: {}, values: [1] }])).series[0]!.style;
    const scale = { x: (i: number) => i, y: (v: number) => v, bottom: 0 };
    linePaths(f64(1, 2, NaN, 4, 5), f64(0, 1, 2, 3, 4), 0, 4, scale, { ...style, fill: 0 });
    expect(calls.join(" ")).toBe("M0,1 L1,2 M3,4 L4,5");
    calls.length = 0;
    linePaths(f64(1, NaN, 3), f64(0, 1, 2), 0, 2, scale, { ...style, fill: 0, spanGaps: Infinity });
    expect(calls.join(" ")).toBe("M0,1 L2,3");
    calls.length = 0;
    linePaths(f64(1, 1, 1, 2, 2, NaN, 3, 3, 3), f64(0, 1, 2, 3, 4, 5, 6, 7, 8), 0, 8, scale, { ...style, fill: 0 });
    expect(calls.join(" ")).toBe("M0,1 L2,1 L3,2 L4,2 M6,3 L8,3");
    calls.length = 0;
    linePaths(f64(1, 1, 2, 2), f64(0, 1, 2, 3), 0, 3, scale, { ...style, fill: 0, curve: "stepAfter" });
    expect(calls.join(" ")).toBe("M0,1 L1,1 L2,1 L2,2 L3,2");
    const areas: string[][] = [];
    globalThis.Path2D = class {
      private own: string[] = [];
      moveTo(x: number, y: number) { this.own.push(`M${x},${y}`); }
      lineTo(x: number, y: number) { this.own.push(`L${x},${y}`); }
      closePath() { this.own.push("Z"); }
      addPath(other: { own: string[] }) { this.own.push(...other.own); areas.push([...this.own]); }
    } as unknown as typeof Path2D;
    linePaths(f64(1, 2, NaN, 4, 4), f64(0, 1, 2, 3, 4), 0, 4, scale, { ...style, fill: 1 });
    expect(areas.slice(-2).map((path) => path.join(" "))).toEqual(["M0,1 L1,2 M3,4 L4,4", "M0,1 L1,2 L1,0 L0,0 Z M3,4 L4,4 L4,0 L3,0 Z"]);
    globalThis.Path2D = kept;
    expect(lonelyPoints(f64(1, NaN, 3, 4, NaN, 6), 0, 5, 9)).toEqual([0, 5]);
    expect(extent(f64(NaN, 3, Infinity, 1), 0, 3)).toEqual({ low: 1, high: 3 });
  });
  it("of a query with fewer points goes on between its own, and ends where one of them is missing", () => {
    const thin = (values: number[], seconds: number) => ({ ...dataOf([{ metric: { x: "b" }, values }]).answers[0]!.aligned!, times: f64(...values.map((_, i) => i * seconds)) });
    const dense = dataOf([{ metric: { x: "a" }, values: Array.from({ length: 13 }, () => 1) }]);
    const other = { ...dense.answers[0]!, question: { ...dense.answers[0]!.question, refId: "B" }, aligned: thin([1, 2, NaN, 4], 40) };
    const { series, times } = new PictureMaker().make(panelOf({ type: "timeseries" }), { ...dense, answers: [...dense.answers, other] });
    expect([times.length, series.map(({ style }) => style.spanGaps)]).toEqual([13, [0, 40]]);
    const own = Array.from(series[1]!.values, (value, i) => [times[i], value]).filter(([, value]) => !Number.isNaN(value));
    expect(own).toEqual([[0, 1], [40, 2], [120, 4]]); // 80 s between the last two: more than is bridged
  });
  it("of a query with fewer points ends where its answer pauses, as of a source that was down", () => {
    const dense = dataOf([{ metric: { x: "a" }, values: Array.from({ length: 40 }, () => 1) }]);
    const paused = { times: f64(0, 40, 80, 320, 360), series: [{ metric: { x: "b" }, values: f64(1, 2, 3, 4, 5) }] };
    const other = { ...dense.answers[0]!, question: { ...dense.answers[0]!.question, refId: "B" }, aligned: paused };
    const { series } = new PictureMaker().make(panelOf({ type: "timeseries" }), { ...dense, answers: [...dense.answers, other] });
    expect(series.map(({ style }) => style.spanGaps)).toEqual([0, 40]);
  });
  it("of a query with fewer points is bridged by what its answer has now, not by the longer way of an earlier one", () => {
    const panel = panelOf({ type: "timeseries" });
    const dense = dataOf([{ metric: { x: "a" }, values: Array.from({ length: 13 }, () => 1) }]);
    const beside = (seconds: number) => ({ ...dense, answers: [...dense.answers, { ...dense.answers[0]!, question: { ...dense.answers[0]!.question, refId: "B" }, aligned: { times: f64(0, seconds, 2 * seconds), series: [{ metric: { x: "b" }, values: f64(1, 2, 3) }] } }] });
    const maker = new PictureMaker();
    expect([60, 20].map((seconds) => maker.make(panel, beside(seconds)).series.map(({ style }) => style.spanGaps))).toEqual([[0, 60], [0, 20]]);
  });
  it("of values of now alone is put at their times", () => {
    const found = dataOf([]);
    const now = (refId: string, time: number) => ({ question: { ...found.answers[0]!.question, refId, kind: "instant" as const }, samples: [{ metric: { x: refId }, time, value: 1, text: "1" }], answered: true });
    const { times } = new PictureMaker().make(panelOf({ type: "timeseries" }), { ...found, answers: [now("A", 10), now("B", 70)] });
    expect([...times]).toEqual([10, 70]);
  });
  it("is no straight line across an outage, at whose steps an answer has no times at all", () => {
    const found = dataOf([{ metric: { x: "a" }, values: [1, 2, 3, 4] }, { metric: { x: "b" }, values: [NaN, 6, 7, NaN] }]);
    const answer = { ...found.answers[0]!, everyStep: 10, aligned: { ...found.answers[0]!.aligned!, times: f64(0, 10, 60, 70) } };
    const { times, series } = new PictureMaker().make(panelOf({ type: "timeseries" }), { ...found, answers: [answer] });
    expect([...times]).toEqual([0, 10, 20, 60, 70]);
    expect(series.map(({ values }) => [...values])).toEqual([[1, 2, NaN, 3, 4], [NaN, 6, NaN, 7, NaN]]);
    // The steps that a live stream passes over are no outage.
    const live = new PictureMaker().make(panelOf({ type: "timeseries" }), { ...found, answers: [{ ...answer, everyStep: undefined }] });
    expect([...live.times]).toEqual([0, 10, 60, 70]);
    // An answer without any rows has no say in what a pause is.
    const none = { ...answer, question: { ...answer.question, refId: "B" }, everyStep: 600, aligned: { times: f64(), series: [] } };
    expect([...new PictureMaker().make(panelOf({ type: "timeseries" }), { ...found, answers: [answer, none] }).times]).toEqual([0, 10, 20, 60, 70]);
  });
  it("ends at an outage after transformations, too, as far as they keep its times", () => {
    const found = dataOf([{ metric: { x: "a" }, values: [1, 2, 3, 4] }, { metric: { x: "b" }, values: [5, 6, 7, 8] }]);
    const answer = { ...found.answers[0]!, everyStep: 10, aligned: { ...found.answers[0]!.aligned!, times: f64(0, 10, 60, 70) } };
    const timesOf = (transformations: object[], answers: Answer[] = [answer]) => [...new PictureMaker().make(panelOf({ type: "timeseries", transformations }), { ...found, answers }).times];
    const paused = [0, 10, 20, 60, 70];
    expect(timesOf([{ id: "renameByRegex", options: { regex: "a", renamePattern: "b" } }])).toEqual(paused);
    expect(timesOf([{ id: "calculateField", options: { mode: "binary", binary: { left: "a", operator: "+", right: "b" } } }])).toEqual(paused);
    expect(timesOf([{ id: "joinByField", options: {} }])).toEqual(paused);
    expect(timesOf([{ id: "merge", options: {} }])).toEqual(paused);
    const other = (everyStep: number | undefined) => ({ ...answer, question: { ...answer.question, refId: "B" }, everyStep, aligned: { times: f64(0, 60), series: [{ metric: { x: "c" }, values: f64(1, 2) }] } });
    expect(timesOf([{ id: "joinByField", options: {} }], [answer, other(60)])).toEqual([0, 10, 60, 70]);
    expect(timesOf([{ id: "joinByField", options: {} }], [answer, other(undefined)])).toEqual([0, 10, 60, 70]);
  });
  it("beside one that is asked at a longer step ends where both pause; one that is worked out in windows is whole", () => {
    const found = dataOf([{ metric: { x: "a" }, values: [1, 2, 3, 4] }]);
    const fine = { ...found.answers[0]!, everyStep: 10, aligned: { ...found.answers[0]!.aligned!, times: f64(0, 10, 300, 310) } };
    const coarse = { ...fine, question: { ...fine.question, refId: "B", step: 10 }, everyStep: 60, aligned: { times: f64(0, 300), series: [{ metric: { x: "b" }, values: f64(1, 2) }] } };
    expect([...new PictureMaker().make(panelOf({ type: "timeseries" }), { ...found, answers: [fine, coarse] }).times]).toEqual([0, 10, 70, 300, 310]);
    const windows = { ...coarse, aligned: { ...coarse.aligned, times: f64(0, 60), series: [{ metric: {}, values: f64(1, 2) }] } };
    expect([...new PictureMaker().make(panelOf({ type: "timeseries" }), { ...found, answers: [windows] }).times]).toEqual([0, 60]);
  });
  it("draws a dot once where many would lie on each other", () => {
    const isApart = apartFrom(100, 50, 4);
    const at = [[10, 10], [11, 11], [13, 10], [10, 10], [100, 50], [101, 10], [10, NaN]] as const;
    expect(at.map(([x, y]) => isApart(x, y))).toEqual([true, false, true, false, true, false, false]);
  });
});

describe("values", () => {
  it("are reduced, named and coloured", () => {
    const panel = panelOf({ type: "stat", options: { reduceOptions: { calcs: ["max"] } }, fieldConfig: { defaults: { unit: "percent", thresholds: { mode: "absolute", steps: [{ color: "green", value: null }, { color: "red", value: 5 }] } }, overrides: [] } });
    const data = dataOf([{ metric: { x: "a" }, values: [1, 9] }, { metric: { x: "b" }, values: [3, 4] }]);
    const values = shownValues(panel, preparedFrames(panel, data).frames);
    expect(values.map((v) => [v.title, v.value, v.display.text])).toEqual([["a", 9, "9%"], ["b", 4, "4%"]]);
    expect(values[0]!.display.color).not.toBe(values[1]!.display.color);
  });
  it("fill the room they are given", () => {
    expect(cellsFor(4, 400, 100, 2.4)).toMatchObject({ columns: 2, rows: 2 });
    expect(cellsFor(1, 400, 100, 2.4)).toMatchObject({ columns: 1, width: 400 });
    expect(cellsFor(3, 900, 100, 2.4, 6, "vertical")).toMatchObject({ columns: 3 });
  });
});

describe("heatmap", () => {
  it("draws classic buckets by their bounds", () => {
    const heat = heatOf(panelOf({ type: "heatmap" }), dataOf([{ metric: { le: "+Inf" }, values: [5, 7] }, { metric: { le: "1" }, values: [2, 7] }]));
    expect(heat.rows.map((r) => [r.lower, r.upper, ...r.values])).toEqual([[0, 1, 2, 7], [1, Infinity, 3, 0]]);
  });
  it("draws native histograms by the buckets that occur", () => {
    const [first, second] = [{ count: "3", sum: "4", buckets: [[0, "1", "2", "3"]] }, { count: "1", sum: "1", buckets: [[0, "0.5", "1", "1"]] }];
    const series = histogramSeries([{ metric: {}, histograms: [[10, first], [20, second]] }, { metric: {} }]);
    expect(series).toHaveLength(1);
    expect(liveHistograms(f64(10, 20, 30), [{ metric: {}, histograms: [first, second, null] }, { metric: {} }])).toEqual(series);
    const data = dataOf([]);
    data.answers[0]!.aligned!.histograms = series;
    expect(heatOf(panelOf({ type: "heatmap" }), data).rows.map((r) => [r.lower, r.upper, ...r.values])).toEqual([[0.5, 1, 0, 1], [1, 2, 3, 0]]);
  });
  it("draws counted cells as wide as they were counted", () => {
    const panel = panelOf({ type: "heatmap", transformations: [{ id: "heatmap", options: { xBuckets: { mode: "size", value: "1m" }, yBuckets: { mode: "count", value: "2" } } }] });
    const heat = heatOf(panel, dataOf([{ metric: {}, values: Array.from({ length: 12 }, (_, i) => i) }]));
    expect([heat.wide, heat.times.length]).toEqual([60, 2]);
  });
  const counted = (calculation: object, times: number[], values: number[], span = 0) => {
    const heat = countValues(panelOf({ type: "heatmap", options: { calculate: true, calculation } }), f64(...times), [f64(...values)], span);
    return { ...heat, times: [...heat.times], rows: heat.rows.map((r) => [r.lower, r.upper, ...r.values]) };
  };
  it("counts values into rows of the asked size, or as many round ones as are asked", () => {
    expect(counted({ yBuckets: { mode: "size", value: "10" } }, [0, 1, 2, 3], [3, 7, 25, NaN]).rows).toEqual([[0, 10, 1, 1, 0, 0], [10, 20, 0, 0, 0, 0], [20, 30, 0, 0, 1, 0]]);
    expect(counted({ yBuckets: { mode: "count", value: 5 } }, [0, 1], [0, 99]).rows.map(([lower]) => lower)).toEqual([0, 20, 40, 60, 80]);
    expect(counted({ yBuckets: { mode: "count", value: "3" } }, [0, 1], [0.1, 0.5]).rows.map(([lower]) => lower)).toEqual([0, 0.2, 0.4]);
    expect(counted({}, [0, 1], [7, 7]).rows).toEqual([[7, 8, 1, 1]]);
    // More rows than can be drawn are joined, and none of them tells of values that it has not.
    const many = counted({ yBuckets: { mode: "size", value: "1" } }, [0, 1], [0, 1e6]).rows;
    expect([many.length <= 200, many[0]![2], many.at(-1)!.slice(2), many.at(-1)![1]! > 1e6]).toEqual([true, 1, [0, 1], true]);
  });
  it("counts into rows of powers, split as often as is asked; what a logarithm has no place for is in none", () => {
    const log = (scale: object, values: number[], value?: string) => counted({ yBuckets: { scale: { type: "log", ...scale }, ...(value === undefined ? {} : { value }) } }, values.map((_, i) => i), values);
    expect(log({ log: 10 }, [1, 5, 10, 999, 0, -3]).rows).toEqual([[1, 10, 1, 1, 0, 0, 0, 0], [10, 100, 0, 0, 1, 0, 0, 0], [100, 1000, 0, 0, 0, 1, 0, 0]]);
    expect(log({ log: 2 }, [1, 7], "2").rows.map(([lower, upper]) => [lower, upper].map((v) => Number(v!.toFixed(3))))).toEqual([[1, 1.414], [1.414, 2], [2, 2.828], [2.828, 4], [4, 5.657], [5.657, 8]]);
    expect(log({ log: 10 }, [-1, 0]).rows).toEqual([]);
    const heat = countValues(panelOf({ type: "heatmap", options: { calculation: { yBuckets: { scale: { type: "log", log: 10 } } } } }), f64(0), [f64(1, 50)], 0);
    expect(rowOfValue(heat, Math.sqrt(10))).toEqual({ row: 0, share: 0.5 });
  });
  it("counts into columns of the asked width, which end on multiples of it; a step has one where nobody asks", () => {
    const times = [30, 60, 90, 120, 150];
    const wide = counted({ xBuckets: { mode: "size", value: "1m" }, yBuckets: { mode: "size", value: "10" } }, times, [1, 2, 3, 4, 5]);
    expect([wide.wide, wide.times, wide.rows]).toEqual([60, [60, 120, 180], [[0, 10, 1, 2, 2]]]);
    expect(counted({ xBuckets: { mode: "size", value: "30000" } }, times, [1, 2, 3, 4, 5]).wide).toBe(30);
    expect(counted({ xBuckets: { mode: "count", value: "10" } }, times, [1, 2, 3, 4, 5], 3600).wide).toBe(300);
    const own = counted({ xBuckets: { mode: "size", value: "wide" } }, times, [1, 2, 3, 4, 5]);
    expect([own.wide, own.times]).toEqual([undefined, times]);
    expect(heatOf(panelOf({ type: "heatmap", options: { calculate: true, calculation: { xBuckets: { mode: "size", value: "20s" } } } }), dataOf([{ metric: {}, values: [1, 1, 1, 1] }])).rows[0]!.values).toEqual(f64(2, 2));
  });
});

describe("table", () => {
  it("shows a time in the unit that it is given, and the panel's unit of numbers not", () => {
    const shown = (unit: string) => {
      const panel = panelOf({ type: "table", fieldConfig: { defaults: { unit }, overrides: [] } });
      return cellText(tableOf(panel, applyConfig(panel.fieldConfig, [makeFrame("A", [makeField("Time", "time", f64(1_700_000_000_000))])])).columns[0]!, 0);
    };
    expect([shown("time: HH:mm"), shown("time:YYYY"), shown("bytes")]).toEqual(["22:13", "2023", "2023-11-14 22:13:20"]);
  });
  const panel = panelOf({ type: "table", options: { sortBy: [{ displayName: "v", desc: true }], footer: { show: true, reducer: ["sum"] } }, fieldConfig: { defaults: {}, overrides: [] } });
  const model = tableOf(panel, [makeFrame("A", [makeField("n", "string", ["a", "b", "c"]), makeField("v", "number", f64(2, 10, 1))])]);
  it("sorts, filters and sums", () => {
    expect(rowOrder(model, initialSort(panel), "")).toEqual([1, 0, 2]);
    expect(rowOrder(model, undefined, "B 10")).toEqual([1]);
    expect(model.columns.map((c) => c.footer?.text)).toEqual(["Total", "13"]);
  });
  it("leaves as CSV that no spreadsheet runs", () => {
    expect(tableCsv([{ name: "n", values: ["=cmd()", 'a"b,c', "-5"], time: false }, { name: "t", values: [0, NaN, 1.5], time: false }], 3)).toBe("n,t\r\n'=cmd(),0\r\n\"a\"\"b,c\",\r\n-5,1.5\r\n");
  });
});

describe("states", () => {
  const frame = makeFrame("A", [makeField("Time", "time", [0, 10_000, 20_000, 40_000]), { ...makeField("v", "number", f64(1, 1, 0, 1)), config: { mappings: [{ type: "value", options: { 1: { text: "UP" }, 0: { text: "DOWN" } } }] } }]);
  it("that are alike become one piece of a timeline, and blocks of a history", () => {
    expect(stateRows([frame], 10, true)[0]!.pieces.map((p) => [p.from, p.to, p.display.text])).toEqual([[0, 20, "UP"], [20, 35, "DOWN"], [40, 50, "UP"]]);
    expect(stateRows([frame], 10, false)[0]!.pieces).toHaveLength(4);
  });
  it("are gone through by arrow keys, past rows without any, and where rows have one name", () => {
    const named = (values: number[]) => ({ ...makeField("v", "number", f64(...values)), config: { displayName: "same" } });
    const rows = stateRows([makeFrame("A", [makeField("Time", "time", [0, 10_000]), named([1, 2]), named([3, 4]), named([NaN, NaN]), named([5, 6])])], 10, true);
    const first = nextPiece(rows, undefined, 0, -1);
    const way = [first];
    for (const [right, up] of [[0, -1], [0, -1], [1, 0], [0, 1], [0, -1], [0, -1]] as const) way.push(nextPiece(rows, way.at(-1), right, up));
    expect(way.map((at) => at?.piece.value)).toEqual([1, 3, 5, 6, 4, 6, 6]);
    const again = stateRows([makeFrame("A", [makeField("Time", "time", [0, 10_000]), { ...named([7, 8]), config: { displayName: "other" } }, named([9, 10])])], 10, true);
    expect(nextPiece(again, first, 1, 0)?.piece.value).toBe(10);
  });
});

describe("topology", () => {
  it("is read from pairs of labels or from Grafana's frames", () => {
    const series = makeFrame("A", [makeField("Value", "number", f64(4), { source: "a", target: "b" })]);
    expect(graphOf([series])).toMatchObject({ nodes: [{ id: "a" }, { id: "b" }], edges: [{ source: "a", target: "b", value: 4 }] });
    const nodes = makeFrame("N", [makeField("id", "string", ["x"]), makeField("title", "string", ["X!"])]);
    const edges = makeFrame("E", [makeField("source", "string", ["x"]), makeField("target", "string", ["y"])]);
    const columns = makeFrame("A", [makeField("client", "string", ["a"]), makeField("server", "string", ["b"]), makeField("Value", "number", f64(4))]);
    expect(graphOf([columns])).toMatchObject({ nodes: [{ id: "a" }, { id: "b" }], edges: [{ source: "a", target: "b", value: 4 }] });
    const named = makeFrame("N", [makeField("id", "string", ["x"]), makeField("region", "string", ["eu"]), makeField("peer", "string", ["us"])]);
    expect(graphOf([named])).toMatchObject({ nodes: [{ id: "x" }], edges: [] });
    expect(graphOf([nodes, edges])).toMatchObject({ nodes: [{ id: "x", title: "X!" }, { id: "y" }], edges: [{ source: "x", target: "y" }] });
  });
});

it("filtersOf reads label filters of panels", () => expect(filtersOf('{severity="critical", region=~"eu.*", a!=b}')).toEqual(['severity="critical"', 'region=~"eu.*"', 'a!="b"']));

describe("data as a file", () => {
  const panel = panelOf({ type: "timeseries", title: "A/b" });
  const data = dataOf([{ metric: { x: "a" }, values: [1.23456789, NaN] }, { metric: { x: "b" }, values: [Infinity, 4] }]);
  it("has the values unrounded", () => {
    expect(panelCsv(panel, data)).toBe("Time,a,b\r\n1970-01-01T00:00:00.000Z,1.23456789,Infinity\r\n1970-01-01T00:00:10.000Z,,4\r\n");
    expect(JSON.parse(panelJson(panel, data)).frames[1].fields[1]).toMatchObject({ name: "b", values: ["+Inf", 4] });
    expect(fileName("../A: b?", "csv")).toBe(".._A_b.csv");
  });
});

it("an imported panel of each kind can be prepared", () => {
  const read = importBoard({ title: "x", panels: [{ type: "timeseries" }] });
  expect("board" in read && (read.board.panels[0] !== undefined)).toBe(true);
  const empty: PanelData = dataOf([]);
  expect(shownValues(panelOf({ type: "stat" }), preparedFrames(panelOf({ type: "stat" }), empty).frames)).toEqual([]);
});
