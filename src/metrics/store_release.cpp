// Series that get no samples any more: sealed, and out of memory when nobody needs them there.
#include <algorithm>
#include <unordered_map>

#include "base/log.hpp"
#include "metrics/store_core.hpp"

namespace pharos::metrics {
namespace {

struct Stats {
  Counter released{"pharos_store_series_released_total",
                   "Idle series that left memory; blocks may hold their samples."};
};
Stats& stats() {
  static Stats instance;
  return instance;
}

constexpr std::size_t kReleasedAtOnce = 16'384;  // between which appends get a turn
constexpr Slot kLookedAtOnce = 4096;             // the same
constexpr UnixMillis kBegin = std::numeric_limits<UnixMillis>::min();

}  // namespace

// The part of its last sample is the likely one, and the only one looked into then.
bool StoreCore::held_by_parts(SeriesId id, UnixMillis last_ms) const {
  const auto& parts = parts_->parts;
  const auto near = [&](const PartList::Entry& entry) {
    return entry.part->min_ms() <= last_ms && last_ms <= entry.part->max_ms();
  };
  const auto holds = [&](const PartList::Entry& entry) { return entry.part->contains(id); };
  return std::any_of(parts.rbegin(), parts.rend(),
                     [&](const auto& e) { return near(e) && holds(e); }) ||
         std::any_of(parts.rbegin(), parts.rend(),
                     [&](const auto& e) { return !near(e) && holds(e); });
}

// A series is idle when it got no sample for a while. What is open of it is sealed. It leaves
// memory when no part holds it any more; and also, the longest idle first, when there are more idle
// series than may stay and only blocks hold them, whose indexes know them.
Status StoreCore::release_idle() {
  struct Idle {
    Slot slot;
    UnixMillis last_ms;
  };
  std::vector<Slot> quiet, gone;
  std::vector<Idle> idle;
  std::uint64_t kept = 0;
  std::size_t in_hot = 0, too_many = 0;
  // Looked at in slices: what changes between them is seen by release(), which looks again.
  const auto now = to_unix_millis(clock_.now());
  for (Slot from = 0, end = 1; from < end; from += kLookedAtOnce) {
    const std::shared_lock lock(mutex_);
    const auto before = now - config_.series_idle_max.count();
    end = head_.slots();
    for (auto slot = from; slot < std::min(end, from + kLookedAtOnce); ++slot) {
      if (!table_.alive(slot)) continue;
      auto last = head_.last_ms(slot);
      const bool never = last == Head::kNever;  // since the start
      if (never ? opened_ms_ >= before : last >= before) continue;
      if (head_.open_count(slot) > 0)
        quiet.push_back(slot);
      else
        idle.push_back({slot, never ? kBegin : last});
    }
  }
  const auto active = table_.live() - std::min<std::uint64_t>(table_.live(), idle.size());
  kept = std::max(config().series_idle_kept, active / 2);
  if (idle.size() > kept) {
    too_many = idle.size() - kept;
    std::nth_element(idle.begin(), idle.begin() + static_cast<std::ptrdiff_t>(too_many - 1),
                     idle.end(),
                     [](const Idle& a, const Idle& b) { return a.last_ms < b.last_ms; });
  }
  for (std::size_t from = 0; from < idle.size(); from += kLookedAtOnce) {
    const std::shared_lock lock(mutex_);
    std::vector<std::shared_ptr<const Part>> hot;
    for (const auto& [part, tombstoned] : parts_->parts) {
      if (!part->has_index()) hot.push_back(part);
    }
    for (auto i = from; i < std::min<std::size_t>(idle.size(), from + kLookedAtOnce); ++i) {
      const auto id = table_.id(idle[i].slot);
      const bool named = std::none_of(hot.begin(), hot.end(),
                                      [&](const auto& part) { return part->contains(id); });
      if (!named)
        in_hot += i < too_many;
      else if (i < too_many || !held_by_parts(id, idle[i].last_ms))
        gone.push_back(idle[i].slot);
    }
  }
  for (std::size_t from = 0; from < quiet.size(); from += kLookedAtOnce) {
    const auto count = std::min<std::size_t>(kLookedAtOnce, quiet.size() - from);
    const std::unique_lock lock(mutex_);
    if (refusal_) return {};
    TRY(seal(std::span(quiet).subspan(from, count)));
  }
  std::ranges::sort(gone);
  for (std::size_t from = 0; from < gone.size(); from += kReleasedAtOnce) {
    const std::unique_lock lock(mutex_);
    if (refusal_) return {};
    TRY(seal_late());  // under the same lock: one that came between would go with its series
    TRY(release(std::span(gone).subspan(from, std::min(kReleasedAtOnce, gone.size() - from))));
  }
  {
    const std::unique_lock lock(mutex_);
    if (series_log_->series() > 10'000 && series_log_->series() > 2 * table_.live())
      TRY(series_log_->rewrite());
  }
  // Many wait for their hot segments to become blocks, which happens once a day: not under such a
  // churn.
  if (in_hot < std::max<std::uint64_t>(kept / 2, 1)) return {};
  {
    const std::unique_lock lock(mutex_);
    if (refusal_) return {};
    if (auto status = finish_hot(); !status) return status;
  }
  log::info("hot segments are merged early: many series have ended", {{"series", in_hot}});
  return merge_hot();
}

// Blocks unpack their directory and label index for the first reader; those that nobody reads any
// more are opened anew.
Status StoreCore::rest_parts() {
  const auto list = current_parts();
  std::unordered_map<const Part*, std::shared_ptr<const Part>> fresh;
  for (const auto& [part, tombstoned] : list->parts) {
    if (!part->rests()) continue;
    std::vector<std::string> damage;
    fresh.emplace(part.get(), TRY(open_part(*disk_, part->path(), damage, granules_)));
  }
  if (fresh.empty()) return {};
  const std::unique_lock lock(mutex_);
  auto rested = std::make_shared<PartList>(*parts_);
  for (auto& entry : rested->parts) {
    if (const auto found = fresh.find(entry.part.get()); found != fresh.end())
      entry.part = found->second;
  }
  publish(rested);
  return {};
}

std::uint64_t StoreCore::releases() const {
  const std::shared_lock lock(mutex_);
  return releases_.load();
}

Status StoreCore::release(std::span<const Slot> slots) {
  // Samples may have come since the look at them, late ones too, which lie in a hot segment by now.
  std::vector<Slot> idle;
  std::vector<SeriesId> ids;
  const auto before = to_unix_millis(clock_.now()) - config_.series_idle_max.count();
  bool held = false;
  for (const auto slot : slots) {
    const auto last = head_.last_ms(slot);
    const auto id = table_.id(slot);
    if (!table_.alive(slot) || head_.open_count(slot) > 0 ||
        (last != Head::kNever && last >= before))
      continue;
    if (std::any_of(parts_->parts.begin(), parts_->parts.end(),
                    [&](const auto& e) { return !e.part->has_index() && e.part->contains(id); }))
      continue;
    held = held || has_departed_ || held_by_parts(id, last);
    idle.push_back(slot);
    ids.push_back(id);
  }
  if (idle.empty()) return {};
  if (held && !has_departed_) {  // durable before the series log may forget one of them
    has_departed_ = true;
    if (auto saved = save_manifest(*parts_); !saved) return has_departed_ = false, saved;
  }
  // Before and after: whoever looked meanwhile looks again.
  releases_.fetch_add(1);
  for (const auto slot : idle) head_.forget(slot);
  table_.release(idle);
  std::ranges::sort(ids);
  for (std::size_t i = 0; i < parts_->parts.size(); ++i) {
    if (parts_->departed[i]) parts_->departed[i]->add(*parts_->parts[i].part, ids);
  }
  releases_.fetch_add(1);
  stats().released.add(static_cast<double>(idle.size()));
  return {};
}

// Finished hot segments into a block of their own; the merge that ends the day joins it with the
// others.
Status StoreCore::merge_hot() {
  std::vector<std::shared_ptr<const Part>> inputs;
  {
    const std::shared_lock lock(mutex_);
    if (!parts_->tombstones->empty()) return {};
    const auto growing = hot_ ? part_path(hot_name_) : std::string();
    for (const auto& [part, tombstoned] : parts_->parts) {
      if (!part->has_index() && part->path() != growing) inputs.push_back(part);
    }
  }
  return rewrite(inputs, nullptr);
}

}  // namespace pharos::metrics
