"""Promise 1: what was acknowledged survives kill -9 at any moment, sample by sample."""
import http.client
import json
import random
import threading
import time

from harness import DEEP, Server, encode_labels, main, request, wait_until, write_request

SERIES = 200
KILLS = 200 if DEEP else 12


def value_of(series, tick):
    return tick * (series + 1) + (0.25 if series % 3 else 1 / 3)


def read_back(server, start_ms, end_ms):
    """{series: {t_ms: value}} through the raw range selector."""
    span = (end_ms - start_ms) // 1000 + 2
    found = {}
    status, body, _ = request(server.port, "GET",
                              f"/api/v1/query?query=kill_test%5B{span}s%5D&time={end_ms / 1000 + 1}", timeout=60)
    answer = json.loads(body)
    assert status == 200, body[:500]
    for row in answer["data"]["result"]:
        found[int(row["metric"]["series"])] = {round(t * 1000): float(v) for t, v in row["values"]}
    return found


def test_no_acknowledged_sample_is_lost_by_kill():
    server = Server(config="")
    heads = [encode_labels({"__name__": "kill_test", "series": str(n), "instance": "a:1", "job": "kill"})
             for n in range(SERIES)]
    rng = random.Random(20261121)
    acknowledged, refused, loaded_kills = {}, [], 0
    tick = 0
    base_ms = (int(time.time()) - 6 * 86400) * 1000  # far enough back that no load reaches the future
    kills = 0
    while kills < KILLS:
        server.start()
        stop = threading.Event()
        state = {"tick": tick}

        def writer():
            while not stop.is_set():
                this = state["tick"]
                t = base_ms + this * 1000
                body = write_request([(heads[n], [(value_of(n, this), t)]) for n in range(SERIES)])
                state["tick"] = this + 1  # a tick that was in flight is never written again
                try:
                    status, reply, _ = server.write(body, timeout=10)
                except OSError:
                    return
                except Exception:
                    return
                if status not in (200, 204):  # an exception in a thread would fail nothing
                    refused.append((this, status, reply[:200]))
                    return
                acknowledged[this] = True

        thread = threading.Thread(target=writer)
        thread.start()
        time.sleep(rng.uniform(0.02, 0.35))
        server.process.kill()
        stop.set()
        thread.join()
        loaded_kills += any(this in acknowledged for this in range(tick, state["tick"]))
        tick = state["tick"]
        kills += 1
    server.start()
    found = read_back(server, base_ms, base_ms + tick * 1000)
    lost = [(this, n) for this in acknowledged for n in range(SERIES)
            if found.get(n, {}).get(base_ms + this * 1000) != value_of(n, this)]
    assert not lost, f"{len(lost)} acknowledged samples of {len(acknowledged) * SERIES} are lost: {lost[:5]}"
    assert not refused, refused[:3]
    assert loaded_kills >= KILLS * 3 // 4, f"only {loaded_kills} of {KILLS} kills came after an acknowledgement"
    print(f"{KILLS} kills, {loaded_kills} after acknowledgements, {len(acknowledged) * SERIES} samples checked")
    invented = [(n, t) for n, row in found.items() for t, v in row.items()
                if v != value_of(n, (t - base_ms) // 1000)]
    assert not invented, invented[:5]
    server.stop()


def test_acknowledged_deltas_are_counted_exactly_once_over_kills():
    """A sender of OTLP deltas repeats a point until it hears 200, while the server is killed: each point counts once."""
    server = Server(config="")
    rng = random.Random(7)
    points = 240 if DEEP else 60
    started = int(time.time()) - 3600
    totals = {"number": 0, "count": 0}

    def body(n):
        stamp = {"startTimeUnixNano": f"{started + n - 1}000000000", "timeUnixNano": f"{started + n}000000000"}
        return json.dumps({"resourceMetrics": [{"scopeMetrics": [{"metrics": [
            {"name": "killed.number", "sum": {"aggregationTemporality": 1, "isMonotonic": True, "dataPoints": [{**stamp, "asInt": str(n)}]}},
            {"name": "killed.classic", "histogram": {"aggregationTemporality": 1, "dataPoints": [
                {**stamp, "count": "3", "sum": 1.5, "explicitBounds": [1, 2], "bucketCounts": ["1", "0", "2"]}]}},
            {"name": "killed.native", "exponentialHistogram": {"aggregationTemporality": 1, "dataPoints": [
                {**stamp, "count": "3", "sum": 1.5, "scale": n % 3, "positive": {"offset": n % 5, "bucketCounts": ["1", "2"]}}]}},
        ]}]}]})

    def kill_soon():
        time.sleep(rng.uniform(0, 0.01))
        server.process.kill()

    server.start()
    kills = 0
    for n in range(1, points + 1):
        killer = None
        if n % 5 == 0:
            killer = threading.Thread(target=kill_soon)
            killer.start()
        while True:
            try:
                status, reply, _ = request(server.port, "POST", "/v1/metrics", body(n), {"Content-Type": "application/json"})
                assert status == 200 and b"rejected" not in reply, (n, status, reply)
                break
            except (OSError, http.client.HTTPException):
                if killer:
                    killer.join()
                if not server.process.alive():
                    server.start()
        if killer:
            killer.join()
            kills += 1
            if not server.process.alive():
                server.start()
        totals["number"] += n
        totals["count"] += 3
    at = started + points
    value = lambda expr: float(server.query(expr, at)[0]["value"][1])
    assert value("killed_number_total") == totals["number"]
    assert value("killed_classic_count") == value('killed_classic_bucket{le="+Inf"}') == totals["count"]
    assert value('killed_classic_bucket{le="1.0"} or killed_classic_bucket{le="1"}') == points
    assert value("histogram_count(killed_native)") == totals["count"]
    assert value("histogram_sum(killed_native)") == value("killed_classic_sum") == points * 1.5
    assert not server.query("resets(killed_number_total[1h]) > 0", at)
    print(f"{points} points counted once over {kills} kills")
    server.stop()


def test_a_clean_stop_keeps_everything_and_starts_again():
    server = Server(config="").start()
    now = int(time.time() * 1000)
    assert server.write(write_request([({"__name__": "kept"}, [(42.5, now)])]))[0] in (200, 204)
    assert server.stop() == 0, server.process.output()[-2000:]
    server.start()
    wait_until(lambda: server.query("kept", now / 1000)[0]["value"][1] == "42.5", 5, "the sample")
    assert server.stop() == 0


if __name__ == "__main__":
    main()
