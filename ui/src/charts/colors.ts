// Colours of series: eight that are told apart on both grounds, by whoever sees no red, green or blue too, by place; the same name keeps its colour
// within a chart.
export const SERIES_COLORS = 8;

export function seriesColor(index: number): string {
  return `var(--c${index % SERIES_COLORS})`;
}

const resolved = new Map<string, string>();
let resolvedFor = "";
/** A canvas knows no var(): the colour as it is now. */
export function cssColor(color: string): string {
  const theme = document.documentElement.dataset.theme ?? "";
  if (theme !== resolvedFor) {
    resolved.clear();
    resolvedFor = theme;
  }
  const name = /^var\((--[\w-]+)\)$/.exec(color)?.[1];
  if (!name) return color;
  let value = resolved.get(name);
  if (value === undefined) {
    value = getComputedStyle(document.documentElement).getPropertyValue(name).trim() || "#888";
    resolved.set(name, value);
  }
  return value;
}
