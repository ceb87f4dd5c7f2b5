#include "ingest/push_path.hpp"

#include <map>

#include "base/quoted.hpp"
#include "net/http.hpp"

namespace pharos::ingest {
namespace {

constexpr std::string_view kBase64Suffix = "@base64";

// URL-safe or standard alphabet, padding optional; "=" alone is the empty value.
Result<std::string> decode_base64(std::string_view name, std::string_view text) {
  std::string out;
  std::uint32_t bits = 0;
  int have = 0;
  auto digits = text;
  while (digits.ends_with('=')) digits.remove_suffix(1);
  for (const char c : digits) {
    const int v = c >= 'A' && c <= 'Z' ? c - 'A' : c >= 'a' && c <= 'z' ? c - 'a' + 26 : c >= '0' && c <= '9' ? c - '0' + 52
                  : c == '-' || c == '+' ? 62 : c == '_' || c == '/' ? 63 : -1;
    if (v < 0) return fail(Errc::invalid, "invalid base64 encoding in label " + std::string(name) + "=" + quoted(text));
    bits = bits << 6 | static_cast<std::uint32_t>(v);
    if ((have += 6) >= 8) out += static_cast<char>(bits >> (have -= 8) & 0xff);
  }
  if (digits.size() % 4 == 1) return fail(Errc::invalid, "invalid base64 encoding in label " + std::string(name) + "=" + quoted(text));
  return out;
}

Result<std::string> decode_segment(std::string_view name, std::string_view segment, bool base64) {
  auto text = TRY(net::url_decode(segment));
  if (!base64) return text;
  return decode_base64(name, text);
}

}  // namespace

Result<Labels> parse_push_path(std::string_view rest) {
  const auto whole = rest;
  std::map<std::string, std::string> labels;
  const auto next = [&]() -> std::string_view {  // "/segment" off the front
    if (rest.starts_with('/')) rest.remove_prefix(1);
    const auto segment = rest.substr(0, rest.find('/'));
    rest.remove_prefix(segment.size());
    return segment;
  };
  bool base64 = rest.starts_with(kBase64Suffix);
  if (base64) rest.remove_prefix(kBase64Suffix.size());
  const auto job_text = next();
  auto job = TRY(decode_segment("job", job_text, base64));
  if (job.empty()) return fail(Errc::invalid, "job name is required");
  while (!rest.empty() && rest != "/") {
    const auto name_text = next();
    if (rest.empty()) return fail(Errc::invalid, "odd number of components in label string " + quoted(whole));
    auto name = TRY(net::url_decode(name_text));
    base64 = name.ends_with(kBase64Suffix);
    if (base64) name.resize(name.size() - kBase64Suffix.size());
    const auto value_text = next();
    if (!is_legacy_label_name(name) || name.starts_with("__")) return fail(Errc::invalid, "improper label name " + quoted(name));
    auto value = TRY(decode_segment(name, value_text, base64));
    if (!is_utf8(value)) return fail(Errc::invalid, "label value of " + name + " is not valid UTF-8");
    labels[std::move(name)] = std::move(value);
  }
  if (!is_utf8(job)) return fail(Errc::invalid, "label value of job is not valid UTF-8");
  labels["job"] = std::move(job);
  std::vector<LabelView> views;
  for (const auto& [name, value] : labels)
    if (!value.empty()) views.push_back({name, value});
  return Labels::from_sorted(views);
}

}  // namespace pharos::ingest
