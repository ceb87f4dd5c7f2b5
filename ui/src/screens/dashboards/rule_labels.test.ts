import { expect, it } from "vitest";
import { importBoard } from "../../dashboard/model/import_board";
import { makeScope, type BoundVariable } from "../../dashboard/model/scope";
import { ruleLabels } from "./rule_labels";

it("an alert on a panel carries the variables its queries name, where they stand for one value", () => {
  const read = importBoard({ title: "t", panels: [{ type: "timeseries", targets: [{ refId: "A", expr: 'rate(x{region="$region", node=~"${node:regex}", pod=~"$pod", dc=~"[[dc]]"}[$window])' }] }] });
  if ("error" in read) throw new Error(read.error);
  const variable = (name: string, values: string[], more: Partial<BoundVariable> = {}): BoundVariable => ({ name, kind: "query", values, texts: values, multi: false, ...more });
  const scope = makeScope([
    variable("region", ["eu, west"]),
    variable("node", ["a", "b"], { multi: true }),
    variable("pod", ["only-one"], { multi: true, everything: true }),
    variable("dc", ["7"], { multi: true }),
    variable("window", ["5m"], { kind: "interval" }),
    variable("unnamed", ["x"]),
  ]);
  expect(ruleLabels(read.board.panels[0]!, scope)).toEqual([["region", "eu, west"], ["dc", "7"]]);
});
