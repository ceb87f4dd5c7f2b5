// What the panels of a board must show, worked out from the board's JSON and answers of the HTTP API alone. Nothing of
// the application's code is used: two ways to the same numbers.
// Known here is what the boards of the pack use: variables with All or one value, range and instant targets, the
// transformations merge, organize, sortBy and reduce (last value). Anything else is an error, not a pass.

export const panelsOf = (board) => board.panels.flatMap((panel) => [panel, ...(panel.panels ?? [])]).filter(({ type }) => type !== "row");

/** What `$name` stands for when a board is opened without choices. */
export async function variablesOf(board, { from, to }, api) {
  const out = new Map();
  for (const { name, type, query, current, includeAll, allValue } of board.templating.list) {
    if (type === "datasource") continue;
    if (type === "interval") out.set(name, current.value);
    else if (type === "query" && includeAll) out.set(name, allValue);
    else if (type === "query") {
      const [, metric, label] = /^label_values\((.+), (\w+)\)$/.exec(query.query) ?? fail(`variable ${name}: ${query.query}`);
      const response = await api(`label/${label}/values?${new URLSearchParams({ "match[]": metric, start: from, end: to })}`);
      out.set(name, response.sort()[0]);
    } else fail(`variable ${name} of type ${type}`);
  }
  return out;
}

function fail(what) {
  throw new Error(`the oracle does not know this: ${what}`);
}
export const number = (text) => (text === "+Inf" ? Infinity : text === "-Inf" ? -Infinity : Number(text));

function filledIn(expr, variables, { from, to }, step) {
  const names = new Map([...variables, ["__rate_interval", `${Math.max(step + 15, 60)}s`], ["__range", `${Math.round(to - from)}s`], ["__interval", `${step}s`]]);
  return expr.replace(/\$(?:\{([a-zA-Z_]\w*)\}|([a-zA-Z_]\w*))/g, (_, braced, plain) => names.get(braced ?? plain) ?? fail(`$${braced ?? plain} in ${expr}`));
}

/** The name a legend gives a series; undefined where the board leaves it to the application. */
function nameOf(legend, labels) {
  if (legend === undefined || legend === "" || legend === "__auto") return undefined;
  return legend.replace(/\{\{\s*(.+?)\s*\}\}/g, (_, name) => labels[name] ?? "");
}

/** One entry per target: {refId, kind, table, times, series: [{labels, name, values}]} over the target's own times. */
async function answersOf(panel, step, context) {
  const { api, interval, variables } = context;
  return Promise.all(
    (panel.targets ?? []).map(async ({ refId, expr, legendFormat, instant, format }) => {
      const query = filledIn(expr, variables, interval, step);
      if (instant) {
        const { result } = await api("query", { query, time: interval.to });
        return { refId, kind: "instant", table: format === "table", times: [interval.to], series: result.map(({ metric, value }) => ({ labels: metric, name: nameOf(legendFormat, metric), values: [number(value[1])] })) };
      }
      const start = Math.floor(interval.from / step) * step;
      const end = Math.floor(interval.to / step) * step;
      const { result } = await api("query_range", { query, start, end, step });
      const times = [...new Set(result.flatMap(({ values }) => values.map(([time]) => time)))].sort((a, b) => a - b);
      return { refId, kind: "range", table: false, times, series: result.map(({ metric, values }) => ({ labels: metric, name: nameOf(legendFormat, metric), values: spread(values, times) })) };
    }),
  );
}

function spread(points, times) {
  const known = new Map(points);
  return times.map((time) => (known.has(time) ? number(known.get(time)) : NaN));
}

const last = (values) => values.findLast((value) => !Number.isNaN(value)) ?? NaN;
export const REDUCED = {
  lastNotNull: last,
  max: (values) => reduceNumbers(values, (a, b) => (b > a ? b : a)),
  min: (values) => reduceNumbers(values, (a, b) => (b < a ? b : a)),
  mean: (values) => reduceNumbers(values, (a, b) => a + b) / values.filter((value) => !Number.isNaN(value)).length,
};
function reduceNumbers(values, fold) {
  const numbers = values.filter((value) => !Number.isNaN(value));
  return numbers.length === 0 ? NaN : numbers.reduce(fold);
}

/** Series of all targets over one row of times. */
function joined(answers) {
  const times = [...new Set(answers.flatMap((answer) => answer.times))].sort((a, b) => a - b);
  return {
    times,
    rows: answers.flatMap((answer) => {
      const at = new Map(answer.times.map((time, i) => [time, i]));
      return answer.series.map(({ name, values }) => ({ name, values: times.map((time) => (at.has(time) ? values[at.get(time)] : NaN)) }));
    }),
  };
}

// Buckets count what is below their bound; a cell is what lies between two bounds.
function buckets({ times, series }) {
  const sorted = series.map(({ labels, values }) => ({ upper: number(labels.le), values })).sort((a, b) => a.upper - b.upper);
  return {
    times,
    rows: sorted.map(({ upper, values }, r) => ({ name: upper, values: values.map((value, i) => (r === 0 || Number.isNaN(sorted[r - 1].values[i]) ? value : Math.max(0, value - sorted[r - 1].values[i]))) })),
  };
}

function tableOf(panel, answers) {
  const several = answers.length > 1;
  let tables = answers.map(({ refId, times, series, table }) =>
    table
      ? series.map(({ labels, values }) => ({ Time: times[0] * 1000, ...labels, [several ? `Value #${refId}` : "Value"]: values[0] }))
      : series.map(({ name, values }) => ({ Time: times[0] * 1000, [name ?? fail(`${panel.title}: a series without a name`)]: values[0] })),
  );
  for (const { id, options } of panel.transformations ?? []) {
    if (id === "merge") tables = [merged(tables)];
    else if (id === "organize")
      tables = tables.map((rows) =>
        rows.map((row) =>
          Object.fromEntries(Object.entries(row).filter(([name]) => !options.excludeByName[name]).map(([name, value]) => [options.renameByName[name] ?? name, value])),
        ),
      );
    else if (id === "sortBy") tables = tables.map((rows) => sorted(rows, options.sort[0]));
    else if (id === "reduce" && options.mode === "seriesToRows" && options.reducers.join() === "lastNotNull")
      tables = [tables.flatMap((rows) => rows.map(({ Time: _, ...row }) => ({ Field: Object.keys(row)[0], "Last *": Object.values(row)[0] })))];
    else fail(`${panel.title}: transformation ${id}`);
  }
  return tables[0];
}

// Rows of several tables that agree in every column they share become one.
function merged(tables) {
  const out = [];
  for (const rows of tables)
    for (const row of rows) {
      const twin = out.find((other) => Object.keys(row).every((name) => !(name in other) || other[name] === row[name]));
      if (twin) Object.assign(twin, row);
      else out.push({ ...row });
    }
  return out;
}
function sorted(rows, { field, desc }) {
  const way = desc ? -1 : 1;
  return [...rows].sort((a, b) => way * (typeof a[field] === "number" ? a[field] - b[field] : String(a[field]).localeCompare(String(b[field]))));
}

/** What `panel` must show when its range targets were asked with `step` seconds. */
export async function expected(panel, step, context) {
  const answers = await answersOf(panel, step, context);
  const shown = () => answers.flatMap(({ times, series }) => series.map(({ name, values }) => ({ name, value: last(values), values, times })));
  switch (panel.type) {
    case "stat":
    case "gauge":
    case "bargauge":
      return { values: shown() };
    case "piechart":
      return { values: shown().filter(({ value }) => Number.isFinite(value)) };
    case "timeseries":
      return joined(answers);
    case "status-history":
      return joined(answers);
    case "heatmap":
      return answers[0].series.every(({ labels }) => labels.le !== undefined) ? buckets(answers[0]) : joined(answers);
    case "table":
      return { rows: tableOf(panel, answers) };
    case "nodeGraph":
      return { edges: tableOf(panel, answers) };
    default:
      return fail(`panels of type ${panel.type}`);
  }
}
