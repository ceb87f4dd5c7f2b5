// The picker: quick ranges, absolute or relative ends, zone, refresh, comparison.
import { useId, useState, type FormEvent, type ReactElement } from "react";
import Popover from "../parts/popover";
import { classes, Field } from "../parts/parts";
import { t } from "./messages";
import { isRelative, resolve } from "./range";
import { QUICK } from "./quick";
import { useTime } from "./use_time";
import { BROWSER, dateAndClock, offsetText, zones } from "./zone";

const REFRESHES = [0, 1, 5, 10, 30, 60, 300];

function Ends({ onDone }: { onDone: () => void }) {
  const { range, interval, zone, setRange } = useTime();
  const words = isRelative(range);
  const [from, setFrom] = useState(words ? range.from : dateAndClock(interval.from, zone));
  const [to, setTo] = useState(words ? range.to : dateAndClock(interval.to, zone));
  const [error, setError] = useState("");
  const id = useId();
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const now = Date.now() / 1000;
    const begin = resolve(from, now, zone);
    const end = resolve(to, now, zone, true);
    if (begin === undefined) return setError(t("bad", { text: from }));
    if (end === undefined) return setError(t("bad", { text: to }));
    if (end <= begin) return setError(t("order"));
    const kept = (text: string, seconds: number) => (/^now/.test(text.trim()) ? text.trim() : String(Math.round(seconds * 1000)));
    setRange({ from: kept(from, begin), to: kept(to, end) });
    onDone();
  };
  return (
    <form className="column" onSubmit={submit} aria-describedby={`${id}-hint`}>
      <Field label={t("from")}>
        <input className="input mono" value={from} onChange={(event) => setFrom(event.target.value)} spellCheck={false} />
      </Field>
      <Field label={t("to")}>
        <input className="input mono" value={to} onChange={(event) => setTo(event.target.value)} spellCheck={false} />
      </Field>
      <span id={`${id}-hint`} className={error ? "tone-critical" : "dim"} role={error ? "alert" : undefined}>
        {error || t("hint")}
      </span>
      <button type="submit" className="button primary">
        {t("apply")}
      </button>
    </form>
  );
}

export default function Picker({ trigger, open, onOpen }: { trigger: ReactElement; open: boolean; onOpen: (open: boolean) => void }) {
  const { range, interval, relative, zone, refresh, compare, setRange, setZone, setRefresh, setCompare } = useTime();
  const width = Math.round(interval.to - interval.from);
  const compares: [number, string][] = [
    [0, t("none")],
    [width, t("rangeBefore")],
    [3600, t("hourBefore")],
    [86_400, t("dayBefore")],
    [604_800, t("weekBefore")],
    [2_419_200, t("monthBefore")],
  ];
  const own = Intl.DateTimeFormat().resolvedOptions().timeZone;
  return (
    <Popover trigger={trigger} label={t("pick")} open={open} onOpen={onOpen}>
      <div className="time-picker">
        <div className="quick">
          {QUICK.map(({ id, name, from, to }) => (
            <button
              key={id}
              type="button"
              className={classes("button small", from === range.from && to === range.to ? "primary" : "plain")}
              onClick={() => {
                setRange({ from, to });
                onOpen(false);
              }}
            >
              {name()}
            </button>
          ))}
        </div>
        <div className="column">
          <Ends key={`${range.from} ${range.to} ${zone}`} onDone={() => onOpen(false)} />
          <Field label={t("refresh")}>
            <select className="input" value={refresh} disabled={!relative} onChange={(event) => setRefresh(Number(event.target.value))}>
              {[...new Set([...REFRESHES, refresh])].map((seconds) => (
                <option key={seconds} value={seconds}>
                  {seconds ? `${seconds} s` : t("off")}
                </option>
              ))}
            </select>
          </Field>
          <Field label={t("compare")}>
            <select className="input" value={compare} onChange={(event) => setCompare(Number(event.target.value))}>
              {(compares.some(([seconds]) => seconds === compare) ? compares : [...compares, [compare, `${compare} s`] as [number, string]]).map(([seconds, name], i) => (
                <option key={i} value={seconds}>
                  {name}
                </option>
              ))}
            </select>
          </Field>
          <Field label={`${t("zone")} · ${offsetText(interval.to, zone)}`}>
            <select className="input" value={zone} onChange={(event) => setZone(event.target.value)}>
              <option value={BROWSER}>{t("browserZone", { zone: own })}</option>
              <option value="utc">UTC</option>
              {[...new Set([...(zone !== BROWSER && zone !== "utc" ? [zone] : []), ...zones()])].map((name) => (
                <option key={name} value={name}>
                  {name}
                </option>
              ))}
            </select>
          </Field>
        </div>
      </div>
    </Popover>
  );
}
