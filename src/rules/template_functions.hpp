// The functions a template may call (internal to rules/).
#pragma once
#include <optional>
#include <span>
#include <string_view>

#include "rules/template.hpp"
#include "rules/template_value.hpp"

namespace pharos::rules::detail {

// Calls another template of the set: the function `tmpl`.
using Expand =
    std::function<Result<std::string>(const std::string& name, const TemplateValue& dot)>;

struct CallEnvironment {
  const TemplateContext& context;
  const Expand& expand;
};

struct TemplateFunction {
  std::string_view name;
  std::uint8_t least = 0, most = 0;  // arguments; most 255: any number
  Result<TemplateValue> (*call)(std::span<const TemplateValue> arguments,
                                const CallEnvironment&) = nullptr;
};

// nullptr: no such function. Of one name, a notification template has Alertmanager's.
const TemplateFunction* find_function(std::string_view name, TemplateDialect dialect);

// Built into the language: and, or, not, len, index, slice, print…, eq, ne, lt, le, gt, ge, html,
// js, urlquery.
std::span<const TemplateFunction> language_functions();
// Prometheus' own: query, humanize, …
std::span<const TemplateFunction> prometheus_functions();
// Alertmanager's: join, tz, toJson, …
std::span<const TemplateFunction> notification_functions();

// The methods of Go's types: `.Labels.SortedPairs`, `.StartsAt.Format "15:04"`. nullopt: the value
// has no method of that name.
Result<std::optional<TemplateValue>> call_method(const TemplateValue& receiver,
                                                 std::string_view name,
                                                 std::span<const TemplateValue> arguments);

// Go's fmt.Sprintf over template values.
std::string format_printf(std::string_view format, std::span<const TemplateValue> arguments);

std::string humanize(double v);
std::string humanize_1024(double v);
std::string humanize_duration(double seconds);
std::string humanize_percentage(double v);
Result<std::string> humanize_timestamp(double unix_seconds);
// Go's time layout ("2006-01-02 15:04:05"); no zone is UTC.
std::string format_layout(Time t, std::string_view layout, const TimeZone* zone = nullptr);

// As Go's encoding/json: <, > and & as \u003c ….
void put_json_string_for_html(std::string& out, std::string_view text);
std::string query_escape(std::string_view text);  // Go's url.QueryEscape: a blank becomes '+'

// RE2, not anchored (template_regex.cpp).
Result<bool> regex_search(const std::string& pattern, std::string_view text);
Result<std::string> regex_replace_all(const std::string& pattern, std::string_view replacement,
                                      std::string_view text);

}  // namespace pharos::rules::detail
