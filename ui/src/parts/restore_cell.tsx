// The last column of a table of versions: the way back to one of them.
import type { ReactNode } from "react";
import { useMayChange } from "./may_change";

interface RestoreCellProps {
  /** Undefined: there is no way back to this one; `otherwise` stands there. */
  onRestore: (() => void) | undefined;
  otherwise?: ReactNode;
  children: ReactNode;
}

export function RestoreCell({ onRestore, otherwise, children }: RestoreCellProps) {
  const change = useMayChange();
  return (
    <td className="number">
      {onRestore === undefined ? (
        otherwise
      ) : (
        <button type="button" className="button small" {...change.button()} onClick={onRestore}>
          {children}
        </button>
      )}
    </td>
  );
}
