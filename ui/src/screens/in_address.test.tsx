import { act, type ReactNode } from "react";
import { createRoot, type Root } from "react-dom/client";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { Deliveries } from "./alerts/deliveries";
import { Routing } from "./alerts/routing";
import { QueryLog } from "./system/query_log";

const server = vi.hoisted(() => ({ previews: [] as { labels: string; at: number | undefined }[] }));
const delivery = (sequence: number, receiver: string, outcome: string) => ({
  sequence, receiver, outcome, at: "2026-05-01T00:00:00Z", integration: "webhook", groupKey: "", groupLabels: {}, cause: "", reason: "", firing: 1, resolved: 0, attempts: 1, status: 200, seconds: 0.1, alerts: [],
});
const record = (id: number, query: string, source: string, samples: number) => ({
  id, query, source, samples, state: "done", start: 0, end: 0, stepSeconds: 0, began: `2026-05-01T00:00:0${id}Z`, elapsedSeconds: 1, peakBytes: 1,
});
vi.mock("../api/alerts", async (original) => ({
  ...(await original<object>()),
  deliveries: async () => [delivery(1, "night", "sent"), delivery(2, "night", "failed"), delivery(3, "day", "failed")],
  previewRoutes: async (labels: string, at: number | undefined) => (server.previews.push({ labels, at }), []),
}));
vi.mock("../api/prometheus", async (original) => ({
  ...(await original<object>()),
  queryLog: async () => ({ live: [], queries: [record(1, "up", "api", 10), record(2, "sum(up)", "api", 30), record(3, "up == 0", "rules", 20), record(4, "rate(x[5m])", "api", 5), record(5, "a", "api 10.0.0.1:36860", 1), record(6, "a", "api 10.0.0.1:41258", 1)] }),
}));
vi.mock("../live/live", () => ({ useTopic: () => {} }));

(globalThis as { IS_REACT_ACT_ENVIRONMENT?: boolean }).IS_REACT_ACT_ENVIRONMENT = true;
let root: Root;
let box: HTMLElement;
beforeEach(() => {
  server.previews.length = 0;
  vi.stubGlobal("fetch", () => new Promise(() => {}));
  document.body.append((box = document.createElement("div")));
});
afterEach(() => {
  vi.unstubAllGlobals();
  box.remove();
});

/** The screen at this address, as a link or a reload shows it, and what is done there; gives the address afterwards. */
async function at(address: string, screen: ReactNode, done: () => void = () => {}): Promise<string> {
  history.replaceState(null, "", address);
  root = createRoot(box);
  await act(async () => root.render(screen));
  await act(async () => done());
  return location.search;
}
const leave = () => act(() => root.unmount());
const field = <T extends Element>(label: string) => box.querySelector<T>(`[aria-label="${label}"]`)!;
/** What a person writes or picks, so that React hears of it. */
function put(element: HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement, value: string) {
  Object.getOwnPropertyDescriptor(Object.getPrototypeOf(element), "value")!.set!.call(element, value);
  element.dispatchEvent(new Event(element instanceof HTMLSelectElement ? "change" : "input", { bubbles: true }));
}
const rows = () => [...box.querySelectorAll("tbody tr")].map(({ textContent }) => textContent!);

it("the delivery log is filtered as its address says, and the address says how it is filtered", async () => {
  await at("/alerts/deliveries?outcome=failed&q=night", <Deliveries />);
  expect(rows()).toHaveLength(1);
  expect(rows()[0]).toContain("night");
  leave();
  const after = await at("/alerts/deliveries", <Deliveries />, () => {
    put(field<HTMLSelectElement>("Outcome"), "failed");
    put(field<HTMLInputElement>("Filter"), "day");
  });
  expect(new URLSearchParams(after).toString()).toBe("outcome=failed&q=day");
  expect(rows()).toHaveLength(1);
  leave();
});

it("an outcome that no message has now is still what the list says it is filtered by", async () => {
  await at("/alerts/deliveries?outcome=muted", <Deliveries />);
  expect(field<HTMLSelectElement>("Outcome").value).toBe("muted");
  expect(box.textContent).toContain("match");
  leave();
});

it("the query log is filtered and sorted as its address says, and the address says how", async () => {
  await at("/system/queries?source=api&q=up&sort=samples", <QueryLog />);
  expect(rows().map((row) => row.includes("sum(up)"))).toEqual([true, false]);
  leave();
  const after = await at("/system/queries?sort=nothing", <QueryLog />, () => {
    put(field<HTMLSelectElement>("Source"), "rules");
    put(field<HTMLInputElement>("Filter"), "== 0");
    [...box.querySelectorAll<HTMLElement>("th button")].find(({ textContent }) => textContent!.startsWith("Samples"))!.click();
  });
  const said = new URLSearchParams(after);
  expect(Object.fromEntries(said)).toEqual({ sort: "samples", source: "rules", q: "== 0" });
  expect(rows()).toHaveLength(1);
  leave();
});

it("one that asks over many connections is one source", async () => {
  await at("/system/queries?source=api+10.0.0.1", <QueryLog />);
  expect([...field<HTMLSelectElement>("Source").options].map(({ value }) => value)).toEqual(["", "api", "api 10.0.0.1", "rules"]);
  expect(rows()).toHaveLength(2);
  leave();
});

it("the routing tester asks for the labels and the time of its address, and the address takes both", async () => {
  await at(`/alerts/routing?${new URLSearchParams({ labels: "alertname=Slow", at: "2026-05-01 03:00:00", tz: "UTC" })}`, <Routing />);
  expect(server.previews).toEqual([{ labels: '{alertname="Slow"}', at: Date.UTC(2026, 4, 1, 3) / 1000 }]);
  leave();
  const after = await at("/alerts/routing", <Routing />, () => {
    put(box.querySelector("textarea")!, "alertname=Fast");
    put(box.querySelector<HTMLInputElement>("input")!, "now-1h");
  });
  expect(Object.fromEntries(new URLSearchParams(after))).toEqual({ labels: "alertname=Fast", at: "now-1h" });
  leave();
});
