// Nodes and edges of a topology: from Grafana's two frames (id, title, mainstat … and source, target), or
// from any series that have a pair of labels naming both ends.
import type { DataFrame, Field } from "../../dashboard/data/frame";
import { numberAt } from "../../dashboard/data/frame";
import { cssColor, paletteColor } from "../../dashboard/field/colors";
import { objectOf, objectsOf, textOf, type JsonObject } from "../../dashboard/model/json";
import { displayerOf } from "../../dashboard/field/display";
import type { LabelSet } from "../../api/prometheus";

export interface GraphNode {
  id: string;
  title: string;
  subtitle: string;
  main: string;
  secondary: string;
  value: number;
  color: string;
  /** Parts of a whole (arc__… columns), from 0 to 1, in the order of the columns. */
  arcs: { share: number; color: string }[];
}

export interface GraphEdge {
  source: string;
  target: string;
  main: string;
  secondary: string;
  value: number;
  color: string;
  bad: boolean;
}

export interface GraphModel {
  nodes: GraphNode[];
  edges: GraphEdge[];
}

const ENDS: readonly (readonly [string, string])[] = [
  ["source", "target"], ["src", "dst"], ["from", "to"], ["client", "server"], ["source_region", "target_region"], ["source_region", "destination_region"],
  ["src_region", "dst_region"], ["from_region", "to_region"], ["source_node", "target_node"], ["peer_from", "peer_to"], ["caller", "callee"], ["source", "destination"], ["region", "peer_region"], ["region", "peer"],
];
const NODES_MAX = 400;

function column(frame: DataFrame, name: string): Field | undefined {
  return frame.fields.find((f) => f.name.toLowerCase() === name);
}
const text = (field: Field | undefined, row: number) => (field === undefined ? "" : String(field.values[row] ?? ""));

// `options` are the panel's: units of the two statistics of nodes and of edges, and the colours of arcs.
export function graphOf(frames: readonly DataFrame[], options: JsonObject = {}): GraphModel {
  const [nodeOptions, edgeOptions] = [objectOf(options.nodes), objectOf(options.edges)];
  const nodes = new Map<string, GraphNode>();
  const edges: GraphEdge[] = [];
  const node = (id: string) => {
    if (id !== "" && !nodes.has(id) && nodes.size < NODES_MAX) nodes.set(id, { id, title: id, subtitle: "", main: "", secondary: "", value: NaN, color: "var(--accent)", arcs: [] });
  };
  for (const frame of frames) {
    const [source, target] = endColumns(frame);
    const id = column(frame, "id");
    const main = column(frame, "mainstat");
    if (source !== undefined && target !== undefined) {
      const number = main ?? frame.fields.find((f) => f.type === "number");
      for (let row = 0; row < frame.length; row++) {
        node(text(source, row));
        node(text(target, row));
        const edge = edgeOf(text(source, row), text(target, row), number, row, textOf(edgeOptions.mainStatUnit));
        edge.secondary = statText(column(frame, "secondarystat"), row, textOf(edgeOptions.secondaryStatUnit));
        const color = text(column(frame, "color"), row);
        if (color !== "") edge.color = cssColor(color);
        edges.push(edge);
      }
    } else if (id !== undefined) {
      for (let row = 0; row < frame.length; row++) {
        node(text(id, row));
        const found = nodes.get(text(id, row));
        if (found === undefined) continue;
        const value = main === undefined ? NaN : numberAt(main, row);
        const display = main === undefined ? undefined : displayerOf(withUnit(main, textOf(nodeOptions.mainStatUnit)))(value, main.type === "number" ? "" : text(main, row));
        Object.assign(found, {
          title: text(column(frame, "title"), row) || found.id,
          subtitle: text(column(frame, "subtitle"), row),
          main: display?.text ?? "",
          secondary: statText(column(frame, "secondarystat"), row, textOf(nodeOptions.secondaryStatUnit)),
          value,
          arcs: arcsOf(frame, row, objectsOf(nodeOptions.arcs)),
        });
        const color = text(column(frame, "color"), row);
        found.color = color !== "" ? cssColor(color) : display?.judged === true ? display.color : found.color;
      }
    } else {
      for (const field of frame.fields) {
        if (field.type !== "number" || field.values.length === 0) continue;
        const ends = endsOf(field.labels);
        if (ends === undefined) {
          nodeFromSeries(field, nodes, node, textOf(nodeOptions.mainStatUnit));
          continue;
        }
        node(ends[0]);
        node(ends[1]);
        edges.push(edgeOf(ends[0], ends[1], field, field.values.length - 1, textOf(edgeOptions.mainStatUnit)));
      }
    }
  }
  return { nodes: [...nodes.values()], edges: edges.filter((e) => nodes.has(e.source) && nodes.has(e.target)) };
}

// As Grafana's frames name them, else by the names that labels have.
function endColumns(frame: DataFrame): [Field, Field] | [] {
  const ofNodes = column(frame, "id") !== undefined;
  for (const [a, b] of ofNodes ? ENDS.slice(0, 1) : ENDS) {
    const [source, target] = [column(frame, a), column(frame, b)];
    if (source !== undefined && target !== undefined) return [source, target];
  }
  return [];
}

function endsOf(labels: LabelSet): [string, string] | undefined {
  for (const [a, b] of ENDS) if (labels[a] !== undefined && labels[b] !== undefined) return [labels[a], labels[b]];
  const link = labels.link ?? labels.edge;
  const parts = link?.split(/\s*(?:->|→|↔|<->|:)\s*/);
  return parts?.length === 2 ? [parts[0]!, parts[1]!] : undefined;
}

// A series without two ends tells of one node: its value colours it.
function nodeFromSeries(field: Field, nodes: Map<string, GraphNode>, node: (id: string) => void, unit: string): void {
  const id = field.labels.region ?? field.labels.node ?? field.labels.service ?? field.labels.component ?? field.labels.instance;
  if (id === undefined) return;
  node(id);
  const found = nodes.get(id);
  if (found === undefined) return;
  const value = numberAt(field, field.values.length - 1);
  const display = displayerOf(withUnit(field, unit))(value);
  Object.assign(found, { main: display.text, value, color: display.judged ? display.color : found.color });
}

function edgeOf(source: string, target: string, field: Field | undefined, row: number, unit: string): GraphEdge {
  const value = field === undefined ? NaN : numberAt(field, row);
  const display = field === undefined ? undefined : displayerOf(withUnit(field, unit))(value, field.type === "number" ? "" : text(field, row));
  const color = display?.judged === true ? display.color : "var(--line-strong)";
  return { source, target, main: display?.text ?? "", secondary: "", value, color, bad: color === cssColor("red") || color === cssColor("dark-red") };
}

// The panel's own unit of a statistic stands before the field's.
function withUnit(field: Field, unit: string): JsonObject {
  return unit === "" ? field.config : { ...field.config, unit };
}

function statText(field: Field | undefined, row: number, unit: string): string {
  if (field === undefined || field.values[row] === undefined) return "";
  return displayerOf(withUnit(field, unit))(numberAt(field, row), field.type === "number" ? "" : text(field, row)).text;
}

function arcsOf(frame: DataFrame, row: number, options: readonly JsonObject[]): GraphNode["arcs"] {
  const named = frame.fields.filter((f) => f.name.toLowerCase().startsWith("arc__"));
  const fields = named.length > 0 ? named : options.flatMap((arc) => frame.fields.filter((f) => f.name === textOf(arc.field)));
  return fields.map((field, i) => {
    const given = textOf(options.find((arc) => textOf(arc.field) === field.name)?.color) || textOf(objectOf(field.config.color).fixedColor);
    return { share: Math.min(1, Math.max(0, numberAt(field, row) || 0)), color: given === "" ? paletteColor(i) : cssColor(given) };
  });
}
