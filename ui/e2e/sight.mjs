// What the panels of a page show: numbers of the document, and of canvases what their elements say they drew; and how
// that is held against what `oracle.mjs` says.
import { REDUCED } from "./oracle.mjs";

/** Runs in the page. */
function collect() {
  const numberOf = (text) => (text === "" || text === undefined ? NaN : Number(text));
  const array = (values) => Array.from(values, Number);
  return [...document.querySelectorAll("[data-panel]")].map((panel) => {
    const all = (selector) => [...panel.querySelectorAll(selector)];
    const canvas = panel.querySelector("canvas");
    const out = {
      id: Number(panel.dataset.panel),
      type: panel.dataset.type,
      title: panel.getAttribute("aria-label"),
      loaded: panel.dataset.loaded === "true",
      step: Number(panel.dataset.step),
      trouble: all(".trouble, [role=alert]").map((element) => element.textContent).join("; "),
      nothing: all(".no-value").map((element) => element.textContent).join("; "),
    };
    if (["stat", "gauge", "bargauge"].includes(out.type)) {
      out.values = all("[data-name][data-value]").map(({ dataset }) => ({ name: dataset.name, value: numberOf(dataset.value) }));
      out.sparks = all("canvas").map((element) => (element.drawn ? array(element.drawn().rows[0].values) : []));
    } else if (out.type === "piechart") {
      out.slices = all("path[data-name]").map(({ dataset }) => ({ name: dataset.name, value: numberOf(dataset.value) }));
      out.values = all(".pie-legend [data-legend]").map(({ dataset }) => ({ name: dataset.legend, value: numberOf(dataset.value) }));
      out.legend = all(".pie-legend li").map((row) => [...row.querySelectorAll("[data-value]")].map(({ dataset }) => numberOf(dataset.value)));
    } else if (out.type === "timeseries") {
      const told = panel.querySelector(".plot")?.drawn?.();
      out.times = told ? array(told.times) : [];
      out.rows = told ? told.rows.map(({ name, values, heights }) => ({ name, values: array(values), heights: array(heights) })) : [];
      out.legend = all("[data-series]").map((row) => ({ name: row.dataset.series, values: Object.fromEntries([...row.querySelectorAll("[data-calc]")].map(({ dataset }) => [dataset.calc, numberOf(dataset.value)])) }));
    } else if (out.type === "heatmap") {
      const told = canvas?.drawn?.();
      out.times = told ? array(told.times) : [];
      out.rows = told ? told.rows.map(({ label, upper, values }) => ({ name: label === "" ? upper : label, values: array(values) })) : [];
    } else if (out.type === "status-history") out.rows = canvas?.drawn?.() ?? [];
    else if (out.type === "table") {
      const names = all("thead th").map((cell) => cell.textContent.replace(/ [↑↓]$/, ""));
      out.cells = all("tbody tr:not([aria-hidden])").map((row) => Object.fromEntries([...row.cells].map((cell, i) => [names[i], cell.classList.contains("num") ? numberOf(cell.dataset.value) : (cell.dataset.value ?? "")])));
      out.whole = panel.querySelector(".table-tools") === null;
    } else if (out.type === "nodeGraph") {
      out.edges = all("g[data-source]").map(({ dataset }) => ({ source: dataset.source, target: dataset.target, value: numberOf(dataset.value) }));
      out.nodes = all("g[data-node]").map(({ dataset }) => dataset.node);
    } else if (out.type === "alertlist") out.alerts = all(".alert-line").map(({ dataset }) => dataset.value);
    else if (out.type === "logs") out.lines = all(".log-line").map((line) => line.textContent);
    return out;
  });
}

export const panelsInSight = (page) => page.evaluate(collect);

const same = (a, b) => a === b || (Number.isNaN(a) && Number.isNaN(b));
const sameAll = (a, b) => a.length === b.length && a.every((value, i) => same(value, b[i]));
/** Of sums that may be made in another order. */
const close = (a, b) => same(a, b) || Math.abs(a - b) <= 1e-12 * Math.max(Math.abs(a), Math.abs(b));
const brief = (value) => JSON.stringify(value, (_, v) => (typeof v === "number" && !Number.isFinite(v) ? String(v) : v)).slice(0, 160);

function complain(panel, what) {
  throw new Error(`panel ${panel.id} "${panel.title}" (${panel.type}): ${what}`);
}

/** Every wanted one is found once among the shown, by name where the board gives one, and nothing else is shown. */
function pair(panel, shown, wanted, equal) {
  if (shown.length !== wanted.length) complain(panel, `${shown.length} shown, the API has ${wanted.length}`);
  const left = [...shown];
  for (const one of wanted) {
    const at = left.findIndex((other) => (one.name === undefined || String(one.name) === String(other.name)) && equal(other, one));
    if (at < 0) complain(panel, `the API has ${brief(one)}; of that name are shown ${brief(left.filter(({ name }) => one.name === undefined || String(name) === String(one.name)))}`);
    left.splice(at, 1);
  }
}

/** Data is there, not an error and not the absence of any. */
export function showsData(panel) {
  if (!panel.loaded) complain(panel, "is not loaded");
  if (panel.trouble !== "") complain(panel, `says ${panel.trouble}`);
  if (panel.nothing !== "") complain(panel, `has nothing to show: ${panel.nothing}`);
  const finite = (values) => values.some(Number.isFinite);
  const any = {
    stat: () => panel.values.length > 0 && panel.values.every(({ value }) => !Number.isNaN(value)),
    gauge: () => panel.values.length > 0 && panel.values.every(({ value }) => !Number.isNaN(value)),
    bargauge: () => finite(panel.values.map(({ value }) => value)),
    piechart: () => finite(panel.values.map(({ value }) => value)),
    timeseries: () => panel.rows.some(({ values }) => finite(values)),
    heatmap: () => panel.rows.some(({ values }) => finite(values)),
    "status-history": () => panel.rows.some(({ pieces }) => pieces.length > 0),
    table: () => panel.cells.some((cells) => finite(Object.values(cells).filter((value) => typeof value === "number"))),
    nodeGraph: () => panel.nodes.length > 0 && finite(panel.edges.map(({ value }) => value)),
    alertlist: () => panel.alerts.length > 0,
    logs: () => panel.lines.length > 0,
  }[panel.type];
  if (any === undefined) complain(panel, "a kind of panel that no test knows");
  if (!any()) complain(panel, `shows no number: ${brief(panel.values ?? panel.rows ?? panel.cells ?? panel.edges ?? [])}`);
}

/** `renamed`: the board shows series under other names than their queries give. */
export function agrees(panel, wanted, renamed) {
  const named = (list) => (renamed ? list.map((one) => ({ ...one, name: undefined })) : list);
  switch (panel.type) {
    case "stat":
    case "gauge":
    case "bargauge":
      pair(panel, panel.values, named(wanted.values), (a, b) => same(a.value, b.value));
      for (const spark of panel.sparks) if (!wanted.values.some(({ values }) => sameAll(values, spark))) complain(panel, `a sparkline is none of the API's series: ${brief(spark)}`);
      break;
    case "piechart": {
      pair(panel, panel.values, named(wanted.values), (a, b) => same(a.value, b.value));
      const parts = wanted.values.filter(({ value }) => value > 0);
      pair(panel, panel.slices, named(parts), (a, b) => same(a.value, b.value));
      const total = parts.reduce((sum, { value }) => sum + value, 0);
      for (const [value, share] of panel.legend) {
        const due = total === 0 ? 0 : Math.max(0, value) / total;
        if (!close(share, due)) complain(panel, `a share of ${share} instead of ${due}`);
      }
      break;
    }
    case "timeseries": {
      const seen = filled(panel);
      const due = filled(wanted);
      if (!sameAll(seen.times, due.times)) complain(panel, `times ${brief(seen.times)} instead of ${brief(due.times)}`);
      pair(panel, seen.rows, named(due.rows), (a, b) => sameAll(a.values, b.values));
      for (const { name, values } of panel.legend)
        for (const [calc, value] of Object.entries(values))
          if (!panel.rows.some((row) => row.name === name && close(REDUCED[calc](row.values), value))) complain(panel, `legend ${name}: ${calc} ${value}`);
      stacked(panel);
      break;
    }
    case "heatmap":
      if (!sameAll(panel.times, wanted.times)) complain(panel, `times ${brief(panel.times)} instead of ${brief(wanted.times)}`);
      pair(panel, panel.rows, wanted.rows, (a, b) => sameAll(a.values, b.values));
      break;
    case "status-history": {
      const pieces = wanted.rows.map(({ name, values }) => ({ name, points: values.flatMap((value, i) => (Number.isNaN(value) ? [] : [wanted.times[i], value])) }));
      pair(panel, panel.rows, pieces, (a, b) => sameAll(a.pieces.flatMap(({ from, value }) => [from, value]), b.points));
      break;
    }
    case "table": {
      const rowText = (row) => JSON.stringify(Object.entries(row).filter(([, value]) => value !== "" && !Number.isNaN(value)).sort(([a], [b]) => (a < b ? -1 : 1)));
      const all = wanted.rows.map(rowText);
      for (const row of panel.cells) if (!all.includes(rowText(row))) complain(panel, `a row ${rowText(row)}; the API has ${all.slice(0, 4).join(" ")}`);
      if (panel.whole && panel.cells.length !== all.length) complain(panel, `${panel.cells.length} rows instead of ${all.length}`);
      break;
    }
    case "nodeGraph":
      pair(panel, panel.edges, wanted.edges.map((row) => ({ name: undefined, source: row.source, target: row.target, value: row.mainstat ?? NaN })), (a, b) => a.source === b.source && a.target === b.target && same(a.value, b.value));
      break;
    default:
      complain(panel, "a kind of panel that no test compares");
  }
}

// A pause that a graph has between its lines is no time of the answer.
function filled({ times, rows }) {
  const kept = times.flatMap((_, i) => (rows.some(({ values }) => !Number.isNaN(values[i])) ? [i] : []));
  return { times: kept.map((i) => times[i]), rows: rows.map((row) => ({ ...row, values: kept.map((i) => row.values[i]) })) };
}

// What is drawn is the value, or with stacking the sum of it and of all drawn before it.
function stacked(panel) {
  const below = panel.times.map(() => 0);
  const heaps = panel.rows.some(({ values, heights }) => !sameAll(values, heights));
  for (const { name, values, heights } of panel.rows) {
    if (heights.length === 0) continue;
    values.forEach((value, i) => {
      below[i] = (heaps ? below[i] : 0) + (Number.isNaN(value) ? 0 : value);
      if (!Number.isNaN(heights[i]) && !close(heights[i], heaps ? below[i] : value)) complain(panel, `${name} is drawn at ${heights[i]} instead of ${below[i]}`);
    });
  }
}
