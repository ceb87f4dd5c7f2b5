// Which hosts send metrics. What is shown of them comes with its graphs when there is one to show (host.tsx).
import { useMemo } from "react";
import type { LabelSet } from "../../api/prometheus";
import { useLive } from "../../live/live";

const HOSTS = { expr: "node_memory_MemTotal_bytes", step: 5, range: 0 };

export function useHosts(): { hosts: LabelSet[]; answered: boolean } {
  const live = useLive(HOSTS);
  return useMemo(
    () => ({ hosts: (live?.frame.series() ?? []).map(({ metric }) => metric), answered: Boolean(live?.answered || live?.error) }),
    [live],
  );
}
