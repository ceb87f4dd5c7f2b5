// Trend: a graph over a column of numbers instead of time.
import { useMemo } from "react";
import type { Panel } from "../../dashboard/model/board";
import type { PanelData } from "../../dashboard/data/panel_source";
import { catalogue } from "../../text/catalogue";
import { NO_MARKS } from "../marks/mark_list";
import type { BoardView, PanelViewProps } from "../panel_view";
import { PictureMaker, type Picture } from "../timeseries/picture";
import { Graph, useMaker } from "../timeseries/timeseries";
import { overOf } from "./over_column";

const t = catalogue(
  { noNumbers: "A trend needs two columns of numbers in one table: one to draw, and one to draw it over.", noColumn: "There is no column of numbers that is called \"{name}\"." },
  { de: { noNumbers: "Ein Trend braucht zwei Spalten mit Zahlen in einer Tabelle: eine, die er zeichnet, und eine, über der er sie zeichnet.", noColumn: "Es gibt keine Spalte mit Zahlen, die „{name}“ heißt." } },
);

export default function Trend(props: PanelViewProps) {
  const board = useMemo(() => timeless(props.board), [props.board]);
  return <Graph {...props} board={board} make={useMaker(() => new TrendMaker())} />;
}

class TrendMaker {
  private readonly lines = new PictureMaker();

  make(panel: Panel, data: PanelData): Picture {
    const over = overOf(panel, data);
    if (over !== undefined && !("problem" in over)) return this.lines.make(panel, data, over);
    const problem = over === undefined ? {} : { problem: over.problem === "noColumn" ? t("noColumn", { name: over.name }) : t("noNumbers") };
    return { times: new Float64Array(0), series: [], axes: [], shape: data.shape, errors: [], ...problem };
  }
}

// Marks, the shared cursor and zooming are of times.
function timeless({ uid, interval, range, zone, theme, compare }: BoardView): BoardView {
  return { uid, interval, range, zone, theme, compare, marks: NO_MARKS, sync: "" };
}
