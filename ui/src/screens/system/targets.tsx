// What is scraped: those that fail first, each with its error in words.
import { useMemo } from "react";
import { quote, targets, type Target } from "../../api/prometheus";
import { useApi } from "../../api/use_api";
import { Mark, type Tone } from "../../parts/icons";
import { Empty, Labels, Panel } from "../../parts/parts";
import { seconds } from "../../text/numbers";
import { formatAge } from "../../time/range";
import { useSearchParameter } from "../../time/use_time";
import { Asked } from "../links";
import { t } from "./messages";

const SHOWN_MAX = 500;
const TONES: Record<string, Tone> = { up: "ok", down: "critical" };

/** Since when it has been up, or has not. */
const upOf = ({ labels: { job = "", instance = "" } }: Target) => `up{job=${quote(job)}, instance=${quote(instance)}}`;

export function Targets() {
  const { data, error, first, at } = useApi("targets", (signal) => targets({ signal }), { every: 5000 });
  const [query = "", setQuery] = useSearchParameter("q");
  const [health = "", setHealth] = useSearchParameter("health");
  const now = at / 1000;
  const all = data?.activeTargets ?? [];
  const shown = useMemo(() => {
    const words = query.toLowerCase().split(/\s+/).filter(Boolean);
    const rank = (target: Target) => (target.health === "down" ? 0 : target.health === "up" ? 2 : 1);
    return all
      .filter((target) => !health || target.health === health)
      .filter((target) => {
        const text = `${target.scrapePool} ${target.scrapeUrl} ${target.lastError} ${Object.entries(target.labels).map((pair) => pair.join("=")).join(" ")}`.toLowerCase();
        return words.every((word) => text.includes(word));
      })
      .sort((a, b) => rank(a) - rank(b) || (a.scrapePool + a.scrapeUrl < b.scrapePool + b.scrapeUrl ? -1 : 1));
  }, [all, query, health]);
  const count = (word: string) => all.filter((target) => target.health === word).length;
  return (
    <Panel
      title={t("targets")}
      error={error}
      flush
      extra={
        <>
          <span className="dim num">{data ? t("upOf", { up: count("up"), all: all.length }) : ""}</span>
          <input className="input" placeholder={t("filter")} aria-label={t("filter")} value={query} onChange={(event) => setQuery(event.target.value || undefined)} />
          <select className="input" aria-label={t("health")} value={health} onChange={(event) => setHealth(event.target.value || undefined)}>
            <option value="">{t("allTargets")}</option>
            <option value="down">
              {t("down")} ({count("down")})
            </option>
            <option value="up">
              {t("up")} ({count("up")})
            </option>
            <option value="unknown">
              {t("unknown")} ({count("unknown")})
            </option>
          </select>
        </>
      }
    >
      {!first && all.length === 0 && !error ? (
        <Empty title={t("noTargets")}>
          <span>{t("noTargetsWhy")}</span>
          <pre tabIndex={0}>{"scrape_configs:\n  - job_name: node\n    static_configs:\n      - targets: ['localhost:9100']"}</pre>
        </Empty>
      ) : (
        <div className="table-scroll" tabIndex={0} role="region" aria-label={t("targets")}>
          <table className="table stack">
            <thead>
              <tr>
                <th>{t("health")}</th>
                <th>{t("job")}</th>
                <th>{t("address")}</th>
                <th>{t("labels")}</th>
                <th className="number">{t("lastScrape")}</th>
                <th className="number">{t("took")}</th>
                <th className="number">{t("every")}</th>
              </tr>
            </thead>
            <tbody>
              {shown.slice(0, SHOWN_MAX).map((target) => (
                <tr key={`${target.scrapePool} ${target.scrapeUrl} ${target.globalUrl}`}>
                  <td className="nowrap">
                    <Mark tone={TONES[target.health] ?? "unknown"} /> <Asked expr={upOf(target)}>{t(target.health === "up" ? "up" : target.health === "down" ? "down" : "unknown")}</Asked>
                  </td>
                  <td>{target.scrapePool}</td>
                  <td className="mono address full">
                    {target.scrapeUrl}
                    {target.lastError && <div className="tone-critical">{target.lastError}</div>}
                  </td>
                  <td className="full">
                    <Labels labels={target.labels} skip={target.scrapeUrl.includes(target.labels.instance ?? "\n") ? ["job", "instance"] : ["job"]} />
                  </td>
                  <td className="number" data-label={t("lastScrape")}>{Date.parse(target.lastScrape) > 0 ? formatAge(now - Date.parse(target.lastScrape) / 1000) : t("never")}</td>
                  <td className="number" data-label={t("took")} data-value={target.lastScrapeDuration}>{seconds(target.lastScrapeDuration)}</td>
                  <td className="number" data-label={t("every")}>{target.scrapeInterval}</td>
                </tr>
              ))}
            </tbody>
          </table>
          {all.length > 0 && shown.length === 0 && <Empty title={t("noneMatch")} />}
          {shown.length > SHOWN_MAX && <div className="empty">{t("moreRows", { n: shown.length - SHOWN_MAX })}</div>}
        </div>
      )}
    </Panel>
  );
}
