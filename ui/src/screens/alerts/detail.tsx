// One alert in full: what it says, who is told of it, and what became of each message.
import { useEffect, useMemo, useRef } from "react";
import { Link } from "wouter";
import { nameOf, severityTone, startOf, summaryOf, type AlertState } from "../../alerting/model";
import { deliveries, previewRoutes, type Alert } from "../../api/alerts";
import type { Acknowledgement } from "../../api/oncall";
import { ruleGroups } from "../../api/server";
import { useApi } from "../../api/use_api";
import { Icon, Mark } from "../../parts/icons";
import { Labels, Trouble } from "../../parts/parts";
import { formatAge } from "../../time/range";
import { useNow, useZone } from "../../time/use_time";
import { dateAndClock } from "../../time/zone";
import { DeliveryList } from "./deliveries";
import { t } from "./messages";
import { originOf } from "./origin";
import { labelText, RouteSteps, stepReason } from "./route_steps";
import { Runbook } from "./runbook";
import { SafeLink } from "./safe_link";

/** Of a graph, before the alert began. */
const BEFORE_SECONDS = 1800;
/** What changed with the alert has been told by then. */
const SETTLED_SECONDS = 60;
const millis = (seconds: number) => String(Math.round(seconds * 1000));

export function AlertDetail({ alert, state, owner, onClose, onSilence, onTake }: { alert: Alert; state: AlertState | "ended"; owner: Acknowledgement | undefined; onClose: () => void; onSilence: () => void; onTake: () => void }) {
  const now = useNow();
  const zone = useZone();
  const labels = labelText(alert.labels);
  const began = startOf(alert);
  const { data: groups } = ruleGroups.use();
  const origin = useMemo(() => groups && originOf(alert, groups), [alert, groups]);
  const routes = useApi(`routes ${labels}`, (signal) => previewRoutes(labels, undefined, { signal }), { every: 30_000 });
  const sent = useApi(`sent ${alert.fingerprint}`, (signal) => deliveries(20, alert.fingerprint, { signal }), { every: 15_000 });
  const { summary: _, runbook_url: runbook, ...annotations } = alert.annotations as Record<string, string>;
  const told = sent.data?.some(({ outcome }) => outcome === "sent");
  const held = routes.data?.filter((step) => !step.told) ?? [];
  // Behind a list of thousands nobody comes here with Tab: what opens takes the focus, and gives it back.
  const aside = useRef<HTMLElement>(null);
  useEffect(() => {
    const before = document.activeElement;
    aside.current?.focus({ preventScroll: true });
    return () => {
      if (before instanceof HTMLElement && before.isConnected) before.focus({ preventScroll: true });
    };
  }, []);
  return (
    <aside ref={aside} tabIndex={-1} className="panel alert-detail" aria-label={nameOf(alert.labels)}>
      <header>
        <Mark tone={severityTone(alert.labels)} label={alert.labels.severity ?? "warning"} />
        <h2 className="grow">{nameOf(alert.labels)}</h2>
        <button type="button" className="button plain icon small" aria-label={t("close")} onClick={onClose}>
          <Icon name="close" />
        </button>
      </header>
      <div className="body column">
        <p>{summaryOf(alert)}</p>
        <p className="dim num">
          {t("since", { time: dateAndClock(began, zone), age: formatAge(now - began) })} · {state === "ended" ? <b>{t("state_ended")}</b> : t(`state_${state}`)}
          {owner && ` · ${t("takenBy", { owner: owner.owner })}${owner.note ? `: ${owner.note}` : ""}`}
        </p>
        <div className="row wrap">
          <button type="button" className="button small" onClick={onTake}>
            <Icon name="hand" /> {t(owner ? "giveBackOrExtend" : "takeShort")}
          </button>
          <button type="button" className="button small" onClick={onSilence}>
            <Icon name="mute" /> {t("silence")}
          </button>
          {runbook && <Runbook url={runbook} />}
          {origin ? (
            <Link className="button small" href={`/explore?${new URLSearchParams({ q: origin.rule.query, from: millis(began - BEFORE_SECONDS), to: "now" })}`} title={origin.rule.query}>
              <Icon name="chart" /> {t("graph")}
            </Link>
          ) : (
            alert.generatorURL && <SafeLink className="button small" url={alert.generatorURL}>{t("source")}</SafeLink>
          )}
          <Link className="button small" href={`/?${new URLSearchParams({ from: millis(began - BEFORE_SECONDS), to: millis(Math.min(now, began + SETTLED_SECONDS)) })}`} title={t("whenBeganWhy")}>
            <Icon name="clock" /> {t("whenBegan")}
          </Link>
        </div>
        <Labels labels={alert.labels} />
        {Object.entries(annotations).map(([name, value]) => (
          <p key={name} className="annotation">
            <span className="dim">{name}</span> {value}
          </p>
        ))}
        <h3>{t("whoIsTold")}</h3>
        <Trouble error={routes.error} />
        {routes.data && <RouteSteps steps={routes.data} />}
        <h3>{t("whatWasSent")}</h3>
        <Trouble error={sent.error} />
        {sent.data && !told && (
          <p className="tone-warning">
            {held.length ? t("nobodyHeld", { why: [...new Set(held.map(stepReason))].join("; ") }) : t("nobodyYet")}
          </p>
        )}
        {sent.data && sent.data.length > 0 && <DeliveryList list={sent.data} />}
        {origin && (
          <span className="row wrap">
            <Link href={`/alerts/rules?q=${encodeURIComponent(origin.rule.name)}`}>{t("itsRule")}</Link>
            <Link href={`/alerts/backtest?${new URLSearchParams({ rule: origin.rule.name, in: origin.group })}`}>{t("backtestRule")}</Link>
          </span>
        )}
      </div>
    </aside>
  );
}
