"""Real clients and servers around Pharos: OpenTelemetry's SDK, prom-client, the Pushgateway, curl, and Prometheus as a
remote reader, a scraper through TLS, and a federating server."""
import json
import re
import shutil
import ssl
import subprocess
import time
import urllib.parse

from harness import (PEERS, Process, Server, free_port, main, peer, request, scratch, skip, wait_until, write_request)

NPM = ["@opentelemetry/api@1", "@opentelemetry/sdk-metrics@2", "@opentelemetry/resources@2", "@opentelemetry/exporter-metrics-otlp-proto@0.223",
       "@opentelemetry/exporter-metrics-otlp-http@0.223", "@opentelemetry/exporter-metrics-otlp-grpc@0.223", "prom-client@15"]


def npm_folder():
    """A folder with the packages above, installed once."""
    if not shutil.which("node") or not shutil.which("npm"):
        skip("no node here")
    folder = PEERS / "npm"
    if not (folder / "installed").exists():
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "package.json").write_text('{"private": true}')
        done = subprocess.run(["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", "--no-save", *NPM], cwd=folder,
                              capture_output=True, text=True, timeout=120)
        if done.returncode:
            skip("npm packages cannot be installed: " + done.stderr.strip()[-200:])
        (folder / "installed").touch()
    return folder


def node(script, *arguments, timeout=40):
    folder = npm_folder()
    file = folder / f"script-{time.monotonic_ns()}.cjs"
    file.write_text(script)
    try:
        done = subprocess.run(["node", str(file), *map(str, arguments)], cwd=folder, capture_output=True, text=True, timeout=timeout)
    finally:
        file.unlink()
    assert done.returncode == 0, (done.stdout[-2000:], done.stderr[-2000:])
    return done.stdout


OTEL = """
const { MeterProvider, PeriodicExportingMetricReader, AggregationTemporality, AggregationType } = require('@opentelemetry/sdk-metrics');
const { resourceFromAttributes } = require('@opentelemetry/resources');
const [port, grpcPort] = process.argv.slice(2);
const kinds = {
  proto: () => new (require('@opentelemetry/exporter-metrics-otlp-proto').OTLPMetricExporter)({ url: `http://127.0.0.1:${port}/v1/metrics`, compression: 'gzip' }),
  json: () => new (require('@opentelemetry/exporter-metrics-otlp-http').OTLPMetricExporter)({ url: `http://127.0.0.1:${port}/api/v1/otlp/v1/metrics` }),
  grpc: () => new (require('@opentelemetry/exporter-metrics-otlp-grpc').OTLPMetricExporter)({ url: `http://127.0.0.1:${grpcPort}`, temporalityPreference: AggregationTemporality.DELTA }),
};
(async () => {
  for (const [kind, make] of Object.entries(kinds)) {
    const reader = new PeriodicExportingMetricReader({ exporter: make(), exportIntervalMillis: 3600000 });
    const provider = new MeterProvider({
      resource: resourceFromAttributes({ 'service.name': 'sdk-' + kind, 'service.instance.id': 'i1' }), readers: [reader],
      views: [{ instrumentName: 'sizes', aggregation: { type: AggregationType.EXPONENTIAL_HISTOGRAM } }],
    });
    const meter = provider.getMeter('test');
    const counter = meter.createCounter('jobs.done', { description: 'Jobs done.' });
    const up = meter.createUpDownCounter('jobs.open');
    const times = meter.createHistogram('job.time', { unit: 's', advice: { explicitBucketBoundaries: [1, 5] } });
    const sizes = meter.createHistogram('sizes');
    meter.createObservableGauge('temperature', { unit: 'Cel' }).addCallback((r) => r.observe(21.5, { room: 'a' }));
    for (let round = 0; round < 3; round++) {
      counter.add(2, { 'http.route': '/x' });
      up.add(1);
      times.record(0.5); times.record(3); times.record(30);
      sizes.record(4); sizes.record(1000);
      await reader.forceFlush();
    }
    await provider.shutdown();
  }
})().catch((e) => { console.error(e); process.exit(1); });
"""


def test_opentelemetry_sdk_exports_by_every_protocol():
    npm_folder()
    grpc = free_port()
    server = Server(config="", flags=["--otlp.grpc.listen-address", f"127.0.0.1:{grpc}"]).start()
    node(OTEL, server.port, grpc)
    for kind in ("proto", "json", "grpc"):  # gRPC sends deltas
        one = lambda expr: server.query(expr.replace("{", f'{{job="sdk-{kind}",'))[0]
        assert one('jobs_done_total{http_route="/x"}')["value"][1] == "6", kind
        assert one("jobs_open{}")["value"][1] == "3", kind
        assert one('temperature_celsius{room="a"}')["value"][1] == "21.5", kind
        assert one('job_time_seconds_bucket{le="5"} or job_time_seconds_bucket{le="5.0"}')["value"][1] == "6", kind
        assert one("job_time_seconds_count{}")["value"][1] == "9" and one("job_time_seconds_sum{}")["value"][1] == "100.5", kind
        assert one("histogram_count(sizes{})")["value"][1] == "6" and one("histogram_sum(sizes{})")["value"][1] == "3012", kind
        assert not server.query(f'resets(jobs_done_total{{job="sdk-{kind}"}}[5m]) > 0')
    server.stop()


def test_prom_client_pushes():
    server = Server(config="").start()
    node("""
const client = require('prom-client');
const registry = new client.Registry();
const done = new client.Counter({ name: 'batch_done_total', help: 'Done.', labelNames: ['kind'], registers: [registry] });
const took = new client.Histogram({ name: 'batch_seconds', help: 'Took.', buckets: [1, 2], registers: [registry] });
done.inc({ kind: 'a/b "c"' }, 3);
took.observe(1.5);
const gateway = new client.Pushgateway('http://127.0.0.1:' + process.argv[2], {}, registry);
(async () => {
  await gateway.pushAdd({ jobName: 'night ly', groupings: { instance: 'i/1' } });
  await gateway.push({ jobName: 'other' });
  await gateway.delete({ jobName: 'other' });
})().catch((e) => { console.error(e); process.exit(1); });
""", server.port)
    rows = server.query("batch_done_total")
    assert [r["metric"] for r in rows] == [{"__name__": "batch_done_total", "instance": "i/1", "job": "night ly", "kind": 'a/b "c"'}], rows
    assert server.query('batch_seconds_bucket{le="2"} or batch_seconds_bucket{le="2.0"}')[0]["value"][1] == "1"
    server.stop()


def series_of(page):
    """What a page of the Pushgateway says, without its own metrics: {labels: value}."""
    out = {}
    for line in page.decode().splitlines():
        found = re.fullmatch(r"(\w+)\{(.*)\} (\S+)", line)
        if not found or found[1].startswith(("go_", "process_", "pushgateway_", "promhttp_", "push_time_", "push_failure_")):
            continue
        labels = dict((k, json.loads(v)) for k, v in re.findall(r'(\w+)=("(?:[^"\\\\]|\\\\.)*")', found[2]))
        labels["__name__"] = found[1]
        labels = {k: v for k, v in labels.items() if v}
        out[json.dumps(labels, sort_keys=True)] = float(found[3])
    return out


def test_pushes_mean_what_they_mean_to_a_pushgateway():
    gateway = peer("prometheus-pushgateway", "prometheus-pushgateway")
    port = free_port()
    process = Process([gateway, f"--web.listen-address=127.0.0.1:{port}"], scratch() / "gateway.log")
    server = Server(config="").start()
    wait_until(lambda: request(port, "GET", "/-/ready")[0] == 200, 20, "pushgateway")
    page = b"# TYPE a gauge\na{x=\"1\"} 1\na{x=\"2\"} 2\n# TYPE b counter\nb 3\n"
    steps = [
        ("PUT", "/metrics/job/j1", page),
        ("POST", "/metrics/job/j1", b"# TYPE a gauge\na{x=\"3\"} 30\n"),     # replaces the whole family a
        ("PUT", "/metrics/job/j2/instance/i1", page),
        ("PUT", "/metrics/job/j2/instance/i1", b"c 1\n"),                      # replaces the whole group
        ("POST", "/metrics/job@base64/bmF0L2xhbi8x/path@base64/L3Zhci90bXA", b"d 1\n"),
        ("PUT", "/metrics/job/j3/empty@base64/=", b"e 1\n"),
        ("PUT", "/metrics/job/j4", b"f{job=\"other\",instance=\"mine\"} 1\n"),  # the group's labels win
        ("PUT", "/metrics/job/j5", b""),
        ("PUT", "/metrics/job/j6", b"g 1 1234567890123\n"),                    # a time is refused
        ("PUT", "/metrics/job/j6", b"not a page"),
        ("PUT", "/metrics/job/j6", b"h 1\nh 2\n"),                             # one series twice
        ("PUT", "/metrics/job@base64/%%%", b"h 1\n"),
        ("PUT", "/metrics/instance/i", b"h 1\n"),
        ("PUT", "/metrics/job/j7/x", b"h 1\n"),
        ("PUT", "/metrics/job/j7/__x/1", b"h 1\n"),
        ("DELETE", "/metrics/job/j3/empty@base64/=", None),
        ("DELETE", "/metrics/job/never", None),
        ("PUT", "/metrics/job/j9", b"i{le=\"1\"} NaN\ni{le=\"2\"} +Inf\n"),
    ]
    differing = []
    for method, path, body in steps:
        theirs, ours = (request(p, method, path, body)[0] for p in (port, server.port))
        if theirs != ours:
            differing.append(f"{method} {path} {body}: {theirs} / {ours}")
    assert not differing, "\n".join(differing)

    def same():
        expected = series_of(request(port, "GET", "/metrics")[1])
        found = {}
        for row in server.query('{__name__=~"[a-i]"}'):
            found[json.dumps(row["metric"], sort_keys=True)] = float(row["value"][1])
        assert {k: str(v) for k, v in expected.items()} == {k: str(v) for k, v in found.items()}, (expected, found)
        return True
    try:
        wait_until(same, 3, "the same series")
    except AssertionError:
        same()
    groups = lambda p: sorted(json.dumps(g["labels"], sort_keys=True) for g in json.loads(request(p, "GET", "/api/v1/metrics")[1])["data"])
    assert groups(port) == groups(server.port)
    process.kill()
    server.stop()


# ------------------------------ TLS

def certificates(folder):
    """An authority, a server's certificate for 127.0.0.1 and a client's."""
    if not shutil.which("openssl"):
        skip("no openssl here")
    run = lambda *a: subprocess.run(["openssl", *a], cwd=folder, check=True, capture_output=True)
    run("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", "ca.key", "-out", "ca.pem", "-days", "2", "-subj", "/CN=test CA")
    for name in ("server", "client"):
        (folder / f"{name}.ext").write_text("subjectAltName=IP:127.0.0.1,DNS:localhost\n")
        run("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", f"{name}.key", "-out", f"{name}.csr", "-subj", f"/CN={name}")
        run("x509", "-req", "-in", f"{name}.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-out", f"{name}.pem", "-days", "2", "-extfile", f"{name}.ext")


# bcrypt of "secret"
USERS = "basic_auth_users: {ada: '$2b$04$X5RUgx7G06fpkOUl8R3k/.LontOEnTanFcePvFrS8ipXV4bWUD/R2'}\n"


def prometheus(folder, port, config):
    binary = peer("prometheus", "prometheus")
    (folder / "prometheus.yml").write_text(config)
    process = Process([binary, f"--config.file={folder}/prometheus.yml", f"--storage.tsdb.path={folder}/data",
                       f"--web.listen-address=127.0.0.1:{port}"], folder / "prometheus.log")
    wait_until(lambda: request(port, "GET", "/-/ready")[0] == 200, 30, "prometheus")
    return process


def ask(port, expr):
    return json.loads(request(port, "GET", "/api/v1/query?" + urllib.parse.urlencode({"query": expr}))[1])["data"]["result"]


def test_tls_and_passwords_for_curl_and_prometheus():
    if not shutil.which("curl"):
        skip("no curl here")
    folder = scratch()
    certificates(folder)
    (folder / "web.yml").write_text("tls_server_config: {cert_file: server.pem, key_file: server.key}\n" + USERS)
    server = Server(config="", flags=["--web.config.file", folder / "web.yml"]).start(wait=False)
    url = f"https://127.0.0.1:{server.port}"

    def curl(*arguments):
        done = subprocess.run(["curl", "-sS", "-o", "/dev/null", "-w", "%{http_code} %{http_version}", *arguments], cwd=folder, capture_output=True, text=True, timeout=20)
        return done.stdout if done.returncode == 0 else f"error {done.returncode}"

    wait_until(lambda: curl("--cacert", "ca.pem", "-u", "ada:secret", url + "/-/ready").startswith("200"), 30, "ready")
    assert curl("--cacert", "ca.pem", "-u", "ada:secret", url + "/api/v1/labels") == "200 2"
    assert curl("--cacert", "ca.pem", "--http1.1", "-u", "ada:secret", url + "/metrics") == "200 1.1"
    assert curl("--cacert", "ca.pem", "-u", "ada:wrong", url + "/metrics").startswith("401")
    assert curl("--cacert", "ca.pem", url + "/metrics").startswith("401")
    assert curl(url + "/metrics").startswith("error 60"), "an unknown authority"
    assert curl("--cacert", "ca.pem", "--tls-max", "1.1", url + "/metrics").startswith("error"), "TLS 1.1"
    assert curl(f"http://127.0.0.1:{server.port}/metrics").startswith(("4", "error")), "plain text on a TLS port"
    port = free_port()
    process = prometheus(folder, port, f"""
global: {{scrape_interval: 1s, scrape_timeout: 1s}}
scrape_configs:
- job_name: pharos
  scheme: https
  tls_config: {{ca_file: ca.pem}}
  basic_auth: {{username: ada, password: secret}}
  static_configs: [{{targets: ['127.0.0.1:{server.port}']}}]
""")
    wait_until(lambda: ask(port, 'up{job="pharos"} == 1'), 20, "up")
    assert float(ask(port, 'scrape_samples_scraped{job="pharos"}')[0]["value"][1]) > 50
    process.kill()
    server.stop()


def test_targets_that_want_a_client_certificate():
    exporter = peer("prometheus-node-exporter", "prometheus-node-exporter")
    folder = scratch()
    certificates(folder)
    (folder / "web.yml").write_text("tls_server_config: {cert_file: server.pem, key_file: server.key, client_auth_type: RequireAndVerifyClientCert, client_ca_file: ca.pem}\n")
    port = free_port()
    help_text = subprocess.run([exporter, "--help"], capture_output=True, text=True)
    flag = "--web.config.file" if "--web.config.file" in help_text.stderr + help_text.stdout else "--web.config"
    process = Process([exporter, f"--web.listen-address=127.0.0.1:{port}", f"{flag}={folder}/web.yml", "--collector.disable-defaults", "--collector.loadavg"],
                      folder / "exporter.log", cwd=folder)
    server = Server(config=f"""
global: {{scrape_interval: 1s, scrape_timeout: 1s}}
scrape_configs:
- job_name: good
  scheme: https
  tls_config: {{ca_file: {folder}/ca.pem, cert_file: {folder}/client.pem, key_file: {folder}/client.key}}
  static_configs: [{{targets: ['127.0.0.1:{port}']}}]
- job_name: nobody
  scheme: https
  tls_config: {{ca_file: {folder}/ca.pem}}
  static_configs: [{{targets: ['127.0.0.1:{port}']}}]
- job_name: stranger
  scheme: https
  static_configs: [{{targets: ['127.0.0.1:{port}']}}]
""").start()
    wait_until(lambda: server.query('up{job="good"} == 1'), 20, "up with a certificate")
    wait_until(lambda: len(server.query("up == 0")) == 2, 20, "down without")
    assert server.query('node_load1{job="good"}')
    errors = {t["scrapePool"]: t["lastError"] for t in json.loads(server.get("/api/v1/targets")[1])["data"]["activeTargets"]}
    assert errors["good"] == "" and "certificate" in errors["stranger"].lower() and errors["nobody"], errors
    process.kill()
    server.stop()


# ------------------------------ Prometheus as a client

def test_prometheus_reads_from_and_federates_pharos():
    server = Server(config="global: {external_labels: {replica: r1}}\n").start()
    t = int(time.time() * 1000)
    server.write(write_request([({"__name__": "held", "n": str(n), "job": "x"}, [(n + i / 4, t - 60_000 + i * 1000) for i in range(60)]) for n in range(5)]))
    folder, port = scratch(), free_port()
    process = prometheus(folder, port, f"""
global: {{scrape_interval: 1s, scrape_timeout: 1s}}
remote_read: [{{url: 'http://127.0.0.1:{server.port}/api/v1/read', read_recent: true}}]
scrape_configs:
- job_name: federate
  honor_labels: true
  metrics_path: /federate
  params: {{'match[]': ['held']}}
  static_configs: [{{targets: ['127.0.0.1:{server.port}']}}]
""")
    wait_until(lambda: ask(port, "up == 1"), 20, "federated")
    at = (t - 5_000) / 1000
    expr = 'sum by (n) (rate(held[30s]))'
    for window in (expr, 'sum by (n) (max_over_time(held[50s]))'):
        theirs = json.loads(request(port, "GET", "/api/v1/query?" + urllib.parse.urlencode({"query": window, "time": at}))[1])["data"]["result"]
        ours = server.query(window, at)
        key = lambda rows: sorted((r["metric"]["n"], round(float(r["value"][1]), 9)) for r in rows)
        assert len(theirs) == 5 and key(theirs) == key(ours), (theirs, ours)
    federated = wait_until(lambda: ask(port, 'held{replica="r1",instance="",job="x"}'), 20, "federated series")
    assert sorted(float(r["value"][1]) for r in federated) == [n + 59 / 4 for n in range(5)], federated
    formats = subprocess.run(["grep", "-c", "err=", folder / "prometheus.log"], capture_output=True, text=True).stdout.strip()
    assert formats == "0", (folder / "prometheus.log").read_text()[-2000:]
    process.kill()
    server.stop()


if __name__ == "__main__":
    main()
