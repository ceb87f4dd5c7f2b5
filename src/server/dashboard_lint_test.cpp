#include "server/dashboard_lint.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "server/dashboard_variables.hpp"

namespace pharos::server {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// "line:column check: what" of each finding; lint in brackets.
std::vector<std::string> findings(std::string_view text) {
  std::vector<std::string> out;
  for (const auto& f : look_at_dashboard(text).findings)
    out.push_back(std::to_string(f.line) + ":" + std::to_string(f.column) + " " +
                  (f.error ? f.check : "[" + f.check + "]") + ": " + f.what);
  return out;
}

// A board of these panels with nothing to complain about.
std::string board(const std::string& panels, const std::string& more = "") {
  return R"({"title":"b","uid":"b",)" + more + "\n\"panels\":[\n" + panels + "\n]}";
}
std::string panel(const std::string& id, const std::string& grid, const std::string& expr,
                  const std::string& type = "stat") {
  return R"({"id":)" + id + R"(,"title":"p)" + id + R"(","type":")" + type + R"(","gridPos":)" +
         grid +
         R"(,"fieldConfig":{"defaults":{"unit":"s"},"overrides":[]},"targets":[{"refId":"A","expr":")" +
         expr + R"("}]})";
}
constexpr const char* kLeft = R"({"x":0,"y":0,"w":12,"h":8})";
constexpr const char* kRight = R"({"x":12,"y":0,"w":12,"h":8})";

TEST(DashboardLint, AGoodBoardHasNoFindings) {
  const auto report = look_at_dashboard(
      board(panel("1", kLeft, "up") + "," + panel("2", kRight, "rate(x[$__rate_interval])")));
  EXPECT_THAT(report.findings, IsEmpty());
  EXPECT_EQ(report.panels, 2U);
  EXPECT_EQ(report.queries, 2U);
}

TEST(DashboardLint, WhatIsNotJsonSaysWhere) {
  EXPECT_THAT(findings("{\"title\": \"x\",\n  \"panels\": [}"),
              ElementsAre("2:14 json: not JSON: expected a value, found \"}\""));
  EXPECT_THAT(findings(""), ElementsAre("1:1 json: not JSON: expected a value, found the end"));
  EXPECT_THAT(findings("{\"é\": nul}"),
              ElementsAre(HasSubstr("1:7 json: ")));  // columns are characters
}

TEST(DashboardLint, OtherDocumentsAreNamed) {
  EXPECT_THAT(findings("[]"), ElementsAre("1:1 shape: a dashboard is an object, this is a list"));
  EXPECT_THAT(findings("{\"a\":1}"),
              ElementsAre("1:1 shape: no \"panels\": this is not a Grafana dashboard"));
  EXPECT_THAT(findings(R"({"apiVersion":"dashboard.grafana.app/v2beta1","spec":{}})"),
              ElementsAre(HasSubstr("schema v2")));
  EXPECT_THAT(findings(R"({"elements":{},"layout":{}})"), ElementsAre(HasSubstr("schema v2")));
  EXPECT_THAT(findings(R"({"title":"t","uid":"u","panels":{}})"),
              ElementsAre(HasSubstr("shape: \"panels\" must be a list, not an object")));
}

TEST(DashboardLint, TheApisWrappingIsTakenOff) {
  EXPECT_THAT(findings(R"({"dashboard":)" + board(panel("1", kLeft, "up(")) + R"(,"meta":{}})"),
              ElementsAre(HasSubstr("expression: panel \"p1\" (id 1), query A: ")));
}

TEST(DashboardLint, BrokenExpressionsAreErrorsWithTheirPlace) {
  const auto found = findings(board(panel("7", kLeft, "sum(rate(up[5m])")));
  ASSERT_EQ(found.size(), 1U);
  EXPECT_THAT(found[0], HasSubstr("3:"));
  EXPECT_THAT(found[0], HasSubstr("expression: panel \"p7\" (id 7), query A: 1:17: parse error: "
                                  "unclosed left parenthesis"));
}

TEST(DashboardLint, OtherQueryLanguagesAreNotReadAsPromQL) {
  EXPECT_THAT(
      findings(board(
          R"({"id":1,"title":"l","type":"logs","datasource":{"type":"loki"},"targets":[{"refId":"A","expr":"{a=\"b\"} |= \"c\""}]})")),
      IsEmpty());
  EXPECT_THAT(
      findings(board(
          R"({"id":1,"title":"l","type":"logs","datasource":"Loki","targets":[{"refId":"A","expr":"{a=\"b\"} |= \"c\""}]})")),
      IsEmpty());
}

TEST(DashboardLint, PanelsMustNotLieOverEachOther) {
  EXPECT_THAT(
      findings(board(panel("1", kLeft, "up") + ",\n" +
                     panel("2", R"({"x":11,"y":7,"w":12,"h":8})", "up"))),
      ElementsAre(HasSubstr("4:46 overlap: panel \"p2\" (id 2) lies over panel \"p1\" (id 1)")));
  EXPECT_THAT(findings(board(panel("1", R"({"x":13,"y":0,"w":12,"h":8})", "up"))),
              ElementsAre(HasSubstr("ends at column 25 of 24")));
  EXPECT_THAT(findings(board(panel("1", R"({"x":0,"y":0,"w":0,"h":8})", "up"))),
              ElementsAre(HasSubstr("no area")));
  EXPECT_THAT(findings(board(panel("1", R"({"x":0,"y":0,"w":1})", "up"))),
              ElementsAre(HasSubstr("gridPos has no \"h\"")));
}

TEST(DashboardLint, PanelsOfAClosedRowHaveAGridOfTheirOwn) {
  const auto row =
      R"({"id":9,"type":"row","title":"r","collapsed":true,"gridPos":{"x":0,"y":8,"w":24,"h":1},"panels":[)" +
      panel("2", kLeft, "up") + "]}";
  EXPECT_THAT(findings(board(panel("1", kLeft, "up") + "," + row)), IsEmpty());
}

TEST(DashboardLint, IdsAndQueryNamesAreThereOnce) {
  EXPECT_THAT(findings(board(panel("1", kLeft, "up") + "," + panel("1", kRight, "up"))),
              ElementsAre(HasSubstr("id: panel \"p1\" (id 1) has the id of panel \"p1\" (id 1)")));
  EXPECT_THAT(
      findings(board(
          R"({"id":1,"title":"t","type":"table","targets":[{"refId":"A","expr":"up"},{"refId":"A","expr":"up"}]})")),
      ElementsAre(HasSubstr("query: panel \"t\" (id 1): query \"A\" is there twice")));
}

TEST(DashboardLint, UnknownAndOldPanelTypesAreRemarks) {
  EXPECT_THAT(
      findings(board(panel("1", kLeft, "up", "timeserie"))),
      ElementsAre(HasSubstr("[panel-type]: panel \"p1\" (id 1): type \"timeserie\" is not one that "
                            "Grafana brings along, did you mean \"timeseries\"?")));
  EXPECT_THAT(findings(board(panel("1", kLeft, "up", "graph"))),
              ElementsAre(HasSubstr("\"graph\" was replaced by \"timeseries\"")));
  EXPECT_THAT(findings(board(R"({"id":1,"title":"t","gridPos":{"x":0,"y":0,"w":1,"h":1}})")),
              ElementsAre(HasSubstr("has no type")));
}

TEST(DashboardLint, NumbersWantAUnit) {
  const std::string bare =
      R"({"id":1,"title":"t","type":"stat","targets":[{"refId":"A","expr":"up"}],"fieldConfig":{"defaults":{)";
  EXPECT_THAT(findings(board(bare + "}}}")),
              ElementsAre(HasSubstr("[unit]: panel \"t\" (id 1) draws numbers without a unit")));
  EXPECT_THAT(findings(board(bare + R"("unit":"none"}}})")), IsEmpty());
  EXPECT_THAT(findings(board(bare + R"("mappings":[{"type":"value","options":{}}]}}})")),
              IsEmpty());
}

TEST(DashboardLint, ThresholdsRiseFromABase) {
  const auto steps = [](const std::string& list) {
    return findings(board(
        R"({"id":1,"title":"t","type":"stat","targets":[{"refId":"A","expr":"up"}],"fieldConfig":{"defaults":{"unit":"s","thresholds":{"steps":[)" +
        list + "]}}}}"));
  };
  EXPECT_THAT(steps(R"({"value":null},{"value":1},{"value":2})"), IsEmpty());
  EXPECT_THAT(steps(R"({"value":null},{"value":2},{"value":1})"),
              ElementsAre(HasSubstr("thresholds must rise")));
  EXPECT_THAT(steps(R"({"value":5})"), ElementsAre(HasSubstr("the first threshold is the base")));
}

TEST(DashboardLint, VariablesAreFilledInBeforeParsing) {
  const auto with = [](const std::string& list) {
    return R"j("templating":{"list":[)j" + list + "]},";
  };
  const auto variables = with(
      R"j({"name":"DS","type":"datasource","query":"prometheus"},{"name":"n","type":"textbox","query":"3"},)j"
      R"j({"name":"step","type":"interval","query":"30s,1m"},)j"
      R"j({"name":"region","type":"query","query":"label_values(up, region)","current":{"value":["$__all"]}})j");
  EXPECT_THAT(findings(board(panel("1", kLeft,
                                   R"j(topk($n, rate(x{region=~\"${region:regex}\"}[[[step]]])))j"),
                             variables)),
              IsEmpty());
  EXPECT_THAT(
      findings(board(panel("1", kLeft, R"j(up{a=\"$nowhere\"})j"), variables)),
      ElementsAre(HasSubstr(
          "[variable]: panel \"p1\" (id 1), query A: nothing defines the variable \"$nowhere\"")));
  EXPECT_THAT(
      findings(board(panel("1", kLeft, R"j(label_replace(up, \"a\", \"$1\", \"b\", \"(.*)\"))j"))),
      IsEmpty());
  EXPECT_THAT(
      findings(board(panel("1", kLeft, "up"),
                     with(R"j({"name":"v","type":"query","query":"label_values(up{, a)"})j"))),
      ElementsAre(HasSubstr("expression: variable \"v\": ")));
  EXPECT_THAT(
      findings(board(panel("1", kLeft, "up"),
                     with(R"j({"name":"v","type":"custom"},{"name":"v","type":"custom"})j"))),
      ElementsAre(HasSubstr("variable \"v\" is there twice")));
}

TEST(DashboardLint, AnnotationsAreCheckedToo) {
  EXPECT_THAT(findings(board("", R"("annotations":{"list":[{"name":"a","expr":"up{"}]},)")),
              ElementsAre(HasSubstr("expression: annotation \"a\": ")));
  EXPECT_THAT(
      findings(board("", R"("annotations":{"list":[{"name":"a","target":{"expr":"up{"}}]},)")),
      ElementsAre(HasSubstr("expression: annotation \"a\": ")));
}

TEST(DashboardVariables, KnowsEveryNotation) {
  const auto json =
      codec::Json::parse(R"({"templating":{"list":[{"name":"v","type":"constant","query":"c"}]}})");
  const DashboardVariables variables(*json);
  std::vector<std::string> unknown;
  EXPECT_EQ(
      variables.fill("$v ${v} ${v:csv} ${v.text} [[v]] [[v:pipe]] $vv $ ${ [[ $1 ${v", unknown),
      "c c c c c c $vv $ ${ [[ $1 ${v");
  EXPECT_THAT(unknown, ElementsAre("vv"));
}

}  // namespace
}  // namespace pharos::server
