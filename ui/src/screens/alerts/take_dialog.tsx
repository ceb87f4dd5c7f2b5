// "I have it": takes alerts, extends, or gives them back.
import { useState, type FormEvent } from "react";
import { nameOf, severityTone, whereOf } from "../../alerting/model";
import type { Alert } from "../../api/alerts";
import { acknowledge, unacknowledge, type Acknowledgement } from "../../api/oncall";
import { alertList } from "../../api/server";
import Dialog from "../../parts/dialog";
import { useMayChange } from "../../parts/may_change";
import { Mark } from "../../parts/icons";
import { Field, Trouble } from "../../parts/parts";
import { toast } from "../../parts/toast";
import { preference, setPreference } from "../../preferences";
import { durationSeconds } from "../../time/duration";
import { taken as takenStore } from "../now/firing";
import { t } from "./messages";

const SHOWN = 8;

export default function TakeDialog({ alerts, taken, onClose }: { alerts: readonly Alert[]; taken: ReadonlyMap<string, Acknowledgement>; onClose: () => void }) {
  const change = useMayChange();
  const [owner, setOwner] = useState(preference("me") ?? "");
  const [note, setNote] = useState("");
  const [span, setSpan] = useState("");
  const [error, setError] = useState<string | undefined>();
  const [busy, setBusy] = useState(false);
  const ids = alerts.map(({ fingerprint }) => fingerprint);
  const held = ids.filter((id) => taken.has(id));
  const run = async (action: () => Promise<unknown>, done: string) => {
    setBusy(true);
    try {
      await action();
      toast(done, "ok");
      takenStore.again();
      alertList.again();
      onClose();
    } catch (failure) {
      setError(failure instanceof Error ? failure.message : String(failure));
      setBusy(false);
    }
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const seconds = span.trim() ? durationSeconds(span) : 0;
    if (seconds === undefined) return setError(t("badDuration", { text: span }));
    setPreference("me", owner);
    void run(
      () => acknowledge({ alerts: ids, owner, note, ...(seconds ? { until: new Date(Date.now() + seconds * 1000).toISOString() } : {}) }),
      t("taken", { n: ids.length }),
    );
  };
  return (
    <Dialog
      title={t("takeTitle", { n: ids.length })}
      onClose={onClose}
      footer={
        <>
          {held.length > 0 && (
            <button type="button" className="button" {...change.button(busy)} onClick={() => void run(() => unacknowledge(held), t("givenBack", { n: held.length }))}>
              {t("giveBack")}
            </button>
          )}
          <span className="grow" />
          <button type="button" className="button" onClick={onClose}>
            {t("cancel")}
          </button>
          <button type="submit" form="take" className="button primary" {...change.button(busy)}>
            {t("takeShort")}
          </button>
        </>
      }
    >
      <form id="take" className="column" onSubmit={submit}>
        <ul className="preview">
          {alerts.slice(0, SHOWN).map(({ fingerprint, labels }) => (
            <li key={fingerprint} className="row">
              <Mark tone={severityTone(labels)} />
              <span className="cut">{nameOf(labels)}</span>
              <span className="cut dim grow">{whereOf(labels)}</span>
            </li>
          ))}
          {alerts.length > SHOWN && <li className="dim">{t("andMore", { n: alerts.length - SHOWN })}</li>}
        </ul>
        <Field label={t("who")}>
          <input className="input" required autoFocus={!owner} value={owner} autoComplete="username" onChange={(event) => setOwner(event.target.value)} />
        </Field>
        <Field label={t("note")}>
          <input className="input" autoFocus={Boolean(owner)} value={note} onChange={(event) => setNote(event.target.value)} />
        </Field>
        <Field label={t("until")}>
          <input className="input" placeholder="2h" value={span} onChange={(event) => setSpan(event.target.value)} />
        </Field>
        <p className="dim">{t("takeWhy")}</p>
        <Trouble error={error} />
      </form>
    </Dialog>
  );
}
