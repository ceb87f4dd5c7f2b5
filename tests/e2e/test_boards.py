"""Dashboards of the DWCP pack: every query is understood by the server and asks for what exists; the command that checks them."""
import json
import re
import subprocess
import time

from harness import BUILD, PHAROS, ROOT, Server, main, scratch, write_request

PACK = ROOT / "packs" / "dwcp"
# What every scraped series carries besides its own labels: Prometheus' and those of the fleet's discovery.
TARGET = {"job", "instance", "region", "node", "version", "__name__"}
# Of Prometheus and its alerting rules, with their labels.
ELSEWHERE = {"up": set(), "scrape_duration_seconds": set(), "ALERTS": {"alertname", "alertstate", "severity", "component", "team"}}


def boards():
    return {path.name: json.loads(path.read_text()) for path in sorted((PACK / "dashboards").glob("*.json"))}


def panels(board):
    for panel in board["panels"]:
        yield from panel["panels"] if panel["type"] == "row" else [panel]


def values(board):
    """Variables as an operator finds them: everything chosen, the first of a list."""
    found = {"__rate_interval": "1m", "__interval": "15s", "__range": "1h"}
    for variable in board["templating"]["list"]:
        many = variable.get("includeAll")
        found[variable["name"]] = ".*" if many else variable["query"].split(",")[0] if isinstance(variable["query"], str) else "x"
    return found


def filled(text, variables):
    return re.sub(r"\$\{?(\w+)\}?", lambda m: variables.get(m[1], m[0]), text)


def queries(board):
    """(where, expression) of panels, annotations and variables that ask Prometheus."""
    variables = values(board)
    for panel in panels(board):
        for target in panel.get("targets", []):
            if target["datasource"]["type"] == "prometheus":
                yield f"{panel['title']} {target['refId']}", filled(target["expr"], variables)
    for annotation in board["annotations"]["list"]:
        if annotation["datasource"]["type"] == "prometheus":
            yield f"annotation {annotation['name']}", filled(annotation["target"]["expr"], variables)
    for variable in board["templating"]["list"]:
        if variable["type"] == "query":
            inner = re.fullmatch(r"label_values\((.+), *(\w+)\)", variable["query"]["query"])
            assert inner, variable
            yield f"variable {variable['name']}", f"count by ({inner[2]}) ({filled(inner[1], variables)})"


def catalogue():
    """Every name that may be asked for, with its labels; None for those that rules record."""
    known = dict(ELSEWHERE)
    rows = subprocess.run([BUILD / "client" / "dwcp-catalogue", "--tsv"], capture_output=True, text=True, timeout=30, check=True).stdout
    for name, kind, _, labels, _ in (line.split("\t") for line in rows.splitlines()):
        own = set(labels.split(",")) - {""}
        if kind == "histogram":
            known.update({name + "_bucket": own | {"le"}, name + "_sum": own, name + "_count": own})
        else:
            known[name] = own
    for path in (PACK / "rules").glob("*.yml"):
        known.update({name: None for name in re.findall(r"^\s*- record: (\S+)", path.read_text(), re.M)})
    return known


def walk(node):
    if isinstance(node, dict):
        if "type" in node:
            yield node
        for child in node.values():
            yield from walk(child)
    elif isinstance(node, list):
        for child in node:
            yield from walk(child)


def test_every_query_parses_and_asks_for_what_exists():
    server = Server().start()
    known, wrong, asked = catalogue(), [], 0
    for file, board in boards().items():
        for where, expr in queries(board):
            status, body = server.get("/api/v1/parse_query", query=expr)
            if status != 200:
                wrong.append(f"{file}: {where}: {body.decode()}: {expr}")
                continue
            asked += 1
            selected, made = [], set()
            for node in walk(json.loads(body)["data"]):
                if node["type"] in ("vectorSelector", "matrixSelector"):
                    selected.append(node)
                elif node["type"] == "call" and node["func"]["name"] in ("label_replace", "label_join"):
                    made.add(node["args"][1]["val"])
            if re.match(r"count_values", expr):
                made.add(re.search(r'count_values\("(\w+)"', expr)[1])
            own = set()
            for node in selected:
                if node["name"] not in known:
                    wrong.append(f"{file}: {where}: nothing is named {node['name']}")
                    continue
                labels = known[node["name"]]
                own |= labels if labels is not None else {"*"}
                for matcher in node["matchers"]:
                    if labels is not None and matcher["name"] not in labels | TARGET:
                        wrong.append(f"{file}: {where}: {node['name']} has no label {matcher['name']}")
            for node in walk(json.loads(body)["data"]):
                if node["type"] == "aggregation" and "*" not in own:
                    wrong += [f"{file}: {where}: grouped by {label}, which nothing has" for label in node["grouping"]
                              if label not in own | made | TARGET]
    server.stop()
    assert not wrong, "\n".join(wrong)
    assert asked > 280, asked


def test_check_dashboards_names_file_line_and_column():
    folder = scratch()
    good = (PACK / "dashboards" / "canary-health-overview.json").read_text()
    cases = {
        "broken.json": (good.replace('"panels": [', '"panels": ,', 1), r"broken\.json:\d+:13: not JSON: expected a value"),
        "expr.json": (good.replace("histogram_quantile(0.50, sum", "histogram_quantile(0.50, summ", 1), r'expr\.json:\d+:\d+: panel "Latency Percentiles \(P50, P95, P99\)" \(id 4\), query A: '),
        "overlap.json": (good.replace('"x": 12,', '"x": 11,', 1), r"overlap\.json:\d+:\d+: .*(lies over|ends at column)"),
    }
    for name, (text, message) in cases.items():
        assert text != good, name
        (folder / name).write_text(text)
        done = subprocess.run([PHAROS, "check", "dashboards", folder / name], capture_output=True, text=True, timeout=30)
        assert done.returncode == 1 and re.search(message, done.stderr), (name, done.stdout, done.stderr)
    (folder / "remark.json").write_text(good.replace('"unit": "percentunit",', "", 1))
    for flags, code in (([], 0), (["--lint-fatal"], 3), (["--lint", "none", "--lint-fatal"], 0), (["--lint", "title", "--lint-fatal"], 0)):
        done = subprocess.run([PHAROS, "check", "dashboards", *flags, folder / "remark.json"], capture_output=True, text=True, timeout=30)
        assert done.returncode == code and ("LINT: " in done.stdout) == (not flags or code == 3), (flags, done)
    done = subprocess.run([PHAROS, "check", "dashboards", folder / "nowhere.json"], capture_output=True, text=True, timeout=30)
    assert done.returncode == 1 and "nowhere.json" in done.stderr, done


def test_check_dashboards_asks_a_server_what_queries_give():
    server = Server().start()
    folder = scratch()
    now = int(time.time() * 1000)
    assert server.write(write_request([({"__name__": "up", "region": "a", "job": "x"}, [(1.0, now)]), ({"__name__": "not_a_number", "region": "a"}, [(float("nan"), now)])]))[0] in (200, 204)
    panels = [{"id": i + 1, "type": "stat", "title": f"p{i}", "fieldConfig": {"defaults": {"unit": "s"}}, "targets": [{"refId": "A", "expr": expr}]}
              for i, expr in enumerate(['up{region="$region"}', 'up{region=~"$all"}', "nowhere", 'not_a_number{job=""}'])]
    variables = [{"name": "region", "type": "query", "query": "label_values(up, region)"},
                 {"name": "all", "type": "query", "query": {"query": "label_values(up{region=\"$region\"}, region)"}, "includeAll": True, "current": {"text": "All", "value": "$__all"}}]
    file = folder / "b.json"
    file.write_text(json.dumps({"title": "b", "uid": "b", "panels": panels, "templating": {"list": variables}}))
    done = subprocess.run([PHAROS, "check", "dashboards", "--lint-fatal", "--url", f"http://127.0.0.1:{server.port}", file], capture_output=True, text=True, timeout=30)
    lines = re.findall(r"LINT: .*no-data: (.*)", done.stdout)
    assert done.returncode == 3 and len(lines) == 2, done
    assert lines[0] == 'panel "p2" (id 3), query A gives nothing: nowhere' and "nothing but NaN" in lines[1], lines
    server.stop()
    done = subprocess.run([PHAROS, "check", "dashboards", "--url", f"http://127.0.0.1:{server.port}", file], capture_output=True, text=True, timeout=30)
    assert done.returncode == 1 and "--url: " in done.stderr, done


if __name__ == "__main__":
    main()
