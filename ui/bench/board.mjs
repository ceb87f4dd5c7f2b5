// The phase-6 production board of the pack: 29 panels, each with a value a second, all of them on the screen.
import { say } from "./report.mjs";

export const PATH = "/dashboards/phase6-production-live?from=now-5m&to=now&refresh=1s";
const PANELS = 29;
const SIZE = { width: 1600, height: 4200 };
const SETTLE_SECONDS = 5;
const LIVE_SECONDS = 60;
const TRACED_SECONDS = 60;
const LONG_MS = 50;

/** Resolves when every panel that asks has its answer. */
export async function openBoard(context, url, size = SIZE) {
  const page = await context.newPage();
  await page.setViewportSize(size);
  await page.goto(url + PATH, { timeout: 120_000 });
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

// How long a task took on the processor is told by a trace only, which itself costs something. On a machine that is shared
// it is the figure to hold: a task that waits for the processor is not made shorter by doing less.
async function tasksOf(browser, page) {
  const client = await browser.newBrowserCDPSession();
  const events = [];
  client.on("Tracing.dataCollected", ({ value }) => events.push(...value));
  await client.send("Tracing.start", { transferMode: "ReportEvents", traceConfig: { includedCategories: ["toplevel"] } });
  await page.waitForTimeout(TRACED_SECONDS * 1000);
  const complete = new Promise((done) => client.once("Tracing.tracingComplete", done));
  await client.send("Tracing.end");
  await complete;
  await client.detach();
  const place = ({ pid, tid }) => `${pid}/${tid}`;
  const mains = new Set(events.filter(({ name, args }) => name === "thread_name" && args.name === "CrRendererMain").map(place));
  const byMain = new Map();
  for (const event of events) {
    if (event.name !== "ThreadControllerImpl::RunTask" || event.dur === undefined || !mains.has(place(event))) continue;
    const at = place(event);
    if (!byMain.has(at)) byMain.set(at, []);
    byMain.get(at).push({ wall: event.dur / 1000, cpu: (event.tdur ?? 0) / 1000 });
  }
  const total = (tasks) => tasks.reduce((sum, { cpu }) => sum + cpu, 0);
  const [tasks = []] = [...byMain.values()].sort((a, b) => total(b) - total(a)); // the browser's own pages have one too
  return {
    perSecond: total(tasks) / TRACED_SECONDS,
    wall: tasks.reduce((most, { wall }) => Math.max(most, wall), 0),
    cpu: tasks.reduce((most, { cpu }) => Math.max(most, cpu), 0),
    long: tasks.filter(({ cpu }) => cpu > LONG_MS).length,
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
  const long = await page.evaluate(() => globalThis.longTasks);
  say(`  long tasks (> 50 ms) in ${LIVE_SECONDS} s`, long.length, { bar: 0, goal: 0 });
  if (long.length > 0) say("    their lengths, ms", long.join(" "));
  const traced = await tasksOf(browser, page);
  say(`  with tracing: processor time of the main thread, ms per second`, traced.perSecond.toFixed(1), { bar: 80, goal: 60 });
  say(`  tasks of more than ${LONG_MS} ms of processor time in ${TRACED_SECONDS} s`, traced.long, { bar: 0, goal: 0 });
  say("  longest task, ms; the longest by processor time", `${traced.wall.toFixed(0)}; ${traced.cpu.toFixed(0)}`);
  say("  JS heap after a collection, MB", ((await heap()) / 1e6).toFixed(1));
  await context.close();
}
