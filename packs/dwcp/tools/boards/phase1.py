"""Phase 1: the performance board of 18 panels, and the watch over a staging deployment."""
from .kit import (BAD, CALM, DEPLOYMENTS, GOOD, NEUTRAL, WARN, Board, about, buckets, falling, firing, gauge, heatmap, instant,
                  link, query, query_variable, rising, stat, status_history, steps, table, timeseries, words)

HEALTH = words(v0=("DOWN", BAD), v1=("DEGRADED", WARN), v2=("HEALTHY", GOOD))
HEALTH_STEPS = steps((None, BAD), (1, WARN), (2, GOOD))
OF = 'cluster=~"$cluster",node=~"$node"'
# Drill down: the same board, of one cluster or one node.
ONE_CLUSTER = link("Only this cluster", "/d/dwcp-performance?var-cluster=${__field.labels.cluster}&var-node=$__all")
ONE_NODE = link("Only this node", "/d/dwcp-performance?var-cluster=${__field.labels.cluster}&var-node=${__field.labels.node}")


def performance():
    board = Board(
        "dwcp-performance", "DWCP / Performance", "Streams, compression, migration, savings, health and service levels of one cluster or all.",
        "30s", "6h", ["phase1"],
        variables=[query_variable("cluster", "Cluster", "label_values(dwcp_system_component_health, cluster)"),
                   query_variable("node", "Node", 'label_values(dwcp_system_component_health{cluster=~"$cluster"}, node)')],
        annotations=[firing('alertname=~"DWCP.*|AMST.*|HDE.*|Migration.*|Federation.*", severity="critical"', "Critical alerts"), DEPLOYMENTS],
        see=[("dwcp-global-overview", "Regions", "All regions at a glance"), ("phase6-production-live", "Live", "The live production board")])
    cluster = 'cluster=~"$cluster"'
    board.row("Real-time monitoring")
    board.line(8, timeseries(
        "AMST Active Streams", [query(f"sum by (cluster, node) (dwcp_amst_streams_active{{{OF}}})", "{{cluster}}/{{node}}")], "short",
        about("Streams that are open, by node.", "a node's line drops to 0 while others carry traffic: it has lost its links. "
              "Near 512 a node takes no more."), links=[ONE_NODE], fill=0),
        (gauge("AMST Bandwidth Utilization", [query(f"avg by (cluster) (dwcp_amst_bandwidth_utilization_percent{{{OF}}})", "{{cluster}}")],
               "percent", about("Share of the links' bandwidth in use, mean over the cluster's nodes.",
                                "over 85 %: transfers queue; from 70 % on plan for more."), rising(70, 85), decimals=0, links=[ONE_CLUSTER]), 6),
        (heatmap("HDE Compression Ratio Distribution",
                 [buckets(f"sum by (le) (increase(dwcp_hde_compression_ratio_bucket{{{OF}}}[$__rate_interval]))")], "suffix:x",
                 about("Blocks by how many times smaller they became; the brighter, the more.",
                       "the bright band sinks under 3x: baselines are missing or the data has changed.",
                       "the window follows the graph's resolution, so that each block is counted in one column.")), 9))
    board.line(8, timeseries(
        "AMST Throughput (Mbps)", [query(f"dwcp:amst:throughput_mbps:5m{{{OF}}}", "{{cluster}}/{{node}}")], "Mbits",
        about("Bytes sent over streams, as Mbit/s, by node, mean of 5 min.", "a drop while migrations run: look at loss and delay of its links."), links=[ONE_NODE], fill=0),
        (stat("HDE Compression Efficiency", [query(f"avg by (data_type) (dwcp:hde:compression_ratio_median:10m{{{OF}}})", "{{data_type}}")],
              "suffix:x", about("Median compression by type of data, mean over the chosen nodes.", "under 3x; the target is 5x.",
                                "one value per type of data instead of one per node and type."),
              falling(3, 5), decimals=1), 6),
        (gauge("HDE Delta Hit Rate", [query(f"avg by (cluster) (dwcp_hde_delta_hit_rate_percent{{{OF}}})", "{{cluster}}")], "percent",
               about("Share of blocks that found a baseline to be a delta of.", "under 60 %: baselines were lost or are stale; "
                     "bandwidth use will rise."), falling(60, 80), decimals=0), 9))
    board.row("Performance analysis")
    migration = "dwcp:migration:duration_{}:1h{{" + cluster + ',dwcp_enabled="{}"}}'
    board.line(8, timeseries(
        "Migration Performance Comparison",
        [query(f"avg({migration.format('median', 'true')})", "DWCP Enabled (median)"),
         query(f"avg({migration.format('median', 'false')})", "Standard (median)"),
         query(f"max({migration.format('p95', 'true')})", "DWCP Enabled (P95)"),
         query(f"max({migration.format('p95', 'false')})", "Standard (P95)")],
        "s", about("How long migrations took in the last hour, with DWCP and without.",
                   "the two medians come together: DWCP no longer pays off. P95 over 300 s breaks the SLA.",
                   "one line each for the chosen clusters (mean of medians, worst P95) instead of equal names per cluster."),
        rising(None, 300), low=0),
        timeseries("Error Rate (5m)", [query(f"dwcp:amst:error_rate:5m{{{OF}}}", "{{cluster}}/{{node}} - {{error_type}}")], "percentunit",
                   about("AMST errors per stream opened, by kind.", "over 5 %: critical.",
                         "the published series was always empty (error_type on one side only); the recording rule now joins with group_left."),
                   rising(None, 0.05), line="dashed", low=0, links=[ONE_NODE], fill=0),
        timeseries("AMST Stream Latency (P95/P99)",
                   [query(f"dwcp:amst:stream_duration_p95:10m{{{OF}}}", "P95 - {{cluster}}/{{node}}"),
                    query(f"dwcp:amst:stream_duration_p99:10m{{{OF}}}", "P99 - {{cluster}}/{{node}}")],
                   "s", about("How long streams live, from opening to close.", "P99 leaves P95 behind: a few streams stall."), low=0, fill=0))
    board.row("Business metrics")
    board.line(6, stat(
        "Bandwidth Savings Calculator", [query(f"sum by (cluster) (dwcp:hde:bandwidth_saved_mbps:5m{{{OF}}})", "{{cluster}}")], "Mbits",
        about("Bandwidth that compression keeps off the wire.", "near 0 while migrations run: HDE is off or finds nothing to save.",
              "summed per cluster; the series itself is per node."), NEUTRAL, decimals=0),
        stat("Daily Bandwidth Savings (TB)", [query(f"dwcp:federation:total_savings_tb:24h{{{cluster}}} * 1e12", "{{cluster}}")], "decbytes",
             about("Bytes that did not have to cross between clusters in the last day.", "far under yesterday's at the same load.",
                   "the series is in TB and the unit in bytes, so it is multiplied by 1e12; 2 TB showed as 2 B."), NEUTRAL, decimals=2),
        stat("Estimated Daily Cost Savings (USD)", [query(f"sum by (cluster) (dwcp:efficiency:cost_savings_usd:24h{{{cluster}}})", "{{cluster}}")],
             "currencyUSD", about("What the saved bytes would have cost, at 0.02 USD per GB.", "near 0: the savings above have gone."),
             NEUTRAL, decimals=2))
    board.row("System health")
    board.line(10, (status_history(
        "Component Health Matrix",
        [query(f"min by (cluster, component) (dwcp_system_component_health{{{OF}}})", "{{cluster}}/{{component}}")],
        about("Worst health of each component among the chosen nodes, over time; choose one node above to see it alone.",
              "any cell that says DEGRADED or DOWN; a gap says that nothing was heard.",
              "a row per cluster and component: with a row for each node, too, thirty nodes make 180 rows that nobody can read."), HEALTH_STEPS, HEALTH), 12),
        (gauge("Migration Speedup Factor", [query(f"avg by (cluster, vm_type) (dwcp_migration_speedup_factor{{{cluster}}})", "{{cluster}} - {{vm_type}}")],
               "suffix:x", about("How many times faster migrations are than without DWCP.", "under 2x; 5x is good, 10x very good."),
               steps((None, BAD), (2, WARN), (5, GOOD), (10, CALM)), 1, 20, decimals=1), 6),
        (timeseries("Federation Sync Performance",
                    [query(f"max by (remote_cluster, sync_type) (dwcp:federation:sync_duration_p95:10m{{{cluster}}})", "{{remote_cluster}} - {{sync_type}}")],
                    "s", about("P95 of the time two clusters take to agree on state.", "over 1 s: the link between them loses packets or one side is busy."),
                    rising(1, 5), low=0), 6))
    board.row("SLA tracking")
    board.line(7, gauge(
        "System Availability (SLA: 99.9%)", [query(f"dwcp:system:availability:5m{{{cluster}}} * 100", "{{cluster}}")], "percent",
        about("Share of components that are healthy.", "under 99.9 %: the SLA is being broken; under 99 % DWCPSLAViolation fires.",
              "the published rule added 2 per healthy component and read 200 %; the rule now counts them."),
        falling(99, 99.9), 98, 100, decimals=2, links=[ONE_CLUSTER]),
        stat("Average Migration Time (SLA: <5min)", [query(f"dwcp:sla:migration_time:24h{{{cluster}}}", "{{cluster}}")], "s",
             about("Mean time of DWCP's migrations over a day.", "over 300 s: SLA broken; from 240 s on it is close."), rising(240, 300), decimals=1, links=[ONE_CLUSTER]),
        stat("Overall Error Rate (SLA: <1%)", [query(f"dwcp:sla:error_rate:24h{{{cluster}}} * 100", "{{cluster}}")], "percent",
             about("Stream errors per stream opened over a day.", "over 1 %: SLA broken."), rising(0.5, 1), decimals=3, links=[ONE_CLUSTER]))
    return board


def staging():
    board = Board("dwcp-staging", "DWCP / Staging", "Watch over a deployment to staging: is it on, does it work, can it be taken back?",
                  "10s", "6h", ["phase1", "rollout"], annotations=[firing('severity="critical"', "Critical alerts"), DEPLOYMENTS],
                  see=[("production-rollout", "Rollout", "GO or NO-GO in production"), ("dwcp-performance", "Performance", "The 18 panels")])
    gone = "the published name is written by nothing; "
    board.row("Deployment")
    board.line(8, timeseries(
        "Deployment Status Timeline",
        [query("avg by (feature) (dwcp_system_config_enabled)", "{{feature}} enabled"),
         query("count by (version) (dwcp_system_version_info)", "version {{version}}")],
        "short", about("Share of nodes on which a feature is on, and builds that run, by version.",
                       "a feature between 0 and 1 for long: some nodes have not taken the configuration; two versions for long: the deployment hangs.",
                       gone + "features come from dwcp_system_config_enabled and versions from dwcp_system_version_info."),
        steps_drawn=True, low=0, side_legend=True), )
    board.line(6, stat(
        "Configuration Status", [query("min(dwcp_system_config_enabled)", "configuration")], "short",
        about("Whether every feature is on, on every node.", "INCOMPLETE: the timeline above says which feature.",
              gone + "the least value of dwcp_system_config_enabled stands for it."),
        falling(None, 1), words(v0=("INCOMPLETE", WARN), v1=("LOADED", GOOD), none=("NO DATA", BAD)), background=True, graph=False),
        stat("Rollback Readiness", [query('clamp_max(sum(up{job="dwcp-v1-legacy"}), 1) or vector(0)', "rollback")], "short",
             about("Whether the old version still answers somewhere, so that traffic can go back to it.",
                   "NOT READY: there is nothing to roll back to. Do not go on.",
                   gone + "one answering replica of dwcp-v1-legacy is what a rollback needs."),
             falling(None, 1), words(v0=("NOT READY", BAD), v1=("READY", GOOD)), background=True, graph=False),
        stat("Baseline Synchronization Status", [query("sum by (baseline_type) (dwcp_hde_baseline_count)", "{{baseline_type}}")], "short",
             about("Baselines that HDE holds, by type.", "0: every block is sent whole; under 5 it has just begun.",
                   gone + "dwcp_hde_baseline_count has the number of baselines."), falling(1, 5), decimals=0))
    board.row("Streams and compression")
    board.line(8, timeseries(
        "AMST Active Streams",
        [query("sum(dwcp_amst_streams_active)", "Active Streams"), query("min(dwcp_amst_streams_active)", "Minimum"),
         query("max(dwcp_amst_streams_active)", "Maximum")],
        "short", about("Streams open in the fleet, and on the nodes that have the fewest and the most.",
                       "a total under 16; or a minimum of 0: a node is cut off.",
                       gone + "minimum and maximum are those of the nodes."), falling(16, 32), low=0),
        (gauge("HDE Compression Ratio",
               [query("sum(rate(dwcp_hde_compression_ratio_sum[5m])) / sum(rate(dwcp_hde_compression_ratio_count[5m]))", "mean")], "suffix:x",
               about("Mean compression of the last 5 min.", "under 2x.", "the metric is a histogram, so avg() over its name is empty; "
                     "this is sum by count."), falling(2, 3), 0, 10, decimals=1), 6),
        (timeseries("Throughput (Bytes/sec)",
                    [query("sum(rate(dwcp_amst_bytes_sent_total[5m]))", "Sent"), query("sum(rate(dwcp_amst_bytes_received_total[5m]))", "Received")],
                    "Bps", about("Bytes over AMST streams.", "received far under sent: bytes are lost on the way.",
                                 "the counters' names end in _total."), low=0), 9))
    board.row("Requests and health")
    mean = ('sum(rate(dwcp_migration_duration_seconds_sum{{dwcp_enabled="{0}"}}[1h])) / '
            'sum(rate(dwcp_migration_duration_seconds_count{{dwcp_enabled="{0}"}}[1h]))').format
    board.line(8, timeseries(
        "Pre/Post DWCP Performance Comparison", [query(mean("true"), "With DWCP"), query(mean("false"), "Without DWCP")], "s",
        about("Mean time of a migration, with DWCP and without, over an hour.", "with DWCP no faster than without.",
              "nothing counts requests without DWCP; migrations carry dwcp_enabled and compare like with like."), low=0),
        timeseries("Error Rate Monitoring", [query("100 * sum(rate(dwcp_errors_total[5m])) / sum(rate(dwcp_requests_total[5m]))", "Error Rate %")],
                   "percent", about("Errors per request.", "over 2 %; over 5 % take the deployment back.",
                                    "summed on both sides: their labels differ (error_type, status), so no pair matched."),
                   rising(2, 5), line="dashed", low=0),
        table("Health Check Status", [instant("min by (cluster, component) (dwcp_system_component_health)", table=True)], "none",
              about("Worst health of each component in each cluster.", "DEGRADED or DOWN; the component health matrix of the performance "
                    "board says on which node.", gone + "dwcp_system_component_health has the health of every component."),
              HEALTH_STEPS, [{"id": "organize", "options": {"excludeByName": {"Time": True}, "indexByName": {"cluster": 0, "component": 1, "Value": 2},
                                                            "renameByName": {"cluster": "Cluster", "component": "Component", "Value": "Health"}}}],
              HEALTH, coloured="Health"))
    return board
