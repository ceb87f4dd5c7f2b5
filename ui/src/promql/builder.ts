// A query put together from parts, for those who do not write PromQL by heart.
import { matcherText, type Matcher } from "../dashboard/model/promql_matchers";

export interface QueryParts {
  metric: string;
  matchers: Matcher[];
  step: "" | "rate" | "increase" | "delta" | "avg_over_time" | "max_over_time" | "min_over_time";
  window: string;
  quantile: number | undefined; // of a classic histogram: 0.99
  aggregate: "" | "sum" | "avg" | "max" | "min" | "count" | "topk";
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
