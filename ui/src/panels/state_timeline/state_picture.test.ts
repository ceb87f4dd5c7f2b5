import { expect, it } from "vitest";
import { bucketsPanel } from "../test_panels";
import { preparedFrames } from "../../dashboard/data/panel_frames";
import { statePicture } from "./state_picture";

const pictureWith = (options: object, type = "state-timeline") => {
  const panel = bucketsPanel.panelOf({ type, options });
  const data = bucketsPanel.dataOf([{ metric: { x: "a" }, values: [1, 1, 0, 0] }]);
  return statePicture(panel, preparedFrames(panel, data).frames, data, 400, 200);
};

it("joins equal neighbours, unless the board wants each value by itself", () => {
  expect([{}, { mergeValues: true }, { mergeValues: false }].map((options) => pictureWith(options).rows[0]!.pieces.length)).toEqual([2, 2, 4]);
  expect(pictureWith({ mergeValues: true }, "status-history").rows[0]!.pieces.length).toBe(4);
});
it("has no legend where the board wants none", () => {
  expect([{}, { showLegend: true }, { showLegend: false }, { displayMode: "hidden" }].map((legend) => pictureWith({ legend }).legend)).toEqual([true, true, false, false]);
});
