#include <algorithm>
#include <charconv>
#include <map>
#include <set>

#include "api/handlers.hpp"
#include "api/parameters.hpp"
#include "api/utf8_name.hpp"
#include "base/quoted.hpp"

namespace pharos::api {
namespace {

using Selectors = std::vector<std::vector<Matcher>>;

// One select per match[], or one over everything.
template <class Ask>
Result<std::vector<std::string>> merged_names(const Selectors& selectors, Ask ask) {
  if (selectors.empty()) return ask(std::vector<Matcher>());
  if (selectors.size() == 1) return ask(selectors.front());
  std::set<std::string> names;
  for (const auto& selector : selectors) {
    auto some = TRY(ask(selector));
    names.insert(std::make_move_iterator(some.begin()), std::make_move_iterator(some.end()));
  }
  return std::vector<std::string>(names.begin(), names.end());
}

net::Response answer_names(Result<std::vector<std::string>> names, std::size_t limit) {
  if (!names) return respond({422, "execution", names.error().message});
  Answer answer;
  if (limit > 0 && names->size() > limit) {
    names->resize(limit);
    answer.warnings.emplace_back(kTruncated);
  }
  answer.data().begin_array();
  for (const auto& name : *names) answer.data().value(std::string_view(name));
  answer.data().end_array();
  return std::move(answer).finish();
}

// One more than the limit, so that it shows whether something was left out.
std::size_t asked(std::size_t limit) {
  return limit == 0 ? 0 : limit + 1;
}

net::Response label_names(const Context& context, const net::Request& request) {
  const auto form = TRY_PARSED(read_form(request));
  const auto limit = TRY_PARSED(limit_parameter(form));
  const auto range = TRY_PARSED(range_parameters(form));
  const auto selectors = parse_selectors(form);
  if (!selectors) return respond(bad_data(selectors.error().message));
  if (!context.services.querier) return answer_names(std::vector<std::string>(), limit);
  const auto querier = context.services.querier();
  return answer_names(merged_names(*selectors,
                                   [&](const std::vector<Matcher>& matchers) {
                                     return querier->label_names(matchers, range.from_ms,
                                                                 range.to_ms, asked(limit));
                                   }),
                      limit);
}

net::Response label_values(const Context& context, const net::Request& request) {
  auto name = std::string(request.param("name"));
  if (name.starts_with("U__")) name = unescape_name(name);
  if (name.empty() || !valid_utf8(name))
    return respond(bad_data("invalid label name: " + quoted(name)));
  const auto form = TRY_PARSED(read_form(request));
  const auto limit = TRY_PARSED(limit_parameter(form));
  const auto range = TRY_PARSED(range_parameters(form));
  const auto selectors = parse_selectors(form);
  if (!selectors) return respond(bad_data(selectors.error().message));
  if (!context.services.querier) return answer_names(std::vector<std::string>(), limit);
  const auto querier = context.services.querier();
  return answer_names(merged_names(*selectors,
                                   [&](const std::vector<Matcher>& matchers) {
                                     return querier->label_values(name, matchers, range.from_ms,
                                                                  range.to_ms, asked(limit));
                                   }),
                      limit);
}

net::Response series(const Context& context, const net::Request& request) {
  const auto form = TRY_PARSED(read_form(request));
  if (form.all("match[]").empty()) return respond(bad_data("no match[] parameter provided"));
  const auto limit = TRY_PARSED(limit_parameter(form));
  const auto range = TRY_PARSED(range_parameters(form));
  const auto selectors = parse_selectors(form);
  if (!selectors) return respond(bad_parameter("match[]", selectors.error().message));
  std::vector<Labels> found;
  const auto querier = context.services.querier ? context.services.querier() : nullptr;
  for (const auto& selector : *selectors) {
    if (!querier) break;
    auto some = querier->series(selector, range.from_ms, range.to_ms, asked(limit));
    if (!some) return respond({422, "execution", some.error().message});
    std::ranges::move(*some, std::back_inserter(found));
  }
  std::ranges::sort(found);
  found.erase(std::ranges::unique(found).begin(), found.end());
  Answer answer;
  if (limit > 0 && found.size() > limit) {
    found.resize(limit);
    answer.warnings.emplace_back(kTruncated);
  }
  constexpr std::size_t kUsualBytes = 192;  // of a label set
  answer.body().reserve(found.size() * kUsualBytes);
  auto& writer = answer.data().begin_array();
  for (const auto& labels : found) put_labels(writer, labels);
  writer.end_array();
  return std::move(answer).finish();
}

net::Response metadata(const Context& context, const net::Request& request) {
  const auto form = TRY_PARSED(read_form(request));
  const auto number = [&](std::string_view name) -> Parsed<std::size_t> {
    const auto text = form.get(name);
    if (text.empty()) return std::string::npos;
    const auto n = parse_integer(text);
    if (!n) return std::unexpected(bad_data(std::string(name) + " must be a number"));
    return *n < 0 ? std::string::npos : static_cast<std::size_t>(*n);
  };
  const auto limit = TRY_PARSED(number("limit"));
  auto per_metric = TRY_PARSED(number("limit_per_metric"));
  if (per_metric == 0) per_metric = std::string::npos;
  std::map<std::string, std::vector<Metadata>> families;
  if (context.services.querier)
    for (auto& entry : context.services.querier()->metadata(form.get("metric"), 0)) {
      auto& entries = families[entry.family];
      if (entries.size() < per_metric && std::ranges::find(entries, entry) == entries.end())
        entries.push_back(std::move(entry));
    }
  Answer answer;
  auto& writer = answer.data().begin_object();
  std::size_t written = 0;
  for (const auto& [family, entries] : families) {
    if (written++ >= limit) break;
    writer.key(family).begin_array();
    for (const auto& entry : entries) {
      writer.begin_object()
          .key("type")
          .value(name(entry.type))
          .key("unit")
          .value(std::string_view(entry.unit));
      writer.key("help").value(std::string_view(entry.help)).end_object();
    }
    writer.end_array();
  }
  writer.end_object();
  return std::move(answer).finish();
}

}  // namespace

void add_series_handlers(Routes& routes) {
  const auto& context = routes.context();
  routes.quick_get_and_post("/labels",
                            [context](const net::Request& r) { return label_names(*context, r); });
  routes.quick("GET", "/label/:name/values",
               [context](const net::Request& r) { return label_values(*context, r); });
  routes.quick_get_and_post("/series",
                            [context](const net::Request& r) { return series(*context, r); });
  // Kept from Prometheus 1: deleting series went through DELETE, and says that it no longer does.
  routes.api("DELETE", "/series", [](const net::Request&) {
    return respond({500, "internal", "not implemented"});
  });
  routes.quick("GET", "/metadata",
               [context](const net::Request& r) { return metadata(*context, r); });
}

}  // namespace pharos::api
