// What the screens Now, Regions, Services and Migrations must show at a moment, asked of the HTTP API; each entry is
// [screen, what a reader of the page collects, what the API has]. Lists are sorted, numbers unrounded.
import { number } from "./oracle.mjs";

const REGION_SCORE = "max by (region) (dwcp_region_health_score)";
const FACTORS = "min by (region, factor) (dwcp_region_health_factor)";
const COMPONENTS = "min by (component, region, cluster) (dwcp_system_component_health) or 2 * min by (component, version) (dwcp_v3_component_health)";
const PAIRS = "dwcp_v3_migration_latency_seconds";
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
    return rowsOf(await newest(rate, 5, 600), ({ metric }) => metric[by] ?? "", ({ metric, value }) => {
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
    for (const one of await at("count by (region, cluster, node) (last_over_time(dwcp_system_component_health[30m]))")) if (!heard.has(placeOf(one))) health.push({ metric: one.metric, value: NaN });
    return rowsOf(health.filter(({ metric }) => metric.node), ({ metric }) => `${metric.region || metric.cluster} ${metric.node}`, ({ metric, value }) => [value, (bad.get(`${metric.region || metric.cluster} ${metric.node}`) ?? []).join(" ")]);
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
  ].map(([path, what, shown, wanted]) => ({ path, what, shown, wanted }));
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
