// Parser over the two text formats, which can also start in the middle of a page: for scrapers that
// step over the lines they know.
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
  void empty_labels(std::vector<std::string_view>& out) const override;

  // The metadata in force at a place of the page.
  struct Family {
    std::string name, unit;
    MetricType type = MetricType::unknown;
  };
  Family family() const { return {family_, unit_, type_}; }
  const char* position() const { return scanner_.position(); }
  // Goes on at the beginning of a line, as if everything before it had been read.
  void resume(const char* line, const Family& family);

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
