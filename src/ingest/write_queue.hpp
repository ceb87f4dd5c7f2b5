// Remote write out: what the store has journalled goes to other servers, in order per series, at
// least once. A position per target is kept on disk, so that a restart of either side loses nothing.
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/disk.hpp"
#include "metrics/store.hpp"
#include "model/relabel.hpp"
#include "net/http_client.hpp"

namespace pharos::ingest {

// One entry of the `remote_write` section.
struct RemoteWriteTarget {
  std::string url, name;               // the name is the key of its position file; unique, not empty
  std::string fingerprint;             // equal: the queue goes on over a reload
  Millis timeout = std::chrono::seconds(30);
  std::vector<std::pair<std::string, std::string>> headers;
  std::vector<RelabelRule> write_relabel;
  bool send_exemplars = false, send_native_histograms = false;  // 2.0 always has the histograms
  bool version2 = false;
  struct Queue {
    std::uint64_t capacity = 10'000, max_shards = 50, min_shards = 1, max_samples_per_send = 2'000;
    Millis batch_send_deadline = std::chrono::seconds(5);
    Millis min_backoff{30}, max_backoff = std::chrono::seconds(5);
    bool retry_on_http_429 = false;
    Millis sample_age_limit{0};        // 0: none
  } queue;
  bool metadata_send = true;
  Millis metadata_send_interval = std::chrono::minutes(1);
  std::uint64_t metadata_max_samples_per_send = 2'000;
  std::shared_ptr<const net::ClientOptions> http;
};

// What is sent: the store's journal, behind an interface that tests can play.
class SampleFeed {
 public:
  using Position = metrics::Store::FeedPosition;
  using Batch = metrics::Store::FeedBatch;
  virtual ~SampleFeed() = default;
  virtual Result<Batch> next(Position from, std::size_t samples_max) = 0;
  virtual Position begin() const = 0;
  virtual Position end() const = 0;
  virtual void hold(const std::string& reader, std::optional<Position> position) = 0;
  virtual std::vector<Metadata> metadata() = 0;
};
std::shared_ptr<SampleFeed> make_store_feed(std::shared_ptr<metrics::Store> store);

// Thread-safe. A thread per target reads the feed and hands batches to the HTTP client; up to max_shards requests of a
// target are under way at a time, and a series always goes the same way. Answers of 5xx (and 429 where asked)
// and lost connections are tried again for ever, with growing pauses; other 4xx drop the batch
// (prometheus_remote_storage_samples_failed_total).
class RemoteWriter {
 public:
  RemoteWriter(std::shared_ptr<SampleFeed> feed, std::shared_ptr<Disk> disk, std::shared_ptr<net::HttpClient> client,
               const Clock& clock, std::string folder = "remote_write");
  ~RemoteWriter();  // sends nothing more; unacknowledged samples go after the restart

  // Starts, keeps and ends targets. A new target begins with what comes from now on.
  Status set_targets(std::vector<RemoteWriteTarget> targets, Labels external_labels);
  // Until everything journalled so far is acknowledged; false when that takes longer than `limit`.
  bool flush(Millis limit);

 private:
  struct Target;
  std::shared_ptr<SampleFeed> feed_;
  std::shared_ptr<Disk> disk_;
  std::shared_ptr<net::HttpClient> client_;
  const Clock& clock_;
  std::string folder_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<Target>> targets_;  // guarded by mutex_
  Labels external_labels_;                        // guarded by mutex_
};

// A position file; docs/formats/remote-write-position.md draws it.
std::string encode_position(SampleFeed::Position position);
Result<SampleFeed::Position> decode_position(std::string_view bytes);

}  // namespace pharos::ingest
