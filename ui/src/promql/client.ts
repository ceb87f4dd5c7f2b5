// What the editor asks of the server: six questions, each answered from a small memory when it was asked a
// moment ago. Nothing is asked before the first key.
import type { PrometheusClient } from "@prometheus-io/codemirror-promql";
import { EqlRegex, Neq, NeqRegex } from "@prometheus-io/lezer-promql";
import { ask } from "../api/client";

const KEPT_MS = 60_000;
const KEPT_MAX = 100;
const kept = new Map<string, { at: number; answer: Promise<unknown> }>();

function once<T>(key: string, question: () => Promise<T>): Promise<T> {
  const found = kept.get(key);
  if (found !== undefined && Date.now() - found.at < KEPT_MS) return found.answer as Promise<T>;
  if (kept.size >= KEPT_MAX) kept.clear();
  const answer = question();
  kept.set(key, { at: Date.now(), answer });
  answer.catch(() => kept.delete(key));
  return answer;
}

type Matchers = Parameters<PrometheusClient["labelValues"]>[2];
type Metadata = Awaited<ReturnType<PrometheusClient["metricMetadata"]>>;

// The editor names operators by the numbers of its grammar.
const OPERATORS = new Map<number, string>([[Neq, "!="], [NeqRegex, "!~"], [EqlRegex, "=~"]]);

function selector(metric: string | undefined, matchers: Matchers): string {
  const inner = (matchers ?? []).filter((m) => m.value !== "").map((m) => `${m.name}${OPERATORS.get(m.type) ?? "="}${JSON.stringify(m.value)}`);
  if (metric === undefined || metric === "") return inner.length === 0 ? "" : `{${inner.join(",")}}`;
  return `${metric}{${inner.join(",")}}`;
}

const LIMIT = 20_000;
const none = () => [];

export class ServerClient implements PrometheusClient {
  labelNames(metricName?: string): Promise<string[]> {
    const match = metricName === undefined || metricName === "" ? {} : { "match[]": metricName };
    return once(`names ${metricName ?? ""}`, () => ask<string[]>("labels", match)).catch(none);
  }
  labelValues(labelName: string, metricName?: string, matchers?: Matchers): Promise<string[]> {
    const chosen = selector(metricName, matchers);
    return once(`values ${labelName} ${chosen}`, () => ask<string[]>(`label/${encodeURIComponent(labelName)}/values`, { limit: LIMIT, ...(chosen === "" ? {} : { "match[]": chosen }) })).catch(none);
  }
  metricMetadata(): Promise<Metadata> {
    return once("metadata", () => ask<Metadata>("metadata", { limit: LIMIT })).catch(() => ({}));
  }
  series(metricName: string, matchers?: Matchers, labelName?: string): Promise<Map<string, string>[]> {
    const chosen = selector(metricName, labelName === undefined ? matchers : [...(matchers ?? [])]);
    return once(`series ${chosen}`, () => ask<Record<string, string>[]>("series", { "match[]": chosen, limit: 2000 }))
      .then((found) => found.map((labels) => new Map(Object.entries(labels))))
      .catch(none);
  }
  metricNames(prefix?: string): Promise<string[]> {
    void prefix;
    return this.labelValues("__name__");
  }
  flags(): Promise<Record<string, string>> {
    return once("flags", () => ask<Record<string, string>>("status/flags")).catch(() => ({}));
  }
}
