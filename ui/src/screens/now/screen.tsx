// Home: the verdict in words, then what it rests on. With a DWCP fleet its regions and components; else the
// host; on an empty server how to send the first data.
import { lazy, Suspense, useMemo } from "react";
import { Link } from "wouter";
import "./now.css";
import { matcherWord } from "../../alerting/model";
import { alertingRules, ruleGroups } from "../../api/server";
import { Mark } from "../../parts/icons";
import { Boundary } from "../../parts/parts";
import { FirstData } from "../../parts/first_data";
import { useMedia } from "../../parts/use_media";
import { useMoment } from "../../time/moment";
import { formatAge } from "../../time/range";
import { useNow, useZone } from "../../time/use_time";
import { shortTime } from "../../time/zone";
import { Changes } from "./changes";
import { useComponents, useRegions, useTargets } from "./facts";
import { Firing } from "./firing";
import { useHosts } from "./hosts";
import { Jobs } from "./jobs";
import { ComponentMatrix } from "./matrix";
import { t } from "./messages";
import { useAlerts } from "./past";
import { Regions } from "./regions";
import { sentence } from "./sentence";
import { verdict, type Facts, type Verdict } from "./verdict";

const HostOverview = lazy(() => import("./host"));

function VerdictLine({ found, facts, ready }: { found: Verdict; facts: Facts; ready: boolean }) {
  const now = useNow();
  const zone = useZone();
  const frozen = useMoment() !== undefined;
  const { cause } = found;
  return (
    <section className={`panel verdict ${ready ? found.tone : "unknown"}`} aria-live="polite" data-verdict={ready ? found.headline : ""} data-firing={found.firing} data-critical={found.critical} data-targets={facts.targets} data-targets-down={found.targetsDown}>
      <span className="word">
        {ready && <Mark tone={found.tone} />}
        {ready ? t(found.headline) : "\u00a0"}
      </span>
      <div className="column grow" style={{ gap: 2 }}>
        <p>{ready ? sentence(found, facts) : "\u00a0"}</p>
        {ready && cause && (
          <p className="dim">
            <Link href={frozen ? `/alerts?q=${encodeURIComponent(matcherWord("alertname", cause.name))}` : `/alerts?alert=${cause.alert.fingerprint}`}>
              {t("cause", { name: cause.where ? t("causeWhere", { name: cause.name, where: cause.where }) : cause.name })}
            </Link>{" "}
            <span className="num">{t("since", { time: shortTime(cause.since, zone, now), age: formatAge(now - cause.since) })}</span>
          </p>
        )}
      </div>
    </section>
  );
}

export default function Now() {
  const { regions, times, version, answered: regionsAnswered, error: regionsError } = useRegions();
  const components = useComponents();
  const targets = useTargets();
  const { hosts, answered: hostsAnswered } = useHosts();
  const alerts = useAlerts();
  const groups = ruleGroups.use();
  const rules = alertingRules(groups.data);
  const facts: Facts = useMemo(
    () => ({
      regions,
      components: components.list,
      alerts: alerts.data ?? [],
      targets: targets.all,
      targetsDown: targets.down,
      rules,
      alertsKnown: alerts.error === undefined,
    }),
    [regions, components.list, alerts.data, alerts.error, targets, rules],
  );
  const found = useMemo(() => verdict(facts), [facts]);
  const ready = regionsAnswered && components.answered && targets.answered && hostsAnswered && !alerts.first && !groups.first;
  const fleet = regions.length > 0 || components.list.length > 0;
  // A wall has room for more.
  const tall = useMedia("(min-height: 1300px)");
  const bare = ready && !fleet && hosts.length === 0;
  return (
    <div className="now">
      <VerdictLine found={found} facts={facts} ready={ready} />
      {regions.length > 0 && <Regions regions={regions} times={times} version={version} />}
      {regionsError && regions.length > 0 && <div className="trouble">{regionsError}</div>}
      {!fleet && hosts.length > 0 && (
        <Boundary>
          <Suspense>
            <HostOverview hosts={hosts} />
          </Suspense>
        </Boundary>
      )}
      {bare && targets.all > 0 && <Jobs />}
      {bare && targets.all === 0 && (
        <section className="panel">
          <FirstData />
        </section>
      )}
      <div className={fleet ? "now-below fleet" : "now-below"}>
        <Firing alerts={alerts.data ?? []} error={alerts.error} rows={fleet ? (tall ? 42 : 24) : 8} />
        <div className="column">
          {components.list.length > 0 && <ComponentMatrix matrix={components} error={components.error} />}
          <Changes rows={fleet ? (tall ? 32 : 14) : 8} />
        </div>
      </div>
    </div>
  );
}
