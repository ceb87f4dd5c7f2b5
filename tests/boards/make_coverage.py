#!/usr/bin/env python3
"""Writes the boards of coverage/: every kind of panel, variable, transformation and field option that a dashboard may have, over
series that a demo fleet has. coverage/import/ holds what only an importer meets: old forms, plugins, hostile text, schema v2.

  tests/boards/make_coverage.py [--check]
"""
import json
import sys
from pathlib import Path

sys.dont_write_bytecode = True
HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent.parent / "packs" / "dwcp" / "tools"))
from boards.kit import (BAD, CALM, DS, GOOD, WARN, Board, alert_list, annotation, bargauge, buckets, firing, gauge, heatmap, instant,  # noqa: E402
                        interval_variable, link, logs, node_graph, override, override_pattern, piechart, query, query_variable, rising, stat,
                        status_history, steps, table, timeseries, words)

REQUESTS = "sum by (region) (rate(dwcp_requests_total[5m]))"
CONNECTIONS = "sum by (region) (dwcp_active_connections)"
HEALTH = "min by (component) (dwcp_v3_component_health)"
UP_DOWN = words(v0=("DOWN", BAD), v1=("UP", GOOD), none=("GONE", WARN))
LEGEND = {"calcs": [], "displayMode": "list", "placement": "bottom", "showLegend": True}
TOOLTIP = {"mode": "single", "sort": "none"}
HIDE = {"legend": False, "tooltip": False, "viz": False}


def changed(panel, options=None, custom=None, defaults=None, **more):
    """A panel with some of its options changed."""
    panel["options"].update(options or {})
    panel["fieldConfig"]["defaults"].setdefault("custom", {}).update(custom or {})
    if not panel["fieldConfig"]["defaults"]["custom"]:
        del panel["fieldConfig"]["defaults"]["custom"]
    panel["fieldConfig"]["defaults"].update(defaults or {})
    panel.update(more)
    return panel


def plain(kind, title, options, targets=(), custom=None, unit="short", **more):
    panel = {"type": kind, "title": title, "datasource": DS, "options": options,
             "fieldConfig": {"defaults": {"color": {"mode": "palette-classic"}, "unit": unit, **({"custom": custom} if custom else {})}, "overrides": []},
             "targets": [{**t, "refId": chr(65 + i)} for i, t in enumerate(targets)], **more}
    return panel


def text(title, content, mode="markdown", **code):
    panel = {"type": "text", "title": title, "options": {"content": content, "mode": mode, **({"code": code} if code else {})}}
    return panel


def lines(title, **more):
    custom = more.pop("custom", {})
    return changed(timeseries(title, [query(REQUESTS, "{{region}}")], "reqps", "", **more), custom=custom)


def candlestick(title, options, mean=False):
    cpu = "avg(dwcp_cpu_usage_percent)"
    parts = [("open", "avg(dwcp_cpu_usage_percent offset 1m)"), ("high", f"max_over_time({cpu}[1m:15s])"), ("low", f"min_over_time({cpu}[1m:15s])"), ("close", cpu), ("volume", "sum(increase(dwcp_requests_total[1m]))")]
    if mean:
        parts.append(("mean", f"avg_over_time({cpu}[10m:1m])"))
    return plain("candlestick", title, {"candleStyle": "candles", "colorStrategy": "open-close", "colors": {"down": "red", "flat": "gray", "up": "green"}, "fields": {}, "includeAllFields": False,
                                        "legend": LEGEND, "mode": "candles+volume", "tooltip": {"mode": "multi", "sort": "none"}, **options},
                 [{**query(expr, name), "interval": "1m"} for name, expr in parts], {"lineWidth": 1, "hideFrom": HIDE}, "percent")


def panel_kinds():
    board = Board("coverage-panels", "Coverage / Panels", "Every kind of panel, in its variants.", "5s", "30m", ["coverage"])
    board.row("timeseries")
    board.line(7, lines("Lines"), lines("Smooth, points always", custom={"lineInterpolation": "smooth", "showPoints": "always", "pointSize": 6}),
               lines("Steps before, dashed", custom={"lineInterpolation": "stepBefore", "lineStyle": {"fill": "dash", "dash": [10, 10]}}),
               lines("Dots", custom={"lineStyle": {"fill": "dot", "dash": [0, 10]}}))
    board.line(7, lines("Bars", custom={"drawStyle": "bars", "fillOpacity": 80, "barAlignment": -1}), lines("Points", custom={"drawStyle": "points"}),
               lines("Stacked", stack=True), lines("Stacked to 100 %", custom={"stacking": {"group": "A", "mode": "percent"}, "fillOpacity": 70}))
    board.line(7, lines("Logarithmic", custom={"scaleDistribution": {"type": "log", "log": 10}}),
               lines("Symmetric logarithmic", custom={"scaleDistribution": {"type": "symlog", "log": 2, "linearThreshold": 1}}),
               lines("Threshold areas", thresholds=rising(20, 60), line="area"), lines("Threshold lines and areas", thresholds=rising(20, 60), line="line+area"))
    board.line(7, lines("Gradient by opacity", custom={"gradientMode": "opacity", "fillOpacity": 60}),
               changed(lines("Coloured by value", thresholds=rising(20, 60), custom={"gradientMode": "scheme", "fillOpacity": 30}), defaults={"color": {"mode": "thresholds", "seriesBy": "last"}}),
               changed(lines("Gaps joined up to 5 min, nulls inserted", custom={"spanNulls": 300000, "insertNulls": 60000})),
               changed(lines("Legend on the right, all calculations", side_legend=True, calcs=("min", "mean", "max", "lastNotNull", "sum", "count", "range", "delta", "stdDev"))))
    pair = [query("sum(rate(dwcp_bytes_sent[5m]))", "sent"), query("sum(rate(dwcp_bytes_received[5m]))", "received")]
    board.line(7, timeseries("Two axes", [query("sum(rate(dwcp_requests_total[5m]))", "requests"), query("histogram_quantile(0.95, sum by (le) (rate(dwcp_latency_bucket[5m])))", "P95")],
                             "reqps", "", overrides=[override("P95", unit="ms", custom__axisPlacement="right", custom__axisLabel="latency")]),
               timeseries("One side negative", pair, "Bps", "", soft_low=None, overrides=[override("received", custom__transform="negative-Y")]),
               changed(timeseries("Band between two lines", [query(f"histogram_quantile({q}, sum by (le) (rate(dwcp_latency_bucket[5m])))", n) for q, n in (("0.5", "P50"), ("0.95", "P95"))],
                                  "ms", "", overrides=[override("P95", custom__fillBelowTo="P50", custom__lineWidth=0)])),
               changed(timeseries("Exemplars, legend hidden", [query("histogram_quantile(0.99, sum by (le) (rate(http_request_duration_seconds_bucket[5m])))", "P99", True)], "s", ""),
                       {"legend": {**LEGEND, "displayMode": "hidden", "showLegend": False}}))
    board.row("stat, gauge, bar gauge")
    one = [query("sum(rate(dwcp_requests_total[5m]))", "requests")]
    board.line(5, stat("Value", one, "reqps", "", rising(20, 60)), stat("Background", one, "reqps", "", rising(20, 60), background=True),
               changed(stat("Background, solid, change in percent", one, "reqps", ""), {"colorMode": "background_solid", "showPercentChange": True}),
               changed(stat("Text only, no colour", one, "reqps", ""), {"colorMode": "none", "textMode": "name", "graphMode": "none"}),
               changed(stat("Many, vertical", [query(CONNECTIONS, "{{region}}")], "short", ""), {"orientation": "vertical", "justifyMode": "center"}),
               changed(stat("Calculation: max", [query(CONNECTIONS, "{{region}}")], "short", "", calc="max"), {"textMode": "value_and_name"}))
    board.line(6, gauge("Gauge", [query("avg(dwcp_cpu_usage_percent)", "CPU")], "percent", "", rising(70, 90)),
               changed(gauge("Gauges with labels", [query("avg by (region) (dwcp_cpu_usage_percent)", "{{region}}")], "percent", "", rising(70, 90)), {"showThresholdLabels": True}),
               bargauge("Bars, gradient", [query(CONNECTIONS, "{{region}}")], "short", "", rising(50, 100)),
               changed(bargauge("Bars, retro LCD, vertical", [query(CONNECTIONS, "{{region}}")], "short", "", rising(50, 100)), {"displayMode": "lcd", "orientation": "vertical"}),
               changed(bargauge("Bars, basic, hidden values", [query(CONNECTIONS, "{{region}}")], "short", "", rising(50, 100)), {"displayMode": "basic", "valueMode": "hidden", "namePlacement": "left"}),
               changed(stat("Percentage thresholds", [query("avg(dwcp_cpu_usage_percent)", "CPU")], "percent", "", low=0, high=100),
                       defaults={"thresholds": {"mode": "percentage", "steps": [{"color": GOOD, "value": None}, {"color": BAD, "value": 80}]}}))
    board.row("Distributions and shares")
    latency = "sum by (le) (increase(dwcp_latency_bucket[$__rate_interval]))"
    board.line(8, heatmap("Heatmap of buckets", [buckets(latency)], "ms", ""), heatmap("Heatmap, a row per series", [query(HEALTH, "{{component}}")], "none", "", "none", rows=True),
               changed(heatmap("Heatmap, calculated", [query("dwcp_cpu_usage_percent", "{{region}}")], "percent", ""),
                       {"calculate": True, "calculation": {"xBuckets": {"mode": "size", "value": "1m"}, "yBuckets": {"mode": "count", "value": "10", "scale": {"type": "linear"}}},
                        "color": {"exponent": 0.5, "fill": CALM, "mode": "opacity", "reverse": False, "scale": "linear", "scheme": "Cividis", "steps": 32}}),
               plain("histogram", "Histogram", {"bucketCount": 20, "combine": True, "legend": LEGEND, "tooltip": TOOLTIP}, [query("scrape_duration_seconds", "{{job}}")],
                     {"fillOpacity": 80, "lineWidth": 1, "hideFrom": HIDE}, "s"))
    native = "sum(rate(http_request_duration_seconds[$__rate_interval]))"
    board.line(8, changed(heatmap("Heatmap, native histograms", [query(native)], "s", ""), {"cellGap": 2, "cellRadius": 2, "legend": {"show": True}, "exemplars": {"color": BAD}}),
               changed(heatmap("Heatmap, only counts of 2 and more, values written", [buckets(latency)], "ms", ""),
                       {"filterValues": {"le": 1.99, "ge": 100000}, "showValue": "auto", "cellValues": {"unit": "short", "decimals": 0}, "yAxis": {"reverse": True, "axisPlacement": "right", "min": 0, "max": 1000, "unit": "ms"}}),
               plain("histogram", "Histogram of each region, stacked", {"bucketSize": 5, "bucketOffset": 1, "combine": False, "legend": {**LEGEND, "displayMode": "table", "calcs": ["sum"]}, "tooltip": TOOLTIP},
                     [query("dwcp_cpu_usage_percent", "{{region}}")], {"fillOpacity": 60, "lineWidth": 0, "stacking": {"group": "A", "mode": "normal"}, "hideFrom": HIDE}, "percent"),
               plain("histogram", "Histogram of buckets the server counted", {"legend": LEGEND, "tooltip": TOOLTIP}, [query(latency)], {"fillOpacity": 80, "gradientMode": "opacity", "hideFrom": HIDE}, "ms"))
    board.line(8, piechart("Donut", [query(CONNECTIONS, "{{region}}")], "short", ""),
               changed(piechart("Pie, names and values", [query(CONNECTIONS, "{{region}}")], "short", ""), {"pieType": "pie", "displayLabels": ["name", "value"], "sort": "asc"}),
               plain("barchart", "Bar chart", {"barRadius": 0, "barWidth": 0.9, "fullHighlight": False, "groupWidth": 0.7, "legend": LEGEND, "orientation": "auto", "showValue": "auto",
                                               "stacking": "none", "tooltip": TOOLTIP, "xTickLabelMaxLength": 0, "xTickLabelRotation": 0, "xField": "region"},
                     [instant(CONNECTIONS, table=True)], {"fillOpacity": 80, "gradientMode": "none", "lineWidth": 1, "hideFrom": HIDE}),
               plain("xychart", "XY chart", {"legend": LEGEND, "mapping": "auto", "series": [], "tooltip": TOOLTIP}, [instant("avg by (region) (dwcp_cpu_usage_percent)", table=True)],
                     {"show": "points", "hideFrom": HIDE}))
    bars = {"barRadius": 0.1, "barWidth": 0.9, "fullHighlight": True, "groupWidth": 0.7, "legend": LEGEND, "orientation": "auto", "showValue": "auto", "stacking": "none",
            "tooltip": {"mode": "multi", "sort": "none"}, "xTickLabelMaxLength": 0, "xTickLabelRotation": 0}
    both = [instant(CONNECTIONS, table=True), instant("avg by (region) (dwcp_cpu_usage_percent)", table=True)]
    joined = [{"id": "joinByField", "options": {"byField": "region", "mode": "outer"}},
              {"id": "organize", "options": {"excludeByName": {"Time 1": True, "Time 2": True}, "indexByName": {}, "renameByName": {"Value #A": "connections", "Value #B": "cpu"}}}]
    looks = {"fillOpacity": 80, "gradientMode": "hue", "lineWidth": 1, "hideFrom": HIDE}
    board.line(8, plain("barchart", "Bar chart, stacked", {**bars, "stacking": "normal", "showValue": "always"}, both, looks, transformations=joined),
               plain("barchart", "Bar chart, lying, shares", {**bars, "stacking": "percent", "orientation": "horizontal", "xTickLabelMaxLength": 8}, both, looks, transformations=joined),
               plain("barchart", "Bar chart, coloured by CPU, turned names", {**bars, "colorByField": "cpu", "xTickLabelRotation": -45, "xTickLabelSpacing": 20, "showValue": "never"}, both, looks, transformations=joined),
               plain("barchart", "Bar chart over time", {**bars, "orientation": "vertical", "legend": {**LEGEND, "placement": "right"}},
                     [{**query(REQUESTS, "{{region}}"), "interval": "5m"}], {**looks, "thresholdsStyle": {"mode": "line"}, "axisLabel": "requests"}, "reqps"))
    by = {name: {"matcher": {"id": "byName", "options": name}} for name in ("cpu", "connections", "region")}
    board.line(8, plain("xychart", "XY chart, mapped by hand: size and colour", {"legend": LEGEND, "mapping": "manual", "tooltip": TOOLTIP, "series": [
                            {"frame": {"matcher": {"id": "byIndex", "options": 0}}, "x": by["cpu"], "y": by["connections"], "size": by["connections"], "color": by["cpu"], "name": {"fixed": "regions"}}]}, both,
                        {"show": "points", "pointSize": {"min": 8, "max": 40}, "pointShape": "circle", "pointStrokeWidth": 2, "fillOpacity": 40, "hideFrom": HIDE}, transformations=joined),
               plain("xychart", "XY chart, lines over time", {"legend": LEGEND, "mapping": "auto", "series": [], "tooltip": TOOLTIP}, [query(REQUESTS, "{{region}}")],
                     {"show": "points+lines", "pointSize": {"fixed": 4}, "pointShape": "square", "lineWidth": 1, "lineStyle": {"fill": "dash", "dash": [6, 4]}, "hideFrom": HIDE}, "reqps"),
               piechart("Donut of zeros", [query(f"0 * {CONNECTIONS}", "{{region}}")], "short", ""),
               changed(piechart("Pie with shares in it", [query(CONNECTIONS, "{{region}}")], "short", ""), {"pieType": "pie", "displayLabels": ["percent"], "legend": {**LEGEND, "values": ["percent"]}}))
    board.line(8, plain("trend", "Trend: connections over CPU", {"legend": LEGEND, "tooltip": TOOLTIP, "xField": "cpu"}, both,
                        {"drawStyle": "line", "fillOpacity": 10, "lineWidth": 2, "pointSize": 6, "showPoints": "always", "hideFrom": HIDE}, transformations=joined),
               candlestick("Candles and volume", {}), candlestick("Candles, hollow where they rose", {"mode": "candles", "colorStrategy": "close-close"}),
               candlestick("Bars of open and close, mean beside", {"mode": "candles", "candleStyle": "ohlcbars", "includeAllFields": True, "colors": {"up": "#5794F2", "down": BAD, "flat": "gray"}}, mean=True))
    board.line(8, changed(heatmap("Heatmap, counted into powers of ten", [query("dwcp_cpu_usage_percent", "{{region}}")], "percent", ""),
                          {"calculate": True, "calculation": {"xBuckets": {"mode": "count", "value": "30"}, "yBuckets": {"mode": "size", "value": "4", "scale": {"type": "log", "log": 10}}}}),
               changed(lines("Bars coloured by a scheme", custom={"drawStyle": "bars", "gradientMode": "scheme", "fillOpacity": 80}), defaults={"color": {"mode": "continuous-GrYlRd"}}))
    board.row("Expressions over queries")

    def expression(title, *targets, kind=timeseries, **more):
        panel = kind(title, [query(REQUESTS, "{{region}}")], "short", "", **more)
        panel["targets"] = [{**panel["targets"][0], "hide": True}] + [{"refId": chr(66 + i), "datasource": {"type": "__expr__", "uid": "__expr__"}, **target} for i, target in enumerate(targets)]
        return panel

    def condition(kind, *params):
        return [{"evaluator": {"type": kind, "params": list(params)}, "operator": {"type": "and"}, "query": {"params": ["A"]}, "reducer": {"type": "avg", "params": []}, "type": "query"}]
    board.line(7, (expression("Math over series", {"type": "math", "expression": "$A * 60 + abs(-1)"}), 6), (expression("Reduced to a number each", {"type": "reduce", "expression": "A", "reducer": "mean", "settings": {"mode": "dropNN"}}, kind=stat), 4),
               (expression("Resampled", {"type": "resample", "expression": "A", "window": "2m", "downsampler": "max", "upsampler": "pad"}), 6),
               (expression("Threshold of a mean", {"type": "reduce", "expression": "A", "reducer": "last", "hide": True}, {"type": "threshold", "expression": "B", "conditions": condition("gt", 20)}, kind=table), 5),
               (expression("Classic condition", {"type": "classic_conditions", "conditions": condition("within_range", 0, 1000)}, kind=stat), 3))
    board.line(6, lines("Shown again below"))
    again = timeseries("The panel above, as it is", [], "reqps", "")
    again.update(datasource={"type": "datasource", "uid": "-- Dashboard --"}, targets=[{"refId": "A", "panelId": board.panels[-1]["id"], "datasource": {"type": "datasource", "uid": "-- Dashboard --"}}])
    board.line(6, again)
    board.row("States")
    matrix = status_history("Status history", [query(HEALTH, "{{component}}")], "", steps((None, BAD), (1, GOOD)), UP_DOWN)
    timeline = plain("state-timeline", "State timeline", {"alignValue": "left", "legend": LEGEND, "mergeValues": True, "rowHeight": 0.9, "showValue": "auto", "tooltip": TOOLTIP},
                     [query(HEALTH, "{{component}}")], {"fillOpacity": 70, "lineWidth": 0, "hideFrom": HIDE}, "none")
    timeline["fieldConfig"]["defaults"].update(mappings=UP_DOWN, thresholds=steps((None, BAD), (1, GOOD)), color={"mode": "thresholds"})
    board.line(8, matrix, timeline)
    board.row("Tables, graphs of nodes, logs, alerts, texts")
    cells = ["auto", "color-text", "color-background", "gauge", "json-view", "sparkline", "pill", "data-links", "markdown"]
    kinds = [override(f"c{i}", custom__cellOptions={"type": kind, **({"mode": "gradient"} if kind in ("color-background", "gauge") else {}),
                                                   **({"valueDisplayMode": "color"} if kind == "gauge" else {})}) for i, kind in enumerate(cells)]
    each = [instant(CONNECTIONS, table=True) for _ in cells]
    board.line(9, (changed(table("Every kind of cell", each, "short", "", rising(50, 100), overrides=kinds, transformations=[
        {"id": "merge", "options": {}},
        {"id": "organize", "options": {"excludeByName": {"Time": True}, "indexByName": {}, "renameByName": {f"Value #{chr(65 + i)}": f"c{i}" for i in range(len(cells))}}}]),
        {"sortBy": [{"displayName": "c0", "desc": True}], "cellHeight": "md", "enablePagination": True}), 24))
    edges = ('label_join(label_replace(max by (source, destination) (network_link_packet_loss_ratio), "target", "$1", "destination", "(.+)"), "id", "-", "source", "target")')
    board.line(9, changed(node_graph("Node graph", [instant(edges, table=True)], "", [{"id": "organize", "options": {
        "excludeByName": {"Time": True, "destination": True}, "indexByName": {}, "renameByName": {"Value": "mainstat"}}}]),
        {"edges": {"mainStatUnit": "percentunit", "secondaryStatUnit": "short"}, "nodes": {"mainStatUnit": "percentunit", "arcs": []}}),
        logs("Logs", '{job="alertmanager"} |= "firing"', ""), alert_list("Alert list", ""))
    board.line(7, text("Markdown", "## Heading\n\nA **bold** word, *another*, `code`, a [link](/d/coverage-variables) and\n\n- a list\n- of two\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n> quoted\n\n```\nblock\n```"),
               text("HTML is shown as text", "<b>not bold</b> <img src=x onerror=alert(1)>", "html"),
               text("Code", "groups:\n  - name: a", "code", language="yaml", showLineNumbers=True, showMiniMap=False))
    board.line(6, plain("dashlist", "Dashboards", {"includeVars": False, "keepTime": True, "maxItems": 10, "query": "", "showFolderNames": True, "showHeadings": True,
                                                   "showRecentlyViewed": False, "showSearch": True, "showStarred": True, "tags": ["dwcp"]}),
               plain("annolist", "Annotations", {"limit": 10, "navigateAfter": "10m", "navigateBefore": "10m", "navigateToPanel": True, "onlyFromThisDashboard": False,
                                                 "onlyInTimeRange": False, "showTags": True, "showTime": True, "showUser": True, "tags": []}),
               plain("annolist", "Annotations of this range", {"limit": 5, "navigateAfter": "1m", "navigateBefore": "1m", "navigateToPanel": False, "onlyFromThisDashboard": False,
                                                               "onlyInTimeRange": True, "showTags": False, "showTime": True, "showUser": False, "tags": ["pharos"]}),
               (plain("news", "News (offline: says so)", {"feedUrl": "https://grafana.com/blog/news.xml", "showImage": False}), 8),
               changed(stat("No data", [query("vector(1) > 2", "never")], "short", "", no_value="nothing"), timeFrom="1h", timeShift="1d", hideTimeOverride=True))
    return board


def variable_kinds():
    def option(value, label=None, chosen=False):
        return {"selected": chosen, "text": label or value, "value": value}
    custom = {"type": "custom", "name": "quantile", "label": "Quantile", "query": "median : 0.5, P95 : 0.95, 0.99", "hide": 0, "multi": False, "includeAll": False,
              "skipUrlSync": False, "options": [option("0.5", "median"), option("0.95", "P95", True), option("0.99")], "current": option("0.95", "P95", True)}
    several = {"type": "custom", "name": "mode", "label": "Modes", "query": "datacenter,internet,hybrid", "hide": 0, "multi": True, "includeAll": True, "allValue": "",
               "options": [option(v) for v in ("datacenter", "internet", "hybrid")], "current": {"selected": True, "text": ["datacenter", "hybrid"], "value": ["datacenter", "hybrid"]}}
    textbox = {"type": "textbox", "name": "search", "label": "Node contains", "query": "", "hide": 0, "options": [option("", "", True)], "current": option("", "", True)}
    constant = {"type": "constant", "name": "prefix", "query": "dwcp", "hide": 2, "skipUrlSync": True, "options": [option("dwcp", None, True)], "current": option("dwcp", None, True)}
    adhoc = {"type": "adhoc", "name": "filters", "label": "Filters", "datasource": DS, "hide": 0}
    groupby = {"type": "groupby", "name": "by", "label": "Group by", "datasource": DS, "hide": 0, "multi": True, "options": [], "current": {"text": ["region"], "value": ["region"]}}
    automatic = interval_variable("step", "Step", ["1m", "5m", "1h"], "5m")
    chained = query_variable("node", "Node", 'label_values(up{region=~"$region", job="$job"}, instance)')
    by_pattern = {**query_variable("short", "Node number", "label_values(dwcp_v3_active_streams, node_id)", many=False), "regex": "/(?<text>n(?<value>\\d+))/", "sort": 3}
    names = {**query_variable("metric", "Metric", "metrics(dwcp_v3_.*)", many=False), "hide": 1}
    labels = query_variable("label", "Label", "label_names()", many=False)
    result = query_variable("busiest", "Busiest regions", "query_result(topk(2, sum by (region) (rate(dwcp_requests_total[$__range]))))", many=False)
    result["regex"] = '/region="([^"]+)"/'
    once = {**query_variable("job", "Job", "label_values(up, job)", many=False), "refresh": 1}
    fixed = {"type": "adhoc", "name": "scope", "label": "Scope", "datasource": DS, "hide": 0, "filters": [{"key": "job", "operator": "=|", "value": "dwcp", "values": ["dwcp", "pharos"]}],
             "baseFilters": [{"key": "job", "operator": "!=", "value": "nothing"}]}
    board = Board("coverage-variables", "Coverage / Variables", "Every kind of variable, chained, repeated, in every notation.", "10s", "30m", ["coverage"],
                  [once, query_variable("region", "Region", "label_values(up, region)"), chained, by_pattern, names, labels, result, custom, several, textbox, constant,
                   automatic, adhoc, fixed, groupby])
    board.row("Notations")
    board.line(6, timeseries("$quantile of latency", [query("histogram_quantile($quantile, sum by (le) (rate(dwcp_latency_bucket[$__rate_interval])))", "${quantile:text}")], "ms", ""),
               timeseries("Several: regex", [query('sum by (mode) (dwcp_v3_active_streams{mode=~"${mode:regex}"})', "{{mode}}")], "short", ""),
               timeseries("Several: pipe", [query('sum by (mode) (dwcp_v3_active_streams{mode=~"${mode:pipe}"})', "{{mode}}")], "short", ""),
               timeseries("Old notation, constant", [query('count(up{job=~"[[prefix]].*"})', "[[prefix]]")], "short", ""))
    board.line(6, stat("Node contains “$search”", [query('count(up{instance=~".*$search.*"})', "nodes")], "short", ""),
               stat("Interval $step", [query("sum(increase(dwcp_requests_total[$step]))", "requests")], "short", ""),
               stat("Range: $__range, $__range_s s", [query("sum(increase(dwcp_requests_total[$__range])) / $__range_s", "requests per second")], "reqps", ""),
               stat("Metric", [query("count({__name__=\"$metric\"})", "$metric")], "short", ""),
               stat("By label $label", [query("count(count by ($label) (up))", "$label")], "short", ""),
               stat("Busiest: $busiest", [query('sum(rate(dwcp_requests_total{region="$busiest"}[5m]))', "$busiest")], "reqps", ""))
    board.line(5, text("In a text", "Region **$region**, node ${node:csv}, job [[job]], node number ${short}, JSON ${mode:json}, doubled ${mode:doublequote}, percent ${mode:percentencode}, "
                       "query ${region:queryparam}; a [link](/d/coverage-panels?${region:queryparam}&${__url_time_range}).\n\n{{not a variable}} \\$region"))
    board.row("Repeated sideways for each region")
    board.line(6, changed(timeseries("Requests in $region", [query('sum(rate(dwcp_requests_total{region="$region"}[5m]))', "requests")], "reqps", ""),
                          repeat="region", repeatDirection="h", maxPerRow=3))
    board.row("Repeated downwards for each mode")
    board.line(5, changed(stat("Streams: $mode", [query('sum(dwcp_v3_active_streams{mode="$mode"})', "streams")], "short", ""), repeat="mode", repeatDirection="v"))
    board.row("Row of $region")
    board.panels[-1]["repeat"] = "region"
    board.line(5, stat("Targets up in $region", [query('sum(up{region="$region"})', "up")], "short", ""), stat("Connections in $region", [query('sum(dwcp_active_connections{region="$region"})', "open")], "short", ""))
    board.closed_row("A closed row", 6, stat("Inside", [query("sum(up)", "up")], "short", ""), lines("Inside, too"))
    return board


def transform_kinds():
    def one(title, transformations, targets=None, kind="table"):
        return table(title, targets or [instant(CONNECTIONS, table=True)], "short", "", transformations=transformations)
    series = [query(CONNECTIONS, "{{region}}")]
    two = [instant(CONNECTIONS, table=True), instant("avg by (region) (dwcp_cpu_usage_percent)", table=True)]
    wide = [instant("sum by (region, operation) (rate(dwcp_requests_total[5m]))", table=True)]

    def step(name, **options):
        return {"id": name, "options": options}
    merged = [step("merge"), step("organize", excludeByName={"Time": True}, indexByName={}, renameByName={"Value #A": "connections", "Value #B": "cpu"})]
    cases = {
        "reduce: series to rows": ([step("reduce", mode="seriesToRows", reducers=["lastNotNull", "max", "mean"])], series),
        "reduce: fields, labels to columns": ([step("reduce", mode="seriesToRows", labelsToFields=True, reducers=["min", "max"])], series),
        "reduce: reduce fields": ([step("reduce", mode="reduceFields", includeTimeField=False, reducers=["sum"])], series),
        "merge and organize": (merged, two),
        "joinByField (outer)": ([step("joinByField", byField="region", mode="outer")], two),
        "joinByField (inner)": ([step("joinByField", byField="region", mode="inner")], two),
        "joinByLabels": ([step("joinByLabels", value="__name__", join=["region"])], [query("dwcp_active_connections", ""), query("dwcp_cpu_usage_percent", "")]),
        "labelsToFields: columns": ([step("labelsToFields", mode="columns", valueLabel="region"), step("merge")], series),
        "labelsToFields: rows": ([step("labelsToFields", mode="rows", keepLabels=["region"])], series),
        "filterFieldsByName": ([step("filterFieldsByName", include={"names": ["region", "Value"]})], None),
        "filterFieldsByName by pattern": ([step("filterFieldsByName", include={"pattern": "^(region|Value.*)$"})], two),
        "groupBy: by hand as in a matrix": ([step("groupBy", fields={"operation": {"operation": "groupby", "aggregations": []}, "Value": {"operation": "aggregate", "aggregations": ["mean", "max"]}})], wide),
        "filterByRefId": ([step("filterByRefId", include="B")], two),
        "filterByValue": ([step("filterByValue", type="include", match="all", filters=[{"fieldName": "Value", "config": {"id": "greaterOrEqual", "options": {"value": 0}}}])], None),
        "calculateField: binary": ([*merged, step("calculateField", mode="binary", alias="per percent", binary={"left": {"matcher": {"id": "byName", "options": "connections"}}, "operator": "/",
                                                                                                              "right": {"matcher": {"id": "byName", "options": "cpu"}}}, replaceFields=False)], two),
        "calculateField: reduce row": ([*merged, step("calculateField", mode="reduceRow", alias="total", reduce={"include": ["connections", "cpu"], "reducer": "sum"})], two),
        "calculateField: unary": ([step("calculateField", mode="unary", unary={"operator": "round", "fieldName": "Value"})], None),
        "calculateField: window": ([step("calculateField", mode="windowFunctions", window={"field": "Value", "reducer": "mean", "windowAlignment": "trailing", "windowSizeMode": "fixed", "windowSize": 5})], [query("sum(dwcp_active_connections)", "Value")]),
        "calculateField: cumulative": ([step("calculateField", mode="cumulativeFunctions", cumulative={"field": "Value", "reducer": "sum"})], None),
        "calculateField: index": ([step("calculateField", mode="index", alias="row", index={"asPercentile": False})], None),
        "groupBy": ([step("groupBy", fields={"region": {"operation": "groupby", "aggregations": []}, "Value": {"operation": "aggregate", "aggregations": ["sum", "count"]}})], wide),
        "groupingToMatrix": ([step("groupingToMatrix", columnField="operation", rowField="region", valueField="Value", emptyValue="zero")], wide),
        "sortBy and limit": ([step("sortBy", fields={}, sort=[{"field": "Value", "desc": True}]), step("limit", limitField=3)], wide),
        "renameByRegex": ([step("renameByRegex", regex="Value.*", renamePattern="Connections")], None),
        "concatenate": ([step("concatenate", frameNameMode="field", frameNameLabel="frame")], two),
        "rowsToFields": ([step("rowsToFields", mappings=[{"fieldName": "region", "handlerKey": "field.name"}, {"fieldName": "Value", "handlerKey": "field.value"}])], None),
        "configFromData": ([step("configFromData", configRefId="B", applyTo={"id": "byFrameRefID", "options": "A"}, mappings=[{"fieldName": "Value", "handlerKey": "max"}])],
                           [instant(CONNECTIONS, table=True), instant("max(dwcp_active_connections)", table=True)]),
        "convertFieldType": ([step("convertFieldType", fields={}, conversions=[{"targetField": "Value", "destinationType": "string"}])], None),
        "formatTime": ([step("formatTime", timeField="Time", outputFormat="HH:mm:ss", useTimezone=True)], None),
        "formatString": ([step("formatString", stringField="region", outputFormat="Upper Case")], None),
        "extractFields": ([step("extractFields", source="labels", format="auto", keepTime=True, replace=False)], series),
        "seriesToRows": ([step("seriesToRows")], series),
        "prepareTimeSeries": ([step("prepareTimeSeries", format="multi")], series),
        "timeSeriesTable": ([step("timeSeriesTable", A={"timeField": "Time", "stat": "lastNotNull"})], series),
        "transpose": ([step("transpose", firstFieldName="field", restFieldsName="value")], None),
        "partitionByValues": ([step("partitionByValues", fields=["region"], keepFields=True, naming={"asLabels": True})], wide),
        "histogram": ([step("histogram", bucketCount=10, combine=True, fields={})], [query("scrape_duration_seconds", "{{job}}")]),
        "heatmap": ([step("heatmap", xBuckets={"mode": "size", "value": "1m"}, yBuckets={"mode": "count", "value": "8"})], [query("dwcp_cpu_usage_percent", "{{region}}")]),
        "regression": ([step("regression", modelType="linear", degree=2, predictionCount=50, xFieldName="Time", yFieldName="Value")], [query("sum(dwcp_active_connections)", "Value")]),
        "groupToNestedTable": ([step("groupToNestedTable", fields={"region": {"operation": "groupby", "aggregations": []}}, showSubframeHeaders=True)], wide),
        "organize: order and names": ([step("organize", excludeByName={"Time": True}, includeByName={}, indexByName={"Value": 0, "region": 1}, renameByName={"Value": "Connections", "region": "Region"})], None),
        "disabled step": ([{**step("limit", limitField=1), "disabled": True}], None),
        "step for one query": ([{**step("limit", limitField=1), "filter": {"id": "byRefId", "options": "A"}}], two),
    }
    board = Board("coverage-transformations", "Coverage / Transformations", "Every transformation of data.", "30s", "15m", ["coverage"])
    panels = [one(title, transformations, targets) for title, (transformations, targets) in cases.items()]
    while len(panels) % 3:
        panels.append(one("as it comes", []))
    for i in range(0, len(panels), 3):
        board.line(7, *panels[i:i + 3])
    return board


def field_options():
    board = Board("coverage-fields", "Coverage / Fields", "Units, mappings, thresholds, colours, links, overrides, annotations.", "10s", "30m", ["coverage"],
                  annotations=[firing('severity="critical"', "Critical alerts"), annotation("Off at first", "changes(sum(up)[5m:15s]) > 0", WARN, "targets changed", enable=False),
                               {"name": "Deployments", "datasource": {"type": "grafana", "uid": "-- Grafana --"}, "enable": True, "iconColor": GOOD, "filter": {"exclude": False, "ids": [2, 3]}}])
    units = {"short": 123456.789, "none": 0.5, "string": 5, "percent": 12.345, "percentunit": 0.12345, "bytes": 1536, "decbytes": 1500, "bits": 2048, "kbytes": 1536, "mbytes": 2048, "gbytes": 3,
             "Bps": 1.5e6, "binBps": 1572864, "bps": 2.5e9, "KBs": 1500, "MBs": 2400, "Kbits": 900, "Mbits": 1234, "Gbits": 1.5, "pps": 12000, "s": 0.00123, "ms": 1234, "µs": 15, "ns": 900, "m": 90,
             "h": 30, "d": 400, "dtdurations": 93784, "dtdurationms": 93784123, "dthms": 93784, "dateTimeAsIso": 1700000000000, "dateTimeFromNow": 1700000000000, "clocks": 3725, "timeticks": 12345,
             "ops": 326000, "reqps": 1234.5, "rps": 12, "wps": 3, "iops": 4500, "cps": 10, "opm": 60, "rpm": 600, "hertz": 50, "celsius": 41.5, "watt": 1250, "kwatth": 3.4, "volt": 230,
             "currencyUSD": 1234.5, "currencyEUR": 0.02, "hex": 255, "hex0x": 255, "sci": 12345, "locale": 1234567.8, "bool": 1, "bool_yes_no": 0, "bool_on_off": 1, "dB": -3, "lengthm": 1200,
             "suffix:x": 5.25, "prefix:~": 12, "count: nodes": 12345, "si:mF": 1500, "time:YYYY-MM-DD": 1700000000000, "currency:CHF": 12.5}
    panels = [stat(unit, [instant(f"vector({value})", unit)], unit, "", graph=False) for unit, value in units.items()]
    while len(panels) % 12:
        panels.append(stat("negative", [instant("vector(-1234.5)", "negative")], "short", "", graph=False))
    board.row("Units")
    for i in range(0, len(panels), 12):
        board.line(3, *panels[i:i + 12])
    board.row("Mappings, decimals, limits, no value")
    mappings = [{"type": "value", "options": {"1": {"text": "ONE", "color": GOOD, "index": 0}}}, {"type": "range", "options": {"from": 2, "to": 5, "result": {"text": "FEW", "color": WARN, "index": 1}}},
                {"type": "range", "options": {"from": 5, "to": None, "result": {"text": "MANY", "color": BAD, "index": 2}}},
                {"type": "regex", "options": {"pattern": "^(\\d)7$", "result": {"text": "$1-seven", "color": CALM, "index": 3}}},
                {"type": "special", "options": {"match": "null+nan", "result": {"text": "NOTHING", "color": WARN, "index": 4}}}]
    board.line(4, *[stat(f"value {v}", [instant(f"vector({v})", "v")], "none", "", mappings=mappings, graph=False) for v in ("1", "3", "50", "-7", "NaN", "+Inf")])
    board.line(5, stat("No decimals", [instant("vector(3.14159)", "v")], "none", "", decimals=0, graph=False), stat("Four decimals", [instant("vector(3.14159)", "v")], "none", "", decimals=4, graph=False),
               stat("Empty", [instant("vector(1) > 2", "v")], "none", "", no_value="no such thing", graph=False), stat("Very small", [instant("vector(0.000000123)", "v")], "short", "", graph=False),
               stat("Very large", [instant("vector(1.23e15)", "v")], "short", "", graph=False), stat("Negative", [instant("vector(-42)", "v")], "percent", "", rising(0, 50), graph=False))
    board.row("Colours, links, overrides")
    modes = ["palette-classic", "palette-classic-by-name", "thresholds", "continuous-GrYlRd", "continuous-RdYlGr", "continuous-BlYlRd", "continuous-YlRd", "continuous-BlPu", "continuous-YlBl",
             "continuous-blues", "continuous-reds", "continuous-greens", "continuous-purples", "fixed", "shades", "palette-classic"]
    coloured = [changed(bargauge(mode, [query(CONNECTIONS, "{{region}}")], "short", "", rising(50, 100)),
                        defaults={"color": {"mode": mode, **({"fixedColor": CALM} if mode in ("fixed", "shades") else {})}}) for mode in modes]
    for i in range(0, len(coloured), 8):
        board.line(5, *coloured[i:i + 8])
    linked = lines("Links of data and of the panel", links=[link("Region ${__field.labels.region}", "/d/dwcp-region?var-region=${__field.labels.region}"),
                                                            {"title": "Value ${__value.numeric} at ${__value.time}", "url": "https://example.org/?v=${__value.raw}&n=${__series.name}", "targetBlank": True}])
    linked["links"] = [{"title": "Panel link", "type": "link", "url": "/d/coverage-panels?${__all_variables}", "icon": "", "tags": [], "tooltip": "", "asDropdown": False, "includeVars": True,
                        "keepTime": True, "targetBlank": False}]
    first = lines("Overrides by name, pattern, type, query and value")
    first["fieldConfig"]["overrides"] = [
        override_pattern("/.*1$/", color={"mode": "fixed", "fixedColor": BAD}, displayName="ends with 1"), {"matcher": {"id": "byType", "options": "number"}, "properties": [{"id": "decimals", "value": 2}]},
        {"matcher": {"id": "byFrameRefID", "options": "A"}, "properties": [{"id": "custom.lineWidth", "value": 3}]},
        {"matcher": {"id": "byValue", "options": {"reducer": "max", "op": "gte", "value": 1e9}}, "properties": [{"id": "custom.hideFrom", "value": {"viz": True, "legend": True, "tooltip": True}}]},
        {"matcher": {"id": "byNames", "options": {"mode": "exclude", "names": ["nowhere"], "prefix": "All except:", "readOnly": True}}, "properties": [{"id": "custom.fillOpacity", "value": 20}]},
        {"matcher": {"id": "numeric"}, "properties": [{"id": "noValue", "value": "none"}]}]
    board.line(8, linked, first)
    return board


BOARDS = {"panels": panel_kinds, "variables": variable_kinds, "transformations": transform_kinds, "fields": field_options}


def old_forms():
    """Schema 14: rows, graph and singlestat panels, data sources by name, inputs of an export, a style."""
    def graph(number, title, expr, **more):
        return {"id": number, "title": title, "type": "graph", "span": 6, "datasource": "${DS_PROMETHEUS}", "fill": 1, "linewidth": 1, "lines": True, "nullPointMode": "null", "stack": False,
                "legend": {"show": True, "values": True, "current": True, "max": True}, "tooltip": {"shared": True, "sort": 2},
                "targets": [{"refId": "A", "expr": expr, "legendFormat": "{{region}}", "intervalFactor": 2, "step": 10}],
                "yaxes": [{"format": "reqps", "min": "0", "show": True, "logBase": 1}, {"format": "short", "show": True, "logBase": 1}],
                "thresholds": [{"value": 50, "op": "gt", "colorMode": "critical", "fill": True, "line": True}], "seriesOverrides": [{"alias": "/.*1/", "yaxis": 2}], **more}
    single = {"id": 3, "title": "Up", "type": "singlestat", "span": 3, "datasource": None, "format": "none", "valueName": "current", "colorValue": True, "colors": ["#d44a3a", "rgba(237, 129, 40, 0.89)", "#299c46"],
              "thresholds": "1,2", "prefix": "", "postfix": " up", "sparkline": {"show": True}, "gauge": {"show": True, "minValue": 0, "maxValue": 30}, "valueMaps": [{"op": "=", "text": "N/A", "value": "null"}],
              "targets": [{"refId": "A", "expr": "sum(up)"}]}
    old_table = {"id": 4, "title": "Table", "type": "table-old", "span": 9, "datasource": "Prometheus", "transform": "timeseries_to_rows", "columns": [], "styles": [{"pattern": "Value", "type": "number", "unit": "short", "decimals": 1}],
                 "targets": [{"refId": "A", "expr": CONNECTIONS, "format": "table", "instant": True}]}
    return {"__inputs": [{"name": "DS_PROMETHEUS", "label": "Prometheus", "description": "", "type": "datasource", "pluginId": "prometheus", "pluginName": "Prometheus"},
                         {"name": "VAR_JOB", "type": "constant", "label": "job", "value": "dwcp", "description": ""}],
            "__requires": [{"type": "grafana", "id": "grafana", "name": "Grafana", "version": "4.6.0"}], "annotations": {"list": [
                {"name": "Alerts", "datasource": "${DS_PROMETHEUS}", "enable": True, "expr": 'ALERTS{alertstate="firing"}', "iconColor": "red", "step": "60s", "titleFormat": "{{alertname}}"}]},
            "editable": True, "graphTooltip": 1, "hideControls": False, "id": None, "uid": "coverage-old", "links": [], "refresh": "10s", "schemaVersion": 14, "style": "dark", "tags": ["coverage"],
            "rows": [{"title": "First", "height": "250px", "collapse": False, "panels": [graph(1, "Requests", REQUESTS), graph(2, "Requests, stacked", REQUESTS, stack=True)]},
                     {"title": "Second", "height": 200, "collapse": True, "repeat": "region", "panels": [single, old_table]}],
            "templating": {"list": [{"name": "region", "type": "query", "datasource": "${DS_PROMETHEUS}", "query": "label_values(up, region)", "multi": True, "includeAll": True, "refresh": 1, "sort": 1,
                                     "current": {}, "options": [], "hide": 0, "tagsQuery": "", "useTags": False}]},
            "time": {"from": "now-1h", "to": "now"}, "timepicker": {"refresh_intervals": ["5s"], "time_options": ["5m"]}, "timezone": "browser", "title": "Coverage / Old forms", "version": 1}


def foreign():
    """Plugins that are not here, library panels, other data sources, mixed ones."""
    def at(x, y, **panel):
        return {"gridPos": {"x": x, "y": y, "w": 8, "h": 6}, **panel}
    board = Board("coverage-foreign", "Coverage / Foreign", "What is not known here: each panel says so, the rest works.", "30s", "1h", ["coverage"]).json
    board["panels"] = [
        at(0, 0, id=1, type="grafana-worldmap-panel", title="A plugin", targets=[{"refId": "A", "expr": "sum by (region) (up)"}]),
        at(8, 0, id=2, type="timeseries", title="Another database", datasource={"type": "influxdb", "uid": "influx"}, targets=[{"refId": "A", "query": "SELECT mean(v) FROM m"}],
           fieldConfig={"defaults": {"unit": "short"}, "overrides": []}),
        at(16, 0, id=3, type="timeseries", title="Mixed", datasource={"type": "datasource", "uid": "-- Mixed --"}, fieldConfig={"defaults": {"unit": "short"}, "overrides": []},
           targets=[{"refId": "A", "expr": "sum(up)", "datasource": DS}, {"refId": "B", "expression": "$A * 2", "type": "math", "datasource": {"type": "__expr__", "uid": "__expr__"}}]),
        at(0, 6, id=4, title="A library panel", libraryPanel={"uid": "lib", "name": "Library"}, type="library-panel-ref"),
        at(8, 6, id=5, type="stat", title="The panel above", datasource={"type": "datasource", "uid": "-- Dashboard --"}, targets=[{"refId": "A", "panelId": 3}],
           fieldConfig={"defaults": {"unit": "short"}, "overrides": []}),
        at(16, 6, id=6, type="geomap", title="A map", options={}, targets=[{"refId": "A", "expr": "sum by (region) (up)", "format": "table", "instant": True}])]
    return board


def hostile():
    """Every text tries to be markup; names are long; nothing may be executed, nothing may break the layout."""
    evil = '<img src=x onerror="alert(1)"><script>alert(2)</script>'
    board = Board("coverage-hostile", "Coverage / " + evil, evil, "30s", "1h", ["coverage", evil], see=[("coverage-panels", evil, evil)])
    board.line(6, stat(evil, [instant("vector(1)", evil)], "none", evil, mappings=[{"type": "value", "options": {"1": {"text": evil, "color": BAD, "index": 0}}}]),
               table("javascript: links", [instant(f'label_replace(vector(1), "evil", {json.dumps(evil)}, "", "")', table=True)], "none", "",
                     links=[{"title": evil, "url": "javascript:alert(3)", "targetBlank": False}]),
               text(evil, f"{evil}\n\n[click](javascript:alert(4)) ![x](x\" onerror=\"alert(5)) <iframe src=//example.org></iframe>"),
               timeseries("W" * 300, [query('label_replace(vector(1), "long", "' + "x" * 400 + '", "", "")', "{{long}}")], "suffix:" + evil, ""))
    return board.json


def schema_v2():
    return {"apiVersion": "dashboard.grafana.app/v2beta1", "kind": "Dashboard", "metadata": {"name": "coverage-v2"},
            "spec": {"title": "Schema v2", "elements": {}, "layout": {"kind": "GridLayout", "spec": {"items": []}}, "variables": [], "annotations": [], "timeSettings": {"from": "now-1h", "to": "now"}}}


IMPORTS = {"old-forms": old_forms, "foreign": foreign, "hostile": hostile, "schema-v2": schema_v2}


def main():
    texts = {HERE / "coverage" / f"{name}.json": make().json for name, make in BOARDS.items()}
    texts.update({HERE / "coverage" / "import" / f"{name}.json": make() for name, make in IMPORTS.items()})
    wrong = []
    for path, board in texts.items():
        written = json.dumps(board, indent=1, ensure_ascii=False) + "\n"
        if sys.argv[1:] == ["--check"]:
            if not path.exists() or path.read_text() != written:
                wrong.append(f"{path.name} differs from what make_coverage.py writes")
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(written)
    print("\n".join(wrong) or f"{len(texts)} boards")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
