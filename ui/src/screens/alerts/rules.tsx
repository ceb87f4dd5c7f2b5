// The rules that are evaluated: state, health, how long each takes.
import { useMemo } from "react";
import { Link, useLocation } from "wouter";
import { severityTone } from "../../alerting/model";
import { forgetHandedOver } from "../../alerting/rule_group";
import { rules, type Rule, type RuleGroup } from "../../api/prometheus";
import { editedGroups } from "../../api/rule_groups";
import { useApi } from "../../api/use_api";
import { useCommands } from "../../commands/commands";
import { Icon, Mark, type Tone } from "../../parts/icons";
import { useMayChange } from "../../parts/may_change";
import { Empty, Labels, LeftOut, Panel, ScrollTable } from "../../parts/parts";
import { formatAge, formatDuration } from "../../time/range";
import { useSearchParameter } from "../../time/use_time";
import { seconds } from "../../text/numbers";
import { Expression } from "../links";
import { t } from "./messages";
import { t as te } from "./rule_messages";

function tone(rule: Rule): Tone {
  if (rule.health === "err") return "critical";
  if (rule.type === "recording") return rule.health === "ok" ? "ok" : "unknown";
  return rule.state === "firing" ? severityTone(rule.labels ?? {}) : rule.state === "pending" ? "warning" : rule.state === "unknown" || rule.health === "unknown" ? "unknown" : "ok";
}
function stateText(rule: Rule): string {
  if (rule.health === "err") return t("ruleError");
  if (rule.type === "recording") return t("recording");
  const state = (["firing", "pending", "inactive", "unknown"] as const).find((one) => one === rule.state);
  return state === undefined ? (rule.state ?? "") : t(`rule_${state}`);
}
const RANK: Record<Tone, number> = { critical: 0, warning: 1, info: 2, unknown: 3, ok: 4 };
const SHOWN_MAX = 400;

export function Rules() {
  const { data, error, first, at } = useApi("rules", (signal) => rules({ signal }), { every: 15_000 });
  const edited = useApi("edited rules", (signal) => editedGroups({ signal }), { every: 15_000 });
  const owned = useMemo(() => new Map((edited.data?.groups ?? []).map((head) => [`${head.file}\n${head.group}`, head])), [edited.data]);
  const change = useMayChange();
  const [, go] = useLocation();
  const begin = () => {
    forgetHandedOver();
    go("/alerts/rules/new");
  };
  useCommands(change.may ? [{ id: "rule-new", name: te("newRule"), group: t("rules"), keys: "n r", run: begin }] : []);
  const addressOf = (group: RuleGroup) => {
    const head = owned.get(`${group.file}\n${group.name}`);
    const search = new URLSearchParams(head ? { namespace: head.namespace, group: head.group } : { file: group.file, group: group.name });
    return { href: `/alerts/rules/edit?${search}`, ours: head !== undefined };
  };
  const [query = "", setQuery] = useSearchParameter("q");
  const [kind = "", setKind] = useSearchParameter("kind");
  const now = at / 1000;
  const shown = useMemo(() => {
    const wanted = query.toLowerCase().split(/\s+/).filter(Boolean);
    return (data ?? [])
      .flatMap((group) => group.rules.map((rule, i) => ({ group, rule, key: `${group.file} ${group.name} ${i}` })))
      .filter(({ group, rule }) => {
        if (kind === "bad" ? tone(rule) === "ok" : kind && rule.type !== kind) return false;
        const text = `${rule.name} ${rule.query} ${group.name} ${Object.entries(rule.labels ?? {}).map((pair) => pair.join("=")).join(" ")}`.toLowerCase();
        return wanted.every((word) => text.includes(word));
      })
      .sort((a, b) => RANK[tone(a.rule)] - RANK[tone(b.rule)]);
  }, [data, query, kind]);
  const all = (data ?? []).reduce((sum, group) => sum + group.rules.length, 0);
  return (
    <Panel
      title={t("rules")}
      error={error}
      flush
      extra={
        <>
          <span className="dim num">{data ? t("shownOf", { n: shown.length, all }) : ""}</span>
          <input className="input" placeholder={t("filter")} aria-label={t("filter")} value={query} onChange={(event) => setQuery(event.target.value || undefined)} />
          <select className="input" aria-label={t("kind")} value={kind} onChange={(event) => setKind(event.target.value || undefined)}>
            <option value="">{t("allRules")}</option>
            <option value="bad">{t("onlyBad")}</option>
            <option value="alerting">{t("onlyAlerting")}</option>
            <option value="recording">{t("onlyRecording")}</option>
          </select>
          <button type="button" className="button primary" {...change.button()} onClick={begin}>
            <Icon name="plus" /> {te("newRule")}
          </button>
        </>
      }
    >
      {!first && all === 0 && !error ? (
        <Empty title={t("noRules")}>
          <span>{t("noRulesWhy")}</span>
          <pre tabIndex={0}>{"rule_files:\n  - rules/*.yml"}</pre>
        </Empty>
      ) : (
        <ScrollTable label={t("rules")} kind="stack rules">
          <thead>
            <tr>
              <th>{t("state")}</th>
              <th>{t("rule")}</th>
              <th>{t("expression")}</th>
              <th>{t("hold")}</th>
              <th className="number">{t("took")}</th>
              <th className="number">{t("evaluated")}</th>
              <th />
            </tr>
          </thead>
          <tbody>
            {shown.slice(0, SHOWN_MAX).map(({ group, rule, key }) => {
              const { href, ours } = addressOf(group);
              return (
              <tr key={key} data-rule={rule.name} data-ours={ours}>
                <td className="nowrap">
                  <Mark tone={tone(rule)} /> {stateText(rule)}
                </td>
                <td className="full">
                  <b>{rule.name}</b> <span className="dim" title={group.file}>{group.name}</span>
                  <div>
                    <Labels labels={rule.labels ?? {}} />
                  </div>
                  {rule.lastError && <div className="tone-critical">{rule.lastError}</div>}
                </td>
                <td className="expr full">
                  <Expression expr={rule.query} />
                </td>
                <td className="num nowrap" data-label={rule.duration ? t("hold") : undefined}>{rule.duration ? formatDuration(rule.duration) : ""}</td>
                <td className="number" data-label={t("took")}>{seconds(rule.evaluationTime)}</td>
                <td className="number" data-label={t("evaluated")}>{Date.parse(rule.lastEvaluation) > 0 ? formatAge(now - Date.parse(rule.lastEvaluation) / 1000) : t("never")}</td>
                <td className="nowrap">
                  <Link className="button small" href={href} title={ours ? te("ours") : te("ofFile", { file: group.file })}>
                    {te(ours ? "edit" : "open")}
                  </Link>{" "}
                  {rule.type === "alerting" && (
                    <Link className="button small" href={`/alerts/backtest?rule=${encodeURIComponent(rule.name)}&in=${encodeURIComponent(group.name)}`}>
                      {t("backtest")}
                    </Link>
                  )}
                </td>
              </tr>
              );
            })}
          </tbody>
        </ScrollTable>
      )}
      {all > 0 && shown.length === 0 && <Empty title={t("noneMatch")} />}
      <LeftOut shown={SHOWN_MAX} all={shown.length} />
    </Panel>
  );
}
