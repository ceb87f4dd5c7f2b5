// Some metrics in memory in front of a store.
#pragma once
#include <set>
#include <string>

#include "query/memory_store.hpp"

namespace pharos::query {

// A selector whose metric name is one of `names` is answered from memory, all others by the store.
// Not thread-safe against writes to the memory.
class OverlayQuerier final : public Querier {
 public:
  OverlayQuerier(Querier& base, MemoryStore& memory, std::set<std::string> names)
      : base_(base), memory_(memory), names_(std::move(names)) {}

  Result<std::shared_ptr<const Selection>> select(std::span<const Matcher> matchers,
                                                  UnixMillis from_ms, UnixMillis to_ms,
                                                  const SelectHints& hints) override {
    return of(matchers).select(matchers, from_ms, to_ms, hints);
  }
  Result<std::vector<std::string>> label_names(std::span<const Matcher> matchers,
                                               UnixMillis from_ms, UnixMillis to_ms,
                                               std::size_t limit) override {
    return of(matchers).label_names(matchers, from_ms, to_ms, limit);
  }
  Result<std::vector<std::string>> label_values(std::string_view name,
                                                std::span<const Matcher> matchers,
                                                UnixMillis from_ms, UnixMillis to_ms,
                                                std::size_t limit) override {
    return of(matchers).label_values(name, matchers, from_ms, to_ms, limit);
  }
  Result<std::vector<Labels>> series(std::span<const Matcher> matchers, UnixMillis from_ms,
                                     UnixMillis to_ms, std::size_t limit) override {
    return of(matchers).series(matchers, from_ms, to_ms, limit);
  }
  Result<std::vector<ExemplarSeries>> exemplars(std::span<const Matcher> matchers,
                                                UnixMillis from_ms, UnixMillis to_ms) override {
    return base_.exemplars(matchers, from_ms, to_ms);
  }
  std::vector<Metadata> metadata(std::string_view family, std::size_t limit) const override {
    return base_.metadata(family, limit);
  }

 private:
  Querier& of(std::span<const Matcher> matchers) {
    for (const auto& m : matchers)
      if (m.name() == kMetricName && m.op() == MatchOp::equal && names_.contains(m.value()))
        return memory_;
    return base_;
  }

  Querier& base_;
  MemoryStore& memory_;
  std::set<std::string> names_;
};

}  // namespace pharos::query
