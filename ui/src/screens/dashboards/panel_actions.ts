// What the menu of each panel offers.
import { at } from "../../base";
import { toast } from "../../parts/toast";
import { setSearch } from "../../time/use_time";
import { nextPanelId, type Board, type Panel } from "../../dashboard/model/board";
import { interpolate } from "../../dashboard/model/interpolate";
import { bottomPlace } from "../../dashboard/model/layout";
import type { Scope } from "../../dashboard/model/scope";
import { filledPanel } from "../../dashboard/model/filled_panel";
import { download, fileName, panelCsv, panelJson } from "../../dashboard/export/panel_data";
import { panelPng, panelSvg } from "../../dashboard/export/panel_picture";
import type { PanelSource } from "../../dashboard/data/panel_source";
import type { PanelAction } from "../../dashboard/view/panel_frame";
import { t } from "../../dashboard/view/messages";
import { ruleLabels } from "./rule_labels";

const titleOf = (panel: Panel, scope: Scope) => interpolate(panel.title, scope, "title");

export interface PanelActionsInput {
  board: Board;
  alone: boolean;
  go: (path: string) => void;
  setBoard: (board: Board) => void;
  onMark?: (panel: Panel) => void;
}

export function panelActions({ board, alone, go, setBoard, onMark }: PanelActionsInput): (PanelAction | "line")[] {
  const exprOf = (source: PanelSource, panel: Panel) => {
    const asked = source.questions().map(({ expr }) => expr);
    return asked.length > 0 ? asked : panel.targets.flatMap(({ expr }) => (expr === undefined ? [] : [expr]));
  };
  const back = () => `${location.pathname}${location.search}`;
  const carry = () => {
    const kept = new URLSearchParams();
    for (const [name, value] of new URLSearchParams(location.search)) if (["from", "to", "tz", "refresh", "compare"].includes(name)) kept.set(name, value);
    return kept;
  };
  return [
    alone
      ? { id: "back", name: t("back"), run: () => setSearch({ panel: undefined, viewPanel: undefined }) }
      : { id: "view", name: t("view"), run: (panel) => setSearch({ panel: String(panel.id) }) },
    { id: "edit", name: t("edit"), run: (panel) => setSearch({ editPanel: String(panel.id), panel: undefined }) },
    {
      id: "explore",
      name: t("explore"),
      run: (panel, _element, source) => {
        const search = carry();
        for (const expr of exprOf(source, panel)) search.append("q", expr);
        search.set("back", back());
        go(`/explore?${search}`);
      },
    },
    {
      id: "alert",
      name: t("alert"),
      run: (panel, _element, source, scope) => {
        const search = carry();
        search.append("q", exprOf(source, panel)[0] ?? "");
        search.set("rule", titleOf(panel, scope));
        for (const [name, value] of ruleLabels(panel, scope)) search.append("label", `${name}=${value}`);
        search.set("back", back());
        go(`/explore?${search}`);
      },
    },
    ...(onMark ? [{ id: "mark", name: t("markAdd"), run: onMark }] : []),
    "line",
    { id: "csv", name: t("csv"), run: (panel, _e, source, scope) => download(fileName(titleOf(panel, scope), "csv"), panelCsv(filledPanel(panel, scope), source.data), "text/csv") },
    { id: "json", name: t("json"), run: (panel, _e, source, scope) => download(fileName(titleOf(panel, scope), "json"), panelJson({ ...filledPanel(panel, scope), title: titleOf(panel, scope) }, source.data), "application/json") },
    { id: "svg", name: t("svg"), run: (panel, element, _source, scope) => element !== null && download(fileName(titleOf(panel, scope), "svg"), panelSvg(element), "image/svg+xml") },
    {
      id: "png",
      name: t("png"),
      run: (panel, element, _source, scope) => {
        if (element === null) return;
        panelPng(element).then((blob) => download(fileName(titleOf(panel, scope), "png"), blob), (error: unknown) => toast(String(error), "critical"));
      },
    },
    {
      id: "embed",
      name: t("embed"),
      run: (panel) => {
        const search = new URLSearchParams(location.search);
        search.set("panel", String(panel.id));
        search.set("kiosk", "");
        const url = `${location.origin}${at(`dashboards/${encodeURIComponent(board.uid)}`)}?${search}`;
        if (navigator.clipboard) void navigator.clipboard.writeText(url).then(() => toast(t("copied"), "ok"));
        else window.prompt(t("embed"), url);
      },
    },
    "line",
    {
      id: "duplicate",
      name: t("duplicate"),
      run: (panel) => {
        const copy = structuredClone(board.panels.find((p) => p.id === panel.id) ?? panel);
        const { w, h } = copy.gridPos;
        setBoard({ ...board, panels: [...board.panels, { ...copy, id: nextPanelId(board), gridPos: bottomPlace(board.panels, w, h) }] });
      },
    },
    { id: "remove", name: t("remove"), run: (panel) => setBoard({ ...board, panels: withoutPanel(board.panels, panel.id) }) },
  ];
}

function withoutPanel(panels: readonly Panel[], id: number): Panel[] {
  return panels.filter((p) => p.id !== id).map((p) => (p.panels === undefined ? p : { ...p, panels: withoutPanel(p.panels, id) }));
}
