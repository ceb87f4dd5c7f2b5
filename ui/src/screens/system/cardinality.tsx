// Which names, labels and values the series come from: what to look at when there are too many.
import { Fragment } from "react";
import { ask } from "../../api/client";
import { instant, quote, tsdbStatus, type Counted } from "../../api/prometheus";
import { useApi } from "../../api/use_api";
import { Empty, Meter, Panel } from "../../parts/parts";
import { bytes, percent, whole } from "../../text/numbers";
import { setSearch, useSearchParameter } from "../../time/use_time";
import { Expression } from "../links";
import { t } from "./messages";

const LIMIT = 20;

/** Breaks between its words, where it has to. */
export function Name({ text }: { text: string }) {
  return text.split(/(?<=[_:=./])(?=[A-Za-z0-9])/).map((word, i) => (
    <Fragment key={i}>
      {i > 0 && <wbr />}
      {word}
    </Fragment>
  ));
}

function CountTable({ title, list, total, format = whole, expr, onPick }: { title: string; list: readonly Counted[] | undefined; total?: number | undefined; format?: (value: number) => string; expr?: string; onPick?: (name: string) => void }) {
  const most = Math.max(1, ...(list ?? []).map(({ value }) => value));
  return (
    <Panel title={title} flush extra={expr !== undefined && <span className="cut dim"><Expression expr={expr} /></span>}>
      <table className="table">
        <tbody>
          {(list ?? []).map(({ name, value }) => (
            <tr key={name}>
              <td className="count-name">
                {onPick ? (
                  <button type="button" className="link cut" title={name} onClick={() => onPick(name)}>
                    <Name text={name} />
                  </button>
                ) : (
                  <span className="cut" title={name}>
                    <Name text={name} />
                  </span>
                )}
                <Meter value={value / most} label={name} />
              </td>
              <td className="number" data-value={value}>
                {format(value)}
              </td>
              {total !== undefined && <td className="number dim">{total ? percent((value / total) * 100) : ""}</td>}
            </tr>
          ))}
        </tbody>
      </table>
      {list?.length === 0 && <Empty title={t("nothingStored")} />}
    </Panel>
  );
}

/** The labels of one metric by how many values each has. */
function MetricLabels({ metric, onPick }: { metric: string; onPick: (label: string) => void }) {
  const selector = `{__name__=${quote(metric)}}`;
  const { data, error } = useApi(`labels of ${metric}`, async (signal) => {
    const names = (await ask<string[]>("labels", { "match[]": selector }, { signal })).filter((name) => name !== "__name__");
    const counts = await Promise.all(names.slice(0, 40).map(async (name) => ({ name, value: (await instant(`count(count by (${/^[a-zA-Z_]\w*$/.test(name) ? name : quote(name)}) (${selector}))`, undefined, { signal }))[0]?.value ?? 0 })));
    return counts.sort((a, b) => b.value - a.value);
  });
  if (error) return <Panel title={metric} error={error}>{null}</Panel>;
  return <CountTable title={t("labelsOf", { name: metric })} list={data} expr={selector} onPick={onPick} />;
}

function LabelValues({ metric, label }: { metric: string; label: string }) {
  const name = /^[a-zA-Z_]\w*$/.test(label) ? label : quote(label);
  const expr = `topk(${LIMIT}, count by (${name}) ({__name__=${quote(metric)}}))`;
  const { data, error } = useApi(`values of ${metric} ${label}`, async (signal) => {
    const found = await instant(expr, undefined, { signal });
    return found.map(({ metric: labels, value }) => ({ name: labels[label] ?? "", value })).sort((a, b) => b.value - a.value);
  });
  if (error) return <Panel title={label} error={error}>{null}</Panel>;
  return <CountTable title={t("valuesOf", { name: label })} list={data} expr={expr} />;
}

export function Cardinality() {
  const { data, error } = useApi("tsdb", (signal) => tsdbStatus(LIMIT, { signal }), { every: 15_000 });
  const [metric] = useSearchParameter("metric");
  const [label, setLabel] = useSearchParameter("label");
  const total = data?.headStats.numSeries;
  return (
    <div className="column">
      {error && <div className="trouble">{error}</div>}
      {metric && (
        <div className="count-grid">
          <MetricLabels key={metric} metric={metric} onPick={setLabel} />
          {label && <LabelValues key={label} metric={metric} label={label} />}
        </div>
      )}
      <div className="count-grid">
        <CountTable title={t("byMetric")} list={data?.seriesCountByMetricName} total={total} onPick={(name) => setSearch({ metric: name, label: undefined })} />
        <CountTable title={t("byPair")} list={data?.seriesCountByLabelValuePair} total={total} />
        <CountTable title={t("byLabel")} list={data?.labelValueCountByLabelName} />
        <CountTable title={t("byBytes")} list={data?.memoryInBytesByLabelName} format={bytes} />
      </div>
    </div>
  );
}
