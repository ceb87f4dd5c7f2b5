// Whether a region can take over from another: what that needs, what is known of it, and what stands in
// the way. A pure function of what is measured; what is not measured is a third answer.
import { DEGRADED, UNHEALTHY } from "../now/verdict";

/** Of one region; NaN: not measured. */
export interface TakeoverFacts {
  region: string;
  /** 0..100. */
  health: number;
  /** 1 while the load balancer reaches its control plane. */
  answers: number;
  /** Seconds that its replica of the database is behind. */
  lag: number;
  /** Seconds in which 95 % of syncs of state arrive, over the slowest way in. */
  sync: number;
  syncFrom: string;
  /** Below 1: too few voters answer to decide anything. Of the whole fleet. */
  quorum: number;
  /** Percent of its processors in use once it carries its part of the largest region's requests. */
  cpu: number;
}
export type Obstacle = "answers" | "health" | "lag" | "sync" | "quorum" | "cpu";
export interface Takeover {
  answer: "yes" | "tight" | "no" | "unknown";
  /** What forbids it; with "tight", what makes it doubtful; with "unknown", what is not measured. */
  because: Obstacle[];
}

/** A lost region may cost five seconds of the database's changes (the domain's recovery point), and as much of the state. */
export const LAG_MAX = 5;
export const SYNC_MAX = 5;
const CPU = { tight: 85, full: 95 };

type Judgement = "ok" | "tight" | "no" | "unknown";
const beyond = (value: number, tight: number, no: number): Judgement => (Number.isNaN(value) ? "unknown" : value > no ? "no" : value > tight ? "tight" : "ok");
const below = (value: number, tight: number, no: number): Judgement => (Number.isNaN(value) ? "unknown" : value < no ? "no" : value < tight ? "tight" : "ok");

export function judge(facts: TakeoverFacts): Record<Obstacle, Judgement> {
  return {
    answers: below(facts.answers, 1, 1),
    health: below(facts.health, DEGRADED, UNHEALTHY),
    quorum: below(facts.quorum, 1, 1),
    lag: beyond(facts.lag, LAG_MAX / 2, LAG_MAX),
    sync: beyond(facts.sync, SYNC_MAX / 2, SYNC_MAX),
    cpu: beyond(facts.cpu, CPU.tight, CPU.full),
  };
}

export function takeover(facts: TakeoverFacts): Takeover {
  const judged = judge(facts);
  const where = (judgement: Judgement) => (Object.keys(judged) as Obstacle[]).filter((one) => judged[one] === judgement);
  for (const [answer, judgement] of [["no", "no"], ["unknown", "unknown"], ["tight", "tight"]] as const) {
    const because = where(judgement);
    if (because.length) return { answer, because };
  }
  return { answer: "yes", because: [] };
}

type Rows = readonly { metric: Readonly<Record<string, string>>; values: ArrayLike<number> }[];
const last = (values: ArrayLike<number>) => (values.length ? values[values.length - 1]! : NaN);

export function takeoverFacts(regions: readonly { region: string; score: number }[], found: { answers: Rows; lag: Rows; sync: Rows; quorum: Rows; cpu: Rows }): TakeoverFacts[] {
  const by = (rows: Rows, label: string) => new Map(rows.map(({ metric, values }) => [metric[label] ?? "", last(values)]));
  const [answers, lag, cpu] = [by(found.answers, "backend"), by(found.lag, "region"), by(found.cpu, "region")];
  const quorum = found.quorum[0] ? last(found.quorum[0].values) : NaN;
  return regions.map(({ region, score }): TakeoverFacts => {
    let sync = NaN;
    let syncFrom = "";
    for (const { metric, values } of found.sync) {
      const value = last(values);
      if (metric.remote_cluster !== region || Number.isNaN(value) || value <= sync) continue;
      sync = value;
      syncFrom = metric.cluster ?? "";
    }
    // Without a label of its own the one replica there is speaks for every region.
    return { region, health: score, answers: answers.get(region) ?? NaN, lag: lag.get(region) ?? lag.get("") ?? NaN, sync, syncFrom, quorum, cpu: cpu.get(region) ?? NaN };
  });
}
