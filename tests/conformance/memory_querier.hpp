// A small store in memory behind the Querier interface: what the PromQL scripts load.
#pragma once
#include <map>
#include <memory>

#include "model/querier.hpp"

namespace pharos::conformance {

// Appends are not thread-safe against queries; queries are among themselves.
class MemoryStore : public Querier {
 public:
  void clear() { series_.clear(); }
  // Replaces the sample at this time, if there is one. start_ms 0: unknown.
  void put(const Labels& labels, UnixMillis t_ms, double value, UnixMillis start_ms = 0);
  void put(const Labels& labels, UnixMillis t_ms, HistogramPtr histogram, UnixMillis start_ms = 0);

  Result<std::shared_ptr<const Selection>> select(std::span<const Matcher> matchers,
                                                  UnixMillis from_ms, UnixMillis to_ms,
                                                  const SelectHints& hints) override;
  Result<std::vector<std::string>> label_names(std::span<const Matcher> matchers,
                                               UnixMillis from_ms, UnixMillis to_ms,
                                               std::size_t limit) override;
  Result<std::vector<std::string>> label_values(std::string_view name,
                                                std::span<const Matcher> matchers,
                                                UnixMillis from_ms, UnixMillis to_ms,
                                                std::size_t limit) override;
  Result<std::vector<Labels>> series(std::span<const Matcher> matchers, UnixMillis from_ms,
                                     UnixMillis to_ms, std::size_t limit) override;
  Result<std::vector<ExemplarSeries>> exemplars(std::span<const Matcher> matchers,
                                                UnixMillis from_ms, UnixMillis to_ms) override;
  std::vector<Metadata> metadata(std::string_view family, std::size_t limit) const override;

 private:
  struct Sample {
    double value = 0;
    HistogramPtr histogram;
    UnixMillis start_ms = 0;
  };
  using Samples = std::map<UnixMillis, Sample>;
  void put(const Labels& labels, UnixMillis t_ms, Sample sample);
  std::vector<Labels> matching(std::span<const Matcher> matchers, UnixMillis from_ms,
                               UnixMillis to_ms) const;

  std::map<Labels, Samples> series_;
};

}  // namespace pharos::conformance
