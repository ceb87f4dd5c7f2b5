// Who calls whom. Edges are only drawn where a metric names both ends: each source below is a family that
// says so. Nothing is guessed from names or times.
import type { Tone } from "../../parts/icons";
import { errorTone } from "./red";

export interface EdgeSource {
  id: "traces" | "mesh" | "dwcp";
  /** Calls per second, failed calls per second and seconds at the 50th and 95th percentile, each by the labels `client` and `server`. */
  rate: string;
  errors: string;
  p50: string;
  p95: string;
  /** Every call's failure is counted, from the first one on: no series is no failure. Else it is not known. */
  failuresCounted: boolean;
}

const ends = (expr: string, client: string, server: string) => `label_replace(label_replace(${expr}, "client", "$1", "${client}", "(.*)"), "server", "$1", "${server}", "(.*)")`;
const by = "sum by (client, server)";

// As the service graph connector of an OpenTelemetry collector and Tempo's generator write it; failures are a
// metric of their own or, in newer collectors, a label. Histograms may be native.
const GRAPH = "traces_service_graph_request";
const graphQuantile = (q: number) =>
  `histogram_quantile(${q}, sum by (client, server, le) (rate(${GRAPH}_server_seconds_bucket[1m]))) or histogram_quantile(${q}, ${by} (rate(${GRAPH}_server_seconds[1m])))`;

const meshBy = "sum by (source_workload, destination_workload";
const meshQuantile = (q: number) =>
  ends(`histogram_quantile(${q}, ${meshBy}, le) (rate(istio_request_duration_milliseconds_bucket{reporter="destination"}[1m]))) / 1000`, "source_workload", "destination_workload");

// What the load balancer sends to the managers of regions, and what these ask behind their circuit breakers.
const breakerQuantile = (q: number) => ends(`histogram_quantile(${q}, sum by (region, name, le) (rate(circuit_breaker_request_duration_seconds_bucket[1m])))`, "region", "name");

export const edgeSources: readonly EdgeSource[] = [
  {
    id: "traces",
    rate: `${by} (rate(${GRAPH}_total[1m]))`,
    errors: `${by} (rate(${GRAPH}_failed_total[1m])) or ${by} (rate(${GRAPH}_total{failed="true"}[1m]))`,
    p50: graphQuantile(0.5),
    p95: graphQuantile(0.95),
    failuresCounted: true,
  },
  {
    id: "mesh",
    rate: ends(`${meshBy}) (rate(istio_requests_total{reporter="destination"}[1m]))`, "source_workload", "destination_workload"),
    errors: ends(`${meshBy}) (rate(istio_requests_total{reporter="destination",response_code=~"5.."}[1m]))`, "source_workload", "destination_workload"),
    p50: meshQuantile(0.5),
    p95: meshQuantile(0.95),
    failuresCounted: true,
  },
  {
    id: "dwcp",
    rate: `label_replace(label_replace(sum by (backend) (rate(dwcp_lb_requests_total[1m])), "server", "$1", "backend", "(.*)"), "client", "load balancer", "", "") or ${ends("sum by (region, name) (rate(circuit_breaker_requests_total[1m]))", "region", "name")}`,
    errors: ends("sum by (region, name) (rate(circuit_breaker_failures_total[1m]))", "region", "name"),
    p50: breakerQuantile(0.5),
    p95: breakerQuantile(0.95),
    failuresCounted: false,
  },
];

export interface Edge {
  client: string;
  server: string;
  /** Calls per second. */
  rate: number;
  /** Share that fails, 0..1; NaN where nothing is asked, or where failures are not counted. */
  errors: number;
  /** Seconds; NaN: not measured. */
  p50: number;
  p95: number;
  tone: Tone;
}
export interface ServiceNode {
  name: string;
  /** Of the calls it answers; NaN for one that only calls. */
  rate: number;
  errors: number;
  /** The slowest way in. */
  p95: number;
  tone: Tone;
}
export interface Topology {
  nodes: ServiceNode[];
  /** The worst first: by share of errors, then by calls. */
  edges: Edge[];
}

type Rows = readonly { metric: Readonly<Record<string, string>>; values: ArrayLike<number> }[];
const last = (values: ArrayLike<number>) => (values.length ? values[values.length - 1]! : NaN);
const keyOf = (client: string, server: string) => `${client}\u0000${server}`;

const EDGES_MAX = 400;

export function topologyOf(found: { rate: Rows; errors: Rows; p50: Rows; p95: Rows }, failuresCounted: boolean): Topology {
  const table = (rows: Rows) => new Map(rows.map(({ metric, values }) => [keyOf(metric.client ?? "", metric.server ?? ""), last(values)]));
  const [errors, p50, p95] = [table(found.errors), table(found.p50), table(found.p95)];
  const edges: Edge[] = [];
  for (const { metric, values } of found.rate) {
    const { client, server } = metric;
    const rate = last(values);
    if (!client || !server || Number.isNaN(rate)) continue;
    const key = keyOf(client, server);
    const failed = errors.get(key) ?? NaN;
    const share = rate > 0 ? (failuresCounted ? failed || 0 : failed) / rate : NaN;
    edges.push({ client, server, rate, errors: share, p50: p50.get(key) ?? NaN, p95: p95.get(key) ?? NaN, tone: errorTone(share) });
  }
  edges.sort((a, b) => (b.errors || 0) - (a.errors || 0) || b.rate - a.rate || (keyOf(a.client, a.server) < keyOf(b.client, b.server) ? -1 : 1));
  edges.length = Math.min(edges.length, EDGES_MAX);
  const names = [...new Set(edges.flatMap(({ client, server }) => [client, server]))].sort();
  const nodes = names.map((name): ServiceNode => {
    const into = edges.filter(({ server }) => server === name);
    const rate = into.length ? into.reduce((sum, edge) => sum + edge.rate, 0) : NaN;
    const known = into.filter(({ errors: share }) => !Number.isNaN(share));
    const share = known.length && rate > 0 ? known.reduce((sum, edge) => sum + edge.errors * edge.rate, 0) / rate : NaN;
    const slowest = Math.max(...into.map(({ p95: time }) => (Number.isNaN(time) ? -1 : time)), -1);
    // One that only calls is judged by nothing.
    return { name, rate, errors: share, p95: slowest < 0 ? NaN : slowest, tone: into.length ? errorTone(share) : "info" };
  });
  return { nodes, edges };
}

/** What is left: edges that fail, or those of one service, and the services at their ends. */
export function narrowed(topology: Topology, { onlyFailing, service }: { onlyFailing: boolean; service: string | undefined }): Topology {
  const edges = topology.edges.filter(({ client, server, tone }) => (!onlyFailing || tone === "warning" || tone === "critical") && (!service || client === service || server === service));
  const ends = new Set(edges.flatMap(({ client, server }) => [client, server]));
  return { nodes: topology.nodes.filter(({ name }) => ends.has(name)), edges };
}
