#!/usr/bin/env python3
"""The DWCP pack as an operator meets it: scrape configurations that load, a runbook page for each alert, a
cookbook whose queries have answers. The server holds an hour of every metric of the catalogue, from two
instances each, so that a query which matches series one to one must say by what.
"""
import itertools
import json
import math
import re
import subprocess
import time
from pathlib import Path

import harness
from harness import BUILD, PHAROS, ROOT, Server, main, peer

PACK = ROOT / "packs" / "dwcp"
SECTIONS = ["What users feel", "The first five minutes", "Likely causes", "What to do", "When to call for help", "How it ends"]

# Label values as the instruments write them; a label that is not here has one value.
VALUES = {
    "cluster": ["c1"], "node": ["n1", "n2"], "node_id": ["n1", "n2"], "source_node": ["n1"], "dest_node": ["n2"], "target_node": ["n2"],
    "region": ["eu", "us"], "source": ["eu", "us"], "destination": ["us", "eu"],
    "component": ["amst", "hde", "pba", "acp", "ass", "itp"], "mode": ["datacenter", "internet", "hybrid"], "transport": ["rdma", "tcp"],
    "operation": ["open", "stream_duration"], "operation_type": ["propose", "sync_success", "sync_failed", "conflict_resolved", "byzantine_detected"],
    "error_type": ["timeout", "stream_failed", "consensus_timeout"], "type": ["heap", "equivocation"], "direction": ["sent", "received"],
    "status": ["success", "failure", "200", "500", "healthy", "suspected", "byzantine"], "result": ["success", "failure"], "success": ["true", "false"],
    "version": ["v1", "v3", "canary", "baseline"], "severity": ["warning", "critical"], "dwcp_enabled": ["true", "false"],
    "sla_type": ["latency", "throughput", "error_rate"], "anomaly_type": ["latency", "throughput", "errors"], "resource_type": ["cpu", "memory"],
    "algorithm": ["zstd", "lz4"], "reason": ["timeout"], "remote_cluster": ["c2"], "percentile": ["p99"],
}
TARGETS = [{"job": "dwcp-v3-core", "instance": "10.0.0.1:2112", "version": "v3", "region": "eu", "node": "n1"},
           {"job": "dwcp-v1-legacy", "instance": "10.0.0.2:2112", "version": "v1", "region": "us", "node": "n2"}]
# name → (is a counter, label sets) of what no definition of DWCP describes.
OUTSIDE = {
    "up": (False, [{"job": job} for job in ("dwcp", "dwcp-v3", "dwcp-v3-core", "dwcp-v1-legacy", "redis", "etcd", "alertmanager", "node")]),
    "scrape_duration_seconds": (False, [{}]), "scrape_timeout_seconds": (False, [{}]), "scrape_samples_scraped": (False, [{}]),
    "node_memory_MemAvailable_bytes": (False, [{}]), "node_memory_MemTotal_bytes": (False, [{}]),
    "node_filesystem_avail_bytes": (False, [{"mountpoint": "/", "fstype": "ext4"}]), "node_filesystem_size_bytes": (False, [{"mountpoint": "/", "fstype": "ext4"}]),
    "node_network_receive_drop_total": (True, [{"device": "eth0"}]), "node_network_transmit_drop_total": (True, [{"device": "eth0"}]),
    "container_cpu_usage_seconds_total": (True, [{"pod": "dwcp-v3-0"}]), "container_memory_working_set_bytes": (False, [{"pod": "dwcp-v3-0"}]),
    "container_spec_memory_limit_bytes": (False, [{"pod": "dwcp-v3-0"}]), "process_resident_memory_bytes": (False, [{"job": "dwcp-v3"}]),
    "dwcp_latency_seconds_bucket": (True, [{"operation": "migrate", "le": "1"}, {"operation": "migrate", "le": "+Inf"}]),
    "dwcp_bytes_transferred_total": (True, [{"direction": "sent"}]), "alertmanager_alerts_received_total": (True, [{"status": "firing"}]),
    "prometheus_notifications_dropped_total": (True, [{}]), "prometheus_target_scrapes_exceeded_sample_limit_total": (True, [{}]),
    "prometheus_target_scrapes_sample_duplicate_timestamp_total": (True, [{}]),
    "ALERTS": (False, []), "ALERTS_FOR_STATE": (False, []),
}


def definitions():
    """The catalogue: [(name, type, labels, bounds), …]"""
    lines = subprocess.run([BUILD / "client" / "dwcp-catalogue", "--tsv"], capture_output=True, text=True, check=True).stdout.splitlines()
    rows = [line.split("\t") for line in lines]
    return [(name, kind, labels.split(",") if labels else [], bounds.split()) for name, kind, _, labels, bounds in rows]


def label_sets(labels):
    """All combinations where they are few; else each label takes each of its values, turning together."""
    columns = [VALUES.get(label, ["x"]) for label in labels]
    if math.prod(len(column) for column in columns) <= 64:
        return [dict(zip(labels, values)) for values in itertools.product(*columns)]
    turns = math.lcm(*(len(column) for column in columns))
    return [{label: column[i % len(column)] for label, column in zip(labels, columns)} for i in range(turns)]


def all_series():
    for name, kind, labels, bounds in definitions():
        for values in label_sets(labels):
            if kind == "histogram":
                for i, le in enumerate([*bounds, "+Inf"]):
                    yield dict(values, __name__=name + "_bucket", le=le), i + 1
                yield dict(values, __name__=name + "_sum"), 3
                yield dict(values, __name__=name + "_count"), len(bounds) + 1
            else:
                yield dict(values, __name__=name), (2 if kind == "counter" else None)
    for name, (counts, sets) in OUTSIDE.items():
        for values in sets:
            yield dict(values, __name__=name), (2 if counts else None)


def fill(server):
    """An hour at 60 s and its last 15 minutes at 15 s; counters rise, gauges stand at 1."""
    now = int(time.time() * 1000) // 15000 * 15000
    times = [*range(now - 3_600_000, now - 900_000, 60_000), *range(now - 900_000, now + 1, 15_000)]
    samples = {slope: b"".join(harness.encode_sample(1.0 if slope is None else slope * (t - times[0]) / 1000, t) for t in times)
               for slope in [None, *range(1, 40)]}
    body, written = bytearray(), 0
    for values, slope in all_series():
        for target in TARGETS:
            labels = {**target, **values}
            body += harness.field(1, harness.encode_labels(labels) + samples[slope])
            written += 1
            if len(body) > 8_000_000:
                status, answer, _ = server.write(harness.snappy(bytes(body)), 60)
                assert status in (200, 204), (status, answer)
                body.clear()
    status, answer, _ = server.write(harness.snappy(bytes(body)), 60)
    assert status in (200, 204), (status, answer)
    return now / 1000, written


def record(server, at):
    """Writes what the recording rules make of the last ten minutes; each must give something."""
    for rule in recording_rules():
        status, body = server.get("/api/v1/query_range", query=rule["query"], start=f"{at - 600:.3f}", end=f"{at:.3f}", step="60")
        result = json.loads(body)["data"]["result"] if status == 200 else body
        assert status == 200 and result, f"{rule['name']}: {result or 'no series'}"
        status, body, _ = server.write(harness.write_request([
            (dict({k: v for k, v in one["metric"].items() if k != "__name__"}, **rule.get("labels", {}), __name__=rule["name"]),
             [(float(value), int(t * 1000)) for t, value in one["values"]]) for one in result]))
        assert status in (200, 204), body


_filled = []


def filled():
    """The server with the data, what the recording rules make of it among them, and the time of the newest sample."""
    if not _filled:
        server = Server("").start()
        at, count = fill(server)
        assert count > 5000, count
        record(server, at)
        _filled.append((server, at))
    return _filled[0]


def known_names():
    names = set(OUTSIDE)
    for name, kind, _, _ in definitions():
        names |= {name + suffix for suffix in ("_bucket", "_sum", "_count")} if kind == "histogram" else {name}
    for file in sorted((PACK / "rules").rglob("*.yml")):
        names |= set(re.findall(r"^\s*-? *record: *'?([^\s']+)'?$", file.read_text(), re.M))
    return names


def groups_of(kind):
    return json.loads(rule_server().get("/api/v1/rules", type=kind)[1])["data"]["groups"]


def recording_rules():
    """In the order of their files and groups: a rule reads what stands above it."""
    found = [rule for group in groups_of("record") for rule in group["rules"]]
    assert len(found) >= 44, len(found)
    return found


def rules():
    """{alert: [(expr, severity, link), …]} of the rule files, as the server reads them."""
    found = {}
    for group in groups_of("alert"):
        for rule in group["rules"]:
            found.setdefault(rule["name"], []).append((rule["query"], rule["labels"]["severity"], rule["annotations"]["runbook_url"]))
    return found


_rule_server = []


def rule_server():
    if not _rule_server:
        _rule_server.append(Server("rule_files: ['%s/rules/*.yml']\n" % PACK).start())
    return _rule_server[0]


def blocks(text):
    """[(is quiet, query), …] of a page."""
    return [(bool(word.strip()), query) for word, query in re.findall(r"^```promql([^\n]*)\n(.*?)\n```$", text, re.M | re.S)]


def tree(server, query):
    status, body = server.get("/api/v1/parse_query", query=query)
    assert status == 200, f"does not parse: {query}\n{body.decode()}"
    return json.loads(body)["data"]


def nodes(node):
    if isinstance(node, dict):
        yield node
        for child in node.values():
            yield from nodes(child)
    elif isinstance(node, list):
        for child in node:
            yield from nodes(child)


def selected(root):
    return {node["name"] for node in nodes(root) if node.get("type") in ("vectorSelector", "matrixSelector") and node.get("name")}


def may_be_empty(root):
    """Whether a condition is part of the query: then no answer can be the good one."""
    return any(node.get("op") in ("==", "!=", ">", "<", ">=", "<=", "unless", "and") and not node.get("bool") for node in nodes(root)) or \
        any(node.get("type") in ("vectorSelector", "matrixSelector") and (node.get("name") in ("ALERTS", "ALERTS_FOR_STATE") or node.get("offset"))
            for node in nodes(root))


def complaints(where, queries):
    """What is wrong with the queries, in words."""
    server, at = filled()
    known, wrong = known_names(), []
    for quiet, query in queries:
        root = tree(server, query)
        if strangers := selected(root) - known:
            wrong.append(f"{where}: nobody exports {', '.join(sorted(strangers))}: {query}")
            continue
        status, body = server.get("/api/v1/query", query=query, time=f"{at:.3f}")
        answer = json.loads(body)
        if status != 200:
            wrong.append(f"{where}: {answer.get('error')}: {query}")
        elif not answer["data"]["result"] and not quiet and not may_be_empty(root):
            wrong.append(f"{where}: no answer: {query}")
    return wrong


def test_each_alert_has_a_runbook_page_that_stands_alone():
    alerts = rules()
    assert sum(len(r) for r in alerts.values()) == 106, {k: len(v) for k, v in alerts.items()}
    pages = {page.stem: page.read_text() for page in (PACK / "runbooks").glob("*.md") if page.stem != "README"}
    assert set(pages) == set(alerts), set(pages) ^ set(alerts)
    server, wrong = rule_server(), []
    for name, text in pages.items():
        headings = re.findall(r"^#+ (.+)$", text, re.M)
        if headings != [name, *SECTIONS]:
            wrong.append(f"{name}: sections are {headings}")
        for section in re.split(r"^#+ .+$", text, flags=re.M)[1:]:
            if len(section.split()) < 2:
                wrong.append(f"{name}: an empty section")
        written = [tree(server, query) for _, query in blocks(text)]
        for expr, severity, link in alerts[name]:
            if tree(server, expr) not in written:
                wrong.append(f"{name}: the page does not show the rule's expression {expr}")
            if f"**{severity}**" not in text:
                wrong.append(f"{name}: is {severity}")
            if (ROOT / link) != PACK / "runbooks" / f"{name}.md":
                wrong.append(f"{name}: the rule links to {link}")
        for other in set(re.findall(r"`((?:DWCP|SLA|High|Rollout|Canary)[A-Za-z0-9]+)`", text)):
            if other not in alerts:
                wrong.append(f"{name}: speaks of {other}, which is no alert")
        if len(blocks(text)) < 3 + len(alerts[name]):
            wrong.append(f"{name}: {len(blocks(text))} queries")
    assert not wrong, "\n".join(wrong)


def test_the_queries_of_the_runbooks_use_known_metrics_and_have_answers():
    wrong = []
    for page in sorted((PACK / "runbooks").glob("*.md")):
        wrong += complaints(page.stem, blocks(page.read_text()))
    assert not wrong, f"{len(wrong)}:\n" + "\n".join(wrong)


def test_the_cookbook_answers_its_questions():
    queries = blocks((PACK / "cookbook.md").read_text())
    assert len(queries) >= 50 and sum(not quiet for quiet, _ in queries) >= 50, len(queries)
    server, at = filled()
    wrong = complaints("cookbook", queries)
    for quiet, query in queries:
        if not quiet and not server.query(query, at):
            wrong.append(f"cookbook: no answer, and not marked quiet: {query}")
        status, body = server.get("/api/v1/query_range", query=query, start=f"{at - 600:.3f}", end=f"{at:.3f}", step="60")
        if status != 200:
            wrong.append(f"cookbook as a graph: {body.decode()}: {query}")
    assert not wrong, f"{len(wrong)}:\n" + "\n".join(sorted(set(wrong)))


def test_every_rule_evaluates_on_two_instances_of_everything():
    server, at = filled()
    wrong = []
    for name, found in rules().items():
        for expr, _, _ in found:
            status, body = server.get("/api/v1/query", query=expr, time=f"{at:.3f}")
            if status != 200:
                wrong.append(f"{name}: {json.loads(body).get('error')}")
    assert not wrong, "\n".join(wrong)


def test_a_healthy_simulated_fleet_answers_the_cookbook_and_fires_nothing():
    if subprocess.run([PHAROS, "simulate", "--help"], capture_output=True).returncode:
        harness.skip("this pharos has no simulate")
    folder = harness.scratch()
    done = subprocess.run([PHAROS, "simulate", "--speed", "max", "--duration", "3h", "--interval", "15s", "--storage.path", folder / "data"],
                          capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    server = Server("", folder=folder).start()
    at = float(server.query("max(timestamp(dwcp_v3_rollout_percentage))")[0]["value"][1])
    record(server, at)
    silent = [query for quiet, query in blocks((PACK / "cookbook.md").read_text()) if not quiet and not server.query(query, at)]
    assert not silent, "the fleet does not say:\n" + "\n".join(silent)
    firing = [f"{name}: {found}" for name, exprs in rules().items() for expr, _, _ in exprs if (found := server.query(expr, at))]
    assert not firing, "\n".join(firing)
    server.stop()


def test_the_simulated_fleet_is_scraped_as_its_configuration_says():
    told = subprocess.run([PHAROS, "simulate", "--help"], capture_output=True, text=True)
    if told.returncode:
        harness.skip("this pharos has no simulate")
    usual = re.search(r"--listen TEXT=(\S+)", told.stdout)[1]
    port = harness.free_port()
    fleet = harness.Process([PHAROS, "simulate", "--listen", f"127.0.0.1:{port}", "--nodes", "6"], harness.scratch() / "fleet.log")
    harness.wait_until(lambda: harness.request(port, "GET", "/sd")[0] == 200, 20, "the fleet answers")
    config = (PACK / "prometheus-simulator.yml").read_text()
    assert usual in config, f"pharos simulate listens on {usual}"
    server = Server(config.replace(usual, f"127.0.0.1:{port}").replace("rules/", f"{PACK}/rules/")).start()
    jobs = {"dwcp", "dwcp-v3", "dwcp-v3-core", "dwcp-v1-legacy", "redis", "etcd", "alertmanager"}
    harness.wait_until(lambda: jobs <= {one["metric"]["job"] for one in server.query("up == 1")}, 30, "every job is up")
    # A series' own labels stand over the target's; metrics without a version have the target's.
    harness.wait_until(lambda: {"v1", "v3"} <= {one["metric"].get("version") for one in server.query("dwcp_v3_component_operations_total")},
                       20, "both versions")
    versions = {one["metric"].get("version") for one in server.query("http_requests_total")}
    assert {"canary", "baseline"} <= versions, versions
    assert not server.query('{__name__=~".+", exported_version!=""}') and not server.query('{__name__=~".+", exported_region!=""}')
    server.stop()
    fleet.kill(15)


def test_the_catalogue_says_what_comes_from_outside_and_from_pharos():
    text = (PACK / "metrics.md").read_text()
    missing = {re.sub("_bucket$", "", name) for name in OUTSIDE} - set(re.findall(r"^\| `([^`]+)` \|", text, re.M))
    assert not missing, missing
    page = filled()[0].get("/metrics")[1].decode() + rule_server().get("/metrics")[1].decode()
    exported = set(re.findall(r"^# TYPE (\S+)", page, re.M)) | {"scrape_duration_seconds"}
    named = re.findall(r"^\| \w+ \| `(\w+)` \|$", text, re.M)
    # The router's notifications are on its page once a receiver has been told something.
    assert len(named) == 10 and {name for name in named if not name.startswith("alertmanager_notification")} <= exported, set(named) - exported


CONFIGURATIONS = ["prometheus.yml", "prometheus-kubernetes.yml", "prometheus-simulator.yml"]
JOBS = ["dwcp", "dwcp-v3", "dwcp-v3-core", "dwcp-v1-legacy", "redis", "etcd", "alertmanager", "node", "containers"]


def test_the_scrape_configurations_load_and_have_the_jobs_that_the_rules_name():
    pod = harness.scratch()   # the files of a pod's service account
    (pod / "ca.crt").write_text("")
    (pod / "token").write_text("secret")
    for name in CONFIGURATIONS:
        file = PACK / name
        if "serviceaccount" in file.read_text():
            file = pod / name
            file.write_text((PACK / name).read_text().replace("/var/run/secrets/kubernetes.io/serviceaccount", str(pod))
                            .replace("rules/", f"{PACK}/rules/"))
        done = subprocess.run([PHAROS, "check", "config", file], capture_output=True, text=True)
        assert done.returncode == 0, f"{name}: {done.stdout}{done.stderr}"
    for name in CONFIGURATIONS[:2]:
        assert re.findall(r"^- job_name: (.+)$", (PACK / name).read_text(), re.M) == JOBS, name
    named = set()
    for file in (PACK / "rules").glob("*.yml"):
        named |= set(re.findall(r'job="([^"]+)"', file.read_text()))
    assert named <= set(JOBS), named - set(JOBS)


def test_prometheus_own_tool_agrees():
    promtool = peer("prometheus", "promtool")
    for name in CONFIGURATIONS:
        done = subprocess.run([promtool, "check", "config", "--syntax-only", PACK / name], capture_output=True, text=True)
        without_kubernetes = "field kubernetes_sd_configs not found" in done.stderr + done.stdout   # as Debian builds it
        assert done.returncode == 0 or without_kubernetes, f"{name}: {done.stdout}{done.stderr}"
    for file in sorted((PACK / "rules").glob("*.yml")):
        done = subprocess.run([promtool, "check", "rules", file], capture_output=True, text=True)
        assert done.returncode == 0, f"{file.name}: {done.stdout}{done.stderr}"


if __name__ == "__main__":
    main()
