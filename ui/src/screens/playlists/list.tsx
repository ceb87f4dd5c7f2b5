// All playlists.
import { lazy, Suspense, useState } from "react";
import { Link, useLocation } from "wouter";
import { deletePlaylist, playlists, type PlaylistHead } from "../../api/playlists";
import { useApi } from "../../api/use_api";
import { useCommands } from "../../commands/commands";
import { Icon } from "../../parts/icons";
import { useMayChange } from "../../parts/may_change";
import { Empty, Panel } from "../../parts/parts";
import { toast } from "../../parts/toast";
import { forgetUnsaved } from "../../parts/unsaved";
import { keyOf } from "./edit";
import { t } from "./messages";

const Dialog = lazy(() => import("../../parts/dialog"));

export function PlaylistList() {
  const { data, error, again } = useApi("playlists", (signal) => playlists({ signal }), { every: 30_000 });
  const [going, setGoing] = useState<PlaylistHead | undefined>();
  const [, go] = useLocation();
  const change = useMayChange();
  useCommands([
    ...(change.may ? [{ id: "playlist-new", name: t("create"), group: t("title"), keys: "n p", run: () => go("/playlists/new") }] : []),
    ...(data ?? []).slice(0, 100).map(({ uid, name }) => ({ id: `playlist-${uid}`, name: `${t("play")}: ${name}`, group: t("title"), run: () => go(`/playlists/play/${encodeURIComponent(uid)}?kiosk`) })),
  ]);
  const remove = async (one: PlaylistHead) => {
    setGoing(undefined);
    try {
      await deletePlaylist(one.uid);
      forgetUnsaved(keyOf(one.uid));
      toast(t("deleted"), "ok");
      again();
    } catch (failure) {
      toast(failure instanceof Error ? failure.message : String(failure), "critical");
    }
  };
  return (
    <>
      <Panel
        title={t("title")}
        error={error}
        flush
        extra={
          <button type="button" className="button primary" {...change.button()} onClick={() => go("/playlists/new")}>
            <Icon name="plus" /> {t("create")}
          </button>
        }
      >
        {data?.length === 0 ? (
          <Empty title={t("none")}>
            <span>{t("noneHow")}</span>
          </Empty>
        ) : (
          <ul className="playlists">
            {(data ?? []).map((one) => {
              const uid = encodeURIComponent(one.uid);
              return (
                <li key={one.uid} data-uid={one.uid}>
                  <Link href={`/playlists/edit/${uid}`} className="cut grow">
                    {one.name}
                  </Link>
                  <span className="dim num">{one.interval}</span>
                  <Link href={`/playlists/play/${uid}`} className="button small">
                    <Icon name="play" size={11} /> {t("play")}
                  </Link>
                  <Link href={`/playlists/play/${uid}?kiosk`} className="button small">
                    {t("playKiosk")}
                  </Link>
                  <button type="button" className="button small icon" aria-label={`${t("delete")}: ${one.name}`} {...change.button()} onClick={() => setGoing(one)}>
                    <Icon name="close" size={11} />
                  </button>
                </li>
              );
            })}
          </ul>
        )}
      </Panel>
      <Suspense>
        {going && (
          <Dialog
            title={t("delete")}
            onClose={() => setGoing(undefined)}
            footer={
              <>
                <button type="button" className="button" onClick={() => setGoing(undefined)}>
                  {t("cancel")}
                </button>
                <button type="button" className="button danger" onClick={() => void remove(going)}>
                  {t("delete")}
                </button>
              </>
            }
          >
            <p>{t("deleteSure", { name: going.name })}</p>
          </Dialog>
        )}
      </Suspense>
    </>
  );
}
