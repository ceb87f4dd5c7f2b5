"""Real peers: node_exporter is scraped, Prometheus writes into Pharos, promtool asks it."""
import json
import subprocess
import time

from harness import PHAROS, Process, Server, free_port, main, peer, request, scratch, wait_until, write_request


def test_a_real_node_exporter_is_scraped():
    exporter = peer("prometheus-node-exporter", "prometheus-node-exporter")
    port = free_port()
    process = Process([exporter, f"--web.listen-address=127.0.0.1:{port}"], scratch() / "exporter.log")
    server = Server(config=f"""
global: {{scrape_interval: 1s, scrape_timeout: 1s}}
scrape_configs:
- job_name: node
  static_configs: [{{targets: ['127.0.0.1:{port}'], labels: {{zone: a}}}}]
""").start()
    wait_until(lambda: server.query('up{job="node",zone="a"} == 1'), 20, "up")
    wait_until(lambda: server.query("rate(node_cpu_seconds_total[10s]) > 0"), 20, "cpu seconds")
    samples = float(server.query("scrape_samples_scraped")[0]["value"][1])
    count = float(server.query('count({job="node",__name__!~"up|scrape_.*"})')[0]["value"][1])
    assert samples == count > 300, (samples, count)
    process.kill()
    wait_until(lambda: server.query('up{job="node"} == 0'), 20, "down")
    assert not server.query("node_load1"), "a dead target's series are stale at once"
    server.stop()


def test_prometheus_remote_writes_into_pharos():
    prometheus = peer("prometheus", "prometheus")
    server = Server(config="").start()
    folder = scratch()
    port = free_port()
    (folder / "prometheus.yml").write_text(f"""
global: {{scrape_interval: 1s, external_labels: {{replica: p1}}}}
scrape_configs:
- job_name: self
  static_configs: [{{targets: ['127.0.0.1:{port}']}}]
remote_write:
- url: http://127.0.0.1:{server.port}/api/v1/write
""")
    process = Process([prometheus, f"--config.file={folder}/prometheus.yml", f"--storage.tsdb.path={folder}/data",
                       f"--web.listen-address=127.0.0.1:{port}"], folder / "prometheus.log")
    wait_until(lambda: server.query('up{job="self",replica="p1"} == 1'), 30, "remote-written up")
    wait_until(lambda: float(server.query('count({replica="p1"})')[0]["value"][1]) > 200, 30, "many series")
    ours = wait_until(lambda: server.query('prometheus_tsdb_head_series{replica="p1"} > 100'), 20, "its own head series")
    assert len(ours) == 1, ours
    process.kill()
    server.stop()


def test_promtool_queries_and_debugs():
    promtool = peer("prometheus", "promtool")
    server = Server(config="").start()
    now = int(time.time() * 1000)
    server.write(write_request([({"__name__": "asked", "n": str(n)}, [(n, now)]) for n in range(3)]))
    url = f"http://127.0.0.1:{server.port}"

    def promtool_run(*arguments):
        done = subprocess.run([promtool, *arguments], capture_output=True, text=True, timeout=30, cwd=scratch())
        assert done.returncode == 0, (arguments, done.stdout, done.stderr)
        return done.stdout

    assert 'n="2"' in promtool_run("query", "instant", url, "asked")
    assert "asked" in promtool_run("query", "range", f"--start={now // 1000 - 60}", f"--end={now // 1000 + 30}",
                                   "--step=15s", url, "asked")
    assert "asked" in promtool_run("query", "series", "--match=asked", url)
    assert promtool_run("query", "labels", url, "n").split() == ["0", "1", "2"]
    promtool_run("debug", "metrics", url)
    page = request(server.port, "GET", "/metrics")[1]
    done = subprocess.run([promtool, "check", "metrics"], input=page, capture_output=True, timeout=30)
    assert done.returncode in (0, 3), done.stderr  # 3: style remarks
    server.stop()


UGLY = b"""# TYPE requests counter
requests{userName="a"} 1
# HELP total_total Help.
# TYPE total_total gauge
total_total{le="1",quantile="2"} 1
# HELP took_milliseconds Took.
# TYPE took_milliseconds histogram
took_milliseconds_bucket{le="1"} 1
took_milliseconds_bucket{le="+Inf"} 2
took_milliseconds_sum 2
took_milliseconds_count 2
# TYPE q summary
q{quantile="0.5"} 1
q_sum 1
q_count 1
# HELP some_gauge_count Some.
# TYPE some_gauge_count gauge
some_gauge_count 1
job:fooBar_ms:rate 3
x_kb_s 1
disk_hours{x="y"} 2
"""


def test_check_metrics_says_what_promtool_says():
    promtool = peer("prometheus", "promtool")
    exporter = peer("prometheus-node-exporter", "prometheus-node-exporter")
    port = free_port()
    process = Process([exporter, f"--web.listen-address=127.0.0.1:{port}"], scratch() / "exporter.log")
    page = wait_until(lambda: request(port, "GET", "/metrics")[1], 20, "a page of node_exporter")
    process.kill()
    for text in (UGLY, page, b"a 1\nb x\n"):
        run = lambda *command: subprocess.run([*command, "check", "metrics"], input=text, capture_output=True, timeout=30)
        theirs, ours = run(promtool), run(PHAROS)
        assert theirs.returncode == ours.returncode, (theirs, ours)
        if theirs.returncode != 1:  # parsers word their errors in their own ways
            assert sorted(theirs.stderr.splitlines()) == sorted(ours.stderr.splitlines()), (theirs.stderr.decode(), ours.stderr.decode())


if __name__ == "__main__":
    main()
