// The time range of the page. It is in the address, so every link says what it showed: from, to, tz,
// refresh, compare. What the address leaves out comes from the last choice of this browser.
import { useCallback, useEffect, useMemo, useSyncExternalStore } from "react";
import { useSearch } from "wouter";
import { navigate } from "wouter/use-browser-location";
import { absolute, fixedRange, isRelative, resolveRange, type Interval, type MovingRange, type TimeRange } from "./range";
import { durationSeconds } from "./duration";
import { useMoment } from "./moment";
import { BROWSER, isZone } from "./zone";
import { preference, setPreference, watchPreferences } from "../preferences";

const DEFAULT: TimeRange = { from: "now-1h", to: "now" };

// One clock for the page: all panels resolve "now" to the same second.
let now = Math.floor(Date.now() / 1000);
const watchers = new Set<() => void>();
let timer: ReturnType<typeof setInterval> | undefined;
function beat() {
  now = Math.floor(Date.now() / 1000);
  watchers.forEach((watcher) => watcher());
}
export function refreshNow() {
  beat();
}
function watch(watcher: () => void) {
  watchers.add(watcher);
  return () => void watchers.delete(watcher);
}
// A hidden page does not beat; one that comes back makes up for what it has missed.
let missed = false;
function setBeat(seconds: number) {
  clearInterval(timer);
  missed = false;
  timer = seconds > 0 ? setInterval(() => (document.hidden ? (missed = true) : beat()), seconds * 1000) : undefined;
}
if (typeof document !== "undefined")
  document.addEventListener("visibilitychange", () => {
    if (document.hidden || !missed) return;
    missed = false;
    beat();
  });

// Ages need a clock that runs whatever the refresh is.
let second = Math.floor(Date.now() / 1000);
const secondWatchers = new Set<() => void>();
if (typeof window !== "undefined")
  setInterval(() => {
    if (document.hidden) return;
    second = Math.floor(Date.now() / 1000);
    secondWatchers.forEach((watcher) => watcher());
  }, 1000);
function watchSeconds(changed: () => void) {
  secondWatchers.add(changed);
  return () => void secondWatchers.delete(changed);
}
/** Unix seconds, rendered again each second; on a screen that is frozen its moment. */
export function useNow(): number {
  const clock = useSyncExternalStore(watchSeconds, () => second);
  return useMoment() ?? clock;
}

/** Changes search parameters in place; undefined takes one away. */
export function setSearch(changes: Record<string, string | undefined>, options: { replace?: boolean } = {}) {
  const search = new URLSearchParams(location.search);
  for (const [name, value] of Object.entries(changes)) {
    if (value === undefined) search.delete(name);
    else search.set(name, value);
  }
  const text = search.toString();
  navigate(`${location.pathname}${text ? `?${text}` : ""}`, { replace: options.replace ?? false });
}

/** One search parameter as state. */
export function useSearchParameter(name: string): [string | undefined, (value: string | undefined) => void] {
  const search = useSearch();
  const value = useMemo(() => new URLSearchParams(search).get(name) ?? undefined, [search, name]);
  const set = useCallback((next: string | undefined) => setSearch({ [name]: next }, { replace: true }), [name]);
  return [value, set];
}

/** What the address says about time. It stays the same while the clock goes on. */
export interface TimeChoice {
  range: TimeRange;
  relative: boolean;
  zone: string;
  /** Seconds between refreshes, 0: none. */
  refresh: number;
  /** Seconds earlier that are drawn beside, 0: none. */
  compare: number;
  /** Seconds between values where the range ends now and is refreshed, 0: it is not live. */
  live: number;
  /** The range as it is at this moment, for what is done once. */
  intervalNow: () => Interval;
  setRange: (range: TimeRange) => void;
  setZone: (zone: string) => void;
  setRefresh: (seconds: number) => void;
  setCompare: (seconds: number) => void;
}

export interface TimeState extends TimeChoice {
  interval: Interval;
}

// What of an address is about time.
function saidOf(search: string): string {
  const given = new URLSearchParams(search);
  const said = new URLSearchParams();
  for (const name of ["from", "to", "tz", "refresh", "compare"]) {
    const value = given.get(name);
    if (value !== null) said.set(name, value);
  }
  return said.toString();
}

function choiceOf(said: string): TimeChoice {
  const parameters = new URLSearchParams(said);
  const zoneText = parameters.get("tz") ?? preference("zone") ?? BROWSER;
  const zone = isZone(zoneText) ? zoneText : BROWSER;
  const asked = { from: parameters.get("from") ?? DEFAULT.from, to: parameters.get("to") ?? DEFAULT.to };
  const range = resolveRange(asked, now, zone) ? asked : DEFAULT;
  const relative = isRelative(range);
  const refreshText = parameters.get("refresh");
  const refresh = !relative ? 0 : refreshText === "off" ? 0 : (durationSeconds(refreshText ?? "") ?? 10);
  return {
    range,
    relative,
    zone,
    refresh,
    compare: durationSeconds(parameters.get("compare") ?? "") ?? 0,
    live: relative && range.to.trim() === "now" ? refresh : 0,
    intervalNow: () => intervalAt(range, now, zone),
    // It ends at the moment of the choice, also where the refresh is off.
    setRange: ({ from, to }: TimeRange) => {
      beat();
      setSearch({ from, to });
    },
    setZone: (next: string) => {
      setPreference("zone", next);
      setSearch({ tz: next === BROWSER ? undefined : next }, { replace: true });
      beat();
    },
    setRefresh: (seconds: number) => setSearch({ refresh: seconds ? `${seconds}s` : "off" }, { replace: true }),
    setCompare: (seconds: number) => setSearch({ compare: seconds ? `${seconds}s` : undefined }, { replace: true }),
  };
}

function intervalAt(range: TimeRange, at: number, zone: string): Interval {
  return resolveRange(range, at, zone) ?? resolveRange(DEFAULT, at, zone)!;
}

/** For components that show no time of now: they are not rendered again at each beat of the clock. */
export function useTimeChoice(): TimeChoice {
  const said = saidOf(useSearch());
  const zone = useSyncExternalStore(watchPreferences, () => preference("zone"));
  return useMemo(() => choiceOf(said), [said, zone]);
}

export function useTime(): TimeState {
  const choice = useTimeChoice();
  const at = useSyncExternalStore(watch, () => (choice.relative ? now : 0));
  return useMemo(() => ({ ...choice, interval: choice.relative ? intervalAt(choice.range, at, choice.zone) : choice.intervalNow() }), [choice, at]);
}

// While a range is live, values come over the stream, and what else depends on time is renewed at the pace of people.
const LIVE_PACE = 15;

function movingRange({ range, relative, zone, refresh, live, intervalNow }: TimeChoice): MovingRange {
  if (!relative) return fixedRange(intervalNow());
  const pace = live > 0 ? LIVE_PACE : 1;
  let at = NaN;
  let interval: Interval;
  const ends = () => {
    const next = Math.floor(now / pace) * pace;
    if (next !== at) [at, interval] = [next, intervalAt(range, next, zone)];
    return interval;
  };
  return { name: `${range.from} ${range.to} ${zone}`, now: ends, moves: refresh > 0, watch };
}

/** The range of a page of panels: the same object while the address says the same about time. */
export function usePanelRange(): MovingRange {
  const choice = useTimeChoice();
  return useMemo(() => movingRange(choice), [choice]);
}

/** For components that are to be rendered with it. */
export function useRangeNow(range: MovingRange): Interval {
  return useSyncExternalStore(range.watch, range.now);
}

/** Runs the page's clock at the refresh of the address: mounted once, by the shell. */
export function useClock(): void {
  const { refresh } = useTimeChoice();
  useEffect(() => {
    setBeat(refresh);
    return () => setBeat(0);
  }, [refresh]);
}

/** Only the zone: components that show times need no more. */
export function useZone(): string {
  const search = useSearch();
  return useMemo(() => {
    const text = new URLSearchParams(search).get("tz") ?? preference("zone") ?? BROWSER;
    return isZone(text) ? text : BROWSER;
  }, [search]);
}

/** The address of this page that shows the same tomorrow: relative times made absolute. */
export function permanentLink(interval: Interval): string {
  const url = new URL(location.href);
  const { from, to } = absolute(interval);
  url.searchParams.set("from", from);
  url.searchParams.set("to", to);
  return url.href;
}
