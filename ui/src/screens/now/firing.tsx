// The worst of what fires, with age and owner; everything else is one click away.
import { useMemo } from "react";
import { Link } from "wouter";
import { acknowledgementsByAlert, nameOf, severityRank, severityTone, startOf, stateOf, summaryOf, whereOf } from "../../alerting/model";
import type { Alert } from "../../api/alerts";
import { acknowledgements } from "../../api/oncall";
import { alertingRules, ruleGroups } from "../../api/server";
import { shared } from "../../api/shared";
import { Mark } from "../../parts/icons";
import { Panel } from "../../parts/parts";
import { formatDuration } from "../../time/range";
import { useNow } from "../../time/use_time";
import { t } from "./messages";

export const taken = shared((signal) => acknowledgements({ signal }), 10_000);

export function Firing({ alerts, error, rows }: { alerts: readonly Alert[]; error: string | undefined; rows: number }) {
  const now = useNow();
  const { data: owners } = taken.use();
  const byAlert = useMemo(() => acknowledgementsByAlert(owners), [owners]);
  const shown = useMemo(
    () =>
      alerts
        .filter((alert) => ["active", "acknowledged"].includes(stateOf(alert, byAlert)))
        .sort(
          (a, b) =>
            Number(byAlert.has(a.fingerprint)) - Number(byAlert.has(b.fingerprint)) ||
            severityRank(b.labels) - severityRank(a.labels) ||
            startOf(a) - startOf(b),
        ),
    [alerts, byAlert],
  );
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
        {shown.slice(0, rows).map((alert) => {
          const owner = byAlert.get(alert.fingerprint);
          const summary = summaryOf(alert);
          return (
            <li key={alert.fingerprint}>
              <Link href={`/alerts?alert=${alert.fingerprint}`} className="row" title={summary}>
                <Mark tone={severityTone(alert.labels)} label={alert.labels.severity ?? "warning"} />
                <b className="cut name">{nameOf(alert.labels)}</b>
                <span className="cut where">{whereOf(alert.labels)}</span>
                <span className="cut dim grow">{owner ? t("taken", { owner: owner.owner }) : summary}</span>
                <span className="num dim nowrap">{formatDuration(now - startOf(alert))}</span>
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
