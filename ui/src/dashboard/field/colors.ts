// Grafana's colour names, palettes and schemes → CSS colours. Ours are chosen to be told apart by colour-blind
// readers on both themes; the names are what boards carry.

const NAMED: Record<string, readonly [string, string, string, string, string]> = {
  // super-light, light, (plain), semi-dark, dark
  green: ["#a6e3b8", "#6fd08c", "#2fb574", "#1f9a5f", "#157a4a"],
  yellow: ["#fbe8a6", "#f5d565", "#eab839", "#cf9c18", "#a87a06"],
  orange: ["#ffd3ad", "#ffb073", "#f58b3c", "#dd6f1d", "#b4530c"],
  red: ["#ffb8b8", "#fb8484", "#ee5561", "#d63a49", "#ad2533"],
  blue: ["#bcd9ff", "#86b8fb", "#4f95f0", "#2f76d6", "#1f59ab"],
  purple: ["#dfc9ff", "#c3a0fb", "#a277ee", "#8557d8", "#683db3"],
};
const SHADES = ["super-light", "light", "", "semi-dark", "dark"];
const PLAIN: Record<string, string> = {
  transparent: "transparent", text: "var(--text)", gray: "#8b98a9", grey: "#8b98a9", white: "#ffffff", black: "#000000", pink: "#e36bb2", cyan: "#3bbccb", brown: "#a9754e",
};

// Series colours by position. The first eight differ in lightness too, so that who sees no red, green or blue tells
// them apart (charts/colors.test.ts).
export const PALETTE = [
  "#4f95f0", "#dca400", "#4b893c", "#ff688b", "#6464eb", "#00c2be", "#bd5092", "#bbad4e", "#8b98a9", "#c97b4a", "#86b8fb", "#6fd08c", "#fb8484", "#c3a0fb", "#f5d565", "#2f76d6",
] as const;

export function paletteColor(index: number): string {
  return PALETTE[((index % PALETTE.length) + PALETTE.length) % PALETTE.length]!;
}

// Always the same colour for the same name.
export function colorOfName(name: string): string {
  let hash = 2166136261;
  for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), 16777619);
  return paletteColor(hash >>> 0);
}

const SAFE_COLOR = /^(#[0-9a-f]{3,8}|(rgb|hsl)a?\([\d\s.,%/-]+\)|[a-z]+)$/i;

// A board has few colours, and asks for them thousands of times a second.
const KNOWN_MAX = 500;
type Known = Map<string, string>;
const [plain, faded, readable]: [Known, Known, Known] = [new Map(), new Map(), new Map()];
const inks = new Map<string, string>();

function kept(known: Known, key: string, make: () => string): string {
  let found = known.get(key);
  if (found === undefined) {
    if (known.size >= KNOWN_MAX) known.clear();
    known.set(key, (found = make()));
  }
  return found;
}

// A colour a board may carry → CSS. What is none of the known forms is grey, so nothing odd reaches a style.
export function cssColor(name: string): string {
  return kept(plain, name, () => cssColorOf(name));
}

function cssColorOf(name: string): string {
  const text = name.trim();
  if (Object.hasOwn(PLAIN, text)) return PLAIN[text]!;
  for (const [hue, shades] of Object.entries(NAMED)) {
    if (!text.endsWith(hue)) continue;
    const shade = SHADES.indexOf(text.slice(0, -hue.length).replace(/-$/, ""));
    if (shade >= 0) return shades[shade]!;
  }
  return SAFE_COLOR.test(text) ? text : "#8b98a9";
}

type Rgb = readonly [number, number, number];

export function parseHex(color: string): Rgb | undefined {
  const long = /^#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})/i.exec(color);
  if (long) return [parseInt(long[1]!, 16), parseInt(long[2]!, 16), parseInt(long[3]!, 16)];
  const short = /^#([0-9a-f])([0-9a-f])([0-9a-f])$/i.exec(color);
  if (short) return [parseInt(short[1]! + short[1]!, 16), parseInt(short[2]! + short[2]!, 16), parseInt(short[3]! + short[3]!, 16)];
  const rgb = /^rgba?\(\s*(\d+)[\s,]+(\d+)[\s,]+(\d+)/i.exec(color);
  return rgb ? [Number(rgb[1]), Number(rgb[2]), Number(rgb[3])] : undefined;
}

/** 0: nothing is to be seen of it. */
export function opacityOf(color: string): number {
  if (color === "transparent") return 0;
  const hex = /^#(?:[0-9a-f]{6}([0-9a-f]{2})|[0-9a-f]{3}([0-9a-f]))$/i.exec(color);
  if (hex) return hex[1] !== undefined ? parseInt(hex[1], 16) / 255 : parseInt(hex[2]!, 16) / 15;
  const last = /^(?:rgb|hsl)a\(.*[,/\s]([\d.]+)(%?)\s*\)$/i.exec(color);
  return last === null ? 1 : Number(last[1]) / (last[2] === "%" ? 100 : 1);
}

export function withAlpha(color: string, alpha: number): string {
  return kept(faded, `${alpha} ${color}`, () => fadedTo(color, alpha));
}

function fadedTo(color: string, alpha: number): string {
  const rgb = parseHex(cssColor(color));
  if (rgb === undefined) return alpha <= 0 ? "transparent" : color;
  return `rgba(${rgb[0]}, ${rgb[1]}, ${rgb[2]}, ${Math.round(alpha * 1000) / 1000})`;
}

function luminance([r, g, b]: Rgb): number {
  const part = (c: number) => (c / 255 <= 0.04045 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4);
  return 0.2126 * part(r) + 0.7152 * part(g) + 0.0722 * part(b);
}

const GROUNDS = { dark: luminance([17, 22, 30]), light: 1 };
const CONTRAST = 4.6; // WCAG's 4.5 for text, with room for rounding

// A colour as text on a panel: moved towards black or white until it can be read.
export function readableOn(color: string, theme: "dark" | "light"): string {
  if (color.startsWith("var(")) return color; // the theme's own are readable
  return kept(readable, `${theme} ${color}`, () => movedApart(color, theme));
}

function movedApart(color: string, theme: "dark" | "light"): string {
  const rgb = parseHex(cssColor(color));
  if (rgb === undefined) return color;
  let mixed: Rgb = rgb;
  const ground = GROUNDS[theme];
  for (let share = 0; share <= 1; share += 0.05) {
    const to = theme === "dark" ? 255 : 0;
    mixed = [0, 1, 2].map((i) => Math.round(rgb[i]! + (to - rgb[i]!) * share)) as unknown as Rgb;
    const own = luminance(mixed);
    if ((Math.max(own, ground) + 0.05) / (Math.min(own, ground) + 0.05) >= CONTRAST) break;
  }
  return `rgb(${mixed.join(", ")})`;
}

// Dark or light text on a filled background, whichever has the better contrast.
export function textOn(color: string): string {
  return color.startsWith("var(") ? inkOn(cssColor(color)) : kept(inks, color, () => inkOn(cssColor(color)));
}

function inkOn(color: string): string {
  const rgb = parseHex(color);
  if (rgb === undefined || opacityOf(color) < 0.5) return "var(--text)"; // what is below shows through
  return luminance(rgb) > 0.18 ? "#0b0f14" : "#ffffff";
}

const SCHEMES: Record<string, readonly string[]> = {
  Turbo: ["#30123b", "#4662d7", "#36aaf9", "#1ae4b6", "#72fe5e", "#c8ef34", "#faba39", "#f66b19", "#ca2a04", "#7a0403"],
  Viridis: ["#440154", "#472d7b", "#3b528b", "#2c728e", "#21918c", "#28ae80", "#5ec962", "#addc30", "#fde725"],
  Magma: ["#000004", "#221150", "#5f187f", "#982d80", "#d3436e", "#f8765c", "#febb81", "#fcfdbf"],
  Inferno: ["#000004", "#280b53", "#65156e", "#9f2a63", "#d44842", "#f57d15", "#fac127", "#fcffa4"],
  Plasma: ["#0d0887", "#5302a3", "#8b0aa5", "#b83289", "#db5c68", "#f48849", "#febd2a", "#f0f921"],
  Cividis: ["#00224e", "#2a3f6d", "#575c6d", "#7d7c78", "#a69d75", "#d3c164", "#fee838"],
  Oranges: ["#16202c", "#4a2f1c", "#8f4a17", "#cf6a1b", "#f5953f", "#ffc48a", "#fff1e0"],
  Blues: ["#121a26", "#1b3352", "#1f4f86", "#2f76d6", "#6ba6f2", "#b4d2fb", "#eef5ff"],
  Greens: ["#121d19", "#14402c", "#157a4a", "#2fb574", "#7dd6a4", "#c9f0d8"],
  Reds: ["#1d1416", "#521a22", "#ad2533", "#ee5561", "#fb9a9a", "#ffe0e0"],
  Purples: ["#171424", "#37235f", "#683db3", "#a277ee", "#cfb4fb", "#f1e8ff"],
  Greys: ["#141a22", "#3a4553", "#66758a", "#98a6b8", "#d0d8e2", "#ffffff"],
  GrYlRd: ["#2fb574", "#eab839", "#ee5561"], RdYlGr: ["#ee5561", "#eab839", "#2fb574"], BlYlRd: ["#4f95f0", "#eab839", "#ee5561"], YlRd: ["#eab839", "#ee5561"], BlPu: ["#4f95f0", "#a277ee"], YlBl: ["#eab839", "#4f95f0"],
};
const SCHEME_ALIASES: Record<string, string> = { Spectral: "Turbo", RdYlGn: "RdYlGr", YlOrRd: "Oranges", YlGnBu: "Viridis", YlOrBr: "Oranges", BuPu: "Purples", GnBu: "Blues", OrRd: "Reds", PuBu: "Blues", PuRd: "Purples" };

// A colour between the ends of a scheme; `share` in 0..1.
export function schemeColor(scheme: string, share: number): string {
  const colors = SCHEMES[scheme] ?? SCHEMES[SCHEME_ALIASES[scheme] ?? "Oranges"]!;
  const at = Math.min(1, Math.max(0, Number.isFinite(share) ? share : 0)) * (colors.length - 1);
  const low = Math.min(colors.length - 2, Math.floor(at));
  const from = parseHex(colors[low]!)!;
  const to = parseHex(colors[low + 1]!)!;
  const mix = (i: 0 | 1 | 2) => Math.round(from[i] + (to[i] - from[i]) * (at - low));
  return `rgb(${mix(0)}, ${mix(1)}, ${mix(2)})`;
}

export function isScheme(name: string): boolean {
  return Object.hasOwn(SCHEMES, name) || Object.hasOwn(SCHEME_ALIASES, name);
}

// "continuous-GrYlRd", and "continuous-blues", which heatmaps write with a capital.
function schemeNamed(mode: string): string | undefined {
  const name = mode.replace(/^continuous-/, "");
  return [name, name.charAt(0).toUpperCase() + name.slice(1)].find(isScheme);
}

export function schemeOfMode(mode: string): string {
  return schemeNamed(mode) ?? "GrYlRd";
}

const MODES = new Set(["thresholds", "fixed", "shades", "palette-classic", "palette-classic-by-name"]);

export function isColorMode(mode: string): boolean {
  return MODES.has(mode) || (mode.startsWith("continuous-") && schemeNamed(mode) !== undefined);
}
