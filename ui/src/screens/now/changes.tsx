// What happened last: alerts that began and ended, change events that were posted, reloads, the start.
import { useMemo } from "react";
import { Link } from "wouter";
import { alertHistory } from "../../api/alerts";
import { askPlain } from "../../api/client";
import { alertList, runtime } from "../../api/server";
import { useApi } from "../../api/use_api";
import { nameOf, severityTone, whereOf } from "../../alerting/model";
import { useTopic } from "../../live/live";
import { Icon, Mark, type Tone } from "../../parts/icons";
import { Panel } from "../../parts/parts";
import { formatAge } from "../../time/range";
import { useMoment } from "../../time/moment";
import { useNow, useZone } from "../../time/use_time";
import { dateAndClock } from "../../time/zone";
import { t } from "./messages";

export interface Change {
  at: number;
  key: string;
  tone: Tone | undefined;
  text: string;
  where: string;
  /** Where there is more of it. */
  href?: string;
}
interface Annotation {
  id: number;
  time: number;
  text: string;
  tags?: string[];
}

/** The server began less than this before the first load of its configuration: one event, not two. */
const START_SECONDS = 30;

const TOGETHER_SECONDS = 60;
/** What happened to many at about the same time is one change: the latest of them, with their number and their widest places. */
export function together(sorted: readonly Change[]): (Change & { count: number })[] {
  const out: (Change & { count: number; places: string[] })[] = [];
  for (const change of sorted) {
    const same = out.find(({ text, tone, at }) => text === change.text && tone === change.tone && at - change.at <= TOGETHER_SECONDS);
    const widest = change.where.split(" · ")[0]!;
    if (!same) {
      out.push({ ...change, count: 1, places: widest ? [widest] : [] });
      continue;
    }
    same.count++;
    if (widest && !same.places.includes(widest)) same.places.push(widest);
    same.where = [...same.places].sort().join(", ");
  }
  return out;
}

export function Changes({ rows }: { rows: number }) {
  const now = useNow();
  const zone = useZone();
  const moment = useMoment();
  const history = useApi(`history ${moment ?? ""}`, (signal) => alertHistory(200, undefined, moment, { signal }), { every: moment === undefined ? 10_000 : 0 });
  // Posted change events; a server without them answers with an error, which is no news here.
  const posted = useApi(`annotations ${moment ?? ""}`, (signal) => askPlain<Annotation[]>("api/annotations", { limit: 40, ...(moment === undefined ? {} : { from: 0, to: moment * 1000 }) }, { signal }).catch(() => [] as Annotation[]), { every: moment === undefined ? 30_000 : 0 });
  useTopic("alerts", history.again);
  useTopic("annotations", posted.again);
  const { data: info } = runtime.use();
  const { data: alerts } = alertList.use();
  const there = useMemo(() => new Set((alerts ?? []).map(({ fingerprint }) => fingerprint)), [alerts]);
  const changes = useMemo(() => {
    const list: Change[] = (history.data ?? []).map(({ at, kind, labels, fingerprint }) => ({
      at: Date.parse(at) / 1000,
      key: `${fingerprint} ${kind} ${at}`,
      tone: kind === "firing" ? severityTone(labels) : "ok",
      text: t(kind === "firing" ? "changeFiring" : kind === "resolved" ? "changeResolved" : "changeExpired", { name: nameOf(labels) }),
      where: whereOf(labels),
      // One that has ended is in no list: then the rule that it came from.
      href: there.has(fingerprint) ? `/alerts?alert=${fingerprint}` : `/alerts/rules?q=${encodeURIComponent(nameOf(labels))}`,
    }));
    // The server notes alerts, its start and its reloads as annotations too: those are told above and below.
    for (const { id, time, text, tags = [] } of Array.isArray(posted.data) ? posted.data : [])
      if (!tags.includes("alert") && !tags.includes("pharos"))
        list.push({ at: time / 1000, key: `annotation ${id}`, tone: "info", text, where: tags.join(" · ") });
    if (info) {
      const started = Date.parse(info.startTime) / 1000;
      const loaded = Date.parse(info.lastConfigTime) / 1000;
      list.push({ at: started, key: "start", tone: undefined, text: t("changeStart"), where: info.hostname, href: "/system" });
      if (loaded > started + START_SECONDS) list.push({ at: loaded, key: "config", tone: undefined, text: t("changeConfig"), where: "", href: "/system/config" });
    }
    return together(list.filter(({ at }) => at > 0 && (moment === undefined || at <= moment)).sort((a, b) => b.at - a.at)).slice(0, rows);
  }, [history.data, posted.data, info, there, rows, moment]);
  return (
    <Panel title={t("changes")} error={history.error} flush className="changes">
      {!history.first && changes.length === 0 && <div className="empty">{t("noChanges")}</div>}
      <ul>
        {changes.map(({ at, key, tone, text, where, href, count }) => {
          const line = (
            <>
              {tone ? <Mark tone={tone} /> : <span className="mark dim"><Icon name="gear" size={12} /></span>}
              <span className="cut what">{text}</span>
              {count > 1 && <span className="chip num">{count}</span>}
              <span className="cut dim grow">{where}</span>
              <span className="num dim nowrap">{formatAge(now - at)}</span>
            </>
          );
          return (
            <li key={key} title={dateAndClock(at, zone)}>
              {href === undefined ? <span className="row">{line}</span> : <Link href={href} className="row">{line}</Link>}
            </li>
          );
        })}
      </ul>
    </Panel>
  );
}
