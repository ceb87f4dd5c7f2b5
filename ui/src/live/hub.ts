// Many pages, one stream: equal queries of all pages are asked once, and a page that joins late gets what
// is known at once. Runs in the shared worker; where there is none, in the page itself.
import { Frame } from "./frame";
import { LiveStream, type StreamHandlers } from "./stream";
import { keyOf, type LiveQuery, type LiveState, type ToHub, type ToPage } from "./protocol";

export interface Port {
  postMessage: (message: ToPage) => void;
}

interface Page {
  wants: Set<string>;
  heard: number;
  waiting: Extract<ToPage, { key: string }>[];
}
interface Known {
  query: LiveQuery;
  frame: Frame;
  answered: boolean;
  error?: string | undefined;
}

// A tab in the background may speak once a minute only.
const SILENCE_MAX = 150_000;
// ms in which the ticks of one second, which the server works out one after another, become one message to each page
// and one drawing of each panel: a frame costs the browser much the same whether one canvas changed in it or ten.
const GATHER = 100;

export class Hub {
  private pages = new Map<Port, Page>();
  private known = new Map<string, Known>();
  private state: LiveState = "starting";
  private gathering: ReturnType<typeof setTimeout> | undefined;
  private readonly stream: LiveStream;

  constructor(url: string, makeStream = (handlers: ConstructorParameters<typeof LiveStream>[1]) => new LiveStream(url, handlers)) {
    this.stream = makeStream({
      state: (state) => {
        this.state = state;
        this.pages.forEach((_, port) => port.postMessage({ kind: "state", state }));
      },
      event: (event) => this.take(event),
    });
  }

  join(port: Port): void {
    this.pages.set(port, { wants: new Set(), heard: Date.now(), waiting: [] });
    port.postMessage({ kind: "state", state: this.state });
  }

  hear(port: Port, message: ToHub): void {
    const page = this.pages.get(port);
    if (!page) return;
    page.heard = Date.now();
    if (message.kind === "bye") this.pages.delete(port);
    if (message.kind === "want") {
      const before = page.wants;
      page.wants = new Set(message.queries.map(keyOf));
      // What is wanted anew begins with a history, which has the ticks that wait.
      page.waiting = page.waiting.filter(({ key }) => before.has(key) && page.wants.has(key));
      for (const query of message.queries) {
        const key = keyOf(query);
        const known = this.known.get(key);
        if (!known) this.known.set(key, { query, frame: new Frame(query.step, query.range), answered: false });
        else if (!before.has(key)) {
          if (known.answered) port.postMessage({ kind: "history", key, ...known.frame.snapshot() });
          if (known.error !== undefined) port.postMessage({ kind: "error", key, error: known.error });
        }
      }
    }
    for (const [other, { heard }] of this.pages) if (Date.now() - heard > SILENCE_MAX) this.pages.delete(other);
    if (message.kind !== "here") this.sweep();
  }

  private sweep(): void {
    const used = new Set<string>();
    for (const { wants } of this.pages.values()) wants.forEach((key) => used.add(key));
    for (const key of this.known.keys()) if (!used.has(key)) this.known.delete(key);
    this.stream.want([...this.known.values()].map(({ query }) => query));
  }

  private send(): void {
    this.gathering = undefined;
    this.pages.forEach((page, port) => {
      if (page.waiting.length === 0) return;
      port.postMessage(page.waiting.length === 1 ? page.waiting[0]! : { kind: "several", messages: page.waiting });
      page.waiting = [];
    });
  }

  private take(event: Parameters<StreamHandlers["event"]>[0]): void {
    if (event.kind === "topic") {
      this.pages.forEach((_, port) => port.postMessage(event));
      return;
    }
    const known = this.known.get(event.key);
    if (!known) return;
    if (event.kind === "error") known.error = event.error;
    else {
      known.error = undefined;
      known.answered = true;
      if (event.kind === "history") known.frame.reset(event.start, event.series, event.count, event.histograms);
      else known.frame.tick(event.time, event.indexes, event.values, event.fresh, event.histograms);
    }
    this.pages.forEach(({ wants, waiting }) => {
      if (wants.has(event.key)) waiting.push(event);
    });
    // What comes beside ticks is waited for by somebody.
    if (event.kind !== "tick") {
      clearTimeout(this.gathering);
      this.send();
    } else this.gathering ??= setTimeout(() => this.send(), GATHER);
  }
}
