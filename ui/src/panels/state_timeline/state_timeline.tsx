// State timeline and status history on one canvas.
import { useEffect, useMemo, useRef } from "react";
import { numberOf, textOf } from "../../dashboard/model/json";
import { textOn, withAlpha } from "../../dashboard/field/colors";
import { preparedFrames } from "../../dashboard/data/panel_frames";
import { cssColor } from "../../charts/colors";
import { fitCanvas, tellDrawn } from "../../charts/drawn";
import { clock, dateAndClock } from "../../time/zone";
import { NoValue } from "../no_value";
import type { PanelViewProps } from "../panel_view";
import { usePinned } from "../pinned";
import { TipLinks } from "../value_links";
import { nextPiece, stateRows, type Piece, type StateRow } from "./states";

const FOOT = 20;
const LEGEND = 20;

export default function StateTimeline({ panel, data, board, scope, width, height }: PanelViewProps) {
  const history = panel.type === "status-history";
  const rows = useMemo(() => stateRows(preparedFrames(panel, data).frames, data.step, !history), [panel, data, history]);
  const canvas = useRef<HTMLCanvasElement>(null);
  const { over: hover, pinned, move: setHover, click, host } = usePinned<{ row: StateRow; piece: Piece; left: number; top: number }>();
  const gutter = Math.min(width * 0.35, rows.reduce((n, r) => Math.max(n, r.name.length), 0) * 6.6 + 12);
  const states = useMemo(() => {
    const found = new Map<string, string>();
    for (const row of rows) for (const { display } of row.pieces) if (found.size < 12 && !found.has(display.text)) found.set(display.text, display.color);
    return [...found];
  }, [rows]);
  const legend = states.length <= 8 && height > 90;
  const bottom = height - (legend ? LEGEND : 0);
  const rowHeight = rows.length === 0 ? 0 : (bottom - FOOT) / rows.length;
  const { from, to } = data.interval;
  const x = (time: number) => gutter + ((time - from) / (to - from || 1)) * (width - gutter);
  const fill = numberOf(panel.options.rowHeight, 0.9);

  useEffect(() => {
    const element = canvas.current;
    const pen = element?.getContext("2d");
    tellDrawn(element, () => rows.map(({ name, pieces }) => ({ name, pieces: pieces.map((p) => ({ from: p.from, to: p.to, value: p.value })) })));
    if (!element || !pen || rows.length === 0) return;
    const ratio = devicePixelRatio || 1;
    fitCanvas(element, Math.round(width * ratio), Math.round(bottom * ratio));
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    pen.clearRect(0, 0, width, bottom);
    pen.font = "11px system-ui, sans-serif";
    pen.textBaseline = "middle";
    const block = Math.max(2, rowHeight * fill);
    const words = textOf(panel.options.showValue, "auto");
    rows.forEach((row, r) => {
      const top = r * rowHeight + (rowHeight - block) / 2;
      pen.fillStyle = cssColor("var(--dim)");
      pen.textAlign = "right";
      if (rowHeight >= 9) pen.fillText(row.name.length * 6.6 > gutter ? `${row.name.slice(0, Math.floor(gutter / 6.6) - 1)}…` : row.name, gutter - 6, top + block / 2);
      pen.textAlign = "left";
      for (const piece of row.pieces) {
        const left = Math.max(gutter, x(piece.from));
        const right = Math.min(width, x(piece.to));
        if (right <= gutter || left >= width) continue;
        const wide = right - left;
        const space = history ? Math.min(2, wide * 0.15) : wide > 3 ? 1 : 0;
        pen.fillStyle = piece.display.color.startsWith("var(") ? cssColor(piece.display.color) : withAlpha(piece.display.color, 0.92);
        pen.fillRect(left, top, Math.max(0.7, wide - space), block);
        const text = piece.display.text;
        if (words !== "never" && block > 13 && wide > text.length * 6.4 + 8) {
          pen.fillStyle = textOn(piece.display.color).startsWith("var(") ? cssColor("var(--text)") : textOn(piece.display.color);
          pen.fillText(text, left + 4, top + block / 2 + 0.5);
        }
      }
    });
    pen.fillStyle = cssColor("var(--dim)");
    const count = Math.max(2, Math.floor((width - gutter) / 90));
    for (let i = 0; i <= count; i++) {
      const at = from + ((to - from) * i) / count;
      pen.textAlign = i === 0 ? "left" : i === count ? "right" : "center";
      pen.fillText(to - from > 172_800 ? dateAndClock(at, board.zone).slice(5, 16) : clock(at, board.zone, to - from < 600), x(at), bottom - FOOT / 2 + 2);
    }
  });
  if (rows.length === 0) return <NoValue panel={panel} data={data} />;
  const move = (event: React.MouseEvent<HTMLCanvasElement>) => {
    const bounds = event.currentTarget.getBoundingClientRect();
    const left = event.clientX - bounds.left;
    const top = event.clientY - bounds.top;
    const row = rows[Math.floor(top / rowHeight)];
    const time = from + ((left - gutter) / (width - gutter)) * (to - from);
    const piece = left < gutter ? undefined : row?.pieces.find((p) => p.from <= time && time < p.to);
    setHover(row === undefined || piece === undefined ? undefined : { row, piece, left, top });
  };
  const step = (from: typeof hover, right: number, up: number) => {
    const next = nextPiece(rows, from, right, up);
    return next && { ...next, left: Math.min(width, Math.max(gutter, (x(next.piece.from) + x(next.piece.to)) / 2)), top: (rows.indexOf(next.row) + 0.5) * rowHeight };
  };
  const links = hover?.row.links?.(hover.piece.row, hover.piece.display.text, scope) ?? [];
  return (
    <div className="timeline" style={{ height }} {...host(panel.title || panel.type, links, step)}>
      <canvas ref={canvas} className={links.length > 0 ? "linked" : undefined} style={{ width, height: bottom }} role="img" aria-label={panel.title || panel.type} onMouseMove={move} onMouseLeave={() => setHover(undefined)} onClick={() => click(links)} />
      <ul className="unseen">
        {rows.slice(0, 200).map((row, i) => {
          const last = row.pieces[row.pieces.length - 1];
          return (
            <li key={`${row.name}${i}`} data-series={row.name} data-value={last === undefined ? "" : typeof last.raw === "string" ? last.raw : last.value}>
              {row.name}: {last?.display.text ?? ""}
            </li>
          );
        })}
      </ul>
      {legend && (
        <div className="graph-legend" style={{ height: LEGEND }}>
          {states.map(([text, color]) => (
            <span key={text} className="item">
              <i className="swatch" style={{ background: color }} />
              {text}
            </span>
          ))}
        </div>
      )}
      {hover !== undefined && (
        <div className="plot-tip" style={{ transform: `translate(${hover.left > width / 2 ? Math.max(0, hover.left - 190) : hover.left + 12}px, ${Math.min(hover.top, bottom - 50)}px)` }}>
          <div className="dim num">
            {dateAndClock(hover.piece.from, board.zone)} – {clock(hover.piece.to, board.zone)}
          </div>
          <div>
            {hover.row.name}: <b>{hover.piece.display.text}</b>
          </div>
          {pinned && <TipLinks links={links} />}
        </div>
      )}
    </div>
  );
}
