// What is wrong now, forty lines to a screen: grouped by cause, worst first; silence, take and open from the
// keyboard.
import { lazy, memo, Suspense, useCallback, useMemo, useRef, useState } from "react";
import { acknowledgementsByAlert, filterAlerts, group, groupings, nameOf, placesOf, severityTone, startOf, stateOf, summaryOf, whereOf, type AlertState, type Group, type Grouping } from "../../alerting/model";
import type { Alert } from "../../api/alerts";
import type { Acknowledgement } from "../../api/oncall";
import { alertList } from "../../api/server";
import { useCommands } from "../../commands/commands";
import { useTopic } from "../../live/live";
import { Icon, Mark } from "../../parts/icons";
import { Chip, Empty, Trouble } from "../../parts/parts";
import { useMedia } from "../../parts/use_media";
import { VirtualRows } from "../../parts/virtual_rows";
import { whole } from "../../text/numbers";
import { formatAge } from "../../time/range";
import { useNow, useSearchParameter } from "../../time/use_time";
import { taken } from "../now/firing";
import { AlertDetail } from "./detail";
import { t } from "./messages";

const SilenceDialog = lazy(() => import("./silence_dialog"));
const TakeDialog = lazy(() => import("./take_dialog"));

const ROW_HEIGHT = 22;
/** A finger needs more than a pointer. */
const ROW_HEIGHT_TOUCH = 48;
/** With more alerts than this their groups are folded at first: what broke is a screen, not a hundred of them. */
const STORM = 2000;
const STATES: readonly AlertState[] = ["active", "acknowledged", "silenced", "inhibited", "muted"];

interface Line {
  alert: Alert;
  group: Group;
  /** The first of its group carries the name and the fold. */
  head: boolean;
  folded: boolean;
}

/** `toggled`: the groups that are not as they all are at first. */
function linesOf(groups: readonly Group[], toggled: ReadonlySet<string>, foldedAtFirst: boolean): Line[] {
  return groups.flatMap((group) => {
    const isFolded = toggled.has(group.key) !== foldedAtFirst && group.alerts.length > 1;
    return (isFolded ? group.alerts.slice(0, 1) : group.alerts).map((alert, i) => ({ alert, group, head: i === 0, folded: isFolded }));
  });
}

/** What a line stands for. */
const alertsOf = ({ folded, group, alert }: Line): Alert[] => (folded ? group.alerts : [alert]);

interface RowProps {
  line: Line;
  index: number;
  state: AlertState;
  owner: Acknowledgement | undefined;
  age: string;
  current: boolean;
  chosen: boolean;
  onOpen: (fingerprint: string) => void;
  onChoose: (alerts: readonly Alert[]) => void;
  onFold: (key: string) => void;
  onSilence: (alerts: Alert[]) => void;
  onTake: (alerts: Alert[]) => void;
}
const Row = memo(function Row({ line, index, state, owner, age, current, chosen, onOpen, onChoose, onFold, onSilence, onTake }: RowProps) {
  const { alert, group, head, folded } = line;
  const summary = summaryOf(alert);
  const name = nameOf(alert.labels);
  const where = folded ? placesOf(group.alerts) : whereOf(alert.labels);
  const many = group.alerts.length > 1;
  const meant = alertsOf(line);
  return (
    <div role="row" aria-rowindex={index + 2} aria-selected={chosen} className={`alert-row ${state} ${current ? "current" : ""} ${head ? "head" : ""}`} data-fingerprint={alert.fingerprint} onClick={() => onOpen(alert.fingerprint)}>
      <span role="cell">
        <input type="checkbox" checked={chosen} aria-label={t("choose", { name })} onClick={(event) => event.stopPropagation()} onChange={() => onChoose(meant)} />
      </span>
      <span role="cell">
        <Mark tone={severityTone(alert.labels)} label={alert.labels.severity ?? "warning"} />
      </span>
      <span role="cell" className="cut name" title={name}>
        {head && many && (
          <button
            type="button"
            className="fold num"
            aria-expanded={!folded}
            aria-label={t(folded ? "unfold" : "fold", { n: group.alerts.length, name: group.title })}
            onClick={(event) => {
              event.stopPropagation();
              onFold(group.key);
            }}
          >
            {folded ? "▸" : "▾"} {whole(group.alerts.length)}
          </button>
        )}
        {!head && <span className="branch">└ </span>}
        <button type="button" className="open" onClick={(event) => (event.stopPropagation(), onOpen(alert.fingerprint))}>
          {name}
        </button>
      </span>
      <span role="cell" className="cut where" title={where}>
        {where}
      </span>
      <span role="cell" className="cut dim summary" title={summary}>
        {summary}
      </span>
      <span role="cell" className="cut state">
        {state === "acknowledged" ? t("takenBy", { owner: owner?.owner || "?" }) : state === "active" ? "" : t(`state_${state}`)}
      </span>
      <span role="cell" className="num age">
        {age}
      </span>
      <span role="cell" className="acts">
        <button type="button" className="act" aria-label={t("take", { name })} title={`${t("takeShort")} (a)`} onClick={(event) => (event.stopPropagation(), onTake(meant))}>
          <Icon name="hand" size={13} />
        </button>
        <button type="button" className="act" aria-label={t("silenceOne", { name })} title={`${t("silence")} (s)`} onClick={(event) => (event.stopPropagation(), onSilence(meant))}>
          <Icon name="mute" size={13} />
        </button>
      </span>
    </div>
  );
});

export function AlertList() {
  const { data, error, first } = alertList.use();
  const { data: owners } = taken.use();
  useTopic("alerts", alertList.again);
  const now = useNow();
  const [query = "", setQuery] = useSearchParameter("q");
  const [by = "cause", setBy] = useSearchParameter("group");
  const [wanted = "active", setWanted] = useSearchParameter("state");
  const [open, setOpen] = useSearchParameter("alert");
  const [toggled, setToggled] = useState<ReadonlySet<string>>(new Set());
  const [storm, setStorm] = useState(false);
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const [at, setAt] = useState(-1);
  const rowHeight = useMedia("(max-width: 760px)") ? ROW_HEIGHT_TOUCH : ROW_HEIGHT;
  const [silence, setSilence] = useState<Alert[] | undefined>();
  const [take, setTake] = useState<Alert[] | undefined>();

  const byAlert = useMemo(() => acknowledgementsByAlert(owners), [owners]);
  const all = data ?? [];
  const counts = useMemo(() => {
    const out: Record<string, number> = { all: all.length };
    for (const alert of all) out[stateOf(alert, byAlert)] = (out[stateOf(alert, byAlert)] ?? 0) + 1;
    return out;
  }, [all, byAlert]);
  const grouping: Grouping = groupings.includes(by as Grouping) ? (by as Grouping) : "cause";
  const groups = useMemo(() => {
    const visible = filterAlerts(all, query).filter((alert) => {
      const state = stateOf(alert, byAlert);
      return wanted === "all" || state === wanted || (wanted === "active" && state === "acknowledged");
    });
    return group(visible, grouping);
  }, [all, byAlert, query, wanted, grouping]);
  const count = groups.reduce((sum, { alerts }) => sum + alerts.length, 0);
  // Well below the limit again before it ends: a number that wavers folds nothing and unfolds nothing.
  const storms = count > (storm ? STORM / 2 : STORM);
  if (storms !== storm) {
    setStorm(storms);
    setToggled(new Set());
  }
  const lines = useMemo(() => linesOf(groups, toggled, storm), [groups, toggled, storm]);

  const toggle = useCallback((set: (change: (old: ReadonlySet<string>) => ReadonlySet<string>) => void, key: string) => {
    set((old) => {
      const next = new Set(old);
      if (!next.delete(key)) next.add(key);
      return next;
    });
  }, []);
  const shown = useRef(lines);
  shown.current = lines;
  // The keys go on from the line that the pointer opened: what they silence is what is read.
  const onOpen = useCallback(
    (fingerprint: string) => {
      setOpen(fingerprint);
      setAt(shown.current.findIndex(({ alert }) => alert.fingerprint === fingerprint));
    },
    [setOpen],
  );
  // All of a folded group: who chooses it means what is in it.
  const onChoose = useCallback((alerts: readonly Alert[]) => {
    setChosen((old) => {
      const next = new Set(old);
      const off = alerts.every(({ fingerprint }) => old.has(fingerprint));
      for (const { fingerprint } of alerts) {
        if (off) next.delete(fingerprint);
        else next.add(fingerprint);
      }
      return next;
    });
  }, []);
  const onFold = useCallback((key: string) => toggle(setToggled, key), [toggle]);
  const foldAll = () => {
    const fold = !lines.some(({ folded }) => folded);
    setToggled(new Set(fold === storm ? [] : groups.map(({ key }) => key)));
  };
  const onSilence = useCallback((alerts: Alert[]) => setSilence(alerts), []);
  const onTake = useCallback((alerts: Alert[]) => setTake(alerts), []);

  // What the keys act on: the chosen ones, as far as there still are such, else the line the keys are at.
  const picked = useMemo(() => (chosen.size === 0 ? [] : all.filter(({ fingerprint }) => chosen.has(fingerprint))), [all, chosen]);
  const atLine = () => (lines[at] === undefined ? [] : alertsOf(lines[at]));
  const meant = (): Alert[] => (picked.length > 0 ? picked : atLine());
  const withMeant = (run: (alerts: Alert[]) => void) => () => {
    const alerts = meant();
    if (alerts.length) run(alerts);
  };
  const move = (by: number) => setAt((old) => Math.max(0, Math.min(lines.length - 1, old + by)));
  useCommands([
    { id: "alerts-down", name: t("keyDown"), group: t("group"), keys: "j", run: () => move(1) },
    { id: "alerts-up", name: t("keyUp"), group: t("group"), keys: "k", run: () => move(-1) },
    { id: "alerts-open", name: t("keyOpen"), group: t("group"), keys: "o", run: () => lines[at] && setOpen(lines[at].alert.fingerprint) },
    { id: "alerts-choose", name: t("keyChoose"), group: t("group"), keys: "x", run: () => lines[at] && onChoose(atLine()) },
    { id: "alerts-silence", name: t("silence"), group: t("group"), keys: "s", run: withMeant(setSilence) },
    { id: "alerts-take", name: t("takeShort"), group: t("group"), keys: "a", run: withMeant(setTake) },
    { id: "alerts-fold", name: t("foldAll"), group: t("group"), keys: "f", run: foldAll },
    { id: "alerts-filter", name: t("filter"), group: t("group"), keys: "/", run: () => document.getElementById("alert-filter")?.focus() },
    { id: "alerts-close", name: t("close"), group: t("group"), keys: "escape", run: () => (setOpen(undefined), setChosen(new Set())) },
  ]);

  // What somebody reads is not taken away when it ends.
  const found = open ? all.find(({ fingerprint }) => fingerprint === open) : undefined;
  const last = useRef<Alert>(undefined);
  if (found !== undefined) last.current = found;
  const opened = found ?? (open !== undefined && last.current?.fingerprint === open ? last.current : undefined);
  return (
    <div className={`alert-page ${opened ? "with-detail" : ""}`}>
      <div className="column">
        <div className="row wrap">
          <input id="alert-filter" className="input grow" style={{ minWidth: 180, maxWidth: 520 }} placeholder={t("filterHint")} aria-label={t("filter")} value={query} spellCheck={false} onChange={(event) => setQuery(event.target.value || undefined)} />
          <select className="input" aria-label={t("state")} value={wanted} onChange={(event) => setWanted(event.target.value === "active" ? undefined : event.target.value)}>
            {[...STATES, "all" as const].map((state) => (
              <option key={state} value={state}>
                {t(`state_${state}`)} ({whole(state === "active" ? (counts.active ?? 0) + (counts.acknowledged ?? 0) : (counts[state] ?? 0))})
              </option>
            ))}
          </select>
          <select className="input" aria-label={t("groupBy")} value={grouping} onChange={(event) => setBy(event.target.value === "cause" ? undefined : event.target.value)}>
            {groupings.map((one) => (
              <option key={one} value={one}>
                {t(`by_${one}`)}
              </option>
            ))}
          </select>
          {count > groups.length && grouping !== "none" && (
            <button type="button" className="button plain list-count num" onClick={foldAll} title={`${t("foldAll")} (f)`}>
              {t("alertsInGroups", { n: whole(count), groups: whole(groups.length) })}
            </button>
          )}
          {picked.length > 0 && (
            <>
              <Chip tone="info">{t("chosen", { n: picked.length })}</Chip>
              <button type="button" className="button" onClick={() => setTake(meant())}>
                <Icon name="hand" /> {t("takeShort")}
              </button>
              <button type="button" className="button" onClick={() => setSilence(meant())}>
                <Icon name="mute" /> {t("silence")}
              </button>
            </>
          )}
        </div>
        <Trouble error={error} stale={data !== undefined} />
        {open !== undefined && data !== undefined && opened === undefined && (
          <div className="row" role="status" data-gone={open}>
            <span className="dim">{t("alertGone")}</span>
            <button type="button" className="button small" onClick={() => setOpen(undefined)}>
              {t("close")}
            </button>
          </div>
        )}
        {!first && lines.length === 0 ? (
          <section className="panel">
            <Empty title={all.length ? t("noneMatch") : t("none")}>
              <span>{all.length ? t("noneMatchWhy", { n: all.length }) : t("noneWhy")}</span>
            </Empty>
          </section>
        ) : (
          <VirtualRows
            className="panel alert-list"
            label={t("list")}
            count={lines.length}
            height={rowHeight}
            focus={at >= 0 ? at : undefined}
            header={
              <div role="row" className="alert-row header">
                <span role="columnheader">
                  <span className="unseen">{t("chooseColumn")}</span>
                </span>
                <span role="columnheader">
                  <span className="unseen">{t("severity")}</span>
                </span>
                <span role="columnheader">{t("name")}</span>
                <span role="columnheader" className="where">{t("where")}</span>
                <span role="columnheader" className="summary">{t("summary")}</span>
                <span role="columnheader" className="state">{t("state")}</span>
                <span role="columnheader" className="age">{t("age")}</span>
                <span role="columnheader" className="acts">
                  <span className="unseen">{t("actions")}</span>
                </span>
              </div>
            }
            row={(i) => {
              const line = lines[i]!;
              const { alert } = line;
              return (
                <Row
                  key={alert.fingerprint}
                  line={line}
                  index={i}
                  state={stateOf(alert, byAlert)}
                  owner={byAlert.get(alert.fingerprint)}
                  age={formatAge(now - (line.folded ? line.group.start : startOf(alert)))}
                  current={i === at || alert.fingerprint === open}
                  chosen={alertsOf(line).every(({ fingerprint }) => chosen.has(fingerprint))}
                  onOpen={onOpen}
                  onChoose={onChoose}
                  onFold={onFold}
                  onSilence={onSilence}
                  onTake={onTake}
                />
              );
            }}
          />
        )}
      </div>
      {opened && (
        <AlertDetail
          key={opened.fingerprint}
          alert={opened}
          state={found === undefined ? "ended" : stateOf(opened, byAlert)}
          owner={byAlert.get(opened.fingerprint)}
          onClose={() => setOpen(undefined)}
          onSilence={() => setSilence([opened])}
          onTake={() => setTake([opened])}
        />
      )}
      <Suspense>
        {silence && <SilenceDialog alerts={silence} onClose={() => setSilence(undefined)} />}
        {take && <TakeDialog alerts={take} taken={byAlert} onClose={() => setTake(undefined)} />}
      </Suspense>
    </div>
  );
}
