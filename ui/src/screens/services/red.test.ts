import { expect, it } from "vitest";
import { errorTone, rowsOf } from "./red";

const row = (name: string, ...values: number[]) => ({ metric: { operation: name }, values });
it("the rows with the largest share of errors come first, then the busiest", () => {
  const rows = rowsOf("operation", {
    rate: [row("read", 5, 100), row("write", 50), row("idle", 3, 0), row("never", 0, NaN, 0), row("list", 10)],
    errors: [row("write", 5), row("gone", 9)],
    p50: [row("read", 0.01)],
    p95: [],
    p99: [],
  });
  expect(rows.map(({ name, errors }) => [name, errors])).toEqual([["write", 0.1], ["read", 0], ["list", 0], ["idle", NaN]]);
  expect(rows[1]).toMatchObject({ p50: 0.01, p95: NaN, rate: 100 });
});
it("no requests is not no errors", () => {
  expect([NaN, 0, 0.02, 0.06].map(errorTone)).toEqual(["unknown", "ok", "warning", "critical"]);
});
