// The zone in which values that are times are written.
import { clock, dateAndClock } from "../../time/zone";
import { agoText, setDateFormat } from "./units";

let current: string | undefined;

export function dateZone(): string {
  return current ?? "browser";
}

export function setDateZone(zone: string): void {
  if (zone === current) return;
  current = zone;
  setDateFormat((ms, kind) => (kind === "ago" ? agoText(ms, Date.now()) : kind === "time" ? clock(ms / 1000, zone) : dateAndClock(ms / 1000, zone)));
}
