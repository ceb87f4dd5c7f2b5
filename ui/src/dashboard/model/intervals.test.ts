import { describe, expect, it } from "vitest";
import { autoInterval, intervalText, roundStep, stepOf } from "./intervals";
import { durationMs } from "../../time/duration";

describe("intervals", () => {
  it.each([["1h30m", 5_400_000], ["15s", 15_000], ["250ms", 250], ["1d", 86_400_000], ["x", undefined], ["", undefined], ["5", undefined]] as const)("parses %s", (text, ms) => expect(durationMs(text)).toBe(ms));
  it.each([[60_000, "1m"], [90_000, "90s"], [1500, "1500ms"], [86_400_000, "1d"]] as const)("writes %d ms", (ms, text) => expect(intervalText(ms)).toBe(text));
  it("rounds steps to what people count in", () => {
    expect([1, 9, 12, 400, 1400, 4000, 18_000, 70_000, 1e6, 1e9].map(roundStep)).toEqual([1, 1, 10, 500, 1000, 5000, 20_000, 60_000, 900_000, 604_800_000]);
  });
  it("never asks for a step below the minimum, nor a rate over fewer than four scrapes", () => {
    expect(stepOf({ fromMs: 0, toMs: 300_000, maxDataPoints: 1000 })).toEqual({ stepMs: 1000, intervalMs: 15_000, rateIntervalMs: 60_000 });
    expect(stepOf({ fromMs: 0, toMs: 86_400_000, maxDataPoints: 500, scrapeIntervalMs: 30_000 })).toEqual({ stepMs: 120_000, intervalMs: 120_000, rateIntervalMs: 150_000 });
    expect(stepOf({ fromMs: 0, toMs: 3_600_000, maxDataPoints: 1000, panelMinMs: 30_000 }).stepMs).toBe(30_000);
  });
  // Worked out by hand from what Grafana does: the panel's interval on its page, the step and the rate's window on its server.
  it.each([
    ["one point", { toMs: 3_600_000, maxDataPoints: 1 }, [3_600_000, 3_600_000, 3_615_000]],
    ["a least interval of the panel", { toMs: 3_600_000, maxDataPoints: 1000, panelMinMs: 60_000 }, [60_000, 60_000, 75_000]],
    ["a least step of the query", { toMs: 3_600_000, maxDataPoints: 1000, queryMin: 30_000 }, [30_000, 30_000, 120_000]],
    ["a least step below the scrapes", { toMs: 300_000, maxDataPoints: 1000, queryMin: 5_000 }, [5_000, 5_000, 20_000]],
    ["scrapes a minute apart", { toMs: 300_000, maxDataPoints: 1000, scrapeIntervalMs: 60_000 }, [1000, 60_000, 240_000]],
    ["half the points, as old boards ask", { toMs: 86_400_000, maxDataPoints: 1000, factor: 2 }, [120_000, 120_000, 75_000]],
    ["the step is $__rate_interval", { toMs: 3_600_000, maxDataPoints: 1000, queryMin: "$__rate_interval" }, [60_000, 60_000, 60_000]],
    ["the step is $__interval", { toMs: 86_400_000, maxDataPoints: 1000, queryMin: "$__interval" }, [60_000, 60_000, 240_000]],
  ] as const)("%s", (_, input, [stepMs, intervalMs, rateIntervalMs]) => expect(stepOf({ fromMs: 0, ...input })).toEqual({ stepMs, intervalMs, rateIntervalMs }));
  it("asks for no more points than a server gives", () => {
    const year = 31_536_000_000;
    expect(year / stepOf({ fromMs: 0, toMs: year, maxDataPoints: 100_000 }).stepMs).toBeLessThanOrEqual(11_000);
  });
  it("divides a range for an interval variable", () => {
    expect(autoInterval(3_600_000, 30, 10_000)).toBe("2m");
    expect(autoInterval(60_000, 30, 10_000)).toBe("10s");
  });
});
