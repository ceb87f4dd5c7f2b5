// Text as an attacker or a broken exporter writes it, in every place that takes text from outside: `node e2e/hostile.mjs` in ui/.
// Whatever a label, title, comment or name holds stands as text where it belongs: nothing runs, no page breaks, no row
// pushes the others out of sight. PHAROS_SHOTS names a folder for pictures.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { check, equal, expect, main } from "./checks.mjs";
import { gauge, send } from "./otlp.mjs";
import { HOSTILE, startWorld, until } from "./world.mjs";

const SHOTS = process.env.PHAROS_SHOTS;
const TEXTS = {
  markup: HOSTILE,
  long: `long-${"x".repeat(10_000)}`,
  words: `words ${"ten kilobytes of words ".repeat(435)}`,
  "right to left": "\u202egnp.evil\u202c \u05e9\u05dc\u05d5\u05dd \u200f!",
  nul: "before\u0000after",
  control: "line\r\nbreak\ttab\u001b[31m\u0007",
  template: "{{ .Labels }} ${__from} $region {{constructor}}",
  "url-like": "javascript:window.pwned=1//%00%zz&from=now#?q=",
};
const ALL = Object.values(TEXTS);
const LONE = "half \ud83d of a pair";

function series(at) {
  const over = (name, labels, value = (i) => i) => gauge(name, [150, 120, 90, 60, 30, 10].map((before, i) => ({ at: at - before, value: value(i * 30), ...labels })));
  return ALL.flatMap((text) => [
    over("dwcp_region_health_score", { region: text }, () => 61),
    over("dwcp_region_health_factor", { region: text, factor: text }, () => 40),
    over("dwcp_system_component_health", { cluster: text, region: text, node: text, component: text }, () => 0),
    over("dwcp_requests_total", { region: text, operation: text }),
    over("dwcp_errors_total", { region: text, operation: text }),
    over("dwcp_db_replication_lag_seconds", { region: text }, () => 90),
    over("dwcp_federation_sync_duration_seconds_bucket", { cluster: text, remote_cluster: text, le: "+Inf" }),
    over("network_link_packet_loss_ratio", { source: text, destination: `${text} ` }, () => 0.2),
    over("traces_service_graph_request_total", { client: text, server: `${text} ` }),
    over("dwcp_v3_migrations_total", { status: text }),
    over("dwcp_v3_component_errors_total", { component: text, error_type: text }),
    over("dwcp_v3_migration_latency_seconds_bucket", { source: text, destination: text, le: "5" }),
    over("dwcp_v3_migration_latency_seconds_count", { source: text, destination: text }),
    over("novacron_vm_migrations_total", { status: "failed", region: text, source_node: text }),
    over("http_requests_total", { version: text, status: "500" }),
    over("up", { job: text, instance: text }, () => 0),
    over("hostile_values", { text }, () => 3),
  ]);
}

const panel = (id, type, more = {}) => ({
  id, type, title: ALL[id % ALL.length], description: ALL[(id + 1) % ALL.length], gridPos: { x: (id % 3) * 8, y: Math.floor(id / 3) * 8, w: 8, h: 8 },
  targets: [{ refId: "A", expr: 'hostile_values{text=~"$any.*"}', ...(["table", "barchart"].includes(type) ? { format: "table", instant: true } : {}) }],
  fieldConfig: { defaults: { links: [{ title: ALL[id % ALL.length], url: "javascript:window.pwned=1" }, { title: "${__field.labels.text}", url: "/d/hostile?x=${__field.labels.text}" }], mappings: [{ type: "value", options: { 3: { text: ALL[id % ALL.length] } } }] }, overrides: [] },
  ...more,
});
const TYPES = ["timeseries", "stat", "gauge", "bargauge", "table", "barchart", "piechart", "state-timeline", "status-history", "heatmap", "histogram", "logs", "alertlist", "dashlist", "annolist"];
const CELLS = ["pill", "markdown", "image", "data-links", "color-background"]; // of tables
const HIGH = { sm: 26, md: 36, lg: 64 }; // pixels of their rows
const cells = (type, id, cellHeight) => {
  const like = panel(id, "table", { options: { cellHeight } });
  return { ...like, fieldConfig: { ...like.fieldConfig, defaults: { ...like.fieldConfig.defaults, custom: { cellOptions: { type, applyToRow: true } } } } };
};
const BOARD = {
  uid: "hostile", title: TEXTS.markup, tags: ALL.map((text) => text.slice(0, 40)), schemaVersion: 39, time: { from: "now-5m", to: "now" },
  links: [{ title: TEXTS.markup, url: "javascript:window.pwned=1", type: "link" }],
  templating: { list: [{ name: "any", label: TEXTS.markup, type: "query", query: "label_values(hostile_values, text)", includeAll: true, allValue: "", current: { text: "All", value: "$__all" }, multi: false }, { name: "nul", type: "custom", query: TEXTS.nul, current: { text: TEXTS.nul, value: TEXTS.nul } }] },
  panels: [...TYPES.map((type, id) => panel(id, type)), panel(TYPES.length, "text", { options: { mode: "markdown", content: ALL.join("\n\n") } }), panel(TYPES.length + 1, "text", { options: { mode: "html", content: HOSTILE } }), panel(TYPES.length + 2, "row", { title: TEXTS.long }), panel(TYPES.length + 3, "stat", { title: "$nul ${nul:percentencode}" }), ...CELLS.map((type, i) => cells(type, TYPES.length + 4 + i, Object.keys(HIGH)[i % 3]))],
};

const SCREENS = [
  ["/", ".region"], ["/regions", ".wan td[data-value]"], ["/services", ".red td[data-value]"], ["/migrations", ".migration-tile"],
  ["/alerts", ".alert-row[data-fingerprint]"], ["/alerts/silences", "table.silences tbody tr"], ["/alerts/rules", "table.rules tbody tr"], ["/alerts/deliveries", "tbody tr"],
  ["/alerts/oncall", ".shifts span"], ["/alerts/noise", "tbody tr"], ["/alerts/routing", ".steps li"], ["/alerts/backtest", "textarea"],
  ["/dashboards", "a"], ["/dashboards/hostile", '[data-panel][data-loaded="true"]'], ["/playlists", "main button"],
  [`/explore?q=hostile_values&from=now-5m&to=now`, ".graph-legend-box"], ["/explore?q=hostile_values&show=table", ".data-table td"],
  ["/system", ".facts dd"], ["/system/targets", "tbody tr"], ["/system/cardinality?metric=hostile_values", "tbody tr"], ["/system/queries", "tbody tr"], ["/system/config", ".flag-value"],
];
const TALLEST = 700; // pixels of one row, item or heading of a list: more would push its neighbours out of sight

/** What makes the page wider than its window: the innermost elements that stick out and that nothing clips. */
const sideways = (page) =>
  page.evaluate(() => {
    if (document.documentElement.scrollWidth === innerWidth) return [];
    // What is placed absolutely is clipped by that which it is placed in, and by what is around that.
    const around = (element) => (getComputedStyle(element).position === "absolute" ? element.offsetParent : element.parentElement);
    const clipped = (element) => element !== null && element !== document.body && (getComputedStyle(element).overflowX !== "visible" || clipped(around(element)));
    // A text may stick out of its element, which does not show in the element's own box.
    const right = (element) => {
      const range = document.createRange();
      range.selectNodeContents(element);
      return Math.max(element.getBoundingClientRect().right, getComputedStyle(element).overflowX === "visible" ? range.getBoundingClientRect().right : 0);
    };
    const out = [...document.querySelectorAll("body *")].filter((element) => right(element) > innerWidth + 1 && !clipped(around(element)));
    const innermost = out.filter((element) => !out.some((other) => other !== element && element.contains(other)));
    return [`wider: ${document.documentElement.scrollWidth}`, ...innermost.slice(0, 5).map((element) => `${element.tagName}.${element.getAttribute("class")} in ${element.parentElement.getAttribute("class")}: ${element.textContent.slice(0, 40)}`)];
  });

await main(startWorld, async (world, browser) => {
  const post = async (path, body) => {
    const response = await fetch(`${world.url}${path}`, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
    return { ok: response.ok, status: response.status, text: await response.text() };
  };
  const must = async (path, body) => {
    const answer = await post(path, body);
    expect(answer.ok, `${path}: HTTP ${answer.status} ${answer.text.slice(0, 300)}`);
  };
  await send(world.url, series(Date.now() / 1000));
  const ends = new Date(Date.now() + 3600_000).toISOString();
  for (const text of ALL) {
    await must("/api/v2/alerts", [{ labels: { alertname: text, severity: text, region: text, node: text, team: "x" }, annotations: { summary: text, runbook_url: "javascript:window.pwned=1" }, generatorURL: "javascript:window.pwned=1", endsAt: ends }]);
    await must("/api/v2/silences", { matchers: [{ name: "team", value: text, isRegex: false, isEqual: true }], startsAt: new Date().toISOString(), endsAt: ends, createdBy: text, comment: text });
    await must("/api/annotations", { time: Date.now() - 60_000, text, tags: [text.slice(0, 60)] });
  }
  await must("/api/dashboards/db", { dashboard: BOARD, overwrite: true });
  // Half a pair is no text: it comes no further than the door, or as what stands for such in Alertmanager, too.
  await must("/api/v2/alerts", [{ labels: { alertname: LONE, severity: "info" }, endsAt: ends }]);
  for (const [path, body] of [["/api/annotations", { text: LONE }], ["/api/dashboards/db", { dashboard: { ...BOARD, uid: "half", title: LONE } }]]) {
    const { status, text } = await post(path, body);
    equal([status, /surrogate/.test(text)], [400, true], `${path} with half a pair`);
  }

  for (const [path, sign] of SCREENS)
    await check(`${path}: hostile text stands as text, and breaks nothing`, async () => {
      const context = await browser.newContext({ viewport: { width: 1600, height: 1000 }, locale: "en-GB", reducedMotion: "reduce" });
      const page = await context.newPage();
      const troubles = [];
      page.on("pageerror", (error) => troubles.push(`script: ${error.message}`));
      page.on("dialog", (dialog) => (troubles.push(`a dialog: ${dialog.message()}`), dialog.dismiss()));
      page.on("console", (message) => message.type() === "error" && !/Failed to load resource/.test(message.text()) && troubles.push(`console: ${message.text().slice(0, 300)}`));
      page.on("request", (request) => !request.url().startsWith(world.url) && !/^(data|blob):/.test(request.url()) && troubles.push(`outside: ${request.url().slice(0, 200)}`));
      await page.goto(world.url + path);
      await page.waitForSelector(sign, { timeout: 60_000 });
      await page.waitForTimeout(1500); // what is asked afterwards
      for (const width of [1600, 390]) {
        await page.setViewportSize({ width, height: 1000 });
        await until(async () => (await sideways(page)).length === 0, "", 10).catch(async () => equal(await sideways(page), [], `what is wider than ${width} px`));
        if (SHOTS) {
          mkdirSync(SHOTS, { recursive: true });
          await page.screenshot({ path: join(SHOTS, `hostile${path.replace(/\W+/g, "-")}-${width}.png`) });
        }
        const tall = await page.$$eval("main :is(tr, li, h2, h3, button, a, .label, .alert-row, .region, .row, legend, header)", (all, most) => all.filter((element) => element.getBoundingClientRect().height > most && element.querySelector("tr, li, .row") === null).map((element) => `${element.tagName}.${element.className} ${Math.round(element.getBoundingClientRect().height)} px: ${element.textContent.slice(0, 60)}`), TALLEST);
        equal(tall.slice(0, 4), [], `rows that are too tall at ${width} px`);
      }
      if (path === "/dashboards/hostile")
        for (let i = 0; i < CELLS.length; i++) {
          const table = page.locator(`[data-panel="${TYPES.length + 4 + i}"]`);
          await table.scrollIntoViewIfNeeded();
          await table.locator("td[data-value]").first().waitFor();
          const high = await table.locator("tbody tr:not([aria-hidden])").evaluateAll((rows) => Math.max(...rows.map((row) => row.getBoundingClientRect().height)));
          expect(high <= Object.values(HIGH)[i % 3] + 0.5, `rows of ${CELLS[i]} cells are ${high} px high`);
        }
      equal(await page.evaluate(() => window.pwned), undefined, "script ran");
      equal(await page.$$eval("main img[src='x'], main script", (found) => found.length), 0, "elements made of text");
      equal(await page.$$eval("a[href]", (found) => found.filter((a) => /^\s*(javascript|data|vbscript):/i.test(a.getAttribute("href"))).length), 0, "links that run");
      equal(await page.locator("main .empty[role=alert]").count(), 0, "parts that broke");
      equal(troubles, [], "troubles of the page");
      await context.close();
    });
});
