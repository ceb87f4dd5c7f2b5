// The small parts that all screens are made of.
import { Component, useEffect, useRef, type ErrorInfo, type ReactNode } from "react";
import { NO_ANSWER } from "../api/client";
import type { LabelSet } from "../api/prometheus";
import { catalogue } from "../text/catalogue";
import { whole } from "../text/numbers";
import type { Tone } from "./icons";

const t = catalogue(
  {
    failed: "This panel failed: {what}",
    again: "Try again",
    loading: "Loading…",
    stale: "{error}. What is shown is from before.",
    noAnswer: "the server does not answer",
    leftOut: "The first {shown} of {all} are shown.",
  },
  {
    de: {
      failed: "Dieses Feld ist fehlgeschlagen: {what}",
      again: "Erneut versuchen",
      loading: "Wird geladen …",
      stale: "{error}. Gezeigt wird, was vorher da war.",
      noAnswer: "der Server antwortet nicht",
      leftOut: "Gezeigt werden die ersten {shown} von {all}.",
    },
  },
);

export function classes(...names: (string | false | undefined | null)[]): string {
  return names.filter(Boolean).join(" ");
}

interface BoundaryProps {
  children: ReactNode;
  /** A new key tries again. */
  resetKey?: string | undefined;
}
/** A panel that breaks says so in a line; the rest of the page goes on. */
export class Boundary extends Component<BoundaryProps, { error: Error | undefined }> {
  override state: { error: Error | undefined } = { error: undefined };
  static getDerivedStateFromError(error: unknown) {
    return { error: error instanceof Error ? error : new Error(String(error)) };
  }
  override componentDidCatch(error: unknown, info: ErrorInfo) {
    console.error(error, info.componentStack);
  }
  override componentDidUpdate(before: BoundaryProps) {
    if (before.resetKey !== this.props.resetKey && this.state.error) this.setState({ error: undefined });
  }
  override render() {
    const { error } = this.state;
    if (!error) return this.props.children;
    return (
      <div className="empty" role="alert">
        <span>{t("failed", { what: error.message.slice(0, 300) })}</span>
        <span>
          <button type="button" className="button small" onClick={() => this.setState({ error: undefined })}>
            {t("again")}
          </button>
        </span>
      </div>
    );
  }
}

export interface PanelProps {
  title?: ReactNode;
  /** At the right of the title. */
  extra?: ReactNode;
  /** What went wrong last; the content stays. */
  error?: string | undefined;
  /** No padding: tables go to the edge. */
  flush?: boolean;
  className?: string | undefined;
  id?: string | undefined;
  children: ReactNode;
}
export function Panel({ title, extra, error, flush, className, id, children }: PanelProps) {
  return (
    <section className={classes("panel", className)} id={id} aria-label={typeof title === "string" ? title : undefined}>
      {(title || extra) && (
        <header>
          {title && <h2>{title}</h2>}
          <span className="grow" />
          {extra}
        </header>
      )}
      <Trouble error={error} />
      <div className={classes("body", flush && "flush")}>
        <Boundary>{children}</Boundary>
      </div>
    </section>
  );
}

/** A table that scrolls within its panel where it is wider or longer, by keyboard, too. `kind`: further classes of the table. */
export function ScrollTable({ label, kind, children }: { label: string; kind?: string; children: ReactNode }) {
  return (
    <div className="table-scroll" tabIndex={0} role="region" aria-label={label}>
      <table className={classes("table", kind)}>{children}</table>
    </div>
  );
}

/** Below a list that ends before all of it is shown. */
export function LeftOut({ shown, all }: { shown: number; all: number }) {
  return shown < all ? <p className="left-out dim">{t("leftOut", { shown: whole(shown), all: whole(all) })}</p> : null;
}

export function Trouble({ error, stale = false }: { error?: string | undefined; stale?: boolean }) {
  if (!error) return null;
  const said = error.replace(NO_ANSWER, t("noAnswer"));
  return (
    <div className="trouble" role="status">
      {stale ? t("stale", { error: said }) : said}
    </div>
  );
}

export function Chip({ tone = "unknown", children, title }: { tone?: Tone; children: ReactNode; title?: string }) {
  return (
    <span className={`chip ${tone}`} title={title}>
      {children}
    </span>
  );
}

/** Labels as text, never as HTML; `skip` leaves out what is said beside them. */
export function Labels({ labels, skip = [], onPick }: { labels: LabelSet; skip?: readonly string[]; onPick?: ((name: string, value: string) => void) | undefined }) {
  return (
    <span className="labels">
      {Object.entries(labels)
        .filter(([name]) => !skip.includes(name))
        .map(([name, value]) =>
          onPick ? (
            <button type="button" key={name} className="label" title={`${name}=${value}`} onClick={() => onPick(name, value)}>
              <b>{name}=</b>
              {value}
            </button>
          ) : (
            <span key={name} className="label" title={`${name}=${value}`}>
              <b>{name}=</b>
              {value}
            </span>
          ),
        )}
    </span>
  );
}

export function Empty({ title, children }: { title: ReactNode; children?: ReactNode }) {
  return (
    <div className="empty">
      <strong>{title}</strong>
      {children}
    </div>
  );
}

/** Nothing for the first moment: a page that is quick shows no sign of waiting. */
export function Waiting() {
  return (
    <div className="empty waiting" role="status">
      {t("loading")}
    </div>
  );
}

export function Meter({ value, tone, label }: { value: number; tone?: Tone; label: string }) {
  const part = Number.isFinite(value) ? Math.min(1, Math.max(0, value)) : 0;
  return (
    <div className="meter" role="meter" aria-label={label} aria-valuemin={0} aria-valuemax={100} aria-valuenow={Math.round(part * 100)}>
      <i className={tone} style={{ width: `${part * 100}%` }} />
    </div>
  );
}

export function Field({ label, children }: { label: string; children: ReactNode }) {
  return (
    <label className="field">
      <span>{label}</span>
      {children}
    </label>
  );
}

export interface TabItem {
  id: string;
  name: string;
  count?: number | undefined;
}
export function Tabs({ items, current, onPick, label }: { items: readonly TabItem[]; current: string; onPick: (id: string) => void; label: string }) {
  const move = (by: number) => {
    const at = items.findIndex(({ id }) => id === current);
    const next = items[(at + by + items.length) % items.length]!;
    onPick(next.id);
    document.getElementById(`tab-${next.id}`)?.focus();
  };
  const chosen = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    const list = chosen.current?.parentElement;
    if (!chosen.current || !list) return;
    const { offsetLeft: left, offsetWidth: width } = chosen.current;
    const begin = left - list.offsetLeft;
    if (begin < list.scrollLeft || begin + width > list.scrollLeft + list.clientWidth) list.scrollLeft = begin - (list.clientWidth - width) / 2;
  }, [current]);
  return (
    <div
      className="tabs"
      role="tablist"
      aria-label={label}
      onKeyDown={(event) => {
        if (event.key === "ArrowRight") move(1);
        if (event.key === "ArrowLeft") move(-1);
      }}
    >
      {items.map(({ id, name, count }) => (
        <button key={id} ref={id === current ? chosen : undefined} id={`tab-${id}`} type="button" role="tab" data-name={count === undefined ? name : `${name} ${count}`} aria-selected={id === current} tabIndex={id === current ? 0 : -1} onClick={() => onPick(id)}>
          {name}
          {count !== undefined && <span className="dim num"> {count}</span>}
        </button>
      ))}
    </div>
  );
}
