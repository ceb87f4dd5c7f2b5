// Migrations of virtual machines: how many, how long, how much faster with DWCP, and between which regions.
import { useMemo } from "react";
import "./migrations.css";
import { Plot } from "../../charts/plot";
import { Sparkline } from "../../charts/sparkline";
import { useLive, type Live } from "../../live/live";
import { Empty, Panel, ScrollTable } from "../../parts/parts";
import { byteRate, percent, seconds, short, whole } from "../../text/numbers";
import { lastOf } from "../now/facts";
import { Causes, FailingNodes } from "./causes";
import { pairKey, spreads, type Bar } from "./spread";
import { t } from "./messages";

const SPAN = { step: 15, range: 3600 };
const NEWEST = { step: 15, range: 0 };
const BY_MODE = "sum by (dwcp_enabled, le) (rate(dwcp_migration_duration_seconds_bucket[5m]))";
const BY_PAIR = "dwcp_v3_migration_latency_seconds";

const NO_TIMES = new Float64Array();
const times = (value: number) => (Number.isNaN(value) ? "–" : `${short(value)} ×`);
const rows = (live: Live | undefined) => live?.frame.series() ?? [];
const only = (live: Live | undefined) => rows(live)[0]?.values ?? new Float64Array();

function Tile({ name, live, format, color }: { name: string; live: Live | undefined; format: (value: number) => string; color: string }) {
  const values = only(live);
  const value = lastOf(values);
  return (
    <div className="panel migration-tile">
      <h2 className="dim">{name}</h2>
      <b className="big num" data-value={value}>
        {format(value)}
      </b>
      <Sparkline times={live?.frame.times() ?? NO_TIMES} values={values} version={live?.version ?? 0} color={color} min={0} label={`${name}: ${format(value)}`} />
    </div>
  );
}

function Lines({ title, live, name, format, color }: { title: string; live: Live | undefined; name: (metric: Readonly<Record<string, string>>) => string; format: (value: number) => string; color?: (metric: Readonly<Record<string, string>>) => string }) {
  const series = rows(live).map(({ metric, values }) => ({ name: name(metric), values, ...(color ? { color: color(metric) } : {}) }));
  return (
    <Panel title={title} error={live?.error}>
      {live?.answered && series.length === 0 ? (
        <Empty title={t("nothingHere")} />
      ) : (
        <Plot times={live?.frame.times() ?? new Float64Array()} series={series} version={live?.version ?? 0} height={170} min={0} format={format} label={title} sync="migrations" />
      )}
    </Panel>
  );
}

/** Bars of one pair, all buckets of its histogram from the shortest on; the height is the share. */
function Spread({ bars }: { bars: readonly Bar[] }) {
  const all = bars.reduce((sum, { count }) => sum + count, 0);
  if (!(all > 0)) return null;
  const most = Math.max(...bars.map(({ count }) => count));
  const text = bars.filter(({ count }) => count >= 0.5).map(({ from, to, count }) => t("spreadBar", { from: seconds(from), to: to === Infinity ? t("endless") : seconds(to), n: whole(count) }));
  return (
    <svg className="spread" viewBox={`0 0 ${bars.length * 8} 18`} role="img" aria-label={text.join("; ")}>
      <title>{text.join("\n")}</title>
      <path d={`M0 17.5H${bars.length * 8}`} className="ground" />
      {bars.map(({ to, count }, i) => {
        const height = count > 0 ? Math.max(1, (count / most) * 16) : 0;
        return <rect key={to} x={i * 8 + 1} y={17 - height} width={6} height={height} data-value={count} />;
      })}
    </svg>
  );
}

function Pairs() {
  const count = useLive({ expr: `sum by (source, destination) (increase(${BY_PAIR}_count[1h]))`, ...NEWEST });
  const median = useLive({ expr: `histogram_quantile(0.5, sum by (source, destination, le) (rate(${BY_PAIR}_bucket[15m])))`, ...NEWEST });
  const tail = useLive({ expr: `histogram_quantile(0.95, sum by (source, destination, le) (rate(${BY_PAIR}_bucket[15m])))`, ...NEWEST });
  const buckets = useLive({ expr: `sum by (source, destination, le) (increase(${BY_PAIR}_bucket[1h]))`, ...NEWEST });
  const list = useMemo(() => {
    const of = (live: Live | undefined) => new Map(rows(live).map(({ metric, values }) => [pairKey(metric), lastOf(values)]));
    const [p50, p95] = [of(median), of(tail)];
    const bars = spreads(rows(buckets));
    return rows(count)
      .map(({ metric, values }) => ({ source: metric.source ?? "", destination: metric.destination ?? "", count: lastOf(values), p50: p50.get(pairKey(metric)) ?? NaN, p95: p95.get(pairKey(metric)) ?? NaN, bars: bars.get(pairKey(metric)) ?? [] }))
      .sort((a, b) => (b.p95 || 0) - (a.p95 || 0) || b.count - a.count);
  }, [count, median, tail, buckets]);
  return (
    <Panel title={t("pairs")} error={count?.error ?? median?.error ?? tail?.error} flush>
      {count?.answered && list.length === 0 ? (
        <Empty title={t("nothingHere")} />
      ) : (
        <ScrollTable label={t("pairs")} kind="stack">
          <thead>
            <tr>
              <th>{t("from")}</th>
              <th>{t("to")}</th>
              <th className="number">{t("lastHour")}</th>
              <th>{t("spread")}</th>
              <th className="number">p50</th>
              <th className="number">p95</th>
            </tr>
          </thead>
          <tbody>
            {list.slice(0, 60).map((row) => (
              <tr key={`${row.source} ${row.destination}`} data-source={row.source} data-destination={row.destination}>
                <td>
                  <span className="clamp" title={row.source}>
                    {row.source}
                  </span>
                </td>
                <td data-label="→">
                  <span className="clamp" title={row.destination}>
                    {row.destination}
                  </span>
                </td>
                <td className="number" data-label={t("lastHour")} data-value={row.count}>
                  {whole(row.count)}
                </td>
                <td>
                  <Spread bars={row.bars} />
                </td>
                <td className="number" data-label="p50" data-value={row.p50}>
                  {seconds(row.p50)}
                </td>
                <td className="number" data-label="p95" data-value={row.p95}>
                  {seconds(row.p95)}
                </td>
              </tr>
            ))}
          </tbody>
        </ScrollTable>
      )}
    </Panel>
  );
}

export default function Migrations() {
  const perHour = useLive({ expr: "3600 * sum(rate(dwcp_v3_migrations_total[5m]))", ...SPAN });
  const failing = useLive({ expr: '100 * (sum(rate(dwcp_v3_migrations_total{status!~"success|completed|ok"}[5m])) or vector(0)) / sum(rate(dwcp_v3_migrations_total[5m]))', ...SPAN });
  const median = useLive({ expr: `histogram_quantile(0.5, sum by (le) (rate(${BY_PAIR}_bucket[5m])))`, ...SPAN });
  const tail = useLive({ expr: `histogram_quantile(0.95, sum by (le) (rate(${BY_PAIR}_bucket[5m])))`, ...SPAN });
  const faster = useLive({ expr: "avg(dwcp_migration_speedup_factor)", ...SPAN });
  const saved = useLive({ expr: "sum(rate(dwcp_hde_bytes_original_total[5m])) - sum(rate(dwcp_hde_bytes_compressed_total[5m]))", ...SPAN });
  const byMode = useLive({ expr: `histogram_quantile(0.95, ${BY_MODE})`, ...SPAN });
  const byStatus = useLive({ expr: "60 * sum by (status) (rate(dwcp_v3_migrations_total[5m]))", ...SPAN });
  const byType = useLive({ expr: "avg by (vm_type) (dwcp_migration_speedup_factor)", ...SPAN });
  const all = [perHour, median, faster, byMode];
  if (all.every((live) => live?.answered && live.frame.series().length === 0))
    return (
      <section className="panel">
        <Empty title={t("nothing")}>
          <span>{t("nothingWhy")}</span>
          <code>dwcp_migration_duration_seconds · dwcp_v3_migrations_total · dwcp_v3_migration_latency_seconds</code>
        </Empty>
      </section>
    );
  return (
    <div className="column">
      <div className="migration-tiles">
        <Tile name={t("perHour")} live={perHour} format={short} color="var(--c0)" />
        <Tile name={t("failing")} live={failing} format={percent} color="var(--c3)" />
        <Tile name={t("median")} live={median} format={seconds} color="var(--c2)" />
        <Tile name={t("tail")} live={tail} format={seconds} color="var(--c1)" />
        <Tile name={t("faster")} live={faster} format={times} color="var(--c4)" />
        <Tile name={t("saved")} live={saved} format={byteRate} color="var(--c5)" />
      </div>
      <div className="migration-grid">
        <Lines title={t("byMode")} live={byMode} name={(metric) => t(metric.dwcp_enabled === "true" ? "withDwcp" : "withoutDwcp")} format={seconds} />
        <Lines title={t("byStatus")} live={byStatus} name={(metric) => metric.status ?? ""} format={short} color={({ status = "" }) => (/^(success|completed|ok)$/.test(status) ? "var(--ok)" : "var(--critical)")} />
        <Lines title={t("byType")} live={byType} name={(metric) => metric.vm_type ?? ""} format={times} />
        <Pairs />
        <Causes />
        <FailingNodes />
      </div>
    </div>
  );
}
