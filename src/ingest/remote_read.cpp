#include "ingest/remote_read.hpp"

#include <algorithm>
#include <atomic>
#include <stdexcept>

#include "base/metric.hpp"
#include "codec/checksum.hpp"
#include "codec/compress.hpp"
#include "codec/protobuf.hpp"
#include "ingest/read_messages.hpp"
#include "ingest/xor_chunk.hpp"

namespace pharos::ingest {
namespace {

constexpr std::size_t kChunkSamples = 120;

struct Stats {
  Counter samples{"pharos_remote_read_served_samples_total", "Samples sent in answer to remote reads."};
  Counter busy{"pharos_remote_read_concurrency_limit_total", "Remote reads refused because too many were running."};
};
Stats& stats() {
  static Stats s;
  return s;
}

struct Found {
  std::shared_ptr<const Selection> selection;
  std::vector<std::uint32_t> order;       // series by labels, as the protocol wants
  std::vector<Labels> labels;             // external ones added; parallel to order
  UnixMillis start_ms, end_ms;
};

Labels with_external(const Labels& labels, const Labels& external) {
  auto out = labels;
  for (const auto& [name, value] : external)
    if (!out.contains(name)) out = out.with(name, value);
  return out;
}

Result<Found> select(Querier& querier, const ReadQuery& query, const Labels& external) {
  // A matcher that asks for an external label is satisfied by the server itself.
  std::vector<Matcher> matchers;
  for (const auto& matcher : query.matchers)
    if (!(matcher.op() == MatchOp::equal && !matcher.value().empty() && external.get(matcher.name()) == matcher.value()))
      matchers.push_back(matcher);
  if (matchers.empty()) {
    auto everything = TRY(Matcher::make(MatchOp::regex, std::string(kMetricName), ".+"));
    matchers.push_back(std::move(everything));
  }
  Found found;
  found.start_ms = query.start_ms;
  found.end_ms = query.end_ms;
  found.selection = TRY(querier.select(matchers, query.start_ms, query.end_ms, query.hints));
  for (std::uint32_t i = 0; i < found.selection->size(); ++i) found.order.push_back(i);
  std::sort(found.order.begin(), found.order.end(), [&](auto a, auto b) { return found.selection->labels(a) < found.selection->labels(b); });
  for (const auto i : found.order) found.labels.push_back(with_external(found.selection->labels(i), external));
  return found;
}

net::Response failed(const Error& error) {
  const int status = error.code == Errc::invalid || error.code == Errc::limit ? 400 : error.code == Errc::unavailable ? 503 : 500;
  return net::Response::text(status, error.message + "\n");
}

Result<net::Response> answer_samples(const std::vector<Found>& found, const net::Request& request, const RemoteReadLimits& limits) {
  std::vector<std::string> results(found.size());
  SampleColumn column;
  std::uint64_t samples = 0;
  for (std::size_t q = 0; q < found.size(); ++q)
    for (std::size_t i = 0; i < found[q].order.size(); ++i) {
      if (request.cancelled.stop_requested()) return fail(Errc::cancelled, "cancelled");
      TRY(found[q].selection->read(found[q].order[i], found[q].start_ms, found[q].end_ms, column));
      if (column.empty()) continue;
      samples += column.size();
      if (samples > limits.samples_max) return fail(Errc::limit, "exceeded sample limit (" + std::to_string(limits.samples_max) + ")");
      encode_read_series(found[q].labels[i], column, results[q]);
    }
  stats().samples.add(static_cast<double>(samples));
  net::Response response;
  response.headers.add("Content-Type", "application/x-protobuf");
  response.headers.add("Content-Encoding", "snappy");
  response.body = codec::compress(codec::Compression::snappy, encode_read_response(results));
  return response;
}

// uvarint length, CRC-32C big endian, ChunkedReadResponse.
void put_frame(std::string_view message, std::string& out) {
  codec::put_varint(out, message.size());
  const auto crc = codec::crc32c(message);
  for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>(crc >> shift & 0xff);
  out += message;
}

net::Response answer_stream(std::vector<Found> found, const RemoteReadLimits& limits) {
  net::Response response;
  response.headers.add("Content-Type", "application/x-streamed-protobuf; proto=prometheus.ChunkedReadResponse");
  response.stream = [found = std::move(found), limits](const net::Response::Sink& sink) {
    SampleColumn column;
    std::string message, frame;
    for (std::size_t q = 0; q < found.size(); ++q) {
      const auto flush = [&] {
        if (message.empty()) return true;
        if (q) codec::ProtoWriter(message).varint(2, q);
        frame.clear();
        put_frame(message, frame);
        message.clear();
        return sink(frame);
      };
      for (std::size_t i = 0; i < found[q].order.size(); ++i) {
        if (!found[q].selection->read(found[q].order[i], found[q].start_ms, found[q].end_ms, column))
          throw std::runtime_error("remote read: a series could not be read");  // cuts the stream: the client sees it
        if (column.empty()) continue;
        stats().samples.add(static_cast<double>(column.size()));
        const auto begin_series = [&](std::string& series) {
          codec::ProtoWriter to(series);
          for (const auto& [name, value] : found[q].labels[i])
            to.message(1, [&, n = name, v = value](codec::ProtoWriter& l) { l.bytes(1, n), l.bytes(2, v); });
        };
        std::string series;
        begin_series(series);
        for (std::size_t at = 0; at < column.size(); at += kChunkSamples) {
          const auto n = std::min(kChunkSamples, column.size() - at);
          codec::ProtoWriter(series).message(2, [&](codec::ProtoWriter& chunk) {
            chunk.int64(1, column.t_ms[at]);
            chunk.int64(2, column.t_ms[at + n - 1]);
            chunk.varint(3, 1);  // XOR
            chunk.bytes(4, encode_xor_chunk(std::span(column.t_ms).subspan(at, n), std::span(column.value).subspan(at, n)));
          });
          if (series.size() < limits.chunk_bytes_max) continue;
          codec::ProtoWriter(message).bytes(1, series);
          if (!flush()) return;
          series.clear();
          if (at + n < column.size()) begin_series(series);
        }
        if (!series.empty()) codec::ProtoWriter(message).bytes(1, series);
        if (message.size() >= limits.chunk_bytes_max && !flush()) return;
      }
      if (!flush()) return;
    }
  };
  return response;
}

// Histograms are sent as samples only: their chunks are not written here. Reads everything once more, because a stream cannot
// change its kind on the way.
bool floats_only(const std::vector<Found>& found) {
  SampleColumn column;
  for (const auto& f : found)
    for (const auto i : f.order) {
      if (!f.selection->read(i, f.start_ms, f.end_ms, column)) return false;
      if (std::any_of(column.histograms.begin(), column.histograms.end(), [](const auto& h) { return h != nullptr; })) return false;
    }
  return true;
}

}  // namespace

void register_remote_read(net::Router& router, std::shared_ptr<Querier> querier, std::function<Labels()> external_labels,
                          RemoteReadLimits limits) {
  const auto running = std::make_shared<std::atomic<std::uint32_t>>(0);
  router.add("POST", "/api/v1/read", [=](const net::Request& request) -> net::Response {
    struct Slot {
      std::atomic<std::uint32_t>& running;
      ~Slot() { running.fetch_sub(1); }
    };
    const auto before = running->fetch_add(1);
    const Slot slot{*running};
    if (before >= limits.concurrent_max) {
      stats().busy.add();
      return net::Response::text(503, "too many remote reads at a time\n");
    }
    const auto body = codec::decompress(codec::Compression::snappy, request.body, limits.body_max * 8);
    if (!body) return failed({Errc::invalid, body.error().message});
    auto asked = decode_read_request(*body);
    if (!asked) return failed(asked.error());
    const auto external = external_labels ? external_labels() : Labels{};
    std::vector<Found> found;
    for (const auto& query : asked->queries) {
      auto one = select(*querier, query, external);
      if (!one) return failed(one.error());
      found.push_back(std::move(*one));
    }
    const auto& accepted = asked->accepted;
    const auto accepts = [&](std::uint64_t type) { return std::find(accepted.begin(), accepted.end(), type) != accepted.end(); };
    if (!accepted.empty() && !accepts(0) && !accepts(1))
      return net::Response::text(400, "server does not support any of the requested response types\n");
    const bool stream_first = !accepted.empty() && accepted.front() == 1;
    if (stream_first && floats_only(found)) return answer_stream(std::move(found), limits);
    if (!accepted.empty() && !accepts(0)) {
      if (!floats_only(found)) return net::Response::text(400, "native histograms are sent as SAMPLES only, which the request does not accept\n");
      return answer_stream(std::move(found), limits);
    }
    auto response = answer_samples(found, request, limits);
    return response ? std::move(*response) : failed(response.error());
  }, {.body_max = limits.body_max, .compress = false});
}

}  // namespace pharos::ingest
