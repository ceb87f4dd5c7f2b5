import { expect, it } from "vitest";
import { takeover, takeoverFacts, type TakeoverFacts } from "./takeover";

const ready: TakeoverFacts = { region: "eu", health: 92, answers: 1, lag: 0.2, sync: 0.7, syncFrom: "us", quorum: 1, cpu: 66 };

it("a region that has everything it needs can take over", () => expect(takeover(ready)).toEqual({ answer: "yes", because: [] }));
it.each([
  [{ answers: 0 }, "no", ["answers"]],
  [{ health: 55 }, "no", ["health"]],
  [{ health: 74 }, "tight", ["health"]],
  [{ lag: 5.1 }, "no", ["lag"]],
  [{ lag: 3 }, "tight", ["lag"]],
  [{ sync: 5.12 }, "no", ["sync"]],
  [{ quorum: 0.9 }, "no", ["quorum"]],
  [{ cpu: 96 }, "no", ["cpu"]],
  [{ cpu: 90 }, "tight", ["cpu"]],
  [{ lag: 40, cpu: 99, health: 74 }, "no", ["lag", "cpu"]],
])("%o: %s because of %s", (facts, answer, because) => expect(takeover({ ...ready, ...facts })).toEqual({ answer, because }));
it("what is not measured never counts as ready, and what is known to forbid it comes first", () => {
  expect(takeover({ ...ready, lag: NaN })).toEqual({ answer: "unknown", because: ["lag"] });
  expect(takeover({ ...ready, lag: NaN, cpu: 90 })).toEqual({ answer: "unknown", because: ["lag"] });
  expect(takeover({ ...ready, lag: NaN, answers: 0 })).toEqual({ answer: "no", because: ["answers"] });
});

it("facts are put together by region; the slowest way in counts", () => {
  const row = (metric: Record<string, string>, value: number) => ({ metric, values: [NaN, value] });
  const [eu, us] = takeoverFacts([{ region: "eu", score: 90 }, { region: "us", score: 80 }], {
    answers: [row({ backend: "eu" }, 1)],
    lag: [row({ region: "eu" }, 0.3), row({}, 2)],
    sync: [row({ cluster: "us", remote_cluster: "eu" }, 0.4), row({ cluster: "ap", remote_cluster: "eu" }, 0.9), row({ cluster: "sa", remote_cluster: "eu" }, NaN)],
    quorum: [row({}, 1)],
    cpu: [row({ region: "eu" }, 60)],
  });
  expect(eu).toEqual({ region: "eu", health: 90, answers: 1, lag: 0.3, sync: 0.9, syncFrom: "ap", quorum: 1, cpu: 60 });
  expect(us).toMatchObject({ answers: NaN, lag: 2, sync: NaN, syncFrom: "", cpu: NaN });
});
