"""What the reference makes in code, as one board: the whole, each network mode, each component."""
from .kit import (Board, DEPLOYMENTS, NEUTRAL, about, buckets, falling, firing, gauge, heatmap, instant, override, piechart, query, rising, stat, table,
                  timeseries)


def _right(name, unit, **more):
    return override(name, unit=unit, custom__axisPlacement="right", custom__fillOpacity=0, **more)


SUMMED = "summed over nodes: one line instead of one per node."


def modes_and_components():
    board = Board("generated-by-mode-and-component", "DWCP / Modes and components", "The whole fleet, then each network mode, then each component.", "10s", "1h", ["phase6"],
                  annotations=[firing('severity="critical"', "Critical alerts"), DEPLOYMENTS],
                  see=[("phase6-production-live", "Live", "The live production board"), ("real-time-performance", "Real time", "Every second")])
    mbits = "sum by (mode) (rate(dwcp_v3_bytes_transferred_total[1m])) * 8 / 1000000"
    board.row("All")
    board.line(6, (stat(
        "DWCP v3 Overview",
        [query("sum(increase(dwcp_v3_migration_success_total[1h]))", "Migrations (1h)"), query("sum(rate(dwcp_v3_bytes_transferred_total[5m]))", "Bytes"),
         query("sum(dwcp_v3_active_streams)", "Streams")], "short",
        about("Migrations of the last hour, bytes moved per second, streams open.", "bytes at 0 while streams are open: they stall.",
              "migrations of an hour instead of since the start, and one value each for the fleet."), NEUTRAL, overrides=[override("Bytes", unit="Bps")]), 14),
        (piechart("Network Mode Distribution", [query("sum by (mode) (increase(dwcp_v3_migration_success_total[1h]))", "{{mode}}")], "short",
                  about("Migrations of the last hour, by mode.", "Internet takes the share of Datacenter: RDMA paths are gone.",
                        "of the last hour: the counter since the start hides a change.")), 10))
    board.line(8, timeseries("Throughput by Mode", [query(mbits, "{{mode}}")], "Mbits",
                             about("Bytes moved, as Mbit/s, by mode.", "a mode at 0 while its streams are open.", SUMMED), low=0),
               timeseries("Latency Distribution (P50, P95, P99)",
                          [query(f"histogram_quantile({q}, sum by (le) (rate(dwcp_v3_mode_latency_seconds_bucket[5m])))", name)
                           for q, name in (("0.50", "P50"), ("0.95", "P95"), ("0.99", "P99"))], "s",
                          about("How long operations take in all modes.", "P99 over 100 ms."), rising(None, 0.1), line="dashed", low=0),
               timeseries("v1 vs v3 Performance Comparison",
                          [query("sum(rate(dwcp_v1_bytes_transferred_total[1m])) * 8 / 1000000", "v1"),
                           query("sum(rate(dwcp_v3_bytes_transferred_total[1m])) * 8 / 1000000", "v3")], "Mbits",
                          about("Bytes moved, as Mbit/s, by version.", "the sum of both falls when traffic moves to v3.", SUMMED), low=0))
    board.line(8, table("Component Health Status",
                        [instant("sum by (component) (rate(dwcp_v3_component_operations_total[5m]))", "ops", table=True),
                         instant("sum by (component) (rate(dwcp_v3_component_errors_total[5m]))", "errors", table=True)], "ops",
                        about("Operations and errors per second, by component.", "errors over 1 % of operations.",
                              "per second of the last 5 min instead of since the start."), NEUTRAL,
                        [{"id": "merge", "options": {}},
                         {"id": "organize", "options": {"excludeByName": {"Time": True}, "indexByName": {"component": 0, "Value #A": 1, "Value #B": 2},
                                                        "renameByName": {"component": "Component", "Value #A": "Operations", "Value #B": "Errors"}}}],
                        overrides=[override("Errors", thresholds=rising(0.1, 1), custom__cellOptions={"type": "color-text"})]),
               timeseries("Compression Ratio by Algorithm", [query("avg by (algorithm) (dwcp_v3_compression_ratio)", "{{algorithm}}")], "suffix:x",
                          about("How many times smaller data becomes, by algorithm.", "under 2x.", "mean over nodes: one line per algorithm."),
                          falling(2, 3), line="dashed", low=1),
               table("Detected Anomalies (Last 1h)", [instant("sum by (component, metric) (increase(dwcp_v3_anomalies_total[1h]))", table=True)], "short",
                     about("Anomalies of the last hour, by component and metric.", "any over 10."), rising(1, 10),
                     [{"id": "organize", "options": {"excludeByName": {"Time": True}, "indexByName": {"component": 0, "metric": 1, "Value": 2},
                                                     "renameByName": {"component": "Component", "metric": "Metric", "Value": "Anomalies"}}},
                      {"id": "sortBy", "options": {"fields": {}, "sort": [{"field": "Anomalies", "desc": True}]}}], decimals=0, coloured="Anomalies", cell="color-text"))
    board.row("Mode: datacenter")
    board.line(8, timeseries(
        "RDMA Throughput and Bandwidth",
        [query('sum(dwcp_v3_rdma_throughput_gbps{mode="datacenter"})', "Gbps"), query('avg(dwcp_v3_rdma_bandwidth_utilization{mode="datacenter"})', "use")], "suffix: Gbit/s",
        about("Rate over RDMA (left) and share of its bandwidth in use (right).", "use near 100 %: transfers queue.", "percent on its own axis."), low=0,
        overrides=[_right("use", "percent", max=100)]),
        timeseries("Active RDMA Streams", [query('sum(dwcp_v3_active_streams{mode="datacenter"})', "streams")], "short",
                   about("Streams open in the datacenter mode.", "0 while migrations are ordered.", SUMMED), low=0),
        heatmap("Latency Heatmap (Datacenter)", [buckets('sum by (le) (rate(dwcp_v3_mode_latency_seconds_bucket{mode="datacenter"}[$__rate_interval]))')], "s",
                about("Operations by how long they took.", "a second bright band over the first."), cell_unit="ops"))
    board.row("Mode: internet")
    board.line(8, (timeseries(
        "TCP Streams and Congestion",
        [query('sum(dwcp_v3_active_streams{mode="internet"})', "streams"), query('sum(rate(dwcp_v3_congestion_events_total{mode="internet"}[5m]))', "congestion")], "short",
        about("Streams over TCP (left) and congestion events per second (right).", "congestion rises with the same number of streams: a link is full.", SUMMED), low=0,
        overrides=[_right("congestion", "ops")]), 9),
        (timeseries("Compression Ratio (Internet Mode)",
                    [query('avg by (algorithm) (dwcp_v3_compression_ratio and on (node_id) (dwcp_v3_active_streams{mode="internet"} > 0))', "{{algorithm}}")], "suffix:x",
                    about("Compression on nodes that have streams in the internet mode.", "under 3x: the link carries more than it must.",
                          "the ratio has no mode; nodes are chosen by the streams they have open."), falling(2, 3), line="dashed", low=1), 9),
        (stat("Byzantine Fault Detection", [query("sum(increase(dwcp_v3_byzantine_detections_total[24h]))", "nodes")], "short",
              about("Nodes found to be Byzantine in the last day.", "any.", "the counter has no mode, and since the start it never falls."), rising(None, 1), decimals=0), 6))
    board.row("Mode: hybrid")
    board.line(8, (timeseries("Mode Switch Frequency", [query("sum by (from_mode, to_mode) (rate(dwcp_v3_mode_switches_total[5m]))", "{{from_mode}} → {{to_mode}}")], "ops",
                              about("Changes of mode per second.", "to and fro between two modes: flapping.", SUMMED), low=0), 10),
               (gauge("Adaptive Decision Accuracy", [query('avg(dwcp_v3_prediction_accuracy{mode="hybrid"})', "accuracy")], "percent",
                      about("Accuracy of the prediction that chooses the mode.", "under 80 %.", "mean over nodes."), falling(80, 85), decimals=1), 6),
               (table("Failover Events", [instant("sum by (region) (increase(dwcp_v3_failover_events_total[1h]))", table=True)], "short",
                      about("Times a standby took over in the last hour, by region.", "any that nobody ordered."), rising(1, 3),
                      [{"id": "organize", "options": {"excludeByName": {"Time": True}, "indexByName": {"region": 0, "Value": 1},
                                                      "renameByName": {"region": "Region", "Value": "Failovers (1h)"}}}], decimals=0, coloured="Failovers (1h)", cell="color-text"), 8))
    board.row("Components")
    board.line(8, timeseries(
        "AMST Stream Management", [query("sum(dwcp_v3_active_streams)", "Active"), query("sum(increase(dwcp_v3_failed_streams_total[5m]))", "Failed (5m)")], "short",
        about("Streams open (left), and streams that failed in 5 min (right).", "failures that do not stop.", "failures of 5 min instead of since the start."), low=0,
        overrides=[_right("Failed (5m)", "short", decimals=0)]),
        timeseries("HDE Compression Performance",
                   [query("avg(dwcp_v3_compression_ratio)", "Ratio"), query("sum(rate(dwcp_v3_compressions_total[1m]))", "Rate")], "suffix:x",
                   about("Compression (left) and blocks per second (right).", "the ratio sinks while the rate stands: baselines are missing.", SUMMED), low=0,
                   overrides=[_right("Rate", "ops")]),
        timeseries("PBA Prediction Accuracy", [query("avg by (mode) (dwcp_v3_prediction_accuracy)", "{{mode}}")], "percent",
                   about("Accuracy of the bandwidth prediction, by mode.", "under 80 %."), falling(80, 85), line="dashed", low=0, high=100))
    board.line(8, (timeseries("ASS Synchronization Status", [query("sum(rate(dwcp_v3_sync_operations_total[1m]))", "Sync Rate")], "ops",
                              about("State synchronisations per second.", "0: state drifts apart.", SUMMED), low=0), 9),
               (timeseries("ACP Consensus Performance",
                           [query(f"histogram_quantile({q}, sum by (le) (rate(dwcp_v3_consensus_latency_seconds_bucket[5m])))", name)
                            for q, name in (("0.50", "P50"), ("0.99", "P99"))], "s",
                           about("How long consensus rounds take.", "P99 over 80 ms.", "the metric is a histogram: its bare name has no series."),
                           rising(0.05, 0.08), line="dashed", low=0), 9),
               (gauge("ITP Placement Quality", [query("avg(dwcp_v3_placement_score)", "Score")], "percent",
                      about("Quality of placements.", "under 70."), falling(70, 90), decimals=0), 6))
    return board
