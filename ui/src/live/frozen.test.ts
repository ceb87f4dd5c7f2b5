import { afterEach, expect, it, vi } from "vitest";
import { frameAt } from "./frozen";

function answer(resultType: string, result: object[]) {
  const asked: URLSearchParams[] = [];
  vi.stubGlobal("fetch", async (_url: string, init: { body: URLSearchParams }) => {
    asked.push(init.body);
    return { ok: true, status: 200, text: async () => JSON.stringify({ status: "success", data: { resultType, result } }) };
  });
  return asked;
}
afterEach(() => vi.unstubAllGlobals());
const signal = new AbortController().signal;

it("takes points on the grid up to the moment and leaves gaps where nothing was", async () => {
  const asked = answer("matrix", [{ metric: { a: "x" }, values: [[90, "1"], [110, "NaN"], [120, "3.25"]] }]);
  const frame = await frameAt({ expr: "m", step: 10, range: 30 }, 127, signal);
  expect([asked[0]!.get("start"), asked[0]!.get("end"), asked[0]!.get("step")]).toEqual(["90", "120", "10"]);
  expect([...frame.times()]).toEqual([90, 100, 110, 120]);
  expect([...frame.series()[0]!.values]).toEqual([1, NaN, NaN, 3.25]);
});
it("asks for the value at the moment itself where no past is drawn", async () => {
  const asked = answer("vector", [{ metric: {}, value: [127, "7"] }]);
  const frame = await frameAt({ expr: "m", step: 5, range: 0 }, 127, signal);
  expect(asked[0]!.get("time")).toBe("127");
  expect([[...frame.times()], [...frame.series()[0]!.values]]).toEqual([[127], [7]]);
});
