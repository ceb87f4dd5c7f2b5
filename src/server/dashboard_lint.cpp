#include "server/dashboard_lint.hpp"

#include <algorithm>
#include <cmath>
#include <initializer_list>
#include <map>
#include <optional>
#include <set>

#include "base/quoted.hpp"
#include "codec/json.hpp"
#include "codec/yaml.hpp"
#include "query/promql/ast.hpp"
#include "server/dashboard_variables.hpp"

namespace pharos::server {
namespace {

using codec::Json;
using Kind = Json::Kind;

constexpr std::int64_t kGridColumns = 24;
constexpr std::size_t kFindingsMax = 1000, kPanelsMax = 2000;

constexpr std::string_view kPanelTypes[] = {
    "alertlist",      "annolist", "barchart",  "bargauge",   "candlestick",    "canvas",
    "dashlist",       "datagrid", "debug",     "flamegraph", "gauge",          "geomap",
    "graph",          "heatmap",  "histogram", "live",       "logs",           "news",
    "nodeGraph",      "piechart", "row",       "singlestat", "state-timeline", "stat",
    "status-history", "table",    "table-old", "text",       "timeseries",     "traces",
    "trend",          "xychart",
};
// Shown without a query of their own.
constexpr std::string_view kWithoutQuery[] = {
    "alertlist", "annolist", "canvas", "dashlist", "debug", "geomap", "live", "news", "row", "text",
};
// A bare number there says nothing without its unit.
constexpr std::string_view kWantUnit[] = {
    "bargauge", "gauge", "graph", "heatmap", "histogram", "singlestat", "stat", "timeseries",
};
constexpr DashboardCheck kLint[] = {
    {"panel-type", "a panel type that Grafana does not bring along"},
    {"old-panel", "a panel type that Grafana has replaced (graph, singlestat, table-old)"},
    {"unit", "numbers that are drawn without a unit"},
    {"title", "a board or panel without a title"},
    {"uid", "a board without a uid: links to it break when it is imported again"},
    {"query", "a panel that has nothing to show"},
    {"variable", "a variable that nothing defines"},
    {"thresholds", "thresholds out of order, or without a base"},
    {"no-data", "with --url: a query that gives nothing there"},
};

template <std::size_t N>
bool any_of(const std::string_view (&list)[N], std::string_view word) {
  return std::ranges::find(list, word) != std::end(list);
}

std::string lower(std::string text) {
  for (char& c : text)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return text;
}

// Where a panel stands.
struct Place {
  std::int64_t x, y, w, h;
  const Json* json;
  std::string name;
  bool overlaps(const Place& other) const {
    return x < other.x + other.w && other.x < x + w && y < other.y + other.h && other.y < y + h;
  }
};

class Look {
 public:
  explicit Look(DashboardReport& out) : out_(out) {}

  void document(const Json& root) {
    if (root.kind() != Kind::object)
      return error("shape", root,
                   "a dashboard is an object, this is " + std::string(kind_name(root.kind())));
    const auto& version = root["apiVersion"].string();
    if (version.starts_with("dashboard.grafana.app/v2") ||
        root["elements"].kind() == Kind::object || root["spec"]["elements"].kind() == Kind::object)
      return error("schema", root,
                   "this is a dashboard of schema v2; save it in the classic form (with "
                   "\"panels\") instead");
    if (root["dashboard"].kind() == Kind::object) return dashboard(root["dashboard"]);
    if (root["spec"].kind() == Kind::object && version.starts_with("dashboard.grafana.app/"))
      return dashboard(root["spec"]);
    dashboard(root);
  }

  // Findings in the order of the text, each with its place: one pass over the text for all.
  void put_in_order(std::string_view text) {
    std::ranges::stable_sort(found_, {}, &Found::offset);
    codec::TextPlace place;
    std::size_t at = 0;
    for (auto& [offset, finding] : found_) {
      const auto on = codec::text_place(text.substr(at), offset - at);
      place.column = on.line > 1 ? on.column : place.column + on.column - 1;
      place.line += on.line - 1;
      at = offset;
      finding.line = place.line;
      finding.column = place.column;
      out_.findings.push_back(std::move(finding));
    }
  }

 private:
  // --- findings
  void add(std::string_view check, bool is_error, const Json& at, std::string what) {
    if (found_.size() >= kFindingsMax) return;
    found_.push_back({at.offset(), {std::string(check), is_error, 1, 1, std::move(what)}});
  }
  void error(std::string_view check, const Json& at, std::string what) {
    add(check, true, at, std::move(what));
  }
  void lint(std::string_view check, const Json& at, std::string what) {
    add(check, false, at, std::move(what));
  }
  // The member when it is there and of one of these kinds; another kind is an error.
  const Json* member(const Json& object, std::string_view key, std::initializer_list<Kind> kinds) {
    const auto* found = object.find(key);
    if (found == nullptr || found->is_null()) return nullptr;
    if (std::ranges::find(kinds, found->kind()) != kinds.end()) return found;
    error("shape", *found,
          quoted(key) + " must be " + std::string(kind_name(*kinds.begin())) + ", not " +
              std::string(kind_name(found->kind())));
    return nullptr;
  }

  // --- the board
  void dashboard(const Json& board) {
    if (const auto* panels = member(board, "panels", {Kind::array}); panels != nullptr) {
      // Counted below.
    } else if (board.find("rows") == nullptr && board.find("panels") == nullptr) {
      return error("shape", board, "no \"panels\": this is not a Grafana dashboard");
    }
    const auto* title = member(board, "title", {Kind::string});
    if (title == nullptr || title->string().empty()) lint("title", board, "the board has no title");
    const auto* uid = member(board, "uid", {Kind::string});
    if (uid == nullptr || uid->string().empty())
      lint("uid", board, "the board has no uid; links to it break when it is imported again");
    member(board, "schemaVersion", {Kind::integer});
    member(board, "tags", {Kind::array});
    member(board, "links", {Kind::array});
    member(board, "refresh", {Kind::string, Kind::boolean});
    if (const auto* time = member(board, "time", {Kind::object}); time != nullptr) {
      member(*time, "from", {Kind::string});
      member(*time, "to", {Kind::string});
    }
    if (const auto* templating = member(board, "templating", {Kind::object}); templating != nullptr)
      variables(*templating);
    variables_.emplace(board);
    if (const auto* templating = board.find("templating")) variable_queries(*templating);
    if (const auto* annotations = member(board, "annotations", {Kind::object});
        annotations != nullptr)
      annotation_queries(*annotations);
    list_of_panels(board["panels"], true);
    for (const auto& row : board["rows"].items())
      list_of_panels(row["panels"], false);  // before 2018
  }

  void variables(const Json& templating) {
    const auto* list = member(templating, "list", {Kind::array});
    if (list == nullptr) return;
    std::set<std::string> names;
    for (const auto& variable : list->items()) {
      const auto& name = variable["name"].string();
      if (name.empty())
        error("variable", variable, "a variable without a name");
      else if (!names.insert(name).second)
        error("variable", variable, "variable " + quoted(name) + " is there twice");
      if (variable["type"].string().empty())
        error("variable", variable, "variable " + quoted(name) + " has no type");
    }
  }

  // label_values(metric, label), query_result(expr), metrics(pattern), label_names(): what is
  // PromQL in them.
  void variable_queries(const Json& templating) {
    for (const auto& variable : templating["list"].items()) {
      if (variable["type"].string() != "query" || !asks_prometheus(variable, variable)) continue;
      const auto& query =
          variable["query"].kind() == Kind::object ? variable["query"]["query"] : variable["query"];
      std::string_view text = query.string();
      const auto name = "variable " + quoted(variable["name"].string());
      for (const std::string_view function : {"label_values(", "query_result("}) {
        if (!text.starts_with(function)) continue;
        if (!text.ends_with(')')) {
          error("expression", query, name + ": " + std::string(function) + " is not closed");
          break;
        }
        auto inner = text.substr(function.size(), text.size() - function.size() - 1);
        if (function == "label_values(") {
          const auto comma = inner.rfind(',');
          if (comma == inner.npos) break;  // label_values(label)
          inner = inner.substr(0, comma);
        }
        expression(inner, query, name);
      }
    }
  }

  void annotation_queries(const Json& annotations) {
    const auto* list = member(annotations, "list", {Kind::array});
    if (list == nullptr) return;
    for (const auto& annotation : list->items()) {
      if (!asks_prometheus(annotation, annotation)) continue;
      for (const auto* expr : {&annotation["expr"], &annotation["target"]["expr"]})
        if (!expr->string().empty())
          expression(expr->string(), *expr, "annotation " + quoted(annotation["name"].string()));
    }
  }

  // --- panels
  void list_of_panels(const Json& panels, bool on_grid) {
    std::vector<Place> places;
    for (const auto& panel : panels.items()) {
      if (panel.kind() != Kind::object) {
        error("shape", panel,
              "a panel is an object, this is " + std::string(kind_name(panel.kind())));
        continue;
      }
      if (++seen_ > kPanelsMax) {
        if (seen_ == kPanelsMax + 1)
          error("limit", panel, "more than " + std::to_string(kPanelsMax) + " panels");
        return;
      }
      const auto name = name_of(panel);
      if (on_grid)
        if (auto place = place_of(panel, name)) places.push_back(std::move(*place));
      one_panel(panel, name);
      if (panel["type"].string() == "row")
        if (const auto* inside = member(panel, "panels", {Kind::array}))
          list_of_panels(*inside, on_grid);  // of a row that is closed
    }
    for (std::size_t i = 0; i < places.size(); ++i)
      for (std::size_t j = 0; j < i; ++j)
        if (places[i].overlaps(places[j])) {
          error("overlap", *places[i].json, places[i].name + " lies over " + places[j].name);
          break;
        }
  }

  std::string name_of(const Json& panel) const {
    const auto& title = panel["title"].string();
    const auto* id = panel.find("id");
    return "panel " + (title.empty() ? std::string() : quoted(title) + " ") +
           (id != nullptr && id->kind() == Kind::integer
                ? "(id " + std::to_string(id->integer()) + ")"
                : std::string("(no id)"));
  }

  std::optional<Place> place_of(const Json& panel, const std::string& name) {
    const auto* grid = member(panel, "gridPos", {Kind::object});
    if (grid == nullptr) return std::nullopt;  // Grafana finds a place
    Place place{.x = 0, .y = 0, .w = 0, .h = 0, .json = grid, .name = name};
    for (auto [key, value] :
         {std::pair{"x", &place.x}, {"y", &place.y}, {"w", &place.w}, {"h", &place.h}}) {
      const auto* number = member(*grid, key, {Kind::integer, Kind::real});
      if (number == nullptr) {
        if (grid->find(key) == nullptr)
          error("grid", *grid, name + ": gridPos has no " + quoted(key));
        return std::nullopt;
      }
      if (std::abs(number->real()) > 1e6) {
        error("grid", *number, name + ": " + quoted(key) + " is out of range");
        return std::nullopt;
      }
      *value = number->integer();
    }
    if (place.w < 1 || place.h < 1 || place.x < 0 || place.y < 0)
      error("grid", *grid, name + " has no area, or lies above or left of the grid");
    else if (place.x + place.w > kGridColumns)
      error("grid", *grid,
            name + " ends at column " + std::to_string(place.x + place.w) + " of " +
                std::to_string(kGridColumns));
    else
      return place;
    return std::nullopt;
  }

  void one_panel(const Json& panel, const std::string& name) {
    const auto* type = member(panel, "type", {Kind::string});
    const bool library = panel["libraryPanel"].kind() == Kind::object;
    if ((type == nullptr || type->string().empty()) && !library)
      return error("panel-type", panel, name + " has no type");
    const auto& kind = type == nullptr ? std::string() : type->string();
    if (const auto* id = member(panel, "id", {Kind::integer}); id != nullptr && id->integer() != 0)
      if (const auto [first, fresh] = ids_.emplace(id->integer(), name); !fresh)
        error("id", *id, name + " has the id of " + first->second);
    if (kind == "row") return;
    ++out_.panels;
    if (!library && !any_of(kPanelTypes, kind)) {
      const auto near = codec::nearest(kind, kPanelTypes);
      lint("panel-type", *type,
           name + ": type " + quoted(kind) + " is not one that Grafana brings along" +
               (near.empty() ? "" : ", did you mean " + quoted(near) + "?"));
    }
    if (kind == "graph" || kind == "singlestat" || kind == "table-old")
      lint("old-panel", *type,
           name + ": " + quoted(kind) + " was replaced by " +
               (kind == "graph"        ? "\"timeseries\""
                : kind == "singlestat" ? "\"stat\""
                                       : "\"table\""));
    const auto* title = member(panel, "title", {Kind::string});
    if ((title == nullptr || title->string().empty()) && kind != "text" && !library)
      lint("title", panel, name + " has no title");
    member(panel, "options", {Kind::object});
    if (const auto* config = member(panel, "fieldConfig", {Kind::object}); config != nullptr)
      fields(*config, name);
    targets(panel, kind, name, library);
    if (any_of(kWantUnit, kind) && !has_unit(panel))
      lint("unit", panel, name + " draws numbers without a unit");
  }

  void fields(const Json& config, const std::string& name) {
    const auto* defaults = member(config, "defaults", {Kind::object});
    member(config, "overrides", {Kind::array});
    if (defaults == nullptr) return;
    const auto& steps = (*defaults)["thresholds"]["steps"];
    for (std::size_t i = 0; i < steps.items().size(); ++i) {
      const auto& value = steps.items()[i]["value"];
      if (i == 0 && !value.is_null() && value.real() != 0)
        return lint("thresholds", steps.items()[0],
                    name + ": the first threshold is the base and has no value (null)");
      if (i > 1 && value.real() < steps.items()[i - 1]["value"].real())
        return lint("thresholds", steps.items()[i], name + ": thresholds must rise");
    }
  }

  static bool has_unit(const Json& panel) {
    const auto& defaults = panel["fieldConfig"]["defaults"];
    if (!defaults["unit"].string().empty() || !defaults["mappings"].items().empty()) return true;
    for (const auto& override : panel["fieldConfig"]["overrides"].items())
      for (const auto& property : override["properties"].items())
        if (property["id"].string() == "unit") return true;
    for (const auto& axis : panel["yaxes"].items())
      if (!axis["format"].string().empty()) return true;
    return !panel["format"].string().empty() ||
           !panel["options"]["yAxis"]["unit"].string().empty() ||
           !panel["yAxis"]["format"].string().empty();
  }

  // --- queries
  void targets(const Json& panel, const std::string& kind, const std::string& name, bool library) {
    const auto* list = member(panel, "targets", {Kind::array});
    if (list == nullptr || list->items().empty()) {
      if (!any_of(kWithoutQuery, kind) && any_of(kPanelTypes, kind) && !library)
        lint("query", panel, name + " has no query");
      return;
    }
    std::set<std::string> references;
    for (const auto& target : list->items()) {
      const auto& reference = target["refId"].string();
      if (!reference.empty() && !references.insert(reference).second)
        error("query", target, name + ": query " + quoted(reference) + " is there twice");
      ++out_.queries;
      const auto* expr = member(target, "expr", {Kind::string});
      if (expr == nullptr || !asks_prometheus(target, panel)) continue;
      const auto where = name + ", query " + (reference.empty() ? "?" : reference);
      if (expr->string().find_first_not_of(" \t\r\n") == std::string::npos)
        lint("query", *expr, where + " is empty");
      else if (expression(expr->string(), *expr, where))
        out_.asked.push_back({name, reference, expr->string(), expr->offset()});
    }
  }

  // What is not said to be something else is taken for Prometheus.
  static bool asks_prometheus(const Json& query, const Json& panel) {
    for (const auto* of : {&query, &panel}) {
      const auto& source = (*of)["datasource"];
      if (source.kind() == Kind::string) {
        const auto text = lower(source.string());
        if (text == "-- mixed --" || text.empty()) continue;
        for (const char* other :
             {"loki", "elastic", "tempo", "jaeger", "influx", "-- grafana --", "__expr__"})
          if (text.find(other) != text.npos) return false;
        return true;
      }
      const auto& type = source["type"].string();
      if (type.empty() || (type == "datasource" && source["uid"].string() == "-- Mixed --"))
        continue;
      return type == "prometheus" || type == "grafana-amazonprometheus-datasource";
    }
    return true;
  }

  bool expression(std::string_view text, const Json& at, const std::string& where) {
    std::vector<std::string> unknown;
    const auto filled = variables_->fill(text, unknown);
    for (const auto& name : unknown)
      lint("variable", at, where + ": nothing defines the variable " + quoted("$" + name));
    const auto parsed = query::promql::parse(filled);
    if (!parsed)
      error("expression", at,
            where + ": " + parsed.error().message +
                (filled == text ? "" : ", with its variables filled in: " + filled));
    return parsed.has_value();
  }

  struct Found {
    std::size_t offset;
    DashboardFinding finding;
  };
  DashboardReport& out_;
  std::vector<Found> found_;
  std::optional<DashboardVariables> variables_;
  std::map<std::int64_t, std::string> ids_;  // with the first panel that has it
  std::size_t seen_ = 0;
};

}  // namespace

std::vector<DashboardCheck> dashboard_checks() {
  return {std::begin(kLint), std::end(kLint)};
}

DashboardReport look_at_dashboard(std::string_view text) {
  DashboardReport report;
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  std::size_t stopped_at = 0;
  const auto json = Json::parse(text, &stopped_at);
  if (!json) {
    const auto place = codec::text_place(text, stopped_at);
    std::string_view what = json.error().message;  // "JSON: byte 7: what"
    if (const auto colon = what.find(": ", what.find("byte ")); colon != what.npos)
      what.remove_prefix(colon + 2);
    report.findings.push_back(
        {"json", true, place.line, place.column, "not JSON: " + std::string(what)});
    return report;
  }
  Look look(report);
  look.document(*json);
  look.put_in_order(text);
  return report;
}

}  // namespace pharos::server
