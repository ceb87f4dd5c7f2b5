// Topology: layers laid out by dagre, edges that are bad in front.
import dagre from "@dagrejs/dagre";
import { useMemo, useState } from "react";
import { preparedFrames } from "../../dashboard/data/panel_frames";
import { NoValue } from "../no_value";
import type { PanelViewProps } from "../panel_view";
import { graphOf, type GraphModel } from "./graph_model";

interface Laid {
  width: number;
  height: number;
  nodes: Map<string, { x: number; y: number; width: number; height: number }>;
  edges: { points: { x: number; y: number }[]; index: number }[];
}

function layout(model: GraphModel): Laid {
  const graph = new dagre.graphlib.Graph({ multigraph: true });
  graph.setGraph({ rankdir: "LR", nodesep: 16, ranksep: 64, marginx: 8, marginy: 8 });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const node of model.nodes) graph.setNode(node.id, { width: Math.max(84, Math.min(180, node.title.length * 7 + 24)), height: node.main === "" && node.subtitle === "" && node.secondary === "" ? 30 : 42 });
  model.edges.forEach((edge, i) => graph.setEdge(edge.source, edge.target, {}, String(i)));
  dagre.layout(graph);
  const box = graph.graph();
  return {
    width: box.width ?? 0,
    height: box.height ?? 0,
    nodes: new Map(graph.nodes().map((id) => [id, graph.node(id)])),
    edges: graph.edges().map((e) => ({ points: (graph.edge(e) as { points: { x: number; y: number }[] }).points, index: Number(e.name) })),
  };
}

export default function NodeGraph({ panel, data, width, height }: PanelViewProps) {
  const model = useMemo(() => graphOf(preparedFrames(panel, data).frames, panel.options), [panel, data]);
  // Only who is joined to whom decides where things stand; values come and go without moving them.
  const shape = JSON.stringify([model.nodes.map((n) => [n.id, n.title.length, n.main === "" && n.secondary === ""]), model.edges.map((e) => [e.source, e.target])]);
  const laid = useMemo(() => layout(model), [shape]);
  const [chosen, setChosen] = useState<string | undefined>();
  if (model.nodes.length === 0) return <NoValue panel={panel} data={data} />;
  const near = chosen === undefined ? undefined : new Set([chosen, ...model.edges.flatMap((e) => (e.source === chosen ? [e.target] : e.target === chosen ? [e.source] : []))]);
  // A small graph keeps its size, in the middle; a large one is made to fit.
  const [wide, tall] = [Math.max(laid.width, width), Math.max(laid.height, height)];
  const placed = `${(laid.width - wide) / 2} ${(laid.height - tall) / 2} ${wide} ${tall}`;
  const order = [...laid.edges].sort((a, b) => Number(model.edges[a.index]?.bad) - Number(model.edges[b.index]?.bad));
  return (
    <svg className="node-graph" width={width} height={height} viewBox={placed} preserveAspectRatio="xMidYMid meet" role="group" aria-label={panel.title || panel.type}>
      {order.map(({ points, index }) => {
        const edge = model.edges[index]!;
        const faded = near !== undefined && edge.source !== chosen && edge.target !== chosen;
        const middle = points[Math.floor(points.length / 2)]!;
        return (
          <g key={index} opacity={faded ? 0.15 : 1} data-source={edge.source} data-target={edge.target} data-value={edge.value}>
            <path d={curve(points)} fill="none" stroke={edge.color} strokeWidth={edge.bad ? 2.5 : 1.4} markerEnd={undefined} />
            {edge.main !== "" && (!faded || near === undefined) && (edge.bad || near !== undefined || model.edges.length <= 30) && (
              <text x={middle.x} y={middle.y - 4} textAnchor="middle" fontSize={10} fill="var(--dim)" className="num">
                {joined(edge.main, edge.secondary)}
              </text>
            )}
            <title>{`${edge.source} → ${edge.target}: ${joined(edge.main, edge.secondary)}`}</title>
          </g>
        );
      })}
      {model.nodes.map((node) => {
        const at = laid.nodes.get(node.id);
        if (at === undefined) return null;
        const faded = near !== undefined && !near.has(node.id);
        return (
          <g key={node.id} transform={`translate(${at.x - at.width / 2} ${at.y - at.height / 2})`} opacity={faded ? 0.25 : 1} role="button" tabIndex={0} aria-label={`${node.title} ${node.main}`} data-node={node.id} data-value={node.value}
            onClick={() => setChosen(chosen === node.id ? undefined : node.id)} onKeyDown={(event) => event.key === "Enter" && setChosen(chosen === node.id ? undefined : node.id)}>
            <rect width={at.width} height={at.height} rx={6} fill="var(--raised)" stroke={node.color} strokeWidth={1.6} />
            <text x={at.width / 2} y={node.main === "" && node.subtitle === "" && node.secondary === "" ? at.height / 2 + 4 : 17} textAnchor="middle" fontSize={12} fill="var(--text)">
              {node.title.length > 24 ? `${node.title.slice(0, 23)}…` : node.title}
            </text>
            {(node.main !== "" || node.subtitle !== "" || node.secondary !== "") && (
              <text x={at.width / 2} y={33} textAnchor="middle" fontSize={11} fill="var(--dim)" className="num">
                {joined(node.main, node.secondary, node.subtitle)}
              </text>
            )}
            {arcPieces(node.arcs, at.width).map(({ x, wide, color }, i) => (
              <rect key={i} x={x} y={at.height - 4} width={wide} height={3} fill={color} />
            ))}
            <title>{node.id}</title>
          </g>
        );
      })}
    </svg>
  );
}

function joined(...texts: string[]): string {
  return texts.filter((text) => text !== "").join(" · ");
}

// Arcs as one bar at the foot of the node, inside its round corners.
function arcPieces(arcs: GraphModel["nodes"][number]["arcs"], width: number): { x: number; wide: number; color: string }[] {
  let x = 6;
  return arcs.map(({ share, color }) => {
    const piece = { x, wide: share * (width - 12), color };
    x += piece.wide;
    return piece;
  });
}

function curve(points: readonly { x: number; y: number }[]): string {
  const [first, ...rest] = points;
  if (first === undefined) return "";
  let d = `M ${first.x} ${first.y}`;
  for (let i = 0; i < rest.length; i++) {
    const to = rest[i]!;
    const next = rest[i + 1];
    if (next === undefined) d += ` L ${to.x} ${to.y}`;
    else d += ` Q ${to.x} ${to.y} ${(to.x + next.x) / 2} ${(to.y + next.y) / 2}`;
  }
  return d;
}
