// A query put together from parts, for those who do not write PromQL by heart; and a query taken apart again.
import { matcherText, type Matcher } from "../dashboard/model/promql_matchers";
import { arrayOf, numberOf, objectOf, objectsOf, textOf, textsOf, type JsonObject } from "../dashboard/model/json";
import { durationText } from "./ast";

export const STEPS = ["", "rate", "increase", "delta", "avg_over_time", "max_over_time", "min_over_time"] as const;
export const AGGREGATES = ["", "sum", "avg", "max", "min", "count", "topk"] as const;

export interface QueryParts {
  metric: string;
  matchers: Matcher[];
  step: (typeof STEPS)[number];
  window: string;
  quantile: number | undefined; // of a classic histogram: 0.99
  aggregate: (typeof AGGREGATES)[number];
  by: string[];
  limit: number; // of topk
}

export const EMPTY_PARTS: QueryParts = { metric: "", matchers: [], step: "", window: "5m", quantile: undefined, aggregate: "", by: [], limit: 5 };

const PLAIN_NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;

export function queryOf(parts: QueryParts): string {
  if (parts.metric === "" && parts.matchers.length === 0) return "";
  const matchers = parts.matchers.filter((m) => m.key !== "").map(matcherText);
  const plain = PLAIN_NAME.test(parts.metric);
  if (parts.metric !== "" && !plain) matchers.unshift(JSON.stringify(parts.metric));
  let out = (plain ? parts.metric : "") + (matchers.length === 0 ? "" : `{${matchers.join(", ")}}`);
  if (parts.step !== "") out = `${parts.step}(${out}[${parts.window || "5m"}])`;
  const by = parts.quantile === undefined ? parts.by : [...parts.by.filter((l) => l !== "le"), "le"];
  const group = by.length === 0 ? "" : ` by (${by.join(", ")})`;
  if (parts.quantile !== undefined) return `histogram_quantile(${parts.quantile}, sum${group} (${out}))`;
  if (parts.aggregate === "topk") return `topk${group} (${parts.limit}, ${out})`;
  return parts.aggregate === "" ? out : `${parts.aggregate}${group} (${out})`;
}

// What suits a metric by its name and type: counters are rated, buckets give a quantile.
export function suggestionFor(metric: string, type: string): Partial<QueryParts> {
  if (metric.endsWith("_bucket")) return { step: "rate", quantile: 0.99, aggregate: "sum", by: ["le"] };
  if (type === "counter" || /_(total|count|sum)$/.test(metric)) return { step: "rate", aggregate: "sum", quantile: undefined };
  return { step: "", aggregate: "", quantile: undefined };
}

/** The parts of a query, as /api/v1/parse_query gives its tree; undefined when it has more than they can hold. */
export function partsOf(tree: unknown): QueryParts | undefined {
  const node = inner(tree);
  if (node.type === "call" && textOf(objectOf(node.func).name) === "histogram_quantile") {
    const [quantile, buckets] = arrayOf(node.args);
    const group = inner(buckets);
    const level = literal(quantile);
    if (level === undefined || group.type !== "aggregation" || group.op !== "sum" || group.without === true || !textsOf(group.grouping).includes("le")) return undefined;
    const below = stepOf(group.expr);
    return below && { ...below, quantile: level, aggregate: "sum", by: textsOf(group.grouping).filter((label) => label !== "le") };
  }
  if (node.type !== "aggregation") return stepOf(node);
  const aggregate = AGGREGATES.find((one) => one !== "" && one === node.op);
  const below = stepOf(node.expr);
  if (aggregate === undefined || below === undefined || node.without === true) return undefined;
  const limit = aggregate === "topk" ? literal(node.param) : EMPTY_PARTS.limit;
  return limit === undefined ? undefined : { ...below, aggregate, by: textsOf(node.grouping), limit };
}

function inner(tree: unknown): JsonObject {
  const node = objectOf(tree);
  return node.type === "parenExpr" ? inner(node.expr) : node;
}

function literal(tree: unknown): number | undefined {
  const node = inner(tree);
  const value = Number(textOf(node.val));
  return node.type === "numberLiteral" && Number.isFinite(value) ? value : undefined;
}

function stepOf(tree: unknown): QueryParts | undefined {
  const node = inner(tree);
  if (node.type === "vectorSelector") return selectorOf(node, "", EMPTY_PARTS.window);
  const step = STEPS.find((one) => one !== "" && node.type === "call" && one === textOf(objectOf(node.func).name));
  const range = inner(arrayOf(node.args)[0]);
  if (step === undefined || arrayOf(node.args).length !== 1 || range.type !== "matrixSelector") return undefined;
  return selectorOf(range, step, durationText(numberOf(range.range, 0)));
}

function selectorOf(node: JsonObject, step: QueryParts["step"], window: string): QueryParts | undefined {
  const plain = numberOf(node.offset, 0) === 0 && numberOf(node.timestamp) === undefined && textOf(node.startOrEnd) === "";
  if (!plain) return undefined;
  const metric = textOf(node.name);
  const matchers = objectsOf(node.matchers)
    .filter((m) => !(m.name === "__name__" && m.type === "=" && m.value === metric))
    .map((m): Matcher => ({ key: textOf(m.name), operator: textOf(m.type), value: textOf(m.value) }));
  return { ...EMPTY_PARTS, metric, matchers, step, window };
}
