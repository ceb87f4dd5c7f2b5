// What a Hub is made of. Internal to live/.
#pragma once
#include <atomic>
#include <map>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "api/live/hub.hpp"
#include "api/live/stream.hpp"

namespace pharos::api::live {

struct Hub::Impl {
  HubSources sources;
  HubConfig config;
  mutable std::mutex mutex;
  std::map<std::string, std::shared_ptr<Stream>> streams;  // guarded by mutex, as
  std::map<std::pair<std::string, std::int64_t>, std::shared_ptr<Followed>> plans;
  bool stopped = false;
  std::atomic<unsigned> followers[8] = {};  // of each topic, by its bit
  std::vector<std::jthread> threads;

  // All of these with the mutex held.
  Status subscribe(Stream& stream, std::vector<LiveQuery> wanted);
  void unsubscribe(Subscription& subscription);
  void set_topics(Stream& stream, std::uint8_t topics);
  void close(const std::shared_ptr<Stream>& stream);
  void deliver(Followed& followed, const std::shared_ptr<const Tick>& tick);
  void deliver_error(Followed& followed, const Error& error);
  void put(Stream& stream, std::string_view event);
  UnixMillis settled(
      std::int64_t step_ms) const;  // the newest time of the grid that may be evaluated

  void run_due(bool slow, bool both);  // takes the mutex itself
  void work_history(const std::shared_ptr<Stream>& stream);
  Result<std::shared_ptr<const HistoryText>> history_of(Followed& followed, std::int64_t range_ms,
                                                        UnixMillis end_ms);
  void evaluate_forever(bool slow, std::stop_token stop);
};

class Hub::Lease {
 public:
  Lease(Hub::Impl& hub, std::shared_ptr<Stream> held) : hub_(hub), stream(std::move(held)) {}
  Lease(const Lease&) = delete;
  Lease& operator=(const Lease&) = delete;
  ~Lease();

 private:
  Hub::Impl& hub_;

 public:
  const std::shared_ptr<Stream> stream;
};

}  // namespace pharos::api::live
