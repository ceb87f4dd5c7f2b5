// State timeline and status history on one canvas. React renders what is around it; ticks are painted past it, and what
// is told of rows written, until the legend or the rows are others.
import { useEffect, useLayoutEffect, useRef, useState } from "react";
import { tellDrawn } from "../../charts/drawn";
import { FramesMaker } from "../../dashboard/data/frames_maker";
import type { PanelData } from "../../dashboard/data/panel_source";
import { clock, dateAndClock } from "../../time/zone";
import { NoValue } from "../no_value";
import { newestOf, usePainted, usePicture } from "../painted";
import type { PanelViewProps } from "../panel_view";
import { usePinned } from "../pinned";
import { TipLinks } from "../value_links";
import { drawStates } from "./state_canvas";
import { hasSameElements, LEGEND, placeOf, statePicture, writeTold } from "./state_picture";
import { nextPiece, type Piece, type StateRow } from "./states";

interface Over {
  row: StateRow;
  piece: Piece;
  left: number;
  top: number;
}

export default function StateTimeline({ panel, source, data, board, scope, width, height }: PanelViewProps) {
  const newest = newestOf(source, data);
  const [maker] = useState(() => new FramesMaker());
  const picture = (of: PanelData) => statePicture(panel, maker.make(panel, of).frames, of, width, height);
  const shown = usePicture(() => picture(newest), [panel, newest, width, height]);
  const canvas = useRef<HTMLCanvasElement>(null);
  const list = useRef<HTMLUListElement>(null);
  const { over: hover, pinned, move: setHover, click, host } = usePinned<Over>();
  usePainted(source, newest, (tick) => {
    const next = picture(tick);
    if (hover !== undefined || !hasSameElements(next, shown.current)) return false;
    shown.current = next;
    drawStates(canvas.current, next, board.zone);
    writeTold(list.current, next.told);
    return true;
  });
  useLayoutEffect(() => tellDrawn(canvas.current, () => shown.current.rows.map(({ name, pieces }) => ({ name, pieces: pieces.map((p) => ({ from: p.from, to: p.to, value: p.value })) }))));
  useEffect(() => drawStates(canvas.current, shown.current, board.zone), [shown, board]);
  useLayoutEffect(() => writeTold(list.current, shown.current.told));
  const { rows, bottom, legend, states, told } = shown.current;
  if (rows.length === 0) return <NoValue panel={panel} data={newest} />;
  const move = (event: React.MouseEvent<HTMLCanvasElement>) => {
    const { rows, gutter, rowHeight, interval } = shown.current;
    const bounds = event.currentTarget.getBoundingClientRect();
    const left = event.clientX - bounds.left;
    const top = event.clientY - bounds.top;
    const row = rows[Math.floor(top / rowHeight)];
    const time = interval.from + ((left - gutter) / (width - gutter)) * (interval.to - interval.from);
    const piece = left < gutter ? undefined : row?.pieces.find((p) => p.from <= time && time < p.to);
    setHover(row === undefined || piece === undefined ? undefined : { row, piece, left, top });
  };
  const step = (from: Over | undefined, right: number, up: number) => {
    const { rows, gutter, rowHeight } = shown.current;
    const next = nextPiece(rows, from, right, up);
    return next && { ...next, left: Math.min(width, Math.max(gutter, (placeOf(next.piece.from, shown.current) + placeOf(next.piece.to, shown.current)) / 2)), top: (rows.indexOf(next.row) + 0.5) * rowHeight };
  };
  const links = hover?.row.links?.(hover.piece.row, hover.piece.display, scope) ?? [];
  return (
    <div className="timeline" style={{ height }} {...host(panel.title || panel.type, links, step)}>
      <canvas ref={canvas} className={links.length > 0 ? "linked" : undefined} style={{ width, height: bottom }} role="img" aria-label={panel.title || panel.type} onMouseMove={move} onMouseLeave={() => setHover(undefined)} onClick={() => click(links)} />
      <ul className="unseen" ref={list}>
        {told.map(({ name }, i) => (
          <li key={`${name}${i}`} data-series={name} />
        ))}
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
