"""The rollout's summary, what happens each second, and the service levels."""
from .kit import (BAD, CALM, GOOD, WARN, Board, DEPLOYMENTS, NEUTRAL, about, alert_list, buckets, falling, firing, gauge, heatmap, instant,
                  override, piechart, query, query_variable, rising, stat, steps, table, timeseries, words)

TARGET_RATE = 2_400_000_000  # bytes per second
SEE = {
    "live": ("phase6-production-live", "Live", "The live production board"),
    "rollout": ("production-rollout", "Rollout", "GO or NO-GO"),
    "seconds": ("real-time-performance", "Real time", "Every second"),
    "sla": ("sla-compliance", "SLA", "Service levels and budget"),
    "versions": ("generated-by-mode-and-component", "Modes", "By mode and component"),
}


def _others(own):
    return [see for key, see in SEE.items() if key != own]


def _limit(name):
    """A drawn objective: dashed, without fill."""
    return override(name, color={"mode": "fixed", "fixedColor": BAD}, custom__lineStyle={"fill": "dash", "dash": [8, 6]}, custom__fillOpacity=0)


MIB = "dividing by 1024 twice and calling it MB/s is 5 % off; here are bytes per second, and the target is 2.4 GB/s."
BY_VERSION = "summed before the division: the two counters differ in error_type and operation_type, so no pair matched."


def summary():
    board = Board("production-rollout", "DWCP / Rollout", "One rollout: may it go on, how far is it, and is v3 as good as v1?", "5s", "1h",
                  ["phase6", "rollout"], see=_others("rollout"), annotations=[firing('severity="critical"', "Critical alerts"), DEPLOYMENTS])
    board.row("Decision")
    board.line(7, gauge(
        "GO / NO-GO STATUS",
        [query("min((sla:availability:5m >= bool 0.999) * (sla:latency_p99:5m <= bool 0.1) * (sla:error_rate:5m <= bool 0.01)) or vector(0)", "go")], "none",
        about("GO while availability (99.9 %), P99 latency (100 ms) and error rate (1 %) are all within their objectives.",
              "NO GO: stop; the three comparisons below and the SLA board say which objective is broken.",
              "without bool the value was the availability itself (never exactly 1) and was gone as soon as an objective was broken. Missing data is NO GO."),
        falling(None, 1), 0, 1, words(v0=("NO GO", BAD), v1=("GO", GOOD), none=("NO DATA", BAD)), decimals=0, no_value="NO DATA"),
        gauge("Rollout Progress", [query("avg(dwcp_v3_rollout_percentage)", "v3")], "percent",
              about("Share of traffic v3 has.", "it stays where it is for longer than the stage is planned.",
                    "the gauge is 0 to 100 already; times 100 it read 10 000 %."), steps((None, CALM), (50, WARN), (100, GOOD)), decimals=0),
        piechart("Version Distribution",
                 [query('count(up{job="dwcp-v3-core",version="v3"} == 1)', "v3"), query('count(up{job="dwcp-v1-legacy",version="v1"} == 1)', "v1")], "short",
                 about("Replicas that answer, by version.", "v3's share does not follow Rollout Progress.")),
        stat("Time to Next Phase", [query("min(dwcp_v3_rollout_next_phase_seconds)", "next phase")], "dtdurations",
             about("Until the next stage begins.", "0 for long: the rollout waits for a gate."), NEUTRAL, graph=False))
    board.row("v3 against v1")
    errors = ('sum(rate(dwcp_v3_component_errors_total{{version="{0}"}}[5m])) / sum(rate(dwcp_v3_component_operations_total{{version="{0}"}}[5m]))').format
    latency = ('histogram_quantile(0.99, sum by (le) (rate(dwcp_v3_mode_latency_seconds_bucket{{version="{0}",mode="datacenter"}}[5m])))').format
    moved = 'sum(rate(dwcp_v3_bytes_transferred_total{{version="{0}",mode="datacenter"}}[5m]))'.format
    board.line(9, timeseries(
        "Error Rate Comparison (V3 vs V1)",
        [query(errors("v3"), "V3 Error Rate"), query(errors("v1"), "V1 Error Rate"), query("vector(0.01)", "SLA Threshold (1%)")], "percentunit",
        about("Share of component operations that fail, by version.", "v3 over v1, or over 1 %.", BY_VERSION), rising(0.005, 0.01), low=0,
        overrides=[_limit("SLA Threshold (1%)")]),
        timeseries("Latency Comparison (V3 vs V1)",
                   [query(latency("v3"), "V3 P99 Latency"), query(latency("v1"), "V1 P99 Latency"), query("vector(0.1)", "SLA Threshold (100ms)")], "s",
                   about("The slowest 1 % of operations in the datacenter mode, by version.", "v3 over v1, or over 100 ms.",
                         "one quantile per version instead of one per node, mode and operation."), rising(0.08, 0.1), low=0,
                   overrides=[_limit("SLA Threshold (100ms)")]),
        timeseries("Throughput Comparison (V3 vs V1)",
                   [query(moved("v3"), "V3 Throughput"), query(moved("v1"), "V1 Throughput"), query(f"vector({TARGET_RATE})", "Target Throughput (2.4 GB/s)")], "Bps",
                   about("Bytes moved in the datacenter mode, by version. Compare per share of traffic: in the first stage v3 carries a tenth.",
                         "v3 under its share of v1's.", MIB), falling(None, TARGET_RATE), low=0, overrides=[_limit("Target Throughput (2.4 GB/s)")]))
    board.row("Nodes and alerts")
    board.line(10, (table(
        "Node Health Status", [instant('up{job=~"dwcp-v3-core|dwcp-v1-legacy"}', table=True)], "none",
        about("Every replica, and whether it answers.", "DOWN."), falling(None, 1),
        [{"id": "organize", "options": {"excludeByName": {"Time": True, "__name__": True},
                                        "indexByName": {"job": 0, "version": 1, "region": 2, "instance": 3, "Value": 4},
                                        "renameByName": {"job": "Job", "version": "Version", "region": "Region", "instance": "Instance", "node": "Node",
                                                         "Value": "State"}}},
         {"id": "sortBy", "options": {"fields": {}, "sort": [{"field": "State", "desc": False}]}}],
        words(v0=("DOWN", BAD), v1=("UP", GOOD)), coloured="State"), 14),
        (alert_list("Active Alerts", about("Alerts that fire or are about to.", "any with auto_rollback: the rollout is taken back.")), 10))
    return board


def real_time():
    board = Board("real-time-performance", "DWCP / Real time", "Migrations, bandwidth, modes and consensus, every second.", "1s", "15m", ["phase6", "live"],
                  [query_variable("component", "Component", "label_values(dwcp_v3_component_latency_seconds_bucket, component)")],
                  [firing('severity="critical"', "Critical alerts")], _others("seconds"))
    window = "a window of 5 s holds fewer than two samples unless every 2.5 s is scraped, so it was empty; the window now follows the scrape interval."
    board.row("Now")
    modes = [override(value, displayName=name) for value, name in (("0", "Datacenter"), ("1", "Internet"), ("2", "Hybrid"))]
    board.line(6,
               (stat("Active Migrations", [query("sum(rate(dwcp_v3_migration_duration_seconds_sum[5m]))", "under way")], "short",
                     about("Migrations under way, mean of 5 min.", "0 while some are expected; over 50 the links fill.",
                           "the published query counted streams; arrivals × time under way (the rate of the summed time) is how many run."),
                     steps((None, CALM), (1, GOOD), (10, WARN)), decimals=1), 4),
               (stat("Current Mode", [instant('count_values("mode", dwcp_v3_current_mode)', "{{mode}}")], "none",
                     about("How many nodes are in which network mode.", "nodes leave Datacenter without an order: their RDMA path is gone.",
                           "the mode is a number per node (0 datacenter, 1 internet, 2 hybrid), so nodes are counted by mode."),
                     NEUTRAL, graph=False, text="value_and_name", decimals=0, overrides=modes), 6),
               (gauge("Real-Time Bandwidth Utilization", [query("sum(rate(dwcp_v3_bytes_transferred_total[$__rate_interval]))", "moved")], "Bps",
                      about("Bytes moved per second.", "under 1 GB/s while migrations run.", window + " " + MIB), falling(1e9, 2e9), 0, 3e9, decimals=2), 5),
               (stat("Byzantine Events (5m)", [query("sum(increase(dwcp_v3_acp_byzantine_detections_total[5m]))", "events")], "short",
                     about("Nodes the consensus found to be Byzantine.", "any."), rising(1, 5), decimals=0), 4),
               (gauge("PBFT Consensus P99",
                      [query('histogram_quantile(0.99, sum by (le) (rate(dwcp_v3_component_latency_seconds_bucket{component="acp"}[$__rate_interval]))) * 1000', "P99")],
                      "ms", about("The slowest 1 % of consensus rounds.", "over 50 ms; over 80 ms page.", window + " Summed over nodes before the quantile."),
                      rising(50, 80), 0, 100, decimals=1), 5))
    board.row("Migrations and bandwidth")
    each = (("datacenter", "Datacenter"), ("internet", "Internet"), ("hybrid", "Hybrid"))
    board.line(8, timeseries(
        "Live VM Migrations by Mode",
        [query(f'sum(rate(dwcp_v3_migration_duration_seconds_count{{mode="{mode}"}}[$__rate_interval]))', f"{name} Mode") for mode, name in each], "ops",
        about("Migrations that end per second, by mode.", "one mode falls to 0 while migrations are ordered there.", window), low=0),
        timeseries("Real-Time Bandwidth by Mode",
                   [query('sum(rate(dwcp_v3_bytes_transferred_total{mode="datacenter"}[$__rate_interval]))', "Datacenter (Target: 2.4 GB/s)"),
                    query('sum(rate(dwcp_v3_bytes_transferred_total{mode="internet"}[$__rate_interval]))', "Internet (Target: 100-900 Mbps)"),
                    query(f"vector({TARGET_RATE})", "Datacenter Target")], "Bps",
                   about("Bytes moved per second, by mode.", "Datacenter far under the dashed target while migrations run; Internet under 12.5 MB/s (100 Mbit/s).",
                         window + " " + MIB), low=0, overrides=[_limit("Datacenter Target")]),
        timeseries("Active Streams by Mode", [query(f'sum(dwcp_v3_active_streams{{mode="{mode}"}})', f"{name} Streams") for mode, name in each], "short",
                   about("Streams open, by mode.", "streams wander from Datacenter to Internet: see Mode Switching Events.",
                         "summed over nodes: one line per mode."), low=0))
    board.row("Modes and consensus")
    switched = 'sum(increase(dwcp_v3_mode_switches_total{{{}}}[1m]))'.format
    board.line(8, timeseries(
        "Mode Switching Events",
        [query(switched('from_mode="datacenter",to_mode="internet"'), "Datacenter → Internet"),
         query(switched('from_mode="internet",to_mode="datacenter"'), "Internet → Datacenter"), query(switched('to_mode="hybrid"'), "→ Hybrid")], "short",
        about("Changes of mode in the last minute.", "to and fro: the mode flaps, mostly because a link is at its limit.", "summed over nodes."), low=0,
        decimals=0),
        timeseries("Consensus Protocol Activity",
                   [query('sum(rate(dwcp_v3_component_operations_total{component="acp",operation_type="raft_consensus"}[$__rate_interval]))', "Raft Consensus"),
                    query('sum(rate(dwcp_v3_component_operations_total{component="acp",operation_type="pbft_consensus"}[$__rate_interval]))', "PBFT Consensus")],
                   "ops", about("Rounds per second, by protocol.", "PBFT rises: the mode is no longer trusted; both at 0: no decisions are made.", window), low=0),
        heatmap("Component Latency Heatmap",
                [buckets('sum by (le) (rate(dwcp_v3_component_latency_seconds_bucket{component=~"$component"}[$__rate_interval]))')], "s",
                about("Operations by how long they took.", "a second bright band over the first.",
                      "buckets of several components in one heatmap lie upon each other; choose the component above instead."), cell_unit="ops"))
    return board


WINDOWS = (("1 Hour", "1h", 3600), ("24 Hours", "24h", 86400), ("7 Days", "7d", 604800), ("30 Days", "30d", 2592000))


def _rows(field, value):
    """One row per query: its legend and its last value."""
    return [{"id": "reduce", "options": {"mode": "seriesToRows", "reducers": ["lastNotNull"]}},
            {"id": "organize", "options": {"excludeByName": {}, "indexByName": {"Field": 0, "Last *": 1}, "renameByName": {"Field": field, "Last *": value, "Last": value}}}]


def sla():
    board = Board("sla-compliance", "DWCP / SLA compliance", "Service levels, their windows, downtime, and what is left of the budget.", "30s", "7d",
                  ["phase6", "sla"], see=_others("sla"), annotations=[firing('alertname=~"SLA.*|.*Budget.*|DWCPSLAViolation"', "SLA alerts"), DEPLOYMENTS])
    moved = 'sum(rate(dwcp_v3_bytes_transferred_total{mode="datacenter"}[5m]))'
    board.row("Now")
    board.line(7, gauge("Availability (SLA: 99.9%)", [query("sla:availability:5m", "availability")], "percentunit",
                        about("Share of migrations that succeed.", "under 99.9 %: the budget is being spent; under 99.5 % fast."),
                        falling(0.995, 0.999), 0.99, 1, decimals=3),
               gauge("P99 Latency (SLA: <100ms)", [query("sla:latency_p99:5m", "P99")], "s",
                     about("The slowest 1 % of operations in the datacenter mode.", "over 100 ms; from 80 ms on it is close."), rising(0.08, 0.1), 0, 0.15, decimals=1),
               gauge("Error Rate (SLA: <1%)", [query("sla:error_rate:5m", "errors")], "percentunit",
                     about("Share of component operations that fail.", "over 1 %; from 0.5 % on it is close."), rising(0.005, 0.01), 0, 0.02, decimals=2),
               gauge("Throughput (Target: 2.4 GB/s)", [query(moved, "moved")], "Bps",
                     about("Bytes moved in the datacenter mode.", "under 2 GB/s while migrations run.", MIB), falling(2e9, TARGET_RATE), 0, 3e9, decimals=2))
    board.row("Over time")
    board.line(8, timeseries("Availability SLI Tracking", [query("sla:availability:5m", "Current Availability"), query("vector(0.999)", "SLA Target (99.9%)")],
                             "percentunit", about("Availability beside its objective.", "the line under the dashed one.",
                                                  "the published colours were the wrong way round: red began at the objective."),
                             falling(None, 0.999), low=0.99, high=1, decimals=3, overrides=[_limit("SLA Target (99.9%)")], calcs=("mean", "min")),
               timeseries("P99 Latency SLI Tracking", [query("sla:latency_p99:5m", "Current P99 Latency"), query("vector(0.1)", "SLA Target (100ms)")], "s",
                          about("P99 latency beside its objective.", "the line over the dashed one."), rising(None, 0.1), low=0,
                          overrides=[_limit("SLA Target (100ms)")], calcs=("mean", "max")),
               timeseries("Error Rate SLI Tracking", [query("sla:error_rate:5m", "Current Error Rate"), query("vector(0.01)", "SLA Target (1%)")], "percentunit",
                          about("Error rate beside its objective.", "the line over the dashed one."), rising(None, 0.01), low=0,
                          overrides=[_limit("SLA Target (1%)")], calcs=("mean", "max")))
    board.row("Windows and budget")
    board.line(8, (gauge("Error Budget Remaining", [query("clamp_min((0.01 - sla:error_rate:5m) / 0.01 * 100, 0)", "budget")], "percent",
                         about("What the error rate of the last 5 min leaves of the permitted 1 %.", "under 25 %: stop what is risky; at 0 the objective is broken.",
                               "no lower than 0: a budget that is overspent is empty, and its size is on the error rate's gauge."),
                         falling(25, 50), decimals=0), 6),
               (table("Uptime by Time Window", [instant(f"avg_over_time(sla:availability:5m[{span}]) * 100", name) for name, span, _ in WINDOWS], "percent",
                      about("Mean availability over each window (as far back as data reaches).", "the long windows sink: many small losses; a short one alone: "
                            "an incident."), falling(99.5, 99.9), _rows("Window", "Uptime"), decimals=4, coloured="Uptime"), 6),
               (table("Total Downtime by Window",
                      [instant(f"{seconds} * (1 - avg_over_time(sla:availability:5m[{span}]))", name) for name, span, seconds in WINDOWS], "s",
                      about("Time lost in each window, as if every lost share had been a full outage.", "over 86 s in 24 h, or 43 min in 30 d: more than 99.9 % permits.",
                            "one limit in seconds for an hour and for 30 days says nothing: 60 s is a broken hour and an excellent month. Uptime beside it has the colours."),
                      NEUTRAL, _rows("Window", "Downtime"), decimals=1), 6),
               (table("SLA Compliance Status",
                      [instant("sla:availability:5m >= bool 0.999", "Availability"), instant("sla:latency_p99:5m <= bool 0.1", "Latency"),
                       instant("sla:error_rate:5m <= bool 0.01", "Error Rate"), instant(f"{moved} >= bool {TARGET_RATE}", "Throughput")], "none",
                      about("Each objective, and whether it is met now.", "VIOLATION.",
                            "without bool a met objective showed its own value and a broken one vanished."),
                      falling(None, 1), _rows("Objective", "Status"), words(v0=("VIOLATION", BAD), v1=("COMPLIANT", GOOD), none=("NO DATA", WARN)),
                      coloured="Status"), 6))
    board.row("Alerts")
    board.line(8, alert_list("SLA Violation History", about("Alerts about service levels.", "any that fires."), name="SLA"))
    return board
