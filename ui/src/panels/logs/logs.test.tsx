import { act } from "react";
import { createRoot, type Root } from "react-dom/client";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { PanelSource } from "../../dashboard/data/panel_source";
import { makeScope } from "../../dashboard/model/scope";
import type { MovingRange } from "../../time/range";
import { alertHistory } from "../alert_feed";
import { boardAt, bucketsPanel } from "../test_panels";
import Logs from "./logs";

(globalThis as { IS_REACT_ACT_ENVIRONMENT?: boolean }).IS_REACT_ACT_ENVIRONMENT = true;
vi.mock("../../live/live", () => ({ useTopic: () => {} }));
vi.mock("../alert_feed", async (real) => ({ ...(await real<typeof import("../alert_feed")>()), alertHistory: vi.fn(() => Promise.resolve([])) }));
const { panelOf, dataOf } = bucketsPanel;
const told = (watchers: Set<() => void>) =>
  act(async () => {
    watchers.forEach((changed) => changed());
    await new Promise((done) => setTimeout(done, 5));
  });
const until = () => vi.mocked(alertHistory).mock.calls.map(([, to]) => to);

let root: Root;
let box: HTMLElement;
beforeEach(() => {
  box = document.createElement("div");
  root = createRoot(box);
});
afterEach(() => act(() => root.unmount()));

it("asks for the range that a reader has taken to now, where it does not go on by itself", async () => {
  let now = { from: 0, to: 3600 };
  const watchers = new Set<() => void>();
  const range: MovingRange = { name: "now-1h now UTC", moves: false, now: () => now, watch: (changed) => (watchers.add(changed), () => void watchers.delete(changed)) };
  const panel = panelOf({ type: "logs" });
  await act(async () => root.render(<Logs panel={panel} source={new PanelSource()} data={dataOf([])} board={boardAt(now, { range })} scope={makeScope([])} width={400} height={200} />));
  expect(until()).toEqual([3610]);
  now = { from: 600, to: 4200 };
  await told(watchers);
  expect(until()).toEqual([3610, 4210]);
});

it("keeps the line open that was opened when newer ones come", async () => {
  const line = (at: number, alertname: string) => ({ at, kind: "firing", fingerprint: alertname, labels: { alertname }, annotations: {} }) as const;
  const history = vi.mocked(alertHistory).mockResolvedValue([line(10, "Old")]);
  const watchers = new Set<() => void>();
  const range: MovingRange = { name: "now-1h now UTC", moves: false, now: () => ({ from: 0, to: 3600 }), watch: (changed) => (watchers.add(changed), () => void watchers.delete(changed)) };
  await act(async () => root.render(<Logs panel={panelOf({ type: "logs" })} source={new PanelSource()} data={dataOf([])} board={boardAt({ from: 0, to: 3600 }, { range })} scope={makeScope([])} width={400} height={200} />));
  act(() => box.querySelector("button")!.click());
  history.mockResolvedValue([line(10, "Old"), line(20, "New")]);
  await told(watchers);
  expect([...box.querySelectorAll("button")].map((button) => [button.textContent!.includes("New"), button.getAttribute("aria-expanded")])).toEqual([[true, "false"], [false, "true"]]);
});
