import { expect, it } from "vitest";
import { extent } from "./sparkline";

it("a sparkline goes from its least to its greatest value, or to the ends it is given", () => {
  expect(extent([2, NaN, 5, Infinity])).toEqual([2, 5]);
  expect(extent([50, 60], 0, 100)).toEqual([0, 100]);
  expect(extent([5, 8], 0)).toEqual([0, 8]);
  expect(extent([-3], 0, 100)).toEqual([-3, 100]);
});
it("a flat line lies in the middle, unless it is at the ground", () => {
  const middle = (values: number[], min?: number) => {
    const [low, high] = extent(values, min)!;
    return (values[0]! - low) / (high - low);
  };
  expect(middle([7, 7, 7])).toBeCloseTo(0.5);
  expect(middle([0, 0])).toBeCloseTo(0.5);
  expect(middle([0, 0], 0)).toBe(0);
  expect(middle([40, 40], 40)).toBe(0);
  expect(middle([7, 7], 0)).toBe(1);
});
it("nothing is drawn of nothing", () => expect([extent([]), extent([NaN, NaN])]).toEqual([undefined, undefined]));
