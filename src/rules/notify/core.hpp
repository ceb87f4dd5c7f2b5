// The Alertmanager half itself; internal. Split by what happens: core_post.cpp takes alerts in,
// core_flush.cpp decides about groups, core_send.cpp delivers, core_state.cpp loads and keeps,
// core_query.cpp answers questions.
#pragma once
#include <boost/unordered/unordered_flat_set.hpp>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <queue>
#include <set>
#include <shared_mutex>
#include <thread>
#include <unordered_map>
#include <vector>

#include "rules/notify/alert_journal.hpp"
#include "rules/notify/alert_store.hpp"
#include "rules/notify/alertmanager.hpp"
#include "rules/notify/inhibitor.hpp"
#include "rules/notify/notification_log.hpp"
#include "rules/notify/outbox.hpp"
#include "rules/notify/silences.hpp"

namespace pharos::rules::notify {

// Alerts of one route with the same group labels.
struct Group {
  std::uint64_t id = 0;
  const Route* route = nullptr;
  std::size_t route_index = 0;
  Labels labels;
  std::string key;             // `{}/{team="a"}:{alertname="x"}`, `#2` after it for one_shot groups
  std::uint64_t sequence = 1;  // of one_shot
  bool open = true;            // takes new alerts
  bool has_flushed = false;
  Nanos next{0};
  std::vector<StoredAlert*> alerts;
  // Of large groups: the same as `alerts`.
  std::unique_ptr<boost::unordered_flat_set<const StoredAlert*>> members;
  std::string last_suppressed;  // the same news is recorded once

  bool contains(const StoredAlert* alert) const;
  void insert(StoredAlert* alert);
  template <class Gone>
  void erase_if(Gone gone) {
    std::erase_if(alerts, [&](StoredAlert* alert) {
      if (!gone(*alert)) return false;
      --alert->groups;
      if (members) members->erase(alert);
      return true;
    });
  }
};

// One flush of one group, frozen; shared by the integrations it goes to.
struct FlushContent {
  std::uint64_t group = 0;
  const Route* route = nullptr;
  std::shared_ptr<const AlertmanagerConfig> config;  // owns the route
  std::shared_ptr<Notification> notification;        // all alerts; made when first needed
  AlertSet firing, resolved;
  Time now{};
  std::optional<std::string> acknowledged;  // all firing ones are: by whom
  std::shared_ptr<FlushTicket> ticket;
};

// What is known about telling one integration about one group.
struct Slot {
  std::optional<LogEntry> log;
  std::uint64_t item = 0;              // in the outbox; 0: none
  std::shared_ptr<FlushContent> next;  // to be judged when what is in flight has come to its end
  std::vector<std::shared_ptr<FlushTicket>> also;  // wait for it without more to say
  std::string last_news;  // why it was last not told, with the alerts: recorded once

  bool idle() const { return !log && item == 0; }
};

// Alertmanager's order of alerts in a notification: job, instance, then all labels.
bool alert_before(const Labels& a, const Labels& b);
bool labels_before(const Labels& a, const Labels& b);  // and of label sets: fewer labels first

class Core final : public Alertmanager {
 public:
  Core(Database& database, const Clock& clock, AlertmanagerOptions options,
       MakeIntegrations make_integrations);
  ~Core() override;
  Status load();

  Result<Commit> prepare(std::shared_ptr<const AlertmanagerConfig> config) override;
  std::shared_ptr<const AlertmanagerConfig> config() const override;
  void start() override;
  void stop() override;
  Time tick() override;

  Result<std::vector<Refused>> post(std::vector<Alert> alerts) override;
  Status deliver(std::span<const Alert> alerts) override;
  std::vector<AlertView> alerts(const AlertQuery& query) const override;
  std::vector<GroupView> groups(const AlertQuery& query) const override;
  Result<std::string> set_silence(Silence silence) override;
  Status expire_silence(const std::string& id) override;
  Result<Silence> silence(const std::string& id) const override;
  std::vector<Silence> silences(std::span<const Matcher> matchers) const override;
  Status send_to(const std::string& receiver, Notification notification) override;
  std::vector<RoutePreview> preview(const Labels& labels, Time at) const override;
  std::vector<DeliveryRecord> deliveries(std::size_t limit,
                                         std::optional<std::uint64_t> alert) const override;
  Result<std::vector<AlertTransition>> history(std::span<const Matcher> matchers, Interval interval,
                                               std::size_t limit) const override;
  Result<SilencePreview> preview_silence(std::span<const Matcher> matchers,
                                         Interval interval) const override;

 private:
  struct AlertCounts {
    std::uint64_t active = 0, suppressed = 0, unprocessed = 0;
  };
  struct RouteGroups {
    const Route* route = nullptr;
    std::unordered_map<Labels, Group*> open;
    std::unordered_map<Labels, std::vector<Group*>> all;  // of one_shot routes only
  };
  struct Timer {
    Nanos when;
    std::uint64_t group;
    bool operator>(const Timer& other) const { return when > other.when; }
  };

  // core_post.cpp
  Result<std::vector<Refused>> take(std::vector<Alert>& alerts, bool rules);
  void route_alert(StoredAlert& alert, bool restored);
  Group& group_for(std::size_t route_index, const Labels& labels, const StoredAlert& alert,
                   bool restored);
  void schedule(Group& group, Nanos when);
  void destroy(Group& group);
  std::uint64_t sequence_of(const Route& route, const std::string& key,
                            const StoredAlert& alert) const;

  // core_flush.cpp
  bool flush_due();  // mutex_ not held; true: more is due
  void flush(Group& group, Nanos due);
  struct Suppression {
    std::string outcome, cause;
    std::vector<std::uint64_t> alerts;
    std::uint64_t firing = 0, resolved = 0;
  };
  std::string interval_holding(const std::vector<std::string>& names, Time at) const;
  void tell(const OutboxIntegration& integration, const std::shared_ptr<FlushContent>& content);
  std::shared_ptr<Notification> materialise(FlushContent& content);
  void finish(const std::shared_ptr<FlushTicket>& ticket, bool ok);
  void close_ticket(const std::shared_ptr<FlushTicket>& ticket);
  void suppress(Group& group, const Suppression& what, Time now);

  // core_send.cpp
  bool send_one();  // false: nothing may be sent now
  void complete(std::uint64_t id, SendOutcome outcome, Millis took);
  void fail_item(OutboxItem& item, const std::string& outcome, const std::string& cause);
  void drop_item(std::uint64_t id);
  DeliveryRecord record_of(const OutboxItem& item, std::string outcome, std::string cause) const;
  void record(DeliveryRecord record);
  void work(std::stop_token stop);
  void keep_time(std::stop_token stop);
  void wake();            // mutex_ held
  void signal_senders();  // mutex_ held
  static std::string slot_key(const std::string& integration, const std::string& group_key) {
    return integration + '\x1f' + group_key;
  }

  // core_state.cpp
  Status save();  // mutex_ not held: everything that waits to be stored; releases new items
  void maintain();
  void sweep_alerts();
  Status compact();
  void update_gauges() const;
  void count(const StoredAlert& alert, Time now, AlertCounts& counts) const;  // by its state
  static void show(const AlertCounts& counts);
  std::optional<Nanos> next_due() const;  // mutex_ held

  // core_query.cpp
  AlertMarks marks_of(const StoredAlert& alert, const std::vector<const Route*>& routes,
                      Time now) const;
  bool wanted(const AlertQuery& query, const StoredAlert& alert, Time now) const;
  static bool wanted(const AlertQuery& query, const AlertMarks& marks);

  Database& database_;
  const Clock& clock_;
  const AlertmanagerOptions options_;
  const MakeIntegrations make_integrations_;

  AlertJournal journal_;
  std::shared_mutex gate_;  // shared: between a batch on disk and the same batch in memory
  Silences silences_;

  // Taken before mutex_, never while holding it.
  std::mutex saving_;
  void configure(std::shared_ptr<const AlertmanagerConfig> config,
                 std::vector<OutboxIntegration> integrations);
  std::mutex configuring_;

  mutable std::mutex mutex_;
  // All below: guarded by mutex_.
  std::shared_ptr<const AlertmanagerConfig> config_;
  std::vector<RouteGroups> routes_;
  std::unordered_map<const Route*, std::size_t> route_index_;
  std::unique_ptr<Inhibitor> inhibitor_;
  AlertStore store_;
  std::unordered_map<std::uint64_t, std::unique_ptr<Group>> groups_;
  std::uint64_t next_group_ = 1;
  std::priority_queue<Timer, std::vector<Timer>, std::greater<>> timers_;
  std::unordered_map<std::string, Slot> slots_;
  Outbox outbox_;
  Random random_;
  // To be stored by the next save(): what fails stays here and is tried again.
  std::set<std::uint64_t> dirty_items_, removed_items_;
  std::set<std::string> dirty_logs_;
  std::vector<DeliveryRecord> dirty_records_;
  std::uint64_t next_record_ = 1;
  bool save_failed_ = false;
  // Upkeep.
  Nanos next_upkeep_{0}, next_sweep_{0}, next_trim_{0};
  std::size_t sweep_at_ = 0;
  bool sweeping_ = false;
  AlertCounts counts_;  // of the sweep that runs
  Time alive_{};

  std::condition_variable_any wake_timer_, wake_workers_;
  bool timer_poked_ = false;
  Nanos sleeping_until_{0};  // of the timer thread; 0: awake
  std::uint64_t send_events_ = 0;
  std::size_t idle_workers_ = 0, workers_ = 0;
  bool running_ = false;
  std::stop_source stop_;  // of sends
  std::vector<std::jthread> threads_;
};

}  // namespace pharos::rules::notify
