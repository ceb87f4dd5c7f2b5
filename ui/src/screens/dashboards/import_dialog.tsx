// Import: text or files, with what each panel will look like before anything is saved.
import { useMemo, useState } from "react";
import { useLocation } from "wouter";
import { saveBoard, searchBoards } from "../../api/dashboards";
import { exportBoard } from "../../dashboard/model/export_board";
import { fidelityOf } from "../../dashboard/model/fidelity";
import { importBoardText, type Imported } from "../../dashboard/model/import_board";
import Dialog from "../../parts/dialog";
import { toast } from "../../parts/toast";
import { useMayChange } from "../../parts/may_change";
import { FidelityReport } from "./fidelity_report";
import { t } from "./messages";

const FILES_MAX = 100;

export default function ImportDialog({ onClose, onDone }: { onClose: () => void; onDone: () => void }) {
  const change = useMayChange();
  const [files, setFiles] = useState<{ name: string; text: string }[]>([]);
  const [pasted, setPasted] = useState("");
  const [busy, setBusy] = useState(false);
  const [failures, setFailures] = useState<Record<string, string>>({});
  const [, go] = useLocation();
  const sources = useMemo(() => [...files, ...(pasted.trim() === "" ? [] : [{ name: "JSON", text: pasted }])], [files, pasted]);
  const read = useMemo(() => sources.map((s): { name: string; result: Imported } => ({ name: s.name, result: importBoardText(s.text) })), [sources]);
  const good = read.flatMap(({ name, result }) => ("error" in result ? [] : [{ name, ...result }]));
  const save = async () => {
    setBusy(true);
    const failed: Record<string, string> = {};
    let last = "";
    const stored = searchBoards(); // a board that is replaced stays in its folder: a save that names none means the top
    for (const { name, board } of good) {
      try {
        const folderUid = (await stored).find(({ uid }) => uid === board.uid)?.folderUid ?? "";
        const saved = await saveBoard({ dashboard: { ...exportBoard(board), id: null }, folderUid, overwrite: true, message: "Imported" });
        last = saved.uid;
        toast(t("imported", { title: board.title }), "ok");
      } catch (error) {
        failed[name] = error instanceof Error ? error.message : String(error);
      }
    }
    setBusy(false);
    setFailures(failed);
    onDone();
    if (Object.keys(failed).length > 0) return;
    onClose();
    if (good.length === 1 && last !== "") go(`/dashboards/${encodeURIComponent(last)}`);
  };
  return (
    <Dialog
      title={t("import")}
      wide
      onClose={onClose}
      footer={
        <>
          <button type="button" className="button" onClick={onClose}>
            {t("cancel")}
          </button>
          <button type="button" className="button primary" {...change.button(good.length === 0 || busy)} onClick={() => void save()}>
            {t("importDo")}
          </button>
        </>
      }
    >
      <p className="dim">{t("importHint")}</p>
      <label className="button" style={{ alignSelf: "start" }}>
        {t("choose")}
        <input
          type="file"
          accept=".json,application/json"
          multiple
          className="unseen"
          onChange={(event) => {
            const chosen = [...(event.target.files ?? [])].slice(0, FILES_MAX);
            void Promise.all(chosen.map(async (file) => ({ name: file.name, text: await file.text() }))).then(setFiles);
          }}
        />
      </label>
      <textarea className="input" rows={6} aria-label={t("json")} spellCheck={false} value={pasted} onChange={(event) => setPasted(event.target.value)} />
      {read.map(({ name, result }) => (
        <section key={name} className="import-one">
          {"error" in result ? (
            <p className="tone-critical" role="alert">
              {name}: {result.error}
            </p>
          ) : (
            <FidelityReport title={result.board.title} fidelity={fidelityOf(result.board, result.changes)} />
          )}
          {failures[name] !== undefined && (
            <p className="tone-critical" role="alert">
              {failures[name]}
            </p>
          )}
        </section>
      ))}
    </Dialog>
  );
}
