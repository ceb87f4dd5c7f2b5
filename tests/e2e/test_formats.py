"""Ways in and out: OTLP, Pushgateway, federation, snapshots, import and export, remote write between two."""
import json
import struct
import subprocess
import time
import urllib.parse

from harness import PHAROS, Process, Server, free_port, main, peer, request, scratch, wait_until, write_request


def now_ms():
    return int(time.time() * 1000)


def test_otlp_json_becomes_series():
    server = Server(config="").start()
    body = {"resourceMetrics": [{
        "resource": {"attributes": [{"key": "service.name", "value": {"stringValue": "shop"}}]},
        "scopeMetrics": [{"metrics": [
            {"name": "queue.depth", "gauge": {"dataPoints": [{"timeUnixNano": str(now_ms() * 10**6), "asDouble": 7.5}]}},
            {"name": "orders", "sum": {"aggregationTemporality": 2, "isMonotonic": True, "dataPoints": [
                {"timeUnixNano": str(now_ms() * 10**6), "startTimeUnixNano": str((now_ms() - 60000) * 10**6), "asInt": "12"}]}},
        ]}]}]}
    for path in ("/v1/metrics", "/api/v1/otlp/v1/metrics"):
        status, reply, _ = request(server.port, "POST", path, json.dumps(body), {"Content-Type": "application/json"})
        assert status == 200, (path, status, reply)
    assert server.query("queue_depth")[0]["metric"]["job"] == "shop"
    assert server.query("orders_total")[0]["value"][1] == "12"
    server.stop()


def test_a_pushed_group_stays_until_deleted():
    server = Server(config="").start()
    page = b"# TYPE backup_done gauge\nbackup_done 1763700000\n"
    assert request(server.port, "PUT", "/metrics/job/backup/instance/db1", page)[0] in (200, 202)
    assert server.query('backup_done{job="backup",instance="db1"}'), "stored at once"
    server.process.kill()
    server.start()
    wait_until(lambda: server.query("backup_done"), 20, "the group after kill -9")
    assert request(server.port, "DELETE", "/metrics/job/backup/instance/db1")[0] in (200, 202)
    wait_until(lambda: not server.query("backup_done"), 20, "staleness after DELETE")
    server.stop()


def test_federation_and_metrics_pages_parse():
    server = Server(config="").start()
    server.write(write_request([({"__name__": "fed", "job": "x"}, [(3, now_ms())])]))
    status, page, headers = request(server.port, "GET", "/federate?match%5B%5D=fed")
    assert status == 200 and b'fed{' in page and b" 3 " in page, page
    server.stop()


def test_a_snapshot_is_a_store_and_verify_finds_damage():
    server = Server(config="", flags=["--web.enable-admin-api"]).start()
    t = now_ms() - 300_000
    server.write(write_request([({"__name__": "snap", "n": str(n)}, [(n + i / 8, t + i * 1000) for i in range(200)])
                                for n in range(20)]))
    status, body, _ = request(server.port, "POST", "/api/v1/admin/tsdb/snapshot")
    assert status == 200, body
    name = json.loads(body)["data"]["name"]
    asked = "sum by (n) (sum_over_time(snap[10m]))"
    before = server.query(asked, t / 1000 + 250)
    request(server.port, "POST", "/api/v1/admin/tsdb/delete_series?match%5B%5D=snap")
    assert not server.query(asked, t / 1000 + 250)
    snapshot = next(server.data.rglob(f"snapshots/{name}"))
    server.stop()
    restored = Server(config="")
    restored.data.mkdir(parents=True)
    subprocess.run(["cp", "-r", str(snapshot), str(restored.data / "metrics")], check=True)
    restored.start()
    after = restored.query(asked, t / 1000 + 250)
    key = lambda rows: sorted((r["metric"]["n"], r["value"][1]) for r in rows)
    assert key(before) == key(after) and len(after) == 20
    restored.stop()
    assert subprocess.run([PHAROS, "tsdb", "verify", "--storage.path", restored.data], capture_output=True).returncode == 0
    part = next((restored.data / "metrics" / "parts").glob("*"))
    raw = bytearray(part.read_bytes())
    raw[len(raw) // 2] ^= 1
    part.write_bytes(raw)
    damaged = subprocess.run([PHAROS, "tsdb", "verify", "--storage.path", restored.data], capture_output=True, text=True)
    assert damaged.returncode != 0 and part.name in damaged.stdout + damaged.stderr, damaged


def test_remote_write_out_survives_a_restart_of_both_sides():
    """Four shards, twenty series, both versions of the protocol; each side stopped and killed while the other goes on."""
    sink = Server(config="").start()
    url = f"http://127.0.0.1:{sink.port}/api/v1/write"
    queue = "queue_config: {min_shards: 4, max_shards: 4, batch_send_deadline: 50ms}"
    source = Server(config=f"""
global: {{external_labels: {{from: a}}}}
remote_write:
- {{name: one, url: '{url}', {queue}, write_relabel_configs: [{{target_label: v, replacement: '1'}}]}}
- {{name: two, url: '{url}', {queue}, protobuf_message: io.prometheus.write.v2.Request, write_relabel_configs: [{{target_label: v, replacement: '2'}}]}}
""").start()
    t = now_ms() - 600_000
    send = lambda i: source.write(write_request([({"__name__": "out", "n": str(n)}, [(i, t + i * 1000)]) for n in range(20)]))[0]

    def arrived(count):
        rows = sink.query('count_over_time(out{from="a"}[20m])')
        return len(rows) == 40 and all(row["value"][1] == str(count) for row in rows)

    assert all(send(i) in (200, 204) for i in range(30))
    wait_until(lambda: arrived(30), 30, "30 samples", every=0.1)
    sink.stop()
    assert all(send(i) in (200, 204) for i in range(30, 50))
    source.process.kill()
    source.start()
    assert all(send(i) in (200, 204) for i in range(50, 60))
    sink.start()
    assert all(send(i) in (200, 204) for i in range(60, 70))
    sink.process.kill()  # while samples are on their way
    assert all(send(i) in (200, 204) for i in range(70, 80))
    source.stop()
    sink.start()
    source.start()
    assert all(send(i) in (200, 204) for i in range(80, 100))
    wait_until(lambda: arrived(100), 60, "all 100 samples", every=0.1)
    values = sink.query('sum_over_time(out{from="a"}[20m])')
    assert {row["value"][1] for row in values} == {str(sum(range(100)))}
    source.stop()
    sink.stop()


def test_exemplars_histograms_metadata_and_start_times_are_sent_on():
    sink = Server(config="").start()
    url = f"http://127.0.0.1:{sink.port}/api/v1/write"
    more = "send_exemplars: true, send_native_histograms: true, queue_config: {batch_send_deadline: 50ms}, metadata_config: {send_interval: 100ms}"
    source = Server(config=f"""
remote_write:
- {{name: one, url: '{url}', {more}, write_relabel_configs: [{{target_label: v, replacement: '1'}}]}}
- {{name: two, url: '{url}', {more}, protobuf_message: io.prometheus.write.v2.Request, write_relabel_configs: [{{target_label: v, replacement: '2'}}]}}
""").start()

    def otlp(n):
        t = now_ms()
        stamp = {"timeUnixNano": str(t * 10**6), "startTimeUnixNano": str((t - 60000) * 10**6)}
        exemplar = [{"timeUnixNano": str(t * 10**6), "asDouble": 0.5, "traceId": "0123456789abcdef0123456789abcdef", "spanId": "0123456789abcdef"}]
        body = {"resourceMetrics": [{"scopeMetrics": [{"metrics": [
            {"name": "requests", "description": "How many.", "sum": {"aggregationTemporality": 2, "isMonotonic": True, "dataPoints": [
                {**stamp, "asInt": str(10 + n), "exemplars": exemplar}]}},
            {"name": "sizes", "description": "How big.", "exponentialHistogram": {"aggregationTemporality": 2, "dataPoints": [
                {**stamp, "count": "3", "sum": 9, "scale": 0, "positive": {"offset": 1, "bucketCounts": ["1", "2"]}, "exemplars": exemplar}]}},
        ]}]}]}
        return request(source.port, "POST", "/v1/metrics", json.dumps(body), {"Content-Type": "application/json"})[0] == 200

    assert otlp(0)
    for version in ("1", "2"):
        wait_until(lambda: sink.query(f'requests_total{{v="{version}"}} == 10'), 20, f"the counter of {version}.0")
        wait_until(lambda: sink.query(f'histogram_count(sizes{{v="{version}"}}) == 3'), 20, f"the histogram of {version}.0")

        def exemplars():
            found = json.loads(sink.get("/api/v1/query_exemplars", query=f'{{v="{version}"}}', start=time.time() - 60, end=time.time() + 60)[1])
            return len(found["data"]) == 2 and all(s["exemplars"][0]["labels"]["trace_id"].startswith("0123") for s in found["data"])
        wait_until(exemplars, 20, f"exemplars of {version}.0")
    wait_until(lambda: json.loads(sink.get("/api/v1/metadata", metric="requests_total")[1])["data"]["requests_total"][0]["help"] == "How many.", 20, "metadata")
    started = sink.query('time() - start_timestamp(requests_total{v="2"})')
    assert started and 50 < float(started[0]["value"][1]) < 120, started
    source.stop()
    sink.stop()


def test_export_and_import_of_openmetrics_agree():
    server = Server(config="").start()
    t = now_ms() - 60_000
    server.write(write_request([({"__name__": "moved", "n": str(n)}, [(n / 3, t)]) for n in range(5)]))
    server.stop()
    exported = subprocess.run([PHAROS, "tsdb", "export", "--storage.path", server.data, "-"], capture_output=True, text=True)
    assert exported.returncode == 0 and exported.stdout.rstrip().endswith("# EOF"), exported
    folder = scratch()
    (folder / "x.om").write_text(exported.stdout)
    target = Server(config="")
    done = subprocess.run([PHAROS, "tsdb", "import", "--storage.path", target.data, folder / "x.om"], capture_output=True, text=True)
    assert done.returncode == 0, done
    target.start()
    assert len(target.query("moved", t / 1000)) == 5
    target.stop()


def test_blocks_of_a_real_prometheus_are_imported_sample_by_sample():
    """Floats, stale markers, NaNs and native histograms go through remote write into Prometheus, come back as a snapshot of its
    blocks, leave again as OpenMetrics text that promtool makes blocks of, and are the same everywhere."""
    prometheus, promtool = peer("prometheus", "prometheus"), peer("prometheus", "promtool")
    folder, port = scratch(), free_port()
    (folder / "p.yml").write_text("global: {}\n")
    process = Process([prometheus, f"--config.file={folder}/p.yml", f"--storage.tsdb.path={folder}/data", "--web.enable-remote-write-receiver",
                       "--web.enable-admin-api", "--enable-feature=native-histograms,exemplar-storage", f"--web.listen-address=127.0.0.1:{port}"], folder / "log")
    wait_until(lambda: request(port, "GET", "/-/ready")[0] == 200, 30, "prometheus")
    source = Server(config=f"""
remote_write:
- url: http://127.0.0.1:{port}/api/v1/write
  send_native_histograms: true
  send_exemplars: true
  queue_config: {{batch_send_deadline: 50ms}}
""").start()
    t = now_ms() // 1000 * 1000 - 3_600_000
    stale = struct.unpack("<d", struct.pack("<Q", 0x7FF0000000000002))[0]
    strange = [float("nan"), float("inf"), -0.0, 5e-324, 1e308, stale, 0.1 + 0.2]
    rows = [({"__name__": "moved", "n": str(n), "note": 'q"\\\n'}, [(n / 3 + i * 1.1, t + i * 15_000) for i in range(200)]) for n in range(20)]
    rows.append(({"__name__": "strange"}, [(v, t + i * 15_000) for i, v in enumerate(strange)]))
    assert source.write(write_request(rows))[0] in (200, 204)
    for i in range(30):
        stamp = {"timeUnixNano": str((t + i * 15_000) * 10**6), "startTimeUnixNano": str((t - 1000) * 10**6)}
        body = {"resourceMetrics": [{"scopeMetrics": [{"metrics": [{"name": "sizes", "exponentialHistogram": {"aggregationTemporality": 2, "dataPoints": [
            {**stamp, "count": str(6 + 3 * i), "sum": 9.5 + i, "scale": 3, "zeroCount": "2", "positive": {"offset": -5, "bucketCounts": [str(1 + i), "0", "0", "0", str(1 + i)]},
             "negative": {"offset": 7, "bucketCounts": [str(2 + i)]}, "exemplars": [{"timeUnixNano": stamp["timeUnixNano"], "asDouble": 3.5, "traceId": "0" * 31 + "1"}]}]}}]}]}]}
        assert request(source.port, "POST", "/v1/metrics", json.dumps(body), {"Content-Type": "application/json"})[0] == 200

    def everything(ask_port, what):
        query = urllib.parse.urlencode({"query": f"{what}[2h]", "time": t / 1000 + 3700})
        rows = json.loads(request(ask_port, "GET", "/api/v1/query?" + query)[1])["data"]["result"]
        return {json.dumps(r["metric"], sort_keys=True): (r.get("values"), r.get("histograms")) for r in rows}

    both = '{__name__=~"moved|strange|sizes"}'
    sent = lambda: len(everything(port, both)) == 22 and len(everything(port, "sizes")[json.dumps({"__name__": "sizes"})][1]) == 30
    wait_until(sent, 30, "everything in Prometheus", every=0.1)
    source.stop()
    status, body, _ = request(port, "POST", "/api/v1/admin/tsdb/snapshot")
    assert status == 200, body
    theirs = everything(port, both)
    process.kill(15)
    snapshot = folder / "data" / "snapshots" / json.loads(body)["data"]["name"]

    def imported(*sources):
        target = Server(config="")
        done = subprocess.run([PHAROS, "tsdb", "import", "--storage.path", target.data, *sources], capture_output=True, text=True)
        assert done.returncode == 0, done
        return target.start()

    def compare(expected, found):
        assert expected.keys() == found.keys(), (expected.keys() ^ found.keys())
        for key in expected:
            assert expected[key] == found[key], (key, str(expected[key])[:600], str(found[key])[:600])

    target = imported(snapshot)
    compare(theirs, everything(target.port, both))
    target.stop()
    export = [PHAROS, "tsdb", "export", "--storage.path", target.data]
    refused = subprocess.run([*export, folder / "x.om"], capture_output=True, text=True)
    assert refused.returncode == 1 and "native histograms, which OpenMetrics 1.0 cannot express" in refused.stderr, refused
    exported = subprocess.run([*export, "--match", '{__name__!="sizes"}', folder / "x.om"], capture_output=True, text=True)
    assert exported.returncode == 0, exported
    made = subprocess.run([promtool, "tsdb", "create-blocks-from", "openmetrics", folder / "x.om", folder / "blocks"], capture_output=True, text=True)
    assert made.returncode == 0, made
    again = imported(folder / "blocks")
    floats = {key: value for key, value in theirs.items() if value[0]}
    compare(floats, everything(again.port, '{__name__=~"moved|strange"}'))
    again.stop()


if __name__ == "__main__":
    main()
