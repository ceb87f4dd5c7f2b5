import { act } from "react";
import { createRoot, type Root } from "react-dom/client";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { Topology } from "./topology";
import TopologyMap from "./topology_map";

const live = vi.hoisted(() => ({ of: (_expr: string): unknown => undefined }));
vi.mock("../../live/live", async (original) => ({ ...(await original<object>()), useLive: ({ expr }: { expr: string }) => live.of(expr) }));

(globalThis as { IS_REACT_ACT_ENVIRONMENT?: boolean }).IS_REACT_ACT_ENVIRONMENT = true;
let root: Root;
let box: HTMLElement;
beforeEach(() => {
  vi.stubGlobal("fetch", () => new Promise(() => {}));
  document.body.append((box = document.createElement("div")));
  root = createRoot(box);
});
afterEach(() => {
  act(() => root.unmount());
  box.remove();
  vi.unstubAllGlobals();
});

it("no number of calls is said before there is an answer", async () => {
  const answer = (rows: object[]) => ({ answered: true, error: undefined, version: 1, frame: { series: () => rows } });
  live.of = (expr) => (expr.includes("label_replace(count(") ? answer([{ metric: { source: "traces" }, values: [1] }]) : undefined);
  await act(async () => root.render(<Topology />));
  expect(box.querySelector("section")).not.toBeNull();
  expect(box.textContent).not.toMatch(/0 of 0/);
});

it("a service that fails has room for the sign before its name", () => {
  const node = { name: "dwcp-manager", rate: 1, errors: 0.5, p95: NaN, tone: "critical" as const };
  act(() => root.render(<TopologyMap topology={{ nodes: [node], edges: [] }} chosen={undefined} onChoose={() => {}} />));
  // Its name in the type of the map, 100 px, with the sign and 8 px at either end.
  expect(Number(box.querySelector("[data-service] rect")!.getAttribute("width"))).toBeGreaterThanOrEqual(100 + 16 + 14);
});
