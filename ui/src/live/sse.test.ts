import { expect, it } from "vitest";
import { SseParser } from "./sse";

it("events come out whole wherever the bytes were cut", () => {
  const text = ": beat\r\nevent: tick\r\ndata: {\"id\":\"a\",\r\ndata: \"t\":1}\r\n\r\nid: 7\ndata:x\n\nevent: lost\n\n";
  const whole = new SseParser().push(text);
  expect(whole).toEqual([
    { event: "tick", data: '{"id":"a",\n"t":1}', id: "" },
    { event: "message", data: "x", id: "7" },
  ]);
  for (let cut = 0; cut <= text.length; cut++) {
    const parser = new SseParser();
    expect([...parser.push(text.slice(0, cut)), ...parser.push(text.slice(cut))]).toEqual(whole);
  }
});
