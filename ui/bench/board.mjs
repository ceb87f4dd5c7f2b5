// The phase-6 production board of the pack: 29 panels, each with a value a second, all of them on the screen.
import { say } from "./report.mjs";

export const PATH = "/dashboards/phase6-production-live?from=now-5m&to=now&refresh=1s";
const PANELS = 29;
const SIZE = { width: 1600, height: 4200 };
const SETTLE_SECONDS = 5;
const LIVE_SECONDS = 20;

/** Resolves when every panel that asks has its answer. */
export async function openBoard(context, url, size = SIZE) {
  const page = await context.newPage();
  await page.setViewportSize(size);
  await page.goto(url + PATH);
  await page.waitForFunction((n) => document.querySelectorAll("[data-panel]").length === n && document.querySelectorAll('[data-panel][data-loaded="true"]').length >= n - 1, PANELS, { timeout: 120_000 });
  return page;
}

export async function metricsOf(page) {
  const client = await page.context().newCDPSession(page);
  await client.send("Performance.enable");
  return {
    read: async () => Object.fromEntries((await client.send("Performance.getMetrics")).metrics.map(({ name, value }) => [name, value])),
    /** What is still reachable, in bytes. */
    heap: async () => {
      for (let i = 0; i < 3; i++) await client.send("HeapProfiler.collectGarbage");
      return (await client.send("Runtime.getHeapUsage")).usedSize;
    },
    client,
  };
}

export async function live(browser, demo) {
  const context = await browser.newContext();
  const page = await openBoard(context, demo.url);
  await page.waitForTimeout(SETTLE_SECONDS * 1000);
  await page.evaluate(() => {
    globalThis.longTasks = [];
    new PerformanceObserver((list) => globalThis.longTasks.push(...list.getEntries().map(({ duration }) => Math.round(duration)))).observe({ type: "longtask" });
  });
  const { read, heap } = await metricsOf(page);
  const before = await read();
  await page.waitForTimeout(LIVE_SECONDS * 1000);
  const after = await read();
  const perSecond = (name) => (((after[name] - before[name]) / (after.Timestamp - before.Timestamp)) * 1000).toFixed(1);
  say("29 live panels at 1 Hz: main thread, ms per second", perSecond("TaskDuration"), { bar: 80, goal: 60 });
  say("  of it script", perSecond("ScriptDuration"));
  say(`  long tasks (> 50 ms) in ${LIVE_SECONDS} s`, await page.evaluate(() => globalThis.longTasks.length), { bar: 0, goal: 0 });
  say("  JS heap after a collection, MB", ((await heap()) / 1e6).toFixed(1));
  await context.close();
}
