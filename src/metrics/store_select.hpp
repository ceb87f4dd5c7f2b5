// Reading: what a select found, and the Querier that finds it.
#pragma once
#include <atomic>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "metrics/store_core.hpp"

namespace pharos::metrics {

// Outlived by the store. A series' samples are read as of the moment of the read: sealing and merging between
// select and read lose and repeat nothing.
class StoreSelection final : public Selection {
 public:
  // `releases`: the store's, before the slots were looked up.
  StoreSelection(const StoreCore& store, std::uint64_t releases, SlotList slots, std::vector<DepartedMatch> departed, SelectHints hints);
  std::size_t size() const override { return slots_->size() + departed_.size(); }
  const Labels& labels(std::size_t series) const override;
  Status read(std::size_t series, UnixMillis from_ms, UnixMillis to_ms, SampleColumn& out) const override;
  Status facts(std::size_t series, UnixMillis from_ms, UnixMillis to_ms, WindowFacts& out) const override;
  Grouping group(std::span<const std::string> names, bool without) const override;

 private:
  // Further ids of the series' label set, older ones: it has left memory and come back.
  std::span<const SeriesId> other_ids(std::size_t series) const;
  bool in_memory(std::size_t series) const;          // the slot is still the series'

  const StoreCore& store_;
  const std::uint64_t releases_;
  const SlotList slots_;
  std::vector<DepartedMatch> departed_;              // series behind those of slots_: only blocks know them
  std::unordered_map<std::size_t, std::vector<SeriesId>> other_ids_;
  const SelectHints hints_;
  const std::shared_ptr<const PartList> parts_;      // as of the select; usually still the store's
  std::vector<SeriesId> ids_;                        // a slot may have been given to another series since
  std::vector<UnixMillis> newest_;                   // time of the newest sample at the select
  std::vector<std::uint8_t> in_parts_;               // nothing was open or late at the select: read without the lock
  mutable std::mutex labels_mutex_;
  mutable std::vector<Labels> labels_;
  mutable std::unique_ptr<std::atomic<bool>[]> labelled_;
};

class StoreQuerier final : public Querier {
 public:
  explicit StoreQuerier(StoreCore& store) : store_(store) {}
  Result<std::shared_ptr<const Selection>> select(std::span<const Matcher> matchers, UnixMillis from_ms, UnixMillis to_ms,
                                                  const SelectHints& hints) override;
  Result<std::vector<std::string>> label_names(std::span<const Matcher> matchers, UnixMillis from_ms, UnixMillis to_ms,
                                               std::size_t limit) override;
  Result<std::vector<std::string>> label_values(std::string_view name, std::span<const Matcher> matchers,
                                                UnixMillis from_ms, UnixMillis to_ms, std::size_t limit) override;
  Result<std::vector<Labels>> series(std::span<const Matcher> matchers, UnixMillis from_ms, UnixMillis to_ms,
                                     std::size_t limit) override;
  Result<std::vector<ExemplarSeries>> exemplars(std::span<const Matcher> matchers, UnixMillis from_ms, UnixMillis to_ms) override;
  std::vector<Metadata> metadata(std::string_view family, std::size_t limit) const override;

 private:
  struct Found {
    std::uint64_t releases = 0;  // of the store, before the look
    SlotList slots;
    std::vector<DepartedMatch> departed;
  };
  // Texts of series in memory and those of departed ones, sorted and unique.
  template <class All, class Take>
  Result<std::vector<std::string>> with_departed(std::vector<std::string> resident, std::span<const Matcher> matchers,
                                                 UnixMillis from_ms, UnixMillis to_ms, std::size_t limit, All&& all, Take&& take) const;
  template <class Look>
  auto undisturbed(Look&& look) const -> decltype(look());
  // What is known of series that have no times in memory, as those read from disk before their first new sample.
  enum class Untimed : std::uint8_t { in_any_part, in_own_parts };  // the latter looks for each series in each part
  Result<Found> find(std::span<const Matcher> matchers, UnixMillis from_ms, UnixMillis to_ms, Untimed untimed) const;
  // Under the store's lock.
  std::vector<const Part*> parts_in(UnixMillis from_ms, UnixMillis to_ms) const;
  bool may_have(Slot slot, UnixMillis from_ms, UnixMillis to_ms, std::span<const Part* const> parts, Untimed untimed) const;
  Result<std::vector<std::string>> of_resident(std::string_view label, std::span<const Matcher> matchers, UnixMillis from_ms,
                                               UnixMillis to_ms, std::size_t limit) const;
  // The matching series that may have samples in the range; the list itself when none can be left out.
  Result<SlotList> slots(std::span<const Matcher> matchers, UnixMillis from_ms, UnixMillis to_ms, Untimed untimed) const;
  StoreCore& store_;
};

}  // namespace pharos::metrics
