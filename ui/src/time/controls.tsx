// The time range in the bar. The picker itself is loaded when it is first opened.
import { lazy, Suspense, useEffect, useState } from "react";
import { useCommands } from "../commands/commands";
import { Icon } from "../parts/icons";
import { t } from "./messages";
import { absolute, formatDuration, shift, zoomOut, type Interval } from "./range";
import { refreshNow, useTimeChoice } from "./use_time";
import { dateAndClock, offsetText, shortTime } from "./zone";
import { QUICK } from "./quick";

const Picker = lazy(() => import("./picker"));

export function useRangeName(): string {
  const { range, intervalNow, relative, zone } = useTimeChoice();
  const quick = QUICK.find(({ from, to }) => from === range.from && to === range.to);
  if (quick) return quick.name();
  if (relative && range.to === "now" && /^now-[\d.]+\w+$/.test(range.from)) return t("last", { span: range.from.slice(4) });
  if (relative) return `${range.from} → ${range.to}`;
  const now = Date.now() / 1000;
  const interval = intervalNow();
  return `${shortTime(interval.from, zone, now)} → ${shortTime(interval.to, zone, now)}`;
}

export function TimeControls() {
  const { range, intervalNow, setRange, relative, zone, compare } = useTimeChoice();
  const [wanted, setWanted] = useState(false);
  const [open, setOpen] = useState(false);
  const name = useRangeName();
  const go = (next: Interval) => setRange(absolute(next));
  // The range in full is worked out when it is looked for, not at each beat of the clock.
  const inFull = () => {
    const { from, to } = intervalNow();
    return `${dateAndClock(from, zone)} → ${dateAndClock(to, zone)} ${offsetText(to, zone)} · ${formatDuration(to - from)}`;
  };
  const [full, setFull] = useState(inFull);
  useEffect(() => setFull(inFull), [range, zone]);
  useCommands([
    { id: "time-pick", name: t("pick"), group: t("group"), keys: "t t", run: () => (setWanted(true), setOpen(true)) },
    { id: "time-back", name: t("back"), group: t("group"), keys: "shift+arrowleft", run: () => go(shift(intervalNow(), -0.5)) },
    { id: "time-forward", name: t("forward"), group: t("group"), keys: "shift+arrowright", run: () => go(shift(intervalNow(), 0.5)) },
    { id: "time-out", name: t("zoomOut"), group: t("group"), keys: "t o", run: () => go(zoomOut(intervalNow(), Date.now() / 1000)) },
    { id: "time-refresh", name: t("refreshNow"), group: t("group"), keys: "r", run: refreshNow },
    { id: "time-freeze", name: t("freeze"), group: t("group"), keys: "t f", run: () => go(intervalNow()) },
    ...QUICK.map(({ id, name: quickName, from, to }) => ({
      id: `time-${id}`,
      name: quickName(),
      group: t("group"),
      run: () => setRange({ from, to }),
    })),
  ]);
  const button = (
    <button
      type="button"
      className="button"
      title={full}
      onPointerEnter={() => setFull(inFull)}
      onFocus={() => setFull(inFull)}
      aria-label={t("pickAt", { range: name })}
      onClick={wanted ? undefined : () => (setWanted(true), setOpen(true))}
    >
      <Icon name="clock" />
      <span className="num">{name}</span>
      {compare > 0 && <span className="chip info">{t("vs", { span: formatDuration(compare) })}</span>}
      <Icon name="down" size={11} />
    </button>
  );
  return (
    <span className="join">
      <button type="button" className="button icon wide-only" aria-label={t("back")} title={`${t("back")} (Shift+←)`} onClick={() => go(shift(intervalNow(), -0.5))}>
        <Icon name="left" />
      </button>
      {wanted ? (
        <Suspense fallback={button}>
          <Picker trigger={button} open={open} onOpen={setOpen} />
        </Suspense>
      ) : (
        button
      )}
      <button type="button" className="button icon wide-only" aria-label={t("forward")} title={`${t("forward")} (Shift+→)`} disabled={relative} onClick={() => go(shift(intervalNow(), 0.5))}>
        <Icon name="right" />
      </button>
      <button type="button" className="button icon wide-only" aria-label={t("zoomOut")} title={`${t("zoomOut")} (t o)`} onClick={() => go(zoomOut(intervalNow(), Date.now() / 1000))}>
        <Icon name="zoom_out" />
      </button>
    </span>
  );
}
