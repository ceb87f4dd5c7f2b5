// Parser of length-delimited io.prometheus.client.MetricFamily messages. Internal to exposition/.
#pragma once
#include <string>
#include <vector>

#include "codec/protobuf.hpp"
#include "model/exposition/exposition.hpp"

namespace pharos::exposition {

class ProtobufParser final : public Parser {
 public:
  ProtobufParser(std::string_view page, const ParserOptions& options) : page_(page), in_(page), options_(options) {}

  Result<bool> next(Entry& entry) override;
  Labels labels() const override;
  void exemplars(std::vector<Exemplar>& out) override;
  void empty_labels(std::vector<std::string_view>& out) const override;

 private:
  struct Bucket { double bound = 0, count = 0; std::string_view exemplar; };
  // One series of a metric: what is added to the family's name and to the metric's labels.
  struct Series {
    enum class Extra { none, le, quantile } extra = Extra::none;
    std::string_view suffix;
    double bound = 0, value = 0;
    std::string_view exemplar;
    HistogramPtr histogram;
  };

  Result<bool> read_family();
  Status read_metric(std::string_view message);
  Status read_histogram(std::string_view message);
  Status read_summary(std::string_view message);
  Status bad(std::string what) const;
  void show(const Series& series, Entry& entry);

  std::string_view page_;
  codec::Cursor in_;
  ParserOptions options_;

  std::string_view family_, help_, unit_;
  MetricType type_ = MetricType::unknown;
  std::vector<std::string_view> metrics_;
  std::size_t metric_ = 0;
  int metadata_left_ = 0;

  std::vector<LabelView> metric_labels_;
  std::optional<UnixMillis> t_ms_;
  UnixMillis start_ms_ = 0;
  std::vector<Series> series_;
  std::size_t next_series_ = 0;
  std::vector<std::string_view> native_exemplars_;
  std::string key_;
};

}  // namespace pharos::exposition
