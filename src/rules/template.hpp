// Go's text/template language with Prometheus' functions: annotations and labels of alerting rules,
// consoles.
#pragma once
#include <functional>
#include <map>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"
#include "codec/scalar_place.hpp"
#include "model/labels.hpp"
#include "rules/template_value.hpp"

namespace pharos::rules {

// What the functions of a template reach. Absent members make their functions fail when called.
struct TemplateContext {
  // An instant query at the time of evaluation.
  std::function<Result<std::vector<TemplateSample>>(const std::string& expr)> query;
  std::string external_url;  // "http://host:9090/prefix"
  Time now{};
  // The text of a route's label: the function routeLabels.
  std::function<Result<std::string>(const std::string& name)> route_label;
  std::size_t output_bytes_max = 1 << 20;
  std::uint64_t steps_max = 1'000'000;  // nodes evaluated; bounds loops
};

// Whose functions a template has besides the language's own.
enum class TemplateDialect : std::uint8_t {
  prometheus,    // rules, consoles
  notification,  // Alertmanager's, and Prometheus' where the names differ
};

// What `.` and the variables $labels, $externalLabels, $externalURL and $value are in an alerting
// rule.
struct AlertTemplateData {
  Labels labels, external_labels;
  std::string external_url;
  double value = 0;
};

namespace detail {
struct TemplateSet;
}

// A parsed template. Immutable, cheap to copy, thread-safe.
class Template {
 public:
  // Errc::invalid with Go's words: `template: NAME:1: function "foo" not defined`. Nesting is
  // limited to 100. Go has no columns there: `wrong_at` gets line and column within the text.
  static Result<Template> parse(std::string name, std::string_view text);
  // The same with $labels, $externalLabels, $externalURL and $value defined, as in rule files.
  static Result<Template> parse_alert(std::string name, std::string_view text,
                                      codec::SourcePlace* wrong_at = nullptr);

  // A notification template; it sees the definitions of `base` besides its own, which win.
  static Result<Template> parse_notification(std::string name, std::string_view text,
                                             const Template* base = nullptr,
                                             codec::SourcePlace* wrong_at = nullptr);

  Result<std::string> expand(const TemplateValue& dot, const TemplateContext& context) const;
  // As Go's html/template: what is inserted is escaped by where it stands (template_html.hpp).
  Result<std::string> expand_html(const TemplateValue& dot, const TemplateContext& context) const;
  Result<std::string> expand_alert(const AlertTemplateData& data,
                                   const TemplateContext& context) const;

 private:
  explicit Template(std::shared_ptr<const detail::TemplateSet> set) : set_(std::move(set)) {}
  std::shared_ptr<const detail::TemplateSet> set_;
};

}  // namespace pharos::rules
