// Wraps a parser: classic histograms become histograms with custom buckets. Internal to exposition/.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "model/classic_histogram.hpp"
#include "model/exposition/exposition.hpp"

namespace pharos::exposition {

class NhcbParser final : public Parser {
 public:
  NhcbParser(std::unique_ptr<Parser> inner, const ParserOptions& options)
      : inner_(std::move(inner)), keep_classic_(options.always_scrape_classic_histograms) {}

  Result<bool> next(Entry& entry) override;
  Labels labels() const override { return showing_histogram_ ? histogram_labels_ : inner_->labels(); }
  void exemplars(std::vector<Exemplar>& out) override;
  void empty_labels(std::vector<std::string_view>& out) const override;

 private:
  enum class Part { none, bucket, count, sum };
  Part part_of(const Entry& entry, const Labels& labels, double& le) const;
  void collect(const Entry& entry, Part part, double le);
  bool flush(Entry& entry);

  std::unique_ptr<Parser> inner_;
  bool keep_classic_;
  std::string family_;
  MetricType type_ = MetricType::unknown;

  ClassicHistogram collected_;
  Labels collected_labels_;  // named without suffix, without le
  Labels native_labels_;     // the family already brought a native histogram for these
  std::optional<UnixMillis> t_ms_;
  UnixMillis start_ms_ = 0;
  std::vector<Exemplar> collected_exemplars_, scratch_;

  bool showing_histogram_ = false;
  Labels histogram_labels_;
  std::vector<Exemplar> histogram_exemplars_;
  std::string histogram_series_;
  bool has_deferred_ = false, at_end_ = false;
  Entry deferred_;  // came from `inner_` while a histogram had to be shown first
};

}  // namespace pharos::exposition
