import { describe, expect, it } from "vitest";
import { dateAndClock, offsetAt, partsIn } from "./zone";

const intl = (seconds: number, zone: string) => new Intl.DateTimeFormat("sv-SE", { timeZone: zone, dateStyle: "short", timeStyle: "medium" }).format(seconds * 1000);
const at = (text: string) => Date.parse(text) / 1000;

describe("readings of a clock", () => {
  // Half-hour summer time, a change a minute past midnight, an offset of 44:30 that ended, a day that was left out.
  it.each([
    ["Europe/Berlin", "2026-03-29T01:00:00Z"],
    ["Europe/Berlin", "2026-10-25T01:00:00Z"],
    ["Australia/Lord_Howe", "2026-04-04T15:00:00Z"],
    ["America/St_Johns", "2006-04-02T03:31:00Z"],
    ["Africa/Monrovia", "1972-01-07T00:44:30Z"],
    ["Pacific/Apia", "2011-12-30T10:00:00Z"],
    ["Asia/Kathmandu", "2026-01-01T00:00:00Z"],
    ["America/New_York", "1969-12-31T23:59:59Z"],
  ])("are Intl's own around what changes in %s at %s", (zone, change) => {
    for (let seconds = at(change) - 2000; seconds <= at(change) + 2000; seconds += 7) expect(dateAndClock(seconds, zone)).toBe(intl(seconds, zone));
  });
  it("know the weekday, and cut off parts of a second", () => {
    expect(partsIn(at("2026-03-01T23:30:00Z") + 0.9, "Europe/Berlin")).toEqual({ year: 2026, month: 3, day: 2, hour: 0, minute: 30, second: 0, weekday: 1 });
    expect(offsetAt(at("2026-07-01T12:00:00Z") + 0.9, "America/New_York")).toBe(-14_400);
  });
});
