// The panels of a board in their places. On a narrow screen they stand under each other.
import { useEffect, useMemo, useRef, useState, type CSSProperties } from "react";
import { Icon } from "../../parts/icons";
import { classes } from "../../parts/parts";
import type { SharedView } from "../../panels/panel_view";
import type { MovingRange } from "../../time/range";
import { allPanels, type Board, type GridPos, type Panel } from "../model/board";
import { interpolate } from "../model/interpolate";
import { byPlace, GAP_PX, placePanel, ROW_HEIGHT_PX, toggleRow } from "../model/layout";
import { expandRepeats, type Placed } from "../model/repeat";
import { withVariables, type Scope } from "../model/scope";
import { withSharedTargets } from "../model/shared_targets";
import type { AdhocFilter } from "../model/variables";
import { PanelFrame, type PanelAction } from "./panel_frame";
import { t } from "./messages";
import { useRangeScope } from "./moving_range";

export interface BoardGridProps {
  board: Board;
  scope: Scope;
  filters: AdhocFilter[];
  view: SharedView;
  live: number;
  ready: boolean;
  editing: boolean;
  actions: readonly (PanelAction | "line")[];
  always: boolean;
  search: string;
  onPanels: (panels: Panel[]) => void;
}

const NARROW = 760;
const COLUMNS = 24;

export function BoardGrid(props: BoardGridProps) {
  const { board, scope, filters, view, live, ready, editing, actions, always, search, onPanels } = props;
  const host = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(0);
  useEffect(() => {
    if (host.current === null) return;
    const element = host.current;
    const observer = new ResizeObserver(() => setWidth(element.clientWidth));
    observer.observe(element);
    setWidth(element.clientWidth);
    return () => observer.disconnect();
  }, []);
  // Rows closed by a reader are not a change of the board.
  const [panels, setPanels] = useState(board.panels);
  useEffect(() => (setPanels(board.panels), setTurned(new Set())), [board.panels]);
  const [turned, setTurned] = useState<ReadonlySet<string>>(new Set()); // copies of repeated rows, each by itself
  const [drag, setDrag] = useState<{ id: number; pos: GridPos } | undefined>();
  const shown = useMemo(() => (drag === undefined ? panels : placePanel(panels, drag.id, drag.pos)), [panels, drag]);
  const placed = useMemo(() => (editing ? byPlace(shown).map((panel): Placed => ({ key: `${panel.id}`, panel, own: [] })) : expandRepeats(shown, scope, turned)), [shown, scope.variables, editing, turned]);
  const every = useMemo(() => allPanels(board), [board]);
  const sharing = useMemo(() => new Map(placed.map(({ key, panel }) => [key, withSharedTargets(panel, every)])), [placed, every]);
  const narrow = width > 0 && width < NARROW;
  const column = (width + GAP_PX) / COLUMNS;
  const bottom = placed.reduce((most, { panel }) => Math.max(most, panel.gridPos.y + panel.gridPos.h), 0);

  const move = (panel: Panel, pos: GridPos, done: boolean) => {
    if (!done) return setDrag({ id: panel.id, pos });
    setDrag(undefined);
    onPanels(placePanel(panels, panel.id, pos));
  };
  const toggle = ({ panel: row, own, key }: Placed) => {
    if (own.length > 0 && !editing) return setTurned((now) => new Set(now.has(key) ? [...now].filter((one) => one !== key) : [...now, key]));
    const next = toggleRow(panels, row.id);
    if (editing) onPanels(next);
    else setPanels(next);
  };
  return (
    <div className={classes("board", narrow && "narrow")} ref={host} style={narrow ? undefined : ({ height: bottom * (ROW_HEIGHT_PX + GAP_PX), "--board-width": width } as CSSProperties)}>
      {width > 0 &&
        placed.map((item) => {
          const { x, y, w, h } = item.panel.gridPos;
          const style = narrow
            ? { height: item.panel.type === "row" ? undefined : Math.max(h, 5) * (ROW_HEIGHT_PX + GAP_PX) - GAP_PX }
            : { left: x * column, top: y * (ROW_HEIGHT_PX + GAP_PX), width: w * column - GAP_PX, height: h * (ROW_HEIGHT_PX + GAP_PX) - GAP_PX, gridArea: `${y + 1} / ${x + 1} / span ${h} / span ${w}` };
          if (item.panel.type === "row")
            return (
              <div key={item.key} className="board-item board-row" style={style}>
                <RowHead item={item} scope={scope} range={view.range} search={search} onToggle={() => toggle(item)} />
              </div>
            );
          return (
            <div key={item.key} className={classes("board-item", drag?.id === item.panel.id && "dragged")} style={style}>
              <PanelFrame
                panel={sharing.get(item.key) ?? item.panel}
                own={item.own}
                scope={scope}
                filters={filters}
                board={view}
                live={live}
                ready={ready}
                actions={actions}
                always={always}
                whole={always}
                search={search}
                handle={editing && !narrow ? <MoveHandle panel={item.panel} column={column} onMove={move} /> : undefined}
              />
              {editing && !narrow && <ResizeHandle panel={item.panel} column={column} onMove={move} />}
            </div>
          );
        })}
    </div>
  );
}

function RowHead({ item: { panel, own }, scope, range, search, onToggle }: { item: Placed; scope: Scope; range: MovingRange; search: string; onToggle: () => void }) {
  const title = interpolate(panel.title, withVariables(useRangeScope(scope, range, panel, search), own), "title");
  const closed = panel.collapsed === true;
  return (
    <button type="button" aria-expanded={!closed} aria-label={t(closed ? "openRow" : "closeRow", { title })} onClick={onToggle}>
      <Icon name={closed ? "right" : "down"} size={12} />
      <b className="cut">{title}</b>
      {closed && <span className="dim">{t("panels", { n: (panel.panels ?? []).length })}</span>}
    </button>
  );
}

interface HandleProps {
  panel: Panel;
  column: number;
  onMove: (panel: Panel, pos: GridPos, done: boolean) => void;
}

const KEYS: Record<string, [number, number]> = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

// Follows the pointer in whole cells of the grid.
function useDrag({ panel, column, onMove }: HandleProps, apply: (from: GridPos, dx: number, dy: number) => GridPos) {
  const start = useRef<{ x: number; y: number; pos: GridPos } | undefined>(undefined);
  const at = (event: React.PointerEvent): GridPos | undefined => {
    const from = start.current;
    if (from === undefined) return undefined;
    return apply(from.pos, Math.round((event.clientX - from.x) / column), Math.round((event.clientY - from.y) / (ROW_HEIGHT_PX + GAP_PX)));
  };
  return {
    onPointerDown: (event: React.PointerEvent) => {
      event.preventDefault();
      event.currentTarget.setPointerCapture(event.pointerId);
      start.current = { x: event.clientX, y: event.clientY, pos: panel.gridPos };
    },
    onPointerMove: (event: React.PointerEvent) => {
      const pos = at(event);
      if (pos !== undefined) onMove(panel, pos, false);
    },
    onPointerUp: (event: React.PointerEvent) => {
      const pos = at(event);
      start.current = undefined;
      if (pos !== undefined) onMove(panel, pos, true);
    },
    onPointerCancel: () => {
      start.current = undefined;
      onMove(panel, panel.gridPos, true);
    },
    onKeyDown: (event: React.KeyboardEvent) => {
      const by = KEYS[event.key];
      if (by === undefined) return;
      event.preventDefault();
      onMove(panel, apply(panel.gridPos, by[0], by[1]), true);
    },
  };
}

function MoveHandle(props: HandleProps) {
  const drag = useDrag(props, (from, dx, dy) => ({ ...from, x: from.x + dx, y: from.y + dy }));
  return (
    <button type="button" className="button plain small icon move-handle" aria-label={t("move", { title: props.panel.title })} {...drag}>
      <Icon name="move" size={13} />
    </button>
  );
}

function ResizeHandle(props: HandleProps) {
  const drag = useDrag(props, (from, dx, dy) => ({ ...from, w: Math.min(COLUMNS - from.x, Math.max(2, from.w + dx)), h: Math.max(2, from.h + dy) }));
  return <button type="button" className="resize-handle" aria-label={t("resize", { title: props.panel.title })} {...drag} />;
}
