// What the server is asked: running and past queries with what they cost, and how to stop one.
import { useMemo } from "react";
import { ask } from "../../api/client";
import { queryLog, type FollowedQuery, type QueryRecord } from "../../api/prometheus";
import { useApi } from "../../api/use_api";
import { useMayChange } from "../../parts/may_change";
import { Chip, Empty, LeftOut, Panel, ScrollTable } from "../../parts/parts";
import { toast } from "../../parts/toast";
import { bytes, percent, seconds, short, whole } from "../../text/numbers";
import { formatAge, formatDuration } from "../../time/range";
import { useNow, useSearchParameter, useZone } from "../../time/use_time";
import { dateAndClock } from "../../time/zone";
import { Expression } from "../links";
import { t } from "./messages";

const SORTS = ["began", "elapsedSeconds", "samples", "peakBytes"] as const;
type Sort = (typeof SORTS)[number];
const ORDERS = { began: "latestFirst", elapsedSeconds: "longest", samples: "mostSamples", peakBytes: "mostMemory" } as const satisfies Record<Sort, string>;
const SHOWN_MAX = 200;

/** Who asks, without the port of the one connection. */
const sourceOf = ({ source }: QueryRecord) => source.replace(/:\d+$/, "");

export function QueryLog() {
  const change = useMayChange();
  const { data: lists, error, again } = useApi("queries", (signal) => queryLog({ signal }), { every: 3000 });
  const data = lists?.queries;
  const [by, setBy] = useSearchParameter("sort");
  const sort = SORTS.find((one) => one === by) ?? "began";
  const [source = "", setSource] = useSearchParameter("source");
  const [query = "", setQuery] = useSearchParameter("q");
  const now = useNow();
  const zone = useZone();
  // The one that is chosen is among them while no query has it: the list says what it is filtered by.
  const sources = useMemo(() => [...new Set([...(data ?? []).map(sourceOf), ...(source ? [source] : [])])].sort(), [data, source]);
  const shown = useMemo(() => {
    const value = (record: QueryRecord) => (sort === "began" ? Date.parse(record.began) : record[sort]);
    return (data ?? [])
      .filter((record) => (!source || sourceOf(record) === source) && record.query.toLowerCase().includes(query.toLowerCase()))
      .sort((a, b) => Number(b.state === "running") - Number(a.state === "running") || value(b) - value(a));
  }, [data, sort, source, query]);
  const stop = async (id: number) => {
    try {
      await ask(`status/queries/${id}/kill`, {}, { method: "POST" });
      toast(t("stopped"), "ok");
    } catch (failure) {
      toast(failure instanceof Error ? failure.message : String(failure), "critical");
    }
    again();
  };
  const order = (id: string) => setBy(id === "began" ? undefined : id);
  const head = (id: Sort, name: string) => (
    <th className="number" aria-sort={sort === id ? "descending" : "none"}>
      <button type="button" onClick={() => order(id)}>
        {name} {sort === id ? "↓" : ""}
      </button>
    </th>
  );
  return (
    <div className="column">
      <LiveQueries all={lists?.live ?? []} />
      <Panel
        title={t("queries")}
        error={error}
        flush
        extra={
          <>
            <input className="input" placeholder={t("filter")} aria-label={t("filter")} value={query} onChange={(event) => setQuery(event.target.value || undefined)} />
            <select className="input" aria-label={t("source")} value={source} onChange={(event) => setSource(event.target.value || undefined)}>
              <option value="">{t("allSources")}</option>
              {sources.map((one) => (
                <option key={one}>{one}</option>
              ))}
            </select>
            <select className="input when-stacked" aria-label={t("order")} value={sort} onChange={(event) => order(event.target.value)}>
              {SORTS.map((id) => (
                <option key={id} value={id}>
                  {t(ORDERS[id])}
                </option>
              ))}
            </select>
          </>
        }
      >
        {data && shown.length === 0 ? (
          <Empty title={t(data.length > 0 ? "noneMatch" : "noQueries")} />
        ) : (
          <ScrollTable label={t("queries")} kind="stack">
            <thead>
              <tr>
                <th>{t("state")}</th>
                <th>{t("query")}</th>
                <th>{t("source")}</th>
                <th className="number">{t("width")}</th>
                {head("elapsedSeconds", t("took"))}
                {head("samples", t("samples"))}
                {head("peakBytes", t("peak"))}
                {head("began", t("began"))}
                <th />
              </tr>
            </thead>
            <tbody>
              {shown.slice(0, SHOWN_MAX).map((record) => (
                <tr key={record.id}>
                  <td>
                    <Chip tone={record.state === "running" ? "info" : record.error ? "critical" : "unknown"}>{t(record.state === "running" ? "running" : record.error ? "failed" : "done")}</Chip>
                  </td>
                  <td className="query full">
                    <Expression expr={record.query} />
                    {record.error && <div className="tone-critical">{record.error}</div>}
                  </td>
                  <td className="nowrap">{record.source}</td>
                  <td className="number">{record.end > record.start ? formatDuration(record.end - record.start) : t("instant")}</td>
                  <td className="number" data-label={t("took")} data-value={record.elapsedSeconds}>{seconds(record.elapsedSeconds)}</td>
                  <td className="number" data-label={t("samples")} data-value={record.samples}>{short(record.samples)}</td>
                  <td className="number" data-label={t("peak")} data-value={record.peakBytes}>{bytes(record.peakBytes)}</td>
                  <td className="number" data-label={t("began")} title={dateAndClock(Date.parse(record.began) / 1000, zone)}>
                    {formatAge(now - Date.parse(record.began) / 1000)}
                  </td>
                  <td>
                    {record.state === "running" && (
                      <button type="button" className="button small danger" {...change.button()} onClick={() => void stop(record.id)}>
                        {t("stop")}
                      </button>
                    )}
                  </td>
                </tr>
              ))}
            </tbody>
          </ScrollTable>
        )}
        <LeftOut shown={SHOWN_MAX} all={shown.length} />
      </Panel>
    </div>
  );
}

/** The dearest first, as the server gives them: by the share of a core their steps take. */
function LiveQueries({ all }: { all: readonly FollowedQuery[] }) {
  if (all.length === 0) return null;
  return (
    <Panel title={t("liveQueries")} flush extra={<span className="dim">{t("liveWhy")}</span>}>
      <div className="table-scroll live-queries" tabIndex={0} role="region" aria-label={t("liveQueries")}>
        <table className="table">
          <thead>
            <tr>
              <th>{t("query")}</th>
              <th className="number">{t("coreShare")}</th>
              <th className="number">{t("took")}</th>
              <th className="number">{t("everyStep")}</th>
              <th className="number">{t("samples")}</th>
              <th className="number">{t("followers")}</th>
              <th className="number">{t("evaluations")}</th>
              <th className="number">{t("leftOut")}</th>
              <th className="number">{t("failures")}</th>
            </tr>
          </thead>
          <tbody>
            {all.slice(0, SHOWN_MAX).map((query) => (
              <tr key={`${query.stepSeconds} ${query.query}`}>
                <td className="query">
                  <Expression expr={query.query} />
                  {query.error && <div className="tone-critical">{query.error}</div>}
                </td>
                <td className="number" data-value={query.elapsedSeconds / query.stepSeconds}>{percent((100 * query.elapsedSeconds) / query.stepSeconds)}</td>
                <td className="number" data-value={query.elapsedSeconds}>{seconds(query.elapsedSeconds)}</td>
                <td className="number" data-value={query.stepSeconds}>{formatDuration(query.stepSeconds)}</td>
                <td className="number" data-value={query.samples}>{short(query.samples)}</td>
                <td className="number" data-value={query.followers}>{whole(query.followers)}</td>
                <td className="number" data-value={query.evaluations}>{whole(query.evaluations)}</td>
                <td className="number" data-value={query.skipped}>{whole(query.skipped)}</td>
                <td className={`number ${query.failures ? "tone-critical" : ""}`} data-value={query.failures}>{whole(query.failures)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <LeftOut shown={SHOWN_MAX} all={all.length} />
    </Panel>
  );
}
