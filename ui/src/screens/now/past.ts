// Alerts as they stood at a moment of the past, out of the series that rules leave. Silences, inhibition and texts of
// then are not in them.
import type { Alert } from "../../api/alerts";
import { instant, seriesName, type Sample } from "../../api/prometheus";
import { alertList } from "../../api/server";
import { useApi } from "../../api/use_api";
import { useMoment } from "../../time/moment";

const FIRING = 'ALERTS{alertstate="firing"}';
const SINCE = "ALERTS_FOR_STATE"; // its value is when the condition began to hold

const labelsOf = ({ metric: { __name__: _, alertstate: __, ...labels } }: Sample) => labels;

export function pastAlerts(firing: readonly Sample[], since: readonly Sample[], moment: number): Alert[] {
  const starts = new Map(since.map((sample) => [seriesName(labelsOf(sample)), sample.value]));
  return firing.map((sample): Alert => {
    const labels = labelsOf(sample);
    const key = seriesName(labels);
    const iso = new Date((starts.get(key) ?? moment) * 1000).toISOString();
    return { fingerprint: key, labels, annotations: {}, startsAt: iso, endsAt: "", updatedAt: iso, generatorURL: "", receivers: [], status: { state: "active", silencedBy: [], inhibitedBy: [], mutedBy: [] } };
  });
}

/** The alerts of the screen's moment: of now from the alert list, of then from the store. */
export function useAlerts(): { data: Alert[] | undefined; error: string | undefined; first: boolean } {
  const moment = useMoment();
  const now = alertList.use();
  const then = useApi(
    `alerts ${moment ?? ""}`,
    async (signal) => {
      const [firing, since] = await Promise.all([instant(FIRING, moment, { signal }), instant(SINCE, moment, { signal })]);
      return pastAlerts(firing, since, moment!);
    },
    { enabled: moment !== undefined, forget: true },
  );
  return moment === undefined ? now : then;
}
