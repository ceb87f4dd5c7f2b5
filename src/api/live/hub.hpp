// The live streams of one server and the plans they share.
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "api/live/live_request.hpp"
#include "base/clock.hpp"
#include "base/result.hpp"
#include "model/querier.hpp"
#include "net/http.hpp"
#include "query/engine.hpp"

namespace pharos::api::live {

struct HubConfig {
  std::size_t streams_max = 64, plans_max = 10'000;
  std::uint64_t waiting_bytes_max = 1u << 20;  // for one reader; one event may be larger
  Millis settle{200};  // after a second, before it is evaluated: its samples are still coming
  Millis heartbeat = std::chrono::seconds(5);
  Millis timeout = std::chrono::seconds(10);  // of one evaluation
};

struct HubSources {
  const Clock* clock = nullptr;
  std::function<std::shared_ptr<Querier>()> querier;
  std::function<Result<query::Output>(Querier&, const query::QueryRequest&)> run_query;
};

// A query that is asked again at each step, for as long as somebody follows it.
struct FollowedQuery {
  std::string expr;
  std::int64_t step_ms = 0;
  std::size_t followers = 0;  // subscriptions of all streams
  std::uint64_t evaluations = 0, failures = 0;
  std::uint64_t skipped = 0;  // steps that were left out because evaluation was behind or dear
  std::uint64_t samples = 0;  // that the latest evaluation read
  Nanos latest{}, spent{};    // time of the latest evaluation, and of all of them
  std::string error;          // of the latest; "": it went well
};

// Thread-safe.
class Hub {
 public:
  Hub(HubSources sources, HubConfig config = {});
  ~Hub();
  void start();  // the evaluator threads; a test calls evaluate() instead
  // Ends all streams and threads; streams that are opened later end at once.
  void stop();

  // A place among the streams, held until the lease is gone. Errc::unavailable: no place,
  // Errc::limit: too many queries.
  class Lease;
  Result<std::shared_ptr<Lease>> open(LiveRequest request);
  // On the stream's thread: sends events until the client goes or the stream is ended.
  void serve(Lease& lease, const net::Response::Sink& send, std::stop_token cancelled);
  // The stream's whole new set. Errc::not_found, Errc::limit.
  Status update(const std::string& stream, LiveRequest request);
  Status end(const std::string& stream);  // Errc::not_found

  // One event for every stream that follows the topic. `json` is one line.
  void publish(Topic topic, std::string_view json);
  bool followed(Topic topic) const;  // by any stream: else nobody needs to write the event

  // Evaluates what is due now, on this thread.
  void evaluate();
  std::size_t streams() const;
  std::size_t plans() const;
  // The dearest first: by the share of a core that their evaluations take.
  std::vector<FollowedQuery> queries() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace pharos::api::live
