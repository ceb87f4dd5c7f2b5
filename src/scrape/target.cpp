#include "scrape/target.hpp"

#include <algorithm>
#include <map>

#include "codec/checksum.hpp"

namespace pharos::scrape {
namespace {

constexpr std::string_view kAddress = "__address__", kScheme = "__scheme__", kPath = "__metrics_path__",
                           kInterval = "__scrape_interval__", kTimeout = "__scrape_timeout__", kParam = "__param_",
                           kMeta = "__meta_", kInstance = "instance", kJob = "job";

std::string encoded_path(std::string_view path) {  // as Go writes URL paths
  std::string out;
  for (const char c : path) {
    const auto u = static_cast<unsigned char>(c);
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       std::string_view("-_.~/$&+,:;=@!*'()").find(c) != std::string_view::npos;
    if (plain) {
      out += c;
    } else {
      out += '%';
      out += "0123456789ABCDEF"[u >> 4];
      out += "0123456789ABCDEF"[u & 15];
    }
  }
  if (!out.empty() && out[0] != '/') out.insert(0, "/");
  return out;
}

std::string query_escape(std::string_view text) {  // Go's url.QueryEscape: blank is '+'
  std::string out;
  for (const char c : text) {
    const auto u = static_cast<unsigned char>(c);
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       std::string_view("-_.~").find(c) != std::string_view::npos;
    if (plain) out += c;
    else if (c == ' ') out += '+';
    else out += '%', out += "0123456789ABCDEF"[u >> 4], out += "0123456789ABCDEF"[u & 15];
  }
  return out;
}

std::string target_url(const ScrapeConfig& config, const LabelsBuilder& labels) {
  std::map<std::string, std::vector<std::string>> params;
  for (const auto& [name, values] : config.params)
    for (const auto& value : values) params[name].push_back(value);
  for (const auto& [name, value] : labels.pairs()) {
    if (!name.starts_with(kParam)) continue;
    auto& values = params[name.substr(kParam.size())];
    if (values.empty()) values.push_back(value);
    else values[0] = value;
  }
  std::string url;
  url.append(labels.get(kScheme)).append("://").append(labels.get(kAddress)).append(encoded_path(labels.get(kPath)));
  char separator = '?';
  for (const auto& [name, values] : params) {
    for (const auto& value : values) {
      url += std::exchange(separator, '&');
      url += query_escape(name) + "=" + query_escape(value);
    }
  }
  return url;
}

LabelsBuilder discovered(const ScrapeConfig& config, const Labels& own, const Labels& group) {
  LabelsBuilder labels(own);
  const auto set_default = [&](std::string_view name, std::string_view value) {
    if (labels.get(name).empty()) labels.set(name, value);
  };
  for (const auto label : group) set_default(label.name, label.value);
  set_default(kJob, config.job_name);
  set_default(kInterval, format_duration(config.scrape_interval));
  set_default(kTimeout, format_duration(config.scrape_timeout));
  set_default(kPath, config.metrics_path);
  set_default(kScheme, config.scheme);
  for (const auto& [name, values] : config.params)
    if (!values.empty()) set_default(std::string(kParam) + name, values[0]);
  return labels;
}

Result<Millis> positive_duration(std::string_view text, const std::string& what) {
  auto duration = parse_duration(text);
  if (!duration) return fail(Errc::invalid, "error parsing " + what + ": " + duration.error().message);
  if (duration->count() <= 0) return fail(Errc::invalid, what + " cannot be 0");
  return *duration;
}

}  // namespace

std::uint64_t Target::hash() const { return codec::hash64(url, labels.hash()); }

Labels discovered_labels(const ScrapeConfig& config, const Labels& own, const Labels& group) {
  return discovered(config, own, group).build();
}

Result<std::optional<Target>> make_target(const ScrapeConfig& config, const Labels& own, const Labels& group) {
  auto builder = discovered(config, own, group);
  Target target{.discovered = builder.build()};
  if (!relabel(config.relabel, builder)) return std::optional<Target>{};
  target.address = builder.get(kAddress);
  if (target.address.empty()) return fail(Errc::invalid, "no address");
  if (target.address.find('/') != std::string::npos) return fail(Errc::invalid, go_quote(target.address) + " is not a valid hostname");
  target.interval = TRY(positive_duration(builder.get(kInterval), "scrape interval"));
  target.timeout = TRY(positive_duration(builder.get(kTimeout), "scrape timeout"));
  if (target.timeout > target.interval)
    return fail(Errc::invalid, "scrape timeout cannot be greater than scrape interval (" + go_quote(builder.get(kTimeout)) + " > " +
                                   go_quote(builder.get(kInterval)) + ")");
  const auto before = builder.pairs();
  for (const auto& [name, value] : before) {
    if (name.starts_with(kMeta)) builder.remove(name);
    else if (!is_utf8(value)) return fail(Errc::invalid, "invalid label value for " + go_quote(name) + ": " + go_quote(value));
  }
  if (builder.get(kInstance).empty()) builder.set(kInstance, target.address);
  target.all_labels = builder.build();
  target.url = target_url(config, builder);
  std::vector<LabelView> own_labels;
  for (const auto label : target.all_labels)
    if (!label.name.starts_with("__")) own_labels.push_back(label);
  target.labels = Labels::from_sorted(own_labels);
  return std::optional<Target>(std::move(target));
}

Millis first_offset(const Target& target, Time now, std::uint64_t seed) {
  const auto interval = target.interval.count();
  const auto base = interval - to_unix_millis(now) % interval;
  auto next = base + static_cast<std::int64_t>((target.hash() ^ seed) % static_cast<std::uint64_t>(interval));
  if (next > interval) next -= interval;
  return Millis(next);
}

std::string accept_header(const std::vector<ScrapeProtocol>& protocols, NameEscaping escaping) {
  constexpr int kHeaviest = 6;  // one more than there are protocols
  std::string out;
  int weight = kHeaviest;
  for (const auto protocol : protocols) {
    out += media_type(protocol);
    if (protocol == ScrapeProtocol::prometheus_text_1_0_0 || protocol == ScrapeProtocol::openmetrics_text_1_0_0)
      out.append(";escaping=").append(name(escaping));
    out += ";q=0." + std::to_string(weight) + ",";
    weight = std::max(1, weight - 1);
  }
  return out += "*/*;q=0." + std::to_string(weight);
}

}  // namespace pharos::scrape
