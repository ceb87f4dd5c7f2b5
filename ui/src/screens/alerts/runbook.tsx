// The page that an alert's runbook_url names: on the web, or one of the server's own folder (--web.runbooks.path).
import { lazy, Suspense, useState } from "react";
import { Link } from "wouter";
import { runbookPage } from "../../api/alerts";
import { useApi } from "../../api/use_api";
import { Trouble } from "../../parts/parts";
import { BesideCode, Markdown } from "../../panels/text/markdown";
import "../../panels/panels.css";
import { t } from "./messages";
import { SafeLink, webAddress } from "./safe_link";

const Dialog = lazy(() => import("../../parts/dialog"));

/** "packs/dwcp/runbooks/DiskFull.md" is the page DiskFull.md; what has another ending is none. */
export function pageName(url: string): string | undefined {
  if (webAddress(url) !== undefined) return undefined;
  const name = url.trim().replace(/[?#].*$/, "").split("/").pop()!;
  return /^[A-Za-z0-9_-][A-Za-z0-9._-]*\.md$/.test(name) ? name : undefined;
}

export function Runbook({ url }: { url: string }) {
  const [open, setOpen] = useState(false);
  const name = pageName(url);
  if (name === undefined)
    return (
      <SafeLink className="button small" url={url}>
        {t("runbook")}
      </SafeLink>
    );
  return (
    <>
      <button type="button" className="button small" title={url} onClick={() => setOpen(true)}>
        {t("runbook")}
      </button>
      {open && (
        <Suspense fallback={null}>
          <Page name={name} url={url} onClose={() => setOpen(false)} />
        </Suspense>
      )}
    </>
  );
}

function Page({ name, url, onClose }: { name: string; url: string; onClose: () => void }) {
  const page = useApi(`runbook ${name}`, (signal) => runbookPage(name, { signal }));
  return (
    <Dialog title={name.replace(/\.md$/, "")} wide onClose={onClose}>
      <Trouble error={page.error} />
      {page.error !== undefined && <code>{url}</code>}
      {page.data !== undefined && (
        <div className="text-panel" data-runbook={name}>
          <BesideCode value={explore}>
            <Markdown text={page.data} />
          </BesideCode>
        </div>
      )}
    </Dialog>
  );
}

function explore(code: string, language: string) {
  return language === "promql" && <Link href={`/explore?q=${encodeURIComponent(code)}`}>{t("runInExplore")}</Link>;
}
