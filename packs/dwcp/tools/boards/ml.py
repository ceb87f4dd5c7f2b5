"""Machine learning: predictions, anomaly scores, bottlenecks, recommendations."""
from .kit import (BAD, GOOD, NEUTRAL, WARN, Board, about, firing, gauge, heatmap, instant, override, piechart, query,
                  query_variable, rising, stat, steps, table, timeseries)


def optimization():
    board = Board("ml-optimization", "DWCP / ML optimisation", "What the models foresee, how often they are right, and what they advise.", "10s", "1h", ["phase6", "ml"],
                  [query_variable("vm", "VM", "label_values(ml_anomaly_score, vm_id)")], [firing('alertname=~".*(Model|Anomal|ML|Prediction).*"', "Model alerts")],
                  [("anomaly-detection", "Anomalies", "What the detectors found"), ("phase6-production-live", "Live", "The live production board"),
                   ("resource-allocation", "Resources", "What MADDPG gives to whom")])
    vm = 'vm_id=~"$vm"'
    lifetime = "the counter counts since the start and never falls; here only the chosen range counts."
    board.row("Now")
    board.line(6, (stat("Model Accuracy", [query("min by (model_type) (ml_model_accuracy)", "{{model_type}}")], "percentunit",
                       about("Share of right answers, by model.", "under 85 %: watch; under 70 %: retrain, and do not act on it.", "one value per model instead of one for all."),
                       steps((None, BAD), (0.7, WARN), (0.85, GOOD)), decimals=1), 5),
               (gauge("Prediction Latency", [query("histogram_quantile(0.95, sum by (le) (rate(ml_prediction_latency_seconds_bucket[5m])))", "P95")], "s",
                     about("The slowest 5 % of predictions.", "over 0.25 s; over 0.5 s predictions come too late to act on.",
                           "the quantile of buckets since the start hardly moves; this is that of the last 5 min, over all processes."), rising(0.25, 0.5), 0, 1, decimals=1), 5),
               (stat("Total Predictions", [query("sum(ml_predictions_total)", "predictions")], "short",
                    about("Predictions made since the start.", "the number stands still: the predictor hangs."), NEUTRAL, decimals=0), 5),
               (stat("Anomalies Detected", [instant("sum(increase(ml_anomalies_detected_total[$__range]))", "anomalies")], "short",
                    about("Anomalies the models found in the chosen range.", "over 10; over 50 something large is wrong.", lifetime), rising(10, 50), graph=False, decimals=0), 5),
               (stat("Bottlenecks Identified", [instant("sum(increase(ml_bottlenecks_identified_total[$__range]))", "bottlenecks")], "short",
                    about("Bottlenecks found in the chosen range.", "over 5; over 20 the fleet is short of something.", lifetime), rising(5, 20), graph=False, decimals=0), 4))
    board.row("Predictions")
    board.line(9, timeseries(
        "Resource Usage Predictions",
        [query(f"avg(ml_predicted_cpu_usage{{{vm}}})", "Predicted CPU"), query(f"avg(ml_predicted_memory_usage{{{vm}}})", "Predicted Memory"),
         query(f"avg(ml_actual_cpu_usage{{{vm}}})", "Actual CPU"), query(f"avg(ml_actual_memory_usage{{{vm}}})", "Actual Memory")], "percent",
        about("What machines were expected to use (dashed) and what they use, mean over the chosen ones.", "the pairs part: the model no longer knows the load.",
              "mean over machines: the published query drew four lines per machine."), rising(70, 85), low=0, high=100,
        overrides=[override("Predicted CPU", custom__lineStyle={"fill": "dash", "dash": [8, 6]}, custom__fillOpacity=0),
                   override("Predicted Memory", custom__lineStyle={"fill": "dash", "dash": [8, 6]}, custom__fillOpacity=0)]),
        timeseries("Performance Predictions",
                   [query(f"avg(ml_predicted_throughput{{{vm}}})", "Predicted Throughput"), query(f"avg(ml_predicted_latency{{{vm}}})", "Predicted Latency"),
                    query(f"avg(ml_predicted_iops{{{vm}}})", "Predicted IOPS")], "ops",
                   about("Expected operations per second (left) and latency (right), mean over the chosen machines.", "latency is expected to rise while throughput falls.",
                         "latency is in milliseconds and has its own axis; the published unit called it operations per second."), low=0,
                   overrides=[override("Predicted Latency", unit="ms", custom__axisPlacement="right", custom__fillOpacity=0)]))
    board.row("Anomalies and bottlenecks")
    board.line(9, timeseries(
        "Anomaly Detection Scores", [query(f"topk(10, max by (vm_id) (ml_anomaly_score{{{vm}}}))", "{{vm_id}}")], "none",
        about("How unusual the ten most unusual machines are, 0 to 1.", "over 0.7.", "the ten highest: hundreds of lines cannot be read."),
        rising(None, 0.7), line="dashed", low=0, high=1, decimals=2, fill=0),
        heatmap("Bottleneck Detection Heatmap", [query(f"topk(20, max by (vm_id) (ml_bottlenecks_by_vm{{{vm}}}))", "{{vm_id}}")], "short",
                about("Bottlenecks present, a row per machine (the twenty that have most).", "a row that stays bright: that machine needs more, or another place.",
                      "a count per machine is not a histogram, so each row is a machine and the colour its count."), rows=True))
    board.line(9, (table("Migration Recommendations",
                        [instant(f"topk(50, sum by (vm_id) (ml_migration_recommendations{{{vm}}}))", table=True)], "short",
                        about("Moves the model advises, by machine.", "the same machine at the top for hours: its move is advised and does not happen."),
                        rising(1, 5), [{"id": "organize", "options": {"excludeByName": {"Time": True}, "indexByName": {"vm_id": 0, "Value": 1},
                                                                      "renameByName": {"vm_id": "VM", "Value": "Advised moves"}}},
                                       {"id": "sortBy", "options": {"fields": {}, "sort": [{"field": "Advised moves", "desc": True}]}}],
                        decimals=0, coloured="Advised moves", cell="color-text"), 14),
               (piechart("Anomaly Types Distribution", [query("sum by (type) (ml_anomaly_by_type)", "{{type}}")], "short",
                         about("Anomalies present, by type.", "one type takes most of it: one cause.")), 10))
    return board
