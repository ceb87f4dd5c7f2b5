// Values that templates compute with.
#pragma once
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"
#include "base/time_zone.hpp"
#include "model/labels.hpp"

namespace pharos::rules {

struct TemplateSample {  // of a query() result
  Labels labels;
  double value = 0;
  std::string text;  // strvalue: of a string result
};

// nil, bool, int, float, string, time, duration, list, or map. Copies share lists and maps, which
// never change.
class TemplateValue {
 public:
  enum class Kind : std::uint8_t { nil, boolean, integer, real, text, time, list, map, duration };
  // Texts that a HTML template does not escape where they are of that sort.
  enum class Safe : std::uint8_t { no, html, url };
  using List = std::vector<TemplateValue>;
  struct Map {
    std::map<std::string, TemplateValue> members;
    // The fields of a struct in Go's order; what is not named here is not printed. Empty: all.
    std::vector<std::string> order;
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
  static TemplateValue string(std::string text, Safe safe = Safe::no);
  static TemplateValue time(Time t);  // UTC
  static TemplateValue time(Time t, TimeZone zone);
  static TemplateValue duration(Nanos nanos);
  static TemplateValue list(List items, std::string type = "template.queryResult");
  static TemplateValue texts(std::vector<std::string> items);  // []string
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
  const TimeZone* zone() const { return zone_.get(); }  // of a time; nullptr: UTC
  Nanos as_duration() const { return Nanos{integer_}; }
  Safe safe() const { return safe_; }
  const List& items() const { return *list_; }
  const Map& members() const { return *map_; }

  bool truth() const;              // Go's: not the zero value
  std::string print() const;       // Go's %v
  std::string type_name() const;   // "float64", "string", …
  Result<double> to_real() const;  // numbers, and strings that are one

 private:
  Kind kind_ = Kind::nil;
  Safe safe_ = Safe::no;
  std::int64_t integer_ = 0;
  double real_ = 0;
  std::string text_;  // of a list: its Go type
  std::shared_ptr<const TimeZone> zone_;
  std::shared_ptr<const List> list_;
  std::shared_ptr<const Map> map_;
};

// Go's shortest form of a float: %v.
std::string print_real(double v);
std::string print_duration(Nanos duration);  // Go's: "1h2m3.5s"

}  // namespace pharos::rules
