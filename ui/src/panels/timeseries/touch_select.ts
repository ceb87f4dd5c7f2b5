// A finger that goes sideways over a graph selects a span, as a drag of the mouse does. Up and down it scrolls the page: the
// graph leaves that to the browser (`touch-action`), which then takes the pointer away. A tap is the browser's click.
import type uPlot from "uplot";

const BEGIN_PX = 10; // a finger is not as steady as a mouse

export function selectByTouch(u: uPlot, onBegin: () => void): void {
  let down: { id: number; x: number; y: number; left: number } | undefined;
  let selecting = false;
  const select = ({ clientX }: PointerEvent, finished: boolean) => {
    const width = u.over.clientWidth;
    const [from, to] = [down!.x, clientX].map((x) => Math.min(width, Math.max(0, x - down!.left))).sort((a, b) => a - b) as [number, number];
    u.setSelect({ left: from, top: 0, width: to - from, height: u.over.clientHeight }, finished);
  };
  const letGo = () => {
    if (selecting) u.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
    down = undefined;
    selecting = false;
  };
  u.over.addEventListener("pointerdown", ({ pointerType, isPrimary, pointerId, clientX, clientY }) => {
    if (pointerType === "mouse") return;
    letGo(); // a second finger means something else
    if (isPrimary) down = { id: pointerId, x: clientX, y: clientY, left: u.over.getBoundingClientRect().left };
  });
  u.over.addEventListener("pointermove", (event) => {
    if (event.pointerId !== down?.id) return;
    const [right, up] = [Math.abs(event.clientX - down.x), Math.abs(event.clientY - down.y)];
    if (!selecting && (right < BEGIN_PX || right < up)) return;
    if (!selecting) {
      selecting = true;
      onBegin();
      u.setCursor({ left: -10, top: -10 }); // the tip of an earlier tap would lie over it
    }
    select(event, false);
  });
  u.over.addEventListener("pointerup", (event) => {
    if (event.pointerId !== down?.id) return;
    if (selecting) select(event, true);
    letGo();
  });
  u.over.addEventListener("pointercancel", letGo);
}
