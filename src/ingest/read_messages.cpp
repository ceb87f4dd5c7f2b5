#include "ingest/read_messages.hpp"

#include "codec/protobuf.hpp"
#include "ingest/write_decode.hpp"

namespace pharos::ingest {
namespace {

using codec::ProtoReader;
using codec::ProtoWriter;

std::unexpected<Error> malformed(const char* what) { return fail(Errc::invalid, std::string("malformed protobuf: ") + what); }

Result<Matcher> decode_matcher(std::string_view message) {
  ProtoReader in(message);
  std::uint64_t type = 0;
  std::string name, value;
  while (in.next()) {
    switch (in.field()) {
      case 1: type = in.varint(); break;
      case 2: name = in.bytes(); break;
      case 3: value = in.bytes(); break;
    }
  }
  if (!in.ok()) return malformed("LabelMatcher");
  if (type > 3) return fail(Errc::invalid, "invalid matcher type");
  return Matcher::make(static_cast<MatchOp>(type), std::move(name), std::move(value));  // EQ NEQ RE NRE, as MatchOp
}

Result<ReadQuery> decode_query(std::string_view message) {
  ProtoReader in(message);
  ReadQuery query;
  while (in.next()) {
    switch (in.field()) {
      case 1: query.start_ms = in.int64(); break;
      case 2: query.end_ms = in.int64(); break;
      case 3: {
        auto matcher = TRY(decode_matcher(in.bytes()));
        query.matchers.push_back(std::move(matcher));
        break;
      }
      case 4: {
        ProtoReader hints(in.bytes());
        while (hints.next()) {
          switch (hints.field()) {
            case 1: query.hints.step_ms = hints.int64(); break;
            case 2: query.hints.function = hints.bytes(); break;
            case 3: query.hints.start_ms = hints.int64(); break;
            case 4: query.hints.end_ms = hints.int64(); break;
            case 7: query.hints.range_ms = hints.int64(); break;
          }
        }
        if (!hints.ok()) return malformed("ReadHints");
        break;
      }
    }
  }
  if (!in.ok()) return malformed("Query");
  return query;
}

Result<ReadSeries> decode_series(std::string_view message, std::uint64_t& samples_left) {
  ProtoReader in(message);
  std::vector<LabelView> labels;
  ReadSeries series;
  auto& column = series.samples;
  struct Native {
    UnixMillis t_ms;
    HistogramPtr histogram;
  };
  std::vector<Native> natives;
  while (in.next()) {
    switch (in.field()) {
      case 1: {
        ProtoReader l(in.bytes());
        LabelView label;
        while (l.next()) {
          if (l.field() == 1) label.name = l.bytes();
          else if (l.field() == 2) label.value = l.bytes();
        }
        if (!l.ok()) return malformed("Label");
        if (!label.value.empty()) labels.push_back(label);
        break;
      }
      case 2: {
        ProtoReader s(in.bytes());
        double value = 0;
        UnixMillis t_ms = 0;
        while (s.next()) {
          if (s.field() == 1) value = s.real();
          else if (s.field() == 2) t_ms = s.int64();
        }
        if (!s.ok()) return malformed("Sample");
        if (samples_left-- == 0) return fail(Errc::limit, "exceeded sample limit of a remote read");
        if (!column.t_ms.empty() && column.t_ms.back() >= t_ms) return fail(Errc::invalid, "remote read: samples are not in order of time");
        column.t_ms.push_back(t_ms);
        column.value.push_back(value);
        break;
      }
      case 4: {
        auto decoded = TRY(decode_histogram(in.bytes()));
        TRY(decoded.histogram->validate());
        if (samples_left-- == 0) return fail(Errc::limit, "exceeded sample limit of a remote read");
        if (!natives.empty() && natives.back().t_ms >= decoded.t_ms) return fail(Errc::invalid, "remote read: histograms are not in order of time");
        natives.push_back({decoded.t_ms, std::move(decoded.histogram)});
        break;
      }
    }
  }
  if (!in.ok()) return malformed("TimeSeries");
  series.labels = Labels::from_unsorted(std::move(labels));
  if (natives.empty()) return series;
  // Floats and histograms come in two lists; a column has them in one order of time.
  SampleColumn merged;
  std::size_t f = 0, n = 0;
  while (f < column.size() || n < natives.size()) {
    const bool take_float = n == natives.size() || (f < column.size() && column.t_ms[f] < natives[n].t_ms);
    const auto t = take_float ? column.t_ms[f] : natives[n].t_ms;
    if (!take_float && f < column.size() && column.t_ms[f] == t) ++f;
    merged.t_ms.push_back(t);
    merged.value.push_back(take_float ? column.value[f] : is_stale(*natives[n].histogram) ? stale_nan() : 0);
    merged.histograms.push_back(take_float ? nullptr : natives[n].histogram);
    ++(take_float ? f : n);
  }
  column = std::move(merged);
  return series;
}

}  // namespace

Result<ReadRequest> decode_read_request(std::string_view message) {
  ReadRequest request;
  ProtoReader in(message);
  while (in.next()) {
    if (in.field() == 1) {
      auto query = TRY(decode_query(in.bytes()));
      request.queries.push_back(std::move(query));
    } else if (in.field() == 2) {
      in.each_varint([&](std::uint64_t type) { request.accepted.push_back(type); });
    }
  }
  if (!in.ok()) return malformed("ReadRequest");
  return request;
}

std::string encode_read_request(const ReadRequest& request) {
  std::string out;
  ProtoWriter to(out);
  for (const auto& query : request.queries)
    to.message(1, [&](ProtoWriter& q) {
      q.int64(1, query.start_ms);
      q.int64(2, query.end_ms);
      for (const auto& matcher : query.matchers)
        q.message(3, [&](ProtoWriter& m) {
          m.varint(1, static_cast<std::uint64_t>(matcher.op()));
          m.bytes(2, matcher.name());
          m.bytes(3, matcher.value());
        });
      q.message(4, [&](ProtoWriter& h) {
        h.int64(1, query.hints.step_ms);
        h.bytes(2, query.hints.function);
        h.int64(3, query.hints.start_ms);
        h.int64(4, query.hints.end_ms);
        h.int64(7, query.hints.range_ms);
      });
    });
  for (const auto type : request.accepted) to.varint(2, type);
  return out;
}

void encode_read_series(const Labels& labels, const SampleColumn& samples, std::string& query_result) {
  std::string series, histogram;
  ProtoWriter to(series);
  for (const auto& [name, value] : labels)
    to.message(1, [&, n = name, v = value](ProtoWriter& l) { l.bytes(1, n), l.bytes(2, v); });
  std::string sample;
  for (std::size_t i = 0; i < samples.size(); ++i) {
    if (!samples.histograms.empty() && samples.histograms[i]) {
      histogram.clear();
      encode_histogram(*samples.histograms[i], samples.t_ms[i], 0, histogram);
      to.bytes(4, histogram);
      continue;
    }
    sample.clear();
    ProtoWriter s(sample);
    s.real(1, samples.value[i]);
    s.int64(2, samples.t_ms[i]);
    to.bytes(2, sample);
  }
  ProtoWriter(query_result).bytes(1, series);
}

std::string encode_read_response(const std::vector<std::string>& query_results) {
  std::string out;
  ProtoWriter to(out);
  for (const auto& result : query_results) to.bytes(1, result);
  return out;
}

Result<std::vector<std::vector<ReadSeries>>> decode_read_response(std::string_view message, std::uint64_t samples_max) {
  std::vector<std::vector<ReadSeries>> results;
  ProtoReader in(message);
  while (in.next()) {
    if (in.field() != 1) continue;
    auto& series = results.emplace_back();
    ProtoReader result(in.bytes());
    while (result.next()) {
      if (result.field() != 1) continue;
      auto decoded = TRY(decode_series(result.bytes(), samples_max));
      series.push_back(std::move(decoded));
    }
    if (!result.ok()) return malformed("QueryResult");
  }
  if (!in.ok()) return malformed("ReadResponse");
  return results;
}

}  // namespace pharos::ingest
