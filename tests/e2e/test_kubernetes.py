#!/usr/bin/env python3
"""Kubernetes discovery against an API server of our own that plays list and watch: a large cluster,
churn, broken connections, forgotten places (410), and what the targets are right after each event."""
import json
import threading
import time
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from harness import Server, main

PODS = 5000


class Cluster:
    """Objects by path, a log of events, and the watches that follow it."""

    def __init__(self):
        self.lock = threading.Condition()
        self.version = 1
        self.objects = {}   # path -> {key: object}
        self.log = []       # (version, path, type, object)
        self.oldest = 0     # events up to here are forgotten
        self.cut = 0        # watches of an earlier number end
        self.lists = self.watches = 0

    def put(self, path, obj, kind="MODIFIED"):
        with self.lock:
            self.version += 1
            obj["metadata"]["resourceVersion"] = str(self.version)
            key = (obj["metadata"].get("namespace", ""), obj["metadata"]["name"])
            kept = self.objects.setdefault(path, {})
            if kind == "DELETED":
                kept.pop(key)
            else:
                kept[key] = obj
            self.log.append((self.version, path, kind, json.loads(json.dumps(obj))))
            self.lock.notify_all()

    def disconnect(self):
        with self.lock:
            self.cut += 1
            self.lock.notify_all()

    def forget(self):
        with self.lock:
            self.oldest = self.version
            self.log.clear()
            self.cut += 1
            self.lock.notify_all()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *arguments):
        pass

    def do_GET(self):
        cluster = self.server.cluster
        url = urllib.parse.urlsplit(self.path)
        query = dict(urllib.parse.parse_qsl(url.query))
        if self.headers.get("Authorization") != "Bearer secret":
            return self.answer(401, {"message": "unauthorized"})
        if "watch" in query:
            return self.watch(cluster, url.path, int(query["resourceVersion"]))
        with cluster.lock:
            cluster.lists += 1
            items = sorted(cluster.objects.get(url.path, {}).items())
            version = cluster.version
        begin, limit = int(query.get("continue", 0)), int(query.get("limit", 1 << 30))
        page = [item for _, item in items[begin:begin + limit]]
        rest = str(begin + limit) if begin + limit < len(items) else ""
        self.answer(200, {"kind": "List", "metadata": {"resourceVersion": str(version), "continue": rest}, "items": page})

    def answer(self, status, body):
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def watch(self, cluster, path, version):
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()

        def send(event):
            data = json.dumps(event).encode() + b"\n"
            # In two pieces: a client must not take chunks for events.
            for piece in (data[:len(data) // 2], data[len(data) // 2:]):
                self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
            self.wfile.flush()

        try:
            with cluster.lock:
                cluster.watches += 1
                mine = cluster.cut
                if version < cluster.oldest:
                    send({"type": "ERROR", "object": {"kind": "Status", "code": 410, "reason": "Expired", "message": "too old resource version"}})
                    self.wfile.write(b"0\r\n\r\n")
                    return
            until = time.monotonic() + 60
            while time.monotonic() < until:
                with cluster.lock:
                    events = [e for e in cluster.log if e[0] > version and e[1] == path]
                    if not events and cluster.cut == mine:
                        cluster.lock.wait(0.2)
                        continue
                    if cluster.cut != mine and not events:
                        break
                for number, _, kind, obj in events:
                    send({"type": kind, "object": obj})
                    version = number
            if self.server.rude:
                self.connection.close()  # in the middle of nothing
            else:
                self.wfile.write(b"0\r\n\r\n")
        except OSError:
            pass
        self.close_connection = True


def pod(number, ready=True, ip=None):
    return {"metadata": {"namespace": f"ns{number % 7}", "name": f"pod-{number}", "uid": str(number), "labels": {"app": f"app{number % 50}"}},
            "spec": {"nodeName": f"node-{number % 100}", "containers": [{"name": "c", "image": "i", "ports": [{"name": "http", "containerPort": 8080, "protocol": "TCP"}]}]},
            "status": {"podIP": ip or f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}", "phase": "Running",
                       "conditions": [{"type": "Ready", "status": "True" if ready else "False"}]}}


CLUSTER = Cluster()
API = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
API.daemon_threads = True
API.cluster, API.rude = CLUSTER, False
SERVER = None


def server():
    """One cluster and one Pharos for all tests; every test leaves the cluster as it was."""
    global SERVER
    if SERVER:
        return SERVER
    for number in range(PODS):
        CLUSTER.put("/api/v1/pods", pod(number), "ADDED")
    CLUSTER.put("/api/v1/namespaces/shop/services",
                {"metadata": {"namespace": "shop", "name": "web", "labels": {"team": "a"}}, "spec": {}}, "ADDED")
    CLUSTER.put("/api/v1/namespaces/shop/endpoints", {
        "metadata": {"namespace": "shop", "name": "web"},
        "subsets": [{"addresses": [{"ip": "10.200.0.1"}], "ports": [{"name": "http", "port": 80}]}]}, "ADDED")
    threading.Thread(target=API.serve_forever, daemon=True).start()
    # Everything is dropped: the targets are looked at, not scraped.
    job = """
- job_name: {name}
  scrape_interval: 1h
  kubernetes_sd_configs:
  - api_server: http://127.0.0.1:{port}
    authorization: {{credentials: secret}}
    {rest}
  relabel_configs:
  - {{action: drop, source_labels: [__address__], regex: .*}}"""
    SERVER = Server(config="scrape_configs:" + job.format(name="pods", port=API.server_port, rest="role: pod") +
                    job.format(name="web", port=API.server_port, rest="role: endpoints\n    namespaces: {names: [shop]}")).start()
    return SERVER


def found(job):
    """{address: labels} of one job."""
    data = json.loads(server().get("/api/v1/targets", state="dropped", scrapePool=job)[1])["data"]
    return {t["discoveredLabels"]["__address__"]: t["discoveredLabels"] for t in data["droppedTargets"]}


def wait_for(job, holds, seconds=20):
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        targets = found(job)
        if holds(targets):
            return targets
        time.sleep(0.05)
    raise AssertionError(f"after {seconds} s {job} has {len(found(job))} targets and not what was expected\n{server().process.output()[-2000:]}")


def all_there():
    return wait_for("pods", lambda t: len(t) == PODS, 30)


def test_all_pods_are_found():
    assert all_there()["10.0.0.5:8080"]["__meta_kubernetes_pod_label_app"] == "app5"


def test_each_event_shows():
    all_there()
    took = []
    for address in ("10.99.0.1", "10.99.0.2"):
        began = time.monotonic()
        CLUSTER.put("/api/v1/pods", pod(PODS, ready=False, ip=address), "ADDED" if address.endswith("1") else "MODIFIED")
        targets = wait_for("pods", lambda t: f"{address}:8080" in t)
        took.append(time.monotonic() - began)
    print(f"an event shows after {min(took):.3f} s to {max(took):.3f} s, the listing of {PODS} targets included")
    assert "10.99.0.1:8080" not in targets
    assert targets["10.99.0.2:8080"]["__meta_kubernetes_pod_ready"] == "false"
    CLUSTER.put("/api/v1/pods", pod(PODS), "DELETED")
    all_there()


def test_a_broken_watch_goes_on_where_it_was():
    all_there()
    lists = CLUSTER.lists
    for rude in (False, True):
        API.rude = rude
        CLUSTER.disconnect()
        CLUSTER.put("/api/v1/pods", pod(9000, ip="10.99.1.1"), "ADDED")
        wait_for("pods", lambda t: "10.99.1.1:8080" in t)
        CLUSTER.put("/api/v1/pods", pod(9000, ip="10.99.1.1"), "DELETED")
        wait_for("pods", lambda t: "10.99.1.1:8080" not in t)
    API.rude = False
    assert CLUSTER.lists == lists, "it listed anew although its place was still known"


def test_a_forgotten_place_is_listed_anew_and_nothing_gone_stays():
    all_there()
    lists = CLUSTER.lists
    with CLUSTER.lock:  # gone without an event that anybody saw
        gone = CLUSTER.objects["/api/v1/pods"].pop(("ns0", "pod-0"))
        CLUSTER.version += 1
    CLUSTER.forget()
    wait_for("pods", lambda t: len(t) == PODS - 1 and "10.0.0.0:8080" not in t)
    assert CLUSTER.lists > lists
    CLUSTER.put("/api/v1/pods", gone, "ADDED")
    all_there()


def test_endpoints_follow_their_service():
    targets = wait_for("web", lambda t: "10.200.0.1:80" in t)
    assert targets["10.200.0.1:80"]["__meta_kubernetes_service_label_team"] == "a"
    for team in ("b", "a"):
        CLUSTER.put("/api/v1/namespaces/shop/services",
                    {"metadata": {"namespace": "shop", "name": "web", "labels": {"team": team}}, "spec": {}})
        wait_for("web", lambda t: t.get("10.200.0.1:80", {}).get("__meta_kubernetes_service_label_team") == team)


def test_churn_ends_in_the_truth():
    all_there()
    for number in range(600):
        CLUSTER.put("/api/v1/pods", pod(number, ip=f"10.150.{number >> 8}.{number & 255}"))
        if number % 200 == 100:
            CLUSTER.disconnect()
    wait_for("pods", lambda t: len(t) == PODS and sum(a.startswith("10.150.") for a in t) == 600)
    for number in range(600):
        CLUSTER.put("/api/v1/pods", pod(number))
    wait_for("pods", lambda t: len(t) == PODS and not any(a.startswith("10.150.") for a in t))


if __name__ == "__main__":
    main()
