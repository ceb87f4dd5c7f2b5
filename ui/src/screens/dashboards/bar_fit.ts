// The bar of a board in editing: when its buttons do not fit beside variables, marks and links, their names give way to
// signs, and then the links that lead elsewhere; "Done" brings all of them back. How far, its own lines say: what is
// chosen, the language and the fonts decide over its width.
import { useLayoutEffect, type RefObject } from "react";

const TIGHT = [undefined, "names", "links"] as const;
const PHONE = "(max-width: 760px)"; // there is never one line

/** The least that leaves the bar as low as it gets. */
export function fitBar(bar: HTMLElement): void {
  const put = (tight: (typeof TIGHT)[number]) => {
    if (tight === undefined) delete bar.dataset.tight;
    else bar.dataset.tight = tight;
  };
  const heights = TIGHT.map((tight) => {
    put(tight);
    return bar.offsetHeight;
  });
  put(matchMedia(PHONE).matches ? undefined : TIGHT[heights.indexOf(Math.min(...heights))]);
}

/** `held`: what the bar holds; another text says that it is to be measured anew. */
export function useFittedBar(inside: RefObject<HTMLElement | null>, editing: boolean, held: string): void {
  useLayoutEffect(() => {
    const bar = inside.current?.closest<HTMLElement>(".board-bar");
    if (!bar || !editing) return;
    let frame = 0;
    fitBar(bar);
    const watch = new ResizeObserver(() => {
      cancelAnimationFrame(frame);
      frame = requestAnimationFrame(() => fitBar(bar));
    });
    watch.observe(bar);
    return () => {
      watch.disconnect();
      cancelAnimationFrame(frame);
      delete bar.dataset.tight;
    };
  }, [inside, editing, held]);
}
