"""The same stream and rule file in a real Prometheus and in Pharos (--query.compat=2): ALERTS, ALERTS_FOR_STATE and
recorded series equal at every grid time, over kill -9 restarts.

Samples are sent three seconds ahead of their time, so that both have them when they evaluate, on a busy machine too. What differs by intention is
in `durable_is_better`.
"""
import concurrent.futures
import http.client
import json
import random
import re
import signal
import threading
import time

from harness import (DEEP, Process, Server, encode_labels, encode_sample, field, free_port, main, peer, request, scratch,
                     snappy, varint, wait_until)

RULES = """
groups:
- name: fast
  interval: 1s
  rules:
  - {record: tick, expr: vector(1)}
  - {alert: Plain, expr: temperature > 50, labels: {severity: "{{ if gt $value 75.0 }}page{{ else }}ticket{{ end }}"}}
  - {alert: ForTwo, expr: temperature > 50, for: 2s, labels: {where: "{{ $labels.host }}-{{ $labels.__name__ }}"}}
  - {alert: ForFive, expr: temperature > 30, for: 5s, annotations: {a: "{{ $value | humanize }}"}}
  - {alert: Kept, expr: temperature > 60, keep_firing_for: 3s}
  - {alert: ForAndKept, expr: temperature > 40, for: 1s, keep_firing_for: 2s}
  - {alert: Gone, expr: 'absent(temperature{host="h0"})'}
  - {alert: Same, expr: temperature > 90, labels: {host: one}}
  - {alert: Share, expr: count(temperature > 50) / count(temperature) > 0.4, for: 1s}
- name: recorded
  interval: 2s
  labels: {}
  rules:
  - {record: 'hot:count', expr: 'count by (rack) (temperature > 50)', labels: {kind: derived}}
  - {alert: HotRack, expr: 'hot:count > 2', for: 2s}
  - {record: tick2, expr: vector(2)}
  - {record: latency, expr: 'sum(rate(latency_seconds[10s]))'}
  - {alert: Slow, expr: 'histogram_quantile(0.9, latency) > 1', keep_firing_for: 2s}
  - {alert: Busy, expr: 'histogram_count(latency) > 1', for: 2s}
- name: limited
  interval: 1s
  limit: 3
  rules:
  - {alert: Few, expr: temperature > 50, for: 1s}
  - {record: 'few', expr: temperature > 70}
""".replace("  labels: {}\n", "")


def zigzag(n):
    return varint((n << 1) ^ (n >> 63))


def histogram(t_ms, count, total, offset, deltas):
    """A native histogram of schema 0 with positive buckets from `offset` on, as remote write 1.0 has it."""
    import struct
    span = b"\x08" + zigzag(offset) + b"\x10" + varint(len(deltas))
    packed = b"".join(zigzag(d) for d in deltas)
    body = (b"\x08" + varint(count) + b"\x19" + struct.pack("<d", total) + b"\x20" + zigzag(0)
            + b"\x29" + struct.pack("<d", 1e-6) + b"\x30" + varint(0) + field(11, span) + field(12, packed)
            + b"\x78" + varint(t_ms))
    return field(4, body)


STALE = 0x7FF0000000000002


def stale(t_ms):
    import struct
    return field(2, b"\x09" + struct.pack("<Q", STALE) + b"\x10" + varint(t_ms))


AHEAD = 3


class Feeder:
    """Writes the same body to all ports, every 250 ms, `AHEAD` seconds ahead."""

    def __init__(self, ports, seed, hosts=6):
        self.ports, self.random, self.hosts = ports, random.Random(seed), hosts
        self.values = [20.0] * hosts
        self.silent = [0] * hosts
        self.buckets = [0, 0, 0]
        self.stopped = threading.Event()
        self.lost = 0
        self.thread = threading.Thread(target=self.run, daemon=True)

    def start(self):
        self.thread.start()
        return self

    def stop(self):
        self.stopped.set()
        self.thread.join()

    def body(self, t_ms):
        raw = bytearray()
        for h in range(self.hosts):
            labels = encode_labels({"__name__": "temperature", "host": f"h{h}", "rack": f"r{h % 2}"})
            if self.silent[h]:
                self.silent[h] -= 1
                continue
            if self.random.random() < 0.04:
                self.silent[h] = self.random.randint(2, 16)
                if self.random.random() < 0.7:
                    raw += field(1, labels + stale(t_ms))
                continue
            if self.random.random() < 0.15:
                self.values[h] = self.random.choice([10, 35, 45, 55, 65, 80, 95]) + self.random.random()
            raw += field(1, labels + encode_sample(self.values[h], t_ms))
        for i in range(3):
            self.buckets[i] += self.random.choice([0, 0, 1, 3]) * (i + 1)
        deltas = [self.buckets[0]] + [b - a for a, b in zip(self.buckets, self.buckets[1:])]
        raw += field(1, encode_labels({"__name__": "latency_seconds"})
                     + histogram(t_ms, sum(self.buckets), float(sum(self.buckets)), -1, deltas))
        return snappy(bytes(raw))

    def run(self):
        tick = time.time()
        while not self.stopped.is_set():
            body = self.body(int((tick + AHEAD) * 1000))
            for port in self.ports:
                try:
                    status = request(port, "POST", "/api/v1/write", body, {
                        "Content-Encoding": "snappy", "Content-Type": "application/x-protobuf",
                        "X-Prometheus-Remote-Write-Version": "0.1.0"}, 5)[0]
                    self.lost += status >= 300
                except (OSError, http.client.HTTPException):
                    self.lost += 1  # it is being restarted
            tick += 0.25
            time.sleep(max(0, tick - time.time()))


class Pair:
    def __init__(self, rules, restore="prometheus", flags=()):
        self.folder = scratch("pharos-rules-")
        rule_file = self.folder / "rules.yml"
        rule_file.write_text(rules)
        common = f"global: {{evaluation_interval: 1s, scrape_interval: 1m}}\nrule_files: ['{rule_file}']\n"
        self.config = self.folder / "prometheus.yml"
        self.config.write_text(common)
        self.port = free_port()
        self.rule_flags = list(flags)
        self.program = peer("prometheus", "prometheus")
        self.pharos = Server(config=common + f"rules: {{restore: {restore}}}\n",
                             flags=["--query.compat=2", *self.rule_flags])
        self.process = None

    def start(self):
        self.process = Process([self.program, f"--config.file={self.config}", f"--storage.tsdb.path={self.folder}/data",
                                f"--web.listen-address=127.0.0.1:{self.port}", "--web.enable-remote-write-receiver",
                                "--enable-feature=native-histograms", *self.rule_flags],
                               self.folder / "prometheus.log")
        self.pharos.start()

        def ready():
            if not self.process.alive():
                raise AssertionError("prometheus ended:\n" + self.process.output()[-3000:])
            return request(self.port, "GET", "/-/ready")[0] == 200
        wait_until(ready, 30, "prometheus")
        return self

    def kill(self, sig=signal.SIGKILL):
        self.process.kill(sig)
        self.pharos.stop(sig)

    @property
    def ports(self):
        return [self.port, self.pharos.port]

    def samples(self, port, selector, seconds):
        """{series: {time in ms: value}} of the raw samples."""
        import urllib.parse
        path = "/api/v1/query?" + urllib.parse.urlencode({"query": f"{selector}[{seconds}s]"})
        status, body, _ = request(port, "GET", path)
        assert status == 200, body
        out = {}
        for series in json.loads(body)["data"]["result"]:
            key = json.dumps(series["metric"], sort_keys=True)
            points = series.get("values") or [[t, f"{h['count']} {h['sum']} {h.get('buckets')}"]
                                              for t, h in series.get("histograms", [])]
            out[key] = {round(t * 1000): v for t, v in points}
        return out

    def shown(self, port, selector, times_ms):
        """{series: {time: value}} of instant queries at these times: stale markers count."""
        import urllib.parse
        out = {}
        for t in times_ms:
            path = "/api/v1/query?" + urllib.parse.urlencode({"query": selector, "time": f"{t / 1000:.3f}"})
            status, body, _ = request(port, "GET", path)
            assert status == 200, body
            for series in json.loads(body)["data"]["result"]:
                key = json.dumps(series["metric"], sort_keys=True)
                out.setdefault(key, {})[t] = series.get("value", series.get("histogram"))[1]
        return out


COMPARED = '{__name__=~"ALERTS|ALERTS_FOR_STATE|hot:count|few|latency"}'


def differences(theirs, ours, times=None):
    out = []
    for key in sorted(set(theirs) | set(ours)):
        a, b = theirs.get(key, {}), ours.get(key, {})
        for t in sorted(set(a) | set(b)):
            if times is not None and t not in times:
                continue
            if a.get(t) != b.get(t):
                out.append((key, t, a.get(t), b.get(t)))
    return out


def grid(pair, name, seconds):
    """Times at which both evaluated the group with this `tick` rule, and those where only one did."""
    theirs, ours = (set().union(*pair.samples(p, name, seconds).values(), set()) for p in pair.ports)
    return theirs & ours, theirs ^ ours


def equal_in_one_run(compare, *, rules, **settings):
    """compare(pair, attempt) says "" or what differed. Equal in one of three runs: on a busy machine an evaluation of one
    of the two can be left out or come before a write that the other has seen. A difference of meaning is there in every run."""
    troubles = []
    for attempt in range(3):
        pair = Pair(rules, **settings).start()
        try:
            trouble = compare(pair, attempt)
        except AssertionError as error:
            trouble = str(error)
        pair.kill(signal.SIGTERM)
        if not trouble:
            return
        troubles.append(trouble)
        print(f"  run {attempt + 1}: {trouble}")
    raise AssertionError("; ".join(troubles))


def test_alerts_are_equal_at_every_grid_time():
    seconds = 90 if DEEP else 18
    equal_in_one_run(lambda pair, attempt: compared_over(pair, seconds, seed=11 + attempt), rules=RULES,
                     flags=["--rules.alert.resend-delay=1s"])


OF_HISTOGRAMS = re.compile('"(latency|Busy|Slow)"')


def unrecorded(pair, port, seconds):
    """Times of evaluations for which `latency` was not recorded, though the same query for the same time answers now.
    Prometheus 2.42 has such lapses with native histograms while samples are being written."""
    times = sorted(set().union(*pair.samples(port, "tick2", seconds + 5).values()))
    recorded = set().union(*pair.samples(port, "latency", seconds + 5).values(), set())
    asked = set().union(*pair.shown(port, "sum(rate(latency_seconds[10s]))", times).values(), set())
    return asked - recorded


def compared_over(pair, seconds, seed):
    """Empty, or what differed between the two."""
    feeder = Feeder(pair.ports, seed=seed).start()
    time.sleep(seconds)
    feeder.stop()
    time.sleep(1.5)
    both, one = grid(pair, "tick", seconds + 5)
    assert len(both) > seconds // 2, both
    inner = {t for t in one if min(both) < t < max(both)}
    if inner:
        return f"evaluations are missing: {inner}"
    assert not feeder.lost, f"{feeder.lost} writes were refused"
    theirs, ours = (pair.samples(p, COMPARED, seconds + 5) for p in pair.ports)
    lapses = unrecorded(pair, pair.port, seconds)
    assert not unrecorded(pair, pair.pharos.port, seconds), "latency was not recorded, but is there when asked later"
    if lapses:
        print(f"  left out: rules about histograms, of which Prometheus lost {len(lapses)} evaluations")
        theirs, ours = ({k: s for k, s in data.items() if not OF_HISTOGRAMS.search(k)} for data in (theirs, ours))
    # Series are written from the third evaluation on, when `for` has been restored; the ends may differ by one.
    begin, end = sorted(both)[3], max(both)
    keep = lambda data: {k: {t: v for t, v in s.items() if begin <= t <= end} for k, s in data.items()}
    if wrong := differences(keep(theirs), keep(ours)):
        return f"{len(wrong)} differences, the first: {wrong[:5]}"
    alerts = [k for k in theirs if '"ALERTS"' in k]
    assert len(alerts) > 15, alerts
    times = sorted(t for t in both if begin <= t <= end)
    wrong = differences(*(pair.shown(p, COMPARED, times) for p in pair.ports))
    if wrong := [w for w in wrong if not lapses or not OF_HISTOGRAMS.search(w[0])]:
        return f"{len(wrong)} differences of what is shown, the first: {wrong[:5]}"
    print(f"  {len(theirs)} series, {sum(map(len, keep(theirs).values()))} samples, {len(times)} grid times equal")
    return ""


RESTARTED = """
groups:
- name: slow
  interval: 3s
  rules:
  - {record: tick, expr: vector(1)}
  - {alert: Long, expr: temperature > 50, for: 7500ms}
  - {alert: Longer, expr: temperature > 30, for: 16500ms}
  - {alert: Short, expr: temperature > 50, for: 1500ms}
  - {alert: Kept, expr: temperature > 50, keep_firing_for: 10s}
  - {alert: Plain, expr: temperature > 50}
"""
RESTORE_FLAGS = ["--rules.alert.for-grace-period=4400ms", "--rules.alert.for-outage-tolerance=1h"]


class Steady(Feeder):
    """Hosts that are hot for good, but for one that changes."""

    def body(self, t_ms):
        raw = bytearray()
        for h, value in enumerate([70, 40, 70 if t_ms // 8000 % 2 else 20]):
            labels = encode_labels({"__name__": "temperature", "host": f"h{h}"})
            raw += field(1, labels + encode_sample(float(value), t_ms))
        return snappy(bytes(raw))


def after_the_grid(pair):
    """Waits until just after both have evaluated."""
    def last():
        both = [max(set().union(*pair.samples(p, "tick", 20).values(), {0})) for p in pair.ports]
        return min(both) if both[0] == both[1] else 0
    begin = wait_until(last, 20, "an evaluation")
    return wait_until(lambda: last() > begin and last(), 20, "another evaluation")


def restart(pair):
    after_the_grid(pair)
    pair.kill()
    time.sleep(0.2)
    pair.start()


def equal_over_restarts(pair, _):
    restarts = 5 if DEEP else 1
    feeder = Steady(pair.ports, seed=0).start()
    began = time.time()
    time.sleep(14)
    for _ in range(restarts):
        restart(pair)
        time.sleep(17)
    feeder.stop()
    seconds = int(time.time() - began) + 5
    both, one = grid(pair, "tick", seconds)
    theirs, ours = (pair.samples(p, "ALERTS", seconds) for p in pair.ports)
    times = sorted(both)
    wrong = differences(theirs, ours, times[3:-1])
    assert not wrong, f"{len(wrong)} differences, the first: {wrong[:5]}; evaluated by one: {one}"
    assert any('"Longer"' in k and '"firing"' in k for k in theirs) or restarts > 1, list(theirs)
    print(f"  {len(times)} grid times, {len(theirs)} series of ALERTS equal over {restarts} restarts")


def durable_is_better(pair, _):
    """What `restore: durable` adds: no evaluation without series, `for` below the grace and keep_firing_for survive."""
    feeder = Steady(pair.ports, seed=0).start()
    time.sleep(14)
    restart(pair)
    restarted = time.time() * 1000
    time.sleep(10)
    feeder.stop()
    both, _ = grid(pair, "tick", 40)
    theirs, ours = (pair.samples(p, "ALERTS", 40) for p in pair.ports)
    # Wherever Prometheus says that an alert fires, so does Pharos; it never has fewer.
    firing = lambda data: {(k, t) for k, s in data.items() if '"firing"' in k for t in s if t in both}
    begin, end = sorted(both)[3], max(both)
    missing = {(k, t) for k, t in firing(theirs) - firing(ours) if begin <= t < end}
    assert not missing, missing
    first = min(t for t in both if t > restarted)
    plain = {k for k, t in firing(ours) if t == first}
    assert any('"Plain"' in k for k in plain) and any('"Long"' in k for k in plain), plain
    assert not {k for k, t in firing(theirs) if t == first}, "Prometheus writes none at its first evaluation"


def test_restarts_by_kill_9_restored_as_prometheus_does_and_durably():
    with concurrent.futures.ThreadPoolExecutor() as pool:  # both wait most of the time
        common = {"rules": RESTARTED, "flags": RESTORE_FLAGS}
        for done in [pool.submit(equal_in_one_run, equal_over_restarts, **common),
                     pool.submit(equal_in_one_run, durable_is_better, restore="durable", **common)]:
            done.result()


if __name__ == "__main__":
    main()
