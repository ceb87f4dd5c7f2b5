import { expect, it } from "vitest";
import { asymmetry, linkKey, linksOf, linkTone, linkTrouble } from "./links";
import { placeLabels } from "./map";
import { placeOf } from "./places";

const row = (source: string, destination: string, value: number) => ({ metric: { source, destination }, values: [value] });
const none = { latency: [], loss: [], jitter: [], utilization: [], capacity: [], tunnel: [], sync: [] };

it("a link is put together from what is measured of it", () => {
  const links = linksOf({ ...none, latency: [row("a", "b", 0.08), row("b", "a", 0.04)], loss: [row("a", "b", 0.002)], tunnel: [{ metric: { source: "a" }, values: [1] }] });
  expect([...links.keys()]).toEqual([linkKey("a", "b"), linkKey("b", "a")]);
  expect(links.get(linkKey("a", "b"))).toMatchObject({ latency: 0.08, loss: 0.002, jitter: NaN });
  expect(asymmetry(links.get(linkKey("a", "b"))!, links)).toBe(1);
});
it.each([
  [{ loss: 0.06 }, "critical"],
  [{ loss: 0.02 }, "warning"],
  [{ tunnel: 0, loss: 0 }, "critical"],
  [{ utilization: 0.9 }, "warning"],
  [{ loss: 0, latency: 0.1 }, "ok"],
  [{}, "unknown"],
])("%o is %s", (facts, tone) => {
  const link = { source: "a", destination: "b", latency: NaN, loss: NaN, jitter: NaN, utilization: NaN, capacity: NaN, tunnel: NaN, sync: NaN, ...facts };
  expect(linkTone(link, new Map([[linkKey("a", "b"), link]]))).toBe(tone);
});
it.each([
  [{ tunnel: 0, loss: 1 }, "cut"],
  [{ loss: 0.02, utilization: 0.99 }, "loss"],
  [{ utilization: 0.9 }, "full"],
  [{ loss: 0.001 }, undefined],
])("what is wrong with %o is %s", (facts, trouble) => {
  const link = { source: "a", destination: "b", latency: NaN, loss: NaN, jitter: NaN, utilization: NaN, capacity: NaN, tunnel: NaN, sync: NaN, ...facts };
  expect(linkTrouble(link, new Map([[linkKey("a", "b"), link]]))).toBe(trouble);
});
it("a way that takes much longer than the way back is in trouble, and only that way", () => {
  const links = linksOf({ ...none, latency: [row("a", "b", 0.08), row("b", "a", 0.04)] });
  expect([...links.values()].map((link) => linkTone(link, links))).toEqual(["warning", "ok"]);
});
it("regions are found with and without what clouds put behind their names", () => {
  expect(placeOf("us-east-1")).toEqual(placeOf("us-east"));
  expect(placeOf("EU_WEST-2a")).toEqual(placeOf("eu-west"));
  expect(placeOf("moon-base")).toBeUndefined();
});

it("labels of places that lie close together do not cover each other", () => {
  const places = [{ x: 300, y: 100, text: "eu-west 96" }, { x: 320, y: 104, text: "eu-central 96" }, { x: 600, y: 200, text: "far 1" }];
  const [a, b, c] = placeLabels(places);
  expect([a!.anchor, b!.anchor, c!.anchor]).toEqual(["end", "start", "start"]);
});
