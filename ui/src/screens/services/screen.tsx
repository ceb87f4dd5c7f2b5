// Who calls whom, and what answers requests: how many, how many fail, how long they take; the worst on top.
import "./services.css";
import { Sparkline } from "../../charts/sparkline";
import { useLive } from "../../live/live";
import { Mark } from "../../parts/icons";
import { Empty, Panel } from "../../parts/parts";
import { percent, seconds, short } from "../../text/numbers";
import { t } from "./messages";
import { Topology } from "./topology";
import { errorTone, rowsOf, sources, type Source } from "./red";

const SPAN = { step: 5, range: 600 };
const NEWEST = { step: 5, range: 0 };
const NO_TIMES = new Float64Array();

function useRows(source: Source) {
  const rate = useLive({ expr: source.rate, ...SPAN });
  const errors = useLive({ expr: source.errors, ...NEWEST });
  const p50 = useLive({ expr: `histogram_quantile(0.5, ${source.buckets})`, ...NEWEST });
  const p95 = useLive({ expr: `histogram_quantile(0.95, ${source.buckets})`, ...NEWEST });
  const p99 = useLive({ expr: `histogram_quantile(0.99, ${source.buckets})`, ...NEWEST });
  const of = (live: typeof rate) => live?.frame.series() ?? [];
  return {
    rows: rowsOf(source.by, { rate: of(rate), errors: of(errors), p50: of(p50), p95: of(p95), p99: of(p99) }),
    times: rate?.frame.times() ?? NO_TIMES,
    version: rate?.version ?? 0,
    answered: Boolean(rate?.answered || rate?.error),
    error: [rate, errors, p50, p95, p99].map((live) => live?.error).find(Boolean),
  };
}

function RedTable({ source }: { source: Source }) {
  const { rows, times, version, answered, error } = useRows(source);
  if (!answered || (rows.length === 0 && !error)) return null;
  const name = t(`source_${source.id as "dwcp"}`);
  // DWCP's older histogram is in milliseconds.
  const scale = source.id === "region" ? 1 / 1000 : 1;
  return (
    <Panel title={name} error={error} flush>
      <div className="table-scroll" tabIndex={0} role="region" aria-label={name}>
        <table className="table stack red" data-source={source.id}>
          <thead>
            <tr>
              <th>{t(`by_${source.by as "operation"}`)}</th>
              <th className="number">{t("rate")}</th>
              <th className="trend">{t("trend")}</th>
              <th className="number">{t("errors")}</th>
              <th className="number">p50</th>
              <th className="number">p95</th>
              <th className="number">p99</th>
            </tr>
          </thead>
          <tbody>
            {rows.slice(0, 40).map((row) => {
              const tone = errorTone(row.errors);
              return (
                <tr key={row.name} data-row={row.name}>
                  <td className="cut name full" title={row.name}>
                    <Mark tone={tone} /> {row.name || "–"}
                  </td>
                  <td className="number" data-label={t("rate")} data-value={row.rate}>
                    {short(row.rate)}
                  </td>
                  <td className="trend">
                    <Sparkline times={times} values={row.history} version={version} height={18} min={0} label={`${row.name}: ${short(row.rate)}`} />
                  </td>
                  <td className={`number ${tone === "ok" ? "" : `tone-${tone}`}`} data-label={t("errors")} data-value={row.errors}>
                    {percent(row.errors * 100)}
                  </td>
                  {([row.p50, row.p95, row.p99] as const).map((value, i) => (
                    <td key={i} className="number" data-label={["p50", "p95", "p99"][i]} data-value={value}>
                      {seconds(value * scale)}
                    </td>
                  ))}
                </tr>
              );
            })}
          </tbody>
        </table>
      </div>
    </Panel>
  );
}

export default function Services() {
  const any = useLive({ expr: "count({__name__=~\"dwcp_requests_total|http_requests_total|pharos_http_request_duration_seconds_count\"})", ...NEWEST });
  return (
    <div className="column">
      <Topology />
      <div className="services">
        {any?.answered && any.frame.series().length === 0 && (
          <section className="panel">
            <Empty title={t("nothing")}>
              <span>{t("nothingWhy")}</span>
              <code>dwcp_requests_total · http_requests_total</code>
            </Empty>
          </section>
        )}
        {sources.map((source) => (
          <RedTable key={source.id} source={source} />
        ))}
      </div>
    </div>
  );
}
