// Who would be told of an alert now: the routes that take it, and what holds each back.
import type { RouteStep } from "../../api/alerts";
import { quote, type LabelSet } from "../../api/prometheus";
import { Mark } from "../../parts/icons";
import { formatDuration } from "../../time/range";
import { t } from "./messages";

export function labelText(labels: LabelSet): string {
  return `{${Object.entries(labels).map(([name, value]) => `${name}=${quote(value)}`).join(", ")}}`;
}

/** Whether a step tells anybody, and what holds it back. */
export function stepReason(step: RouteStep): string {
  const reasons = [
    step.silencedBy.length ? t("heldSilence") : "",
    step.inhibitedBy.length ? t("heldInhibit") : "",
    step.mutedBy.length ? t("heldMute", { names: step.mutedBy.join(", ") }) : "",
    step.inactive ? t("heldInactive") : "",
    step.integrations.length === 0 ? t("heldEmpty") : "",
  ].filter(Boolean);
  return reasons.join("; ");
}

export function RouteSteps({ steps }: { steps: readonly RouteStep[] }) {
  if (steps.length === 0) return <span className="dim">{t("noRoute")}</span>;
  return (
    <ul className="steps">
      {steps.map((step, i) => (
        <li key={i}>
          <span className="row">
            <Mark tone={step.told ? "ok" : "warning"} label={step.told ? t("isTold") : t("isNotTold")} />
            <b>{step.receiver}</b>
            <span className="dim cut grow" title={step.integrations.join(", ")}>
              {step.integrations.join(", ")}
            </span>
            <span className="dim nowrap">{t("waits", { wait: formatDuration(step.groupWait), repeat: formatDuration(step.repeatInterval) })}</span>
          </span>
          {!step.told && <span className="tone-warning">{stepReason(step)}</span>}
          <span className="dim mono cut" title={step.route}>
            {step.route}
          </span>
        </li>
      ))}
    </ul>
  );
}
