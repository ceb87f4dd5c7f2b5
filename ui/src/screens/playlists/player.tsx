// A playlist that plays: one board after another, each with its own range. The place in the list is in the
// address, so that a reload goes on where it was.
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { Link, useLocation, useSearch } from "wouter";
import { searchBoards } from "../../api/dashboards";
import { playlist } from "../../api/playlists";
import { useApi } from "../../api/use_api";
import { useCommands } from "../../commands/commands";
import { Icon } from "../../parts/icons";
import { Empty, Panel, Waiting } from "../../parts/parts";
import { formatDuration } from "../../time/range";
import { setSearch, useNow } from "../../time/use_time";
import { BoardPage } from "../dashboards/board_page";
import { t } from "./messages";
import { intervalSeconds, shownBoards, step } from "./plan";

const LOOK_EVERY_MS = 60_000; // for changes of the list and of the boards

export function Player({ uid }: { uid: string }) {
  const list = useApi(`playlist ${uid}`, (signal) => playlist(uid, { signal }), { every: LOOK_EVERY_MS });
  const boards = useApi("boards", (signal) => searchBoards({ signal }), { every: LOOK_EVERY_MS });
  const { shown, missing } = useMemo(() => shownBoards(list.data?.items ?? [], boards.data ?? []), [list.data, boards.data]);
  const search = useSearch();
  const parameters = useMemo(() => new URLSearchParams(search), [search]);
  const at = step(Number(parameters.get("at") ?? 1) - 1 || 0, 0, shown.length);
  const kiosk = parameters.has("kiosk");
  const editing = parameters.has("edit") || parameters.has("editPanel");
  const seconds = intervalSeconds(list.data?.interval ?? "") ?? 300;
  const [, go] = useLocation();
  const now = useNow();
  const [since, setSince] = useState(now);
  const [paused, setPaused] = useState<number | undefined>(); // seconds that were left

  const move = useCallback(
    (by: number) => {
      const next = new URLSearchParams();
      const old = new URLSearchParams(location.search);
      for (const name of ["kiosk", "tz"]) if (old.has(name)) next.set(name, old.get(name)!);
      next.set("at", String(step(at, by, shown.length) + 1));
      setSince(Math.floor(Date.now() / 1000));
      setPaused((left) => (left === undefined ? undefined : seconds));
      // Without what belongs to the board before: its range, its variables, a panel of it.
      go(`/playlists/play/${encodeURIComponent(uid)}?${next}`, { replace: true });
    },
    [at, shown.length, go, uid, seconds],
  );
  // Who edits a board is not taken away from it.
  const held = editing ? seconds : paused;
  const left = held ?? Math.max(0, since + seconds - now);
  const due = left <= 0 && shown.length > 1;
  useEffect(() => {
    if (due) move(1);
  }, [due]);
  const wasEditing = useRef(editing);
  useEffect(() => {
    if (wasEditing.current && !editing) setSince(Math.floor(Date.now() / 1000));
    wasEditing.current = editing;
  }, [editing]);
  const pause = () => {
    if (paused === undefined) return setPaused(left);
    setSince(now - (seconds - paused));
    setPaused(undefined);
  };
  const stop = () => go("/playlists");
  useCommands([
    { id: "play-stop", name: t("stop"), group: t("title"), keys: "escape", run: stop },
    { id: "play-next", name: t("next"), group: t("title"), keys: "arrowright", run: () => move(1) },
    { id: "play-previous", name: t("previous"), group: t("title"), keys: "arrowleft", run: () => move(-1) },
    { id: "play-pause", name: t(paused === undefined ? "pause" : "resume"), group: t("title"), keys: "space", run: pause },
  ]);

  const board = shown[at];
  if (board === undefined) {
    const error = list.error ?? boards.error;
    if (error === undefined && (list.first || boards.first)) return <Waiting />;
    return (
      <Panel title={list.data?.name ?? t("title")} error={error}>
        <Empty title={list.data ? t("empty") : t("title")}>
          <Link href="/playlists">{t("back")}</Link>
        </Empty>
      </Panel>
    );
  }
  return (
    <div className="player" data-at={at + 1} data-of={shown.length} data-paused={paused !== undefined}>
      <BoardPage key={`${at} ${board.uid}`} uid={board.uid} />
      <div className="player-bar" role="toolbar" aria-label={list.data?.name ?? t("title")}>
        <button type="button" className="button small icon" aria-label={t("previous")} title={`${t("previous")} (←)`} onClick={() => move(-1)}>
          <Icon name="left" size={12} />
        </button>
        <button type="button" className="button small" aria-pressed={paused !== undefined} title="Space" onClick={pause}>
          {t(paused === undefined ? "pause" : "resume")}
        </button>
        <button type="button" className="button small icon" aria-label={t("next")} title={`${t("next")} (→)`} onClick={() => move(1)}>
          <Icon name="right" size={12} />
        </button>
        <span className="cut">{board.title}</span>
        <span className="dim num">
          {at + 1}/{shown.length}
        </span>
        <span className="dim num player-left">{held === undefined ? t("left", { span: formatDuration(left) }) : t("paused")}</span>
        {missing > 0 && (
          <span className="tone-warning" title={t("skipped", { n: missing })} aria-label={t("skipped", { n: missing })}>
            ⚠
          </span>
        )}
        <button type="button" className="button small" aria-pressed={kiosk} onClick={() => setSearch({ kiosk: kiosk ? undefined : "" }, { replace: true })}>
          Kiosk
        </button>
        <button type="button" className="button small" title="Esc" onClick={stop}>
          {t("stop")}
        </button>
      </div>
    </div>
  );
}
