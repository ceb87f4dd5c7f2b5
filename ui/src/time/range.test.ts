import { describe, expect, it } from "vitest";
import { absolute, aligned, formatAge, formatDuration, resolve, resolveRange, stepFor } from "./range";
import { durationSeconds } from "./duration";
import { dateAndClock, offsetText, secondsAt } from "./zone";

const NOW = Date.UTC(2026, 10, 28, 14, 5, 9) / 1000;

describe("times as people write them", () => {
  it.each([
    ["now", NOW],
    ["now-1h30m", NOW - 5400],
    ["now+5m", NOW + 300],
    ["now/d", Date.UTC(2026, 10, 28) / 1000],
    ["now/w", Date.UTC(2026, 10, 23) / 1000],
    ["now-1M/M", Date.UTC(2026, 9, 1) / 1000],
    ["1764338709000", 1764338709],
    ["1764338709", 1764338709],
    ["2026-11-28", Date.UTC(2026, 10, 28) / 1000],
    ["2026-11-28 14:05", Date.UTC(2026, 10, 28, 14, 5) / 1000],
    ["2026-11-28T14:05:09+01:00", Date.UTC(2026, 10, 28, 13, 5, 9) / 1000],
  ])("%s", (text, expected) => expect(resolve(text, NOW)).toBe(expected));
  it.each([
    ["now/d+8h", Date.UTC(2026, 10, 28, 8) / 1000],
    ["now-1d/d+8h30m", Date.UTC(2026, 10, 27, 8, 30) / 1000],
    ["now-1M", Date.UTC(2026, 9, 28, 14, 5, 9) / 1000],
    ["now-9M/M", Date.UTC(2026, 1, 1) / 1000],
    ["now-1y", Date.UTC(2025, 10, 28, 14, 5, 9) / 1000],
    ["now/Q", Date.UTC(2026, 9, 1) / 1000],
    ["now-1Q/Q", Date.UTC(2026, 6, 1) / 1000],
  ])("by the calendar: %s", (text, expected) => expect(resolve(text, NOW)).toBe(expected));
  it("a month before 31 March is the last of February", () => expect(resolve("now-1M", Date.UTC(2026, 2, 31, 12) / 1000)).toBe(Date.UTC(2026, 1, 28, 12) / 1000));
  it("yesterday is yesterday on the days on which clocks change", () => {
    const late = Date.UTC(2026, 9, 25, 22, 30) / 1000; // 23:30 in Berlin, on a day of 25 hours
    expect(resolveRange({ from: "now-1d/d", to: "now-1d/d" }, late, "Europe/Berlin")).toEqual({ from: Date.UTC(2026, 9, 23, 22) / 1000, to: Date.UTC(2026, 9, 24, 22) / 1000 });
    expect(resolve("now-1d", late, "Europe/Berlin")).toBe(late - 25 * 3600);
    const early = Date.UTC(2026, 2, 29, 22, 30) / 1000; // 00:30 on the day after one of 23 hours
    expect(resolveRange({ from: "now-1d/d", to: "now-1d/d" }, early, "Europe/Berlin")).toEqual({ from: Date.UTC(2026, 2, 28, 23) / 1000, to: Date.UTC(2026, 2, 29, 22) / 1000 });
  });
  it("an hour that comes twice is two hours", () => {
    const second = Date.UTC(2026, 9, 25, 1, 40) / 1000; // 02:40 for the second time
    expect(resolve("now/h", second, "Europe/Berlin")).toBe(Date.UTC(2026, 9, 25, 1) / 1000);
    expect(resolve("now/m", second + 30, "Asia/Kathmandu")).toBe(second);
    expect(resolve("now/h", NOW, "Asia/Kathmandu")).toBe(Date.UTC(2026, 10, 28, 13, 15) / 1000);
  });
  it.each(["", "nowish", "now-1", "2026-13-01", "<b>", "now/q", "now-9999999y", "now-9999999M/d", "now-99999999999999h/d", "now+9000y", "9999999999999999", "-9999999999999999"])("%s is none", (text) => expect(resolve(text, NOW)).toBeUndefined());
  it("the end of a range rounds up to the end of its day", () => {
    expect(resolveRange({ from: "now-1d/d", to: "now-1d/d" }, NOW)).toEqual({ from: Date.UTC(2026, 10, 27) / 1000, to: Date.UTC(2026, 10, 28) / 1000 });
  });
  it("a range that ends before it begins is none", () => {
    expect(resolveRange({ from: "now", to: "now-1h" }, NOW)).toBeUndefined();
  });
  it("absolute times come back to the millisecond", () => {
    const interval = { from: NOW + 0.123, to: NOW + 60 };
    expect(resolveRange(absolute(interval), 0)).toEqual({ from: NOW + 0.123, to: NOW + 60 });
  });
});

describe("zones", () => {
  it("clock readings change with summer time", () => {
    const before = Date.UTC(2026, 9, 25, 0, 30) / 1000;
    expect(dateAndClock(before, "Europe/Berlin")).toBe("2026-10-25 02:30:00");
    expect(dateAndClock(before + 3600, "Europe/Berlin")).toBe("2026-10-25 02:30:00");
    expect(offsetText(before, "Europe/Berlin")).toBe("UTC+2");
    expect(offsetText(before + 3600, "Europe/Berlin")).toBe("UTC+1");
  });
  it("of a reading that comes twice the first is meant; one that is skipped lies behind the gap", () => {
    expect(secondsAt(2026, 10, 25, 2, 30, 0, "Europe/Berlin")).toBe(Date.UTC(2026, 9, 25, 0, 30) / 1000);
    expect(dateAndClock(secondsAt(2026, 3, 29, 2, 30, 0, "Europe/Berlin"), "Europe/Berlin")).toMatch(/^2026-03-29 0[13]:30:00$/);
  });
  it("midnight is 00:00, not 24:00", () => expect(dateAndClock(Date.UTC(2026, 0, 1) / 1000, "utc")).toBe("2026-01-01 00:00:00"));
  it("half hours", () => expect(offsetText(NOW, "Asia/Kolkata")).toBe("UTC+5:30"));
});

it.each([
  [0.25, "250ms"], [3.04, "3s"], [59.6, "1m"], [61, "1m 1s"], [3600, "1h"], [93_600, "1d 2h"], [-120, "-2m"], [Infinity, "–"],
])("%s s reads %s", (value, text) => expect(formatDuration(value)).toBe(text));
it.each([["1h30m", 5400], ["250ms", 0.25], ["1", undefined], ["", undefined], ["5x", undefined]])("duration %s", (text, value) => expect(durationSeconds(text)).toBe(value));

it("equal panels share a query: steps are round and ends are multiples of them", () => {
  const interval = { from: NOW - 3600, to: NOW };
  const step = stepFor(interval, 300);
  expect(step).toBe(15);
  expect(aligned(interval, step).to % step).toBe(0);
  expect(aligned({ from: interval.from + 1, to: interval.to + 1 }, step)).toEqual(aligned(interval, step));
});

it.each([[0.4, "0s"], [-3, "0s"], [5.9, "5s"], [65.2, "1m 5s"], [NaN, "–"]])("an age of %s s reads %s", (seconds, text) => expect(formatAge(seconds)).toBe(text));
