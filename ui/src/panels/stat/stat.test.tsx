import { renderToStaticMarkup } from "react-dom/server";
import { expect, it } from "vitest";
import { PanelSource } from "../../dashboard/data/panel_source";
import { makeScope } from "../../dashboard/model/scope";
import { NO_MARKS } from "../marks/mark_list";
import type { BoardView } from "../panel_view";
import { bucketsPanel } from "../test_panels";
import Stat from "./stat";

const board = { uid: "b", interval: { from: 0, to: 40 }, zone: "utc", theme: "dark", marks: NO_MARKS, sync: "s", compare: 0 } as unknown as BoardView;
const shown = (options: object, nodes: string[]) => {
  const panel = { id: 1, type: "stat", title: "S", gridPos: { x: 0, y: 0, w: 4, h: 4 }, targets: [], options, fieldConfig: { defaults: {}, overrides: [] }, transformations: [] };
  const data = bucketsPanel.dataOf(nodes.map((node) => ({ metric: { node }, values: [1, 2] })));
  return renderToStaticMarkup(<Stat panel={panel as never} source={new PanelSource()} data={data} board={board} scope={makeScope([])} width={300} height={100} />);
};

it("a number without a name stands in the middle; below names, numbers begin where these do", () => {
  expect([shown({}, ["a"]), shown({ textMode: "value" }, ["a", "b"]), shown({}, ["a", "b"]), shown({ justifyMode: "center" }, ["a", "b"])].map((html) => html.includes("centred"))).toEqual([true, true, false, true]);
});
