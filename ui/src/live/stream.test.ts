import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { LiveStream } from "./stream";
import { keyOf, type LiveQuery, type ToPage } from "./protocol";

const A: LiveQuery = { expr: "up", step: 1, range: 4 };
const B: LiveQuery = { expr: "down", step: 1, range: 4 };

interface Call {
  url: string;
  method: string;
  body: { queries: { id: string; expr: string }[]; topics: string[] };
}
let calls: Call[];
let push: ((text: string) => void) | undefined;
let end: (() => void) | undefined;
let breakOff: (() => void) | undefined; // an abort does that to a body in a browser
let answer: (call: Call) => Response;
let events: ToPage[];
let states: string[];
let stream: LiveStream;

const sse = () =>
  new Response(
    new ReadableStream<Uint8Array>({
      start(controller) {
        push = (text) => controller.enqueue(new TextEncoder().encode(text));
        breakOff = () => controller.error(new DOMException("aborted", "AbortError"));
        end = () => controller.close();
      },
    }),
    { status: 200, headers: { "Content-Type": "text/event-stream" } },
  );
const event = (name: string, data: unknown) => `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
const wait = () => vi.advanceTimersByTimeAsync(100);

beforeEach(() => {
  vi.useFakeTimers();
  calls = [];
  events = [];
  states = [];
  answer = ({ method }) => (method === "POST" ? sse() : new Response("", { status: 200 }));
  vi.stubGlobal("fetch", async (url: string, init: RequestInit = {}) => {
    const body = typeof init.body === "string" ? JSON.parse(init.body) : {};
    const call = { url, method: init.method ?? "GET", body };
    calls.push(call);
    const aborted = new Promise<never>((_, failed) => init.signal?.addEventListener("abort", () => failed(new DOMException("aborted", "AbortError"))));
    aborted.catch(() => {});
    const response = await Promise.race([answer(call), aborted]);
    init.signal?.addEventListener("abort", () => breakOff?.());
    return response;
  });
  stream = new LiveStream("http://x/live", { state: (state) => states.push(state), event: (one) => events.push(one) });
});
afterEach(() => {
  stream.close();
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

it("panels that mount together are one request, and what comes later is told by PUT under the same ids", async () => {
  stream.want([A]);
  stream.want([A, B]);
  await wait();
  expect(calls.map(({ method, body }) => [method, body.queries.map(({ id, expr }) => `${id} ${expr}`)])).toEqual([["POST", ["0 up", "1 down"]]]);
  push!(event("hello", { stream: "s1" }));
  await wait();
  stream.want([B]);
  await wait();
  expect(calls.map(({ method, url }) => `${method} ${url}`)).toEqual(["POST http://x/live", "PUT http://x/live/s1"]);
  expect(calls[1]!.body.queries).toMatchObject([{ id: "1", expr: "down" }]);
  expect(states).toEqual(["live"]);
});
it("histories and ticks carry numbers, gaps and infinities", async () => {
  stream.want([A]);
  await wait();
  push!(event("hello", { stream: "s" }) + event("history", { id: "0", step: 1, start: 10, end: 12, series: [[5, { a: "b" }, [1, null, "+Inf"]]] }));
  push!(event("tick", { id: "0", t: 13, v: [[5, 2], [6, "NaN"]], new: [[6, { a: "c" }]] }));
  await wait();
  const [history, tick] = events;
  expect(history).toMatchObject({ kind: "history", key: keyOf(A), start: 10, count: 3 });
  expect(history?.kind === "history" && [...history.series[0]![2]]).toEqual([1, NaN, Infinity]);
  expect(tick).toMatchObject({ kind: "tick", time: 13, fresh: [[6, { a: "c" }]] });
  expect(tick?.kind === "tick" && [...tick.values]).toEqual([2, NaN]);
});
it("a stream that falls silent for longer than two heartbeats is given up and opened again", async () => {
  stream.want([A]);
  await wait();
  push!(event("hello", { stream: "s1", heartbeat: 5 }));
  await vi.advanceTimersByTimeAsync(9000);
  push!(": beat\n\n");
  await vi.advanceTimersByTimeAsync(9000);
  expect(states).toEqual(["live"]);
  await vi.advanceTimersByTimeAsync(5000);
  expect(states).toEqual(["live", "offline"]);
  expect(calls.filter(({ method }) => method === "POST")).toHaveLength(2);
  push!(event("hello", { stream: "s2", heartbeat: 5 }));
  await wait();
  expect(states).toEqual(["live", "offline", "live"]);
});
it("a server that takes the question and never begins to answer is not live", async () => {
  answer = () => new Promise<Response>(() => {}) as unknown as Response;
  stream.want([A]);
  await vi.advanceTimersByTimeAsync(121_000);
  expect(states).toEqual(["offline"]);
});
it("a stream that breaks is opened again with all it wants", async () => {
  stream.want([A]);
  await wait();
  push!(event("hello", { stream: "s" }));
  await wait();
  end!();
  await vi.advanceTimersByTimeAsync(3000);
  expect(calls.filter(({ method }) => method === "POST")).toHaveLength(2);
  expect(calls.at(-1)!.body.queries).toMatchObject([{ expr: "up" }]);
  expect(states).toEqual(["live", "offline"]);
});
it("a server without live streams is polled, and new queries at once", async () => {
  answer = ({ url }) =>
    url.endsWith("/live")
      ? new Response("", { status: 404 })
      : new Response(JSON.stringify({ status: "success", data: { resultType: "matrix", result: [{ metric: { a: "1" }, values: [[Math.floor(Date.now() / 1000), "7"]] }] } }));
  stream.want([A]);
  await wait();
  expect(states).toEqual(["polling"]);
  expect(events).toHaveLength(1);
  stream.want([A, B]);
  await wait();
  expect(events.map((one) => one.kind === "history" && one.key)).toEqual([keyOf(A), keyOf(B)]);
  const [first] = events;
  expect(first?.kind === "history" && [...first.series[0]![2]]).toEqual([NaN, NaN, NaN, NaN, 7]);
});
it("a query that does not parse is named and the others go on", async () => {
  answer = (call) => {
    if (call.url.endsWith("/live")) return call.body.queries.some(({ expr }) => expr === "down") ? new Response(JSON.stringify({ status: "error", error: "bad" }), { status: 400 }) : sse();
    // The probe of each expression comes as a form.
    const probed = calls.filter(({ url }) => !url.endsWith("/live")).length;
    return probed === 1
      ? new Response(JSON.stringify({ status: "success", data: { resultType: "matrix", result: [] } }))
      : new Response(JSON.stringify({ status: "error", error: "parse error" }), { status: 400 });
  };
  stream.want([A, B]);
  await wait();
  await wait();
  expect(events).toEqual([{ kind: "error", key: keyOf(B), error: "parse error" }]);
  expect(calls.at(-1)!.body.queries).toMatchObject([{ expr: "up" }]);
});
it("a query that goes and comes back at once is asked anew, as its history is", async () => {
  stream.want([A, B]);
  await wait();
  push!(event("hello", { stream: "s" }) + event("history", { id: "0", step: 1, start: 10, end: 10, series: [[0, {}, [1]]] }));
  await wait();
  stream.want([B]);
  stream.want([A, B]);
  await wait();
  expect(calls.map(({ method }) => method)).toEqual(["POST", "PUT"]);
  expect(calls[1]!.body.queries).toMatchObject([{ id: "2", expr: "up" }, { id: "1", expr: "down" }]);
  push!(event("tick", { id: "0", t: 11, v: [[0, 2]] }) + event("history", { id: "2", step: 1, start: 10, end: 11, series: [[0, {}, [1, 2]]] }));
  await wait();
  expect(events.map((one) => one.kind)).toEqual(["history", "history"]);
});
it("what changes while a change is on its way is told after it, not beside it", async () => {
  stream.want([A]);
  await wait();
  push!(event("hello", { stream: "s" }));
  await wait();
  let done: (() => void) | undefined;
  const open = answer;
  answer = (call) => (call.method === "PUT" ? (new Promise<Response>((go) => (done = () => go(new Response("")))) as unknown as Response) : open(call));
  stream.want([A, B]);
  await wait();
  stream.want([B]);
  await wait();
  expect(calls.map(({ method }) => method)).toEqual(["POST", "PUT"]);
  done!();
  await wait();
  expect(calls.map(({ method }) => method)).toEqual(["POST", "PUT", "PUT"]);
  expect(calls[2]!.body.queries).toMatchObject([{ expr: "down" }]);
});
