#include "net/dispatch.hpp"

#include <exception>
#include <functional>
#include <unordered_map>

#include "base/log.hpp"
#include "base/short_work.hpp"
#include "codec/compress.hpp"

namespace pharos::net {
namespace {

constexpr std::size_t kCompressFrom = 1400;  // below it the reply fits one packet anyway
constexpr std::size_t kLongFrom = 64 * 1024;  // takes about half a millisecond

bool compressible(std::string_view type) {
  return type.starts_with("text/") || type.starts_with("application/json") || type.starts_with("application/openmetrics") ||
         type.starts_with("application/javascript") || type.starts_with("image/svg") || type.starts_with("application/yaml");
}

struct TextHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
};
struct RouteHandles {
  Distribution seconds;
  std::vector<std::pair<int, Counter>> by_code;
};

}  // namespace

ServerStats& server_stats() {
  static ServerStats stats;
  return stats;
}

Response Dispatch::answer(const Request& request, const Router::Match& match) const {
  Response response;
  bool answered = false;
  try {
    if (config.gate) {
      if (auto refused = config.gate(request)) response = std::move(*refused), answered = true;
    }
    if (answered) {
      // the gate's answer stands
    } else if (match.handler) {
      response = (*match.handler)(request);
    } else if (match.path_known) {
      response = Response::text(405, "Method Not Allowed\n");
    } else if (const auto* fallback = router->fallback()) {
      response = (*fallback)(request);
    } else {
      response = Response::text(404, "404 page not found\n");
    }
  } catch (const std::exception& e) {
    log::error("request handler failed", {{"path", request.path}, {"what", e.what()}});
    return Response::text(500, "internal error\n");
  }
  for (const auto& [name, value] : config.headers) response.headers.set(name, value);
  if (!response.stream && (!match.options || match.options->compress)) compress_reply(request, response);
  return response;
}

void Dispatch::count(const Router::Match& match, int status, Nanos took) const {
  // Handles are looked up under a lock once per thread, route and code.
  thread_local std::unordered_map<std::string, RouteHandles, TextHash, std::equal_to<>> routes;
  const std::string_view pattern = match.handler ? match.pattern : std::string_view("none");
  auto found = routes.find(pattern);
  if (found == routes.end())
    found = routes.emplace(std::string(pattern), RouteHandles{server_stats().seconds.with({pattern}), {}}).first;
  auto& handles = found->second;
  handles.seconds.observe(std::chrono::duration<double>(took).count());
  for (auto& [code, counter] : handles.by_code)
    if (code == status) return counter.add();
  handles.by_code.emplace_back(status, server_stats().requests.with({pattern, std::to_string(status)}));
  handles.by_code.back().second.add();
}

bool run_handler(Dispatch& dispatch, const RouteOptions* options, std::move_only_function<void()> task) {
  if (options != nullptr && options->own_thread) {
    const bool started = dispatch.streams.run(std::move(task));
    if (!started) server_stats().streams_full.add();
    return started;
  }
  if (dispatch.waiting.fetch_add(1, std::memory_order_relaxed) >= dispatch.config.queue_max) {
    dispatch.waiting.fetch_sub(1, std::memory_order_relaxed);
    server_stats().queue_full.add();
    return false;
  }
  const bool queued = dispatch.pool->submit([&dispatch, task = std::move(task)]() mutable {
    dispatch.waiting.fetch_sub(1, std::memory_order_relaxed);
    task();
  });
  if (!queued) {
    dispatch.waiting.fetch_sub(1, std::memory_order_relaxed);
    server_stats().queue_full.add();
  }
  return queued;
}

bool accepts_encoding(std::string_view accept, std::string_view encoding) {
  while (!accept.empty()) {
    auto item = accept.substr(0, accept.find(','));
    accept.remove_prefix(std::min(accept.size(), item.size() + 1));
    while (item.starts_with(' ') || item.starts_with('\t')) item.remove_prefix(1);
    auto name = item.substr(0, item.find_first_of("; \t"));
    if (name.size() != encoding.size()) continue;
    bool same = true;
    for (std::size_t i = 0; i < name.size(); ++i) same &= (name[i] | 0x20) == encoding[i];
    if (!same) continue;
    const auto q = item.find("q=");
    if (q == item.npos) return true;
    const auto weight = item.substr(q + 2);
    return weight.find_first_of("123456789") != weight.npos;
  }
  return false;
}

void compress_reply(const Request& request, Response& response) {
  if (response.body.size() < kCompressFrom || !response.headers.get("Content-Encoding").empty() ||
      !compressible(response.headers.get("Content-Type")))
    return;
  const auto accept = request.headers.get("Accept-Encoding");
  response.headers.add("Vary", "Accept-Encoding");
  const bool zstd = accepts_encoding(accept, "zstd");
  if (!zstd && !accepts_encoding(accept, "gzip")) return;
  if (response.body.size() >= kLongFrom) note_long_work();
  auto packed = codec::compress(zstd ? codec::Compression::zstd : codec::Compression::gzip, response.body, 1);
  if (packed.size() >= response.body.size()) return;
  response.body = std::move(packed);
  response.headers.set("Content-Encoding", zstd ? "zstd" : "gzip");
}

std::string http_date(Time t) {
  using namespace std::chrono;
  static constexpr const char* kDays[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static constexpr const char* kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                            "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const auto day = floor<days>(t);
  const year_month_day date{day};
  const auto second = duration_cast<seconds>(t - day).count();
  char buffer[64];
  const int n = std::snprintf(buffer, sizeof buffer, "%s, %02u %s %04d %02d:%02d:%02d GMT",
                              kDays[weekday{day}.c_encoding()], static_cast<unsigned>(date.day()),
                              kMonths[static_cast<unsigned>(date.month()) - 1], static_cast<int>(date.year()),
                              static_cast<int>(second / 3600), static_cast<int>(second / 60 % 60),
                              static_cast<int>(second % 60));
  return std::string(buffer, static_cast<std::size_t>(n));
}

}  // namespace pharos::net
