// The frame around all screens: rail, bar, banners, palette, keys.
import { lazy, Suspense, useEffect, useRef, useState, useSyncExternalStore, type ComponentType, type RefObject } from "react";
import { Link, Redirect, Route, Switch, useLocation, useSearch } from "wouter";
import { reachability } from "../api/client";
import type { Alert } from "../api/alerts";
import { alertList, build, notices } from "../api/server";
import { at } from "../base";
import { useCommands, type Command } from "../commands/commands";
import { handle, keyLabels } from "../keys/keys";
import { atMost } from "../live/at_most";
import { useLiveState, useStreamCut, useTopic } from "../live/live";
import { Icon, Mark } from "../parts/icons";
import { useMayChange } from "../parts/may_change";
import { Boundary, classes, Waiting } from "../parts/parts";
import { toast, Toasts } from "../parts/toast";
import { onPaper, setPaper, theme, toggleTheme, watchPreferences } from "../preferences";
import { screens, type Screen } from "../screens/registry";
import { language, languages, setLanguage } from "../text/catalogue";
import { whole } from "../text/numbers";
import { TimeControls } from "../time/controls";
import { absolute } from "../time/range";
import { Moment } from "../time/moment";
import { permanentLink, setSearch, useClock, useTimeChoice, useZone } from "../time/use_time";
import { clock, dateAndClock, offsetText } from "../time/zone";
import { t } from "./messages";
import { addressNow } from "./old_addresses";
import { UnsavedLinks } from "./unsaved_links";

const Palette = lazy(() => import("../commands/palette"));
const Keys = lazy(() => import("../commands/keys_page"));

const components = new Map<string, ComponentType>(screens.map(({ id, load }) => [id, lazy(load)]));

function screenAt(path: string): Screen | undefined {
  return screens.find((screen) => path === screen.path || (screen.nested && path.startsWith(`${screen.path}/`)));
}

/** Time travels from screen to screen; what belongs to one of them does not. */
function carried(search: string): string {
  const from = new URLSearchParams(search);
  const kept = new URLSearchParams();
  for (const name of ["from", "to", "tz", "compare"]) {
    const value = from.get(name);
    if (value !== null) kept.set(name, value);
  }
  const text = kept.toString();
  return text ? `?${text}` : "";
}

// On a bad day alerts change many times a second. Screens of alerts follow each change; a number beside a link does not.
const BADGE_EVERY_MS = 5000;
const countAgain = atMost(BADGE_EVERY_MS, alertList.again);

const active = (alerts: readonly Alert[] | undefined) => (alerts ?? []).filter(({ status }) => status.state === "active");

// By itself, as alerts come and go every few seconds and the rail's links do not.
function AlertCount() {
  const all = alertList.pick((alerts) => active(alerts).length);
  const critical = alertList.pick((alerts) => active(alerts).some(({ labels }) => labels.severity === "critical"));
  useTopic("alerts", countAgain);
  if (all === 0) return null;
  return (
    <span className={classes("chip count", critical ? "critical" : "warning")} aria-label={t("alertsActive", { n: all })}>
      {whole(all)}
    </span>
  );
}

/** The focus goes into what has opened, and back when that closes with it inside. */
function useFocusWithin(box: RefObject<HTMLElement | null>, open: boolean): void {
  useEffect(() => {
    if (!open) return;
    const before = document.activeElement;
    (box.current?.querySelector<HTMLElement>("[aria-current]") ?? box.current?.querySelector("a"))?.focus();
    return () => {
      if (before instanceof HTMLElement && (document.activeElement === document.body || box.current?.contains(document.activeElement))) before.focus();
    };
  }, [box, open]);
}

function Rail({ open, onClose }: { open: boolean; onClose: () => void }) {
  const [path] = useLocation();
  const search = useSearch();
  const version = build.pick((info) => info?.version);
  const live = useLiveState();
  const here = screenAt(path);
  const rail = useRef<HTMLElement>(null);
  useFocusWithin(rail, open);
  return (
    <>
      {open && <button type="button" className="scrim" aria-label={t("closeMenu")} onClick={onClose} />}
      <aside
        ref={rail}
        className={classes("rail", open && "open")}
        onKeyDown={(event) => {
          if (event.key !== "Escape" || !open) return;
          event.stopPropagation();
          onClose();
        }}
      >
        <Link href={`/${carried(search)}`} className="brand" onClick={onClose}>
          <img src={at("pharos.svg")} alt="" />
          Pharos
        </Link>
        <nav aria-label={t("screens")}>
          {screens.filter(({ within }) => within === undefined).map((screen) => (
            <Link
              key={screen.id}
              href={`${screen.path}${carried(search)}`}
              aria-current={screen === here || screen.id === here?.within ? "page" : undefined}
              title={`${screen.name()} (${screen.keys})`}
              onClick={onClose}
              onMouseEnter={() => void screen.load()}
            >
              <Icon name={screen.icon} />
              {screen.name()}
              {screen.id === "alerts" && <AlertCount />}
            </Link>
          ))}
        </nav>
        <footer>
          <UnsavedLinks onClose={onClose} />
          <span className="row" title={t(`live_${live}_why`)}>
            <span className={classes("live-dot", live)} />
            {t(`live_${live}`)}
          </span>
          {version !== undefined && <span className="cut">Pharos {version}</span>}
        </footer>
      </aside>
    </>
  );
}

function Lost({ slow }: { slow: boolean }) {
  const zone = useZone();
  const since = reachability.lostAt();
  return (
    <div className="banner critical" role="alert">
      <Mark tone="critical" />
      <span>
        {t(slow ? "slow" : "unreachable")} {since !== undefined && <span className="num">{t("unreachableSince", { time: clock(since, zone) })}</span>}
      </span>
    </div>
  );
}

function Banners() {
  const reach = useSyncExternalStore(reachability.subscribe, reachability.get);
  const cut = useStreamCut();
  const texts = notices.pick((data) => JSON.stringify((data ?? []).flatMap(({ active, text }) => (active ? [text] : []))));
  return (
    <>
      {(reach !== "yes" || cut) && <Lost slow={reach === "slow"} />}
      {(JSON.parse(texts) as string[]).map((text) => (
        <div key={text} className="banner" role="status">
          <Mark tone="warning" />
          {text} <Link href="/system/config">{t("details")}</Link>
        </div>
      ))}
    </>
  );
}

const PRINT_WAIT_MS = 10_000;

/** Panels that nobody has scrolled to ask first, since nothing can arrive any more once the browser prints. */
async function print() {
  setPaper(true);
  const frame = () => new Promise(requestAnimationFrame);
  for (const until = performance.now() + PRINT_WAIT_MS; performance.now() < until; ) {
    await frame();
    if (document.querySelector('[data-panel][data-loaded="false"]') === null) break;
  }
  await frame();
  await frame();
  window.print();
  setPaper(false);
}

/** Where a screen is narrowed down, or asks its query. */
const FIELD = "#main :is(.cm-content, input[type=search], .panel > header input.input)";

function useShellCommands(open: (what: "palette" | "keys") => void) {
  const [, go] = useLocation();
  const { intervalNow } = useTimeChoice();
  const copyLink = () => {
    const link = permanentLink(intervalNow());
    const done = () => toast(t("linkCopied"), "ok");
    // Without a secure origin there is no clipboard: the address bar gets the link instead.
    if (navigator.clipboard) void navigator.clipboard.writeText(link).then(done, () => go(link.slice(location.origin.length)));
    else history.replaceState(null, "", link);
  };
  const commands: Command[] = [
    ...screens.map((screen): Command => ({
      id: `go-${screen.id}`,
      name: t("goTo", { screen: screen.name() }),
      group: t("groupGo"),
      keys: screen.keys,
      run: () => go(`${screen.path}${carried(location.search)}`),
    })),
    { id: "palette", name: t("palette"), group: t("groupPage"), keys: "mod+k", run: () => open("palette") },
    { id: "keys", name: t("keys"), group: t("groupPage"), keys: "?", words: "help shortcuts keyboard hilfe", run: () => open("keys") },
    { id: "field", name: t("toField"), group: t("groupPage"), keys: "/", run: () => document.querySelector<HTMLElement>(FIELD)?.focus() },
    { id: "theme", name: t("theme"), group: t("groupPage"), keys: "t d", words: "dark light dunkel hell", run: toggleTheme },
    { id: "print", name: t("print"), group: t("groupPage"), keys: "mod+p", words: "print paper pdf drucken papier", run: () => void print() },
    { id: "link", name: t("copyLink"), group: t("groupPage"), keys: "y", words: "share permalink teilen", run: copyLink },
    ...languages.map(({ id, name }): Command => ({
      id: `language-${id}`,
      name: t("language", { name }),
      group: t("groupPage"),
      words: "language sprache",
      run: () => setLanguage(id),
    })),
  ];
  useCommands(commands);
}

const goLive = () => setSearch({ from: undefined, to: undefined });

/** Freezes a screen, says that it shows the past, and leads back. */
function MomentControls({ moment }: { moment: number | undefined }) {
  const { zone, intervalNow, setRange } = useTimeChoice();
  useCommands(
    moment === undefined
      ? [{ id: "time-freeze", name: t("freeze"), group: t("groupTime"), keys: "t f", run: () => setRange(absolute(intervalNow())) }]
      : [{ id: "time-live", name: t("goLive"), group: t("groupTime"), keys: "t l", run: goLive }],
  );
  if (moment === undefined) return null;
  return (
    <button type="button" className="button" onClick={goLive} title={`${t("goLive")} (t l)`} data-moment={moment}>
      <Icon name="clock" />
      <span className="num nowrap">{t("asOf", { time: dateAndClock(moment, zone) })}</span>
      <span className="chip info">{t("goLive")}</span>
    </button>
  );
}

/** Of when a printed page is: nobody can ask it any more. */
function PaperTime({ range }: { range: boolean }) {
  const paper = useSyncExternalStore(watchPreferences, onPaper);
  const { zone, intervalNow } = useTimeChoice();
  if (!paper) return null;
  const { from, to } = intervalNow();
  return (
    <span className="num nowrap">
      {range && `${dateAndClock(from, zone)} – `}
      {dateAndClock(to, zone)} {offsetText(to, zone)}
    </span>
  );
}

function Bar({ screen, moment, onMenu, open }: { screen: Screen | undefined; moment: number | undefined; onMenu: () => void; open: (what: "palette" | "keys") => void }) {
  const name = screen?.name() ?? t("notFound");
  const change = useMayChange();
  useEffect(() => {
    document.title = `${name} · Pharos`;
  }, [name]);
  return (
    <header className="bar">
      <button type="button" className="button plain icon menu-button" aria-label={t("menu")} onClick={onMenu}>
        <Icon name="menu" />
      </button>
      <h1>{name}</h1>
      <span id="bar-slot" className="row grow" />
      <PaperTime range={screen?.time === "range"} />
      {change.why && (
        <span className="chip info read-only" title={change.why}>
          {t("readOnly")}
        </span>
      )}
      {screen?.time === "range" && <TimeControls />}
      {screen?.time === "moment" && <MomentControls moment={moment} />}
      <button type="button" className="button" onClick={() => open("palette")} aria-label={t("palette")}>
        <Icon name="search" />
        <span className="wide-only">{t("search")}</span>
        <kbd className="wide-only">{keyLabels("mod+k")[0]}</kbd>
      </button>
      <button type="button" className="button icon" onClick={toggleTheme} aria-label={t("theme")} title={t("theme")}>
        <Icon name={theme() === "dark" ? "sun" : "moon"} />
      </button>
      <button type="button" className="button icon wide-only" onClick={() => open("keys")} aria-label={t("keys")} title={`${t("keys")} (?)`}>
        <Icon name="keyboard" />
      </button>
    </header>
  );
}

function NotFound() {
  return (
    <div className="empty">
      <strong>{t("notFound")}</strong>
      <span>
        <Link href="/">{t("home")}</Link>
      </span>
    </div>
  );
}

export function Shell() {
  const [path] = useLocation();
  const search = useSearch();
  const [shown, setShown] = useState<"palette" | "keys" | undefined>();
  const [menu, setMenu] = useState(false);
  const kiosk = new URLSearchParams(search).has("kiosk");
  const screen = screenAt(path);
  const { relative, intervalNow } = useTimeChoice();
  const moment = screen?.time === "moment" && !relative ? intervalNow().to : undefined;
  useClock();
  useShellCommands(setShown);
  useEffect(() => {
    const listener = (event: KeyboardEvent) => handle(event);
    addEventListener("keydown", listener);
    return () => removeEventListener("keydown", listener);
  }, []);
  useEffect(() => setMenu(false), [path]);
  const close = () => setShown(undefined);
  return (
    <div className={classes("shell", kiosk && "kiosk")} key={language()}>
      <a className="skip" href={`${at(path.slice(1))}#main`} onClick={(event) => (event.preventDefault(), document.getElementById("main")?.focus())}>
        {t("skip")}
      </a>
      <Rail open={menu} onClose={() => setMenu(false)} />
      <div className="column" style={{ gap: 0 }}>
        <Bar screen={screen} moment={moment} onMenu={() => setMenu(true)} open={setShown} />
        <Banners />
        <main className="main" id="main" tabIndex={-1}>
          <Boundary resetKey={path}>
            <Suspense fallback={<Waiting />}>
              <Moment.Provider value={moment}>
                <Switch>
                  {screens.map(({ id, path: at, nested }) => (
                    <Route key={id} path={nested ? new RegExp(`^${at}(?:/.*)?$`) : at} component={components.get(id)!} />
                  ))}
                  <Route path={/^\/(graph|query|d|d-solo)(?:\/.*)?$/}>
                    <Redirect to={addressNow(path, search)} replace />
                  </Route>
                  <Route component={NotFound} />
                </Switch>
              </Moment.Provider>
            </Suspense>
          </Boundary>
        </main>
      </div>
      <Suspense>
        {shown === "palette" && <Palette onClose={close} />}
        {shown === "keys" && <Keys onClose={close} />}
      </Suspense>
      <Toasts />
    </div>
  );
}
