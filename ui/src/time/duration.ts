// Durations as Prometheus and Grafana spell them: "1h30m", "15s", "250ms".

export const UNIT_MS: Readonly<Record<string, number>> = {
  ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000, M: 2_592_000_000, Q: 7_776_000_000, y: 31_536_000_000,
};
const KNOWN_MAX = 500;
const known = new Map<string, number | undefined>(); // a board asks for the same few each second

/** Milliseconds; undefined when it is no duration. */
export function durationMs(text: string): number | undefined {
  if (known.has(text)) return known.get(text);
  const ms = read(text.trim());
  if (known.size >= KNOWN_MAX) known.clear();
  known.set(text, ms);
  return ms;
}

function read(text: string): number | undefined {
  if (!/^(\d+(\.\d+)?(ms|[smhdwMQy]))+$/.test(text)) return undefined;
  let total = 0;
  for (const [, amount, unit] of text.matchAll(/(\d+(?:\.\d+)?)(ms|[smhdwMQy])/g)) total += Number(amount) * UNIT_MS[unit!]!;
  return total;
}

/** The same in seconds: "1h30m" → 5400. */
export function durationSeconds(text: string): number | undefined {
  const ms = durationMs(text);
  return ms === undefined ? undefined : ms / 1000;
}
