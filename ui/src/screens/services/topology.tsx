// The topology: which metric names both ends, the map of it, and the same as a table.
import { lazy, Suspense, useMemo } from "react";
import { useCommands } from "../../commands/commands";
import { at } from "../../base";
import { useLive, type Live } from "../../live/live";
import { Mark } from "../../parts/icons";
import { Boundary, Empty, Panel, ScrollTable } from "../../parts/parts";
import { percent, seconds, short } from "../../text/numbers";
import { useSearchParameter } from "../../time/use_time";
import { Asked } from "../links";
import { edgeSources, narrowed, topologyOf, type EdgeSource, type Topology as Calls } from "./edges";
import { t } from "./messages";

const TopologyMap = lazy(() => import("./topology_map"));
const NEWEST = { step: 5, range: 0 };
const ROWS_MAX = 60;
const rows = (live: Live | undefined) => live?.frame.series() ?? [];

/** Which of the sources has series: one question for all. */
const THERE = edgeSources.map(({ id, rate }) => `label_replace(count(${rate}), "source", "${id}", "", "")`).join(" or ");

export function Topology() {
  const there = useLive({ expr: THERE, ...NEWEST });
  const found = rows(there).map(({ metric }) => metric.source);
  const sources = edgeSources.filter(({ id }) => found.includes(id));
  const [picked, setPicked] = useSearchParameter("calls");
  const source = sources.find(({ id }) => id === picked) ?? sources[0];
  if (!there?.answered && !there?.error) return null;
  if (!source)
    return (
      <Panel title={t("topology")} error={there.error}>
        <HowToSend />
      </Panel>
    );
  return <Graph key={source.id} source={source} sources={sources} onPick={(id) => setPicked(id === sources[0]?.id ? undefined : id)} />;
}

function Graph({ source, sources, onPick }: { source: EdgeSource; sources: readonly EdgeSource[]; onPick: (id: string) => void }) {
  const rate = useLive({ expr: source.rate, ...NEWEST });
  const errors = useLive({ expr: source.errors, ...NEWEST });
  const p50 = useLive({ expr: source.p50, ...NEWEST });
  const p95 = useLive({ expr: source.p95, ...NEWEST });
  const all = useMemo(() => topologyOf({ rate: rows(rate), errors: rows(errors), p50: rows(p50), p95: rows(p95) }, source.failuresCounted), [source, rate, errors, p50, p95]);
  const [only, setOnly] = useSearchParameter("only");
  const [service, setService] = useSearchParameter("service");
  const onlyFailing = only === "failing";
  const toggle = () => setOnly(onlyFailing ? undefined : "failing");
  useCommands([
    { id: "services-failing", name: t("onlyFailing"), group: t("group"), keys: "f", run: toggle },
    { id: "services-all", name: t("allServices"), group: t("group"), keys: "escape", run: () => setService(undefined) },
  ]);
  const chosen = all.nodes.some(({ name }) => name === service) ? service : undefined;
  const drawn = narrowed(all, { onlyFailing, service: undefined });
  const listed = narrowed(all, { onlyFailing, service: chosen });
  const failing = all.edges.filter(({ tone }) => tone === "warning" || tone === "critical").length;
  return (
    <Panel
      title={t("topology")}
      error={[rate, errors, p50, p95].map((live) => live?.error).find(Boolean)}
      flush
      extra={
        <>
          {rate?.answered && <span className="dim num calls-count">{t("callsFailing", { bad: failing, n: all.edges.length })}</span>}
          {chosen && (
            <button type="button" className="button small" onClick={() => setService(undefined)}>
              {chosen} ✕
            </button>
          )}
          <button type="button" className="button small" aria-pressed={onlyFailing} onClick={toggle}>
            {t("onlyFailing")}
          </button>
          {sources.length > 1 && (
            <select className="input" aria-label={t("callsBy")} value={source.id} onChange={(event) => onPick(event.target.value)}>
              {sources.map(({ id }) => (
                <option key={id} value={id}>
                  {t(`calls_${id}`)}
                </option>
              ))}
            </select>
          )}
        </>
      }
    >
      {drawn.edges.length === 0 ? (
        rate?.answered && <Empty title={t(all.edges.length ? "noCallFails" : "noCalls")} />
      ) : (
        <>
          <div className="topology-box" tabIndex={0} role="region" aria-label={t("topology")}>
            <Boundary>
              <Suspense>
                <TopologyMap topology={drawn} chosen={chosen} onChoose={setService} />
              </Suspense>
            </Boundary>
          </div>
          <Table calls={listed} source={source} />
        </>
      )}
    </Panel>
  );
}

function Table({ calls, source }: { calls: Calls; source: EdgeSource }) {
  return (
    <ScrollTable label={t("calls")} kind="stack red calls">
      <thead>
        <tr>
          <th>{t("caller")}</th>
          <th>{t("called")}</th>
          {(["rate", "errors"] as const).map((name) => (
            <th key={name} className="number">
              <Asked expr={source[name]}>{t(name)}</Asked>
            </th>
          ))}
          {(["p50", "p95"] as const).map((name) => (
            <th key={name} className="number">
              <Asked expr={source[name]}>{name}</Asked>
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {calls.edges.slice(0, ROWS_MAX).map((edge) => (
          <tr key={`${edge.client} ${edge.server}`}>
            <td className="cut name" title={edge.client}>
              <Mark tone={edge.tone} /> {edge.client}
            </td>
            <td className="cut name" data-label="→" title={edge.server}>
              {edge.server}
            </td>
            <td className="number" data-label={t("rate")} data-value={edge.rate}>
              {short(edge.rate)}
            </td>
            <td className={`number ${edge.tone === "ok" ? "" : `tone-${edge.tone}`}`} data-label={t("errors")} data-value={edge.errors}>
              {percent(edge.errors * 100)}
            </td>
            <td className="number" data-label="p50" data-value={edge.p50}>
              {seconds(edge.p50)}
            </td>
            <td className="number" data-label="p95" data-value={edge.p95}>
              {seconds(edge.p95)}
            </td>
          </tr>
        ))}
      </tbody>
    </ScrollTable>
  );
}

/** What to send so that this screen can draw: the address is this server's own. */
function HowToSend() {
  const origin = `${location.origin}${at("")}`.replace(/\/$/, "");
  const collector = `connectors:\n  servicegraph: {}\nexporters:\n  otlphttp: {endpoint: ${origin}}\nservice:\n  pipelines:\n    traces: {receivers: [otlp], exporters: [servicegraph]}\n    metrics: {receivers: [servicegraph], exporters: [otlphttp]}`;
  return (
    <Empty title={t("noEdges")}>
      <span>{t("noEdgesWhy")}</span>
      <span>{t("sendCollector")}</span>
      <pre tabIndex={0}>{collector}</pre>
      <span>{t("sendOthers")}</span>
      <code>traces_service_graph_request_total · istio_requests_total · dwcp_lb_requests_total · circuit_breaker_requests_total</code>
    </Empty>
  );
}
