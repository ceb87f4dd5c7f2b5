import { act } from "react";
import { createRoot, type Root } from "react-dom/client";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Interval } from "../../time/range";
import type { MovingRange } from "../../time/range";
import { bucketsPanel } from "../../panels/test_panels";
import { namesEnds, useTakenRange } from "./moving_range";

(globalThis as { IS_REACT_ACT_ENVIRONMENT?: boolean }).IS_REACT_ACT_ENVIRONMENT = true;
const NOW = "from=now-5m&to=now&refresh=1s";

describe("a range that goes on", () => {
  let root: Root;
  let stays: boolean;
  let taken: Interval[];
  let now: Interval;
  let watchers: Set<() => void>;
  const rangeAt = (from: number, to: number): MovingRange => ((now = { from, to }), { name: "", moves: true, now: () => now, watch: (changed) => (watchers.add(changed), () => void watchers.delete(changed)) });
  const Taker = ({ range }: { range: MovingRange }) => (taken.push(useTakenRange(range, () => stays)), null);
  const move = (from: number, to: number) => {
    now = { from, to };
    act(() => watchers.forEach((changed) => changed()));
  };
  beforeEach(() => {
    [stays, taken, watchers] = [true, [], new Set()];
    root = createRoot(document.createElement("div"));
  });
  afterEach(() => act(() => root.unmount()));

  it("renders nothing that takes nothing from it", () => {
    act(() => root.render(<Taker range={rangeAt(0, 300)} />));
    move(15, 315);
    expect(taken).toEqual([{ from: 0, to: 300 }]);
  });
  it("is taken by what needs it", () => {
    act(() => root.render(<Taker range={rangeAt(0, 300)} />));
    stays = false;
    move(15, 315);
    expect(taken.at(-1)).toEqual({ from: 15, to: 315 });
  });
  it("is taken where it is wider as well, as that of today", () => {
    act(() => root.render(<Taker range={rangeAt(0, 300)} />));
    move(0, 315);
    expect(taken.at(-1)).toEqual({ from: 0, to: 315 });
  });
  it("is taken where another was chosen", () => {
    act(() => root.render(<Taker range={rangeAt(0, 300)} />));
    act(() => root.render(<Taker range={rangeAt(600, 900)} />));
    expect(taken.at(-1)).toEqual({ from: 600, to: 900 });
    expect(watchers.size).toBe(1);
  });
});

describe("a panel", () => {
  const panel = (json: object) => bucketsPanel.panelOf({ type: "timeseries", ...json });
  it("names the ends of its range in a query, a title or a link", () => {
    expect(namesEnds(panel({ targets: [{ refId: "A", expr: "x @ ${__from}" }] }), NOW)).toBe(true);
    expect(namesEnds(panel({ title: "until $__to" }), NOW)).toBe(true);
  });
  it("names the range of the address, which is that of the clock where the address has none", () => {
    const leading = panel({ fieldConfig: { defaults: { links: [{ title: "l", url: "/x?${__url_time_range}" }] }, overrides: [] } });
    expect(namesEnds(leading, NOW)).toBe(false);
    expect(namesEnds(leading, "from=now-5m")).toBe(true);
    expect(namesEnds(leading, "")).toBe(true);
  });
  it("takes nothing from them where it names its width", () => expect(namesEnds(panel({ targets: [{ refId: "A", expr: "rate(x[$__range])" }] }), NOW)).toBe(false));
});
