// Boards as the world has them, for tests: from a seed, a board of any age with every kind of panel, variable, annotation
// and transformation, old forms and new, wrong types and hostile texts. `kept` are texts that must not be lost.
import { TRANSFORMS } from "../data/transforms";
import { KNOWN_MATCHERS } from "../field/overrides";
import { PANEL_TYPES } from "./panel_types";
import { isObject, type JsonObject } from "./json";

export interface AnyBoard {
  json: JsonObject;
  kept: string[];
  strange: string[]; // kinds that are not known here, each to be named in the report
}

const HOSTILE = ["<img src=x onerror=alert(1)>", "日本語 – ünïcödé 🚀", "\u202Eright to left", "a\"b'c`d", "$__all ${x:raw} [[y]]", "__proto__", "{{label}} \\ / \n line", "", "  ", "𝒳\u0000null", "constructor"];
const UNITS = ["none", "short", "bytes", "s", "percentunit", "reqps", "dateTimeAsIso", "suffix:req", "prefix:€", "time:YYYY-MM", "si:mF", "count:hits", "currency:USD", "bool:on/off", "furlongs", "locale", "", null];
const OLD_TYPES = ["graph", "singlestat", "table-old", "grafana-piechart-panel", "grafana-singlestat-panel", "heatmap-old"];
const FOREIGN_TYPES = ["geomap", "canvas", "grafana-worldmap-panel", "acme panel <b>", "flamegraph"];
const CALCS = ["lastNotNull", "mean", "max", "sum", "p95", "allIsNull", "no such calc"];
const SOURCES: unknown[] = [null, "", "default", "Prometheus", "-- Mixed --", "-- Dashboard --", "-- Grafana --", "${DS_PROMETHEUS}", "$ds", { type: "prometheus", uid: "p" }, { uid: "${ds}" }, { type: "loki", uid: "l" }, { type: null, uid: 7 }, {}, 12, [], { type: "datasource", uid: "-- Mixed --" }];

// A small generator of numbers: the same board for the same seed, everywhere.
function dice(seed: number) {
  let state = (seed * 2654435761 + 1) >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
  const int = (below: number) => Math.floor(next() * below);
  const one = <T>(from: readonly T[]): T => from[int(from.length)]!;
  const maybe = (share: number) => next() < share;
  return { int, one, maybe };
}

export function anyBoard(seed: number): AnyBoard {
  const { int, one, maybe } = dice(seed);
  const kept: string[] = [];
  const strange: string[] = [];
  let serial = 0;
  // A text with a mark by which it is found again.
  const marked = (what: string) => {
    const text = `${what}-${seed}-${serial++}${maybe(0.3) ? ` ${one(HOSTILE)}` : ""}`;
    kept.push(text);
    return text;
  };
  const plain = (what: string) => {
    kept.push(`${what}-${seed}-${serial}x`);
    return `${what}-${seed}-${serial++}x`;
  };
  // What nobody knows stays.
  const unknown = (json: JsonObject): JsonObject => (maybe(0.15) ? { ...json, [`x-${one(["own", "日本", "note"])}`]: one([marked("own"), { deep: [marked("own")] }, [1, marked("own")]]) } : json);
  const wrong = (value: unknown): unknown => (maybe(0.06) ? one<unknown>([null, "7", 7, true, [], {}, "x", [null], -1, 1e300]) : value);
  const some = <T>(most: number, make: (i: number) => T): T[] => Array.from({ length: int(most + 1) }, (_, i) => make(i));
  const modern = maybe(0.6);

  const expr = () => `rate(x{i="${marked("expr")}"}[$__rate_interval])`;
  const thresholds = (): unknown =>
    one<() => unknown>([
      () => ({ mode: one(["absolute", "percentage", "relative", undefined]), steps: [{ color: "green", value: null }, ...some(3, (i) => ({ color: one(["red", "#ff0000", "semi-dark-orange", "rgba(1,2,3,0.4)"]), value: wrong(i * 10) }))] }),
      () => ({ steps: [{ color: "red", value: 5, index: 1, op: "gt" }, { value: "80" }, null] }),
      () => [{ color: "green", index: 0, value: null }, { index: 1, color: "red", value: 80 }],
      () => ({}),
    ])();
  const result = () => one<unknown>([{ text: marked("mapped"), color: "red", index: 0 }, { color: "blue" }, { text: "x", index: 1, icon: "i" }, {}]);
  const mappings = (): unknown[] =>
    some(4, (i) =>
      one<() => unknown>([
        () => ({ type: "value", options: { [String(i)]: result(), up: result() } }),
        () => ({ type: "range", options: { from: wrong(0), to: one<unknown>([5, null, "9"]), result: result() } }),
        () => ({ type: "regex", options: { pattern: "/(.*)/", result: result() } }),
        () => ({ type: "special", options: { match: one(["null", "nan", "null+nan", "true", "false", "empty"]), result: result() } }),
        () => ({ id: i, op: "=", type: 1, value: String(i), text: marked("mapped") }),
        () => ({ id: i, type: 2, from: "0", to: "9", text: marked("mapped") }),
        () => ({ from: "null", to: "null", text: marked("mapped") }),
        () => ({ op: "=", text: "N/A", value: "null" }),
      ])(),
    );
  const color = () => one<unknown>([{ mode: "thresholds" }, { mode: "fixed", fixedColor: "red" }, { mode: "palette-classic" }, { mode: "continuous-GrYlRd", seriesBy: "max" }, { fixedColor: "#123456" }, "purple", {}, null, { mode: "shades", fixedColor: "super-light-blue" }]);
  const links = () => some(2, () => one<() => JsonObject>([() => ({ title: marked("link"), url: "/d/x?var-a=${__field.labels.a}", targetBlank: true }), () => ({ title: marked("link"), url: "javascript:alert(1)" })])());
  const custom = () => unknown({ ...(maybe(0.5) ? { lineWidth: wrong(1), drawStyle: wrong(one(["line", "bars", "points"])), fillOpacity: wrong(10), stacking: wrong({ mode: one(["none", "normal", "percent"]), group: "A" }) } : {}), ...(maybe(0.3) ? { hideFrom: { legend: maybe(0.5), tooltip: false, viz: maybe(0.2) }, scaleDistribution: wrong({ type: "log", log: 10 }), axisPlacement: wrong("right"), thresholdsStyle: wrong({ mode: "line+area" }) } : {}), ...(maybe(0.3) ? { align: "auto", cellOptions: wrong({ type: one(["auto", "color-background", "gauge", "json-view", "sparkline", "pill", "markdown", "image", "data-links"]), applyToRow: maybe(0.2) }), displayMode: "lcd-gauge", width: wrong(100), filterable: true } : {}) });
  const defaults = () => ({
    unit: one(UNITS), color: color(), ...(maybe(0.5) ? { thresholds: thresholds() } : {}), ...(maybe(0.5) ? { mappings: mappings() } : {}), ...(maybe(0.3) ? { min: wrong(0), max: wrong(100), decimals: wrong(2) } : {}),
    ...(maybe(0.3) ? { displayName: wrong(maybe(0.3) ? `\${__field.labels.instance} ${marked("name")} \${__series.name}` : marked("name")), noValue: one<unknown>(["-", 0, null]), description: marked("about"), links: links() } : {}), ...(maybe(0.6) ? { custom: custom() } : {}), ...(maybe(0.1) ? { nullValueMode: "connected", title: null } : {}),
  });
  const matcher = () => {
    const id = one([...KNOWN_MATCHERS, "byNothing"]);
    if (id === "byNothing") strange.push(id);
    const options: Record<string, unknown> = { byName: marked("col"), byNames: { mode: one(["include", "exclude"]), names: [marked("col")], readOnly: true, prefix: "All except:" }, byRegexp: one(["/x.*/i", "(broken", marked("col")]), byType: "number", byTypes: ["string"], byFrameRefID: "A", byValue: { op: "gte", reducer: "max", value: 1 } };
    return { id, ...(options[id] === undefined ? {} : { options: options[id] }) };
  };
  const property = () =>
    one<() => unknown>([
      () => ({ id: "unit", value: one(UNITS) }), () => ({ id: "custom.lineStyle", value: { fill: "dash", dash: [10, 10] } }), () => ({ id: "mappings", value: mappings() }), () => ({ id: "thresholds", value: thresholds() }),
      () => ({ id: "color", value: color() }), () => ({ id: "custom.hideFrom", value: { viz: true } }), () => ({ id: "displayName", value: marked("name") }), () => ({ id: "__proto__.polluted", value: 1 }), () => ({ id: "links", value: links() }), () => ({ id: "custom.cellOptions" }), () => null,
    ])();
  const fieldConfig = () => wrong({ defaults: wrong(defaults()), overrides: one<() => unknown>([() => some(3, () => ({ matcher: matcher(), properties: some(3, property) })), () => [], () => undefined])() });

  const expression = (refId: string) => {
    const kind = one(["math", "reduce", "resample", "threshold", "classic_conditions", "sql"]);
    const conditions = [{ type: "query", evaluator: { type: "gt", params: [1] }, operator: { type: "and" }, query: { params: ["A"] }, reducer: { type: "avg", params: [] } }];
    return { refId, datasource: one<unknown>([{ type: "__expr__", uid: "__expr__" }, "__expr__"]), type: kind, expression: kind === "math" ? "$A * 2" : "A", reducer: one(CALCS), ...(kind === "resample" ? { window: "1m", downsampler: "mean", upsampler: "fillna" } : {}), ...(kind.includes("cond") || kind === "threshold" ? { conditions } : {}) };
  };
  const target = (i: number) => {
    const refId = one<unknown>([String.fromCharCode(65 + i), "A", undefined, null, ""]);
    if (i > 0 && maybe(0.3)) return expression(String.fromCharCode(65 + i));
    return unknown({ refId, expr: wrong(expr()), legendFormat: wrong(one(["{{instance}}", "__auto", marked("legend")])), ...(maybe(0.4) ? { datasource: one(SOURCES) } : {}), ...(maybe(0.3) ? { hide: wrong(true) } : {}), ...(maybe(0.3) ? { format: one(["table", "heatmap", "time_series"]), instant: maybe(0.5) } : {}), ...(maybe(0.3) ? { intervalFactor: 2, step: 60, metric: "x", interval: wrong("30s"), editorMode: "code" } : {}) });
  };
  const transformation = () => {
    const id = one([...TRANSFORMS.keys(), "spatial"]);
    if (id === "spatial") strange.push(id);
    const filter = maybe(0.3) ? { filter: wrong({ id: "byRefId", options: one(["A", "/^(?:A|B)$/"]) }) } : {};
    const operand = () => one<unknown>(["Value", "2", { fixed: "2" }, { matcher: { id: "byName", options: "Value" } }, { matcher: { id: "byType", options: "number" } }, {}, null]);
    const calculation = () => ({ mode: one(["binary", "unary", "index", "reduceRow", "windowFunctions", "cumulativeFunctions"]), replaceFields: wrong(maybe(0.5)), alias: one<unknown>(["", "$region", undefined]), binary: wrong({ left: operand(), operator: one(["+", "/", "**", "?"]), right: operand() }), window: wrong({ reducer: one(CALCS), windowSizeMode: one(["fixed", "percentage"]), windowSize: wrong(3), windowAlignment: one(["trailing", "centered"]) }), cumulative: wrong({ reducer: "mean" }), unary: { operator: "ln", fieldName: "Value" }, index: { asPercentile: maybe(0.5) } });
    return { id, options: wrong(unknown({ ...(id === "calculateField" ? calculation() : {}), ...(maybe(0.4) ? { byField: "Time", reducers: [one(CALCS)], fields: { instance: { operation: "groupby", aggregations: [] }, Value: { operation: "aggregate", aggregations: ["mean", "max"] } } } : {}), ...(maybe(0.3) ? { excludeByName: { Time: true }, renameByName: { Value: marked("name") }, indexByName: { Value: wrong(0) } } : {}), ...(maybe(0.2) ? { sort: [{ field: "Value", desc: true }], limitField: 3, regex: "(.*)", renamePattern: "$1" } : {}) })), ...(maybe(0.2) ? { disabled: wrong(true) } : {}), ...filter, ...(maybe(0.1) ? { topic: wrong("annotations") } : {}) };
  };

  const oldGraph = () => ({
    lines: wrong(true), bars: maybe(0.2), points: maybe(0.2), fill: wrong(1), linewidth: wrong(1), stack: maybe(0.3), percentage: maybe(0.2), steppedLine: maybe(0.2), nullPointMode: one(["null", "connected", "null as zero"]), pointradius: 2, renderer: "flot",
    ...(modern ? { yaxes: wrong([{ format: one(UNITS), logBase: wrong(1), min: wrong("0"), max: null, label: marked("axis"), show: true }, { format: "short" }]) } : { y_formats: ["bytes", "short"], grid: { leftMax: 10, leftMin: null, threshold1: 5, thresholdLine: true }, "x-axis": true, "y-axis": true }),
    xaxis: wrong({ show: true, mode: one(["time", "series", "histogram"]), values: ["avg"], buckets: null }), legend: wrong({ show: true, values: true, current: true, max: true, alignAsTable: maybe(0.5), rightSide: maybe(0.5), sideWidth: 200, sort: "max", sortDesc: true }), tooltip: wrong({ shared: true, sort: 2, value_type: "individual" }),
    thresholds: wrong(some(2, (i) => ({ value: i * 5, op: one(["gt", "lt"]), colorMode: one(["critical", "ok", "custom"]), fill: true, line: true, lineColor: "#f00" }))),
    seriesOverrides: wrong(some(3, () => ({ alias: one(["/err.*/", marked("alias")]), yaxis: 2, fill: 0, dashes: true, color: "#00f", bars: true, zindex: -1, stack: maybe(0.5) }))), aliasColors: wrong({ [marked("alias")]: "#abc", __proto__x: "red" }), timeRegions: [],
    ...(maybe(0.2) ? { alert: { name: marked("alert"), conditions: [], frequency: "1m" } } : {}),
  });
  const oldStat = () => ({
    format: one(UNITS), decimals: wrong(null), prefix: one(["", marked("prefix")]), postfix: one(["", " %"]), valueName: one(["avg", "current", "name", "total", "range"]), thresholds: wrong("50,80"), colors: ["#299c46", "rgba(237, 129, 40, 0.89)", "#d44a3a"], colorBackground: maybe(0.5), colorValue: maybe(0.5), sparkline: wrong({ show: maybe(0.5), full: false }),
    gauge: wrong({ show: maybe(0.3), minValue: 0, maxValue: 100, thresholdMarkers: true, thresholdLabels: false }), mappingType: one([1, 2]), valueMaps: one<unknown>([[{ op: "=", text: "N/A", value: "null" }, { value: "1", op: "=", text: "UP" }], null]), rangeMaps: [{ from: "null", to: "null", text: "N/A" }], nullText: null, tableColumn: one(["", plain("col")]), mappingTypes: [{ name: "value to text", value: 1 }], valueFontSize: "80%", cacheTimeout: null,
  });
  const oldTable = () => ({
    transform: one(["timeseries_to_rows", "timeseries_to_columns", "timeseries_aggregations", "table", "json", "annotations"]), columns: wrong([{ text: "Avg", value: "avg" }, { text: "Current", value: "current" }]), showHeader: wrong(true), scroll: true, fontSize: "100%", pageSize: null, sort: { col: 0, desc: true },
    styles: wrong([{ pattern: "Time", type: "date", dateFormat: "YYYY-MM-DD", alias: marked("alias") }, { pattern: "/.*/", type: "number", unit: one(UNITS), decimals: wrong(2), thresholds: ["1", "2"], colors: ["a", "b", "c"], colorMode: one([null, "cell", "value", "row"]) }, { pattern: marked("col"), type: "hidden" }, { pattern: "/x/", type: "string", link: true, linkUrl: "/d/x?var-a=${__cell}&b=$__cell_2", linkTooltip: marked("tip"), mappingType: 1, valueMaps: [{ value: "1", text: "one" }] }]),
  });
  const oldHeatmap = () => ({ dataFormat: one(["timeseries", "tsbuckets"]), yAxis: wrong({ format: "s", logBase: 2, show: true, decimals: null, min: "0", max: null, splitFactor: null }), color: wrong({ mode: "spectrum", colorScheme: "interpolateOranges", cardColor: "#b4ff00", exponent: 0.5 }), cards: { cardPadding: 1, cardRound: null }, heatmap: {}, hideZeroBuckets: true, reverseYBuckets: false, yBucketBound: "upper", xBucketSize: "1m", yBucketNumber: 10, tooltip: { show: true, showHistogram: true }, legend: { show: true } });
  const fieldOptions = () => one<() => JsonObject>([
    () => ({ fieldOptions: { calcs: ["mean"], defaults: { unit: "percent", min: 0, max: 100, title: marked("title"), mappings: mappings(), thresholds: [{ color: "green", value: null }, { color: "red", value: 80 }] }, override: {}, values: false, limit: 5 }, orientation: "auto" }),
    () => ({ valueOptions: { unit: "s", stat: "avg", decimals: 1, prefix: "", suffix: "" }, valueMappings: [{ type: 1, value: "1", text: marked("mapped") }], thresholds: [{ index: 1, value: 80, color: "red" }, { index: 0, value: null, color: "green" }], minValue: 0, maxValue: "100" }),
  ])();
  const options = (type: string): JsonObject => {
    const reduceOptions = { calcs: [one(CALCS)], fields: one(["", "/.*/", "/(broken/"]), values: maybe(0.3), limit: wrong(5) };
    const legend = wrong({ displayMode: one(["list", "table", "hidden"]), placement: one(["bottom", "right"]), calcs: ["max", "lastNotNull"], showLegend: maybe(0.8), sortBy: "Max", sortDesc: true });
    const of: Record<string, JsonObject> = {
      text: { mode: one(["markdown", "html", "code"]), content: `# ${marked("content")}\n<script>alert(1)</script> [x](javascript:alert(1))`, code: { language: "json", showLineNumbers: true } },
      table: { showHeader: wrong(true), sortBy: wrong([{ displayName: "Value", desc: true }]), footer: wrong({ show: true, reducer: ["sum"], fields: "", countRows: false }), frameIndex: wrong(1), cellHeight: "sm" },
      heatmap: { calculate: maybe(0.5), calculation: wrong({ xBuckets: wrong({ mode: one(["size", "count"]), value: one<unknown>(["1m", "7", 7, "-1", "$region", ""]) }), yBuckets: wrong({ mode: one(["size", "count"]), value: wrong("10"), scale: wrong({ type: one(["log", "linear", "symlog"]), log: wrong(2) }) }) }), color: wrong({ scheme: "Spectral", mode: one(["scheme", "opacity"]), steps: 32, exponent: 0.5 }), yAxis: wrong({ unit: "s", reverse: true }), cellGap: 1, rowsFrame: { layout: "auto" }, filterValues: { le: 1e-9 } },
      dashlist: { showSearch: true, tags: [marked("tag")], maxItems: wrong(5), query: "" },
      annolist: { tags: [marked("tag")], limit: wrong(10), onlyFromThisDashboard: true },
      alertlist: { stateFilter: wrong({ firing: true }), alertInstanceLabelFilter: "{a=\"b\"}", maxItems: wrong(20), groupMode: "default" },
      xychart: { mapping: one(["auto", "manual"]), series: wrong([{ x: { matcher: { id: "byName", options: "a" } }, y: { matcher: { id: "byName", options: "b" } }, frame: { matcher: { id: "byIndex", options: 0 } } }]) },
      trend: { xField: wrong(one<unknown>(["Value", undefined, "no such"])) },
      candlestick: { mode: wrong(one(["candles+volume", "candles", "volume"])), candleStyle: one(["candles", "ohlcbars"]), colorStrategy: one(["open-close", "close-close"]), colors: wrong({ up: "green", down: "#f00", flat: "gray" }), fields: wrong({ open: "a", close: marked("col") }), includeAllFields: maybe(0.5) },
      histogram: { bucketCount: wrong(20), combine: maybe(0.5), bucketOffset: wrong(0) },
      barchart: { orientation: one(["auto", "vertical", "horizontal"]), xField: "Time", stacking: one(["none", "normal", "percent"]), barWidth: wrong(0.9), xTickLabelRotation: wrong(-45), showValue: "auto" },
      "state-timeline": { mergeValues: wrong(true), rowHeight: wrong(0.9), showValue: "auto", alignValue: "left", perPage: 20 },
      nodeGraph: { edges: { mainStatUnit: "s" }, nodes: { arcs: [{ field: "arc__ok", color: "green" }] } },
    };
    return unknown(wrong({ ...(maybe(0.7) ? of[type] : {}), ...(["stat", "gauge", "bargauge", "piechart"].includes(type) ? (modern ? { reduceOptions, orientation: wrong("horizontal"), text: wrong({}), colorMode: "background", pieType: "donut", displayLabels: ["percent"], displayMode: "lcd" } : fieldOptions()) : {}), ...(maybe(0.6) ? { legend, tooltip: wrong({ mode: one(["single", "multi", "none"]), sort: "desc" }) } : {}) }) as JsonObject);
  };

  const gridPos = () => wrong({ x: one<unknown>([0, 12, 6, 30, -2, "0"]), y: int(40), w: one<unknown>([12, 24, 6, 3, 0, 99]), h: one<unknown>([8, 4, 1, "9", 400]) });
  const panel = (id: number, forced?: string): JsonObject => {
    const type = forced ?? one([...[...PANEL_TYPES].filter((kind) => kind !== "row"), ...OLD_TYPES, ...OLD_TYPES, ...FOREIGN_TYPES]);
    if (FOREIGN_TYPES.includes(type)) strange.push(type);
    const common: JsonObject = { id: wrong(id), type: type === "heatmap-old" ? "heatmap" : type, title: marked("title"), ...(maybe(0.9) ? { gridPos: gridPos() } : {}), ...(maybe(0.6) ? { datasource: one(SOURCES) } : {}), targets: wrong(some(3, target)), options: options(type) };
    const before7 = isObject(common.options) && ("fieldOptions" in common.options || "valueOptions" in common.options);
    if (!before7 && maybe(0.8)) common.fieldConfig = fieldConfig();
    const extra: JsonObject = {
      ...(maybe(0.35) ? { transformations: wrong(some(3, transformation)) } : {}), ...(maybe(0.3) ? { description: one<unknown>([marked("about"), null, ""]), transparent: wrong(true), pluginVersion: one<unknown>(["6.1.0", "12.0.0", null]) } : {}),
      ...(maybe(0.2) ? { repeat: one<unknown>(["region", "", null, "nobody"]), repeatDirection: one<unknown>(["h", "v", null]), maxPerRow: wrong(3), minSpan: 4 } : {}), ...(maybe(0.2) ? { interval: wrong("1m"), maxDataPoints: one<unknown>([100, "200", null]), timeFrom: one<unknown>(["1h", null]), timeShift: wrong("1d"), hideTimeOverride: wrong(true), cacheTimeout: null, queryCachingTTL: wrong(1000) } : {}),
      ...(maybe(0.2) ? { links: wrong([{ title: marked("link"), type: one(["absolute", "dashboard", "link"]), url: "http://x/", targetBlank: wrong(true), params: "a=b" }, { dashboard: marked("board"), title: "old", type: "dashboard", dashUri: null }]) } : {}), ...(maybe(0.08) ? { libraryPanel: { uid: "lib", name: marked("library"), meta: {} } } : {}), ...(maybe(0.3) ? { editable: true, error: false, isNew: true, span: 6, height: "300px" } : {}),
    };
    const old: Record<string, () => JsonObject> = { graph: oldGraph, singlestat: oldStat, "grafana-singlestat-panel": oldStat, "table-old": oldTable, "heatmap-old": oldHeatmap, "grafana-piechart-panel": () => ({ pieType: "donut", legendType: one(["Right side", "On graph", "Under graph"]), format: "bytes", valueName: "current", legend: { show: true, values: true, percentage: true }, aliasColors: { [marked("alias")]: "#123" }, combine: { label: "Others", threshold: 0 } }) };
    return unknown({ ...common, ...extra, ...old[type]?.() });
  };

  let id = 1;
  const every = [...PANEL_TYPES].filter((kind) => kind !== "row");
  // Three boards show all kinds between them.
  const must = every.filter((_, i) => i % 3 === seed % 3);
  const loose = (): JsonObject[] => [...must.map((type) => panel(id++, type)), ...some(8, () => panel(id++))];
  const row = (deep: number): JsonObject => {
    const inside = some(3, () => panel(id++));
    const head = { id: id++, type: "row", title: marked("row"), collapsed: wrong(maybe(0.6)), gridPos: { x: 0, y: int(40), w: 24, h: 1 }, ...(maybe(0.3) ? { repeat: one<unknown>(["region", null, ""]), datasource: one(SOURCES) } : {}), panels: [...inside, ...(deep > 0 && maybe(0.3) ? [row(deep - 1)] : [])], ...(maybe(0.2) ? { showTitle: true, titleSize: "h6", collapse: false, repeatIteration: null } : {}) };
    return deep === 2 ? unknown(head) : head;
  };

  const variable = (kind: string, i: number): JsonObject => {
    const current = one<unknown>([{ selected: true, text: "All", value: "$__all" }, { text: ["a", "b"], value: ["a", "b"] }, { text: "a + b", value: ["a", "b"], tags: [] }, {}, null, { isNone: true, text: "None", value: "" }, { text: 5, value: 5 }, "a"]);
    const of: Record<string, JsonObject> = {
      query: { query: one<unknown>([`label_values(x, ${"label"})`, { query: "label_values(x, y)", refId: "StandardVariableQuery", qryType: 1 }, "query_result(up)", 5, null]), definition: "label_values(x, y)", regex: one<unknown>(["/(.*)/", "", null]), sort: wrong(one([0, 1, 7, 99])), refresh: one<unknown>([0, 1, 2, true, false, 9]), multi: wrong(true), includeAll: wrong(true), allValue: one<unknown>([null, ".*", 5]), useTags: false, tagsQuery: "", tagValuesQuery: "", tags: [] },
      custom: { query: "a,b : c,d\\,e", options: [{ text: "a", value: "a", selected: true }, { text: 5, value: 5, selected: "x" }, null], multi: true },
      interval: { query: "1m,10m,1h", auto: wrong(true), auto_count: wrong(30), auto_min: "10s" },
      datasource: { query: "prometheus", regex: "", options: [] }, adhoc: { filters: [{ key: "a", operator: "=~", value: marked("filter"), condition: "" }], baseFilters: [] }, groupby: { multi: true, defaultValue: { text: [], value: [] } }, textbox: { query: marked("text"), options: [] }, constant: { query: marked("constant"), hide: 2 },
      switch: { enabledValue: "true", disabledValue: "false" }, system: {}, snapshot: {},
    };
    if (kind === "enigma") strange.push(kind);
    return unknown({ name: i === 0 ? "region" : marked("v").replace(/\W/g, "_"), type: kind, label: one<unknown>([marked("label"), null, ""]), ...(maybe(0.6) ? { datasource: one(SOURCES) } : {}), hide: wrong(one([0, 1, 2, 3])), skipUrlSync: wrong(false), description: one<unknown>([null, marked("about")]), current, ...of[kind] });
  };
  const kinds = ["query", "custom", "interval", "datasource", "adhoc", "groupby", "textbox", "constant", "switch", "system", "enigma"];
  const annotations = some(4, (): unknown =>
    one<() => unknown>([
      () => ({ builtIn: 1, datasource: "-- Grafana --", enable: true, hide: true, iconColor: "rgba(0, 211, 255, 1)", name: "Annotations & Alerts", type: "dashboard" }),
      () => unknown({ name: marked("mark"), datasource: one(SOURCES), enable: wrong(true), iconColor: wrong("red"), expr: expr(), step: "60s", titleFormat: marked("format"), textFormat: "{{x}}", tagKeys: "a,b", showIn: 0, useValueForTime: false }),
      () => ({ name: marked("mark"), datasource: { type: "prometheus", uid: "p" }, enable: true, iconColor: "blue", target: { expr: expr(), refId: "Anno", interval: "1m" }, filter: { exclude: false, ids: [1, "2"] } }),
      () => ({ name: marked("mark"), datasource: { type: "grafana", uid: "-- Grafana --" }, enable: false, iconColor: "green", type: "tags", tags: [marked("tag")], limit: 100, matchAny: true }),
      () => ({ name: marked("mark"), datasource: { type: "loki", uid: "l" }, expr: "{a=\"b\"}", enable: true }),
      () => null,
    ])(),
  );

  const json: JsonObject = unknown({
    title: wrong(marked("board")), uid: one<unknown>(["abc", "", null, 5]), id: wrong(7), schemaVersion: wrong(14 + int(28)), version: wrong(3), tags: one<unknown>([[marked("tag")], "one", null, [null, 5]]), timezone: one<unknown>(["browser", "utc", "", null]), refresh: one<unknown>(["10s", "", false, null]),
    time: wrong({ from: one<unknown>(["now-1h", "2024-01-01T00:00:00Z", 1700000000000]), to: "now" }), timepicker: wrong({ refresh_intervals: ["5s", "1m"], time_options: ["5m"], hidden: wrong(true), nowDelay: "1m", quick_ranges: [{ display: "x", from: "now-1h", to: "now" }], now: true, collapse: false }),
    templating: { list: kinds.map((kind, i) => (maybe(0.7) ? variable(kind, i) : null)), ...(maybe(0.2) ? { enable: true } : {}) }, annotations: one<unknown>([{ list: annotations }, annotations, { enable: false, list: annotations }]), weekStart: one<unknown>(["", "monday", null]), fiscalYearStartMonth: wrong(3), graphTooltip: wrong(1), liveNow: wrong(false), preload: wrong(false), editable: wrong(true), gnetId: one<unknown>([null, 1860, "1860"]), description: one<unknown>([marked("about"), null]),
    links: wrong(some(3, () => ({ title: marked("link"), type: one(["link", "dashboards", "odd"]), tags: one<unknown>([["a"], [], null]), url: "https://x/", icon: "external link", asDropdown: wrong(true), keepTime: true, includeVars: wrong(true), targetBlank: null, tooltip: null }))),
    ...(modern ? {} : { style: "dark", hideControls: false, sharedCrosshair: true, iteration: 5, editMode: false }), ...(maybe(0.2) ? { __inputs: [{ name: "DS_PROMETHEUS", label: "prom", type: "datasource", pluginId: "prometheus", pluginName: "Prometheus" }, { name: "VAR_X", type: "constant", value: marked("input"), label: "x" }], __requires: [{ type: "panel", id: "graph", name: "Graph", version: "" }] } : {}),
  });
  if (!modern && maybe(0.5)) json.rows = some(4, () => ({ title: marked("row"), showTitle: true, collapse: maybe(0.4), height: one<unknown>(["250px", 300, null, "x"]), repeat: one<unknown>([null, "region"]), titleSize: "h6", panels: some(4, () => ({ ...panel(id++), gridPos: undefined, span: one<unknown>([4, 12, 6, "3", null]) })) }));
  else json.panels = [...loose(), ...some(3, () => row(2)), ...(maybe(0.2) ? [null, "stray", { type: "graph", repeatPanelId: 1, repeatIteration: 5, title: "a copy" }] : [])];
  return { json: JSON.parse(JSON.stringify(json)) as JsonObject, kept, strange };
}
