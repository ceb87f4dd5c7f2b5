#include "model/relabel.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <array>

namespace pharos {
namespace {

constexpr std::array<std::string_view, 11> kActionNames = {
    "replace", "keep", "drop", "keepequal", "dropequal", "hashmod", "labelmap", "labeldrop", "labelkeep", "lowercase", "uppercase",
};

bool is_label_name(std::string_view name, NameValidation scheme) {
  return scheme == NameValidation::legacy ? is_legacy_label_name(name) : !name.empty() && is_utf8(name);
}

bool has_reference(std::string_view text) { return text.find('$') != text.npos; }

// A label name with $references in it. Legacy: Prometheus' `^(?:(?:[a-zA-Z_]|\$(?:\{\w+\}|\w+))+\w*)+$`.
bool is_target_template(std::string_view text, NameValidation scheme) {
  if (scheme == NameValidation::utf8) return is_label_name(text, scheme);
  static const auto legal = Regex::compile(R"((?:(?:[a-zA-Z_]|\$(?:\{\w+\}|\w+))+\w*)+)");
  return legal->full_match(text);
}

std::string joined(const RelabelRule& rule, const LabelsBuilder& labels) {
  std::string out;
  for (std::size_t i = 0; i < rule.source_labels.size(); ++i) {
    if (i > 0) out += rule.separator;
    out += labels.get(rule.source_labels[i]);
  }
  return out;
}

// The last eight bytes of the MD5, big-endian: what Prometheus has always sharded by.
std::uint64_t md5_tail(std::string_view text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  EVP_Digest(text.data(), text.size(), digest.data(), &size, EVP_md5(), nullptr);
  std::uint64_t v = 0;
  for (int i = 8; i < 16; ++i) v = v << 8 | digest[static_cast<std::size_t>(i)];
  return v;
}

// Simple case mapping of one code point for the alphabets that have case and are in wide use:
// Latin, Greek, Cyrillic, Armenian, full-width forms.
char32_t to_case(char32_t c, bool upper) {
  const auto shift = [&](char32_t first_upper, char32_t last_upper, char32_t distance) {
    if (!upper && c >= first_upper && c <= last_upper) return c += distance, true;
    if (upper && c >= first_upper + distance && c <= last_upper + distance) return c -= distance, true;
    return false;
  };
  const auto pairs = [&](char32_t first, char32_t last, char32_t upper_parity) {
    if (c < first || c > last) return false;
    const bool is_upper = (c & 1) == upper_parity;
    if (is_upper && !upper) ++c;
    else if (!is_upper && upper) --c;
    return true;
  };
  if (c < 0x80) return shift('A', 'Z', 32), c;
  if (c == 0xd7 || c == 0xf7 || c == 0x138 || c == 0x149 || c == 0x3a2) return c;
  if (c == 0xff) return upper ? 0x178 : c;
  if (c == 0x178) return upper ? c : 0xff;
  if (c == 0xb5) return upper ? 0x39c : c;
  if (c == 0x130) return upper ? c : 'i';
  if (c == 0x131) return upper ? 'I' : c;
  if (c == 0x3c2) return upper ? 0x3a3 : c;
  (void)(shift(0xc0, 0xde, 32) || pairs(0x100, 0x137, 0) || pairs(0x139, 0x148, 1) || pairs(0x14a, 0x177, 0) ||
         pairs(0x179, 0x17e, 1) || shift(0x391, 0x3ab, 32) || shift(0x410, 0x42f, 32) || shift(0x400, 0x40f, 80) ||
         pairs(0x460, 0x481, 0) || pairs(0x48a, 0x4bf, 0) || pairs(0x4d0, 0x52f, 0) || shift(0x531, 0x556, 48) ||
         pairs(0x1e00, 0x1e95, 0) || pairs(0x1ea0, 0x1eff, 0) || shift(0xff21, 0xff3a, 32));
  return c;
}

void put_utf8(std::string& out, char32_t c) {
  const auto put = [&](char32_t byte) { out += static_cast<char>(byte); };
  if (c < 0x80) put(c);
  else if (c < 0x800) put(0xc0 | c >> 6), put(0x80 | (c & 0x3f));
  else put(0xe0 | c >> 12), put(0x80 | (c >> 6 & 0x3f)), put(0x80 | (c & 0x3f));
}

std::string cased(std::string_view text, bool upper) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size();) {
    const auto lead = static_cast<unsigned char>(text[i]);
    const std::size_t n = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    if (n == 4 || i + n > text.size() || (lead >= 0x80 && lead < 0xc2)) {  // no case there, or not UTF-8: as it is
      const auto kept = lead >= 0x80 && lead < 0xc2 ? std::size_t{1} : std::min(n, text.size() - i);
      out += text.substr(i, kept);
      i += kept;
      continue;
    }
    char32_t c = n == 1 ? lead : lead & (n == 2 ? 0x1f : 0x0f);
    for (std::size_t k = 1; k < n; ++k) c = c << 6 | (static_cast<unsigned char>(text[i + k]) & 0x3f);
    put_utf8(out, to_case(c, upper));
    i += n;
  }
  return out;
}

void replace(const RelabelRule& rule, const std::string& value, LabelsBuilder& labels) {
  const auto target = rule.regex.expand(value, rule.target_label);
  if (!target || !is_label_name(*target, rule.names)) return;
  const auto replacement = rule.regex.expand(value, rule.replacement);
  labels.set(*target, *replacement);
}

bool apply(const RelabelRule& rule, LabelsBuilder& labels) {
  const auto value = joined(rule, labels);
  switch (rule.action) {
    case RelabelAction::drop: return !rule.regex.full_match(value);
    case RelabelAction::keep: return rule.regex.full_match(value);
    case RelabelAction::drop_equal: return labels.get(rule.target_label) != value;
    case RelabelAction::keep_equal: return labels.get(rule.target_label) == value;
    case RelabelAction::replace: replace(rule, value, labels); break;
    case RelabelAction::lowercase: labels.set(rule.target_label, cased(value, false)); break;
    case RelabelAction::uppercase: labels.set(rule.target_label, cased(value, true)); break;
    case RelabelAction::hash_mod:
      if (rule.modulus != 0) labels.set(rule.target_label, std::to_string(md5_tail(value) % rule.modulus));
      break;
    case RelabelAction::label_map: {
      const auto before = labels.pairs();
      for (const auto& [name, v] : before)
        if (const auto to = rule.regex.expand(name, rule.replacement)) labels.set(*to, v);
      break;
    }
    case RelabelAction::label_drop:
    case RelabelAction::label_keep: {
      const bool drop_matching = rule.action == RelabelAction::label_drop;
      const auto before = labels.pairs();
      for (const auto& [name, v] : before)
        if (rule.regex.full_match(name) == drop_matching) labels.remove(name);
      break;
    }
  }
  return true;
}

}  // namespace

std::string_view name(RelabelAction action) { return kActionNames[static_cast<std::size_t>(action)]; }

std::optional<RelabelAction> parse_relabel_action(std::string_view text) {
  const auto lower = cased(text, false);
  const auto at = std::find(kActionNames.begin(), kActionNames.end(), lower);
  if (at == kActionNames.end()) return std::nullopt;
  return static_cast<RelabelAction>(at - kActionNames.begin());
}

Status validate(const RelabelRule& rule, NameValidation scheme) {
  using enum RelabelAction;
  const auto action = rule.action;
  const auto is = [&](auto... any) { return ((action == any) || ...); };
  const auto bad = [&](std::string text) { return fail(Errc::invalid, std::move(text)); };
  const std::string for_action = " for " + std::string(name(action)) + " action";
  const auto invalid_target = [&] { return bad(go_quote(rule.target_label) + " is invalid 'target_label'" + for_action); };

  if (is(hash_mod) && rule.modulus == 0) return bad("relabel configuration for hashmod requires non-zero modulus");
  if (is(replace, hash_mod, lowercase, uppercase, keep_equal, drop_equal) && rule.target_label.empty())
    return bad("relabel configuration" + for_action + " requires 'target_label' value");
  if (is(replace) && !has_reference(rule.target_label) && !is_label_name(rule.target_label, scheme)) return invalid_target();
  if (is(replace) && has_reference(rule.target_label) && !is_target_template(rule.target_label, scheme)) return invalid_target();
  if (is(lowercase, uppercase, keep_equal, drop_equal) && !is_label_name(rule.target_label, scheme)) return invalid_target();
  if (is(lowercase, uppercase, keep_equal, drop_equal) && rule.replacement != "$1")
    return bad("'replacement' can not be set" + for_action);
  if (is(label_map) && !is_target_template(rule.replacement, scheme))
    return bad(go_quote(rule.replacement) + " is invalid 'replacement'" + for_action);
  if (is(hash_mod) && !is_label_name(rule.target_label, scheme)) return invalid_target();
  if (is(drop_equal, keep_equal) && (rule.has_regex || rule.modulus != 0 || rule.separator != ";" || rule.replacement != "$1"))
    return bad(std::string(name(action)) + " action requires only 'source_labels' and `target_label`, and no other fields");
  if (is(label_drop, label_keep) && (!rule.source_labels.empty() || !rule.target_label.empty() || rule.modulus != 0 ||
                                     rule.separator != ";" || rule.replacement != "$1"))
    return bad(std::string(name(action)) + " action requires only 'regex', and no other fields");
  return {};
}

bool relabel(std::span<const RelabelRule> rules, LabelsBuilder& labels) {
  return std::all_of(rules.begin(), rules.end(), [&](const RelabelRule& rule) { return apply(rule, labels); });
}

}  // namespace pharos
