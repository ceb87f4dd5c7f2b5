// Durations in Prometheus' and Grafana's spelling, and the steps a panel asks with.
import { UNIT_MS } from '../../time/duration';

// The shortest exact spelling in one unit, as Grafana writes `$__interval`: 90000 → "90s".
export function intervalText(ms: number): string {
  const whole = Math.max(1, Math.round(ms));
  for (const unit of ['d', 'h', 'm', 's'] as const) if (whole % UNIT_MS[unit]! === 0) return `${whole / UNIT_MS[unit]!}${unit}`;
  return `${whole}ms`;
}

// Round steps: [the largest raw step that rounds to it, the step], both in ms.
const STEPS: readonly (readonly [number, number])[] = [
  [10, 1], [15, 10], [35, 20], [75, 50], [150, 100], [350, 200], [750, 500], [1500, 1000], [3500, 2000], [7500, 5000],
  [12_500, 10_000], [17_500, 15_000], [25_000, 20_000], [45_000, 30_000], [90_000, 60_000], [210_000, 120_000], [450_000, 300_000],
  [750_000, 600_000], [1_050_000, 900_000], [1_500_000, 1_200_000], [2_700_000, 1_800_000], [5_400_000, 3_600_000],
  [9_000_000, 7_200_000], [16_200_000, 10_800_000], [32_400_000, 21_600_000], [86_400_000, 43_200_000], [604_800_000, 86_400_000],
  [1_814_400_000, 604_800_000], [3_628_800_000, 2_592_000_000],
];

export function roundStep(ms: number): number {
  for (const [below, step] of STEPS) if (ms < below) return step;
  return 31_536_000_000;
}

export interface StepInput {
  fromMs: number;
  toMs: number;
  maxDataPoints: number;
  panelMinMs?: number; // the panel's "min interval"
  queryMin?: number | '$__interval' | '$__rate_interval'; // the query's "min step", milliseconds or the name of one
  scrapeIntervalMs?: number; // the datasource's, 15 s where nobody says
  factor?: number; // `intervalFactor` of old boards
}

export interface Step {
  stepMs: number; // what the query asks with
  intervalMs: number; // `$__interval`
  rateIntervalMs: number; // `$__rate_interval`: always spans four scrapes
}

export const SCRAPE_INTERVAL_MS = 15_000;
const POINTS_MAX = 11_000; // Prometheus refuses more points per series
const LIVE_STEP_MS = 1000;

function safeStep(range: number): number {
  const least = range / POINTS_MAX;
  const round = roundStep(least);
  return round >= least ? round : (STEPS.find(([, step]) => step >= least)?.[1] ?? Math.ceil(least));
}

// The intervals are Grafana's to the millisecond: a board's ranges have to mean here what they mean there. Only the step
// may be finer, where nobody has asked for a least one: a live graph moves each second however far its scrapes are apart.
export function stepOf(input: StepInput): Step {
  const range = Math.max(1, input.toMs - input.fromMs);
  const scrape = input.scrapeIntervalMs ?? SCRAPE_INTERVAL_MS;
  const raw = range / Math.max(1, input.maxDataPoints);
  const safe = safeStep(range);
  const panel = Math.max(roundStep(raw), input.panelMinMs ?? scrape);
  const least = typeof input.queryMin === 'number' ? input.queryMin : panel;
  const adjusted = Math.max(raw < least ? least : roundStep(raw), safe);
  if (input.queryMin === '$__rate_interval') {
    const rate = Math.max(adjusted + scrape, 4 * scrape);
    return { stepMs: rate, intervalMs: rate, rateIntervalMs: rate };
  }
  const intervalMs = adjusted * (input.factor ?? 1);
  const scrapes = input.queryMin === '$__interval' ? intervalMs : (input.queryMin ?? scrape);
  const free = input.queryMin === undefined && input.panelMinMs === undefined;
  return {
    stepMs: free ? Math.max(roundStep(raw), LIVE_STEP_MS, safe) * (input.factor ?? 1) : intervalMs,
    intervalMs,
    rateIntervalMs: Math.max(panel + scrapes, 4 * scrapes),
  };
}

// An `interval` variable's "auto": the range in so many parts, but not below its minimum.
export function autoInterval(rangeMs: number, parts: number, minimumMs: number): string {
  return intervalText(Math.max(roundStep(rangeMs / Math.max(1, parts)), minimumMs));
}
