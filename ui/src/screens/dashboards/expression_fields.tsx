// The fields of an expression over a panel's other queries.
import { Field } from "../../parts/parts";
import { EXPRESSION_TYPES, expressionOf } from "../../dashboard/expressions/expression";
import { numberOf, objectOf, textOf } from "../../dashboard/model/json";
import type { Target } from "../../dashboard/model/board";
import { t } from "./messages";

export function newExpression(refId: string, input: string): Target {
  return { refId, datasource: { type: "__expr__", uid: "__expr__" }, type: "math", expression: `$${input}` };
}

const REDUCERS = ["last", "mean", "min", "max", "sum", "count", "median"];
const DOWN = ["mean", "last", "min", "max", "sum"];
const UP = ["fillna", "pad", "backfilling"];
const THRESHOLDS = ["gt", "gte", "lt", "lte", "eq", "ne", "within_range", "outside_range", "within_range_included", "outside_range_included"];

interface ExpressionFieldsProps {
  target: Target;
  names: readonly string[];
  onChange: (change: Partial<Target>) => void;
}

export function ExpressionFields({ target, names, onChange }: ExpressionFieldsProps) {
  const type = textOf(target.type, "math");
  const expression = expressionOf(target);
  const pick = (label: string, value: string, options: readonly string[], change: (value: string) => Partial<Target>) => (
    <Field label={label}>
      <select className="input" value={value} onChange={(event) => onChange(change(event.target.value))}>
        {(options.includes(value) ? options : [...options, value]).map((option) => (
          <option key={option}>{option}</option>
        ))}
      </select>
    </Field>
  );
  const input = pick(t("input"), "input" in expression ? expression.input : "", names, (expr) => ({ expression: expr }));
  const evaluator = expression.type === "threshold" ? expression.evaluator : undefined;
  const setEvaluator = (next: { type: string; params: number[] }) => ({ conditions: [{ ...objectOf(Array.isArray(target.conditions) ? target.conditions[0] : {}), evaluator: next }] });
  const parameter = (index: number) => (
    <Field label={index === 0 ? t("value") : t("upTo")}>
      <input className="input num" size={6} inputMode="decimal" defaultValue={textOf(evaluator?.params[index])} onBlur={(event) => {
        const params = [...(evaluator?.params ?? [])];
        params[index] = numberOf(event.target.value, 0);
        onChange(setEvaluator({ type: evaluator?.type ?? "gt", params }));
      }} />
    </Field>
  );
  return (
    <>
      {pick(t("expressionKind"), type, EXPRESSION_TYPES, (next) => ({ type: next, expression: next === "math" ? `$${names[0] ?? "A"}` : (names[0] ?? "A") }))}
      {type === "math" && (
        <Field label={t("formula")}>
          <input className="input mono" size={40} spellCheck={false} placeholder="$A / $B * 100" value={textOf(target.expression)} onChange={(event) => onChange({ expression: event.target.value })} />
        </Field>
      )}
      {expression.type === "reduce" && (
        <>
          {input}
          {pick(t("calc"), expression.reducer, REDUCERS, (reducer) => ({ reducer }))}
          {pick(t("mode"), expression.mode, ["strict", "dropNN", "replaceNN"], (mode) => ({ settings: { ...objectOf(target.settings), mode: mode === "strict" ? "" : mode } }))}
        </>
      )}
      {expression.type === "resample" && (
        <>
          {input}
          <Field label={t("window")}>
            <input className="input mono" size={6} value={textOf(target.window, "10s")} onChange={(event) => onChange({ window: event.target.value })} />
          </Field>
          {pick(t("down"), expression.down, DOWN, (downsampler) => ({ downsampler }))}
          {pick(t("up"), expression.up, UP, (upsampler) => ({ upsampler }))}
        </>
      )}
      {evaluator !== undefined && (
        <>
          {input}
          {pick(t("is"), evaluator.type, THRESHOLDS, (next) => setEvaluator({ type: next, params: evaluator.params.length > 0 ? evaluator.params : [0, 0] }))}
          {parameter(0)}
          {evaluator.type.includes("range") && parameter(1)}
        </>
      )}
    </>
  );
}
