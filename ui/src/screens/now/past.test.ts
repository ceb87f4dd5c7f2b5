import { expect, it } from "vitest";
import { pastAlerts } from "./past";

const sample = (metric: Record<string, string>, value: number) => ({ metric, time: 500, value, text: String(value) });

it("makes alerts of the series that rules leave, with the time their condition began", () => {
  const firing = [sample({ __name__: "ALERTS", alertname: "A", alertstate: "firing", severity: "critical", region: "x" }, 1), sample({ __name__: "ALERTS", alertname: "B", alertstate: "firing" }, 1)];
  const since = [sample({ __name__: "ALERTS_FOR_STATE", alertname: "A", severity: "critical", region: "x" }, 400)];
  const [a, b] = pastAlerts(firing, since, 500);
  expect([a!.labels, a!.startsAt, a!.status.state]).toEqual([{ alertname: "A", severity: "critical", region: "x" }, new Date(400_000).toISOString(), "active"]);
  expect(b!.startsAt).toBe(new Date(500_000).toISOString());
  expect(a!.fingerprint).not.toBe(b!.fingerprint);
});
