// A small world for the browser tests: a metrics page that the tests can change, a Pharos that scrapes it each
// second with rules, routing and on-call, and hostile text in every place a label can have it.
import { spawn } from "node:child_process";
import { randomInt } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import { createServer as createSocket } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = join(dirname(fileURLToPath(import.meta.url)), "..", "..");
export const BUILD = process.env.PHAROS_BUILD ?? join(ROOT, "build");
export const HOSTILE = `<img src=x onerror="window.pwned=1"><script>window.pwned=1</script>&amp;"'`;

export const REGIONS = ["us-east", "us-west", "eu-west", "eu-central", "ap-ne", "ap-south", "sa-east", "af-south"];
const COMPONENTS = ["amst", "hde", "pba", "acp", "ass", "itp"];

/** Who calls whom, how often a second, and which share fails. */
export const CALLS = [
  ["front-door", "dwcp-manager", 400, 0.0005],
  ["dwcp-manager", "database", 160, 0],
  ["dwcp-manager", "redis", 90, 0.2],
  ["dwcp-manager", "acp", 40, 0],
  ["acp", "etcd", 60, 0],
  ["dwcp-manager", HOSTILE, 10, 0],
];

/** Nobody's now, and below those that the kernel gives to outgoing connections, which a child would find taken now and then. */
export async function freePort() {
  for (let tries = 0; tries < 100; tries++) {
    const port = randomInt(12_000, 32_000);
    const free = await new Promise((done) => {
      const socket = createSocket();
      socket.on("error", () => done(false));
      socket.listen(port, "127.0.0.1", () => socket.close(() => done(true)));
    });
    if (free) return port;
  }
  throw new Error("no free port in a hundred tries");
}

export async function until(question, what, seconds = 60) {
  const deadline = Date.now() + seconds * 1000;
  let last;
  while (Date.now() < deadline) {
    try {
      const answer = await question();
      if (answer) return answer;
    } catch (error) {
      last = error;
    }
    await new Promise((go) => setTimeout(go, 50));
  }
  throw new Error(`${what} did not happen within ${seconds} s${last ? `: ${last.message}` : ""}`);
}

function escape(text) {
  return text.replace(/\\/g, "\\\\").replace(/"/g, '\\"').replace(/\n/g, "\\n");
}

/** What the fleet says of itself: scores by region, health by component; `state` overrides. */
export function page(state) {
  const lines = [];
  const seconds = Date.now() / 1000;
  REGIONS.forEach((region, i) => {
    const score = state.scores[region] ?? 97 + 1.5 * Math.sin(seconds / 40 + i);
    lines.push(`dwcp_region_health_score{region="${region}"} ${score}`);
    lines.push(`dwcp_region_health_trend{region="${region}"} ${score < 80 ? -1 : 0}`);
    lines.push(`dwcp_region_health_factor{region="${region}",factor="loss"} ${score < 80 ? 61 : 100}`);
    const requests = Math.floor(seconds * (40 + i * 7)) % 1e9;
    lines.push(`dwcp_requests_total{region="${region}",operation="op-${i % 3}"} ${requests}`);
    lines.push(`dwcp_errors_total{region="${region}",operation="op-${i % 3}"} ${Math.floor(requests / (20 + 400 * (i % 3)))}`);
    lines.push(`dwcp_v3_migrations_total{region="${region}",status="${i % 4 ? "success" : "failed"}"} ${Math.floor(seconds * (1 + i)) % 1e9}`);
    for (const other of REGIONS) {
      if (other === region) continue;
      const way = `source="${region}",destination="${other}"`;
      lines.push(`network_link_packet_loss_ratio{${way}} ${state.loss[`${region} ${other}`] ?? 0.0004}`);
      lines.push(`network_link_utilization_ratio{${way},direction="tx"} ${0.2 + 0.05 * i}`);
      lines.push(`network_tunnel_up{tunnel_id="tun-${region}-${other}",${way}} 1`);
      // A sync each second; of twenty one takes up to two seconds.
      for (const [le, of20] of [["0.64", 19], ["2.56", 20], ["+Inf", 20]])
        lines.push(`dwcp_federation_sync_duration_seconds_bucket{cluster="${region}",remote_cluster="${other}",sync_type="delta",le="${le}"} ${Math.floor((seconds % 1e8) * of20)}`);
    }
    lines.push(`dwcp_backend_healthy{backend="${region}"} 1`);
    lines.push(`dwcp_db_replication_lag_seconds{region="${region}"} ${state.lag[region] ?? 0.2}`);
    lines.push(`dwcp_cpu_usage_percent{region="${region}"} ${40 + i}`);
    for (const component of COMPONENTS)
      lines.push(`dwcp_system_component_health{cluster="c-${region}",region="${region}",node="n1",component="${component}"} ${state.components[`${region} ${component}`] ?? 2}`);
  });
  lines.push("probft_quorum_availability 1");
  for (const [client, server, rate, failing] of CALLS) {
    const ends = `client="${escape(client)}",server="${escape(server)}",connection_type=""`;
    const calls = Math.floor((seconds % 1e8) * rate);
    lines.push(`traces_service_graph_request_total{${ends}} ${calls}`);
    lines.push(`traces_service_graph_request_failed_total{${ends}} ${Math.floor((seconds % 1e8) * rate * failing)}`);
    for (const [le, share] of [["0.016", 0.6], ["0.128", 0.97], ["+Inf", 1]]) lines.push(`traces_service_graph_request_server_seconds_bucket{${ends},le="${le}"} ${Math.floor(calls * share)}`);
  }
  lines.push(`hostile_metric{text="${escape(HOSTILE)}"} 1`);
  return `${lines.join("\n")}\n`;
}

const RULES = `groups:
  - name: fleet
    interval: 1s
    rules:
      - alert: DWCPRegionDegraded
        expr: dwcp_region_health_score < 80
        labels: {severity: warning, component: region-health}
        annotations: {summary: 'Region {{ $labels.region }} is at {{ $value | humanize }} of 100', runbook_url: 'https://runbooks.example/DWCPRegionDegraded'}
      - alert: DWCPComponentDown
        expr: min by (region, component) (dwcp_system_component_health) == 0
        labels: {severity: critical}
        annotations: {summary: '{{ $labels.component }} is down in {{ $labels.region }}'}
      - alert: HostileText
        expr: hostile_metric
        labels: {severity: info}
        annotations: {summary: '{{ $labels.text }}', runbook_url: 'runbooks/HostileText.md'}
      - record: region:requests:rate1m
        expr: sum by (region) (rate(dwcp_requests_total[1m]))
`;
const ALERTMANAGER = `route:
  receiver: chat
  group_by: [alertname]
  group_wait: 1s
  routes:
    - {matchers: ['severity="critical"'], receiver: pager}
receivers:
  - name: chat
    webhook_configs: [{url: 'http://127.0.0.1:1/chat'}]
  - name: pager
    oncall_configs: [{policy: immediate}]
  - name: ada-phone
    webhook_configs: [{url: 'http://127.0.0.1:1/ada'}]
inhibit_rules:
  - source_matchers: ['alertname="DWCPComponentDown"']
    target_matchers: ['alertname="DWCPRegionDegraded"']
    equal: [region]
`;
const ONCALL = `oncall:
  users:
    - {name: ada, receivers: [ada-phone]}
    - {name: grace, receivers: [ada-phone]}
  schedules:
    - name: primary
      zone: Europe/Berlin
      rotations:
        - {name: weeks, users: [ada, grace], start: '2026-01-05T09:00', every: 1d}
  policies:
    - name: immediate
      steps: [{schedule: primary}, {wait: 5m}, {users: [grace]}]
  heartbeats:
    - {name: nightly-backup-of-everything, start: '2026-01-01T03:00', recurrence: FREQ=DAILY, zone: Europe/Berlin, grace: 30m}
  maintenance:
    - {name: sunday, start: '2026-01-04T02:00', zone: Europe/Berlin, duration: 2h, recurrence: FREQ=WEEKLY, matchers: ['cluster="a"']}
`;

export async function startWorld({ fleet = true, flags = [], port: wantedPort, prefix = "" } = {}) {
  const folder = mkdtempSync(join(tmpdir(), "pharos-ui-"));
  const state = { scores: {}, components: {}, loss: {}, lag: {}, down: false };
  const metrics = createServer((_, response) => {
    response.statusCode = state.down ? 503 : 200;
    response.setHeader("Content-Type", "text/plain; version=0.0.4");
    response.end(page(state));
  });
  await new Promise((done) => metrics.listen(0, "127.0.0.1", done));
  const port = wantedPort ?? (await freePort());
  const config = join(folder, "pharos.yml");
  writeFileSync(join(folder, "rules.yml"), RULES);
  writeFileSync(join(folder, "alertmanager.yml"), ALERTMANAGER);
  writeFileSync(join(folder, "HostileText.md"), `# Hostile\n\n${HOSTILE}\n\n\`\`\`promql\nhostile_metric\n\`\`\`\n`);
  writeFileSync(
    config,
    `global: {scrape_interval: 1s, scrape_timeout: 1s, evaluation_interval: 1s}
rule_files: ['${join(folder, "rules.yml")}']
scrape_configs:
  - job_name: dwcp
    honor_labels: true
    static_configs: [{targets: ['127.0.0.1:${metrics.address().port}']}]
  - job_name: pharos
    static_configs: [{targets: ['127.0.0.1:${port}']}]
${ONCALL}`,
  );
  const world = { folder, port, state, url: `http://127.0.0.1:${port}`, config, child: undefined };
  world.start = async (more = []) => {
    const own = fleet ? ["--config.file", config, "--alertmanager.config.file", join(folder, "alertmanager.yml")] : [];
    const log = join(folder, "pharos.log");
    const { openSync } = await import("node:fs");
    const out = openSync(log, "a");
    world.child = spawn(join(BUILD, "pharos"), ["serve", "--storage.path", join(folder, "data"), "--web.listen-address", `127.0.0.1:${port}`, "--web.runbooks.path", folder, ...own, ...flags, ...more], { stdio: ["ignore", out, out] });
    await until(async () => {
      if (world.child.exitCode !== null) throw new Error(`pharos ended:\n${readFileSync(log, "utf8").slice(-2000)}`);
      return (await fetch(`http://127.0.0.1:${port}${prefix}/-/ready`)).ok;
    }, "pharos is ready");
  };
  world.halt = () =>
    new Promise((done) => {
      if (!world.child || world.child.exitCode !== null || world.child.signalCode !== null) return done();
      world.child.once("exit", done);
      world.child.kill("SIGTERM");
    });
  world.stop = async () => {
    await world.halt();
    metrics.close();
    metrics.closeAllConnections();
    rmSync(folder, { recursive: true, force: true });
  };
  world.postAlerts = (alerts) =>
    fetch(`${world.url}/api/v2/alerts`, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(alerts) }).then((response) => {
      if (!response.ok) throw new Error(`alerts: HTTP ${response.status}`);
    });
  await world.start();
  return world;
}

/** So many alerts over names, regions and nodes, as a large outage has them. */
export function manyAlerts(count) {
  const names = ["DWCPHighErrorRate", "DWCPLowCompressionRatio", "MigrationSlow", "ConsensusTimeout", "LinkLossHigh", "MempoolFull", "NodeDown", "PredictionDrift"];
  return Array.from({ length: count }, (_, i) => ({
    labels: {
      alertname: names[i % names.length],
      severity: ["warning", "critical", "warning", "info"][i % 4],
      region: REGIONS[i % REGIONS.length],
      component: COMPONENTS[i % COMPONENTS.length],
      node: `n${i}`,
      team: ["core", "network", "storage"][i % 3],
    },
    annotations: { summary: `Node n${i} reports ${names[i % names.length]} for longer than its limit` },
    startsAt: new Date(Date.now() - (i + 1) * 61_000).toISOString(),
    endsAt: new Date(Date.now() + 3600_000).toISOString(),
  }));
}
