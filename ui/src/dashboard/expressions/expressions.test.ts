import { describe, expect, it } from "vitest";
import type { Answer } from "../data/panel_source";
import { evaluateExpressions } from "./evaluate";
import { expressionOf, neededBy, type Expression } from "./expression";

const f64 = (...values: number[]) => Float64Array.from(values);
const how = { interval: { from: 0, to: 40 }, step: 10, table: false };
const base = { kind: "range", format: "time_series", legendFormat: "", step: 10, interval: how.interval, exemplars: false } as const;
type Row = [Record<string, string>, ...number[]];

const series = (refId: string, ...rows: Row[]): Answer => ({
  question: { ...base, refId, expr: refId },
  aligned: { times: f64(10, 20, 30, 40), series: rows.map(([metric, ...values]) => ({ metric, values: f64(...values) })) },
  answered: true,
});
const numbers = (refId: string, ...rows: Row[]): Answer => ({ question: { ...base, refId, expr: refId, kind: "instant" }, samples: rows.map(([metric, value]) => ({ metric, time: 40, value: value!, text: String(value) })), answered: true });
const math = (refId: string, expression: string, hide = false): Expression => expressionOf({ refId, type: "math", expression, hide });
const run = (answers: Answer[], ...expressions: Expression[]) => evaluateExpressions(expressions, answers, how);
const shown = (answer: Answer | undefined) => answer?.error ?? (answer?.aligned !== undefined ? answer.aligned.series.map((s) => [s.metric, ...s.values]) : answer?.samples?.map((s) => [s.metric, s.value]));

const A = series("A", [{ __name__: "a", region: "x" }, 1, 2, NaN, 4], [{ __name__: "a", region: "y" }, 10, 20, 30, 40]);

describe("math", () => {
  const value = (text: string) => shown(run([numbers("A", [{}, 6]), numbers("B", [{}, 4])], math("C", text))[0]);
  it.each([
    ["1 + 2 * 3", 7], ["(1 + 2) * 3", 9], ["2 ** 3 * 2", 16], ["-2 ** 2", 4], ["7 % 4", 3], ["1 - 2 - 3", -4], ["0x10", 16], [".5e1", 5],
    ["$A - $B", 2], ["${A}/${B}", 1.5], ["$A > $B && $B >= 4", 1], ["$A == 6 || nan()", 1], ["!$A", 0], ["1 < 2 == 1", 1], ["abs(-3) + round(2.5) + round(-2.5)", 3],
    ["is_nan(nan()) + is_inf(inf()) + is_number($A)", 3], ["is_null(null())", 1], ["floor(1.9) + ceil(1.1)", 3], ["1 / 0", Infinity], ["infn()", -Infinity], ["0 && nan()", 0], ["nan() > 1", NaN],
  ])("%s", (text, expected) => expect(value(text)).toEqual([[{}, expected]]));
  it.each([["$A +", "missing at the end"], ["$A $B", "follows where"], ["(1", '")" is missing at the end'], ["nope(1)", 'no function "nope"'], ["$D", "no query D"], ["", "empty"], ["$A # 2", "not understood"], ["* 2", "no left side"], ["(".repeat(200) + "1", "levels"]])("says what is wrong with %s", (text, message) => expect(value(text)).toContain(message));

  it("pairs series by their labels, the metric's name aside", () => {
    const B = series("B", [{ __name__: "b", region: "y" }, 1, 2, 3, 4], [{ __name__: "b", region: "z" }, 9, 9, 9, 9]);
    expect(shown(run([A, B], math("C", "$A / $B"))[0])).toEqual([[{ region: "y" }, 10, 10, 10, 10]]);
  });
  it("pairs what has no labels, or fewer, with all that has them", () => {
    expect(shown(run([A, numbers("B", [{}, 2])], math("C", "$B * $A"))[0])).toEqual([[{ region: "x" }, 2, 4, NaN, 8], [{ region: "y" }, 20, 40, 60, 80]]);
    const wide = series("B", [{ region: "x", node: "1" }, 1, 1, 1, 1], [{ region: "x", node: "2" }, 2, 2, 2, 2]);
    expect(shown(run([A, wide], math("C", "$B + $A"))[0])).toEqual([[{ region: "x", node: "1" }, 2, 3, NaN, 5], [{ region: "x", node: "2" }, 3, 4, NaN, 6]]);
  });
  it("pairs two single series whatever their labels, and only at times both have", () => {
    const B: Answer = { ...series("B"), aligned: { times: f64(20, 25, 40), series: [{ metric: { other: "o" }, values: f64(1, 2, 3) }] } };
    const [made] = run([series("A", [{ region: "x" }, 1, 2, 3, 4]), B], math("C", "$A + $B"));
    expect([...made!.aligned!.times]).toEqual([20, 40]);
    expect(shown(made)).toEqual([[{ region: "x" }, 3, 7]]);
  });
  it("reads other expressions, hidden ones too, and none that reads itself", () => {
    expect(run([A], math("B", "$A * 2", true), math("C", "$B + 1")).map(shown)).toEqual([[[{ region: "x" }, 3, 5, NaN, 9], [{ region: "y" }, 21, 41, 61, 81]]]);
    expect(run([A], math("B", "$C"), math("C", "$B")).map(shown)).toEqual(["B depends on itself", "C depends on itself"]);
  });
  it("waits for its queries, and passes on what failed", () => {
    const open: Answer = { question: A.question, answered: false };
    expect(run([open], math("C", "$A"))[0]).toMatchObject({ answered: false });
    expect(run([open], math("C", "$A"))[0]!.error).toBeUndefined();
    expect(run([{ ...open, error: "parse error" }], math("C", "$A")).map(shown)).toEqual(["A: parse error"]);
  });
  it("names its series by the labels in which they differ", () => {
    expect(run([A], math("C", "$A"))[0]!.question.legendFormat).toBe("C {{region}}");
    expect(run([A], math("C", "1"))[0]!.question.legendFormat).toBe("C");
  });
});

describe("reduce", () => {
  const reduced = (reducer: string, settings: object = {}) => shown(run([series("A", [{ n: "1" }, 3, NaN, Infinity, 5])], expressionOf({ refId: "B", type: "reduce", expression: "$A", reducer, settings }))[0]);
  it.each([["last", 5], ["min", 3], ["max", Infinity], ["count", 3], ["sum", Infinity]])("%s of what is there", (reducer, expected) => expect(reduced(reducer)).toEqual([[{ n: "1" }, expected]]));
  it("leaves out or replaces what is no number", () => {
    expect(reduced("mean", { mode: "dropNN" })).toEqual([[{ n: "1" }, 4]]);
    expect(reduced("sum", { mode: "replaceNN", replaceWithValue: 100 })).toEqual([[{ n: "1" }, 108]]);
  });
  it("of numbers keeps them", () => expect(shown(run([numbers("A", [{ n: "1" }, 3])], expressionOf({ refId: "B", type: "reduce", expression: "A", reducer: "max" }))[0])).toEqual([[{ n: "1" }, 3]]));
});

describe("resample", () => {
  const made = (window: string, downsampler: string, upsampler: string) => run([series("A", [{}, 1, 3, NaN, 8])], expressionOf({ refId: "B", type: "resample", expression: "A", window, downsampler, upsampler }))[0];
  it("joins what falls into a window", () => {
    expect([...made("20s", "mean", "fillna")!.aligned!.times]).toEqual([0, 20, 40]);
    expect(shown(made("20s", "mean", "fillna"))).toEqual([[{}, NaN, 2, 8]]);
    expect(shown(made("20s", "sum", "pad"))).toEqual([[{}, NaN, 4, 8]]);
  });
  it("fills windows without a value from either side", () => {
    expect(shown(made("10s", "last", "pad"))).toEqual([[{}, NaN, 1, 3, 3, 8]]);
    expect(shown(made("10s", "last", "backfilling"))).toEqual([[{}, 1, 1, 3, 8, 8]]);
  });
  it("refuses what makes too many points", () => expect(made("1ms", "mean", "pad")!.error).toContain("more than 11000"));
});

describe("steps that are all there", () => {
  const whole = (answer: Answer, everyStep: number | undefined = 10): Answer => ({ ...answer, everyStep });
  const at = (refId: string, everyStep: number | undefined, ...times: number[]): Answer => ({ ...series(refId), everyStep, aligned: { times: f64(...times), series: [{ metric: {}, values: f64(...times) }] } });
  const resample = expressionOf({ refId: "R", type: "resample", expression: "A", window: "20s", downsampler: "mean", upsampler: "fillna" });
  const over = (answers: Answer[], ...expressions: Expression[]) => run(answers, ...expressions).map(({ everyStep, question, aligned }) => [everyStep, question.step, ...(aligned?.times ?? [])]);
  it("of queries are so of what is worked out point by point", () => {
    const judged = expressionOf({ refId: "T", type: "threshold", expression: "M", conditions: [{ evaluator: { type: "gt", params: [1] } }] });
    expect(over([whole(A)], math("M", "-abs($A) * 2 + 1"), judged).map(([step]) => step)).toEqual([10, 10]);
    expect(over([whole(A), numbers("B", [{}, 2])], math("M", "$B * $A"))[0]![0]).toBe(10);
    expect(over([whole(A), whole(A)], math("M", "$A + $A"))[0]![0]).toBe(10);
  });
  it("are not known of an expression when they are not of one of its queries", () => {
    expect(over([A], math("M", "$A * 2"))[0]![0]).toBeUndefined();
    expect(over([whole(A), { ...A, question: { ...A.question, refId: "B" } }], math("M", "$A / $B"))[0]![0]).toBeUndefined();
  });
  it("of two queries at different steps are the ones at which both have their values", () => {
    expect(over([at("A", 10, 0, 10, 20, 30, 60), at("B", 15, 0, 15, 30, 45, 60)], math("M", "$A + $B"))).toEqual([[30, 30, 0, 30, 60]]);
    expect(over([at("A", 0.5, 0, 0.5, 1), at("B", 1, 0, 1)], math("M", "$A + $B"))).toEqual([[1, 1, 0, 1]]);
  });
  it("are the windows of what is resampled, whatever it is made of", () => {
    expect(over([A], resample)).toEqual([[20, 20, 0, 20, 40]]);
    expect(over([whole(A)], resample, math("M", "$R * $A")).map(([step]) => step)).toEqual([20, 20]);
  });
  it("are none of numbers", () => expect(over([whole(A)], expressionOf({ refId: "N", type: "reduce", expression: "A", reducer: "max" }))).toEqual([[undefined, 10]]));
});

describe("threshold and classic conditions", () => {
  const judged = (type: string, ...params: number[]) => shown(run([numbers("A", [{ n: "1" }, 5], [{ n: "2" }, 10])], expressionOf({ refId: "B", type: "threshold", expression: "A", conditions: [{ evaluator: { type, params } }] }))[0]);
  it.each([["gt", [5], [0, 1]], ["gte", [5], [1, 1]], ["lt", [10], [1, 0]], ["lte", [5], [1, 0]], ["eq", [5], [1, 0]], ["ne", [5], [0, 1]], ["within_range", [5, 11], [0, 1]], ["within_range_included", [5, 10], [1, 1]], ["outside_range", [6, 20], [1, 0]], ["outside_range_included", [5, 10], [1, 1]], ["gt", [-1], [1, 1]]] as [string, number[], [number, number]][])("%s %s", (type, params, [a, b]) =>
    expect(judged(type, ...params)).toEqual([[{ n: "1" }, a], [{ n: "2" }, b]]),
  );
  it("needs its numbers", () => expect(judged("within_range", 5)).toContain("two numbers"));
  it("judges series point by point", () => expect(shown(run([A], expressionOf({ refId: "B", type: "threshold", expression: "A", conditions: [{ evaluator: { type: "gt", params: [1] } }] }))[0])).toEqual([[{ region: "x" }, 0, 1, NaN, 1], [{ region: "y" }, 1, 1, 1, 1]]));
  const condition = (input: string, type: string, params: number[], operator = "and", reducer = "avg") => ({ query: { params: [input] }, reducer: { type: reducer }, evaluator: { type, params }, operator: { type: operator } });
  const classic = (...conditions: object[]) => shown(run([A, series("N")], expressionOf({ refId: "B", type: "classic_conditions", conditions }))[0]);
  it("joins conditions from left to right", () => {
    expect(classic(condition("A", "gt", [20]))).toEqual([[{}, 1]]);
    expect(classic(condition("A", "gt", [20]), condition("A", "lt", [0]))).toEqual([[{}, 0]]);
    expect(classic(condition("A", "gt", [20]), condition("A", "lt", [0], "or"))).toEqual([[{}, 1]]);
    expect(classic(condition("N", "no_value", []))).toEqual([[{}, 1]]);
    expect(classic(condition("N", "gt", [0]))).toEqual([[{}, NaN]]);
  });
});

it("needed are all queries that something shown reads", () => {
  expect([...neededBy([math("C", "$B + $D"), math("B", "$A", true), math("E", "$F", true)])].sort()).toEqual(["A", "B", "D"]);
});
it("kinds that are not known say so", () => expect(run([A], expressionOf({ refId: "B", type: "sql", expression: "SELECT 1" })).map(shown)).toEqual(['expressions of the kind "sql" are not evaluated']));
