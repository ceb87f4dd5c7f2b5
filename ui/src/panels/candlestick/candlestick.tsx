// Candlesticks: what a value was at the start, the end and in between of each step, and how much of it there was.
import type { Panel } from "../../dashboard/model/board";
import type { PanelData } from "../../dashboard/data/panel_source";
import { catalogue } from "../../text/catalogue";
import type { PanelViewProps } from "../panel_view";
import { PictureMaker, type Picture } from "../timeseries/picture";
import { Graph, useMaker } from "../timeseries/timeseries";
import { candlePicture, modeOf } from "./candle_model";

const t = catalogue(
  { nextOpen: "Next open", previousClose: "Previous close", noVolume: "There is no series or column of volumes: one called \"volume\", or the one that the panel names." },
  { de: { nextOpen: "Nächster Anfang", previousClose: "Letzter Schluss", noVolume: "Es gibt keine Reihe oder Spalte mit Mengen: eine, die „volume“ heißt, oder die, die das Feld nennt." } },
);

export default function Candlestick(props: PanelViewProps) {
  return <Graph {...props} order="none" make={useMaker(() => new CandleMaker())} />;
}

class CandleMaker {
  private readonly lines = new PictureMaker();

  make(panel: Panel, data: PanelData): Picture {
    const picture = candlePicture(this.lines.make(panel, data), panel.options, { nextOpen: t("nextOpen"), previousClose: t("previousClose") });
    const lacks = modeOf(panel.options) === "volume" && picture.series.length > 0 && picture.series.every(({ hidden }) => hidden.viz);
    return lacks ? { ...picture, series: [], problem: t("noVolume") } : picture;
  }
}
