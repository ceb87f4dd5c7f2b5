#!/usr/bin/env python3
"""Alerting: time from an accepted sample to the webhook request, new alerts a second over API v2, memory an alert, long lists.
Debian's Alertmanager beside ours where the question is the same.

  bench/alerting.py [latency] [alerts] [--rounds N] [--alerts N]
"""
import argparse
import http.client
import http.server
import json
import os
import socket
import sys
import threading
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests" / "e2e"))
from harness import Process, Server, debian_alertmanager, free_port, request, scratch, wait_until, write_request  # noqa: E402

RULES = """
groups:
  - name: g
    interval: 1m
    rules:
      - {alert: Hot, expr: "temperature > 50"}
"""


class Hook:
    def __init__(self):
        self.arrived, self.event = {}, threading.Condition()
        hook = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                at = time.perf_counter()
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                with hook.event:
                    for alert in body["alerts"]:
                        hook.arrived.setdefault((alert["labels"].get("host"), alert["status"]), at)
                    hook.event.notify_all()
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def wait(self, key, seconds=10):
        with self.event:
            if not self.event.wait_for(lambda: key in self.arrived, seconds):
                raise AssertionError(f"{key} did not arrive")
            return self.arrived[key]


def percentile(values, share):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def latency(rounds):
    hook, folder = Hook(), scratch()
    (folder / "rules.yml").write_text(RULES)
    (folder / "alertmanager.yml").write_text(f"""
route: {{receiver: hook, group_by: ["..."], group_wait: 0s, group_interval: 1s, repeat_interval: 1d}}
receivers: [{{name: hook, webhook_configs: [{{url: "http://127.0.0.1:{hook.port}/"}}]}}]
""")
    server = Server("rule_files: [rules.yml]\n", folder=folder,
                    flags=["--alertmanager.config.file", folder / "alertmanager.yml"]).start()
    connection = http.client.HTTPConnection("127.0.0.1", server.port)
    headers = {"Content-Encoding": "snappy", "Content-Type": "application/x-protobuf",
               "X-Prometheus-Remote-Write-Version": "0.1.0"}

    def put(host, value):
        body = write_request([({"__name__": "temperature", "host": host}, [(value, int(time.time() * 1000))])])
        connection.request("POST", "/api/v1/write", body, headers)
        reply = connection.getresponse()
        reply.read()
        assert reply.status in (200, 204), reply.status
        return time.perf_counter()

    fired, resolved = [], []
    for n in range(rounds):
        host = f"h{n}"
        put(host, 20)
        time.sleep(0.03)
        accepted = put(host, 99)
        fired.append(max(0.0, hook.wait((host, "firing")) - accepted) * 1000)
        if n % 10 == 0:  # a group tells of its end at its interval, 1 s
            accepted = put(host, 20)
            resolved.append((hook.wait((host, "resolved")) - accepted) * 1000)
    cpu = sum(map(int, open(f"/proc/{server.process.pid}/stat").read().rsplit(")", 1)[1].split()[11:13])) / os.sysconf("SC_CLK_TCK")
    server.stop()
    print(f"accepted sample to webhook request, {rounds} alerts: p50 {percentile(fired, .5):.1f} ms, p90 {percentile(fired, .9):.1f} ms, "
          f"p99 {percentile(fired, .99):.1f} ms, max {max(fired):.1f} ms (server {cpu:.1f} CPU s)")
    print(f"cleared sample to resolved request (group_interval 1 s), {len(resolved)} alerts: p50 {percentile(resolved, .5):.0f} ms")


def bodies(count, batch, now):
    out = []
    for first in range(0, count, batch):
        alerts = [{"labels": {"alertname": f"Alert{n % 100}", "instance": f"host-{n}.example.com:9100", "job": "node", "severity": "warning",
                              "region": f"region-{n % 20}", "cluster": f"cluster-{n % 50}"},
                   "annotations": {"summary": f"Instance host-{n} is not well", "runbook": "https://runbooks.example.com/node"},
                   "generatorURL": "http://prometheus.example.com/graph?g0.expr=up", "startsAt": now}
                  for n in range(first, min(first + batch, count))]
        out.append(json.dumps(alerts).encode())
    return out


def stat(pid):
    fields = open(f"/proc/{pid}/stat").read().rsplit(")", 1)[1].split()
    rss = next(int(line.split()[1]) for line in open(f"/proc/{pid}/status") if line.startswith("VmRSS"))
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK"), rss


def post_all(port, parts):
    """Over one socket, the next request sent as soon as the last was answered."""
    link = socket.create_connection(("127.0.0.1", port))
    reader = link.makefile("rb")
    for part in parts:
        link.sendall(b"POST /api/v2/alerts HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(part) + part)
        status = reader.readline().split()[1]
        length = 0
        while (line := reader.readline()) not in (b"\r\n", b""):
            if line.lower().startswith(b"content-length:"):
                length = int(line.split(b":")[1])
        reader.read(length)
        assert status == b"200", status
    link.close()


def measure(name, port, pid, count, batch):
    now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    parts = bodies(count, batch, now)
    post_all(port, bodies(1000, 1000, now))  # warm
    cpu0, rss0 = stat(pid)
    began = time.perf_counter()
    post_all(port, parts)
    took = time.perf_counter() - began
    cpu1, rss1 = stat(pid)
    again = time.perf_counter()
    post_all(port, parts)
    update = time.perf_counter() - again
    cpu2, _ = stat(pid)
    time.sleep(1)
    _, rss = stat(pid)
    lists = {}
    for path in ("/api/v2/alerts", "/api/v2/alerts/groups"):
        best = 1e9
        for _ in range(3):
            began = time.perf_counter()
            status, body, _ = request(port, "GET", path, timeout=120)
            best = min(best, time.perf_counter() - began)
            assert status == 200
        lists[path] = best
    print(f"{name}: {count / took:,.0f} new alerts/s ({1e6 * (cpu1 - cpu0) / count:.2f} CPU µs each), {count / update:,.0f} updates/s "
          f"({1e6 * (cpu2 - cpu1) / count:.2f} CPU µs), {1024 * max(rss1 - rss0, rss - rss0) / count:,.0f} bytes of memory an alert, "
          f"list of {count:,}: {1000 * lists['/api/v2/alerts']:.0f} ms, groups {1000 * lists['/api/v2/alerts/groups']:.0f} ms", flush=True)


def alerts(count, batch):
    config = """
route: {receiver: nobody, group_by: [alertname, cluster], group_wait: 1h}
receivers: [{name: nobody}]
"""
    folder = scratch()
    (folder / "alertmanager.yml").write_text(config)
    server = Server("global: {}\n", folder=folder, flags=["--alertmanager.config.file", folder / "alertmanager.yml"]).start()
    measure("pharos", server.port, server.process.pid, count, batch)
    server.stop()
    folder = scratch()
    (folder / "alertmanager.yml").write_text(config)
    port = free_port()
    program, where = debian_alertmanager()
    other = Process([program, f"--config.file={folder}/alertmanager.yml", f"--storage.path={folder}/data",
                     f"--web.listen-address=127.0.0.1:{port}", "--cluster.listen-address="], folder / "log", cwd=where)
    wait_until(lambda: request(port, "GET", "/-/ready")[0] == 200, what="alertmanager is ready")
    measure("alertmanager", port, other.pid, count, batch)
    other.kill()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", choices=["latency", "alerts", []], default=[])
    parser.add_argument("--rounds", type=int, default=300)
    parser.add_argument("--alerts", type=int, default=50_000)
    parser.add_argument("--batch", type=int, default=1_000)
    given = parser.parse_args()
    parts = given.parts or ["latency", "alerts"]
    if "latency" in parts:
        latency(given.rounds)
    if "alerts" in parts:
        alerts(given.alerts, given.batch)


if __name__ == "__main__":
    main()
