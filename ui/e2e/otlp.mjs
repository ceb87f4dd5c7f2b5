// Metrics over OTLP/HTTP in JSON, as a collector would send them.

const labels = (map) => Object.entries(map).map(([key, value]) => ({ key, value: { stringValue: String(value) } }));
const nanos = (seconds) => `${Math.round(seconds * 1000)}000000`;

export const gauge = (name, points) => ({ name, gauge: { dataPoints: points.map(({ at, value, ...attributes }) => ({ timeUnixNano: nanos(at), asDouble: value, attributes: labels(attributes) })) } });

/** Cumulative, with `bounds` and the counts between them; exemplars are {at, value, trace}. */
export const histogram = (name, start, points) => ({
  name,
  histogram: {
    aggregationTemporality: 2,
    dataPoints: points.map(({ at, counts, bounds, sum, exemplars = [], ...attributes }) => ({
      startTimeUnixNano: nanos(start),
      timeUnixNano: nanos(at),
      count: String(counts.reduce((a, b) => a + b, 0)),
      sum,
      bucketCounts: counts.map(String),
      explicitBounds: bounds,
      exemplars: exemplars.map((e) => ({ timeUnixNano: nanos(e.at), asDouble: e.value, traceId: e.trace, spanId: "00f067aa0ba902b7" })),
      attributes: labels(attributes),
    })),
  },
});

/** Cumulative; `counts` are those of the buckets from `offset` on, of the given scale. */
export const nativeHistogram = (name, start, points) => ({
  name,
  exponentialHistogram: {
    aggregationTemporality: 2,
    dataPoints: points.map(({ at, counts, offset, scale, sum, ...attributes }) => ({
      startTimeUnixNano: nanos(start),
      timeUnixNano: nanos(at),
      count: String(counts.reduce((a, b) => a + b, 0)),
      sum,
      scale,
      zeroCount: "0",
      positive: { offset, bucketCounts: counts.map(String) },
      attributes: labels(attributes),
    })),
  },
});

export async function send(url, metrics) {
  const body = JSON.stringify({ resourceMetrics: [{ scopeMetrics: [{ metrics }] }] });
  const response = await fetch(`${url}/api/v1/otlp/v1/metrics`, { method: "POST", headers: { "Content-Type": "application/json" }, body });
  if (!response.ok) throw new Error(`OTLP: HTTP ${response.status} ${await response.text()}`);
  const said = await response.json().catch(() => ({}));
  if (Number(said.partialSuccess?.rejectedDataPoints ?? 0) > 0) throw new Error(`OTLP: ${JSON.stringify(said.partialSuccess)}`);
}
