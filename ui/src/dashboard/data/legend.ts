// The name of a series: `{{label}}` in a legend format, else its labels.

export function legendOf(format: string | undefined, labels: Readonly<Record<string, string>>): string {
  if (format === undefined || format === "" || format === "__auto") return "";
  return format.replace(/\{\{\s*(.+?)\s*\}\}/g, (_whole, name: string) => labels[name] ?? "");
}

// The labels in which the series of one query differ: what names them when nobody wrote a legend.
export function differingLabels(all: readonly Readonly<Record<string, string>>[]): string[] {
  const first = all[0];
  if (first === undefined) return [];
  const names = new Set(all.flatMap((labels) => Object.keys(labels)));
  return [...names].filter((name) => all.some((labels) => labels[name] !== first[name]));
}

export function autoNames(all: readonly Readonly<Record<string, string>>[], expr: string): string[] {
  if (all.length === 1) {
    const labels = Object.entries(all[0]!).filter(([name]) => name !== "__name__");
    const metric = all[0]!.__name__;
    if (labels.length === 0) return [metric ?? expr];
    return [fullName(all[0]!)];
  }
  const differing = differingLabels(all);
  return all.map((labels) => {
    if (differing.length === 0) return fullName(labels);
    if (differing.length === 1) return labels[differing[0]!] ?? "(none)";
    // A label that is not there is told by its absence; of a series that has none of them nothing else would be told.
    const texts = differing.filter((name) => name !== "__name__" && (labels[name] ?? "") !== "").map((name) => `${name}=${labels[name]}`);
    if (differing.includes("__name__") && labels.__name__ !== undefined) texts.unshift(labels.__name__);
    return texts.join(" ") || "(none)";
  });
}

export function fullName(labels: Readonly<Record<string, string>>): string {
  const { __name__: name = "", ...rest } = labels;
  const inner = Object.entries(rest).map(([key, value]) => `${key}="${value}"`);
  return inner.length === 0 ? name || "{}" : `${name}{${inner.join(", ")}}`;
}
