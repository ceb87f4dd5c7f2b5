// The store's one class, spread over store_*.cpp by what its parts do: open and recovery (store.cpp),
// appending, selecting, sealing and merging, deletion and snapshots, the feed.
#pragma once
#include <atomic>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <shared_mutex>
#include <thread>
#include <unordered_map>

#include "base/metric.hpp"
#include "metrics/departed_series.hpp"
#include "metrics/exemplar_ring.hpp"
#include "metrics/granule_cache.hpp"
#include "metrics/head.hpp"
#include "metrics/journal.hpp"
#include "metrics/journal_ahead.hpp"
#include "metrics/label_list_cache.hpp"
#include "metrics/manifest.hpp"
#include "metrics/metadata_table.hpp"
#include "metrics/series_log.hpp"
#include "metrics/series_table.hpp"
#include "metrics/store.hpp"
#include "metrics/tombstones.hpp"
#include "metrics/watched_series.hpp"

namespace pharos::metrics {

// Parts in the order in which they were stored, with what deletions apply to them. Immutable once shared.
struct PartList {
  struct Entry {
    std::shared_ptr<const Part> part;
    bool tombstoned = false;
  };
  std::vector<Entry> parts;
  std::vector<std::shared_ptr<DepartedSeries>> departed;  // one per part, null where there is no index; filled in by publish()
  std::shared_ptr<const Tombstones> tombstones = std::make_shared<Tombstones>();
  UnixMillis raw_from_ms = std::numeric_limits<UnixMillis>::max();  // oldest raw sample of a part
  bool has_rollups = false;
};

class StoreCore final : public Store {
 public:
  StoreCore(std::shared_ptr<Disk> disk, std::string folder, const Clock& clock, std::shared_ptr<ThreadPool> pool,
            StoreConfig config);
  ~StoreCore() override;
  Status recover();
  void start_background();

  // Appender
  Result<SeriesRef> resolve(const Labels& labels) override;
  void resolve(std::span<const LabelView> labels, std::span<const std::uint32_t> offsets, std::span<SeriesRef> refs,
               std::vector<ResolveError>& errors) override;
  Result<AppendOutcome> append(const AppendBatch& batch, const AppendOptions& options) override;

  // SeriesWatch
  void watch(std::vector<std::vector<Matcher>> selectors, std::function<void()> touched) override;
  std::vector<std::uint32_t> take_touched() override;

  // Store
  std::shared_ptr<Querier> querier() override;
  const RecoveryReport& recovery() const override { return recovery_; }
  StoreStatistics statistics(std::size_t top) const override;
  std::optional<UnixMillis> oldest_ms() const override;
  Status remove(std::span<const Matcher> matchers, UnixMillis from_ms, UnixMillis to_ms) override;
  Status clean() override;
  Status compact() override;
  Result<std::string> snapshot(bool skip_head) override;
  Status maintain() override;
  void set_config(const StoreConfig& config) override;
  Result<FeedBatch> feed(FeedPosition from, std::size_t samples_max) override;
  FeedPosition feed_begin() const override;
  FeedPosition feed_end() const override;
  void hold_feed(const std::string& reader, std::optional<FeedPosition> position) override;

 private:
  friend class StoreSelection;
  friend class StoreQuerier;

  std::string path(std::string_view name) const { return folder_.empty() ? std::string(name) : folder_ + "/" + std::string(name); }
  std::string part_path(std::string_view name) const { return path("parts/" + std::string(name)); }
  StoreConfig config() const;                        // takes the lock

  // All below: under the exclusive lock, unless said otherwise.
  Status usable();                                   // an error while the disk refuses; probes once a second
  void note_losses();                                // refuses where a sync of the journal failed since the last mend()
  void refuse(const Error& error);                   // from now on appends answer this, until a probe succeeds
  Status mend();                                     // makes what is in memory durable anew after a failure
  Status write_series();                             // definitions of series made since the last call
  void watch_new_series(std::span<const Slot> created);
  Status flush(bool final);                          // the batch's journal entries, then what has to be sealed
  Status seal(std::span<const Slot> slots);          // open samples into the hot segment
  Status seal_late();
  Status ensure_hot();
  Status renew_hot();                                // after a failed write or sync: its samples into another file
  Status finish_hot();                               // the hot segment becomes an ordinary part
  std::vector<Slot> open_slots(Slot from, Slot to) const;
  Status journal_rest();                             // what only older segments told, then everything synced
  Status drop_journal(std::uint64_t segment);        // segments below it
  Status checkpoint();                               // open samples into parts, older journal segments removed
  Manifest manifest_of(const PartList& parts) const;
  Status save_manifest(const PartList& parts);
  // With the lock or without: one that is older than what was written is left out.
  Status write_manifest(const Manifest& manifest, std::uint64_t number);
  void publish(std::shared_ptr<const PartList> parts);
  std::string next_part_name(std::string_view ending);
  void learn_last(Slot slot);                        // of a series that has no sample in memory, from the parts
  std::optional<RejectReason> judge(Slot slot, UnixMillis t_ms, double value, const HistogramPtr& histogram,
                                    UnixMillis start_ms, const AppendOptions& options);
  Status recover_parts(Manifest& manifest);
  Result<std::unique_ptr<JournalAhead>> open_journal();  // null when there is nothing to replay
  Status recover_journal(std::unique_ptr<JournalAhead> ahead);
  Status sync_journal_files();                           // those of earlier runs too
  friend class JournalReplay;
  bool seal_holds(const JournalEntry& entry) const;

  // Without the lock.
  Status apply_deletions();                          // under maintenance_mutex_
  Status merge(bool closed_only);                    // hot parts, and the cold ones of their days, into cold blocks
  bool rolled_up(const PartList& list, const Part& part) const;
  Status roll_up();
  Status apply_policies();
  Status drop_expired();
  UnixMillis oldest_open();                          // of the open samples, late ones left out
  Status release_idle();
  Status release(std::span<const Slot> slots);       // under the exclusive lock: series leave memory
  Status merge_hot();
  Status rest_parts();
  std::uint64_t releases() const;                    // takes the lock: none is under way
  bool held_by_parts(SeriesId id, UnixMillis last_ms) const;
  // What matches among the series that have left memory, each id once; empty `matchers`: all.
  Status each_departed(const PartList& list, std::span<const Matcher> matchers, UnixMillis from_ms, UnixMillis to_ms,
                       const std::function<Status(const Part&, SeriesId)>& visit) const;
  Result<std::vector<DepartedMatch>> departed(const PartList& list, std::span<const Matcher> matchers, UnixMillis from_ms,
                                              UnixMillis to_ms) const;
  // Removes `inputs` from the list and puts `outputs` where the first of them stood.
  Status swap_parts(const std::vector<std::shared_ptr<const Part>>& inputs, const std::vector<std::string>& outputs);
  Status settle_parts();                             // the list into the manifest, then the files in left_ away
  void remove_left();
  Status rewrite(const std::vector<std::shared_ptr<const Part>>& inputs, const Tombstones* tombstones);
  std::string reserve_part_name(std::string_view ending);
  void cut_journal();                                // a checkpoint in slices, when it has grown
  void background(std::stop_token stop);
  std::shared_ptr<const PartList> current_parts() const;
  Result<Labels> labels_of(SeriesId id, std::span<const std::shared_ptr<const Part>> first = {}) const;

  const std::shared_ptr<Disk> disk_;
  const std::string folder_;
  const Clock& clock_;
  const std::shared_ptr<ThreadPool> pool_;
  const std::shared_ptr<GranuleCache> granules_;
  SeriesTable table_;
  LabelListCache label_lists_;
  ExemplarRing exemplars_;
  MetadataTable metadata_;
  RecoveryReport recovery_;

  bool unsettled_ = false;                           // the list has changed since the manifest; guarded by maintenance_mutex_
  struct LeftFile {
    std::string path;
    bool stuck = false;                              // it could not be removed, which was said
  };
  std::vector<LeftFile> left_;                       // files of parts that have left the list; the same
  std::set<std::string> no_rollup_;                  // parts without anything to roll up; guarded by maintenance_mutex_
  std::mutex maintenance_mutex_;                     // one merge, deletion or snapshot at a time; taken before mutex_

  std::mutex watch_mutex_;                           // one watch() at a time; taken before mutex_

  std::mutex created_mutex_;
  std::vector<Slot> created_;                        // guarded by created_mutex_: made, not in the series log yet

  std::mutex manifest_mutex_;                        // taken after mutex_
  std::uint64_t manifest_written_ = 0;               // guarded by manifest_mutex_: the number of the newest

  mutable std::shared_mutex mutex_;                  // guards all below
  StoreConfig config_;
  Head head_;
  std::unique_ptr<SeriesLog> series_log_;
  std::unique_ptr<Journal> journal_;
  std::unique_ptr<HotSegment> hot_;
  std::string hot_name_;
  std::vector<Manifest::Entry> absent_;              // named by the manifest and lost with the power, or not readable
  std::set<std::string> suspect_;                    // files that do not hold all that was sealed into them, for certain
  bool seal_lost_ = false;                           // the replay met a seal into such a file
  std::uint64_t journal_from_ = 0;                   // older segments tell nothing that the parts lack
  Nanos hot_since_{}, released_{};
  std::shared_ptr<const PartList> parts_ = std::make_shared<PartList>();
  std::uint64_t next_part_ = 1, manifests_ = 0;      // manifests: made so far
  std::optional<Error> refusal_;
  Nanos probed_{};
  bool unclean_ = false;                             // memory holds what the journal may not
  std::uint64_t losses_ = 0;                         // journal_->losses() whose records have been made durable anew
  bool series_dirty_ = false;                        // the series log has unsynced bytes
  std::atomic<bool> low_space_{false};
  std::atomic<bool> has_departed_{false};            // some block may hold series that memory does not
  std::atomic<std::uint64_t> releases_{0};           // twice the times that series left memory; odd meanwhile
  SeriesId first_new_{};                             // ids from here on were given out since the start
  UnixMillis opened_ms_ = 0;
  std::vector<Slot> full_;                           // series that must be sealed before they take more
  JournalEntry entry_, late_entry_;                  // of the batch being appended
  WatchedSeries watched_;
  std::shared_ptr<const SelectorIndex> watch_index_; // of watched_; none: nobody waits
  std::function<void()> watch_call_;
  bool watch_collects_ = false;                      // watch() is looking for its series: note new ones
  std::vector<Slot> watch_created_;
  std::map<std::string, FeedPosition> held_;
  UnixMillis min_ms_ = std::numeric_limits<UnixMillis>::max(), max_ms_ = std::numeric_limits<UnixMillis>::min();
  UnixMillis taken_from_ms_ = std::numeric_limits<UnixMillis>::max();  // as min_ms_, of what came since drop_expired() looked last

  std::mutex feed_mutex_;
  std::unique_ptr<JournalReader> feed_reader_;       // guarded by feed_mutex_: stands where the last feed() ended
  FeedPosition feed_position_{};

  std::mutex wake_mutex_;
  std::condition_variable_any wake_;
  std::jthread background_;                          // last: it uses all of the above
};

}  // namespace pharos::metrics
