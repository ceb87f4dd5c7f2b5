#include "rules/template_value.hpp"

#include <charconv>
#include <cmath>
#include <cstdlib>

#include "rules/template_functions.hpp"

namespace pharos::rules {
namespace {

// "a=b, c=d" of a list of {Name Value}.
std::string print_pairs(const TemplateValue::List& pairs) {
  std::string out;
  for (const auto& pair : pairs) {
    const auto& members = pair.members().members;
    if (!out.empty()) out += ", ";
    out += members.at("Name").print() + "=" + members.at("Value").print();
  }
  return out;
}

}  // namespace

TemplateValue TemplateValue::boolean(bool b) {
  TemplateValue v;
  v.kind_ = Kind::boolean;
  v.integer_ = b ? 1 : 0;
  return v;
}
TemplateValue TemplateValue::integer(std::int64_t n) {
  TemplateValue v;
  v.kind_ = Kind::integer;
  v.integer_ = n;
  return v;
}
TemplateValue TemplateValue::real(double number) {
  TemplateValue v;
  v.kind_ = Kind::real;
  v.real_ = number;
  return v;
}
TemplateValue TemplateValue::string(std::string text, Safe safe) {
  TemplateValue v;
  v.kind_ = Kind::text;
  v.safe_ = safe;
  v.text_ = std::move(text);
  return v;
}
TemplateValue TemplateValue::time(Time t) {
  TemplateValue v;
  v.kind_ = Kind::time;
  v.integer_ = to_unix_millis(t);
  return v;
}
TemplateValue TemplateValue::time(Time t, TimeZone zone) {
  auto v = time(t);
  v.zone_ = std::make_shared<const TimeZone>(std::move(zone));
  return v;
}
TemplateValue TemplateValue::duration(Nanos nanos) {
  TemplateValue v;
  v.kind_ = Kind::duration;
  v.integer_ = nanos.count();
  return v;
}
TemplateValue TemplateValue::texts(std::vector<std::string> items) {
  List out;
  out.reserve(items.size());
  for (auto& item : items) out.push_back(string(std::move(item)));
  return list(std::move(out), "[]string");
}
TemplateValue TemplateValue::list(List items, std::string type) {
  TemplateValue v;
  v.kind_ = Kind::list;
  v.text_ = std::move(type);
  v.list_ = std::make_shared<const List>(std::move(items));
  return v;
}
TemplateValue TemplateValue::map(Map map) {
  TemplateValue v;
  v.kind_ = Kind::map;
  v.map_ = std::make_shared<const Map>(std::move(map));
  return v;
}

TemplateValue TemplateValue::labels(const Labels& labels) {
  Map map{.of_strings = true, .type = "map[string]string"};
  for (const auto label : labels) map.members.emplace(label.name, string(std::string(label.value)));
  return TemplateValue::map(std::move(map));
}

TemplateValue TemplateValue::sample(const TemplateSample& sample) {
  Map map{.is_struct = true, .type = "*template.sample"};
  auto labels = TemplateValue::labels(sample.labels);
  if (!sample.text.empty()) {
    Map with = labels.members();
    with.members["__value__"] = string(sample.text);
    labels = TemplateValue::map(std::move(with));
  }
  map.members.emplace("Labels", std::move(labels));
  map.members.emplace("Value", real(sample.value));
  return TemplateValue::map(std::move(map));
}

TemplateValue TemplateValue::samples(const std::vector<TemplateSample>& samples) {
  List items;
  items.reserve(samples.size());
  for (const auto& s : samples) items.push_back(sample(s));
  return list(std::move(items));
}

bool TemplateValue::truth() const {
  switch (kind_) {
    case Kind::nil: return false;
    case Kind::boolean:
    case Kind::duration:
    case Kind::integer: return integer_ != 0;
    case Kind::real: return real_ != 0;
    case Kind::text: return !text_.empty();
    case Kind::time: return true;
    case Kind::list: return !list_->empty();
    case Kind::map: return map_->is_struct || !map_->members.empty();
  }
  return false;
}

std::string TemplateValue::print() const {
  switch (kind_) {
    case Kind::nil: return "<no value>";
    case Kind::boolean: return integer_ != 0 ? "true" : "false";
    case Kind::integer: return std::to_string(integer_);
    case Kind::real: return print_real(real_);
    case Kind::text: return text_;
    case Kind::duration: return print_duration(as_duration());
    case Kind::time:  // Go's time.Time.String()
      return detail::format_layout(as_time(), "2006-01-02 15:04:05.999999999 -0700 MST", zone());
    case Kind::list: {
      if (text_ == "template.Pairs") return print_pairs(*list_);
      std::string out = "[";
      for (std::size_t i = 0; i < list_->size(); ++i)
        out += (i == 0 ? "" : " ") + (*list_)[i].print();
      return out + "]";
    }
    case Kind::map: {
      if (map_->type == "template.KV") {
        std::string out;
        if (const auto name = map_->members.find("alertname"); name != map_->members.end())
          out = "alertname=" + name->second.print();
        for (const auto& [key, value] : map_->members)
          if (key != "alertname") out += (out.empty() ? "" : ", ") + key + "=" + value.print();
        return out;
      }
      std::string out = map_->is_struct ? "{" : "map[";
      if (!map_->order.empty()) {
        for (std::size_t i = 0; i < map_->order.size(); ++i)
          out += (i == 0 ? "" : " ") + map_->members.at(map_->order[i]).print();
        return out + "}";
      }
      bool first = true;
      for (const auto& [key, value] : map_->members) {
        if (!first) out += ' ';
        first = false;
        if (!map_->is_struct) out += key + ":";
        out += value.print();
      }
      return out + (map_->is_struct ? "}" : "]");
    }
  }
  return {};
}

std::string TemplateValue::type_name() const {
  switch (kind_) {
    case Kind::nil: return "nil";
    case Kind::boolean: return "bool";
    case Kind::integer: return "int";
    case Kind::real: return "float64";
    case Kind::text: return "string";
    case Kind::time: return "*time.Time";
    case Kind::duration: return "time.Duration";
    case Kind::list: return text_;
    case Kind::map: return map_->type;
  }
  return {};
}

Result<double> TemplateValue::to_real() const {
  switch (kind_) {
    case Kind::real: return real_;
    case Kind::integer: return static_cast<double>(integer_);
    case Kind::duration: return static_cast<double>(integer_) / 1e9;
    case Kind::text: {
      char* end = nullptr;
      const double v = std::strtod(text_.c_str(), &end);
      if (text_.empty() || end != text_.c_str() + text_.size() ||
          std::isspace(static_cast<unsigned char>(text_[0])))
        return fail(Errc::invalid,
                    "strconv.ParseFloat: parsing " + go_quote(text_) + ": invalid syntax");
      return v;
    }
    default: return fail(Errc::invalid, "can't convert " + type_name() + " to float");
  }
}

std::string print_duration(Nanos duration) {
  const std::int64_t n = duration.count();
  if (n == 0) return "0s";
  const auto u = n < 0 ? 0 - static_cast<std::uint64_t>(n) : static_cast<std::uint64_t>(n);
  const std::string sign = n < 0 ? "-" : "";
  // `digits` places after the point, trailing zeros dropped.
  const auto fraction = [](std::uint64_t whole, std::uint64_t rest, int digits) {
    std::string text = std::to_string(rest);
    text.insert(0, static_cast<std::size_t>(digits) - text.size(), '0');
    while (!text.empty() && text.back() == '0') text.pop_back();
    return std::to_string(whole) + (text.empty() ? "" : "." + text);
  };
  if (u < 1000) return sign + std::to_string(u) + "ns";
  if (u < 1'000'000) return sign + fraction(u / 1000, u % 1000, 3) + "\xC2\xB5s";
  if (u < 1'000'000'000) return sign + fraction(u / 1'000'000, u % 1'000'000, 6) + "ms";
  const std::uint64_t seconds = u / 1'000'000'000, hours = seconds / 3600,
                      minutes = seconds / 60 % 60;
  std::string out = sign;
  if (hours > 0) out += std::to_string(hours) + "h";
  if (hours > 0 || minutes > 0) out += std::to_string(minutes) + "m";
  return out + fraction(seconds % 60, u % 1'000'000'000, 9) + "s";
}

std::string print_real(double v) {
  if (std::isnan(v)) return "NaN";
  if (std::isinf(v)) return v > 0 ? "+Inf" : "-Inf";
  char buffer[64];
  auto end = std::to_chars(buffer, buffer + sizeof buffer, v, std::chars_format::scientific).ptr;
  const std::string text(buffer, end);
  const int exponent = std::atoi(text.c_str() + text.find('e') + 1);
  if (exponent < -4 || exponent >= 6) return text;
  end = std::to_chars(buffer, buffer + sizeof buffer, v, std::chars_format::fixed).ptr;
  return std::string(buffer, end);
}

}  // namespace pharos::rules
