"""Silences, acknowledgements, alerts and notifications over kill -9: nothing that was acknowledged is lost, and nothing is told
twice but what was being sent when the process died: its intent was stored and its outcome was not, which the state database shows,
and it comes again under the same idempotency key. On a full disk nothing is acknowledged that is not stored."""
import http.server
import json
import os
import random
import re
import shutil
import signal
import sqlite3
import subprocess
import threading
import time
from datetime import datetime, timedelta, timezone

from harness import DEEP, Server, main, request, scratch, skip, wait_until

KILLS = 200 if DEEP else 10
SEED = 20261128


class Sink:
    """A webhook receiver that remembers each alert's notifications: their key, and when it was answered."""

    def __init__(self):
        self.lock = threading.Lock()
        self.seen = {}  # alert name: [[idempotency key, time of the answer or None], …]
        self.active = 0
        sink = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                with sink.lock:
                    sink.active += 1
                try:
                    self.take(self.rfile.read(int(self.headers["Content-Length"])))
                finally:
                    with sink.lock:
                        sink.active -= 1

            def take(self, text):
                try:
                    body = json.loads(text)
                except ValueError:
                    return  # cut off by the kill
                entry = [self.headers["Idempotency-Key"], None]
                with sink.lock:
                    for alert in body["alerts"]:
                        if alert["status"] == "firing":
                            sink.seen.setdefault(alert["labels"]["alertname"], []).append(entry)
                entry[1] = time.monotonic()  # at the latest: the answer is on its way
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def told(self, name):
        with self.lock:
            return list(self.seen.get(name, ()))


def make_server(sink, folder=None):
    folder = folder or scratch()
    (folder / "alertmanager.yml").write_text(f"""
route: {{receiver: hook, group_by: [alertname], group_wait: 50ms, group_interval: 1h, repeat_interval: 1d}}
receivers:
  - name: hook
    webhook_configs: [{{url: "http://127.0.0.1:{sink.port}/"}}]
""")
    return Server("rules: {self_alerts: false}\n", folder=folder,
                  flags=["--alertmanager.config.file", folder / "alertmanager.yml"])


def stamp(**ahead):
    return (datetime.now(timezone.utc) + timedelta(**ahead)).isoformat()


def silence(name, comment):
    return json.dumps({"matchers": [{"name": "alertname", "value": name, "isRegex": False}], "createdBy": "test",
                       "comment": comment, "startsAt": stamp(), "endsAt": stamp(hours=2)})


class Model:
    """What the server has said yes to."""

    def __init__(self):
        self.silences, self.expired, self.alerts, self.taken, self.number = {}, set(), {}, {}, 0
        self.unsure = set()  # silences whose expiry was not answered


def load(server, model, rng, stop):
    while not stop.is_set():
        model.number += 1
        n = model.number
        try:
            kind = rng.random()
            if kind < 0.35:
                status, body, _ = request(server.port, "POST", "/api/v2/silences", silence(f"quiet{n}", f"c{n}"), timeout=5)
                if status == 200:
                    model.silences[json.loads(body)["silenceID"]] = f"c{n}"
            elif kind < 0.45 and model.silences:
                one = rng.choice(list(model.silences))
                model.unsure.add(one)
                status, _, _ = request(server.port, "DELETE", f"/api/v2/silence/{one}", timeout=5)
                if status == 200:
                    model.expired.add(one)
                    model.unsure.discard(one)
            elif kind < 0.9:
                alert = [{"labels": {"alertname": f"a{n}"}, "endsAt": stamp(hours=3)}]
                status, _, _ = request(server.port, "POST", "/api/v2/alerts", json.dumps(alert), timeout=5)
                if status == 200:
                    model.alerts[f"a{n}"] = time.monotonic()
            elif model.alerts:
                name = rng.choice(list(model.alerts))
                form = json.dumps({"matchers": [f'alertname="{name}"'], "owner": "ada", "note": f"n{n}"})
                status, _, _ = request(server.port, "POST", "/api/v1/oncall/acknowledge", form,
                                       {"Content-Type": "application/json"}, timeout=5)
                if status == 200:
                    model.taken[name] = f"n{n}"
        except OSError:
            return  # killed meanwhile: nothing was said
        except Exception:  # noqa: BLE001  half an answer is no answer
            return


def check(server, model):
    found = {s["id"]: s for s in json.loads(server.get("/api/v2/silences")[1])}
    for one, comment in model.silences.items():
        assert one in found, f"silence {one} was acknowledged and is gone"
        assert found[one]["comment"] == comment
        state = found[one]["status"]["state"]
        if one in model.expired:
            assert state == "expired", (one, state)
        elif one not in model.unsure:
            assert state == "active", (one, state)
    there = {a["labels"]["alertname"] for a in json.loads(server.get("/api/v2/alerts")[1])}
    lost = set(model.alerts) - there
    assert not lost, f"{len(lost)} acknowledged alerts are gone, such as {sorted(lost)[:3]}"
    listed = json.loads(server.get("/api/v1/oncall/acknowledgements")[1])["data"]
    owners = {a["labels"]["alertname"] for a in listed}
    assert set(model.taken) <= owners, f"acknowledgements are gone: {sorted(set(model.taken) - owners)[:3]}"


def unfinished(server):
    """Idempotency keys of the notifications that a dead server's database has as not yet sent."""
    found = next(server.folder.rglob("state.db"))
    folder = scratch()
    for file in found.parent.glob("state.db*"):
        if not file.name.endswith("-shm"):
            shutil.copy(file, folder)
    database = sqlite3.connect(folder / "state.db")
    keys = set()
    for (item,) in database.execute("SELECT bytes FROM notify_outbox"):
        keys.update(key.decode() for key in re.findall(rb"[0-9a-f]{32}", item))
    database.close()
    shutil.rmtree(folder)
    return keys


def test_kill_at_any_time():
    rng = random.Random(SEED)
    sink, model = Sink(), Model()
    server = make_server(sink)
    kills = []
    for _ in range(KILLS):
        server.start()
        check(server, model)
        stop = threading.Event()
        writers = [threading.Thread(target=load, args=(server, model, random.Random(rng.random()), stop)) for _ in range(1)]
        for writer in writers:
            writer.start()
        time.sleep(rng.uniform(0.05, 0.4))
        killed = time.monotonic()
        server.process.kill(signal.SIGKILL)
        stop.set()
        # What the dead process had put on the wire may still be arriving.
        time.sleep(0.1)
        wait_until(lambda: sink.active == 0, what="the receiver is idle")
        kills.append((killed, unfinished(server)))
        for writer in writers:
            writer.join()
    server.start()
    check(server, model)
    assert model.alerts and model.silences and model.taken, (len(model.alerts), len(model.silences), len(model.taken))
    wait_until(lambda: all(sink.told(name) for name in model.alerts), 30, "every alert is told about")
    time.sleep(0.3)
    repeated, longest = 0, 0.0
    for name in model.alerts:
        told = sink.told(name)
        keys = {key for key, _ in told}
        assert len(keys) == 1, f"{name} was told under {len(keys)} keys"
        in_flight = [at for at, unsent in kills if keys & unsent]
        assert len(told) - 1 <= len(in_flight), f"{name} was told {len(told)} times, {len(in_flight)} kills met its sending"
        for (_, answered), at in zip(told[:-1], [at for at in in_flight if at >= told[0][1] - 0.2]):
            repeated += 1
            longest = max(longest, at - answered)
    # The outcome is stored right behind the answer: what was answered long before is no longer in flight.
    assert longest < 1, f"the outcome of a notification was not stored for {longest:.1f} s"
    server.stop()
    print(f"  {KILLS} kills, {len(model.alerts)} alerts, {len(model.silences)} silences, {len(model.taken)} acknowledgements, "
          f"{repeated} notifications met by a kill between answer and outcome came again")


def test_a_full_disk_acknowledges_nothing_it_cannot_keep():
    if os.geteuid() != 0:
        skip("needs root to mount a small file system")
    folder = scratch()
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=96m", "tmpfs", str(folder)], capture_output=True, text=True)
    if done.returncode:
        skip(f"cannot mount a small file system: {done.stderr.strip()}")
    try:
        sink = Sink()
        server = make_server(sink, folder)
        server.start()
        assert request(server.port, "POST", "/api/v2/silences", silence("before", "before"))[0] == 200
        ballast = folder / "ballast"
        free = os.statvfs(folder)
        with open(ballast, "wb") as file:
            file.write(b"x" * max(0, free.f_bavail * free.f_frsize))
        kept, refused = [], 0
        for n in range(400):
            status, body, _ = request(server.port, "POST", "/api/v2/silences", silence(f"full{n}", "x" * 4000))
            if status == 200:
                kept.append(json.loads(body)["silenceID"])
            else:
                assert status >= 500, (status, body)
                refused += 1
        assert refused, "the full disk was never noticed"
        assert request(server.port, "GET", "/-/healthy")[0] == 200
        # Alerting goes on from memory, or says no: never a yes that is not kept.
        status, _, _ = request(server.port, "POST", "/api/v2/alerts", json.dumps([{"labels": {"alertname": "during"}}]))
        ballast.unlink()
        wait_until(lambda: request(server.port, "POST", "/api/v2/silences", silence("after", "after"))[0] == 200,
                   20, "recovery without restart", every=0.2)
        server.process.kill()
        server.start()
        found = {s["id"] for s in json.loads(server.get("/api/v2/silences")[1])}
        assert set(kept) <= found, f"{len(set(kept) - found)} acknowledged silences are gone"
        if status == 200:
            assert any(a["labels"]["alertname"] == "during" for a in json.loads(server.get("/api/v2/alerts")[1]))
        server.stop()
    finally:
        subprocess.run(["umount", "-l", str(folder)], capture_output=True)


if __name__ == "__main__":
    main()
