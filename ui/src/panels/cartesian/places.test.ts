import { describe, expect, it } from "vitest";
import { dateAndClock } from "../../time/zone";
import { clockTicks, logTicks, niceTicks } from "./places";

describe("marks of values", () => {
  it("stand at 1, 2, 2.5 and 5 of a power of ten, with room between them", () => {
    expect([niceTicks(0, 97, 5), niceTicks(0, 1, 4), niceTicks(-0.3, 0.3, 4)]).toEqual([[0, 20, 40, 60, 80], [0, 0.25, 0.5, 0.75, 1], [-0.2, 0, 0.2]]);
    expect(niceTicks(1.1, 1.5, 4)).toEqual([1.1, 1.2, 1.3, 1.4, 1.5]); // 1.1 / 0.1 is a little more than 11
  });
  it("or at those of steps that are given, while there are any so large", () => {
    expect([niceTicks(0, 4096, 5, [256, 512, 1024]), niceTicks(0, 8000, 4, [1, 2])]).toEqual([[0, 1024, 2048, 3072, 4096], [0, 2000, 4000, 6000, 8000]]);
  });
  it("of a span without extent, or of one too fine for its numbers, are few and end", () => {
    expect([niceTicks(5, 5, 4), niceTicks(0, Infinity, 4)]).toEqual([[5], [0]]);
    expect(niceTicks(2 ** 60, 2 ** 60 + 512, 1000).length).toBeLessThanOrEqual(200);
    expect(niceTicks(3_100_000_000_006_000, 3_100_000_000_009_000, 6)).toEqual([]); // twelve digits do not tell them apart
  });
});

describe("marks of a logarithm", () => {
  it("are lines at each digit, and texts at those that have room", () => {
    const { at, named } = logTicks(1, 100, 10, 200, 25);
    expect(at).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100]);
    expect(named).toEqual([1, 2, 5, 10, 20, 50, 100]);
    expect([logTicks(1, 100, 10, 50, 25).named, logTicks(1, 100, 10, 1200, 25).named.length]).toEqual([[1, 10, 100], 19]);
  });
  it("of many powers leave out some, from the highest", () => {
    const { at, named } = logTicks(1e-9, 1e6, 10, 150, 28);
    expect(named).toEqual([1e-9, 1e-6, 1e-3, 1, 1e3, 1e6]);
    expect(at).toHaveLength(16);
    expect(logTicks(1, 1024, 2, 100, 20).named).toEqual([1, 4, 16, 64, 256, 1024]);
    // Lines at all powers all the same, or at those with a text where there are hundreds.
    expect(logTicks(1e-3, 1e3, 10, 150, 28)).toEqual({ at: [1e-3, 1e-2, 0.1, 1, 10, 100, 1e3], named: [1e-3, 0.1, 10, 1e3] });
    expect(logTicks(1e-200, 1e200, 10, 150, 28).at.length).toBeLessThan(8);
  });
  it("say the ends where no two powers lie between them", () => {
    expect(logTicks(3, 8, 10, 20, 28).named).toEqual([3, 8]);
    expect(logTicks(5, 5, 10, 100, 28)).toEqual({ at: [5], named: [5] });
  });
});

describe("marks of time", () => {
  const readings = (from: string, to: string, size: number, zone: string) => clockTicks(Date.parse(from) / 1000, Date.parse(to) / 1000, size, 64, zone).at.map((at) => dateAndClock(at, zone));
  it("stand at round readings of the zone's clock", () => {
    expect(readings("2026-05-01T10:03:30Z", "2026-05-01T11:03:30Z", 400, "Europe/Berlin").map((text) => text.slice(11))).toEqual(["12:10:00", "12:20:00", "12:30:00", "12:40:00", "12:50:00", "13:00:00"]);
    expect(readings("2026-05-01T10:00:00Z", "2026-05-02T10:00:00Z", 300, "Asia/Kathmandu").map((text) => text.slice(11, 16))).toEqual(["18:00", "00:00", "06:00", "12:00"]);
    expect(readings("2026-05-01T10:00:00Z", "2026-05-01T16:00:00Z", 460, "Asia/Kathmandu").map((text) => text.slice(11, 16))).toEqual(["16:00", "17:00", "18:00", "19:00", "20:00", "21:00"]);
  });
  it("keep their readings where the clock is put forward or back", () => {
    for (const day of ["2026-03-28", "2026-10-24"]) expect(readings(`${day}T20:00:00Z`, `${day.slice(0, 8)}${Number(day.slice(8)) + 1}T21:00:00Z`, 500, "Europe/Berlin").every((text) => Number(text.slice(11, 13)) % 6 === 0 && text.endsWith(":00:00"))).toBe(true);
    expect(readings("2026-03-26T12:00:00Z", "2026-04-01T12:00:00Z", 500, "Europe/Berlin")).toEqual(["2026-03-27 00:00:00", "2026-03-28 00:00:00", "2026-03-29 00:00:00", "2026-03-30 00:00:00", "2026-03-31 00:00:00", "2026-04-01 00:00:00"]);
    // A reading that is left out stands where the clock goes on: two o'clock at three, midnight at one.
    expect(readings("2026-03-28T22:00:00Z", "2026-03-29T06:00:00Z", 400, "Europe/Berlin").map((text) => text.slice(11, 16))).toEqual(["00:00", "03:00", "04:00", "06:00", "08:00"]);
    expect(readings("2026-04-22T12:00:00Z", "2026-04-26T12:00:00Z", 330, "Africa/Cairo").map((text) => text.slice(5, 16))).toEqual(["04-23 00:00", "04-24 01:00", "04-25 00:00", "04-26 00:00"]);
    // Two o'clock is left out in the spring and comes twice in autumn: the marks rise all the same.
    for (const hour of ["2026-03-29T00:00:00Z", "2026-10-25T00:00:00Z"]) {
      const { at } = clockTicks(Date.parse(hour) / 1000, Date.parse(hour) / 1000 + 14_400, 900, 64, "Europe/Berlin");
      expect(at.every((time, i) => i === 0 || time > at[i - 1]!)).toBe(true);
    }
  });
  it("of weeks are Mondays, of months their first days, and stay where they are while the span goes on", () => {
    expect(readings("2026-05-01T00:00:00Z", "2026-06-10T00:00:00Z", 400, "UTC").map((text) => text.slice(0, 10))).toEqual(["2026-05-04", "2026-05-11", "2026-05-18", "2026-05-25", "2026-06-01", "2026-06-08"]);
    expect(readings("2026-01-20T00:00:00Z", "2027-01-20T00:00:00Z", 400, "America/New_York")).toEqual(["2026-04-01 00:00:00", "2026-07-01 00:00:00", "2026-10-01 00:00:00", "2027-01-01 00:00:00"]);
    expect(readings("1990-02-01T00:00:00Z", "2026-02-01T00:00:00Z", 500, "UTC").map((text) => text.slice(0, 4))).toEqual(["1995", "2000", "2005", "2010", "2015", "2020", "2025"]);
    const span = (from: number) => clockTicks(from, from + 20 * 86_400, 500, 64, "UTC").at;
    const start = Date.parse("2026-05-01T00:00:00Z") / 1000;
    expect(span(start + 86_400).filter((at) => at <= start + 20 * 86_400)).toEqual(span(start).filter((at) => at >= start + 86_400));
  });
  it("of no time, no room, or what no calendar knows are none", () => {
    for (const [low, high, size] of [[5, 5, 100], [0, 60, 0], [NaN, 60, 100], [0, 1e12, 100], [9e12, 9.1e12, 100]] as const) expect(clockTicks(low, high, size, 64, "UTC").at).toEqual([]);
  });
});
