#include <cstdlib>

#include "codec/yaml_section.hpp"
#include "scrape/config.hpp"
#include "scrape/config_fields.hpp"
#include "scrape/yaml_text.hpp"

namespace pharos::scrape {
namespace {

using codec::Yaml;
using codec::YamlSection;

Result<Labels> parse_external_labels(const Yaml& node, NameValidation scheme) {
  if (node.kind() != Yaml::Kind::map)
    return fail(node.error("external_labels must be a map of names to values"));
  LabelsBuilder builder;
  for (const auto& member : node.members()) {
    const std::string name = TRY(member.key.text());
    const std::string value = member.value.is_null() ? std::string() : TRY(member.value.text());
    const bool valid_name = scheme == NameValidation::legacy ? is_legacy_label_name(name)
                                                             : !name.empty() && is_utf8(name);
    if (!valid_name) return fail(member.key.error(go_quote(name) + " is not a valid label name"));
    if (!is_utf8(value))
      return fail(member.value.error(go_quote(value) + " is not a valid label value"));
    builder.set(name, expand_environment(value));
  }
  return builder.build();
}

bool is_name_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}
// Go's os.Expand knows these one-character shell names beside digits.
bool is_special(char c) {
  return std::string_view("*#$@!?-").find(c) != std::string_view::npos || (c >= '0' && c <= '9');
}

std::string environment(const std::string& name) {
  if (name == "$") return "$";
  const char* value = std::getenv(name.c_str());
  return value == nullptr ? std::string() : std::string(value);
}

}  // namespace

std::string join_folder(const std::filesystem::path& folder, const std::string& file) {
  if (file.empty() || file.front() == '/' || folder.empty()) return file;
  return (folder / file).lexically_normal().string();
}

std::string expand_environment(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '$' || i + 1 == text.size()) {
      out += text[i];
      continue;
    }
    const char next = text[i + 1];
    if (next == '{') {
      const auto close = text.find('}', i + 2);
      if (close == text.npos) {  // "${abc": bad syntax, the two characters are eaten
        ++i;
        continue;
      }
      if (close > i + 2) out += environment(std::string(text.substr(i + 2, close - i - 2)));
      i = close;
    } else if (is_special(next)) {
      out += environment(std::string(1, next));
      ++i;
    } else if (is_name_char(next)) {
      std::size_t end = i + 1;
      while (end < text.size() && is_name_char(text[end])) ++end;
      out += environment(std::string(text.substr(i + 1, end - i - 1)));
      i = end - 1;
    } else {
      out += '$';
    }
  }
  return out;
}

Result<std::vector<ScrapeProtocol>> parse_protocols(const Yaml& node) {
  std::vector<ScrapeProtocol> protocols;
  const auto texts = TRY(node.texts());
  if (texts.empty()) return fail(node.error("scrape_protocols cannot be empty"));
  for (std::size_t i = 0; i < texts.size(); ++i) {
    auto protocol = parse_scrape_protocol(texts[i]);
    if (!protocol)
      return fail(node.items()[i].error("scrape_protocols: " + protocol.error().message));
    if (std::find(protocols.begin(), protocols.end(), *protocol) != protocols.end()) {
      std::string all;
      for (const auto& text : texts) all += (all.empty() ? "" : " ") + text;
      return fail(
          node.items()[i].error("duplicated protocol in scrape_protocols, got [" + all + "]"));
    }
    protocols.push_back(*protocol);
  }
  return protocols;
}

Result<NameValidation> parse_name_validation(const Yaml& node) {
  const std::string text = TRY(node.text());
  if (text == "utf8" || text.empty()) return NameValidation::utf8;
  if (text == "legacy") return NameValidation::legacy;
  return fail(node.error("unrecognized ValidationScheme: " + go_quote(text) +
                         ", must be 'utf8' or 'legacy'"));
}

Result<NameEscaping> parse_name_escaping(const Yaml& node) {
  const std::string text = TRY(node.text());
  if (const auto escaping = pharos::parse_name_escaping(text)) return *escaping;
  return fail(
      node.error("unknown name escaping method specified, must be one of 'allow-utf-8', "
                 "'underscores', 'dots', "
                 "or 'values', got " +
                 go_quote(text)));
}

Result<GlobalConfig> parse_global(const Yaml& node, ParseContext& context) {
  GlobalConfig g;
  auto section = TRY(YamlSection::open(node, "global"));
  if (const auto* v = section.take("metric_name_validation_scheme"))
    g.name_validation = TRY(parse_name_validation(*v));
  g.name_escaping = g.name_validation == NameValidation::legacy ? NameEscaping::underscores
                                                                : NameEscaping::allow_utf8;
  if (const auto* v = section.take("metric_name_escaping_scheme")) {
    g.name_escaping = TRY(parse_name_escaping(*v));
    g.name_escaping_given = true;
  }
  if (const auto* v = section.take("external_labels"))
    g.external_labels = TRY(parse_external_labels(*v, g.name_validation));

  Millis interval{0}, timeout{0}, evaluation{0};
  TRY(section.read("scrape_interval", interval));
  TRY(section.read("scrape_timeout", timeout));
  TRY(section.read("evaluation_interval", evaluation));
  TRY(section.read("rule_query_offset", g.rule_query_offset));
  if (interval.count() != 0) g.scrape_interval = interval;
  if (evaluation.count() != 0) g.evaluation_interval = evaluation;
  if (timeout > g.scrape_interval)
    return fail(
        node.find("scrape_timeout")->error("global scrape timeout greater than scrape interval"));
  g.scrape_timeout = timeout.count() != 0 ? timeout : std::min(g.scrape_timeout, g.scrape_interval);

  if (const auto* v = section.take("scrape_protocols")) {
    auto protocols = parse_protocols(*v);
    if (!protocols)
      return fail(Error{protocols.error().code, protocols.error().message + " for global config"});
    g.scrape_protocols = std::move(*protocols);
  }
  TRY(section.read("query_log_file", g.query_log_file));
  TRY(section.read("scrape_failure_log_file", g.scrape_failure_log_file));
  g.query_log_file = join_folder(context.folder, g.query_log_file);
  g.scrape_failure_log_file = join_folder(context.folder, g.scrape_failure_log_file);
  TRY(section.read_bytes("body_size_limit", g.body_size_limit));
  TRY(section.read("sample_limit", g.sample_limit));
  TRY(section.read("target_limit", g.target_limit));
  TRY(section.read("label_limit", g.label_limit));
  TRY(section.read("label_name_length_limit", g.label_name_length_limit));
  TRY(section.read("label_value_length_limit", g.label_value_length_limit));
  TRY(section.read("keep_dropped_targets", g.keep_dropped_targets));
  TRY(section.read("scrape_native_histograms", g.scrape_native_histograms));
  TRY(section.read("convert_classic_histograms_to_nhcb", g.convert_classic_histograms_to_nhcb));
  TRY(section.read("always_scrape_classic_histograms", g.always_scrape_classic_histograms));
  TRY(section.read("extra_scrape_metrics", g.extra_scrape_metrics));
  TRY(section.done());
  g.fingerprint = canonical_text(node);
  return g;
}

}  // namespace pharos::scrape
