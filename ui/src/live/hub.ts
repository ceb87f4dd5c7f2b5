// Many pages, one stream: equal queries of all pages are asked once, and a page that joins late gets what
// is known at once. Runs in the shared worker; where there is none, in the page itself.
import { Frame } from "./frame";
import { LiveStream } from "./stream";
import { keyOf, type LiveQuery, type LiveState, type ToHub, type ToPage } from "./protocol";

export interface Port {
  postMessage: (message: ToPage) => void;
}

interface Page {
  wants: Set<string>;
  heard: number;
}
interface Known {
  query: LiveQuery;
  frame: Frame;
  answered: boolean;
  error?: string | undefined;
}

// A tab in the background may speak once a minute only.
const SILENCE_MAX = 150_000;

export class Hub {
  private pages = new Map<Port, Page>();
  private known = new Map<string, Known>();
  private state: LiveState = "starting";
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
    this.pages.set(port, { wants: new Set(), heard: Date.now() });
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

  private take(event: Exclude<ToPage, { kind: "state" }>): void {
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
    this.pages.forEach(({ wants }, port) => {
      if (wants.has(event.key)) port.postMessage(event);
    });
  }
}
