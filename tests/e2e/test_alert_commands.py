"""The commands about alerts against a running server: alert, silence, backtest, tsdb unused, check rules --url."""
import hashlib
import http.server
import json
import signal
import subprocess
import threading
import time
from datetime import datetime

from harness import PHAROS, Server, main, scratch, wait_until, write_request

ROUTES = """
route: {receiver: everybody, group_by: [alertname], group_wait: 0s, routes: [{matchers: ['severity="page"'], receiver: pager}]}
receivers: [{name: everybody}, {name: pager}]
"""
RULES = """
groups:
  - name: g
    rules:
      - {record: "room:temperature:max", expr: "max by (room) (temperature)"}
      - {alert: Hot, expr: "room:temperature:max > 30", for: 2m, annotations: {summary: "{{ $labels.room }}"}}
      - {alert: Mixed, expr: 'temperature{room="a"} > temperature{room="b"}'}
      - {alert: Gone, expr: "no_such_metric > 1"}
"""


def run(*arguments, code=0):
    done = subprocess.run([PHAROS, *map(str, arguments)], capture_output=True, text=True, timeout=60)
    assert done.returncode == code, (arguments, done.returncode, done.stdout, done.stderr)
    return done.stdout + (done.stderr if code else "")


def make_server():
    folder = scratch()
    (folder / "alertmanager.yml").write_text(ROUTES)
    (folder / "rules.yml").write_text(RULES)
    server = Server("rules: {self_alerts: false}\n", folder=folder,
                    flags=["--alertmanager.config.file", folder / "alertmanager.yml"]).start()
    now = int(time.time()) // 60 * 60
    values = [20, 20, 40, 41, 42, 43, 20, 20, 50, 20, 20]  # a minute apart, the last one now
    samples = [(v, (now - 60 * (len(values) - 1 - i)) * 1000) for i, v in enumerate(values)]
    body = write_request([({"__name__": "temperature", "room": "a"}, samples), ({"__name__": "temperature", "room": "b"}, samples),
                          ({"__name__": "humidity", "room": "a"}, samples)])
    assert server.write(body)[0] in (200, 204)
    return server, f"http://127.0.0.1:{server.port}"


def test_alerts_and_silences():
    server, url = make_server()
    at = ["--server", url]
    run("alert", "add", "Down", "severity=page", "job=x", "--annotation", "summary=gone", *at)
    assert "Down" in run("alert", "list", *at) and "pager" in run("alert", "list", "severity=page", *at)
    assert "Down" not in run("alert", "list", "severity=info", *at)
    assert json.loads(run("alert", "list", "-o", "json", *at))[0]["annotations"] == {"summary": "gone"}
    run("alert", "add", "Down", "not a label", *at, code=1)
    route = json.loads(run("alert", "route", "Down", "severity=page", "-o", "json", *at))
    assert [step["receiver"] for step in route] == ["pager"], route
    identity = run("silence", "add", "Down", "-c", "known", "-a", "ada", *at).strip()
    assert len(identity) == 36
    assert identity in run("silence", "list", *at) and run("silence", "list", "-q", *at).strip() == identity
    wait_until(lambda: "Down" not in run("alert", "list", *at), what="silenced alerts are not listed")
    assert "suppressed" in run("alert", "list", "--silenced", *at)
    assert "silencedBy:" + identity in run("alert", "route", "Down", *at)
    preview = run("silence", "preview", "alertname=Down", *at)
    assert "1 alerts would have been silenced" in preview, preview
    run("silence", "expire", identity, *at)
    assert identity in run("silence", "list", "--expired", *at)
    run("silence", "expire", "00000000-0000-4000-8000-000000000000", *at, code=1)
    run("silence", "add", "a=~(", "-c", "x", *at, code=1)
    assert "firing" in run("alert", "history", *at) and "Down" in run("alert", "noise", *at)
    run("alert", "list", "--server", "http://127.0.0.1:1", code=1)
    server.stop()


class Webhook(http.server.BaseHTTPRequestHandler):
    """Takes what comes to /ok, refuses everything else for good."""

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200 if self.path == "/ok" else 400)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


def test_sent_failed_and_silenced_deliveries():
    sink = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Webhook)
    threading.Thread(target=sink.serve_forever, daemon=True).start()
    folder = scratch()
    base = f"http://127.0.0.1:{sink.server_address[1]}"
    (folder / "alertmanager.yml").write_text(f"""
route: {{receiver: good, group_by: [alertname], group_wait: 0s, routes: [{{matchers: ['way="bad"'], receiver: bad}}]}}
receivers:
  - {{name: good, webhook_configs: [{{url: "{base}/ok"}}]}}
  - {{name: bad, webhook_configs: [{{url: "{base}/no"}}]}}
""")
    server = Server("rules: {self_alerts: false}\n", folder=folder,
                    flags=["--alertmanager.config.file", folder / "alertmanager.yml"]).start()
    at = ["--server", f"http://127.0.0.1:{server.port}"]
    silence = run("silence", "add", "Quiet", "-c", "known", "-a", "ada", *at).strip()
    run("alert", "add", "Loud", *at)
    run("alert", "add", "Lost", "way=bad", *at)
    run("alert", "add", "Quiet", *at)

    def rows():
        found = {r["groupLabels"]["alertname"]: r for r in json.loads(run("alert", "sent", "-o", "json", *at))}
        return found if len(found) == 3 else None
    found = wait_until(rows, what="three deliveries")
    assert {name: r["outcome"] for name, r in found.items()} == {"Loud": "sent", "Lost": "failed", "Quiet": "silenced"}, found
    assert found["Loud"]["receiver"] == "good" and found["Loud"]["status"] == 200 and found["Loud"]["firing"] == 1, found
    assert "400" in found["Lost"]["cause"] and found["Lost"]["integration"] == "webhook[0]", found
    assert found["Quiet"]["cause"] == silence and found["Quiet"]["integration"] == "", found
    table = run("alert", "sent", *at)
    assert all(word in table for word in ("sent", "failed", "silenced", silence, "good/webhook[0]")), table
    one = json.loads(run("alert", "sent", found["Lost"]["alerts"][0], "-o", "json", *at))
    assert [r["outcome"] for r in one] == ["failed"], one
    assert json.loads(server.get("/api/v1/notifications")[1])["data"] == []
    series = wait_until(lambda: server.query('pharos_alert_active{alertname="Lost"}'), what="the series of an alert")
    assert series[0]["metric"] == {"__name__": "pharos_alert_active", "alertname": "Lost", "way": "bad"} and series[0]["value"][1] == "1"

    def metrics():
        lines = server.get("/metrics")[1].decode().splitlines()
        found = dict(line.rsplit(" ", 1) for line in lines if line.startswith("alertmanager_"))
        return found if found.get('alertmanager_alerts{state="suppressed"}') == "1" else None
    found = wait_until(metrics, what="the silenced alert is counted")
    assert found['alertmanager_alerts{state="active"}'] == "2" and found['alertmanager_alerts{state="unprocessed"}'] == "0", found
    digest = hashlib.md5((folder / "alertmanager.yml").read_bytes()).digest()
    assert float(found["alertmanager_config_hash"]) == int.from_bytes(digest[:6], "little"), found
    assert found["alertmanager_config_last_reload_successful"] == "1", found
    assert abs(float(found["alertmanager_config_last_reload_success_timestamp_seconds"]) - time.time()) < 600
    (folder / "alertmanager.yml").write_text("route: {}\n")
    server.process.child.send_signal(signal.SIGHUP)
    wait_until(lambda: b"\nalertmanager_config_last_reload_successful 0\n" in server.get("/metrics")[1], what="the failed reload shows")
    assert [n["text"] for n in json.loads(server.get("/api/v1/notifications")[1])["data"]] == ["Configuration reload has failed."]
    assert "registered twice" not in server.process.output()
    server.stop()
    sink.shutdown()


def test_backtest_over_a_server_and_over_its_folder():
    server, url = make_server()
    rules = server.folder / "rules.yml"

    def hot(*where):
        report = json.loads(run("backtest", rules, *where, "--from", "15m", "--interval", "1m", "-o", "json"))
        evaluated = datetime.fromisoformat(report["evaluatedTo"]) - datetime.fromisoformat(report["evaluatedFrom"])
        assert evaluated.total_seconds() < 800, report
        return next(r for r in report["rules"] if r["name"] == "Hot")
    over_http = hot("--url", url)
    # Both rooms are hot for four minutes, so each fires for two; the one minute at 50 is pending only.
    assert over_http["fired"] == 2 and over_http["pendingOnly"] == 2, over_http
    assert {e["labels"]["room"] for e in over_http["episodes"]} == {"a", "b"}
    assert all(e["resolvedAt"] and e["annotations"]["summary"] == e["labels"]["room"] for e in over_http["episodes"])
    assert "Hot: fired 2 times" in run("backtest", rules, "--url", url, "--from", "15m")
    long_ago = run("backtest", rules, "--url", url, "--from", "7d")
    assert "nothing is stored before " in long_ago and " of 1w were evaluated" in long_ago and "Hot: fired 2 times" in long_ago, long_ago
    assert "nothing is stored of these 1d" in run("backtest", rules, "--url", url, "--from", "3d", "--to", "2d")
    assert "locked" in run("backtest", rules, "--storage.path", server.data, code=1)
    server.stop()
    offline = hot("--storage.path", server.data)
    assert (offline["fired"], offline["pendingOnly"]) == (2, 2), offline
    assert [e["firedAt"] for e in offline["episodes"]] == [e["firedAt"] for e in over_http["episodes"]]
    run("backtest", rules, code=2)


def test_lint_and_unused_metrics():
    server, url = make_server()
    rules = server.folder / "rules.yml"
    alone = run("check", "rules", rules)
    assert "Mixed: label-mismatch (cannot fire)" in alone and "absent-metric" not in alone, alone
    live = run("check", "rules", rules, "--url", url)
    assert "Gone: absent-metric" in live and "no_such_metric" in live, live
    assert "LINT" not in run("check", "rules", rules, "--lint", "none")
    run("check", "rules", rules, "--lint-fatal", code=3)
    run("check", "rules", rules, "--lint", "no-such-check", code=2)
    unused = json.loads(run("tsdb", "unused", "--server", url, "--rules", rules, "-o", "json"))
    assert [m["metric"] for m in unused["unused"]] == ["humidity"], unused
    board = server.folder / "board.json"
    board.write_text(json.dumps({"panels": [{"targets": [{"expr": "avg(humidity{room=~\"$room\"}) by (room) > $limit"}]}]}))
    read = json.loads(run("tsdb", "unused", "--server", url, "--rules", rules, "--dashboards", board, "-o", "json"))
    assert read["unused"] == [], read
    server.stop()


if __name__ == "__main__":
    main()
