import { expect, it } from "vitest";
import { bucketsPanel } from "../test_panels";
import { countValues } from "./buckets";
import { columnText } from "./heat_picture";

const at = (text: string) => Date.parse(`${text}Z`) / 1000;
const counted = (width: string, ...times: string[]) => {
  const panel = bucketsPanel.panelOf({ type: "heatmap", options: { calculate: true, calculation: { xBuckets: { mode: "size", value: width } } } });
  return countValues(panel, Float64Array.from(times, at), [new Float64Array(times.length).fill(1)], 86_400);
};

it("a wide column says from when to when it is, one of a step when its step ends", () => {
  const hours = counted("1h", "2026-03-01T09:05:00", "2026-03-01T10:20:00");
  expect(columnText(hours, 1, "UTC")).toBe("2026-03-01 10:00:00 – 11:00:00");
  expect(columnText(hours, 1, "Asia/Tokyo")).toBe("2026-03-01 19:00:00 – 20:00:00");
  const days = counted("1d", "2026-03-01T09:05:00", "2026-03-02T10:20:00");
  expect(columnText(days, 1, "UTC")).toBe("2026-03-02 00:00:00 – 2026-03-03 00:00:00");
  expect(columnText(counted("", "2026-03-01T09:05:00"), 0, "UTC")).toBe("2026-03-01 09:05:00");
});
