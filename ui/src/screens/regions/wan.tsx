// The ways between regions as a table: from the row to the column.
import { useMemo } from "react";
import { Panel, ScrollTable } from "../../parts/parts";
import { byteRate, percent, seconds } from "../../text/numbers";
import { useSearchParameter } from "../../time/use_time";
import { asymmetry, linkKey, linkTone, linkTrouble, measures, type LinkFacts, type Measure } from "./links";
import { t } from "./messages";

const FORMATS: Record<Measure, (value: number) => string> = {
  latency: seconds,
  loss: (value) => percent(value * 100),
  jitter: seconds,
  utilization: (value) => percent(value * 100),
  capacity: byteRate,
  sync: seconds,
  asymmetry: (value) => (Number.isNaN(value) ? "–" : `${value >= 0 ? "+" : ""}${percent(value * 100)}`),
};

/** Said beside another measure: a mark alone leaves open what is wrong. */
function troubleText(link: LinkFacts, links: ReadonlyMap<string, LinkFacts>, measure: Measure): string {
  switch (linkTrouble(link, links)) {
    case "cut":
      return t("cut");
    case "loss":
      return measure === "loss" ? "" : t("troubleLoss", { n: FORMATS.loss(link.loss) });
    case "full":
      return measure === "utilization" ? "" : t("troubleFull", { n: FORMATS.utilization(link.utilization) });
    case "longer":
      return measure === "asymmetry" ? "" : t("troubleLonger", { n: FORMATS.asymmetry(asymmetry(link, links)) });
    default:
      return "";
  }
}

export function WanMatrix({ links, error, onlyFailing, chosen }: { links: ReadonlyMap<string, LinkFacts>; error: string | undefined; onlyFailing: boolean; chosen: string | undefined }) {
  const [picked = "latency", setPicked] = useSearchParameter("measure");
  const measure: Measure = measures.includes(picked as Measure) ? (picked as Measure) : "latency";
  const { sources, destinations } = useMemo(() => {
    const wanted = [...links.values()].filter((link) => (!onlyFailing || ["warning", "critical"].includes(linkTone(link, links))) && (!chosen || link.source === chosen || link.destination === chosen));
    return { sources: [...new Set(wanted.map(({ source }) => source))].sort(), destinations: [...new Set(wanted.map(({ destination }) => destination))].sort() };
  }, [links, onlyFailing, chosen]);
  const valueOf = (link: LinkFacts) => (measure === "asymmetry" ? asymmetry(link, links) : link[measure]);
  return (
    <Panel
      title={t("wan")}
      error={error}
      flush
      extra={
        <select className="input" aria-label={t("measure")} value={measure} onChange={(event) => setPicked(event.target.value === "latency" ? undefined : event.target.value)}>
          {measures.map((one) => (
            <option key={one} value={one}>
              {t(`measure_${one}`)}
            </option>
          ))}
        </select>
      }
    >
      {sources.length === 0 ? (
        <div className="empty">{links.size ? t("noFailing") : t("noLinks")}</div>
      ) : (
        <ScrollTable label={t("wan")} kind="wan">
          <thead>
            <tr>
              <th scope="col">{t("fromTo")}</th>
              {destinations.map((name) => (
                <th key={name} scope="col" className="number">
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {sources.map((source) => (
              <tr key={source}>
                <th scope="row">{source}</th>
                {destinations.map((destination) => {
                  const link = links.get(linkKey(source, destination));
                  if (!link) return <td key={destination} />;
                  const tone = linkTone(link, links);
                  const trouble = troubleText(link, links, measure);
                  return (
                    <td key={destination} className={`number ${tone === "ok" ? "" : `tone-${tone} strong`}`} data-source={source} data-destination={destination} data-value={valueOf(link)} title={measures.map((one) => `${t(`measure_${one}`)}: ${FORMATS[one](one === "asymmetry" ? asymmetry(link, links) : link[one])}`).join("\n")}>
                      {tone === "critical" ? "⬣ " : tone === "warning" ? "▲ " : ""}
                      {FORMATS[measure](valueOf(link))}
                      {trouble && <small className="trouble-of"> {trouble}</small>}
                    </td>
                  );
                })}
              </tr>
            ))}
          </tbody>
        </ScrollTable>
      )}
    </Panel>
  );
}
