#include "server/answer_text.hpp"

#include <algorithm>
#include <vector>

#include "base/time.hpp"
#include "model/labels.hpp"

namespace pharos::server {
namespace {

using codec::Json;

std::string metric_text(const Json& metric) {
  LabelsBuilder labels;
  for (const auto& [name, value] : metric.members()) labels.set(name, value.string());
  return labels.build().to_metric_string();
}

std::string time_text(const Json& t) {
  return format_time(from_unix_millis(static_cast<UnixMillis>(t.real() * 1000 + 0.5)));
}

std::string histogram_text(const Json& histogram) {
  return "{count:" + histogram["count"].string() + ", sum:" + histogram["sum"].string() +
         ", buckets:" + std::to_string(histogram["buckets"].items().size()) + "}";
}

// The text of [time, value] pairs: floats are strings, histograms objects.
std::string value_text(const Json& point) {
  if (point.items().size() < 2) return "";
  return point.items()[1].kind() == Json::Kind::object ? histogram_text(point.items()[1])
                                                       : point.items()[1].string();
}

struct Row {
  std::string left, right;
};

std::string aligned(const std::vector<Row>& rows) {
  std::size_t width = 0;
  for (const auto& row : rows) width = std::max(width, row.left.size());
  width = std::min<std::size_t>(width, 100);
  std::string out;
  for (const auto& row : rows) {
    out += row.left;
    if (row.left.size() < width) out.append(width - row.left.size(), ' ');
    out += "  " + row.right + '\n';
  }
  return out;
}

void yaml(const Json& value, std::size_t depth, bool in_list, std::string& out) {
  switch (value.kind()) {
    case Json::Kind::null: out += " null\n"; return;
    case Json::Kind::boolean: out += value.boolean() ? " true\n" : " false\n"; return;
    case Json::Kind::integer: out += " " + std::to_string(value.integer()) + "\n"; return;
    case Json::Kind::real: {
      std::string text;
      codec::JsonWriter(text).value(value.real());
      out += " " + text + "\n";
      return;
    }
    case Json::Kind::string: {
      std::string text;
      codec::put_json_string(text, value.string());
      out += " " + text + "\n";
      return;
    }
    case Json::Kind::array: {
      if (value.items().empty()) {
        out += " []\n";
        return;
      }
      const bool flat =
          std::none_of(value.items().begin(), value.items().end(), [](const Json& item) {
            return item.kind() == Json::Kind::array || item.kind() == Json::Kind::object;
          });
      if (flat) {
        out += " [";
        for (std::size_t i = 0; i < value.items().size(); ++i) {
          std::string one;
          yaml(value.items()[i], 0, true, one);
          out += (i == 0 ? "" : ", ") + one.substr(1, one.size() - 2);
        }
        out += "]\n";
        return;
      }
      out += '\n';
      for (const auto& item : value.items()) {
        out.append(depth * 2, ' ').append("-");
        yaml(item, depth + 1, true, out);
      }
      return;
    }
    case Json::Kind::object: {
      if (value.members().empty()) {
        out += " {}\n";
        return;
      }
      bool first = in_list;
      out += in_list ? " " : depth == 0 ? "" : "\n";
      for (const auto& [key, member] : value.members()) {
        if (!first) out.append(depth * 2, ' ');
        first = false;
        out +=
            key.find_first_of(":#{}[]\"' ") == key.npos && !key.empty() ? key : "\"" + key + "\"";
        out += ':';
        yaml(member, depth + 1, false, out);
      }
      return;
    }
  }
}

}  // namespace

std::string answer_table(const Json& data) {
  const std::string& type = data["resultType"].string();
  const auto& result = data["result"];
  std::vector<Row> rows;
  if (type == "scalar" || type == "string") {
    if (!result.items().empty())
      rows.push_back({value_text(result), "@" + time_text(result.items()[0])});
    return aligned(rows);
  }
  for (const auto& series : result.items()) {
    const std::string metric = metric_text(series["metric"]);
    if (type == "vector") {
      const auto& point =
          series.find("histogram") != nullptr ? series["histogram"] : series["value"];
      rows.push_back({metric, value_text(point)});
      continue;
    }
    rows.push_back({metric, std::to_string(series["values"].items().size() +
                                           series["histograms"].items().size()) +
                                " samples"});
    for (const auto* list : {&series["values"], &series["histograms"]})
      for (const auto& point : list->items())
        if (!point.items().empty())
          rows.push_back({"  " + time_text(point.items()[0]), value_text(point)});
  }
  if (rows.empty()) return "(no data)\n";
  return aligned(rows);
}

std::string answer_yaml(const Json& value) {
  std::string out;
  yaml(value, 0, false, out);
  return out;
}

}  // namespace pharos::server
