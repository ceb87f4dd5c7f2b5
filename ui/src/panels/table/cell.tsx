// One cell of a table: a number, a bar, a line, pills, Markdown, a picture, or links, as its column is configured.
import type { CSSProperties, ReactNode } from "react";
import { Sparkline } from "../../charts/sparkline";
import { colorOfName, readableOn, textOn } from "../../dashboard/field/colors";
import type { Scope } from "../../dashboard/model/scope";
import { dataLinks } from "../data_links";
import { imageUrl, safeUrl, type ShownLink } from "../links";
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

/** A row, on the ground that one of its cells gives it. */
export function Row({ columns, row, height, children }: { columns: readonly Column[]; row: number; height: number; children: ReactNode }) {
  const ground = columns.filter((column) => column.wholeRow).map((column) => judgedCell(column, row)).find(({ judged }) => judged)?.color;
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
  return (
    <td className={`${column.numeric ? "num " : ""}cut${filled ? " filled" : ""}`} style={style} data-value={raw} title={shown.text.length > 24 && column.cell !== "image" ? shown.text : undefined}>
      <Content column={column} row={row} text={shown.text} color={shown.color} interval={interval} theme={theme} links={links} />
    </td>
  );
}

function Content({ column, row, text, color, interval, theme, links }: { column: Column; row: number; text: string; color: string; links: readonly ShownLink[] } & Pick<CellProps, "interval" | "theme">) {
  switch (column.cell) {
    case "sparkline": {
      const trend = trendAt(column.field, row);
      if (trend === undefined) return <>{text}</>;
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
    case "pill":
      return (
        <span className="cell-pills">
          {pillsOf(column.field.values[row]).map((pill, i) => {
            const of = judgedText(column, pill);
            const ground = of.judged ? of.color : colorOfName(pill);
            return (
              <span key={i} className="pill" style={{ background: ground, color: textOn(ground) }}>
                {of.text}
              </span>
            );
          })}
        </span>
      );
    case "markdown":
      return (
        <div className="cell-markdown markdown">
          <Markdown text={text} />
        </div>
      );
    case "image":
      return <Picture address={String(cellRaw(column, row))} alt={column.alt} links={links} />;
    case "links":
      return (
        <span className="cell-links">
          {links.map((link, i) => (
            <Follow key={i} link={link} text={link.title} />
          ))}
        </span>
      );
  }
  const [first, ...more] = links;
  if (first === undefined) return <>{text}</>;
  return (
    <span className="cell-links">
      <Follow link={first} text={text} />
      {more.map((link, i) => (
        <Follow key={i} link={link} text={link.title} />
      ))}
    </span>
  );
}

function Follow({ link, text }: { link: ShownLink; text: ReactNode }) {
  return (
    <a href={link.url} target={link.blank ? "_blank" : undefined} rel="noreferrer" title={link.title}>
      {text}
    </a>
  );
}

// The page asks no other host, so that one of theirs is a way to it.
function Picture({ address, alt, links }: { address: string; alt: string; links: readonly ShownLink[] }) {
  const src = imageUrl(address);
  const inner = src === undefined ? undefined : <img src={src} alt={alt} loading="lazy" />;
  if (inner !== undefined) return links[0] === undefined ? inner : <Follow link={links[0]} text={inner} />;
  const url = safeUrl(address);
  return url === undefined ? <>{address}</> : <Follow link={{ title: address, url, blank: true }} text={alt || address} />;
}
