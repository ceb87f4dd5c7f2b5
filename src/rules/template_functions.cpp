// The functions of the template language itself.
#include "rules/template_functions.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace pharos::rules::detail {
namespace {

using V = TemplateValue;
using K = TemplateValue::Kind;
using Arguments = std::span<const TemplateValue>;

std::unexpected<Error> wrong(std::string what) {
  return fail(Errc::invalid, std::move(what));
}

Result<V> all_of(Arguments arguments, const CallEnvironment&) {
  for (const auto& a : arguments)
    if (!a.truth()) return a;
  return arguments.back();
}
Result<V> any_of(Arguments arguments, const CallEnvironment&) {
  for (const auto& a : arguments)
    if (a.truth()) return a;
  return arguments.back();
}
Result<V> not_(Arguments a, const CallEnvironment&) {
  return V::boolean(!a[0].truth());
}

Result<V> length(Arguments a, const CallEnvironment&) {
  if (a[0].kind() == K::text) return V::integer(static_cast<std::int64_t>(a[0].as_string().size()));
  if (a[0].kind() == K::list) return V::integer(static_cast<std::int64_t>(a[0].items().size()));
  if (a[0].kind() == K::map && !a[0].members().is_struct)
    return V::integer(static_cast<std::int64_t>(a[0].members().members.size()));
  return wrong("len of type " + a[0].type_name());
}

Result<V> index(Arguments a, const CallEnvironment&) {
  V value = a[0];
  if (value.is_nil()) return wrong("index of untyped nil");
  for (const auto& key : a.subspan(1)) {
    if (value.kind() == K::map && !value.members().is_struct) {
      if (key.kind() != K::text)
        return wrong("value has type " + key.type_name() + "; should be string");
      const auto member = value.members().members.find(key.as_string());
      V found = member != value.members().members.end() ? member->second
                : value.members().of_strings            ? V::string("")
                                                        : V();
      value = std::move(found);
    } else if (value.kind() == K::list || value.kind() == K::text) {
      if (key.kind() != K::integer)
        return wrong("cannot index slice/array with type " + key.type_name());
      const auto size = value.kind() == K::list ? value.items().size() : value.as_string().size();
      if (key.as_integer() < 0 || static_cast<std::size_t>(key.as_integer()) >= size)
        return wrong("index out of range: " + std::to_string(key.as_integer()));
      const auto at = static_cast<std::size_t>(key.as_integer());
      V found = value.kind() == K::list
                    ? value.items()[at]
                    : V::integer(static_cast<unsigned char>(value.as_string()[at]));
      value = std::move(found);
    } else {
      return wrong("can't index item of type " + value.type_name());
    }
  }
  return value;
}

Result<V> slice(Arguments a, const CallEnvironment&) {
  if (a[0].kind() != K::text && a[0].kind() != K::list)
    return wrong("can't slice item of type " + a[0].type_name());
  const std::size_t size = a[0].kind() == K::list ? a[0].items().size() : a[0].as_string().size();
  std::array<std::size_t, 2> bound{0, size};
  for (std::size_t i = 1; i < a.size(); ++i) {
    if (a[i].kind() != K::integer)
      return wrong("cannot index slice/array with type " + a[i].type_name());
    if (a[i].as_integer() < 0 || static_cast<std::size_t>(a[i].as_integer()) > size)
      return wrong("index out of range: " + std::to_string(a[i].as_integer()));
    if (i <= 2) bound[i - 1] = static_cast<std::size_t>(a[i].as_integer());
  }
  if (bound[0] > bound[1])
    return wrong("invalid slice index: " + std::to_string(bound[0]) + " > " +
                 std::to_string(bound[1]));
  if (a[0].kind() == K::text)
    return V::string(a[0].as_string().substr(bound[0], bound[1] - bound[0]));
  const auto begin = a[0].items().begin();
  return V::list(V::List(begin + static_cast<std::ptrdiff_t>(bound[0]),
                         begin + static_cast<std::ptrdiff_t>(bound[1])));
}

// Sprint puts blanks between operands when neither is a string, Sprintln always.
Result<V> print(Arguments a, const CallEnvironment&) {
  std::string out;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (i > 0 && a[i].kind() != K::text && a[i - 1].kind() != K::text) out += ' ';
    out += a[i].is_nil() ? "<nil>" : a[i].print();
  }
  return V::string(std::move(out));
}
Result<V> println(Arguments a, const CallEnvironment&) {
  std::string out;
  for (std::size_t i = 0; i < a.size(); ++i)
    out += (i == 0 ? "" : " ") + (a[i].is_nil() ? std::string("<nil>") : a[i].print());
  return V::string(out + "\n");
}
Result<V> printf_(Arguments a, const CallEnvironment&) {
  if (a[0].kind() != K::text)
    return wrong("wrong type for value; expected string; got " + a[0].type_name());
  return V::string(format_printf(a[0].as_string(), a.subspan(1)));
}

// Basic kinds compare with their own kind only; -1, 0, 1, or 2 when unordered (NaN).
Result<int> compare(const V& a, const V& b, bool order) {
  if (a.kind() != b.kind()) return wrong("incompatible types for comparison");
  switch (a.kind()) {
    case K::duration:
    case K::integer:
      return a.as_integer() < b.as_integer() ? -1 : a.as_integer() > b.as_integer() ? 1 : 0;
    case K::real:
      if (std::isnan(a.as_real()) || std::isnan(b.as_real())) return 2;
      return a.as_real() < b.as_real() ? -1 : a.as_real() > b.as_real() ? 1 : 0;
    case K::text: return a.as_string() < b.as_string() ? -1 : a.as_string() > b.as_string() ? 1 : 0;
    case K::time:
      if (order) return wrong("invalid type for comparison");
      return a.as_time() == b.as_time() ? 0 : 1;
    case K::boolean:
      if (order) return wrong("invalid type for comparison");
      return a.as_bool() == b.as_bool() ? 0 : 1;
    default:
      return wrong(order ? "invalid type for comparison"
                         : "non-comparable type " + a.print() + ": " + a.type_name());
  }
}
Result<V> eq(Arguments a, const CallEnvironment&) {
  for (const auto& other : a.subspan(1)) {
    const int order = TRY(compare(a[0], other, false));
    if (order == 0) return V::boolean(true);
  }
  return V::boolean(false);
}
Result<V> ne(Arguments a, const CallEnvironment&) {
  const int order = TRY(compare(a[0], a[1], false));
  return V::boolean(order != 0);
}
Result<V> lt(Arguments a, const CallEnvironment&) {
  const int order = TRY(compare(a[0], a[1], true));
  return V::boolean(order == -1);
}
Result<V> le(Arguments a, const CallEnvironment&) {
  const int order = TRY(compare(a[0], a[1], true));
  return V::boolean(order == -1 || order == 0);
}
Result<V> gt(Arguments a, const CallEnvironment&) {
  const int order = TRY(compare(a[0], a[1], true));
  return V::boolean(order == 1);
}
Result<V> ge(Arguments a, const CallEnvironment&) {
  const int order = TRY(compare(a[0], a[1], true));
  return V::boolean(order == 1 || order == 0);
}

std::string joined(Arguments a) {
  if (a.size() == 1 && a[0].kind() == K::text) return a[0].as_string();
  std::string out;
  for (const auto& v : a) out += v.print();
  return out;
}
Result<V> html(Arguments a, const CallEnvironment&) {
  std::string out;
  for (const char c : joined(a)) {
    switch (c) {
      case '"': out += "&#34;"; break;
      case '\'': out += "&#39;"; break;
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '\0': out += "\xEF\xBF\xBD"; break;
      default: out += c;
    }
  }
  return V::string(std::move(out));
}
Result<V> js(Arguments a, const CallEnvironment&) {
  std::string out;
  for (const char c : joined(a)) {
    switch (c) {
      case '\\': out += "\\\\"; break;
      case '\'': out += "\\'"; break;
      case '"': out += "\\\""; break;
      case '<': out += "\\u003C"; break;
      case '>': out += "\\u003E"; break;
      case '&': out += "\\u0026"; break;
      case '=': out += "\\u003D"; break;
      default:
        if (static_cast<unsigned char>(c) < 0x20) {
          constexpr std::string_view kHex = "0123456789ABCDEF";
          out += "\\u00";
          (out += kHex[static_cast<unsigned char>(c) >> 4]) += kHex[c & 15];
        } else {
          out += c;
        }
    }
  }
  return V::string(std::move(out));
}
Result<V> urlquery(Arguments a, const CallEnvironment&) {
  return V::string(query_escape(joined(a)));
}
Result<V> call(Arguments a, const CallEnvironment&) {
  return wrong("non-function of type " + a[0].type_name());
}

constexpr TemplateFunction kLanguage[] = {
    {"and", 1, 255, all_of},
    {"or", 1, 255, any_of},
    {"not", 1, 1, not_},
    {"len", 1, 1, length},
    {"index", 1, 255, index},
    {"slice", 1, 4, slice},
    {"print", 0, 255, print},
    {"println", 0, 255, println},
    {"printf", 1, 255, printf_},
    {"eq", 2, 255, eq},
    {"ne", 2, 2, ne},
    {"lt", 2, 2, lt},
    {"le", 2, 2, le},
    {"gt", 2, 2, gt},
    {"ge", 2, 2, ge},
    {"html", 0, 255, html},
    {"js", 0, 255, js},
    {"urlquery", 0, 255, urlquery},
    {"call", 1, 255, call},
};

}  // namespace

std::span<const TemplateFunction> language_functions() {
  return kLanguage;
}

const TemplateFunction* find_function(std::string_view name, TemplateDialect dialect) {
  const auto own = dialect == TemplateDialect::notification ? notification_functions()
                                                            : std::span<const TemplateFunction>();
  for (const auto functions : {own, prometheus_functions(), language_functions()})
    for (const auto& f : functions)
      if (f.name == name) return &f;
  return nullptr;
}

}  // namespace pharos::rules::detail
