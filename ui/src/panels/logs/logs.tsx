// Log panel: the changes of alerts, newest first, one line each. A query of a log source is named in the
// import report and shows the same feed, filtered by the labels its selector has in common.
import { useEffect, useLayoutEffect, useMemo, useRef } from "react";
import { useApi } from "../../api/use_api";
import { Trouble } from "../../parts/parts";
import { useTopic } from "../../live/live";
import { catalogue } from "../../text/catalogue";
import { interpolate } from "../../dashboard/model/interpolate";
import { flagOf, textOf } from "../../dashboard/model/json";
import { alertHistory, filtersOf } from "../alert_feed";
import { LogLines } from "./log_lines";
import type { PanelViewProps } from "../panel_view";

const t = catalogue(
  { none: "No alert changed in this range.", firing: "FIRING", resolved: "RESOLVED", expired: "EXPIRED" },
  { de: { none: "In diesem Zeitraum hat sich kein Alarm geändert.", firing: "AKTIV", resolved: "GELÖST", expired: "ABGELAUFEN" } },
);
const LINES_MAX = 500;
const EVERY_MS = 10_000;
const SLACK = 10; // seconds that the page's clock may be behind the server's

export default function Logs({ panel, board, scope, height }: PanelViewProps) {
  const selector = panel.targets.map((target) => /\{[^}]*\}/.exec(interpolate(textOf(target.expr), scope, "promql"))?.[0] ?? "").find((s) => s !== "") ?? "";
  const filters = useMemo(() => filtersOf(selector).filter((f) => !/^(job|app|filename|stream|level|__)/.test(f)), [selector]);
  const { range } = board;
  const question = (signal: AbortSignal) => {
    const { from, to } = range.now();
    return alertHistory(from, to + SLACK, filters, LINES_MAX, signal);
  };
  const { data: lines, error, again, first } = useApi(`${range.name} ${filters.join()}`, question, { every: range.moves ? EVERY_MS : 0, quiet: true });
  useTopic("alerts", again);
  // Where it does not go on by itself, a reader takes it to now.
  useEffect(() => (range.moves ? undefined : range.watch(again)), [range, again]);
  const down = textOf(panel.options.sortOrder, "Descending") !== "Ascending";
  const sorted = useMemo(() => [...(lines ?? [])].sort((a, b) => (down ? b.at - a.at : a.at - b.at)), [lines, down]);
  const wrap = flagOf(panel.options.wrapLogMessage);
  const host = useRef<HTMLDivElement>(null);
  const written = useRef<LogLines>(null);
  useLayoutEffect(() => {
    written.current ??= new LogLines(host.current!);
    written.current.write(sorted, { zone: board.zone, wrap, word: t });
  }, [sorted, board.zone, wrap]);
  return (
    <div className="log-panel mono" style={{ height }} tabIndex={0} aria-label={panel.title || panel.type}>
      <Trouble error={error} stale={lines !== undefined} />
      {!first && sorted.length === 0 && error === undefined && <div className="no-value">{t("none")}</div>}
      <div ref={host} />
    </div>
  );
}
