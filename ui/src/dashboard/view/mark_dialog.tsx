// A mark on all graphs: written, changed, taken away.
import { useState } from "react";
import { addAnnotation, annotationTags, changeAnnotation, deleteAnnotation } from "../../api/dashboards";
import { useApi } from "../../api/use_api";
import Dialog from "../../parts/dialog";
import { useMayChange } from "../../parts/may_change";
import { Field, Trouble } from "../../parts/parts";
import { toast } from "../../parts/toast";
import type { MarkRequest } from "../../panels/marks/marks";
import { resolve } from "../../time/range";
import { dateAndClock } from "../../time/zone";
import { t } from "./messages";

export interface MarkDialogProps {
  request: MarkRequest;
  /** Uid of the board, "" for one that is not saved: then only marks for all boards can be made. */
  board: string;
  zone: string;
  onClose: () => void;
  /** The marks are others now. */
  onDone: () => void;
}

export default function MarkDialog({ request, board, zone, onClose, onDone }: MarkDialogProps) {
  const { mark, panelId } = request;
  const [text, setText] = useState(mark?.text ?? "");
  const [tags, setTags] = useState(mark?.tags.join(", ") ?? "");
  const [from, setFrom] = useState(() => dateAndClock(request.from, zone));
  const [to, setTo] = useState(() => (request.to > request.from ? dateAndClock(request.to, zone) : ""));
  const [everywhere, setEverywhere] = useState(board === "");
  const [error, setError] = useState<string | undefined>();
  const [busy, setBusy] = useState(false);
  const change = useMayChange();
  const known = useApi("annotation tags", (signal) => annotationTags({ signal }));

  // Seconds typed by a person; those that were not touched stay exact.
  const moment = (typed: string, original: number): number | undefined => (typed === dateAndClock(original, zone) ? original : resolve(typed, Date.now() / 1000, zone));
  const run = async (action: () => Promise<unknown>, done: string) => {
    setBusy(true);
    setError(undefined);
    try {
      await action();
      toast(done, "ok");
      onDone();
      onClose();
    } catch (failure) {
      setError(failure instanceof Error ? failure.message : String(failure));
      setBusy(false);
    }
  };
  const save = () => {
    const begin = moment(from, request.from);
    const end = to.trim() === "" ? begin : moment(to, request.to);
    if (begin === undefined || end === undefined) return setError(t("markBadTime"));
    const [time, timeEnd] = [Math.min(begin, end), Math.max(begin, end)].map((seconds) => Math.round(seconds * 1000)) as [number, number];
    const said = { text: text.trim(), tags: tags.split(",").map((tag) => tag.trim()).filter(Boolean), time, timeEnd };
    void run(() => (mark?.id === undefined ? addAnnotation(everywhere ? said : { ...said, dashboardUID: board, ...(panelId > 0 ? { panelId } : {}) }) : changeAnnotation(mark.id, said)), t("markSaved"));
  };
  return (
    <Dialog
      title={t(mark ? "markEdit" : "markAdd")}
      onClose={onClose}
      footer={
        <>
          {mark?.id !== undefined && (
            <button type="button" className="button danger" {...change.button(busy)} onClick={() => void run(() => deleteAnnotation(mark.id!), t("markDeleted"))}>
              {t("markDelete")}
            </button>
          )}
          <span className="grow" />
          <button type="button" className="button" onClick={onClose}>
            {t("cancel")}
          </button>
          <button type="submit" form="mark-form" className="button primary" {...change.button(busy || text.trim() === "")}>
            {t("save")}
          </button>
        </>
      }
    >
      <Trouble error={error ?? change.why} />
      <form
        id="mark-form"
        className="column"
        onSubmit={(event) => {
          event.preventDefault();
          if (text.trim() !== "" && !busy && change.may) save();
        }}
      >
        <Field label={t("markText")}>
          <input className="input" value={text} autoFocus maxLength={10_000} onChange={(event) => setText(event.target.value)} />
        </Field>
        <Field label={t("markTags")}>
          <input className="input" value={tags} list="mark-tags" onChange={(event) => setTags(event.target.value)} />
        </Field>
        <datalist id="mark-tags">
          {(known.data ?? []).map((tag) => (
            <option key={tag} value={tag} />
          ))}
        </datalist>
        <div className="form-grid">
          <Field label={t("markBegin")}>
            <input className="input num" value={from} onChange={(event) => setFrom(event.target.value)} />
          </Field>
          <Field label={t("markEnd")}>
            <input className="input num" value={to} onChange={(event) => setTo(event.target.value)} />
          </Field>
          {!mark && board !== "" && (
            <Field label={t("markWhere")}>
              <select className="input" value={everywhere ? "all" : "here"} onChange={(event) => setEverywhere(event.target.value === "all")}>
                <option value="here">{t("markHere")}</option>
                <option value="all">{t("markEverywhere")}</option>
              </select>
            </Field>
          )}
        </div>
        <p className="dim">{t("markKept")}</p>
      </form>
    </Dialog>
  );
}
