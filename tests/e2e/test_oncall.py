#!/usr/bin/env python3
"""On-call end to end: a posted alert is routed to a policy, people are told in turn over webhooks, an
acknowledgement stops that, and all of it goes on after kill -9."""
import json
import signal
import subprocess
import threading
import time
from datetime import datetime, timedelta, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from harness import PHAROS, Server, main, request, wait_until


class Webhook(BaseHTTPRequestHandler):
    def log_message(self, *arguments):
        pass

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        with self.server.lock:
            self.server.got.append((self.path.strip("/"), body))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()


def webhook():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Webhook)
    server.daemon_threads = True
    server.lock, server.got = threading.Lock(), []
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def start(hook, folder=None, port=None):
    """A Pharos whose default route pages by policy `page`: ada at once, grace after two seconds."""
    url = f"http://127.0.0.1:{hook.server_port}"
    today = datetime.now(timezone.utc).strftime("%Y-%m-%d")
    server = Server(config=f"""
oncall:
  users:
    - {{name: ada, receivers: [ada-phone]}}
    - {{name: grace, receivers: [grace-phone]}}
  schedules:
    - name: primary
      rotations: [{{name: days, users: [ada], start: {today}, every: 1d}}]
  policies:
    - name: page
      steps: [{{schedule: primary}}, {{wait: 2s}}, {{users: [grace]}}]
  heartbeats:
    - {{name: backup, every: 1s, grace: 1s, labels: {{severity: critical}}}}
  maintenance:
    - {{name: tonight, start: {today}, duration: 24h, recurrence: FREQ=DAILY, matchers: ['cluster="quiet"']}}
""", folder=folder, port=port)
    (server.folder / "alertmanager.yml").write_text(f"""
route: {{receiver: policy, group_by: [alertname], group_wait: 50ms, group_interval: 300ms, repeat_interval: 1h}}
receivers:
  - {{name: policy, oncall_configs: [{{policy: page}}]}}
  - {{name: ada-phone, webhook_configs: [{{url: '{url}/ada'}}]}}
  - {{name: grace-phone, webhook_configs: [{{url: '{url}/grace'}}]}}
""")
    server.flags += ["--alertmanager.config.file", server.folder / "alertmanager.yml"]
    return server.start()


def call(server, method, path, body=None):
    status, text, _ = request(server.port, method, path, json.dumps(body).encode() if body is not None else None,
                              {"Content-Type": "application/json"})
    return status, json.loads(text) if text else None


def post(server, name, ends=None, **labels):
    alert = {"labels": {"alertname": name, **labels}}
    if ends:
        alert["endsAt"] = ends
    status, answer = call(server, "POST", "/api/v2/alerts", [alert])
    assert status == 200, (status, answer)


def told(hook, name, who, status="firing"):
    with hook.lock:
        return sum(1 for path, body in hook.got
                   if path == who and body["status"] == status and body["commonLabels"].get("alertname") == name)


def escalation(server, name):
    found = [e for e in call(server, "GET", "/api/v1/oncall/escalations")[1]["data"] if e["groupLabels"].get("alertname") == name]
    return found[0] if found else None


def test_people_are_told_in_turn_and_of_the_end():
    hook = webhook()
    server = start(hook)
    post(server, "Down", severity="critical")
    wait_until(lambda: told(hook, "Down", "ada") == 1, 10, "ada told")
    assert told(hook, "Down", "grace") == 0
    wait_until(lambda: told(hook, "Down", "grace") == 1, 10, "grace told")
    post(server, "Down", severity="critical", ends=datetime.now(timezone.utc).isoformat())
    wait_until(lambda: told(hook, "Down", "ada", "resolved") and told(hook, "Down", "grace", "resolved"), 10, "the end told")
    wait_until(lambda: escalation(server, "Down") is None, 5, "the escalation ended")
    assert (told(hook, "Down", "ada"), told(hook, "Down", "grace")) == (1, 1)
    server.stop()


def test_taking_it_stops_the_escalation_even_over_kill_9():
    hook = webhook()
    server = start(hook)
    post(server, "Slow", severity="warning")
    wait_until(lambda: told(hook, "Slow", "ada") == 1, 10, "ada told")
    done = subprocess.run([PHAROS, "oncall", "ack", "Slow", "--owner", "ada", "--note", "on it", "--until", "6s",
                           "--server", f"http://127.0.0.1:{server.port}"], capture_output=True, text=True)
    assert done.returncode == 0 and "ada" in done.stdout, done
    assert escalation(server, "Slow")["state"] == "acknowledged"
    server.stop(signal.SIGKILL)
    server.start()
    taken = call(server, "GET", "/api/v1/oncall/acknowledgements")[1]["data"]
    assert [t["owner"] for t in taken] == ["ada"], taken
    time.sleep(2.5)
    assert told(hook, "Slow", "grace") == 0
    # It ends: the next step is due at once. Nobody is told twice.
    wait_until(lambda: told(hook, "Slow", "grace") == 1, 15, "grace told after the expiry")
    assert told(hook, "Slow", "ada") == 1
    server.stop()


def test_getting_worse_breaks_an_acknowledgement():
    hook = webhook()
    server = start(hook)
    post(server, "Disk", severity="warning", disk="a")
    wait_until(lambda: told(hook, "Disk", "ada") == 1, 10, "ada told")
    done = subprocess.run([PHAROS, "alert", "ack", "Disk", "--owner", "ada", "--server", f"http://127.0.0.1:{server.port}"],
                          capture_output=True, text=True)
    assert done.returncode == 0 and "ada" in done.stdout, done
    post(server, "Disk", severity="critical", disk="b")
    wait_until(lambda: told(hook, "Disk", "ada") == 2, 10, "ada told again")
    server.stop()


def test_a_missed_heartbeat_pages_and_a_call_ends_it():
    hook = webhook()
    server = start(hook)
    wait_until(lambda: told(hook, "HeartbeatMissed", "ada") == 1, 15, "the missed heartbeat told")
    assert call(server, "GET", "/api/v1/oncall/heartbeats")[1]["data"][0]["missed"]
    stop = threading.Event()

    def beat():
        while not stop.is_set():
            call(server, "POST", "/api/v1/oncall/heartbeats/backup")
            stop.wait(0.3)
    beating = threading.Thread(target=beat)
    beating.start()
    wait_until(lambda: told(hook, "HeartbeatMissed", "ada", "resolved") == 1, 15, "the end of it told")
    stop.set()
    beating.join()
    assert call(server, "POST", "/api/v1/oncall/heartbeats/none")[0] == 404
    server.stop()


def test_maintenance_windows_are_silences():
    hook = webhook()
    server = start(hook)
    wait_until(lambda: [s for s in call(server, "GET", "/api/v2/silences")[1] if s["createdBy"] == "maintenance tonight"], 10, "the silence")
    post(server, "Noise", severity="critical", cluster="quiet")
    post(server, "Real", severity="critical", cluster="loud")
    wait_until(lambda: told(hook, "Real", "ada") == 1, 10, "ada told of the other")
    time.sleep(0.5)
    assert told(hook, "Noise", "ada") == 0
    server.stop()


def test_a_rota_can_be_changed_and_taken_along():
    hook = webhook()
    server = start(hook)
    who = lambda: call(server, "GET", "/api/v1/oncall/schedules")[1]["data"][0]["onCall"]
    assert who() == ["ada"]
    now = datetime.now(timezone.utc)
    status, answer = call(server, "POST", "/api/v1/oncall/schedules/primary/overrides",
                          {"users": ["grace"], "from": now.isoformat(), "to": (now + timedelta(hours=1)).isoformat(), "by": "ada"})
    assert status == 200, answer
    server.stop(signal.SIGKILL)
    server.start()
    assert who() == ["grace"]
    calendar = request(server.port, "GET", "/api/v1/oncall/schedules/primary/calendar.ics")[1]
    text = calendar.decode() if isinstance(calendar, bytes) else calendar
    assert "SUMMARY:grace" in text and "SUMMARY:ada" in text, text
    assert call(server, "DELETE", f"/api/v1/oncall/overrides/{answer['data']['id']}")[0] == 200
    assert who() == ["ada"]
    bad = call(server, "POST", "/api/v1/oncall/schedules/primary/overrides", {"users": ["nobody"], "from": now.isoformat(), "to": (now + timedelta(hours=1)).isoformat()})
    assert bad[0] == 404 and "nobody" in bad[1]["error"], bad
    good = {"users": ["grace"], "from": now.timestamp(), "to": now.timestamp() + 3600}
    for member, value, named in [("from", 1e300, "from is not a time in seconds"), ("from", True, "from must be a time"), ("to", [1], "to must be a time"),
                                 ("to", "8e15", "between 1970 and 9999"), ("from", -1, "from is not a time"), ("by", 5, "by must be a text")]:
        status, answer = call(server, "POST", "/api/v1/oncall/schedules/primary/overrides", {**good, member: value})
        assert status == 400 and named in answer["error"], (member, value, status, answer)
    status, answer = call(server, "POST", "/api/v1/oncall/acknowledge", {"matchers": ["a=b"], "owner": 5})
    assert status == 400 and "owner must be a text" in answer["error"], answer
    status, answer = call(server, "POST", "/api/v1/oncall/test", {"labels": "severity=critical"})
    assert status == 400 and "labels must be an object" in answer["error"], answer
    status, answer = call(server, "GET", "/api/v1/oncall/schedules/primary/shifts?from=-8e15&to=8e15")
    assert status == 422 and "400 days" in answer["error"], answer
    server.stop()


def test_a_test_page_goes_through_the_real_route():
    hook = webhook()
    server = start(hook)
    done = subprocess.run([PHAROS, "oncall", "test", "severity=critical", "--by", "grace",
                           "--server", f"http://127.0.0.1:{server.port}"], capture_output=True, text=True)
    assert done.returncode == 0 and "policy" in done.stdout, done
    wait_until(lambda: told(hook, "TestPage", "ada") == 1, 10, "the test page")
    server.stop()


if __name__ == "__main__":
    main()
