// What goes wrong in the parts that carry migrations, by cause: now beside the hour before, what grew on top; and
// the nodes whose migrations fail.
import { useMemo } from "react";
import { useLive, type Live } from "../../live/live";
import { Mark } from "../../parts/icons";
import { Empty, Panel, ScrollTable } from "../../parts/parts";
import { short, whole } from "../../text/numbers";
import { lastOf } from "../now/facts";
import { Asked } from "../links";
import { t } from "./messages";
import { causesOf } from "./spread";

const NEWEST = { step: 15, range: 0 };
const ERRORS = "dwcp_v3_component_errors_total";
const NOW = `60 * sum by (component, error_type) (rate(${ERRORS}[5m]))`;
const BEFORE = `60 * sum by (component, error_type) (rate(${ERRORS}[1h] offset 5m))`;
const NODES = 'topk(12, sum by (region, source_node) (increase(novacron_vm_migrations_total{status!~"success|completed|ok"}[1h])) > 0.5)';
const ROWS = 12;
const rows = (live: Live | undefined) => live?.frame.series() ?? [];

export function Causes() {
  const now = useLive({ expr: NOW, ...NEWEST });
  const before = useLive({ expr: BEFORE, ...NEWEST });
  const causes = useMemo(() => causesOf(rows(now), rows(before)), [now, before]);
  if (now?.answered && rows(now).length === 0) return null;
  return (
    <Panel title={t("causes")} error={now?.error ?? before?.error} flush>
      {now?.answered && causes.length === 0 ? (
        <Empty title={t("noCauses")} />
      ) : (
        <ScrollTable label={t("causes")} kind="stack">
          <thead>
            <tr>
              <th>{t("part")}</th>
              <th>{t("cause")}</th>
              <th className="number">
                <Asked expr={NOW}>{t("perMinute")}</Asked>
              </th>
              <th className="number">
                <Asked expr={BEFORE}>{t("hourBefore")}</Asked>
              </th>
              <th className="number">{t("timesAs")}</th>
            </tr>
          </thead>
          <tbody>
            {causes.slice(0, ROWS).map(({ component, type, now: value, before: was, times, worse }) => (
              <tr key={`${component} ${type}`}>
                <td className="nowrap">
                  <span className="row">
                    <Mark tone={worse ? "warning" : "ok"} label={worse ? t("worse") : t("asUsual")} />
                    <span className="clamp" title={component}>
                      {component.toUpperCase()}
                    </span>
                  </span>
                </td>
                <td>
                  <span className="clamp" title={type}>
                    {type}
                  </span>
                </td>
                <td className="number" data-label={t("perMinute")} data-value={value}>
                  {short(value)}
                </td>
                <td className="number" data-label={t("hourBefore")} data-value={was}>
                  {short(was)}
                </td>
                <td className={`number ${worse ? "tone-warning" : ""}`} data-label={t("timesAs")} data-value={times}>
                  {times === Infinity ? t("newCause") : `${short(times)} ×`}
                </td>
              </tr>
            ))}
          </tbody>
        </ScrollTable>
      )}
    </Panel>
  );
}

export function FailingNodes() {
  const live = useLive({ expr: NODES, ...NEWEST });
  const list = rows(live)
    .map(({ metric, values }) => ({ region: metric.region ?? "", node: metric.source_node ?? "", count: lastOf(values) }))
    .filter(({ count }) => count > 0)
    .sort((a, b) => b.count - a.count);
  if (list.length === 0 && !live?.error) return null;
  return (
    <Panel title={t("failingNodes")} error={live?.error} flush>
      <ScrollTable label={t("failingNodes")}>
        <thead>
          <tr>
            <th>{t("region")}</th>
            <th>{t("node")}</th>
            <th className="number">
              <Asked expr={NODES}>{t("lastHour")}</Asked>
            </th>
          </tr>
        </thead>
        <tbody>
          {list.map(({ region, node, count }) => (
            <tr key={`${region} ${node}`}>
              <td>{region}</td>
              <td>{node}</td>
              <td className="number" data-value={count}>
                {whole(count)}
              </td>
            </tr>
          ))}
        </tbody>
      </ScrollTable>
    </Panel>
  );
}
