"""Phase 3: all regions, one region, the protocol, the load balancer, and anomalies."""
from .kit import (BAD, CALM, GOOD, WARN, Board, about, bargauge, buckets, falling, firing, heatmap, instant, link, node_graph,
                  override, piechart, query, query_variable, rising, stat, steps, timeseries)

TO_REGION = link("Open this region", "/d/dwcp-region?var-region=${__field.labels.region}")
SEE = {
    "overview": ("dwcp-global-overview", "Regions", "All regions at a glance"),
    "region": ("dwcp-region", "One region", "A region in depth"),
    "protocol": ("dwcp-protocol-metrics", "Protocol", "Messages, compression, bytes"),
    "balancer": ("dwcp-load-balancer", "Load balancer", "Backends and their share"),
    "anomalies": ("anomaly-detection", "Anomalies", "What the detectors found"),
}


def _others(own):
    return [see for key, see in SEE.items() if key != own]


def _regions():
    return query_variable("region", "Region", "label_values(dwcp_requests_total, region)")


def overview():
    board = Board("dwcp-global-overview", "DWCP / Global overview", "All regions at a glance; a click on a region's line opens that region.",
                  "10s", "1h", ["phase3", "regions"], [_regions()], [firing('severity="critical"', "Critical alerts")], _others("overview"))
    region = 'region=~"$region"'
    board.line(9, timeseries(
        "Total Requests (All Regions)", [query(f"sum by (region) (rate(dwcp_requests_total{{{region}}}[5m]))", "{{region}}")], "reqps",
        about("Requests handled per second, by region.", "one region's line falls while the others rise: traffic flees from it; all fall: "
              "the front door."), links=[TO_REGION]),
        timeseries("Error Rate (All Regions)",
                   [query(f"sum by (region) (rate(dwcp_errors_total{{{region}}}[5m])) / sum by (region) (rate(dwcp_requests_total{{{region}}}[5m]))", "{{region}}")],
                   "percentunit", about("Errors per request, by region.", "over 5 %: critical; over 1 % look at the region."),
                   rising(0.01, 0.05), line="dashed", low=0, links=[TO_REGION]))
    board.line(9, (timeseries(
        "P95 Latency (All Regions)", [query(f"histogram_quantile(0.95, sum by (region, le) (rate(dwcp_latency_bucket{{{region}}}[5m])))", "{{region}}")],
        "ms", about("Time of the slowest 5 % of operations, by region.", "over 1 s; one region alone: its links or its nodes; all: a shared dependency."),
        rising(500, 1000), line="dashed", low=0, links=[TO_REGION]), 16),
        (stat("Active Connections", [query(f"sum by (region) (dwcp_active_connections{{{region}}})", "{{region}}")], "short",
              about("Connections open now, by region.", "0: the region is cut off."), falling(None, 1), decimals=0, links=[TO_REGION]), 8))
    return board


def region():
    board = Board("dwcp-region", "DWCP / Region", "One region in depth: requests, latency, resources, and the paths between nodes.", "10s", "1h",
                  ["phase3", "regions"], [query_variable("region", "Region", "label_values(dwcp_requests_total, region)", many=False)],
                  [firing('region="$region"', "Alerts of this region")], _others("region"))
    board.line(9, timeseries(
        "Request Rate", [query('sum by (operation) (rate(dwcp_requests_total{region="$region"}[$__rate_interval]))', "{{operation}}")], "reqps",
        about("Requests per second in this region, by operation.", "an operation's line falls to 0 while others go on.",
              "summed over status and version, so that an operation is one line."), stack=True),
        heatmap("Latency Distribution", [buckets('sum by (le) (increase(dwcp_latency_bucket{region="$region"}[$__rate_interval]))')], "ms",
                about("Operations by how long they took; the brighter, the more.", "a second bright band over the first: some requests take "
                      "another, slower way (retries, a bad link).")))
    board.line(11, (timeseries(
        "Resource Utilization",
        [query('avg(dwcp_cpu_usage_percent{region="$region"})', "CPU"), query('sum(dwcp_memory_usage_bytes{region="$region"})', "Memory")],
        "percent", about("Processor (left) and memory (right) of the region's nodes.", "processor over 85 % for minutes; memory that only rises."),
        rising(70, 85), low=0, overrides=[override("Memory", unit="bytes", custom__axisPlacement="right", custom__fillOpacity=0, max=None)]), 10),
        (node_graph(
            "Network Topology",
            [instant('label_join(label_replace(label_replace(histogram_quantile(0.5, sum by (source_node, target_node, le) '
                     '(rate(novacron_network_latency_seconds_bucket{region="$region"}[5m]))), "source", "$1", "source_node", "(.+)"), "target", "$1", '
                     '"target_node", "(.+)"), "id", " → ", "source", "target")', "latency", table=True),
             instant('label_join(label_replace(label_replace(max by (source_node, target_node) (novacron_network_packet_loss_rate{region="$region"}), '
                     '"source", "$1", "source_node", "(.+)"), "target", "$1", "target_node", "(.+)"), "id", " → ", "source", "target")',
                     "loss", table=True),
             instant('label_join(label_replace(max by (tunnel_id, source, destination) (dwcp_tunnel_status), "target", "$1", "destination", '
                     '"(.+)"), "id", " ⇒ ", "source", "target")', "tunnel", table=True)],
            about("Whom the region's nodes talk to: median round trip on each edge, and loss under it. ⇒ is a VPN tunnel between regions "
                  "(0 up, 1 down, 2 degraded).", "an edge with loss over 1 %, or a round trip far over that of its neighbours; a tunnel that is not 0.",
                  "the names of the labels are made those of edges (source, target, id)."),
            [{"id": "merge", "options": {}},
             {"id": "organize", "options": {"excludeByName": {"Time": True, "source_node": True, "target_node": True, "destination": True},
                                            "indexByName": {}, "renameByName": {"Value #A": "mainstat", "Value #B": "secondarystat",
                                                                                "Value #C": "detail__tunnel", "tunnel_id": "detail__tunnel_id"}}}]), 14))
    return board


def protocol():
    board = Board("dwcp-protocol-metrics", "DWCP / Protocol", "What the protocol sends, how small it makes it, and what goes wrong.", "10s", "1h",
                  ["phase3"], [_regions()], [firing('severity="critical"', "Critical alerts")], _others("protocol"))
    region = 'region=~"$region"'
    board.line(9, timeseries(
        "Message Types Distribution", [query(f"sum by (message_type) (rate(dwcp_messages_total{{{region}}}[5m]))", "{{message_type}}")], "ops",
        about("Messages per second, by type.", "one type outgrows the others: retransmissions or an election that does not end."), stack=True),
        timeseries("Compression Ratio",
                   [query(f"sum by (region) (rate(dwcp_compression_ratio_sum{{{region}}}[5m])) / sum by (region) (rate(dwcp_compression_ratio_count{{{region}}}[5m]))", "{{region}}")],
                   "suffix:x", about("Mean of how many times smaller messages became.", "under 2x in a region whose data has not changed.",
                                     "the metric is a histogram, so avg() over its name is empty; this is sum by count."),
                   falling(2, 3), line="dashed", low=1))
    board.line(9, timeseries(
        "Bandwidth Utilization",
        [query(f"sum by (region) (rate(dwcp_bytes_sent{{{region}}}[5m]))", "Sent - {{region}}"),
         query(f"sum by (region) (rate(dwcp_bytes_received{{{region}}}[5m]))", "Received - {{region}}")],
        "Bps", about("Bytes per second over the protocol, by region.", "sent without received: the other side is gone or the path is one way."), low=0),
        timeseries("Protocol Errors", [query(f"sum by (error_type) (rate(dwcp_errors_total{{{region}}}[5m]))", "{{error_type}}")], "ops",
                   about("Errors per second, by kind.", "any kind that rises from its usual level; the kind names the runbook."), low=0))
    return board


def load_balancer():
    board = Board("dwcp-load-balancer", "DWCP / Load balancer", "Backends: which are healthy, what each gets, which fail.", "10s", "1h", ["phase3"],
                  [query_variable("backend", "Backend", "label_values(dwcp_backend_healthy, backend)")],
                  [firing('severity="critical"', "Critical alerts")], _others("balancer"))
    of = 'backend=~"$backend"'
    board.line(8, (stat(
        "Backend Health", [query(f"min by (backend) (dwcp_backend_healthy{{{of}}})", "{{backend}}")], "none",
        about("Whether each backend answers.", "DOWN.", "the worst of what several balancers say; a sum of them is not a state."),
        falling(None, 1), [{"type": "value", "options": {"0": {"color": BAD, "index": 0, "text": "DOWN"}, "1": {"color": GOOD, "index": 1, "text": "UP"}}}],
        background=True, graph=False), 8),
        (timeseries("Request Distribution", [query(f"sum by (backend) (rate(dwcp_lb_requests_total{{{of}}}[5m]))", "{{backend}}")], "reqps",
                    about("Requests handed to each backend.", "one backend's share leaves the others': it is slow, or just came back."), low=0), 16))
    board.line(8, timeseries(
        "Failure Rates", [query(f"1 - avg by (backend) (avg_over_time(dwcp_backend_healthy{{{of}}}[5m]))", "{{backend}}")], "percentunit",
        about("Share of the last 5 min in which a backend did not answer its checks.", "over 0: the backend flaps; over 10 % take it out.",
              "requests are not counted by result, so the published quotient is empty; this is the share of failed checks."),
        rising(0.01, 0.1), line="dashed", low=0, high=1),
        timeseries("Connection Pools", [query("sum by (region) (dwcp_active_connections)", "{{region}}")], "short",
                   about("Connections open, by region.", "a pool that only grows: connections are not given back.",
                         "connections are counted by region; they carry no backend."), low=0))
    return board


def anomalies():
    board = Board("anomaly-detection", "DWCP / Anomalies", "What the detectors found: by metric, model and severity.", "30s", "24h", ["phase3", "ml"],
                  [query_variable("metric", "Metric", "label_values(dwcp_anomalies_detected_total, metric_name)")],
                  [firing('alertname=~".*Anomal.*"', "Anomaly alerts")], _others("anomalies"))
    found = 'dwcp_anomalies_detected_total{metric_name=~"$metric"'
    lifetime = "the counter counts since the start and never falls, so a threshold on it stays passed for ever; here only the chosen range counts."
    board.row("Now")
    board.line(5, stat("Anomalies Detected (Last Hour)", [query(f"sum(increase({found}}}[1h]))", "anomalies")], "short",
                       about("Anomalies of the last hour.", "over 10; over 50 something large is wrong.", "summed: one value instead of one per series."),
                       rising(10, 50), decimals=0),
               stat("Critical Anomalies", [query(f'sum(increase({found},severity="critical"}}[$__range]))', "critical")], "short",
                    about("Critical anomalies in the chosen range.", "any.", lifetime), rising(None, 1), decimals=0),
               stat("Metrics Processed", [query("sum(rate(dwcp_metrics_processed_total[5m]))", "judged")], "ops",
                    about("Samples judged per second.", "0: the detectors are blind, and silence above means nothing.",
                          "the published colours turned red with more work done."), falling(None, 0.001)),
               stat("Average Detection Latency",
                    [query("sum(rate(dwcp_anomaly_detection_latency_seconds_sum[5m])) / sum(rate(dwcp_anomaly_detection_latency_seconds_count[5m]))", "mean")],
                    "s", about("Mean time to judge a sample.", "over 1 s."), rising(1, 5)))
    board.row("Over time")
    board.line(9, timeseries(
        "Real-time Anomaly Timeline",
        [query(f"sum by (metric_name, severity) (rate({found}}}[5m]))", "{{metric_name}} - {{severity}}")], "ops",
        about("Anomalies per second, by metric and severity.", "several metrics at the same moment: one cause, look for a fault at that time."), low=0),
        timeseries("Model Detection Comparison", [query(f"sum by (model_type) (rate({found}}}[5m]))", "{{model_type}}")], "ops",
                   about("Which model finds how many.", "a model alone that finds many: it is badly trained; all together: the anomaly is real."), low=0))
    names = {"bandwidth": "Bandwidth", "latency": "Latency", "packet_loss": "Packet Loss", "jitter": "Jitter", "cpu_usage": "CPU Usage",
             "memory_usage": "Memory Usage", "error_rate": "Error Rate"}
    board.line(9, timeseries(
        "Metric-Specific Anomaly Trends",
        [query(f'sum(rate(dwcp_anomalies_detected_total{{metric_name="{name}"}}[5m]))', text) for name, text in names.items()],
        "ops", about("Anomalies per second of each watched metric.", "the line that rises first is nearest to the cause."), low=0),
        heatmap("Confidence Scores Heatmap",
                [query('max by (metric_name, model_type) (dwcp_anomaly_confidence{metric_name=~"$metric"})', "{{metric_name}} - {{model_type}}")],
                "percentunit", about("Confidence of each model about each metric, a row per pair.", "bright rows: the model is sure.",
                                     "confidence is a value per pair and not a histogram, so each row is a pair and the colour its confidence."),
                cell_unit="percentunit", rows=True))
    board.row("By kind")
    board.line(9, bargauge(
        "Anomaly Count by Metric", [instant(f"sum by (metric_name) (increase({found}}}[$__range]))", "{{metric_name}}")], "short",
        about("Anomalies in the chosen range, by metric.", "over 50 in a day.", lifetime), steps((None, GOOD), (10, WARN), (50, WARN), (100, BAD))),
        piechart("Severity Distribution", [instant(f"sum by (severity) (increase({found}}}[$__range]))", "{{severity}}")], "short",
                 about("Anomalies in the chosen range, by severity.", "critical takes more than a sliver.", lifetime),
                 [override("critical", color={"mode": "fixed", "fixedColor": BAD}), override("warning", color={"mode": "fixed", "fixedColor": WARN}),
                  override("info", color={"mode": "fixed", "fixedColor": CALM})]),
        timeseries("Detection Latency",
                   [query(f"histogram_quantile({q}, sum by (le) (rate(dwcp_anomaly_detection_latency_seconds_bucket[5m])))", name)
                    for q, name in (("0.99", "p99"), ("0.95", "p95"), ("0.50", "p50"))],
                   "s", about("Time to judge a sample.", "p99 over 1 s: findings come late.", "summed over processes before the quantile."),
                   rising(1, 5), low=0))
    return board
