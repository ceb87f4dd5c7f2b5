// What the Alertmanager half tells about itself, in Alertmanager's names where it has them.
#pragma once
#include <map>
#include <mutex>
#include <string>

#include "base/metric.hpp"

namespace pharos::rules::notify {

struct NotifyMetrics {
  Gauge alerts{"alertmanager_alerts", "How many alerts by state.", {"state"}};
  Counter received{"alertmanager_alerts_received_total",
                   "The total number of received alerts.",
                   {"status", "version"}};
  Counter invalid{"alertmanager_alerts_invalid_total",
                  "The total number of received alerts that were invalid.",
                  {"version"}};
  Gauge silences{"alertmanager_silences", "How many silences by state.", {"state"}};
  Gauge groups{"alertmanager_dispatcher_aggregation_groups", "Number of active aggregation groups"};
  Counter notifications{"alertmanager_notifications_total",
                        "The total number of attempted notifications.",
                        {"integration"}};
  Counter failed{"alertmanager_notifications_failed_total",
                 "The total number of failed notifications.",
                 {"integration", "reason"}};
  Counter requests{"alertmanager_notification_requests_total",
                   "The total number of attempted notification requests.",
                   {"integration"}};
  Counter requests_failed{"alertmanager_notification_requests_failed_total",
                          "The total number of failed notification requests.",
                          {"integration"}};
  Counter suppressed{"alertmanager_notifications_suppressed_total",
                     "The total number of notifications suppressed for being silenced, inhibited, "
                     "outside of active time intervals or within muted time intervals.",
                     {"reason"}};
  Distribution latency{"alertmanager_notification_latency_seconds",
                       "The latency of notifications in seconds.",
                       {0.01, 0.05, 0.1, 0.5, 1, 5, 10, 15, 20},
                       {"integration"}};
  Gauge failing{"pharos_notify_consecutive_failures",
                "Attempts at an integration of a receiver that failed since the last one that did "
                "not.",
                {"receiver", "integration"}};
  Gauge outbox{"pharos_notify_outbox_items", "Notifications on their way."};
  Gauge outbox_oldest{"pharos_notify_outbox_oldest_seconds",
                      "How long the notification that has been on its way longest has waited."};
  Counter dropped{"pharos_notify_outbox_dropped_total",
                  "Notifications dropped unsent because the outbox was at its limit."};
  Gauge log_entries{"pharos_notify_log_entries", "Entries of the notification log."};
  Counter save_failures{"pharos_notify_save_failures_total",
                        "Times that state of notifications could not be stored; it is kept in "
                        "memory and tried again."};
  Gauge unsaved{"pharos_notify_unsaved", "Changes that wait to be stored."};
  Counter limit{"pharos_notify_alerts_limit_total",
                "Alerts refused because there are too many, or too large ones.",
                {"limit"}};
  Counter limit_alerts = limit.with({"alerts"}), limit_alert_bytes = limit.with({"alert_bytes"}),
          limit_bytes = limit.with({"bytes"});
  Gauge alert_bytes{"pharos_notify_alert_bytes",
                    "Bytes of labels, annotations and generator URLs of the alerts in memory."};
};

NotifyMetrics& metrics();

}  // namespace pharos::rules::notify
