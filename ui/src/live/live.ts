// Live data in a page: `useLive` gives a component the frame of its query and renders it again at each
// tick. All components of a page speak to the hub as one.
import { useCallback, useEffect, useMemo, useRef, useState, useSyncExternalStore } from "react";
import WORKER from "./worker?sharedworker&url";
import { at } from "../base";
import { useApi } from "../api/use_api";
import { useMoment } from "../time/moment";
import { Frame } from "./frame";
import { frameAt } from "./frozen";
import { Hub } from "./hub";
import { keyOf, type LiveQuery, type LiveState, type ToHub, type ToPage, type Topic } from "./protocol";

interface Entry {
  query: LiveQuery;
  frame: Frame;
  answered: boolean;
  error: string | undefined;
  version: number;
  readers: Set<() => void>;
}

const entries = new Map<string, Entry>();
const topicReaders = new Map<Topic, Set<(data: unknown) => void>>();
const stateReaders = new Set<() => void>();
let state: LiveState = "starting";
let say: ((message: ToHub) => void) | undefined;
let telling = false;

function hear(message: ToPage): void {
  if (message.kind === "several") return message.messages.forEach(hear);
  if (message.kind === "state") {
    state = message.state;
    stateReaders.forEach((reader) => reader());
    return;
  }
  if (message.kind === "topic") {
    topicReaders.get(message.topic)?.forEach((reader) => reader(message.data));
    return;
  }
  const entry = entries.get(message.key);
  if (!entry) return;
  if (message.kind === "error") entry.error = message.error;
  else {
    entry.error = undefined;
    entry.answered = true;
    if (message.kind === "history") entry.frame.reset(message.start, message.series, message.count, message.histograms);
    else entry.frame.tick(message.time, message.indexes, message.values, message.fresh, message.histograms);
  }
  entry.version++;
  entry.readers.forEach((reader) => reader());
}

function connect(): (message: ToHub) => void {
  const url = new URL(at("api/v1/live"), location.origin).href;
  if (typeof SharedWorker !== "undefined") {
    try {
      const worker = new SharedWorker(new URL(WORKER, import.meta.url), { type: "module", name: url });
      worker.port.onmessage = (event: MessageEvent<ToPage>) => hear(event.data);
      worker.port.start();
      // Its script did not come, or does not run in this browser.
      worker.onerror = () => {
        say = ownStream(url);
        tell();
      };
      return (message) => worker.port.postMessage(message);
    } catch {
      // Refused by the browser's settings: this page has a stream of its own.
    }
  }
  return ownStream(url);
}

function ownStream(url: string): (message: ToHub) => void {
  const hub = new Hub(url);
  const port = { postMessage: (message: ToPage) => queueMicrotask(() => hear(message)) };
  hub.join(port);
  return (message) => hub.hear(port, message);
}

function tell(): void {
  if (telling) return;
  telling = true;
  queueMicrotask(() => {
    telling = false;
    if (!say) {
      say = connect();
      setInterval(() => say?.({ kind: "here" }), 20_000);
      addEventListener("pagehide", () => say?.({ kind: "bye" }));
      // A page that comes back out of the browser's cache has said bye.
      addEventListener("pageshow", (event) => {
        if (!event.persisted) return;
        say = connect();
        tell();
      });
    }
    // Forgotten only now: what is left and followed again in one breath keeps its frame, as the hub hears
    // nothing of it and would not send the history again.
    for (const [key, { readers }] of entries) if (readers.size === 0) entries.delete(key);
    say({ kind: "want", queries: [...entries.values()].map(({ query }) => query) });
  });
}

export interface Live {
  frame: Frame;
  answered: boolean;
  error: string | undefined;
  version: number;
}

/** Subscribes without React: for canvas that draws itself. Returns how to stop. */
export function follow(query: LiveQuery, reader: (live: Live) => void): () => void {
  const key = keyOf(query);
  let entry = entries.get(key);
  if (!entry) {
    entry = { query, frame: new Frame(query.step, query.range), answered: false, error: undefined, version: 0, readers: new Set() };
    entries.set(key, entry);
  }
  const own = entry;
  const call = () => reader(own);
  own.readers.add(call);
  if (own.answered || own.error) call();
  tell();
  return () => {
    own.readers.delete(call);
    if (own.readers.size === 0) tell();
  };
}

/** The frame of a query: live, or on a screen that is frozen as of its moment. `null` follows nothing. */
export function useLive(query: LiveQuery | null): Live | undefined {
  const moment = useMoment();
  const live = useFollowed(moment === undefined ? query : null);
  const frozen = useFrozen(query, moment);
  return moment === undefined ? live : frozen;
}

function useFrozen(query: LiveQuery | null, moment: number | undefined): Live | undefined {
  const enabled = query !== null && moment !== undefined;
  const { data, error, at } = useApi(enabled ? `${moment} ${keyOf(query)}` : "", (signal) => frameAt(query!, moment!, signal), { enabled, forget: true });
  return useMemo(
    () => (query !== null && (data || error) ? { frame: data ?? new Frame(query.step, query.range), answered: data !== undefined, error, version: at } : undefined),
    [data, error, at],
  );
}

function useFollowed(query: LiveQuery | null): Live | undefined {
  const key = query ? keyOf(query) : "";
  const held = useRef<{ key: string; live: Live } | undefined>(undefined);
  const versions = useRef(0);
  const subscribe = useCallback(
    (changed: () => void) => {
      held.current = undefined;
      if (!query) return () => {};
      return follow(query, (live) => {
        held.current = { key, live };
        versions.current++;
        changed();
      });
    },
    // eslint-disable-next-line react-hooks/exhaustive-deps
    [key],
  );
  const version = useSyncExternalStore(subscribe, () => versions.current);
  return useMemo(() => (held.current?.key === key ? { ...held.current.live } : undefined), [version, key]);
}

export function useLiveState(): LiveState {
  return useSyncExternalStore(
    (changed) => {
      stateReaders.add(changed);
      return () => void stateReaders.delete(changed);
    },
    () => state,
  );
}

const CUT_AFTER = 5000; // ms

/** Whether nothing has come for long enough to say so: a stream that a proxy has ended is open again in a second. */
export function useStreamCut(): boolean {
  const offline = useLiveState() === "offline";
  const [cut, setCut] = useState(false);
  useEffect(() => {
    if (!offline) return setCut(false);
    const timer = setTimeout(() => setCut(true), CUT_AFTER);
    return () => clearTimeout(timer);
  }, [offline]);
  return offline && cut;
}

/** Calls `reader` when something of the topic happens on the server. */
export function useTopic(topic: Topic, reader: (data: unknown) => void): void {
  const latest = useRef(reader);
  latest.current = reader;
  useEffect(() => {
    const call = (data: unknown) => latest.current(data);
    const readers = topicReaders.get(topic) ?? new Set();
    topicReaders.set(topic, readers);
    readers.add(call);
    tell();
    return () => void readers.delete(call);
  }, [topic]);
}
