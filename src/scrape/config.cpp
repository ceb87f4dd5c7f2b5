#include "scrape/config.hpp"

#include <algorithm>
#include <map>

#include "codec/yaml_section.hpp"
#include "net/client_config.hpp"
#include "scrape/config_fields.hpp"
#include "scrape/yaml_text.hpp"

namespace pharos::scrape {
namespace {

using codec::Yaml;
using codec::YamlSection;

Error with_job(Error error, const std::string& job) {
  error.message += " for scrape config with job name " + go_quote(job);
  return error;
}

Status parse_times(YamlSection& section, const GlobalConfig& global, ScrapeConfig& job) {
  Millis interval{0}, timeout{0};
  TRY(section.read("scrape_interval", interval));
  TRY(section.read("scrape_timeout", timeout));
  job.scrape_interval = interval.count() != 0 ? interval : global.scrape_interval;
  if (timeout > job.scrape_interval)
    return fail(with_job(
        section.node().find("scrape_timeout")->error("scrape timeout greater than scrape interval"),
        job.job_name));
  job.scrape_timeout =
      timeout.count() != 0 ? timeout : std::min(global.scrape_timeout, job.scrape_interval);
  return {};
}

// A limit of 0 or none takes the global one.
Status parse_limits(YamlSection& section, const GlobalConfig& global, ScrapeConfig& job) {
  TRY(section.read_bytes("body_size_limit", job.body_size_limit));
  TRY(section.read("sample_limit", job.sample_limit));
  TRY(section.read("target_limit", job.target_limit));
  TRY(section.read("label_limit", job.label_limit));
  TRY(section.read("label_name_length_limit", job.label_name_length_limit));
  TRY(section.read("label_value_length_limit", job.label_value_length_limit));
  TRY(section.read("native_histogram_bucket_limit", job.native_histogram_bucket_limit));
  TRY(section.read("native_histogram_min_bucket_factor", job.native_histogram_min_bucket_factor));
  TRY(section.read("keep_dropped_targets", job.keep_dropped_targets));
  const auto inherit = [](std::uint64_t& own, std::uint64_t inherited) {
    if (own == 0) own = inherited;
  };
  inherit(job.body_size_limit, global.body_size_limit);
  inherit(job.sample_limit, global.sample_limit);
  inherit(job.target_limit, global.target_limit);
  inherit(job.label_limit, global.label_limit);
  inherit(job.label_name_length_limit, global.label_name_length_limit);
  inherit(job.label_value_length_limit, global.label_value_length_limit);
  inherit(job.keep_dropped_targets, global.keep_dropped_targets);
  return {};
}

Status parse_histograms(YamlSection& section, const GlobalConfig& global, ScrapeConfig& job) {
  job.scrape_native_histograms = global.scrape_native_histograms;
  job.always_scrape_classic_histograms = global.always_scrape_classic_histograms;
  job.convert_classic_histograms_to_nhcb = global.convert_classic_histograms_to_nhcb;
  job.extra_scrape_metrics = global.extra_scrape_metrics;
  TRY(section.read("scrape_native_histograms", job.scrape_native_histograms));
  TRY(section.read("always_scrape_classic_histograms", job.always_scrape_classic_histograms));
  // The name of the option before 3.0; still read by Prometheus 2.x files.
  TRY(section.read("scrape_classic_histograms", job.always_scrape_classic_histograms));
  TRY(section.read("convert_classic_histograms_to_nhcb", job.convert_classic_histograms_to_nhcb));
  TRY(section.read("extra_scrape_metrics", job.extra_scrape_metrics));
  return {};
}

// After the histogram options: the default order depends on them.
Status parse_negotiation(YamlSection& section, const GlobalConfig& global, ScrapeConfig& job) {
  using P = ScrapeProtocol;
  if (const auto* v = section.take("scrape_protocols")) {
    auto protocols = parse_protocols(*v);
    if (!protocols) return fail(with_job(std::move(protocols).error(), job.job_name));
    job.scrape_protocols = std::move(*protocols);
  } else if (!global.scrape_protocols.empty()) {
    job.scrape_protocols = global.scrape_protocols;
  } else {
    if (job.scrape_native_histograms) job.scrape_protocols.push_back(P::prometheus_proto);
    for (P p : {P::openmetrics_text_1_0_0, P::openmetrics_text_0_0_1, P::prometheus_text_1_0_0,
                P::prometheus_text_0_0_4})
      job.scrape_protocols.push_back(p);
  }
  if (const auto* v = section.take("fallback_scrape_protocol")) {
    const std::string text = TRY(v->text());
    auto protocol = parse_scrape_protocol(text);
    if (!protocol)
      return fail(v->error("invalid fallback_scrape_protocol for scrape config with job name " +
                           go_quote(job.job_name) + ": " + protocol.error().message));
    job.fallback_scrape_protocol = *protocol;
  }
  return {};
}

Status parse_names(YamlSection& section, const GlobalConfig& global, ScrapeConfig& job) {
  const auto* validation = section.take("metric_name_validation_scheme");
  job.name_validation = global.name_validation;
  if (validation != nullptr) job.name_validation = TRY(parse_name_validation(*validation));
  // A job that chooses its own validation does not inherit the global escaping.
  if (validation == nullptr) {
    job.name_escaping = global.name_escaping;
  } else {
    job.name_escaping = job.name_validation == NameValidation::legacy ? NameEscaping::underscores
                                                                      : NameEscaping::allow_utf8;
  }
  const auto* escaping = section.take("metric_name_escaping_scheme");
  if (escaping != nullptr) job.name_escaping = TRY(parse_name_escaping(*escaping));
  if (job.name_escaping == NameEscaping::allow_utf8 && job.name_validation != NameValidation::utf8)
    return fail((escaping != nullptr ? *escaping : section.node())
                    .error("utf8 metric names requested but validation scheme is not set to UTF8"));
  return {};
}

Status parse_params(const Yaml& node, ScrapeConfig& job) {
  if (node.kind() != Yaml::Kind::map)
    return fail(node.error("params must be a map of names to lists of values"));
  for (const auto& member : node.members()) {
    std::vector<std::string> values;
    if (!member.value.is_null()) values = TRY(member.value.texts());
    job.params.emplace_back(member.key.scalar(), std::move(values));
  }
  return {};
}

// Users put URLs where host:port belongs; relabelling may be meant to take them apart.
Status check_static_targets(const Yaml& node, const std::vector<DiscoveryConfig>& discovery) {
  for (const auto& config : discovery) {
    const auto* fixed = std::get_if<StaticDiscoveryConfig>(&config.kind);
    if (fixed == nullptr) continue;
    for (const auto& group : fixed->groups)
      for (const auto& target : group.targets)
        if (target.get("__address__").find('/') != std::string_view::npos)
          return fail(node.error(go_quote(target.get("__address__")) + " is not a valid hostname"));
  }
  return {};
}

}  // namespace

Result<ScrapeConfig> parse_scrape_config(const Yaml& node, const GlobalConfig& global,
                                         ParseContext& context) {
  ScrapeConfig job;
  auto section = TRY(YamlSection::open(node, "a scrape config"));
  TRY(section.read("job_name", job.job_name));
  TRY(section.read("honor_labels", job.honor_labels));
  TRY(section.read("honor_timestamps", job.honor_timestamps));
  TRY(section.read("track_timestamps_staleness", job.track_timestamps_staleness));
  if (const auto* params = section.take("params")) TRY(parse_params(*params, job));
  TRY(parse_times(section, global, job));
  TRY(parse_limits(section, global, job));
  TRY(parse_histograms(section, global, job));
  TRY(parse_negotiation(section, global, job));
  TRY(parse_names(section, global, job));
  TRY(section.read("scrape_failure_log_file", job.scrape_failure_log_file));
  job.scrape_failure_log_file = job.scrape_failure_log_file.empty()
                                    ? global.scrape_failure_log_file
                                    : join_folder(context.folder, job.scrape_failure_log_file);
  TRY(section.read("metrics_path", job.metrics_path));
  TRY(section.read("scheme", job.scheme));
  TRY(section.read("enable_compression", job.enable_compression));
  if (const auto* rules = section.take("relabel_configs"))
    job.relabel = TRY(parse_relabel_rules(*rules, "target relabeling rule in scrape config",
                                          job.name_validation));
  if (const auto* rules = section.take("metric_relabel_configs"))
    job.metric_relabel = TRY(parse_relabel_rules(*rules, "metric relabeling rule in scrape config",
                                                 job.name_validation));

  section.know(net::client_option_keys());
  section.know(discovery_keys());
  TRY(section.done());
  // After unknown keys: one of them may be the name, misspelt.
  if (job.job_name.empty()) return fail(node.error("job_name is empty"));
  auto options = TRY(net::parse_client_options(node, context.folder.string()));
  job.http = std::make_shared<const net::ClientOptions>(std::move(options));
  job.discovery = TRY(parse_discovery(node, context));
  if (job.relabel.empty()) {
    const Yaml* fixed = node.find("static_configs");
    TRY(check_static_targets(fixed != nullptr ? *fixed : node, job.discovery));
  }
  job.fingerprint =
      context.folder.string() + '\n' + global.fingerprint + '\n' + canonical_text(node);
  return job;
}

Result<std::vector<ScrapeConfig>> parse_scrape_configs(const Yaml& node, const GlobalConfig& global,
                                                       ParseContext& context) {
  std::vector<ScrapeConfig> jobs;
  if (node.is_null()) return jobs;
  if (node.kind() != Yaml::Kind::sequence)
    return fail(node.error("scrape_configs must be a list of jobs"));
  std::map<std::string, std::uint32_t> lines;
  for (const auto& item : node.items()) {
    if (item.is_null()) return fail(item.error("empty or null scrape config section"));
    auto parsed_item = TRY(parse_scrape_config(item, global, context));
    jobs.push_back(std::move(parsed_item));
    const auto [at, fresh] = lines.emplace(jobs.back().job_name, item.line());
    if (!fresh)
      return fail(item.error("found multiple scrape configs with job name " +
                             go_quote(jobs.back().job_name) + ", first found on line " +
                             std::to_string(at->second)));
  }
  return jobs;
}

}  // namespace pharos::scrape
