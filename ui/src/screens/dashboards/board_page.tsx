// One board: loaded, shown, changed in place, saved.
import { lazy, Suspense, useCallback, useEffect, useMemo, useRef, useState } from "react";
import { createPortal } from "react-dom";
import { Link, useLocation, useSearch } from "wouter";
import { ApiError } from "../../api/client";
import { getBoard, type BoardMeta } from "../../api/dashboards";
import { useCommands, type Command } from "../../commands/commands";
import { Icon } from "../../parts/icons";
import { Empty, Panel as Box, Trouble, Waiting } from "../../parts/parts";
import { theme, watchPreferences } from "../../preferences";
import { absolute, type MovingRange } from "../../time/range";
import { setSearch, usePanelRange, useTimeChoice } from "../../time/use_time";
import { isZone } from "../../time/zone";
import { useSyncExternalStore } from "react";
import type { Board, BoardLink, Panel } from "../../dashboard/model/board";
import { allPanels, findPanel, nextPanelId, SCHEMA_VERSION } from "../../dashboard/model/board";
import { importBoard } from "../../dashboard/model/import_board";
import type { Scope } from "../../dashboard/model/scope";
import { withSharedTargets } from "../../dashboard/model/shared_targets";
import { bottomPlace } from "../../dashboard/model/layout";
import type { Note } from "../../dashboard/model/note";
import { BoardGrid } from "../../dashboard/view/board_grid";
import { PanelFrame, type PanelAction } from "../../dashboard/view/panel_frame";
import { useRangeScope } from "../../dashboard/view/moving_range";
import { noteOpened } from "../../dashboard/view/recent";
import { isTagLink, TagLinks } from "../../dashboard/view/tag_links";
import { useMarks } from "../../dashboard/view/use_marks";
import { useVariables } from "../../dashboard/view/use_variables";
import { VariableBar } from "../../dashboard/view/variable_bar";
import { shownLinks } from "../../panels/links";
import type { MarkRequest } from "../../panels/marks/marks";
import type { SharedView } from "../../panels/panel_view";
import { BoardTools, type Opened } from "./board_tools";
import { leftDraft, useDraft } from "./draft";
import { panelActions } from "./panel_actions";
import { t as tv } from "../../dashboard/view/messages";
import { t } from "./messages";

const PanelEditor = lazy(() => import("./panel_editor"));
const MarkDialog = lazy(() => import("../../dashboard/view/mark_dialog"));

interface Loaded {
  board: Board;
  meta: BoardMeta;
  changes: Note[];
  /** It is stored no more: what there is of it is the draft that was left here. */
  deleted?: boolean;
}

function emptyBoard(): Loaded {
  const read = importBoard({ title: t("newTitle"), panels: [], schemaVersion: SCHEMA_VERSION, time: { from: "now-1h", to: "now" } });
  if ("error" in read) throw new Error(read.error);
  return { ...read, meta: { canSave: true } };
}

function useBoard(uid: string): { loaded: Loaded | undefined; error: string | undefined; reload: () => void; put: (board: Board, meta?: BoardMeta) => void } {
  const [loaded, setLoaded] = useState<Loaded | undefined>(uid === "" ? emptyBoard : undefined);
  const [error, setError] = useState<string | undefined>();
  const [round, setRound] = useState(0);
  useEffect(() => {
    if (uid === "") return;
    const abort = new AbortController();
    let timer = 0;
    const load = () =>
      getBoard(uid, { signal: abort.signal }).then(
        ({ dashboard, meta }) => {
          const read = importBoard(dashboard);
          if ("error" in read) return setError(read.error);
          setError(undefined);
          setLoaded({ ...read, meta });
        },
        (failure: unknown) => {
          if (abort.signal.aborted) return;
          const left = failure instanceof ApiError && failure.status === 404 ? leftDraft(uid) : undefined;
          if (left !== undefined) return setLoaded({ board: left.board, meta: { canSave: true }, changes: [], deleted: true });
          setError(failure instanceof Error ? failure.message : String(failure));
          // A server that comes back is noticed without a reload of the page.
          if (failure instanceof Error && /does not answer/.test(failure.message)) timer = window.setTimeout(() => void load(), 3000);
        },
      );
    void load();
    return () => {
      abort.abort();
      window.clearTimeout(timer);
    };
  }, [uid, round]);
  const reload = useCallback(() => setRound((n) => n + 1), []);
  const put = useCallback((board: Board, meta?: BoardMeta) => setLoaded((old) => ({ board, meta: meta ?? old?.meta ?? {}, changes: [] })), []);
  return { loaded, error, reload, put };
}

export function BoardPage({ uid }: { uid: string }) {
  const { loaded, error, reload, put } = useBoard(uid);
  // A board opens with its own range, unless the address names one.
  const opened = useRef(false);
  if (loaded !== undefined && !opened.current) {
    opened.current = true;
    const search = new URLSearchParams(location.search);
    const changes: Record<string, string> = {};
    if (!search.has("from") && !search.has("to")) Object.assign(changes, { from: loaded.board.time.from, to: loaded.board.time.to });
    if (!search.has("refresh") && loaded.board.refresh !== "") changes.refresh = loaded.board.refresh;
    const { timezone } = loaded.board;
    if (!search.has("tz") && timezone !== "" && timezone !== "browser" && isZone(timezone)) changes.tz = timezone;
    if (Object.keys(changes).length > 0) queueMicrotask(() => setSearch(changes, { replace: true }));
  }
  if (loaded === undefined)
    return error === undefined ? (
      <Waiting />
    ) : (
      <Box>
        <Empty title={/not found/i.test(error) ? t("noBoard") : error}>
          <Link href="/dashboards">{t("backToList")}</Link>
        </Empty>
      </Box>
    );
  return <LoadedBoard loaded={loaded} error={error} reload={reload} put={put} isNew={uid === "" || loaded.deleted === true} />;
}

interface LoadedProps {
  loaded: Loaded;
  error: string | undefined;
  reload: () => void;
  put: (board: Board, meta?: BoardMeta) => void;
  isNew: boolean;
}

function LoadedBoard({ loaded, error, reload, put, isNew }: LoadedProps) {
  const { meta } = loaded;
  const drafting = useDraft(loaded.board);
  const { draft } = drafting;
  const board = draft ?? loaded.board;
  const search = useSearch();
  const parameters = useMemo(() => new URLSearchParams(search), [search]);
  const editing = parameters.has("edit");
  const kiosk = parameters.has("kiosk");
  const aloneId = Number(parameters.get("panel") ?? parameters.get("viewPanel") ?? NaN);
  const editId = Number(parameters.get("editPanel") ?? NaN);
  const time = useTimeChoice();
  const { live } = time;
  const range = usePanelRange();
  const [, go] = useLocation();
  const giveUp = () => {
    drafting.clear();
    go("/dashboards");
  };
  const shade = useSyncExternalStore(watchPreferences, theme);
  const variables = useVariables(board, range, time.zone);
  const marks = useMarks(board, variables.scope, range);
  const [dialog, setDialog] = useState<Opened>(undefined);
  const [always, setAlways] = useState(false);
  const host = useRef<HTMLDivElement>(null);

  useEffect(() => noteOpened(loaded.board.uid), [loaded.board.uid]);

  const setRange = useRef(time.setRange);
  setRange.current = time.setRange;
  const onZoom = useCallback((from: number, to: number) => setRange.current(absolute({ from, to })), []);
  const [marking, setMarking] = useState<MarkRequest | undefined>();
  const view = useMemo<SharedView>(
    () => ({ uid: board.uid, range, zone: time.zone, theme: shade, marks: marks.marks, sync: `board ${board.uid}`, onZoom, onMark: setMarking, compare: time.compare }),
    [range, time.zone, shade, marks.marks, board.uid, onZoom, time.compare],
  );
  // Where nothing points: at the end of what is shown.
  const markAtEnd = useCallback((panel: number) => {
    const { to } = range.now();
    setMarking({ panelId: panel, from: to, to });
  }, [range]);
  const change = useCallback((next: Board) => drafting.change(() => next), [drafting.change]);
  const setPanels = useCallback((panels: Panel[]) => drafting.change((old) => ({ ...(old ?? loaded.board), panels })), [loaded.board, drafting.change]);
  const addPanel = (type: string) => {
    const id = nextPanelId(board);
    const row = type === "row";
    const place = bottomPlace(board.panels, row ? 24 : 12, row ? 1 : 8);
    const read = importBoard({ title: "", panels: [{ id, type, title: row ? "" : t("newPanel"), gridPos: place, targets: row ? [] : [{ refId: "A", expr: "" }] }] });
    if ("error" in read) return;
    setPanels([...board.panels, { ...read.board.panels[0]!, id, gridPos: place }]); // alone, it would rise to the top
    if (!row) setSearch({ editPanel: String(id) });
  };

  const actions = useMemo<readonly (PanelAction | "line")[]>(
    () => (kiosk && !Number.isNaN(aloneId) ? [] : panelActions({ board, alone: !Number.isNaN(aloneId), go, setBoard: change, onMark: ({ id }) => markAtEnd(id) })),
    [board, kiosk, aloneId, go, change, markAtEnd],
  );
  const commands: Command[] = [
    { id: "board-edit", name: t(editing ? "done" : "edit"), group: t("title"), keys: "e", run: () => setSearch({ edit: editing ? undefined : "" }) },
    { id: "board-kiosk", name: t(kiosk ? "leaveKiosk" : "kiosk"), group: t("title"), keys: "d k", run: () => setSearch({ kiosk: kiosk ? undefined : "" }) },
    { id: "board-save", name: t("save"), group: t("title"), keys: "mod+s", run: () => setDialog("save") },
    ...(drafting.undo === undefined ? [] : [{ id: "board-undo", name: t("undo"), group: t("title"), run: drafting.undo }]),
    ...(drafting.redo === undefined ? [] : [{ id: "board-redo", name: t("redo"), group: t("title"), run: drafting.redo }]),
    { id: "board-mark", name: tv("markAdd"), group: t("title"), keys: "d m", run: () => markAtEnd(0) },
    { id: "board-json", name: t("json"), group: t("title"), keys: "d j", run: () => setDialog("json") },
    ...(Number.isNaN(aloneId) && Number.isNaN(editId) ? [] : [{ id: "board-back", name: t("backToList"), group: t("title"), keys: "escape", run: () => setSearch({ panel: undefined, viewPanel: undefined, editPanel: undefined }) }]),
  ];
  useCommands(commands);
  useEffect(() => {
    document.title = `${board.title} · Pharos`;
  });

  const slot = typeof document === "undefined" ? null : document.getElementById("bar-slot");
  const alone = Number.isNaN(aloneId) ? undefined : findPanel(board, aloneId);
  const edited = Number.isNaN(editId) ? undefined : findPanel(board, editId);
  const aloneShown = useMemo(() => (alone === undefined ? undefined : withSharedTargets(alone, allPanels(board))), [alone, board]);
  const common = { scope: variables.scope, filters: variables.filters, live, ready: variables.ready, actions, always, search };
  return (
    <div ref={host} className="board-page" data-board={board.uid} data-ready={variables.ready}>
      {slot !== null && createPortal(
        <>
          <span className="cut board-title">{board.title}</span>
          {draft !== undefined && <span className="chip warning">{t("unsaved")}</span>}
        </>,
        slot,
      )}
      {!kiosk && (
        <div className="board-bar">
          <VariableBar states={variables.states} choose={variables.choose} setFilters={variables.setFilters} />
          {marks.names.map((mark) => (
            <label key={mark.name} className="mark-switch">
              <input type="checkbox" checked={mark.on} onChange={() => marks.toggle(mark.name)} />
              <i style={{ background: mark.color }} />
              {mark.name}
            </label>
          ))}
          {board.links.filter(isTagLink).map((link, i) => (
            <TagLinks key={`${link.title}${i}`} link={link} own={board.uid} scope={variables.scope} />
          ))}
          <Links links={board.links} scope={variables.scope} range={range} search={search} />
          <span className="grow" />
          <BoardTools
            board={board}
            meta={meta}
            isNew={isNew}
            drafting={loaded.deleted ? { ...drafting, discard: giveUp } : drafting}
            editing={editing}
            changes={loaded.changes}
            opened={dialog}
            setOpened={setDialog}
            host={host}
            setAlways={setAlways}
            onBoard={change}
            onAdd={addPanel}
            onSaved={(saved) => {
              const next = { ...board, uid: saved.uid, version: saved.version };
              drafting.clear();
              put(next, { ...meta, version: saved.version });
              if (isNew) go(`/dashboards/${encodeURIComponent(saved.uid)}`, { replace: true });
            }}
            onReload={() => {
              drafting.clear();
              reload();
            }}
          />
        </div>
      )}
      <Trouble error={loaded.deleted ? t("deletedSince") : undefined} />
      <Trouble error={error ?? marks.error} stale />
      {edited !== undefined ? (
        <Suspense fallback={<Waiting />}>
          <PanelEditor
            key={edited.id}
            panel={edited}
            board={board}
            variables={variables}
            view={view}
            live={live}
            search={search}
            onPanel={(panel) => setPanels(replacePanel(board.panels, panel))}
            onClose={() => setSearch({ editPanel: undefined })}
          />
        </Suspense>
      ) : aloneShown !== undefined ? (
        <div className="alone">
          <PanelFrame panel={aloneShown} own={[]} board={view} {...common} always whole={always} />
        </div>
      ) : !Number.isNaN(aloneId) ? (
        <Box>
          <Empty title={t("noPanel", { id: aloneId })}>
            <Link href={`/dashboards/${encodeURIComponent(board.uid)}`}>{board.title}</Link>
          </Empty>
        </Box>
      ) : board.panels.length === 0 ? (
        <Box className="board narrow">
          <Empty title={t("noPanels")}>
            <span>{t(editing ? "noPanelsAdd" : "noPanelsEdit")}</span>
          </Empty>
        </Box>
      ) : (
        <BoardGrid board={board} view={view} editing={editing} onPanels={setPanels} {...common} />
      )}
      <Suspense>{marking && <MarkDialog request={marking} board={isNew ? "" : board.uid} zone={time.zone} onClose={() => setMarking(undefined)} onDone={marks.again} />}</Suspense>
    </div>
  );
}

function Links({ links, scope, range, search }: { links: readonly BoardLink[]; scope: Scope; range: MovingRange; search: string }) {
  const now = useRangeScope(scope, range, links, search);
  return shownLinks(links.filter((link) => !isTagLink(link)), now, search).map((link) => (
    <a key={link.url + link.title} href={link.url} className="button small" target={link.blank ? "_blank" : undefined} rel="noreferrer">
      <Icon name="link" size={12} /> {link.title}
    </a>
  ));
}

export function replacePanel(panels: readonly Panel[], next: Panel): Panel[] {
  return panels.map((panel) => (panel.id === next.id ? next : panel.panels === undefined ? panel : { ...panel, panels: replacePanel(panel.panels, next) }));
}
