// What stands where a panel has nothing to show: the board's own word for it, else why.
import { catalogue } from "../text/catalogue";
import type { Panel } from "../dashboard/model/board";
import { textOf } from "../dashboard/model/json";
import { errorOf, type Answer, type PanelData } from "../dashboard/data/panel_source";

const t = catalogue(
  { none: "No data", noneWhy: "The query gave no series in this range.", noneFits: "What the query gave has nothing that this kind of panel draws.", noQuery: "This panel has no query.", waiting: "" },
  { de: { none: "Keine Daten", noneWhy: "Die Abfrage ergab in diesem Zeitraum keine Reihen.", noneFits: "Was die Abfrage ergab, hat nichts, was diese Art von Feld zeichnet.", noQuery: "Dieses Feld hat keine Abfrage.", waiting: "" } },
);

export function NoValue({ panel, data }: { panel: Panel; data: PanelData }) {
  if (!data.loaded || errorOf(data) !== undefined) return <div className="no-value" />;
  const set = textOf(panel.fieldConfig.defaults.noValue);
  return (
    <div className="no-value" data-value="">
      <span>{set || t("none")}</span>
      {set === "" && <small>{panel.targets.length === 0 ? t("noQuery") : data.answers.some(gaveSomething) ? t("noneFits") : t("noneWhy")}</small>}
    </div>
  );
}

function gaveSomething({ aligned, samples }: Answer): boolean {
  return (samples ?? []).some(({ value }) => !Number.isNaN(value)) || (aligned?.series ?? []).some(({ values }) => values.some((value) => !Number.isNaN(value)));
}
