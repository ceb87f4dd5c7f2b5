#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstring>
#include <iterator>

#include "codec/bit_pack.hpp"
#include "codec/cold_bins.hpp"
#include "codec/decimal.hpp"
#include "codec/prefix_code.hpp"
#include "codec/series_cold.hpp"

namespace pharos::codec {
namespace {

constexpr std::uint64_t u(std::int64_t v) {
  return static_cast<std::uint64_t>(v);
}
constexpr std::int64_t i64(std::uint64_t v) {
  return static_cast<std::int64_t>(v);
}

enum Mode : std::uint8_t { kValue = 0, kDelta = 1, kDelta2 = 2 };
constexpr std::size_t kShort = 24;  // up to here a table of codes costs more than it saves
constexpr std::size_t kSkipped[] = {0, 1,
                                    2};  // samples of a granule that its directory entry tells

// Entropy of a histogram in bits, with a guess at its table.
class Entropy {
 public:
  void add(std::uint32_t count, int extra) {
    if (count == 0) {
      ++gap_;
      return;
    }
    if (used_ != 0) table_ += gap_ < 2 ? 4 * gap_ : gap_ == 2 ? 4 : 8 * ((gap_ + 17) / 18);
    gap_ = 0;
    ++used_;
    total_ += count;
    bits_ += -static_cast<double>(count) * std::log2(static_cast<double>(count)) +
             static_cast<double>(count) * extra;
  }
  double bits() const {
    if (total_ == 0) return 0;
    return bits_ + static_cast<double>(total_) * std::log2(static_cast<double>(total_)) + table_ +
           4 * used_ + 24;
  }

 private:
  double bits_ = 0;
  std::uint64_t total_ = 0;
  int used_ = 0, gap_ = 0, table_ = 0;
};

class BitWriter {
 public:
  explicit BitWriter(std::string& out) : out_(out), start_(out.size()) {}
  void put(std::uint64_t v, int width) {  // width up to 56
    pending_ |= v << held_;
    held_ += width;
    while (held_ >= 8) {
      buffer_[filled_++] = static_cast<char>(pending_);
      if (filled_ == sizeof buffer_) drain();
      pending_ >>= 8;
      held_ -= 8;
    }
    bits_ += static_cast<std::uint64_t>(width);
  }
  void put_wide(std::uint64_t v, int width) {
    if (width > 48) {
      put(v & 0xffffffffff, 40);
      v >>= 40;
      width -= 40;
    }
    put(v, width);
  }
  std::uint64_t bits() const { return bits_; }
  void finish() {
    if (held_ > 0) buffer_[filled_++] = static_cast<char>(pending_);
    drain();
  }

 private:
  void drain() {
    out_.append(buffer_, filled_);
    filled_ = 0;
  }
  std::string& out_;
  std::size_t start_;
  std::uint64_t pending_ = 0, bits_ = 0;
  int held_ = 0;
  char buffer_[1024];
  std::size_t filled_ = 0;
};

// What the residuals of a column hold, granule by granule, and what to do with it.
struct Work {
  std::vector<std::int64_t> integers, quotients, residuals;
  std::vector<std::uint32_t> exceptions;
  std::vector<std::uint32_t> histogram, counts;
  std::vector<std::int64_t> sample;
  std::vector<std::uint8_t> lengths;
  std::vector<std::uint16_t> codes;
};

void residuals_of(std::span<const std::int64_t> k, Mode mode, std::vector<std::int64_t>& out) {
  out.clear();
  for (std::size_t g = 0; g < k.size(); g += kGranuleSamples) {
    const auto end = std::min(k.size(), g + kGranuleSamples);
    if (mode == kValue)
      out.insert(out.end(), k.begin() + static_cast<std::ptrdiff_t>(g),
                 k.begin() + static_cast<std::ptrdiff_t>(end));
    else if (mode == kDelta)
      for (std::size_t n = g + 1; n < end; ++n) out.push_back(i64(u(k[n]) - u(k[n - 1])));
    else
      for (std::size_t n = g + 2; n < end; ++n)
        out.push_back(i64(u(k[n]) - 2 * u(k[n - 1]) + u(k[n - 2])));
  }
}

// What a sample of residuals would cost in the better of both families of bins, in bits per
// residual.
double estimate(std::span<const std::int64_t> r) {
  std::array<std::uint32_t, 131> octaves{};
  for (const auto v : r)
    ++octaves[static_cast<std::size_t>(v < 0 ? 65 - bit_width_of(-u(v)) : 65 + bit_width_of(u(v)))];
  Entropy octave_entropy;
  for (int o = 0; o <= 130; ++o)
    octave_entropy.add(octaves[static_cast<std::size_t>(o)], std::max(0, std::abs(o - 65) - 1));
  // Bins of one width over all but the outermost thirtieths, which escape.
  std::array<std::int64_t, 128> sorted{};
  const auto stride = (r.size() + sorted.size() - 1) / sorted.size();
  std::size_t n = 0;
  for (std::size_t at = 0; at < r.size(); at += stride) sorted[n++] = r[at];
  std::sort(sorted.begin(), sorted.begin() + static_cast<std::ptrdiff_t>(n));
  const auto low = sorted[n / 30], high = sorted[n - 1 - n / 30];
  const int shift = std::max(0, bit_width_of(u(high) - u(low)) - 5);
  const int escape = bit_width_of(u(sorted[n - 1]) - u(sorted[0])) + 1;
  Entropy linear_entropy;
  std::uint32_t outside = 0;
  std::array<std::uint32_t, 32> cells{};
  for (const auto v : r)
    if (v < low || v > high)
      ++outside;
    else
      ++cells[(u(v) - u(low)) >> shift];
  for (const auto c : cells) linear_entropy.add(c, shift);
  linear_entropy.add(outside, std::min(escape, shift + 6));
  return std::min(octave_entropy.bits(), linear_entropy.bits()) / static_cast<double>(r.size());
}

// Tried on stretches of the column.
Mode choose_mode(std::span<const std::int64_t> k) {
  constexpr std::size_t kStretches = 8, kStretch = 128;
  std::array<std::int64_t, kStretches * kStretch> r[3];
  std::size_t n = 0;
  const auto stretches = std::min(kStretches, std::max<std::size_t>(1, k.size() / kStretch));
  for (std::size_t s = 0; s < stretches; ++s) {
    const auto begin = stretches == 1 ? 0 : (k.size() - kStretch) / (stretches - 1) * s;
    for (auto at = begin + 2; at < std::min(k.size(), begin + kStretch); ++at, ++n) {
      const auto d = u(k[at]) - u(k[at - 1]);
      r[kValue][n] = k[at];
      r[kDelta][n] = i64(d);
      r[kDelta2][n] = i64(d - (u(k[at - 1]) - u(k[at - 2])));
    }
  }
  if (n < 2) return kDelta;
  const double value = estimate({r[kValue].data(), n}), delta = estimate({r[kDelta].data(), n}),
               delta2 = estimate({r[kDelta2].data(), n});
  // Every granule tells the first value of deltas, and the first delta of second deltas, once more.
  const double delta_all = delta + 0.1, delta2_all = delta2 + 0.2;
  if (value <= delta_all && value <= delta2_all) return kValue;
  return delta2_all < delta_all ? kDelta2 : kDelta;
}

// Calls value(r) and zeros(n, to_end) for the residuals of each granule, in order.
template <class Begin, class Value, class Zeros>
void each_token(std::span<const std::int64_t> r, std::size_t samples, Mode mode, bool runs,
                Begin&& begin, Value&& value, Zeros&& zeros) {
  std::size_t at = 0;
  for (std::size_t g = 0; g < granules_of(samples); ++g) {
    begin(g);
    const auto length = granule_length(samples, g);
    const auto end = at + length - std::min(length, kSkipped[mode]);
    while (at < end) {
      if (runs && r[at] == 0) {
        std::size_t run = 1;
        while (at + run < end && r[at + run] == 0) ++run;
        if (at + run == end) {
          zeros(run, true);
          at = end;
          continue;
        }
        if (run >= 2) {
          zeros(run, false);
          at += run;
          continue;
        }
      }
      value(r[at++]);
    }
  }
}

struct Choice {
  ColdBins bins;
  double bits = 1e300;
};

void consider_logarithmic(std::span<const std::int64_t> r, std::size_t samples, Mode mode,
                          bool runs, std::int64_t centre, Work& work, Choice& best) {
  constexpr int kFinest = 3;
  const int half = log_bins_max(kFinest);
  work.histogram.assign(static_cast<std::size_t>(2 * half + 1), 0);
  int least = half, most = -half;
  double run_bits = 0;
  std::uint32_t run_tokens = 0;
  each_token(
      r, samples, mode, runs, [](std::size_t) {},
      [&](std::int64_t v) {
        const auto d = i64(u(v) - u(centre));
        int extra;
        const int bin = log_bin(d < 0 ? -u(d) : u(d), kFinest, extra);
        const int number = d < 0 ? -bin : bin;
        ++work.histogram[static_cast<std::size_t>(number + half)];
        least = std::min(least, number);
        most = std::max(most, number);
      },
      [&](std::size_t run, bool to_end) {
        ++run_tokens, run_bits += to_end ? 0 : std::bit_width(run) - 1;
      });
  if (least > most) least = most = 0;
  const auto at = [&](int number) {
    return work.histogram[static_cast<std::size_t>(number + half)];
  };
  for (int sub = kFinest; sub >= 0; --sub) {
    // Number of the coarse bin that holds a fine one.
    const auto coarse = [&](int number) {
      int extra;
      const auto base = log_bin_base(number < 0 ? -number : number, kFinest, extra);
      const int bin = log_bin(base, sub, extra);
      return number < 0 ? -bin : bin;
    };
    ColdBins bins;
    bins.sub = sub, bins.centre = centre, bins.runs = runs;
    bins.least = coarse(least), bins.most = coarse(most);
    Entropy entropy;
    int number = bins.least;
    std::uint32_t count = 0;
    const auto flush = [&] {
      int extra;
      log_bin_base(number < 0 ? -number : number, sub, extra);
      entropy.add(count, extra);
    };
    for (int fine = least; fine <= most; ++fine) {
      if (at(fine) == 0) continue;
      const int in = coarse(fine);
      if (in != number) {
        flush();
        for (int gap = number + 1; gap < in; ++gap) entropy.add(0, 0);
        number = in;
        count = 0;
      }
      count += at(fine);
    }
    flush();
    entropy.add(run_tokens, 0);
    const double bits =
        entropy.bits() + run_bits + run_tokens * 1.5;  // run classes are not told apart here
    if (bits < best.bits) best = {bins, bits};
  }
}

void consider_linear(std::span<const std::int64_t> r, std::size_t samples, Mode mode, bool runs,
                     Work& work, Choice& best) {
  const auto& sorted = work.sample;
  const auto span = u(sorted.back()) - u(sorted.front());
  if (span == 0 || span >> 62 != 0) return;
  ColdBins bins;
  bins.family = ColdBins::linear;
  bins.runs = runs;
  const auto margin = i64(span / 8 + 1);
  std::int64_t low;
  if (__builtin_sub_overflow(sorted.front(), margin, &low)) return;
  if (u(low) + span + 2 * u(margin) > u(std::numeric_limits<std::int64_t>::max()) && low >= 0)
    return;
  bins.low = low;
  const auto width = span + 2 * u(margin);
  int shift = std::max(0, bit_width_of(width) - 6);
  const auto fine_cells = static_cast<std::size_t>(width >> shift) + 1;
  work.histogram.assign(fine_cells, 0);
  std::uint32_t escapes = 0, run_tokens = 0;
  std::uint64_t escape_bits = 0;
  double run_bits = 0;
  each_token(
      r, samples, mode, runs, [](std::size_t) {},
      [&](std::int64_t v) {
        const auto cell = (u(v) - u(low)) >> shift;
        if (v >= low && cell < fine_cells)
          ++work.histogram[cell];
        else
          ++escapes, escape_bits = std::max<std::uint64_t>(
                         escape_bits,
                         static_cast<std::uint64_t>(bit_width_of(zigzag(i64(u(v) - u(low))))));
      },
      [&](std::size_t run, bool to_end) {
        ++run_tokens, run_bits += to_end ? 0 : std::bit_width(run) - 1;
      });
  bins.escape_bits = static_cast<int>(escape_bits);
  for (std::size_t group = 1; group <= 16 && fine_cells / group >= 3; group *= 2, ++shift) {
    Entropy entropy;
    for (std::size_t c = 0; c < fine_cells; c += group) {
      std::uint32_t count = 0;
      for (std::size_t f = c; f < std::min(fine_cells, c + group); ++f) count += work.histogram[f];
      entropy.add(count, shift);
    }
    entropy.add(escapes, bins.escape_bits);
    entropy.add(run_tokens, 0);
    const double bits = entropy.bits() + run_bits + run_tokens * 1.5;
    bins.shift = shift;
    bins.cells = static_cast<int>((fine_cells + group - 1) / group);
    if (bits < best.bits) best = {bins, bits};
  }
}

// Symbol of a residual, its raw bits and their number.
struct Coded {
  int symbol, extra;
  std::uint64_t raw;
};
inline Coded code_of(const ColdBins& bins, std::int64_t v) {
  if (bins.family == ColdBins::logarithmic) {
    const auto d = i64(u(v) - u(bins.centre));
    const auto magnitude = d < 0 ? -u(d) : u(d);
    int extra;
    const int bin = log_bin(magnitude, bins.sub, extra);
    return {(d < 0 ? -bin : bin) - bins.least, extra,
            magnitude & ((std::uint64_t{1} << extra) - 1)};
  }
  const auto distance = u(v) - u(bins.low);
  const auto cell = distance >> bins.shift;
  if (v >= bins.low && cell < static_cast<std::uint64_t>(bins.cells))
    return {static_cast<int>(cell), bins.shift, distance & ((std::uint64_t{1} << bins.shift) - 1)};
  return {bins.cells, bins.escape_bits, zigzag(i64(distance))};
}

void put_bins(std::string& out, const ColdBins& bins) {
  if (bins.family == ColdBins::logarithmic) {
    out.push_back(static_cast<char>(bins.sub));
    put_signed(out, bins.centre);
    put_signed(out, bins.least);
  } else {
    out.push_back(static_cast<char>(bins.shift));
    out.push_back(static_cast<char>(bins.escape_bits));
    put_signed(out, bins.low);
  }
}

// The residual that more than half of them are, else 0. It becomes the zero that runs are made of.
std::int64_t usual_residual(std::span<const std::int64_t> r, Work& work) {
  if (r.size() < 8) return 0;
  work.sample.clear();
  const auto stride = std::max<std::size_t>(1, r.size() / 64);
  for (std::size_t at = 0; at < r.size(); at += stride) work.sample.push_back(r[at]);
  std::ranges::sort(work.sample);
  const auto median = work.sample[work.sample.size() / 2];
  return median != 0 && static_cast<std::size_t>(std::ranges::count(r, median)) * 2 > r.size()
             ? median
             : 0;
}

void put_body(std::span<const std::int64_t> k, bool rising, Work& work, std::string& body) {
  const auto n = k.size();
  const auto mode = choose_mode(k);
  residuals_of(k, mode, work.residuals);
  auto& r = work.residuals;
  const auto usual = usual_residual(r, work);
  if (usual != 0)
    for (auto& v : r) v = i64(u(v) - u(usual));
  const auto zeros = static_cast<std::size_t>(std::ranges::count(r, 0));
  const bool runs = zeros * 2 > r.size();
  Choice best;
  consider_logarithmic(r, n, mode, runs, 0, work, best);
  if (!runs && r.size() >= 8) {
    work.sample.clear();
    const auto stride = std::max<std::size_t>(1, r.size() / 512);
    for (std::size_t at = 0; at < r.size(); at += stride) work.sample.push_back(r[at]);
    std::ranges::sort(work.sample);
    const auto median = work.sample[work.sample.size() / 2];
    if (median != 0) consider_logarithmic(r, n, mode, runs, median, work, best);
    consider_linear(r, n, mode, runs, work, best);
  }
  const auto& bins = best.bins;

  std::string table;
  work.counts.assign(static_cast<std::size_t>(bins.symbols()), 0);
  const int run_base = bins.bins();
  each_token(
      r, n, mode, runs, [](std::size_t) {},
      [&](std::int64_t v) { ++work.counts[static_cast<std::size_t>(code_of(bins, v).symbol)]; },
      [&](std::size_t run, bool to_end) {
        ++work.counts[static_cast<std::size_t>(
            run_base + (to_end ? ColdBins::kRunSymbols - 1 : std::bit_width(run) - 2))];
      });
  if (r.empty()) work.counts[0] = 1;
  make_code_lengths(work.counts, work.lengths);
  make_codes(work.lengths, work.codes);
  put_code_lengths(table, work.lengths);
  if (std::ranges::count(work.lengths, 0) + 1 == std::ssize(work.lengths))
    std::ranges::fill(work.lengths, std::uint8_t{0});  // one symbol: nothing to tell

  std::string stream;
  BitWriter bits(stream);
  std::vector<std::int64_t> offsets;
  each_token(
      r, n, mode, runs,
      [&](std::size_t) { offsets.push_back(static_cast<std::int64_t>(bits.bits())); },
      [&](std::int64_t v) {
        const auto coded = code_of(bins, v);
        const auto s = static_cast<std::size_t>(coded.symbol);
        if (coded.extra <= 40) {
          bits.put(work.codes[s] | coded.raw << work.lengths[s], work.lengths[s] + coded.extra);
        } else {
          bits.put(work.codes[s], work.lengths[s]);
          bits.put_wide(coded.raw, coded.extra);
        }
      },
      [&](std::size_t run, bool to_end) {
        const int j = std::bit_width(run) - 1;
        const auto s =
            static_cast<std::size_t>(run_base + (to_end ? ColdBins::kRunSymbols - 1 : j - 1));
        bits.put(work.codes[s], work.lengths[s]);
        if (!to_end) bits.put(run & ((std::size_t{1} << j) - 1), j);
      });
  bits.finish();

  body.push_back(static_cast<char>(mode | bins.family << 2 | (runs ? 8 : 0) | (rising ? 16 : 0) |
                                   (usual != 0 ? 32 : 0)));
  if (usual != 0) put_signed(body, usual);
  put_bins(body, bins);
  body += table;
  if (offsets.size() > 1) put_integers(body, offsets);
  std::vector<std::int64_t> starts, steps, least, most;
  for (std::size_t g = 0; g < n; g += kGranuleSamples) {
    const auto part = k.subspan(g, std::min(kGranuleSamples, n - g));
    starts.push_back(part[0]);
    steps.push_back(part.size() > 1 ? i64(u(part[1]) - u(part[0])) : 0);
    const auto [low, high] = std::ranges::minmax_element(part);
    least.push_back(i64(u(part[0]) - u(*low)));
    most.push_back(i64(u(*high) - u(part[0])));
  }
  if (mode == kDelta || mode == kDelta2) {
    if (starts.size() > 1) put_integers(body, std::span(starts).subspan(1));  // the first is zero
  }
  if (mode == kDelta2) put_integers(body, steps);
  if (!rising && starts.size() > 2) {  // with two granules or less both are decoded anyway
    if (mode == kValue)
      for (std::size_t g = 0; g < starts.size(); ++g)
        least[g] = i64(u(starts[g]) - u(least[g])), most[g] = i64(u(starts[g]) + u(most[g]));
    put_integers(body, least);
    put_integers(body, most);
  }
  body.append(stream);
}

}  // namespace

void put_cold_values(std::span<const double> v, std::string& head, std::string& body) {
  head.clear();
  body.clear();
  const auto n = v.size();
  if (n == 0 || n > kColdSamplesMax) return;
  std::uint64_t differ = 0;
  for (const double x : v)
    differ |= std::bit_cast<std::uint64_t>(x) ^ std::bit_cast<std::uint64_t>(v[0]);
  if (differ == 0) {
    head.push_back(0);
    ValueHint hint;
    return put_values(head, v.first(1), hint);
  }
  const auto keep_raw = [&] {
    head.assign(1, 2);
    body.assign(reinterpret_cast<const char*>(v.data()), n * 8);
  };
  if (n <= kShort) {
    head.assign(1, 3);
    ValueHint hint;
    put_values(body, v, hint);
    if (body.size() > n * 8) keep_raw();
    return;
  }
  thread_local Work work;
  work.integers.resize(n);
  work.quotients.resize(n);
  int exponent = 0;
  bool as_bits = !to_decimals(v, exponent, work.integers, work.exceptions, 2 + n / 24);
  bool facts = true;
  if (as_bits) {
    work.exceptions.clear();
    for (std::size_t k = 0; k < n; ++k) {
      work.integers[k] = to_ordered_bits(v[k]);
      facts = facts && !std::isnan(v[k]) && !(v[k] == 0 && std::signbit(v[k]));
    }
    const auto [least, most] = std::ranges::minmax_element(work.integers);
    facts = facts && u(*most) - u(*least) < std::uint64_t{1}
                                                << 62;  // else distances wrap and lose their order
  }
  const auto divisor = common_divisor(work.integers);
  divide_exactly(work.integers, divisor, work.quotients);
  const bool rising = facts && std::ranges::is_sorted(work.quotients) && work.quotients.back() >= 0;
  const bool rare = !work.exceptions.empty();

  head.push_back(static_cast<char>(1 | (as_bits ? 4 : 0) | (exponent != 0 && !as_bits ? 8 : 0) |
                                   (divisor != 1 ? 16 : 0) | (rare ? 32 : 0) | (facts ? 64 : 0)));
  if (exponent != 0 && !as_bits) head.push_back(static_cast<char>(exponent));
  put_signed(head, work.integers[0]);
  if (divisor != 1) put_varint(head, divisor);
  if (rare) {
    put_varint(head, work.exceptions.size());
    std::uint32_t previous = 0;
    for (const auto at : work.exceptions) {
      put_varint(head, at - previous);
      put_fixed(head, v[at]);
      previous = at;
    }
  }
  put_body(work.quotients, rising, work, body);
  if (head.size() + body.size() > n * 8 + 1) keep_raw();
}

void put_cold_times(std::string& out, std::span<const std::int64_t> t) {
  const auto n = t.size();
  if (n == 0 || n > kColdSamplesMax) return;
  const auto step = n > 1 ? u(t[1]) - u(t[0]) : 0;
  bool regular = true;
  for (std::size_t k = 1; regular && k < n; ++k) regular = u(t[k]) - u(t[k - 1]) == step;
  out.push_back(regular ? 0 : 1);
  if (regular) {
    put_signed(out, t[0]);
    put_varint(out, step);
    return;
  }
  std::string granules;
  std::vector<std::int64_t> firsts, offsets;
  for (std::size_t g = 0; g < n; g += kGranuleSamples) {
    const auto part = t.subspan(g, std::min(kGranuleSamples, n - g));
    firsts.push_back(part[0]);
    offsets.push_back(static_cast<std::int64_t>(granules.size()));
    std::array<std::int64_t, kGranuleSamples> rest;
    for (std::size_t k = 1; k < part.size(); ++k) rest[k - 1] = i64(u(part[k]) - u(part[0]));
    if (part.size() > 1) put_integers(granules, {rest.data(), part.size() - 1});
  }
  put_integers(out, firsts);
  put_integers(out, offsets);
  out.append(granules);
}

}  // namespace pharos::codec
