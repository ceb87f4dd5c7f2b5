#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "model/appender.hpp"
#include "server/answer_text.hpp"
#include "server/completion.hpp"
#include "server/tsdb_import.hpp"

namespace pharos::server {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class Recorder final : public Appender {
 public:
  Result<SeriesRef> resolve(const Labels& labels) override {
    series.push_back(labels.to_metric_string());
    return SeriesRef{series.size()};
  }
  void resolve(std::span<const LabelView>, std::span<const std::uint32_t>, std::span<SeriesRef>,
               std::vector<ResolveError>&) override {}
  Result<AppendOutcome> append(const AppendBatch& batch, const AppendOptions&) override {
    AppendOutcome out;
    for (const auto& sample : batch.floats)
      samples.push_back(series[static_cast<std::size_t>(sample.ref) - 1] + "@" +
                        std::to_string(sample.t_ms)),
          ++out.accepted;
    return out;
  }
  std::vector<std::string> series, samples;
};

TEST(Import, ReadsOpenMetricsWithTimestamps) {
  Recorder store;
  const auto report = import_openmetrics_text(
      "# TYPE a gauge\na{x=\"1\"} 1 10\na{x=\"1\"} 2 11.5\na{x=\"2\"} 3 10\n# EOF\n", store);
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_EQ(report->series, 2U);
  EXPECT_EQ(report->samples, 3U);
  EXPECT_THAT(store.samples,
              ElementsAre("a{x=\"1\"}@10000", "a{x=\"1\"}@11500", "a{x=\"2\"}@10000"));
}

TEST(Import, RefusesSamplesWithoutTime) {
  Recorder store;
  EXPECT_THAT(import_openmetrics_text("a 1\n# EOF\n", store).error().message,
              HasSubstr("expected timestamp"));
}

TEST(AnswerText, TablesAndYaml) {
  const auto data = codec::Json::parse(
      R"({"resultType":"vector","result":[{"metric":{"__name__":"up","job":"a"},"value":[1,"0.5"]}]})");
  ASSERT_TRUE(data);
  EXPECT_EQ(answer_table(*data), "up{job=\"a\"}  0.5\n");
  EXPECT_EQ(answer_yaml(*data),
            "resultType: \"vector\"\nresult:\n  - metric:\n      __name__: \"up\"\n      job: "
            "\"a\"\n    value: [1, \"0.5\"]\n");
  EXPECT_EQ(answer_table(*codec::Json::parse(R"({"resultType":"vector","result":[]})")),
            "(no data)\n");
}

TEST(Completion, NamesCommandsAndOptions) {
  const std::vector<CompletionCommand> commands{
      {.name = "check",
       .help = "It's fine",
       .options = {},
       .children = {
           {.name = "config", .help = "", .options = {{"--agent", "x"}}, .children = {}}}}};
  for (const char* shell : {"bash", "zsh", "fish"}) {
    const auto script = completion_script(shell, commands);
    EXPECT_THAT(script, testing::AllOf(HasSubstr("check"), HasSubstr("config"), HasSubstr("agent")))
        << shell;
  }
}

}  // namespace
}  // namespace pharos::server
