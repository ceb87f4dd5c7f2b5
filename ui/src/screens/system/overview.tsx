// Ingest, storage and the process: numbers of now with where they come from.
import { build, runtime } from "../../api/server";
import { tsdbStatus } from "../../api/prometheus";
import { useApi } from "../../api/use_api";
import { Plot } from "../../charts/plot";
import { useLive } from "../../live/live";
import { Empty, Panel } from "../../parts/parts";
import { bytes, percent, seconds, short, whole } from "../../text/numbers";
import { formatAge } from "../../time/range";
import { useNow, useZone } from "../../time/use_time";
import { dateAndClock } from "../../time/zone";
import { t } from "./messages";

const SPAN = { step: 2, range: 600 };
/** One query per chart; `d` names the lines. */
const OWN = "and on (instance, job) pharos_head_series";
const CHARTS = [
  { id: "ingest", expr: 'label_replace(rate(pharos_head_samples_appended_total[30s]), "d", "samples", "", "")', format: short },
  { id: "series", expr: 'label_replace(pharos_head_series, "d", "series", "", "")', format: short },
  { id: "cpu", expr: `label_replace(100 * rate(process_cpu_seconds_total[30s]) ${OWN}, "d", "CPU", "", "")`, format: percent },
  { id: "memory", expr: `label_replace(process_resident_memory_bytes ${OWN}, "d", "resident", "", "")`, format: bytes },
  { id: "disk", expr: 'label_replace(pharos_store_part_bytes, "d", "blocks", "", "") or label_replace(pharos_journal_bytes, "d", "journal", "", "")', format: bytes },
  { id: "requests", expr: 'label_replace(sum by (instance) (rate(pharos_http_request_duration_seconds_count[30s])), "d", "requests", "", "")', format: short },
  { id: "scrapes", expr: 'label_replace(max(scrape_duration_seconds), "d", "slowest", "", "") or label_replace(avg(scrape_duration_seconds), "d", "mean", "", "")', format: seconds },
] as const;

function Chart({ id, expr, format }: (typeof CHARTS)[number]) {
  const live = useLive({ expr, ...SPAN });
  const series = live?.frame.series() ?? [];
  const several = new Set(series.map(({ metric }) => metric.instance)).size > 1;
  if (live?.answered && series.length === 0) return null;
  return (
    <Panel title={t(`chart_${id}`)} error={live?.error}>
      <Plot
        times={live?.frame.times() ?? new Float64Array()}
        series={series.map(({ metric, values }) => ({ name: [metric.d, several ? metric.instance : ""].filter(Boolean).join(" "), values, fill: 0.1 }))}
        version={live?.version ?? 0}
        height={140}
        min={0}
        format={format}
        label={t(`chart_${id}`)}
        sync="system"
      />
    </Panel>
  );
}

export function Overview() {
  const { data: info, error } = runtime.use();
  const { data: made } = build.use();
  const now = useNow();
  const zone = useZone();
  const tsdb = useApi("tsdb 1", (signal) => tsdbStatus(1, { signal }), { every: 15_000 });
  const head = tsdb.data?.headStats;
  const at = (text: string | undefined) => (text ? Date.parse(text) / 1000 : NaN);
  const rows: [string, string, string?][] = [
    [t("version"), made ? `${made.application} ${made.version} ${made.revision.slice(0, 12)}` : "–", made?.goVersion],
    [t("host"), info?.hostname ?? "–", info?.CWD],
    [t("upFor"), info ? formatAge(now - at(info.startTime)) : "–", info && dateAndClock(at(info.startTime), zone)],
    [t("configLoaded"), info ? (info.reloadConfigSuccess ? t("ago", { span: formatAge(now - at(info.lastConfigTime)) }) : t("configFailed")) : "–", info?.lastConfigError],
    [t("retention"), info?.storageRetention ?? "–"],
    [t("series"), head ? whole(head.numSeries) : "–"],
    [t("labelPairs"), head ? whole(head.numLabelPairs) : "–"],
    [t("chunks"), head ? whole(head.chunkCount) : "–"],
    [t("oldest"), head && head.minTime > 0 && head.minTime < 9e15 ? dateAndClock(head.minTime / 1000, zone) : "–"],
    [t("newest"), head && head.maxTime > 0 && head.maxTime < 9e15 ? dateAndClock(head.maxTime / 1000, zone) : "–"],
    [t("corruptions"), info ? whole(info.corruptionCount) : "–"],
    [t("threads"), info ? `${info.goroutineCount} / ${t("cores", { n: info.GOMAXPROCS })}` : "–"],
  ];
  return (
    <div className="column">
      <Panel title={t("server")} error={error ?? tsdb.error}>
        <dl className="facts">
          {rows.map(([name, value, title]) => (
            <div key={name} title={title}>
              <dt className="dim">{name}</dt>
              <dd className="num cut">{value}</dd>
            </div>
          ))}
        </dl>
        {info?.lastConfigError && (
          <pre className="trouble" role="alert">
            {info.lastConfigError}
          </pre>
        )}
      </Panel>
      <div className="chart-grid">
        {CHARTS.map((chart) => (
          <Chart key={chart.id} {...chart} />
        ))}
        <Jobs />
      </div>
    </div>
  );
}

/** How much each job brings. */
function Jobs() {
  const live = useLive({ expr: 'sum by (job) (scrape_samples_scraped)', step: 5, range: 0 });
  const rows = (live?.frame.series() ?? []).map(({ metric, values }) => ({ job: metric.job ?? "", value: values[values.length - 1] ?? NaN })).sort((a, b) => b.value - a.value);
  return (
    <Panel title={t("perJob")} error={live?.error} flush>
      {live?.answered && rows.length === 0 ? (
        <Empty title={t("noJobs")} />
      ) : (
        <table className="table">
          <thead>
            <tr>
              <th>{t("job")}</th>
              <th className="number">{t("samplesPerScrape")}</th>
            </tr>
          </thead>
          <tbody>
            {rows.slice(0, 8).map(({ job, value }) => (
              <tr key={job}>
                <td>{job}</td>
                <td className="number" data-value={value}>
                  {whole(value)}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </Panel>
  );
}
