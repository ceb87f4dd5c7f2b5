"""The same data in a real Prometheus and in Pharos (--query.compat=2): every answer equal."""
import itertools
import json
import math
import os
import random
import re
import time
import urllib.parse
from pathlib import Path

from harness import Process, Server, encode_labels, free_port, main, peer, request, scratch, skip, wait_until, write_request

START = int(time.time()) // 60 * 60 - 2 * 3600
END = START + 3600
VARIANTS = {
    "range": ["1s", "15s", "1m", "5m", "15m", "1h"],
    "offset": ["1m", "5m", "10m"],
    "simpleAggrOp": ["sum", "avg", "max", "min", "count", "stddev", "stdvar"],
    "simpleTimeAggrOp": ["sum", "avg", "max", "min", "count", "stddev", "stdvar", "absent", "last", "present"],
    "topBottomOp": ["topk", "bottomk"],
    "quantile": ["-0.5", "0.1", "0.5", "0.75", "0.95", "0.90", "0.99", "1", "1.5"],
    "arithBinOp": ["+", "-", "*", "/", "%", "^"],
    "compBinOp": ["==", "!=", "<", ">", "<=", ">="],
    "binOp": ["+", "-", "*", "/", "%", "^", "==", "!=", "<", ">", "<=", ">="],
    "simpleMathFunc": ["abs", "ceil", "floor", "exp", "sqrt", "ln", "log2", "log10", "round"],
    "extrapolatedRateFunc": ["delta", "rate", "increase"],
    "clampFunc": ["clamp_min", "clamp_max"],
    "factor": ["0.01", "0.5", "0.999"],
    "instantRateFunc": ["idelta", "irate"],
    "dateFunc": ["day_of_month", "day_of_week", "days_in_month", "hour", "minute", "month", "year"],
}
OWN = """
demo_num_cpus
demo_memory_usage_bytes{type=~"free|used"} offset {{.offset}}
{{.simpleAggrOp}} by (type) (demo_memory_usage_bytes)
{{.simpleAggrOp}} without (instance) (demo_cpu_usage_seconds_total)
{{.topBottomOp}} by (type) (2, demo_memory_usage_bytes)
quantile({{.quantile}}, demo_memory_usage_bytes)
demo_num_cpus {{.binOp}} on(instance) group_right demo_memory_usage_bytes
demo_memory_usage_bytes {{.arithBinOp}} ignoring(type) group_left demo_num_cpus
{{.extrapolatedRateFunc}}(demo_cpu_usage_seconds_total[{{.range}}])
{{.instantRateFunc}}(demo_cpu_usage_seconds_total[{{.range}}])
{{.simpleTimeAggrOp}}_over_time(demo_memory_usage_bytes[{{.range}}])
quantile_over_time({{.quantile}}, demo_memory_usage_bytes[{{.range}}])
{{.simpleMathFunc}}(demo_memory_usage_bytes)
{{.dateFunc}}(demo_batch_last_success_timestamp_seconds)
histogram_quantile({{.quantile}}, sum by (le, path) (rate(demo_api_request_duration_seconds_bucket[5m])))
max_over_time((time() - max(demo_batch_last_success_timestamp_seconds) < 1000)[5m:10s] offset 5m)
avg_over_time(rate(demo_cpu_usage_seconds_total[1m])[{{.range}}:10s])
resets(demo_cpu_usage_seconds_total[{{.range}}])
changes(demo_batch_last_success_timestamp_seconds[{{.range}}])
deriv(demo_memory_usage_bytes[5m])
predict_linear(demo_memory_usage_bytes[5m], 600)
label_replace(demo_num_cpus, "host", "$1", "instance", "(.*):.*")
label_join(demo_num_cpus, "both", "-", "instance", "job")
count_values("value", demo_num_cpus)
absent(nonexistent) or absent(demo_num_cpus)
demo_num_cpus unless on(instance) demo_num_cpus{instance=~".*:10001"}
timestamp(demo_num_cpus) - time()
demo_intermittent_metric
demo_memory_usage_bytes @ {{.at}}
sort_desc(demo_memory_usage_bytes)
scalar(sum(demo_num_cpus)) * vector(1)
-demo_num_cpus ^ 2
demo_num_cpus > bool 1
sgn(deriv(demo_disk_usage_bytes[5m]))
holt_winters(demo_disk_usage_bytes[10m], 0.3, {{.factor}})
holt_winters(demo_memory_usage_bytes[{{.range}}], 0.5, 0.1)
holt_winters(demo_disk_usage_bytes[10m], 1.5, 0.1)
double_exponential_smoothing_of_nothing(demo_disk_usage_bytes[10m], 0.5, 0.1)
rate(demo_cpu_usage_seconds_total[5s])
rate(demo_cpu_usage_seconds_total[10s])
count_over_time(demo_num_cpus[{{.range}}])
count_over_time(demo_num_cpus[1m:5s])
count_over_time(demo_num_cpus[61s:7s] offset 3s)
sum by (__name__) ({__name__=~"demo_(num_cpus|disk.*)"})
count without (instance) ({job="demo"})
rate({__name__=~"demo_(cpu|api)_.*"}[5m])
-{__name__=~"demo_(num_cpus|disk_usage_bytes)",instance=~".*0"}
{__name__=~"demo_num_cpus"} + 1
{__name__=~"demo_(num_cpus|disk_usage_bytes)"} * 2
label_replace(rate(demo_cpu_usage_seconds_total[1m]), "__name__", "renamed", "", "")
label_replace(demo_num_cpus + 1, "__name__", "renamed", "", "")
label_replace(demo_num_cpus, "bad-name", "$1", "instance", "(.*)")
label_join(demo_num_cpus, "__name__", "_", "job", "instance")
last_over_time(demo_num_cpus[1m])
quantile_over_time(0.5, {__name__=~"demo_num_cpus"}[1m])
demo_num_cpus and demo_num_cpus offset 1m
demo_num_cpus or demo_disk_total_bytes
(demo_num_cpus or demo_disk_total_bytes) > 0
avg by (nothing) (demo_num_cpus)
topk(1, demo_memory_usage_bytes) by (instance)
bottomk(0, demo_num_cpus)
topk(scalar(count(demo_num_cpus)), demo_num_cpus)
quantile(scalar(vector(0.5)), demo_num_cpus)
count_values without (instance) ("job", demo_num_cpus)
histogram_quantile(0.9, demo_api_request_duration_seconds_bucket)
histogram_quantile(0.9, demo_num_cpus)
absent_over_time(demo_intermittent_metric[{{.range}}])
absent(sum(nonexistent{job="a",instance=~"b"}))
vector(1) == bool 1
1 / 0
0 / 0
1 % 0
2 ^ 0.5
-1 ^ 0.5
NaN == NaN
demo_num_cpus != bool NaN
clamp(demo_num_cpus, 5, 1)
clamp(demo_num_cpus, 1, NaN)
round(demo_memory_usage_bytes, 1e6)
timestamp(demo_num_cpus offset 1m)
timestamp(timestamp(demo_num_cpus))
time() - timestamp(demo_intermittent_metric)
demo_num_cpus{instance!~"demo.*:1000[01]"}
demo_num_cpus{nothing=""}
demo_num_cpus{instance=~"(?i)DEMO.*"}
demo_num_cpus{instance=~"demo.promlabs.com:10000|"}
{job="demo",__name__="demo_num_cpus"}
demo_num_cpus[5m]
demo_num_cpus[1m:20s]
"a string"
demo_num_cpus @ 0
demo_num_cpus offset -1m
sum(demo_num_cpus) without (instance)
sum(demo_num_cpus, demo_num_cpus)
sum_over_time(demo_num_cpus)
rate(demo_num_cpus)
demo_num_cpus + on(instance) demo_memory_usage_bytes
demo_memory_usage_bytes + on(instance) group_left demo_memory_usage_bytes
demo_memory_usage_bytes / on(instance) group_left(le) demo_num_cpus
demo_num_cpus{}}
demo_num_cpus{instance=~"("}
{instance=~".*"}
{instance!=""}
sum(
1 + "a"
demo_num_cpus > "a"
atan2(1, 2)
demo_num_cpus > atan2_of_nothing
stddev_over_time(demo_disk_usage_bytes[5m])
present_over_time(demo_intermittent_metric[1m])
changes(demo_intermittent_metric[20m])
idelta(demo_intermittent_metric[20m])
delta(demo_disk_usage_bytes[7m])
increase(demo_cpu_usage_seconds_total[47s])
increase(demo_intermittent_metric[30m] @ {{.at}})
sum by (instance) (demo_cpu_usage_seconds_total) / on(instance) demo_num_cpus
group(demo_num_cpus) by (job)
sort(demo_memory_usage_bytes)
day_of_year()
days_in_month(vector(1612137600))
hour(vector(-1))
minute()
1e3 + 0x10 + .5
demo_num_cpus offset 1y
demo_num_cpus{instance="demo.promlabs.com:10000"} == demo_num_cpus{instance="demo.promlabs.com:10001"}
demo_num_cpus == on() group_right() vector(4)
"""


def expand(template):
    names = list(dict.fromkeys(re.findall(r"\{\{\.(\w+)\}\}", template)))
    for values in itertools.product(*[VARIANTS[n] for n in names]):
        query = template
        for name, value in zip(names, values):
            query = query.replace("{{.%s}}" % name, value)
        yield query


def queries():
    VARIANTS["at"] = [str(START + 1800), "start()", "end()"]
    templates = [line for line in OWN.splitlines() if line.strip()]
    folder = os.environ.get("PHAROS_CONFORMANCE")
    if folder:
        text = (Path(folder) / "promql-compliance" / "promql-test-queries.yml").read_text()
        for found in re.finditer(r"^  - query: (['\"])(.*)\1\s*$", text, re.M):
            templates.append(found[2].replace("''", "'") if found[1] == "'" else found[2])
    return list(dict.fromkeys(q for t in templates for q in expand(t)))


def demo_series():
    """Three instances that look like a small service fleet: counters with resets, gaps, histograms."""
    rng = random.Random(7)
    for port in (10000, 10001, 10002):
        base = {"instance": f"demo.promlabs.com:{port}", "job": "demo"}
        yield dict(base, __name__="demo_num_cpus"), lambda i: 4.0
        for kind, mean in (("free", 3e9), ("used", 5e9), ("cached", 2e9), ("buffers", 1e8)):
            phase = rng.random() * 6
            yield (dict(base, __name__="demo_memory_usage_bytes", type=kind),
                   lambda i, m=mean, p=phase: m * (1 + .2 * math.sin(i / 40 + p)))
        for mode, rate in (("idle", 3.1), ("user", .6), ("system", .3)):
            restart = rng.randrange(200, 600)
            yield (dict(base, __name__="demo_cpu_usage_seconds_total", mode=mode),
                   lambda i, r=rate, c=restart: r * 5 * (i if i < c else i - c) + .013 * (i % 7))
        yield dict(base, __name__="demo_disk_usage_bytes"), lambda i: 1e9 + 1234.5 * i
        yield dict(base, __name__="demo_disk_total_bytes"), lambda i: 3e11
        yield (dict(base, __name__="demo_batch_last_success_timestamp_seconds"),
               lambda i: float(START + i * 5 // 120 * 120))
        yield dict(base, __name__="demo_intermittent_metric"), lambda i: float(i) if i % 120 < 60 else None
        for path, method in (("/api/foo", "GET"), ("/api/bar", "POST")):
            total = 0
            for le, share in (("0.0001", .1), ("0.001", .3), ("0.01", .7), ("0.1", .9), ("1", .99), ("+Inf", 1)):
                yield (dict(base, __name__="demo_api_request_duration_seconds_bucket", path=path, method=method, le=le, status="200"),
                       lambda i, s=share: float(int(i * 37 * s)))
            yield (dict(base, __name__="demo_api_request_duration_seconds_count", path=path, method=method, status="200"),
                   lambda i: float(i * 37))


def fill(ports):
    rows = [(encode_labels(labels), f) for labels, f in demo_series()]
    for first in range(0, 720, 60):
        body = write_request([(head, [(v, (START + i * 5) * 1000) for i in range(first, first + 60)
                                      if (v := f(i)) is not None]) for head, f in rows])
        for port in ports:
            status, reply, _ = request(port, "POST", "/api/v1/write", body, {
                "Content-Encoding": "snappy", "Content-Type": "application/x-protobuf"})
            assert status in (200, 204), (status, reply)


def ask(port, query, instant):
    form = {"query": query}
    form |= {"time": END - 300} if instant else {"start": START + 600, "end": END - 60, "step": 10}
    status, body, _ = request(port, "POST", "/api/v1/query" if instant else "/api/v1/query_range",
                              urllib.parse.urlencode(form), {"Content-Type": "application/x-www-form-urlencoded"})
    return status, json.loads(body)


def close(a, b):
    x, y = float(a), float(b)
    if math.isnan(x) or math.isnan(y):
        return math.isnan(x) and math.isnan(y)
    return x == y or abs(x - y) <= 1e-9 * max(abs(x), abs(y), 1e-12)


def difference(query, theirs, ours):
    if theirs[1]["status"] != ours[1]["status"]:
        return f"status {theirs[0]} {theirs[1].get('error')} / {ours[0]} {ours[1].get('error')}"
    if theirs[1]["status"] != "success":
        return "" if theirs[0] == ours[0] else f"status code {theirs[0]} / {ours[0]}"
    a, b = theirs[1]["data"], ours[1]["data"]
    if a["resultType"] != b["resultType"]:
        return f"type {a['resultType']} / {b['resultType']}"
    if a["resultType"] == "string":
        return "" if a["result"] == b["result"] else f"{a['result']} / {b['result']}"
    if a["resultType"] == "scalar":
        return "" if close(a["result"][1], b["result"][1]) else f"{a['result']} / {b['result']}"
    index = lambda rows: {json.dumps(r["metric"], sort_keys=True): r.get("values") or [r["value"]] for r in rows}
    x, y = index(a["result"]), index(b["result"])
    if x.keys() != y.keys():
        return f"series: theirs only {sorted(x.keys() - y.keys())[:2]}, ours only {sorted(y.keys() - x.keys())[:2]}"
    if query.startswith("sort") and list(x) != list(y):
        return "order"
    for key in x:
        if len(x[key]) != len(y[key]):
            return f"{key}: {len(x[key])} points / {len(y[key])}"
        for (t1, v1), (t2, v2) in zip(x[key], y[key]):
            if t1 != t2 or not close(v1, v2):
                return f"{key}: {t1} {v1} / {t2} {v2}"
    return ""


def test_every_answer_equals_that_of_a_real_prometheus():
    prometheus = os.environ.get("PROMETHEUS_BIN") or peer("prometheus", "prometheus")
    folder, port = scratch(), free_port()
    (folder / "p.yml").write_text("global: {}\n")
    Process([prometheus, f"--config.file={folder}/p.yml", f"--storage.tsdb.path={folder}/data", "--web.enable-remote-write-receiver",
             f"--web.listen-address=127.0.0.1:{port}", "--enable-feature=promql-at-modifier,promql-negative-offset"],
            folder / "log")
    wait_until(lambda: request(port, "GET", "/-/ready")[0] == 200, 30, "prometheus")
    server = Server(config="", flags=["--query.compat=2"]).start()
    fill([port, server.port])
    asked, differing = 0, []
    for query in queries():
        for instant in (True, False):
            if instant and "start()" in query:
                continue
            theirs, ours = ask(port, query, instant), ask(server.port, query, instant)
            asked += 1
            found = difference(query, theirs, ours)
            if found:
                differing.append(f"{'instant' if instant else 'range'} {query}: {found}")
    print(f"{asked} answers compared, {len(differing)} differ")
    assert not differing, "\n".join(differing[:40])
    assert asked > 300
    server.stop()


if __name__ == "__main__":
    main()
