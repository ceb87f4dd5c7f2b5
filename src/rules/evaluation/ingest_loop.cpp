#include "rules/evaluation/ingest_loop.hpp"

#include <algorithm>
#include <condition_variable>
#include <unordered_map>

#include "base/metric.hpp"
#include "base/threads.hpp"

namespace pharos::rules {
namespace {

struct Stats {
  Counter evaluations{"pharos_rules_ingest_evaluations_total",
                      "Evaluations of rules that new samples caused."};
  Counter deferred{"pharos_rules_ingest_deferred_total",
                   "Evaluations of rules on ingest put off because they cost too much."};
  Counter left{"pharos_rules_ingest_left_to_ticker_total",
               "Marks of rules too dear for ingest, left to the ticker."};
};
Stats& stats() {
  static Stats instance;
  return instance;
}

}  // namespace

struct IngestLoop::State {
  const Clock& clock;
  SeriesWatch& watch;

  std::mutex mutex;
  std::condition_variable_any wake;
  bool touched = false;  // guarded by mutex

  // What is evaluated; changed between two rounds only.
  struct Entry {
    Target target;
    Nanos cost{}, not_before{};
    bool marked = false;
  };
  std::mutex targets_mutex;                             // held during a round
  std::vector<Entry> entries;                           // guarded by targets_mutex
  std::vector<std::vector<std::uint32_t>> by_selector;  // guarded by targets_mutex
  std::vector<std::uint32_t> marked;                    // guarded by targets_mutex

  State(const Clock& c, SeriesWatch& w) : clock(c), watch(w) {}

  void evaluate(Entry& entry, Nanos gap_factor) {
    const auto began = clock.monotonic();
    entry.target.evaluate();
    const auto ended = clock.monotonic();
    const auto took = ended - began;
    entry.cost = entry.cost == Nanos{} ? took : (entry.cost * 3 + took) / 4;
    entry.not_before = ended + std::max<Nanos>(kRound, gap_factor.count() * entry.cost);
    entry.marked = false;
    stats().evaluations.add();
  }
  // True when something is still marked.
  bool round();
};

bool IngestLoop::State::round() {
  const std::lock_guard lock(targets_mutex);
  for (const auto selector : watch.take_touched()) {
    if (selector >= by_selector.size()) continue;  // of a former set
    for (const auto i : by_selector[selector])
      if (!entries[i].marked) entries[i].marked = true, marked.push_back(i);
  }
  const auto began = clock.monotonic();
  std::vector<std::uint32_t> later, cheap;
  std::uint32_t dear = ~0U;
  for (const auto i : marked) {
    auto& entry = entries[i];
    if (entry.cost > kDearMax) {
      entry.marked = false;
      stats().left.add();
    } else if (entry.not_before > began || (entry.cost > kCheap && dear != ~0U)) {
      later.push_back(i);
      stats().deferred.add();
    } else if (entry.cost > kCheap) {
      dear = i;
    } else {
      cheap.push_back(i);
    }
  }
  for (const auto i : cheap) evaluate(entries[i], Nanos{0});
  const auto ended = clock.monotonic();
  const auto gap = std::max<Nanos>(kRound, 3 * (ended - began));
  for (const auto i : cheap) entries[i].not_before = ended + gap;
  if (dear != ~0U) evaluate(entries[dear], Nanos{9});
  marked = std::move(later);
  return !marked.empty();
}

IngestLoop::IngestLoop(const Clock& clock, SeriesWatch& watch)
    : state_(std::make_shared<State>(clock, watch)),
      thread_(start_thread("rules ingest",
                           [state = state_](std::stop_token stop) { run(*state, stop); })) {}

IngestLoop::~IngestLoop() {
  stop();
}

void IngestLoop::stop() {
  state_->watch.watch({}, {});
  thread_.request_stop();
  if (thread_.joinable()) thread_.join();
}

void IngestLoop::run(State& state, std::stop_token stop) {
  bool more = false;
  while (!stop.stop_requested()) {
    if (more) {
      state.clock.sleep_for(kRound, stop);
    } else {
      std::unique_lock lock(state.mutex);
      state.wake.wait(lock, stop, [&] { return state.touched; });
    }
    if (stop.stop_requested()) return;
    {
      const std::lock_guard lock(state.mutex);
      state.touched = false;
    }
    more = state.round();
  }
}

void IngestLoop::set_targets(std::vector<Target> targets) {
  std::vector<std::vector<Matcher>> selectors;
  {
    const std::lock_guard lock(state_->targets_mutex);
    state_->entries.clear();
    state_->by_selector.clear();
    state_->marked.clear();
    std::unordered_map<std::string, std::uint32_t> numbers;
    for (auto& target : targets) {
      const auto index = static_cast<std::uint32_t>(state_->entries.size());
      for (const auto& matchers : target.selectors) {
        std::string key;
        for (const auto& matcher : matchers) key += matcher.to_string() + ",";
        const auto [at, fresh] =
            numbers.emplace(std::move(key), static_cast<std::uint32_t>(selectors.size()));
        if (fresh) selectors.push_back(matchers), state_->by_selector.emplace_back();
        state_->by_selector[at->second].push_back(index);
      }
      state_->entries.push_back({std::move(target)});
    }
  }
  if (selectors.empty()) return state_->watch.watch({}, {});
  // The watch keeps the state alive: a batch may end while the loop stops.
  state_->watch.watch(std::move(selectors), [state = state_] {
    const std::lock_guard lock(state->mutex);
    state->touched = true;
    state->wake.notify_all();
  });
}

}  // namespace pharos::rules
