// Nothing was sent although alerts fire: what holds back the worst of them, said by the routes themselves.
import { useMemo } from "react";
import { group, nameOf } from "../../alerting/model";
import { previewRoutes } from "../../api/alerts";
import { alertList } from "../../api/server";
import { useApi } from "../../api/use_api";
import { Trouble } from "../../parts/parts";
import { t } from "./messages";
import { labelText, RouteSteps, stepReason } from "./route_steps";

export function NobodyTold() {
  const { data = [] } = alertList.use();
  const firing = useMemo(() => data.filter(({ status }) => status.state === "active"), [data]);
  const worst = useMemo(() => group(firing, "cause")[0]?.alerts[0], [firing]);
  const labels = worst ? labelText(worst.labels) : "";
  const routes = useApi(`routes ${labels}`, (signal) => previewRoutes(labels, undefined, { signal }), { enabled: worst !== undefined, every: 30_000 });
  if (!worst) return null;
  const held = [...new Set((routes.data ?? []).filter(({ told }) => !told).map(stepReason))].join("; ");
  return (
    <div className="column nobody-told">
      <p className="tone-warning">{t("firingUntold", { n: firing.length, name: nameOf(worst.labels) })}</p>
      <Trouble error={routes.error} />
      {held && <p>{t("nobodyHeld", { why: held })}</p>}
      {routes.data && <RouteSteps steps={routes.data} />}
    </div>
  );
}
