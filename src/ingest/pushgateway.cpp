#include "ingest/pushgateway.hpp"

#include <algorithm>
#include <map>
#include <mutex>
#include <set>
#include <thread>

#include "base/log.hpp"
#include "base/metric.hpp"
#include "base/threads.hpp"
#include "codec/checksum.hpp"
#include "codec/compress.hpp"
#include "codec/json.hpp"
#include "ingest/push_group.hpp"
#include "ingest/push_path.hpp"
#include "ingest/remote_write.hpp"

namespace pharos::ingest {
namespace {

struct Stats {
  Counter pushes{"pharos_pushgateway_pushes_total", "Pushes, by outcome.", {"outcome"}};
  Counter accepted = pushes.with({"accepted"});
  Counter refused = pushes.with({"refused"});
  Counter full{"pharos_pushgateway_groups_limit_total", "Pushes refused because there are too many groups."};
  Counter repeat_failures{"pharos_pushgateway_repeat_failures_total", "Repetitions that the store did not take."};
  Gauge groups{"pharos_pushgateway_groups", "Groups held."};
};
Stats& stats() {
  static Stats s;
  return s;
}

std::string hex(std::uint64_t v) {
  char buffer[17];
  std::snprintf(buffer, sizeof buffer, "%016llx", static_cast<unsigned long long>(v));
  return buffer;
}

std::string_view upper_type(MetricType type) {
  switch (type) {
    case MetricType::counter: return "COUNTER";
    case MetricType::gauge: return "GAUGE";
    case MetricType::histogram: return "HISTOGRAM";
    case MetricType::gauge_histogram: return "GAUGE_HISTOGRAM";
    case MetricType::summary: return "SUMMARY";
    default: return "UNTYPED";
  }
}

net::Response text_error(int status, const std::string& what) { return net::Response::text(status, what + "\n"); }

}  // namespace

struct Pushgateway::State {
  std::shared_ptr<Disk> disk;
  std::shared_ptr<Appender> appender;
  const Clock* clock = nullptr;
  PushgatewayConfig config;

  struct Held {
    PushGroup group;
    PushSeries push_time, failure_time;   // the gateway's own two series
    UnixMillis last_ms = 0;               // newest sample written
    std::string file;
  };
  mutable std::mutex mutex;
  std::map<Labels, Held> groups;          // guarded by mutex
  Millis interval{};                      // guarded by mutex
  std::jthread repeater;

  UnixMillis now() const { return to_unix_millis(clock->now()); }

  std::string file_of(const Labels& key) const {
    const auto hash = codec::hash128(key.to_string());
    return config.folder + '/' + hex(hash.high) + hex(hash.low) + ".group";
  }

  static void name_own_series(Held& held) {
    held.push_time.labels = held.group.key.with(kMetricName, "push_time_seconds");
    held.failure_time.labels = held.group.key.with(kMetricName, "push_failure_time_seconds");
    held.push_time.value = static_cast<double>(held.group.pushed_ms) / 1000;
    held.failure_time.value = static_cast<double>(held.group.failed_ms) / 1000;
  }

  Status load() {
    TRY(disk->make_dirs(config.folder));
    const auto entries = TRY(disk->list(config.folder));
    for (const auto& entry : entries) {
      if (!entry.name.ends_with(".group")) continue;
      const auto path = config.folder + '/' + entry.name;
      const auto bytes = disk->read(path);
      auto group = bytes ? decode_push_group(*bytes) : Result<PushGroup>(fail(bytes.error()));
      if (!group) {
        log::error("push group file damaged, set aside", {{"file", path}, {"why", group.error().message}});
        if (auto moved = disk->rename(path, path + ".damaged"); !moved) return moved;
        continue;
      }
      Held held;
      held.group = std::move(*group);
      held.file = path;
      name_own_series(held);
      groups.emplace(held.group.key, std::move(held));
    }
    stats().groups.set(static_cast<double>(groups.size()));
    return {};
  }

  static std::vector<PushSeries*> series_of(Held& held) {
    std::vector<PushSeries*> out;
    for (auto& [name, family] : held.group.families)
      for (auto& series : family.series) out.push_back(&series);
    out.push_back(&held.push_time);
    out.push_back(&held.failure_time);
    return out;
  }

  // Writes the series' values (or stale markers) at t_ms. With mutex held.
  Status store(std::vector<PushSeries*> series, UnixMillis t_ms, bool stale) {
    for (int attempt = 0; attempt < 2 && !series.empty(); ++attempt) {
      std::vector<FloatSample> floats;
      std::vector<HistogramSample> histograms;
      std::vector<UnixMillis> float_starts, histogram_starts;
      std::vector<PushSeries*> of_float, of_histogram;
      std::optional<Error> failure;
      for (auto* s : series) {
        if (s->ref == SeriesRef::none) {
          const auto ref = appender->resolve(s->labels);
          if (!ref) {
            failure = ref.error();
            continue;
          }
          s->ref = *ref;
        }
        if (s->histogram && !stale) {
          histograms.push_back({s->ref, t_ms, s->histogram});
          histogram_starts.push_back(s->start_ms);
          of_histogram.push_back(s);
        } else {
          floats.push_back({s->ref, t_ms, stale ? stale_nan() : s->value});
          float_starts.push_back(stale ? 0 : s->start_ms);
          of_float.push_back(s);
        }
      }
      AppendBatch batch;
      batch.floats = floats;
      batch.float_start_ms = float_starts;
      batch.histograms = histograms;
      batch.histogram_start_ms = histogram_starts;
      const auto outcome = TRY(appender->append(batch));
      series.clear();
      for (const auto& rejection : outcome.rejections) {
        if (rejection.reason != RejectReason::unknown_ref) continue;
        auto* s = rejection.kind == Rejection::Kind::floating ? of_float[rejection.index] : of_histogram[rejection.index];
        s->ref = SeriesRef::none;
        series.push_back(s);
      }
      if (failure) return fail(std::move(*failure));
    }
    return {};
  }

  UnixMillis next_time(Held& held) const { return held.last_ms = std::max(now(), held.last_ms + 1); }

  Status save(const Held& held) { return disk->replace(held.file, as_bytes(encode_push_group(held.group))); }

  // The group of `key`, made when new; nullptr when there are too many.
  Held* group_of(const Labels& key) {
    const auto found = groups.find(key);
    if (found != groups.end()) return &found->second;
    if (groups.size() >= config.groups_max) return nullptr;
    auto& held = groups[key];
    held.group.key = key;
    held.file = file_of(key);
    name_own_series(held);
    stats().groups.set(static_cast<double>(groups.size()));
    return &held;
  }

  Status drop(std::map<Labels, Held>::iterator found) {
    auto& held = found->second;
    if (disk->exists(held.file)) TRY(disk->remove(held.file));
    const auto ended = store(series_of(held), next_time(held), true);
    groups.erase(found);
    stats().groups.set(static_cast<double>(groups.size()));
    return ended;
  }
};

namespace {

Result<Labels> key_of(const net::Request& request) {
  const auto rest = request.param("rest");
  const bool base64 = request.raw_path.contains("/job@base64/");
  return parse_push_path((base64 ? "@base64/" : "/") + std::string(rest));
}

}  // namespace

Pushgateway::Pushgateway(std::unique_ptr<State> state) : state_(std::move(state)) {}

Pushgateway::~Pushgateway() = default;

Result<std::shared_ptr<Pushgateway>> Pushgateway::open(std::shared_ptr<Disk> disk, std::shared_ptr<Appender> appender,
                                                       const Clock& clock, PushgatewayConfig config) {
  auto state = std::make_unique<State>();
  state->disk = std::move(disk);
  state->appender = std::move(appender);
  state->clock = &clock;
  state->interval = config.interval;
  state->config = std::move(config);
  TRY(state->load());
  std::shared_ptr<Pushgateway> gateway(new Pushgateway(std::move(state)));
  if (gateway->state_->config.background) {
    auto* self = gateway.get();
    gateway->state_->repeater = start_thread("push-repeat", [self](std::stop_token stop) {
      while (true) {
        Millis interval;
        {
          std::lock_guard lock(self->state_->mutex);
          interval = self->state_->interval;
        }
        if (!self->state_->clock->sleep_for(interval, stop)) return;
        self->repeat();
      }
    });
  }
  return gateway;
}

net::Response Pushgateway::push(const net::Request& request, bool replace) {
  const auto refuse = [](int status, const std::string& what) {
    stats().refused.add();
    return text_error(status, what);
  };
  const auto key = key_of(request);
  if (!key) return refuse(400, key.error().message);
  const auto encoding = codec::parse_content_encoding(request.headers.get("Content-Encoding"));
  if (!encoding) return refuse(415, encoding.error().message);
  std::string unpacked;
  std::string_view page = request.body;
  if (*encoding != codec::Compression::none) {
    if (auto done = codec::decompress(*encoding, request.body, state_->config.decoded_max, unpacked); !done)
      return refuse(done.error().code == Errc::limit ? 413 : 400, done.error().message);
    page = unpacked;
  }
  auto families = parse_push_page(request.headers.get("Content-Type"), page, *key, state_->now());
  if (!families && families.error().code != Errc::conflict) return refuse(400, families.error().message);

  std::lock_guard lock(state_->mutex);
  auto* held = state_->group_of(*key);
  if (!held) {
    stats().full.add();
    return refuse(429, "limit of " + std::to_string(state_->config.groups_max) + " groups reached");
  }
  const auto t_ms = state_->next_time(*held);
  if (!families) {  // understood, but inconsistent: the group remembers the failure
    held->group.failed_ms = t_ms;
    held->failure_time.value = static_cast<double>(t_ms) / 1000;
    if (auto saved = state_->save(*held); !saved) return refuse(500, saved.error().message);
    if (auto stored = state_->store({&held->failure_time, &held->push_time}, t_ms, false); !stored) return write_failure(stored.error());
    return refuse(400, "pushed metrics are invalid or inconsistent with existing metrics: " + families.error().message);
  }
  // Refs of series that stay are kept; those that go get a stale marker.
  std::map<Labels, PushSeries> before;
  for (auto& [name, family] : held->group.families)
    if (replace || families->contains(name))
      for (auto& series : family.series) before.emplace(series.labels, series);
  auto previous = held->group;
  if (replace) held->group.families.clear();
  for (auto& [name, family] : *families) held->group.families[name] = std::move(family);
  for (auto& [name, family] : held->group.families)
    for (auto& series : family.series)
      if (const auto old = before.find(series.labels); old != before.end()) {
        series.ref = old->second.ref;
        before.erase(old);
      }
  held->group.pushed_ms = t_ms;
  if (auto saved = state_->save(*held); !saved) {
    held->group = std::move(previous);
    return refuse(saved.error().code == Errc::unavailable ? 503 : 500, saved.error().message);
  }
  held->push_time.value = static_cast<double>(t_ms) / 1000;
  std::vector<PushSeries*> gone;
  for (auto& [labels, series] : before) gone.push_back(&series);
  if (!gone.empty())
    if (auto ended = state_->store(std::move(gone), t_ms, true); !ended) return write_failure(ended.error());
  if (auto stored = state_->store(State::series_of(*held), t_ms, false); !stored) return write_failure(stored.error());
  std::vector<Metadata> metadata;
  for (const auto& [name, family] : held->group.families)
    if (family.type != MetricType::unknown || !family.help.empty()) metadata.push_back({name, family.type, family.help, {}});
  if (!metadata.empty()) {
    AppendBatch batch;
    batch.metadata = metadata;
    if (auto told = state_->appender->append(batch); !told) return write_failure(told.error());
  }
  stats().accepted.add();
  net::Response response;
  response.status = 200;
  return response;
}

net::Response Pushgateway::remove(const net::Request& request) {
  const auto key = key_of(request);
  if (!key) return text_error(400, key.error().message);
  std::lock_guard lock(state_->mutex);
  if (const auto found = state_->groups.find(*key); found != state_->groups.end())
    if (auto dropped = state_->drop(found); !dropped) return write_failure(dropped.error());
  net::Response response;
  response.status = 202;
  return response;
}

net::Response Pushgateway::wipe() {
  std::lock_guard lock(state_->mutex);
  while (!state_->groups.empty())
    if (auto dropped = state_->drop(state_->groups.begin()); !dropped) return write_failure(dropped.error());
  net::Response response;
  response.status = 202;
  return response;
}

void Pushgateway::repeat() {
  std::lock_guard lock(state_->mutex);
  for (auto& [key, held] : state_->groups)
    if (auto stored = state_->store(State::series_of(held), state_->next_time(held), false); !stored) stats().repeat_failures.add();
}

void Pushgateway::set_interval(Millis interval) {
  std::lock_guard lock(state_->mutex);
  state_->interval = interval;
}

std::size_t Pushgateway::groups() const {
  std::lock_guard lock(state_->mutex);
  return state_->groups.size();
}

namespace {

void put_labels(codec::JsonWriter& to, const Labels& labels, std::initializer_list<std::string_view> without = {}) {
  to.begin_object();
  for (const auto& [name, value] : labels) {
    if (name == kMetricName || std::find(without.begin(), without.end(), name) != without.end()) continue;
    to.key(name).value(value);
  }
  to.end_object();
}

std::string sample_text(double v) {
  std::string out;
  codec::put_sample_value(out, v);
  return out;
}

// Buckets, quantiles, sum and count of a family come together again under the labels they share.
void put_family(codec::JsonWriter& to, const std::string& name, const PushFamily& family) {
  to.key(name).begin_object();
  to.key("time_stamp").value(format_time(from_unix_millis(family.pushed_ms)));
  to.key("type").value(upper_type(family.type));
  if (!family.help.empty()) to.key("help").value(family.help);
  to.key("metrics").begin_array();
  if (family.type != MetricType::histogram && family.type != MetricType::summary) {
    for (const auto& series : family.series) {
      to.begin_object().key("labels");
      put_labels(to, series.labels);
      to.key("value").value(sample_text(series.histogram ? series.histogram->sum : series.value));
      to.end_object();
    }
  } else {
    std::map<Labels, std::vector<const PushSeries*>> together;
    for (const auto& series : family.series)
      together[series.labels.without_metric_name().without("le").without("quantile")].push_back(&series);
    for (const auto& [labels, parts] : together) {
      to.begin_object().key("labels");
      put_labels(to, labels);
      std::string count, sum;
      std::vector<std::pair<std::string, std::string>> points;
      for (const auto* part : parts) {
        const auto metric = part->labels.metric_name();
        if (part->histogram) count = sample_text(part->histogram->count), sum = sample_text(part->histogram->sum);
        else if (metric == name + "_count") count = sample_text(part->value);
        else if (metric == name + "_sum") sum = sample_text(part->value);
        else {
          auto bound = part->labels.get(family.type == MetricType::summary ? "quantile" : "le");
          if (bound.ends_with(".0")) bound.remove_suffix(2);  // as pushed, not as stored
          points.emplace_back(bound, sample_text(part->value));
        }
      }
      to.key(family.type == MetricType::summary ? "quantiles" : "buckets").begin_object();
      for (const auto& [bound, value] : points) to.key(bound).value(value);
      to.end_object();
      to.key("count").value(count);
      to.key("sum").value(sum);
      to.end_object();
    }
  }
  to.end_array().end_object();
}

}  // namespace

net::Response Pushgateway::status() const {
  std::string out;
  codec::JsonWriter to(out);
  to.begin_object().key("status").value("success");
  to.key("data").begin_array();
  std::lock_guard lock(state_->mutex);
  for (const auto& [key, held] : state_->groups) {
    to.begin_object();
    to.key("labels");
    put_labels(to, key);
    to.key("last_push_successful").value(held.group.last_push_successful());
    for (const auto& [name, family] : held.group.families) put_family(to, name, family);
    PushFamily own;
    own.type = MetricType::gauge;
    own.pushed_ms = held.group.pushed_ms;
    own.help = "Last Unix time when changing this group in the Pushgateway failed.";
    own.series = {held.failure_time};
    put_family(to, "push_failure_time_seconds", own);
    own.help = "Last Unix time when changing this group in the Pushgateway succeeded.";
    own.series = {held.push_time};
    put_family(to, "push_time_seconds", own);
    to.end_object();
  }
  to.end_array().end_object();
  return net::Response::json(200, std::move(out));
}

void register_pushgateway(net::Router& router, std::shared_ptr<Pushgateway> gateway, const PushgatewayConfig& limits) {
  const net::RouteOptions options{.body_max = limits.body_max};
  for (const auto* pattern : {"/metrics/job/*rest", "/metrics/job@base64/*rest"}) {
    router.add("PUT", pattern, [gateway](const net::Request& r) { return gateway->push(r, true); }, options);
    router.add("POST", pattern, [gateway](const net::Request& r) { return gateway->push(r, false); }, options);
    router.add("DELETE", pattern, [gateway](const net::Request& r) { return gateway->remove(r); }, options);
  }
  router.add("GET", "/api/v1/metrics", [gateway](const net::Request&) { return gateway->status(); });
  if (limits.admin) router.add("PUT", "/api/v1/admin/wipe", [gateway](const net::Request&) { return gateway->wipe(); });
}

}  // namespace pharos::ingest
