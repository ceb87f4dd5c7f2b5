// One cell of a table: a number, a bar, a line, pills, Markdown, a picture, or links, as its column is configured.
import { memo, type CSSProperties, type ReactNode } from "react";
import { Sparkline } from "../../charts/sparkline";
import { colorOfName, readableOn, textOn } from "../../dashboard/field/colors";
import type { Scope } from "../../dashboard/model/scope";
import { dataLinks } from "../data_links";
import { imageUrl, type ShownLink } from "../links";
import type { BoardView } from "../panel_view";
import { Markdown } from "../text/markdown";
import { cellRaw, judgedCell, judgedText, pillsOf, trendAt, type Column, type TableModel } from "./table_model";

export interface CellProps {
  column: Column;
  source: TableModel["source"];
  row: number;
  interval: BoardView["interval"];
  scope: Scope;
  theme: "dark" | "light";
}

/** A row, on the ground that one of its cells gives it, be its column shown or not. */
export function Row({ grounds, row, height, children }: { grounds: readonly Column[]; row: number; height: number; children: ReactNode }) {
  const ground = grounds.map((column) => judgedCell(column, row)).find(({ judged }) => judged)?.color;
  return (
    <tr className={ground && "filled"} style={{ height, ...(ground === undefined ? {} : { background: ground, color: textOn(ground) }) }}>
      {children}
    </tr>
  );
}

export function Cell({ column, source, row, interval, scope, theme }: CellProps) {
  const raw = cellRaw(column, row);
  const shown = judgedCell(column, row);
  const style: CSSProperties = { textAlign: column.align };
  const filled = column.cell === "color-background" && shown.judged;
  if (filled) Object.assign(style, { background: shown.color, color: textOn(shown.color) });
  else if (column.cell === "color-text" && shown.judged) style.color = readableOn(shown.color, theme);
  const of = { name: column.name, labels: column.field.labels, value: raw, text: shown.text, bare: shown.number };
  const links = dataLinks(column.field.config, scope, { ...of, ...(source === undefined ? {} : { row: { ...source, row } }) });
  const [first, ...more] = links;
  const content = <Content column={column} row={row} text={shown.text} color={shown.color} interval={interval} theme={theme} />;
  return (
    <td className={`${column.numeric ? "num " : ""}cut${filled ? " filled" : ""}`} style={style} data-value={raw} title={shown.text.length > 24 && column.cell !== "image" ? shown.text : undefined}>
      {column.cell === "links" ? (
        <span className="cell-links">
          <Links links={links} />
        </span>
      ) : first === undefined ? (
        content
      ) : hasOwnLinks(column, shown.text) ? (
        <span className="cell-links">
          {content}
          <Links links={links} />
        </span>
      ) : more.length === 0 ? (
        <Follow link={first}>{content}</Follow>
      ) : (
        <span className="cell-links">
          <Follow link={first}>{content}</Follow>
          <Links links={more} />
        </span>
      )}
    </td>
  );
}

// Links stand behind what may have some inside, and behind pills.
function hasOwnLinks({ cell }: Column, text: string): boolean {
  return cell === "markdown" || cell === "pill" || (cell === "image" && imageUrl(text) === undefined);
}

function Links({ links }: { links: readonly ShownLink[] }) {
  return links.map((link, i) => (
    <Follow key={i} link={link}>
      {link.title}
    </Follow>
  ));
}

function Follow({ link, children }: { link: ShownLink; children: ReactNode }) {
  return (
    <a href={link.url} target={link.blank ? "_blank" : undefined} rel="noreferrer" title={link.title}>
      {children}
    </a>
  );
}

function Content({ column, row, text, color, interval, theme }: { column: Column; row: number; text: string; color: string } & Pick<CellProps, "interval" | "theme">) {
  switch (column.cell) {
    case "sparkline": {
      const trend = trendAt(column.field, row);
      if (trend === undefined) break;
      const display = column.display(trend.value);
      return (
        <span className="cell-trend">
          <span className="grow">
            <Sparkline times={trend.times} values={trend.values} everyStep={trend.everyStep} from={interval.from} to={interval.to} version={trend.values.length} height={18} color={display.judged ? display.color : "var(--c0)"} label={column.name} />
          </span>
          <b>{text}</b>
        </span>
      );
    }
    case "gauge": {
      if (!column.numeric) break;
      const number = Number(cellRaw(column, row));
      const share = column.high > column.low && !Number.isNaN(number) ? Math.min(1, Math.max(0, (number - column.low) / (column.high - column.low))) : 0;
      return (
        <span className="cell-gauge">
          <span className="bar-track">
            <i style={{ width: `${share * 100}%`, background: color }} />
          </span>
          <b style={{ color: readableOn(color, theme) }}>{text}</b>
        </span>
      );
    }
    case "pill": {
      const { shown, more } = pillsOf(column.field.values[row]);
      return (
        <span className="cell-pills">
          {shown.map((pill, i) => {
            const of = judgedText(column, pill);
            const ground = of.judged ? of.color : (column.fixed ?? colorOfName(pill));
            return (
              <span key={i} className="pill" style={{ background: ground, color: textOn(ground) }}>
                {of.text}
              </span>
            );
          })}
          {more > 0 && <span className="pill">+{more}</span>}
        </span>
      );
    }
    case "markdown":
      return <MarkdownCell text={text} />;
    case "image":
      return <Picture address={text} alt={column.alt} title={column.title} />;
  }
  return <>{text}</>;
}

const MARKDOWN_MAX = 1000; // characters: a table draws many of them at each tick

const MarkdownCell = memo(function MarkdownCell({ text }: { text: string }) {
  return (
    <div className="cell-markdown">
      <Markdown text={text.length > MARKDOWN_MAX ? `${text.slice(0, MARKDOWN_MAX)}…` : text} />
    </div>
  );
});

// A picture on another host is shown as a link to it.
function Picture({ address, alt, title }: { address: string; alt: string; title: string }) {
  const src = imageUrl(address);
  if (src !== undefined) return <img src={src} alt={alt} title={title || undefined} loading="lazy" />;
  if (!/^https?:/i.test(address)) return <>{address}</>;
  return <Follow link={{ title: address, url: address, blank: true }}>{alt}</Follow>;
}
