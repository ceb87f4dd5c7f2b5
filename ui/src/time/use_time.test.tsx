import { act } from "react";
import { createRoot, type Root } from "react-dom/client";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { MovingRange } from "./range";
import { setSearch, useClock, usePanelRange, useTimeChoice, type TimeChoice } from "./use_time";

(globalThis as { IS_REACT_ACT_ENVIRONMENT?: boolean }).IS_REACT_ACT_ENVIRONMENT = true;

let root: Root;
let range: MovingRange;
let choice: TimeChoice;
let hidden = false;
const Page = () => (useClock(), (range = usePanelRange()), (choice = useTimeChoice()), null);
const open = (search: string) => {
  history.replaceState(null, "", `/dashboards/x${search}`);
  act(() => root.render(<Page />));
};
const hide = (so: boolean) => {
  hidden = so;
  act(() => void document.dispatchEvent(new Event("visibilitychange")));
};
const wait = (seconds: number) => act(() => vi.advanceTimersByTime(seconds * 1000));
const atEnd = () => Date.now() / 1000 - range.now().to;

beforeEach(() => {
  vi.useFakeTimers({ now: 1_800_000_000_000 });
  vi.spyOn(document, "hidden", "get").mockImplementation(() => hidden);
  hidden = false;
  root = createRoot(document.createElement("div"));
});
afterEach(() => {
  act(() => root.unmount());
  vi.useRealTimers();
  vi.restoreAllMocks();
});

describe("the range of a page", () => {
  it("is the same when something else of the address is another", () => {
    open("?from=now-1h&to=now&refresh=1s");
    const before = range;
    act(() => setSearch({ panel: "3", "var-region": "eu" }));
    expect(range).toBe(before);
    act(() => setSearch({ from: "now-2h" }));
    expect(range).not.toBe(before);
  });
  it("ends now when it is chosen, whenever the last refresh was", () => {
    open("?from=now-1h&to=now&refresh=off");
    wait(1800);
    act(() => choice.setRange({ from: "now-3h", to: "now" }));
    expect(atEnd()).toBe(0);
  });
  it("is refreshed when a page comes back that was hidden over a refresh", () => {
    open("?from=now-6h&to=now-1h&refresh=300s");
    wait(300);
    hide(true);
    wait(900);
    expect(atEnd()).toBe(3600 + 900);
    hide(false);
    expect(atEnd()).toBe(3600);
  });
  it("stands still when a page comes back whose refresh is off, or not due", () => {
    open("?from=now-1h&to=now-1m&refresh=300s");
    wait(300);
    hide(true);
    wait(100);
    hide(false);
    expect(atEnd()).toBe(60 + 100);
    act(() => setSearch({ refresh: "off" }));
    hide(true);
    wait(900);
    hide(false);
    expect(atEnd()).toBe(60 + 1000);
  });
});
