// A panel being edited: itself at the top, its queries and its settings below. Each change is drawn at once.
import { lazy, Suspense, useMemo, useState, type ReactNode } from "react";
import { Icon } from "../../parts/icons";
import { Field, Tabs, Trouble } from "../../parts/parts";
import type { SharedView } from "../../panels/panel_view";
import { PANELS } from "../../panels/registry";
import { allPanels, type Board, type Panel, type Target } from "../../dashboard/model/board";
import { isExpressionSource } from "../../dashboard/expressions/expression";
import { withSharedTargets } from "../../dashboard/model/shared_targets";
import { ExpressionFields, newExpression } from "./expression_fields";
import { refIdOf } from "../../dashboard/model/regular_panel";
import { importBoard } from "../../dashboard/model/import_board";
import { exportBoard } from "../../dashboard/model/export_board";
import { arrayOf, flagOf, numberOf, objectOf, objectsOf, readPath, textOf, textsOf, writePath, cloneJson, type JsonObject } from "../../dashboard/model/json";
import { UNIT_GROUPS } from "../../dashboard/field/units";
import { REDUCER_NAMES, reducerColumn } from "../../dashboard/field/reducers";
import { PanelFrame } from "../../dashboard/view/panel_frame";
import type { BoardVariables } from "../../dashboard/view/use_variables";
import { t } from "./messages";

const PromqlEditor = lazy(() => import("../../promql/editor"));

export interface PanelEditorProps {
  panel: Panel;
  board: Board;
  variables: BoardVariables;
  view: SharedView;
  live: number;
  search: string;
  onPanel: (panel: Panel) => void;
  onClose: () => void;
}

export default function PanelEditor({ panel, board, variables, view, live, search, onPanel, onClose }: PanelEditorProps) {
  const [tab, setTab] = useState("queries");
  const shown = useMemo(() => withSharedTargets(panel, allPanels(board)), [panel, board]);
  return (
    <div className="panel-editor">
      <div className="preview">
        <PanelFrame panel={shown} own={[]} scope={variables.scope} filters={variables.filters} board={view} live={live} ready={variables.ready} actions={[]} always search={search} />
      </div>
      <div className="row">
        <div className="grow">
          <Tabs
            label={t("edit")}
            items={[
              { id: "queries", name: t("queries"), count: panel.targets.length },
              { id: "display", name: t("display") },
              { id: "json", name: t("json") },
            ]}
            current={tab}
            onPick={setTab}
          />
        </div>
        <button type="button" className="button primary" onClick={onClose}>
          {t("done")}
        </button>
      </div>
      {tab === "queries" && <Queries panel={panel} onPanel={onPanel} />}
      {tab === "display" && <Display panel={panel} board={board} onPanel={onPanel} />}
      {tab === "json" && <RawPanel panel={panel} onPanel={onPanel} />}
    </div>
  );
}

function Queries({ panel, onPanel }: { panel: Panel; onPanel: (panel: Panel) => void }) {
  const set = (index: number, change: Partial<Target>) => onPanel({ ...panel, targets: panel.targets.map((target, i) => (i === index ? ({ ...target, ...change } as Target) : target)) });
  const free = () => {
    const used = new Set(panel.targets.map((target) => target.refId));
    let i = 0;
    while (used.has(refIdOf(i))) i++;
    return refIdOf(i);
  };
  return (
    <div className="column">
      {panel.targets.map((target, i) => (
        <fieldset key={target.refId} className="query-box">
          <legend className="mono">{target.refId}</legend>
          {isExpressionSource(target.datasource ?? panel.datasource) ? (
            <div className="row wrap">
              <ExpressionFields target={target} names={panel.targets.filter((other) => other !== target).map((other) => other.refId)} onChange={(change) => set(i, change)} />
              <span className="grow" />
              <HideAndRemove target={target} onHide={() => set(i, { hide: target.hide !== true })} onRemove={() => onPanel({ ...panel, targets: panel.targets.filter((_, k) => k !== i) })} />
            </div>
          ) : (<>
          <Suspense fallback={<textarea className="input" rows={2} readOnly value={target.expr ?? ""} aria-label={t("query", { id: target.refId })} />}>
            <PromqlEditor value={target.expr ?? ""} label={t("query", { id: target.refId })} onChange={(expr) => set(i, { expr })} />
          </Suspense>
          <div className="row wrap">
            <Field label={t("legend")}>
              <input className="input" placeholder="{{label}}" title={t("legendHint")} value={target.legendFormat ?? ""} onChange={(e) => set(i, { legendFormat: e.target.value })} />
            </Field>
            <Field label={t("format")}>
              <select className="input" value={target.format ?? "time_series"} onChange={(e) => set(i, { format: e.target.value })}>
                {["time_series", "table", "heatmap"].map((format) => <option key={format}>{format}</option>)}
              </select>
            </Field>
            <Field label={t("minStep")}>
              <input className="input mono" size={6} placeholder="15s" value={target.interval ?? ""} onChange={(e) => set(i, { interval: e.target.value })} />
            </Field>
            <label className="check">
              <input type="checkbox" checked={target.instant === true} onChange={(e) => set(i, { instant: e.target.checked, range: !e.target.checked })} /> {t("instant")}
            </label>
            <span className="grow" />
            <HideAndRemove target={target} onHide={() => set(i, { hide: target.hide !== true })} onRemove={() => onPanel({ ...panel, targets: panel.targets.filter((_, k) => k !== i) })} />
          </div>
          </>)}
        </fieldset>
      ))}
      <div className="row wrap">
        <button type="button" className="button" onClick={() => onPanel({ ...panel, targets: [...panel.targets, { refId: free(), expr: "" }] })}>
          <Icon name="plus" /> {t("addQuery")}
        </button>
        <button type="button" className="button" onClick={() => onPanel({ ...panel, targets: [...panel.targets, newExpression(free(), panel.targets[0]?.refId ?? "A")] })}>
          <Icon name="plus" /> {t("addExpression")}
        </button>
      </div>
    </div>
  );
}

function HideAndRemove({ target, onHide, onRemove }: { target: Target; onHide: () => void; onRemove: () => void }) {
  return (
    <>
      <button type="button" className="button small" aria-pressed={target.hide === true} aria-label={t("hideQuery", { id: target.refId })} onClick={onHide}>
        <Icon name="pause" size={12} />
      </button>
      <button type="button" className="button small icon" aria-label={t("removeQuery", { id: target.refId })} onClick={onRemove}>
        <Icon name="close" size={12} />
      </button>
    </>
  );
}

const COLORS = ["green", "yellow", "orange", "red", "blue", "purple", "gray", "transparent"];

function Display({ panel, board, onPanel }: { panel: Panel; board: Board; onPanel: (panel: Panel) => void }) {
  const { defaults } = panel.fieldConfig;
  const setPath = (root: "defaults" | "options", path: string, value: unknown) => {
    const next = cloneJson(panel);
    writePath(root === "defaults" ? next.fieldConfig.defaults : next.options, path, value);
    onPanel(next);
  };
  const number = (path: string, label: string) => (
    <Field label={label}>
      <input key={textOf(readPath(defaults, path))} className="input num" size={6} inputMode="decimal" defaultValue={textOf(readPath(defaults, path))} onBlur={(e) => setPath("defaults", path, e.target.value.trim() === "" ? undefined : numberOf(e.target.value))} />
    </Field>
  );
  const steps = objectsOf(objectOf(defaults.thresholds).steps);
  const setSteps = (next: JsonObject[]) => setPath("defaults", "thresholds", { mode: "absolute", ...objectOf(defaults.thresholds), steps: next });
  const reduced = ["stat", "gauge", "bargauge", "piechart"].includes(panel.type);
  const graph = panel.type === "timeseries" || panel.type === "trend";
  return (
    <div className="form-grid">
      <Field label={t("name")}>
        <input className="input" value={panel.title} onChange={(e) => onPanel({ ...panel, title: e.target.value })} />
      </Field>
      <Field label={t("type")}>
        <select className="input" value={panel.type} onChange={(e) => onPanel({ ...panel, type: e.target.value })}>
          {(Object.hasOwn(PANELS, panel.type) ? Object.keys(PANELS) : [...Object.keys(PANELS), panel.type]).map((type) => <option key={type}>{type}</option>)}
        </select>
      </Field>
      <Field label={t("unit")}>
        <input className="input" list="unit-ids" value={textOf(defaults.unit)} onChange={(e) => setPath("defaults", "unit", e.target.value === "" ? undefined : e.target.value)} />
        <datalist id="unit-ids">{UNIT_GROUPS.flatMap(([group, ids]) => ids.map((id) => <option key={group + id} value={id}>{group}</option>))}</datalist>
      </Field>
      {number("decimals", t("decimals"))}
      {number("min", t("min"))}
      {number("max", t("max"))}
      <Field label={t("noValue")}>
        <input className="input" value={textOf(defaults.noValue)} onChange={(e) => setPath("defaults", "noValue", e.target.value === "" ? undefined : e.target.value)} />
      </Field>
      {reduced && (
        <Field label={t("calc")}>
          <select className="input" value={textsOf(objectOf(panel.options.reduceOptions).calcs)[0] ?? "lastNotNull"} onChange={(e) => setPath("options", "reduceOptions", { fields: "", values: false, ...objectOf(panel.options.reduceOptions), calcs: [e.target.value] })}>
            {REDUCER_NAMES.map((id) => <option key={id} value={id}>{reducerColumn(id)}</option>)}
          </select>
        </Field>
      )}
      {graph && (
        <>
          <Field label={t("draw")}>
            <select className="input" value={textOf(readPath(defaults, "custom.drawStyle"), "line")} onChange={(e) => setPath("defaults", "custom.drawStyle", e.target.value)}>
              {["line", "bars", "points"].map((style) => <option key={style}>{style}</option>)}
            </select>
          </Field>
          {number("custom.lineWidth", t("width"))}
          {number("custom.fillOpacity", t("fill"))}
          <Field label={t("stack")}>
            <select className="input" value={textOf(readPath(defaults, "custom.stacking.mode"), "none")} onChange={(e) => setPath("defaults", "custom.stacking", { mode: e.target.value, group: "A" })}>
              {["none", "normal", "percent"].map((mode) => <option key={mode}>{mode}</option>)}
            </select>
          </Field>
          <Field label={`${t("legend")}`}>
            <select className="input" value={flagOf(objectOf(panel.options.legend).showLegend, true) ? textOf(objectOf(panel.options.legend).displayMode, "list") : "hidden"} onChange={(e) => setPath("options", "legend", { placement: "bottom", calcs: [], ...objectOf(panel.options.legend), showLegend: e.target.value !== "hidden", displayMode: e.target.value === "hidden" ? "list" : e.target.value })}>
              {["list", "table", "hidden"].map((mode) => <option key={mode}>{mode}</option>)}
            </select>
          </Field>
        </>
      )}
      <Field label={t("repeat")}>
        <select className="input" value={panel.repeat ?? ""} onChange={(e) => onPanel({ ...panel, repeat: e.target.value === "" ? undefined : e.target.value } as Panel)}>
          <option value="">{t("nothing")}</option>
          {board.templating.list.map((v) => <option key={v.name}>{v.name}</option>)}
        </select>
      </Field>
      <label className="check">
        <input type="checkbox" checked={flagOf(panel.transparent)} onChange={(e) => onPanel({ ...panel, transparent: e.target.checked })} /> {t("transparent")}
      </label>
      {panel.type === "text" && (
        <Wide label={t("description")}>
          <textarea className="input" rows={8} value={textOf(panel.options.content)} onChange={(e) => setPath("options", "content", e.target.value)} />
        </Wide>
      )}
      <Wide label={t("thresholds")}>
        <div className="row wrap">
          {steps.map((step, i) => (
            <span key={i} className="join">
              {i === 0 ? <span className="button">{t("base")}</span> : <input className="input num" size={7} key={textOf(step.value)} aria-label={`${t("thresholds")} ${i}`} defaultValue={textOf(step.value)} onBlur={(e) => setSteps(steps.map((s, k) => (k === i ? { ...s, value: numberOf(e.target.value, 0) } : s)))} />}
              <select className="input" aria-label={`${t("thresholds")} ${i}`} value={textOf(step.color)} onChange={(e) => setSteps(steps.map((s, k) => (k === i ? { ...s, color: e.target.value } : s)))}>
                {(COLORS.includes(textOf(step.color)) ? COLORS : [...COLORS, textOf(step.color)]).map((color) => <option key={color}>{color}</option>)}
              </select>
              {i > 0 && <button type="button" className="button icon" aria-label={t("delete")} onClick={() => setSteps(steps.filter((_, k) => k !== i))}><Icon name="close" size={12} /></button>}
            </span>
          ))}
          <button type="button" className="button small" onClick={() => setSteps([...(steps.length > 0 ? steps : [{ color: "green", value: null }]), { color: "red", value: numberOf(steps.at(-1)?.value, 0) + 10 }])}>
            <Icon name="plus" size={12} /> {t("addThreshold")}
          </button>
        </div>
      </Wide>
    </div>
  );
}

function Wide({ label, children }: { label: string; children: ReactNode }) {
  return (
    <div className="field wide">
      <span>{label}</span>
      {children}
    </div>
  );
}

// Everything the fields above do not reach: overrides, mappings, transformations, links.
function RawPanel({ panel, onPanel }: { panel: Panel; onPanel: (panel: Panel) => void }) {
  const [text, setText] = useState(() => JSON.stringify(arrayOf(exportBoard({ ...emptyFor(), panels: [panel] }).panels)[0], undefined, 2));
  const [error, setError] = useState<string | undefined>();
  const apply = () => {
    try {
      const given: unknown = JSON.parse(text);
      const read = importBoard({ title: "", panels: [given] });
      if ("error" in read) return setError(read.error);
      const [changed] = read.board.panels;
      if (changed === undefined) return setError(t("notAPanel"));
      setError(undefined);
      // Alone on a board it has risen to the top.
      const y = numberOf(objectOf(objectOf(given).gridPos).y);
      onPanel({ ...changed, id: panel.id, gridPos: y === undefined ? panel.gridPos : { ...changed.gridPos, y: Math.max(0, Math.round(y)) } });
    } catch (failure) {
      setError(t("badJson", { what: failure instanceof Error ? failure.message : String(failure) }));
    }
  };
  return (
    <div className="column">
      <Trouble error={error} />
      <textarea className="input" rows={22} spellCheck={false} aria-label={t("raw")} value={text} onChange={(e) => setText(e.target.value)} />
      <button type="button" className="button primary" style={{ alignSelf: "start" }} onClick={apply}>
        {t("apply")}
      </button>
    </div>
  );
}

function emptyFor(): Board {
  const read = importBoard({ title: "", panels: [] });
  if ("error" in read) throw new Error(read.error);
  return read.board;
}
