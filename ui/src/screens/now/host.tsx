// The host the server runs on, or any that sends node_exporter's metrics: numbers on top, a minute ago to now
// below, a second at a time.
import { useState } from "react";
import { Plot, type PlotSeries } from "../../charts/plot";
import { instant, quote, type LabelSet } from "../../api/prometheus";
import { useApi } from "../../api/use_api";
import { useLive, type Live } from "../../live/live";
import { Meter, Panel, ScrollTable } from "../../parts/parts";
import { Sparkline } from "../../charts/sparkline";
import { byteRate, bytes, percent } from "../../text/numbers";
import { formatAge } from "../../time/range";
import { useNow, useZone } from "../../time/use_time";
import { dateAndClock } from "../../time/zone";
import { lastOf } from "./facts";
import { t } from "./messages";

const SPAN = { step: 1, range: 300 };
const REAL_DISKS = 'device!~"loop.*|ram.*|dm-.*|sr.*"';
const REAL_FILESYSTEMS =
  'fstype!~"tmpfs|ramfs|squashfs|devtmpfs|nsfs|proc|sysfs|cgroup.*|autofs|fuse.*|efivarfs|devpts|mqueue|tracefs|debugfs|bpf|securityfs|pstore|configfs|hugetlbfs|rpc_pipefs|overlay"';

function rows(live: Live | undefined, label: string): PlotSeries[] {
  return (live?.frame.series() ?? []).map(({ metric, values }) => ({ name: metric[label] ?? "", values }));
}
function named(live: Live | undefined, name: string): Float64Array {
  return live?.frame.series().find(({ metric }) => metric.__name__ === name || metric.d === name)?.values ?? new Float64Array();
}
const fixed = (value: number) => (Number.isNaN(value) ? "–" : value.toFixed(2));
const NO_TIMES = new Float64Array();

interface TileProps {
  name: string;
  value: string;
  raw: number;
  small: string;
  part?: number;
  times: ArrayLike<number>;
  history: ArrayLike<number>;
  version: number;
  color: string;
  max?: number;
}
function Tile({ name, value, raw, small, part, times, history, version, color, max }: TileProps) {
  return (
    <div className="panel tile">
      <h2>{name}</h2>
      <b className="big num" data-value={raw}>
        {value}
      </b>
      <span className="dim cut" title={small}>
        {small || "\u00a0"}
      </span>
      <Sparkline times={times} values={history} version={version} color={color} height={26} min={0} max={max} label={`${name}: ${value}`} />
      {part !== undefined && <Meter value={part} tone={part > 0.9 ? "critical" : part > 0.75 ? "warning" : "ok"} label={name} />}
    </div>
  );
}

const MODES = ["user", "system", "iowait", "steal", "nice", "irq", "softirq"];

export default function HostOverview({ hosts }: { hosts: readonly LabelSet[] }) {
  const [picked, setPicked] = useState<string | undefined>();
  const keyOf = (host: LabelSet) => `${host.instance ?? ""} ${host.job ?? ""}`;
  const host = hosts.find((one) => keyOf(one) === picked) ?? hosts[0]!;
  const inside = ["instance", "job"].filter((name) => host[name] !== undefined).map((name) => `${name}=${quote(host[name]!)}`);
  const selector = (...more: string[]) => ([...inside, ...more].length ? `{${[...inside, ...more].join(",")}}` : "");
  const key = inside.join();
  // The host collector reads each second; an exporter is scraped less often and needs a wider window.
  const { data: window = "5s" } = useApi(
    `window ${key}`,
    async (signal) => {
      for (const width of ["5s", "1m", "5m"]) if ((await instant(`count(rate(node_cpu_seconds_total${selector()}[${width}]))`, undefined, { signal })).length) return width;
      return "5m";
    },
  );
  const { data: facts } = useApi(
    `facts ${key}`,
    async (signal) => {
      const [name, cores, boot] = await Promise.all([
        instant(`node_uname_info${selector()}`, undefined, { signal }),
        instant(`count(count by (cpu) (node_cpu_seconds_total${selector()}))`, undefined, { signal }),
        instant(`node_boot_time_seconds${selector()}`, undefined, { signal }),
      ]);
      return { name: name[0]?.metric, cores: cores[0]?.value ?? 0, boot: boot[0]?.value ?? NaN };
    },
    { every: 60_000 },
  );
  const rate = (metric: string, ...more: string[]) => `rate(${metric}${selector(...more)}[${window}])`;
  const as = (name: string, expr: string) => `label_replace(${expr}, "d", "${name}", "", "")`;
  const cpu = useLive({ expr: `100 * avg by (mode) (${rate("node_cpu_seconds_total", 'mode!="idle"')})`, ...SPAN });
  const busy = useLive({ expr: `100 - 100 * avg(${rate("node_cpu_seconds_total", 'mode="idle"')})`, ...SPAN });
  const memory = useLive({
    expr: `${as("total", `node_memory_MemTotal_bytes${selector()}`)} or ${as("used", `node_memory_MemTotal_bytes${selector()} - node_memory_MemAvailable_bytes${selector()}`)} or ${as("cache", `node_memory_Cached_bytes${selector()}`)}`,
    ...SPAN,
  });
  const load = useLive({ expr: `{__name__=~"node_load(1|5|15)"${inside.length ? `,${inside.join(",")}` : ""}}`, ...SPAN });
  const network = useLive({
    expr: `${as("received", `sum(${rate("node_network_receive_bytes_total", 'device!="lo"')})`)} or ${as("sent", `sum(${rate("node_network_transmit_bytes_total", 'device!="lo"')})`)}`,
    ...SPAN,
  });
  const disk = useLive({
    expr: `${as("read", `sum(${rate("node_disk_read_bytes_total", REAL_DISKS)})`)} or ${as("written", `sum(${rate("node_disk_written_bytes_total", REAL_DISKS)})`)}`,
    ...SPAN,
  });
  const pressure = useLive({
    expr: `100 * (${as("CPU", rate("node_pressure_cpu_waiting_seconds_total"))} or ${as("memory", rate("node_pressure_memory_waiting_seconds_total"))} or ${as("I/O", rate("node_pressure_io_waiting_seconds_total"))})`,
    ...SPAN,
  });
  const { data: filesystems } = useApi(
    `filesystems ${key}`,
    async (signal) => {
      const [sizes, free] = await Promise.all([
        instant(`node_filesystem_size_bytes${selector(REAL_FILESYSTEMS)}`, undefined, { signal }),
        instant(`node_filesystem_avail_bytes${selector(REAL_FILESYSTEMS)}`, undefined, { signal }),
      ]);
      return sizes
        .map(({ metric, value }) => ({
          mount: metric.mountpoint ?? "",
          device: metric.device ?? "",
          type: metric.fstype ?? "",
          size: value,
          free: free.find((one) => one.metric.mountpoint === metric.mountpoint && one.metric.device === metric.device)?.value ?? NaN,
        }))
        .filter(({ size }) => size > 0)
        .sort((a, b) => a.free / a.size - b.free / b.size)
        .slice(0, 8);
    },
    { every: 15_000 },
  );
  const now = useNow();
  const zone = useZone();

  const history = (live: Live | undefined, values: ArrayLike<number>) => ({ times: live?.frame.times() ?? NO_TIMES, history: values, version: live?.version ?? 0 });
  const total = lastOf(named(memory, "total"));
  const used = named(memory, "used");
  const load1 = lastOf(named(load, "node_load1"));
  const two = (name: string) => fixed(lastOf(named(load, name)));
  const cores = facts?.cores ?? 0;
  const busyRow = busy?.frame.series()[0]?.values ?? NO_TIMES;
  const title = facts?.name?.nodename ?? host.instance ?? t("host");
  const system = [facts?.name?.sysname, facts?.name?.release, facts?.name?.machine].filter(Boolean).join(" ");
  return (
    <>
      <div className="row wrap host-head">
        <h2>{title}</h2>
        <span className="dim cut">{system}</span>
        <span className="grow" />
        {hosts.length > 1 && (
          <select className="input" aria-label={t("hostPick")} value={keyOf(host)} onChange={(event) => setPicked(event.target.value)}>
            {hosts.map((one) => (
              <option key={keyOf(one)} value={keyOf(one)}>
                {[one.instance ?? t("host"), one.job].filter(Boolean).join(" · ")}
              </option>
            ))}
          </select>
        )}
        {facts && Number.isFinite(facts.boot) && (
          <span className="dim" title={t("booted", { time: dateAndClock(facts.boot, zone) })}>
            {t("uptime")} <b className="num">{formatAge(now - facts.boot)}</b>
          </span>
        )}
      </div>
      <div className="tiles">
        <Tile name={t("cpu")} value={percent(lastOf(busyRow))} raw={lastOf(busyRow)} small={cores ? t("cores", { n: cores }) : ""} part={lastOf(busyRow) / 100} {...history(busy, busyRow)} color="var(--c0)" max={100} />
        <Tile name={t("memory")} value={bytes(lastOf(used))} raw={lastOf(used)} small={t("of", { total: bytes(total) })} part={lastOf(used) / total} {...history(memory, used)} color="var(--c4)" max={total} />
        <Tile name={t("load")} value={fixed(load1)} raw={load1} small={t("loads", { five: two("node_load5"), fifteen: two("node_load15") })} {...(cores ? { part: load1 / cores } : {})} {...history(load, named(load, "node_load1"))} color="var(--c1)" />
        <Tile name={t("network")} value={byteRate(lastOf(named(network, "received")))} raw={lastOf(named(network, "received"))} small={`${t("received")} · ${byteRate(lastOf(named(network, "sent")))} ${t("sent")}`} {...history(network, named(network, "received"))} color="var(--c2)" />
        <Tile name={t("disk")} value={byteRate(lastOf(named(disk, "read")))} raw={lastOf(named(disk, "read"))} small={`${t("read")} · ${byteRate(lastOf(named(disk, "written")))} ${t("written")}`} {...history(disk, named(disk, "written"))} color="var(--c5)" />
      </div>
      <div className="host-grid">
        <HostPlot title={t("cpuByMode")} live={cpu} series={rows(cpu, "mode").sort((a, b) => MODES.indexOf(a.name) - MODES.indexOf(b.name)).slice(0, 5)} format={percent} min={0} max={10} />
        <HostPlot
          title={t("memory")}
          live={memory}
          series={[
            { name: t("used"), values: used, fill: 0.18, color: "var(--c4)" },
            { name: t("cache"), values: named(memory, "cache"), color: "var(--c5)" },
          ]}
          format={bytes}
          min={0}
          max={Number.isFinite(total) ? total : undefined}
        />
        <HostPlot title={t("network")} live={network} series={["received", "sent"].map((name, i) => ({ name: t(name as "received"), values: named(network, name), color: `var(--c${i === 0 ? 2 : 0})`, fill: i === 0 ? 0.12 : 0 }))} format={byteRate} min={0} />
        <HostPlot title={t("disk")} live={disk} series={["read", "written"].map((name, i) => ({ name: t(name as "read"), values: named(disk, name), color: `var(--c${i === 0 ? 5 : 6})`, fill: i === 0 ? 0.12 : 0 }))} format={byteRate} min={0} />
        <HostPlot title={t("pressure")} live={pressure} series={rows(pressure, "d").filter(({ name }) => name)} format={percent} min={0} max={5} />
        <Panel title={t("filesystems")} flush>
          <ScrollTable label={t("filesystems")}>
            <thead>
              <tr>
                <th>{t("mount")}</th>
                <th>{t("type")}</th>
                <th className="number">{t("size")}</th>
                <th className="number">{t("free")}</th>
                <th style={{ width: "30%" }}>{t("use")}</th>
              </tr>
            </thead>
            <tbody>
              {(filesystems ?? []).map(({ mount, device, type, size, free }) => {
                const part = 1 - free / size;
                return (
                  <tr key={`${mount} ${device}`} title={device}>
                    <td className="mono">{mount}</td>
                    <td className="dim">{type}</td>
                    <td className="number" data-value={size}>{bytes(size)}</td>
                    <td className="number" data-value={free}>{bytes(free)}</td>
                    <td>
                      <span className="row">
                        <span className="grow">
                          <Meter value={part} tone={part > 0.95 ? "critical" : part > 0.85 ? "warning" : "ok"} label={mount} />
                        </span>
                        <span className="num nowrap">{percent(part * 100)}</span>
                      </span>
                    </td>
                  </tr>
                );
              })}
            </tbody>
          </ScrollTable>
        </Panel>
      </div>
    </>
  );
}

function HostPlot({ title, live, series, format, min, max }: { title: string; live: Live | undefined; series: PlotSeries[]; format: (value: number) => string; min?: number; max?: number | undefined }) {
  const times = live?.frame.times() ?? NO_TIMES;
  return (
    <Panel title={title} error={live?.error}>
      <Plot times={times} series={series} version={live?.version ?? 0} height={150} format={format} min={min} max={max} label={title} sync="host" />
    </Panel>
  );
}
