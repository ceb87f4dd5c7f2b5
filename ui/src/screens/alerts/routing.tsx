// Where an alert with these labels would go, when, and what would hold it back.
import { useState } from "react";
import { parseMatcher } from "../../alerting/model";
import { previewRoutes } from "../../api/alerts";
import { testPage } from "../../api/oncall";
import { useApi } from "../../api/use_api";
import { useMayChange } from "../../parts/may_change";
import { Empty, Field, Panel, Waiting } from "../../parts/parts";
import { toast } from "../../parts/toast";
import { preference } from "../../preferences";
import { resolve } from "../../time/range";
import { useSearchParameter, useZone } from "../../time/use_time";
import { RouteSteps, labelText } from "./route_steps";
import { t } from "./messages";

const EXAMPLE = "alertname=RegionDown\nseverity=critical";

export function parseLabels(text: string): { labels: Record<string, string>; bad: string | undefined } {
  const labels: Record<string, string> = {};
  for (const line of text.split("\n").filter((one) => one.trim())) {
    const matcher = parseMatcher(line.replace(/,\s*$/, ""));
    if (!matcher || matcher.isRegex || !matcher.isEqual) return { labels, bad: line };
    labels[matcher.name] = matcher.value;
  }
  return { labels, bad: undefined };
}

export function Routing() {
  const [text = EXAMPLE, setText] = useSearchParameter("labels");
  const [when = "now", setWhen] = useSearchParameter("at");
  const zone = useZone();
  const { labels, bad } = parseLabels(text);
  const at = resolve(when, Date.now() / 1000, zone);
  const asked = labelText(labels);
  const asks = bad === undefined && at !== undefined && Object.keys(labels).length > 0;
  const { data, error, first } = useApi(`route ${asked} ${when}`, (signal) => previewRoutes(asked, when.trim() === "now" ? undefined : at, { signal }), {
    enabled: asks,
  });
  return (
    <div className="routing">
      <Panel title={t("testLabels")}>
        <div className="column">
          <textarea className="input" rows={8} aria-label={t("testLabels")} value={text} spellCheck={false} onChange={(event) => setText(event.target.value)} />
          {bad !== undefined && (
            <span className="tone-critical" role="alert">
              {t("badLabel", { text: bad })}
            </span>
          )}
          <Field label={t("atTime")}>
            <input className="input mono" value={when} onChange={(event) => setWhen(event.target.value === "now" ? undefined : event.target.value)} />
          </Field>
          <TestPage labels={labels} disabled={bad !== undefined || Object.keys(labels).length === 0} />
          {at === undefined && <span className="tone-critical">{t("badTime", { text: when })}</span>}
        </div>
      </Panel>
      <Panel title={t("whoIsTold")} error={error}>
        {data ? <RouteSteps steps={data} /> : asks && first ? <Waiting /> : <Empty title={t("noAlertmanager")} />}
      </Panel>
    </div>
  );
}

/** Tells people for real, so it asks once more. */
function TestPage({ labels, disabled }: { labels: Record<string, string>; disabled: boolean }) {
  const change = useMayChange();
  const [armed, setArmed] = useState(false);
  const send = async () => {
    setArmed(false);
    try {
      const told = await testPage(labels, preference("me") ?? "");
      toast(t("testSent", { names: told.map(({ receiver }) => receiver).join(", ") || "–" }), "ok");
    } catch (failure) {
      toast(failure instanceof Error ? failure.message : String(failure), "critical");
    }
  };
  return (
    <span className="row wrap">
      <button type="button" className={armed ? "button danger" : "button"} {...change.button(disabled)} onClick={() => (armed ? void send() : setArmed(true))}>
        {t(armed ? "testReally" : "testSend")}
      </button>
      {armed && (
        <button type="button" className="button" onClick={() => setArmed(false)}>
          {t("cancel")}
        </button>
      )}
    </span>
  );
}
