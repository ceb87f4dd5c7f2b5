// Where it is bad: the map, the ways between regions, what each region's health is made of, the nodes.
import { lazy, Suspense } from "react";
import "./regions.css";
import { useCommands } from "../../commands/commands";
import { Mark } from "../../parts/icons";
import { Boundary, Empty, Meter, Panel, ScrollTable } from "../../parts/parts";
import { useSearchParameter } from "../../time/use_time";
import { useRegions } from "../now/facts";
import { regionTone } from "../now/verdict";
import { useFactors, useLinks, useNodes } from "./facts";
import { t } from "./messages";
import { NodeGrid } from "./nodes";
import { TakeoverPanel } from "./takeover_panel";
import { WanMatrix } from "./wan";

const WorldMap = lazy(() => import("./map"));

export default function Regions() {
  const { regions, answered, error } = useRegions();
  const { links, answered: linksAnswered, error: linksError } = useLinks();
  const { nodes, error: nodesError } = useNodes();
  const factors = useFactors();
  const [only, setOnly] = useSearchParameter("only");
  const [chosen, setChosen] = useSearchParameter("region");
  const onlyFailing = only === "failing";
  const toggle = () => setOnly(onlyFailing ? undefined : "failing");
  useCommands([
    { id: "regions-failing", name: t("onlyFailing"), group: t("group"), keys: "f", run: toggle },
    { id: "regions-all", name: t("allRegions"), group: t("group"), keys: "escape", run: () => setChosen(undefined) },
  ]);
  if (answered && linksAnswered && regions.length === 0 && links.size === 0 && nodes.length === 0)
    return (
      <section className="panel">
        <Empty title={t("nothing")}>
          <span>{t("nothingWhy")}</span>
          <code>dwcp_region_health_score · network_link_packet_loss_ratio · dwcp_system_component_health</code>
        </Empty>
      </section>
    );
  const rated = regions.filter(({ region, score }) => (!onlyFailing || regionTone(score) !== "ok") && (!chosen || region === chosen));
  const choose = (region: string) => setChosen(region === chosen ? undefined : region);
  return (
    <div className="column">
      <div className="row wrap">
        <button type="button" className="button" aria-pressed={onlyFailing} onClick={toggle}>
          {t("onlyFailing")}
        </button>
        {chosen && (
          <button type="button" className="button" onClick={() => setChosen(undefined)}>
            {chosen} ✕
          </button>
        )}
      </div>
      <div className="regions-top">
        <Panel title={t("map")} error={error}>
          <div className="world-box">
            <Boundary>
              <Suspense>
                <WorldMap regions={regions} links={links} onlyFailing={onlyFailing} chosen={chosen} onChoose={choose} />
              </Suspense>
            </Boundary>
          </div>
        </Panel>
        <div className="column">
          <Panel title={t("madeOf")} flush>
            <ScrollTable label={t("madeOf")} kind="stack">
              <thead>
                <tr>
                  <th>{t("region")}</th>
                  <th className="number">{t("score")}</th>
                  <th>{t("costs")}</th>
                </tr>
              </thead>
              <tbody>
                {rated.map(({ region, score }) => (
                  <tr key={region}>
                    <td className="nowrap">
                      <button type="button" className="plain-link" onClick={() => choose(region)}>
                        {region}
                      </button>
                    </td>
                    <td className={`number strong tone-${regionTone(score)}`} data-region={region} data-value={score}>
                      <Mark tone={regionTone(score)} /> {Number.isNaN(score) ? "–" : Math.round(score)}
                    </td>
                    <td className="factors full">
                      {(factors.get(region) ?? []).slice(0, chosen ? 12 : 3).map(({ factor, value }) => (
                        <span key={factor} className="factor" data-region={region} data-factor={factor} data-value={value}>
                          <span className="cut dim" title={factor}>
                            {factor.replaceAll("_", " ")}
                          </span>
                          <Meter value={value / 100} tone={value < 60 ? "critical" : value < 80 ? "warning" : "ok"} label={`${region} ${factor}`} />
                          <span className="num">{Number.isNaN(value) ? "–" : Math.round(value)}</span>
                        </span>
                      ))}
                    </td>
                  </tr>
                ))}
                {rated.length === 0 && (
                  <tr>
                    <td colSpan={3} className="dim">
                      {t("noFailing")}
                    </td>
                  </tr>
                )}
              </tbody>
            </ScrollTable>
          </Panel>
          <NodeGrid nodes={nodes} error={nodesError} onlyFailing={onlyFailing} chosen={chosen} />
        </div>
      </div>
      {regions.length > 0 && <TakeoverPanel regions={regions} onlyFailing={onlyFailing} chosen={chosen} />}
      <WanMatrix links={links} error={linksError} onlyFailing={onlyFailing} chosen={chosen} />
    </div>
  );
}
