import { useEffect, useRef } from "react";
import { schedule, unschedule } from "../../dashboard/data/frame_loop";
import type { MarkList } from "./mark_list";

/** Draws when marks are others, in the page's drawing loop: no frame draws all graphs of a board. */
export function useRedraw(marks: MarkList, draw: () => void): void {
  const newest = useRef(draw);
  newest.current = draw;
  useEffect(() => {
    const again = () => newest.current();
    const stop = marks.onChange(() => schedule(again));
    return () => {
      stop();
      unschedule(again);
    };
  }, [marks]);
}
