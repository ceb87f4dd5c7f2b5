import { expect, it } from "vitest";
import { addressNow } from "./old_addresses";

it.each([
  ["/d/abc/a-name", "from=1&to=2&viewPanel=panel-4", "/dashboards/abc?from=1&to=2&panel=4"],
  ["/d-solo/abc", "panelId=3", "/dashboards/abc?panel=3&kiosk="],
  ["/graph", "g0.expr=up+%3E+1&g0.tab=1&g0.range_input=2h&g1.expr=x", "/explore?q=up+%3E+1&q=x&show=table&from=now-2h&to=now"],
  ["/graph", "", "/explore"],
  ["/dashboards/f/f1/a-name", "", "/dashboards?folder=f1"],
  ["/dashboards/f/general", "", "/dashboards"],
])("%s?%s", (path, search, expected) => expect(addressNow(path, search)).toBe(expected));
