// The journal as a feed for remote write out.
#include <algorithm>

#include "base/log.hpp"
#include "metrics/store_core.hpp"

namespace pharos::metrics {

Result<Store::FeedBatch> StoreCore::feed(FeedPosition from, std::size_t samples_max) {
  const std::lock_guard lock(feed_mutex_);
  if (!feed_reader_ || feed_position_.segment != from.segment || feed_position_.offset != from.offset) {
    feed_reader_.reset();
    if (from.segment < feed_begin().segment) {
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
        found->second = table_.ref(slot);
        batch.series.emplace_back(found->second, table_.labels(slot));
      }
    }
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
    for (const auto& s : entry.floats) {
      if (const auto ref = ref_of(s.id); ref != SeriesRef::none) batch.floats.push_back({ref, s.t_ms, s.value});
    }
    for (const auto& s : entry.histograms) {
      if (const auto ref = ref_of(s.id); ref != SeriesRef::none) batch.histograms.push_back({ref, s.t_ms, s.histogram});
    }
  }
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
