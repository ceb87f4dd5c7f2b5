// What stands where a panel has nothing to show: the board's own word for it, else why.
import { catalogue } from "../text/catalogue";
import type { Panel } from "../dashboard/model/board";
import { textOf } from "../dashboard/model/json";
import { errorOf, type PanelData } from "../dashboard/data/panel_source";

const t = catalogue(
  { none: "No data", noneWhy: "The query gave no series in this range.", noQuery: "This panel has no query.", waiting: "" },
  { de: { none: "Keine Daten", noneWhy: "Die Abfrage ergab in diesem Zeitraum keine Reihen.", noQuery: "Dieses Feld hat keine Abfrage.", waiting: "" } },
);

export function NoValue({ panel, data }: { panel: Panel; data: PanelData }) {
  if (!data.loaded || errorOf(data) !== undefined) return <div className="no-value" />;
  const set = textOf(panel.fieldConfig.defaults.noValue);
  return (
    <div className="no-value" data-value="">
      <span>{set || t("none")}</span>
      {set === "" && <small>{panel.targets.length === 0 ? t("noQuery") : t("noneWhy")}</small>}
    </div>
  );
}
