import { expect, it } from "vitest";
import { fill } from "./catalogue";
import { bytes, percent, seconds, short, whole } from "./numbers";

it.each([
  [0, "0"], [999.96, "1 k"], [1234, "1.23 k"], [-1234567, "−1.23 M"], [0.0123, "0.0123"], [1.2e-5, "1.2e−5"], [NaN, "–"], [Infinity, "+∞"], [100, "100"], [10, "10"],
])("%s reads %s", (value, text) => expect(short(value)).toBe(text));
it.each([[0, "0B"], [1536, "1.5 KiB"], [1024 ** 3 * 23, "23 GiB"]])("%s bytes", (value, text) => expect(bytes(value).replace(" B", "B")).toBe(text));
it.each([[99.95, "100 %"], [0.07, "0.07 %"], [5.25, "5.3 %"]])("%s percent", (value, text) => expect(percent(value)).toBe(text));
it.each([[0.0000123, "12.3 µs"], [0.5, "500 ms"], [90, "90 s"], [7200, "2 h"]])("%s seconds", (value, text) => expect(seconds(value)).toBe(text));
it("whole numbers are read in threes", () => expect(whole(1234567)).toBe("1\u202f234\u202f567"));
it("messages pick singular and plural, and leave unknown names alone", () => {
  expect(fill("{n} {n|alert|alerts} on {where}", { n: 1, where: "<b>" })).toBe("1 alert on <b>");
  expect(fill("{n} {n|alert|alerts} {what}", { n: 2 })).toBe("2 alerts {what}");
});
