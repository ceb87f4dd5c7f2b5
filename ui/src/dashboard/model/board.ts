// A dashboard in memory. It is Grafana's classic JSON itself, made regular by `importBoard`: the fields
// named here are known to have these types afterwards, and every other field stays where it was, so
// writing a board loses nothing that was read.
import type { JsonObject } from './json';

export interface DatasourceRef extends JsonObject {
  type?: string;
  uid?: string;
}

export interface GridPos extends JsonObject {
  x: number;
  y: number;
  w: number;
  h: number;
}

export interface Target extends JsonObject {
  refId: string;
  expr?: string;
  legendFormat?: string;
  instant?: boolean;
  range?: boolean;
  hide?: boolean;
  format?: string;
  interval?: string;
}

export interface Transformation extends JsonObject {
  id: string;
  options: JsonObject;
  disabled?: boolean;
}

export interface FieldOverride extends JsonObject {
  matcher: { id: string; options?: unknown };
  properties: { id: string; value?: unknown }[];
}

export interface FieldConfigSource extends JsonObject {
  defaults: JsonObject;
  overrides: FieldOverride[];
}

export interface BoardLink extends JsonObject {
  title: string;
  url?: string;
}

export interface Panel extends JsonObject {
  id: number;
  type: string;
  title: string;
  gridPos: GridPos;
  targets: Target[];
  options: JsonObject;
  fieldConfig: FieldConfigSource;
  transformations: Transformation[];
  panels?: Panel[]; // of a collapsed row
  collapsed?: boolean;
  repeat?: string;
  repeatDirection?: 'h' | 'v';
  maxPerRow?: number;
  interval?: string;
  maxDataPoints?: number;
  timeFrom?: string;
  timeShift?: string;
  links?: BoardLink[];
}

export interface VariableOption extends JsonObject {
  text: string | string[];
  value: string | string[];
  selected?: boolean;
}

export interface VariableJson extends JsonObject {
  name: string;
  type: string;
  current: VariableOption;
}

export interface AnnotationJson extends JsonObject {
  name: string;
  enable: boolean;
  iconColor: string;
}

export interface Board extends JsonObject {
  title: string;
  uid: string;
  tags: string[];
  panels: Panel[];
  templating: JsonObject & { list: VariableJson[] };
  annotations: JsonObject & { list: AnnotationJson[] };
  links: BoardLink[];
  time: JsonObject & { from: string; to: string };
  refresh: string;
  timezone: string;
  schemaVersion: number;
  version: number;
}

// Every panel, those inside collapsed rows included.
export function allPanels(board: Board): Panel[] {
  return board.panels.flatMap((panel) => [panel, ...(panel.panels ?? [])]);
}

export function findPanel(board: Board, id: number): Panel | undefined {
  return allPanels(board).find((panel) => panel.id === id);
}

export function nextPanelId(board: Board): number {
  return allPanels(board).reduce((highest, panel) => Math.max(highest, panel.id), 0) + 1;
}

export const GRID_COLUMNS = 24;
export const SCHEMA_VERSION = 39;
