// A panel on a board: its title, menu and trouble line, and the data of the view inside. It asks for data
// only while it can be seen.
import { memo, Suspense, useEffect, useLayoutEffect, useMemo, useRef, useState, useSyncExternalStore, type ReactNode } from "react";
import { reachability } from "../../api/client";
import { useScrapeInterval } from "../../api/datasource";
import { useStreamCut } from "../../live/live";
import { Boundary, classes, Trouble } from "../../parts/parts";
import { clock } from "../../time/zone";
import { Icon } from "../../parts/icons";
import { onPaper, watchPreferences } from "../../preferences";
import type { BoardView, PanelView, PanelViewProps, SharedView } from "../../panels/panel_view";
import { linkBuiltins } from "../../panels/data_links";
import { shownLinks } from "../../panels/links";
import { drawsTicks, viewOf } from "../../panels/registry";
import { askOf } from "../data/panel_query";
import { errorOf, PanelSource, type PanelData } from "../data/panel_source";
import type { Panel } from "../model/board";
import { filledPanel, hasTexts } from "../model/filled_panel";
import { interpolate } from "../model/interpolate";
import { stepBuiltins, withBuiltins, withVariables, type BoundVariable, type Scope } from "../model/scope";
import type { AdhocFilter } from "../model/variables";
import { flagOf, textOf } from "../model/json";
import { setDateZone } from "../field/date_zone";
import { t } from "./messages";
import { namesEnds, rangeScope, useTakenRange } from "./moving_range";
import { usePaced } from "./paced";
import { useStepErrors } from "./step_errors";

const loadMenu = () => import("../../parts/menu");
type MenuComponent = Awaited<ReturnType<typeof loadMenu>>["default"];

export interface PanelAction {
  id: string;
  name: string;
  run: (panel: Panel, element: HTMLElement | null, source: PanelSource, scope: Scope) => void;
}

export interface PanelFrameProps {
  panel: Panel;
  own: readonly BoundVariable[];
  scope: Scope;
  filters: AdhocFilter[];
  board: SharedView;
  live: number;
  ready: boolean;
  actions: readonly (PanelAction | "line")[];
  /** Asks although it is out of sight: for snapshots. */
  always: boolean;
  /** Shows rows out of sight, too: for snapshots. */
  whole?: boolean;
  search: string;
  /** Before the title while the board is edited. */
  handle?: ReactNode;
}

const HEADER = 30;

/** A panel that takes what the board shares in its turn: all of it together, as a question is made of all. While its
 *  values come by themselves, it is not rendered for a range that goes on. */
export const PanelFrame = memo(function PanelFrame(props: PanelFrameProps) {
  const { panel, board: shared, scope, own, filters, live, ready, search } = props;
  const source = useMemo(() => new PanelSource(), []);
  const interval = useTakenRange(shared.range, () => source.follows() && !namesEnds(panel, search));
  const board = useMemo<BoardView>(() => ({ ...shared, interval }), [shared, interval]);
  const given = useMemo(() => ({ board, scope, own, filters, live, ready }), [board, scope, own, filters, live, ready]);
  return <PanelBox {...props} {...usePaced(given, (held) => !held.ready || onPaper())} source={source} />;
});

interface PanelBoxProps extends Omit<PanelFrameProps, "board"> {
  board: BoardView;
  source: PanelSource;
}

const PanelBox = memo(function PanelBox({ panel, own, scope, filters, board, live, ready, actions, always, whole = false, search, handle, source }: PanelBoxProps) {
  const data = useSyncExternalStore(source.subscribe, source.outlined);
  const box = useRef<HTMLElement>(null);
  const body = useRef<HTMLDivElement>(null);
  const [size, setSize] = useState<{ width: number; height: number }>({ width: 0, height: 0 });
  const [near, setNear] = useState(false);

  // When the board stands, so that the first menu opens at once.
  useEffect(() => {
    if (actions.length > 0 && data.loaded) void loadMenu();
  }, [actions.length > 0 && data.loaded]);

  useEffect(() => {
    const element = body.current;
    if (element === null) return;
    const measure = () => setSize((old) => (old.width === element.clientWidth && old.height === element.clientHeight ? old : { width: element.clientWidth, height: element.clientHeight }));
    measure();
    const resize = new ResizeObserver(measure);
    resize.observe(element);
    const sight = new IntersectionObserver((found) => setNear(found[found.length - 1]!.isIntersecting), { rootMargin: "150px" });
    sight.observe(element);
    return () => {
      resize.disconnect();
      sight.disconnect();
    };
  }, []);
  // Times among the values of a panel are read in the board's zone, as those of its axes are.
  setDateZone(board.zone);
  const paper = useSyncExternalStore(watchPreferences, onPaper);
  const visible = near || always || paper;
  useEffect(() => {
    source.setVisible(visible);
    return () => source.setVisible(false);
  }, [source, visible]);

  const full = useMemo(() => rangeScope(withVariables(scope, own), board.interval), [scope, own, board.interval]);
  const scrapes = useScrapeInterval();
  // Widths within 40 pixels ask the same question.
  const asked = Math.max(120, Math.round(size.width / 40) * 40);
  useEffect(() => {
    if (!ready || size.width === 0 || scrapes === undefined) return;
    source.ask(askOf(panel, full, filters, board.range.now(), asked, scrapes), { live, compare: board.compare });
  }, [scrapes, source, panel, full, filters, board.range, board.interval, board.compare, live, asked, ready, visible, size.width === 0]);

  const step = source.step();
  const shown = useMemo(
    () => withBuiltins(full, [...stepBuiltins(step ?? { stepMs: data.step * 1000, intervalMs: data.step * 1000, rateIntervalMs: 60_000 }), ...linkBuiltins(search, full, board.interval)]),
    [full, data.step, step?.intervalMs, step?.rateIntervalMs, search, board.interval],
  );
  const filled = useFilledPanel(panel, shown);
  const title = interpolate(panel.title, shown, "title");
  const ownTime = [panel.timeFrom ?? "", (panel.timeShift ?? "") === "" ? "" : `−${panel.timeShift}`].filter((part) => part !== "").map((part) => interpolate(part, shown)).join(" ");
  const name = title || t("untitled");
  const View = viewOf(panel.type);
  const links = useMemo(() => shownLinks(panel.links ?? [], shown, search), [panel.links, shown, search]);
  const undone = useStepErrors(filled, data);
  const trouble = errorOf(data) ?? (undone === undefined ? undefined : t("undone", { what: undone }));
  const reach = useSyncExternalStore(reachability.subscribe, reachability.get);
  const cut = useStreamCut();
  const silent = reach !== "yes" || (live > 0 && cut);
  const bare = flagOf(panel.transparent);
  const wholeBoard = useMemo(() => (whole ? { ...board, whole } : board), [board, whole]);
  const drawn = { panel: filled, source, board: wholeBoard, scope: shown, width: size.width, height: size.height };
  return (
    <section ref={box} className={classes("panel board-panel", bare && "bare")} aria-label={name} data-panel={panel.id} data-type={panel.type} data-loaded={data.loaded} data-step={data.step}>
      <header style={{ minHeight: HEADER }}>
        {handle}
        <h2 title={textOf(panel.description) === "" ? title : `${title}\n${interpolate(textOf(panel.description), shown)}`}>{title}</h2>
        <span className="grow" />
        {!data.loaded && visible && <span className="asking dim">{t("waiting")}</span>}
        {silent && data.loaded && (
          <span className="asking tone-warning nowrap num" role="status">
            {t("noAnswerSince", { time: clock(newestOf(source.snapshot()), board.zone) })}
          </span>
        )}
        {data.warnings.length > 0 && (
          <span className="dim" title={data.warnings.join("\n")} aria-label={data.warnings.join(" ")}>
            ⚠
          </span>
        )}
        {ownTime !== "" && flagOf(panel.hideTimeOverride) === false && <span className="dim num">{ownTime}</span>}
        {links.map((link) => (
          <a key={link.url} className="panel-link" href={link.url} target={link.blank ? "_blank" : undefined} rel="noreferrer" title={link.title}>
            <Icon name="link" size={13} />
          </a>
        ))}
        {actions.length > 0 && (
          <PanelMenu title={name} items={actions.map((action) => (action === "line" ? action : { id: action.id, name: action.name, run: () => action.run(panel, box.current, source, shown) }))} />
        )}
      </header>
      <Trouble error={trouble} stale={trouble !== undefined && data.answers.some((a) => a.answered && a.error !== undefined)} />
      <div className="panel-body" ref={body}>
        {size.width > 0 && (
          <Boundary resetKey={`${panel.type} ${data.shape}`}>
            <Suspense>
              {drawsTicks(panel) ? <View {...drawn} data={data} /> : <Ticking View={View} {...drawn} />}
            </Suspense>
          </Boundary>
        )}
      </div>
    </section>
  );
});

// The same panel for as long as the same is filled in: what is worked out for a panel is kept by it.
function useFilledPanel(panel: Panel, scope: Scope): Panel {
  const texts = useMemo(() => hasTexts(panel), [panel]);
  const last = useRef<{ of: Panel; key: string; panel: Panel }>(undefined);
  if (!texts) return panel;
  const next = filledPanel(panel, scope);
  const key = JSON.stringify([next.transformations, next.fieldConfig, next.options.calculation]);
  if (last.current?.of !== panel || last.current.key !== key) last.current = { of: panel, key, panel: next };
  return last.current.panel;
}

// Rendered at each tick, for the views that React draws.
function Ticking({ View, ...props }: Omit<PanelViewProps, "data"> & { View: PanelView }) {
  const data = useSyncExternalStore(props.source.subscribe, props.source.snapshot);
  return <View {...props} data={data} />;
}

// Unix seconds of the newest value that is shown.
function newestOf(data: PanelData): number {
  const times = data.answers.flatMap(({ aligned, samples }) => [aligned?.times[aligned.times.length - 1], ...(samples ?? []).slice(0, 1).map(({ time }) => time)]);
  const newest = Math.max(...times.filter((time) => time !== undefined));
  return Number.isFinite(newest) ? newest : data.interval.to;
}

// The menu's code is loaded when the first one is wanted. It brings a button of its own in place of this one: the focus
// goes over to that, and a press that came too early opens it.
function PanelMenu({ title, items }: { title: string; items: readonly ({ id: string; name: string; run: () => void } | "line")[] }) {
  const [loaded, setLoaded] = useState<{ Menu: MenuComponent; focused: boolean } | undefined>();
  const button = useRef<HTMLButtonElement>(null);
  const pressed = useRef(false);
  const want = () => {
    if (loaded !== undefined) return;
    void loadMenu().then(({ default: Menu }) => setLoaded((old) => old ?? { Menu, focused: document.activeElement === button.current }));
  };
  useLayoutEffect(() => {
    if (loaded?.focused) button.current?.focus();
  }, [loaded]);
  const press = () => {
    pressed.current = true;
    want();
  };
  // A finger arrives and presses at once: by the time it clicks, the other button may be there, which opens when it is pressed.
  const trigger = (
    <button
      ref={button}
      type="button"
      className="button plain small icon panel-menu"
      aria-label={t("menuOf", { title })}
      onPointerEnter={want}
      onFocus={want}
      onPointerDown={(event) => {
        if (event.button !== 0) return;
        // Else the mouse that a finger is taken for when it lifts would take the focus out of the menu, and close it.
        if (loaded === undefined) event.preventDefault();
        press();
      }}
      onClick={press}
    >
      <Icon name="menu" size={13} />
    </button>
  );
  return loaded === undefined ? trigger : <loaded.Menu trigger={trigger} items={items} defaultOpen={pressed.current} />;
}
