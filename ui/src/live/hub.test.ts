import { beforeEach, expect, it, vi } from "vitest";
import { Hub } from "./hub";
import type { LiveStream, StreamHandlers } from "./stream";
import { keyOf, type LiveQuery, type ToPage } from "./protocol";

const A: LiveQuery = { expr: "a", step: 1, range: 10 };
const B: LiveQuery = { expr: "b", step: 1, range: 10 };

let handlers: StreamHandlers;
let wanted: string[][];
let hub: Hub;
const page = () => {
  const heard: ToPage[] = [];
  const port = { postMessage: (message: ToPage) => void heard.push(message) };
  hub.join(port);
  return { port, heard, want: (...queries: LiveQuery[]) => hub.hear(port, { kind: "want", queries }), of: (kind: ToPage["kind"]) => heard.filter((message) => message.kind === kind) };
};
const history = (query: LiveQuery, values: number[]) =>
  handlers.event({ kind: "history", key: keyOf(query), start: 100, count: values.length, series: [[0, {}, Float64Array.from(values)]] });
const tick = (query: LiveQuery, time: number, value: number) =>
  handlers.event({ kind: "tick", key: keyOf(query), time, indexes: Uint32Array.of(0), values: Float64Array.of(value), fresh: [] });

beforeEach(() => {
  vi.useRealTimers();
  wanted = [];
  hub = new Hub("", (given) => {
    handlers = given;
    return { want: (queries: Iterable<LiveQuery>) => wanted.push([...queries].map(({ expr }) => expr)), close: () => {} } as unknown as LiveStream;
  });
});

it("equal queries of two pages are asked once, and each page hears only what it wants", () => {
  const one = page();
  const two = page();
  one.want(A);
  two.want(A, B);
  expect(wanted.at(-1)).toEqual(["a", "b"]);
  history(B, [1]);
  expect([one.of("history").length, two.of("history").length]).toEqual([0, 1]);
});
it("a page that joins late gets what is known, ticks included", () => {
  const one = page();
  one.want(A);
  history(A, [1, 2]);
  tick(A, 102, 3);
  const two = page();
  two.want(A);
  const [message] = two.of("history");
  expect(message).toMatchObject({ start: 100, count: 3 });
  expect(message?.kind === "history" && [...message.series[0]![2]]).toEqual([1, 2, 3]);
});
it("ticks of one second come to a page as one message, a history at once and after those before it", () => {
  vi.useFakeTimers();
  const one = page();
  one.want(A, B);
  history(A, [1]);
  history(B, [1]);
  const before = one.heard.length;
  tick(A, 101, 2);
  tick(B, 101, 2);
  expect(one.heard).toHaveLength(before);
  vi.advanceTimersByTime(1000);
  expect(one.heard.slice(before)).toMatchObject([{ kind: "several", messages: [{ key: keyOf(A), time: 101 }, { key: keyOf(B), time: 101 }] }]);
  tick(A, 102, 3);
  history(A, [7]);
  expect(one.heard.at(-1)).toMatchObject({ kind: "several", messages: [{ kind: "tick", time: 102 }, { kind: "history" }] });
});
it("what nobody wants any more is no longer asked", () => {
  const one = page();
  one.want(A, B);
  one.want(B);
  expect(wanted.at(-1)).toEqual(["b"]);
  hub.hear(one.port, { kind: "bye" });
  expect(wanted.at(-1)).toEqual([]);
});
it("a page that has been silent for long is taken for closed", () => {
  vi.useFakeTimers();
  const one = page();
  const two = page();
  one.want(A);
  two.want(B);
  vi.advanceTimersByTime(200_000);
  two.want(B);
  expect(wanted.at(-1)).toEqual(["b"]);
});
it("an error is told to late pages until the query works again", () => {
  const one = page();
  one.want(A);
  handlers.event({ kind: "error", key: keyOf(A), error: "no" });
  const two = page();
  two.want(A);
  expect(two.of("error")).toHaveLength(1);
  history(A, [1]);
  const three = page();
  three.want(A);
  expect([three.of("error").length, three.of("history").length]).toEqual([0, 1]);
});
