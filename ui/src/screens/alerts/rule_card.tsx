// One rule of a group, as a form.
import { lazy, Suspense } from "react";
import { newRule, type DraftRule, type Pair } from "../../alerting/rule_group";
import type { Place } from "../../api/rule_groups";
import { Icon } from "../../parts/icons";
import { Field } from "../../parts/parts";
import { t } from "./rule_messages";

const PromqlEditor = lazy(() => import("../../promql/editor"));

export interface RuleCardProps {
  rule: DraftRule;
  number: number;
  locked: boolean;
  errors: readonly Place[];
  onChange: (rule: DraftRule) => void;
  onRemove: () => void;
  onDuplicate: () => void;
}

export function RuleCard({ rule, number, locked, errors, onChange, onRemove, onDuplicate }: RuleCardProps) {
  const set = (next: Partial<DraftRule>) => onChange({ ...rule, ...next });
  const more = rule.keepFiringFor !== "" || rule.noData !== "" || rule.clear !== "";
  return (
    <fieldset className="rule-card" data-rule={rule.name} disabled={locked}>
      <legend>
        {number}. {t(rule.alerting ? "alert" : "record")}
      </legend>
      <div className="rule-head">
        <Field label={t("kind")}>
          <select
            className="input"
            value={rule.alerting ? "alert" : "record"}
            onChange={(event) => {
              const alerting = event.target.value === "alert";
              onChange({ ...newRule(alerting), name: rule.name, expr: rule.expr, labels: rule.labels, ...(alerting ? { annotations: rule.annotations.length > 0 ? rule.annotations : newRule().annotations } : {}) });
            }}
          >
            <option value="alert">{t("alert")}</option>
            <option value="record">{t("record")}</option>
          </select>
        </Field>
        <Field label={t(rule.alerting ? "alertName" : "seriesName")}>
          <input className="input mono" value={rule.name} onChange={(event) => set({ name: event.target.value })} />
        </Field>
        {rule.alerting && (
          <Field label={t("holds")}>
            <input className="input mono" value={rule.for} size={6} onChange={(event) => set({ for: event.target.value })} />
          </Field>
        )}
        {!locked && (
          <>
            <button type="button" className="button small" onClick={onDuplicate}>
              {t("duplicate")}
            </button>
            <button type="button" className="button small icon" aria-label={`${t("removeRule")} ${rule.name}`} title={t("removeRule")} onClick={onRemove}>
              <Icon name="close" size={11} />
            </button>
          </>
        )}
      </div>
      <div className="field">
        <span>{t("expr")}</span>
        {locked ? (
          <pre className="mono">{rule.expr}</pre>
        ) : (
          <Suspense fallback={<textarea className="input" rows={2} aria-label={t("expr")} value={rule.expr} onChange={(event) => set({ expr: event.target.value })} />}>
            <PromqlEditor value={rule.expr} label={`${t("expr")} ${number}`} hint={t(rule.alerting ? "exprHint" : "recordHint")} onChange={(expr) => set({ expr })} />
          </Suspense>
        )}
      </div>
      <Pairs title={t("labels")} add={t("addLabel")} locked={locked} pairs={rule.labels} onChange={(labels) => set({ labels })} />
      {rule.alerting && <Pairs title={t("annotations")} add={t("addAnnotation")} locked={locked} pairs={rule.annotations} onChange={(annotations) => set({ annotations })} />}
      {rule.alerting && (
        <details open={more}>
          <summary className="dim">{t("moreKeys")}</summary>
          <div className="form-grid">
            <Field label={t("keeps")}>
              <input className="input mono" value={rule.keepFiringFor} onChange={(event) => set({ keepFiringFor: event.target.value })} />
            </Field>
            <Field label={t("noData")}>
              <select className="input" value={rule.noData} onChange={(event) => set({ noData: event.target.value })}>
                {(["", "resolve", "hold", "alert"] as const).map((one) => (
                  <option key={one} value={one}>
                    {t(`noData_${one}`)}
                  </option>
                ))}
              </select>
            </Field>
            <Field label={t("clear")}>
              <input className="input mono" value={rule.clear} onChange={(event) => set({ clear: event.target.value })} />
            </Field>
          </div>
        </details>
      )}
      {errors.map(({ line, message }, i) => (
        <p key={i} className="tone-critical rule-error" role="alert">
          {line > 0 ? `${t("line", { line })}: ${message}` : message}
        </p>
      ))}
    </fieldset>
  );
}

function Pairs({ title, add, locked, pairs, onChange }: { title: string; add: string; locked: boolean; pairs: readonly Pair[]; onChange: (pairs: Pair[]) => void }) {
  const put = (i: number, pair: Pair) => onChange(pairs.map((old, k) => (k === i ? pair : old)));
  return (
    <div className="pairs" role="group" aria-label={title}>
      <span className="dim pairs-title">{title}</span>
      {pairs.map(([name, value], i) => (
        <div key={i} className="pair">
          <input className="input mono" aria-label={`${title}: ${t("pairName")} ${i + 1}`} placeholder={t("pairName")} value={name} onChange={(event) => put(i, [event.target.value, value])} />
          <textarea className="input" rows={Math.min(4, value.split("\n").length)} aria-label={`${title}: ${name || t("pairValue")}`} placeholder={t("pairValue")} value={value} onChange={(event) => put(i, [name, event.target.value])} />
          {!locked && (
            <button type="button" className="button small icon" aria-label={t("removePair", { name: name || String(i + 1) })} onClick={() => onChange(pairs.filter((_, k) => k !== i))}>
              <Icon name="close" size={11} />
            </button>
          )}
        </div>
      ))}
      {!locked && (
        <span>
          <button type="button" className="button small" onClick={() => onChange([...pairs, ["", ""]])}>
            <Icon name="plus" size={11} /> {add}
          </button>
        </span>
      )}
    </div>
  );
}
