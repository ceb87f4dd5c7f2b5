// The syntax tree as /api/v1/parse_query gives it, and back to text: what the explain tree shows and runs.
import { arrayOf, objectOf, objectsOf, numberOf, textOf, textsOf, type JsonObject } from "../dashboard/model/json";

export interface AstNode {
  label: string; // what this step does, in a few words
  text: string; // the whole expression from here down
  kind: string;
  children: AstNode[];
  /** Gives series that can be counted: a selector of ranges or a text does not. */
  countable: boolean;
}

export function durationText(ms: number): string {
  let rest = Math.abs(Math.round(ms));
  if (rest === 0) return "0s";
  let out = "";
  for (const [size, unit] of [[86_400_000, "d"], [3_600_000, "h"], [60_000, "m"], [1000, "s"], [1, "ms"]] as const) {
    if (rest < size) continue;
    out += `${Math.floor(rest / size)}${unit}`;
    rest %= size;
  }
  return ms < 0 ? `-${out}` : out;
}

function modifiers(node: JsonObject): string {
  let out = "";
  if (node.startOrEnd === "start" || node.startOrEnd === "end") out += ` @ ${node.startOrEnd}()`;
  else if (numberOf(node.timestamp) !== undefined) out += ` @ ${numberOf(node.timestamp, 0) / 1000}`;
  const offset = numberOf(node.offset, 0);
  return offset === 0 ? out : `${out} offset ${durationText(offset)}`;
}

function selectorText(node: JsonObject): string {
  const name = textOf(node.name);
  const matchers = objectsOf(node.matchers).filter((m) => !(m.name === "__name__" && m.type === "=" && m.value === name));
  const inner = matchers.map((m) => `${textOf(m.name)}${textOf(m.type)}${JSON.stringify(textOf(m.value))}`).join(", ");
  return name + (inner === "" && name !== "" ? "" : `{${inner}}`);
}

const DEPTH_MAX = 200;

export function astOf(input: unknown, depth = 0): AstNode {
  const node = objectOf(input);
  const kind = textOf(node.type);
  if (depth > DEPTH_MAX) return { label: "…", text: "", kind, children: [], countable: false };
  const child = (value: unknown) => astOf(value, depth + 1);
  const made = (label: string, text: string, children: AstNode[], countable = true): AstNode => ({ label, text, kind, children, countable });
  switch (kind) {
    case "aggregation": {
      const expr = child(node.expr);
      const param = node.param === null || node.param === undefined ? undefined : child(node.param);
      const labels = textsOf(node.grouping);
      const group = labels.length > 0 || node.without === true ? ` ${node.without === true ? "without" : "by"} (${labels.join(", ")})` : "";
      return made(`${textOf(node.op)}${group}`, `${textOf(node.op)}${group} (${param === undefined ? "" : `${param.text}, `}${expr.text})`, param === undefined ? [expr] : [param, expr]);
    }
    case "binaryExpr": {
      const [left, right] = [child(node.lhs), child(node.rhs)];
      const matching = objectOf(node.matching);
      let on = "";
      const labels = textsOf(matching.labels);
      if (matching.on === true || labels.length > 0) on = ` ${matching.on === true ? "on" : "ignoring"} (${labels.join(", ")})`;
      if (matching.card === "many-to-one") on += ` group_left (${textsOf(matching.include).join(", ")})`;
      if (matching.card === "one-to-many") on += ` group_right (${textsOf(matching.include).join(", ")})`;
      const op = `${textOf(node.op)}${node.bool === true ? " bool" : ""}${on}`;
      return made(op, `${wrapped(left)} ${op} ${wrapped(right)}`, [left, right]);
    }
    case "call": {
      const name = textOf(objectOf(node.func).name);
      const args = arrayOf(node.args).map(child);
      return made(`${name}()`, `${name}(${args.map((a) => a.text).join(", ")})`, args);
    }
    case "matrixSelector": {
      const text = `${selectorText(node)}[${durationText(numberOf(node.range, 0))}]${modifiers(node)}`;
      return made(text, text, [], false);
    }
    case "vectorSelector": {
      const text = selectorText(node) + modifiers(node);
      return made(text, text, []);
    }
    case "subquery": {
      const expr = child(node.expr);
      const step = numberOf(node.step, 0);
      const range = `[${durationText(numberOf(node.range, 0))}:${step === 0 ? "" : durationText(step)}]${modifiers(node)}`;
      return made(range, `${wrapped(expr)}${range}`, [expr], false);
    }
    case "numberLiteral":
      return made(textOf(node.val), textOf(node.val), []);
    case "stringLiteral":
      return made(JSON.stringify(textOf(node.val)), JSON.stringify(textOf(node.val)), [], false);
    case "parenExpr": {
      const expr = child(node.expr);
      return { ...expr, text: `(${expr.text})` };
    }
    case "unaryExpr": {
      const expr = child(node.expr);
      return made(`${textOf(node.op)} …`, `${textOf(node.op)}${wrapped(expr)}`, [expr]);
    }
    default:
      return made(kind || "?", "", arrayOf(node.children).map(child), false);
  }
}

function wrapped(node: AstNode): string {
  return (node.kind === "binaryExpr" || node.kind === "unaryExpr") && !node.text.startsWith("(") ? `(${node.text})` : node.text;
}
