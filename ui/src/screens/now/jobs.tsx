// A setup without a DWCP fleet and without hosts: what is scraped, by job.
import { useMemo } from "react";
import { Link } from "wouter";
import { useLive } from "../../live/live";
import { Mark } from "../../parts/icons";
import { Meter, Panel, ScrollTable } from "../../parts/parts";
import { short } from "../../text/numbers";
import { lastOf } from "./facts";
import { t } from "./messages";

const NEWEST = { step: 5, range: 0 };
const ALL = { expr: "count by (job) (up)", ...NEWEST };
const UP = { expr: "sum by (job) (up)", ...NEWEST };
const SAMPLES = { expr: "sum by (job) (scrape_samples_scraped)", ...NEWEST };

export function Jobs() {
  const all = useLive(ALL);
  const up = useLive(UP);
  const samples = useLive(SAMPLES);
  const rows = useMemo(() => {
    const of = (live: typeof all, job: string) => {
      const found = live?.frame.series().find(({ metric }) => metric.job === job);
      return found ? lastOf(found.values) : NaN;
    };
    return (all?.frame.series() ?? [])
      .map(({ metric, values }) => ({ job: metric.job ?? "", all: lastOf(values), up: of(up, metric.job ?? ""), samples: of(samples, metric.job ?? "") }))
      .sort((a, b) => a.up / a.all - b.up / b.all || (a.job < b.job ? -1 : 1));
  }, [all, up, samples]);
  return (
    <Panel title={t("jobs")} error={all?.error} flush extra={<Link href="/system/targets">{t("allTargets")}</Link>}>
      <ScrollTable label={t("jobs")}>
        <thead>
          <tr>
            <th>{t("job")}</th>
            <th className="number">{t("targetsUp")}</th>
            <th style={{ width: "35%" }}>{t("reachable")}</th>
            <th className="number">{t("samplesPerScrape")}</th>
          </tr>
        </thead>
        <tbody>
          {rows.map(({ job, all: count, up: answering, samples: read }) => {
            const tone = answering === count ? "ok" : answering === 0 ? "critical" : "warning";
            return (
              <tr key={job}>
                <td>
                  <Mark tone={tone} /> {job}
                </td>
                <td className="number" data-value={answering}>
                  {answering} / {count}
                </td>
                <td>
                  <Meter value={answering / count} tone={tone} label={job} />
                </td>
                <td className="number" data-value={read}>
                  {short(read)}
                </td>
              </tr>
            );
          })}
        </tbody>
      </ScrollTable>
    </Panel>
  );
}
