"""Phase 6: the live production board, 29 panels under one decision."""
from .kit import (BAD, DEPLOYMENTS, GOOD, WARN, Board, about, annotation, buckets, falling, firing, gauge, heatmap,
                  interval_variable, link, logs, override, piechart, query, query_variable, rising, stat, status_history, steps,
                  timeseries, words)

TARGET_RATE = 2_400_000_000  # bytes per second
ONE_COMPONENT = link("Only this component", "/d/phase6-production-live?var-component=${__field.labels.component}")


def live():
    board = Board(
        "phase6-production-live", "DWCP / Production live", "Is it safe to continue? The decision stands first; below it is what it was taken on.",
        "5s", "30m", ["phase6", "production", "live"],
        variables=[query_variable("component", "Component", "label_values(dwcp_v3_component_health, component)"),
                   query_variable("region", "Region", "label_values(dwcp_v3_rollout_progress_percent, region)"),
                   interval_variable("interval", "Smoothing", ["5s", "10s", "30s", "1m", "5m"], "30s")],
        annotations=[firing('alertname=~".*DWCP.*"', "Production Alerts"),
                     annotation("Anomaly Detections", "sum by (anomaly_type, severity) (increase(dwcp_v3_anomaly_detections_total[1m])) > 0", WARN,
                                "{{anomaly_type}} ({{severity}})"),
                     DEPLOYMENTS],
        see=[("production-rollout", "Rollout", "The rollout's summary"), ("real-time-performance", "Real time", "Every second"),
             ("sla-compliance", "SLA", "Service levels and budget"), ("ml-optimization", "ML", "Predictions and anomalies")])
    component = 'component=~"$component"'
    decision = words(v0=("NO-GO · HALT ROLLOUT", BAD), v1=("CAUTION · MONITOR", WARN), v2=("GO · CONTINUE", GOOD), none=("NO-GO · NO DATA", BAD))
    met = 'min(dwcp_v3_sla_compliance{{sla_type="{}"}})'.format
    board.row("Decision")
    board.line(7, (stat(
        "GO/NO-GO DECISION", [query(f"clamp_min({met('latency')} + {met('throughput')} + {met('error_rate')} - 1, 0) or vector(0)", "decision")], "none",
        about("GO: latency, throughput and error rate are all within their service levels. CAUTION: one is broken. NO-GO: two or more are, "
              "or one of them is not reported.", "anything but GO. Halt the rollout on NO-GO; SLA Breakdown says which level is broken.",
              "the published value was 0, 0.67, 1.33 or 2 while its texts read 0, 1 and 2, so one broken level showed no text, and its words and colours "
              "contradicted each other; a missing series left the last word standing. Now 2 is GO, 1 CAUTION, 0 NO-GO, and missing data is NO-GO."),
        steps((None, BAD), (1, WARN), (2, GOOD)), decision, background=True, graph=False, no_value="NO-GO · NO DATA"), 8),
        (timeseries("Rollout Progress by Stage", [query('max by (stage, region) (dwcp_v3_rollout_progress_percent{region=~"$region"})', "{{stage}} - {{region}}")],
                    "percent", about("How far each stage has come in each region.", "a line that stays level longer than its stage is planned: the stalled-rollout "
                                     "alert fires."), low=0, high=100, steps_drawn=True, calcs=("lastNotNull",), side_legend=True, fill=0), 16))
    board.line(5, stat("Active Migrations", [query("sum(rate(dwcp_v3_migration_latency_seconds_sum[5m]))", "in flight")], "short",
                       about("Migrations under way, mean of 5 min.", "over 50 the links fill; over 100 they queue.",
                             "rate × 300 counted what had finished; arrivals × time in flight (the rate of the summed time) is how many are under way."),
                       rising(50, 100), decimals=1),
               stat("Error Rate", [query("sum(rate(dwcp_v3_errors_total[1m]))", "errors")], "ops",
                    about("Errors per second, all components.", "over 0.5/s; over 1/s stop the rollout."), rising(0.5, 1), decimals=2),
               stat("Anomalies (5m)", [query("sum(increase(dwcp_v3_anomaly_detections_total[5m]))", "anomalies")], "short",
                    about("Anomalies of the last 5 min.", "any; from 5 on something is wrong."), rising(1, 5), decimals=0),
               stat("SLA Compliance", [query("avg(dwcp_v3_sla_compliance) * 100", "met")], "percent",
                    about("Share of service levels that are met.", "under 99 %."), falling(95, 99), low=0, high=100, decimals=1),
               stat("Byzantine Events (5m)",
                    [query('sum(increase(dwcp_v3_component_operations_total{component="acp",operation_type="byzantine_detected"}[5m])) or vector(0)', "events")],
                    "short", about("Byzantine nodes the consensus found.", "any; the ByzantineNodeDetected runbook says how to isolate the node."),
                    rising(1, 5), decimals=0),
               (piechart("Version Distribution", [query('count by (version) (up{job=~"dwcp-v3-core|dwcp-v1-legacy"} == 1)', "{{version}}")], "short",
                         about("Replicas that answer, by version.", "the share does not follow the rollout's stage.")), 4))
    quantiles = [query(f"histogram_quantile({q}, sum by (le) (rate(dwcp_v3_migration_latency_seconds_bucket[5m])))", name, True)
                 for q, name in (("0.50", "P50"), ("0.95", "P95"), ("0.99", "P99"))]
    board.row("Latency and throughput")
    board.line(8, timeseries("Migration Latency (P50/P95/P99)", quantiles, "s",
                             about("How long migrations take.", "P99 over 0.5 s."), rising(None, 0.5), line="dashed", low=0),
               timeseries("v1 vs v3 Latency Comparison",
                          [query("histogram_quantile(0.99, sum by (le) (rate(dwcp_v3_migration_latency_seconds_bucket[5m])))", "v3 P99"),
                           query("histogram_quantile(0.99, sum by (le) (rate(dwcp_v1_migration_latency_seconds_bucket[5m])))", "v1 P99 (baseline)")],
                          "s", about("The new version beside the old.", "v3's line over v1's.",
                                     "the metric's name says the version already; no series has a version label, so both queries were empty."), low=0),
               timeseries("Latency by Component (P99)",
                          [query(f"histogram_quantile(0.99, sum by (component, le) (rate(dwcp_v3_component_latency_seconds_bucket{{{component}}}[5m])))", "{{component}}")],
                          "s", about("The slowest 1 % of operations of each component.", "over 100 ms: this component holds up the rest."),
                          rising(None, 0.1), line="dashed", low=0, links=[ONE_COMPONENT]))
    board.line(8, timeseries(
        "Throughput (Target: 2.4 GB/s)",
        [query(f"avg by (component) (avg_over_time(dwcp_v3_throughput_bytes_per_second{{{component}}}[$interval]))", "{{component}}")], "Bps",
        about("Transfer rate of each component, smoothed over the chosen interval.", "under the dashed line of 2.4 GB/s while migrations run."),
        falling(None, TARGET_RATE), line="dashed", low=0, links=[ONE_COMPONENT]),
        timeseries("Throughput by Transport",
                   [query(f"avg by (transport) (avg_over_time(dwcp_v3_throughput_bytes_per_second{{{component}}}[$interval]))", "{{transport}}")], "Bps",
                   about("Transfer rate over RDMA and over TCP.", "RDMA falls and TCP rises: nodes fell back from RDMA."),
                   falling(None, TARGET_RATE), line="dashed", low=0),
        heatmap("Component Latency Heatmap",
                [buckets(f"sum by (le) (rate(dwcp_v3_component_latency_seconds_bucket{{{component}}}[$__rate_interval]))")], "s",
                about("Operations by how long they took; choose a component above.", "a bright band leaves its usual height."), cell_unit="ops"))
    board.row("Health and resources")
    board.line(8, status_history("Component Health Matrix", [query(f"min by (component) (dwcp_v3_component_health{{{component}}})", "{{component}}")],
                                 about("Health of each component over time.", "any cell that says UNHEALTHY; a gap says that nothing was reported.",
                                       "the worst of all replicas, so that one sick replica shows."),
                                 steps((None, BAD), (1, GOOD)), words(v0=("UNHEALTHY", BAD), v1=("HEALTHY", GOOD))),
               timeseries("Resource Utilization", [query("avg by (resource_type) (dwcp_v3_resource_utilization_percent)", "{{resource_type}}")], "percent",
                          about("Use of each resource, mean over nodes.", "over 80 %."), rising(None, 80), line="dashed", low=0, high=100),
               timeseries("Monitoring Pipeline Health",
                          [query("quantile(0.99, scrape_duration_seconds)", "scrape P99"), query("count(up == 0) or vector(0)", "targets down")], "s",
                          about("How long the slowest scrapes take (left) and how many targets do not answer (right).",
                                "a scrape over 100 ms; any target down: what it would say is missing above."),
                          rising(None, 0.1), line="dashed", low=0,
                          overrides=[override("targets down", unit="short", decimals=0, custom__axisPlacement="right", custom__fillOpacity=0,
                                              custom__lineInterpolation="stepAfter")]))
    board.row("Errors and anomalies")
    board.line(8, (piechart("Error Distribution (1h)", [query("sum by (component) (increase(dwcp_v3_errors_total[1h]))", "{{component}}")], "short",
                            about("Errors of the last hour, by component.", "one component has most of them: begin there.")), 6),
               (timeseries("Error Rate by Type", [query(f"sum by (error_type) (rate(dwcp_v3_errors_total{{{component}}}[5m]))", "{{error_type}}")], "ops",
                           about("Errors per second, by kind.", "a kind that was not there before the rollout."), low=0), 9),
               (timeseries("Anomaly Detection Timeline",
                           [query('sum by (anomaly_type) (increase(dwcp_v3_anomaly_detections_total{severity="warning"}[1m]))', "warning - {{anomaly_type}}"),
                            query('sum by (anomaly_type) (increase(dwcp_v3_anomaly_detections_total{severity="critical"}[1m]))', "critical - {{anomaly_type}}")],
                           "short", about("Anomalies per minute, by kind and severity.", "critical ones, or several kinds at once."), low=0, decimals=0), 9))
    board.line(7, logs("Live Alert Feed", '{job="alertmanager"} |= "firing"',
                       about("Alerts as they begin to fire, newest first.", "a line every few seconds: a storm; look for what began first.")))
    board.row("Components")
    board.line(8, timeseries("AMST Streams (limit 512)", [query("max by (mode) (dwcp_v3_active_streams)", "{{mode}}"),
                                                       query("max(sum by (node_id) (dwcp_v3_active_streams))", "all modes")], "short",
                             about("Streams open on the node that has most, by network mode and in all.", "over 450; at 512 the node can open none.",
                                   "the limit is a node's, and the sum over the fleet is far over it while all is well."),
                             rising(450, 512), line="dashed", low=0),
               timeseries("ACP Consensus Latency (P99)",
                          [query('histogram_quantile(0.99, sum by (le) (rate(dwcp_v3_component_latency_seconds_bucket{component="acp"}[5m])))', "acp")], "s",
                          about("The slowest 1 % of consensus rounds.", "over 50 ms; over 80 ms page."), rising(0.05, 0.08), line="dashed", low=0),
               timeseries("ASS Sync Rate and Conflicts",
                          [query('sum(rate(dwcp_v3_component_operations_total{component="ass",operation_type="sync_success"}[5m]))', "syncs"),
                           query('sum(rate(dwcp_v3_component_operations_total{component="ass",operation_type="conflict_resolved"}[5m]))', "conflicts")],
                          "ops", about("State synchronisations and conflicts they had to resolve, per second.", "conflicts over 10/s: a conflict storm, often two "
                                       "writers of the same state."), rising(None, 10), line="dashed", low=0))
    board.line(6, gauge("HDE Compression Ratio", [query("avg by (algorithm) (dwcp_v3_compression_ratio)", "{{algorithm}}")], "suffix:x",
                        about("How many times smaller data becomes, by algorithm.", "under 2x."), falling(2, 3), 0, 10, decimals=1),
               gauge("PBA Prediction Accuracy", [query("avg by (mode) (dwcp_v3_prediction_accuracy)", "{{mode}}")], "percent",
                     about("Accuracy of the bandwidth prediction, by mode.", "under 80 %: allocations follow a wrong forecast."), falling(80, 85), decimals=1),
               gauge("ITP Placement Quality", [query("avg(dwcp_v3_placement_score)", "score")], "percent",
                     about("Quality of placements.", "under 70 %: machines are moved to places that do not suit them."), falling(70, 90), decimals=0))
    board.row("Service levels")
    board.line(8, (timeseries("SLA Breakdown", [query("avg by (sla_type) (avg_over_time(dwcp_v3_sla_compliance[1h])) * 100", "{{sla_type}}")], "percent",
                              about("Share of the last hour in which each level was met.", "the line that is lowest names what broke GO."),
                              falling(95, 99), line="dashed", low=0, high=100), 16),
               (gauge("Error Budget Remaining", [query("avg by (budget) (error_budget_remaining) * 100", "{{budget}}")], "percent",
                      about("Error budget that is left.", "under 25 %: no more risk; at 0 freeze changes."), falling(25, 50), decimals=0), 8))
    return board
