// The ways between regions: what is measured of each, and which of them is in trouble. Pure functions.
import type { Tone } from "../../parts/icons";

export interface LinkFacts {
  source: string;
  destination: string;
  /** Seconds, ratio, seconds, ratio; NaN: not measured. */
  latency: number;
  loss: number;
  jitter: number;
  utilization: number;
  /** Bytes per second. */
  capacity: number;
  tunnel: number;
  /** Seconds in which 95 % of syncs of state are done. */
  sync: number;
}
export type Measure = "latency" | "loss" | "jitter" | "utilization" | "capacity" | "asymmetry" | "sync";
export const measures: readonly Measure[] = ["latency", "loss", "jitter", "utilization", "capacity", "asymmetry", "sync"];

const LOSS = { warning: 0.01, critical: 0.05 };
const FULL = { warning: 0.85, critical: 0.97 };
/** How much longer one direction may take than the other. */
const ASYMMETRY = 0.35;

export const linkKey = (source: string, destination: string) => `${source}\u0000${destination}`;

type Rows = readonly { metric: Readonly<Record<string, string>>; values: ArrayLike<number> }[];
const NUMBERS = ["latency", "loss", "jitter", "utilization", "capacity", "tunnel", "sync"] as const;

export function linksOf(found: Readonly<Record<(typeof NUMBERS)[number], Rows>>): Map<string, LinkFacts> {
  const out = new Map<string, LinkFacts>();
  for (const name of NUMBERS)
    for (const { metric, values } of found[name]) {
      // Clusters that keep their state in step are regions, by the names that federation gives the two ends.
      const [source, destination] = [metric.source ?? metric.cluster, metric.destination ?? metric.remote_cluster];
      if (!source || !destination) continue;
      const key = linkKey(source, destination);
      const link = out.get(key) ?? { source, destination, latency: NaN, loss: NaN, jitter: NaN, utilization: NaN, capacity: NaN, tunnel: NaN, sync: NaN };
      link[name] = values.length ? values[values.length - 1]! : NaN;
      out.set(key, link);
    }
  return out;
}

/** How much longer this direction takes than the way back, as a share; NaN where one of them is not known. */
export function asymmetry(link: LinkFacts, links: ReadonlyMap<string, LinkFacts>): number {
  const back = links.get(linkKey(link.destination, link.source));
  return back && back.latency > 0 ? link.latency / back.latency - 1 : NaN;
}

/** What is wrong with a way, in the order of its weight. */
export type LinkTrouble = "cut" | "loss" | "full" | "longer";
export function linkTrouble(link: LinkFacts, links: ReadonlyMap<string, LinkFacts>): LinkTrouble | undefined {
  if (link.tunnel === 0) return "cut";
  if (link.loss >= LOSS.warning) return "loss";
  if (link.utilization >= FULL.warning) return "full";
  return asymmetry(link, links) > ASYMMETRY ? "longer" : undefined;
}

export function linkTone(link: LinkFacts, links: ReadonlyMap<string, LinkFacts>): Tone {
  if (link.tunnel === 0 || link.loss >= LOSS.critical || link.utilization >= FULL.critical) return "critical";
  if (link.loss >= LOSS.warning || link.utilization >= FULL.warning || asymmetry(link, links) > ASYMMETRY) return "warning";
  return [link.latency, link.loss, link.utilization].every(Number.isNaN) ? "unknown" : "ok";
}
