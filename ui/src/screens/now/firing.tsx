// The worst of what fires, with age and owner; everything else is one click away.
import { useMemo } from "react";
import { Link } from "wouter";
import { acknowledgementsByAlert, group, matcherWord, placesOf, severityTone, stateOf, summaryOf, whereOf } from "../../alerting/model";
import type { Alert } from "../../api/alerts";
import { acknowledgements } from "../../api/oncall";
import { alertingRules, ruleGroups } from "../../api/server";
import { shared } from "../../api/shared";
import { Mark } from "../../parts/icons";
import { Panel } from "../../parts/parts";
import { formatAge } from "../../time/range";
import { useMoment } from "../../time/moment";
import { useNow } from "../../time/use_time";
import { t } from "./messages";

export const taken = shared((signal) => acknowledgements({ signal }), 10_000);

export function Firing({ alerts, error, rows }: { alerts: readonly Alert[]; error: string | undefined; rows: number }) {
  const now = useNow();
  const frozen = useMoment() !== undefined;
  const { data: owners } = taken.use();
  const byAlert = useMemo(() => acknowledgementsByAlert(owners), [owners]);
  // What has one cause is one line; what somebody has taken comes after what nobody has.
  const shown = useMemo(() => {
    const firing = alerts.filter((alert) => ["active", "acknowledged"].includes(stateOf(alert, byAlert)));
    const untaken = group(firing.filter(({ fingerprint }) => !byAlert.has(fingerprint)), "cause");
    return [...untaken, ...group(firing.filter(({ fingerprint }) => byAlert.has(fingerprint)), "cause")];
  }, [alerts, byAlert]);
  const { data: groups } = ruleGroups.use();
  const alerting = alertingRules(groups);
  return (
    <Panel
      title={t("firing")}
      error={error}
      flush
      extra={<Link href="/alerts">{t("allAlerts")}</Link>}
      className="firing"
    >
      {shown.length === 0 && groups && (
        <div className="empty">
          <span>{t("nothingFiring")}</span>
          <span>{alerting ? t("nothingFiringRules", { n: alerting }) : t("noRules")}</span>
        </div>
      )}
      <ul>
        {shown.slice(0, rows).map(({ key, title, start, alerts: list }) => {
          const first = list[0]!;
          const owner = byAlert.get(first.fingerprint);
          const summary = summaryOf(first);
          const where = list.length === 1 ? whereOf(first.labels) : placesOf(list);
          return (
            <li key={`${key} ${owner ? "taken" : ""}`} data-alert={key} data-value={list.length} data-start={start}>
              <Link href={list.length === 1 && !frozen ? `/alerts?alert=${first.fingerprint}` : `/alerts?q=${encodeURIComponent(matcherWord("alertname", title))}`} className="row" title={summary}>
                <Mark tone={severityTone(first.labels)} label={first.labels.severity ?? "warning"} />
                <b className="cut name">{title}</b>
                {list.length > 1 && <span className="chip num">{list.length}</span>}
                <span className="cut where">{where}</span>
                <span className="cut dim grow summary">{owner ? t("taken", { owner: owner.owner }) : summary}</span>
                <span className="num dim nowrap">{formatAge(now - start)}</span>
              </Link>
            </li>
          );
        })}
      </ul>
      {shown.length > rows && (
        <div className="more">
          <Link href="/alerts">{t("more", { n: shown.length - rows })}</Link>
        </div>
      )}
    </Panel>
  );
}
