// Rules that are written here: a group as a form or as text, tried over history, saved and in force at once.
import { lazy, Suspense, useMemo, useState } from "react";
import { Link, useLocation, useSearch } from "wouter";
import { groupYaml, hasComments, newRule, ruleAt } from "../../alerting/rule_group";
import type { Place } from "../../api/rule_groups";
import { useCommands } from "../../commands/commands";
import { useMayChange } from "../../parts/may_change";
import { Empty, Field, Panel, Tabs, Trouble, Waiting } from "../../parts/parts";
import { toast } from "../../parts/toast";
import { useZone } from "../../time/use_time";
import { dateAndClock } from "../../time/zone";
import { RuleBacktest } from "./rule_backtest";
import { RuleCard } from "./rule_card";
import { t } from "./rule_messages";
import { BLANK, editorAddress, useRuleGroup } from "./use_rule_group";

const Dialog = lazy(() => import("../../parts/dialog"));
const RuleHistory = lazy(() => import("./rule_history"));

export function RuleEditor() {
  const search = useSearch();
  const opened = useMemo(() => {
    const parameters = new URLSearchParams(search);
    return { namespace: parameters.get("namespace") ?? "", group: parameters.get("group") ?? "", file: parameters.get("file") ?? "" };
  }, [search]);
  return <Editor key={JSON.stringify(opened)} {...opened} />;
}

function Editor(opened: { namespace: string; group: string; file: string }) {
  const state = useRuleGroup(opened);
  const { loaded, locked, draft, setDraft, text, mode, checked, current, dirty, conflict, busy } = state;
  const [message, setMessage] = useState("");
  const [shown, setShown] = useState<"history" | "delete" | undefined>();
  const [, go] = useLocation();
  const zone = useZone();
  const change = useMayChange();
  const isNew = opened.group === "";
  const mine = !isNew && opened.file === "";
  // Nobody is told of mistakes in what they have not begun.
  const untouched = isNew && text === BLANK;

  const save = async (overwrite = false) => {
    if (!change.may || locked || busy) return;
    const done = await state.save(message, overwrite);
    if (!done) return;
    toast(t("saved"), "ok");
    setMessage("");
    open(done);
  };
  // A group that was named anew has an address of its own.
  const open = ({ namespace, group }: { namespace: string; group: string }) => {
    if (namespace !== opened.namespace || group !== opened.group || opened.file !== "") go(editorAddress({ namespace, group, file: "" }), { replace: true });
  };
  const undo = async () => {
    try {
      const now = await state.undo();
      toast(t("undone"), "ok");
      if (now === undefined) go("/alerts/rules");
      else open(now);
    } catch (failure) {
      toast(failure instanceof Error ? failure.message : String(failure), "critical");
    }
  };
  useCommands([{ id: "rule-save", name: t("save"), group: t("editor"), keys: "mod+s", run: () => void save() }]);

  const lines = useMemo(() => groupYaml(draft).lines, [draft]);
  const errors = (current && !locked && !untouched && checked?.errors) || [];
  const errorsOf = (i: number | undefined): Place[] => (mode === "form" ? errors.filter(({ line }) => ruleAt(lines, line) === i) : []);
  if (!loaded)
    return state.error ? (
      <Panel>
        <Empty title={state.error}>
          <Link href="/alerts/rules">{t("back")}</Link>
          {mine && (
            <span>
              <button type="button" className="button" onClick={() => setShown("history")}>
                {t("history")}
              </button>
            </span>
          )}
        </Empty>
        <Suspense>{shown === "history" && <RuleHistory namespace={opened.namespace} group={opened.group} version={undefined} onClose={() => setShown(undefined)} onRestored={state.reload} />}</Suspense>
      </Panel>
    ) : (
      <Waiting />
    );

  const setRule = (i: number, rule: (typeof draft.rules)[number]) => setDraft({ ...draft, rules: draft.rules.map((old, k) => (k === i ? rule : old)) });
  const nameTaken = conflict && isNew;
  return (
    <div className="rule-editor">
      <div className="column">
        <Panel
          title={isNew ? t("newTitle") : locked ? `${opened.group}` : `${state.namespace}/${draft.name}`}
          error={conflict ? t(nameTaken ? "reallyNew" : "conflict") : (state.error ?? change.why)}
          extra={
            <>
              {dirty && <span className="chip warning">{t("unsaved")}</span>}
              {conflict && !nameTaken && (
                <button type="button" className="button" onClick={state.reload}>
                  {t("loadTheirs")}
                </button>
              )}
              {conflict && (
                <button type="button" className="button danger" disabled={busy} onClick={() => void save(true)}>
                  {t("overwrite")}
                </button>
              )}
              {dirty && !conflict && <Discard onDiscard={state.discard} />}
              {mine && !locked && (
                <button type="button" className="button" onClick={() => setShown("history")}>
                  {t("history")}
                </button>
              )}
              {mine && !locked && (
                <button type="button" className="button" {...change.button(busy)} onClick={() => setShown("delete")}>
                  {t("delete")}
                </button>
              )}
              {locked ? (
                <button type="button" className="button primary" {...change.button()} onClick={state.copy}>
                  {t("copy")}
                </button>
              ) : (
                <button type="button" className="button primary" {...change.button(busy || !dirty)} onClick={() => void save()}>
                  {t("save")}
                </button>
              )}
            </>
          }
        >
          <div className="column">
            {state.saved && !dirty && (
              <div className="row wrap rule-saved" role="status">
                <span className="tone-ok">{t("savedAt", { group: `${state.saved.namespace}/${state.saved.group}`, time: dateAndClock(state.saved.at, zone) })}</span>
                <button type="button" className="button small" onClick={() => void undo()}>
                  {t("undo")}
                </button>
              </div>
            )}
            {mine && !locked && dirty && (state.namespace !== opened.namespace || (mode === "form" && draft.name !== opened.group)) && <p className="dim">{t("renames", { group: `${opened.namespace}/${opened.group}` })}</p>}
            {locked && <p>{t("readOnlyFile", { file: opened.file })}</p>}
            {!locked && (
              <div className="form-grid">
                <Field label={t("namespace")}>
                  <input className="input" value={state.namespace} onChange={(event) => state.setNamespace(event.target.value)} />
                </Field>
                {mode === "form" && (
                  <Field label={t("group")}>
                    <input className="input" value={draft.name} onChange={(event) => setDraft({ ...draft, name: event.target.value })} />
                  </Field>
                )}
                {mode === "form" && (
                  <Field label={t("interval")}>
                    <input className="input mono" placeholder={t("intervalHint")} value={draft.interval} onChange={(event) => setDraft({ ...draft, interval: event.target.value })} />
                  </Field>
                )}
                <Field label={t("message")}>
                  <input className="input" value={message} maxLength={300} onChange={(event) => setMessage(event.target.value)} />
                </Field>
              </div>
            )}
            <Tabs label={t("editor")} current={mode} items={[{ id: "form", name: t("form") }, { id: "text", name: t("text") }]} onPick={(id) => state.setMode(id as "form" | "text")} />
            {mode === "form" && !locked && hasComments(text) && <p className="dim">{t("comments")}</p>}
            {errorsOf(undefined).map(({ line, message: what }, i) => (
              <p key={i} className="tone-critical rule-error" role="alert">
                {line > 0 && mode === "form" ? `${t("groupKeys")}: ${what}` : what}
              </p>
            ))}
            {mode === "text" ? (
              <>
                <textarea className="input rule-yaml" rows={Math.min(40, Math.max(14, text.split("\n").length + 1))} spellCheck={false} aria-label={t("text")} readOnly={locked} value={text} onChange={(event) => state.setText(event.target.value)} />
                <ErrorList errors={errors} text={text} />
              </>
            ) : (
              <>
                {draft.rules.map((rule, i) => (
                  <RuleCard
                    key={i}
                    rule={rule}
                    number={i + 1}
                    locked={locked}
                    errors={errorsOf(i)}
                    onChange={(next) => setRule(i, next)}
                    onRemove={() => setDraft({ ...draft, rules: draft.rules.filter((_, k) => k !== i) })}
                    onDuplicate={() => setDraft({ ...draft, rules: [...draft.rules.slice(0, i + 1), structuredClone(rule), ...draft.rules.slice(i + 1)] })}
                  />
                ))}
                {!locked && (
                  <span className="row wrap">
                    <button type="button" className="button" onClick={() => setDraft({ ...draft, rules: [...draft.rules, newRule()] })}>
                      {t("addAlert")}
                    </button>
                    <button type="button" className="button" onClick={() => setDraft({ ...draft, rules: [...draft.rules, newRule(false)] })}>
                      {t("addRecord")}
                    </button>
                  </span>
                )}
              </>
            )}
            {current && checked && checked.warnings.length > 0 && (
              <section>
                <h3>{t("warnings")}</h3>
                <ul className="rule-warnings">
                  {checked.warnings.map((warning, i) => (
                    <li key={i}>
                      <b>{warning.rule}</b> {warning.cannotFire && <span className="chip warning">{t("cannotFire")}</span>} {warning.message}
                    </li>
                  ))}
                </ul>
              </section>
            )}
          </div>
        </Panel>
        <Link href="/alerts/rules">{t("back")}</Link>
      </div>
      <RuleBacktest text={text} ready={current ? checked?.group !== null : locked} alerts={locked || draft.rules.some(({ alerting }) => alerting) || mode === "text"} />
      <Suspense>
        {shown === "history" && (
          <RuleHistory
            namespace={opened.namespace}
            group={opened.group}
            version={state.version}
            onClose={() => setShown(undefined)}
            onRestored={(now) => {
              state.reload();
              open(now);
            }}
          />
        )}
        {shown === "delete" && (
          <Dialog
            title={t("delete")}
            onClose={() => setShown(undefined)}
            footer={
              <>
                <button type="button" className="button" onClick={() => setShown(undefined)}>
                  {t("cancel")}
                </button>
                <button
                  type="button"
                  className="button danger"
                  disabled={busy}
                  onClick={() =>
                    void state.remove().then((gone) => {
                      setShown(undefined);
                      if (!gone) return;
                      toast(t("deleted", { group: opened.group }), "ok");
                      go("/alerts/rules");
                    })
                  }
                >
                  {t("delete")}
                </button>
              </>
            }
          >
            <p>{t("deleteSure", { namespace: opened.namespace, group: opened.group })}</p>
          </Dialog>
        )}
      </Suspense>
    </div>
  );
}

/** There is no way back from it, so it asks once more. */
function Discard({ onDiscard }: { onDiscard: () => void }) {
  const [sure, setSure] = useState(false);
  return (
    <button type="button" className={sure ? "button danger" : "button"} onBlur={() => setSure(false)} onClick={() => (sure ? onDiscard() : setSure(true))}>
      {t(sure ? "discardSure" : "discard")}
    </button>
  );
}

/** Each mistake with its line, and the line itself. */
function ErrorList({ errors, text }: { errors: readonly Place[]; text: string }) {
  if (errors.length === 0) return null;
  const lines = text.split("\n");
  return (
    <section role="alert">
      <Trouble error={t("errors", { n: errors.length })} />
      <ol className="rule-errors">
        {errors.map(({ line, column, message }, i) => (
          <li key={i} className="tone-critical">
            {line > 0 && <b className="num">{`${line}:${column} `}</b>}
            {message}
            {line > 0 && <pre className="dim">{lines[line - 1]}</pre>}
          </li>
        ))}
      </ol>
    </section>
  );
}
