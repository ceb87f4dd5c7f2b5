#!/usr/bin/env python3
"""What live streams cost the server: CPU of the process with N streams of one board at 1 Hz, above the same process without.

  bench/live.py [--streams 1] [--seconds 20] [--board packs/dwcp/dashboards/phase6-production-live.json] [--url http://…]

A browser holds one stream for all its tabs; --streams 20 is 20 browsers. Without --url a server of its own that scrapes itself and this host
at 1 s; queries of the board whose data it lacks are evaluated all the same. One line of JSON.
"""
import argparse
import http.client
import json
import os
import re
import sys
import threading
import time
import urllib.parse
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests" / "e2e"))
from harness import ROOT, Server, free_port, wait_until  # noqa: E402

HOST_QUERIES = ["sum(rate(node_cpu_seconds_total[1m])) by (mode)", "node_memory_MemAvailable_bytes", "rate(node_network_receive_bytes_total[1m])",
                "rate(node_disk_io_time_seconds_total[1m])", "node_load1", "histogram_quantile(0.99, sum(rate(pharos_http_request_duration_seconds_bucket[1m])) by (le))",
                "rate(pharos_api_requests_total[1m])", "process_resident_memory_bytes"]


def queries_of(board):
    found = []

    def walk(node):
        if isinstance(node, dict):
            if isinstance(node.get("expr"), str):
                found.append(node["expr"])
            for value in node.values():
                walk(value)
        elif isinstance(node, list):
            for value in node:
                walk(value)
    walk(board.get("panels", []))
    exprs = []
    for expr in found:
        expr = re.sub(r"\$\{?__(rate_)?interval\}?|\[\$\{?\w+\}?\]", lambda m: "[1m]" if m[0].startswith("[") else "1m", expr)
        exprs.append(re.sub(r"\$\{?\w+(:\w+)?\}?", ".*", expr))
    return exprs


def cpu_seconds(pid):
    fields = open(f"/proc/{pid}/stat").read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def rate(pid, seconds):
    before, began = cpu_seconds(pid), time.monotonic()
    time.sleep(seconds)
    return (cpu_seconds(pid) - before) / (time.monotonic() - began)


def follow(host, port, body, counts, index):
    connection = http.client.HTTPConnection(host, port, timeout=120)
    connection.request("POST", "/api/v1/live", body, {"Content-Type": "application/json"})
    reply = connection.getresponse()
    for line in reply:
        counts[index] += line.startswith(b"event: tick")


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--streams", type=int, default=1)
    options.add_argument("--seconds", type=float, default=20)
    options.add_argument("--board", default=str(ROOT / "packs/dwcp/dashboards/phase6-production-live.json"))
    options.add_argument("--url", default="")
    options.add_argument("--pid", type=int, default=0, help="of the server behind --url")
    arguments = options.parse_args()
    exprs = queries_of(json.load(open(arguments.board))) if os.path.exists(arguments.board) else []
    queries = [{"id": str(i), "expr": e, "step": 1, "range": 300} for i, e in enumerate(exprs + HOST_QUERIES)]
    if arguments.url:
        place = urllib.parse.urlparse(arguments.url)
        host, port, pid = place.hostname, place.port, arguments.pid
    else:
        port = free_port()
        server = Server("global: {scrape_interval: 1s}\nhost: {enabled: true, interval: 1s}\nscrape_configs:\n  - job_name: self\n"
                        f"    static_configs: [{{targets: ['127.0.0.1:{port}']}}]\n", port=port).start()
        host, pid = "127.0.0.1", server.process.pid
        wait_until(lambda: server.query("up", time.time() - 10), 60, "ten seconds of data")
    alone = rate(pid, arguments.seconds)
    counts = [0] * arguments.streams
    body = json.dumps({"queries": queries})
    for i in range(arguments.streams):
        threading.Thread(target=follow, args=(host, port, body, counts, i), daemon=True).start()
    wait_until(lambda: min(counts) > 2 * len(queries) // 3, 60, "ticks")
    before = sum(counts)
    with_streams = rate(pid, arguments.seconds)
    print(json.dumps({"streams": arguments.streams, "queries": len(queries), "ticks_per_second": round((sum(counts) - before) / arguments.seconds, 1),
                      "cpu_alone": round(alone, 4), "cpu_with": round(with_streams, 4), "cpu_above": round(with_streams - alone, 4)}))


if __name__ == "__main__":
    main()
