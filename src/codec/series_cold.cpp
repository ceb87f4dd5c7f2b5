#include "codec/series_cold.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>

#include "codec/cold_bins.hpp"
#include "codec/cold_loops.hpp"
#include "codec/decimal.hpp"
#include "codec/prefix_code.hpp"

namespace pharos::codec {
namespace {

constexpr std::uint64_t u(std::int64_t v) {
  return static_cast<std::uint64_t>(v);
}
constexpr std::int64_t i64(std::uint64_t v) {
  return static_cast<std::int64_t>(v);
}

enum Mode : int { kValue = 0, kDelta = 1, kDelta2 = 2 };
constexpr std::size_t kSkipped[] = {0, 1, 2};  // values of a granule that are not coded

// More raw bits than these one load may not hold: such symbols are special, as are runs and
// escapes.
constexpr int kLoadedBitsMax = 46;

constexpr auto kReversed = [] {  // ten bits
  std::array<std::uint16_t, kColdTableMax> out{};
  for (std::size_t v = 0; v < out.size(); ++v)
    for (int b = 0; b < kPrefixBitsMax; ++b)
      if (v >> b & 1) out[v] |= static_cast<std::uint16_t>(1 << (kPrefixBitsMax - 1 - b));
  return out;
}();
static_assert(kColdTableMax == 1u << kPrefixBitsMax);

bool get_column(Cursor& in, std::size_t count, std::vector<std::int64_t>& out) {
  out.resize(count);
  return get_integers(in, out);
}

}  // namespace

bool ColdValues::open(std::string_view head, std::string_view body, std::size_t samples) {
  samples_ = samples;
  constant_known_ = rising_ = false;
  exceptions_.clear();
  if (samples == 0 || samples > kColdSamplesMax) return false;
  Cursor in(head);
  const auto flags = in.fixed<std::uint8_t>();
  if (!in.ok()) return false;
  switch (flags & 3) {
    case 0: {
      kind_ = Kind::constant;
      const std::span<double> one(&constant_value_, 1);
      if (!get_values(in, one)) return false;
      constant_known_ =
          !std::isnan(constant_value_) && !(constant_value_ == 0 && std::signbit(constant_value_));
      return in.at_end();
    }
    case 2:
      kind_ = Kind::raw;
      raw_ = body;
      return in.at_end() && body.size() == samples * 8;
    case 3:
      kind_ = Kind::granule;
      raw_ = body;
      return in.at_end() && samples <= kGranuleSamples;
    default: break;
  }
  kind_ = Kind::coded;
  bits_ = flags & 4;
  facts_ = flags & 64;
  exponent_ = flags & 8 ? in.fixed<std::uint8_t>() : 0;
  first_ = u(in.signed_varint());
  divisor_ = flags & 16 ? in.varint() : 1;
  if (exponent_ > kDecimalExponentMax) return false;
  if (flags & 32) {
    const auto count = in.varint();
    if (count > in.left() / 9 || count > samples) return false;
    std::uint64_t at = 0;
    for (std::uint64_t k = 0; k < count; ++k) {
      const auto gap = in.varint();
      if (gap >= samples || (at += gap) >= samples) return false;
      exceptions_.emplace_back(static_cast<std::uint32_t>(at), in.fixed<double>());
    }
  }
  return in.ok() && in.at_end() && open_body(body);
}

bool ColdValues::read_bins(Cursor& in) {
  auto& bins = bins_;
  bins = {};
  bins.family = mode_ & 4 ? ColdBins::linear : ColdBins::logarithmic;
  bins.runs = mode_ & 8;
  if (bins.family == ColdBins::logarithmic) {
    bins.sub = in.fixed<std::uint8_t>();
    bins.centre = in.signed_varint();
    const auto least = in.signed_varint();
    if (bins.sub > 3 || least > log_bins_max(bins.sub) || least < -log_bins_max(bins.sub))
      return false;
    bins.least = static_cast<int>(least);
  } else {
    bins.shift = in.fixed<std::uint8_t>();
    bins.escape_bits = in.fixed<std::uint8_t>();
    bins.low = in.signed_varint();
    if (bins.shift > 62 || bins.escape_bits > 64) return false;
  }
  table_made_ = false;
  return in.ok() && get_code_lengths(in, 2048, lengths_);
}

// Not before something is decoded: facts are often enough.
bool ColdValues::make_table() {
  const auto& bins = bins_;
  const auto& lengths = lengths_;
  const int symbols = static_cast<int>(lengths.size());
  const int bin_count = symbols - (bins.runs ? ColdBins::kRunSymbols : 0);
  if (bin_count < 1) return false;
  bases_.resize(lengths.size());
  escape_bits_ = bins.escape_bits;
  run_base_ = bins.runs ? bin_count : symbols;

  // The symbols in use, shortest codes first: in the order of their codes.
  std::array<std::uint16_t, kPrefixBitsMax + 2> first{};
  for (const auto length : lengths)
    if (length != 0) ++first[length + 1u];
  for (std::size_t d = 1; d < first.size(); ++d) first[d] += first[d - 1];
  std::array<std::uint16_t, kColdTableMax> order;  // a complete code has no more symbols
  auto next = first;
  for (int s = 0; s < symbols; ++s)
    if (const auto length = lengths[static_cast<std::size_t>(s)]; length != 0)
      order[next[length]++] = static_cast<std::uint16_t>(s);
  const std::size_t used = first.back();

  // A symbol that is alone takes no bits. Otherwise the code is complete: every entry gets filled.
  const bool alone = used == 1;
  std::size_t bits_max = 0;
  std::uint32_t code = 0;
  bool plain = true;
  no_runs_ = true;
  table_bits_ = 0;
  const auto origin = u(bins.centre) + usual_, low = u(bins.low) + usual_;
  for (std::size_t k = 0; k < used; ++k) {
    const int s = order[k];
    const int length = alone ? 0 : lengths[static_cast<std::size_t>(s)];
    // What is there is repeated for each further bit that codes can have.
    for (; table_bits_ < length; ++table_bits_, code <<= 1)
      std::copy_n(table_.data(), std::size_t{1} << table_bits_,
                  table_.data() + (std::size_t{1} << table_bits_));
    int extra = 0;
    auto base = low;
    bool special = true, downwards = false;
    std::size_t raw = 64;
    if (s >= run_base_) {
      raw = ColdBins::kRunSymbols;
    } else if (bins.family == ColdBins::logarithmic) {
      const int number = bins.least + s, bin = number < 0 ? -number : number;
      if (bin > log_bins_max(bins.sub)) return false;
      const auto magnitude = log_bin_base(bin, bins.sub, extra);
      downwards = number < 0;
      base = downwards ? origin - magnitude : origin + magnitude;
      special = extra > kLoadedBitsMax;
      raw = static_cast<std::size_t>(extra);
    } else if (s != bin_count - 1) {  // the last escapes: escape_bits_ raw bits
      base = low + (u(s) << bins.shift);
      extra = bins.shift;
      special = extra > kLoadedBitsMax;
      raw = static_cast<std::size_t>(extra);
    }
    const auto sign = downwards ? ~std::uint64_t{0} : 0;
    bases_[static_cast<std::size_t>(s)] = {base - sign, sign};
    plain &= !special;
    no_runs_ &= s < run_base_;
    bits_max = std::max(bits_max, lengths[static_cast<std::size_t>(s)] + raw);
    table_[alone ? 0 : kReversed[code++] >> (kPrefixBitsMax - length)] = {
        static_cast<std::uint16_t>(s),
        static_cast<std::uint8_t>(length | (special ? kColdSpecial : 0) |
                                  (downwards ? kColdDownwards : 0)),
        static_cast<std::uint8_t>(length + extra)};
  }
  granule_bytes_max_ = kGranuleSamples * bits_max / 8 + 16;
  short_codes_ = plain && bits_max <= kColdShortBits;
  return table_made_ = true;
}

bool ColdValues::open_body(std::string_view body) {
  Cursor in(body);
  const auto flags = in.fixed<std::uint8_t>();
  mode_ = flags;
  if (!in.ok() || flags >= 64 || (flags & 3) > kDelta2) return false;
  rising_ = (flags & 16) && facts_ && exceptions_.empty();
  const bool has_bounds = !(flags & 16);
  usual_ = flags & 32 ? u(in.signed_varint()) : 0;
  if (!read_bins(in)) return false;
  mode_ &= 3;
  const auto count = granules();
  offsets_.assign(1, 0);
  if (count > 1 && !get_column(in, count, offsets_)) return false;
  starts_.assign(1, 0);
  if (mode_ != kValue && count > 1) {
    if (!get_column(in, count - 1, starts_)) return false;
    starts_.insert(starts_.begin(), 0);
  }
  if (mode_ == kDelta2 && !get_column(in, count, steps_)) return false;
  least_.clear();
  most_.clear();
  bounds_ = {in.position(), 0};
  if (has_bounds && count > 2) {
    const auto left = in.left();
    if (!skip_integers(in, count) || !skip_integers(in, count)) return false;
    bounds_ = {bounds_.data(), left - in.left()};
  }
  if (!in.ok()) return false;
  stream_ = {in.position(), in.left()};
  for (const auto offset : offsets_)
    if (offset < 0 || u(offset) > stream_.size() * 8) return false;
  return true;
}

bool ColdValues::open_bounds() {
  if (kind_ != Kind::coded || bounds_.empty()) return true;
  Cursor in(bounds_);
  return get_column(in, granules(), least_) && get_column(in, granules(), most_);
}

struct ColdValues::Lane {
  ColdStream stream;
  std::array<std::int64_t, kGranuleSamples> r;
  std::array<char, kColdGranuleBytesMax + 8> tail;
};

void ColdValues::start(std::size_t granule, Lane& lane) const {
  const auto n = granule_length(samples_, granule);
  const auto offset = u(offsets_[granule]);
  auto& stream = lane.stream;
  stream = {stream_.data(),    offset, lane.r.data() + std::min(n, kSkipped[mode_]),
            lane.r.data() + n, 0,      0};
  if (mode_ != kValue) lane.r[0] = i64(stream.value = u(starts_[granule]));
  if (mode_ == kDelta2) {
    stream.step = u(steps_[granule]);
    lane.r[1] = i64(stream.value += stream.step);
  }
  if (offset / 8 + granule_bytes_max_ + 8 > stream_.size()) {  // loads must not reach over the end
    const auto from = offset / 8, left = stream_.size() - from;
    std::memcpy(lane.tail.data(), stream.bytes + from, left);
    std::memset(lane.tail.data() + left, 0, granule_bytes_max_ + 8 - left);
    stream.bytes = lane.tail.data();
    stream.bit -= from * 8;
  }
}

// Residuals that unpack() left to values.
void ColdValues::add_up(std::size_t granule, Lane& lane, double* out) const {
  const auto n = granule_length(samples_, granule), skipped = std::min(n, kSkipped[mode_]);
  codec::add_up(static_cast<ColdMode>(mode_), lane.stream.value, lane.stream.step,
                std::span(lane.r).subspan(skipped, n - skipped));
  finish(granule, std::span(lane.r).first(n), out);
}

// Integers to values, of one granule or several in a row.
void ColdValues::finish(std::size_t granule, std::span<const std::int64_t> integers,
                        double* out) const {
  const auto n = integers.size();
  if (bits_)
    for (std::size_t m = 0; m < n; ++m)
      out[m] = from_ordered_bits(i64(first_ + u(integers[m]) * divisor_));
  else
    scale_to_doubles(integers, first_, divisor_, kPowersOfTen[static_cast<std::size_t>(exponent_)],
                     out);
  const auto begin = granule * kGranuleSamples;
  for (const auto& [position, value] : exceptions_)
    if (position >= begin && position < begin + n) out[position - begin] = value;
}

// Four whole granules. False: their streams end where loads would reach over the end, or the table
// has runs.
bool ColdValues::decode_four(const ColdCode& code, std::size_t granule, double* out) const {
  if (!no_runs_) return false;
  std::array<std::int64_t, 4 * kGranuleSamples> r;
  ColdLanes lanes{stream_.data(), r.data(), kSkipped[mode_], short_codes_, {}, {}, {}};
  for (std::size_t k = 0; k < 4; ++k) {
    const auto g = granule + k;
    lanes.bit[k] = u(offsets_[g]);
    if (lanes.bit[k] / 8 + granule_bytes_max_ + 8 > stream_.size()) return false;
    if (mode_ == kValue) continue;
    r[k * kGranuleSamples] = i64(lanes.value[k] = u(starts_[g]));
    if (mode_ == kDelta) continue;
    lanes.step[k] = u(steps_[g]);
    r[k * kGranuleSamples + 1] = i64(lanes.value[k] += lanes.step[k]);
  }
  unpack_whole(code, static_cast<ColdMode>(mode_), lanes);
  finish(granule, r, out);
  return true;
}

bool ColdValues::decode(std::size_t granule, std::span<double, kGranuleSamples> out) {
  return decode(granule, 1, out.data());
}

bool ColdValues::decode(std::size_t granule, std::size_t count, double* out) {
  if (granule >= granules() || count > granules() - granule) return false;
  if (count == 0) return true;
  const auto n = (count - 1) * kGranuleSamples + granule_length(samples_, granule + count - 1);
  switch (kind_) {
    case Kind::constant: std::fill_n(out, n, constant_value_); return true;
    case Kind::raw:
      std::memcpy(out, raw_.data() + granule * kGranuleSamples * 8, n * 8);
      return true;
    case Kind::granule: {
      Cursor in(raw_);
      return get_values(in, {out, n}) && in.at_end();
    }
    case Kind::coded: break;
  }
  if (!table_made_ && !make_table()) return false;
  const ColdCode code{table_.data(), (std::size_t{1} << table_bits_) - 1,
                      bases_.data(), run_base_,
                      escape_bits_,  i64(usual_)};
  Lane a, b, c, d;
  std::size_t g = granule;
  for (; count >= 4 && granule_length(samples_, g + 3) == kGranuleSamples;
       g += 4, count -= 4, out += 4 * kGranuleSamples) {
    if (decode_four(code, g, out)) continue;
    start(g, a), start(g + 1, b), start(g + 2, c), start(g + 3, d);
    if (!unpack(code, a.stream, b.stream, c.stream, d.stream)) return false;
    add_up(g, a, out), add_up(g + 1, b, out + kGranuleSamples);
    add_up(g + 2, c, out + 2 * kGranuleSamples), add_up(g + 3, d, out + 3 * kGranuleSamples);
  }
  for (; count >= 2; g += 2, count -= 2, out += 2 * kGranuleSamples) {
    start(g, a), start(g + 1, b);
    if (!unpack(code, a.stream, b.stream)) return false;
    add_up(g, a, out), add_up(g + 1, b, out + kGranuleSamples);
  }
  if (count == 0) return true;
  start(g, a);
  if (!unpack(code, a.stream)) return false;
  add_up(g, a, out);
  return true;
}

double ColdValues::to_double(std::int64_t quotient) const {
  const auto integer = i64(first_ + u(quotient) * divisor_);
  if (bits_) return from_ordered_bits(integer);
  double v;
  from_decimals({&integer, 1}, exponent_, &v);
  return v;
}

// Quotients are in the order of the values, so that two of them are made into doubles at the end.
std::optional<ColdValues::Bounds> ColdValues::bounds(std::size_t begin, std::size_t end) const {
  if (kind_ == Kind::constant && constant_known_) return Bounds{constant_value_, constant_value_};
  if (kind_ != Kind::coded || !facts_ || begin >= end || end > least_.size()) return std::nullopt;
  for (const auto& [position, value] : exceptions_)
    if (position >= begin * kGranuleSamples && position < end * kGranuleSamples)
      return std::nullopt;
  auto least = std::numeric_limits<std::int64_t>::max(), most = ~least;
  for (auto g = begin; g < end; ++g) {
    const auto low = mode_ == kValue ? least_[g] : i64(u(starts_[g]) - u(least_[g]));
    const auto high = mode_ == kValue ? most_[g] : i64(u(starts_[g]) + u(most_[g]));
    least = std::min(least, low), most = std::max(most, high);
  }
  return Bounds{to_double(least), to_double(most)};
}

std::optional<double> ColdValues::first_value(std::size_t granule) const {
  if (kind_ == Kind::constant && constant_known_) return constant_value_;
  if (kind_ != Kind::coded || !facts_ || granule >= granules()) return std::nullopt;
  if (mode_ == kValue && granule != 0) return std::nullopt;
  for (const auto& [position, value] : exceptions_)
    if (position == granule * kGranuleSamples) return std::nullopt;
  return to_double(mode_ == kValue ? 0 : starts_[granule]);
}

// ---- times ------------------------------------------------------------------------------------

bool ColdTimes::open(std::string_view bytes, std::size_t samples) {
  samples_ = samples;
  if (samples == 0 || samples > kColdSamplesMax) return false;
  Cursor in(bytes);
  const auto kind = in.fixed<std::uint8_t>();
  if (!in.ok() || kind > 1) return false;
  regular_ = kind == 0;
  if (regular_) {
    first_ = in.signed_varint();
    step_ = i64(in.varint());
    return in.ok() && in.at_end();
  }
  if (!get_column(in, granules(), firsts_) || !get_column(in, granules(), offsets_)) return false;
  granules_bytes_ = {in.position(), in.left()};
  for (const auto offset : offsets_)
    if (offset < 0 || u(offset) > granules_bytes_.size()) return false;
  return true;
}

std::int64_t ColdTimes::first_of(std::size_t granule) const {
  return regular_ ? i64(u(first_) + granule * kGranuleSamples * u(step_)) : firsts_[granule];
}

bool ColdTimes::decode(std::size_t granule, std::span<std::int64_t, kGranuleSamples> out) const {
  if (granule >= granules()) return false;
  const auto n = granule_length(samples_, granule);
  const auto first = u(first_of(granule));
  if (regular_) {
    fill_line(out.first(n), first, u(step_));
    return true;
  }
  out[0] = i64(first);
  if (n == 1) return true;
  Cursor in(granules_bytes_.substr(static_cast<std::size_t>(offsets_[granule])));
  if (!get_integers(in, out.subspan(1, n - 1))) return false;
  for (std::size_t k = 1; k < n; ++k) out[k] = i64(first + u(out[k]));
  return true;
}

}  // namespace pharos::codec
