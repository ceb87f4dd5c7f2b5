// What a panel's component is given, and what all panels of a board share.
import type { ComponentType } from "react";
import type { Panel } from "../dashboard/model/board";
import type { Scope } from "../dashboard/model/scope";
import type { PanelData, PanelSource } from "../dashboard/data/panel_source";
import type { MovingRange } from "../time/range";
import type { MarkList } from "./marks/mark_list";
import type { MarkRequest } from "./marks/marks";

export interface BoardView {
  uid: string;
  /** As it goes on with the clock, for what asks by itself. */
  range: MovingRange;
  /** Unix seconds. On a live board a panel whose values come by themselves keeps it while only its ends move: what it draws
   *  has the range of its data. */
  interval: { from: number; to: number };
  zone: string;
  theme: "dark" | "light";
  marks: MarkList;
  /** Plots with the same key share their cursor. */
  sync: string;
  onZoom?: (from: number, to: number) => void;
  /** Where marks can be made and changed. */
  onMark?: (request: MarkRequest) => void;
  compare: number;
  /** Rows out of sight are wanted, too, 1,000 at most: for a file. */
  whole?: boolean;
}

export interface PanelViewProps {
  panel: Panel;
  source: PanelSource;
  /** Of the last tick, or of the last change of its outline where the view draws ticks by itself. */
  data: PanelData;
  board: BoardView;
  scope: Scope;
  width: number; // CSS pixels of the panel's body
  height: number;
}

/** The same for all panels, which take the range each in their turn. */
export type SharedView = Omit<BoardView, "interval" | "whole">;

export type PanelView = ComponentType<PanelViewProps>;
