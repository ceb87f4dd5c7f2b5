import { afterEach, expect, it, vi } from "vitest";
import { formatTicks } from "../../dashboard/field/units";
import { niceTicks } from "../cartesian/places";
import { tickWriter, valueSteps } from "./ticks";

afterEach(() => void vi.useRealTimers());

it("an axis of ages goes on with the clock while its marks stay", () => {
  vi.useFakeTimers();
  vi.setSystemTime(3_600_000);
  const write = tickWriter("dateTimeFromNow", undefined);
  expect(write([0, 1_800_000])).toEqual(["1 h ago", "30 min ago"]);
  vi.setSystemTime(7_200_000);
  expect(write([0, 1_800_000])).toEqual(["2 h ago", "1 h 30 min ago"]);
});

it("other axes are written anew for other marks only", () => {
  const write = tickWriter("percent", 0);
  const before = write([0, 50]);
  expect(write([0, 50])).toBe(before);
  expect([before, write([0, 60])]).toEqual([["0%", "50%"], ["0%", "60%"]]);
});

it("the marks of an axis of bytes stand at powers of two, those of others where ten has them", () => {
  for (const unit of ["bytes", "bits", "kbytes", "gbytes", "binBps", "MiBs"]) expect(valueSteps(unit), unit).toEqual(expect.arrayContaining([0.5, 1, 1024, 2 ** 30]));
  for (const unit of ["", "none", "short", "decbytes", "bps", "percentunit", "dateTimeAsIso", "bool", "hex", "suffix:B", "currencyUSD", "furlongs"]) expect(valueSteps(unit), unit).toBeUndefined();
});

it("the marks of durations stand where clocks have them, whatever they are counted in", () => {
  const told = (unit: string, high: number) => formatTicks(niceTicks(0, high, 5, valueSteps(unit)), unit);
  expect([told("s", 110), told("ms", 110_000), told("seconds", 110)].map((texts) => texts.slice(1))).toEqual(Array(3).fill(["30 s", "1 min", "1.5 min"]));
  expect([told("s", 7000).slice(1), told("h", 40).slice(1), told("s", 0.9).slice(1)]).toEqual([["30 min", "1 h", "1.5 h"], ["12 h", "1 d", "1.5 d"], ["200 ms", "400 ms", "600 ms", "800 ms"]]);
});
