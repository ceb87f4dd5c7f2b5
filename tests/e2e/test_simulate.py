"""The simulated fleet from outside: pages, discovery, faults with truth, controls; a virtual run into a store; the demo."""
import http.server
import json
import re
import signal
import subprocess
import threading
import time

from harness import PHAROS, ROOT, Process, free_port, main, request, scratch, wait_until


class Fleet:
    def __init__(self, *flags):
        self.port = free_port()
        self.process = Process([PHAROS, "simulate", "--listen", f"127.0.0.1:{self.port}", *flags], scratch() / "fleet.log")
        wait_until(lambda: request(self.port, "GET", "/sd")[0] == 200, what="the fleet")

    def get(self, path, **headers):
        status, body, got = request(self.port, "GET", path, headers=headers)
        return status, body.decode(), got

    def post(self, path, value):
        status, body, _ = request(self.port, "POST", path, body=json.dumps(value))
        return status, json.loads(body)


def test_every_target_of_discovery_answers():
    fleet = Fleet("--regions", "2", "--nodes", "4")
    groups = json.loads(fleet.get("/sd")[1])
    jobs = set()
    for group in groups:
        labels = group["labels"]
        assert set(labels) >= {"__metrics_path__", "region", "node", "version", "job"}, labels
        assert group["targets"] == [f"127.0.0.1:{fleet.port}"], group
        jobs.add(labels["job"])
        status, page, headers = fleet.get(labels["__metrics_path__"])
        assert status == 200 and headers["Content-Type"].startswith("text/plain; version=0.0.4"), (status, headers)
        assert page.startswith("# HELP "), page[:80]
    assert jobs == {"dwcp", "dwcp-v3", "dwcp-v3-core", "dwcp-v1-legacy", "redis", "etcd", "alertmanager"}, jobs
    assert fleet.get("/region/1/node/3/metrics")[0] == 200 and fleet.get("/region/0/node/3/metrics")[0] == 404
    status, page, headers = fleet.get("/region/0/node/0/metrics", Accept="application/openmetrics-text; version=1.0.0")
    assert headers["Content-Type"].startswith("application/openmetrics-text") and page.endswith("# EOF\n")
    check = subprocess.run([PHAROS, "check", "metrics", "--format", "openmetrics"], input=page, text=True, capture_output=True)
    assert "error" not in check.stderr.lower(), check.stderr


def test_a_fault_over_http_is_in_the_truth_and_a_control_ends_it():
    fleet = Fleet("--regions", "2", "--nodes", "4")
    kinds = json.loads(fleet.get("/faults")[1])
    assert len(kinds) >= 40 and all(k["kind"] and k["cause"] and "parameters" in k for k in kinds)
    before = time.time()
    status, answer = fleet.post("/faults", [{"kind": "node_crash", "at": 0, "target": {"node": 2}, "severity": 1}])
    assert status == 200, answer
    page = "/region/0/node/2/metrics"
    wait_until(lambda: fleet.get(page)[0] == 503, what="the crash")
    truth = json.loads(fleet.get("/truth")[1])
    assert len(truth) == 1 and truth[0]["fault"] == "node_crash" and truth[0]["end"] is None, truth
    assert abs(truth[0]["onset"] - before) < 10 and truth[0]["harm"] >= truth[0]["onset"], truth
    assert truth[0]["affected"] == [{"region": "us-east", "node": "node-2"}], truth
    assert fleet.post("/control", {"action": "restart", "target": {"node": 2}})[0] == 200
    assert json.loads(fleet.get("/truth")[1])[0]["end"] is not None


def test_bad_requests_say_what_is_wrong():
    fleet = Fleet("--regions", "2", "--nodes", "4")
    for path, body, what in [("/faults", [{"kind": "node_crsh"}], "did you mean 'node_crash'"),
                             ("/faults", [{"kind": "node_crash", "target": {"node": 9}}], "there is no node '9'"),
                             ("/faults", 7, "expected an array"),
                             ("/control", {"action": "explode"}, "expected weight, flag, restart, drain or isolate"),
                             ("/control", {"action": "weight", "target": "canary", "value": 2}, "0 to 1"),
                             ("/control", {"action": "flag", "target": "nosuch", "value": False}, "there is no flag")]:
        status, answer = fleet.post(path, body)
        assert 400 <= status < 500 and what in answer["error"], (status, answer)
    folder = scratch()
    (folder / "faults.yml").write_text("- kind: node_crash\n  at: 5m\n- kind: link_los\n")
    run = subprocess.run([PHAROS, "simulate", "--faults", folder / "faults.yml"], capture_output=True, text=True)
    assert run.returncode == 2 and re.search(r"faults.yml:3:\d+: .*did you mean 'link_loss'", run.stderr), run.stderr


def test_equal_seeds_give_equal_pages():
    flags = ["--regions", "2", "--nodes", "4", "--speed", "max", "--duration", "30m", "--start", "2026-11-01T00:00:00Z"]
    pages = []
    for seed in ("5", "5", "6"):
        fleet = Fleet(*flags, "--seed", seed)
        pages.append(fleet.get("/region/0/node/0/metrics")[1] + fleet.get("/fleet/metrics")[1])
    assert pages[0] == pages[1] and pages[0] != pages[2]


def test_a_virtual_run_fills_a_store():
    folder = scratch()
    run = subprocess.run([PHAROS, "simulate", "--regions", "2", "--nodes", "4", "--speed", "max", "--duration", "1h", "--storage.path", folder / "data"],
                         capture_output=True, text=True)
    report = json.loads(run.stdout)
    assert report["ticks"] == 240 and report["rejected"] == 0 and report["samples"] == 240 * report["series"], report


def test_logs_and_traces_leave_over_otlp():
    got = {}

    class Recorder(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            got[self.path] = got.get(self.path, 0) + len(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_):
            pass

    receiver = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Recorder)
    threading.Thread(target=receiver.serve_forever, daemon=True).start()
    log = scratch() / "fleet.jsonl"
    Fleet("--regions", "2", "--nodes", "4", "--otlp", f"http://127.0.0.1:{receiver.server_address[1]}", "--log.file", str(log))
    wait_until(lambda: got.get("/v1/traces") and got.get("/v1/logs"), what="both signals")
    lines = wait_until(lambda: log.exists() and [json.loads(line) for line in log.read_text().splitlines()], what="log lines")
    assert all(line["level"] and line["service"] and line["message"] for line in lines), lines
    assert any(len(line.get("trace_id", "")) == 32 for line in lines), lines
    receiver.shutdown()


def test_the_demo_has_history_rules_and_a_living_fleet():
    folder, port = scratch(), free_port()
    demo = Process([PHAROS, "demo", "--storage.path", folder / "data", "--web.listen-address", f"127.0.0.1:{port}",
                    "--fleet.listen-address", f"127.0.0.1:{free_port()}", "--nodes", "6", "--pack", ROOT / "packs" / "dwcp"], folder / "demo.log")

    def query(expr):
        status, body, _ = request(port, "GET", "/api/v1/query?query=" + expr)
        return json.loads(body)["data"]["result"] if status == 200 else []

    wait_until(lambda: "Pharos: http" in demo.output(), seconds=60, what="the demo")
    up = wait_until(lambda: query("count(up{job=~%22dwcp-v3-core%7Cdwcp-v1-legacy%22}==1)"), seconds=30, what="the first scrape")
    assert up[0]["value"][1] == "6", up
    history = query("count(count_over_time(up{job=%22dwcp%22}[6h])>1300)")
    assert history and history[0]["value"][1] == "3", history
    rules = json.loads(request(port, "GET", "/api/v1/rules")[1])["data"]["groups"]
    assert sum(len(group["rules"]) for group in rules) > 100
    boards = json.loads(request(port, "GET", "/api/search?type=dash-db&limit=100")[1])
    assert len(boards) == len(list((ROOT / "packs" / "dwcp" / "dashboards").glob("*.json"))), boards
    assert all(board["folderTitle"] == "DWCP" for board in boards), boards
    assert demo.kill(signal.SIGTERM) == 0, demo.output()[-2000:]


if __name__ == "__main__":
    main()
