// What a group was before: each save, with what it changed, and the way back.
import { useMemo, useState } from "react";
import { groupHistory, restoreGroup } from "../../api/rule_groups";
import { useApi } from "../../api/use_api";
import Dialog from "../../parts/dialog";
import { Chip, Empty, Trouble } from "../../parts/parts";
import { Diff } from "../../parts/diff";
import { RestoreCell } from "../../parts/restore_cell";
import { toast } from "../../parts/toast";
import { useZone } from "../../time/use_time";
import { dateAndClock } from "../../time/zone";
import { t } from "./rule_messages";

export interface RuleHistoryProps {
  namespace: string;
  group: string;
  /** Of what is in force; undefined: there is no such group now. */
  version: string | undefined;
  onClose: () => void;
  onRestored: (now: { namespace: string; group: string }) => void;
}

export default function RuleHistory({ namespace, group, version, onClose, onRestored }: RuleHistoryProps) {
  const { data, error } = useApi(`rule history ${namespace} ${group}`, (signal) => groupHistory(namespace, group, { signal }));
  const [chosen, setChosen] = useState<number | undefined>();
  const [failed, setFailed] = useState<string | undefined>();
  const zone = useZone();
  const newest = data?.[0];
  const one = useMemo(() => data?.find(({ id }) => id === chosen), [data, chosen]);
  const restore = async (id: number) => {
    try {
      const now = await restoreGroup(id, version ?? "", version === undefined ? undefined : { namespace, group });
      toast(t("restored"), "ok");
      onRestored({ namespace: now.namespace ?? namespace, group: now.group ?? group });
      onClose();
    } catch (failure) {
      setFailed(failure instanceof Error ? failure.message : String(failure));
    }
  };
  return (
    <Dialog title={`${t("history")}: ${namespace}/${group}`} wide onClose={onClose}>
      <Trouble error={failed ?? error} />
      {data?.length === 0 && <Empty title={t("noHistory")} />}
      <table className="table">
        <tbody>
          {(data ?? []).map((revision, i) => (
            <tr key={revision.id} data-revision={revision.id} aria-selected={revision.id === chosen}>
              <td className="num nowrap">
                <button type="button" className="link" onClick={() => setChosen(revision.id === chosen ? undefined : revision.id)}>
                  {dateAndClock(Date.parse(revision.savedAt) / 1000, zone)}
                </button>
              </td>
              <td>
                {(revision.namespace !== namespace || revision.group !== group) && <span className="dim">{`${revision.namespace}/${revision.group} `}</span>}
                {revision.message}
              </td>
              <td>{revision.removed ? <Chip tone="warning">{t("removed")}</Chip> : i === 0 && <Chip tone="ok">{t("inForce")}</Chip>}</td>
              <RestoreCell onRestore={i > 0 && !revision.removed ? () => void restore(revision.id) : undefined}>{t("restore")}</RestoreCell>
            </tr>
          ))}
        </tbody>
      </table>
      {one && <Diff before={one.text} after={newest?.text ?? ""} same={t("same")} />}
    </Dialog>
  );
}
