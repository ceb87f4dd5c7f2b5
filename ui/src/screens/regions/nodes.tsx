// Every node a cell, by region; what fails is named.
import { Link } from "wouter";
import { matcherWord } from "../../alerting/model";
import { Mark } from "../../parts/icons";
import { Panel } from "../../parts/parts";
import { componentTone } from "../now/verdict";
import type { NodeFacts } from "./facts";
import { t } from "./messages";

export function NodeGrid({ nodes, error, onlyFailing, chosen }: { nodes: readonly NodeFacts[]; error: string | undefined; onlyFailing: boolean; chosen: string | undefined }) {
  const silent = nodes.filter(({ health }) => Number.isNaN(health)).length;
  const failing = nodes.filter(({ health }) => componentTone(health) !== "ok").length - silent;
  const shown = nodes.filter(({ health, region }) => (!onlyFailing || componentTone(health) !== "ok") && (!chosen || region === chosen));
  const regions = [...new Set(shown.map(({ region }) => region))];
  return (
    <Panel title={t("nodes")} error={error} extra={<span className="dim num">{t("nodesFailing", { bad: failing, n: nodes.length })}{silent > 0 && <b className="tone-critical"> · {t("nodesSilent", { n: silent })}</b>}</span>}>
      {shown.length === 0 && <div className="empty">{nodes.length ? t("noFailing") : t("noNodes")}</div>}
      {regions.map((region) => (
        <div key={region} className="node-row">
          <span className="cut dim">{region}</span>
          <span className="node-cells">
            {shown
              .filter((node) => node.region === region)
              .map(({ node, health, failing: parts }) => {
                const tone = componentTone(health);
                return (
                  <Link key={node} href={`/alerts?state=all&q=${encodeURIComponent(matcherWord("node", node))}`} className={`node ${tone}`} data-region={region} data-node={node} data-value={health} data-failing={parts.join(" ")} title={`${node}${parts.length ? ` · ${parts.join(", ")}` : ""}`} aria-label={`${node} ${t(tone === "ok" ? "healthy" : tone === "unknown" ? "unknown" : "failing")} ${parts.join(" ")}`}>
                    <Mark tone={tone} />
                    {tone !== "ok" && (
                      <span className="cut">
                        {node} {tone === "unknown" ? t("silent") : parts.join(" ")}
                      </span>
                    )}
                  </Link>
                );
              })}
          </span>
        </div>
      ))}
    </Panel>
  );
}
