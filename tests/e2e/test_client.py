"""Programs that use the client library, watched from outside: promtool and Pharos read their pages, Pharos
scrapes one over each format, and its OTLP endpoint takes what another pushes."""
import json
import subprocess
import urllib.parse

from harness import BUILD, PHAROS, Process, Server, free_port, main, peer, request, scratch, skip, wait_until

EXAMPLES = BUILD / "examples"


def page_of(example):
    if not (EXAMPLES / example).exists():
        skip(f"examples/{example} is not built")
    done = subprocess.run([EXAMPLES / example, "127.0.0.1:0"], capture_output=True, timeout=30, stdin=subprocess.DEVNULL)
    assert done.returncode == 0, done.stderr
    return done.stdout


def serve(example):
    """The example, serving on a free port until its input is closed."""
    if not (EXAMPLES / example).exists():
        skip(f"examples/{example} is not built")
    port = free_port()
    child = subprocess.Popen([EXAMPLES / example, f"127.0.0.1:{port}", "--serve"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
    wait_until(lambda: request(port, "GET", "/health")[0] == 200, 20, "the example serves")
    return port, child


def test_promtool_finds_nothing_but_names_that_dwcp_fixes():
    promtool = peer("prometheus", "promtool")
    page = page_of("dwcp_catalogue")
    done = subprocess.run([promtool, "check", "metrics"], input=page, capture_output=True, timeout=30)
    assert done.returncode in (0, 3), done.stderr   # 3: remarks on style
    # DWCP's names are given; what promtool says of anything but names is a fault of the page.
    naming = ("counter metrics should have", "non-counter metrics should not have", "metric names should not contain",
              "use base unit", "metric name should not include type", "histogram and summary metrics should not have",
              "non-histogram and non-summary metrics should not have", "metric names should be written in 'snake_case'")
    other = [line for line in done.stderr.decode().splitlines() if not any(remark in line for remark in naming)]
    assert not other, other[:20]
    ours = page_of("labels") + b"" + page_of("histogram")
    done = subprocess.run([promtool, "check", "metrics"], input=page_of("labels"), capture_output=True, timeout=30)
    assert (done.returncode, done.stderr) == (0, b""), done.stderr
    assert ours


def test_pharos_check_metrics_agrees():
    for example in ("dwcp_catalogue", "bad_input", "summary", "native_histogram"):
        page = b"".join(line + b"\n" for line in page_of(example).splitlines() if not line.startswith((b"as ", b"problem:")))
        done = subprocess.run([PHAROS, "check", "metrics"], input=page, capture_output=True, timeout=30)
        assert done.returncode in (0, 3), (example, done.returncode, done.stderr[-2000:], done.stdout[-2000:])


def test_pharos_scrapes_a_program_over_each_format():
    port, child = serve("dwcp_node")
    server = Server(config="global: {scrape_interval: 1s, scrape_timeout: 1s}\nscrape_configs:\n" + "".join(f"""
- job_name: {name}
  scrape_protocols: [{protocol}]
  static_configs: [{{targets: ['127.0.0.1:{port}']}}]
""" for name, protocol in (("text", "PrometheusText0.0.4"), ("open", "OpenMetricsText1.0.0"), ("proto", "PrometheusProto")))).start()
    for job in ("text", "open", "proto"):
        wait_until(lambda: server.query(f'up{{job="{job}"}} == 1'), 20, f"{job} is up")
    for name in ("dwcp_amst_streams_total", "dwcp_amst_latency_seconds_bucket", "dwcp_system_version_info", "pharos_client_errors_total"):
        counts = {r["metric"]["job"]: r["value"][1] for r in server.query(f'count by (job) ({name})')}
        assert len(counts) == 3 and len(set(counts.values())) == 1, (name, counts)   # the same names and labels in each
    child.stdin.write(b"x" * 5)
    child.stdin.flush()
    wait_until(lambda: server.query('dwcp_amst_bytes_sent_total{job="proto",stream_id="0"} == 5120'), 20, "five sends")
    server.stop()
    child.stdin.close()
    assert child.wait(20) == 0


def test_a_real_prometheus_reads_native_histograms_and_exemplars():
    prometheus = peer("prometheus", "prometheus")
    native, native_child = serve("native_histogram")
    exemplars, exemplars_child = serve("exemplars")
    folder = scratch()
    (folder / "prometheus.yml").write_text(f"""
global: {{scrape_interval: 1s}}
scrape_configs:
- job_name: client
  static_configs: [{{targets: ['127.0.0.1:{native}', '127.0.0.1:{exemplars}']}}]
""")
    ports = {}
    for features in ("exemplar-storage", "exemplar-storage,native-histograms"):   # OpenMetrics, protobuf
        port = ports[features] = free_port()
        Process([prometheus, f"--config.file={folder}/prometheus.yml", f"--storage.tsdb.path={folder}/{port}",
                 f"--web.listen-address=127.0.0.1:{port}", f"--enable-feature={features}"], folder / f"{port}.log")

    def ask(features, path):
        return json.loads(request(ports[features], "GET", path)[1])["data"]

    def value(features, query):
        found = ask(features, "/api/v1/query?query=" + urllib.parse.quote(query))["result"]
        return float(found[0]["value"][1]) if found else None

    for features in ports:
        wait_until(lambda: value(features, "count(up == 1)") == 2, 30, f"both are up ({features})")
        found = wait_until(lambda: ask(features, "/api/v1/query_exemplars?query=checkout_seconds_bucket"), 20, "the exemplar")
        assert found[0]["exemplars"][0]["labels"]["trace_id"] == "4bf92f3577b34da6a3ce929d0e0e4736", found
        assert value(features, "orders_total") == 1
    openmetrics, protobuf = ports
    assert value(openmetrics, 'block_bytes_bucket{le="4096.0"} or block_bytes_bucket{le="4096"}') == 2
    assert value(protobuf, "histogram_count(block_bytes)") == 4
    assert value(protobuf, "histogram_sum(block_bytes)") == 512 + 4096 + 5000 + 1e6
    median = value(protobuf, "histogram_quantile(0.5, block_bytes)")
    assert 3700 < median <= 4096, median
    for child in (native_child, exemplars_child):
        child.stdin.close()
        assert child.wait(20) == 0


def test_metrics_pushed_over_otlp_arrive_under_their_names():
    program = EXAMPLES / "otlp_push"
    if not program.exists():
        skip("examples/otlp_push is not built")
    server = Server(config="").start()
    done = subprocess.run([program, f"http://127.0.0.1:{server.port}"], capture_output=True, timeout=30, stdin=subprocess.DEVNULL)
    assert done.returncode == 0, done.stderr
    found = wait_until(lambda: server.query("probft_rounds_total"), 20, "the pushed counter")
    assert found[0]["value"][1] == "1", found
    server.stop()


if __name__ == "__main__":
    main()
