// All dashboards, by folder.
import { lazy, Suspense, useMemo, useState } from "react";
import { Link, useLocation, useSearch } from "wouter";
import { searchBoards, setStar, type BoardHit } from "../../api/dashboards";
import { useApi } from "../../api/use_api";
import { useCommands } from "../../commands/commands";
import { Icon } from "../../parts/icons";
import { useMayChange } from "../../parts/may_change";
import { Empty, Panel, Trouble, Waiting } from "../../parts/parts";
import { toast } from "../../parts/toast";
import { t } from "./messages";

const ImportDialog = lazy(() => import("./import_dialog"));

export function BoardList() {
  const { data, error, first, again } = useApi("boards", (signal) => searchBoards({ signal }), { every: 30_000 });
  const [text, setText] = useState("");
  const [starred, setStarred] = useState(false);
  const [importing, setImporting] = useState(false);
  const [, go] = useLocation();
  const change = useMayChange();
  const folder = new URLSearchParams(useSearch()).get("folder");
  const groups = useMemo(() => {
    const words = text.toLowerCase().split(/\s+/).filter((w) => w !== "");
    const hits = (data ?? []).filter((b) => b.type !== "dash-folder" && (folder === null || b.folderUid === folder) && (!starred || b.isStarred) && words.every((w) => `${b.title} ${b.folderTitle ?? ""} ${b.tags.join(" ")}`.toLowerCase().includes(w)));
    const out = new Map<string, BoardHit[]>();
    for (const hit of hits.sort((a, b) => Number(b.isStarred) - Number(a.isStarred) || a.title.localeCompare(b.title))) {
      const name = hit.folderTitle ?? "";
      out.set(name, [...(out.get(name) ?? []), hit]);
    }
    return [...out].sort(([a], [b]) => (a === "" ? 1 : b === "" ? -1 : a.localeCompare(b)));
  }, [data, text, starred, folder]);
  useCommands([
    ...(change.may
      ? [
          { id: "boards-new", name: t("create"), group: t("title"), keys: "n b", run: () => go("/dashboards/new?edit") },
          { id: "boards-import", name: t("import"), group: t("title"), keys: "n i", run: () => setImporting(true) },
        ]
      : []),
    ...(data ?? []).slice(0, 200).map((b) => ({ id: `board-${b.uid}`, name: b.title, group: t("title"), words: b.tags.join(" "), run: () => go(`/dashboards/${b.uid}`) })),
  ]);
  const star = (hit: BoardHit) =>
    setStar(hit.uid, !hit.isStarred).then(again, (failure: unknown) => toast(failure instanceof Error ? failure.message : String(failure), "critical"));
  return (
    <>
      <div className="row wrap">
        <input className="input grow" type="search" placeholder={t("search")} aria-label={t("search")} value={text} onChange={(e) => setText(e.target.value)} style={{ flex: "1 1 220px", maxWidth: 420 }} autoFocus />
        <button type="button" className="button" aria-pressed={starred} onClick={() => setStarred(!starred)}>
          <Icon name="star" /> {t("starred")}
        </button>
        {folder !== null && (
          <Link href="/dashboards" className="button">
            {t("allFolders")}
          </Link>
        )}
        <span className="grow" />
        <Link href="/playlists" className="button">
          <Icon name="play" size={12} /> {t("playlists")}
        </Link>
        <button type="button" className="button" {...change.button()} onClick={() => setImporting(true)}>
          {t("import")}
        </button>
        <button type="button" className="button primary" {...change.button()} onClick={() => go("/dashboards/new?edit")}>
          <Icon name="plus" /> {t("create")}
        </button>
      </div>
      <Trouble error={error} stale={data !== undefined} />
      {first && data === undefined && <Waiting />}
      {data !== undefined && groups.length === 0 && (
        <Panel>
          {data.length === 0 ? (
            <Empty title={t("none")}>
              <span>{t("noneHow")}</span>
            </Empty>
          ) : (
            <Empty title={t("nothingFound")} />
          )}
        </Panel>
      )}
      {groups.map(([folder, hits]) => (
        <Panel key={folder} title={folder || t("general")} extra={<span className="dim num">{hits.length}</span>} flush>
          <ul className="board-list">
            {hits.map((hit) => (
              <li key={hit.uid} data-uid={hit.uid}>
                <button type="button" className={hit.isStarred ? "star on" : "star"} aria-pressed={hit.isStarred} {...change.button()} aria-label={t(hit.isStarred ? "unstar" : "star", { title: hit.title })} onClick={() => void star(hit)}>
                  <Icon name="star" size={14} />
                </button>
                <Link href={`/dashboards/${encodeURIComponent(hit.uid)}`} className="cut grow">
                  {hit.title}
                </Link>
                {hit.provisioned === true && <span className="dim">{t("file")}</span>}
                <span className="labels">
                  {hit.tags.slice(0, 6).map((tag) => (
                    <button key={tag} type="button" className="label" onClick={() => setText(tag)}>
                      {tag}
                    </button>
                  ))}
                </span>
              </li>
            ))}
          </ul>
        </Panel>
      ))}
      <Suspense>{importing && <ImportDialog onClose={() => setImporting(false)} onDone={again} />}</Suspense>
    </>
  );
}
