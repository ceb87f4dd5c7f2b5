// Kinds of panels in a browser, against the real binary: `node e2e/panels.mjs` in ui/. The data is written here, so each
// number that is drawn is known. Set PHAROS_SHOTS to a folder to keep pictures of every panel, dark and light, wide and narrow.
import { mkdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { axe, check, equal, expect, main, near } from "./checks.mjs";
import { gauge, histogram, nativeHistogram, send } from "./otlp.mjs";
import { startWorld, until } from "./world.mjs";

const ROOT = join(dirname(fileURLToPath(import.meta.url)), "..", "..");
const SHOTS = process.env.PHAROS_SHOTS;
const DAY = 86_400;
const STEP = 15;
const PLACES = ["ams", "fra", "lhr"];

const panel = (id, type, targets, more = {}) => ({
  id, type, title: `${type} ${id}`, gridPos: { x: ((id - 1) % 3) * 8, y: Math.floor((id - 1) / 3) * 8, w: 8, h: 8 },
  targets: targets.map((target, i) => ({ refId: String.fromCharCode(65 + i), ...(typeof target === "string" ? { expr: target } : target) })),
  options: more.options ?? {}, fieldConfig: { defaults: more.defaults ?? {}, overrides: more.overrides ?? [] }, ...(more.panel ?? {}),
});
const table = (expr) => ({ expr, format: "table", instant: true });
const expression = (target) => ({ datasource: { type: "__expr__", uid: "__expr__" }, ...target });
const LEGEND = { showLegend: true, displayMode: "list", placement: "bottom", calcs: [] };
const joined = {
  transformations: [
    { id: "joinByField", options: { byField: "place", mode: "outer" } },
    { id: "organize", options: { excludeByName: { "Time 1": true, "Time 2": true }, indexByName: {}, renameByName: { "Value #A": "cpu", "Value #B": "load" } } },
  ],
};
const by = (name) => ({ matcher: { id: "byName", options: name } });
const CPU = "sum by (place) (panels_cpu)";
const LOAD = "sum by (place) (panels_load)";

const WAVE = 'panels_wave{n="a"}';
const CANDLES = [["open", `${WAVE} offset 1m`], ["high", `max_over_time(${WAVE}[1m])`], ["low", `min_over_time(${WAVE}[1m])`], ["close", WAVE], ["volume", `count_over_time(${WAVE}[1m])`]];

const CHARTS = {
  uid: "charts", title: "Charts", tags: ["charts"], links: [{ type: "dashboards", title: "Ours", tags: ["charts"], asDropdown: true, keepTime: true, includeVars: false }], schemaVersion: 39, time: { from: "now-10m", to: "now" },
  panels: [
    panel(1, "barchart", [table(CPU), table(LOAD)], { options: { legend: LEGEND, stacking: "normal", showValue: "always", xField: "place" }, panel: joined }),
    panel(2, "barchart", [table(CPU), table(LOAD)], { options: { legend: { ...LEGEND, placement: "right" }, orientation: "horizontal", stacking: "none" }, panel: joined, overrides: [{ matcher: { id: "byName", options: "load" }, properties: [{ id: "custom.hideFrom", value: { viz: true } }] }] }),
    panel(3, "histogram", ["panels_spread"], { options: { bucketSize: 10, combine: true, legend: LEGEND }, defaults: { unit: "ms" } }),
    panel(4, "histogram", ["panels_request_seconds_bucket"], { options: { legend: LEGEND }, defaults: { unit: "s" } }),
    panel(5, "xychart", [table(CPU), table(LOAD)], { options: { mapping: "manual", legend: LEGEND, series: [{ x: by("cpu"), y: by("load"), size: by("load"), name: { fixed: "places" } }] }, defaults: { custom: { pointSize: { min: 6, max: 30 } } }, panel: joined }),
    panel(6, "xychart", ["panels_wave"], { options: { mapping: "auto", series: [], legend: LEGEND }, defaults: { custom: { show: "points+lines" } } }),
    panel(7, "piechart", [{ expr: `0 * ${CPU}`, legendFormat: "{{place}}" }], { options: { pieType: "donut", legend: { ...LEGEND, values: ["value", "percent"] } }, defaults: { unit: "s" } }),
    panel(8, "piechart", [{ expr: CPU, legendFormat: "{{place}}" }], { options: { displayLabels: ["name"], legend: LEGEND } }),
    panel(9, "nodeGraph", [table("panels_way")], { options: { edges: { mainStatUnit: "percentunit" }, nodes: {} }, panel: { transformations: [{ id: "organize", options: { renameByName: { Value: "mainstat" }, excludeByName: { Time: true }, indexByName: {} } }] } }),
    panel(10, "dashlist", [], { options: { showStarred: true, showSearch: true, showHeadings: true, showRecentlyViewed: true, tags: ["charts"], maxItems: 10, query: "", keepTime: true, includeVars: false, showFolderNames: true } }),
    panel(11, "annolist", [], { options: { limit: 10, tags: ["panels"], onlyInTimeRange: false, onlyFromThisDashboard: false, showTags: true, showTime: true, showUser: true, navigateBefore: "5m", navigateAfter: "5m", navigateToPanel: true } }),
    panel(12, "news", [], { options: { feedUrl: "https://example.org/feed.xml" } }),
    panel(13, "trend", [table(CPU), table(LOAD)], { options: { xField: "cpu", legend: LEGEND }, defaults: { custom: { showPoints: "always" } }, overrides: [{ ...by("cpu"), properties: [{ id: "unit", value: "percent" }] }], panel: joined }),
    panel(14, "candlestick", CANDLES.map(([legendFormat, expr]) => ({ expr, legendFormat, interval: "1m" })), { options: { mode: "candles+volume", colors: { up: "#00ff00", down: "#ff0000" }, legend: LEGEND } }),
    panel(15, "timeseries", ["panels_wave"], { options: { legend: LEGEND }, defaults: { color: { mode: "thresholds" }, thresholds: { mode: "absolute", steps: [{ color: "#00ff00", value: null }, { color: "#ff0000", value: 50 }] }, custom: { gradientMode: "scheme", lineWidth: 3 } } }),
    panel(16, "heatmap", ["panels_spread"], { options: { calculate: true, calculation: { xBuckets: { mode: "size", value: "2m" }, yBuckets: { scale: { type: "log", log: 10 } } } } }),
    { id: 17, title: "library", gridPos: { x: 8, y: 40, w: 8, h: 8 }, libraryPanel: { uid: "lib-1", name: "Fleet load" } },
  ],
};

const LIVE = {
  uid: "live", title: "Live", tags: [], schemaVersion: 39, time: { from: "now-10m", to: "now" }, refresh: "1s",
  templating: { list: [{ name: "by", type: "groupby", label: "Group by", multi: true, current: { text: [], value: [] } }, { name: "filters", type: "adhoc", label: "Filters" }] },
  panels: [
    panel(1, "timeseries", [{ expr: "panels_wave", legendFormat: "wave {{n}}" }], { options: { legend: LEGEND, tooltip: { mode: "multi" } }, defaults: { links: [{ title: "Look at ${__field.labels.n}", url: "/d/charts?n=${__field.labels.n}&v=${__value.raw}&${__url_time_range}" }] } }),
    panel(2, "timeseries", [{ expr: "histogram_quantile(0.9, sum by (le) (rate(panels_request_seconds_bucket[1m])))", legendFormat: "p90", exemplar: true }], { options: { legend: LEGEND, tooltip: { mode: "multi" } }, defaults: { unit: "s", min: 0, max: 3 } }),
    panel(3, "heatmap", ["sum(rate(panels_native_seconds[1m]))"], { options: { legend: { show: true }, yAxis: { unit: "s" }, color: { scheme: "Oranges", exponent: 0.5, steps: 64 } } }),
    panel(4, "heatmap", [{ expr: "sum by (le) (increase(panels_request_seconds_bucket[1m]))", format: "heatmap" }], { options: { legend: { show: true }, yAxis: { unit: "s" } } }),
    panel(5, "heatmap", [{ expr: "sum by (le) (increase(panels_request_seconds_bucket[1m]))", format: "heatmap" }], { options: { legend: { show: true }, yAxis: { unit: "s" }, filterValues: { le: 30 } } }),
    panel(6, "timeseries", [{ expr: "sum(panels_cpu)", legendFormat: "__auto" }], { options: { legend: LEGEND } }),
    panel(7, "stat", [{ expr: "panels_wave", hide: true }, expression({ type: "reduce", expression: "A", reducer: "max" })], { options: { reduceOptions: { calcs: ["lastNotNull"] } }, defaults: { links: [{ title: "Series ${__field.labels.n}", url: "/d/charts?n=${__field.labels.n}" }] } }),
    panel(8, "timeseries", [{ expr: 'panels_wave{n="a"}', hide: true }, { expr: 'panels_wave{n="b"}', hide: true }, expression({ type: "math", expression: "$A + $B * 2" }), expression({ type: "threshold", expression: "A", conditions: [{ evaluator: { type: "gt", params: [50] } }] })], { options: { legend: { ...LEGEND, calcs: ["max"] } } }),
    panel(9, "timeseries", [expression({ type: "math", expression: "$A + $NOPE" }), { expr: "panels_wave" }].map((t, i) => ({ refId: "BA"[i], ...t })), { options: { legend: LEGEND } }),
  ],
};

const LEADS = { links: [{ title: "To ${__field.name}", url: "/d/live?v=${__value.raw}&l=${__field.labels.place}" }] };
const LINKED = {
  uid: "linked", title: "Linked", tags: [], schemaVersion: 39, time: { from: "now-10m", to: "now" },
  panels: [
    panel(1, "barchart", [table(CPU)], { options: { legend: LEGEND, xField: "place" }, defaults: LEADS }),
    panel(2, "histogram", ["panels_spread"], { options: { bucketSize: 10, combine: true, legend: LEGEND }, defaults: LEADS }),
    panel(3, "xychart", [table(CPU), table(LOAD)], { options: { mapping: "manual", legend: LEGEND, series: [{ x: by("cpu"), y: by("load") }] }, defaults: { ...LEADS, custom: { pointSize: { fixed: 20 } } }, panel: joined }),
    panel(4, "heatmap", [{ expr: "sum by (le) (increase(panels_request_seconds_bucket[1m]))", format: "heatmap" }], { options: { yAxis: { unit: "s" } }, defaults: LEADS }),
    panel(5, "state-timeline", ["panels_cpu"], { options: { legend: LEGEND }, defaults: LEADS }),
    panel(6, "status-history", ["panels_cpu"], { options: { legend: LEGEND }, defaults: LEADS }),
    panel(7, "table", [table("panels_wave or panels_cpu")], { panel: { transformations: [{ id: "groupToNestedTable", options: { fields: { n: { operation: "groupby", aggregations: [] }, Value: { operation: "aggregate", aggregations: ["count"] } } } }] } }),
  ],
};

// A minute of the past as the writer below has it, so that what is drawn can be foretold.
const BOUNDS = [0.1, 0.5, 1, 2.5];
function waves(from, to, factor = 1) {
  const points = [];
  for (let at = from; at <= to; at += STEP) for (const n of ["a", "b"]) points.push({ at, n, value: factor * (50 + 40 * Math.sin(at / 97 + (n === "a" ? 0 : 2))) });
  return points;
}
const requests = (start, at) => {
  const n = Math.floor((at - start) / STEP);
  return { at, bounds: BOUNDS, counts: [40 * n, 20 * n, 10 * n, 5 * n, n], sum: 30 * n, exemplars: n % 4 === 0 ? [{ at, value: 2.2, trace: `4bf92f3577b34da6a3ce929d0e0e${String(n).padStart(4, "0")}` }] : [] };
};
const native = (start, at) => {
  const n = Math.floor(at - start);
  return { at, scale: 1, offset: -8, counts: Array.from({ length: 16 }, (_, i) => Math.max(0, Math.round(n * (8 - Math.abs(i - 7))))), sum: 3 * n };
};

async function run(world, browser) {
  const errors = [];
  const hosts = new Set();
  const asked = [];
  const api = async (path, parameters) => (await (await fetch(`${world.url}/api/v1/${path}`, { method: "POST", body: new URLSearchParams(parameters) })).json()).data;
  const instant = async (query, time) => new Map((await api("query", { query, time })).result.map(({ metric, value }) => [metric.place ?? metric.n ?? "", Number(value[1])]));
  const post = (path, body) => fetch(`${world.url}${path}`, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) }).then((response) => {
    if (!response.ok) throw new Error(`${path}: HTTP ${response.status}`);
    return response.json();
  });
  const newPage = async (size = { width: 1400, height: 1000 }) => {
    const page = await browser.newPage({ viewport: size });
    page.setDefaultTimeout(60_000);
    page.on("pageerror", (error) => errors.push(error.message));
    page.on("request", (request) => {
      const url = new URL(request.url());
      if (url.protocol.startsWith("http")) hosts.add(url.host);
      asked.push({ path: url.pathname, form: new URLSearchParams(request.postData() ?? "") });
    });
    return page;
  };
  const opened = async (page, path, count) => {
    await page.goto(`${world.url}${path}`);
    await page.waitForSelector("[data-panel]");
    await page.waitForFunction((n) => document.querySelectorAll('[data-panel][data-loaded="true"]').length >= n, count);
  };
  const now = Math.floor(Date.now() / 1000 / STEP) * STEP;
  const start = now - 1200;
  let writing;
  try {
    const times = Array.from({ length: (now - start) / STEP + 1 }, (_, i) => start + i * STEP);
    await send(world.url, [
      gauge("panels_wave", [...waves(start - DAY, now - DAY + 600, 0.5), ...waves(start, now)]),
      histogram("panels_request_seconds", start, times.map((at) => requests(start, at))),
      nativeHistogram("panels_native_seconds", start, times.map((at) => native(start, at))),
      gauge("panels_cpu", times.flatMap((at) => PLACES.map((place, i) => ({ at, place, value: 20 + 10 * i })))),
      gauge("panels_load", times.flatMap((at) => PLACES.map((place, i) => ({ at, place, value: 5 * (i + 1) })))),
      gauge("panels_spread", times.flatMap((at) => Array.from({ length: 5 }, (_, i) => ({ at, n: i, value: 10 * i + 5 })))),
      gauge("panels_way", times.map((at) => ({ at, source: "ams", target: "fra", value: 0.25 }))),
    ]);
    await until(async () => (await instant("count(panels_way)", now)).get("") === 1, "what was written can be read", 30);
    await post("/api/dashboards/db", { dashboard: CHARTS, overwrite: true });
    await post("/api/dashboards/db", { dashboard: LIVE, overwrite: true });
    await post("/api/dashboards/db", { dashboard: LINKED, overwrite: true });
    const page = await newPage();
    const frozen = `from=${(now - 600) * 1000}&to=${now * 1000}`;
    const one = (id) => page.locator(`[data-panel="${id}"]`);
    const shown = (id, selector = "[data-value]") => one(id).locator(selector).evaluateAll((nodes) => nodes.map((node) => ({ ...node.dataset })));

    await check("a click in a chart keeps its tip, whose links carry the value; Escape lets go", async () => {
      await opened(page, `/dashboards/linked?${frozen}`, 7);
      for (const [id, kind] of [[1, "bar"], [2, "bucket"], [3, "point"], [4, "cell"], [5, "state"], [6, "step"]]) {
        const plot = one(id).locator("svg[role=img], canvas[role=img]").first();
        await plot.scrollIntoViewIfNeeded();
        const box = await plot.boundingBox();
        // Somewhere below the pointer there is something with a link.
        let found = false;
        for (let y = 0.92; y > 0.05 && !found; y -= 0.06)
          for (let x = 0.98; x > 0.1 && !found; x -= 0.04) {
            await page.mouse.move(box.x + box.width * x, box.y + box.height * y);
            found = (await one(id).locator(".linked").count()) > 0;
          }
        expect(found, `no ${kind} with a link`);
        await page.mouse.down();
        await page.mouse.up();
        const link = one(id).locator(".tip-links a").first();
        await link.waitFor();
        const url = new URL(await link.getAttribute("href"), world.url);
        equal(url.pathname, "/dashboards/live", `where a ${kind} leads`);
        expect(Number.isFinite(Number(url.searchParams.get("v"))) && url.searchParams.get("v") !== "", `the value of a ${kind}: ${url}`);
        if (id >= 5) expect(PLACES.includes(url.searchParams.get("l")), `the label of a ${kind}: ${url}`);
        await page.keyboard.press("Escape");
        await link.waitFor({ state: "detached" });
      }
    });
    await check("charts are read by keyboard: arrows lead to a link, Enter into it, Escape back to the chart", async () => {
      for (const [id, keys] of [[1, ["ArrowRight"]], [2, ["ArrowRight"]], [3, ["ArrowRight"]], [4, ["ArrowRight", "ArrowUp"]], [5, ["ArrowRight"]], [6, ["ArrowRight"]]]) {
        const chart = one(id).locator("[role=group][tabindex='0']");
        await chart.focus();
        const link = one(id).locator(".tip-links a").first();
        for (let i = 0; i < 60 && (await one(id).locator(".linked").count()) === 0; i++) await page.keyboard.press(keys[i % keys.length]);
        expect((await one(id).locator(".plot-tip").count()) === 1, `a tip on panel ${id}`);
        await page.keyboard.press("Enter");
        await link.waitFor();
        expect(await link.evaluate((element) => element === document.activeElement), `the link of panel ${id} has the focus`);
        await page.keyboard.press("Escape");
        await link.waitFor({ state: "detached" });
        expect(await chart.evaluate((element) => element === document.activeElement), `the focus is back on panel ${id}`);
      }
    });
    await check("groups of a nested table open to their rows", async () => {
      const groups = one(7).locator("tbody tr:has(td.fold)");
      await until(async () => (await groups.count()) === 3, "a group for each n, and one for those without");
      await groups.filter({ hasText: "3" }).first().locator("button").click();
      await until(async () => (await one(7).locator(".table-inner tbody tr").count()) === 3, "the three places inside");
      expect(/ams/.test(await one(7).locator(".table-inner").textContent()), "their labels");
      await one(7).locator("th.fold button").click();
      await one(7).locator(".table-inner").waitFor({ state: "detached" });
    });

    await opened(page, `/dashboards/charts?${frozen}`, 12);
    await check("bars are the values of the API, in groups of the named column", async () => {
      await one(1).locator("rect[data-group]").first().waitFor();
      const [cpu, load] = [await instant(CPU, now), await instant(LOAD, now)];
      const bars = await shown(1, "rect[data-group]");
      equal(bars.length, 6, "bars");
      for (const { group, name, value } of bars) near(Number(value), (name === "cpu" ? cpu : load).get(group), `${name} of ${group}`);
      const stacked = await one(1).locator("rect[data-group]").evaluateAll((all) => all.map((r) => ({ name: r.dataset.name, group: r.dataset.group, x: r.getBBox().x, top: r.getBBox().y, bottom: r.getBBox().y + r.getBBox().height })));
      const [below, above] = ["cpu", "load"].map((name) => stacked.find((r) => r.name === name && r.group === "fra"));
      expect(Math.abs(below.x - above.x) < 0.5 && Math.abs(below.top - above.bottom) < 0.5, "load stands on cpu");
      equal(await one(1).locator("svg text", { hasText: /^30$/ }).count() >= 1, true, "the value is written");
    });
    await check("lying bars hide what is hidden, and the legend takes series away and back", async () => {
      equal(await one(2).locator("svg[data-lying]").getAttribute("data-lying"), "true", "lying");
      equal([...new Set((await shown(2, "rect[data-group]")).map((b) => b.name))], ["cpu"], "series");
      const legend = one(1).locator(".graph-legend .name", { hasText: "load" });
      await legend.click();
      await until(async () => (await shown(1, "rect[data-group]")).every((b) => b.name === "load"), "load alone");
      await legend.click();
      await until(async () => (await shown(1, "rect[data-group]")).length === 6, "all again");
    });
    await check("a histogram counts every value once, in buckets of the asked size", async () => {
      const buckets = await shown(3, "rect[data-from]");
      equal(buckets.map((b) => [Number(b.from), Number(b.to)]), [0, 10, 20, 30, 40].map((from) => [from, from + 10]), "bounds");
      const samples = (await api("query_range", { query: "panels_spread", start: now - 600, end: now, step: STEP })).result;
      const ranged = asked.find((a) => a.path.endsWith("query_range") && a.form.get("query") === "panels_spread").form;
      const all = (await api("query_range", Object.fromEntries(ranged))).result.reduce((sum, s) => sum + s.values.length, 0);
      expect(samples.length === 5 && all > 0, "there are values");
      equal(buckets.reduce((sum, b) => sum + Number(b.value), 0), all, "values in all buckets");
    });
    await check("a histogram shows buckets that the server has counted", async () => {
      const buckets = await shown(4, "rect[data-from]");
      const { form } = asked.find((a) => a.path.endsWith("query_range") && a.form.get("query") === "panels_request_seconds_bucket");
      const last = new Map((await api("query", { query: "panels_request_seconds_bucket", time: form.get("end") })).result.map(({ metric, value }) => [metric.le, Number(value[1])]));
      equal(buckets.map((b) => b.to), ["0.1", "0.5", "1", "2.5", "Infinity"], "upper bounds");
      equal(Number(buckets[0].value), last.get("0.1"), "first bucket");
      equal(buckets.reduce((sum, b) => sum + Number(b.value), 0), last.get("+Inf"), "all");
    });
    await check("an XY chart draws the mapped columns, sized by a third", async () => {
      const points = (await shown(5, "li[data-x]")).map((p) => [p.name, Number(p.x), Number(p.value), Number(p.size)]);
      equal(points.map(([name, x, y]) => [name, x, y]), [["places", 20, 5], ["places", 30, 10], ["places", 40, 15]], "points");
      expect(points[0][3] === 6 && points[2][3] === 30 && points[1][3] > 6 && points[1][3] < 30, `sizes ${points.map((p) => p[3])}`);
      const wave = await shown(6, "li[data-x]");
      expect(wave.length > 20 && wave.every((p) => Number(p.x) >= now - 660 && Number(p.x) <= now + 1), "times lie in the range");
    });
    await check("a pie of zeros is an empty ring with its legend", async () => {
      equal(await one(7).locator(".empty-ring").count(), 1, "rings");
      equal((await shown(7, "[data-legend]")).map((l) => [l.legend, l.value]).sort(), PLACES.map((place) => [place, "0"]), "legend");
      equal(await one(7).locator(".no-value").count(), 0, "excuses");
      equal(await one(8).locator("svg text").count(), 3, "names in slices");
    });
    await check("an edge of a node graph has its unit", async () => {
      await one(9).locator("[data-source]").waitFor();
      equal((await one(9).locator("[data-source] text").textContent()).trim(), "25%", "edge");
    });
    await check("a dashboard list finds, stars and leads on with the time", async () => {
      const list = one(10);
      await list.locator('[data-group="search"] [data-uid="charts"]').waitFor();
      equal(await list.locator('[data-group="search"] li').count(), 1, "boards with the tag");
      expect((await list.locator('[data-group="search"] a').getAttribute("href")).includes(`from=${(now - 600) * 1000}`), "time goes along");
      await list.locator('[data-group="search"] button.star').click();
      await list.locator('[data-group="starred"] [data-uid="charts"]').waitFor();
      equal(await list.locator('[data-group="recent"] [data-uid="charts"]').count(), 1, "recently viewed");
    });
    await check("an annotation list shows what is posted, filters by a tag and leads to the panel", async () => {
      await post("/api/annotations", { text: "first <b>change</b>", tags: ["panels", "eu"], time: (now - 300) * 1000, dashboardUID: "charts", panelId: 3 });
      await post("/api/annotations", { text: "second change", tags: ["panels", "us"], time: (now - 200) * 1000 });
      await post("/api/annotations", { text: "of something else", tags: ["other"], time: (now - 100) * 1000 });
      const list = one(11);
      await until(async () => (await list.locator(".annotation").count()) === 2, "both are listed");
      equal(await list.locator(".annotation a").first().textContent(), "second change", "newest first");
      equal(await list.locator(".annotation a", { hasText: "first" }).textContent(), "first <b>change</b>", "markup is text");
      await list.locator(".annotation .label", { hasText: "eu" }).click();
      await until(async () => (await list.locator(".annotation").count()) === 1, "only those with the tag");
      const href = await list.locator(".annotation a").getAttribute("href");
      expect(href.includes("/dashboards/charts?") && href.includes("viewPanel=3") && href.includes(`from=${(now - 600) * 1000}`), href);
    });
    await check("news says that it would need an outside host, and nothing else was asked", async () => {
      expect((await one(12).textContent()).includes("outside host"), "it says so");
      equal([...hosts], [new URL(world.url).host], "hosts asked");
    });
    const drawn = (id, selector) => one(id).locator(selector).evaluate((element) => {
      const { times, rows } = element.drawn();
      return { times: [...times], rows: rows.map(({ name, values, lower, upper }) => ({ name, values: [...values], lower, upper })) };
    });
    const inSight = async (id) => {
      await one(id).scrollIntoViewIfNeeded();
      await page.waitForFunction((of) => document.querySelector(`[data-panel="${of}"]`).dataset.loaded === "true", id);
    };
    const colours = (id) => one(id).locator("canvas").first().evaluate((canvas) => {
      const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
      let [green, red] = [0, 0];
      for (let i = 0; i < data.length; i += 4) {
        if (data[i + 3] < 200) continue;
        if (data[i] < 40 && data[i + 1] > 200 && data[i + 2] < 40) green++;
        if (data[i] > 200 && data[i + 1] < 40 && data[i + 2] < 40) red++;
      }
      return { green, red };
    });
    await check("a trend draws a column over another, whose values its axis and its tip tell", async () => {
      await inSight(13);
      await until(async () => (await one(13).locator(".plot canvas").count()) === 1, "a graph");
      const { times, rows } = await drawn(13, ".plot");
      equal([times, rows.map(({ name, values }) => [name, values])], [[20, 30, 40], [["load", [5, 10, 15]]]], "load over cpu");
      await one(13).locator(".plot").focus();
      await page.keyboard.press("ArrowRight");
      await page.keyboard.press("ArrowRight");
      const tip = one(13).locator(".plot-tip");
      await until(async () => /cpu 30%\s*load\s*10/.test(await tip.innerText()), "the second point");
      await page.keyboard.press("Escape");
    });
    await check("candles are the values of the API, coloured by whether they rose, with the volume below", async () => {
      await inSight(14);
      await until(async () => (await one(14).locator(".plot canvas").count()) === 1, "a graph");
      const { times, rows } = await drawn(14, ".plot");
      equal(rows.map(({ name }) => name), CANDLES.map(([name]) => name), "series");
      const last = times.length - 1;
      for (const [name, expr] of CANDLES) near(rows.find((row) => row.name === name).values[last], Number((await api("query", { query: expr, time: times[last] })).result[0].value[1]), name);
      const { green, red } = await colours(14);
      expect(green > 50 && red > 50, `${green} green and ${red} red pixels`);
      await one(14).locator(".plot").focus();
      await page.keyboard.press("ArrowRight");
      const tip = one(14).locator(".plot-tip .tip-row");
      await until(async () => (await tip.count()) === 5, "five rows");
      equal((await tip.locator("span").allTextContents()), CANDLES.map(([name]) => name), "in their order");
      await page.keyboard.press("Escape");
    });
    await check("a line that is coloured by value has the colours of its thresholds", async () => {
      await inSight(15);
      await until(async () => {
        const { green, red } = await colours(15);
        return green > 50 && red > 50;
      }, "both colours");
    });
    await check("a heatmap counts values in columns of the asked width and rows of powers", async () => {
      await inSight(16);
      await until(async () => (await one(16).locator("canvas").count()) === 1, "a heatmap");
      const { times, rows } = await drawn(16, "canvas");
      expect(times.length >= 5 && times.every((end) => end % 120 === 0), `columns end on two minutes: ${times}`);
      equal(rows.map(({ lower, upper }) => [lower, upper]), [[1, 10], [10, 100]], "rows");
      const [few, many] = rows.map(({ values }) => values.reduce((sum, value) => sum + value, 0));
      expect(few > 0 && many === 4 * few, `one of five values is below ten: ${few} and ${many}`);
    });
    await check("a library panel whose definition did not come along says so by name", async () => {
      await one(17).scrollIntoViewIfNeeded();
      await until(async () => ((await one(17).textContent()) ?? "").includes('The library panel "Fleet load" is not in the file'), "it is named");
    });
    await check("axe finds nothing serious on the further charts", () => axe(page));
    await check("a board leads to all boards with a tag, at the same time", async () => {
      await page.getByRole("button", { name: "Ours" }).click();
      const link = page.locator(".link-list a");
      await link.first().waitFor();
      equal(await link.allTextContents(), ["Charts"], "boards");
      expect((await link.first().getAttribute("href")).includes(`to=${now * 1000}`), "time goes along");
      await page.keyboard.press("Escape");
    });
    await check("axe finds nothing serious on the charts", () => axe(page));

    // Points of now, each second, as a process would send them.
    let round = 0;
    const write = async () => {
      const at = Date.now() / 1000;
      round++;
      await send(world.url, [
        gauge("panels_wave", ["a", "b"].map((n) => ({ at, n, value: 50 + 40 * Math.sin(at / 97 + (n === "a" ? 0 : 2)) }))),
        nativeHistogram("panels_native_seconds", start, [native(start, at)]),
        histogram("panels_request_seconds", start, [{ ...requests(start, at), exemplars: [{ at, value: 2.2, trace: `5bf92f3577b34da6a3ce929d0e0e${String(round % 10000).padStart(4, "0")}` }] }]),
        gauge("panels_cpu", PLACES.map((place, i) => ({ at, place, value: 20 + 10 * i }))),
      ]);
    };
    writing = setInterval(() => void write().catch(() => undefined), 1000);

    await check("a comparison with a day ago is drawn and read beside today", async () => {
      await opened(page, `/dashboards/live?${frozen}&compare=1d`, 9);
      await until(async () => Number(await one(1).locator(".plot").getAttribute("data-series-count")) === 4, "two series and their past");
      const box = await one(1).locator(".u-over").boundingBox();
      await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
      const tip = one(1).locator(".plot-tip");
      await until(async () => ((await tip.textContent()) ?? "").includes("(earlier)"), "the tip has both");
      equal((await tip.locator(".tip-row").allTextContents()).filter((text) => text.includes("(earlier)")).length, 2, "earlier rows");
      const form = Object.fromEntries(asked.filter((a) => a.path.endsWith("query_range") && a.form.get("query") === "panels_wave").map((a) => a.form).find((f) => Number(f.get("end")) < now - DAY / 2));
      expect(Number(form.end) <= now - DAY && Number(form.start) >= now - 600 - DAY - STEP, "the range asked lies a day earlier");
      const past = (await api("query_range", form)).result;
      const today = (await api("query_range", { ...form, start: Number(form.start) + DAY, end: Number(form.end) + DAY })).result;
      equal(past.length, today.length, "series then and now");
    });
    await check("a click on a graph keeps its tip, with the links of the nearest series", async () => {
      const box = await one(1).locator(".u-over").boundingBox();
      await page.mouse.click(box.x + box.width * 0.4, box.y + box.height / 2);
      const link = one(1).locator(".tip-links a");
      await link.waitFor();
      const [, n] = /^Look at ([ab])$/.exec(await link.textContent()) ?? [];
      const url = new URL(await link.getAttribute("href"), world.url);
      equal([url.pathname, url.searchParams.get("n"), url.searchParams.get("to")], ["/dashboards/charts", n, String(now * 1000)], "where it leads");
      expect(Number(url.searchParams.get("v")) > 0, "the value goes along");
      await page.mouse.move(box.x + box.width * 0.8, box.y + box.height / 2);
      equal(await link.count(), 1, "links while the pointer goes on");
      await page.mouse.click(box.x + box.width * 0.8, box.y + 3);
      await page.mouse.click(box.x + box.width * 0.8, box.y + 3);
      equal((await shown(7, "a.whole")).length, 2, "linked numbers");
      equal(await one(7).locator("a.whole").first().getAttribute("href"), "/dashboards/charts?n=a", "where a number leads");
    });
    await check("the kept tip of a graph is let go by Escape, and is reached and left by keyboard", async () => {
      const graph = one(1).locator(".plot");
      const [tip, link] = [one(1).locator(".plot-tip"), one(1).locator(".tip-links a")];
      await page.mouse.move(2, 2);
      await page.keyboard.press("Escape"); // what is kept from before
      await tip.waitFor({ state: "hidden" });
      const box = await one(1).locator(".u-over").boundingBox();
      await page.mouse.click(box.x + box.width * 0.4, box.y + box.height / 2);
      await link.waitFor();
      await link.focus();
      await axe(page, { what: "a board with a kept tip" });
      await page.keyboard.press("Escape");
      await tip.waitFor({ state: "hidden" });
      expect(await graph.evaluate((element) => element === document.activeElement), "the graph has the focus");
      await page.mouse.move(2, 2);
      await page.keyboard.press("ArrowLeft");
      await tip.waitFor();
      const at = await tip.locator(".num").first().textContent();
      await page.keyboard.press("ArrowLeft");
      await until(async () => (await tip.locator(".num").first().textContent()) < at, "the point before");
      const near = () => tip.locator(".near span").textContent();
      await page.keyboard.press("ArrowUp");
      const upper = await near();
      await page.keyboard.press("ArrowDown");
      expect((await near()) !== upper, "the series below");
      await page.keyboard.press("Enter");
      await link.waitFor();
      expect(await link.evaluate((element) => element === document.activeElement), "the link has the focus");
      await page.keyboard.press("Escape");
      await tip.waitFor({ state: "hidden" });
      expect(await graph.evaluate((element) => element === document.activeElement), "the focus is back");
    });
    await check("exemplars are marks that tell their trace", async () => {
      const box = await one(2).locator(".u-over").boundingBox();
      const tip = one(2).locator(".plot-tip");
      // 2.2 of an axis from 0 to 3.
      const y = box.y + box.height * (1 - 2.2 / 3);
      let text = "";
      for (let x = box.x + 4; x < box.x + box.width && !text.includes("trace_id"); x += 3) {
        await page.mouse.move(x, y);
        text = (await tip.isVisible()) ? ((await tip.textContent()) ?? "") : "";
      }
      expect(text.includes("Exemplar 2.2") && /trace_id=4bf92f3577b34da6/.test(text), `no exemplar under the pointer: ${text}`);
    });

    await check("heatmaps leave out what their filter names", async () => {
      await one(5).locator(".heatmap canvas").scrollIntoViewIfNeeded();
      const inked = (id) => one(id).locator("canvas").evaluate((canvas) => {
        // Below the labels of the axes, right of them: cells only.
        const { width, height } = canvas;
        const data = canvas.getContext("2d").getImageData(Math.round(width * 0.2), 0, Math.round(width * 0.75), Math.round(height * 0.8)).data;
        let count = 0;
        for (let i = 3; i < data.length; i += 4) if (data[i] > 0) count++;
        return count / (data.length / 4);
      });
      await until(async () => (await inked(4)) > 0.3, "all counts are drawn");
      const [all, filtered] = [await inked(4), await inked(5)];
      expect(filtered > 0.02 && filtered < all * 0.75, `drawn ${filtered} of ${all}`);
    });
    await check("native histograms are a live heatmap: values come without being asked for", async () => {
      await page.goto(`${world.url}/dashboards/live?refresh=1s`);
      const heat = one(3).locator(".heatmap");
      await heat.waitFor();
      const rows = Number(await heat.getAttribute("data-rows"));
      expect(rows >= 10, `${rows} rows of buckets`);
      const before = asked.length;
      const seen = new Set();
      await until(async () => seen.add(await heat.getAttribute("data-latest")).size >= 4, "the newest column moves");
      equal(asked.slice(before).filter((a) => a.path.endsWith("/query_range") && (a.form.get("query") ?? "").includes("panels_native")).length, 0, "range queries meanwhile");
    });
    await check("expressions are worked out over hidden queries, and stay live", async () => {
      await page.goto(`${world.url}/dashboards/live?${frozen}`);
      await until(async () => (await shown(7)).length === 2, "a number for each series");
      const form = () => Object.fromEntries(asked.filter((a) => a.path.endsWith("query_range") && a.form.get("query") === "panels_wave").at(-1).form);
      const maxima = new Map((await api("query_range", form())).result.map(({ metric, values }) => [metric.n, Math.max(...values.map(([, v]) => Number(v)))]));
      for (const { name, value } of await shown(7)) near(Number(value), maxima.get(name.replace("B ", "")), `maximum of ${name}`);
      const legend = await shown(8, ".item[data-series]");
      equal(legend.map((l) => l.series), ["C", "D"], "series of the expressions, not of their queries");
      const [a, b] = (await Promise.all(["a", "b"].map((n) => api("query_range", { ...form(), query: `panels_wave{n="${n}"}` })))).map(({ result }) => Number(result[0].values.at(-1)[1]));
      near(Number(legend[0].value), a + b * 2, "C");
      equal(Number(legend[1].value), Number(a > 50), "D");
      expect((await one(9).locator(".trouble").textContent()).includes("there is no query NOPE"), "an expression that cannot be worked out says so");
      equal(await one(9).locator(".plot").getAttribute("data-series-count"), "2", "what stands beside it is drawn");
      await page.goto(`${world.url}/dashboards/live?refresh=1s`);
      const values = new Set();
      await until(async () => values.add((await shown(8, '.item[data-series="C"]'))[0]?.value).size >= 4, "the sum moves");
    });
    await check("group by adds its label to every aggregation, and takes it away again", async () => {
      await page.goto(`${world.url}/dashboards/live?${frozen}`);
      const count = () => one(6).locator(".plot").getAttribute("data-series-count");
      await until(async () => (await count()) === "1", "one sum");
      await page.locator("#var-by").click();
      await page.getByRole("option", { name: "place", exact: true }).click();
      await until(async () => (await count()) === "3", "a sum for each place");
      expect(asked.some((a) => a.form.get("query") === "sum by (place) (panels_cpu)"), "the query says so");
      await page.getByRole("option", { name: "place", exact: true }).click();
      await until(async () => (await count()) === "1", "one sum again");
      await page.keyboard.press("Escape");
    });
    await check("a filter of several values narrows every query", async () => {
      await page.goto(`${world.url}/dashboards/live?${frozen}&var-by=place&var-filters=${encodeURIComponent("place|=__gfp__|ams|fra")}`);
      await until(async () => (await one(6).locator(".plot").getAttribute("data-series-count")) === "2", "two of three places");
      expect(asked.some((a) => a.form.get("query") === 'sum by (place) (panels_cpu{place=~"ams|fra"})'), "the query has the matcher");
    });
    await check("an expression is made in the panel's editor", async () => {
      await page.goto(`${world.url}/dashboards/live?${frozen}&editPanel=6`);
      await page.getByRole("button", { name: "Add an expression" }).click();
      await page.getByLabel("Formula").fill("$A / 2");
      await until(async () => (await one(6).locator(".item[data-series]").count()) === 2, "query and expression");
      // What it begins with, "$A", is drawn before what was typed.
      await until(async () => Math.abs(Number((await shown(6, '.item[data-series="B"]'))[0].value) - 45) < 1e-6, "half of the sum");
    });
    await check("nothing scrolls sideways on a phone, and no page threw", async () => {
      const phone = await newPage({ width: 390, height: 844 });
      for (const uid of ["charts", "live"]) {
        await phone.goto(`${world.url}/dashboards/${uid}?${frozen}`);
        await phone.waitForSelector('[data-panel][data-loaded="true"]');
        const [wide, room] = await phone.evaluate(() => [document.documentElement.scrollWidth, document.documentElement.clientWidth]);
        expect(wide <= room, `${uid} is ${wide} wide in ${room}`);
      }
      await phone.close();
      equal(errors, [], "errors");
    });
    if (SHOTS) await pictures(newPage, world, post, ["charts", "live"], frozen);
  } finally {
    clearInterval(writing);
  }
}

// Every panel of the boards, for eyes: dark and light, 1400 and 390 wide.
async function pictures(newPage, world, post, uids, frozen) {
  mkdirSync(SHOTS, { recursive: true });
  for (const name of ["panels", "fields", "transformations", "variables"]) await post("/api/dashboards/db", { dashboard: JSON.parse(readFileSync(join(ROOT, "tests/boards/coverage", `${name}.json`), "utf8")), overwrite: true });
  for (const theme of ["dark", "light"])
    for (const width of [1400, 390]) {
      const page = await newPage({ width, height: 1000 });
      await page.addInitScript((chosen) => localStorage.setItem("pharos.theme", chosen), theme);
      for (const uid of uids) {
        await page.goto(`${world.url}/dashboards/${uid}?${frozen}`);
        await page.waitForFunction(() => [...document.querySelectorAll("[data-panel]")].length > 0);
        // As tall as the board, so that every panel is asked for and drawn.
        const tall = await page.evaluate(() => Math.min(12_000, document.querySelector(".board").getBoundingClientRect().height + 200));
        await page.setViewportSize({ width, height: Math.ceil(tall) });
        await page.waitForFunction(() => [...document.querySelectorAll("[data-panel]")].every((p) => p.dataset.loaded === "true"));
        await page.waitForTimeout(700);
        await page.screenshot({ path: join(SHOTS, `${uid}-${theme}-${width}.png`) });
        await page.setViewportSize({ width, height: 1000 });
      }
      await page.close();
    }
}

await main(startWorld, run);
