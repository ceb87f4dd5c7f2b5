// The log of messages: sent, failed, held back and by what. "Why was nobody told" is answered here.
import { useMemo } from "react";
import { deliveries, type Delivery } from "../../api/alerts";
import { useApi } from "../../api/use_api";
import { useTopic } from "../../live/live";
import { Mark, type Tone } from "../../parts/icons";
import { Empty, Labels, LeftOut, Panel, ScrollTable } from "../../parts/parts";
import { useNow, useSearchParameter, useZone } from "../../time/use_time";
import { dateAndClock, shortTime } from "../../time/zone";
import { seconds } from "../../text/numbers";
import { t } from "./messages";
import { NobodyTold } from "./nobody_told";

export function outcomeTone(outcome: string): Tone {
  // What was held back or had been told already is no trouble.
  return outcome === "sent" ? "ok" : outcome === "failed" ? "critical" : outcome === "retrying" || outcome === "rate limited" ? "warning" : "unknown";
}

const OUTCOMES = ["sent", "failed", "silenced", "inhibited", "muted", "inactive", "superseded", "acknowledged", "deduplicated", "rate limited", "retrying"] as const;
/** The server's word in the reader's language; one that is not known here stands as it is. */
function outcomeText(outcome: string): string {
  const known = OUTCOMES.find((one) => one === outcome);
  return known === undefined ? outcome : t(`outcome_${known === "rate limited" ? "rate_limited" : known}`);
}

/** Why a message was made, and what became of it where that needs saying. */
function whyText({ reason, cause, status, outcome }: Delivery): string {
  const http = status > 0 && outcome !== "sent" ? `HTTP ${status}` : "";
  return [reason, cause, http].filter(Boolean).join(" · ");
}

/** For the side of an alert: two lines a message. */
export function DeliveryList({ list }: { list: readonly Delivery[] }) {
  const zone = useZone();
  const now = useNow();
  return (
    <ul className="sent-list">
      {list.map((entry) => (
        <li key={entry.sequence}>
          <span className="row">
            <Mark tone={outcomeTone(entry.outcome)} />
            <b className="nowrap">{entry.receiver}</b>
            <span className="cut dim grow">{outcomeText(entry.outcome)}</span>
            <span className="num dim nowrap" title={dateAndClock(Date.parse(entry.at) / 1000, zone)}>
              {shortTime(Date.parse(entry.at) / 1000, zone, now)}
            </span>
          </span>
          <span className="why dim">{whyText(entry)}</span>
        </li>
      ))}
    </ul>
  );
}

const SHOWN_MAX = 200;

function DeliveryTable({ list }: { list: readonly Delivery[] }) {
  const zone = useZone();
  const now = useNow();
  return (
    <ScrollTable label={t("deliveries")} kind="stack">
      <thead>
        <tr>
          <th>{t("at")}</th>
          <th>{t("outcome")}</th>
          <th>{t("receiver")}</th>
          <th>{t("groupOf")}</th>
          <th>{t("why")}</th>
          <th className="number">{t("alertsCount")}</th>
          <th className="number">{t("attempts")}</th>
          <th className="number">{t("took")}</th>
        </tr>
      </thead>
      <tbody>
        {list.map((entry) => (
          <tr key={entry.sequence}>
            <td className="num nowrap" title={dateAndClock(Date.parse(entry.at) / 1000, zone)}>
              {shortTime(Date.parse(entry.at) / 1000, zone, now)}
            </td>
            <td className="nowrap">
              <Mark tone={outcomeTone(entry.outcome)} /> {outcomeText(entry.outcome)}
            </td>
            <td className="nowrap">
              {entry.receiver} <small className="dim integration">{entry.integration}</small>
            </td>
            <td className="full">
              <Labels labels={entry.groupLabels} />
            </td>
            <td className="why full">{whyText(entry)}</td>
            <td className="number" data-label={t("alertsCount")} title={t("firingResolved", { firing: entry.firing, resolved: entry.resolved })}>
              {entry.firing} / {entry.resolved}
            </td>
            <td className="number" data-label={t("attempts")}>
              {entry.attempts || ""}
            </td>
            <td className="number" data-label={t("took")}>
              {entry.attempts ? seconds(entry.seconds) : ""}
            </td>
          </tr>
        ))}
      </tbody>
    </ScrollTable>
  );
}

export function Deliveries() {
  const { data, error, again } = useApi("deliveries", (signal) => deliveries(500, undefined, { signal }), { every: 10_000 });
  useTopic("alerts", again);
  const [outcome = "", setOutcome] = useSearchParameter("outcome");
  const [query = "", setQuery] = useSearchParameter("q");
  // The one that is chosen is among them while no entry has it: the list says what it is filtered by.
  const outcomes = useMemo(() => [...new Set([...(data ?? []).map((entry) => entry.outcome), ...(outcome ? [outcome] : [])])].sort(), [data, outcome]);
  const shown = useMemo(() => {
    const wanted = query.trim().toLowerCase();
    return (data ?? []).filter(
      (entry) => (!outcome || entry.outcome === outcome) && (!wanted || JSON.stringify([entry.receiver, entry.integration, entry.groupLabels, entry.cause, entry.reason, entry.alerts]).toLowerCase().includes(wanted)),
    );
  }, [data, outcome, query]);
  return (
    <Panel
      title={t("deliveries")}
      error={error}
      flush
      extra={
        <>
          <input className="input" placeholder={t("filter")} aria-label={t("filter")} value={query} onChange={(event) => setQuery(event.target.value || undefined)} />
          <select className="input" aria-label={t("outcome")} value={outcome} onChange={(event) => setOutcome(event.target.value || undefined)}>
            <option value="">{t("allOutcomes")}</option>
            {outcomes.map((one) => (
              <option key={one} value={one}>
                {outcomeText(one)}
              </option>
            ))}
          </select>
        </>
      }
    >
      {data && shown.length === 0 ? (
        <Empty title={data.length ? t("noneMatch") : t("nothingSent")}>
          <span>{data.length ? "" : t("nothingSentWhy")}</span>
          {data.length === 0 && <NobodyTold />}
        </Empty>
      ) : (
        <DeliveryTable list={shown.slice(0, SHOWN_MAX)} />
      )}
      <LeftOut shown={SHOWN_MAX} all={shown.length} />
    </Panel>
  );
}
