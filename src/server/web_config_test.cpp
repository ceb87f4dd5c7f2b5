#include "server/web_config.hpp"

#include <gtest/gtest.h>

namespace pharos::server {
namespace {

// bcrypt of "test", cost 4.
constexpr const char* kHash = "$2b$04$6ANsSnQZdyiJ6fTIYjHN4O6gtFOZxtN9J3WSpkLDZLr7ZSmLIjmoG";

net::Request with(const std::string& authorization) {
  net::Request request;
  if (!authorization.empty()) request.headers.set("Authorization", authorization);
  return request;
}

TEST(BasicAuthGate, LetsEverythingThroughWithoutUsers) {
  BasicAuthGate gate;
  EXPECT_FALSE(gate(with("")));
}

TEST(BasicAuthGate, AsksForCredentials) {
  BasicAuthGate gate;
  gate.set_users({{"u", kHash}});
  for (const char* header : {"", "Basic", "Basic !!", "Basic dTo=", "Bearer x", "Basic bm9ib2R5OnRlc3Q="}) {
    const auto answer = gate(with(header));
    ASSERT_TRUE(answer) << header;
    EXPECT_EQ(answer->status, 401);
    EXPECT_EQ(answer->headers.get("WWW-Authenticate"), "Basic");
  }
}

TEST(Bcrypt, ChecksAHashItMade) {
  EXPECT_FALSE(bcrypt_matches("wrong", kHash));
  EXPECT_FALSE(bcrypt_matches("x", "not a hash"));
}

}  // namespace
}  // namespace pharos::server
