// The configuration in force, those that were loaded before it, the files on disk, and the flags.
import { useState } from "react";
import { ask } from "../../api/client";
import { runtime } from "../../api/server";
import { useApi } from "../../api/use_api";
import { Empty, Panel, ScrollTable } from "../../parts/parts";
import { useZone } from "../../time/use_time";
import { dateAndClock } from "../../time/zone";
import { ConfigCompare } from "./config_compare";
import { t } from "./messages";

export function Configuration() {
  const { data: info } = runtime.use();
  const config = useApi(`config ${info?.lastConfigTime ?? ""}`, (signal) => ask<{ yaml: string }>("status/config", {}, { signal }).then(({ yaml }) => yaml));
  const flags = useApi("flags", (signal) => ask<Record<string, string>>("status/flags", {}, { signal }));
  const zone = useZone();
  const [query, setQuery] = useState("");
  const rows = Object.entries(flags.data ?? {}).filter(([name, value]) => `${name} ${value}`.toLowerCase().includes(query.toLowerCase()));
  return (
    <div className="column">
      {info?.lastConfigError && (
        <Panel title={t("configFailed")}>
          <pre className="tone-critical" tabIndex={0}>
            {info.lastConfigError}
          </pre>
        </Panel>
      )}
      <ConfigCompare loadedAt={info?.lastConfigTime ?? ""} />
      <div className="config-grid">
        <Panel title={t("configuration")} error={config.error} extra={info && <span className="dim num">{t("loadedAt", { time: dateAndClock(Date.parse(info.lastConfigTime) / 1000, zone) })}</span>}>
          {config.data?.trim() === "" ? <Empty title={t("noConfig")} /> : <pre tabIndex={0}>{config.data}</pre>}
        </Panel>
        {(flags.error || Object.keys(flags.data ?? {}).length > 0) && <Panel title={t("flags")} error={flags.error} flush extra={<input className="input" placeholder={t("filter")} aria-label={t("filter")} value={query} onChange={(event) => setQuery(event.target.value)} />}>
          <ScrollTable label={t("flags")}>
            <tbody>
              {rows.map(([name, value]) => (
                <tr key={name}>
                  <td className="mono nowrap">--{name}</td>
                  <td className="mono flag-value">{value}</td>
                </tr>
              ))}
            </tbody>
          </ScrollTable>
          {flags.data && rows.length === 0 && <Empty title={t("noneMatch")} />}
        </Panel>}
      </div>
    </div>
  );
}
