#include "scrape/config.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "scrape/yaml_text.hpp"

namespace pharos::scrape {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

Result<ScrapeConfig> job(const std::string& text, const std::string& global = "{}") {
  const auto g = TRY(codec::Yaml::parse(global, "p.yml"));
  const auto j = TRY(codec::Yaml::parse(text, "p.yml"));
  ParseContext context{.folder = "/etc/p", .unsupported = std::nullopt};
  const auto parsed = TRY(parse_global(g, context));
  auto out = TRY(parse_scrape_config(j, parsed, context));
  if (context.unsupported) return fail(std::move(*context.unsupported));
  return out;
}
std::string error(const std::string& text, const std::string& global = "{}") {
  auto parsed = job(text, global);
  return parsed ? "" : parsed.error().message;
}

TEST(ScrapeConfig, HasPrometheusDefaults) {
  const auto j = job("job_name: a");
  ASSERT_TRUE(j) << j.error().message;
  EXPECT_EQ(j->scrape_interval, std::chrono::minutes(1));
  EXPECT_EQ(j->scrape_timeout, std::chrono::seconds(10));
  EXPECT_EQ(j->metrics_path, "/metrics");
  EXPECT_EQ(j->scheme, "http");
  EXPECT_TRUE(j->honor_timestamps);
  EXPECT_FALSE(j->honor_labels);
  EXPECT_TRUE(j->enable_compression);
  EXPECT_THAT(
      j->scrape_protocols,
      ElementsAre(ScrapeProtocol::openmetrics_text_1_0_0, ScrapeProtocol::openmetrics_text_0_0_1,
                  ScrapeProtocol::prometheus_text_1_0_0, ScrapeProtocol::prometheus_text_0_0_4));
}

TEST(ScrapeConfig, InheritsFromGlobal) {
  const auto j = job("job_name: a\nsample_limit: 5",
                     "{scrape_interval: 5s, sample_limit: 3, label_limit: 7, body_size_limit: 1MB, "
                     "scrape_native_histograms: true}");
  ASSERT_TRUE(j) << j.error().message;
  EXPECT_EQ(j->scrape_interval, std::chrono::seconds(5));
  EXPECT_EQ(j->scrape_timeout, std::chrono::seconds(5));
  EXPECT_EQ(j->sample_limit, 5U);
  EXPECT_EQ(j->label_limit, 7U);
  EXPECT_EQ(j->body_size_limit, 1U << 20);
  EXPECT_EQ(j->scrape_protocols.front(), ScrapeProtocol::prometheus_proto);
}

TEST(ScrapeConfig, LegacyValidationAsksForUnderscores) {
  EXPECT_EQ(job("{job_name: a, metric_name_validation_scheme: legacy}")->name_escaping,
            NameEscaping::underscores);
  EXPECT_EQ(job("job_name: a", "{metric_name_validation_scheme: legacy}")->name_escaping,
            NameEscaping::underscores);
  EXPECT_EQ(job("{job_name: a, metric_name_validation_scheme: utf8}",
                "{metric_name_validation_scheme: legacy}")
                ->name_escaping,
            NameEscaping::allow_utf8);
}

TEST(ScrapeConfig, SaysWhereAndWhatIsWrong) {
  EXPECT_EQ(error("job_name: a\nscrape_interval: 5s\nscrape_timeout: 6s"),
            "p.yml:3:17: scrape timeout greater than scrape interval for scrape config with job "
            "name \"a\"");
  EXPECT_THAT(error("job_name: a\nmetric_path: /x"),
              testing::AllOf(HasSubstr("p.yml:2:1: "), HasSubstr("metrics_path")));
  EXPECT_THAT(error("job_name: a\nstatic_configs: [{targets: ['http://x']}]"),
              HasSubstr("\"http://x\" is not a valid hostname"));
  EXPECT_THAT(error("job_name: a\nrelabel_configs: [{action: hashmod, modulus: 8}]"),
              HasSubstr("requires 'target_label' value"));
  EXPECT_THAT(error("job_name: a\nrelabel_configs: [{action: replce}]"),
              HasSubstr("did you mean 'replace'"));
}

TEST(ScrapeConfig, RefusesKnownButUnsupportedDiscoveryLast) {
  const auto j = job("job_name: a\nconsul_sd_configs: [{server: x}]");
  ASSERT_FALSE(j);
  EXPECT_EQ(j.error().code, Errc::unsupported);
  EXPECT_THAT(j.error().message, testing::AllOf(HasSubstr("p.yml:2:1: "), HasSubstr("'consul'")));
  EXPECT_EQ(job("job_name: a\nconsul_sd_configs: [{server: x}]\nscrape_timeout: 9h").error().code,
            Errc::invalid);
  EXPECT_TRUE(job("job_name: a\nconsul_sd_configs: []"));
}

TEST(ScrapeConfig, ReadsEveryOwnDiscovery) {
  const auto j = job(R"(
job_name: a
static_configs: [{targets: [h:1, h:2], labels: {x: y}}]
file_sd_configs: [{files: [t/*.json]}]
http_sd_configs: [{url: http://sd/x}]
dns_sd_configs: [{names: [n], type: a, port: 9}]
kubernetes_sd_configs: [{role: Pod, selectors: [{role: pod, label: 'a in (b,c),!d'}]}]
)");
  ASSERT_TRUE(j) << j.error().message;
  ASSERT_THAT(j->discovery, SizeIs(5));
  EXPECT_EQ(std::get<FileDiscoveryConfig>(j->discovery[1].kind).files,
            std::vector<std::string>{"/etc/p/t/*.json"});
  EXPECT_EQ(std::get<DnsDiscoveryConfig>(j->discovery[3].kind).type, DnsRecord::a);
  EXPECT_EQ(name(j->discovery[4]), "kubernetes");
}

TEST(ScrapeConfig, FingerprintChangesWithTheContent) {
  EXPECT_EQ(job("job_name: a")->fingerprint, job("job_name:   a # x")->fingerprint);
  EXPECT_NE(job("job_name: a")->fingerprint, job("{job_name: a, honor_labels: true}")->fingerprint);
}

TEST(ExternalLabels, ExpandTheEnvironmentAsGoDoes) {
  ::setenv("PHAROS_TEST_VALUE", "v", 1);
  EXPECT_EQ(expand_environment("a${PHAROS_TEST_VALUE}b"), "avb");
  EXPECT_EQ(expand_environment("$PHAROS_TEST_VALUE-x"), "v-x");
  EXPECT_EQ(expand_environment("foo$${X}"), "foo${X}");
  EXPECT_EQ(expand_environment("foo$$bar$"), "foo$bar$");
  EXPECT_EQ(expand_environment("${PHAROS_NOT_THERE}"), "");
  EXPECT_EQ(expand_environment("$-$ x"), "$ x");
}

TEST(MaskedYaml, HidesSecretsAndReadsBackTheSame) {
  const auto tree = codec::Yaml::parse(R"(
a:
  - job_name: "x: y"
    basic_auth: {username: u, password: hunter2}
    tls_config: {key: private, key_file: k}
    http_headers: {foo: {secrets: [one, two], values: ["1"]}}
    empty: []
    text: "yes"
url: http://user:pass@host/p
)",
                                       "f");
  ASSERT_TRUE(tree);
  const auto text = masked_yaml(*tree);
  for (const char* secret : {"hunter2", "private", "one", "two", "pass@"})
    EXPECT_EQ(text.find(secret), std::string::npos) << text;
  EXPECT_THAT(text,
              testing::AllOf(HasSubstr("password: <secret>"), HasSubstr("http://user:xxxxx@host/p"),
                             HasSubstr("key_file: k"), HasSubstr("text: \"yes\"")));
  const auto again = codec::Yaml::parse(text, "f");
  ASSERT_TRUE(again) << again.error().message << text;
  EXPECT_EQ(masked_yaml(*again), text);
}

}  // namespace
}  // namespace pharos::scrape
