// A board's link to all boards with some tags: a list behind a button, or a link each.
import { lazy, Suspense, useState } from "react";
import { Link, useSearch } from "wouter";
import { boardHits } from "../../api/board_hits";
import { Icon } from "../../parts/icons";
import { Trouble } from "../../parts/parts";
import { boardSearch } from "../../panels/dashlist/board_groups";
import { chosenSearch } from "../../panels/links";
import type { BoardLink } from "../model/board";
import { flagOf, textsOf } from "../model/json";
import type { Scope } from "../model/scope";
import { t } from "./messages";

const Popover = lazy(() => import("../../parts/popover"));
const INLINE_MAX = 20;

export function isTagLink(link: BoardLink): boolean {
  return link.type === "dashboards";
}

export function TagLinks({ link, own, scope }: { link: BoardLink; own: string; scope: Scope }) {
  const [open, setOpen] = useState(false);
  if (!flagOf(link.asDropdown)) return <Tagged link={link} own={own} scope={scope} inline />;
  const trigger = (
    <button type="button" className="button small" onClick={() => setOpen(true)}>
      {link.title || t("boards")} <Icon name="down" size={11} />
    </button>
  );
  if (!open) return trigger;
  return (
    <Suspense fallback={trigger}>
      <Popover trigger={trigger} label={link.title || t("boards")} open={open} onOpen={setOpen} align="start">
        <Tagged link={link} own={own} scope={scope} inline={false} onGo={() => setOpen(false)} />
      </Popover>
    </Suspense>
  );
}

function Tagged({ link, own, scope, inline, onGo }: { link: BoardLink; own: string; scope: Scope; inline: boolean; onGo?: () => void }) {
  const { data, error } = boardHits.use();
  const search = useSearch();
  const tags = textsOf(link.tags);
  const found = (data ?? []).filter((hit) => hit.type !== "dash-folder" && tags.every((tag) => hit.tags.includes(tag))).sort((a, b) => a.title.localeCompare(b.title, "en", { numeric: true }));
  const to = (uid: string) => `/dashboards/${encodeURIComponent(uid)}${boardSearch(link, chosenSearch(search, scope))}`;
  const blank = flagOf(link.targetBlank) ? { target: "_blank", rel: "noreferrer" } : {};
  if (inline)
    return (
      <>
        {found.filter((hit) => hit.uid !== own).slice(0, INLINE_MAX).map((hit) => (
          <Link key={hit.uid} href={to(hit.uid)} className="button small" {...blank}>
            {hit.title}
          </Link>
        ))}
      </>
    );
  return (
    <>
      <Trouble error={error} stale={data !== undefined} />
      <ul className="option-list link-list">
        {found.map((hit) => (
          <li key={hit.uid}>
            <Link href={to(hit.uid)} className="cut" aria-current={hit.uid === own ? "page" : undefined} onClick={onGo} {...blank}>
              {hit.title}
            </Link>
          </li>
        ))}
      </ul>
    </>
  );
}
