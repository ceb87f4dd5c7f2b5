import { beforeEach, describe, expect, it, vi } from "vitest";
import { Frame } from "../../live/frame";
import type { LiveQuery } from "../../live/protocol";
import { importBoard } from "../model/import_board";
import { makeScope } from "../model/scope";
import { askOf, EMPTY_SCOPE } from "./panel_query";
import { errorOf, PanelSource } from "./panel_source";

interface Followed {
  query: LiveQuery;
  reader: (live: { frame: Frame; answered: boolean; error: string | undefined; version: number }) => void;
  stopped: boolean;
}
const followed: Followed[] = vi.hoisted(() => []);
vi.mock("../../live/live", () => ({
  follow: (query: LiveQuery, reader: Followed["reader"]) => {
    const one = { query, reader, stopped: false };
    followed.push(one);
    return () => (one.stopped = true);
  },
}));

const exemplars = [{ seriesLabels: {}, exemplars: [{ labels: { trace_id: "t" }, value: "1", timestamp: 1030 }] }];
vi.mock("../../api/prometheus", async (original) => ({ ...(await original<object>()), rangeQuery: () => Promise.resolve({ series: [{ metric: { n: "1" }, times: Float64Array.of(970), values: Float64Array.of(5) }], warnings: [] }) }));
vi.mock("../../api/client", async (original) => ({ ...(await original<object>()), ask: () => Promise.resolve(exemplars) }));

const INTERVAL = { from: 1000, to: 1060 };
const expression = (refId: string, more: object) => ({ refId, datasource: { type: "__expr__", uid: "__expr__" }, ...more });
function panelOf(targets: object[], more: object = {}) {
  const read = importBoard({ title: "t", panels: [{ type: "timeseries", title: "p", targets, ...more }] });
  if ("error" in read) throw new Error(read.error);
  return read.board.panels[0]!;
}
function tell(expr: string, values: number[], histograms: (object | null)[] = []): void {
  const one = followed.find((f) => f.query.expr === expr && !f.stopped)!;
  const frame = new Frame(one.query.step, one.query.range);
  frame.reset(1000, [[0, { n: "1" }, values]], values.length, histograms.length > 0 ? [[0, histograms]] : []);
  one.reader({ frame, answered: true, error: undefined, version: 1 });
}
const shown = (source: PanelSource) => source.data.answers.map((a) => [a.question.refId, ...(a.aligned?.series.flatMap((s) => [...s.values]) ?? [])]);

beforeEach(() => void (followed.length = 0));

describe("PanelSource", () => {
  const panel = panelOf([{ refId: "A", expr: "a", hide: true }, { refId: "B", expr: "b" }, expression("C", { type: "math", expression: "$A + $B" }), { refId: "D", expr: "d", hide: true }]);
  const started = (live = 1) => {
    const source = new PanelSource();
    source.setVisible(true);
    source.ask(askOf(panel, EMPTY_SCOPE, [], INTERVAL, 400), { live, compare: 0 });
    return source;
  };
  it("asks hidden queries that an expression reads, no others, and shows what is not hidden in the panel's order", () => {
    const source = started();
    expect(followed.map((f) => f.query.expr)).toEqual(["a", "b"]);
    tell("a", [1, 2]);
    expect(source.data.loaded).toBe(false);
    tell("b", [10, 20]);
    expect(source.data.loaded).toBe(true);
    expect(shown(source)).toEqual([["B", 10, 20], ["C", 11, 22]]);
    expect(source.questions().map((q) => q.expr)).toEqual(["a", "b"]);
  });
  it("keeps its subscriptions while only the time goes on", () => {
    const source = started();
    source.ask(askOf(panel, EMPTY_SCOPE, [], { from: 1010, to: 1070 }, 400), { live: 1, compare: 0 });
    expect(followed.filter((f) => !f.stopped)).toHaveLength(2);
    expect(followed).toHaveLength(2);
    source.ask(askOf(panel, EMPTY_SCOPE, [], { from: 1000, to: 1300 }, 400), { live: 1, compare: 0 });
    expect(followed.filter((f) => !f.stopped)).toHaveLength(2);
    expect(followed).toHaveLength(4);
    source.setVisible(false);
    expect(followed.every((f) => f.stopped)).toBe(true);
  });
  it("has exemplars and what was earlier as soon as they are wanted, and no longer", async () => {
    const source = new PanelSource();
    source.setVisible(true);
    const ask = (exemplar: boolean, compare: number) => {
      source.ask(askOf(panelOf([{ refId: "A", expr: "e", exemplar }]), EMPTY_SCOPE, [], INTERVAL, 400), { live: 1, compare });
      tell("e", [1, 2]);
    };
    const beside = () => source.data.answers.map((a) => [a.exemplars?.length, a.earlier?.series.length]);
    ask(false, 0);
    expect(beside()).toEqual([[undefined, undefined]]);
    ask(true, 0);
    await vi.waitFor(() => expect(beside()).toEqual([[1, undefined]]));
    ask(true, 60);
    await vi.waitFor(() => expect(beside()).toEqual([[1, 1]]));
    ask(false, 60);
    expect(beside()).toEqual([[undefined, 1]]);
    ask(false, 0);
    expect(beside()).toEqual([[undefined, undefined]]);
    source.setVisible(false);
  });
  it("has an outline that changes with series and errors, not with values", () => {
    const source = new PanelSource();
    source.setVisible(true);
    source.ask(askOf(panelOf([{ refId: "A", expr: "o" }]), EMPTY_SCOPE, [], INTERVAL, 400), { live: 1, compare: 0 });
    const one = followed[0]!;
    const frame = new Frame(one.query.step, one.query.range);
    const say = (error?: string) => one.reader({ frame, answered: true, error, version: 1 });
    frame.reset(1000, [[0, { n: "1" }, [1, 2]]], 2);
    say();
    const before = source.outline;
    expect(before).toBe(source.data);
    frame.tick(1000 + 2 * one.query.step, [0], [3], []);
    say();
    expect(source.outline).toBe(before);
    expect(shown(source)).toEqual([["A", 1, 2, 3]]);
    frame.tick(1000 + 3 * one.query.step, [0, 1], [4, 5], [[1, { n: "2" }]]);
    say();
    const grown = source.outline;
    expect(grown).toBe(source.data);
    say("no");
    expect([source.outline === grown, errorOf(source.outline)]).toEqual([false, "no"]);
  });
  it("an expression follows each tick, and what fails in it is said", () => {
    const source = started();
    tell("a", [1]);
    tell("b", [10]);
    tell("b", [10, 50]);
    expect(shown(source)[1]).toEqual(["C", 11]);
    tell("a", [1, 3]);
    expect(shown(source)[1]).toEqual(["C", 11, 53]);
    const broken = new PanelSource();
    broken.setVisible(true);
    broken.ask(askOf(panelOf([{ refId: "A", expr: "x" }, expression("B", { type: "math", expression: "$Z" })]), EMPTY_SCOPE, [], INTERVAL, 400), { live: 1, compare: 0 });
    tell("x", [1]);
    expect(errorOf(broken.data)).toBe("B: there is no query Z");
  });
  it("knows that every step is there of what was asked once, also when an expression was worked out, and not of the stream", async () => {
    const source = new PanelSource();
    source.setVisible(true);
    const asking = askOf(panelOf([{ refId: "A", expr: "e" }, expression("B", { type: "math", expression: "$A * 2" })]), EMPTY_SCOPE, [], INTERVAL, 400);
    const steps = () => source.data.answers.map(({ everyStep }) => everyStep);
    source.ask(asking, { live: 0, compare: 0 });
    await vi.waitFor(() => expect(source.data.loaded).toBe(true));
    expect(steps()).toEqual([asking.questions[0]!.step, asking.questions[0]!.step]);
    source.ask(asking, { live: 1, compare: 0 });
    tell("e", [1, 2]);
    expect([shown(source), steps()]).toEqual([[["A", 1, 2], ["B", 2, 4]], [undefined, undefined]]);
    source.setVisible(false);
  });
  it("asks at each pace for what is of another time than now, and follows a shorter range that ends now", async () => {
    const asked = (more: object, interval = INTERVAL, source = new PanelSource()) => {
      source.setVisible(true);
      source.ask(askOf(panelOf([{ refId: "A", expr: "s" }], more), EMPTY_SCOPE, [], interval, 400), { live: 1, compare: 0 });
      return source;
    };
    const shifted = asked({ timeShift: "1m" });
    expect([shifted.follows(), followed.length]).toEqual([false, 0]);
    await vi.waitFor(() => expect(shifted.data.interval).toEqual({ from: 940, to: 1000 }));
    asked({ timeShift: "1m" }, { from: 1010, to: 1070 }, shifted);
    await vi.waitFor(() => expect(shifted.data.interval).toEqual({ from: 950, to: 1010 }));
    expect(asked({ timeFrom: "30s", timeShift: "1m" }).follows()).toBe(false);
    expect([asked({ timeFrom: "30s" }).follows(), followed.map((f) => f.query.range)]).toEqual([true, [30]]);
  });
  it("has native histograms of the stream beside the numbers", () => {
    const source = new PanelSource();
    source.setVisible(true);
    source.ask(askOf(panelOf([{ refId: "A", expr: "h" }], { type: "heatmap" }), EMPTY_SCOPE, [], INTERVAL, 400), { live: 1, compare: 0 });
    tell("h", [NaN, NaN], [{ count: "3", sum: "1", buckets: [[0, "1", "2", "3"]] }, null]);
    expect(source.data.answers[0]!.aligned).toMatchObject({ series: [], histograms: [{ metric: { n: "1" }, points: [{ timeMs: 1_000_000, count: 3, buckets: [[1, 2, 3]] }] }] });
  });
});

describe("askOf", () => {
  it("adds the labels of group-by variables and the matchers of filters", () => {
    const scope = makeScope([{ name: "by", kind: "groupby", values: ["region"], texts: ["region"], multi: true }]);
    const { questions } = askOf(panelOf([{ refId: "A", expr: "sum(up)" }]), scope, [{ key: "job", operator: "=|", value: "a|b" }], INTERVAL, 400);
    expect(questions.map((q) => q.expr)).toEqual(['sum by (region) (up{job=~"a|b"})']);
  });
  it("shows boards, annotations and news without asking anything", () => {
    for (const type of ["dashlist", "annolist", "news"]) expect(askOf(panelOf([{ refId: "A", expr: "up" }], { type }), EMPTY_SCOPE, [], INTERVAL, 400).questions).toEqual([]);
  });
});
