#include "api/change_gate.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace pharos::api {
namespace {

using testing::HasSubstr;

net::Request from(std::vector<std::pair<std::string, std::string>> headers) {
  net::Request request;
  request.headers.set("Host", "pharos:9090");
  for (const auto& [name, value] : headers) request.headers.set(name, value);
  return request;
}

bool passes(const Options& options, std::vector<std::pair<std::string, std::string>> headers) {
  const auto gate = ChangeGate::open(options);
  EXPECT_TRUE(gate) << gate.error().message;
  return !gate->refusal(from(std::move(headers)));
}

TEST(ChangeGate, LetsClientsAndItsOwnPagesPass) {
  EXPECT_TRUE(passes({}, {}));
  EXPECT_TRUE(passes({}, {{"Origin", "http://pharos:9090"}}));
  EXPECT_TRUE(passes({}, {{"Origin", "https://p.example"}, {"X-Forwarded-Host", "p.example"}}));
  EXPECT_TRUE(
      passes({.external_url = "https://p.example/pharos"}, {{"Origin", "https://p.example"}}));
  EXPECT_TRUE(passes({}, {{"Origin", "https://p.example"}, {"Sec-Fetch-Site", "same-origin"}}));
}

TEST(ChangeGate, RefusesPagesOfOtherOrigins) {
  EXPECT_FALSE(passes({}, {{"Origin", "http://evil.example"}}));
  EXPECT_FALSE(passes({}, {{"Origin", "http://pharos:9091"}}));
  EXPECT_FALSE(passes({}, {{"Origin", "null"}}));
  EXPECT_FALSE(passes({}, {{"Sec-Fetch-Site", "cross-site"}}));
  EXPECT_FALSE(passes({.external_url = "https://p.example"}, {{"Origin", "https://q.example"}}));
}

TEST(ChangeGate, ANamedOriginMayChange) {
  const Options options{.cors_origin = "https://ops\\.example"};
  EXPECT_TRUE(passes(options, {{"Origin", "https://ops.example"}}));
  EXPECT_FALSE(passes(options, {{"Origin", "https://xops.example"}}));
}

TEST(ChangeGate, ReadOnlyRefusesEverybody) {
  const auto gate = ChangeGate::open({.read_only = true});
  EXPECT_FALSE(gate->foreign(from({})));
  EXPECT_TRUE(gate->refusal(from({{"Sec-Fetch-Site", "same-origin"}})));
  EXPECT_THAT(gate->refusal(from({})).value_or(""), HasSubstr("--web.read-only"));
}

}  // namespace
}  // namespace pharos::api
