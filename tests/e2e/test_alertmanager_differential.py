#!/usr/bin/env python3
"""Routing and notification against a real Alertmanager: the same random configuration, alerts, resolves
and silences go to both, and every notification either of them sends is compared: per receiver and group
the same sequence of the same documents, alerts in the same order.

Timers are scaled to seconds. What is posted happens at whole slots of SLOT seconds, ticks of groups and
ends of alerts and silences fall well between them, so that neither side ever races with the clock. A run
in which the machine was too late for that is made again.

    PHAROS_DEEP=1 test_alertmanager_differential.py     200 configurations, and both Alertmanagers at hand
    PHAROS_AM_SEEDS=7,8 test_alertmanager_differential.py    these configurations only, with details
"""
import http.server
import json
import os
import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import harness
from harness import DEEP, Process, Server, debian_alertmanager, free_port, request, scratch, skip, wait_until

SLOT = 2.0          # seconds
SLOTS = 9           # of posting; three more to look on
LATE_MAX = 0.12     # of a slot
APART_MAX = 0.2     # of a slot: the same notification on both sides
ALERTS = 200        # posted per configuration
PARALLEL = int(os.environ.get("PHAROS_AM_PARALLEL", "12"))
TEAMS, DCS, SEVERITIES, NAMES = "abc", "xy", ["page", "warn", "info"], ["Up", "Disk", "Load", "Net"]


# ------------------------------ what both are given

def seconds(slots):
    return f"{round(slots * SLOT * 1000)}ms"


def some(rng, items, most=None):
    return rng.sample(items, rng.randint(0, min(most or len(items), len(items))))


def matcher(rng):
    name, values = rng.choice([("team", list(TEAMS)), ("dc", list(DCS)), ("severity", SEVERITIES),
                               ("alertname", NAMES), ("absent", ["", "x"])])
    op = rng.choice(["=", "=", "!=", "=~", "!~"])
    value = rng.choice(values)
    if op in ("=~", "!~"):
        value = rng.choice([value, "|".join(rng.sample(values, min(2, len(values)))), f"{value[:1]}.*", ".+"])
    return f'{name}{op}"{value}"'


def timers(rng, route, always=False):
    if always or rng.random() < 0.4:
        route["group_wait"] = seconds(rng.choice([0.15, 0.2, 0.25, 0.3, 0.35]))
    if always or rng.random() < 0.4:
        route["group_interval"] = seconds(rng.choice([0.5, 1, 1, 1.5, 2]))
    if always or rng.random() < 0.4:
        route["repeat_interval"] = seconds(rng.choice([0.75, 1.25, 2.25, 3.75, 6.25]))


def make_route(rng, receivers, depth):
    route = {}
    if depth == 0:
        route["receiver"] = receivers[0]
        timers(rng, route, always=True)
    else:
        style = rng.random()
        if style < 0.2:
            route["match"] = {"team": rng.choice(TEAMS)}
        elif style < 0.4:
            route["match_re"] = {"severity": rng.choice(["page|warn", "i.*", ".*"])}
        else:
            route["matchers"] = [matcher(rng) for _ in range(rng.randint(1, 2))]
        if rng.random() < 0.7:
            route["receiver"] = rng.choice(receivers)
        if rng.random() < 0.4:
            route["continue"] = True
        timers(rng, route)
        kind = rng.random()
        if kind < 0.08:
            route["mute_time_intervals"] = [rng.choice(["always", "never"])]
        elif kind < 0.16:
            route["active_time_intervals"] = [rng.choice(["always", "never", "here"])]
    if depth == 0 or rng.random() < 0.5:
        route["group_by"] = ["..."] if rng.random() < 0.12 else some(rng, ["alertname", "team", "dc", "severity"])
        if depth > 0 and not route["group_by"]:
            del route["group_by"]  # an empty list inherits in older Alertmanagers and not in newer ones
    if depth < 3:
        routes = [make_route(rng, receivers, depth + 1) for _ in range(rng.randint(1 if depth == 0 else 0, 3 - depth))]
        # Twins (siblings of the same matchers) share one key in the notification log: Alertmanager's two groups race for
        # it and both send, Pharos sends once.
        kept = {repr([r.get(k) for k in ("match", "match_re", "matchers")]): r for r in reversed(routes)}
        if routes:
            route["routes"] = [r for r in routes if any(r is k for k in kept.values())]
    return route


def make_config(seed, hook):
    rng = random.Random(seed)
    receivers = [f"r{i}" for i in range(rng.randint(1, 4))]
    config = {
        "route": make_route(rng, receivers, 0),
        "receivers": [],
        "inhibit_rules": [],
        "time_intervals": [
            {"name": "always", "time_intervals": [{"years": ["2000:2100"]}]},
            {"name": "never", "time_intervals": [{"years": ["1999"]}]},
            {"name": "here", "time_intervals": [{"weekdays": ["sunday:saturday"], "location": "Europe/Berlin"}]}],
    }
    for name in receivers:
        hooks = []
        for i in range(rng.choice([1, 1, 1, 2] + [0] * (name != "r0"))):
            entry = {"url": f"{hook}/{name}.{i}", "send_resolved": rng.random() < 0.7}
            if rng.random() < 0.15:
                entry["max_alerts"] = rng.randint(1, 4)
            hooks.append(entry)
        config["receivers"].append({"name": name, "webhook_configs": hooks})
    for _ in range(rng.choice([0, 1, 1, 2, 3])):
        rule = {"source_matchers": [f'severity="{rng.choice(SEVERITIES[:2])}"'] + [matcher(rng)] * (rng.random() < 0.3),
                "target_matchers": [rng.choice(['severity=~"warn|info"', 'severity="info"', matcher(rng)])],
                "equal": some(rng, ["alertname", "team", "dc", "absent"], 2)}
        config["inhibit_rules"].append(rule)
    return config


def labels_of(rng, number):
    labels = {"alertname": rng.choice(NAMES), "severity": rng.choice(SEVERITIES), "i": str(number)}
    if rng.random() < 0.9:
        labels["team"] = rng.choice(TEAMS)
    if rng.random() < 0.8:
        labels["dc"] = rng.choice(DCS)
    if rng.random() < 0.3:
        labels["job"] = rng.choice(["n", "m"])
    if rng.random() < 0.3:
        labels["instance"] = rng.choice(["h1", "h2", "h3"])
    return labels


def make_story(seed):
    """Per slot: alerts to post, as (labels, annotations, start slot, end in slots from now or None), and
    silences to set, as (matchers, length in slots), or to end, by number."""
    rng = random.Random(seed * 7919 + 1)
    known = [labels_of(rng, i) for i in range(ALERTS // 4)]
    firing, story, silences = {}, [], 0
    for slot in range(SLOTS):
        step = {"alerts": [], "silences": [], "end": []}
        posted = set()
        for _ in range(ALERTS // SLOTS):
            labels = rng.choice(known)
            key = labels["i"]
            if key in posted:
                continue
            posted.add(key)
            note = {"summary": f"alert {key}", "run": rng.choice(["x", "x", "y"])}
            if key in firing and rng.random() < 0.35:
                step["alerts"].append((labels, note, firing.pop(key), 0))
            else:
                began = firing.setdefault(key, slot)
                end = rng.choice([None, None, 1.5, 2.5, 100])
                step["alerts"].append((labels, note, began, end))
                if end is not None and end < 100:
                    firing.pop(key)
        if silences and rng.random() < 0.2:
            step["end"].append(rng.randrange(silences))
        if rng.random() < 0.35:
            step["silences"].append(([rng.choice([("team", rng.choice(TEAMS), False), ("severity", "warn|info", True),
                                                  ("alertname", rng.choice(NAMES), False)])], rng.choice([1.5, 2.5, 50])))
            silences += 1
        story.append(step)
    return story


# ------------------------------ the listener

class Recorder:
    def __init__(self):
        self.lock = threading.Lock()
        self.arrived = {}  # (run, side) → [(time, path, document)]
        recorder = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                now = time.time()
                _, run, side, name = self.path.split("/")
                with recorder.lock:
                    recorder.arrived.setdefault((run, side), []).append((now, name, json.loads(body)))
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        class Listener(http.server.ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 1024

        self.server = Listener(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


# ------------------------------ the two sides

class Peer:
    def __init__(self, program, config, folder):
        self.port = free_port()
        file = folder / "peer.yml"
        file.write_text(json.dumps(config))
        self.process = Process([program, f"--config.file={file}", f"--storage.path={folder / 'peer'}",
                                f"--web.listen-address=127.0.0.1:{self.port}", "--cluster.listen-address=",
                                "--web.external-url=http://am.example/", "--log.level=error"], folder / "peer.log",
                               cwd=debian_alertmanager()[1])

    def wait(self):
        def ready():
            if not self.process.alive():
                raise RuntimeError("Alertmanager ended:\n" + self.process.output()[-2000:])
            return request(self.port, "GET", "/-/ready")[0] == 200
        wait_until(ready, 60, "Alertmanager ready")

    def stop(self):
        self.process.kill()


class Ours:
    def __init__(self, config, folder):
        file = folder / "ours.yml"
        file.write_text(json.dumps(config))
        self.server = Server("global: {}\n", folder=folder,
                             flags=["--alertmanager.config.file", str(file), "--web.external-url=http://am.example/"])
        self.port = self.server.port
        self.server.start(wait=False)

    def wait(self):
        self.server.wait_ready()

    def stop(self):
        self.server.stop(harness.signal.SIGKILL)


def stamp(t):
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(t)) + f".{int(t * 1000) % 1000:03d}Z"


def post(port, path, document):
    status, body, _ = request(port, "POST", "/api/v2" + path, json.dumps(document), {"Content-Type": "application/json"})
    if status != 200:
        raise AssertionError(f"POST {path}: {status} {body[:300]}")
    return body


def drive(sides, story):
    """Plays the story on both; gives its beginning and how late, at worst, a step was done (in slots)."""
    begin = time.time() + 0.3
    silences, late = [], 0.0
    for slot, step in enumerate(story):
        at = begin + slot * SLOT
        time.sleep(max(0, at - time.time()))
        alerts = []
        for labels, note, began, end in step["alerts"]:
            alert = {"labels": labels, "annotations": note, "generatorURL": "http://g.example/",
                     "startsAt": stamp(begin + began * SLOT)}
            if end is not None:
                alert["endsAt"] = stamp(at + end * SLOT)
            alerts.append(alert)
        for side, port in enumerate(sides):
            for number in step["end"]:
                status, _, _ = request(port, "DELETE", f"/api/v2/silence/{silences[number][side]}")
                assert status in (200, 500), status  # 0.25 answers 500 when it has ended already
            for i, (matchers, length) in enumerate(step["silences"]):
                document = {"matchers": [{"name": n, "value": v, "isRegex": r, "isEqual": True} for n, v, r in matchers],
                            "startsAt": stamp(at), "endsAt": stamp(at + length * SLOT), "createdBy": "t", "comment": "c"}
                made = json.loads(post(port, "/silences", document))["silenceID"]
                if side == 0:
                    silences.append([made])
                else:
                    silences[len(silences) - len(step["silences"]) + i].append(made)
            if alerts:
                post(port, "/alerts", alerts)
        late = max(late, (time.time() - at) / SLOT)
    return begin, late


# ------------------------------ comparing

def normal(document):
    """A document without what may differ: digits of time beyond milliseconds."""
    out = dict(document)
    out["alerts"] = [dict(a, startsAt=cut(a["startsAt"]), endsAt=cut(a["endsAt"])) for a in document["alerts"]]
    return out


def cut(text):
    """RFC 3339 to whole milliseconds."""
    if text.startswith("0001-"):
        return "none"
    text = text.rstrip("Z")
    head, _, fraction = text.partition(".")
    return f"{head}.{fraction[:3].ljust(3, '0')}"


def brief(document):
    names = [("-" if a["status"] == "resolved" else "+") + a["labels"]["i"] for a in document["alerts"]]
    return f"{document['status']} {' '.join(names)} (cut {document['truncatedAlerts']})"


def sequences(arrived, until):
    out = {}
    for at, name, document in sorted(arrived, key=lambda item: item[0]):
        if at < until:
            out.setdefault((name, document["groupKey"]), []).append((at, normal(document)))
    return out


def compare(peers, ours, begin):
    """Differences as text, and how many notifications agreed, and the largest difference in time."""
    until = begin + (SLOTS + 2.5) * SLOT
    theirs, mine = sequences(peers, until), sequences(ours, until)
    wrong, agreed, apart = [], 0, 0.0
    for key in sorted(set(theirs) | set(mine)):
        a, b = theirs.get(key, []), mine.get(key, [])
        # One that one side sent just before the end and the other just behind it.
        both = min(len(a), len(b))
        if all(at > until - APART_MAX * SLOT for at, _ in a[both:] + b[both:]):
            a, b = a[:both], b[:both]
        if [d for _, d in a] == [d for _, d in b]:
            agreed += len(a)
            most = max((abs(x - y) for (x, _), (y, _) in zip(a, b)), default=0.0)
            apart = max(apart, most)
            if most <= APART_MAX * SLOT:
                continue
        lines = [f"{key[0]} {key[1]}"]
        for who, items in (("theirs", a), ("ours  ", b)):
            lines += [f"   {who} {(at - begin) / SLOT:6.2f}  {brief(d)}" for at, d in items]
        if [brief(d) for _, d in a] == [brief(d) for _, d in b]:
            for (_, x), (_, y) in zip(a, b):
                lines += [f"   field {f}: {x.get(f)!r} / {y.get(f)!r}" for f in sorted(set(x) | set(y)) if x.get(f) != y.get(f)][:3]
        wrong.append("\n".join(lines))
    return wrong, agreed, apart


def run(seed, program, recorder, attempts=4):
    for attempt in range(attempts):
        folder = scratch(f"pharos-am-{seed}-")
        name = f"{seed}-{attempt}-{'old' if 'bookworm' in str(program) else 'new'}"
        sides = [Peer(program, make_config(seed, f"{recorder.url}/{name}/peer"), folder),
                 Ours(make_config(seed, f"{recorder.url}/{name}/ours"), folder)]
        try:
            for side in sides:
                side.wait()
            begin, late = drive([side.port for side in sides], make_story(seed))
            time.sleep(max(0, begin + (SLOTS + 2.6) * SLOT - time.time()))
        finally:
            for side in sides:
                side.stop()
        wrong, agreed, apart = compare(recorder.arrived.get((name, "peer"), []), recorder.arrived.get((name, "ours"), []), begin)
        if not wrong:
            return [], agreed, apart
        if late <= LATE_MAX and attempt > 0:
            break
    return wrong, agreed, apart


def programs():
    found = [debian_alertmanager()[0]]
    for path in os.environ.get("PHAROS_AM_PROGRAMS", "").split(","):
        if path:
            found.append(path)
    return found


def check(seeds, program):
    recorder = Recorder()
    with ThreadPoolExecutor(PARALLEL) as pool:
        results = list(pool.map(lambda seed: (seed, *run(seed, program, recorder)), seeds))
    wrong = [(seed, found) for seed, found, _, _ in results if found]
    agreed = sum(n for _, _, n, _ in results)
    print(f"{program}: {len(seeds)} configurations, {agreed} notifications agree, "
          f"at most {max(apart for *_, apart in results) * 1000:.0f} ms apart, {len(wrong)} configurations differ", flush=True)
    for seed, found in wrong[:10]:
        print(f"seed {seed}:\n" + "\n".join(found[:6]))
    assert not wrong, f"configurations that differ: {[seed for seed, _ in wrong]}"
    assert agreed > 5 * len(seeds), f"only {agreed} notifications"


def test_notifications_are_those_of_alertmanager():
    given = os.environ.get("PHAROS_AM_SEEDS")
    seeds = [int(s) for s in given.split(",")] if given else range(1, 201 if DEEP else 11)
    for program in programs():
        check(list(seeds), program)


if __name__ == "__main__":
    harness.main()
