import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { atMost } from "./at_most";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it("runs at once, and what comes soon after once, when the time has come", () => {
  const times: number[] = [];
  const began = performance.now();
  const ask = atMost(1000, () => times.push(performance.now() - began));
  ask();
  vi.advanceTimersByTime(300);
  ask();
  ask();
  vi.advanceTimersByTime(2000);
  expect(times).toEqual([0, 1000]);
  ask();
  expect(times).toEqual([0, 1000, 2300]);
});
