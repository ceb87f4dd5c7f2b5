// A rule over stored history, before it is enabled: when it would have fired, for how long, on what.
import { useEffect, useState } from "react";
import { backtest, type BacktestReport, type Episode } from "../../api/alerts";
import { rules } from "../../api/prometheus";
import { isAbort } from "../../api/client";
import { useCommands } from "../../commands/commands";
import { Empty, Labels, Panel, ScrollTable, Trouble } from "../../parts/parts";
import { toast } from "../../parts/toast";
import { formatDuration } from "../../time/range";
import { durationSeconds } from "../../time/duration";
import { useSearchParameter, useZone } from "../../time/use_time";
import { dateAndClock } from "../../time/zone";
import { short, whole } from "../../text/numbers";
import { t } from "./messages";
import { ruleYaml } from "./rule_yaml";

const SPANS = ["6h", "1d", "7d", "30d"];
const LANES_MAX = 12;

const EXAMPLE = ruleYaml({ name: "TargetDown", query: "up == 0", duration: 120, labels: { severity: "warning" }, annotations: { summary: "{{ $labels.instance }} does not answer" } });

/** What was written here last: it is still there when something has been looked up elsewhere. */
let written: string | undefined;

export interface Outcome {
  reports: BacktestReport[];
  /** Seconds; what is stored may begin later than so long before `to`. */
  asked: number;
  from: number;
  to: number;
}

export function Backtest() {
  const [wantedRule] = useSearchParameter("rule");
  const [wantedGroup] = useSearchParameter("in");
  const [text, setText] = useState(() => written ?? EXAMPLE);
  written = text;
  const [span, setSpan] = useState("7d");
  const [outcome, setOutcome] = useState<Outcome | undefined>();
  const [error, setError] = useState<string | undefined>();
  const [running, setRunning] = useState<AbortController | undefined>();
  useEffect(() => {
    if (!wantedRule) return;
    const abort = new AbortController();
    rules({ signal: abort.signal }).then(
      (groups) => {
        const found = groups
          .filter(({ name }) => !wantedGroup || name === wantedGroup)
          .flatMap((group) => group.rules)
          .find(({ name, type }) => name === wantedRule && type === "alerting");
        if (found) setText(ruleYaml(found));
        else setError(t("noSuchRule", { name: wantedRule }));
      },
      (failure: Error) => !isAbort(failure) && setError(failure.message),
    );
    return () => abort.abort();
  }, [wantedRule, wantedGroup]);

  const run = async () => {
    const width = durationSeconds(span);
    if (!width) return setError(t("badDuration", { text: span }));
    running?.abort();
    const abort = new AbortController();
    setRunning(abort);
    setError(undefined);
    const to = Math.floor(Date.now() / 1000);
    try {
      const { rules: reports, evaluatedFrom } = await backtest(text, to - width, to, { signal: abort.signal });
      setOutcome({ reports, asked: width, from: Date.parse(evaluatedFrom) / 1000, to });
    } catch (failure) {
      if (!isAbort(failure)) setError(failure instanceof Error ? failure.message : String(failure));
    } finally {
      setRunning((old) => (old === abort ? undefined : old));
    }
  };
  useCommands([{ id: "backtest-run", name: t("runBacktest"), group: t("group"), keys: "mod+enter", run: () => void run() }]);
  return (
    <div className="backtest">
      <Panel title={t("ruleFile")}>
        <div className="column">
          <textarea className="input" rows={18} aria-label={t("ruleFile")} value={text} spellCheck={false} onChange={(event) => setText(event.target.value)} />
          <span className="row wrap">
            <span className="dim">{t("overLast")}</span>
            {SPANS.map((one) => (
              <button key={one} type="button" className="button small" aria-pressed={one === span} onClick={() => setSpan(one)}>
                {one}
              </button>
            ))}
            <span className="grow" />
            <button type="button" className="button" onClick={() => void navigator.clipboard?.writeText(text).then(() => toast(t("copied"), "ok"))}>
              {t("copy")}
            </button>
            {running && (
              <button type="button" className="button" onClick={() => running.abort()}>
                {t("cancel")}
              </button>
            )}
            <button type="button" className="button primary" disabled={running !== undefined} onClick={() => void run()}>
              {running ? t("running") : t("runBacktest")}
            </button>
          </span>
          {error && (
            <pre className="trouble" role="alert">
              {error}
            </pre>
          )}
        </div>
      </Panel>
      <div className="column">
        {!outcome && (
          <section className="panel">
            <Empty title={t("backtestTitle")}>
              <span>{t("backtestWhy")}</span>
            </Empty>
          </section>
        )}
        {outcome?.reports.length === 0 && (
          <section className="panel">
            <Empty title={t("noAlertingRules")} />
          </section>
        )}
        {outcome && <Stored outcome={outcome} />}
        {outcome && outcome.from < outcome.to && outcome.reports.map((report, i) => <Report key={i} report={report} from={outcome.from} to={outcome.to} />)}
      </div>
    </div>
  );
}

/** What of the time that was asked about is stored, when not all of it is. */
export function Stored({ outcome: { asked, from, to } }: { outcome: Outcome }) {
  const zone = useZone();
  if (to - from > asked - 1) return null;
  return <p className="dim">{from < to ? t("storedFrom", { at: dateAndClock(from, zone), span: formatDuration(Math.round(to - from)), asked: formatDuration(asked) }) : t("nothingStored", { asked: formatDuration(asked) })}</p>;
}

/** What all episodes have in common is said once, above them. */
export function commonLabels(episodes: readonly Episode[]): Record<string, string> {
  const [first, ...rest] = episodes;
  if (!first || rest.length === 0) return {};
  return Object.fromEntries(Object.entries(first.labels).filter(([name, value]) => name !== "alertname" && rest.every(({ labels }) => labels[name] === value)));
}

export function Report({ report, from, to }: { report: BacktestReport; from: number; to: number }) {
  const zone = useZone();
  const common = commonLabels(report.episodes);
  const shownAbove = ["alertname", ...Object.keys(common)];
  const own = report.episodes.some(({ labels }) => Object.keys(labels).some((name) => !shownAbove.includes(name)));
  return (
    <Panel title={report.name} flush extra={<span className="dim num">{t("evaluations", { n: whole(report.evaluations) })}</span>}>
      <div className="body column" style={{ padding: "0 10px 10px" }}>
        <p>
          <b className={report.fired ? "tone-warning" : "tone-ok"}>{report.fired ? t("wouldFire", { n: report.fired, span: formatDuration(to - from) }) : t("wouldNotFire", { span: formatDuration(to - from) })}</b>
          {report.fired > 0 && ` ${t("firingTime", { span: formatDuration(report.firingSeconds) })}`}
          {report.pendingOnly > 0 && ` ${t("pendingOnly", { n: report.pendingOnly })}`}
        </p>
        <Trouble error={report.failures ? t("failedEvaluations", { n: report.failures, error: report.lastError }) : undefined} />
        {Object.keys(common).length > 0 && <Labels labels={common} />}
        {report.episodes.length > 0 && <Lanes episodes={report.episodes} from={from} to={to} />}
      </div>
      {report.episodes.length > 0 && (
        <ScrollTable label={report.name}>
          <thead>
            <tr>
              <th>{t("firedAt")}</th>
              <th>{t("lasted")}</th>
              <th className="number">{t("value")}</th>
              {own && <th>{t("labels")}</th>}
            </tr>
          </thead>
          <tbody>
            {report.episodes.slice(0, 100).map((episode, i) => {
              const begin = Date.parse(episode.firedAt) / 1000;
              const end = episode.resolvedAt ? Date.parse(episode.resolvedAt) / 1000 : undefined;
              return (
                <tr key={i}>
                  <td className="num nowrap">{dateAndClock(begin, zone)}</td>
                  <td className="num nowrap">{end === undefined ? t("stillFiring") : formatDuration(end - begin)}</td>
                  <td className="number">{short(Number(episode.value))}</td>
                  {own && (
                    <td>
                      <Labels labels={episode.labels} skip={shownAbove} />
                    </td>
                  )}
                </tr>
              );
            })}
          </tbody>
        </ScrollTable>
      )}
    </Panel>
  );
}

/** Each label set a lane, each episode a bar on it. */
function Lanes({ episodes, from, to }: { episodes: readonly Episode[]; from: number; to: number }) {
  const zone = useZone();
  const lanes = new Map<string, Episode[]>();
  for (const episode of episodes) {
    const key = JSON.stringify(episode.labels);
    const lane = lanes.get(key);
    if (lane) lane.push(episode);
    else if (lanes.size < LANES_MAX) lanes.set(key, [episode]);
  }
  const width = 1000;
  const x = (at: number) => ((Math.min(Math.max(at, from), to) - from) / (to - from)) * width;
  const height = lanes.size * 10 + 4;
  return (
    <figure>
      <svg viewBox={`0 0 ${width} ${height}`} preserveAspectRatio="none" style={{ width: "100%", height, display: "block" }} role="img" aria-label={t("lanes", { n: episodes.length })}>
        {[...lanes.values()].map((lane, row) => (
          <g key={row}>
            <rect x={0} y={row * 10 + 3} width={width} height={6} fill="var(--line)" />
            {lane.map((episode, i) => {
              const begin = Date.parse(episode.firedAt) / 1000;
              const end = episode.resolvedAt ? Date.parse(episode.resolvedAt) / 1000 : to;
              return (
                <rect key={i} x={x(begin)} y={row * 10 + 3} width={Math.max(1.5, x(end) - x(begin))} height={6} fill="var(--critical)">
                  <title>{`${dateAndClock(begin, zone)} · ${formatDuration(end - begin)}`}</title>
                </rect>
              );
            })}
          </g>
        ))}
      </svg>
      <figcaption className="row dim num">
        <span>{dateAndClock(from, zone, false)}</span>
        <span className="grow" />
        <span>{dateAndClock(to, zone, false)}</span>
      </figcaption>
    </figure>
  );
}
