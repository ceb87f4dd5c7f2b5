// Live queries of the Regions screen.
import { useMemo } from "react";
import { useLive, type Live } from "../../live/live";
import { lastOf } from "../now/facts";
import { linksOf, type LinkFacts } from "./links";

const NEWEST = { step: 5, range: 0 };
const between = (metric: string, fold = "max") => `${fold} by (source, destination) (${metric})`;
const LATENCY = { expr: "histogram_quantile(0.5, sum by (source, destination, le) (rate(network_link_latency_seconds_bucket[1m])))", ...NEWEST };
const LOSS = { expr: between("network_link_packet_loss_ratio"), ...NEWEST };
const JITTER = { expr: between("network_link_jitter_seconds"), ...NEWEST };
const UTILIZATION = { expr: between("network_link_utilization_ratio"), ...NEWEST };
const CAPACITY = { expr: between("network_link_capacity_bytes_per_second", "min"), ...NEWEST };
const TUNNEL = { expr: between("network_tunnel_up", "min"), ...NEWEST };
const SYNC = { expr: "histogram_quantile(0.95, sum by (cluster, remote_cluster, le) (rate(dwcp_federation_sync_duration_seconds_bucket[5m])))", ...NEWEST };
// A node that has stopped talking is still a node (-1): for half an hour because it was heard, and after that as long as it is
// to be scraped and nothing on it answers.
const HEALTH = "dwcp_system_component_health";
const NODES = {
  expr: `min by (region, cluster, node) (${HEALTH}) or -1 + 0 * min by (region, cluster, node) (last_over_time(${HEALTH}[30m])) or -1 + (max by (region, node) (up{node!=""}) == 0 unless on (region, node) last_over_time(${HEALTH}[30m]))`,
  ...NEWEST,
};
const FAILING = { expr: "min by (region, cluster, node, component) (dwcp_system_component_health) < 2", ...NEWEST };
const FACTORS = { expr: "min by (region, factor) (dwcp_region_health_factor)", ...NEWEST };

const rows = (live: Live | undefined) => live?.frame.series() ?? [];

export function useLinks(): { links: Map<string, LinkFacts>; answered: boolean; error: string | undefined } {
  const latency = useLive(LATENCY);
  const loss = useLive(LOSS);
  const jitter = useLive(JITTER);
  const utilization = useLive(UTILIZATION);
  const capacity = useLive(CAPACITY);
  const tunnel = useLive(TUNNEL);
  const sync = useLive(SYNC);
  return useMemo(
    () => ({
      links: linksOf({ latency: rows(latency), loss: rows(loss), jitter: rows(jitter), utilization: rows(utilization), capacity: rows(capacity), tunnel: rows(tunnel), sync: rows(sync) }),
      answered: Boolean(loss?.answered || loss?.error),
      error: [latency, loss, jitter, utilization, capacity, tunnel, sync].map((live) => live?.error).find(Boolean),
    }),
    [latency, loss, jitter, utilization, capacity, tunnel, sync],
  );
}

export interface NodeFacts {
  region: string;
  node: string;
  /** NaN: nothing is heard of it. */
  health: number;
  failing: string[];
}
export function useNodes(): { nodes: NodeFacts[]; error: string | undefined } {
  const all = useLive(NODES);
  const failing = useLive(FAILING);
  return useMemo(() => {
    const place = (metric: Readonly<Record<string, string>>) => metric.region || metric.cluster || "";
    const bad = new Map<string, string[]>();
    for (const { metric, values } of rows(failing)) {
      if (Number.isNaN(lastOf(values))) continue;
      const key = `${place(metric)} ${metric.node}`;
      bad.set(key, [...(bad.get(key) ?? []), (metric.component ?? "").toUpperCase()]);
    }
    const nodes = rows(all)
      .filter(({ metric }) => metric.node)
      .map(({ metric, values }): NodeFacts => ({ region: place(metric), node: metric.node!, health: lastOf(values) < 0 ? NaN : lastOf(values), failing: (bad.get(`${place(metric)} ${metric.node}`) ?? []).sort() }))
      .sort((a, b) => a.region.localeCompare(b.region) || a.node.localeCompare(b.node, undefined, { numeric: true }));
    return { nodes, error: all?.error ?? failing?.error };
  }, [all, failing]);
}

export function useFactors(): Map<string, { factor: string; value: number }[]> {
  const live = useLive(FACTORS);
  return useMemo(() => {
    const out = new Map<string, { factor: string; value: number }[]>();
    for (const { metric, values } of rows(live)) {
      const list = out.get(metric.region ?? "") ?? [];
      list.push({ factor: metric.factor ?? "", value: lastOf(values) });
      out.set(metric.region ?? "", list);
    }
    out.forEach((list) => list.sort((a, b) => a.value - b.value || (a.factor < b.factor ? -1 : 1)));
    return out;
  }, [live]);
}
