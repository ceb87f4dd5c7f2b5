// A playlist that is made or changed.
import { lazy, Suspense, useEffect, useMemo, useState } from "react";
import { Link, useLocation } from "wouter";
import { ApiError } from "../../api/client";
import { searchBoards } from "../../api/dashboards";
import { addPlaylist, changePlaylist, playlist, type Playlist, type PlaylistItem } from "../../api/playlists";
import { useApi } from "../../api/use_api";
import { useCommands } from "../../commands/commands";
import { Icon } from "../../parts/icons";
import { useMayChange } from "../../parts/may_change";
import { Empty, Field, Panel, Trouble, Waiting } from "../../parts/parts";
import { toast } from "../../parts/toast";
import { forgetUnsaved, unsaved, useUnsaved } from "../../parts/unsaved";
import { t } from "./messages";
import { intervalSeconds, moved, shownBoards } from "./plan";

const PlaylistHistory = lazy(() => import("./history"));

type Draft = Omit<Playlist, "uid">;
const BLANK: Draft = { name: "", interval: "5m", items: [], version: 0 };
const draftOf = ({ name, interval, items, version }: Playlist): Draft => ({ name, interval, items, version });
const written = ({ name, interval, items }: Draft) => JSON.stringify([name, interval, items]);
/** What is kept of an editor that was left, by this name. */
export const keyOf = (uid: string | undefined) => `playlist ${uid ?? ""}`;

export function PlaylistEditor({ uid }: { uid?: string }) {
  const stored = useApi(`playlist ${uid ?? ""}`, (signal) => playlist(uid!, { signal }), { enabled: uid !== undefined });
  const { data: boards = [], error: boardsError } = useApi("boards", (signal) => searchBoards({ signal }), { every: 60_000 });
  const key = keyOf(uid);
  const [base, setBase] = useState<Draft | undefined>(uid === undefined ? BLANK : undefined); // as it is stored
  const [changed, setChanged] = useState(() => unsaved<Draft>(key));
  const dirty = changed !== undefined && (base === undefined || written(changed) !== written(base));
  const draft = dirty ? changed : base;
  useUnsaved(key, dirty ? changed : undefined, { name: draft?.name || t("create"), address: uid === undefined ? "/playlists/new" : `/playlists/edit/${encodeURIComponent(uid)}` });
  const [error, setError] = useState<string | undefined>();
  const [conflict, setConflict] = useState(false);
  const [busy, setBusy] = useState(false);
  const [past, setPast] = useState(false);
  const [, go] = useLocation();
  const change = useMayChange();
  useEffect(() => {
    if (!stored.data) return;
    setBase(draftOf(stored.data));
    setConflict(false);
  }, [stored.data]);
  const tags = useMemo(() => [...new Set(boards.flatMap((board) => board.tags))].sort(), [boards]);

  const ready = draft !== undefined && draft.name.trim() !== "" && intervalSeconds(draft.interval) !== undefined && draft.items.length > 0;
  const save = async (overwrite = false) => {
    if (!draft || !ready || !change.may) return;
    setBusy(true);
    setError(undefined);
    try {
      const { name, interval, items, version } = draft;
      const add = () => addPlaylist({ name: name.trim(), interval, items });
      // One that was deleted meanwhile is made anew of what is written here.
      const gone = (failure: unknown) => (failure instanceof ApiError && failure.status === 404 ? add() : Promise.reject(failure));
      const saved = uid === undefined ? await add() : await changePlaylist({ uid, name: name.trim(), interval, items, version: overwrite ? 0 : version }).catch(gone);
      toast(t("saved"), "ok");
      if (saved.uid !== uid) {
        forgetUnsaved(key);
        go(`/playlists/edit/${encodeURIComponent(saved.uid)}`, { replace: true });
      } else {
        setBase(draftOf(saved));
        setChanged((now) => (now === draft ? undefined : now && { ...now, version: saved.version })); // what was written while it was saved stays
      }
      setConflict(false);
    } catch (failure) {
      if (failure instanceof ApiError && failure.status === 412) setConflict(true);
      else setError(failure instanceof Error ? failure.message : String(failure));
    }
    setBusy(false);
  };
  useCommands([{ id: "playlist-save", name: t("save"), group: t("title"), keys: "mod+s", run: () => void save() }]);
  if (!draft) return stored.error ? <Panel error={stored.error}><Link href="/playlists">{t("back")}</Link></Panel> : <Waiting />;

  const set = (next: Partial<Draft>) => setChanged({ ...draft, ...next });
  const discard = () => {
    setChanged(undefined);
    setConflict(false);
    setError(undefined);
    if (uid !== undefined) stored.again();
  };
  const add = (item: PlaylistItem) => set({ items: [...draft.items, item] });
  const badInterval = intervalSeconds(draft.interval) === undefined;
  return (
    <div className="column playlist-editor">
      <Panel
        title={uid === undefined ? t("create") : draft.name}
        error={conflict ? t("conflict") : (error ?? stored.error ?? boardsError)}
        extra={
          <>
            {conflict && (
              <>
                <button type="button" className="button" onClick={discard}>
                  {t("reload")}
                </button>
                <button type="button" className="button danger" onClick={() => void save(true)}>
                  {t("overwrite")}
                </button>
              </>
            )}
            {dirty && !conflict && (
              <button type="button" className="button" onClick={discard}>
                {t("discard")}
              </button>
            )}
            {uid !== undefined && (
              <button type="button" className="button" onClick={() => setPast(true)}>
                {t("history")}
              </button>
            )}
            {uid !== undefined && (
              <Link href={`/playlists/play/${encodeURIComponent(uid)}?kiosk`} className="button">
                <Icon name="play" size={12} /> {t("play")}
              </Link>
            )}
            <button type="button" className="button primary" {...change.button(busy || !ready)} onClick={() => void save()}>
              {t("save")}
            </button>
          </>
        }
      >
        <div className="column">
          <div className="form-grid">
            <Field label={t("name")}>
              <input className="input" value={draft.name} autoFocus onChange={(event) => set({ name: event.target.value })} />
            </Field>
            <Field label={t("interval")}>
              <input className="input mono" value={draft.interval} aria-invalid={badInterval} onChange={(event) => set({ interval: event.target.value })} />
            </Field>
          </div>
          <Trouble error={badInterval ? t("badInterval") : undefined} />
          <h3>{t("items")}</h3>
          {draft.items.length === 0 ? (
            <Empty title={t("noItems")} />
          ) : (
            <ol className="playlist-items">
              {draft.items.map((item, i) => {
                const { shown } = shownBoards([item], boards);
                const name = item.type === "dashboard_by_tag" ? t("tagged", { tag: item.value }) : (shown[0]?.title ?? item.title ?? item.value);
                return (
                  <li key={i}>
                    <span className="dim num">{i + 1}</span>
                    <span className="cut grow">{name}</span>
                    {shown.length === 0 ? <span className="tone-warning">{t("gone")}</span> : item.type === "dashboard_by_tag" && <span className="dim num">{t("boards", { n: shown.length })}</span>}
                    <button type="button" className="button small icon" aria-label={t("up", { name })} disabled={i === 0} onClick={() => set({ items: moved(draft.items, i, -1) })}>
                      ↑
                    </button>
                    <button type="button" className="button small icon" aria-label={t("down", { name })} disabled={i === draft.items.length - 1} onClick={() => set({ items: moved(draft.items, i, 1) })}>
                      ↓
                    </button>
                    <button type="button" className="button small icon" aria-label={t("remove", { name })} onClick={() => set({ items: draft.items.filter((_, k) => k !== i) })}>
                      <Icon name="close" size={11} />
                    </button>
                  </li>
                );
              })}
            </ol>
          )}
          <div className="form-grid">
            <Field label={t("addBoard")}>
              <select
                className="input"
                value=""
                onChange={(event) => {
                  const board = boards.find(({ uid: one }) => one === event.target.value);
                  if (board) add({ type: "dashboard_by_uid", value: board.uid, title: board.title });
                }}
              >
                <option value="">{t("choose")}</option>
                {[...boards]
                  .sort((a, b) => a.title.localeCompare(b.title))
                  .map((board) => (
                    <option key={board.uid} value={board.uid}>
                      {board.folderTitle ? `${board.folderTitle} / ${board.title}` : board.title}
                    </option>
                  ))}
              </select>
            </Field>
            <Field label={t("addTag")}>
              <select className="input" value="" onChange={(event) => event.target.value !== "" && add({ type: "dashboard_by_tag", value: event.target.value, title: event.target.value })}>
                <option value="">{t("choose")}</option>
                {tags.map((tag) => (
                  <option key={tag}>{tag}</option>
                ))}
              </select>
            </Field>
          </div>
        </div>
      </Panel>
      <Link href="/playlists">{t("back")}</Link>
      <Suspense>
        {past && uid !== undefined && (
          <PlaylistHistory
            uid={uid}
            boards={boards}
            onClose={() => setPast(false)}
            onRestored={(now) => {
              setBase(draftOf(now));
              setChanged(undefined);
              setConflict(false);
            }}
          />
        )}
      </Suspense>
    </div>
  );
}
