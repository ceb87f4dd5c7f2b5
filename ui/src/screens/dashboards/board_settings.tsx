// What belongs to the whole board: title, tags, range, variables, marks.
import { Icon } from "../../parts/icons";
import { Field } from "../../parts/parts";
import type { AnnotationJson, Board, VariableJson } from "../../dashboard/model/board";
import { flagOf, objectOf, textOf } from "../../dashboard/model/json";
import { queryTextOf } from "../../dashboard/model/variable_query";
import { t } from "./messages";

const KINDS = ["query", "custom", "textbox", "constant", "interval", "datasource", "adhoc"];

export function BoardSettings({ board, onBoard }: { board: Board; onBoard: (board: Board) => void }) {
  const set = (change: Partial<Board>) => onBoard({ ...board, ...change } as Board);
  const variables = board.templating.list;
  const setVariable = (index: number, change: Partial<VariableJson>) => set({ templating: { ...board.templating, list: variables.map((v, i) => (i === index ? ({ ...v, ...change } as VariableJson) : v)) } });
  const marks = board.annotations.list;
  const setMarks = (list: AnnotationJson[]) => set({ annotations: { ...board.annotations, list } });
  return (
    <>
      <div className="form-grid">
        <Field label={t("name")}>
          <input className="input" value={board.title} onChange={(e) => set({ title: e.target.value })} />
        </Field>
        <Field label={t("tags")}>
          <input className="input" defaultValue={board.tags.join(", ")} onBlur={(e) => set({ tags: [...new Set(e.target.value.split(",").map((s) => s.trim()).filter((s) => s !== ""))] })} />
        </Field>
        <Field label={t("defaultRange")}>
          <input className="input mono" value={board.time.from} onChange={(e) => set({ time: { ...board.time, from: e.target.value } })} />
        </Field>
        <Field label={t("refreshEvery")}>
          <input className="input mono" value={board.refresh} placeholder="10s" onChange={(e) => set({ refresh: e.target.value })} />
        </Field>
      </div>
      <h2>{t("variables")}</h2>
      <div className="table-scroll">
        <table className="table form-table">
          <thead>
            <tr>
              {(["varName", "varKind", "varQuery", "varRegex", "varMulti", "varAll"] as const).map((key) => (
                <th key={key} scope="col">{t(key)}</th>
              ))}
              <th />
            </tr>
          </thead>
          <tbody>
            {variables.map((v, i) => (
              <tr key={i}>
                <td><input className="input" aria-label={t("varName")} value={v.name} onChange={(e) => setVariable(i, { name: e.target.value.replace(/\W/g, "_") })} /></td>
                <td>
                  <select className="input" aria-label={t("varKind")} value={v.type} onChange={(e) => setVariable(i, { type: e.target.value })}>
                    {(KINDS.includes(v.type) ? KINDS : [...KINDS, v.type]).map((kind) => <option key={kind}>{kind}</option>)}
                  </select>
                </td>
                <td><input className="input mono wide" aria-label={t("varQuery")} value={queryTextOf(v)} onChange={(e) => setVariable(i, { query: typeof v.query === "object" && v.query !== null ? { ...objectOf(v.query), query: e.target.value } : e.target.value })} /></td>
                <td><input className="input mono" aria-label={t("varRegex")} value={textOf(v.regex)} onChange={(e) => setVariable(i, { regex: e.target.value })} /></td>
                <td><input type="checkbox" aria-label={t("varMulti")} checked={flagOf(v.multi)} onChange={(e) => setVariable(i, { multi: e.target.checked })} /></td>
                <td><input type="checkbox" aria-label={t("varAll")} checked={flagOf(v.includeAll)} onChange={(e) => setVariable(i, { includeAll: e.target.checked })} /></td>
                <td>
                  <button type="button" className="button small icon" aria-label={t("removeVariable", { name: v.name })} onClick={() => set({ templating: { ...board.templating, list: variables.filter((_, k) => k !== i) } })}>
                    <Icon name="close" size={12} />
                  </button>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <button type="button" className="button small" style={{ alignSelf: "start" }} onClick={() => set({ templating: { ...board.templating, list: [...variables, { name: `var${variables.length + 1}`, type: "query", query: "label_values(up, job)", refresh: 2, current: { text: "", value: "" } }] } })}>
        <Icon name="plus" size={12} /> {t("addVariable")}
      </button>
      <h2>{t("annotationsTitle")}</h2>
      <div className="table-scroll">
        <table className="table form-table">
          {marks.length > 0 && (
            <thead>
              <tr>
                <th scope="col">{t("name")}</th>
                <th scope="col">{t("expression")}</th>
                <th />
              </tr>
            </thead>
          )}
          <tbody>
            {marks.map((mark, i) => (
              <tr key={i}>
                <td><input className="input" aria-label={t("name")} value={mark.name} onChange={(e) => setMarks(marks.map((m, k) => (k === i ? { ...m, name: e.target.value } : m)))} /></td>
                <td><input className="input mono wide" aria-label={t("expression")} value={textOf(mark.expr) || textOf(objectOf(mark.target).expr)} onChange={(e) => setMarks(marks.map((m, k) => (k === i ? withExpr(m, e.target.value) : m)))} /></td>
                <td>
                  <button type="button" className="button small icon" aria-label={t("removeMark", { name: mark.name })} onClick={() => setMarks(marks.filter((_, k) => k !== i))}>
                    <Icon name="close" size={12} />
                  </button>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <button type="button" className="button small" style={{ alignSelf: "start" }} onClick={() => setMarks([...marks, { name: `${t("annotationsTitle")} ${marks.length + 1}`, enable: true, iconColor: "orange", target: { expr: "", refId: "Anno" } }])}>
        <Icon name="plus" size={12} /> {t("addMark")}
      </button>
    </>
  );
}

function withExpr(mark: AnnotationJson, expr: string): AnnotationJson {
  if (typeof mark.expr === "string" && mark.target === undefined) return { ...mark, expr };
  return { ...mark, target: { ...objectOf(mark.target), expr } };
}
