// Heatmap on a canvas: one cell per bucket and step. React renders the frame and the tip; cells and the end of the colour
// scale are written past it, at each tick.
import { useEffect, useLayoutEffect, useMemo, useRef } from "react";
import { objectOf, textOf } from "../../dashboard/model/json";
import { tellDrawn } from "../../charts/drawn";
import type { PanelViewProps } from "../panel_view";
import { dataLinks, rowOfNumbers } from "../data_links";
import type { ShownLink } from "../links";
import { NoValue } from "../no_value";
import { newestOf, usePainted, usePicture } from "../painted";
import { useRedraw } from "../marks/use_redraw";
import { nextPlace, usePinned } from "../pinned";
import { TipLinks } from "../value_links";
import { writeAttribute, writeText } from "../written";
import { isShown } from "./buckets";
import { drawHeat } from "./heat_canvas";
import { boundText, columnText, heatLook, heatPicture, placeOf, type HeatPicture } from "./heat_picture";

interface Over {
  row: number;
  column: number;
  left: number;
  top: number;
}

export default function Heatmap({ panel, source, data, board, scope, width, height }: PanelViewProps) {
  const newest = newestOf(source, data);
  const look = useMemo(() => heatLook(panel, board.theme), [panel, board.theme]);
  const shown = usePicture(() => heatPicture(look, panel, newest, width, height), [look, panel, newest, width, height]);
  const picture = shown.current;
  const { heat, scaled } = picture;
  const canvas = useRef<HTMLCanvasElement>(null);
  const { over, pinned, move: setHover, click, host } = usePinned<Over>();
  // A tip that is kept may be of a cell that there is no more.
  const hover = over !== undefined && over.row < heat.rows.length && over.column < heat.times.length ? over : undefined;

  const paint = () => {
    drawHeat(canvas.current, shown.current, board);
    writeFacts(canvas.current, shown.current);
  };
  useRedraw(board.marks, paint);
  usePainted(source, newest, (tick) => {
    const next = heatPicture(look, panel, tick, width, height);
    const before = shown.current;
    if (over !== undefined || next.scaled !== before.scaled || (next.heat.rows.length === 0) !== (before.heat.rows.length === 0)) return false;
    shown.current = next;
    paint();
    return true;
  });
  useLayoutEffect(() => tellDrawn(canvas.current, () => shown.current.heat));
  useEffect(paint, [shown, board]);
  if (heat.rows.length === 0) return <NoValue panel={panel} data={newest} />;

  const move = (event: React.MouseEvent<HTMLCanvasElement>) => {
    const { heat, box } = shown.current;
    const bounds = event.currentTarget.getBoundingClientRect();
    const left = event.clientX - bounds.left;
    const top = event.clientY - bounds.top;
    const row = box.rowAt(top);
    const column = box.columnAt(left);
    const inside = left >= box.left && left <= box.left + box.width && row >= 0 && row < heat.rows.length && column >= 0 && column < heat.times.length;
    setHover(inside ? { row, column, left, top } : undefined);
  };
  const step = (from: Over | undefined, right: number, up: number) => {
    const { heat, box } = shown.current;
    const column = nextPlace(from?.column, right, heat.times.length);
    const row = nextPlace(from?.row, look.reverse ? -up : up, heat.rows.length);
    return column === undefined || row === undefined ? undefined : { row, column, left: Math.max(box.left, box.x(column) + box.cellWidth / 2), top: box.y(row) + box.cellHeight / 2 };
  };
  const value = hover === undefined ? NaN : heat.rows[hover.row]!.values[hover.column]!;
  const links = hover === undefined || !isShown(value, look.filter) ? [] : linksOf(hover, picture, { panel, scope });
  const { least, countText, palette, exponent } = look;
  return (
    <div className="heatmap" style={{ height }} {...host(panel.title || panel.type, links, step)}>
      <canvas ref={canvas} className={links.length > 0 ? "linked" : undefined} style={{ width, height: picture.height }} role="img" aria-label={panel.title || panel.type} onMouseMove={move} onMouseLeave={() => setHover(undefined)} onClick={() => click(links)} />
      {scaled && (
        <div className="heat-scale num" style={{ paddingLeft: look.placed === "right" ? 4 : picture.gutter }}>
          <span>{countText(least)}</span>
          <i style={{ background: `linear-gradient(90deg, ${Array.from({ length: 12 }, (_, i) => palette[Math.round((i / 11) ** exponent * (palette.length - 1))]!).join(", ")})` }}>
            {hover !== undefined && isShown(value, look.filter) && <b style={{ left: `${Math.min(1, Math.max(0, (value - least) / (picture.most - least))) * 100}%` }} />}
          </i>
          <span data-most />
        </div>
      )}
      {hover !== undefined && <Tip hover={hover} picture={picture} name={textOf(objectOf(panel.options.rowsFrame).value)} zone={board.zone} links={pinned ? links : []} />}
    </div>
  );
}

// What a tick changes around the cells, and what tests hold against the API's answer.
function writeFacts(canvas: HTMLCanvasElement | null, { heat, most, exemplars, look }: HeatPicture): void {
  const host = canvas?.parentElement;
  if (!host) return;
  writeAttribute(host, "data-rows", heat.rows.length);
  writeAttribute(host, "data-max", most);
  writeAttribute(host, "data-columns", heat.times.length);
  writeAttribute(host, "data-exemplars", exemplars.length);
  writeAttribute(host, "data-latest", heat.times[heat.times.length - 1] ?? "");
  writeText(host.querySelector("[data-most]"), look.countText(most));
}

// Cells are values of the row's bucket.
function linksOf({ row, column }: Over, { heat, look }: HeatPicture, { panel, scope }: Pick<PanelViewProps, "panel" | "scope">): ShownLink[] {
  const under = heat.rows[row]!;
  const value = under.values[column]!;
  const timeMs = heat.times[column]! * 1000;
  return dataLinks(panel.fieldConfig.defaults, scope, {
    name: under.label !== "" ? under.label : String(under.upper), labels: heat.quantity ? { le: under.upper === Infinity ? "+Inf" : String(under.upper) } : {}, value, text: look.countText(value), timeMs,
    row: rowOfNumbers({ ...(heat.wide === undefined ? {} : { xMin: timeMs - heat.wide * 1000 }), xMax: timeMs, yMin: under.lower, yMax: under.upper, Value: value }),
  });
}

function Tip({ hover, picture, name, zone, links }: { hover: Over; picture: HeatPicture; name: string; zone: string; links: readonly ShownLink[] }) {
  const { heat, look, width, height } = picture;
  const { label, lower, upper, values } = heat.rows[hover.row]!;
  const value = values[hover.column]!;
  const near = picture.exemplars.filter((exemplar) => {
    const place = placeOf(exemplar, picture);
    return place !== undefined && Math.hypot(place.x - hover.left, place.y - hover.top) < 6;
  });
  return (
    <div className="plot-tip" style={{ ...(hover.left > width / 2 ? { right: width - hover.left + 12, left: "auto" } : { left: hover.left + 12 }), top: Math.max(0, Math.min(hover.top, height - 70)) }}>
      <div className="dim num">{columnText(heat, hover.column, zone)}</div>
      <div>{label !== "" ? label : `${boundText(lower, look.unit)} – ${boundText(upper, look.unit)}`}</div>
      {name !== "" && <span className="dim">{name}: </span>}
      <b data-value={value}>{Number.isNaN(value) ? "–" : look.countText(value)}</b>
      {near.slice(0, 3).map((exemplar, i) => (
        <div key={i} className="tip-mark">
          {boundText(exemplar.value, look.unit)}
          {Object.entries(exemplar.labels).slice(0, 8).map(([key, text]) => (
            <div key={key} className="dim mono">{`${key}=${text}`}</div>
          ))}
        </div>
      ))}
      {links.length > 0 && <TipLinks links={links} />}
    </div>
  );
}
