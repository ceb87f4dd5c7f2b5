// One card per region: its score, where it goes, and the factor that costs most.
import { Link } from "wouter";
import { Sparkline } from "../../charts/sparkline";
import { Mark } from "../../parts/icons";
import { useMoment } from "../../time/moment";
import { t } from "./messages";
import { regionTone } from "./verdict";
import type { RegionView } from "./facts";

const COLORS = { ok: "var(--ok)", warning: "var(--warning)", critical: "var(--critical)", unknown: "var(--unknown)", info: "var(--info)" } as const;

function trendText(trend: number): string {
  return trend > 0 ? t("better") : trend < 0 ? t("worse") : t("steady");
}

export function Regions({ regions, times, version }: { regions: readonly RegionView[]; times: ArrayLike<number>; version: number }) {
  const moment = useMoment();
  const kept = moment === undefined ? "" : `&from=${(moment - 3600) * 1000}&to=${moment * 1000}`;
  return (
    <section className="regions" aria-label={t("regions")}>
      {regions.map(({ region, score, history, trend, factor }) => {
        const tone = regionTone(score);
        const known = !Number.isNaN(score);
        return (
          <article key={region} data-region={region} className={`panel region ${tone}`} title={known ? t("score", { score: Math.round(score) }) : t("state_unknown")}>
            <div className="row">
              <Mark tone={tone} label={t(`state_${tone === "info" ? "unknown" : tone}`)} />
              <Link href={`/regions?region=${encodeURIComponent(region)}${kept}`} className="cut grow">
                {region}
              </Link>
            </div>
            <div className="row">
              <b className={`big num tone-${tone}`} data-value={score}>
                {known ? Math.round(score) : "–"}
              </b>
              <span className="dim" aria-label={trendText(trend)} title={trendText(trend)}>
                {trend > 0 ? "↗" : trend < 0 ? "↘" : "→"}
              </span>
              <span className="grow dim factor" data-factor={factor?.name} data-value={factor?.value} title={factor ? `${factor.name} ${Math.round(factor.value)}` : undefined}>
                <span className="cut">{factor ? factor.name.replaceAll("_", " ") : t("healthyFactors")}</span>
                {factor && <b className="num"> {Math.round(factor.value)}</b>}
              </span>
            </div>
            <Sparkline times={times} values={history} version={version} color={COLORS[tone]} height={24} min={40} max={100} label={`${region}: ${known ? Math.round(score) : t("state_unknown")}`} />
          </article>
        );
      })}
    </section>
  );
}
