#include "ingest/write_queue.hpp"

#include <algorithm>
#include <atomic>
#include <charconv>
#include <cmath>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <unordered_map>

#include "base/log.hpp"
#include "base/metric.hpp"
#include "base/threads.hpp"
#include "codec/checksum.hpp"
#include "codec/compress.hpp"
#include "codec/varint.hpp"
#include "ingest/write_encode.hpp"

namespace pharos::ingest {
namespace {

constexpr std::size_t kSeriesMax = 4'000'000;  // whose labels are kept ready
constexpr Millis kPollFeed{50};
constexpr Nanos kSavePosition = std::chrono::seconds(1);
constexpr Nanos kReshard = std::chrono::seconds(10);

struct Stats {
  Counter samples{"prometheus_remote_storage_samples_total", "Samples sent to remote storage.", {"remote_name", "url"}};
  Counter histograms{"prometheus_remote_storage_histograms_total", "Histograms sent to remote storage.", {"remote_name", "url"}};
  Counter exemplars{"prometheus_remote_storage_exemplars_total", "Exemplars sent to remote storage.", {"remote_name", "url"}};
  Counter exemplars_dropped{"prometheus_remote_storage_exemplars_dropped_total", "Exemplars not sent: of a series that is not sent, or that 2.0 has no sample to send with.", {"remote_name", "url"}};
  Counter failed{"prometheus_remote_storage_samples_failed_total", "Samples refused by remote storage and dropped.", {"remote_name", "url"}};
  Counter retried{"prometheus_remote_storage_samples_retried_total", "Samples sent again after a failure that may pass.", {"remote_name", "url"}};
  Counter dropped{"prometheus_remote_storage_samples_dropped_total", "Samples not sent: dropped by relabelling, too old, of an unknown series.", {"remote_name", "url", "reason"}};
  Counter bytes{"prometheus_remote_storage_bytes_total", "Compressed bytes sent.", {"remote_name", "url"}};
  Counter metadata{"prometheus_remote_storage_metadata_total", "Metadata entries sent.", {"remote_name", "url"}};
  Gauge pending{"prometheus_remote_storage_samples_pending", "Samples read but not yet acknowledged.", {"remote_name", "url"}};
  Gauge shards{"prometheus_remote_storage_shards", "Requests that may be under way at a time.", {"remote_name", "url"}};
  Gauge shards_max{"prometheus_remote_storage_shards_max", "The most shards allowed.", {"remote_name", "url"}};
  Gauge shards_min{"prometheus_remote_storage_shards_min", "The fewest shards allowed.", {"remote_name", "url"}};
  Gauge highest_sent{"prometheus_remote_storage_queue_highest_sent_timestamp_seconds", "Newest sample acknowledged.", {"remote_name", "url"}};
  Gauge highest{"prometheus_remote_storage_highest_timestamp_in_seconds", "Newest sample read from the journal.", {"remote_name", "url"}};
};
Stats& stats() {
  static Stats s;
  return s;
}

constexpr std::string_view kMagic = "PHRSRWPO";
constexpr std::uint32_t kVersion = 1;

class StoreFeed final : public SampleFeed {
 public:
  explicit StoreFeed(std::shared_ptr<metrics::Store> store) : store_(std::move(store)) {}
  Result<Batch> next(Position from, std::size_t samples_max) override { return store_->feed(from, samples_max); }
  Position begin() const override { return store_->feed_begin(); }
  Position end() const override { return store_->feed_end(); }
  void hold(const std::string& reader, std::optional<Position> position) override { store_->hold_feed(reader, position); }
  std::vector<Metadata> metadata() override { return store_->querier()->metadata({}, 0); }

 private:
  std::shared_ptr<metrics::Store> store_;
};

bool before(SampleFeed::Position a, SampleFeed::Position b) {
  return a.segment != b.segment ? a.segment < b.segment : a.offset < b.offset;
}

}  // namespace

std::shared_ptr<SampleFeed> make_store_feed(std::shared_ptr<metrics::Store> store) {
  return std::make_shared<StoreFeed>(std::move(store));
}

std::string encode_position(SampleFeed::Position position) {
  std::string body;
  codec::put_fixed(body, position.segment);
  codec::put_fixed(body, position.offset);
  std::string out(kMagic);
  codec::put_fixed(out, kVersion);
  codec::put_fixed(out, codec::crc32c(body));
  return out + body;
}

Result<SampleFeed::Position> decode_position(std::string_view bytes) {
  if (bytes.size() != 32 || !bytes.starts_with(kMagic)) return fail(Errc::corrupt, "remote write position: not one");
  codec::Cursor in(bytes.substr(8));
  const auto version = in.fixed<std::uint32_t>(), crc = in.fixed<std::uint32_t>();
  if (version != kVersion) return fail(Errc::unsupported, "remote write position: of another version");
  if (crc != codec::crc32c(bytes.substr(16))) return fail(Errc::corrupt, "remote write position: checksum does not match");
  SampleFeed::Position position;
  position.segment = in.fixed<std::uint64_t>();
  position.offset = in.fixed<std::uint64_t>();
  return position;
}

struct RemoteWriter::Target {
  // A batch of the feed whose samples are on their way.
  struct Window {
    std::uint64_t number;
    SampleFeed::Position next;
    std::uint64_t unacknowledged = 0;
  };
  struct Queued {
    OutgoingSample sample;
    std::uint64_t window;
  };
  struct Shard {
    std::deque<Queued> waiting;
    Nanos oldest{};                           // when the front began to wait
    std::vector<Queued> sending;              // under way or waiting for its next try
    std::string body;                         // of `sending`, compressed
    bool in_flight = false;
    Nanos try_at{};
    Millis backoff{0};
    Nanos began{};
  };
  // What an HTTP call brings back; it may outlive the target.
  struct Mailbox {
    std::mutex mutex;
    std::condition_variable came;
    std::vector<std::pair<std::size_t, Result<net::ClientReply>>> replies;  // guarded by mutex
    bool woken = false;
  };

  Target(RemoteWriteTarget c, Labels external, std::shared_ptr<SampleFeed> f, std::shared_ptr<Disk> d,
         std::shared_ptr<net::HttpClient> h, const Clock& k, const std::string& folder)
      : config(std::move(c)), external_labels(std::move(external)), feed(std::move(f)), disk(std::move(d)), client(std::move(h)),
        clock(k), file(folder + '/' + net::url_encode(config.name) + ".position"), reader("remote_write/" + config.name),
        samples_sent(stats().samples.with({config.name, config.url})), histograms_sent(stats().histograms.with({config.name, config.url})),
        exemplars_sent(stats().exemplars.with({config.name, config.url})),
        exemplars_dropped(stats().exemplars_dropped.with({config.name, config.url})),
        failed(stats().failed.with({config.name, config.url})), retried(stats().retried.with({config.name, config.url})),
        dropped_relabel(stats().dropped.with({config.name, config.url, "dropped_series"})),
        dropped_old(stats().dropped.with({config.name, config.url, "too_old"})),
        dropped_unknown(stats().dropped.with({config.name, config.url, "unintentionally_dropped_series"})),
        bytes(stats().bytes.with({config.name, config.url})), metadata_sent(stats().metadata.with({config.name, config.url})),
        pending_gauge(stats().pending.with({config.name, config.url})), shards_gauge(stats().shards.with({config.name, config.url})),
        highest_sent(stats().highest_sent.with({config.name, config.url})), highest(stats().highest.with({config.name, config.url})) {
    stats().shards_max.with({config.name, config.url}).set(static_cast<double>(config.queue.max_shards));
    stats().shards_min.with({config.name, config.url}).set(static_cast<double>(config.queue.min_shards));
  }

  Status begin() {
    acknowledged = feed->end();
    if (disk->exists(file)) {
      const auto bytes_read = TRY(disk->read(file));
      const auto position = decode_position(bytes_read);
      if (position) acknowledged = *position;
      else {
        log::error("remote write position damaged: sending from the oldest samples kept", {{"file", file}, {"why", position.error().message}});
        acknowledged = feed->begin();
      }
    } else {
      TRY(disk->replace(file, as_bytes(encode_position(acknowledged))));
    }
    saved = acknowledged;
    read_from = acknowledged;
    feed->hold(reader, acknowledged);
    shards.resize(std::max<std::uint64_t>(1, config.queue.min_shards));
    shards_gauge.set(static_cast<double>(shards.size()));
    thread = start_thread("remote-write", [this](std::stop_token stop) { run(stop); });
    return {};
  }

  void end() {
    thread.request_stop();
    wake();
    if (thread.joinable()) thread.join();
  }
  void wake() {
    std::lock_guard lock(mailbox->mutex);
    mailbox->woken = true;
    mailbox->came.notify_all();
  }

  void run(std::stop_token stop) {
    while (!stop.stop_requested()) {
      const auto now = clock.monotonic();
      take_replies(now);
      const bool read_more = read_feed(now);
      send_metadata(now);  // before the samples: 2.0 sends it with them
      send_ready(now);
      adapt_shards(now);
      save_position(now, false);
      pending_gauge.set(static_cast<double>(pending));
      published_acknowledged();
      std::unique_lock lock(mailbox->mutex);
      if (!read_more && mailbox->replies.empty() && !mailbox->woken && !stop.stop_requested()) mailbox->came.wait_for(lock, kPollFeed);
      mailbox->woken = false;
    }
    save_position(clock.monotonic(), true);
  }

  // True when there is probably more to read at once.
  bool read_feed(Nanos now) {
    const auto room = config.queue.capacity * shards.size();
    if (pending >= room || (wanted_shards && *wanted_shards != shards.size())) return false;
    auto batch = feed->next(read_from, std::min<std::uint64_t>(room - pending, config.queue.max_samples_per_send * shards.size()));
    if (!batch) {
      if (batch.error().code == Errc::not_found) {
        log::error("remote write: samples are gone that were not sent", {{"target", config.name}});
        read_from = feed->begin();
        acknowledged = read_from;
      }
      return false;
    }
    if (series.size() > kSeriesMax) series.clear();  // the store names a batch's series with every batch
    for (auto& [ref, labels] : batch->series) {
      auto& known = series[ref];
      if (known.from == labels && !labels.empty()) continue;  // relabelled once, not with every batch
      known.to = outgoing_labels(labels);
      known.from = std::move(labels);
    }
    windows.push_back({last_window + 1, batch->next, 0});
    auto& window = windows.back();
    const auto oldest_ms = config.queue.sample_age_limit > Millis{0} ? to_unix_millis(clock.now()) - config.queue.sample_age_limit.count()
                                                                     : std::numeric_limits<UnixMillis>::min();
    std::unordered_map<SeriesRef, std::vector<Exemplar>> exemplars;  // each goes with the first sample of its series
    if (config.send_exemplars)
      for (auto& e : batch->exemplars) exemplars[e.ref].push_back(std::move(e.exemplar));
    const auto put = [&](SeriesRef ref, OutgoingSample sample) {
      auto& shard = shards[static_cast<std::uint64_t>(ref) % shards.size()];
      if (shard.waiting.empty()) shard.oldest = now;
      shard.waiting.push_back({std::move(sample), window.number});
      ++window.unacknowledged;
      ++pending;
    };
    const auto enqueue = [&](SeriesRef ref, UnixMillis t_ms, double value, HistogramPtr histogram, UnixMillis start_ms) {
      newest_ms = std::max(newest_ms, t_ms);
      const auto found = series.find(ref);
      if (found == series.end()) return dropped_unknown.add();
      if (!found->second.to) return dropped_relabel.add();
      if (t_ms < oldest_ms) return dropped_old.add();
      OutgoingSample sample{*found->second.to, t_ms, value, std::move(histogram), start_ms};
      if (!exemplars.empty())
        if (auto own = exemplars.extract(ref)) sample.exemplars = std::move(own.mapped());
      if (config.send_exemplars) found->second.last = {t_ms, value, sample.histogram, start_ms};
      put(ref, std::move(sample));
    };
    const auto start_of = [](const std::vector<UnixMillis>& column, std::size_t i) { return column.empty() ? 0 : column[i]; };
    for (std::size_t i = 0; i < batch->floats.size(); ++i) {
      const auto& s = batch->floats[i];
      enqueue(s.ref, s.t_ms, s.value, nullptr, start_of(batch->float_start_ms, i));
    }
    if (config.send_native_histograms || config.version2)
      for (std::size_t i = 0; i < batch->histograms.size(); ++i) {
        auto& s = batch->histograms[i];
        enqueue(s.ref, s.t_ms, 0, std::move(s.histogram), start_of(batch->histogram_start_ms, i));
      }
    // Exemplars that came without a sample: 1.0 sends them alone; 2.0 must not, so the newest sample goes again, which changes nothing.
    for (auto& [ref, own] : exemplars) {
      const auto found = series.find(ref);
      const auto* known = found == series.end() || !found->second.to ? nullptr : &found->second;
      if (!known || (config.version2 && !known->last)) {
        exemplars_dropped.add(static_cast<double>(own.size()));
        continue;
      }
      OutgoingSample sample{.labels = *known->to, .exemplars = std::move(own), .only_exemplars = !config.version2};
      if (known->last) {
        sample.t_ms = known->last->t_ms;
        sample.value = known->last->value;
        sample.histogram = known->last->histogram;
        sample.start_ms = known->last->start_ms;
      }
      put(ref, std::move(sample));
    }
    highest.set(static_cast<double>(newest_ms) / 1000);
    const bool any = !batch->floats.empty() || !batch->histograms.empty() || !batch->exemplars.empty() || before(read_from, batch->next);
    read_from = batch->next;
    if (window.unacknowledged) {
      ++last_window;
    } else {  // nothing to wait for: part of the window before it
      const auto next = window.next;
      windows.pop_back();
      (windows.empty() ? acknowledged : windows.back().next) = next;
    }
    settle();
    return any;
  }

  std::optional<Labels> outgoing_labels(const Labels& labels) {
    builder.reset(labels);
    for (const auto& [name, value] : external_labels)
      if (builder.get(name).empty()) builder.set(name, value);
    if (!relabel(config.write_relabel, builder)) return std::nullopt;
    auto out = builder.build();
    if (out.empty()) return std::nullopt;
    return out;
  }

  void send_ready(Nanos now) {
    for (std::size_t i = 0; i < shards.size(); ++i) {
      auto& shard = shards[i];
      if (shard.in_flight) continue;
      if (!shard.sending.empty()) {
        if (now >= shard.try_at) launch(i, now);
        continue;
      }
      const bool due = shard.waiting.size() >= config.queue.max_samples_per_send ||
                       (!shard.waiting.empty() && (now - shard.oldest >= config.queue.batch_send_deadline || flushing.load()));
      if (!due) continue;
      const auto n = std::min<std::size_t>(shard.waiting.size(), config.queue.max_samples_per_send);
      std::vector<OutgoingSample> samples;
      samples.reserve(n);
      for (std::size_t k = 0; k < n; ++k) {
        samples.push_back(shard.waiting.front().sample);
        shard.sending.push_back(std::move(shard.waiting.front()));
        shard.waiting.pop_front();
      }
      shard.oldest = now;
      const auto metadata_of = [&](std::string_view name) { return metadata_of_series(name); };
      shard.body = codec::compress(codec::Compression::snappy, config.version2 ? encode_write_v2(samples, metadata_of) : encode_write_v1(samples));
      shard.backoff = config.queue.min_backoff;
      launch(i, now);
    }
  }

  const Metadata* metadata_of_series(std::string_view name) const {
    if (const auto found = families.find(std::string(name)); found != families.end()) return &found->second;
    const auto underscore = name.rfind('_');
    if (underscore == name.npos) return nullptr;
    const auto base = name.substr(0, underscore), suffix = name.substr(underscore);
    const auto found = families.find(std::string(base));
    if (found == families.end()) return nullptr;
    const auto type = found->second.type;  // OpenMetrics calls the family of x_total "x"
    const bool belongs = family_of(name, type) == base || (type == MetricType::counter && suffix == "_total");
    return belongs ? &found->second : nullptr;
  }

  void launch(std::size_t index, Nanos now) {
    auto& shard = shards[index];
    shard.in_flight = true;
    shard.began = now;
    bytes.add(static_cast<double>(shard.body.size()));
    post(shard.body, index);
  }

  void post(const std::string& body, std::size_t index) {
    net::ClientRequest request;
    request.method = "POST";
    request.url = config.url;
    request.timeout = config.timeout;
    request.body_max = 1 << 20;
    request.body = body;
    request.headers = config.headers;
    request.headers.emplace_back("Content-Encoding", "snappy");
    request.headers.emplace_back("Content-Type", config.version2 ? "application/x-protobuf;proto=io.prometheus.write.v2.Request" : "application/x-protobuf");
    request.headers.emplace_back("X-Prometheus-Remote-Write-Version", config.version2 ? "2.0.0" : "0.1.0");
    client->start(std::move(request), config.http, [box = mailbox, index](Result<net::ClientReply> reply) {
      std::lock_guard lock(box->mutex);
      box->replies.emplace_back(index, std::move(reply));
      box->came.notify_all();
    });
  }

  static constexpr std::size_t kMetadataReply = ~std::size_t{0};

  void take_replies(Nanos now) {
    std::vector<std::pair<std::size_t, Result<net::ClientReply>>> replies;
    {
      std::lock_guard lock(mailbox->mutex);
      replies.swap(mailbox->replies);
    }
    for (auto& [index, reply] : replies) {
      if (index == kMetadataReply) {
        metadata_in_flight = false;
        continue;
      }
      auto& shard = shards[index];
      shard.in_flight = false;
      busy += now - shard.began;
      const int status = reply ? reply->status : 0;
      const bool again = !reply || status / 100 == 5 || (status == 429 && config.queue.retry_on_http_429);
      if (again) {
        retried.add(static_cast<double>(shard.sending.size()));
        auto wait = shard.backoff;
        if (reply) wait = std::max(wait, retry_after(*reply));
        shard.try_at = now + wait;
        shard.backoff = std::min(shard.backoff * 2, config.queue.max_backoff);
        if (!trouble) log::warn("remote write failed, trying again", {{"target", config.name}, {"why", reply ? "HTTP status " + std::to_string(status) + ": " + reply->body.substr(0, 200) : reply.error().message}});
        trouble = true;
        continue;
      }
      if (status / 100 == 2) {
        if (trouble) log::info("remote write works again", {{"target", config.name}});
        trouble = false;
        for (const auto& queued : shard.sending) {
          if (!queued.sample.only_exemplars) (queued.sample.histogram ? histograms_sent : samples_sent).add();
          exemplars_sent.add(static_cast<double>(queued.sample.exemplars.size()));
          newest_sent_ms = std::max(newest_sent_ms, queued.sample.t_ms);
        }
        highest_sent.set(static_cast<double>(newest_sent_ms) / 1000);
      } else {
        failed.add(static_cast<double>(shard.sending.size()));
        log::error("remote write refused, samples dropped", {{"target", config.name}, {"status", status}, {"samples", shard.sending.size()}, {"why", reply->body.substr(0, 200)}});
      }
      for (const auto& queued : shard.sending) --windows[static_cast<std::size_t>(queued.window - windows.front().number)].unacknowledged;
      pending -= shard.sending.size();
      shard.sending.clear();
      shard.body.clear();
    }
    settle();
  }

  static Millis retry_after(const net::ClientReply& reply) {
    const auto text = reply.headers.get("Retry-After");
    int seconds = 0;
    const auto [at, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
    return error == std::errc{} && at == text.data() + text.size() ? std::chrono::seconds(std::clamp(seconds, 0, 300)) : Millis{0};
  }

  // The position moves over everything acknowledged without a gap.
  void settle() {
    while (!windows.empty() && windows.front().unacknowledged == 0) {
      acknowledged = windows.front().next;
      windows.pop_front();
    }
  }

  void save_position(Nanos now, bool at_once) {
    if (!before(saved, acknowledged) || (!at_once && now - saved_at < kSavePosition)) return;
    saved_at = now;
    if (auto written = disk->replace(file, as_bytes(encode_position(acknowledged))); !written) {
      log::warn("remote write position not saved", {{"target", config.name}, {"why", written.error().message}});
      return;
    }
    saved = acknowledged;
    feed->hold(reader, acknowledged);
  }

  void send_metadata(Nanos now) {
    if (!config.metadata_send || metadata_in_flight || (metadata_at != Nanos{} && now - metadata_at < config.metadata_send_interval)) return;
    metadata_at = now;
    auto all = feed->metadata();
    if (config.version2) {  // goes with the series
      for (auto& m : all) families[m.family] = m;
      return;
    }
    const auto n = std::min<std::size_t>(all.size(), config.metadata_max_samples_per_send);
    if (n == 0) return;
    // A window of the list each time, so that all of it gets its turn.
    if (metadata_next >= all.size()) metadata_next = 0;
    std::vector<Metadata> part;
    for (std::size_t i = 0; i < n; ++i) part.push_back(all[(metadata_next + i) % all.size()]);
    metadata_next += n;
    metadata_in_flight = true;
    metadata_sent.add(static_cast<double>(part.size()));
    post(codec::compress(codec::Compression::snappy, encode_metadata_v1(part)), kMetadataReply);
  }

  // More ways when they are all busy and samples wait, fewer when they idle. The number changes only when
  // nothing is under way: a series must not overtake itself.
  void adapt_shards(Nanos now) {
    if (wanted_shards) {
      if (pending) return;
      shards.assign(static_cast<std::size_t>(*wanted_shards), {});
      wanted_shards.reset();
      shards_gauge.set(static_cast<double>(shards.size()));
      return;
    }
    if (reshard_at == Nanos{}) reshard_at = now + kReshard;
    if (now < reshard_at) return;
    const double used = std::chrono::duration<double>(busy).count() / (std::chrono::duration<double>(kReshard).count() * static_cast<double>(shards.size()));
    reshard_at = now + kReshard;
    busy = {};
    const auto count = shards.size();
    auto wanted = static_cast<std::uint64_t>(count);
    if (used > 0.8 && pending >= config.queue.capacity * count / 2) wanted = static_cast<std::uint64_t>(std::ceil(static_cast<double>(count) * 1.5));
    else if (used < 0.3) wanted = static_cast<std::uint64_t>(static_cast<double>(count) * 0.7);
    wanted = std::clamp<std::uint64_t>(wanted, std::max<std::uint64_t>(1, config.queue.min_shards), std::max<std::uint64_t>(1, config.queue.max_shards));
    if (wanted != count && !trouble) wanted_shards = wanted;
  }

  void published_acknowledged() {
    std::lock_guard lock(published_mutex);
    published = acknowledged;
  }

  const RemoteWriteTarget config;
  const Labels external_labels;
  std::shared_ptr<SampleFeed> feed;
  std::shared_ptr<Disk> disk;
  std::shared_ptr<net::HttpClient> client;
  const Clock& clock;
  const std::string file, reader;
  Counter samples_sent, histograms_sent, exemplars_sent, exemplars_dropped, failed, retried, dropped_relabel, dropped_old, dropped_unknown, bytes, metadata_sent;
  Gauge pending_gauge, shards_gauge, highest_sent, highest;

  // Below: the thread's own.
  std::vector<Shard> shards;
  std::optional<std::uint64_t> wanted_shards;
  struct Known {
    Labels from;
    std::optional<Labels> to;                                    // nullopt: dropped by relabelling
    struct Last {
      UnixMillis t_ms;
      double value;
      HistogramPtr histogram;
      UnixMillis start_ms;
    };
    std::optional<Last> last;                                    // sent; kept where exemplars are sent
  };
  std::unordered_map<SeriesRef, Known> series;
  std::unordered_map<std::string, Metadata> families;
  LabelsBuilder builder;
  std::deque<Window> windows;
  std::uint64_t last_window = 0, pending = 0;
  SampleFeed::Position read_from, acknowledged, saved;
  Nanos saved_at{}, metadata_at{}, reshard_at{}, busy{};
  std::size_t metadata_next = 0;
  bool metadata_in_flight = false, trouble = false;
  UnixMillis newest_ms = 0, newest_sent_ms = 0;

  std::atomic<bool> flushing{false};
  std::mutex published_mutex;
  SampleFeed::Position published;            // guarded by published_mutex
  std::shared_ptr<Mailbox> mailbox = std::make_shared<Mailbox>();
  std::jthread thread;
};

RemoteWriter::RemoteWriter(std::shared_ptr<SampleFeed> feed, std::shared_ptr<Disk> disk, std::shared_ptr<net::HttpClient> client,
                           const Clock& clock, std::string folder)
    : feed_(std::move(feed)), disk_(std::move(disk)), client_(std::move(client)), clock_(clock), folder_(std::move(folder)) {}

RemoteWriter::~RemoteWriter() {
  for (auto& target : targets_) target->end();
}

Status RemoteWriter::set_targets(std::vector<RemoteWriteTarget> targets, Labels external_labels) {
  std::lock_guard lock(mutex_);
  TRY(disk_->make_dirs(folder_));
  const bool same_labels = external_labels == external_labels_;
  external_labels_ = external_labels;
  std::vector<std::unique_ptr<Target>> next;
  for (auto& config : targets) {
    const auto kept = std::find_if(targets_.begin(), targets_.end(), [&](const auto& t) {
      return t && same_labels && t->config.name == config.name && t->config.fingerprint == config.fingerprint && !config.fingerprint.empty();
    });
    if (kept != targets_.end()) next.push_back(std::move(*kept));
  }
  std::vector<std::string> ended;
  for (auto& target : targets_)
    if (target) {
      target->end();
      ended.push_back(target->config.name);
    }
  for (auto& config : targets) {
    if (std::any_of(next.begin(), next.end(), [&](const auto& t) { return t->config.name == config.name; })) continue;
    std::erase(ended, config.name);
    auto target = std::make_unique<Target>(std::move(config), external_labels, feed_, disk_, client_, clock_, folder_);
    if (auto begun = target->begin(); !begun) {
      targets_ = std::move(next);
      return begun;
    }
    next.push_back(std::move(target));
  }
  targets_ = std::move(next);
  for (const auto& name : ended) {  // no longer configured: the journal need not wait for it
    feed_->hold("remote_write/" + name, std::nullopt);
    const auto file = folder_ + '/' + net::url_encode(name) + ".position";
    if (disk_->exists(file)) TRY(disk_->remove(file));
  }
  return {};
}

bool RemoteWriter::flush(Millis limit) {
  std::lock_guard lock(mutex_);
  const auto goal = feed_->end();
  const auto until = system_clock().monotonic() + limit;
  for (auto& target : targets_) {
    target->flushing.store(true);
    target->wake();
    while (true) {
      {
        std::lock_guard published(target->published_mutex);
        if (!before(target->published, goal)) break;
      }
      if (system_clock().monotonic() >= until) {
        target->flushing.store(false);
        return false;
      }
      system_clock().sleep_for(Millis(1), {});
    }
    target->flushing.store(false);
  }
  return true;
}

}  // namespace pharos::ingest
