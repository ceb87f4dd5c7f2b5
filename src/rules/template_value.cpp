#include "rules/template_value.hpp"

#include <charconv>
#include <cmath>
#include <cstdlib>

namespace pharos::rules {

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
TemplateValue TemplateValue::string(std::string text) {
  TemplateValue v;
  v.kind_ = Kind::text;
  v.text_ = std::move(text);
  return v;
}
TemplateValue TemplateValue::time(Time t) {
  TemplateValue v;
  v.kind_ = Kind::time;
  v.integer_ = to_unix_millis(t);
  return v;
}
TemplateValue TemplateValue::list(List items) {
  TemplateValue v;
  v.kind_ = Kind::list;
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
    case Kind::time: {
      // Go's time.Time.String() in UTC: 2006-01-02 15:04:05.999 +0000 UTC
      std::string text = format_time(as_time());
      if (const auto t = text.find('T'); t != text.npos) text[t] = ' ';
      if (!text.empty() && text.back() == 'Z') text.pop_back();
      if (const auto dot = text.find('.'); dot != text.npos) {
        while (text.back() == '0') text.pop_back();
        if (text.back() == '.') text.pop_back();
      }
      return text + " +0000 UTC";
    }
    case Kind::list: {
      std::string out = "[";
      for (std::size_t i = 0; i < list_->size(); ++i)
        out += (i == 0 ? "" : " ") + (*list_)[i].print();
      return out + "]";
    }
    case Kind::map: {
      std::string out = map_->is_struct ? "{" : "map[";
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
    case Kind::list: return "template.queryResult";
    case Kind::map: return map_->type;
  }
  return {};
}

Result<double> TemplateValue::to_real() const {
  switch (kind_) {
    case Kind::real: return real_;
    case Kind::integer: return static_cast<double>(integer_);
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
