#include "metrics/import_chunk.hpp"

#include <bit>
#include <cmath>
#include <vector>

#include "codec/varint.hpp"
#include "metrics/sample_fold.hpp"

namespace pharos::metrics {
namespace {

std::unexpected<Error> damaged(std::string_view what) {
  return fail(Errc::corrupt, "chunk: " + std::string(what));
}

// Most significant bit first. After the end it gives zeros and ok() is false.
class Bits {
 public:
  explicit Bits(std::string_view bytes) : bytes_(bytes) {}
  bool ok() const { return ok_; }
  std::size_t left() const { return bytes_.size() * 8 - at_; }

  std::uint64_t take(int count) {
    if (static_cast<std::size_t>(count) > left()) {
      ok_ = false;
      at_ = bytes_.size() * 8;
      return 0;
    }
    std::uint64_t v = 0;
    while (count > 0) {
      const int in_byte = 8 - static_cast<int>(at_ & 7), n = std::min(in_byte, count);
      const auto byte = static_cast<unsigned char>(bytes_[at_ >> 3]);
      v = v << n | ((byte >> (in_byte - n)) & ((1u << n) - 1));
      at_ += static_cast<std::size_t>(n);
      count -= n;
    }
    return v;
  }
  double real() { return std::bit_cast<double>(take(64)); }
  std::uint64_t uvarint() {  // LEB128, not aligned
    std::uint64_t v = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      const auto byte = take(8);
      v |= (byte & 0x7f) << shift;
      if (byte < 0x80) return v;
    }
    ok_ = false;
    return 0;
  }
  std::int64_t varint() { return codec::unzigzag(uvarint()); }
  // Up to `most` ones, ended by a zero that is taken too unless there were `most`.
  int ones(int most) {
    int n = 0;
    while (n < most && take(1) == 1) ++n;
    return n;
  }
  // Sign as Prometheus' bit ranges have it: -(2^(n-1) - 1) … 2^(n-1).
  std::int64_t ranged(int count) {
    const auto v = take(count);
    if (count == 64 || v <= std::uint64_t{1} << (count - 1)) return static_cast<std::int64_t>(v);
    return static_cast<std::int64_t>(v - (std::uint64_t{1} << count));
  }
  static constexpr int kWidths[] = {0, 3, 6, 9, 12, 18, 25, 56, 64};
  std::int64_t varbit() {
    const int width = kWidths[ones(8)];
    return width == 0 ? 0 : ranged(width);
  }
  std::uint64_t uvarbit() { return take(kWidths[ones(8)]); }

 private:
  std::string_view bytes_;
  std::size_t at_ = 0;
  bool ok_ = true;
};

// A double as the XOR with the one before.
struct XorValue {
  double value = 0;
  int leading = 0, trailing = 0;
  bool next(Bits& in) {
    if (in.take(1) == 0) return in.ok();
    int width = 64 - leading - trailing;
    if (in.take(1) == 1) {
      leading = static_cast<int>(in.take(5));
      width = static_cast<int>(in.take(6));
      if (width == 0) width = 64;
      trailing = 64 - leading - width;
      if (trailing < 0) return false;
    }
    value =
        std::bit_cast<double>(std::bit_cast<std::uint64_t>(value) ^ (in.take(width) << trailing));
    return in.ok();
  }
};

struct Clock {
  std::int64_t t = 0, step = 0;
  void dod(std::int64_t d) {
    step =
        static_cast<std::int64_t>(static_cast<std::uint64_t>(step) + static_cast<std::uint64_t>(d));
    t = static_cast<std::int64_t>(static_cast<std::uint64_t>(t) + static_cast<std::uint64_t>(step));
  }
};

Status decode_floats(std::uint16_t count, Bits in, SampleColumn& out) {
  constexpr int kSteps[] = {0, 14, 17, 20, 64};
  Clock clock;
  XorValue value;
  std::vector<UnixMillis> times;
  std::vector<double> values;
  for (std::uint16_t i = 0; i < count; ++i) {
    if (i == 0) {
      clock.t = in.varint();
      value.value = in.real();
    } else if (i == 1) {
      clock.dod(static_cast<std::int64_t>(in.uvarint()));
      if (!value.next(in)) return damaged("a float is damaged");
    } else {
      const int width = kSteps[in.ones(4)];
      clock.dod(width == 0 ? 0 : in.ranged(width));
      if (!value.next(in)) return damaged("a float is damaged");
    }
    if (!in.ok()) return damaged("it ends too early");
    times.push_back(clock.t);
    values.push_back(value.value);
  }
  append(out, SampleSpan(times, values));
  return {};
}

bool read_spans(Bits& in, std::vector<Span>& spans, std::size_t& buckets) {
  const auto n = in.uvarbit();
  if (n > in.left()) return false;
  buckets = 0;
  for (std::uint64_t i = 0; i < n; ++i) {
    const auto length = in.uvarbit();
    const auto offset = in.varbit();
    if (!in.ok() || length > 0xffffffffu || offset != static_cast<std::int32_t>(offset))
      return false;
    spans.push_back({static_cast<std::int32_t>(offset), static_cast<std::uint32_t>(length)});
    buckets += length;
  }
  return buckets <= in.left();  // every bucket takes at least a bit
}

bool read_layout(Bits& in, Histogram& h, std::size_t& positive, std::size_t& negative) {
  const auto threshold = in.take(8);
  h.zero_threshold = threshold == 0     ? 0
                     : threshold == 255 ? in.real()
                                        : std::ldexp(0.5, static_cast<int>(threshold) - 243);
  h.schema = static_cast<std::int32_t>(in.varbit());
  if (!in.ok()) return false;
  if (!read_spans(in, h.positive_spans, positive) || !read_spans(in, h.negative_spans, negative))
    return false;
  if (h.custom()) {
    const auto n = in.uvarbit();
    if (n > in.left()) return false;
    for (std::uint64_t i = 0; i < n; ++i) {
      const auto thousandths = in.uvarbit();
      h.custom_values.push_back(thousandths == 0 ? in.real()
                                                 : static_cast<double>(thousandths - 1) / 1000);
    }
  }
  return in.ok();
}

ResetHint hint_of(std::uint8_t flags, std::size_t index) {
  switch (flags >> 6) {
    case 3: return ResetHint::gauge;
    case 2: return index == 0 ? ResetHint::reset : ResetHint::not_reset;
    default: return index == 0 ? ResetHint::unknown : ResetHint::not_reset;
  }
}

// An integer as the change of its change.
struct DodValue {
  std::int64_t value = 0, step = 0;
  void next(std::int64_t dod) {
    step = static_cast<std::int64_t>(static_cast<std::uint64_t>(step) +
                                     static_cast<std::uint64_t>(dod));
    value = static_cast<std::int64_t>(static_cast<std::uint64_t>(value) +
                                      static_cast<std::uint64_t>(step));
  }
};

void absolute(std::span<const DodValue> deltas, std::vector<double>& out) {
  std::uint64_t sum = 0;
  out.clear();
  for (const auto& d : deltas)
    out.push_back(
        static_cast<double>(static_cast<std::int64_t>(sum += static_cast<std::uint64_t>(d.value))));
}

// Fields and buckets read by `first` and `next`; what is the same for both kinds is here.
template <class Number, class First, class Next, class Fill>
Status decode_histograms(std::uint16_t count, std::uint8_t flags, Bits in, bool integer,
                         First&& first, Next&& next, Fill&& fill, SampleColumn& out) {
  Histogram layout;
  layout.integer = integer;
  std::size_t positive = 0, negative = 0;
  if (count == 0) return {};
  if (!read_layout(in, layout, positive, negative))
    return damaged("the histogram layout is damaged");
  Clock clock;
  XorValue sum;
  Number total, zero;
  std::vector<Number> up(positive), down(negative);
  std::vector<UnixMillis> times;
  std::vector<HistogramPtr> histograms;
  std::vector<double> values;
  for (std::uint16_t i = 0; i < count; ++i) {
    const bool start = i == 0;
    if (start)
      clock.t = in.varbit();
    else
      clock.dod(in.varbit());
    const auto number = [&](Number& n) { return start ? first(in, n) : next(in, n); };
    if (!number(total) || !number(zero)) return damaged("a histogram is damaged");
    if (start)
      sum.value = in.real();
    else if (!sum.next(in))
      return damaged("a histogram is damaged");
    auto h = std::make_shared<Histogram>(layout);
    h->reset_hint = hint_of(flags, i);
    h->sum = sum.value;
    if (is_stale(*h)) {  // written without buckets
      *h = Histogram{};
      h->integer = integer;
      h->sum = sum.value;
    } else {
      for (auto& n : up)
        if (!number(n)) return damaged("a histogram is damaged");
      for (auto& n : down)
        if (!number(n)) return damaged("a histogram is damaged");
      fill(*h, total, zero, up, down);
    }
    if (!in.ok()) return damaged("it ends too early");
    times.push_back(clock.t);
    values.push_back(is_stale(*h) ? stale_nan() : 0);
    histograms.push_back(std::move(h));
  }
  append(out, SampleSpan(times, values, histograms));
  return {};
}

}  // namespace

Status decode_prometheus_chunk(std::uint8_t encoding, std::string_view data, SampleColumn& out) {
  if (data.size() < 2) return damaged("it is empty");
  const auto count = static_cast<std::uint16_t>(static_cast<unsigned char>(data[0]) << 8 |
                                                static_cast<unsigned char>(data[1]));
  if (encoding == static_cast<std::uint8_t>(PrometheusEncoding::xor_floats))
    return decode_floats(count, Bits(data.substr(2)), out);
  if (encoding != static_cast<std::uint8_t>(PrometheusEncoding::histogram) &&
      encoding != static_cast<std::uint8_t>(PrometheusEncoding::float_histogram))
    return fail(Errc::unsupported, "chunk: encoding " + std::to_string(encoding) + " is not known");
  if (data.size() < 3) return damaged("it is empty");
  const auto flags = static_cast<std::uint8_t>(data[2]);
  if (encoding == static_cast<std::uint8_t>(PrometheusEncoding::float_histogram))
    return decode_histograms<XorValue>(
        count, flags, Bits(data.substr(3)), false,
        [](Bits& in, XorValue& n) { return n.value = in.real(), in.ok(); },
        [](Bits& in, XorValue& n) { return n.next(in); },
        [](Histogram& h, const XorValue& total, const XorValue& zero,
           const std::vector<XorValue>& up, const std::vector<XorValue>& down) {
          h.count = total.value;
          h.zero_count = zero.value;
          for (const auto& n : up) h.positive.push_back(n.value);
          for (const auto& n : down) h.negative.push_back(n.value);
        },
        out);
  // Counts come unsigned at first, buckets signed (each the distance to the one before): the first
  // two numbers of the first histogram are told apart by being asked for first.
  int asked = 0;
  return decode_histograms<DodValue>(
      count, flags, Bits(data.substr(3)), true,
      [&asked](Bits& in, DodValue& n) {
        n.value = asked++ < 2 ? static_cast<std::int64_t>(in.uvarbit()) : in.varbit();
        return in.ok();
      },
      [](Bits& in, DodValue& n) { return n.next(in.varbit()), in.ok(); },
      [](Histogram& h, const DodValue& total, const DodValue& zero, const std::vector<DodValue>& up,
         const std::vector<DodValue>& down) {
        h.count = static_cast<double>(static_cast<std::uint64_t>(total.value));
        h.zero_count = static_cast<double>(static_cast<std::uint64_t>(zero.value));
        absolute(up, h.positive);
        absolute(down, h.negative);
      },
      out);
}

}  // namespace pharos::metrics
