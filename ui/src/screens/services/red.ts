// Rate, errors, duration of what answers requests, out of the metrics a fleet has. Each source is a family that
// is stored by some fleets and not by others.
import type { Tone } from "../../parts/icons";

export interface Source {
  id: string;
  /** The label whose values are the rows. */
  by: string;
  /** Requests per second by row. */
  rate: string;
  /** Errors per second by row. */
  errors: string;
  /** The histogram's bucket series, in seconds. */
  buckets: string;
}

export const sources: readonly Source[] = [
  {
    id: "dwcp",
    by: "operation",
    rate: "sum by (operation) (rate(dwcp_requests_total[1m]))",
    errors: "sum by (operation) (rate(dwcp_errors_total[1m]))",
    buckets: "sum by (operation, le) (rate(dwcp_request_duration_seconds_bucket[1m]))",
  },
  {
    id: "front",
    by: "version",
    rate: "sum by (version) (rate(http_requests_total[1m]))",
    errors: 'sum by (version) (rate(http_requests_total{status=~"5.."}[1m]))',
    buckets: "sum by (version, le) (rate(http_request_duration_seconds_bucket[1m]))",
  },
  {
    id: "region",
    by: "region",
    rate: "sum by (region) (rate(dwcp_requests_total[1m]))",
    errors: "sum by (region) (rate(dwcp_errors_total[1m]))",
    buckets: "sum by (region, le) (rate(dwcp_latency_bucket[1m]))",
  },
  {
    id: "pharos",
    by: "handler",
    rate: "sum by (handler) (rate(pharos_http_request_duration_seconds_count[1m]))",
    errors: 'sum by (handler) (rate(pharos_http_requests_total{code=~"5.."}[1m]))',
    buckets: "sum by (handler, le) (rate(pharos_http_request_duration_seconds_bucket[1m]))",
  },
];

export interface Row {
  name: string;
  rate: number;
  /** 0..1; NaN where nothing is asked. */
  errors: number;
  p50: number;
  p95: number;
  p99: number;
  history: ArrayLike<number>;
}

type Series = readonly { metric: Readonly<Record<string, string>>; values: ArrayLike<number> }[];
const lastOf = (values: ArrayLike<number>) => (values.length ? values[values.length - 1]! : NaN);

/** Of those that answered anything in the span: the largest share of errors first, then the busiest. */
export function rowsOf(by: string, found: { rate: Series; errors: Series; p50: Series; p95: Series; p99: Series }): Row[] {
  const table = (series: Series) => new Map(series.map(({ metric, values }) => [metric[by] ?? "", lastOf(values)]));
  const errors = table(found.errors);
  const [p50, p95, p99] = [table(found.p50), table(found.p95), table(found.p99)];
  return found.rate
    .map(({ metric, values }): Row => {
      const name = metric[by] ?? "";
      const rate = lastOf(values);
      // Errors are counted from their first one on: none stored is none happened.
      return { name, rate, errors: rate > 0 ? (errors.get(name) || 0) / rate : NaN, p50: p50.get(name) ?? NaN, p95: p95.get(name) ?? NaN, p99: p99.get(name) ?? NaN, history: values };
    })
    .filter(({ history }) => Array.prototype.some.call(history, (value: number) => value > 0))
    .sort((a, b) => (b.errors || 0) - (a.errors || 0) || b.rate - a.rate || (a.name < b.name ? -1 : 1));
}

const ERRORS = { warning: 0.01, critical: 0.05 };
export function errorTone(errors: number): Tone {
  return Number.isNaN(errors) ? "unknown" : errors >= ERRORS.critical ? "critical" : errors >= ERRORS.warning ? "warning" : "ok";
}
