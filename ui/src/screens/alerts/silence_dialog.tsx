// A silence, with what it would hide before it is made: now and in the last week.
import { useMemo, useState, type FormEvent } from "react";
import { nameOf, matches, parseMatcher, severityTone, whereOf } from "../../alerting/model";
import { addSilence, matcherText, previewSilence, type Alert, type Matcher, type Silence } from "../../api/alerts";
import { alertList } from "../../api/server";
import { useApi } from "../../api/use_api";
import Dialog from "../../parts/dialog";
import { useMayChange } from "../../parts/may_change";
import { Mark } from "../../parts/icons";
import { Field, Labels, Trouble } from "../../parts/parts";
import { toast } from "../../parts/toast";
import { preference, setPreference } from "../../preferences";
import { resolve } from "../../time/range";
import { durationSeconds } from "../../time/duration";
import { useNow, useZone } from "../../time/use_time";
import { dateAndClock } from "../../time/zone";
import { t } from "./messages";

const WEEK = 7 * 86_400;
const SHOWN = 6;
const SPANS = ["30m", "2h", "8h", "1d", "7d"];

/** The labels that all of them share: what a silence for these alerts would match. */
export function commonMatchers(alerts: readonly Alert[]): Matcher[] {
  const [first, ...rest] = alerts;
  if (!first) return [];
  return Object.entries(first.labels)
    .filter(([name, value]) => rest.every(({ labels }) => labels[name] === value))
    .map(([name, value]) => ({ name, value, isRegex: false, isEqual: true }));
}

/** In days, hours and minutes, as the field of its length takes it. */
export function spanText(seconds: number): string {
  const minutes = Math.max(1, Math.ceil(seconds / 60));
  const parts = [[Math.floor(minutes / 1440), "d"], [Math.floor(minutes / 60) % 24, "h"], [minutes % 60, "m"]] as const;
  return parts.map(([n, unit]) => (n > 0 ? `${n}${unit}` : "")).join("");
}

export interface SilenceDialogProps {
  /** What it is to hide. */
  alerts?: readonly Alert[];
  /** One that there is: it is changed, or made again when it has ended. */
  silence?: Silence;
  onClose: () => void;
  onDone?: () => void;
}

export default function SilenceDialog({ alerts = [], silence, onClose, onDone }: SilenceDialogProps) {
  const change = useMayChange();
  const [lines, setLines] = useState(() => (silence?.matchers ?? commonMatchers(alerts)).map(matcherText).join("\n"));
  const zone = useZone();
  const state = silence?.status.state;
  // One that has not ended keeps its length until somebody changes that, and one that has begun its beginning.
  const [span, setSpan] = useState(() => (silence === undefined || state === "expired" ? "2h" : spanText((Date.parse(silence.endsAt) - (state === "pending" ? Date.parse(silence.startsAt) : Date.now())) / 1000)));
  const [starts, setStarts] = useState(() => (silence !== undefined && state === "pending" ? dateAndClock(Date.parse(silence.startsAt) / 1000, zone) : "now"));
  const [by, setBy] = useState(preference("me") ?? silence?.createdBy ?? "");
  const [comment, setComment] = useState(silence?.comment ?? "");
  const [error, setError] = useState<string | undefined>();
  const [busy, setBusy] = useState(false);
  const { data: all = [] } = alertList.use();

  const parsed = useMemo(() => {
    const found: Matcher[] = [];
    for (const line of lines.split("\n").filter((text) => text.trim())) {
      const matcher = parseMatcher(line);
      if (!matcher) return { matchers: found, bad: line };
      found.push(matcher);
    }
    return { matchers: found, bad: undefined };
  }, [lines]);
  const duration = durationSeconds(span);
  const now = useNow();
  const begin = state === "active" ? now : resolve(starts, now, zone);
  const usable = parsed.bad === undefined && parsed.matchers.length > 0;
  const hides = useMemo(() => (usable ? all.filter(({ labels }) => parsed.matchers.every((matcher) => matches(matcher, labels))) : []), [all, parsed, usable]);
  const key = parsed.matchers.map(matcherText).join("\u0000");
  const preview = useApi(
    `silence ${key}`,
    (signal) => previewSilence(parsed.matchers, Date.now() / 1000 - WEEK, Date.now() / 1000, { signal }),
    { enabled: usable },
  );

  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (!usable) return setError(parsed.bad ? t("badMatcher", { text: parsed.bad }) : t("noMatcher"));
    if (!duration) return setError(t("badDuration", { text: span }));
    const pressed = Date.now() / 1000;
    const asked = resolve(starts, pressed, zone);
    if (asked === undefined) return setError(t("badTime", { text: starts }));
    setBusy(true);
    setPreference("me", by);
    try {
      const at = (seconds: number) => new Date(seconds * 1000).toISOString();
      const kept = silence !== undefined && state !== "expired";
      const from = Math.max(pressed, asked);
      await addSilence({ ...(kept ? { id: silence.id } : {}), matchers: parsed.matchers, startsAt: kept && state === "active" ? silence.startsAt : at(from), endsAt: at((state === "active" ? pressed : from) + duration), createdBy: by, comment });
      toast(t("silenceMade", { n: hides.length }), "ok");
      alertList.again();
      onDone?.();
      onClose();
    } catch (failure) {
      setError(failure instanceof Error ? failure.message : String(failure));
      setBusy(false);
    }
  };
  return (
    <Dialog
      title={t(silence ? "silenceChange" : "silenceTitle")}
      onClose={onClose}
      wide
      footer={
        <>
          <button type="button" className="button" onClick={onClose}>
            {t("cancel")}
          </button>
          <button type="submit" form="silence" className="button primary" {...change.button(busy || !usable)}>
            {t("silenceFor", { span })}
          </button>
        </>
      }
    >
      <form id="silence" className="silence-form" onSubmit={(event) => void submit(event)}>
        <div className="column">
          <Field label={t("matchers")}>
            <textarea className="input" rows={Math.min(10, Math.max(3, lines.split("\n").length))} value={lines} spellCheck={false} onChange={(event) => setLines(event.target.value)} />
          </Field>
          {parsed.bad !== undefined && <span className="tone-critical" role="alert">{t("badMatcher", { text: parsed.bad })}</span>}
          <div className="column" style={{ gap: 3 }}>
            <span className="dim">{t("howLong")}</span>
            <span className="row wrap">
              {SPANS.map((one) => (
                <button key={one} type="button" className="button small" aria-pressed={one === span} onClick={() => setSpan(one)}>
                  {one}
                </button>
              ))}
              <input className="input" style={{ width: 80 }} aria-label={t("howLong")} value={span} onChange={(event) => setSpan(event.target.value)} />
            </span>
            {duration === undefined ? (
              <span className="tone-critical" role="alert">{t("badDuration", { text: span })}</span>
            ) : (
              begin !== undefined && <span className="dim num" data-until>{t("untilTime", { time: dateAndClock(Math.max(now, begin) + duration, zone, false) })}</span>
            )}
          </div>
          {state !== "active" && (
            <Field label={t("starts")}>
              <input className="input mono" value={starts} placeholder="now+1h" onChange={(event) => setStarts(event.target.value)} />
            </Field>
          )}
          <Field label={t("who")}>
            <input className="input" required autoFocus={!by} value={by} autoComplete="username" onChange={(event) => setBy(event.target.value)} />
          </Field>
          <Field label={t("reason")}>
            <input className="input" required autoFocus={Boolean(by)} value={comment} onChange={(event) => setComment(event.target.value)} />
          </Field>
          <Trouble error={error} />
        </div>
        <div className="column">
          <h3>{t("hidesNow", { n: usable && preview.error === undefined ? hides.length : "–" })}</h3>
          <ul className="preview">
            {hides.slice(0, SHOWN).map(({ fingerprint, labels }) => (
              <li key={fingerprint} className="row">
                <Mark tone={severityTone(labels)} />
                <span className="cut">{nameOf(labels)}</span>
                <span className="cut dim grow">{whereOf(labels)}</span>
              </li>
            ))}
            {hides.length > SHOWN && <li className="dim">{t("andMore", { n: hides.length - SHOWN })}</li>}
          </ul>
          <h3>{t("wouldHaveHidden")}</h3>
          <Trouble error={preview.error} />
          {usable && <p>{preview.data ? `${t("hiddenAlerts", { n: preview.data.alerts })}; ${t(preview.data.notifications > 0 ? "hiddenMessages" : "hiddenNoMessage", { n: preview.data.notifications, whole: preview.data.wholeNotifications })}` : "…"}</p>}
          {usable && preview.data && (
            <>
              <ul className="preview">
                {preview.data.examples.slice(0, SHOWN).map((labels, i) => (
                  <li key={i}>
                    <Labels labels={labels} />
                  </li>
                ))}
              </ul>
            </>
          )}
        </div>
      </form>
    </Dialog>
  );
}
