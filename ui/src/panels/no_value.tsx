// What stands where a panel has nothing to show: the board's own word for it, else why.
import { catalogue } from "../text/catalogue";
import type { Panel } from "../dashboard/model/board";
import { objectOf, textOf } from "../dashboard/model/json";
import { errorOf, type Answer, type PanelData } from "../dashboard/data/panel_source";

const t = catalogue(
  { none: "No data", noneWhy: "The query gave no series in this range.", noneFits: "What the query gave has nothing that this kind of panel draws.", noQuery: "This panel has no query.", noDefinition: "The library panel \"{name}\" is not in the file of this dashboard. Export that from Grafana for sharing, which brings it along.", waiting: "" },
  { de: { none: "Keine Daten", noneWhy: "Die Abfrage ergab in diesem Zeitraum keine Reihen.", noneFits: "Was die Abfrage ergab, hat nichts, was diese Art von Feld zeichnet.", noQuery: "Dieses Feld hat keine Abfrage.", noDefinition: "Das Bibliotheksfeld „{name}“ ist nicht in der Datei dieses Dashboards. In Grafana zum Teilen exportiert, bringt das Dashboard es mit.", waiting: "" } },
);

/** `why`: what this kind of panel lacks, where it knows better. */
export function NoValue({ panel, data, why }: { panel: Panel; data: PanelData; why?: string | undefined }) {
  if (!data.loaded || errorOf(data) !== undefined) return <div className="no-value" />;
  const set = textOf(panel.fieldConfig.defaults.noValue);
  const library = panel.libraryPanel === undefined ? undefined : textOf(objectOf(panel.libraryPanel).name) || textOf(objectOf(panel.libraryPanel).uid);
  return (
    <div className="no-value" data-value="">
      <span>{set || t("none")}</span>
      {set === "" && <small>{why !== undefined ? why : panel.targets.length === 0 ? (library === undefined ? t("noQuery") : t("noDefinition", { name: library })) : data.answers.some(gaveSomething) ? t("noneFits") : t("noneWhy")}</small>}
    </div>
  );
}

function gaveSomething({ aligned, samples }: Answer): boolean {
  return (samples ?? []).some(({ value }) => !Number.isNaN(value)) || (aligned?.series ?? []).some(({ values }) => values.some((value) => !Number.isNaN(value)));
}
