// What the Now screen knows, out of live queries: health of regions and components, targets.
import { useMemo } from "react";
import { useLive, type Live } from "../../live/live";
import type { ComponentHealth, RegionHealth } from "./verdict";

/** Half an hour of health, a point every ten seconds. */
const SPAN = { step: 10, range: 1800 };
const NEWEST = { step: 5, range: 0 };
const NO_TIMES = new Float64Array();

const REGION_SCORE = { expr: "max by (region) (dwcp_region_health_score)", ...SPAN };
const REGION_FACTOR = { expr: "min by (region, factor) (dwcp_region_health_factor)", ...NEWEST };
const REGION_TREND = { expr: "max by (region) (dwcp_region_health_trend)", ...NEWEST };
const COMPONENTS = {
  // What was told within the hour and is not any more stays, as not known.
  expr: "min by (component, region, cluster) (dwcp_system_component_health) or min by (component, region, cluster) (last_over_time(dwcp_system_component_health[1h])) * NaN or 2 * min by (component, version) (dwcp_v3_component_health)",
  ...NEWEST,
};
const TARGETS = { expr: 'label_replace(count(up), "what", "all", "", "") or label_replace(count(up == 0), "what", "down", "", "")', ...NEWEST };

export interface RegionView extends RegionHealth {
  history: Float64Array;
  trend: number;
  /** The factor that costs most, when one costs anything. */
  factor?: { name: string; value: number };
}

export function lastOf(values: ArrayLike<number>): number {
  return values.length ? values[values.length - 1]! : NaN;
}

function newest(live: Live | undefined, name: string): Map<string, number> {
  return new Map((live?.frame.series() ?? []).map(({ metric, values }) => [metric[name] ?? "", lastOf(values)]));
}

export function useRegions(): { regions: RegionView[]; times: ArrayLike<number>; version: number; answered: boolean; error: string | undefined } {
  const scores = useLive(REGION_SCORE);
  const factors = useLive(REGION_FACTOR);
  const trends = useLive(REGION_TREND);
  return useMemo(() => {
    const trend = newest(trends, "region");
    const worst = new Map<string, { name: string; value: number }>();
    for (const { metric, values } of factors?.frame.series() ?? []) {
      const value = lastOf(values);
      const region = metric.region ?? "";
      const known = worst.get(region);
      if (value < 100 && (!known || value < known.value)) worst.set(region, { name: metric.factor ?? "", value });
    }
    const regions = (scores?.frame.series() ?? [])
      .filter(({ metric }) => metric.region)
      .map(({ metric, values }): RegionView => {
        const region = metric.region!;
        const factor = worst.get(region);
        return { region, score: lastOf(values), history: values, trend: trend.get(region) ?? 0, ...(factor ? { factor } : {}) };
      })
      .sort((a, b) => (a.region < b.region ? -1 : 1));
    return { regions, times: scores?.frame.times() ?? NO_TIMES, version: scores?.version ?? 0, answered: Boolean(scores?.answered || scores?.error), error: scores?.error };
  }, [scores, factors, trends]);
}

/** The six of DWCP first, in the order of the manual; whatever else reports its health after them. */
const ORDER = ["amst", "hde", "pba", "acp", "ass", "itp"];
function rank(component: string): number {
  const at = ORDER.indexOf(component.toLowerCase());
  return at < 0 ? ORDER.length : at;
}

export interface Matrix {
  components: string[];
  places: string[];
  cells: Map<string, number>;
  list: ComponentHealth[];
}
export const cellKey = (component: string, place: string) => `${component}\u0000${place}`;

const badness = (health: number) => -(Number.isNaN(health) ? 1.5 : health);

export function matrixOf(series: readonly { metric: Readonly<Record<string, string>>; values: ArrayLike<number> }[]): Matrix {
  const cells = new Map<string, number>();
  // Where components are told by place, what is told by version only adds nothing.
  const placed = series.some(({ metric }) => metric.component && (metric.region || metric.cluster));
  for (const { metric, values } of series) {
    if (!metric.component || (placed && !metric.region && !metric.cluster)) continue;
    const key = cellKey(metric.component, metric.region || metric.cluster || metric.version || "");
    const value = lastOf(values);
    const known = cells.get(key);
    // The worst counts; nothing heard is worse than healthy, and hides none that is not.
    if (known === undefined || badness(value) > badness(known)) cells.set(key, value);
  }
  const list = [...cells].map(([key, health]): ComponentHealth => {
    const [component = "", place = ""] = key.split("\u0000");
    return { component, place, health };
  });
  const components = [...new Set(list.map(({ component }) => component))].sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1));
  const places = [...new Set(list.map(({ place }) => place))].sort();
  return { components, places, cells, list };
}

export function useComponents(): Matrix & { error: string | undefined; answered: boolean } {
  const live = useLive(COMPONENTS);
  return useMemo(() => ({ ...matrixOf(live?.frame.series() ?? []), error: live?.error, answered: Boolean(live?.answered || live?.error) }), [live]);
}

export function useTargets(): { all: number; down: number; answered: boolean } {
  const live = useLive(TARGETS);
  return useMemo(() => {
    const found = newest(live, "what");
    return { all: found.get("all") || 0, down: found.get("down") || 0, answered: Boolean(live?.answered || live?.error) };
  }, [live]);
}
