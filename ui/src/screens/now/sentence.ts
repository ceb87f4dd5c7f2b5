// The verdict's facts in one sentence: what is broken and where before what is not known, and what is well last.
import { whole } from "../../text/numbers";
import type { ComponentHealth, Facts, Verdict } from "./verdict";
import { t } from "./messages";

/** More places than these are counted, not named. */
const NAMED_MAX = 3;

/** "PBA (eu-west), HDE (5 of 8)". */
function withPlaces(names: readonly string[], components: readonly ComponentHealth[], meant: (health: number) => boolean): string {
  return names
    .map((name) => {
      const all = components.filter(({ component }) => component === name);
      const places = all.filter(({ health, place }) => meant(health) && place).map(({ place }) => place);
      const where = places.length > NAMED_MAX ? t("placesOf", { bad: places.length, n: all.length }) : places.join(", ");
      return name.toUpperCase() + (where ? ` (${where})` : "");
    })
    .join(", ");
}

export function sentence(found: Verdict, facts: Facts): string {
  const bad: string[] = [];
  const well: string[] = [];
  const regionsKnown = facts.regions.length - found.regionsUnknown.length;
  if (found.regionsBad.length) bad.push(t("regionsSome", { bad: found.regionsBad.length, n: facts.regions.length, names: found.regionsBad.join(", ") }));
  else if (regionsKnown) well.push(t("regionsAll", { n: regionsKnown }));
  if (found.componentsDown.length) bad.push(t("componentsDown", { names: withPlaces(found.componentsDown, facts.components, (health) => health < 1) }));
  if (found.componentsBad.length) bad.push(t("componentsSome", { names: withPlaces(found.componentsBad, facts.components, (health) => health >= 1 && health < 2) }));
  // Known wherever they are.
  const componentsKnown = new Set(facts.components.map(({ component }) => component)).size - found.componentsUnknown.length;
  if (componentsKnown && !found.componentsDown.length && !found.componentsBad.length) well.push(t("componentsAll", { n: componentsKnown }));
  if (!facts.alertsKnown) bad.push(t("alertsUnknown"));
  else if (found.firing) bad.push(t("alertsFiring", { n: whole(found.firing) }) + (found.critical ? ` (${t("ofThemCritical", { n: whole(found.critical) })})` : ""));
  else well.push(t("noAlerts"));
  if (found.targetsDown) bad.push(t("targetsSome", { bad: found.targetsDown, n: facts.targets }));
  else if (facts.targets) well.push(t("targetsAll", { n: facts.targets }));
  if (found.regionsUnknown.length) bad.push(t("regionsUnknown", { names: found.regionsUnknown.join(", ") }));
  if (found.componentsUnknown.length) bad.push(t("regionsUnknown", { names: withPlaces(found.componentsUnknown, facts.components, Number.isNaN) }));
  const text = [...bad, ...well].join("; ");
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}
