#include "api/live/stream.hpp"

#include <utility>

#include "api/answer.hpp"
#include "codec/json.hpp"

namespace pharos::api::live {
namespace {

std::string begin_event(std::string_view name) {
  return "event: " + std::string(name) + "\ndata: ";
}

void put_key_time(std::string& out, std::string_view key, UnixMillis t_ms) {
  out += key;
  codec::put_unix_seconds(out, t_ms);
}

}  // namespace

bool Stream::put(std::string_view event, std::uint64_t waiting_bytes_max) {
  const bool fits = counted == 0 || counted + event.size() <= waiting_bytes_max;
  if (fits) {
    put_own(event);
    counted += event.size();
    return true;
  }
  waiting = begin_event("dropped") + "{\"events\":" + std::to_string(waiting_events + 1) + "}\n\n";
  waiting_events = 1;
  counted = waiting.size();
  for (const auto& subscription : subscriptions) {
    if (subscription->state == Subscription::State::broken) continue;
    subscription->state = Subscription::State::waiting;
    subscription->resync = true;
    subscription->held.clear();
  }
  return false;
}

void Stream::put_own(std::string_view event) {
  waiting += event;
  ++waiting_events;
}

std::string Stream::take() {
  waiting_events = counted = 0;
  return std::exchange(waiting, {});
}

Subscription* Stream::next_history(Nanos now) const {
  for (const auto& subscription : subscriptions)
    if (subscription->state == Subscription::State::waiting && subscription->retry_at <= now)
      return subscription.get();
  return nullptr;
}

std::string hello_event(const Stream& stream, Millis heartbeat) {
  std::string out = begin_event("hello");
  codec::JsonWriter writer(out);
  writer.begin_object().key("stream").value(std::string_view(stream.id));
  writer.key("heartbeat").value(static_cast<double>(heartbeat.count()) / 1000);
  writer.key("queries_max").value(static_cast<std::uint64_t>(kQueriesMax));
  writer.key("queries").value(static_cast<std::uint64_t>(stream.subscriptions.size()));
  writer.end_object();
  return out + "\n\n";
}

std::string tick_event(const LiveQuery& query, const Tick& tick, std::string_view new_labels) {
  std::string out = begin_event("tick");
  out.reserve(out.size() + tick.values.size() + new_labels.size() + query.id.size() + 64);
  out += "{\"id\":";
  codec::put_json_string(out, query.id);
  put_key_time(out, ",\"t\":", tick.t_ms);
  out += ",\"v\":";
  out += tick.values;
  if (!new_labels.empty()) {
    out += ",\"new\":";
    out += new_labels;
  }
  return out += "}\n\n";
}

std::string history_event(const LiveQuery& query, const HistoryText& history, bool resync) {
  std::string out = begin_event("history");
  out.reserve(out.size() + history.series.size() + query.id.size() + 96);
  out += "{\"id\":";
  codec::put_json_string(out, query.id);
  put_key_time(out, ",\"step\":", query.step_ms);
  put_key_time(out, ",\"start\":", history.start_ms);
  put_key_time(out, ",\"end\":", history.end_ms);
  if (resync) out += ",\"resync\":true";
  out += ",\"series\":";
  out += history.series;
  return out += "}\n\n";
}

std::string error_event(const LiveQuery& query, const Error& error) {
  const auto failure = failure_of(error);
  std::string out = begin_event("error");
  codec::JsonWriter writer(out);
  writer.begin_object().key("id").value(std::string_view(query.id));
  writer.key("error").value(std::string_view(failure.message));
  writer.key("errorType").value(failure.type).end_object();
  return out + "\n\n";
}

}  // namespace pharos::api::live
