#include "pharos/reading.hpp"

#include "label_text.hpp"

namespace pharos::client {

using detail::Family;
using detail::Native;
using detail::Series;
using detail::Snapshot;

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
    case Type::gauge: value = detail::gauge_value(series); return;
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

void each_label(const Series& series,
                const std::function<void(std::string_view, std::string_view)>& use) {
  std::string_view rest = series.labels, name;
  for (std::string value; detail::take_label(rest, name, value);) use(name, value);
}

}  // namespace pharos::client
