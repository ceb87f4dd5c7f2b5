// Timings of the UI in Debian's chromium, software rendering: `node bench/bench.mjs` in ui/. The figures are for
// reading; budgets that a test can hold (sizes, axe) are in the tests.
import { spawn } from "node:child_process";
import { createServer } from "node:http";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "vite";
import { chromiumPath, launch } from "../e2e/browser.mjs";
import { BUILD, freePort, until } from "../e2e/world.mjs";

const UI = join(dirname(fileURLToPath(import.meta.url)), "..");
const TYPES = { ".html": "text/html", ".js": "text/javascript", ".css": "text/css" };
const LIVE_SECONDS = Number(process.env.LIVE_SECONDS ?? 20);
const say = (what, value, budget) => console.log(`${what.padEnd(56)} ${String(value).padStart(9)}   ${budget}`);
const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];

function serve(folder) {
  const server = createServer((request, response) => {
    const path = normalize(join(folder, decodeURIComponent(new URL(request.url, "http://x").pathname)));
    if (!path.startsWith(folder) || !existsSync(path)) return response.writeHead(404).end();
    response.setHeader("Content-Type", TYPES[extname(path)] ?? "application/octet-stream");
    response.end(readFileSync(path));
  });
  return new Promise((done) => server.listen(0, "127.0.0.1", () => done(server)));
}

async function redraw(browser) {
  const out = mkdtempSync(join(tmpdir(), "pharos-bench-"));
  await build({ root: join(UI, "bench"), configFile: false, logLevel: "error", base: "./", build: { outDir: out, emptyOutDir: true, target: "es2022", rollupOptions: { input: join(UI, "bench", "redraw.html") } } });
  const server = await serve(out);
  const page = await browser.newPage({ viewport: { width: 1640, height: 1000 } });
  await page.goto(`http://127.0.0.1:${server.address().port}/redraw.html`);
  const took = await page.evaluate(() => globalThis.result);
  await page.close();
  server.close();
  rmSync(out, { recursive: true, force: true });
  say("20 panels x 5 series x 100,000 points: redraw, ms", median(took).toFixed(0), "<= 150");
}

// 29 panels, three quarters of them graphs, over a server that scrapes itself each second.
function liveBoard() {
  const exprs = ["rate(process_cpu_seconds_total[30s])", "process_resident_memory_bytes", "sum by (handler) (rate(pharos_http_requests_total[30s]))", "scrape_duration_seconds", "pharos_head_series", "up"];
  const types = ["timeseries", "timeseries", "timeseries", "stat", "timeseries", "gauge", "timeseries", "table", "timeseries", "bargauge"];
  const panels = Array.from({ length: 29 }, (_, i) => ({
    id: i + 1, type: types[i % types.length], title: `Panel ${i + 1}`, gridPos: { x: (i % 4) * 6, y: Math.floor(i / 4) * 6, w: 6, h: 6 },
    targets: [{ refId: "A", expr: exprs[i % exprs.length] }], options: {}, fieldConfig: { defaults: {}, overrides: [] },
  }));
  return { uid: "bench-live", title: "Live", schemaVersion: 39, time: { from: "now-5m", to: "now" }, refresh: "1s", panels };
}

async function live(browser) {
  const binary = join(BUILD, "pharos");
  if (!existsSync(binary)) return console.log(`SKIPPED live board: no ${binary}`);
  const folder = mkdtempSync(join(tmpdir(), "pharos-bench-"));
  const port = await freePort();
  writeFileSync(join(folder, "pharos.yml"), `global: {scrape_interval: 1s, scrape_timeout: 1s}\nscrape_configs:\n  - job_name: pharos\n    static_configs: [{targets: ['127.0.0.1:${port}']}]\n`);
  const child = spawn(binary, ["serve", "--config.file", join(folder, "pharos.yml"), "--storage.path", join(folder, "data"), "--web.listen-address", `127.0.0.1:${port}`], { stdio: "ignore" });
  const url = process.env.PHAROS_UI_URL ?? `http://127.0.0.1:${port}`;
  try {
    await until(async () => (await fetch(`http://127.0.0.1:${port}/-/ready`)).ok, "pharos is ready");
    await fetch(`http://127.0.0.1:${port}/api/dashboards/db`, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ dashboard: liveBoard(), overwrite: true }) });
    const page = await browser.newPage({ viewport: { width: 1600, height: 2600 } });
    await page.goto(`${url}/dashboards/bench-live`);
    try {
      await page.waitForSelector('[data-panel="29"][data-loaded="true"]', { timeout: 20_000 });
    } catch {
      return console.log("SKIPPED live board: this build has no UI");
    }
    await page.waitForTimeout(5000);
    await page.evaluate(() => {
      globalThis.longTasks = 0;
      new PerformanceObserver((list) => (globalThis.longTasks += list.getEntries().length)).observe({ type: "longtask" });
    });
    const client = await page.context().newCDPSession(page);
    await client.send("Performance.enable");
    const read = async () => Object.fromEntries((await client.send("Performance.getMetrics")).metrics.map(({ name, value }) => [name, value]));
    const before = await read();
    await page.waitForTimeout(LIVE_SECONDS * 1000);
    const after = await read();
    const perSecond = (name) => (((after[name] - before[name]) / (after.Timestamp - before.Timestamp)) * 1000).toFixed(1);
    say("29 live panels at 1 Hz: main thread, ms per second", perSecond("TaskDuration"), "<= 60");
    say("  of it script", perSecond("ScriptDuration"), "");
    say("  long tasks (> 50 ms)", await page.evaluate(() => globalThis.longTasks), "0");
    say("  JS heap, MB", (after.JSHeapUsedSize / 1e6).toFixed(1), "");
    await page.close();
  } finally {
    child.kill("SIGTERM");
    await new Promise((done) => (child.exitCode !== null ? done() : child.once("exit", done)));
    rmSync(folder, { recursive: true, force: true });
  }
}

if (!chromiumPath()) {
  console.log("SKIPPED: no chromium (apt-get install chromium)");
} else {
  const browser = await launch();
  await redraw(browser);
  await live(browser);
  await browser.close();
}
