// Pages inside screens, for the palette: their names are those of the tabs.
import { t as alerts } from "../screens/alerts/messages";
import { t as system } from "../screens/system/messages";
import { screens } from "../screens/registry";
import type { Command } from "./commands";

const ALERT_TABS = ["silences", "rules", "backtest", "routing", "oncall", "deliveries", "noise"] as const;
const SYSTEM_TABS = { targets: "tabTargets", cardinality: "tabCardinality", queries: "tabQueries", config: "tabConfig" } as const;

export function places(go: (path: string) => void): Command[] {
  const group = (id: string) => screens.find((screen) => screen.id === id)?.name() ?? id;
  return [
    ...ALERT_TABS.map((tab): Command => ({ id: `alerts-${tab}`, name: alerts(`tab_${tab}`), group: group("alerts"), run: () => go(`/alerts/${tab}`) })),
    ...Object.entries(SYSTEM_TABS).map(([tab, key]): Command => ({ id: `system-${tab}`, name: system(key), group: group("system"), run: () => go(`/system/${tab}`) })),
  ];
}
