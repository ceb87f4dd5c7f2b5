// Any two configurations side by side: those that were loaded, the one in force, the files on disk.
import { useState } from "react";
import { configLoads, configTexts, type ConfigLoad } from "../../api/config_loads";
import { useApi } from "../../api/use_api";
import { Diff } from "../../parts/diff";
import { Mark } from "../../parts/icons";
import { Empty, Field, Panel, Trouble } from "../../parts/parts";
import { useZone } from "../../time/use_time";
import { dateAndClock } from "../../time/zone";
import { t } from "./messages";

/** A load by its number, or the files as they are. */
type Side = number | "file";

const textOf = ({ yaml, alertmanager }: { yaml: string; alertmanager: string }) => (alertmanager.trim() === "" ? yaml : `${yaml.trimEnd()}\n\n# alertmanager.yml\n${alertmanager}`);

/** What is in force, and what was before it. */
export function sidesOf(loads: readonly ConfigLoad[]): { running: number | undefined; before: number | undefined } {
  const taken = loads.filter(({ ok }) => ok);
  return { running: taken[0]?.id, before: taken[1]?.id };
}

export function ConfigCompare({ loadedAt }: { loadedAt: string }) {
  const zone = useZone();
  const loads = useApi(`config loads ${loadedAt}`, (signal) => configLoads({ signal }), { every: 15_000 });
  const { running, before } = sidesOf(loads.data ?? []);
  const [chosen, setChosen] = useState<{ left?: Side; right?: Side }>({});
  // Of a first load there is nothing before: then what a reload would change.
  const left = chosen.left ?? before ?? running ?? "file";
  const right = chosen.right ?? (before === undefined ? "file" : (running ?? "file"));
  const a = useSide(left);
  const b = useSide(right);
  const when = (load: ConfigLoad) => dateAndClock(Date.parse(load.at) / 1000, zone);
  const options = (
    <>
      {(loads.data ?? []).map((load) => (
        <option key={load.id} value={load.id}>
          {when(load)} {load.id === running ? `· ${t("inForce")}` : load.ok ? "" : `· ${t("notTaken")}`}
        </option>
      ))}
      <option value="file">{t("onDisk")}</option>
    </>
  );
  const read = (value: string): Side => (value === "file" ? "file" : Number(value));
  return (
    <div className="config-loads">
      <Panel title={t("loads")} error={loads.error} flush>
        {loads.data?.length === 0 ? (
          <Empty title={t("noLoads")} />
        ) : (
          <ul className="load-list">
            {(loads.data ?? []).map((load) => (
              <li key={load.id} data-load={load.id} data-ok={load.ok}>
                <Mark tone={load.ok ? "ok" : "critical"} />
                <span className="grow">
                  <button type="button" className="link num" onClick={() => setChosen({ left: load.id, ...(running === undefined ? {} : { right: running }) })}>
                    {when(load)}
                  </button>{" "}
                  <span className="dim">{load.id === running ? t("inForce") : load.ok ? "" : t("notTaken")}</span>
                  {!load.ok && <span className="tone-critical load-error">{load.error}</span>}
                </span>
              </li>
            ))}
          </ul>
        )}
      </Panel>
      <Panel
        title={t("compare")}
        error={a.error ?? b.error}
        extra={
          <button type="button" className="button small" onClick={() => setChosen({ ...(running === undefined ? {} : { left: running }), right: "file" })}>
            {t("runningAndFile")}
          </button>
        }
      >
        <div className="column">
          <div className="form-grid two">
            <Field label={t("from")}>
              <select className="input" value={left} onChange={(event) => setChosen({ ...chosen, left: read(event.target.value) })}>
                {options}
              </select>
            </Field>
            <Field label={t("to")}>
              <select className="input" value={right} onChange={(event) => setChosen({ ...chosen, right: read(event.target.value) })}>
                {options}
              </select>
            </Field>
          </div>
          {[a, b].map((side, i) => side.data && !side.data.ok && <Trouble key={i} error={`${(i === 0 ? left : right) === "file" ? t("wouldFail") : t("notTaken")}: ${side.data.error}`} />)}
          {[a, b].some(({ data }) => data && !data.ok && data.yaml === "") ? (
            <p className="dim">{t("textUnknown")}</p>
          ) : (
            a.data && b.data && <Diff before={textOf(a.data)} after={textOf(b.data)} same={t("noDifference")} />
          )}
        </div>
      </Panel>
    </div>
  );
}

// Of the files, what they say now: asked again and again.
function useSide(side: Side) {
  return useApi(`config ${side}`, (signal) => configTexts(side, { signal }), { every: side === "file" ? 10_000 : 0, forget: true });
}
