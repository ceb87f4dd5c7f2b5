// The calls between services as layers from left to right: who calls stands before whom it calls. Edges that
// fail are drawn last and thickest. Where things stand depends on who is joined to whom only.
import dagre from "@dagrejs/dagre";
import { useMemo } from "react";
import type { Tone } from "../../parts/icons";
import { percent, seconds, short } from "../../text/numbers";
import type { Edge, ServiceNode, Topology } from "./edges";
import { t } from "./messages";

const COLORS: Record<Tone, string> = { ok: "var(--ok)", warning: "var(--warning)", critical: "var(--critical)", unknown: "var(--unknown)", info: "var(--line-strong)" };
const RANK: Record<Tone, number> = { critical: 3, warning: 2, unknown: 1, info: 0, ok: 0 };
const NODE = { height: 46, least: 108, most: 230, letter: 7.4, sign: 18 }; // what fails gets a sign before its name, and the map stands still
const LABEL = { width: 92, height: 30 };
const LETTER = 6.2; // px of an edge's type, on the average

interface Point {
  x: number;
  y: number;
}
interface Laid {
  width: number;
  height: number;
  nodes: Map<string, Point & { width: number; height: number }>;
  edges: Map<string, Point & { points: Point[] }>;
}

const edgeKey = ({ client, server }: { client: string; server: string }) => `${client}\u0000${server}`;

function layout(names: readonly string[], edges: readonly (readonly [string, string])[]): Laid {
  const graph = new dagre.graphlib.Graph({ multigraph: true });
  graph.setGraph({ rankdir: "LR", nodesep: 14, ranksep: 30, edgesep: 8, marginx: 6, marginy: 6 });
  for (const name of names) graph.setNode(name, { width: Math.max(NODE.least, Math.min(NODE.most, name.length * NODE.letter + NODE.sign + 24)), height: NODE.height });
  for (const [client, server] of edges) if (client !== server) graph.setEdge(client, server, { ...LABEL, labelpos: "c" }, edgeKey({ client, server }));
  dagre.layout(graph);
  const box = graph.graph();
  return {
    width: box.width ?? 0,
    height: box.height ?? 0,
    nodes: new Map(graph.nodes().map((name) => [name, graph.node(name)])),
    edges: new Map(graph.edges().map((edge) => [edge.name ?? "", graph.edge(edge) as unknown as Point & { points: Point[] }])),
  };
}

function curve(points: readonly Point[]): string {
  const [first, ...rest] = points;
  if (!first) return "";
  let path = `M${first.x} ${first.y}`;
  rest.forEach((to, i) => {
    const next = rest[i + 1];
    path += next ? `Q${to.x} ${to.y} ${(to.x + next.x) / 2} ${(to.y + next.y) / 2}` : `L${to.x} ${to.y}`;
  });
  return path;
}

const clipped = (name: string) => (name.length > 26 ? `${name.slice(0, 25)}…` : name);
const errorText = (errors: number) => (Number.isNaN(errors) ? "" : errors === 0 ? "" : percent(errors * 100));
/** Of an edge: its calls, then failures where there are any, else its time. */
function edgeLines(edge: Edge): [string, string] {
  return [`${short(edge.rate)}/s`, edge.tone === "warning" || edge.tone === "critical" ? `${errorText(edge.errors)} ${t("fail")}` : Number.isNaN(edge.p95) ? "" : `p95 ${seconds(edge.p95)}`];
}
function nodeLine(node: ServiceNode): string {
  if (Number.isNaN(node.rate)) return t("onlyCalls");
  return [`${short(node.rate)}/s`, errorText(node.errors)].filter(Boolean).join(" · ");
}

export default function TopologyMap({ topology, chosen, onChoose }: { topology: Topology; chosen: string | undefined; onChoose: (service: string | undefined) => void }) {
  const shape = JSON.stringify([topology.nodes.map(({ name }) => name), topology.edges.map(({ client, server }) => [client, server]).sort()]);
  const laid = useMemo(() => {
    const [names, edges] = JSON.parse(shape) as [string[], [string, string][]];
    return layout(names, edges);
  }, [shape]);
  const near = (edge: Edge) => chosen === undefined || edge.client === chosen || edge.server === chosen;
  const neighbours = new Set(topology.edges.filter(near).flatMap(({ client, server }) => [client, server]));
  const order = [...topology.edges].sort((a, b) => RANK[a.tone] - RANK[b.tone]);
  return (
    <svg className="topology" viewBox={`0 0 ${Math.max(laid.width, 10)} ${Math.max(laid.height, 10)}`} style={{ width: laid.width, minWidth: Math.min(laid.width, 640) }} role="group" aria-label={t("topology")}>
      <defs>
        {(["ok", "warning", "critical", "unknown"] as const).map((tone) => (
          <marker key={tone} id={`arrow-${tone}`} viewBox="0 0 8 8" refX="7" refY="4" markerWidth="9" markerHeight="9" markerUnits="userSpaceOnUse" orient="auto">
            <path d="M0 0.8 7.5 4 0 7.2z" fill={COLORS[tone]} />
          </marker>
        ))}
      </defs>
      {order.map((edge) => {
        const at = laid.edges.get(edgeKey(edge));
        if (!at) return null;
        const bad = RANK[edge.tone] >= 2;
        return <path key={edgeKey(edge)} d={curve(at.points)} fill="none" stroke={COLORS[edge.tone]} strokeWidth={bad ? 2.6 : 1.3} strokeDasharray={edge.tone === "critical" ? "6 3" : undefined} opacity={near(edge) ? (bad ? 1 : 0.65) : 0.1} markerEnd={`url(#arrow-${edge.tone === "info" ? "unknown" : edge.tone})`} />;
      })}
      {/* Above all lines: none goes through a number. */}
      {order.map((edge) => {
        const at = laid.edges.get(edgeKey(edge));
        if (!at) return null;
        const [calls, second] = edgeLines(edge);
        return (
          <g key={edgeKey(edge)} className="call" opacity={near(edge) ? 1 : 0.12} data-client={edge.client} data-server={edge.server} data-tone={edge.tone}>
            <path d={curve(at.points)} className="reach" />
            {[calls, second].map((text, line) => text && <rect key={line} className="ground" x={at.x - (text.length * LETTER) / 2} y={at.y + (line === 0 ? -15 : 4)} width={text.length * LETTER} height={12} />)}
            <text x={at.x} y={at.y - 5} textAnchor="middle">
              <tspan data-value={edge.rate}>{calls}</tspan>
              <tspan x={at.x} dy={18} className={RANK[edge.tone] >= 2 ? `bad ${edge.tone}` : undefined}>
                {second}
              </tspan>
            </text>
            <title>{`${edge.client} → ${edge.server}: ${short(edge.rate)}/s, ${t("errors")} ${percent(edge.errors * 100)}, p50 ${seconds(edge.p50)}, p95 ${seconds(edge.p95)}`}</title>
          </g>
        );
      })}
      {topology.nodes.map((node) => {
        const at = laid.nodes.get(node.name);
        if (!at) return null;
        const choose = () => onChoose(node.name === chosen ? undefined : node.name);
        return (
          <g key={node.name} className={`service ${node.name === chosen ? "chosen" : ""}`} transform={`translate(${at.x - at.width / 2} ${at.y - at.height / 2})`} opacity={chosen === undefined || neighbours.has(node.name) || node.name === chosen ? 1 : 0.25} role="button" tabIndex={0} aria-pressed={node.name === chosen} aria-label={`${node.name} ${nodeLine(node)}`} data-service={node.name} data-value={node.rate} onClick={choose} onKeyDown={(event) => (event.key === "Enter" || event.key === " ") && (event.preventDefault(), choose())}>
            <rect width={at.width} height={at.height} rx={6} stroke={COLORS[node.tone]} strokeWidth={RANK[node.tone] >= 2 ? 2.4 : 1.4} />
            <text x={at.width / 2} y={19} textAnchor="middle" className="name">
              {node.tone === "critical" ? "⬣ " : node.tone === "warning" ? "▲ " : ""}
              {clipped(node.name)}
            </text>
            <text x={at.width / 2} y={36} textAnchor="middle">
              {nodeLine(node)}
            </text>
            <title>{node.name}</title>
          </g>
        );
      })}
    </svg>
  );
}
