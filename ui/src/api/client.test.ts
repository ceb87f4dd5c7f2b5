import { afterEach, describe, expect, it, vi } from "vitest";
import { ApiError, ask, askPlain, encodeParameters, reachability, SLOW_MS } from "./client";
import { instant, number, quote, rangeQuery, seriesName } from "./prometheus";
import { matcherText } from "./alerts";

const answers = (text: string, status = 200) => {
  const fetched = vi.fn(async (_url: string, _init?: RequestInit) => new Response(text, { status }));
  vi.stubGlobal("fetch", fetched);
  return fetched;
};
const failure = async (promise: Promise<unknown>) =>
  promise.then(
    () => {
      throw new Error("it worked");
    },
    (error: ApiError) => error,
  );
afterEach(() => vi.unstubAllGlobals());

describe("asking", () => {
  it("unwraps the envelope and says what the server said", async () => {
    answers('{"status":"success","data":[1]}');
    expect(await ask("x")).toEqual([1]);
    answers('{"status":"error","errorType":"bad_data","error":"1:3: parse error"}', 400);
    expect(await failure(ask("x"))).toMatchObject({ message: "1:3: parse error", kind: "refused", status: 400, errorType: "bad_data" });
  });
  it("a page of a proxy is said in a line, without its tags", async () => {
    answers(`<html><body><h1>502 Bad\nGateway</h1>${"x".repeat(2000)}</body></html>`, 502);
    const error = await failure(ask("x"));
    expect(error.message).toMatch(/^502 Bad Gateway x+…$/);
    expect(error.message.length).toBeLessThan(420);
  });
  it("a 200 that is no JSON is an error", async () => {
    answers("hello");
    expect(await failure(ask("x"))).toMatchObject({ kind: "unreadable" });
  });
  it("no answer is told apart from a refusal, and is over with the next answer", async () => {
    vi.stubGlobal("fetch", async () => Promise.reject(new TypeError("Failed to fetch")));
    expect(await failure(ask("x"))).toMatchObject({ kind: "offline", message: "the server does not answer" });
    expect(reachability.get()).toBe("no");
    answers('{"status":"success"}');
    await ask("x");
    expect(reachability.get()).toBe("yes");
  });
  it("a server that hangs is told, a long question beside others that are answered is not", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
    const answer: (() => void)[] = [];
    vi.stubGlobal("fetch", async (url: string) => {
      if (/slow/.test(url)) await new Promise<void>((done) => answer.push(done));
      return new Response('{"status":"success"}');
    });
    const long = ask("slow");
    await vi.advanceTimersByTimeAsync(7000);
    await ask("quick");
    await vi.advanceTimersByTimeAsync(7000);
    expect(reachability.get()).toBe("yes");
    await vi.advanceTimersByTimeAsync(SLOW_MS);
    expect(reachability.get()).toBe("slow");
    await ask("quick");
    expect(reachability.get()).toBe("yes");
    await vi.advanceTimersByTimeAsync(SLOW_MS + 2);
    expect(reachability.get()).toBe("slow");
    answer[0]!();
    await long;
    expect(reachability.get()).toBe("yes");
    vi.useRealTimers();
  });
  it("an abort is no failure of the server", async () => {
    vi.stubGlobal("fetch", async () => Promise.reject(new DOMException("aborted", "AbortError")));
    await expect(ask("x")).rejects.toMatchObject({ name: "AbortError" });
    expect(reachability.get()).toBe("yes");
  });
  it("plain errors are texts, JSON texts or objects with a message", async () => {
    for (const [text, said] of [['"bad matcher"', "bad matcher"], ['{"message":"stale version"}', "stale version"], ["plain", "plain"], ["", "HTTP 412"]] as const) {
      answers(text, 412);
      expect((await failure(askPlain("x"))).message).toBe(said);
    }
    answers("", 200);
    expect(await askPlain("x")).toBeUndefined();
  });
});

it("parameters that are not there are left out, lists repeat", () => {
  expect(String(encodeParameters({ a: undefined, b: null, c: ["1", "2"], d: false, e: "&=" }))).toBe("c=1&c=2&d=false&e=%26%3D");
});

describe("results", () => {
  it("numbers are read once, with their infinities and gaps", async () => {
    answers('{"status":"success","data":{"resultType":"matrix","result":[{"metric":{"a":"b"},"values":[[1,"1"],[2,"NaN"],[3,"-Inf"]]}]},"warnings":["w"]}');
    const { series, warnings } = await rangeQuery("x", 0, 3, 1);
    expect([...series[0]!.values]).toEqual([1, NaN, -Infinity]);
    expect(warnings).toEqual(["w"]);
  });
  it("a scalar is one sample without labels; a histogram is none", async () => {
    answers('{"status":"success","data":{"resultType":"scalar","result":[1,"2"]}}');
    expect(await instant("2")).toEqual([{ metric: {}, time: 1, value: 2, text: "2" }]);
    answers('{"status":"success","data":{"resultType":"vector","result":[{"metric":{},"histogram":[1,{}]}]}}');
    expect(await instant("x")).toEqual([]);
  });
  it("texts are quoted as PromQL has them", () => {
    expect(quote('a"\\\n')).toBe('"a\\"\\\\\\n"');
    expect(seriesName({ __name__: "up", job: 'a"b' })).toBe('up{job="a\\"b"}');
    expect([seriesName({}), seriesName({ __name__: "up" })]).toEqual(["{}", "up"]);
    expect(number("+Inf")).toBe(Infinity);
  });
  it("matchers are written as Alertmanager reads them", () => {
    expect([
      matcherText({ name: "a", value: 'x"y', isRegex: false, isEqual: true }),
      matcherText({ name: "a", value: "x", isRegex: false, isEqual: false }),
      matcherText({ name: "a", value: "x", isRegex: true, isEqual: true }),
      matcherText({ name: "a", value: "x", isRegex: true, isEqual: false }),
    ]).toEqual(['a="x\\"y"', 'a!="x"', 'a=~"x"', 'a!~"x"']);
  });
});
