// Parser over the two text formats. Internal to exposition/.
#pragma once
#include <string>
#include <unordered_map>
#include <vector>

#include "model/exposition/line_scanner.hpp"

namespace pharos::exposition {

class TextParser final : public Parser {
 public:
  TextParser(std::string_view page, bool openmetrics, const ParserOptions& options);

  Result<bool> next(Entry& entry) override;
  Labels labels() const override;
  void exemplars(std::vector<Exemplar>& out) override;

 private:
  bool has_start_times() const;
  void read_start_times(std::string_view family_page);
  std::string_view series_key(const LineScanner& scanner);

  LineScanner scanner_;
  ParserOptions options_;
  bool openmetrics_;
  bool page_has_created_;
  const char* page_end_;

  // The family of the last metadata line, the type and unit said of it.
  std::string family_, unit_;
  MetricType type_ = MetricType::unknown;
  bool start_times_read_ = false;
  std::unordered_map<std::string, UnixMillis> start_times_;  // of the family, by labels without le and quantile
  std::string key_;
};

}  // namespace pharos::exposition
