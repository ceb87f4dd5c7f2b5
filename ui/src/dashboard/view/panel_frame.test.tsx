import { act } from "react";
import { createRoot, type Root } from "react-dom/client";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { NO_MARKS } from "../../panels/marks/mark_list";
import type { BoardView, SharedView } from "../../panels/panel_view";
import { bucketsPanel } from "../../panels/test_panels";
import { PanelSource } from "../data/panel_source";
import { makeScope } from "../model/scope";
import type { MovingRange } from "../../time/range";
import { PanelFrame } from "./panel_frame";

(globalThis as { IS_REACT_ACT_ENVIRONMENT?: boolean }).IS_REACT_ACT_ENVIRONMENT = true;
const seen = vi.hoisted(() => ({ ranges: [] as number[] }));
vi.mock("../../panels/registry", () => ({
  drawsTicks: () => true,
  viewOf: () => ({ board }: { board: BoardView }) => (seen.ranges.push(board.interval.to), null),
}));
vi.mock("../../api/datasource", () => ({ useScrapeInterval: () => 15_000 }));

const variables = makeScope([]);
const panel = bucketsPanel.panelOf({ id: 1, type: "timeseries", targets: [{ refId: "A", expr: "x" }] });
const naming = bucketsPanel.panelOf({ id: 1, type: "timeseries", title: "until ${__to}", targets: [{ refId: "A", expr: "x" }] });
const NONE: never[] = [];
let root: Root;
let follows: boolean;
let resized: (() => void)[];
let width: number;
const asked: number[] = [];
beforeEach(() => {
  [follows, resized, width, seen.ranges, asked.length] = [true, [], 400, [], 0];
  vi.stubGlobal("ResizeObserver", class {
    constructor(changed: () => void) {
      resized.push(changed);
    }
    observe() {}
    disconnect() {}
  });
  vi.stubGlobal("IntersectionObserver", class {
    observe() {}
    disconnect() {}
  });
  vi.stubGlobal("requestAnimationFrame", (run: () => void) => setTimeout(run, 0));
  vi.spyOn(HTMLElement.prototype, "clientWidth", "get").mockImplementation(() => width);
  vi.spyOn(PanelSource.prototype, "follows").mockImplementation(() => follows);
  vi.spyOn(PanelSource.prototype, "ask").mockImplementation(({ questions }) => void asked.push(questions[0]!.interval.to));
  root = createRoot(document.createElement("div"));
});
afterEach(() => {
  act(() => root.unmount());
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

let now = { from: 0, to: 300 };
const watchers = new Set<() => void>();
const range: MovingRange = { name: "", moves: true, now: () => now, watch: (changed) => (watchers.add(changed), () => void watchers.delete(changed)) };
const board: SharedView = { uid: "", range, zone: "UTC", theme: "dark", marks: NO_MARKS, sync: "", compare: 0 };
const turn = () => act(() => new Promise<void>((done) => setTimeout(done, 20))); // in the drawing loop

const show = async (to: number, shown = panel) => {
  now = { from: to - 300, to };
  act(() => root.render(<PanelFrame panel={shown} own={NONE} scope={variables} filters={NONE} board={board} live={1} ready actions={NONE} always search="from=now-5m&to=now" />));
  act(() => watchers.forEach((changed) => changed()));
  await turn();
};

it("a panel whose values come by themselves is not rendered for a range that goes on, and asks with the newest when it asks", async () => {
  await show(300);
  const before = seen.ranges.length;
  expect(before).toBeGreaterThan(0);
  await show(315);
  expect(seen.ranges).toHaveLength(before);
  width = 900;
  await act(async () => resized.forEach((changed) => changed()));
  expect(asked.at(-1)).toBe(315);
});

it("takes the range again when it follows no more", async () => {
  await show(300);
  follows = false;
  await show(315);
  expect(seen.ranges.at(-1)).toBe(315);
});

it("takes each range where it says when that ends", async () => {
  await show(300, naming);
  await show(315, naming);
  expect(seen.ranges.at(-1)).toBe(315);
});
