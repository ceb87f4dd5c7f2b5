// The world without tiles: land as one path, regions where they lie, the ways between them as great circles.
import { geoNaturalEarth1, geoPath } from "d3-geo";
import { useEffect, useMemo, useRef, useState } from "react";
import { feature } from "topojson-client";
import type { GeometryCollection, Topology } from "topojson-specification";
import land from "world-atlas/land-110m.json";
import type { Tone } from "../../parts/icons";
import { regionTone } from "../now/verdict";
import type { RegionView } from "../now/facts";
import { linkTone, type LinkFacts } from "./links";
import { t } from "./messages";
import { placeOf } from "./places";

const WIDTH = 960;
const HEIGHT = 440;
const COLORS: Record<Tone, string> = { ok: "var(--ok)", warning: "var(--warning)", critical: "var(--critical)", unknown: "var(--unknown)", info: "var(--info)" };
const RANK: Record<Tone, number> = { critical: 3, warning: 2, unknown: 1, info: 0, ok: 0 };

const topology = land as unknown as Topology<{ land: GeometryCollection }>;
const projection = geoNaturalEarth1()
  .rotate([-10, 0])
  .fitExtent(
    [
      [4, 4],
      [WIDTH - 4, HEIGHT - 4],
    ],
    { type: "Sphere" },
  );
const path = geoPath(projection);
const LAND = path(feature(topology, topology.objects.land)) ?? "";

interface Label {
  x: number;
  y: number;
  anchor: "start" | "end" | "middle";
}
const TYPE = 12; // px on the screen, however large the map is
const LETTER = 0.6; // width of a letter on the average, of the size of the type

/** Beside its place where there is room: right, left, above, below. The first found stays for the rest. */
export function placeLabels(places: readonly { x: number; y: number; text: string }[], size = TYPE): Label[] {
  const taken: { left: number; top: number; right: number; bottom: number }[] = places.map(({ x, y }) => ({ left: x - 8, right: x + 8, top: y - 8, bottom: y + 8 }));
  return places.map(({ x, y, text }, own) => {
    const width = text.length * size * LETTER;
    const tries: [Label, number][] = [
      [{ x: x + 12, y: y + 4, anchor: "start" }, x + 12],
      [{ x: x - 12, y: y + 4, anchor: "end" }, x - 12 - width],
      [{ x, y: y - 12, anchor: "middle" }, x - width / 2],
      [{ x, y: y + 8 + size, anchor: "middle" }, x - width / 2],
    ];
    const box = ([label, left]: [Label, number]) => ({ left, right: left + width, top: label.y - size + 1, bottom: label.y + 3 });
    const free = tries.find((one) => {
      const mine = box(one);
      return mine.left >= 0 && mine.right <= WIDTH && taken.every((other, i) => i === own || mine.left > other.right || mine.right < other.left || mine.top > other.bottom || mine.bottom < other.top);
    });
    const chosen = free ?? tries[0]!;
    taken.push(box(chosen));
    return chosen[0];
  });
}

/** The map is as wide as it may be: its type has the same size on the screen. */
function useTypeSize() {
  const svg = useRef<SVGSVGElement>(null);
  const [size, setSize] = useState(TYPE);
  useEffect(() => {
    const element = svg.current;
    if (!element || typeof ResizeObserver !== "function") return;
    const measure = () => {
      const scale = Math.min(element.clientWidth / WIDTH, element.clientHeight / HEIGHT);
      if (scale > 0) setSize(Math.round((TYPE / scale) * 2) / 2);
    };
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    measure();
    return () => observer.disconnect();
  }, []);
  return [svg, size] as const;
}

export default function WorldMap({ regions, links, onlyFailing, chosen, onChoose }: { regions: readonly RegionView[]; links: ReadonlyMap<string, LinkFacts>; onlyFailing: boolean; chosen: string | undefined; onChoose: (region: string) => void }) {
  // One line for both directions, in the colour of the worse.
  const ways = useMemo(() => {
    const out = new Map<string, { from: string; to: string; tone: Tone }>();
    for (const link of links.values()) {
      const [from, to] = [link.source, link.destination].sort() as [string, string];
      const tone = linkTone(link, links);
      const known = out.get(`${from} ${to}`);
      if (!known || RANK[tone] > RANK[known.tone]) out.set(`${from} ${to}`, { from, to, tone });
    }
    return [...out.values()].sort((a, b) => RANK[a.tone] - RANK[b.tone]);
  }, [links]);
  // The ends of a way that fails stay in sight with it.
  const ends = useMemo(() => new Set(ways.filter(({ tone }) => RANK[tone] >= RANK.warning).flatMap(({ from, to }) => [from, to])), [ways]);
  const shown = regions
    .filter(({ region, score }) => placeOf(region) && (!onlyFailing || regionTone(score) !== "ok" || region === chosen || ends.has(region)))
    .map((region) => {
      const [x, y] = projection([...placeOf(region.region)!]) ?? [0, 0];
      return { ...region, x, y, text: `${region.region} ${Number.isNaN(region.score) ? "–" : Math.round(region.score)}` };
    });
  const [svg, size] = useTypeSize();
  const labels = placeLabels(shown, size);
  return (
    <svg ref={svg} viewBox={`0 0 ${WIDTH} ${HEIGHT}`} className="world" role="group" aria-label={t("map")}>
      <path d={LAND} className="land" />
      {ways.map(({ from, to, tone }) => {
        const a = placeOf(from);
        const b = placeOf(to);
        if (!a || !b || (onlyFailing && RANK[tone] < RANK.warning)) return null;
        const near = chosen === undefined || chosen === from || chosen === to;
        return (
          <path key={`${from} ${to}`} d={path({ type: "LineString", coordinates: [[...a], [...b]] }) ?? ""} fill="none" stroke={COLORS[tone]} strokeWidth={RANK[tone] >= 2 ? 2 : 1} strokeDasharray={tone === "critical" ? "5 4" : undefined} opacity={near ? (tone === "ok" ? 0.4 : 0.95) : 0.08}>
            <title>{`${from} ↔ ${to}`}</title>
          </path>
        );
      })}
      {shown.map(({ region, score, x, y, text }, i) => {
        const label = labels[i]!;
        const tone = regionTone(score);
        return (
          <g key={region} className={`place ${region === chosen ? "chosen" : ""}`} transform={`translate(${x} ${y})`} data-region={region} data-value={score} role="button" tabIndex={0} aria-label={text} aria-pressed={region === chosen} onClick={() => onChoose(region)} onKeyDown={(event) => (event.key === "Enter" || event.key === " ") && (event.preventDefault(), onChoose(region))}>
            <circle r={14} fill={COLORS[tone]} opacity={0.15} />
            {tone === "ok" ? <circle r={5} fill={COLORS[tone]} /> : tone === "warning" ? <path d="M0-7 7 6H-7z" fill={COLORS[tone]} /> : <path d="M-3-7H3L7-3V3L3 7H-3L-7 3V-3zM-3.6-2.2-1.4 0-3.6 2.2-2.2 3.6 0 1.4 2.2 3.6 3.6 2.2 1.4 0 3.6-2.2 2.2-3.6 0-1.4-2.2-3.6z" fillRule="evenodd" fill={COLORS[tone]} />}
            <text x={label.x - x} y={label.y - y} textAnchor={label.anchor} fontSize={size}>
              {text}
            </text>
          </g>
        );
      })}
    </svg>
  );
}
