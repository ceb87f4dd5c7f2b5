#include <gtest/gtest.h>

#include "query/promql/ast.hpp"
#include "query/promql/json.hpp"
#include "query/promql/preprocess.hpp"

namespace pharos::query::promql {
namespace {

std::string canonical(std::string_view text) {
  const auto root = parse(text);
  return root ? to_string(**root) : root.error().message;
}

TEST(Printer, WritesTheCanonicalForm) {
  EXPECT_EQ(canonical("sum(up)by(a,b)"), "sum by (a, b) (up)");
  EXPECT_EQ(canonical("sum without() (up)"), "sum without () (up)");
  EXPECT_EQ(canonical("sum by ()(up)"), "sum(up)");
  EXPECT_EQ(canonical("topk(5,up{b='c',a!=\"d\"})"), "topk(5, up{a!=\"d\",b=\"c\"})");
  EXPECT_EQ(canonical("a*on(b)group_left(c)d"), "a * on (b) group_left (c) d");
  EXPECT_EQ(canonical("a ==bool ignoring(b) c"), "a == bool ignoring (b) c");
  EXPECT_EQ(canonical("a + fill(0) b"), "a + fill (0) b");
  EXPECT_EQ(canonical("a + fill_right(1) fill_left(2) b"), "a + fill_left (2) fill_right (1) b");
  EXPECT_EQ(canonical("rate(up[90s]offset 1h@123.4567)"), "rate(up[1m30s] @ 123.457 offset 1h)");
  EXPECT_EQ(canonical("up[5m:]offset -1m@start()"), "up[5m:] @ start() offset -1m");
  EXPECT_EQ(canonical("up[1m+step():30s]"), "up[1m + step():30s]");
  EXPECT_EQ(canonical("up offset -(step()*2)"), "up offset -(step() * 2)");
  EXPECT_EQ(canonical("rate(up[5m] smoothed)"), "rate(up[5m] smoothed)");
  EXPECT_EQ(canonical("{\"a.b\",c=\"d\"}"), "{__name__=\"a.b\",c=\"d\"}");
  EXPECT_EQ(canonical("-(1000000)"), "-(1e+06)");
  EXPECT_EQ(canonical("5m"), "5m");
  EXPECT_EQ(canonical("sum by (\"a.b\") (up)"), "sum by (\"a.b\") (up)");
  EXPECT_EQ(canonical("h </ 5 >/ -1"), "h </ 5 >/ -1");
}

TEST(Printer, WhatItWritesReadsBackTheSame) {
  for (const auto* text :
       {"sum by (a) (rate(up{b=~\"c|d\"}[5m:1m] offset 5m @ end()))",
        "a + on (b) group_right (c) fill_left (NaN) d",
        "max_over_time((up > bool 0)[1h:] @ 12.000)", "-up ^ 2", "up[min_of(step(), 1m)]",
        "info(a, {b=\"c\"})", "histogram_quantiles(h, \"q\", 0.5, 0.9)",
        "label_replace(a, \"b\", \"$1\\n\", \"c\", \"(.*)\")"}) {
    const auto once = canonical(text);
    EXPECT_EQ(canonical(once), once) << text;
  }
}

TEST(Printer, PrettyLayoutSplitsLongExpressionsOnly) {
  const auto short_root = parse("sum(up)");
  ASSERT_TRUE(short_root);
  EXPECT_EQ(prettify(**short_root), "sum(up)");
  const auto root = parse(
      "sum by (job) (rate(http_requests_total{code=~\"5..\",environment=\"production\"}[5m])) / "
      "sum by (job) (rate(http_requests_total[5m]))");
  ASSERT_TRUE(root);
  EXPECT_EQ(
      prettify(**root),
      "  sum by (job) (rate(http_requests_total{code=~\"5..\",environment=\"production\"}[5m]))\n"
      "/\n"
      "  sum by (job) (rate(http_requests_total[5m]))");
}

TEST(Clone, IsEqualAndIndependent) {
  const auto root = parse("sum(rate(up[1m + step()] offset 1m))");
  ASSERT_TRUE(root);
  const auto copy = clone(**root);
  const auto before = to_string(*copy);
  EXPECT_EQ(before, to_string(**root));
  (*root)->children.clear();
  EXPECT_EQ(to_string(*copy), before);
}

TEST(Json, HasThePublicShape) {
  const auto root = parse("sum by (a) (rate(up{b!=\"c\"}[5m] @ 3))");
  ASSERT_TRUE(root);
  EXPECT_EQ(
      to_json(**root),
      R"({"expr":{"args":[{"anchored":false,"matchers":[{"name":"b","type":"!=","value":"c"},{"name":"__name__","type":"=","value":"up"}],)"
      R"("name":"up","offset":0,"range":300000,"smoothed":false,"startOrEnd":null,"timestamp":3000,"type":"matrixSelector"}],)"
      R"("func":{"argTypes":["matrix"],"name":"rate","returnType":"vector","variadic":0},"type":"call"},)"
      R"("grouping":["a"],"op":"sum","param":null,"type":"aggregation","without":false})");
  const auto binary = parse("a + on(b) group_left(c) 1 * d");
  ASSERT_TRUE(binary);
  EXPECT_NE(
      to_json(**binary).find(
          R"("card":"many-to-one","fillValues":{"lhs":null,"rhs":null},"include":["c"],"labels":["b"],"on":true)"),
      std::string::npos);
}

std::string preprocessed(std::string_view text, std::string* shape = nullptr) {
  auto root = parse(text);
  if (!root) return root.error().message;
  const auto status =
      preprocess(*root, {.start_ms = 60'000, .end_ms = 120'000, .step_ms = 30'000}, text);
  if (!status) return status.error().message;
  if (shape != nullptr) *shape = (*root)->kind == NodeKind::step_invariant ? "invariant" : "varies";
  return to_string(**root);
}

TEST(Preprocess, WorksOutDurationsAndEdges) {
  EXPECT_EQ(preprocessed("up[step() * 2] offset -(range() / 4)"), "up[1m] offset -15s");
  EXPECT_EQ(preprocessed("up @ start() - up @ end()"), "up @ 60.000 - up @ 120.000");
  EXPECT_EQ(preprocessed("up[max_of(1m, step()) : min_of(1m, step())]"), "up[1m:30s]");
  EXPECT_EQ(preprocessed("up[5m % 2m]"), "up[1m]");
  EXPECT_EQ(preprocessed("up[1m - 2m]"), "3:10: duration must be greater than 0");
  EXPECT_EQ(preprocessed("up[1m / (1m - 1m)]"), "3:17: division by zero");
}

TEST(Preprocess, WrapsTheLargestPartsThatDoNotDependOnTheStep) {
  std::string shape;
  preprocessed("sum(rate(up[5m] @ 10)) + 1", &shape);
  EXPECT_EQ(shape, "invariant");
  preprocessed("sum(up @ 10) + up", &shape);
  EXPECT_EQ(shape, "varies");
  preprocessed("timestamp(up @ 10)", &shape);
  EXPECT_EQ(shape, "varies");
  preprocessed("1 + 1", &shape);
  EXPECT_EQ(shape, "invariant");

  auto root = parse("up + sum(up @ 10)");
  ASSERT_TRUE(root);
  ASSERT_TRUE(preprocess(*root, {}, "up + sum(up @ 10)"));
  EXPECT_EQ((*root)->children[1]->kind, NodeKind::step_invariant);
}

}  // namespace
}  // namespace pharos::query::promql
