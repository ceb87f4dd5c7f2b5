#include "api/live/hub.hpp"

#include <algorithm>

#include "api/live/hub_state.hpp"
#include "base/metric.hpp"
#include "base/threads.hpp"
#include "base/uuid.hpp"

namespace pharos::api::live {
namespace {

constexpr Nanos kRetryHistory = std::chrono::seconds(10);
constexpr std::string_view kBeat = ": beat\n\n";
constexpr Nanos kSlow = std::chrono::milliseconds(100);
constexpr int kShareOfCore = 5;                      // a plan may take one fifth of the time
constexpr std::size_t kHeldMax = 600;                // ticks, while a history is worked out
constexpr std::size_t kKeptHistoryMax = 256u << 10;  // bytes
constexpr std::uint64_t kHistorySamplesMax = 5'000'000;

struct Stats {
  Gauge streams{"pharos_live_streams", "Live streams that are open."};
  Gauge plans{"pharos_live_plans", "Distinct (query, step) pairs that live streams follow."};
  Counter ticks{"pharos_live_evaluations_total", "Steps of live queries that were evaluated."};
  Counter failed{"pharos_live_evaluations_failed_total", "Steps of live queries that failed."};
  Counter histories{"pharos_live_histories_total", "Histories worked out for live queries."};
  Counter sent{"pharos_live_bytes_sent_total", "Bytes of events handed to live streams."};
  Counter dropped{"pharos_live_dropped_total",
                  "Times that what waited for a slow reader was thrown away."};
  Counter late{"pharos_live_steps_skipped_total",
               "Steps of live queries that were left out because evaluation was behind or dear."};
  Counter limits{"pharos_live_limit_hits_total", "Bounds that were hit, by bound.", {"limit"}};
  Counter streams_full = limits.with({"streams"});
  Counter queries_full = limits.with({"queries"});
  Counter series_full = limits.with({"series"});
};
Stats& stats() {
  static Stats* const stats = new Stats;
  return *stats;
}

// Whether a step of this plan would be sent to anybody.
bool has_reader(const Followed& followed) {
  return std::ranges::any_of(followed.by, [](const auto* subscription) {
    return subscription->state == Subscription::State::live ||
           subscription->state == Subscription::State::working;
  });
}

}  // namespace

Hub::Hub(HubSources sources, HubConfig config) : impl_(std::make_unique<Impl>()) {
  impl_->sources = std::move(sources);
  impl_->config = config;
}
Hub::~Hub() {
  stop();
}

void Hub::start() {
  for (const bool slow : {false, true})
    impl_->threads.push_back(start_thread(
        slow ? "live-slow" : "live",
        [impl = impl_.get(), slow](std::stop_token stop) { impl->evaluate_forever(slow, stop); }));
}

void Hub::stop() {
  {
    std::lock_guard lock(impl_->mutex);
    impl_->stopped = true;
    for (const auto& [id, stream] : impl_->streams) {
      stream->ended = true;
      stream->changed.notify_all();
    }
  }
  impl_->threads.clear();  // asks them to stop and waits
}

Hub::Lease::~Lease() {
  std::lock_guard lock(hub_.mutex);
  hub_.close(stream);
}

// ------------------------------ who follows what

UnixMillis Hub::Impl::settled(std::int64_t step_ms) const {
  const auto now = to_unix_millis(sources.clock->now() - config.settle);
  return now - now % step_ms;
}

Status Hub::Impl::subscribe(Stream& stream, std::vector<LiveQuery> wanted) {
  std::size_t fresh_plans = 0;
  for (const auto& query : wanted) fresh_plans += !plans.contains({query.expr, query.step_ms});
  if (plans.size() + fresh_plans > config.plans_max) {
    stats().queries_full.add();
    return fail(Errc::limit, "the streams of this server would follow " +
                                 std::to_string(plans.size() + fresh_plans) +
                                 " different queries, the limit is " +
                                 std::to_string(config.plans_max));
  }
  std::vector<std::shared_ptr<Subscription>> next;
  for (auto& query : wanted) {
    const auto old = std::ranges::find_if(stream.subscriptions,
                                          [&](const auto& s) { return s && s->query == query; });
    if (old != stream.subscriptions.end()) {
      next.push_back(std::move(*old));
      continue;
    }
    auto& followed = plans[{query.expr, query.step_ms}];
    if (!followed) {
      followed = std::make_shared<Followed>(query);
      followed->last_ms = settled(query.step_ms);
      followed->next_ms = followed->last_ms + query.step_ms;
    }
    auto subscription = std::make_shared<Subscription>();
    subscription->query = std::move(query);
    subscription->followed = followed;
    subscription->stream = &stream;
    followed->by.push_back(subscription.get());
    next.push_back(std::move(subscription));
  }
  for (const auto& old : stream.subscriptions)
    if (old) unsubscribe(*old);
  stream.subscriptions = std::move(next);
  stats().plans.set(static_cast<double>(plans.size()));
  return {};
}

void Hub::Impl::unsubscribe(Subscription& subscription) {
  auto& followed = *subscription.followed;
  std::erase(followed.by, &subscription);
  subscription.removed = true;
  if (followed.by.empty()) plans.erase({subscription.query.expr, subscription.query.step_ms});
}

void Hub::Impl::set_topics(Stream& stream, std::uint8_t topics) {
  for (int bit = 0; bit < 8; ++bit) {
    if (stream.topics >> bit & 1) --followers[bit];
    if (topics >> bit & 1) ++followers[bit];
  }
  stream.topics = topics;
}

void Hub::Impl::close(const std::shared_ptr<Stream>& stream) {
  if (streams.erase(stream->id) == 0) return;
  stream->ended = true;
  set_topics(*stream, 0);
  for (const auto& subscription : stream->subscriptions) unsubscribe(*subscription);
  stream->subscriptions.clear();
  stats().streams.set(static_cast<double>(streams.size()));
  stats().plans.set(static_cast<double>(plans.size()));
}

Result<std::shared_ptr<Hub::Lease>> Hub::open(LiveRequest request) {
  auto stream = std::make_shared<Stream>();
  stream->id = new_uuid();
  std::lock_guard lock(impl_->mutex);
  if (impl_->stopped) return fail(Errc::unavailable, "the server is stopping");
  if (impl_->streams.size() >= impl_->config.streams_max) {
    stats().streams_full.add();
    return fail(Errc::unavailable, std::to_string(impl_->streams.size()) +
                                       " live streams are open, as many as may be");
  }
  TRY(impl_->subscribe(*stream, std::move(request.queries)));
  impl_->set_topics(*stream, request.topics);
  impl_->streams.emplace(stream->id, stream);
  stats().streams.set(static_cast<double>(impl_->streams.size()));
  return std::make_shared<Lease>(*impl_, std::move(stream));
}

Status Hub::update(const std::string& id, LiveRequest request) {
  std::lock_guard lock(impl_->mutex);
  const auto found = impl_->streams.find(id);
  if (found == impl_->streams.end()) return fail(Errc::not_found, "no live stream has this id");
  TRY(impl_->subscribe(*found->second, std::move(request.queries)));
  impl_->set_topics(*found->second, request.topics);
  found->second->changed.notify_all();
  return {};
}

Status Hub::end(const std::string& id) {
  std::lock_guard lock(impl_->mutex);
  const auto found = impl_->streams.find(id);
  if (found == impl_->streams.end()) return fail(Errc::not_found, "no live stream has this id");
  found->second->ended = true;
  found->second->changed.notify_all();
  return {};
}

// ------------------------------ one stream

void Hub::serve(Lease& lease, const net::Response::Sink& send, std::stop_token cancelled) {
  auto& hub = *impl_;
  const auto& stream = lease.stream;
  std::string hello;
  {
    std::lock_guard lock(hub.mutex);
    hello = hello_event(*stream, hub.config.heartbeat);
  }
  if (!send(hello)) return;
  for (;;) {
    std::string events;
    bool history = false;
    {
      std::unique_lock lock(hub.mutex);
      const auto has_work = [&] {
        return stream->ended || !stream->waiting.empty() ||
               stream->next_history(hub.sources.clock->monotonic()) != nullptr;
      };
      // A history that is to be tried again is looked for at each beat at the latest.
      stream->changed.wait_for(lock, cancelled, hub.config.heartbeat, has_work);
      if (stream->ended || cancelled.stop_requested()) return;
      events = stream->take();
      history = events.empty() && has_work();
    }
    if (history) {
      // It may take as long as two beats and then have nothing to say, as an error is told once: a
      // reader must not take that for a server that hangs.
      if (!send(kBeat)) return;
      hub.work_history(stream);
      if (!send(kBeat)) return;
      continue;
    }
    if (events.empty()) events = kBeat;
    stats().sent.add(static_cast<double>(events.size()));
    if (!send(events)) return;
  }
}

Result<std::shared_ptr<const HistoryText>> Hub::Impl::history_of(Followed& followed,
                                                                 std::int64_t range_ms,
                                                                 UnixMillis end_ms) {
  const auto step = followed.plan.step_ms();
  const auto start = end_ms - range_ms / step * step;
  query::QueryRequest request{.expr = followed.plan.expr(),
                              .start_ms = start,
                              .end_ms = end_ms,
                              .step_ms = step,
                              .timeout = config.timeout,
                              .samples_max = kHistorySamplesMax,
                              .source = "live history"};
  request.routine = true;
  const auto querier = sources.querier();
  stats().histories.add();
  const auto output = TRY(sources.run_query(*querier, request));
  auto text = TRY(followed.plan.history(output.value, start, end_ms));
  return std::shared_ptr<const HistoryText>(std::make_shared<HistoryText>(std::move(text)));
}

void Hub::Impl::work_history(const std::shared_ptr<Stream>& stream) {
  std::shared_ptr<Subscription> subscription;
  std::shared_ptr<Followed> followed;
  std::shared_ptr<const HistoryText> text;
  UnixMillis end_ms = 0;
  {
    std::lock_guard lock(mutex);
    const auto* next = stream->next_history(sources.clock->monotonic());
    if (next == nullptr) return;
    const auto at =
        std::ranges::find_if(stream->subscriptions, [&](const auto& s) { return s.get() == next; });
    subscription = *at;
    followed = subscription->followed;
    if (!followed->evaluating &&
        !has_reader(*followed)) {  // nobody to whom a step could be missing
      followed->last_ms = settled(followed->plan.step_ms());
      followed->next_ms = std::max(followed->next_ms, followed->last_ms + followed->plan.step_ms());
    }
    subscription->state = Subscription::State::working;
    end_ms = followed->last_ms;
    if (followed->history && followed->history->end_ms == end_ms &&
        followed->history_range_ms == subscription->query.range_ms)
      text = followed->history;
  }
  Result<std::shared_ptr<const HistoryText>> worked = text;
  if (!text) worked = history_of(*followed, subscription->query.range_ms, end_ms);

  std::lock_guard lock(mutex);
  // Removed, or thrown back to the beginning meanwhile.
  if (subscription->removed || subscription->state != Subscription::State::working) return;
  if (!worked) {
    subscription->held.clear();
    const bool hopeless = worked.error().code == Errc::invalid;
    if (worked.error().code == Errc::limit) stats().series_full.add();
    subscription->state = hopeless ? Subscription::State::broken : Subscription::State::waiting;
    subscription->retry_at = sources.clock->monotonic() + kRetryHistory;
    if (!std::exchange(subscription->failing, true))
      put(*stream, error_event(subscription->query, worked.error()));
    return;
  }
  text = *worked;
  if (followed->last_ms == end_ms && text->series.size() <= kKeptHistoryMax) {
    followed->history = text;
    followed->history_range_ms = subscription->query.range_ms;
  }
  subscription->state = Subscription::State::live;
  subscription->failing = false;
  subscription->known = text->known;
  const auto held = std::exchange(subscription->held, {});
  stream->put_own(
      history_event(subscription->query, *text, std::exchange(subscription->resync, false)));
  for (const auto& tick : held) {
    if (tick->t_ms <= end_ms || subscription->state != Subscription::State::live) continue;
    const auto labels =
        followed->plan.new_labels(*tick, subscription->known, subscription->query.range_ms);
    subscription->known = std::max(subscription->known, tick->known);
    put(*stream, tick_event(subscription->query, *tick, labels));
  }
}

// ------------------------------ ticks

void Hub::Impl::put(Stream& stream, std::string_view event) {
  if (!stream.put(event, config.waiting_bytes_max)) stats().dropped.add();
  stream.changed.notify_all();
}

void Hub::Impl::deliver(Followed& followed, const std::shared_ptr<const Tick>& tick) {
  followed.last_ms = tick->t_ms;
  followed.history.reset();
  for (auto* subscription : followed.by) {
    using State = Subscription::State;
    if (tick->renumbered && subscription->state != State::broken) {
      subscription->state = State::waiting;
      subscription->resync = true;
      subscription->held.clear();
      subscription->stream->changed.notify_all();
      continue;
    }
    if (subscription->state == State::working) {
      if (subscription->held.size() < kHeldMax) {
        subscription->held.push_back(tick);
      } else {  // it takes too long: a later one will have to do
        subscription->state = State::waiting;
        subscription->held.clear();
      }
      continue;
    }
    if (subscription->state != State::live) continue;
    const auto labels =
        followed.plan.new_labels(*tick, subscription->known, subscription->query.range_ms);
    subscription->known = std::max(subscription->known, tick->known);
    subscription->failing = false;
    put(*subscription->stream, tick_event(subscription->query, *tick, labels));
  }
}

void Hub::Impl::deliver_error(Followed& followed, const Error& error) {
  for (auto* subscription : followed.by) {
    if (subscription->state != Subscription::State::live) continue;
    if (std::exchange(subscription->failing, true)) continue;
    put(*subscription->stream, error_event(subscription->query, error));
  }
}

void Hub::Impl::run_due(bool slow, bool both) {
  std::vector<std::shared_ptr<Followed>> due;
  {
    std::lock_guard lock(mutex);
    for (const auto& [key, followed] : plans) {
      if (followed->evaluating || (!both && followed->slow != slow)) continue;
      if (settled(key.second) < followed->next_ms || !has_reader(*followed)) continue;
      followed->evaluating = true;
      due.push_back(followed);
    }
  }
  struct Done {
    std::shared_ptr<Followed> followed;
    Result<std::shared_ptr<const Tick>> tick;
  };
  std::vector<Done> done;
  auto since = sources.clock->monotonic();
  // Handed out together: one wake-up and one write per stream.
  const auto hand_out = [&] {
    std::lock_guard lock(mutex);
    for (auto& [followed, tick] : done) {
      if (tick) {
        deliver(*followed, *tick);
      } else {
        stats().failed.add();
        deliver_error(*followed, tick.error());
      }
      followed->evaluating = false;
    }
    done.clear();
  };
  const auto querier = due.empty() ? nullptr : sources.querier();
  for (auto& followed : due) {
    const auto began = sources.clock->monotonic();
    const auto step = followed->plan.step_ms();
    const auto t_ms = settled(step);
    query::QueryRequest request{.expr = followed->plan.expr(),
                                .start_ms = t_ms,
                                .end_ms = t_ms,
                                .timeout = config.timeout,
                                .samples_max = kHistorySamplesMax,
                                .source = "live"};
    request.routine = true;
    stats().ticks.add();
    auto output = sources.run_query(*querier, request);
    Result<std::shared_ptr<const Tick>> tick = fail(Error{});
    const auto samples = output ? output->stats.samples_read : 0;
    if (output) {
      auto made = followed->plan.tick(output->value, t_ms);
      if (made)
        tick = std::make_shared<const Tick>(std::move(*made));
      else
        tick = fail(std::move(made).error());
    } else {
      tick = fail(std::move(output).error());
    }
    const auto now = sources.clock->monotonic();
    const auto took = now - began;
    {
      std::lock_guard lock(mutex);
      const auto dear = took * kShareOfCore / std::chrono::milliseconds(step);
      if (t_ms > followed->next_ms) {
        const auto skipped = static_cast<std::uint64_t>((t_ms - followed->next_ms) / step);
        stats().late.add(static_cast<double>(skipped));
        followed->skipped += skipped;
      }
      ++followed->evaluations;
      followed->failures += !tick;
      followed->samples = samples;
      followed->latest = took;
      followed->spent += took;
      followed->error = tick ? std::string() : tick.error().message;
      followed->next_ms = t_ms + step * (1 + dear);
      followed->slow = took > kSlow;
    }
    done.push_back({std::move(followed), std::move(tick)});
    if (now - since > std::chrono::milliseconds(50)) {
      hand_out();
      since = now;
    }
  }
  hand_out();
}

void Hub::evaluate() {
  impl_->run_due(false, true);
}

void Hub::Impl::evaluate_forever(bool slow, std::stop_token stop) {
  const auto& clock = *sources.clock;
  while (!stop.stop_requested()) {
    const auto now = to_unix_millis(clock.now() - config.settle);
    if (!clock.sleep_for(Millis(1'000 - now % 1'000), stop)) return;
    run_due(slow, false);
  }
}

// ------------------------------ topics

bool Hub::followed(Topic topic) const {
  const auto bit = std::countr_zero(static_cast<unsigned>(topic));
  return impl_->followers[bit].load(std::memory_order_relaxed) > 0;
}

void Hub::publish(Topic topic, std::string_view json) {
  if (!followed(topic)) return;
  const std::string_view name = topic == Topic::alerts        ? "alerts"
                                : topic == Topic::annotations ? "annotations"
                                                              : "dashboards";
  const std::string event = "event: " + std::string(name) + "\ndata: " + std::string(json) + "\n\n";
  std::lock_guard lock(impl_->mutex);
  for (const auto& [id, stream] : impl_->streams)
    if (stream->topics & static_cast<std::uint8_t>(topic)) impl_->put(*stream, event);
}

std::size_t Hub::streams() const {
  std::lock_guard lock(impl_->mutex);
  return impl_->streams.size();
}
std::size_t Hub::plans() const {
  std::lock_guard lock(impl_->mutex);
  return impl_->plans.size();
}

std::vector<FollowedQuery> Hub::queries() const {
  std::vector<FollowedQuery> out;
  {
    std::lock_guard lock(impl_->mutex);
    out.reserve(impl_->plans.size());
    for (const auto& [key, followed] : impl_->plans)
      out.push_back({.expr = key.first,
                     .step_ms = key.second,
                     .followers = followed->by.size(),
                     .evaluations = followed->evaluations,
                     .failures = followed->failures,
                     .skipped = followed->skipped,
                     .samples = followed->samples,
                     .latest = followed->latest,
                     .spent = followed->spent,
                     .error = followed->error});
  }
  std::ranges::stable_sort(out, std::greater(), [](const FollowedQuery& query) {
    return static_cast<double>(query.latest.count()) / static_cast<double>(query.step_ms);
  });
  return out;
}

}  // namespace pharos::api::live
