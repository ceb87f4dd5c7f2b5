// The rules of the editor over stored history, before they are saved.
import { useState } from "react";
import { asFile } from "../../alerting/rule_group";
import { backtest } from "../../api/alerts";
import { isAbort } from "../../api/client";
import { useCommands } from "../../commands/commands";
import { Panel } from "../../parts/parts";
import { durationSeconds } from "../../time/duration";
import { type Outcome, Report, Stored } from "./backtest";
import { t } from "./rule_messages";

const SPANS = ["6h", "1d", "7d", "30d"];

export function RuleBacktest({ text, ready, alerts }: { text: string; ready: boolean; alerts: boolean }) {
  const [span, setSpan] = useState("1d");
  const [outcome, setOutcome] = useState<Outcome | undefined>();
  const [error, setError] = useState<string | undefined>();
  const [running, setRunning] = useState<AbortController | undefined>();
  const run = async () => {
    running?.abort();
    const abort = new AbortController();
    setRunning(abort);
    setError(undefined);
    const to = Math.floor(Date.now() / 1000);
    const asked = durationSeconds(span)!;
    try {
      const { rules, evaluatedFrom } = await backtest(asFile(text), to - asked, to, { signal: abort.signal });
      setOutcome({ reports: rules, asked, from: Date.parse(evaluatedFrom) / 1000, to });
    } catch (failure) {
      if (!isAbort(failure)) setError(failure instanceof Error ? failure.message : String(failure));
    } finally {
      setRunning((old) => (old === abort ? undefined : old));
    }
  };
  useCommands([{ id: "rule-backtest", name: t("backtest"), group: t("editor"), keys: "mod+enter", run: () => void (ready && alerts && run()) }]);
  return (
    <div className="column">
      <Panel title={t("backtest")} error={error}>
        <div className="column">
          <p className="dim">{t(alerts ? "backtestWhy" : "noAlerts")}</p>
          <span className="row wrap">
            {SPANS.map((one) => (
              <button key={one} type="button" className="button small" aria-pressed={one === span} onClick={() => setSpan(one)}>
                {one}
              </button>
            ))}
            <span className="grow" />
            {running && (
              <button type="button" className="button" onClick={() => running.abort()}>
                {t("stop")}
              </button>
            )}
            <button type="button" className="button" disabled={!ready || !alerts || running !== undefined} onClick={() => void run()}>
              {running ? t("running") : t("backtestRun", { span })}
            </button>
          </span>
        </div>
      </Panel>
      {outcome && <Stored outcome={outcome} />}
      {outcome && outcome.from < outcome.to && outcome.reports.map((report, i) => <Report key={i} report={report} from={outcome.from} to={outcome.to} />)}
    </div>
  );
}
