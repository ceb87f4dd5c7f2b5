#include "net/http.hpp"

#include <gtest/gtest.h>

namespace pharos::net {
namespace {

Handler answer(std::string text) {
  return [text](const Request&) { return Response::text(200, text); };
}
std::string route(const Router& router, std::string_view method, std::string_view path) {
  const auto match = router.find(method, path);
  return match.handler ? (*match.handler)({}).body : match.path_known ? "405" : "404";
}

TEST(Router, ExactBeatsParameterBeatsRest) {
  Router router;
  router.add("GET", "/a/b", answer("exact"));
  router.add("GET", "/a/:x", answer("parameter"));
  router.add("GET", "/a/*rest", answer("rest"));
  router.add("GET", "/", answer("root"));
  EXPECT_EQ(route(router, "GET", "/a/b"), "exact");
  EXPECT_EQ(route(router, "GET", "/a/c"), "parameter");
  EXPECT_EQ(route(router, "GET", "/a/c/d"), "rest");
  EXPECT_EQ(route(router, "GET", "/"), "root");
  EXPECT_EQ(route(router, "GET", "/b"), "404");
}

TEST(Router, BacksOutOfADeadEnd) {
  Router router;
  router.add("GET", "/a/b/c", answer("deep"));
  router.add("GET", "/a/:x/d", answer("other"));
  EXPECT_EQ(route(router, "GET", "/a/b/d"), "other");
}

TEST(Router, MethodsAreToldApart) {
  Router router;
  router.add("GET", "/x", answer("get"));
  router.add("*", "/any", answer("any"));
  EXPECT_EQ(route(router, "HEAD", "/x"), "get");
  EXPECT_EQ(route(router, "POST", "/x"), "405");
  EXPECT_EQ(route(router, "PURGE", "/any"), "any");
}

TEST(Router, TheFirstOfTwoEqualRoutesStays) {
  Router router;
  router.add("GET", "/x/:id", answer("first"));
  router.add("GET", "/y/*rest", answer("first"));
  testing::internal::CaptureStderr();
  router.add("POST", "/x/:id", answer("other method"));
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
  testing::internal::CaptureStderr();
  router.add("GET", "/x/:id", answer("second"));
  router.add("GET", "/y/*rest", answer("second"));
  const auto log = testing::internal::GetCapturedStderr();
  EXPECT_NE(log.find("/x/:id"), log.npos) << log;
  EXPECT_NE(log.find("/y/*rest"), log.npos) << log;
  EXPECT_EQ(route(router, "GET", "/x/1"), "first");
  EXPECT_EQ(route(router, "POST", "/x/1"), "other method");
  EXPECT_EQ(route(router, "GET", "/y/1"), "first");
}

TEST(Router, AnEncodedSlashDoesNotSplitASegment) {
  Router router;
  router.add("GET", "/label/:name/values", answer("ok"));
  router.add("PUT", "/metrics/job/*rest", answer("push"));
  const auto match = router.find("GET", "/label/a%2Fb/values");
  ASSERT_TRUE(match.handler);
  EXPECT_EQ(match.params[0].second, "a/b");
  const auto push = router.find("PUT", "/metrics/job/j/instance/i%2F1");
  ASSERT_TRUE(push.handler);
  EXPECT_EQ(push.params[0].second, "j/instance/i%2F1");
}

TEST(Form, DecodesPairsInOrder) {
  const auto form = Form::parse("match[]=a%7Bb%3D%22c%22%7D&match%5B%5D=x+y&flag&&e=");
  ASSERT_TRUE(form);
  EXPECT_EQ(form->all("match[]"), (std::vector<std::string_view>{"a{b=\"c\"}", "x y"}));
  EXPECT_TRUE(form->find("flag"));
  EXPECT_EQ(form->get("e"), "");
  EXPECT_FALSE(form->find("nothing"));
}

TEST(Form, RefusesWhatGoRefuses) {
  EXPECT_EQ(Form::parse("a=%zz").error().message, "invalid URL escape \"%zz\"");
  EXPECT_EQ(Form::parse("a=%2").error().message, "invalid URL escape \"%2\"");
  EXPECT_EQ(Form::parse("a=1;b=2").error().message, "invalid semicolon separator in query");
}

TEST(Request, TheBodysValueComesBeforeTheQuerys) {
  Request request;
  request.method = "POST";
  request.query = "query=q&time=1";
  request.headers.add("content-type", "application/x-www-form-urlencoded; charset=utf-8");
  request.body = "query=b";
  const auto form = request.form();
  ASSERT_TRUE(form);
  EXPECT_EQ(form->get("query"), "b");
  EXPECT_EQ(form->get("time"), "1");
}

TEST(Headers, NamesCompareWithoutCase) {
  Headers headers;
  headers.add("Content-Type", "a");
  headers.add("x", "1");
  headers.set("content-type", "b");
  EXPECT_EQ(headers.get("CONTENT-TYPE"), "b");
  EXPECT_EQ(headers.all().size(), 2u);
  headers.set("Connection", "keep-alive, Upgrade");
  EXPECT_TRUE(headers.has_token("connection", "upgrade"));
}

}  // namespace
}  // namespace pharos::net
