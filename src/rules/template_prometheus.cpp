// The functions that Prometheus adds to its templates.
#include <algorithm>
#include <cctype>
#include <cmath>

#include "rules/template_functions.hpp"

namespace pharos::rules::detail {
namespace {

using V = TemplateValue;
using K = TemplateValue::Kind;
using Arguments = std::span<const TemplateValue>;

std::unexpected<Error> wrong(std::string what) {
  return fail(Errc::invalid, std::move(what));
}

Result<std::string> text_of(const V& value) {
  if (value.kind() != K::text)
    return wrong("wrong type for value; expected string; got " + value.type_name());
  return value.as_string();
}

bool is_sample(const V& value) {
  return value.kind() == K::map && value.members().is_struct &&
         value.members().members.contains("Labels");
}
Result<std::string> label_of(const V& sample, const std::string& name) {
  if (!is_sample(sample))
    return wrong("wrong type for value; expected *template.sample; got " + sample.type_name());
  const auto& labels = sample.members().members.at("Labels").members().members;
  const auto found = labels.find(name);
  return found == labels.end() ? std::string() : found->second.as_string();
}

Result<V> query(Arguments a, const CallEnvironment& e) {
  const auto expr = TRY(text_of(a[0]));
  if (!e.context.query) return wrong("queries are not possible here");
  const auto samples = TRY(e.context.query(expr));
  return V::samples(samples);
}
Result<V> first(Arguments a, const CallEnvironment&) {
  if (a[0].kind() != K::list)
    return wrong("wrong type for value; expected template.queryResult; got " + a[0].type_name());
  if (a[0].items().empty()) return wrong("first() called on vector with no elements");
  return a[0].items().front();
}
Result<V> label(Arguments a, const CallEnvironment&) {
  const auto name = TRY(text_of(a[0]));
  auto value = TRY(label_of(a[1], name));
  return V::string(std::move(value));
}
Result<V> value(Arguments a, const CallEnvironment&) {
  if (!is_sample(a[0]))
    return wrong("wrong type for value; expected *template.sample; got " + a[0].type_name());
  return a[0].members().members.at("Value");
}
Result<V> strvalue(Arguments a, const CallEnvironment&) {
  auto text = TRY(label_of(a[0], "__value__"));
  return V::string(std::move(text));
}
Result<V> args(Arguments a, const CallEnvironment&) {
  V::Map map;
  for (std::size_t i = 0; i < a.size(); ++i) map.members.emplace("arg" + std::to_string(i), a[i]);
  return V::map(std::move(map));
}
Result<V> re_replace_all(Arguments a, const CallEnvironment&) {
  const auto pattern = TRY(text_of(a[0]));
  const auto replacement = TRY(text_of(a[1]));
  const auto text = TRY(text_of(a[2]));
  auto out = TRY(regex_replace_all(pattern, replacement, text));
  return V::string(std::move(out));
}
Result<V> match(Arguments a, const CallEnvironment&) {
  const auto pattern = TRY(text_of(a[0]));
  const auto text = TRY(text_of(a[1]));
  const bool found = TRY(regex_search(pattern, text));
  return V::boolean(found);
}
Result<V> safe_html(Arguments a, const CallEnvironment&) {
  auto text = TRY(text_of(a[0]));
  return V::string(std::move(text));
}

bool is_letter(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '\'' ||
         static_cast<unsigned char>(c) >= 0x80;
}
Result<V> title(Arguments a, const CallEnvironment&) {
  auto text = TRY(text_of(a[0]));
  bool inside = false;
  for (char& c : text) {
    if (!inside && c >= 'a' && c <= 'z') c = static_cast<char>(c - 32);
    inside = is_letter(c);
  }
  return V::string(std::move(text));
}
Result<V> to_upper(Arguments a, const CallEnvironment&) {
  auto text = TRY(text_of(a[0]));
  for (char& c : text)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 32);
  return V::string(std::move(text));
}
Result<V> to_lower(Arguments a, const CallEnvironment&) {
  auto text = TRY(text_of(a[0]));
  for (char& c : text)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  return V::string(std::move(text));
}

std::string graph_path(const std::string& expr, bool table) {
  return "/graph?g0.expr=" + query_escape(expr) + (table ? "&g0.tab=1" : "&g0.tab=0");
}
Result<V> graph_link(Arguments a, const CallEnvironment&) {
  const auto expr = TRY(text_of(a[0]));
  return V::string(graph_path(expr, false));
}
Result<V> table_link(Arguments a, const CallEnvironment&) {
  const auto expr = TRY(text_of(a[0]));
  return V::string(graph_path(expr, true));
}

Result<V> sort_by_label(Arguments a, const CallEnvironment&) {
  const auto name = TRY(text_of(a[0]));
  if (a[1].kind() != K::list)
    return wrong("wrong type for value; expected template.queryResult; got " + a[1].type_name());
  std::vector<std::pair<std::string, V>> keyed;
  for (const auto& item : a[1].items()) {
    auto key = TRY(label_of(item, name));
    keyed.emplace_back(std::move(key), item);
  }
  std::stable_sort(keyed.begin(), keyed.end(),
                   [](const auto& x, const auto& y) { return x.first < y.first; });
  V::List out;
  for (auto& [key, item] : keyed) out.push_back(std::move(item));
  return V::list(std::move(out));
}

// "host:port" apart; a text without a port stays whole.
std::pair<std::string, std::string> split_port(const std::string& text) {
  const auto colon = text.rfind(':');
  if (colon == text.npos) return {text, ""};
  std::string host = text.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']'))
    return {host.substr(1, host.size() - 2), text.substr(colon + 1)};
  if (host.find(':') != host.npos) return {text, ""};
  return {host, text.substr(colon + 1)};
}
Result<V> strip_port(Arguments a, const CallEnvironment&) {
  const auto text = TRY(text_of(a[0]));
  return V::string(split_port(text).first);
}
bool is_address(std::string_view host) {
  return host.find(':') != host.npos ||
         (!host.empty() && host.find_first_not_of("0123456789.") == host.npos);
}
Result<V> strip_domain(Arguments a, const CallEnvironment&) {
  const auto text = TRY(text_of(a[0]));
  const auto [host, port] = split_port(text);
  if (is_address(host)) return V::string(text);
  const std::string name = host.substr(0, host.find('.'));
  return V::string(port.empty() ? name : name + ":" + port);
}

template <std::string (*F)(double)>
Result<V> of_number(Arguments a, const CallEnvironment&) {
  const double v = TRY(a[0].to_real());
  return V::string(F(v));
}
Result<V> humanize_timestamp_(Arguments a, const CallEnvironment&) {
  const double v = TRY(a[0].to_real());
  auto text = TRY(humanize_timestamp(v));
  return V::string(std::move(text));
}
Result<V> to_time(Arguments a, const CallEnvironment&) {
  const double v = TRY(a[0].to_real());
  if (!std::isfinite(v)) return V();
  if (std::abs(v) > 9.2e9)
    return wrong("timestamp " + print_real(v) + " is outside the years 1678 to 2262");
  return V::time(from_unix_millis(static_cast<UnixMillis>(std::floor(v * 1000 + 0.5))));
}
Result<V> to_duration(Arguments a, const CallEnvironment&) {
  const double v = TRY(a[0].to_real());
  if (!std::isfinite(v)) return V();
  return V::string(humanize_duration(v));
}
Result<V> now(Arguments, const CallEnvironment& e) {
  return V::real(static_cast<double>(to_unix_millis(e.context.now)) / 1000);
}

Result<V> external_url(Arguments, const CallEnvironment& e) {
  return V::string(e.context.external_url);
}
Result<V> path_prefix(Arguments, const CallEnvironment& e) {
  const auto& url = e.context.external_url;
  const auto scheme = url.find("://");
  const auto path = scheme == url.npos ? url.npos : url.find('/', scheme + 3);
  return V::string(path == url.npos ? std::string() : url.substr(path));
}
Result<V> parse_duration_(Arguments a, const CallEnvironment&) {
  const auto text = TRY(text_of(a[0]));
  const auto duration = TRY(parse_duration(text));
  return V::real(static_cast<double>(duration.count()) / 1000);
}
Result<V> url_query_escape(Arguments a, const CallEnvironment&) {
  const auto text = TRY(text_of(a[0]));
  return V::string(query_escape(text));
}
Result<V> tmpl(Arguments a, const CallEnvironment& e) {
  const auto name = TRY(text_of(a[0]));
  auto out = TRY(e.expand(name, a[1]));
  return V::string(std::move(out));
}

constexpr TemplateFunction kPrometheus[] = {
    {"query", 1, 1, query},
    {"first", 1, 1, first},
    {"label", 2, 2, label},
    {"value", 1, 1, value},
    {"strvalue", 1, 1, strvalue},
    {"args", 0, 255, args},
    {"reReplaceAll", 3, 3, re_replace_all},
    {"safeHtml", 1, 1, safe_html},
    {"match", 2, 2, match},
    {"title", 1, 1, title},
    {"toUpper", 1, 1, to_upper},
    {"toLower", 1, 1, to_lower},
    {"graphLink", 1, 1, graph_link},
    {"tableLink", 1, 1, table_link},
    {"sortByLabel", 2, 2, sort_by_label},
    {"stripPort", 1, 1, strip_port},
    {"stripDomain", 1, 1, strip_domain},
    {"humanize", 1, 1, of_number<humanize>},
    {"humanize1024", 1, 1, of_number<humanize_1024>},
    {"humanizeDuration", 1, 1, of_number<humanize_duration>},
    {"humanizePercentage", 1, 1, of_number<humanize_percentage>},
    {"humanizeTimestamp", 1, 1, humanize_timestamp_},
    {"toTime", 1, 1, to_time},
    {"toDuration", 1, 1, to_duration},
    {"now", 0, 0, now},
    {"externalURL", 0, 0, external_url},
    {"pathPrefix", 0, 0, path_prefix},
    {"parseDuration", 1, 1, parse_duration_},
    {"urlQueryEscape", 1, 1, url_query_escape},
    {"tmpl", 2, 2, tmpl},
};

}  // namespace

std::span<const TemplateFunction> prometheus_functions() {
  return kPrometheus;
}

}  // namespace pharos::rules::detail
