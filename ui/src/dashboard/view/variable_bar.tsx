// The variables above a board.
import { lazy, memo, Suspense, useEffect, useMemo, useRef, useState } from "react";
import { Icon } from "../../parts/icons";
import { ask } from "../../api/client";
import { matcherText } from "../model/promql_matchers";
import { ALL } from "../model/scope";
import type { AdhocFilter, VariableState } from "../model/variables";
import type { BoardVariables } from "./use_variables";
import { t } from "./messages";

const Popover = lazy(() => import("../../parts/popover"));
const PLAIN_MAX = 20; // options a plain select is enough for
const LISTED_MAX = 300;

type Choosing = Pick<BoardVariables, "choose" | "setFilters">;

/** Not rendered while only the board's range moves on. */
export const VariableBar = memo(function VariableBar({ states, choose, setFilters }: Pick<BoardVariables, "states"> & Choosing) {
  const shown = states.filter((v) => v.hide < 2 && v.kind !== "constant" && v.kind !== "system");
  if (shown.length === 0) return null;
  return (
    <div className="variable-bar">
      {shown.map((state) => (
        <span key={state.name} className="variable" title={state.error} data-variable={state.name} data-value={state.chosen.join(",")}>
          {state.hide === 0 && <label htmlFor={`var-${state.name}`}>{state.label}</label>}
          <Chooser state={state} choose={choose} setFilters={setFilters} />
          {state.error !== undefined && <span className="tone-warning" role="img" aria-label={state.error}>⚠</span>}
        </span>
      ))}
    </div>
  );
});

function Chooser({ state, choose: chooseOf, setFilters }: { state: VariableState } & Choosing) {
  const choose = (values: readonly string[]) => chooseOf(state.name, values);
  if (state.kind === "adhoc") return <Adhoc state={state} onChange={(filters) => setFilters(state.name, filters)} />;
  if (state.kind === "textbox") return <TextBox state={state} onChange={(text) => choose([text])} />;
  if (!state.multi && state.options.length <= PLAIN_MAX)
    return (
      <select className="input" id={`var-${state.name}`} aria-label={state.label} value={state.chosen[0] ?? ""} onChange={(event) => choose([event.target.value])}>
        {state.includeAll && <option value={ALL}>{t("all")}</option>}
        {state.chosen.filter((v) => v !== ALL && !state.options.some((o) => o.value === v)).map((v) => <option key={v} value={v}>{v}</option>)}
        {state.options.map((option) => (
          <option key={option.value} value={option.value}>
            {option.text}
          </option>
        ))}
      </select>
    );
  return <Picker state={state} onChange={choose} />;
}

function TextBox({ state, onChange }: { state: VariableState; onChange: (text: string) => void }) {
  const [text, setText] = useState(state.chosen[0] ?? "");
  useEffect(() => setText(state.chosen[0] ?? ""), [state.chosen[0]]);
  return <input className="input" id={`var-${state.name}`} aria-label={state.label} value={text} onChange={(e) => setText(e.target.value)} onBlur={() => text !== state.chosen[0] && onChange(text)} onKeyDown={(e) => e.key === "Enter" && onChange(text)} />;
}

function summary(state: VariableState): string {
  if (state.chosen[0] === ALL) return t("all");
  if (state.chosen.length === 0) return t("noneChosen");
  const texts = state.chosen.map((value) => state.options.find((o) => o.value === value)?.text ?? value);
  return texts.length <= 2 ? texts.join(" + ") : `${texts[0]} + ${texts.length - 1}`;
}

function Picker({ state, onChange }: { state: VariableState; onChange: (values: readonly string[]) => void }) {
  const [open, setOpen] = useState(false);
  const [wanted, setWanted] = useState(false); // it stays once it is there: the focus comes back to its button
  const [text, setText] = useState("");
  const found = useMemo(() => {
    const words = text.toLowerCase().split(/\s+/);
    return state.options.filter((o) => words.every((w) => o.text.toLowerCase().includes(w)));
  }, [state.options, text]);
  const trigger = (
    <button type="button" className="button" id={`var-${state.name}`} aria-label={`${state.label}: ${summary(state)}`} onClick={wanted ? undefined : () => (setWanted(true), setOpen(true))}>
      <span className="cut">{summary(state)}</span>
      <Icon name="down" size={11} />
    </button>
  );
  const pick = (value: string) => {
    if (!state.multi || value === ALL) {
      onChange([value]);
      setOpen(false);
      return;
    }
    const now = state.chosen.filter((v) => v !== ALL);
    const next = now.includes(value) ? now.filter((v) => v !== value) : [...now, value];
    onChange(next.length > 0 ? next : state.includeAll ? [ALL] : state.kind === "groupby" ? [""] : []);
  };
  if (!wanted) return trigger;
  return (
    <Suspense fallback={trigger}>
      <Popover trigger={trigger} label={state.label} open={open} onOpen={setOpen} align="start">
        <input className="input" placeholder={t("search")} aria-label={t("search")} value={text} onChange={(e) => setText(e.target.value)} onKeyDown={(e) => e.key === "Enter" && found[0] !== undefined && pick(found[0].value)} />
        <ul className="option-list" role="listbox" aria-multiselectable={state.multi} aria-label={state.label}>
          {state.includeAll && text === "" && <Option text={t("all")} on={state.chosen[0] === ALL} onPick={() => pick(ALL)} />}
          {found.slice(0, LISTED_MAX).map((option) => (
            <Option key={option.value} text={option.text} on={state.chosen.includes(option.value)} onPick={() => pick(option.value)} />
          ))}
          {found.length > LISTED_MAX && <li className="dim">+ {found.length - LISTED_MAX}</li>}
        </ul>
      </Popover>
    </Suspense>
  );
}

function Option({ text, on, onPick }: { text: string; on: boolean; onPick: () => void }) {
  return (
    <li role="option" aria-selected={on} tabIndex={0} onClick={onPick} onKeyDown={(e) => (e.key === "Enter" || e.key === " ") && (e.preventDefault(), onPick())}>
      <span className="tick">{on && <Icon name="check" size={12} />}</span>
      <span className="cut">{text}</span>
    </li>
  );
}

const OPERATORS = ["=", "!=", "=~", "!~", "=|", "!=|"];

function Adhoc({ state, onChange }: { state: VariableState; onChange: (filters: AdhocFilter[]) => void }) {
  const [draft, setDraft] = useState<AdhocFilter | undefined>();
  const [names, setNames] = useState<string[]>([]);
  const [values, setValues] = useState<string[]>([]);
  // Values that the other filters leave.
  const kept = [...state.baseFilters, ...state.filters].filter((f) => f.key !== "" && f.key !== draft?.key);
  const others = kept.length === 0 ? "" : `{${kept.map(matcherText).join(",")}}`;
  useEffect(() => {
    if (draft !== undefined && names.length === 0) ask<string[]>("labels").then(setNames, () => setNames([]));
  }, [draft !== undefined]);
  useEffect(() => {
    if (draft?.key) ask<string[]>(`label/${encodeURIComponent(draft.key)}/values`, { limit: 1000, ...(others === "" ? {} : { "match[]": others }) }).then(setValues, () => setValues([]));
  }, [draft?.key, others]);
  const list = `adhoc-${state.name}`;
  // The focus goes to what adds one when its field or button is gone.
  const adder = useRef<HTMLButtonElement>(null);
  const goBack = useRef(false);
  const back = () => {
    goBack.current = true;
    setDraft(undefined);
  };
  useEffect(() => {
    if (goBack.current) adder.current?.focus();
    goBack.current = false;
  });
  return (
    <span className="adhoc">
      {state.baseFilters.map((f, i) => (
        <span key={`base ${i}`} className="chip mono">
          {f.key} {f.operator} {f.value}
        </span>
      ))}
      {state.filters.map((f, i) => (
        <button key={i} type="button" className="button small mono" aria-label={t("removeFilter", { name: f.key })} onClick={() => (adder.current?.focus(), onChange(state.filters.filter((_, k) => k !== i)))}>
          {f.key} {f.operator} {f.value} ×
        </button>
      ))}
      {draft === undefined ? (
        <button ref={adder} type="button" className="button small icon" aria-label={t("addFilter")} onClick={() => setDraft({ key: "", operator: "=", value: "" })}>
          <Icon name="plus" size={12} />
        </button>
      ) : (
        <form
          className="row"
          onSubmit={(event) => {
            event.preventDefault();
            if (draft.key !== "") onChange([...state.filters, draft]);
            back();
          }}
          onKeyDown={(event) => event.key === "Escape" && (event.preventDefault(), event.stopPropagation(), back())}
        >
          <input className="input" list={`${list}-names`} placeholder={t("label")} aria-label={t("label")} value={draft.key} autoFocus onChange={(e) => setDraft({ ...draft, key: e.target.value })} />
          <select className="input" aria-label={t("comparison")} value={draft.operator} onChange={(e) => setDraft({ ...draft, operator: e.target.value })}>
            {OPERATORS.map((o) => (
              <option key={o}>{o}</option>
            ))}
          </select>
          <input className="input" list={`${list}-values`} placeholder={t("value")} aria-label={t("value")} value={draft.value} onChange={(e) => setDraft({ ...draft, value: e.target.value })} />
          <button type="submit" className="button small icon" aria-label={t("addFilter")}>
            <Icon name="check" size={12} />
          </button>
          <datalist id={`${list}-names`}>{names.slice(0, 500).map((n) => <option key={n} value={n} />)}</datalist>
          <datalist id={`${list}-values`}>{values.slice(0, 500).map((v) => <option key={v} value={v} />)}</datalist>
        </form>
      )}
    </span>
  );
}
