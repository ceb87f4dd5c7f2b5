import { describe, expect, it } from "vitest";
import { makeField, makeFrame } from "../data/frame";
import { applyConfig } from "./overrides";
import { cssColor, readableOn, schemeColor, textOn, withAlpha } from "./colors";
import { displayerOf, thresholdsOf, stepFor } from "./display";
import { reduce } from "./reducers";
import { formatTicks, formatValue, isKnownUnit, UNIT_GROUPS } from "./units";

describe("units", () => {
  it.each([
    [0, "", "0"], [1234.5678, "none", "1235"], [1234567, "short", "1.23 Mil"], [0.00123, "none", "0.00123"], [-5.5, "none", "−5.5"], [-0, "none", "0"],
    [0.4567, "percentunit", "45.7%"], [45.67, "percent", "45.7%"], [1536, "bytes", "1.5 KiB"], [1500, "decbytes", "1.5 kB"], [3, "gbytes", "3 GiB"], [0.5, "mbytes", "512 KiB"],
    [1_500_000, "bps", "1.5 Mb/s"], [1000, "Mbits", "1 Gb/s"], [2.5e9, "Bps", "2.5 GB/s"], [0.0012, "s", "1.2 ms"], [90, "s", "1.5 min"], [1500, "ms", "1.5 s"], [86_400, "s", "1 d"],
    [3661, "dtdurations", "1 h 1 min"], [3661, "clocks", "01:01:01"], [93_784, "dthms", "1 d 02:03:04"], [1234, "reqps", "1.23 K req/s"], [0.00001, "ns", "0.00001 ns"],
    [12, "suffix:widgets", "12 widgets"], [12, "prefix:#", "#12"], [1500, "si:W", "1.5 kW"], [3, "madeup", "3 madeup"], [1e-9, "hertz", "1 nHz"], [5, "currencyUSD", "$5"],
    [1700000000000, "dateTimeAsIso", "2023-11-14 22:13:20"], [NaN, "s", "–"], [Infinity, "s", "∞"], [999.999, "short", "1 K"], [1, "bool_yes_no", "Yes"], [255, "hex", "FF"],
    [1700000000000, "time:YYYY/MM", "2023/11"], [1700000000000, "time: HH:mm", "22:13"], [12, "conppb", "12 ppb"], [0.5, "mvolt", "500 µV"], [3, "currencySEK", "3 kr"], [2.5, "currencyBRL", "R$2.5"], [2, "rotkhz", "2 kHz"], [3, "mwatth", "3 MWh"], [5, "mohm", "5 mΩ"], [1500, "rowspm", "1.5 K rows/min"], [1700000000000, "dateTimeAsLocalNoDateIfToday", "22:13:20"],
  ])("%d %s → %s", (value, unit, text) => expect(formatValue(value, unit)).toBe(text));
  it("keeps the decimals it is given", () => expect(formatValue(1234.5, "short", 2)).toBe("1.23 K"));
  it("tells neighbouring ticks apart", () => expect(formatTicks([1.001, 1.002, 1.003], "none")).toEqual(["1.001", "1.002", "1.003"]));
  it("says of each tick where it stands, not the nearest number of three digits", () => {
    expect(formatTicks([0.95, 0.975, 1, 1.025, 1.05], "none")).toEqual(["0.950", "0.975", "1.000", "1.025", "1.050"]);
    expect(formatTicks([-0.025, 0, 0.025], "none")).toEqual(["−0.025", "0", "0.025"]);
    expect(formatTicks([1000, 1025, 1050, 1075], "short")).toEqual(["1.000 K", "1.025 K", "1.050 K", "1.075 K"]);
    expect(formatTicks([0, 512, 1024, 1536, 2048], "bytes")).toEqual(["0 B", "512 B", "1 KiB", "1.5 KiB", "2 KiB"]);
    expect(formatTicks([1, 10, 100, 1000, 10_000], "short")).toEqual(["1", "10", "100", "1 K", "10 K"]);
    expect(formatTicks([0, 0.25, 0.5], "percentunit")).toEqual(["0%", "25%", "50%"]);
    expect(formatTicks([1.025, 1.05, 1.075], "none", 1)).toEqual(["1.025", "1.050", "1.075"]);
  });
  it("does so also when the board wants fewer decimals", () => expect(formatTicks([0, 0.5, 1], "none", 0)).toEqual(["0.0", "0.5", "1.0"]));
  it("knows every unit it offers", () => expect(UNIT_GROUPS.flatMap(([, ids]) => ids).filter((id) => !isKnownUnit(id))).toEqual([]));
});

describe("display", () => {
  const config = {
    unit: "s", decimals: 1, thresholds: { mode: "absolute", steps: [{ color: "green", value: null }, { color: "red", value: 10 }] },
    mappings: [{ type: "value", options: { 0: { text: "none", color: "blue" } } }, { type: "range", options: { from: 100, to: 200, result: { text: "many" } } }, { type: "special", options: { match: "null", result: { text: "n/a" } } }, { type: "regex", options: { pattern: "/^(e).*/", result: { text: "$1!" } } }],
  };
  const show = displayerOf(config);
  it.each([[5, "5.0 s", "green"], [10, "10.0 s", "red"], [0, "none", "blue"], [150, "many", "red"]])("%d", (value, text, color) => expect(show(value)).toMatchObject({ text, color: cssColor(color) }));
  it("maps what is missing and texts", () => {
    expect(show(NaN).text).toBe("n/a");
    expect(show(NaN, "error").text).toBe("e!");
    expect(displayerOf({ noValue: "0", unit: "s" })(NaN).text).toBe("0 s");
  });
  it("takes no text for a number that is missing", () => {
    const of = (match: string) => displayerOf({ mappings: [{ type: "special", options: { match, result: { text: "n/a" } } }] });
    expect(["null", "nan", "null+nan"].map((match) => [of(match)(NaN, "eu-west").text, of(match)(NaN).text])).toEqual(Array.from({ length: 3 }, () => ["eu-west", "n/a"]));
  });
  it("takes a bare pattern of a mapping as one of the whole text, and replaces every place where it is told to", () => {
    const of = (pattern: string) => displayerOf({ mappings: [{ type: "regex", options: { pattern, result: { text: "-" } } }] })(NaN, "a.b.c").text;
    expect([of("b"), of("a.*"), of("/b/"), of("/\\./g")]).toEqual(["a.b.c", "-", "a.-.c", "a-b-c"]);
  });
  it("measures thresholds in per cent against the span", () => {
    const t = thresholdsOf({ thresholds: { mode: "percentage", steps: [{ color: "green" }, { color: "red", value: 80 }] } });
    expect(stepFor(t, 9, 0.9).color).toBe(cssColor("red"));
    expect(stepFor(t, 9, 0.5).color).toBe(cssColor("green"));
  });
});

describe("colours", () => {
  it("never pass anything odd to a style", () => {
    expect(cssColor("red;background:url(x)")).toBe("#8b98a9");
    expect(cssColor("url(http://x)")).toBe("#8b98a9");
    expect(cssColor("semi-dark-red")).toMatch(/^#/);
    expect(withAlpha("#ff0000", 0.5)).toBe("rgba(255, 0, 0, 0.5)");
  });
  it("of a scheme go by the names that boards have, also those in small letters", () => {
    const colorAt = (mode: string) => displayerOf({ color: { mode }, min: 0, max: 1 })(1).color;
    for (const [mode, scheme] of [["continuous-blues", "Blues"], ["continuous-greens", "Greens"], ["continuous-viridis", "Viridis"], ["continuous-YlBl", "YlBl"]]) expect(colorAt(mode!)).toBe(schemeColor(scheme!, 1));
    expect(colorAt("continuous-made-up")).toBe(schemeColor("GrYlRd", 1));
  });
  it("can be read on either ground", () => {
    expect(readableOn("#2fb574", "dark")).toBe("rgb(47, 181, 116)");
    expect(readableOn("#2fb574", "light")).not.toBe("rgb(47, 181, 116)");
    expect(readableOn("var(--dim)", "light")).toBe("var(--dim)");
  });
  it("run from one end of a scheme to the other", () => {
    expect(schemeColor("Viridis", 0)).toBe("rgb(68, 1, 84)");
    expect(schemeColor("nothing", 2)).toMatch(/^rgb/);
    expect([textOn("yellow"), textOn("dark-blue")]).toEqual(["#0b0f14", "#ffffff"]);
  });
});

describe("reduce", () => {
  const values = Float64Array.of(3, NaN, 1, 5, NaN);
  it.each([["lastNotNull", 5], ["last", NaN], ["firstNotNull", 3], ["min", 1], ["max", 5], ["mean", 3], ["sum", 9], ["count", 5], ["range", 4], ["diff", 2], ["delta", 5], ["median", 3], ["p50", 3], ["avg", 3], ["current", 5], ["total", 9], ["allIsNull", 0]])("%s", (id, expected) => expect(reduce(values, id)).toBe(expected));
  it("of nothing is not a number", () => expect(["mean", "min", "max", "sum", "lastNotNull", "p95"].map((id) => reduce(new Float64Array(0), id))).toEqual([NaN, NaN, NaN, NaN, NaN, NaN]));
});

describe("overrides", () => {
  const frame = makeFrame("B", [makeField("Time", "time", [1]), { ...makeField("Value", "number", [1], { node: "n1" }), config: { displayNameFromDS: "cpu n1" } }], "cpu n1");
  const unitOf = (matcher: object) => applyConfig({ defaults: { unit: "s", custom: { lineWidth: 1 } }, overrides: [{ matcher, properties: [{ id: "unit", value: "B" }, { id: "custom.lineWidth", value: 4 }] }] } as never, [frame])[0]!.fields[1]!.config;
  it.each([[{ id: "byName", options: "cpu n1" }], [{ id: "byRegexp", options: "/CPU/i" }], [{ id: "byType", options: "number" }], [{ id: "byFrameRefID", options: "B" }], [{ id: "byNames", options: { names: ["cpu n1"] } }], [{ id: "byValue", options: { reducer: "max", op: "gte", value: 1 } }]])("%j", (matcher) =>
    expect(unitOf(matcher)).toMatchObject({ unit: "B", custom: { lineWidth: 4 } }),
  );
  it("leave alone what does not match", () => {
    for (const matcher of [{ id: "byName", options: "x" }, { id: "byRegexp", options: "/(/" }, { id: "byRegexp", options: "cpu" }, { id: "byRegexpOrNames", options: { pattern: "n1" } }, { id: "byValue", options: { op: "gte", value: 0 } }, { id: "made-up" }, { id: "byFrameRefID", options: "A" }]) expect(unitOf(matcher)).toMatchObject({ unit: "s", custom: { lineWidth: 1 } });
  });
  it("by value: what a series comes to, or that all of it is zero or missing", () => {
    const hidden = (values: number[], options: object) => {
      const own = makeFrame("A", [makeField("Time", "time", values), makeField("Value", "number", values)], "x");
      return applyConfig({ defaults: {}, overrides: [{ matcher: { id: "byValue", options }, properties: [{ id: "unit", value: "hit" }] }] } as never, [own])[0]!.fields[1]!.config.unit === "hit";
    };
    // As Grafana writes what old graphs called "hide series with only zeros": its op and value mean nothing.
    for (const reducer of ["allIsZero", "allIsNull"]) expect([[0, 0], [0, 1], [NaN, NaN]].map((values) => hidden(values, { reducer, op: "gte", value: 0 }))).toEqual(reducer === "allIsZero" ? [true, false, false] : [false, false, true]);
    expect([[1, 3], [4, 4]].map((values) => hidden(values, { reducer: "sum", op: "gt", value: 4 }))).toEqual([false, true]);
    expect([[1, 3], [4, 2]].map((values) => hidden(values, { reducer: "lastNotNull", value: "2" }))).toEqual([false, true]);
    expect(hidden([NaN], { reducer: "max", op: "gte", value: 0 })).toBe(false);
  });
});
