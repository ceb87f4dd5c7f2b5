// A small store in memory behind the Querier and Appender interfaces: what scripts and unit tests
// of rules load, and where those rules write.
#pragma once
#include <map>
#include <memory>

#include "model/appender.hpp"
#include "model/querier.hpp"

namespace pharos::query {

// Appends are not thread-safe against queries; queries are among themselves.
class MemoryStore : public Querier, public Appender {
 public:
  void clear();
  // Replaces the sample at this time, if there is one. start_ms 0: unknown.
  void put(const Labels& labels, UnixMillis t_ms, double value, UnixMillis start_ms = 0);
  void put(const Labels& labels, UnixMillis t_ms, HistogramPtr histogram, UnixMillis start_ms = 0);
  std::size_t size() const { return series_.size(); }
  // Forgets older samples; series stay, so that references do.
  void drop_before(UnixMillis t_ms);

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

  Result<SeriesRef> resolve(const Labels& labels) override;
  void resolve(std::span<const LabelView> labels, std::span<const std::uint32_t> offsets,
               std::span<SeriesRef> refs, std::vector<ResolveError>& errors) override;
  // Any order of times; a sample at a time that has one replaces it. Exemplars and metadata are
  // dropped.
  Result<AppendOutcome> append(const AppendBatch& batch, const AppendOptions& options) override;

 private:
  using Columns = std::map<Labels, SampleColumn>;
  SampleColumn& column(const Labels& labels);
  std::vector<const Columns::value_type*> matching(std::span<const Matcher> matchers,
                                                   UnixMillis from_ms, UnixMillis to_ms) const;

  Columns series_;
  std::vector<SampleColumn*> by_ref_;  // ref - 1; the nodes of a map stay where they are
  std::map<Labels, SeriesRef> refs_;
};

}  // namespace pharos::query
