// kubernetes_sd_configs: the targets of a cluster, followed by watches.
#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <utility>

#include "base/log.hpp"
#include "scrape/discovery_kinds.hpp"
#include "scrape/discovery_stats.hpp"
#include "scrape/kubernetes/object_groups.hpp"
#include "scrape/kubernetes/watch.hpp"

namespace pharos::scrape {
namespace {

using namespace kubernetes;

constexpr Millis kAccessRetry = std::chrono::seconds(30);

struct Stats {
  Counter events{"prometheus_sd_kubernetes_events_total",
                 "The number of Kubernetes events handled.",
                 {"role", "event"}};
  Counter failures{"prometheus_sd_kubernetes_failures_total",
                   "The number of failed WATCH/LIST requests."};
};
Stats& stats() {
  static Stats* const instance = new Stats;
  return *instance;
}

Kind kind_of(const std::string& role) {
  for (int i = 0; i <= static_cast<int>(Kind::namespaces); ++i)
    if (kubernetes::role(static_cast<Kind>(i)) == role) return static_cast<Kind>(i);
  return Kind::pod;  // the configuration has been validated
}

// Everything here runs on the timers' thread but start() and stop().
class KubernetesDiscovery final : public Discovery {
 public:
  KubernetesDiscovery(KubernetesDiscoveryConfig config, std::string job, RefreshTimers& timers,
                      std::shared_ptr<net::HttpClient> client, const Clock& clock)
      : config_(std::move(config)),
        role_(kind_of(config_.role)),
        job_(std::move(job)),
        timers_(timers),
        client_(std::move(client)),
        clock_(clock),
        failures_(discovery_stats().refresh_failures.with({"kubernetes", job_})) {}
  ~KubernetesDiscovery() override { stop(); }

  void start(Changed changed) override {
    changed_ = std::move(changed);
    opening_ = timers_.add([this] { return open(); });
    started_ = true;
  }
  void stop() override {
    if (!std::exchange(started_, false)) return;
    timers_.remove(opening_);
    for (auto& watch : watches_) watch->stop();
    watches_.clear();
  }

 private:
  // Finds the credentials, which may come after us, and starts the watches.
  Nanos open() {
    if (!watches_.empty()) return Nanos::max();
    auto access = find_access(config_, own_surroundings());
    if (!access) {
      failures_.add();
      if (!std::exchange(failing_, true))
        log::error("kubernetes discovery cannot start, it tries again",
                   {{"job", job_}, {"error", access.error().message}});
      return kAccessRetry;
    }
    failing_ = false;
    std::vector<std::string> spaces = config_.namespaces;
    if (config_.own_namespace && !access->own_space.empty()) spaces.push_back(access->own_space);
    if (spaces.empty() || role_ == Kind::node) spaces = {""};
    for (const auto kind : kinds()) {
      const bool of_cluster = kind == Kind::node || kind == Kind::namespaces;
      for (const auto& space : of_cluster ? std::vector<std::string>{""} : spaces)
        add_watch(kind, space, *access);
    }
    for (auto& watch : watches_) watch->start();
    return Nanos::max();
  }

  std::vector<Kind> kinds() const {
    std::vector<Kind> out{role_};
    if (role_ == Kind::endpoints || role_ == Kind::endpointslice) {
      out.push_back(Kind::service);
      out.push_back(Kind::pod);
    }
    const bool on_nodes =
        role_ == Kind::pod || role_ == Kind::endpoints || role_ == Kind::endpointslice;
    if (config_.attach_node_metadata && on_nodes) out.push_back(Kind::node);
    if (config_.attach_namespace_metadata && role_ != Kind::node) out.push_back(Kind::namespaces);
    return out;
  }

  void add_watch(Kind kind, const std::string& space, const Access& access) {
    WatchTarget target{.kind = kind, .space = space};
    for (const auto& selector : config_.selectors)
      if (selector.role == kubernetes::role(kind)) {
        target.label_selector = selector.label;
        target.field_selector = selector.field;
      }
    watches_.push_back(std::make_unique<Watch>(
        target, access, client_, timers_, clock_,
        [this, kind, space](WatchEvents events) { take(kind, space, std::move(events)); },
        [this, kind](const Error& error) {
          stats().failures.add();
          failures_.add();
          // An expired place is the server's ordinary way to say: list anew.
          if (error.code != Errc::not_found)
            log::warn("kubernetes watch interrupted",
                      {{"job", job_}, {"role", kubernetes::role(kind)}, {"error", error.message}});
        }));
  }

  void take(Kind kind, const std::string& space, WatchEvents events) {
    auto& objects = objects_[static_cast<std::size_t>(kind)];
    const auto count = [&](std::string_view event, std::size_t n) {
      if (n > 0) stats().events.with({kubernetes::role(kind), event}).add(static_cast<double>(n));
    };
    count("update", events.changed.size());
    count("delete", events.removed.size());
    std::set<std::string> touched(events.removed.begin(), events.removed.end());
    for (const auto& object : events.changed) touched.insert(object.meta.key());
    if (events.replaced) {  // what the list does not name any more is gone
      for (const auto& [key, object] : objects)
        if ((space.empty() || object.meta.space == space) && !touched.contains(key)) {
          touched.insert(key);
          events.removed.push_back(key);
        }
    }
    // Objects point at what they refer to by key: changes of the referred ones are found both ways.
    std::set<std::string> stale;
    if (kind != role_) add_dependents(kind, touched, stale);
    for (const auto& key : events.removed) objects.erase(key);
    for (auto& object : events.changed) {
      auto key = object.meta.key();
      objects.insert_or_assign(std::move(key), std::move(object));
    }
    if (kind == role_) stale = std::move(touched);
    // The first targets come when everything that they refer to is known: no half-labelled ones.
    if (!std::ranges::all_of(watches_, [](const auto& watch) { return watch->listed(); })) return;
    if (!std::exchange(complete_, true)) {
      stale.clear();
      for (const auto& [key, object] : objects_[static_cast<std::size_t>(role_)]) stale.insert(key);
      emit(stale, true);
      return;
    }
    emit(stale, false);
  }

  // Keys of our role whose targets hold something of the changed objects.
  void add_dependents(Kind kind, const std::set<std::string>& changed,
                      std::set<std::string>& out) const {
    const auto& own = objects_[static_cast<std::size_t>(role_)];
    for (const auto& [key, object] : own) {
      const auto refers = [&](const std::string& other) { return changed.contains(other); };
      bool touched = false;
      if (kind == Kind::namespaces) {
        touched = refers(object.meta.space);
      } else if (const auto* pod = std::get_if<Pod>(&object.body)) {
        touched = kind == Kind::node && refers(pod->node);
      } else if (const auto* endpoints = std::get_if<Endpoints>(&object.body)) {
        if (kind == Kind::service)
          touched = refers(key);
        else
          for (const auto& subset : endpoints->subsets)
            for (const auto* list : {&subset.ready, &subset.not_ready})
              for (const auto& address : *list)
                touched |= kind == Kind::node ? refers(address.node)
                                              : pod_refers(object, address.target, refers);
      } else if (const auto* slice = std::get_if<EndpointSlice>(&object.body)) {
        if (kind == Kind::service) {
          for (const auto& [name, value] : object.meta.labels)
            if (name == "kubernetes.io/service-name")
              touched |= refers(object.meta.space + "/" + value);
        } else {
          for (const auto& endpoint : slice->endpoints)
            touched |= kind == Kind::node ? endpoint.node && refers(*endpoint.node)
                                          : pod_refers(object, endpoint.target, refers);
        }
      }
      if (touched) out.insert(key);
    }
  }
  template <class Refers>
  static bool pod_refers(const Object& object, const std::optional<Reference>& target,
                         Refers refers) {
    if (!target || target->kind != "Pod") return false;
    return refers((target->space.empty() ? object.meta.space : target->space) + "/" + target->name);
  }

  // `all`: also when there is nothing, so that the job knows that it has no targets.
  void emit(const std::set<std::string>& keys, bool all) {
    std::vector<TargetGroup> groups;
    const auto& own = objects_[static_cast<std::size_t>(role_)];
    const GroupOptions options{config_.attach_node_metadata, config_.attach_namespace_metadata};
    const FindObject find = [this](Kind kind, const std::string& key) -> const Object* {
      const auto& objects = objects_[static_cast<std::size_t>(kind)];
      const auto found = objects.find(key);
      return found == objects.end() ? nullptr : &found->second;
    };
    for (const auto& key : keys) {
      const auto found = own.find(key);
      groups.push_back(found == own.end() ? TargetGroup{.source = source_of(role_, key)}
                                          : group_of(role_, found->second, find, options));
    }
    if (!groups.empty() || all) changed_(groups);
  }

  const KubernetesDiscoveryConfig config_;
  const Kind role_;
  const std::string job_;
  RefreshTimers& timers_;
  std::shared_ptr<net::HttpClient> client_;
  const Clock& clock_;
  Counter failures_;
  Changed changed_;
  bool started_ = false, failing_ = false, complete_ = false;
  std::uint64_t opening_ = 0;
  std::vector<std::unique_ptr<Watch>> watches_;
  std::array<std::map<std::string, Object>, 7> objects_;
};

}  // namespace

std::unique_ptr<Discovery> make_kubernetes_discovery(KubernetesDiscoveryConfig config,
                                                     std::string job, RefreshTimers& timers,
                                                     std::shared_ptr<net::HttpClient> client,
                                                     const Clock& clock) {
  return std::make_unique<KubernetesDiscovery>(std::move(config), std::move(job), timers,
                                               std::move(client), clock);
}

}  // namespace pharos::scrape
