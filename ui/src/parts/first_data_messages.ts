import { catalogue } from "../text/catalogue";

export const t = catalogue(
  {
    firstData: "Nothing has been sent yet. Any of these sends the first data:",
    firstHost: "Watch this machine: start without a configuration file, or add to it",
    firstNode: "Scrape a node_exporter",
    firstWrite: "Send from a Prometheus or an agent",
    firstOtlp: "Send from an OpenTelemetry SDK",
    firstPush: "Push one value by hand",
  },
  {
    de: {
      firstData: "Noch wurde nichts gesendet. Jedes davon schickt die ersten Daten:",
      firstHost: "Diesen Rechner beobachten: ohne Konfigurationsdatei starten, oder darin ergänzen",
      firstNode: "Einen node_exporter abfragen",
      firstWrite: "Von einem Prometheus oder Agenten senden",
      firstOtlp: "Von einem OpenTelemetry-SDK senden",
      firstPush: "Einen Wert von Hand schicken",
    },
  },
);
