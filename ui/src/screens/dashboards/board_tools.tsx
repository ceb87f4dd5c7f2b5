// The buttons at the right of the board's bar, and what they open.
import { lazy, Suspense, useRef, useState, type ReactNode, type RefObject } from "react";
import { useLocation } from "wouter";
import { deleteBoard, setStar, type BoardMeta, type Saved } from "../../api/dashboards";
import { useCommands, type Command } from "../../commands/commands";
import { Icon, type IconName } from "../../parts/icons";
import { useMayChange } from "../../parts/may_change";
import { toast } from "../../parts/toast";
import { permanentLink, setSearch, useTimeChoice } from "../../time/use_time";
import { dateAndClock, offsetText } from "../../time/zone";
import type { Board } from "../../dashboard/model/board";
import type { Note } from "../../dashboard/model/note";
import { exportForSharing } from "../../dashboard/model/export_board";
import { download, fileName } from "../../dashboard/export/panel_data";
import { useFittedBar } from "./bar_fit";
import type { Draft } from "./draft";
import { t } from "./messages";

const Menu = lazy(() => import("../../parts/menu"));
const Dialogs = lazy(() => import("./board_dialogs"));

export type Opened = "save" | "json" | "history" | "report" | "settings" | "delete" | undefined;

export interface BoardToolsProps {
  board: Board;
  meta: BoardMeta;
  isNew: boolean;
  drafting: Draft;
  editing: boolean;
  changes: readonly Note[];
  opened: Opened;
  setOpened: (opened: Opened) => void;
  host: RefObject<HTMLElement | null>;
  setAlways: (always: boolean) => void;
  onBoard: (board: Board) => void;
  onAdd: (type: string) => void;
  onSaved: (saved: Saved) => void;
  onReload: () => void;
}

const SNAPSHOT_WAIT_MS = 15_000;

export function BoardTools(props: BoardToolsProps) {
  const { board, meta, isNew, drafting, editing, opened, setOpened, host, setAlways, onAdd } = props;
  const [, go] = useLocation();
  const { intervalNow, zone } = useTimeChoice();
  const [starred, setStarred] = useState(meta.isStarred === true);
  const may = useMayChange();
  const tools = useRef<HTMLSpanElement>(null);
  const undoes = drafting.undo !== undefined || drafting.redo !== undefined;
  const saves = drafting.draft !== undefined || isNew;
  useFittedBar(tools, editing, `${undoes} ${saves} ${drafting.draft !== undefined}`);
  const fail = (error: unknown) => toast(error instanceof Error ? error.message : String(error), "critical");
  const star = () => {
    setStarred(!starred);
    setStar(board.uid, !starred).catch((error: unknown) => {
      setStarred(starred);
      fail(error);
    });
  };
  const share = () => {
    const link = permanentLink(intervalNow());
    const shown = () => (history.replaceState(null, "", link), toast(t("noClipboard")));
    if (navigator.clipboard) navigator.clipboard.writeText(link).then(() => toast(t("share"), "ok"), shown);
    else shown();
  };
  const snapshot = async () => {
    toast(t("snapshotWait"));
    setAlways(true);
    try {
      const { snapshotHtml } = await import("../../dashboard/export/snapshot");
      const element = await settled(host);
      const interval = intervalNow();
      const html = snapshotHtml({
        board: element,
        title: board.title,
        range: `${dateAndClock(interval.from, zone)} → ${dateAndClock(interval.to, zone)} ${offsetText(interval.to, zone)}`,
        made: dateAndClock(Date.now() / 1000, zone),
        data: { from: interval.from, to: interval.to, dashboard: exportForSharing(board), values: valuesOf(element) },
      });
      download(fileName(board.title, "html"), html, "text/html");
    } catch (error) {
      fail(error);
    } finally {
      setAlways(false);
    }
  };
  const items = [
    { id: "share", name: t("share"), run: share },
    { id: "snapshot", name: t("snapshot"), run: () => void snapshot(), keys: "d z" },
    { id: "export", name: t("export"), run: () => download(fileName(board.title, "json"), JSON.stringify(exportForSharing(board), undefined, 2) + "\n", "application/json"), keys: "d e" },
    { id: "kiosk", name: t("kiosk"), run: () => setSearch({ kiosk: "" }) },
    ...(editing && !isNew ? [{ id: "star", name: t(starred ? "unstar" : "star", { title: board.title }), run: star, disabled: !may.may }] : []),
    "line",
    { id: "json", name: t("json"), run: () => setOpened("json") },
    { id: "settings", name: t("settings"), run: () => setOpened("settings"), keys: "d s" },
    { id: "history", name: t("history"), run: () => setOpened("history"), disabled: isNew, keys: "d h" },
    { id: "report", name: t("report"), run: () => setOpened("report"), keys: "d r" },
    "line",
    { id: "delete", name: t("delete"), run: () => setOpened("delete"), disabled: !may.may || isNew || meta.provisioned === true },
  ] as const;
  // The page offers kiosk and JSON itself.
  useCommands([
    ...items.flatMap((item): Command[] =>
      item === "line" || item.id === "kiosk" || item.id === "json" || item.id === "star" || ("disabled" in item && item.disabled) ? [] : [{ id: `tools-${item.id}`, name: item.name, group: t("title"), run: item.run, ...("keys" in item ? { keys: item.keys } : {}) }],
    ),
    ...(may.may && !isNew ? [{ id: "tools-star", name: t(starred ? "unstar" : "star", { title: board.title }), group: t("title"), run: star }] : []),
    { id: "tools-add", name: t("add"), group: t("title"), run: () => onAdd("timeseries") },
    { id: "tools-add-row", name: t("addRow"), group: t("title"), run: () => onAdd("row") },
  ]);
  const remove = () =>
    deleteBoard(board.uid).then(() => {
      toast(t("deleted"), "ok");
      drafting.clear();
      go("/dashboards");
    }, fail);
  return (
    <>
      <span ref={tools} className="board-tools">
        {editing && (
          <>
            <Tool icon="plus" name={t("add")} onClick={() => onAdd("timeseries")} />
            <Tool icon="row" name={t("addRow")} onClick={() => onAdd("row")} />
            <button type="button" className="button in-menu" onClick={() => setOpened("settings")}>
              {t("settings")}
            </button>
          </>
        )}
        {undoes && (
          <>
            <button type="button" className="button icon" aria-label={t("undo")} title={`${t("undo")} (Ctrl+Z)`} disabled={drafting.undo === undefined} onClick={drafting.undo}>
              ↶
            </button>
            <button type="button" className="button icon" aria-label={t("redo")} title={`${t("redo")} (Ctrl+Shift+Z)`} disabled={drafting.redo === undefined} onClick={drafting.redo}>
              ↷
            </button>
          </>
        )}
        {drafting.draft !== undefined && <Tool icon="close" name={t("discard")} onClick={drafting.discard} />}
        {saves && <Tool icon="save" name={t("save")} keys="Ctrl+S" primary {...may.button()} onClick={() => setOpened("save")} />}
        {editing ? (
          <Tool icon="check" name={t("done")} keys="E" pressed onClick={() => setSearch({ edit: undefined })} />
        ) : (
          <button type="button" className="button" aria-pressed={false} onClick={() => setSearch({ edit: "" })}>
            {t("edit")}
          </button>
        )}
        {!isNew && (
          <button type="button" className={`button icon star in-menu ${starred ? "on" : ""}`} aria-pressed={starred} {...may.button()} aria-label={t(starred ? "unstar" : "star", { title: board.title })} onClick={star}>
            <Icon name="star" />
          </button>
        )}
        <Suspense fallback={<button type="button" className="button icon" aria-label={t("more")}><Icon name="menu" /></button>}>
          <Menu
            trigger={
              <button type="button" className="button icon" aria-label={t("more")}>
                <Icon name="menu" />
              </button>
            }
            items={items}
          />
        </Suspense>
      </span>
      <Suspense>{opened !== undefined && <Dialogs {...props} opened={opened} onDelete={() => void remove()} />}</Suspense>
    </>
  );
}

interface ToolProps {
  icon: IconName;
  name: string;
  keys?: string;
  primary?: boolean;
  pressed?: boolean;
  disabled?: boolean;
  title?: string | undefined;
  onClick: () => void;
}
/** A name where the bar has room for it, else a sign that says it. */
function Tool({ icon, name, keys, primary = false, pressed = false, title, ...button }: ToolProps): ReactNode {
  return (
    <button type="button" className={primary ? "button primary" : "button"} aria-label={name} title={title ?? (keys ? `${name} (${keys})` : name)} {...(pressed ? { "aria-pressed": true } : {})} {...button}>
      <span className="tool-sign" data-also={icon === "plus" || undefined}>
        <Icon name={icon} />
      </span>
      <span className="tool-name">{name}</span>
    </button>
  );
}

// All panels have their data, or the wait is over and what there is will do.
async function settled(host: RefObject<HTMLElement | null>): Promise<HTMLElement> {
  const until = performance.now() + SNAPSHOT_WAIT_MS;
  for (;;) {
    await new Promise((done) => setTimeout(done, 150));
    const element = host.current?.querySelector<HTMLElement>(".board, .alone") ?? null;
    if (element === null) throw new Error("the board is not on the screen");
    const waiting = element.querySelectorAll('[data-panel][data-loaded="false"]').length;
    if (waiting === 0 || performance.now() > until) {
      // One more frame, so that canvases are drawn.
      await new Promise((done) => requestAnimationFrame(() => setTimeout(done, 60)));
      return element;
    }
  }
}

function valuesOf(element: HTMLElement): unknown[] {
  return [...element.querySelectorAll<HTMLElement>("[data-panel]")].map((panel) => ({
    panel: Number(panel.dataset.panel),
    title: panel.getAttribute("aria-label"),
    values: [...panel.querySelectorAll<HTMLElement>("[data-value]")].slice(0, 2000).map((node) => ({ name: node.dataset.name ?? node.dataset.series, value: node.dataset.value, text: node.textContent })),
  }));
}
