import { expect, it } from "vitest";
import { sidesOf } from "./config_compare";

const load = (id: number, ok = true) => ({ id, ok, at: "2026-11-29T00:00:00Z", error: ok ? "" : "no" });

it("the newest that was taken is in force, whatever failed since", () => {
  expect(sidesOf([load(4, false), load(3), load(2, false), load(1)])).toEqual({ running: 3, before: 1 });
  expect(sidesOf([load(1, false)])).toEqual({ running: undefined, before: undefined });
  expect(sidesOf([])).toEqual({ running: undefined, before: undefined });
});
