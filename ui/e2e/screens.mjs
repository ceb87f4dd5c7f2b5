// What the screens Now, Regions, Services and Migrations must show at a moment, asked of the HTTP API; each entry is
// [screen, what it is, what a reader of the page collects, what the API has, how many of it the screen lists at most].
// Numbers are unrounded.
import { number } from "./oracle.mjs";

const REGION_SCORE = "max by (region) (dwcp_region_health_score)";
const FACTORS = "min by (region, factor) (dwcp_region_health_factor)";
const COMPONENTS = "min by (component, region, cluster) (dwcp_system_component_health) or 2 * min by (component, version) (dwcp_v3_component_health)";
const PAIRS = "dwcp_v3_migration_latency_seconds";
const SYNC = "histogram_quantile(0.95, sum by (cluster, remote_cluster, le) (rate(dwcp_federation_sync_duration_seconds_bucket[5m])))";
const HOUR = 3600;

export function questions(api, moment) {
  const at = async (query, time = moment) => (await api("query", { query, time })).result.map(({ metric, value }) => ({ metric, value: number(value[1]) }));
  // The screens draw on multiples of a step; the newest point of a line is the last one at or before the moment.
  const line = async (query, step, range) => {
    const end = Math.floor(moment / step) * step;
    const start = end - range;
    const { result } = await api("query_range", { query, start, end, step });
    return result.map(({ metric, values }) => {
      const known = new Map(values.map(([time, text]) => [time, number(text)]));
      return { metric, values: Array.from({ length: range / step + 1 }, (_, i) => known.get(start + i * step) ?? NaN) };
    });
  };
  const newest = async (query, step, range) => (await line(query, step, range)).map(({ metric, values }) => ({ metric, value: values.at(-1) }));
  return { at, line, newest };
}

const rowsOf = (list, ...parts) => list.map((one) => parts.map((part) => part(one)));

export function expectations(api, moment) {
  const { at, line, newest } = questions(api, moment);
  const worst = async () => {
    const out = new Map();
    for (const { metric, value } of await at(FACTORS)) if (value < 100 && !(out.get(metric.region)?.value <= value)) out.set(metric.region, { factor: metric.factor, value });
    return out;
  };
  const matrix = async () => {
    const cells = new Map();
    const found = await at(COMPONENTS);
    const placed = found.some(({ metric }) => metric.region || metric.cluster);
    for (const { metric, value } of found) {
      if (placed && !metric.region && !metric.cluster) continue;
      const key = `${metric.component} ${metric.region || metric.cluster || metric.version}`;
      if (!(cells.get(key) <= value)) cells.set(key, value);
    }
    return [...cells];
  };
  const link = (metric, fold = "max") => `${fold} by (source, destination) (${metric})`;
  const LATENCY = "histogram_quantile(0.5, sum by (source, destination, le) (rate(network_link_latency_seconds_bucket[1m])))";
  const wan = async (query) => rowsOf(await at(query), ({ metric }) => `${metric.source} ${metric.destination}`, ({ value }) => value);
  const asymmetry = async () => {
    const known = new Map(await wan(LATENCY));
    const all = new Set([...known.keys(), ...(await wan(link("network_link_packet_loss_ratio"))).map(([key]) => key)]);
    return [...all].map((key) => {
      const back = known.get(key.split(" ").reverse().join(" "));
      return [key, back > 0 ? known.get(key) / back - 1 : NaN];
    });
  };
  const service = (by, rate, errors, buckets) => async () => {
    const table = async (query) => new Map(rowsOf(await at(query), ({ metric }) => metric[by] ?? "", ({ value }) => value));
    const [failed, p50, p95, p99] = await Promise.all([errors, ...[0.5, 0.95, 0.99].map((q) => `histogram_quantile(${q}, ${buckets})`)].map(table));
    // Who has answered nothing in ten minutes is left out.
    const asked = (await line(rate, 5, 600)).filter(({ values }) => values.some((value) => value > 0));
    return rowsOf(asked.map(({ metric, values }) => ({ metric, value: values.at(-1) })), ({ metric }) => metric[by] ?? "", ({ metric, value }) => {
      const name = metric[by] ?? "";
      return [value, value > 0 ? (failed.get(name) || 0) / value : NaN, p50.get(name) ?? NaN, p95.get(name) ?? NaN, p99.get(name) ?? NaN];
    });
  };
  const only = async (query) => (await line(query, 15, HOUR))[0]?.values ?? [];
  const lines = async (query, name) => rowsOf(await line(query, 15, HOUR), ({ metric }) => name(metric), ({ values }) => values);
  const firing = async () => {
    const groups = new Map();
    for (const { metric } of await at('ALERTS{alertstate="firing"}')) groups.set(metric.alertname, (groups.get(metric.alertname) ?? 0) + 1);
    return [...groups];
  };
  const counts = async () => {
    const alerts = await at('ALERTS{alertstate="firing"}');
    const [all, down] = [await at("count(up)"), await at("count(up == 0)")];
    return [["firing", alerts.length], ["critical", alerts.filter(({ metric }) => /^(critical|page|emergency)$/.test(metric.severity ?? "")).length], ["targets", all[0]?.value ?? 0], ["down", down[0]?.value ?? 0]];
  };
  const failing = async () => {
    const bad = new Map();
    for (const { metric } of await at("min by (region, cluster, node, component) (dwcp_system_component_health) < 2")) {
      const key = `${metric.region || metric.cluster} ${metric.node}`;
      bad.set(key, [...(bad.get(key) ?? []), metric.component.toUpperCase()].sort());
    }
    const health = await at("min by (region, cluster, node) (dwcp_system_component_health)");
    const placeOf = ({ metric }) => `${metric.region || metric.cluster} ${metric.node}`;
    const heard = new Set(health.map(placeOf));
    // What spoke in the last half hour and is silent now is shown without a number.
    for (const one of await at("count by (region, cluster, node) (last_over_time(dwcp_system_component_health[30m]))")) if (!heard.has(placeOf(one))) {
      health.push({ metric: one.metric, value: NaN });
      heard.add(placeOf(one));
    }
    // Longer than that: what is to be scraped and does not answer.
    for (const { metric, value } of await at("max by (region, node) (up)")) if (metric.node && value === 0 && !heard.has(placeOf({ metric }))) health.push({ metric, value: NaN });
    return rowsOf(health.filter(({ metric }) => metric.node), ({ metric }) => `${metric.region || metric.cluster} ${metric.node}`, ({ metric, value }) => [value, (bad.get(`${metric.region || metric.cluster} ${metric.node}`) ?? []).join(" ")]);
  };
  // What each region would need to take over; the columns in the order of the screen.
  const takeover = async () => {
    const requests = "rate(dwcp_requests_total[5m])";
    const by = async (query, label) => new Map(rowsOf(await at(query), ({ metric }) => metric[label] ?? "", ({ value }) => value));
    const lag = await by("max by (region) (dwcp_db_replication_lag_seconds)", "region");
    const cpu = await by(`max by (region) (dwcp_cpu_usage_percent) * scalar(sum(${requests}) / (sum(${requests}) - max(sum by (region) (${requests}))))`, "region");
    const quorum = (await at("min(probft_quorum_availability)"))[0]?.value ?? NaN;
    const sync = await at(SYNC);
    const slowest = (region) => sync.filter(({ metric, value }) => metric.remote_cluster === region && !Number.isNaN(value)).reduce((most, { value }) => (value > most || Number.isNaN(most) ? value : most), NaN);
    return rowsOf(await newest(REGION_SCORE, 10, 1800), ({ metric }) => metric.region, ({ metric: { region }, value }) => [lag.get(region) ?? lag.get("") ?? NaN, slowest(region), cpu.get(region) ?? NaN, value, quorum]);
  };
  const CALLS = "traces_service_graph_request";
  const ends = ({ metric }) => `${metric.client} ${metric.server}`;
  const calls = async () => {
    const table = async (query) => new Map(rowsOf(await at(query), ends, ({ value }) => value));
    const quantile = (q) => table(`histogram_quantile(${q}, sum by (client, server, le) (rate(${CALLS}_server_seconds_bucket[1m]))) or histogram_quantile(${q}, sum by (client, server) (rate(${CALLS}_server_seconds[1m])))`);
    const failed = await table(`sum by (client, server) (rate(${CALLS}_failed_total[1m])) or sum by (client, server) (rate(${CALLS}_total{failed="true"}[1m]))`);
    const [p50, p95] = [await quantile(0.5), await quantile(0.95)];
    return rowsOf(await at(CALL_RATE), ends, (one) => [one.value, one.value > 0 ? (failed.get(ends(one)) || 0) / one.value : NaN, p50.get(ends(one)) ?? NaN, p95.get(ends(one)) ?? NaN]);
  };
  const CALL_RATE = `sum by (client, server) (rate(${CALLS}_total[1m]))`;
  // How long migrations took: what lies between two bounds of the histogram.
  const bars = async () => {
    const by = groups(await at(`sum by (source, destination, le) (increase(${PAIRS}_bucket[1h]))`), pair);
    return [...by].map(([name, list]) => {
      let below = 0;
      const sorted = list.sort((a, b) => number(a.metric.le) - number(b.metric.le));
      return [name, sorted.map(({ value }) => {
        const own = Math.max(0, value - below);
        below = Math.max(below, value);
        return own;
      })];
    });
  };
  const causes = async () => {
    const errors = (window) => `60 * sum by (component, error_type) (rate(dwcp_v3_component_errors_total${window}))`;
    const key = ({ metric }) => `${metric.component} ${metric.error_type}`;
    const usual = new Map(rowsOf(await at(errors("[1h] offset 5m")), key, ({ value }) => value));
    return rowsOf((await at(errors("[5m]"))).filter(({ value }) => value > 0), key, (one) => {
      const before = usual.get(key(one)) ?? NaN;
      return [one.value, before, before > 0 ? one.value / before : Infinity];
    });
  };
  const BY_MODE = "sum by (dwcp_enabled, le) (rate(dwcp_migration_duration_seconds_bucket[5m]))";
  const pair = ({ metric }) => `${metric.source ?? ""} ${metric.destination ?? ""}`;
  const pairs = async () => {
    const quantile = async (q) => new Map(rowsOf(await at(`histogram_quantile(${q}, sum by (source, destination, le) (rate(${PAIRS}_bucket[15m])))`), pair, ({ value }) => value));
    const [p50, p95] = [await quantile(0.5), await quantile(0.95)];
    return rowsOf(await at(`sum by (source, destination) (increase(${PAIRS}_count[1h]))`), pair, (one) => [one.value, p50.get(pair(one)) ?? NaN, p95.get(pair(one)) ?? NaN]);
  };
  const measure = (name) => `/regions?measure=${name}`;
  return [
    ["/", "regions: scores", scoreCards, async () => rowsOf(await newest(REGION_SCORE, 10, 1800), ({ metric }) => metric.region, ({ value }) => value)],
    ["/", "regions: half an hour of scores", sparksOf(".region", ({ dataset }) => dataset.region), async () => rowsOf(await line(REGION_SCORE, 10, 1800), ({ metric }) => metric.region, ({ values }) => values)],
    ["/", "regions: the factor that costs most", factorOfCards, async () => [...(await worst())].map(([region, { factor, value }]) => [region, [factor, value]])],
    ["/", "components by place", cells(".matrix td[data-component]", ({ component, place, value }) => [`${component} ${place}`, value]), matrix],
    ["/", "what fires, by name", cells(".firing li[data-alert]", ({ alert, value }) => [alert, value]), firing],
    ["/", "the counts in the verdict", verdictCounts, counts],
    ["/regions", "the map", cells(".world g[data-region]", ({ region, value }) => [region, value]), async () => rowsOf(await newest(REGION_SCORE, 10, 1800), ({ metric }) => metric.region, ({ value }) => value)],
    ["/regions", "scores", cells("td[data-region]", ({ region, value }) => [region, value]), async () => rowsOf(await newest(REGION_SCORE, 10, 1800), ({ metric }) => metric.region, ({ value }) => value)],
    ["/regions", "what the scores are made of", cells(".factor[data-factor]", ({ region, factor, value }) => [`${region} ${factor}`, value]), threeLowest(() => at(FACTORS))],
    ["/regions", "nodes", cells(".node[data-node]", ({ region, node, value, failing: parts }) => [`${region} ${node}`, [Number(value), parts]]), failing],
    [measure("latency"), "delay between regions", wanCells, () => wan(LATENCY)],
    [measure("loss"), "loss between regions", wanCells, () => wan(link("network_link_packet_loss_ratio"))],
    [measure("jitter"), "jitter between regions", wanCells, () => wan(link("network_link_jitter_seconds"))],
    [measure("utilization"), "utilization between regions", wanCells, () => wan(link("network_link_utilization_ratio"))],
    [measure("capacity"), "capacity between regions", wanCells, () => wan(link("network_link_capacity_bytes_per_second", "min"))],
    [measure("asymmetry"), "asymmetry between regions", wanCells, asymmetry],
    [measure("sync"), "sync of state between regions", wanCells, async () => rowsOf(await at(SYNC), ({ metric }) => `${metric.cluster} ${metric.remote_cluster}`, ({ value }) => value)],
    ["/regions", "who can take over", tableRows("table.takeover tbody tr", (row) => row[0].text), takeover],
    ["/regions", "failovers, in words", failoverWords, async () => (await at("sum(increase(dwcp_v3_failover_events_total[1h]))")).map(({ value }) => ["failovers in the last hour", [value, Math.round(value)]])],
    ["/services", "calls", tableRows("table.red:not([data-source]) tbody tr", (row) => `${row[0].title} ${row[1].title}`), calls],
    ["/services", "calls on the map", (page) => page.$$eval("g.call[data-client]", (all) => all.map((call) => [`${call.dataset.client} ${call.dataset.server}`, Number(call.querySelector("tspan[data-value]").dataset.value)])), async () => rowsOf(await at(CALL_RATE), ends, ({ value }) => value)],
    ["/services", "operations", serviceRows("dwcp"), service("operation", "sum by (operation) (rate(dwcp_requests_total[1m]))", "sum by (operation) (rate(dwcp_errors_total[1m]))", "sum by (operation, le) (rate(dwcp_request_duration_seconds_bucket[1m]))")],
    ["/services", "versions", serviceRows("front"), service("version", "sum by (version) (rate(http_requests_total[1m]))", 'sum by (version) (rate(http_requests_total{status=~"5.."}[1m]))', "sum by (version, le) (rate(http_request_duration_seconds_bucket[1m]))")],
    ["/services", "regions", serviceRows("region"), service("region", "sum by (region) (rate(dwcp_requests_total[1m]))", "sum by (region) (rate(dwcp_errors_total[1m]))", "sum by (region, le) (rate(dwcp_latency_bucket[1m]))")],
    ["/services", "handlers of this server", serviceRows("pharos"), service("handler", "sum by (handler) (rate(pharos_http_request_duration_seconds_count[1m]))", 'sum by (handler) (rate(pharos_http_requests_total{code=~"5.."}[1m]))', "sum by (handler, le) (rate(pharos_http_request_duration_seconds_bucket[1m]))")],
    ["/migrations", "tiles", cells(".migration-tile b", ({ value }, i) => [i, value]), tiles(only, (values) => values.at(-1) ?? NaN)],
    ["/migrations", "lines of the tiles", sparksOf(".migration-tile", (_, i) => i), tiles(only, (values) => values)],
    ["/migrations", "duration by mode", plot(0), () => lines(`histogram_quantile(0.95, ${BY_MODE})`, ({ dwcp_enabled }) => (dwcp_enabled === "true" ? "with DWCP" : "without"))],
    ["/migrations", "migrations by outcome", plot(1), () => lines("60 * sum by (status) (rate(dwcp_v3_migrations_total[5m]))", ({ status }) => status)],
    ["/migrations", "speed-up by kind of machine", plot(2), () => lines("avg by (vm_type) (dwcp_migration_speedup_factor)", ({ vm_type }) => vm_type)],
    ["/migrations", "between regions", pairRows, pairs],
    ["/migrations", "how durations spread", (page) => page.$$eval("tr[data-source][data-destination]", (all) => all.map((row) => [`${row.dataset.source} ${row.dataset.destination}`, [...row.querySelectorAll("rect")].map(({ dataset }) => Number(dataset.value))])), bars],
    ["/migrations", "errors by cause", tableRows('[aria-label="Errors of migration components, by cause"] tbody tr', (row) => `${row[0].text.toLowerCase()} ${row[1].text}`), causes, 12],
  ].map(([path, what, shown, wanted, most = Infinity]) => ({ path, what, shown, wanted, most }));
}

function threeLowest(ask) {
  return async () => {
    const by = groups(await ask(), ({ metric }) => metric.region);
    return [...by].flatMap(([region, list]) => list.sort((a, b) => a.value - b.value || (a.metric.factor < b.metric.factor ? -1 : 1)).slice(0, 3).map(({ metric, value }) => [`${region} ${metric.factor}`, value]));
  };
}
function groups(list, keyOf) {
  const out = new Map();
  for (const one of list) out.set(keyOf(one), [...(out.get(keyOf(one)) ?? []), one]);
  return out;
}
function tiles(only, of) {
  const bytes = (kind) => `sum(rate(dwcp_hde_bytes_${kind}_total[5m]))`;
  const all = [
    "3600 * sum(rate(dwcp_v3_migrations_total[5m]))",
    '100 * (sum(rate(dwcp_v3_migrations_total{status!~"success|completed|ok"}[5m])) or vector(0)) / sum(rate(dwcp_v3_migrations_total[5m]))',
    `histogram_quantile(0.5, sum by (le) (rate(${PAIRS}_bucket[5m])))`,
    `histogram_quantile(0.95, sum by (le) (rate(${PAIRS}_bucket[5m])))`,
    "avg(dwcp_migration_speedup_factor)",
    `${bytes("original")} - ${bytes("compressed")}`,
  ];
  return () => Promise.all(all.map(async (query, i) => [i, of(await only(query))]));
}

// Readers of a page: each gives [name, number or list] pairs.
const plain = (text) => (text === undefined || text === "" ? NaN : Number(text));
const failoverWords = async (page) =>
  (await page.$$eval(".failovers", (all) => all.map(({ dataset, textContent }) => [dataset.value, textContent]))).map(([value, text]) => {
    const [, words, said] = /(failovers.*): ([\d,.\s]+)$/.exec(text) ?? [];
    return [words, [plain(value), Number(said?.replace(/\D/g, "") ?? NaN)]];
  });
const datasets = (page, selector) => page.$$eval(selector, (all) => all.map((element) => ({ ...element.dataset })));
function cells(selector, pick) {
  return async (page) => (await datasets(page, selector)).map((data, i) => pick(data, i)).map(([name, value]) => [name, Array.isArray(value) ? value : plain(value)]);
}
const scoreCards = (page) => page.$$eval(".region", (all) => all.map((card) => [card.dataset.region, Number(card.querySelector("b[data-value]").dataset.value)]));
const factorOfCards = (page) => page.$$eval(".region", (all) => all.map((card) => [card.dataset.region, card.querySelector(".factor").dataset]).filter(([, { factor }]) => factor).map(([region, { factor, value }]) => [region, [factor, Number(value)]]));
const verdictCounts = async (page) => {
  const [{ firing, critical, targets, targetsDown }] = await datasets(page, "[data-verdict]");
  return [["firing", Number(firing)], ["critical", Number(critical)], ["targets", Number(targets)], ["down", Number(targetsDown)]];
};
const wanCells = cells(".wan td[data-source]", ({ source, destination, value }) => [`${source} ${destination}`, value]);
const serviceRows = (id) => (page) => page.$$eval(`table.red[data-source="${id}"] tr[data-row]`, (all) => all.map((row) => [row.dataset.row, [...row.querySelectorAll("td[data-value]")].map(({ dataset }) => Number(dataset.value))]));
const pairRows = (page) => page.$$eval("tr[data-source][data-destination]", (all) => all.map((row) => [`${row.dataset.source} ${row.dataset.destination}`, [...row.querySelectorAll("td[data-value]")].map(({ dataset }) => Number(dataset.value))]));
/** Rows of a table by a name made of its cells; their values are those of cells that have one. */
function tableRows(selector, name) {
  return async (page) => {
    const rows = await page.$$eval(selector, (all) => all.map((row) => [...row.cells].map((cell) => ({ text: cell.textContent.trim(), title: cell.title, value: cell.dataset.value }))));
    return rows.map((row) => [name(row), row.filter(({ value }) => value !== undefined).map(({ value }) => plain(value))]);
  };
}
function sparksOf(selector, name) {
  return async (page) => {
    const found = await page.$$eval(selector, (all) => all.map((element) => ({ dataset: { ...element.dataset }, values: Array.from(element.querySelector("canvas")?.drawn?.().rows[0].values ?? [], Number) })));
    return found.map((one, i) => [name(one, i), one.values]);
  };
}
function plot(index) {
  return async (page) => {
    const found = await page.$$eval(".migration-grid .plot", (all) => all.map((element) => (element.drawn?.().rows ?? []).map(({ name, values }) => ({ name, values: Array.from(values, Number) }))));
    return (found[index] ?? []).map(({ name, values }) => [name, values]);
  };
}
