import { renderToStaticMarkup } from "react-dom/server";
import { expect, it } from "vitest";
import { Name } from "./cardinality";

it("a long name breaks between its words", () => {
  expect(renderToStaticMarkup(<Name text="http_request_seconds:sum" />)).toBe("http_<wbr/>request_<wbr/>seconds:<wbr/>sum");
  expect(renderToStaticMarkup(<Name text="instance=10.0.0.1:90" />)).toBe("instance=<wbr/>10.<wbr/>0.<wbr/>0.<wbr/>1:<wbr/>90");
  expect(renderToStaticMarkup(<Name text="__name__" />)).toBe("__<wbr/>name__");
});
