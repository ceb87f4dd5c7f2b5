// Alerts and on-call: each tab is a page of its own, with an address.
import { useLocation } from "wouter";
import "./alerts.css";
import { Tabs } from "../../parts/parts";
import { Backtest } from "./backtest";
import { Deliveries } from "./deliveries";
import { AlertList } from "./list";
import { t } from "./messages";
import { NoiseReport } from "./noise";
import { OnCall } from "./oncall";
import { Routing } from "./routing";
import { RuleEditor } from "./rule_editor";
import { Rules } from "./rules";
import { Silences } from "./silences";

const PAGES = { "": AlertList, silences: Silences, rules: Rules, backtest: Backtest, routing: Routing, oncall: OnCall, deliveries: Deliveries, noise: NoiseReport } as const;
type PageId = keyof typeof PAGES;

export default function Alerts() {
  const [path, go] = useLocation();
  const id = path.replace(/^\/alerts\/?/, "").split("/")[0] as PageId;
  const current = id in PAGES ? id : "";
  const Page = /^\/alerts\/rules\/(edit|new)$/.test(path) ? RuleEditor : PAGES[current];
  return (
    <>
      <Tabs
        label={t("tabs")}
        current={current || "firing"}
        items={(Object.keys(PAGES) as PageId[]).map((page) => ({ id: page || "firing", name: t(`tab_${page || "firing"}`) }))}
        onPick={(page) => go(page === "firing" ? "/alerts" : `/alerts/${page}`)}
      />
      <Page />
    </>
  );
}
