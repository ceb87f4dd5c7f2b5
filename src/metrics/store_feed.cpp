// The journal as a feed for remote write out.
#include <algorithm>

#include "base/log.hpp"
#include "metrics/store_core.hpp"

namespace pharos::metrics {
namespace {

struct Stats {
  Counter lost{"pharos_feed_samples_lost_total", "Samples of the feed whose series had left memory and every part before they were read."};
};
Stats& stats() {
  static Stats instance;
  return instance;
}

// References of series that have left memory: the table gives out none with this bit.
constexpr std::uint64_t kGone = std::uint64_t{1} << 63;

// The start time of sample `at` of the batch: the column begins with the first one that is known.
void put_start(std::vector<UnixMillis>& column, std::size_t at, const std::vector<UnixMillis>& from, std::size_t i) {
  if (from.empty() || from[i] == 0) return;
  column.resize(at);
  column.push_back(from[i]);
}

}  // namespace

Result<Store::FeedBatch> StoreCore::feed(FeedPosition from, std::size_t samples_max) {
  const std::lock_guard lock(feed_mutex_);
  if (!feed_reader_ || feed_position_.segment != from.segment || feed_position_.offset != from.offset) {
    feed_reader_.reset();
    if (from.segment < feed_begin().segment || from.segment > feed_end().segment) {
      return fail(Errc::not_found, "journal segment " + std::to_string(from.segment) + " is gone");
    }
    feed_reader_ = TRY(JournalReader::open(*disk_, path("journal"), from));
  }
  FeedBatch batch;
  batch.next = from;
  JournalEntry entry;
  std::vector<Damage> damage;
  std::unordered_map<std::uint64_t, SeriesRef> refs;
  const auto ref_of = [&](SeriesId id) {
    const auto [found, fresh] = refs.try_emplace(static_cast<std::uint64_t>(id), SeriesRef::none);
    if (fresh) {
      const auto slot = table_.slot_of(id);
      if (slot != SeriesTable::kNoSlot) {
        const auto ref = table_.ref(slot);
        auto labels = table_.labels(slot);
        // A slot that was given up meanwhile may be another series' by now.
        if (table_.slot_of(ref) == slot && table_.id(slot) == id) {
          found->second = ref;
          batch.series.emplace_back(ref, std::move(labels));
          return found->second;
        }
      }
      const auto list = current_parts();  // the series has left memory: a block may know it
      for (const auto& [part, tombstoned] : list->parts) {
        if (!part->has_index() || !part->contains(id)) continue;
        auto labels = part->labels(id);
        if (!labels) continue;
        found->second = SeriesRef{kGone | static_cast<std::uint64_t>(id)};
        batch.series.emplace_back(found->second, std::move(*labels));
        break;
      }
    }
    if (found->second == SeriesRef::none) stats().lost.add();
    return found->second;
  };
  while (batch.floats.size() + batch.histograms.size() < samples_max) {
    const auto more = feed_reader_->next(entry, damage);
    if (!more) {
      feed_reader_.reset();
      return fail(more.error());
    }
    if (!*more) break;
    batch.next = feed_reader_->position();
    if (entry.kind != JournalEntry::Kind::samples && entry.kind != JournalEntry::Kind::late_samples) continue;
    for (std::size_t i = 0; i < entry.floats.size(); ++i) {
      const auto& s = entry.floats[i];
      const auto ref = ref_of(s.id);
      if (ref == SeriesRef::none) continue;
      put_start(batch.float_start_ms, batch.floats.size(), entry.float_start_ms, i);
      batch.floats.push_back({ref, s.t_ms, s.value});
    }
    for (std::size_t i = 0; i < entry.histograms.size(); ++i) {
      const auto& s = entry.histograms[i];
      const auto ref = ref_of(s.id);
      if (ref == SeriesRef::none) continue;
      put_start(batch.histogram_start_ms, batch.histograms.size(), entry.histogram_start_ms, i);
      batch.histograms.push_back({ref, s.t_ms, s.histogram});
    }
    for (auto& e : entry.exemplars) {
      if (const auto ref = ref_of(e.id); ref != SeriesRef::none) batch.exemplars.push_back({ref, std::move(e.exemplar)});
    }
  }
  if (!batch.float_start_ms.empty()) batch.float_start_ms.resize(batch.floats.size());
  if (!batch.histogram_start_ms.empty()) batch.histogram_start_ms.resize(batch.histograms.size());
  for (const auto& d : damage) log::warn("journal damage met by the feed", {{"file", d.file}, {"offset", d.offset}, {"what", d.what}});
  feed_position_ = batch.next;
  return batch;
}

Store::FeedPosition StoreCore::feed_begin() const {
  const std::shared_lock lock(mutex_);
  return {journal_->first_segment(), 0};
}

Store::FeedPosition StoreCore::feed_end() const {
  const std::shared_lock lock(mutex_);
  return journal_->end();
}

void StoreCore::hold_feed(const std::string& reader, std::optional<FeedPosition> position) {
  const std::unique_lock lock(mutex_);
  if (position) held_[reader] = *position;
  else held_.erase(reader);
  std::optional<std::uint64_t> least;
  for (const auto& [name, at] : held_) least = least ? std::min(*least, at.segment) : at.segment;
  journal_->hold_from(least);
}

}  // namespace pharos::metrics
