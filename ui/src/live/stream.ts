// One stream of /api/v1/live: opened with a set of queries, told by PUT when the set changes, opened again
// when it breaks. A server without it is polled.
import { rangeQuery } from "../api/prometheus";
import { number, type LabelSet } from "../api/prometheus";
import { SseParser, type SseEvent } from "./sse";
import { keyOf, type HistogramJson, type HistogramRow, type LiveQuery, type LiveState, type ToPage, type Topic } from "./protocol";

export interface StreamHandlers {
  state: (state: LiveState) => void;
  event: (event: Exclude<ToPage, { kind: "state" | "several" }>) => void;
}

const TOPICS: Topic[] = ["alerts", "annotations", "dashboards"];
const POLL_SECONDS = 5;
const BACKOFF_MAX = 15_000;
const SETTLE = 30; // ms in which panels that mount together become one request
const OPEN_MAX = 120; // seconds until a stream that is asked for begins: many tabs may stand before it in the queue of one host
const HEARTBEAT = 15; // seconds, until the server has named its own

type Wire = number | string | null | HistogramJson;
function isHistogram(value: Wire): value is HistogramJson {
  return typeof value === "object" && value !== null;
}
function wireValue(value: Wire): number {
  return typeof value === "number" ? value : typeof value === "string" ? number(value) : NaN;
}

function withHistograms<T>(histograms: T[]): { histograms?: T[] } {
  return histograms.length > 0 ? { histograms } : {};
}

export class LiveStream {
  private wanted = new Map<string, LiveQuery>();
  private ids = new Map<string, string>(); // id on the wire → key
  private keys = new Map<string, string>(); // key → id
  private numbered = 0;
  private stream = "";
  private abort: AbortController | undefined;
  private settle: ReturnType<typeof setTimeout> | undefined;
  private failures = 0;
  private closed = false;
  private mode: "stream" | "poll" = "stream";
  private opening = false;
  private telling = false;
  private sent = "";
  private polled = new Set<string>();
  private silence: ReturnType<typeof setInterval> | undefined;
  private heartbeat = HEARTBEAT;

  constructor(
    private readonly url: string,
    private readonly handlers: StreamHandlers,
  ) {}

  /** A query that goes and comes back is asked anew, however soon: whoever wants it now has none of its history. */
  want(queries: Iterable<LiveQuery>): void {
    this.wanted = new Map([...queries].map((query) => [keyOf(query), query]));
    for (const key of [...this.keys.keys(), ...this.polled]) if (!this.wanted.has(key)) this.forget(key);
    clearTimeout(this.settle);
    this.settle = setTimeout(() => void this.update(), SETTLE);
  }

  close(): void {
    this.closed = true;
    clearTimeout(this.settle);
    clearInterval(this.silence);
    this.abort?.abort();
  }

  // A server that hangs, or a network that swallows everything, closes no connection: what says nothing for longer than
  // two heartbeats is given up. Seconds are counted one by one: a machine that is too busy to run this counts none.
  private listen(abort: AbortController, seconds = 2 * this.heartbeat + 2): void {
    clearInterval(this.silence);
    let quiet = 0;
    this.silence = setInterval(() => ++quiet >= seconds && abort.abort(), 1000);
  }

  private forget(key: string): void {
    const id = this.keys.get(key);
    if (id !== undefined) this.ids.delete(id);
    this.keys.delete(key);
    this.polled.delete(key);
  }

  private body(): string {
    const queries = [...this.wanted].map(([key, query]) => {
      let id = this.keys.get(key);
      if (id === undefined) {
        id = (this.numbered++).toString(36);
        this.keys.set(key, id);
        this.ids.set(id, key);
      }
      return { id, expr: query.expr, step: query.step, range: query.range };
    });
    return JSON.stringify({ queries, topics: TOPICS });
  }

  private async update(): Promise<void> {
    if (this.closed) return;
    if (this.mode === "poll") {
      const fresh = [...this.wanted.values()].filter((query) => !this.polled.has(keyOf(query)));
      if (!this.abort) void this.poll();
      else if (fresh.length) await this.pollOnce(fresh, this.abort.signal);
      return;
    }
    if (!this.abort) return void this.run();
    if (this.opening) return; // `hello` compares and tells what has changed since
    if (this.telling) return; // one PUT at a time: two could arrive in the other order
    const body = this.body();
    if (body === this.sent) return;
    this.sent = body;
    this.telling = true;
    const own = this.abort;
    const response = await fetch(`${this.url}/${this.stream}`, {
      method: "PUT",
      headers: { "Content-Type": "application/json" },
      body,
      signal: own.signal,
    }).catch(() => undefined);
    this.telling = false;
    if (this.closed) return;
    if (response?.ok) return void this.update(); // of what has changed meanwhile
    // One query that does not parse must not stop the others: they are tried one by one on the page's side
    // as ordinary errors, and the stream goes on with those that parse.
    if (response?.status === 400 || response?.status === 422) return void this.withoutBad(await response.text());
    own.abort();
  }

  private async withoutBad(text: string): Promise<void> {
    let said = text;
    try {
      said = (JSON.parse(text) as { error?: string }).error ?? text;
    } catch {
      // Said as it came.
    }
    const asked = [...this.wanted];
    const bad: string[] = [];
    for (const [key, query] of asked) {
      const error = await rangeQuery(query.expr, Date.now() / 1000 - query.step, Date.now() / 1000, query.step).then(
        () => undefined,
        (failure: Error) => failure.message,
      );
      if (error === undefined || /does not answer/.test(error)) continue;
      bad.push(key);
      this.handlers.event({ kind: "error", key, error });
    }
    if (bad.length === 0) {
      for (const [key] of asked) this.handlers.event({ kind: "error", key, error: said.slice(0, 300) });
      return;
    }
    for (const key of bad) {
      this.wanted.delete(key);
      this.forget(key);
    }
    await this.update();
  }

  private async run(): Promise<void> {
    while (!this.closed) {
      const abort = (this.abort = new AbortController());
      this.opening = true;
      this.ids.clear();
      this.keys.clear();
      this.sent = this.body();
      this.listen(abort, OPEN_MAX);
      try {
        const response = await fetch(this.url, {
          method: "POST",
          headers: { Accept: "text/event-stream", "Content-Type": "application/json" },
          body: this.sent,
          signal: abort.signal,
        });
        if (response.status === 404 || response.status === 405 || response.status === 501) {
          this.mode = "poll";
          this.abort = undefined;
          clearInterval(this.silence);
          return void this.poll();
        }
        if (response.status === 400 || response.status === 422) {
          this.abort = undefined;
          this.opening = false;
          clearInterval(this.silence);
          return void this.withoutBad(await response.text());
        }
        if (!response.ok || !response.body) throw new Error(`HTTP ${response.status}`);
        const reader = response.body.pipeThrough(new TextDecoderStream() as ReadableWritablePair<string, BufferSource>).getReader();
        const parser = new SseParser();
        for (;;) {
          const { done, value } = await reader.read();
          if (done) break;
          this.listen(abort);
          for (const event of parser.push(value)) this.take(event);
        }
      } catch {
        // The server went, or the network: tried again below.
      }
      clearInterval(this.silence);
      if (this.closed) return;
      this.failures++;
      this.handlers.state("offline");
      await new Promise((go) => setTimeout(go, Math.min(500 * 2 ** Math.min(this.failures, 6), BACKOFF_MAX)));
    }
  }

  private take({ event, data }: SseEvent): void {
    const body = JSON.parse(data) as Record<string, unknown>;
    if (event === "hello") {
      this.stream = encodeURIComponent(String(body.stream));
      this.heartbeat = Number(body.heartbeat) > 0 ? Number(body.heartbeat) : HEARTBEAT;
      this.opening = false;
      this.failures = 0;
      this.handlers.state("live");
      void this.update();
      return;
    }
    if (TOPICS.includes(event as Topic)) return this.handlers.event({ kind: "topic", topic: event as Topic, data: body });
    const key = this.ids.get(String(body.id));
    if (key === undefined) return;
    if (event === "history") {
      const { start, end, step, series } = body as { start: number; end: number; step: number; series: [number, LabelSet, Wire[]][] };
      const count = Math.max(0, Math.round((end - start) / step) + 1);
      this.handlers.event({
        kind: "history",
        key,
        start,
        count,
        series: series.map(([index, metric, values]) => [index, metric, Float64Array.from(values, wireValue)]),
        ...withHistograms(series.flatMap(([index, , values]): [number, HistogramRow][] => (values.some(isHistogram) ? [[index, values.map((value) => (isHistogram(value) ? value : null))]] : []))),
      });
    } else if (event === "tick") {
      const { t, v, new: fresh = [] } = body as { t: number; v: [number, Wire][]; new?: [number, LabelSet][] };
      this.handlers.event({
        kind: "tick",
        key,
        time: t,
        indexes: Uint32Array.from(v, ([index]) => index),
        values: Float64Array.from(v, ([, value]) => wireValue(value)),
        fresh,
        ...withHistograms(v.flatMap(([index, value]): [number, HistogramJson][] => (isHistogram(value) ? [[index, value]] : []))),
      });
    } else if (event === "error") {
      this.handlers.event({ kind: "error", key, error: String(body.error) });
    }
  }

  private async poll(): Promise<void> {
    const abort = (this.abort = new AbortController());
    while (!this.closed && !abort.signal.aborted) {
      this.handlers.state(await this.pollOnce([...this.wanted.values()], abort.signal));
      await new Promise((go) => setTimeout(go, POLL_SECONDS * 1000));
    }
  }

  private async pollOnce(queries: readonly LiveQuery[], signal: AbortSignal): Promise<LiveState> {
    let state: LiveState = "polling";
    const now = Date.now() / 1000;
    this.polled = new Set([...[...this.polled].filter((key) => this.wanted.has(key)), ...queries.map(keyOf)]);
    await Promise.all(
      queries.map(async (query) => {
        const key = keyOf(query);
        const end = Math.floor(now / query.step) * query.step;
        const start = end - Math.floor(query.range / query.step) * query.step;
        try {
          const { series } = await rangeQuery(query.expr, start, end, query.step, { signal });
          const count = Math.round((end - start) / query.step) + 1;
          this.handlers.event({
            kind: "history",
            key,
            start,
            count,
            series: series.map(({ metric, times, values }, index) => {
              const row = new Float64Array(count).fill(NaN);
              times.forEach((time, i) => (row[Math.round((time - start) / query.step)] = values[i]!));
              return [index, metric, row];
            }),
            ...withHistograms(
              series.flatMap(({ histograms }, index): [number, HistogramRow][] => {
                if (histograms === undefined) return [];
                const row = new Array<HistogramJson | null>(count).fill(null);
                for (const [time, histogram] of histograms) row[Math.round((time - start) / query.step)] = histogram;
                return [[index, row]];
              }),
            ),
          });
        } catch (error) {
          const said = error instanceof Error ? error.message : String(error);
          if (/does not answer/.test(said)) state = "offline";
          else this.handlers.event({ kind: "error", key, error: said });
        }
      }),
    );
    return state;
  }
}
