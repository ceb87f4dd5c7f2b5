// The configuration in force, what changed since this browser saw it last, and the flags.
import { useEffect, useMemo, useState } from "react";
import { ask } from "../../api/client";
import { runtime } from "../../api/server";
import { useApi } from "../../api/use_api";
import { Empty, Panel } from "../../parts/parts";
import { preference, setPreference } from "../../preferences";
import { useZone } from "../../time/use_time";
import { dateAndClock } from "../../time/zone";
import { diffLines, hunks } from "./diff";
import { t } from "./messages";

const KEPT_MAX = 400_000; // characters of a configuration that are kept for the next comparison

interface Seen {
  loaded: string;
  yaml: string;
}
function seen(name: string): Seen | undefined {
  try {
    return JSON.parse(preference(name) ?? "") as Seen;
  } catch {
    return undefined;
  }
}

/** Keeps the configuration of the load before this one, as far as this browser has seen it. */
function usePrevious(yaml: string | undefined, loaded: string | undefined): Seen | undefined {
  const [previous, setPrevious] = useState(() => seen("config.before"));
  useEffect(() => {
    if (yaml === undefined || !loaded || yaml.length > KEPT_MAX) return;
    const last = seen("config.now");
    if (last && last.yaml !== yaml) {
      setPreference("config.before", JSON.stringify(last));
      setPrevious(last);
    }
    if (!last || last.yaml !== yaml) setPreference("config.now", JSON.stringify({ loaded, yaml }));
  }, [yaml, loaded]);
  return previous;
}

export function Configuration() {
  const { data: info } = runtime.use();
  const config = useApi(`config ${info?.lastConfigTime ?? ""}`, (signal) => ask<{ yaml: string }>("status/config", {}, { signal }).then(({ yaml }) => yaml));
  const flags = useApi("flags", (signal) => ask<Record<string, string>>("status/flags", {}, { signal }));
  const zone = useZone();
  const [query, setQuery] = useState("");
  const previous = usePrevious(config.data, info?.lastConfigTime);
  const changed = useMemo(() => (previous && config.data !== undefined ? hunks(diffLines(previous.yaml, config.data)) : []), [previous, config.data]);
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
      {changed.length > 0 && previous && (
        <Panel title={t("changedSince", { time: dateAndClock(Date.parse(previous.loaded) / 1000, zone) })}>
          <pre className="diff" tabIndex={0}>
            {changed.map((line, i) =>
              line === "…" ? (
                <div key={i} className="dim">
                  …
                </div>
              ) : (
                <div key={i} className={line.kind}>
                  {line.kind === "gone" ? "− " : line.kind === "come" ? "+ " : "  "}
                  {line.text}
                </div>
              ),
            )}
          </pre>
        </Panel>
      )}
      <div className="config-grid">
        <Panel title={t("configuration")} error={config.error} extra={info && <span className="dim num">{t("loadedAt", { time: dateAndClock(Date.parse(info.lastConfigTime) / 1000, zone) })}</span>}>
          {config.data?.trim() === "" ? <Empty title={t("noConfig")} /> : <pre tabIndex={0}>{config.data}</pre>}
        </Panel>
        <Panel title={t("flags")} error={flags.error} flush extra={<input className="input" placeholder={t("filter")} aria-label={t("filter")} value={query} onChange={(event) => setQuery(event.target.value)} />}>
          <div className="table-scroll" tabIndex={0} role="region" aria-label={t("flags")}>
            <table className="table">
              <tbody>
                {rows.map(([name, value]) => (
                  <tr key={name}>
                    <td className="mono nowrap">--{name}</td>
                    <td className="mono flag-value">{value}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        </Panel>
      </div>
    </div>
  );
}
