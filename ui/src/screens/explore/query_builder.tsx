import { useEffect, useMemo, useState } from "react";
import { Icon } from "../../parts/icons";
import { Field, Trouble } from "../../parts/parts";
import { ask } from "../../api/client";
import { ServerClient } from "../../promql/client";
import { AGGREGATES, EMPTY_PARTS, partsOf, queryOf, STEPS, suggestionFor, type QueryParts } from "../../promql/builder";
import { t } from "./messages";

const client = new ServerClient();
const SHOWN_MAX = 2000;

/** Opens with the parts of `query`, where they can hold it; `filled` is the same with its variables as they are now. */
export function QueryBuilder({ query: given, filled, onUse }: { query: string; filled: string; onUse: (query: string) => void }) {
  const [parts, setParts] = useState<QueryParts>(EMPTY_PARTS);
  const [beyond, setBeyond] = useState(false);
  const [error, setError] = useState<string>();
  useEffect(() => {
    setError(undefined);
    if (given.trim() === "") return;
    const abort = new AbortController();
    ask<unknown>("parse_query", { query: filled }, { signal: abort.signal, post: "form" }).then(
      (tree) => {
        const found = partsOf(tree);
        setBeyond(found === undefined);
        if (found !== undefined) setParts(found);
      },
      (failure: unknown) => !abort.signal.aborted && setError(t("noParse", { what: failure instanceof Error ? failure.message : String(failure) })),
    );
    return () => abort.abort();
  }, [given]);
  const [metrics, setMetrics] = useState<string[]>([]);
  const [types, setTypes] = useState<Record<string, { type: string; help: string }[]>>({});
  const [labels, setLabels] = useState<string[]>([]);
  const [values, setValues] = useState<Record<string, string[]>>({});
  useEffect(() => {
    void client.metricNames().then(setMetrics);
    void client.metricMetadata().then((found) => setTypes(found));
  }, []);
  useEffect(() => {
    if (parts.metric !== "") void client.labelNames(parts.metric).then((found) => setLabels(found.filter((l) => l !== "__name__")));
  }, [parts.metric]);
  const set = (change: Partial<QueryParts>) => setParts((old) => ({ ...old, ...change }));
  const base = parts.metric.replace(/_(bucket|count|sum|total)$/, "");
  const about = types[parts.metric]?.[0] ?? types[base]?.[0];
  const query = useMemo(() => queryOf(parts), [parts]);
  const wantValues = (key: string) => {
    if (key !== "" && values[key] === undefined) void client.labelValues(key, parts.metric).then((found) => setValues((old) => ({ ...old, [key]: found })));
  };
  return (
    <div className="column">
      <Trouble error={error} />
      {beyond && <p className="dim" role="status">{t("beyondParts")}</p>}
      <div className="form-grid">
        <Field label={t("metric")}>
          <input className="input mono" list="builder-metrics" value={parts.metric} onChange={(e) => set({ metric: e.target.value, ...(metrics.includes(e.target.value) ? suggestionFor(e.target.value, (types[e.target.value]?.[0] ?? types[e.target.value.replace(/_bucket$/, "")]?.[0])?.type ?? "") : {}) })} />
          <datalist id="builder-metrics">{metrics.slice(0, SHOWN_MAX).map((m) => <option key={m} value={m} />)}</datalist>
        </Field>
        <Field label={t("over")}>
          <select className="input" value={parts.step} onChange={(e) => set({ step: e.target.value as QueryParts["step"] })}>
            {STEPS.map((s) => <option key={s} value={s}>{s || t("none")}</option>)}
          </select>
        </Field>
        {parts.step !== "" && <Field label={t("window")}><input className="input mono" value={parts.window} onChange={(e) => set({ window: e.target.value })} /></Field>}
        {parts.metric.endsWith("_bucket") && (
          <Field label={t("quantile")}>
            <select className="input" value={parts.quantile ?? ""} onChange={(e) => set({ quantile: e.target.value === "" ? undefined : Number(e.target.value) })}>
              {[...new Set(["", "0.5", "0.9", "0.95", "0.99", "0.999", ...(parts.quantile === undefined ? [] : [String(parts.quantile)])])].map((q) => <option key={q} value={q}>{q || t("none")}</option>)}
            </select>
          </Field>
        )}
        <Field label={t("combine")}>
          <select className="input" value={parts.aggregate} onChange={(e) => set({ aggregate: e.target.value as QueryParts["aggregate"] })}>
            {AGGREGATES.map((a) => <option key={a} value={a}>{a || t("none")}</option>)}
          </select>
        </Field>
        {parts.aggregate === "topk" && parts.quantile === undefined && (
          <Field label={t("howMany")}>
            <input className="input num" type="number" min={1} value={parts.limit} onChange={(e) => set({ limit: Math.max(1, Math.floor(Number(e.target.value)) || 1) })} />
          </Field>
        )}
        {parts.aggregate !== "" && (
          <Field label={t("by")}>
            <NameList names={parts.by} onNames={(by) => set({ by })} />
          </Field>
        )}
      </div>
      <datalist id="builder-labels">{labels.map((l) => <option key={l} value={l} />)}</datalist>
      {parts.matchers.map((m, i) => {
        const change = (next: Partial<typeof m>) => set({ matchers: parts.matchers.map((old, k) => (k === i ? { ...old, ...next } : old)) });
        return (
          <div key={i} className="row">
            <input className="input mono" list="builder-labels" aria-label={t("filter")} value={m.key} onChange={(e) => (change({ key: e.target.value }), wantValues(e.target.value))} />
            <select className="input" aria-label={t("comparesBy", { name: m.key })} value={m.operator} onChange={(e) => change({ operator: e.target.value })}>{["=", "!=", "=~", "!~"].map((o) => <option key={o}>{o}</option>)}</select>
            <input className="input mono" list={`builder-values-${i}`} aria-label={m.key} value={m.value} onFocus={() => wantValues(m.key)} onChange={(e) => change({ value: e.target.value })} />
            <datalist id={`builder-values-${i}`}>{(values[m.key] ?? []).slice(0, SHOWN_MAX).map((v) => <option key={v} value={v} />)}</datalist>
            <button type="button" className="button small icon" aria-label={t("removeFilter", { name: m.key })} onClick={() => set({ matchers: parts.matchers.filter((_, k) => k !== i) })}><Icon name="close" size={12} /></button>
          </div>
        );
      })}
      <div className="row wrap">
        <button type="button" className="button small" onClick={() => set({ matchers: [...parts.matchers, { key: "", operator: "=", value: "" }] })}><Icon name="plus" size={12} /> {t("addFilter")}</button>
        <code className="grow cut">{query}</code>
        <button type="button" className="button primary small" disabled={query === ""} onClick={() => onUse(query)}>{t("use")}</button>
      </div>
      {about !== undefined && <p className="dim">{about.type} · {about.help}</p>}
    </div>
  );
}

// The text stays as it is typed: made anew from the names it would lose each comma at once.
function NameList({ names, onNames }: { names: readonly string[]; onNames: (names: string[]) => void }) {
  const [text, setText] = useState(names.join(", "));
  const namesIn = (typed: string) => typed.split(/[,\s]+/).filter((name) => name !== "");
  const shown = namesIn(text).join() === names.join() ? text : names.join(", ");
  return <input className="input mono" list="builder-labels" value={shown} onChange={(e) => (setText(e.target.value), onNames(namesIn(e.target.value)))} />;
}
