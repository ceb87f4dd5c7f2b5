"""Debian's amtool against our API v2, alerts that Prometheus' alerting section sends, and Pharos as a sender to others."""
import json
import subprocess
import time
from datetime import datetime, timedelta, timezone

from harness import Server, main, peer, request, scratch, wait_until

ROUTES = """
route:
  receiver: everybody
  group_by: [alertname]
  group_wait: 1s
  routes:
    - matchers: [severity="page"]
      receiver: pager
      continue: true
    - matchers: [team=~"db|storage"]
      receiver: storage
receivers:
  - name: everybody
  - name: pager
  - name: storage
inhibit_rules:
  - source_matchers: [severity="page"]
    target_matchers: [severity="warning"]
    equal: [cluster]
"""


def server(config="global: {}\n", flags=(), routes=ROUTES, **more):
    folder = scratch()
    (folder / "alertmanager.yml").write_text(routes)
    s = Server(config, folder=folder, flags=["--alertmanager.config.file", folder / "alertmanager.yml", *flags], **more)
    return s.start()


class Tool:
    def __init__(self, url):
        self.program, self.url = peer("prometheus-alertmanager", "amtool"), url

    def __call__(self, *arguments, fails=False):
        done = subprocess.run([self.program, f"--alertmanager.url={self.url}", *map(str, arguments)], capture_output=True,
                              text=True, timeout=60)
        assert (done.returncode != 0) == fails, (arguments, done.returncode, done.stdout, done.stderr)
        return done.stdout + (done.stderr if fails else "")


def post(s, alerts):
    return request(s.port, "POST", "/api/v2/alerts", json.dumps(alerts), {"Content-Type": "application/json"})


def alert(name, **labels):
    return {"labels": {"alertname": name, **labels}, "annotations": {"summary": "s"}}


def names(s, **parameters):
    status, body = s.get("/api/v2/alerts", **parameters)
    assert status == 200, body
    return sorted(a["labels"]["alertname"] for a in json.loads(body))


def test_alert_query_and_add():
    s = server()
    amtool = Tool(f"http://127.0.0.1:{s.port}")
    amtool("alert", "add", "Disk", "severity=page", "team=db", "--annotation=summary=full")
    amtool("alert", "add", "alertname=Net", "severity=info", "--generator-url=http://somewhere/graph")
    assert "Disk" in amtool("alert", "query") and "Net" in amtool("alert")
    found = json.loads(amtool("alert", "query", "-o", "json", "severity=page"))
    assert [a["labels"]["alertname"] for a in found] == ["Disk"], found
    assert found[0]["annotations"] == {"summary": "full"}
    assert [r["name"] for r in found[0]["receivers"]] == ["pager", "storage"]
    assert found[0]["status"]["state"] in ("active", "unprocessed")
    assert len(json.loads(amtool("alert", "query", "-o", "json", "alertname=~Disk|Net"))) == 2
    assert json.loads(amtool("alert", "query", "-o", "json", "Net"))[0]["generatorURL"] == "http://somewhere/graph"
    assert "Disk" in amtool("alert", "query", "--receiver=pager") and "Net" not in amtool("alert", "query", "--receiver=pager")
    past = (datetime.now(timezone.utc) - timedelta(minutes=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    amtool("alert", "add", "Disk", "severity=page", "team=db", f"--end={past}")
    wait_until(lambda: names(s) == ["Net"], what="the resolved alert leaves the list")
    amtool("-o", "extended", "alert")
    s.stop()


def test_silences():
    s = server()
    amtool = Tool(f"http://127.0.0.1:{s.port}")
    amtool("alert", "add", "Disk", "severity=page")
    first = amtool("silence", "add", "alertname=Disk", "-c", "known", "-a", "ada", "-d", "1h").strip()
    assert len(first) == 36, first
    wait_until(lambda: names(s, silenced="false") == [], what="the alert is silenced")
    assert names(s) == ["Disk"]
    status, body = s.get("/api/v2/alerts")
    assert json.loads(body)[0]["status"] == {"inhibitedBy": [], "mutedBy": [], "silencedBy": [first], "state": "suppressed"}
    assert first in amtool("silence", "query", "-q") and "ada" in amtool("silence", "query", "alertname=Disk")
    assert "known" in amtool("silence", "query", "-o", "extended")
    # A longer end keeps the id; other matchers make a new silence of it.
    assert first in amtool("silence", "update", first, "-d", "2h", "-c", "longer")  # with -q it prints a pointer
    assert json.loads(s.get(f"/api/v2/silence/{first}")[1])["comment"] == "longer"
    second = amtool("silence", "add", "alertname=~N.*", "severity!=page", "-c", "x", "-a", "b").strip()
    matchers = json.loads(s.get(f"/api/v2/silence/{second}")[1])["matchers"]
    assert {(m["name"], m["value"], m["isRegex"], m["isEqual"]) for m in matchers} == {
        ("alertname", "N.*", True, True), ("severity", "page", False, False)}
    amtool("silence", "expire", first)
    wait_until(lambda: names(s, silenced="false") == ["Disk"], what="the alert is told again")
    assert first not in amtool("silence", "query", "-q") and first in amtool("silence", "query", "-q", "--expired")
    assert json.loads(s.get(f"/api/v2/silence/{first}")[1])["status"]["state"] == "expired"
    missing = "00000000-0000-4000-8000-000000000000"
    assert request(s.port, "GET", f"/api/v2/silence/{missing}")[0] == 404
    assert request(s.port, "DELETE", f"/api/v2/silence/{missing}")[0] == 404
    assert request(s.port, "GET", "/api/v2/silence/nonsense")[0] == 422
    s.stop(9)  # no farewell
    s.start()
    assert second in amtool("silence", "query", "-q"), "a silence outlives kill -9"
    s.stop()


def test_config_and_routes():
    s = server()
    amtool = Tool(f"http://127.0.0.1:{s.port}/alertmanager")  # also below Prometheus' path_prefix
    assert "receiver: pager" in amtool("config", "show")
    assert "storage" in amtool("config", "routes", "show")
    assert amtool("config", "routes", "test", "severity=page", "team=db").split() == ["pager,storage"]
    assert amtool("config", "routes", "test", "x=y", "--verify.receivers=everybody").split() == ["everybody"]
    amtool("config", "routes", "test", "x=y", "--verify.receivers=pager", fails=True)
    amtool("cluster", "show")
    good = s.folder / "alertmanager.yml"
    assert "SUCCESS" in amtool("check-config", good)
    from harness import PHAROS
    ours = subprocess.run([PHAROS, "check", "alertmanager", good], capture_output=True, text=True)
    assert ours.returncode == 0 and "3 receivers" in ours.stdout and "1 inhibit rules" in ours.stdout, ours
    bad = s.folder / "bad.yml"
    bad.write_text("route: {receiver: nobody}\n")
    amtool("check-config", bad, fails=True)
    assert subprocess.run([PHAROS, "check", "alertmanager", bad], capture_output=True).returncode == 1
    # A broken file is refused and the old one stays.
    good.write_text("route: {receiver: nobody}\n")
    s.process.child.send_signal(1)
    wait_until(lambda: b"nobody" in request(s.port, "GET", "/metrics")[1] or "not loaded" in s.process.output(), what="reload")
    assert "receiver: pager" in amtool("config", "show")
    good.write_text(ROUTES.replace("- name: storage", "- name: storage\n  - name: more"))
    s.process.child.send_signal(1)
    wait_until(lambda: "name: more" in amtool("config", "show"), what="the new configuration")
    assert {"name": "more"} in json.loads(s.get("/api/v2/receivers")[1])
    s.stop()


def test_mixed_batches_keep_what_is_valid():
    s = server()
    status, body, _ = post(s, [alert("Good"), {"labels": {"alertname": 5}}, {"annotations": {}}, {"labels": {}},
                               {"labels": {"alertname": "X"}, "startsAt": "never"},
                               {"labels": {"alertname": "Late"}, "startsAt": "2026-01-02T00:00:00Z", "endsAt": "2026-01-01T00:00:00Z"},
                               alert("Fine")])
    text = json.loads(body)
    assert status == 400 and all(f"alert {i}:" in text for i in (1, 2, 3, 4, 5)), (status, text)
    assert "alert 0:" not in text and "alert 6:" not in text
    wait_until(lambda: names(s) == ["Fine", "Good"], what="the valid ones")
    for broken in (b"", b"{", b"[{]", b'[{"labels":{"a":"b"}}'):
        assert request(s.port, "POST", "/api/v2/alerts", broken)[0] == 400, broken
    assert request(s.port, "POST", "/api/v2/silences", b"{}")[0] == 422
    assert request(s.port, "POST", "/api/v2/silences", b"{")[0] == 400
    now = datetime.now(timezone.utc)
    silence = {"matchers": [{"name": "a", "value": "(", "isRegex": True}], "createdBy": "x", "comment": "x",
               "startsAt": now.isoformat(), "endsAt": (now + timedelta(hours=1)).isoformat()}
    assert request(s.port, "POST", "/api/v2/silences", json.dumps(silence))[0] == 400, "a pattern that does not compile"
    silence["matchers"] = [{"name": "a", "value": ".*", "isRegex": True}]
    status, body, _ = request(s.port, "POST", "/api/v2/silences", json.dumps(silence))
    assert status == 400, ("matches everything", status, body)
    silence.update(matchers=[{"name": "a", "value": "b", "isRegex": False}], endsAt=(now - timedelta(hours=1)).isoformat())
    assert request(s.port, "POST", "/api/v2/silences", json.dumps(silence))[0] == 400, "ends before it begins"
    assert s.get("/api/v2/alerts", filter="a=~(")[0] == 400
    assert s.get("/api/v2/alerts", receiver="(")[0] == 400
    assert s.get("/api/v2/alerts/groups", filter="{")[0] == 400
    s.stop()


def test_groups_inhibition_and_filters():
    s = server()
    assert post(s, [alert("Down", severity="page", cluster="a"), alert("Slow", severity="warning", cluster="a"),
                    alert("Slow", severity="warning", cluster="b")])[0] == 200
    wait_until(lambda: len(json.loads(s.get("/api/v2/alerts", inhibited="false")[1])) == 2, what="one is inhibited")
    groups = json.loads(s.get("/api/v2/alerts/groups")[1])
    assert [(g["receiver"]["name"], g["labels"]["alertname"], len(g["alerts"])) for g in groups] == [
        ("pager", "Down", 1), ("everybody", "Slow", 2)] or sorted(
            (g["receiver"]["name"], g["labels"]["alertname"], len(g["alerts"])) for g in groups) == [
        ("everybody", "Slow", 2), ("pager", "Down", 1)], groups
    assert len(json.loads(s.get("/api/v2/alerts/groups", receiver="pager")[1])) == 1
    assert json.loads(s.get("/api/v2/alerts/groups", filter='cluster="b"')[1])[0]["alerts"][0]["labels"]["cluster"] == "b"
    s.stop()


RULES = """
groups:
  - name: g
    interval: 1s
    rules:
      - alert: Always
        expr: vector(1)
        labels: {severity: page, drop: "no"}
      - alert: Never
        expr: vector(1)
        labels: {drop: "yes"}
"""


def test_pharos_sends_to_others():
    """Two servers: the rules of one arrive at the other, relabelled, with its external labels."""
    receiver = server()
    folder = scratch()
    (folder / "rules.yml").write_text(RULES)
    sender = Server(f"""
global: {{external_labels: {{region: north}}}}
rule_files: [rules.yml]
alerting:
  alert_relabel_configs:
    - {{source_labels: [drop], regex: "yes", action: drop}}
    - {{regex: drop, action: labeldrop}}
  alertmanagers:
    - path_prefix: /alertmanager
      static_configs: [{{targets: ["127.0.0.1:{receiver.port}", "127.0.0.1:1"]}}]
      relabel_configs: [{{source_labels: [__address__], regex: ".*:1", action: drop}}]
""", folder=folder).start()
    wait_until(lambda: names(receiver) == ["Always"], what="the alert arrives")
    got = json.loads(receiver.get("/api/v2/alerts")[1])[0]
    assert got["labels"] == {"alertname": "Always", "severity": "page", "region": "north"}, got
    assert got["generatorURL"].startswith("http"), got
    answer = json.loads(sender.get("/api/v1/alertmanagers")[1])["data"]
    assert [a["url"] for a in answer["activeAlertmanagers"]] == [f"http://127.0.0.1:{receiver.port}/alertmanager/api/v2/alerts"]
    assert len(answer["droppedAlertmanagers"]) == 1
    wait_until(lambda: names(sender) == ["Always"], what="its own Alertmanager shows it too")
    # The other is away for a while: nothing is lost.
    receiver.stop(9)
    time.sleep(1.5)
    receiver.start()
    wait_until(lambda: names(receiver) == ["Always"], what="the alert is there again")
    metrics = sender.get("/metrics")[1].decode()
    assert "prometheus_notifications_alertmanagers_discovered 1" in metrics
    assert f'prometheus_notifications_sent_total{{alertmanager="http://127.0.0.1:{receiver.port}' in metrics
    sender.stop()
    receiver.stop()


def test_prometheus_sends_to_us():
    prometheus = peer("prometheus", "prometheus")
    from harness import Process, free_port
    s = server()
    folder = scratch()
    (folder / "rules.yml").write_text(RULES)
    (folder / "prometheus.yml").write_text(f"""
global: {{evaluation_interval: 1s, external_labels: {{region: south}}}}
rule_files: [rules.yml]
alerting:
  alertmanagers: [{{static_configs: [{{targets: ["127.0.0.1:{s.port}"]}}]}}]
""")
    port = free_port()
    p = Process([prometheus, f"--config.file={folder}/prometheus.yml", f"--storage.tsdb.path={folder}/data",
                 f"--web.listen-address=127.0.0.1:{port}", "--rules.alert.resend-delay=1s"], folder / "prometheus.log")
    wait_until(lambda: names(s) == ["Always", "Never"], seconds=30, what="Prometheus' alerts")
    got = json.loads(s.get("/api/v2/alerts", filter='alertname="Always"')[1])[0]
    assert got["labels"]["region"] == "south" and got["status"]["state"] in ("active", "unprocessed")
    p.kill()
    s.stop()


def test_without_a_file_alerts_are_shown():
    folder = scratch()
    (folder / "rules.yml").write_text(RULES)
    s = Server("rule_files: [rules.yml]\n", folder=folder).start()
    wait_until(lambda: names(s) == ["Always", "Never"], what="the rules' alerts")
    assert [a["receivers"] for a in json.loads(s.get("/api/v2/alerts")[1])] == [[{"name": "default"}]] * 2
    s.stop()


if __name__ == "__main__":
    main()
