// Dialogs of a board: save, JSON, history, settings, fidelity, deletion.
import { useState } from "react";
import { ApiError } from "../../api/client";
import { addFolder, folders, saveBoard } from "../../api/dashboards";
import { useApi } from "../../api/use_api";
import Dialog from "../../parts/dialog";
import { useMayChange } from "../../parts/may_change";
import { Field, Trouble } from "../../parts/parts";
import { toast } from "../../parts/toast";
import { exportBoard, exportBoardText } from "../../dashboard/model/export_board";
import { fidelityOf } from "../../dashboard/model/fidelity";
import { importBoardText } from "../../dashboard/model/import_board";
import { BoardHistory } from "./board_history";
import { BoardSettings } from "./board_settings";
import type { BoardToolsProps, Opened } from "./board_tools";
import { FidelityReport } from "./fidelity_report";
import { t } from "./messages";

type Props = BoardToolsProps & { opened: NonNullable<Opened>; onDelete: () => void };

export default function BoardDialogs(props: Props) {
  const { board, changes, opened, setOpened, onBoard, onDelete } = props;
  const close = () => setOpened(undefined);
  switch (opened) {
    case "save":
      return <SaveDialog {...props} />;
    case "json":
      return <JsonDialog {...props} />;
    case "history":
      return (
        <BoardHistory
          board={board}
          unsaved={props.drafting.draft !== undefined}
          onClose={close}
          onRestored={() => {
            close();
            props.onReload();
          }}
        />
      );
    case "settings":
      return (
        <Dialog title={t("settings")} wide onClose={close}>
          <BoardSettings board={board} onBoard={onBoard} />
        </Dialog>
      );
    case "report":
      return (
        <Dialog title={t("report")} wide onClose={close}>
          <FidelityReport title={board.title} fidelity={fidelityOf(board, changes)} />
        </Dialog>
      );
    case "delete":
      return (
        <Dialog
          title={t("delete")}
          onClose={close}
          footer={
            <>
              <button type="button" className="button" onClick={close}>{t("cancel")}</button>
              <button type="button" className="button danger" onClick={() => (close(), onDelete())}>{t("delete")}</button>
            </>
          }
        >
          <p>{t("deleteSure", { title: board.title })}</p>
        </Dialog>
      );
  }
}

const NEW_FOLDER = "\u0000new"; // no folder has this uid

function SaveDialog({ board, drafting, meta, isNew, setOpened, onSaved, onReload }: Props) {
  const [title, setTitle] = useState(board.title);
  const [message, setMessage] = useState("");
  const [folder, setFolder] = useState(meta.folderUid ?? "");
  const [folderName, setFolderName] = useState("");
  const [error, setError] = useState<string | undefined>();
  const [conflict, setConflict] = useState(false);
  const [gone, setGone] = useState(false); // deleted meanwhile: saving makes it anew
  const [busy, setBusy] = useState(false);
  const list = useApi("folders", (signal) => folders({ signal }));
  const may = useMayChange();
  const close = () => setOpened(undefined);
  const save = async (overwrite: boolean) => {
    setBusy(true);
    setError(undefined);
    const json: Record<string, unknown> = { ...exportBoard({ ...board, title }), version: drafting.version };
    if (isNew || gone) Object.assign(json, { id: null, version: 0 });
    try {
      const folderUid = folder === NEW_FOLDER ? (await addFolder(folderName.trim())).uid : folder;
      if (folder === NEW_FOLDER) setFolder(folderUid);
      const saved = await saveBoard({ dashboard: json, folderUid, message, overwrite });
      toast(t("saved", { version: saved.version }), "ok");
      board.title = title;
      close();
      onSaved(saved);
    } catch (failure) {
      setConflict(failure instanceof ApiError && failure.status === 412);
      setGone(failure instanceof ApiError && failure.status === 404);
      setError(failure instanceof Error ? failure.message : String(failure));
    }
    setBusy(false);
  };
  return (
    <Dialog
      title={t("save")}
      onClose={close}
      footer={
        <>
          <button type="button" className="button" onClick={close}>{t("cancel")}</button>
          {conflict && <button type="button" className="button" onClick={() => (close(), onReload())}>{t("reload")}</button>}
          {conflict && <button type="button" className="button danger" disabled={busy} onClick={() => void save(true)}>{t("overwrite")}</button>}
          <button type="button" className="button primary" {...may.button(busy || title.trim() === "" || (folder === NEW_FOLDER && folderName.trim() === ""))} onClick={() => void save(false)}>{t("save")}</button>
        </>
      }
    >
      <Trouble error={may.why ?? (conflict ? t("conflict") : gone ? t("deletedSince") : error)} />
      <Field label={t("name")}>
        <input className="input" value={title} onChange={(e) => setTitle(e.target.value)} />
      </Field>
      <Field label={t("saveTo")}>
        <select className="input" value={folder} onChange={(e) => setFolder(e.target.value)}>
          <option value="">{t("general")}</option>
          {(list.data ?? []).map((f) => (
            <option key={f.uid} value={f.uid}>{f.title}</option>
          ))}
          <option value={NEW_FOLDER}>{t("newFolder")}</option>
        </select>
      </Field>
      {folder === NEW_FOLDER && (
        <Field label={t("folderName")}>
          <input className="input" value={folderName} onChange={(e) => setFolderName(e.target.value)} />
        </Field>
      )}
      <Field label={t("saveMessage")}>
        <input className="input" value={message} autoFocus onChange={(e) => setMessage(e.target.value)} onKeyDown={(e) => e.key === "Enter" && void save(false)} />
      </Field>
    </Dialog>
  );
}

function JsonDialog({ board, setOpened, onBoard }: Props) {
  const [text, setText] = useState(() => exportBoardText(board));
  const [error, setError] = useState<string | undefined>();
  const close = () => setOpened(undefined);
  const apply = () => {
    const read = importBoardText(text);
    if ("error" in read) return setError(read.error);
    onBoard({ ...read.board, uid: board.uid || read.board.uid });
    close();
  };
  return (
    <Dialog
      title={t("json")}
      wide
      onClose={close}
      footer={
        <>
          <button type="button" className="button" onClick={close}>{t("cancel")}</button>
          <button type="button" className="button primary" onClick={apply}>{t("apply")}</button>
        </>
      }
    >
      <Trouble error={error} />
      <textarea className="input" rows={28} spellCheck={false} aria-label={t("json")} value={text} onChange={(e) => setText(e.target.value)} />
    </Dialog>
  );
}
