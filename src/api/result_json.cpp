#include "api/result_json.hpp"

#include <algorithm>
#include <span>

#include "api/answer.hpp"
#include "query/histogram_buckets.hpp"

namespace pharos::api {
namespace {

using codec::JsonWriter;
using query::Point;
using query::Series;

// [1435781430.781,"1"] and a comma.
constexpr std::size_t kPointTextMax = 2 * codec::kSampleTextMax + 8;
constexpr std::size_t kPointsPerChunk = 512;  // written with one check of the room

char* write_point(char* at, const Point& point) {
  *at++ = '[';
  at = codec::write_unix_seconds(at, point.t_ms);
  *at++ = ',';
  *at++ = '"';
  at = codec::write_sample_value(at, point.value);
  *at++ = '"';
  *at++ = ']';
  return at;
}

void put_quoted(std::string& out, double v) {
  out += '"';
  codec::put_sample_value(out, v);
  out += '"';
}

void put_histogram_point(std::string& out, const Point& point) {
  out += '[';
  codec::put_unix_seconds(out, point.t_ms);
  out += ',';
  put_histogram(out, *point.histogram);
  out += ']';
}

// Float points of a range, joined by commas.
void put_points(std::string& out, const std::vector<Point>& points) {
  bool first = true;
  for (std::size_t i = 0; i < points.size();) {
    const auto end = std::min(points.size(), i + kPointsPerChunk);
    const auto used = out.size();
    const auto room = used + (end - i) * kPointTextMax;
    if (out.capacity() < room) out.reserve(std::max(room, out.capacity() * 2));
    out.resize_and_overwrite(room, [&](char* data, std::size_t) {
      char* at = data + used;
      for (; i < end; ++i) {
        if (points[i].histogram) continue;
        if (!first) *at++ = ',';
        first = false;
        at = write_point(at, points[i]);
      }
      return static_cast<std::size_t>(at - data);
    });
  }
}

void put_metric(std::string& out, const Labels& labels) {
  out += "{\"metric\":{";
  bool first = true;
  for (const auto& [name, value] : labels) {
    if (!first) out += ',';
    first = false;
    codec::put_json_string(out, name);
    out += ':';
    codec::put_json_string(out, value);
  }
  out += '}';
}

void put_vector(std::string& out, const std::vector<Series>& series) {
  bool first = true;
  for (const auto& one : series) {
    if (one.points.empty()) continue;
    if (!first) out += ',';
    first = false;
    put_metric(out, one.labels);
    const auto& point = one.points.front();
    if (point.histogram) {
      out += ",\"histogram\":";
      put_histogram_point(out, point);
    } else {
      out += ",\"value\":";
      char buffer[kPointTextMax];
      out.append(buffer, static_cast<std::size_t>(write_point(buffer, point) - buffer));
    }
    out += '}';
  }
}

void put_matrix_series(std::string& out, const Series& series) {
  put_metric(out, series.labels);
  const auto histograms = static_cast<std::size_t>(
      std::ranges::count_if(series.points, [](const Point& p) { return p.histogram != nullptr; }));
  if (histograms < series.points.size()) {
    out += ",\"values\":[";
    put_points(out, series.points);
    out += ']';
  }
  if (histograms > 0) {
    out += ",\"histograms\":[";
    bool first_point = true;
    for (const auto& point : series.points) {
      if (!point.histogram) continue;
      if (!first_point) out += ',';
      first_point = false;
      put_histogram_point(out, point);
    }
    out += ']';
  }
  out += '}';
}

// Runs of series, each of some tens of microseconds to write.
std::vector<std::span<const Series>> pieces_of(std::span<const Series> series) {
  constexpr std::size_t kPointsPerPiece = 2'048;
  std::vector<std::span<const Series>> pieces;
  std::size_t begin = 0, points = 0;
  for (std::size_t i = 0; i < series.size(); ++i) {
    points += series[i].points.size() + 8;  // and its labels
    if (points < kPointsPerPiece && i + 1 < series.size()) continue;
    pieces.push_back(series.subspan(begin, i + 1 - begin));
    begin = i + 1, points = 0;
  }
  return pieces;
}

void put_matrix(std::string& out, std::span<const Series> series, ThreadPool* pool) {
  const auto put_all = [](std::string& to, std::span<const Series> some) {
    for (const auto& one : some) {
      if (&one != &some.front()) to += ',';
      put_matrix_series(to, one);
    }
  };
  const auto pieces = pieces_of(series);
  if (pool == nullptr || pieces.size() < 2) return put_all(out, series);
  std::vector<std::string> texts(pieces.size());
  pool->parallel_for(pieces.size(), [&](std::size_t i) { put_all(texts[i], pieces[i]); });
  std::size_t bytes = out.size() + texts.size();
  for (const auto& text : texts) bytes += text.size();
  out.reserve(bytes + 64);  // and what closes the answer
  for (std::size_t i = 0; i < texts.size(); ++i) {
    if (i > 0) out += ',';
    out += texts[i];
  }
}

double seconds(Nanos duration) {
  return std::chrono::duration<double>(duration).count();
}

void put_stats(JsonWriter& writer, const query::Stats& stats, const query::QueryRequest& request) {
  writer.key("stats").begin_object().key("timings").begin_object();
  writer.key("evalTotalTime").value(seconds(stats.selecting + stats.evaluating));
  writer.key("resultSortTime").value(0);
  writer.key("queryPreparationTime").value(seconds(stats.parsing + stats.selecting));
  writer.key("innerEvalTime").value(seconds(stats.evaluating));
  writer.key("execQueueTime").value(seconds(stats.queued));
  writer.key("execTotalTime").value(seconds(stats.total)).end_object();
  writer.key("samples").begin_object();
  if (!stats.samples_per_step.empty()) {
    writer.key("totalQueryableSamplesPerStep").begin_array();
    for (std::size_t i = 0; i < stats.samples_per_step.size(); ++i) {
      writer.begin_array().unix_seconds(request.start_ms +
                                        static_cast<std::int64_t>(i) * request.step_ms);
      writer.value(stats.samples_per_step[i]).end_array();
    }
    writer.end_array();
  }
  writer.key("totalQueryableSamples").value(stats.samples_read);
  writer.key("peakSamples").value(stats.samples_peak).end_object().end_object();
}

}  // namespace

void put_histogram(std::string& out, const Histogram& histogram) {
  out += "{\"count\":";
  put_quoted(out, histogram.count);
  out += ",\"sum\":";
  put_quoted(out, histogram.sum);
  bool first = true;
  for (const auto& bucket : query::all_buckets(histogram)) {
    if (bucket.count == 0) continue;
    out += first ? ",\"buckets\":[[" : ",[";
    first = false;
    const char rule = bucket.lower_inclusive ? (bucket.upper_inclusive ? '3' : '1')
                                             : (bucket.upper_inclusive ? '0' : '2');
    out += rule;
    for (const double v : {bucket.lower, bucket.upper, bucket.count}) {
      out += ',';
      put_quoted(out, v);
    }
    out += ']';
  }
  if (!first) out += ']';
  out += '}';
}

void put_query_result(JsonWriter& writer, const query::Value& value, const query::Stats* stats,
                      const query::QueryRequest& request, ThreadPool* pool) {
  writer.begin_object().key("resultType");
  if (const auto* scalar = std::get_if<query::Scalar>(&value)) {
    writer.value("scalar")
        .key("result")
        .begin_array()
        .unix_seconds(scalar->t_ms)
        .sample_value(scalar->value)
        .end_array();
  } else if (const auto* text = std::get_if<query::Text>(&value)) {
    writer.value("string")
        .key("result")
        .begin_array()
        .unix_seconds(text->t_ms)
        .value(std::string_view(text->value))
        .end_array();
  } else if (const auto* vector = std::get_if<query::Vector>(&value)) {
    writer.value("vector").key("result").begin_array();
    put_vector(writer.out(), vector->series);
    writer.end_array();
  } else {
    writer.value("matrix").key("result").begin_array();
    put_matrix(writer.out(), std::get<query::Matrix>(value).series, pool);
    writer.end_array();
  }
  if (stats != nullptr) put_stats(writer, *stats, request);
  writer.end_object();
}

bool truncate(query::Value& value, std::size_t limit) {
  std::vector<Series>* series = nullptr;
  if (auto* vector = std::get_if<query::Vector>(&value)) series = &vector->series;
  if (auto* matrix = std::get_if<query::Matrix>(&value)) series = &matrix->series;
  if (limit == 0 || series == nullptr || series->size() <= limit) return false;
  series->erase(series->begin() + static_cast<std::ptrdiff_t>(limit), series->end());
  return true;
}

}  // namespace pharos::api
