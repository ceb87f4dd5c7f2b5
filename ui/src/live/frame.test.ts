import { describe, expect, it } from "vitest";
import { Frame } from "./frame";

const values = (frame: Frame) => frame.series().map(({ values }) => [...values]);

describe("Frame", () => {
  it("keeps the newest points of its range and forgets the oldest", () => {
    const frame = new Frame(1, 4);
    frame.reset(100, [[7, { a: "1" }, [1, 2, 3]]], 3);
    for (let t = 103; t < 400; t++) frame.tick(t, [7], [t], []);
    expect([...frame.times()]).toEqual([395, 396, 397, 398, 399]);
    expect(values(frame)).toEqual([[395, 396, 397, 398, 399]]);
  });
  it("has NaN where a series has no sample", () => {
    const frame = new Frame(1, 3);
    frame.reset(1, [[0, {}, [1]], [1, {}, [2]]], 1);
    frame.tick(2, [1], [5], []);
    expect(values(frame)).toEqual([[1, NaN], [2, 5]]);
  });
  it("takes series that appear later, and drops those of which nothing is left", () => {
    const frame = new Frame(1, 2);
    frame.reset(1, [[0, { old: "1" }, [1]]], 1);
    frame.tick(2, [4], [9], [[4, { fresh: "1" }]]);
    expect(frame.series().map(({ metric }) => metric)).toEqual([{ old: "1" }, { fresh: "1" }]);
    for (let t = 3; t < 200; t++) frame.tick(t, [4], [t], []);
    expect(frame.series().map(({ metric }) => metric)).toEqual([{ fresh: "1" }]);
  });
  it("keeps what the server names for as long as it does, be it without a number or the only point of its frame", () => {
    for (const range of [0, 5, 60]) {
      const frame = new Frame(5, range);
      frame.reset(0, [[0, { a: "1" }, [2]], [1, { b: "1" }, [NaN]]], 1);
      for (let t = 5; t < 5 * 500; t += 5) frame.tick(t, [0, 1], [2, NaN], []);
      expect(frame.series().map(({ metric, values }) => [metric, values[values.length - 1]])).toEqual([[{ a: "1" }, 2], [{ b: "1" }, NaN]]);
      for (let t = 5 * 500; t < 5 * 700; t += 5) frame.tick(t, [0], [2], []);
      expect(frame.series()).toHaveLength(1);
    }
  });
  it("forgets nothing because the stream stood still", () => {
    for (let pause = 1; pause < 140; pause++) {
      const frame = new Frame(5, 0);
      frame.reset(0, [[0, {}, [2]]], 1);
      for (let i = 1; i < 300; i++) frame.tick(i * 5 + (i >= pause ? 3600 : 0), [0], [2], []);
      expect(values(frame)).toEqual([[2]]);
    }
  });
  it("overwrites the newest point and leaves out what is older", () => {
    const frame = new Frame(1, 2);
    frame.reset(10, [[0, {}, [1]]], 1);
    frame.tick(10, [0], [2], []);
    frame.tick(9, [0], [3], []);
    expect([...frame.times()]).toEqual([10]);
    expect(values(frame)).toEqual([[2]]);
  });
  it("a snapshot makes an equal frame", () => {
    const frame = new Frame(2, 10);
    frame.reset(100, [[3, { x: "y" }, [1, NaN, 3]]], 3);
    frame.tick(106, [3], [4], []);
    const { start, count, series } = frame.snapshot();
    const copy = new Frame(2, 10);
    copy.reset(start, series, count);
    expect([...copy.times()]).toEqual([...frame.times()]);
    expect(values(copy)).toEqual(values(frame));
  });
});

it("keeps native histograms beside the numbers, and moves them with the times", () => {
  const frame = new Frame(1, 3);
  const h = (count: number) => ({ count: String(count) });
  frame.reset(10, [[0, {}, [NaN, NaN]], [1, { n: "1" }, [1, 2]]], 2, [[0, [h(10), null]]]);
  const counts = () => frame.series().map(({ histograms }) => histograms?.map((one) => (one as { count: string } | null)?.count ?? ""));
  expect(counts()).toEqual([["10", ""], undefined]);
  for (let t = 12; t < 200; t++) frame.tick(t, [0, 1], [NaN, t], [], [[0, h(t)]]);
  expect(counts()).toEqual([["196", "197", "198", "199"], undefined]);
  const { start, count, series, histograms } = frame.snapshot();
  const copy = new Frame(1, 3);
  copy.reset(start, series, count, histograms);
  expect(copy.series()[0]!.histograms).toEqual(frame.series()[0]!.histograms);
});
