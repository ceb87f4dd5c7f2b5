// Addresses that others write: Prometheus' graph page (links inside alerts) and Grafana's boards.

export function addressNow(path: string, search: string): string {
  const given = new URLSearchParams(search);
  const folder = /^\/dashboards\/f\/([^/]+)/.exec(path)?.[1];
  if (folder !== undefined) return folder === "general" ? "/dashboards" : `/dashboards?folder=${folder}`;
  const board = /^\/d(-solo)?\/([^/]+)/.exec(path);
  if (board) {
    const panel = given.get("viewPanel") ?? given.get("panelId");
    given.delete("viewPanel");
    given.delete("panelId");
    if (panel !== null) given.set("panel", panel.replace(/^panel-/, ""));
    if (board[1] !== undefined) given.set("kiosk", "");
    const text = given.toString();
    return `/dashboards/${board[2]}${text === "" ? "" : `?${text}`}`;
  }
  const out = new URLSearchParams();
  for (let i = 0; given.has(`g${i}.expr`); i++) out.append("q", given.get(`g${i}.expr`)!);
  if (given.get("g0.tab") === "1") out.set("show", "table");
  const range = given.get("g0.range_input");
  const end = given.get("g0.end_input");
  if (range !== null && /^\d+[smhdwy]$/.test(range) && end === null) Object.entries({ from: `now-${range}`, to: "now" }).forEach(([name, value]) => out.set(name, value));
  const text = out.toString();
  return `/explore${text === "" ? "" : `?${text}`}`;
}
