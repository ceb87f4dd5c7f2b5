// What waits unsaved on other screens, at the foot of the rail.
import { Link } from "wouter";
import { Mark } from "../parts/icons";
import { useWaiting } from "../parts/unsaved";
import { t } from "./messages";

const SHOWN_MAX = 4;

export function UnsavedLinks({ onClose }: { onClose: () => void }) {
  const unsaved = useWaiting();
  const more = unsaved.slice(SHOWN_MAX);
  return (
    <>
      {unsaved.slice(0, SHOWN_MAX).map(({ name, address }) => (
        <Link key={address} href={address} className="cut tone-warning" title={t("unsaved", { name })} data-unsaved onClick={onClose}>
          <Mark tone="warning" /> {t("unsaved", { name })}
        </Link>
      ))}
      {more.length > 0 && (
        <span className="cut tone-warning" title={more.map(({ name }) => name).join("\n")}>
          {t("unsavedMore", { n: more.length })}
        </span>
      )}
    </>
  );
}
