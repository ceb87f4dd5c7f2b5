import { afterEach, expect, it, vi } from "vitest";
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
  for (const unit of ["", "none", "short", "s", "decbytes", "bps", "percentunit", "dtdurations", "dateTimeAsIso", "bool", "hex", "suffix:B", "currencyUSD", "furlongs"]) expect(valueSteps(unit), unit).toBeUndefined();
});
