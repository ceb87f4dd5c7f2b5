// Values that templates compute with.
#pragma once
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"
#include "model/labels.hpp"

namespace pharos::rules {

struct TemplateSample {  // of a query() result
  Labels labels;
  double value = 0;
  std::string text;  // strvalue: of a string result
};

// nil, bool, int, float, string, time, list, or map. Copies share lists and maps, which never
// change.
class TemplateValue {
 public:
  enum class Kind : std::uint8_t { nil, boolean, integer, real, text, time, list, map };
  using List = std::vector<TemplateValue>;
  struct Map {
    std::map<std::string, TemplateValue> members;
    // A struct refuses unknown fields; a map of strings answers "" for them. Go's type, for
    // messages.
    bool is_struct = false;
    bool of_strings = false;
    std::string type = "map[string]interface {}";
  };

  TemplateValue() = default;
  static TemplateValue boolean(bool b);
  static TemplateValue integer(std::int64_t n);
  static TemplateValue real(double v);
  static TemplateValue string(std::string text);
  static TemplateValue time(Time t);
  static TemplateValue list(List items);
  static TemplateValue map(Map map);
  static TemplateValue labels(const Labels& labels);  // a map of strings
  static TemplateValue sample(const TemplateSample& sample);
  static TemplateValue samples(const std::vector<TemplateSample>& samples);

  Kind kind() const { return kind_; }
  bool is_nil() const { return kind_ == Kind::nil; }
  bool as_bool() const { return integer_ != 0; }
  std::int64_t as_integer() const { return integer_; }
  double as_real() const { return real_; }
  const std::string& as_string() const { return text_; }
  Time as_time() const { return from_unix_millis(integer_); }
  const List& items() const { return *list_; }
  const Map& members() const { return *map_; }

  bool truth() const;              // Go's: not the zero value
  std::string print() const;       // Go's %v
  std::string type_name() const;   // "float64", "string", …
  Result<double> to_real() const;  // numbers, and strings that are one

 private:
  Kind kind_ = Kind::nil;
  std::int64_t integer_ = 0;
  double real_ = 0;
  std::string text_;
  std::shared_ptr<const List> list_;
  std::shared_ptr<const Map> map_;
};

// Go's shortest form of a float: %v.
std::string print_real(double v);

}  // namespace pharos::rules
