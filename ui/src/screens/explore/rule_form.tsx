// A query becomes an alert rule: its text, and what it would have done.
import { useMemo, useState } from "react";
import { useLocation } from "wouter";
import { handOver, newGroup, newRule, type DraftRule } from "../../alerting/rule_group";
import { backtest, type BacktestReport } from "../../api/alerts";
import { useMayChange } from "../../parts/may_change";
import { Field, Panel, Trouble } from "../../parts/parts";
import { toast } from "../../parts/toast";
import { formatDuration } from "../../time/range";
import { dateAndClock } from "../../time/zone";
import { alertNameOf, labelsIn, labelsText, ruleExpr, ruleYaml, type RuleDraft } from "./rule_text";
import { t } from "./messages";

export interface RuleFormProps {
  expr: string;
  title: string;
  labels: Record<string, string>;
  interval: { from: number; to: number };
  zone: string;
  onClose: () => void;
}

interface Tried {
  report: BacktestReport | undefined;
  /** Unix seconds; where what is stored begins later than what was asked about. */
  since?: number;
  nothing: boolean; // is stored of that
}

const COMPARISON = /[^=!<>~](>=|<=|==|!=|>|<)\s*-?[\d.]+(e-?\d+)?\s*$/;

export default function RuleForm({ expr, title, labels, interval, zone, onClose }: RuleFormProps) {
  const compares = COMPARISON.test(expr);
  const [name, setName] = useState(alertNameOf(title) || "NewAlert");
  const [operator, setOperator] = useState(compares ? "" : ">");
  const [threshold, setThreshold] = useState("0");
  const [lasts, setLasts] = useState("5m");
  const [severity, setSeverity] = useState("warning");
  const [more, setMore] = useState(() => labelsText(labels));
  const [summary, setSummary] = useState(title);
  const [tried, setTried] = useState<Tried | undefined>();
  const report = tried?.report;
  const [error, setError] = useState<string | undefined>();
  const [busy, setBusy] = useState(false);
  const draft = useMemo<RuleDraft>(() => {
    return { name, expr, operator, threshold, lasts, labels: { severity, ...labelsIn(more) }, summary };
  }, [name, expr, operator, threshold, lasts, severity, more, summary]);
  const yaml = ruleYaml(draft);
  const change = useMayChange();
  const [, go] = useLocation();
  const toEditor = () => {
    const rule: DraftRule = { ...newRule(), name: draft.name, expr: ruleExpr(draft), for: draft.lasts.trim(), labels: Object.entries(draft.labels), annotations: [["summary", draft.summary]] };
    handOver({ ...newGroup(rule), name: draft.name });
    go("/alerts/rules/new");
  };
  const test = async () => {
    setBusy(true);
    setError(undefined);
    try {
      const { rules, evaluatedFrom, evaluatedTo } = await backtest(yaml, interval.from, interval.to);
      const since = Date.parse(evaluatedFrom) / 1000;
      setTried({ report: rules[0], nothing: since >= Date.parse(evaluatedTo) / 1000, ...(since > interval.from + 1 ? { since } : {}) });
    } catch (failure) {
      setTried(undefined);
      setError(failure instanceof Error ? failure.message : String(failure));
    }
    setBusy(false);
  };
  return (
    <Panel
      title={t("rule")}
      extra={
        <button type="button" className="button small" onClick={onClose}>
          {t("close")}
        </button>
      }
    >
      <div className="form-grid">
        <Field label={t("name")}><input className="input" value={name} onChange={(e) => setName(e.target.value)} /></Field>
        <Field label={t("comparison")}>
          <select className="input" value={operator} onChange={(e) => setOperator(e.target.value)}>
            {["", ">", ">=", "<", "<=", "==", "!="].map((o) => <option key={o} value={o}>{o || t("inQuery")}</option>)}
          </select>
        </Field>
        {operator !== "" && <Field label={t("threshold")}><input className="input num" value={threshold} onChange={(e) => setThreshold(e.target.value)} /></Field>}
        <Field label={t("lasts")}><input className="input mono" value={lasts} onChange={(e) => setLasts(e.target.value)} /></Field>
        <Field label={t("severity")}>
          <select className="input" value={severity} onChange={(e) => setSeverity(e.target.value)}>
            {["critical", "warning", "info"].map((s) => <option key={s}>{s}</option>)}
          </select>
        </Field>
        <Field label={t("labels")}><input className="input mono" value={more} onChange={(e) => setMore(e.target.value)} /></Field>
        <Field label={t("summary")}><input className="input" value={summary} onChange={(e) => setSummary(e.target.value)} /></Field>
      </div>
      <h3 style={{ margin: "10px 0 4px" }}>{t("ruleText")}</h3>
      <pre className="rule-text" data-rule={draft.name}>{yaml}</pre>
      <div className="row wrap" style={{ marginTop: 8 }}>
        <button type="button" className="button" onClick={() => void navigator.clipboard?.writeText(yaml).then(() => toast(t("copied"), "ok"))}>{t("copy")}</button>
        <button type="button" className="button" disabled={busy} onClick={() => void test()}>{t("backtest")}</button>
        <button type="button" className="button primary" {...change.button()} onClick={toEditor}>{t("toEditor")}</button>
        {tried?.nothing === true && <span>{t("nothingStored")}</span>}
        {tried?.nothing === false && tried.since !== undefined && <span className="dim">{t("storedFrom", { at: dateAndClock(tried.since, zone) })}</span>}
        {report !== undefined && tried?.nothing === false && <span data-value={report.fired}>{report.fired === 0 ? t("wouldNot") : t("fired", { n: report.fired, span: formatDuration(report.firingSeconds) })}</span>}
      </div>
      <Trouble error={error ?? (report !== undefined && report.lastError !== "" ? report.lastError : undefined)} />
      {report !== undefined && report.episodes.length > 0 && (
        <ul className="episodes">
          {report.episodes.slice(0, 50).map((episode, i) => (
            <li key={i} className="cut">
              <span className="num">{dateAndClock(Date.parse(episode.firedAt) / 1000, zone)}</span>{" "}
              <span className="dim mono">{Object.entries(episode.labels).filter(([key]) => key !== "alertname").map(([key, value]) => `${key}=${value}`).join(" ")}</span>
            </li>
          ))}
        </ul>
      )}
    </Panel>
  );
}
