// Alert list panel: active alerts, worst and newest first.
import { useMemo } from "react";
import { Link } from "wouter";
import { alertList } from "../../api/server";
import type { Alert } from "../../api/alerts";
import { useTopic } from "../../live/live";
import { Mark } from "../../parts/icons";
import { Trouble } from "../../parts/parts";
import { catalogue } from "../../text/catalogue";
import { interpolate } from "../../dashboard/model/interpolate";
import { flagOf, numberOf, objectOf, textOf } from "../../dashboard/model/json";
import { regexOf } from "../../dashboard/field/overrides";
import { formatAge } from "../../time/range";
import { useNow } from "../../time/use_time";
import type { PanelViewProps } from "../panel_view";
import { filtersOf, toneOfSeverity, whereOf } from "../alert_feed";

const t = catalogue({ none: "Nothing is firing." }, { de: { none: "Nichts ist aktiv." } });

const RANK: Record<string, number> = { critical: 0, page: 0, error: 1, warning: 2, info: 3 };

function matches(alert: Alert, filters: readonly string[]): boolean {
  return filters.every((filter) => {
    const [, name = "", operator = "=", value = ""] = /^([\w.]+)(=~|!~|!=|=)"(.*)"$/.exec(filter) ?? [];
    const own = alert.labels[name] ?? "";
    if (operator === "=") return own === value;
    if (operator === "!=") return own !== value;
    const hit = regexOf(`^(?:${value})$`)?.test(own) ?? false;
    return operator === "=~" ? hit : !hit;
  });
}

export default function AlertListPanel({ panel, scope, height }: PanelViewProps) {
  const { data, error } = alertList.use();
  useTopic("alerts", alertList.again);
  const now = useNow();
  const options = panel.options;
  const label = interpolate(textOf(options.alertInstanceLabelFilter), scope);
  const name = interpolate(textOf(options.alertName) || textOf(options.nameFilter), scope);
  const silenced = flagOf(objectOf(options.stateFilter).suppressed);
  const max = numberOf(options.maxItems, 50);
  const shown = useMemo(() => {
    const filters = filtersOf(label);
    const wanted = (data ?? []).filter((a) => (silenced || a.status.state === "active") && matches(a, filters) && (a.labels.alertname ?? "").toLowerCase().includes(name.toLowerCase()));
    const rank = (a: Alert) => RANK[a.labels.severity ?? ""] ?? 4;
    return wanted.sort((a, b) => rank(a) - rank(b) || Date.parse(b.startsAt) - Date.parse(a.startsAt)).slice(0, max);
  }, [data, label, name, silenced, max]);
  return (
    <div className="alert-panel" style={{ height }} tabIndex={0} aria-label={panel.title || panel.type}>
      <Trouble error={error} stale={data !== undefined} />
      {data !== undefined && shown.length === 0 && (
        <div className="no-value ok" data-value={0}>
          <Mark tone="ok" /> {t("none")}
        </div>
      )}
      {shown.map((alert) => {
        const tone = toneOfSeverity(alert.labels.severity);
        const age = now - Date.parse(alert.startsAt) / 1000;
        return (
          <Link key={alert.fingerprint} href={`/alerts?alert=${alert.fingerprint}`} className="alert-line" data-value={alert.fingerprint}>
            <Mark tone={tone} label={alert.labels.severity ?? tone} />
            <span className="cut grow">
              <b>{alert.labels.alertname}</b> {whereOf(alert.labels)} <span className="dim">{alert.annotations.summary}</span>
            </span>
            <span className="num dim">{formatAge(age)}</span>
          </Link>
        );
      })}
    </div>
  );
}
