#!/usr/bin/env python3
"""Live streams: history then increments, equal queries once, changes of the set, topics, slow readers, bounds."""
import http.client
import json
import socket
import threading
import time

from harness import Server, free_port, main, request, wait_until

CONFIG = """
global: {scrape_interval: 1s}
host: {enabled: true, interval: 1s}
scrape_configs:
  - job_name: self
    static_configs: [{targets: ['127.0.0.1:%d']}]
"""
_port = free_port()
server = Server(CONFIG % _port, port=_port, flags=["--web.enable-lifecycle"]).start()


_open = []


class Stream:
    """Reads a stream's events on a thread."""

    def __init__(self, body=None, query=None):
        self.connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
        if query is None:
            self.connection.request("POST", "/api/v1/live", json.dumps(body), {"Content-Type": "application/json"})
        else:
            self.connection.request("GET", "/api/v1/live?" + query)
        self.reply = self.connection.getresponse()
        assert self.reply.status == 200, self.reply.read()
        assert self.reply.getheader("Content-Type").startswith("text/event-stream")
        self.events = []
        _open.append(self)
        self.thread = threading.Thread(target=self.read, daemon=True)
        self.thread.start()

    def read(self):
        name = None
        try:
            for line in self.reply:
                line = line.decode().rstrip("\n")
                if line.startswith("event: "):
                    name = line[7:]
                elif line.startswith("data: "):
                    self.events.append((name, json.loads(line[6:])))
        except (OSError, ValueError, AttributeError, http.client.HTTPException):
            pass

    def named(self, name, **match):
        return [d for n, d in list(self.events) if n == name and all(d.get(k) == v for k, v in match.items())]

    def wait(self, name, count=1, seconds=20, **match):
        wait_until(lambda: len(self.named(name, **match)) >= count, seconds, f"{count} {name} {match}")
        return self.named(name, **match)

    def close(self):
        if self in _open:
            _open.remove(self)
        try:
            self.connection.sock.shutdown(socket.SHUT_RDWR)
        except (OSError, AttributeError):
            pass
        self.connection.close()


def metric(name, **labels):
    status, body, _ = request(server.port, "GET", "/metrics")
    assert status == 200
    for line in body.decode().splitlines():
        if line.startswith(name) and all(f'{k}="{v}"' in line for k, v in labels.items()):
            return float(line.rsplit(" ", 1)[1])
    return 0.0


wait_until(lambda: server.query("up", time.time() - 3) and server.query("node_memory_MemTotal_bytes", time.time() - 3), 30, "data of some seconds")


def fresh():
    """What a test that failed left open is closed."""
    while _open:
        _open.pop().close()
    wait_until(lambda: metric("pharos_live_streams") == 0, 40, "streams are given back")


def test_history_then_new_points_equal_to_the_query_api():
    fresh()
    stream = Stream({"queries": [{"id": "a", "expr": "node_memory_MemTotal_bytes", "step": 1, "range": 10},
                                 {"id": "b", "expr": "vector(0)/0", "step": 1, "range": "5s"}]})
    history = stream.wait("history", id="a")[0]
    assert history["end"] - history["start"] == 10 and history["step"] == 1, history
    assert len(history["series"][0][2]) == 11 and history["series"][0][0] == 0
    ticks = stream.wait("tick", 3, id="a")
    assert [t["t"] for t in ticks[:3]] == [history["end"] + 1 + i for i in range(3)], (history["end"], ticks)
    at = ticks[1]["t"]
    assert float(server.query("node_memory_MemTotal_bytes", at)[0]["value"][1]) == ticks[1]["v"][0][1]
    assert stream.wait("tick", id="b")[0]["v"][0][1] == "NaN"
    stream.close()


def test_equal_queries_of_many_streams_are_evaluated_once():
    fresh()
    query = {"expr": "sum(up) + 41", "step": 1, "range": 3}
    streams = [Stream({"queries": [dict(query, id=f"q{i}") for i in range(10)]}) for _ in range(5)]
    for stream in streams:
        stream.wait("tick", 1, id="q9")
    before, began = metric("pharos_live_evaluations_total"), time.monotonic()
    last = len(streams[0].named("tick", id="q0"))
    wait_until(lambda: len(streams[0].named("tick", id="q0")) >= last + 3, 20, "three more ticks")
    evaluated = metric("pharos_live_evaluations_total") - before
    passed = time.monotonic() - began
    assert evaluated <= passed + 2, (evaluated, passed)
    assert metric("pharos_live_plans") == 1
    for stream in streams:
        stream.close()
    wait_until(lambda: metric("pharos_live_streams") == 0, 10, "streams are given back")
    assert metric("pharos_live_plans") == 0


def test_set_changes_without_reconnecting():
    fresh()
    stream = Stream(query="query=up&step=1&range=5&id=keep")
    key = stream.wait("hello")[0]["stream"]
    stream.wait("tick", id="keep")
    body = json.dumps({"queries": [{"id": "keep", "expr": "up", "step": 1, "range": 5},
                                   {"id": "more", "expr": "sum(up)", "step": 1, "range": 5}]})
    status, answer, _ = request(server.port, "PUT", f"/api/v1/live/{key}", body)
    assert status == 200 and json.loads(answer)["data"]["queries"] == 2, answer
    stream.wait("history", id="more")
    stream.wait("tick", 2, id="more")
    assert len(stream.named("history", id="keep")) == 1
    assert request(server.port, "DELETE", f"/api/v1/live/{key}")[0] == 204
    stream.thread.join(10)
    assert not stream.thread.is_alive()
    assert request(server.port, "PUT", f"/api/v1/live/{key}", body)[0] == 404


def test_a_bad_query_is_an_event_and_the_others_go_on():
    fresh()
    stream = Stream({"queries": [{"id": "bad", "expr": "sum((", "step": 1}, {"id": "good", "expr": "up", "step": 1}]})
    error = stream.wait("error", id="bad")[0]
    assert error["errorType"] == "bad_data" and "parse error" in error["error"], error
    stream.wait("tick", 2, id="good")
    stream.close()


def test_refusals_say_why():
    fresh()
    def post(body, path="/api/v1/live"):
        raw = body if isinstance(body, (str, bytes)) else json.dumps(body)
        status, answer, headers = request(server.port, "POST", path, raw, {"Content-Type": "application/json"})
        return status, json.loads(answer)["error"]
    assert post("{") [0] == 400
    assert post(b"\xff\xfe")[0] == 400
    assert post("[" * 100000)[0] == 400
    status, error = post({"queries": [{"expr": "up", "step": 0.2}]})
    assert status == 400 and "below 1 s" in error, error
    status, error = post({"queries": [{"expr": "up"}] * 1001})
    assert status == 422 and "1001 queries" in error, error
    status, error = post({"queries": [{"expr": "up", "step": 1, "range": 1e9}]})
    assert status == 400, error
    status, error = post({"topics": ["everything"]})
    assert status == 400 and "unknown topic" in error
    # too many streams
    streams = []
    while len(streams) < 64:
        streams.append(Stream({"queries": []}))
    status, answer, headers = request(server.port, "POST", "/api/v1/live", "{}", {"Content-Type": "application/json"})
    assert status == 429 and headers.get("Retry-After"), (status, answer)
    assert request(server.port, "GET", "/api/v1/query?query=1")[0] == 200, "streams take no thread of requests"
    for stream in streams:
        stream.close()
    wait_until(lambda: metric("pharos_live_streams") == 0, 10, "streams are given back")


def test_topics():
    fresh()
    stream = Stream({"topics": ["annotations", "alerts", "dashboards"]})
    stream.wait("hello")
    status, body, _ = request(server.port, "POST", "/api/annotations", json.dumps({"text": "<b>deploy</b>", "tags": ["deployment"]}))
    assert status == 200, body
    added = stream.wait("annotations")[0]
    assert added["action"] == "added" and added["annotation"]["text"] == "<b>deploy</b>", added
    request(server.port, "POST", "/api/dashboards/db", json.dumps({"dashboard": {"uid": "live-one", "title": "L"}}))
    assert stream.wait("dashboards")[0] == {"action": "saved", "uid": "live-one", "version": 1}
    request(server.port, "POST", "/api/folders", json.dumps({"uid": "live-folder", "title": "Live"}))
    status, body, _ = request(server.port, "POST", "/api/dashboards/db", json.dumps({"dashboard": {"uid": "live-two", "title": "M"}, "folderUid": "live-folder"}))
    board = json.loads(body)["id"]
    request(server.port, "POST", "/api/annotations", json.dumps({"text": "on it", "dashboardUID": "live-two"}))
    on_it = stream.wait("annotations", 2)[1]["annotation"]
    assert (on_it["dashboardUID"], on_it["dashboardId"]) == ("live-two", board), on_it
    assert request(server.port, "DELETE", "/api/folders/live-folder")[0] == 200
    assert stream.wait("dashboards", 3)[2] == {"action": "deleted", "uid": "live-two", "version": 1}
    alert = [{"labels": {"alertname": "LiveTest", "severity": "warning"}, "annotations": {"summary": "s"}}]
    status, body, _ = request(server.port, "POST", "/api/v2/alerts", json.dumps(alert), {"Content-Type": "application/json"})
    assert status == 200, body
    wait_until(lambda: any(t["labels"]["alertname"] == "LiveTest" and t["kind"] == "firing"
                           for e in stream.named("alerts") for t in e["transitions"]), 20, "the alert")
    stream.close()


def test_a_reader_that_does_not_read_costs_nobody_else():
    fresh()
    wide = ['{__name__=~"node_.+|pharos_.+"} + %d' % i for i in range(30)]
    body = json.dumps({"queries": [{"id": str(i), "expr": e, "step": 1, "range": 120} for i, e in enumerate(wide)]})
    slow = socket.create_connection(("127.0.0.1", server.port))
    slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    slow.sendall(f"POST /api/v1/live HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode())
    good = Stream({"queries": [{"id": "a", "expr": "up", "step": 1, "range": 3}]})
    good.wait("tick", 4, id="a", seconds=60)
    assert server.process.memory_kib() < 700_000
    slow.close()
    good.close()
    wait_until(lambda: metric("pharos_live_streams") == 0, 40, "the slow reader is let go")


def test_stopping_does_not_wait_for_streams():
    fresh()
    stream = Stream({"queries": [{"id": "a", "expr": "up", "step": 1}]})
    stream.wait("hello")
    began = time.monotonic()
    assert server.stop() == 0
    assert time.monotonic() - began < 8, "the drain waited for a stream"
    stream.thread.join(5)
    assert not stream.thread.is_alive()


if __name__ == "__main__":
    main()
