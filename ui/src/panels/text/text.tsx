// Text panel. Markdown is drawn, code and HTML are shown as text.
import { interpolate } from "../../dashboard/model/interpolate";
import { textOf } from "../../dashboard/model/json";
import type { PanelViewProps } from "../panel_view";
import { Markdown } from "./markdown";

export default function Text({ panel, scope, height }: PanelViewProps) {
  const content = interpolate(textOf(panel.options.content), scope, "prose");
  const mode = textOf(panel.options.mode, "markdown");
  return (
    <div className="text-panel" style={{ height }} tabIndex={0}>
      {mode === "markdown" ? <Markdown text={content} /> : <pre>{content}</pre>}
    </div>
  );
}
