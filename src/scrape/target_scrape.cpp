#include "scrape/target_scrape.hpp"

#include <cstdio>

#include "base/log.hpp"
#include "codec/json.hpp"
#include "scrape/sample_labels.hpp"

namespace pharos::scrape {
namespace {

std::string seconds_text(Millis t) {
  std::string out = std::to_string(static_cast<double>(t.count()) / 1000);
  while (out.ends_with('0')) out.pop_back();
  if (out.ends_with('.')) out.pop_back();
  return out;
}

std::string_view reason_phrase(int status) {
  switch (status) {
    case 301: return " Moved Permanently";
    case 302: return " Found";
    case 400: return " Bad Request";
    case 401: return " Unauthorized";
    case 403: return " Forbidden";
    case 404: return " Not Found";
    case 405: return " Method Not Allowed";
    case 406: return " Not Acceptable";
    case 408: return " Request Timeout";
    case 413: return " Request Entity Too Large";
    case 429: return " Too Many Requests";
    case 500: return " Internal Server Error";
    case 501: return " Not Implemented";
    case 502: return " Bad Gateway";
    case 503: return " Service Unavailable";
    case 504: return " Gateway Timeout";
    default: return "";
  }
}

std::optional<exposition::Format> format_for(const std::optional<ScrapeProtocol>& protocol) {
  if (!protocol) return std::nullopt;
  switch (*protocol) {
    case ScrapeProtocol::prometheus_proto: return exposition::Format::protobuf;
    case ScrapeProtocol::openmetrics_text_0_0_1:
    case ScrapeProtocol::openmetrics_text_1_0_0: return exposition::Format::openmetrics;
    default: return exposition::Format::text;
  }
}

// Whether two configurations of a job make the same samples of the same page.
bool same_samples(const ScrapeConfig& a, const ScrapeConfig& b) { return a.fingerprint == b.fingerprint; }

bool is_loopback(std::string_view host) { return host == "localhost" || host == "127.0.0.1" || host == "::1" || host == "[::1]"; }

// Where a loopback target can be reached from elsewhere: at our own external name.
std::string global_url(const std::string& url, const std::string& external_url) {
  const auto begin = url.find("://");
  const auto external_begin = external_url.find("://");
  if (begin == url.npos || external_begin == external_url.npos) return url;
  const auto host_end = std::min(url.find_first_of("/?", begin + 3), url.size());
  const auto authority = url.substr(begin + 3, host_end - begin - 3);
  const auto colon = authority.rfind(':');
  const bool has_port = colon != authority.npos && authority.find(']', colon) == authority.npos;
  if (!is_loopback(authority.substr(0, has_port ? colon : authority.npos))) return url;
  auto external = external_url.substr(external_begin + 3);
  external.resize(std::min(external.find_first_of("/?"), external.size()));
  const auto external_colon = external.rfind(':');
  const bool external_port = external_colon != external.npos && external.find(']', external_colon) == external.npos;
  const auto port = has_port ? authority.substr(colon) : std::string();
  if (external_port && external.substr(external_colon) == port) return external_url.substr(0, external_begin + 3) + external + url.substr(host_end);
  return url.substr(0, begin + 3) + external.substr(0, external_port ? external_colon : external.npos) + port + url.substr(host_end);
}

}  // namespace

ScrapeStats& scrape_stats() {
  static ScrapeStats stats;
  return stats;
}

std::string_view name(Health health) {
  return health == Health::up ? "up" : health == Health::down ? "down" : "unknown";
}

TargetScrape::TargetScrape(std::shared_ptr<const ScrapeConfig> job, Target target, const ScrapeOptions& options)
    : options_(options), job_(std::move(job)), target_(std::make_shared<const Target>(std::move(target))) {}

void TargetScrape::update(std::shared_ptr<const ScrapeConfig> job, Target target) {
  std::lock_guard lock(mutex_);
  rules_changed_ = rules_changed_ || !same_samples(*job_, *job) || target.labels != target_->labels;
  job_ = std::move(job);
  target_ = std::make_shared<const Target>(std::move(target));
}

void TargetScrape::set_refusal(std::string error) {
  std::lock_guard lock(mutex_);
  refusal_ = std::move(error);
}

std::string TargetScrape::refusal() const {
  std::lock_guard lock(mutex_);
  return refusal_;
}

Millis TargetScrape::interval() const { return target()->interval; }

std::shared_ptr<const Target> TargetScrape::target() const {
  std::lock_guard lock(mutex_);
  return target_;
}

std::shared_ptr<const net::ClientOptions> TargetScrape::client_options() const {
  std::lock_guard lock(mutex_);
  return job_->http;
}

net::ClientRequest TargetScrape::request() const {
  std::lock_guard lock(mutex_);
  net::ClientRequest request{.url = target_->url, .timeout = target_->timeout};
  request.body_max = job_->body_size_limit > 0 ? job_->body_size_limit : options_.body_max;
  request.accept_compressed = job_->enable_compression;
  request.headers = {{"Accept", accept_header(job_->scrape_protocols, job_->name_escaping)},
                     {"User-Agent", options_.user_agent},
                     {"X-Prometheus-Scrape-Timeout-Seconds", seconds_text(target_->timeout)}};
  if (!job_->enable_compression) request.headers.emplace_back("Accept-Encoding", "identity");
  return request;
}

void TargetScrape::count_rejections(const AppendOutcome& outcome) {
  auto& stats = scrape_stats();
  std::uint64_t by_reason[8] = {};
  for (const auto& rejection : outcome.rejections)
    if (rejection.kind != Rejection::Kind::exemplar) ++by_reason[static_cast<std::size_t>(rejection.reason) & 7];
  const auto count = [&](RejectReason reason) { return static_cast<double>(by_reason[static_cast<std::size_t>(reason)]); };
  stats.out_of_order.add(count(RejectReason::out_of_order));
  stats.duplicate.add(count(RejectReason::duplicate));
  stats.out_of_bounds.add(count(RejectReason::out_of_bounds) + count(RejectReason::too_old));
  stats.refused.add(count(RejectReason::series_limit));
}

Status TargetScrape::append_page(Appender& appender, std::string page, const PageContext& context) {
  const bool may_forget = cache_.series() > 0;
  TRY(cache_.read(std::move(page), context, appender, gathered_));
  auto outcome = TRY(appender.append(gathered_.batch()));
  const auto forgotten = [](const AppendOutcome& o) {
    return std::any_of(o.rejections.begin(), o.rejections.end(), [](const Rejection& r) { return r.reason == RejectReason::unknown_ref; });
  };
  if (forgotten(outcome) && may_forget) {  // series left the store's memory: once more, resolved anew
    cache_.forget_refs();
    TRY(cache_.read(cache_.last_page(), context, appender, gathered_));
    outcome = TRY(appender.append(gathered_.batch()));
  }
  if (outcome.rejected > 0) count_rejections(outcome);
  auto& stats = scrape_stats();
  if (gathered_.duplicates > 0) stats.duplicate.add(static_cast<double>(gathered_.duplicates));
  if (gathered_.out_of_bounds > 0) stats.out_of_bounds.add(static_cast<double>(gathered_.out_of_bounds));
  if (gathered_.unresolved > 0) stats.refused.add(static_cast<double>(gathered_.unresolved));
  return {};
}

TargetScrape::Outcome TargetScrape::take_page(Fetched& fetched, Appender& appender) {
  std::shared_ptr<const ScrapeConfig> job;
  std::shared_ptr<const Target> target;
  std::string refusal;
  {
    std::lock_guard lock(mutex_);
    job = job_, target = target_, refusal = refusal_;
    if (std::exchange(rules_changed_, false)) cache_.invalidate();
  }
  auto& stats = scrape_stats();
  gathered_.clear();
  if (!refusal.empty()) return {fail(Errc::limit, refusal)};
  if (!fetched.reply) {
    const auto& error = fetched.reply.error();
    if (error.code == Errc::limit) {
      stats.body_limit.add();
      return {fail(Errc::limit, "body size limit exceeded"), 0, true};
    }
    const auto text = error.code == Errc::timeout ? std::string("context deadline exceeded") : error.message;
    const auto asked = "Get " + go_quote(target->url) + ": ";  // the client may have said it
    return {fail(error.code, text.starts_with(asked) ? text : asked + text)};
  }
  auto& reply = *fetched.reply;
  if (reply.status != 200)
    return {fail(Errc::io, "server returned HTTP status " + std::to_string(reply.status) + std::string(reason_phrase(reply.status)))};
  const auto bytes = reply.body.size();
  const auto format = exposition::format_of(reply.headers.get("Content-Type"), format_for(job->fallback_scrape_protocol));
  if (!format) return {fail(Error(format.error())), bytes};
  const PageContext context{.job = job.get(), .target = target->labels, .format = *format,
                            .type_and_unit_labels = options_.type_and_unit_labels, .t_ms = to_unix_millis(fetched.started)};
  auto status = append_page(appender, std::move(reply.body), context);
  if (!status && status.error().code == Errc::limit) {
    if (status.error().message.starts_with("label")) stats.label_limit.add();
    else stats.sample_limit.add();
  }
  if (!status && (status.error().code == Errc::io || status.error().code == Errc::unavailable)) stats.failed_appends.add();
  return {std::move(status), bytes};
}

void TargetScrape::append_stale(Appender& appender, UnixMillis t_ms) {
  if (stale_.empty()) return;
  extra_floats_.clear();
  for (const auto ref : stale_) extra_floats_.push_back({ref, t_ms, stale_nan()});
  // Series that came back by another way with a newer sample are not stale: in order only.
  if (const auto outcome = appender.append({.floats = extra_floats_}, {.in_order_only = true}); !outcome)
    log::warn("stale markers not stored", {{"target", target()->url}, {"error", outcome.error().message}});
}

void TargetScrape::append_report(Appender& appender, UnixMillis t_ms, const std::vector<std::pair<std::string_view, double>>& samples,
                                 bool in_order_only) {
  const auto labels = target()->labels;
  if (labels != report_target_) report_refs_.clear(), report_target_ = labels;
  for (int attempt = 0; attempt < 2; ++attempt) {
    extra_floats_.clear();
    for (const auto& [name, value] : samples) {
      auto known = std::find_if(report_refs_.begin(), report_refs_.end(), [&](const auto& r) { return r.first == name; });
      if (known == report_refs_.end()) {
        const auto ref = appender.resolve(report_labels(name, labels));
        if (!ref) continue;  // counted by the store
        known = report_refs_.insert(report_refs_.end(), {std::string(name), *ref});
      }
      extra_floats_.push_back({known->second, t_ms, value});
    }
    const auto outcome = appender.append({.floats = extra_floats_}, {.in_order_only = in_order_only});
    if (!outcome) {
      log::warn("scrape report not stored", {{"target", target()->url}, {"error", outcome.error().message}});
      return;
    }
    const auto& rejections = outcome->rejections;
    if (std::none_of(rejections.begin(), rejections.end(), [](const Rejection& r) { return r.reason == RejectReason::unknown_ref; })) return;
    report_refs_.clear();
  }
}

void TargetScrape::store(Fetched fetched, Appender& appender) {
  const auto t_ms = to_unix_millis(fetched.started);
  auto outcome = take_page(fetched, appender);
  if (outcome.status) cache_.commit(stale_);
  else cache_.abandon(stale_);
  append_stale(appender, t_ms);

  std::shared_ptr<const ScrapeConfig> job;
  std::shared_ptr<const Target> target;
  {
    std::lock_guard lock(mutex_);
    job = job_, target = target_;
    health_ = outcome.status ? Health::up : Health::down;
    last_error_ = outcome.status ? std::string() : outcome.status.error().message;
    last_scrape_ = fetched.started;
    last_duration_ = fetched.seconds;
    if (!gathered_.metadata.empty()) {
      shown_metadata_.clear();
      for (const auto& [family, metadata] : cache_.metadata()) shown_metadata_.push_back(metadata);
    }
  }
  std::vector<std::pair<std::string_view, double>> report{
      {"up", outcome.status ? 1.0 : 0.0},
      {"scrape_duration_seconds", fetched.seconds},
      {"scrape_samples_scraped", static_cast<double>(gathered_.scraped)},
      {"scrape_samples_post_metric_relabeling", static_cast<double>(gathered_.kept)},
      {"scrape_series_added", static_cast<double>(gathered_.series_added)},
  };
  if (job->extra_scrape_metrics || options_.extra_scrape_metrics) {
    report.push_back({"scrape_timeout_seconds", static_cast<double>(target->timeout.count()) / 1000});
    report.push_back({"scrape_sample_limit", static_cast<double>(job->sample_limit)});
    report.push_back({"scrape_body_size_bytes", outcome.body_over_limit ? -1.0 : static_cast<double>(outcome.body_bytes)});
  }
  append_report(appender, t_ms, report, false);
  if (!outcome.status) {
    log::debug("scrape failed", {{"scrape_pool", job->job_name}, {"target", target->url}, {"error", outcome.status.error().message}});
    if (!job->scrape_failure_log_file.empty()) log_failure(*job, outcome.status.error().message, fetched.started);
  }
}

// One JSON object per failed scrape.
void TargetScrape::log_failure(const ScrapeConfig& job, const std::string& error, Time at) const {
  std::string line;
  codec::JsonWriter json(line);
  json.begin_object();
  json.key("time").value(format_time(at)).key("level").value("ERROR").key("msg").value(error);
  json.key("job_name").value(job.job_name).key("target").value(target()->url).end_object();
  line += '\n';
  if (std::FILE* file = std::fopen(job.scrape_failure_log_file.c_str(), "ae")) {
    std::fwrite(line.data(), 1, line.size(), file);
    std::fclose(file);
  }
}

void TargetScrape::store_end(Time at, Appender& appender) {
  cache_.abandon(stale_);
  const auto t_ms = to_unix_millis(at);
  append_stale(appender, t_ms);
  std::vector<std::string> names;
  std::vector<std::pair<std::string_view, double>> report;
  for (const auto& [name, ref] : report_refs_) names.push_back(name);
  for (const auto& name : names) report.push_back({name, stale_nan()});
  if (!report.empty()) append_report(appender, t_ms, report, true);
}

TargetStatus TargetScrape::status() const {
  std::lock_guard lock(mutex_);
  return {.discovered = target_->discovered,
          .labels = target_->labels,
          .pool = job_->job_name,
          .url = target_->url,
          .global_url = global_url(target_->url, options_.external_url),
          .last_error = last_error_,
          .last_scrape = last_scrape_,
          .last_duration_seconds = last_duration_,
          .health = health_,
          .interval = target_->interval,
          .timeout = target_->timeout};
}

std::vector<Metadata> TargetScrape::metadata() const {
  std::lock_guard lock(mutex_);
  return shown_metadata_;
}

}  // namespace pharos::scrape
