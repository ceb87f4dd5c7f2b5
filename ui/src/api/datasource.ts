// What the server says of itself as a source of data: how far its scrapes are apart.
import { durationMs } from "../time/duration";
import { askPlain } from "./client";
import { shared } from "./shared";

const DEFAULT_MS = 15_000; // Grafana's, of a source that does not say

const source = shared((signal) => askPlain<{ jsonData?: { timeInterval?: string } }>("api/datasources/uid/pharos", {}, { signal }), 300_000);

/** Milliseconds between scrapes, at least Grafana's default; undefined until it is known. */
export function useScrapeInterval(): number | undefined {
  return source.pick((data, error) => {
    if (data === undefined) return error === undefined ? undefined : DEFAULT_MS;
    return Math.max(DEFAULT_MS, durationMs(data.jsonData?.timeInterval ?? "") ?? DEFAULT_MS);
  });
}
