// One connection's part of the live streams: what it follows and what waits to be sent to it.
#pragma once
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "api/live/live_request.hpp"
#include "api/live/plan.hpp"
#include "base/time.hpp"

namespace pharos::api::live {

struct Stream;

// A query of one stream. `waiting`: its history has still to be worked out, ticks pass by;
// `working`: ticks are held until the history is there; `live`: ticks go out; `broken`: nothing
// will come.
struct Subscription {
  enum class State : std::uint8_t { waiting, working, live, broken };
  LiveQuery query;
  std::shared_ptr<struct Followed> followed;
  Stream* stream = nullptr;
  State state = State::waiting;
  bool resync = false;   // this history takes the place of an earlier one
  bool failing = false;  // the last event was an error
  bool removed = false;
  std::uint32_t known = 0;  // numbers whose labels the client has
  Nanos retry_at{};         // of a history that failed
  std::vector<std::shared_ptr<const Tick>> held;
};

// A plan and who follows it. Guarded by the hub's mutex, but for the plan itself.
struct Followed {
  explicit Followed(const LiveQuery& query) : plan(query.expr, query.step_ms) {}
  Plan plan;
  std::vector<Subscription*> by;
  UnixMillis last_ms = 0;  // of the tick that was delivered last
  UnixMillis next_ms = 0;  // before it no other is worked out
  bool slow = false;       // evaluated by the second thread
  bool evaluating = false;
  // What its steps have cost so far, for the list of queries.
  std::uint64_t evaluations = 0, failures = 0, skipped = 0;
  std::uint64_t samples = 0;  // of the latest
  Nanos latest{}, spent{};
  std::string error;  // of the latest; "": it went well
  // The history that was asked for last, until the next tick.
  std::shared_ptr<const HistoryText> history;
  std::int64_t history_range_ms = -1;
};

// Guarded by the hub's mutex.
struct Stream {
  std::string id;
  std::uint8_t topics = 0;
  std::vector<std::shared_ptr<Subscription>> subscriptions;
  std::string waiting;  // events, whole ones
  std::uint64_t waiting_events = 0;
  std::uint64_t counted =
      0;  // bytes of `waiting` that came from others than the stream's own thread
  bool ended = false;
  std::condition_variable_any changed;

  // Appends an event. When more waits than may, all of it is thrown away, the client is told, and
  // every query begins again with a history. False when that happened.
  bool put(std::string_view event, std::uint64_t waiting_bytes_max);
  // What the stream's own thread makes, which sends it next: not counted, however large.
  void put_own(std::string_view event);
  std::string take();                           // all that waits
  Subscription* next_history(Nanos now) const;  // nullptr: none is due
};

std::string hello_event(const Stream& stream, Millis heartbeat);
std::string tick_event(const LiveQuery& query, const Tick& tick, std::string_view new_labels);
std::string history_event(const LiveQuery& query, const HistoryText& history, bool resync);
std::string error_event(const LiveQuery& query, const Error& error);

}  // namespace pharos::api::live
