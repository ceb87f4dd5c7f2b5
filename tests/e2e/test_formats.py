"""Ways in and out: OTLP, Pushgateway, federation, snapshots, import and export, remote write between two."""
import json
import subprocess
import time

from harness import PHAROS, Server, main, request, scratch, wait_until, write_request


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
    sink = Server(config="").start()
    config = f"remote_write: [{{url: 'http://127.0.0.1:{sink.port}/api/v1/write'}}]\nglobal: {{external_labels: {{from: a}}}}\n"
    source = Server(config=config).start()
    t = now_ms() - 600_000
    send = lambda i: source.write(write_request([({"__name__": "out"}, [(i, t + i * 1000)])]))[0]
    assert all(send(i) in (200, 204) for i in range(50))
    wait_until(lambda: sink.query('count_over_time(out{from="a"}[20m])')[0]["value"][1] == "50", 30, "50 samples", every=0.2)
    sink.stop()
    assert all(send(i) in (200, 204) for i in range(50, 80))
    source.process.kill()
    source.start()
    assert all(send(i) in (200, 204) for i in range(80, 100))
    sink.start()
    wait_until(lambda: sink.query('count_over_time(out{from="a"}[20m])')[0]["value"][1] == "100", 60, "all 100 samples", every=0.2)
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


if __name__ == "__main__":
    main()
