// Explore: any query, over the range of the page, as a graph, table or heatmap; how it is put together, what it
// will cost, and what rule it could become.
import "../../panels/panels.css";
import "../dashboards/dashboards.css";
import "./explore.css";
import { lazy, Suspense, useEffect, useMemo, useRef, useState, useSyncExternalStore } from "react";
import { Link, useSearch } from "wouter";
import { navigate } from "wouter/use-browser-location";
import { ask } from "../../api/client";
import { useScrapeInterval } from "../../api/datasource";
import { useCommands } from "../../commands/commands";
import { Icon } from "../../parts/icons";
import { Panel as Box, Tabs } from "../../parts/parts";
import { theme, watchPreferences } from "../../preferences";
import { absolute } from "../../time/range";
import { setSearch, usePanelRange, useRangeNow, useTimeChoice } from "../../time/use_time";
import { seconds, short } from "../../text/numbers";
import type { Panel } from "../../dashboard/model/board";
import { importBoard } from "../../dashboard/model/import_board";
import { refIdOf } from "../../dashboard/model/regular_panel";
import { roundStep } from "../../dashboard/model/intervals";
import { durationMs } from "../../time/duration";
import { useMarks } from "../../dashboard/view/use_marks";
import { PanelFrame } from "../../dashboard/view/panel_frame";
import { panelActions } from "../dashboards/panel_actions";
import { askOf, EMPTY_SCOPE } from "../../dashboard/data/panel_query";
import { rangeScope } from "../../dashboard/view/moving_range";
import type { MarkRequest } from "../../panels/marks/marks";
import type { SharedView } from "../../panels/panel_view";
import { ExplainTree } from "./explain_tree";
import { forgetAll, queryHistory, remember } from "./history";
import { QueryBuilder } from "./query_builder";
import { t } from "./messages";

const PromqlEditor = lazy(() => import("../../promql/editor"));
const RuleForm = lazy(() => import("./rule_form"));
const MarkDialog = lazy(() => import("../../dashboard/view/mark_dialog"));

const EXAMPLES = ["up", "sum by (job) (up)", "rate(process_cpu_seconds_total[5m])", "topk(10, count by (__name__) ({__name__=~\".+\"}))"];
const TYPES: Record<string, string> = { graph: "timeseries", table: "table", heatmap: "heatmap" };
const LAST_SHOWN = 5; // of the queries of this browser, before anything is asked
const LARGE_SAMPLES = 50_000_000;

function setQueries(queries: readonly string[]): void {
  const search = new URLSearchParams(location.search);
  search.delete("q");
  for (const query of queries) search.append("q", query);
  navigate(`${location.pathname}?${search}`);
}

export default function Screen() {
  const search = useSearch();
  const parameters = useMemo(() => new URLSearchParams(search), [search]);
  const asked = parameters.getAll("q");
  const key = asked.join("\u0001");
  const [drafts, setDrafts] = useState<string[]>(asked.length === 0 ? [""] : asked);
  useEffect(() => setDrafts(asked.length === 0 ? [""] : asked), [key]);
  const tab = parameters.get("show") ?? "graph";
  const side = parameters.get("side");
  const time = useTimeChoice();
  const { live } = time;
  const range = usePanelRange();
  const interval = useRangeNow(range);
  const shade = useSyncExternalStore(watchPreferences, theme);
  const [round, setRound] = useState(0);
  const [past, setPast] = useState(queryHistory);

  const run = () => {
    const queries = drafts.filter((q) => q.trim() !== "");
    queries.forEach(remember);
    setPast(queryHistory());
    if (queries.join("\u0001") === key) setRound((n) => n + 1);
    else setQueries(queries);
  };
  const use = (query: string) => {
    remember(query);
    setPast(queryHistory());
    setQueries([query]);
  };
  const back = parameters.get("back");
  // A whole path of this server, its base included.
  const backUrl = back !== null && /^\/(?![/\\])/.test(back) ? back : undefined;
  const rule = parameters.get("rule");
  useCommands([
    { id: "explore-run", name: t("run"), group: t("title"), keys: "mod+enter", run },
    { id: "explore-rule", name: t("rule"), group: t("title"), keys: "x a", run: () => setSearch({ rule: rule === null ? "" : undefined }) },
    { id: "explore-explain", name: t("explain"), group: t("title"), keys: "x e", run: () => setSearch({ side: side === "explain" ? undefined : "explain" }) },
    { id: "explore-builder", name: t("builder"), group: t("title"), keys: "x b", run: () => setSearch({ side: side === "builder" ? undefined : "builder" }) },
  ]);
  const step = parameters.get("step") ?? "";
  const exemplars = parameters.get("exemplars") !== null;
  const panel = useMemo((): Panel => panelOf(asked, tab, step, exemplars), [key, tab, round, step, exemplars]);
  const marks = useMarks(useMemo(() => panelBoard(panel), [panel]), EMPTY_SCOPE, range);
  const [marking, setMarking] = useState<MarkRequest | undefined>();
  const view = useMemo<SharedView>(
    () => ({ uid: "", range, zone: time.zone, theme: shade, marks: marks.marks, sync: "explore", onZoom: (from, to) => time.setRange(absolute({ from, to })), onMark: setMarking, compare: time.compare }),
    [range, time.zone, shade, marks.marks, time.compare],
  );
  const actions = useMemo(() => panelActions({ board: panelBoard(panel), alone: true, go: navigate, setBoard: () => {} }).filter((a) => a !== "line" && ["csv", "json", "svg", "png"].includes(a.id)), [panel]);
  // "$__rate_interval" and the like, as the graph has them.
  const scrapes = useScrapeInterval();
  const box = useRef<HTMLDivElement>(null);
  const filled = (expr: string) => {
    if (!expr.includes("$")) return expr;
    const width = box.current?.querySelector(".panel-body")?.clientWidth ?? box.current?.clientWidth ?? innerWidth;
    return askOf(panelOf([expr], tab, step, false), rangeScope(EMPTY_SCOPE, interval), NO_FILTERS, interval, Math.round(width / 40) * 40, scrapes).questions[0]?.expr ?? expr;
  };
  const first = filled(asked[0] ?? drafts[0] ?? "");
  const labels = Object.fromEntries(parameters.getAll("label").map((pair) => [pair.split("=")[0]!, pair.split("=").slice(1).join("=")]));
  return (
    <div className="explore" ref={box}>
      {backUrl !== undefined && (
        <a className="back-link" href={backUrl} onClick={(event) => (event.preventDefault(), navigate(backUrl))}>
          <Icon name="left" size={12} /> {t("back")}
        </a>
      )}
      {drafts.map((draft, i) => (
        <div key={i} className="row explore-row">
          {drafts.length > 1 && <span className="mono dim">{refIdOf(i)}</span>}
          <div className="grow">
            <Suspense fallback={<textarea className="input" rows={1} aria-label={t("query")} value={draft} onChange={(e) => setDrafts(drafts.map((d, k) => (k === i ? e.target.value : d)))} />}>
              <PromqlEditor value={draft} label={`${t("query")} ${refIdOf(i)}`} hint={t("hint")} onRun={run} onChange={(value) => setDrafts((old) => old.map((d, k) => (k === i ? value : d)))} />
            </Suspense>
            <Cost query={filled(draft)} interval={interval} least={(durationMs(step) ?? 0) / 1000} />
          </div>
          {drafts.length > 1 && (
            <button type="button" className="button icon" aria-label={t("remove", { n: i + 1 })} onClick={() => setDrafts(drafts.filter((_, k) => k !== i))}>
              <Icon name="close" size={12} />
            </button>
          )}
        </div>
      ))}
      <div className="row wrap">
        <button type="button" className="button primary" onClick={run}>
          <Icon name="play" size={12} /> {t("run")}
        </button>
        <button type="button" className="button" onClick={() => setDrafts([...drafts, ""])}>
          <Icon name="plus" size={12} /> {t("add")}
        </button>
        {tab !== "table" && (
          <label className="row">
            <span className="dim">{t("minStep")}</span>
            <MinStep step={step} />
          </label>
        )}
        {tab === "graph" && (
          <label className="row">
            <input type="checkbox" checked={exemplars} onChange={(event) => setSearch({ exemplars: event.target.checked ? "" : undefined }, { replace: true })} /> {t("exemplars")}
          </label>
        )}
        <span className="grow" />
        {(["builder", "explain", "history"] as const).map((name) => (
          <button key={name} type="button" className="button" aria-pressed={side === name} onClick={() => setSearch({ side: side === name ? undefined : name }, { replace: true })}>
            {t(name)}
          </button>
        ))}
        <button type="button" className="button" aria-pressed={rule !== null && asked.length > 0} disabled={asked.length === 0} onClick={() => setSearch({ rule: rule === null ? "" : undefined }, { replace: true })}>
          <Icon name="bell" size={12} /> {t("rule")}
        </button>
      </div>
      {side === "builder" && (
        <Box title={t("builder")}>
          <QueryBuilder query={asked[0] ?? drafts[0] ?? ""} filled={first} onUse={use} />
        </Box>
      )}
      {side === "explain" && (
        <Box title={t("explain")}>
          <ExplainTree query={first} time={time.relative ? Math.floor(interval.to / 30) * 30 : interval.to} onPick={use} />
        </Box>
      )}
      {side === "history" && (
        <Box title={t("history")} extra={past.length > 0 && <button type="button" className="button small" onClick={() => (forgetAll(), setPast([]))}>{t("clear")}</button>}>
          {past.length === 0 ? (
            <p className="dim">{t("noHistory")}</p>
          ) : (
            <ul className="query-list">
              {past.map((query) => (
                <li key={query}>
                  <button type="button" className="mono" onClick={() => use(query)}>{query}</button>
                </li>
              ))}
            </ul>
          )}
        </Box>
      )}
      {rule !== null && asked.length > 0 && (
        <Suspense>
          <RuleForm key={asked[0]} expr={first} title={rule} labels={labels} interval={interval} zone={time.zone} onClose={() => setSearch({ rule: undefined })} />
        </Suspense>
      )}
      {asked.length === 0 ? (
        <Box>
          <div className="empty">
            {past.length > 0 && (
              <>
                <strong>{t("askedLast")}</strong>
                <ul className="query-list">
                  {past.slice(0, LAST_SHOWN).map((query) => (
                    <li key={query}>
                      <button type="button" onClick={() => use(query)}>{query}</button>
                    </li>
                  ))}
                </ul>
              </>
            )}
            <strong>{t("empty")}</strong>
            <ul className="query-list">
              {EXAMPLES.map((query) => (
                <li key={query}>
                  <Link href={`/explore?q=${encodeURIComponent(query)}`} className="mono">{query}</Link>
                </li>
              ))}
            </ul>
          </div>
        </Box>
      ) : (
        <>
          <Tabs label={t("title")} items={(["graph", "table", "heatmap"] as const).map((id) => ({ id, name: t(id) }))} current={tab} onPick={(id) => setSearch({ show: id === "graph" ? undefined : id }, { replace: true })} />
          <Suspense>{marking && <MarkDialog request={marking} board="" zone={time.zone} onClose={() => setMarking(undefined)} onDone={marks.again} />}</Suspense>
          <div className="explore-result">
            <PanelFrame key={`${tab} ${round}`} panel={panel} own={[]} scope={EMPTY_SCOPE} filters={NO_FILTERS} board={view} live={live} ready actions={actions} always search={search} />
          </div>
        </>
      )}
    </div>
  );
}

const NO_FILTERS: never[] = [];

// It stays the same field when its step is taken, so that it keeps the focus.
function MinStep({ step }: { step: string }) {
  const [text, setText] = useState(step);
  useEffect(() => setText(step), [step]);
  return (
    <input className="input mono" size={5} placeholder="auto" value={text} onChange={({ target }) => (target.setCustomValidity(""), setText(target.value))}
      onBlur={({ target }) => setStep(target)} onKeyDown={({ key, currentTarget }) => key === "Enter" && setStep(currentTarget)} />
  );
}

// What is no duration is not taken, and says so.
function setStep(field: HTMLInputElement): void {
  const text = field.value.trim();
  const bad = text !== "" && durationMs(text) === undefined;
  field.setCustomValidity(bad ? t("badStep") : "");
  if (bad) field.reportValidity();
  else if (text !== (new URLSearchParams(location.search).get("step") ?? "")) setSearch({ step: text === "" ? undefined : text }, { replace: true });
}

function panelOf(queries: readonly string[], tab: string, step: string, exemplar: boolean): Panel {
  const table = tab === "table";
  const read = importBoard({
    title: "",
    panels: [
      {
        id: 1,
        type: TYPES[tab] ?? "timeseries",
        title: queries.length === 1 ? queries[0]!.replace(/\s+/g, " ") : "",
        targets: queries.map((expr, i) => ({ refId: refIdOf(i), expr, exemplar, ...(step === "" ? {} : { interval: step }), ...(table ? { instant: true, format: "table" } : {}) })),
        options: tab === "graph" ? { legend: { displayMode: "table", placement: "bottom", showLegend: true, calcs: ["lastNotNull", "min", "max", "mean"] } } : { calculate: false },
        fieldConfig: { defaults: { ...(table ? {} : { unit: "short" }), custom: { fillOpacity: 0 } }, overrides: table ? [{ matcher: { id: "byName", options: "Time" }, properties: [{ id: "custom.hidden", value: true }] }] : [] },
        transformations: table && queries.length > 1 ? [{ id: "merge", options: {} }] : [],
      },
    ],
  });
  if ("error" in read) throw new Error(read.error);
  // A title that is a query would have its "$1" filled in.
  return { ...read.board.panels[0]!, title: "" };
}

function panelBoard(panel: Panel) {
  const read = importBoard({ title: "Explore", panels: [panel] });
  if ("error" in read) throw new Error(read.error);
  return read.board;
}

interface CostAnswer {
  series: number;
  samples: number;
  steps: number;
  estimatedMilliseconds: number;
}

// What the query would cost, asked while it is being written.
function Cost({ query, interval, least }: { query: string; interval: { from: number; to: number }; least: number }) {
  const [cost, setCost] = useState<CostAnswer | undefined>();
  const width = Math.round(interval.to - interval.from);
  useEffect(() => {
    if (query.trim() === "") return setCost(undefined);
    const abort = new AbortController();
    const timer = setTimeout(() => {
      const step = Math.max(1, least, roundStep((width * 1000) / 600) / 1000);
      ask<CostAnswer>("query_cost", { query, start: interval.from, end: interval.to, step }, { signal: abort.signal, post: "form" }).then(setCost, () => !abort.signal.aborted && setCost(undefined));
    }, 350);
    return () => {
      clearTimeout(timer);
      abort.abort();
    };
  }, [query, width, least]);
  return (
    <div className="cost dim num" data-series={cost?.series} data-samples={cost?.samples}>
      {cost !== undefined && t("cost", { series: short(cost.series), samples: short(cost.samples), ms: seconds(cost.estimatedMilliseconds / 1000) })}
      {cost !== undefined && cost.samples > LARGE_SAMPLES && <b className="tone-warning"> {t("costly")}</b>}
    </div>
  );
}
