// Can a region take over when another is lost: yes or no, because of what, with the numbers it rests on.
// Each number opens the query that gave it.
import { useMemo, type ReactNode } from "react";
import { useLive, type Live } from "../../live/live";
import { Mark, type Tone } from "../../parts/icons";
import { Empty, Panel, ScrollTable } from "../../parts/parts";
import { percent, seconds, whole } from "../../text/numbers";
import { lastOf } from "../now/facts";
import { Asked } from "../links";
import { t } from "./messages";
import { judge, LAG_MAX, SYNC_MAX, takeover, takeoverFacts, type Obstacle, type Takeover, type TakeoverFacts } from "./takeover";

const NEWEST = { step: 5, range: 0 };
const REQUESTS = "rate(dwcp_requests_total[5m])";
const QUERIES = {
  answers: "min by (backend) (dwcp_backend_healthy)",
  lag: "max by (region) (dwcp_db_replication_lag_seconds)",
  sync: "histogram_quantile(0.95, sum by (cluster, remote_cluster, le) (rate(dwcp_federation_sync_duration_seconds_bucket[5m])))",
  quorum: "min(probft_quorum_availability)",
  // What the largest region answers now goes to the others, in proportion to what they answer.
  cpu: `max by (region) (dwcp_cpu_usage_percent) * scalar(sum(${REQUESTS}) / (sum(${REQUESTS}) - max(sum by (region) (${REQUESTS}))))`,
} as const;
const HEALTH = "max by (region) (dwcp_region_health_score)";
const FAILOVERS = "sum(increase(dwcp_v3_failover_events_total[1h]))";

const TONES: Record<Takeover["answer"], Tone> = { yes: "ok", tight: "warning", no: "critical", unknown: "unknown" };
const rows = (live: Live | undefined) => live?.frame.series() ?? [];

function useTakeover(regions: readonly { region: string; score: number }[]) {
  const answers = useLive({ expr: QUERIES.answers, ...NEWEST });
  const lag = useLive({ expr: QUERIES.lag, ...NEWEST });
  const sync = useLive({ expr: QUERIES.sync, ...NEWEST });
  const quorum = useLive({ expr: QUERIES.quorum, ...NEWEST });
  const cpu = useLive({ expr: QUERIES.cpu, ...NEWEST });
  return useMemo(() => {
    const all = [answers, lag, sync, quorum, cpu];
    return {
      facts: takeoverFacts(regions, { answers: rows(answers), lag: rows(lag), sync: rows(sync), quorum: rows(quorum), cpu: rows(cpu) }),
      answered: all.every((live) => live?.answered || live?.error),
      anything: all.some((live) => rows(live).length > 0),
      error: all.map((live) => live?.error).find(Boolean),
    };
  }, [regions, answers, lag, sync, quorum, cpu]);
}

function reason(obstacle: Obstacle, facts: TakeoverFacts, known: boolean): string {
  if (!known) return t(`unknown_${obstacle}`);
  switch (obstacle) {
    case "answers":
      return t("because_answers");
    case "health":
      return t("because_health", { n: Math.round(facts.health) });
    case "lag":
      return t("because_lag", { time: seconds(facts.lag), max: seconds(LAG_MAX) });
    case "sync":
      return t("because_sync", { from: facts.syncFrom, time: seconds(facts.sync), max: seconds(SYNC_MAX) });
    case "quorum":
      return t("because_quorum");
    case "cpu":
      return t("because_cpu", { n: percent(facts.cpu) });
  }
}

const COLORS = { ok: "", tight: "tone-warning", no: "tone-critical", unknown: "tone-unknown" } as const;

function Measured({ name, expr, value, judged, children }: { name: string; expr: string; value: number; judged: keyof typeof COLORS; children: ReactNode }) {
  return (
    <td className="number" data-label={name} data-value={value} data-expr={expr}>
      <Asked expr={expr} className={COLORS[judged]}>
        {children}
      </Asked>
    </td>
  );
}

export function TakeoverPanel({ regions, onlyFailing, chosen }: { regions: readonly { region: string; score: number }[]; onlyFailing: boolean; chosen: string | undefined }) {
  const { facts, answered, anything, error } = useTakeover(regions);
  const failovers = useLive({ expr: FAILOVERS, ...NEWEST });
  const happened = lastOf(rows(failovers)[0]?.values ?? []);
  const judged = facts.map((one) => ({ facts: one, parts: judge(one), ...takeover(one) }));
  const shown = judged.filter(({ facts: { region }, answer }) => (!onlyFailing || answer !== "yes") && (!chosen || region === chosen));
  const can = judged.filter(({ answer }) => answer === "yes" || answer === "tight").length;
  return (
    <Panel
      title={t("takeover")}
      error={error}
      flush
      extra={
        answered && anything ? (
          <span className="dim num">
            {t("canTakeOver", { can, n: judged.length })}
            {happened >= 0 && (
              <span className="failovers" data-value={happened}>
                {" · "}
                <Asked expr={FAILOVERS}>{t("failovers", { n: whole(happened) })}</Asked>
              </span>
            )}
          </span>
        ) : undefined
      }
    >
      {answered && !anything ? (
        <Empty title={t("takeoverNothing")}>
          <span>{t("takeoverNothingWhy")}</span>
          <code>dwcp_db_replication_lag_seconds · dwcp_federation_sync_duration_seconds · dwcp_backend_healthy · probft_quorum_availability</code>
        </Empty>
      ) : answered && shown.length === 0 ? (
        <Empty title={t("allCan")} />
      ) : (
        <ScrollTable label={t("takeover")} kind="stack takeover">
          <thead>
            <tr>
              <th>{t("region")}</th>
              <th>{t("can")}</th>
              <th>{t("because")}</th>
              <th className="number">{t("lag")}</th>
              <th className="number">{t("sync")}</th>
              <th className="number">{t("cpuAfter")}</th>
              <th className="number">{t("score")}</th>
              <th className="number">{t("quorum")}</th>
            </tr>
          </thead>
          <tbody>
            {(answered ? shown : []).map(({ facts: one, parts, answer, because }) => (
              <tr key={one.region} data-takeover={answer}>
                <td className="nowrap">{one.region}</td>
                <td className={`nowrap strong tone-${TONES[answer]}`}>
                  <Mark tone={TONES[answer]} /> {t(`can_${answer}`)}
                </td>
                <td className="because full">{because.length ? because.map((obstacle) => reason(obstacle, one, answer !== "unknown")).join("; ") : t("because_nothing")}</td>
                <Measured name={t("lag")} expr={QUERIES.lag} value={one.lag} judged={parts.lag}>
                  {seconds(one.lag)}
                </Measured>
                <Measured name={t("sync")} expr={QUERIES.sync} value={one.sync} judged={parts.sync}>
                  {one.syncFrom && <span className="dim">{one.syncFrom} </span>}
                  {seconds(one.sync)}
                </Measured>
                <Measured name={t("cpuAfter")} expr={QUERIES.cpu} value={one.cpu} judged={parts.cpu}>
                  {percent(one.cpu)}
                </Measured>
                <Measured name={t("score")} expr={HEALTH} value={one.health} judged={parts.health}>
                  {Number.isNaN(one.health) ? "–" : Math.round(one.health)}
                </Measured>
                <Measured name={t("quorum")} expr={QUERIES.quorum} value={one.quorum} judged={parts.quorum}>
                  {Number.isNaN(one.quorum) ? "–" : t(one.quorum < 1 ? "quorumMissing" : "quorumThere")}
                </Measured>
              </tr>
            ))}
          </tbody>
        </ScrollTable>
      )}
    </Panel>
  );
}
