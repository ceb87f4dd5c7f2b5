// The server itself: what it reads, what it keeps, what it is asked, how it is set up.
import type { ComponentType } from "react";
import { useLocation } from "wouter";
import "./system.css";
import { Tabs } from "../../parts/parts";
import { Cardinality } from "./cardinality";
import { Configuration } from "./configuration";
import { t } from "./messages";
import { Overview } from "./overview";
import { QueryLog } from "./query_log";
import { Targets } from "./targets";

const PAGES: Record<string, ComponentType> = { overview: Overview, targets: Targets, cardinality: Cardinality, queries: QueryLog, config: Configuration };
const NAMES = { overview: "tabOverview", targets: "tabTargets", cardinality: "tabCardinality", queries: "tabQueries", config: "tabConfig" } as const;

export default function System() {
  const [path, go] = useLocation();
  const id = path.replace(/^\/system\/?/, "").split("/")[0] ?? "";
  const current = id in PAGES ? id : "overview";
  const Page = PAGES[current]!;
  return (
    <>
      <Tabs
        label={t("tabs")}
        current={current}
        items={(Object.keys(NAMES) as (keyof typeof NAMES)[]).map((page) => ({ id: page, name: t(NAMES[page]) }))}
        onPick={(page) => go(page === "overview" ? "/system" : `/system/${page}`)}
      />
      <Page />
    </>
  );
}
