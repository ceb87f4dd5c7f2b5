import { expect, it, vi } from "vitest";

const PATIENCE = { timeout: 20_000 }; // ms on a machine that is busy

it("a query left and followed again in one breath keeps its data", async () => {
  let push: ((text: string) => void) | undefined;
  const calls: string[] = [];
  vi.stubGlobal("SharedWorker", undefined);
  vi.stubGlobal("fetch", async (url: string, init: RequestInit = {}) => {
    calls.push(`${init.method} ${url}`);
    if (init.method !== "POST") return new Response("", { status: 200 });
    const body = new ReadableStream<Uint8Array>({ start: (controller) => void (push = (text) => controller.enqueue(new TextEncoder().encode(text))) });
    return new Response(body, { status: 200, headers: { "Content-Type": "text/event-stream" } });
  });
  const { follow } = await import("./live");
  const query = { expr: "up", step: 1, range: 4 };
  const seen: number[][] = [];
  const reader = ({ frame }: { frame: { series: () => { values: Float64Array }[] } }) => void seen.push(frame.series().flatMap(({ values }) => [...values]));
  const stop = follow(query, reader);
  await vi.waitFor(() => expect(push).toBeDefined(), PATIENCE);
  push!(`event: hello\ndata: {"stream":"s"}\n\nevent: history\ndata: ${JSON.stringify({ id: "0", step: 1, start: 10, end: 11, series: [[0, {}, [1, 2]]] })}\n\n`);
  await vi.waitFor(() => expect(seen).toEqual([[1, 2]]), PATIENCE);
  stop();
  follow(query, reader);
  expect(seen).toEqual([[1, 2], [1, 2]]);
  push!(`event: tick\ndata: {"id":"0","t":12,"v":[[0,3]]}\n\n`);
  await vi.waitFor(() => expect(seen).toHaveLength(3), PATIENCE);
  expect(seen[2]).toEqual([1, 2, 3]);
  vi.unstubAllGlobals();
});
