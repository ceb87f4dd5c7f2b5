// Silences there are, what each hides now, and how to end one.
import { lazy, Suspense, useState } from "react";
import { matches } from "../../alerting/model";
import { expireSilence, matcherText, silences, type Silence } from "../../api/alerts";
import { alertList } from "../../api/server";
import { useApi } from "../../api/use_api";
import { useMayChange } from "../../parts/may_change";
import { Chip, Empty, Panel, ScrollTable } from "../../parts/parts";
import { toast } from "../../parts/toast";
import { formatAge } from "../../time/range";
import { useNow, useZone } from "../../time/use_time";
import { dateAndClock } from "../../time/zone";
import { t } from "./messages";

const SilenceDialog = lazy(() => import("./silence_dialog"));

const ORDER = { active: 0, pending: 1, expired: 2 } as const;

export function Silences() {
  const { data, error, again } = useApi("silences", (signal) => silences({ signal }), { every: 10_000 });
  const { data: alerts = [] } = alertList.use();
  const change = useMayChange();
  const [withOld, setWithOld] = useState(false);
  const [opened, setOpened] = useState<Silence | "new" | undefined>();
  const now = useNow();
  const zone = useZone();
  const shown = (data ?? [])
    .filter(({ status }) => withOld || status.state !== "expired")
    .sort((a, b) => ORDER[a.status.state] - ORDER[b.status.state] || Date.parse(a.endsAt) - Date.parse(b.endsAt));
  const end = async (silence: Silence) => {
    try {
      await expireSilence(silence.id);
      toast(t("silenceEnded"), "ok");
      again();
      alertList.again();
    } catch (failure) {
      toast(failure instanceof Error ? failure.message : String(failure), "critical");
    }
  };
  return (
    <Panel
      title={t("silences")}
      error={error}
      flush
      extra={
        <>
          <label className="row">
            <input type="checkbox" checked={withOld} onChange={(event) => setWithOld(event.target.checked)} /> {t("withExpired")}
          </label>
          <button type="button" className="button small" {...change.button()} onClick={() => setOpened("new")}>
            {t("silenceNew")}
          </button>
        </>
      }
    >
      {data && shown.length === 0 ? (
        <Empty title={t("noSilences")}>
          <span>{t("noSilencesWhy")}</span>
        </Empty>
      ) : (
        <ScrollTable label={t("silences")} kind="stack silences">
          <thead>
            <tr>
              <th>{t("state")}</th>
              <th>{t("matchersColumn")}</th>
              <th className="number">{t("hides")}</th>
              <th>{t("ends")}</th>
              <th>{t("who")}</th>
              <th>{t("reason")}</th>
              <th />
            </tr>
          </thead>
          <tbody>
            {shown.map((silence) => {
              const [from, until] = [Date.parse(silence.startsAt) / 1000, Date.parse(silence.endsAt) / 1000];
              const coming = silence.status.state === "pending";
              const live = silence.status.state !== "expired";
              return (
                <tr key={silence.id}>
                  <td>
                    <Chip tone={silence.status.state === "active" ? "info" : "unknown"}>{t(`silence_${silence.status.state}`)}</Chip>
                  </td>
                  <td className="full">
                    <span className="labels">
                      {silence.matchers.map((matcher, i) => (
                        <span key={i} className="label clamp" title={matcherText(matcher)}>
                          {matcherText(matcher)}
                        </span>
                      ))}
                    </span>
                  </td>
                  <td className="number" data-label={t("hides")}>{live ? alerts.filter(({ labels }) => silence.matchers.every((matcher) => matches(matcher, labels))).length : ""}</td>
                  <td className="num nowrap" data-label={t("ends")} title={coming ? `${dateAndClock(from, zone)} – ${dateAndClock(until, zone)}` : dateAndClock(until, zone)}>
                    {coming ? t("beginsIn", { span: formatAge(from - now) }) : live ? t("inSpan", { span: formatAge(until - now) }) : dateAndClock(until, zone, false)}
                  </td>
                  <td className="cut who" data-label={t("who")} title={silence.createdBy}>
                    {silence.createdBy}
                  </td>
                  <td className="reason full">
                    <span className="clamp" title={silence.comment}>
                      {silence.comment}
                    </span>
                  </td>
                  <td>
                    <span className="row">
                      <button type="button" className="button small" {...change.button()} onClick={() => setOpened(silence)}>
                        {t(live ? "change" : "again")}
                      </button>
                      {live && (
                        <button type="button" className="button small" {...change.button()} data-act="end" onClick={() => void end(silence)}>
                          {t("end")}
                        </button>
                      )}
                    </span>
                  </td>
                </tr>
              );
            })}
          </tbody>
        </ScrollTable>
      )}
      <Suspense>{opened && <SilenceDialog {...(opened === "new" ? {} : { silence: opened })} onClose={() => setOpened(undefined)} onDone={again} />}</Suspense>
    </Panel>
  );
}
