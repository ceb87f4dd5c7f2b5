// The screens, in the order of the rail. A screen is one folder beside this file whose screen.tsx exports
// the component; adding a row here is all that makes it appear.
import type { ComponentType } from "react";
import type { IconName } from "../parts/icons";
import { catalogue } from "../text/catalogue";

const t = catalogue(
  { now: "Now", regions: "Regions", services: "Services", migrations: "Migrations", dashboards: "Dashboards", playlists: "Playlists", explore: "Explore", alerts: "Alerts", system: "System" },
  {
    de: { now: "Jetzt", regions: "Regionen", services: "Dienste", migrations: "Migrationen", dashboards: "Dashboards", playlists: "Wiedergabelisten", explore: "Erkunden", alerts: "Alarme", system: "System" },
  },
);

export interface Screen {
  id: string;
  /** Below the base path; screens with pages of their own take what follows with `nested`. */
  path: string;
  nested?: boolean;
  name: () => string;
  icon: IconName;
  /** Goes there. */
  keys: string;
  /** What it does with the range of the address: a picker in the bar, or the state as of the end of an absolute one. */
  time: "range" | "moment" | "none";
  /** The screen it is part of: it has no place in the rail, which shows that one instead. */
  within?: string;
  load: () => Promise<{ default: ComponentType }>;
}

export const screens: readonly Screen[] = [
  { id: "now", path: "/", name: () => t("now"), icon: "now", keys: "g n", time: "moment", load: () => import("./now/screen") },
  { id: "regions", path: "/regions", name: () => t("regions"), icon: "map", keys: "g r", time: "moment", load: () => import("./regions/screen") },
  { id: "services", path: "/services", name: () => t("services"), icon: "flow", keys: "g v", time: "moment", load: () => import("./services/screen") },
  { id: "migrations", path: "/migrations", name: () => t("migrations"), icon: "move", keys: "g m", time: "moment", load: () => import("./migrations/screen") },
  { id: "dashboards", path: "/dashboards", nested: true, name: () => t("dashboards"), icon: "grid", keys: "g d", time: "range", load: () => import("./dashboards/screen") },
  { id: "playlists", path: "/playlists", nested: true, name: () => t("playlists"), icon: "play", keys: "g p", time: "none", within: "dashboards", load: () => import("./playlists/screen") },
  { id: "explore", path: "/explore", name: () => t("explore"), icon: "chart", keys: "g e", time: "range", load: () => import("./explore/screen") },
  { id: "alerts", path: "/alerts", nested: true, name: () => t("alerts"), icon: "bell", keys: "g a", time: "none", load: () => import("./alerts/screen") },
  { id: "system", path: "/system", nested: true, name: () => t("system"), icon: "gear", keys: "g s", time: "none", load: () => import("./system/screen") },
];
