import { renderToString } from "react-dom/server";
import { expect, it } from "vitest";
import { LeftOut } from "./parts";

it("a list that ends before all of it is shown says so, and one that is whole says nothing", () => {
  expect(renderToString(<LeftOut shown={400} all={1401} />)).toContain("The first 400 of 1\u202f401 are shown.");
  expect(renderToString(<LeftOut shown={400} all={400} />)).toBe("");
});
