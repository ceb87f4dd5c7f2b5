#include "reading.hpp"

#include <charconv>
#include <cmath>

namespace pharos::client::detail {

void Reading::read(const Family& family, const Series& series, std::int64_t now_seconds) {
  buckets.clear(), positive.clear(), negative.clear(), quantiles.clear();
  whole = count = zeros = 0, value = sum = 0;
  switch (family.definition().type) {
    case Type::counter: {
      Snapshot snapshot;
      whole = snapshot.count(series.slot);
      value = snapshot.sum(series.slot + 1);
      return;
    }
    case Type::gauge: value = gauge_value(series); return;
    case Type::histogram:
    case Type::summary: break;
  }
  if (series.bounds) {
    buckets.resize(series.bounds->count + 1);
    Snapshot snapshot;
    sum = snapshot.sum(series.slot);
    snapshot.counts(series.slot + 1, static_cast<std::uint32_t>(buckets.size()), buckets.data());
    for (auto n : buckets) count += n;
  }
  if (series.native) {
    const Native& native = *series.native;
    scratch_.resize(native.cells() - 1);
    {
      Snapshot snapshot;
      sum = snapshot.sum(series.native_slot);
      snapshot.counts(series.native_slot + 1, static_cast<std::uint32_t>(scratch_.size()),
                      scratch_.data());
    }
    count = zeros = scratch_[0];
    for (std::uint32_t i = 0; i < native.side; ++i) {
      const auto up = scratch_[1 + i], down = scratch_[1 + native.side + i];
      if (up) positive.emplace_back(native.index(i), up);
      if (down) negative.emplace_back(native.index(i), down);
      count += up + down;
    }
  }
  if (family.definition().type == Type::summary) {
    quantiles.resize(family.definition().quantiles.size);
    family.quantiles(series, now_seconds, quantiles.data());
  }
}

void put_number(std::string& out, double value) {
  if (value != value) {
    out += "NaN";
  } else if (value - value != 0) {
    out += value > 0 ? "+Inf" : "-Inf";
  } else {
    char text[40];
    out.append(text,
               std::to_chars(text, text + sizeof text, value, std::chars_format::general).ptr);
  }
}

void put_number(std::string& out, std::uint64_t value) {
  char text[24];
  out.append(text, std::to_chars(text, text + sizeof text, value).ptr);
}

}  // namespace pharos::client::detail
