import { Mark } from "../../parts/icons";
import type { Fidelity, Grade } from "../../dashboard/model/fidelity";
import { noteText } from "../../dashboard/model/note_messages";
import { t } from "./messages";

const TONES = { full: "ok", partial: "warning", none: "critical" } as const;

/** What an imported board looks like here: a line for each panel that differs. */
export function FidelityReport({ title, fidelity }: { title: string; fidelity: Fidelity }) {
  const count = (grade: Grade) => fidelity.panels.filter((p) => p.grade === grade).length;
  const differing = fidelity.panels.filter((p) => p.notes.length > 0);
  return (
    <div className="fidelity">
      <h3>{title}</h3>
      <p data-full={count("full")} data-partial={count("partial")} data-none={count("none")}>
        {t("readable", { full: count("full"), partial: count("partial"), none: count("none") })}
      </p>
      <ul>
        {fidelity.board.map(noteText).map((note) => (
          <li key={note}>
            <Mark tone="info" /> {note}
          </li>
        ))}
        {differing.map((panel) => (
          <li key={panel.id} data-panel={panel.id}>
            <Mark tone={TONES[panel.grade]} label={t(`grade_${panel.grade}`)} /> <b>{panel.title || `#${panel.id}`}</b> <span className="dim">{panel.notes.map(noteText).join(" · ")}</span>
          </li>
        ))}
      </ul>
    </div>
  );
}
