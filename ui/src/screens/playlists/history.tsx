// What a playlist was each time it was saved, and the way back.
import { useState } from "react";
import { ApiError } from "../../api/client";
import { changePlaylist, playlistVersions, type Playlist, type PlaylistVersion } from "../../api/playlists";
import type { BoardHit } from "../../api/dashboards";
import { useApi } from "../../api/use_api";
import Dialog from "../../parts/dialog";
import { Chip, Trouble } from "../../parts/parts";
import { RestoreCell } from "../../parts/restore_cell";
import { toast } from "../../parts/toast";
import { useZone } from "../../time/use_time";
import { dateAndClock } from "../../time/zone";
import { t } from "./messages";
import { shownBoards } from "./plan";

interface HistoryProps {
  uid: string;
  boards: readonly BoardHit[];
  onClose: () => void;
  onRestored: (now: Playlist) => void;
}

export default function PlaylistHistory({ uid, boards, onClose, onRestored }: HistoryProps) {
  const { data, error, again } = useApi(`playlist versions ${uid}`, (signal) => playlistVersions(uid, { signal }));
  const [failed, setFailed] = useState<string | undefined>();
  const zone = useZone();
  const newest = data?.[0];
  // A version comes back as a save of its own, made from what is in force now.
  const restore = async ({ name, interval, items }: PlaylistVersion) => {
    try {
      const now = await changePlaylist({ uid, name, interval, items, version: newest!.version });
      toast(t("restored"), "ok");
      onRestored(now);
      onClose();
    } catch (failure) {
      const stale = failure instanceof ApiError && failure.status === 412;
      setFailed(stale ? t("staleHistory") : failure instanceof Error ? failure.message : String(failure));
      if (stale) again();
    }
  };
  const named = ({ items }: PlaylistVersion) => items.map((item) => (item.type === "dashboard_by_tag" ? t("tagged", { tag: item.value }) : (shownBoards([item], boards).shown[0]?.title ?? item.title ?? item.value)));
  return (
    <Dialog title={`${t("history")}: ${newest?.name ?? ""}`} wide onClose={onClose}>
      <Trouble error={failed ?? error} />
      <table className="table">
        <tbody>
          {(data ?? []).map((version, i) => (
            <tr key={version.version} data-version={version.version}>
              <td className="num nowrap">{dateAndClock(Date.parse(version.updated) / 1000, zone)}</td>
              <td>{version.name}</td>
              <td className="num">{version.interval}</td>
              <td className="dim">{named(version).join(" · ")}</td>
              <RestoreCell onRestore={i > 0 ? () => void restore(version) : undefined} otherwise={<Chip tone="ok">{t("now")}</Chip>}>
                {t("restore")}
              </RestoreCell>
            </tr>
          ))}
        </tbody>
      </table>
    </Dialog>
  );
}
