import { catalogue } from "../../text/catalogue";

export const t = catalogue(
  {
    source_dwcp: "DWCP by operation",
    source_front: "Front door by version",
    source_region: "DWCP by region",
    source_pharos: "Pharos itself",
    by_operation: "Operation",
    by_version: "Version",
    by_region: "Region",
    by_handler: "Path",
    rate: "Per second",
    trend: "10 minutes",
    errors: "Errors",
    nothing: "No requests are counted",
    nothingWhy: "This screen shows who answers requests, as soon as one of these is stored:",
  },
  {
    de: {
      source_dwcp: "DWCP nach Vorgang",
      source_front: "Vordertür nach Version",
      source_region: "DWCP nach Region",
      source_pharos: "Pharos selbst",
      by_operation: "Vorgang",
      by_version: "Version",
      by_region: "Region",
      by_handler: "Pfad",
      rate: "Je Sekunde",
      trend: "10 Minuten",
      errors: "Fehler",
      nothing: "Keine Anfragen werden gezählt",
      nothingWhy: "Diese Seite zeigt, wer Anfragen beantwortet, sobald eines davon gespeichert ist:",
    },
  },
);
