// Line drawings on a 16 px grid, in the colour of the text around them.
const PATHS = {
  now: "M8 2.5v5.5l3.5 2M14 8A6 6 0 1 1 2 8a6 6 0 0 1 12 0",
  bell: "M4 11V7a4 4 0 0 1 8 0v4l1.5 1.5h-11zM6.5 13.5a1.5 1.5 0 0 0 3 0",
  gear: "M8 5.7a2.3 2.3 0 1 1 0 4.6 2.3 2.3 0 0 1 0-4.6M8 1.8v2M8 12.2v2M1.8 8h2M12.2 8h2M3.6 3.6 5 5M11 11l1.4 1.4M12.4 3.6 11 5M5 11l-1.4 1.4",
  search: "M7 2.5a4.5 4.5 0 1 1 0 9 4.5 4.5 0 0 1 0-9M10.4 10.4 14 14",
  chart: "M2.5 2.5v11h11M5 10l2.5-3.5 2 2L13 4",
  grid: "M2.5 2.5h4.5v4.5H2.5zM9 2.5h4.5v4.5H9zM2.5 9h4.5v4.5H2.5zM9 9h4.5v4.5H9z",
  map: "M8 1.8a6.2 6.2 0 1 1 0 12.4A6.2 6.2 0 0 1 8 1.8M1.8 8h12.4M8 1.8c3.6 3.6 3.6 8.8 0 12.4M8 1.8c-3.6 3.6-3.6 8.8 0 12.4",
  flow: "M2 3h4v3H2zM10 3h4v3h-4zM6 10h4v3H6zM6 4.5h4M4 6v2.5h8V6M8 8.5V10",
  move: "M2 8h12M10.5 4.5 14 8l-3.5 3.5M5.5 4.5 2 8l3.5 3.5",
  menu: "M2.5 4h11M2.5 8h11M2.5 12h11",
  close: "m4 4 8 8M12 4l-8 8",
  down: "m4 6 4 4 4-4",
  left: "m10 4-4 4 4 4",
  right: "m6 4 4 4-4 4",
  link: "M6.5 9.5 9.5 6.5M7 4.5 8.6 3a2.8 2.8 0 0 1 4 4L11 8.6M9 11.5 7.4 13a2.8 2.8 0 0 1-4-4L5 7.4",
  sun: "M8 5.2a2.8 2.8 0 1 1 0 5.6 2.8 2.8 0 0 1 0-5.6M8 1.5v1.6M8 12.9v1.6M1.5 8h1.6M12.9 8h1.6M3.4 3.4l1.1 1.1M11.5 11.5l1.1 1.1M12.6 3.4l-1.1 1.1M4.5 11.5l-1.1 1.1",
  moon: "M13 9.5A5.5 5.5 0 0 1 6.5 3a5.5 5.5 0 1 0 6.5 6.5z",
  check: "m3 8.5 3.2 3.2L13 4.8",
  mute: "M3.8 11V7.4a4.2 4.2 0 0 1 6.4-3.6M12 6.8V11l1.4 1.5H5.2M2 2l12 12",
  hand: "M5 8V4.2a1 1 0 0 1 2 0V7m0-3.6a1 1 0 0 1 2 0V7m0-2.6a1 1 0 0 1 2 0V9c0 3-1.5 4.8-4 4.8S4 12.5 3 10.8l-.8-1.6a1 1 0 0 1 1.7-1L5 9.6",
  clock: "M8 4.5V8l2.3 1.4M14 8A6 6 0 1 1 2 8a6 6 0 0 1 12 0",
  zoom_out: "M7 2.5a4.5 4.5 0 1 1 0 9 4.5 4.5 0 0 1 0-9M10.4 10.4 14 14M5 7h4",
  keyboard: "M1.8 4h12.4v8H1.8zM4 6.5h.5M6.5 6.5H7M9 6.5h.5M11.5 6.5h.5M4.5 9.5h7",
  plus: "M8 3v10M3 8h10",
  row: "M2.5 3.5h11M2.5 7.5h5.5M11 7.5v6M8 10.5h6",
  save: "M2.5 2.5h8.5l2.5 2.5v8.5h-11zM5 2.5v3.5h5v-3.5M5 13.5v-4h6v4",
  pause: "M5.5 3.5v9M10.5 3.5v9",
  play: "M5 3.2v9.6L12.5 8z",
  star: "m8 2 1.8 3.8 4.2.5-3.1 2.9.8 4.1L8 11.3l-3.7 2 .8-4.1L2 6.3l4.2-.5z",
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name, size = 15 }: { name: IconName; size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 16 16" fill="none" stroke="currentColor" strokeWidth="1.5" strokeLinecap="round" strokeLinejoin="round" aria-hidden="true">
      <path d={PATHS[name]} />
    </svg>
  );
}

export type Tone = "ok" | "warning" | "critical" | "info" | "unknown";
const MARKS: Record<Tone, string> = {
  ok: "M6 1a5 5 0 1 1 0 10A5 5 0 0 1 6 1",
  warning: "M6 1 11.6 11H.4z",
  // With a cross cut out: an octagon as small as this is a circle, but for its colour.
  critical: "M3.4.3h5.2L11.7 3.4v5.2L8.6 11.7H3.4L.3 8.6V3.4zM3 4.2 4.8 6 3 7.8 4.2 9 6 7.2 7.8 9 9 7.8 7.2 6 9 4.2 7.8 3 6 4.8 4.2 3z",
  info: "M6 .8 11.2 6 6 11.2.8 6z",
  unknown: "M6 2a4 4 0 1 1 0 8 4 4 0 0 1 0-8",
};
const MARK_BOX = "0 0 12 12";
const MARK_STROKE = "1.8";

/** A `Mark` without React, for what is written past it. */
export function markElement(tone: Tone): SVGElement {
  const svg = (name: string, attributes: Record<string, string>) => {
    const out = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const [key, value] of Object.entries(attributes)) out.setAttribute(key, value);
    return out;
  };
  const ring = tone === "unknown";
  const out = svg("svg", { class: `mark ${tone}`, viewBox: MARK_BOX, "aria-hidden": "true" });
  out.append(svg("path", { d: MARKS[tone], "fill-rule": "evenodd", fill: ring ? "none" : "currentColor", stroke: ring ? "currentColor" : "none", "stroke-width": MARK_STROKE }));
  return out;
}

/** A status by shape and colour: circle, triangle, octagon with a cross, diamond, ring. */
export function Mark({ tone, label }: { tone: Tone; label?: string }) {
  return (
    <svg className={`mark ${tone}`} viewBox={MARK_BOX} role={label ? "img" : undefined} aria-label={label} aria-hidden={label ? undefined : true}>
      <path d={MARKS[tone]} fillRule="evenodd" fill={tone === "unknown" ? "none" : "currentColor"} stroke={tone === "unknown" ? "currentColor" : "none"} strokeWidth={MARK_STROKE} />
    </svg>
  );
}
