// Who is called now, who is next, and what is being escalated.
import { useState, type FormEvent } from "react";
import { addOverride, escalations, heartbeats, maintenance, removeOverride, schedules, shifts, type Schedule } from "../../api/oncall";
import { useApi } from "../../api/use_api";
import { Mark, type Tone } from "../../parts/icons";
import { Chip, Empty, Field, Labels, Panel, ScrollTable, Trouble } from "../../parts/parts";
import { toast } from "../../parts/toast";
import { useMayChange } from "../../parts/may_change";
import { preference } from "../../preferences";
import { formatAge, resolve } from "../../time/range";
import { useNow, useZone } from "../../time/use_time";
import { dateAndClock, partsIn } from "../../time/zone";
import { t } from "./messages";

const DAYS = 14;
const STATES = ["running", "acknowledged", "exhausted", "resolved"] as const;
/** Everybody has been told and nobody has answered: worse than one that runs. */
const TONES: Readonly<Record<string, Tone>> = { running: "warning", exhausted: "critical", acknowledged: "info", resolved: "ok" };
const isState = (text: string): text is (typeof STATES)[number] => STATES.some((state) => state === text);

export function OnCall() {
  const people = useApi("schedules", (signal) => schedules({ signal }), { every: 30_000 });
  const running = useApi("escalations", (signal) => escalations({ signal }), { every: 10_000 });
  const now = useNow();
  const zone = useZone();
  return (
    <div className="column">
      {people.data?.map((schedule) => <ScheduleView key={schedule.name} schedule={schedule} onChange={people.again} />)}
      {(people.error || people.data?.length === 0) && (
        <Panel title={t("schedules")} error={people.error}>
          {people.data && (
            <Empty title={t("noSchedules")}>
              <span>{t("noSchedulesWhy")}</span>
              <pre tabIndex={0}>{"oncall:\n  users:\n    - {name: ada, receivers: [ada-phone]}\n  schedules:\n    - name: primary\n      zone: Europe/Berlin\n      rotations:\n        - {name: weeks, users: [ada], start: 2026-01-05T09:00, every: 1w}"}</pre>
            </Empty>
          )}
        </Panel>
      )}
      <Panel title={t("escalations")} error={running.error} flush>
        {running.data?.length === 0 ? (
          <Empty title={t("noEscalations")} />
        ) : (
          <ScrollTable label={t("escalations")} kind="stack">
            <thead>
              <tr>
                <th>{t("state")}</th>
                <th>{t("policy")}</th>
                <th>{t("groupOf")}</th>
                <th>{t("told")}</th>
                <th>{t("nextStep")}</th>
                <th>{t("owner")}</th>
                <th className="number">{t("age")}</th>
              </tr>
            </thead>
            <tbody>
              {running.data?.map((one) => (
                <tr key={one.id}>
                  <td>
                    <Chip tone={TONES[one.state] ?? "unknown"}>{isState(one.state) ? t(`escalation_${one.state}`) : one.state}</Chip>
                  </td>
                  <td>{one.policy}</td>
                  <td className="full">
                    <Labels labels={one.groupLabels} />
                  </td>
                  <td data-label={t("told")}>{one.told.join(", ")}</td>
                  <td className="num nowrap" data-label={one.nextStepAt ? t("nextStep") : undefined} title={one.nextStepAt ? dateAndClock(Date.parse(one.nextStepAt) / 1000, zone) : ""}>
                    {one.nextStepAt ? t("inSpan", { span: formatAge(Date.parse(one.nextStepAt) / 1000 - now) }) : ""}
                  </td>
                  <td>
                    {one.owner} {one.note && <span className="dim">{one.note}</span>}
                  </td>
                  <td className="number" data-label={t("age")}>
                    {formatAge(now - Date.parse(one.startedAt) / 1000)}
                  </td>
                </tr>
              ))}
            </tbody>
          </ScrollTable>
        )}
      </Panel>
      <Heartbeats />
      <MaintenanceWindows />
    </div>
  );
}

/** Jobs that call in, and those that did not. Without any there is nothing to show. */
function Heartbeats() {
  const { data, error } = useApi("heartbeats", (signal) => heartbeats({ signal }), { every: 15_000 });
  const now = useNow();
  const zone = useZone();
  if (!data?.length && !error) return null;
  return (
    <Panel title={t("heartbeats")} error={error} flush>
      <table className="table stack">
        <thead>
          <tr>
            <th>{t("state")}</th>
            <th>{t("job")}</th>
            <th>{t("lastSeen")}</th>
            <th>{t("expected")}</th>
          </tr>
        </thead>
        <tbody>
          {data?.map((one) => (
            <tr key={one.name}>
              <td className="nowrap">
                <Mark tone={one.missed ? "critical" : one.lastSeen ? "ok" : "unknown"} /> {t(one.missed ? "missed" : one.lastSeen ? "onTime" : "never")}
              </td>
              <td>{one.name}</td>
              <td className="num" data-label={t("lastSeen")}>{one.lastSeen ? t("agoSpan", { span: formatAge(now - Date.parse(one.lastSeen) / 1000) }) : t("never")}</td>
              <td className="num" data-label={one.deadline ? t("expected") : undefined}>{one.deadline ? dateAndClock(Date.parse(one.deadline) / 1000, zone) : ""}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Panel>
  );
}

function MaintenanceWindows() {
  const { data, error } = useApi("maintenance", (signal) => maintenance({ signal }), { every: 60_000 });
  const zone = useZone();
  if (!data?.length && !error) return null;
  return (
    <Panel title={t("maintenance")} error={error} flush>
      <table className="table stack windows">
        <thead>
          <tr>
            <th>{t("window")}</th>
            <th>{t("matchersColumn")}</th>
            <th>{t("nextWindow")}</th>
            <th>{t("reason")}</th>
          </tr>
        </thead>
        <tbody>
          {data?.map((one) => (
            <tr key={one.name}>
              <td>{one.name}</td>
              <td>
                <span className="labels">
                  {one.matchers.map((matcher) => (
                    <span key={matcher} className="label">
                      {matcher}
                    </span>
                  ))}
                </span>
              </td>
              <td className="num nowrap">
                {one.windows[0] ? `${dateAndClock(Date.parse(one.windows[0].from) / 1000, zone, false)} → ${dateAndClock(Date.parse(one.windows[0].to) / 1000, zone, false)}` : ""}
              </td>
              <td>{one.comment}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Panel>
  );
}

const COLORS = 8;
function colorOf(users: readonly string[]): string {
  let hash = 0;
  for (const letter of users.join()) hash = (hash * 31 + letter.charCodeAt(0)) >>> 0;
  return `var(--c${hash % COLORS})`;
}

function ScheduleView({ schedule, onChange }: { schedule: Schedule; onChange: () => void }) {
  const change = useMayChange();
  const now = useNow();
  const zone = useZone();
  const day = partsIn(now, zone).day;
  const from = now;
  const to = from + DAYS * 86_400;
  const { data, error, again } = useApi(`shifts ${schedule.name} ${day}`, (signal) => shifts(schedule.name, now, to, { signal }), { every: 60_000 });
  const [adding, setAdding] = useState(false);
  const changed = () => {
    again();
    onChange();
  };
  const x = (at: number) => `${Math.max(0, Math.min(100, ((at - from) / (to - from)) * 100))}%`;
  return (
    <Panel
      title={schedule.name}
      error={error}
      extra={
        <>
          <span className="dim">{schedule.zone}</span>
          <button type="button" className="button small" aria-expanded={adding} {...change.button()} onClick={() => setAdding(!adding)}>
            {t("override")}
          </button>
        </>
      }
    >
      <div className="column">
        <p>
          {schedule.onCall.length ? (
            <>
              <span className="dim">{t("onCallNow")}</span> <b>{schedule.onCall.join(", ")}</b>
            </>
          ) : (
            <b className="tone-warning">{t("nobodyOnCall")}</b>
          )}
          {schedule.next && (
            <span className="dim">
              {" "}
              · {t("next", { users: schedule.next.users.join(", ") || t("nobody"), span: formatAge(Date.parse(schedule.next.at) / 1000 - now) })}
            </span>
          )}
        </p>
        <div className="shifts" role="img" aria-label={t("shiftsOf", { name: schedule.name, days: DAYS })}>
          {(data ?? []).map((shift, i) => {
            const begin = Date.parse(shift.from) / 1000;
            const end = Date.parse(shift.to) / 1000;
            return (
              <span
                key={i}
                className="cut"
                style={{ left: x(begin), width: `calc(${x(end)} - ${x(begin)})`, borderColor: colorOf(shift.users) }}
                title={`${shift.users.join(", ")} · ${dateAndClock(begin, zone, false)} → ${dateAndClock(end, zone, false)}`}
              >
                {shift.users.join(", ")}
              </span>
            );
          })}
        </div>
        <div className="row dim num">
          <span>{dateAndClock(from, zone, false)}</span>
          <span className="grow" />
          <span>{dateAndClock(to, zone, false)}</span>
        </div>
        {schedule.overrides.length > 0 && (
          <ul>
            {schedule.overrides.map((one) => (
              <li key={one.id} className="row">
                <Chip tone="info">{t("override")}</Chip>
                <b>{one.users.join(", ")}</b>
                <span className="num dim">
                  {dateAndClock(Date.parse(one.from) / 1000, zone, false)} → {dateAndClock(Date.parse(one.to) / 1000, zone, false)} {one.by && `· ${one.by}`}
                </span>
                <button
                  type="button"
                  className="button small"
                  {...change.button()}
                  onClick={() =>
                    void removeOverride(one.id).then(changed, (failure: Error) => toast(failure.message, "critical"))
                  }
                >
                  {t("remove")}
                </button>
              </li>
            ))}
          </ul>
        )}
        {adding && <OverrideForm schedule={schedule.name} onDone={() => (setAdding(false), changed())} />}
      </div>
    </Panel>
  );
}

function OverrideForm({ schedule, onDone }: { schedule: string; onDone: () => void }) {
  const zone = useZone();
  const [users, setUsers] = useState(preference("me") ?? "");
  const [from, setFrom] = useState("now");
  const [to, setTo] = useState("now+4h");
  const [error, setError] = useState<string | undefined>();
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    const now = Date.now() / 1000;
    const begin = resolve(from, now, zone);
    const end = resolve(to, now, zone, true);
    if (begin === undefined || end === undefined) return setError(t("badTime", { text: begin === undefined ? from : to }));
    try {
      await addOverride(schedule, {
        users: users.split(/[,\s]+/).filter(Boolean),
        from: new Date(begin * 1000).toISOString(),
        to: new Date(end * 1000).toISOString(),
        by: preference("me") ?? "",
      });
      onDone();
    } catch (failure) {
      setError(failure instanceof Error ? failure.message : String(failure));
    }
  };
  return (
    <form className="row wrap" style={{ alignItems: "flex-end" }} onSubmit={(event) => void submit(event)}>
      <Field label={t("users")}>
        <input className="input" required value={users} onChange={(event) => setUsers(event.target.value)} />
      </Field>
      <Field label={t("from")}>
        <input className="input mono" required value={from} onChange={(event) => setFrom(event.target.value)} />
      </Field>
      <Field label={t("to")}>
        <input className="input mono" required value={to} onChange={(event) => setTo(event.target.value)} />
      </Field>
      <button type="submit" className="button primary">
        {t("override")}
      </button>
      <Trouble error={error} />
    </form>
  );
}
