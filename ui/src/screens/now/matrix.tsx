// Components by place: what is degraded where, at a glance and by shape.
import { Link } from "wouter";
import { Mark } from "../../parts/icons";
import { Panel } from "../../parts/parts";
import { cellKey, type Matrix } from "./facts";
import { t } from "./messages";
import { componentTone } from "./verdict";

/** With more columns a word has no room: the shape, the colour and the title say it. */
const WORDS_MAX = 6;

export function ComponentMatrix({ matrix, error }: { matrix: Matrix; error: string | undefined }) {
  const words = matrix.places.length <= WORDS_MAX;
  return (
    <Panel title={t("matrix")} error={error} flush>
      <div className="table-scroll" tabIndex={0} role="region" aria-label={t("matrix")}>
        <table className={words ? "table matrix" : "table matrix many"}>
          <thead>
            <tr>
              <th />
              {matrix.places.map((place) => (
                <th key={place} scope="col" className="cut" title={place}>
                  {place}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {matrix.components.map((component) => (
              <tr key={component}>
                <th scope="row">{component.toUpperCase()}</th>
                {matrix.places.map((place) => {
                  const health = matrix.cells.get(cellKey(component, place));
                  if (health === undefined) return <td key={place} className="dim" />;
                  const tone = componentTone(health);
                  const state = t(`state_${tone === "info" ? "unknown" : tone}`);
                  return (
                    <td key={place} className={`cell ${tone}`} data-component={component} data-place={place} data-value={health} title={t("matrixCell", { component: component.toUpperCase(), place, state })}>
                      {tone === "ok" ? (
                        <Mark tone={tone} label={state} />
                      ) : (
                        <Link href={`/alerts?q=${encodeURIComponent(`${component} ${place}`)}`} className="row">
                          <Mark tone={tone} label={state} />
                          {words && <span className="cut">{state}</span>}
                        </Link>
                      )}
                    </td>
                  );
                })}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Panel>
  );
}
