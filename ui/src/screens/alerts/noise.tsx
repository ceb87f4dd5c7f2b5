// Which rules wake people for nothing: by pages, flaps and alerts that were gone before anybody could look.
import { useState } from "react";
import { noise, type Noise } from "../../api/alerts";
import { useApi } from "../../api/use_api";
import { Empty, LeftOut, Meter, Panel, ScrollTable } from "../../parts/parts";
import { formatDuration } from "../../time/range";
import { durationSeconds } from "../../time/duration";
import { short, whole } from "../../text/numbers";
import { t } from "./messages";

const SPANS = ["1d", "7d", "30d"];
const SHOWN_MAX = 200;
type Column = Exclude<keyof Noise, "alertname" | "acknowledged">;
const COLUMNS: readonly Column[] = ["score", "pages", "fired", "alerts", "flaps", "brief", "acknowledgedBrief", "suppressed", "medianSeconds"];

export function NoiseReport() {
  const [span, setSpan] = useState("7d");
  const [sort, setSort] = useState<Column>("score");
  const { data, error } = useApi(`noise ${span}`, (signal) => noise(Date.now() / 1000 - durationSeconds(span)!, Date.now() / 1000, { signal }), { every: 60_000 });
  const rows = [...(data ?? [])].sort((a, b) => b[sort] - a[sort]);
  const most = Math.max(1e-9, ...rows.map(({ score }) => score));
  return (
    <Panel
      title={t("noise")}
      error={error}
      flush
      extra={SPANS.map((one) => (
        <button key={one} type="button" className="button small" aria-pressed={one === span} onClick={() => setSpan(one)}>
          {one}
        </button>
      ))}
    >
      {data && rows.length === 0 ? (
        <Empty title={t("noNoise")} />
      ) : (
        <ScrollTable label={t("noise")} kind="stack">
          <thead>
            <tr>
              <th>{t("rule")}</th>
              {COLUMNS.map((column) => (
                <th key={column} className="number" aria-sort={sort === column ? "descending" : "none"} title={t(`noise_${column}_why`)}>
                  <button type="button" onClick={() => setSort(column)}>
                    {t(`noise_${column}`)} {sort === column ? "↓" : ""}
                  </button>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.slice(0, SHOWN_MAX).map((row) => (
              <tr key={row.alertname}>
                <td className="full">
                  <span className="clamp" title={row.alertname}>
                    {row.alertname}
                  </span>
                  <Meter value={row.score / most} tone={row.score / most > 0.66 ? "warning" : "ok"} label={row.alertname} />
                </td>
                {COLUMNS.map((column) => (
                  <td key={column} className="number" data-label={t(`noise_${column}`)} data-value={row[column]}>
                    {column === "medianSeconds" ? (row[column] > 0 ? formatDuration(row[column]) : "–") : column === "score" ? short(row[column]) : whole(row[column])}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </ScrollTable>
      )}
      <LeftOut shown={SHOWN_MAX} all={rows.length} />
    </Panel>
  );
}
