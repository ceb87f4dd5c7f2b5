import { describe, expect, it } from "vitest";

import { spanOf } from "./graph_plot";
import type { OverAxis, Picture } from "./picture";

const axis = (more: Partial<OverAxis>): OverAxis => ({ unit: "", decimals: undefined, label: "", min: undefined, max: undefined, log: 0, grid: true, hidden: false, name: "x", text: String, ...more });
const span = (over: Partial<OverAxis>, ...places: number[]) =>
  spanOf({ picture: { times: Float64Array.from(places), series: [], axes: [], shape: 0, errors: [], over: axis(over) } satisfies Picture, interval: { from: 0, to: 1 } });

describe("the places of a trend", () => {
  it("go from the first to the last, or from bound to bound where they are set", () => {
    expect([span({}, 3, 5, 8), span({ min: 0, max: 10 }, 3, 5, 8), span({ min: -5 }, 3, 8)]).toEqual([[3, 8], [0, 10], [-5, 8]]);
  });
  it("on an axis of a logarithm are all above zero, whatever the bounds are", () => {
    for (const log of [2, 10]) {
      expect(span({ log, min: 0 }, 0, 4, 8)).toEqual([4, 8]);
      expect(span({ log, min: -1, max: 0 }, 4, 8)).toEqual([4, 8]);
      expect(span({ log, min: 2, max: 16 }, 4, 8)).toEqual([2, 16]);
      expect(span({ log, min: 0, max: 0 }, -2, 0)).toEqual([1 / log, log]);
    }
  });
});
