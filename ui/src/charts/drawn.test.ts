import { expect, it } from "vitest";
import { fitCanvas } from "./drawn";

it("a canvas is given a size only when it has another", () => {
  const set: string[] = [];
  const size = { width: 300, height: 150 };
  const canvas = {
    get width() { return size.width; },
    set width(to) { set.push(`w${to}`); size.width = to; },
    get height() { return size.height; },
    set height(to) { set.push(`h${to}`); size.height = to; },
  } as HTMLCanvasElement;
  for (const [width, height] of [[400, 150], [400, 150], [400, 90], [400, 90]] as const) fitCanvas(canvas, width, height);
  expect(set).toEqual(["w400", "h90"]);
});
