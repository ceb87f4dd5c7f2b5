import { expect, test } from "vitest";
import type { Mark } from "./marks";
import { groundsOf } from "./grounds";

const mark = (from: number, to: number, color = "red"): Mark => ({ from, to, color, title: "", text: "", tags: [], source: "" });

test("overlapping marks of one colour are one ground, whatever their order; others stay apart, and moments have none", () => {
  const grounds = groundsOf([mark(50, 60), mark(10, 30), mark(20, 25), mark(25, 40), mark(5, 45, "blue"), mark(70, 70)]);
  expect(grounds).toEqual([
    { from: 5, to: 45, color: "blue" },
    { from: 10, to: 40, color: "red" },
    { from: 50, to: 60, color: "red" },
  ]);
});
