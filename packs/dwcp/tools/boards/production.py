"""The six production systems: canary against baseline, the manager, the three consensus protocols, resource allocation."""
from .kit import (BAD, DEPLOYMENTS, GOOD, WARN, Board, about, buckets, falling, firing, gauge, heatmap, override, piechart,
                  query, rising, stat, steps, timeseries, words)

SEE = {
    "canary": ("canary-health-overview", "Canary", "Canary against baseline"),
    "manager": ("dwcp-manager", "Manager", "Health checks, recovery, breakers"),
    "consensus": ("consensus-performance", "Consensus", "ProBFT, Bullshark, T-PBFT"),
    "resources": ("resource-allocation", "Resources", "What MADDPG gives to whom"),
    "rollout": ("production-rollout", "Rollout", "GO or NO-GO"),
}


def _others(own):
    return [see for key, see in SEE.items() if key != own]


def canary():
    board = Board("canary-health-overview", "DWCP / Canary health", "Is the canary as good as the baseline? Roll back when its error "
                  "rate or its latency leaves the baseline's.", "30s", "1h", ["production", "rollout"], see=_others("canary"),
                  annotations=[firing('alertname=~"Canary.*"', "Canary alerts"), DEPLOYMENTS])
    errors = ('(sum(rate(http_requests_total{{status=~"5..",version="{0}"}}[5m])) or vector(0)) / '
              'sum(rate(http_requests_total{{version="{0}"}}[5m]))').format
    latency = ('histogram_quantile({1}, sum by (le) (rate(http_request_duration_seconds_bucket{{version="{0}"}}[5m])))').format
    board.row("Error rate comparison")
    board.line(9, timeseries(
        "Error Rate (Canary vs Baseline)",
        [query(errors("canary"), "Canary Error Rate"), query(errors("baseline"), "Baseline Error Rate"),
         query(f"clamp_min(1.5 * ({errors('baseline')}), 0.01)", "Limit (1.5 × baseline, at least 1 %)")],
        "percentunit",
        about("Share of requests answered with 5xx, by version, over 5 min.",
              "the canary's line above the dashed limit for 5 min: CanaryErrorRateHigh fires and the rollout is taken back.",
              "a version without any 5xx has no such series and would vanish; here it reads 0. The limit is drawn beside it."),
        overrides=[override("Limit (1.5 × baseline, at least 1 %)", color={"mode": "fixed", "fixedColor": BAD},
                            custom__lineStyle={"fill": "dash", "dash": [8, 6]}, custom__fillOpacity=0)], low=0))
    board.row("Latency comparison")
    board.line(9, timeseries(
        "Latency Percentiles (P50, P95, P99)",
        [query(latency("canary", "0.50"), "Canary P50", True), query(latency("canary", "0.95"), "Canary P95", True),
         query(latency("canary", "0.99"), "Canary P99", True), query(latency("baseline", "0.99"), "Baseline P99", True)],
        "s", about("Time to answer at the front door. Compare Canary P99 with Baseline P99; the canary's P50 and P95 say whether all "
                   "requests or only the slowest few are slower.",
                   "Canary P99 over 1.2 × Baseline P99, or over 0.5 s."),
        rising(None, 0.5), line="dashed", low=0))
    board.row("Traffic and success")
    board.line(8,
               piechart("Traffic Split (Canary vs Baseline)",
                        [query('sum(rate(http_requests_total{version="canary"}[5m]))', "Canary"),
                         query('sum(rate(http_requests_total{version="baseline"}[5m]))', "Baseline")],
                        "reqps", about("Where requests go. The split follows the rollout's stage.",
                                       "the canary has far more or less than the stage's share: the load balancer does not obey, "
                                       "or the canary refuses connections.")),
               gauge("Canary Success Rate",
                     [query('1 - (' + errors("canary") + ')', "Canary")],
                     "percentunit", about("Share of the canary's requests that did not end with 5xx.",
                                          "under 99 %; under 95 % CanarySuccessRateLow fires.",
                                          "counted from the failures: a canary that answers nothing but 5xx has no series of successes "
                                          "and the gauge would be empty when it matters most."),
                     steps((None, BAD), (0.95, BAD), (0.99, WARN), (0.999, GOOD)), 0.9, 1, decimals=2))
    return board


def manager():
    board = Board("dwcp-manager", "DWCP / Manager", "Health checks, recovery, circuit breakers and memory of the DWCP manager.",
                  "30s", "6h", ["production"], see=_others("manager"), annotations=[firing('component="dwcp-manager"', "Manager alerts")])
    board.row("Health & availability")
    board.line(7, (stat(
        "Health Check Success Rate (24h)",
        [query('sum(rate(dwcp_health_check_total{status="success"}[24h])) / sum(rate(dwcp_health_check_total[24h]))', "success")],
        "percentunit", about("Share of the last day's health checks that passed.", "under 99.9 %.",
                             "the value is a share (0 to 1); the published unit showed 0.999 as 0.999 %."),
        falling(0.99, 0.999), decimals=3), 6),
        (timeseries("Health Check Duration",
                    [query("histogram_quantile(0.99, sum by (le) (rate(dwcp_health_check_duration_seconds_bucket[5m])))", "P99 Latency")],
                    "s", about("How long the slowest 1 % of health checks take.", "over 1 s: the manager is starved of processor or "
                               "waits for a dependency; over 5 s checks begin to time out."), rising(1, 5), line="dashed", low=0), 18))
    board.row("Recovery operations")
    board.line(8, timeseries(
        "Recovery Attempts (Success vs Failure)",
        [query('sum(rate(dwcp_recovery_attempts_total{success="true"}[5m]))', "Successful Recoveries"),
         query('sum(rate(dwcp_recovery_attempts_total{success="false"}[5m]))', "Failed Recoveries")],
        "ops", about("Attempts to bring a component back, per second.", "any failed recovery; or steady successful ones: something "
                     "breaks again and again."),
        overrides=[override("Successful Recoveries", color={"mode": "fixed", "fixedColor": GOOD}),
                   override("Failed Recoveries", color={"mode": "fixed", "fixedColor": BAD})], low=0),
        heatmap("Recovery Duration Heatmap", [buckets("sum by (le) (increase(dwcp_recovery_duration_seconds_bucket[$__rate_interval]))")],
                "s", about("How long recoveries took; the brighter, the more.", "marks move up from under 1 s towards 10 s and beyond.",
                           "the window follows the resolution of the graph, so that each recovery is counted in one column.")))
    board.row("Circuit breakers")
    states = words(v0=("CLOSED", GOOD), v1=("OPEN", BAD), v2=("HALF-OPEN", WARN))
    board.line(7, (timeseries(
        "Circuit Breaker States",
        [query('max(dwcp_circuit_breaker_state{circuit="database"})', "Database Circuit"),
         query('max(dwcp_circuit_breaker_state{circuit="api"})', "API Circuit")],
        "short", about("0 closed (calls pass), 1 open (calls are refused), 2 half-open (a few calls try).",
                       "open for over a minute: what lies behind the circuit is down."),
        steps((None, GOOD), (1, BAD), (2, WARN)), low=0, high=2, decimals=0, steps_drawn=True, mappings=states, calcs=("lastNotNull",)), 18),
        (stat("Circuit Breaker Trips (1h)", [query("sum(increase(dwcp_circuit_breaker_trips_total[1h]))", "trips")], "short",
              about("Times a circuit opened in the last hour.", "5 and more: a dependency flaps; 10 and more: it is hardly usable."),
              rising(5, 10), decimals=0), 6))
    board.row("Resource usage")
    board.line(8, timeseries(
        "Memory Usage",
        [query('sum(dwcp_memory_usage_bytes{type="heap"})', "Heap"), query('sum(dwcp_memory_usage_bytes{type="stack"})', "Stack")],
        "bytes", about("Memory the managers hold.", "a heap whose lows rise from hour to hour: a leak. DWCPMemoryLeak watches it.",
                       "summed over regions, in bytes: dividing by 1024 twice and calling it MB is 5 % off.")),
        timeseries("Goroutines", [query("sum(dwcp_goroutines)", "Goroutines")], "short",
                   about("Tasks that run concurrently in the managers.", "a line that climbs and never falls: tasks that wait for ever.")))
    return board


def consensus():
    board = Board("consensus-performance", "DWCP / Consensus", "ProBFT, Bullshark and T-PBFT side by side.", "30s", "6h",
                  ["production", "consensus"], see=_others("consensus"),
                  annotations=[firing('component=~"probft|bullshark|tpbft|consensus|acp"', "Consensus alerts")])
    board.row("ProBFT consensus")
    board.line(8, (timeseries(
        "Consensus Round Duration",
        [query("histogram_quantile(0.95, sum by (le) (rate(probft_consensus_duration_seconds_bucket[5m])))", "P95 Consensus Time", True)],
        "s", about("How long the slowest 5 % of rounds take to decide.", "over 1 s: nodes wait for messages that come late or never."),
        rising(0.5, 1), line="dashed", low=0), 18),
        (stat("Byzantine Events Detected (24h)", [query("sum(increase(probft_byzantine_events_detected[24h]))", "events")], "short",
              about("Signs of misbehaving nodes in the last day.", "any: find the node under Node Trust Scores and isolate it."),
              rising(None, 1), decimals=0), 6))
    board.row("Bullshark consensus")
    board.line(8, timeseries(
        "Transaction Throughput", [query("sum(rate(bullshark_transactions_processed_total[1m]))", "Transactions/sec")],
        "ops", about("Transactions committed per second; the objective is 300 k/s.",
                     "under 250 k/s for 5 min: BullsharkThroughputLow fires. Look at the mempool and at the DAG's width."),
        falling(250_000, 300_000), line="dashed", low=0),
        timeseries("DAG Depth & Width", [query("max(bullshark_dag_depth)", "DAG Depth"), query("max(bullshark_dag_width)", "DAG Width")],
                   "short", about("Rounds the graph spans, and vertices of the last round.",
                                  "depth grows while width falls: fewer nodes take part, and commits wait for them.",
                                  "one line each for the fleet: the largest value any node reports.")))
    board.row("T-PBFT trust")
    board.line(8, (heatmap(
        "Node Trust Scores", [query("avg by (node) (tpbft_node_trust_score)", "{{node}}")], "none",
        about("Trust in each node, a row per node.", "a row that darkens: the node answers late, wrongly or not at all.",
              "trust is a value per node and not a histogram, so each row is a node and the colour its trust."),
        cell_unit="none", rows=True), 18),
        (stat("Message Reduction (%)", [query("avg(tpbft_message_reduction_percentage)", "saved")], "percent",
              about("Messages saved against plain PBFT.", "under 20 %: trust is spread so thin that the fast path is rarely taken."),
              falling(20, 25), decimals=1), 6))
    return board


def resources():
    board = Board("resource-allocation", "DWCP / Resource allocation", "What MADDPG gives to whom, how well, and whom it starves.",
                  "30s", "6h", ["production", "ml"], see=_others("resources"), annotations=[firing('component="maddpg"', "Allocation alerts")])
    board.row("Allocation efficiency")
    board.line(9, (timeseries(
        "Resource Utilization by Service",
        [query('avg by (service) (maddpg_resource_utilization{resource_type="cpu"})', "{{service}} CPU"),
         query('avg by (service) (maddpg_resource_utilization{resource_type="memory"})', "{{service}} Memory")],
        "percentunit", about("Use of what each service was given.", "near 100 %: the service is about to be starved; far under 50 %: "
                             "it holds what others lack."), rising(0.85, 0.95), line="dashed", low=0, high=1, side_legend=True, fill=0), 18),
        (stat("Overall Allocation Efficiency", [query("avg(maddpg_allocation_efficiency)", "efficiency")], "percentunit",
              about("Share of the given resources that did useful work.", "under 90 %.",
                    "the value is a share; the published unit showed 0.95 as 0.95 %."),
              steps((None, BAD), (0.8, BAD), (0.9, WARN), (0.95, GOOD)), decimals=1), 6))
    board.row("Model performance")
    board.line(8, timeseries(
        "Reward Score Trend", [query("avg(maddpg_reward_score)", "Average Reward")], "none",
        about("Reward the policy earned in its last step.", "a falling line: the policy no longer suits the load; retrain it."), soft_low=None),
        timeseries("Allocation Quality vs Baseline",
                   [query("avg(maddpg_allocation_quality)", "MADDPG"), query("avg(baseline_allocation_quality)", "Baseline")],
                   "none", about("Quality of MADDPG's allocation beside that of the allocator it replaced.",
                                 "MADDPG's line under the baseline's: fall back to the old allocator.")))
    board.row("Safety")
    board.line(6, stat("Constraint Violations (1h)", [query("sum(increase(maddpg_constraint_violations[1h]))", "violations")], "short",
                       about("Allocations that broke a hard limit in the last hour.", "any."), rising(None, 1), decimals=0),
               stat("Resource Starvation Events (1h)", [query("sum(increase(maddpg_resource_starvation_events[1h]))", "events")], "short",
                    about("Times a service was left with too little in the last hour.", "any; the service's name is in the label "
                          "service of maddpg_resource_starvation_events."), rising(None, 1), decimals=0))
    return board
