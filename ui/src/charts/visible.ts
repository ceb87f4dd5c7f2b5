// Whether an element is on the screen or near it: what is not seen is not drawn.
import { useEffect, useRef, useState, useSyncExternalStore, type RefObject } from "react";
import { onPaper, watchPreferences } from "../preferences";

export function useVisible<T extends Element>(): [RefObject<T | null>, boolean] {
  const ref = useRef<T>(null);
  const [visible, setVisible] = useState(typeof IntersectionObserver === "undefined");
  useEffect(() => {
    if (!ref.current || typeof IntersectionObserver === "undefined") return;
    const observer = new IntersectionObserver((found) => setVisible(found[found.length - 1]!.isIntersecting), { rootMargin: "120px" });
    observer.observe(ref.current);
    return () => observer.disconnect();
  }, []);
  const paper = useSyncExternalStore(watchPreferences, onPaper);
  return [ref, visible || paper];
}
