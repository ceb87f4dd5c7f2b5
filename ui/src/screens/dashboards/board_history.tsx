// What a board was each time it was saved, what is different now, and the way back.
import { useMemo, useState } from "react";
import { boardVersion, boardVersions, restoreBoard } from "../../api/dashboards";
import { useApi } from "../../api/use_api";
import type { Board } from "../../dashboard/model/board";
import { objectOf } from "../../dashboard/model/json";
import Dialog from "../../parts/dialog";
import { Diff } from "../../parts/diff";
import { Chip, Trouble } from "../../parts/parts";
import { RestoreCell } from "../../parts/restore_cell";
import { toast } from "../../parts/toast";
import { useZone } from "../../time/use_time";
import { dateAndClock } from "../../time/zone";
import { t } from "./messages";

export function BoardHistory({ board, unsaved, onClose, onRestored }: { board: Board; unsaved: boolean; onClose: () => void; onRestored: () => void }) {
  const zone = useZone();
  const { data, error } = useApi(`versions ${board.uid}`, (signal) => boardVersions(board.uid, { signal }));
  const [chosen, setChosen] = useState<number | undefined>();
  const newest = data?.[0]?.version;
  const [asked, setAsked] = useState<number>(); // the version whose return would lose what is not saved
  const restore = (version: number) =>
    restoreBoard(board.uid, version).then(
      () => {
        toast(t("restored", { version }), "ok");
        onRestored();
      },
      (failure: unknown) => toast(failure instanceof Error ? failure.message : String(failure), "critical"),
    );
  return (
    <Dialog title={t("history")} wide onClose={onClose}>
      <Trouble error={error ?? (asked === undefined ? undefined : t("restoreLoses"))} />
      <table className="table">
        <tbody>
          {(data ?? []).map((v, i) => (
            <tr key={v.version} data-version={v.version}>
              <td className="num">{v.version}</td>
              <td className="num nowrap">
                {i === 0 ? (
                  dateAndClock(Date.parse(v.created) / 1000, zone)
                ) : (
                  <button type="button" className="link" aria-expanded={v.version === chosen} title={t("sinceThen")} onClick={() => setChosen(v.version === chosen ? undefined : v.version)}>
                    {dateAndClock(Date.parse(v.created) / 1000, zone)}
                  </button>
                )}
              </td>
              <td>{v.message}</td>
              <RestoreCell onRestore={i > 0 ? () => (unsaved && asked !== v.version ? setAsked(v.version) : void restore(v.version)) : undefined} otherwise={<Chip tone="ok">{t("versionNow")}</Chip>}>
                {t(asked === v.version ? "restoreAnyway" : "restore")}
              </RestoreCell>
            </tr>
          ))}
        </tbody>
      </table>
      {chosen !== undefined && newest !== undefined && <Changes uid={board.uid} before={chosen} after={newest} />}
    </Dialog>
  );
}

function Changes({ uid, before, after }: { uid: string; before: number; after: number }) {
  const { data, error } = useApi(`versions ${uid} ${before} ${after}`, (signal) => Promise.all([before, after].map((version) => boardVersion(uid, version, { signal }))), { forget: true });
  const texts = useMemo(() => data?.map(({ data: json }) => boardText(json)), [data]);
  return (
    <>
      <h3>{t("sinceVersion", { version: before })}</h3>
      <Trouble error={error} />
      {texts && <Diff before={texts[0]!} after={texts[1]!} same={t("sameAsNow")} />}
    </>
  );
}

/** Every save has its own number: that is no difference. */
function boardText(json: unknown): string {
  const { version: _, ...rest } = objectOf(json);
  return JSON.stringify(rest, undefined, 2);
}
