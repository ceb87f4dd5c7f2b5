import { t } from "./messages";

export const QUICK: readonly { id: string; name: () => string; from: string; to: string }[] = [
  ...["5m", "15m", "30m", "1h", "3h", "6h", "12h", "24h", "2d", "7d", "30d", "90d"].map((span) => ({
    id: span,
    name: () => t("last", { span }),
    from: `now-${span}`,
    to: "now",
  })),
  { id: "today", name: () => t("today"), from: "now/d", to: "now" },
  { id: "yesterday", name: () => t("yesterday"), from: "now-1d/d", to: "now-1d/d" },
  { id: "week", name: () => t("week"), from: "now/w", to: "now" },
];
