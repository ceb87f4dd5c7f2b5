#include "metrics/histogram_column.hpp"

#include <bit>
#include <vector>

#include "codec/compress.hpp"
#include "codec/series_hot.hpp"

namespace pharos::metrics {
namespace {

using codec::Cursor;

constexpr std::size_t kRawBytesMax = 64u << 20;  // of one granule
constexpr std::size_t kCompressFrom = 96;        // below, zstd's frame eats the gain

bool same_bits(double a, double b) {
  return std::bit_cast<std::uint64_t>(a) == std::bit_cast<std::uint64_t>(b);
}

bool same_shape(const Histogram& a, const Histogram& b) {
  if (a.reset_hint != b.reset_hint || a.integer != b.integer || a.schema != b.schema ||
      !same_bits(a.zero_threshold, b.zero_threshold) || a.positive_spans != b.positive_spans ||
      a.negative_spans != b.negative_spans || a.positive.size() != b.positive.size() ||
      a.negative.size() != b.negative.size() || a.custom_values.size() != b.custom_values.size())
    return false;
  for (std::size_t i = 0; i < a.custom_values.size(); ++i)
    if (!same_bits(a.custom_values[i], b.custom_values[i])) return false;
  return true;
}

void put_spans(std::string& out, const std::vector<Span>& spans) {
  codec::put_varint(out, spans.size());
  for (const auto& span : spans) {
    codec::put_signed(out, span.offset);
    codec::put_varint(out, span.length);
  }
}

bool get_spans(Cursor& in, std::vector<Span>& spans) {
  const auto n = in.varint();
  if (n > in.left() / 2) return in.fail(), false;
  spans.resize(n);
  for (auto& span : spans) {
    const auto offset = in.signed_varint();
    const auto length = in.varint();
    if (offset != static_cast<std::int32_t>(offset) || length > 0xffffffffu)
      return in.fail(), false;
    span = {static_cast<std::int32_t>(offset), static_cast<std::uint32_t>(length)};
  }
  return in.ok();
}

void put_shape(std::string& out, const Histogram& h) {
  out.push_back(static_cast<char>((h.integer ? 1 : 0) | static_cast<int>(h.reset_hint) << 1));
  codec::put_signed(out, h.schema);
  codec::put_fixed(out, h.zero_threshold);
  put_spans(out, h.positive_spans);
  put_spans(out, h.negative_spans);
  codec::put_varint(out, h.positive.size());
  codec::put_varint(out, h.negative.size());
  codec::put_varint(out, h.custom_values.size());
  for (const double v : h.custom_values) codec::put_fixed(out, v);
}

bool get_shape(Cursor& in, Histogram& h) {
  const auto flags = in.fixed<std::uint8_t>();
  if (flags >= 8) return in.fail(), false;
  h.integer = flags & 1;
  h.reset_hint = static_cast<ResetHint>(flags >> 1);
  const auto schema = in.signed_varint();
  if (schema != static_cast<std::int32_t>(schema)) return in.fail(), false;
  h.schema = static_cast<std::int32_t>(schema);
  h.zero_threshold = in.fixed<double>();
  if (!get_spans(in, h.positive_spans) || !get_spans(in, h.negative_spans)) return false;
  const auto positive = in.varint(), negative = in.varint(), custom = in.varint();
  // Every bucket has a column of at least two bytes still to come, every bound eight.
  if (positive > in.left() / 2 || negative > in.left() / 2 || custom > in.left() / 8)
    return in.fail(), false;
  h.positive.resize(positive);
  h.negative.resize(negative);
  h.custom_values.resize(custom);
  for (double& v : h.custom_values) v = in.fixed<double>();
  return in.ok();
}

// The doubles of a histogram in the order of their columns.
template <class H, class F>
void each_number(H& h, F&& f) {
  f(h.count), f(h.sum), f(h.zero_count);
  for (auto& v : h.positive) f(v);
  for (auto& v : h.negative) f(v);
}

std::size_t number_count(const Histogram& h) {
  return 3 + h.positive.size() + h.negative.size();
}

std::string raw_column(std::span<const HistogramPtr> histograms) {
  std::vector<const Histogram*> shapes;
  std::vector<std::vector<const Histogram*>> members;
  std::vector<std::size_t> shape_of;  // 0: none
  for (const auto& h : histograms) {
    std::size_t s = 0;
    if (h) {
      s = shapes.size();
      while (s > 0 && !same_shape(*shapes[s - 1], *h)) --s;
      if (s == 0) {
        shapes.push_back(h.get());
        members.emplace_back();
        s = shapes.size();
      }
      members[s - 1].push_back(h.get());
    }
    shape_of.push_back(s);
  }
  std::string out;
  for (std::size_t i = 0; i < shape_of.size();) {  // runs
    std::size_t end = i;
    while (end < shape_of.size() && shape_of[end] == shape_of[i]) ++end;
    codec::put_varint(out, shape_of[i]);
    codec::put_varint(out, end - i);
    i = end;
  }
  std::vector<double> table;
  for (std::size_t s = 0; s < shapes.size(); ++s) {
    put_shape(out, *shapes[s]);
    const auto m = members[s].size(), columns = number_count(*shapes[s]);
    table.resize(m * columns);
    for (std::size_t row = 0; row < m; ++row) {
      std::size_t column = 0;
      each_number(*members[s][row], [&](double v) { table[column++ * m + row] = v; });
    }
    codec::ValueHint hint;
    for (std::size_t c = 0; c < columns; ++c)
      codec::put_values(out, {table.data() + c * m, m}, hint);
  }
  return out;
}

bool get_raw_column(Cursor in, std::span<HistogramPtr> out) {
  std::vector<std::size_t> shape_of;
  std::size_t shape_count = 0;
  while (shape_of.size() < out.size()) {
    const auto shape = in.varint(), run = in.varint();
    if (!in.ok() || run == 0 || run > out.size() - shape_of.size() || shape > shape_count + 1)
      return false;
    shape_count = std::max<std::size_t>(shape_count, shape);
    shape_of.insert(shape_of.end(), run, shape);
  }
  std::vector<std::size_t> rows;
  std::vector<std::shared_ptr<Histogram>> members;
  std::vector<double> column;
  for (std::size_t s = 1; s <= shape_count; ++s) {
    Histogram shape;
    if (!get_shape(in, shape)) return false;
    rows.clear();
    for (std::size_t i = 0; i < out.size(); ++i)
      if (shape_of[i] == s) rows.push_back(i);
    members.clear();
    for (std::size_t i = 0; i < rows.size(); ++i)
      members.push_back(std::make_shared<Histogram>(shape));
    column.resize(rows.size());
    bool good = true;
    const auto fill = [&](auto&& member_of) {
      if (!(good = good && codec::get_values(in, column))) return;
      for (std::size_t i = 0; i < members.size(); ++i) member_of(*members[i]) = column[i];
    };
    fill([](Histogram& h) -> double& { return h.count; });
    fill([](Histogram& h) -> double& { return h.sum; });
    fill([](Histogram& h) -> double& { return h.zero_count; });
    for (std::size_t b = 0; good && b < shape.positive.size(); ++b)
      fill([b](Histogram& h) -> double& { return h.positive[b]; });
    for (std::size_t b = 0; good && b < shape.negative.size(); ++b)
      fill([b](Histogram& h) -> double& { return h.negative[b]; });
    if (!good) return false;
    for (std::size_t i = 0; i < rows.size(); ++i) out[rows[i]] = std::move(members[i]);
  }
  return in.ok() && in.at_end();
}

}  // namespace

void put_histograms(std::string& out, std::span<const HistogramPtr> histograms) {
  const auto raw = raw_column(histograms);
  if (raw.size() >= kCompressFrom) {
    const auto packed = codec::compress(codec::Compression::zstd, raw, 3);
    if (packed.size() + 2 < raw.size()) {
      out.push_back(1);
      return codec::put_string(out, packed);
    }
  }
  out.push_back(0);
  codec::put_string(out, raw);
}

bool get_histograms(Cursor& in, std::span<HistogramPtr> out) {
  const auto packed = in.fixed<std::uint8_t>();
  const auto bytes = in.string();
  if (!in.ok() || packed > 1 || out.size() > codec::kGranuleSamples) return in.fail(), false;
  if (packed == 0) return get_raw_column(Cursor(bytes), out) ? true : (in.fail(), false);
  const auto raw = codec::decompress(codec::Compression::zstd, bytes, kRawBytesMax);
  if (!raw || !get_raw_column(Cursor(*raw), out)) return in.fail(), false;
  return true;
}

}  // namespace pharos::metrics
