#include "api/change_gate.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace pharos::api {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

net::Request from(std::vector<std::pair<std::string, std::string>> headers) {
  net::Request request;
  request.headers.set("Host", "pharos:9090");
  for (const auto& [name, value] : headers) request.headers.set(name, value);
  return request;
}

bool passes(Options options, std::vector<std::pair<std::string, std::string>> headers) {
  options.own_hosts.emplace_back("pharos");
  const auto gate = ChangeGate::open(options);
  EXPECT_TRUE(gate) << gate.error().message;
  return !gate->refusal(from(std::move(headers)));
}

TEST(ChangeGate, LetsClientsAndItsOwnPagesPass) {
  EXPECT_TRUE(passes({}, {}));
  EXPECT_TRUE(passes({}, {{"Origin", "http://pharos:9090"}}));
  EXPECT_TRUE(passes({.own_hosts = {"p.example"}},
                     {{"Origin", "http://p.example"}, {"X-Forwarded-Host", "p.example"}}));
  EXPECT_TRUE(
      passes({.external_url = "https://p.example/pharos"}, {{"Origin", "https://p.example"}}));
  EXPECT_TRUE(passes({.external_url = "http://p.example"},
                     {{"Origin", "http://p.example"}, {"Host", "service:9090"}}))
      << "a proxy that asks for the service by its own name";
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

// A name that its owner made to lead here: the page's origin is what the request asks for.
bool passes_as(const std::string& host, const Options& options = {}) {
  const auto gate = ChangeGate::open(options);
  EXPECT_TRUE(gate) << gate.error().message;
  EXPECT_TRUE(!gate->foreign(from({{"Host", host}}))) << "no browser: " << host;
  return !gate->foreign(from({{"Host", host}, {"Origin", "http://" + host}}));
}

TEST(ChangeGate, RefusesBrowsersUnderNamesThatAreNotItsOwn) {
  for (const char* host : {"evil.example", "evil.example:9090", "127.0.0.1.evil.example", "pharos",
                           "localhost.evil.example", "127.1", "[::1", "[evil]", "::1", ""})
    EXPECT_FALSE(passes_as(host)) << host;
  for (const char* host : {"127.0.0.1", "10.1.2.3:9090", "[::1]:9090", "[fe80::1]", "localhost",
                           "LocalHost:9090", "localhost.", "pharos.localhost:9090"})
    EXPECT_TRUE(passes_as(host)) << host;
  const auto gate = ChangeGate::open({});
  for (const char* host : {"evil.example", "127.0.0.1:9090"})
    EXPECT_TRUE(gate->foreign(from(
        {{"Host", host}, {"Origin", "http://evil.example"}, {"X-Forwarded-Host", "evil.example"}})))
        << "a page sets this header as it likes, and proxies hand it on";
}

TEST(ChangeGate, ARefusalBehindAProxyNamesBothFlags) {
  // Whether the proxy hands the name on or not, and with either flag after it.
  for (const char* host : {"pharos.example", "127.0.0.1:9090"}) {
    const auto request = from({{"Host", host}, {"Origin", "http://pharos.example"}});
    const auto why = ChangeGate::open({})->foreign(request).value_or("");
    EXPECT_THAT(why, HasSubstr("--web.external-url")) << host;
    EXPECT_THAT(why, HasSubstr("--web.allowed-hosts")) << host;
    EXPECT_TRUE(
        !ChangeGate::open({.external_url = "http://pharos.example/"})->foreign(request)) << host;
  }
  const auto request =
      from({{"Host", "127.0.0.1:9090"}, {"X-Forwarded-Host", "pharos.example"}, {"Origin", "http://pharos.example"}});
  EXPECT_TRUE(!ChangeGate::open({.own_hosts = {"pharos.example"}})->foreign(request));
}

TEST(ChangeGate, OverHttpsANameHasItsCertificate) {
  const auto gate = ChangeGate::open({});
  for (const char* host : {"pharos.example", "service:9090", "127.0.0.1:9090"}) {
    EXPECT_TRUE(!gate->foreign(from(
        {{"Host", host}, {"Origin", "https://pharos.example"}, {"Sec-Fetch-Site", "same-origin"}})))
        << host;
    // From https to http, which browsers send without that header.
    EXPECT_TRUE(gate->foreign(from({{"Host", host}, {"Origin", "https://pharos.example"}})))
        << host;
  }
}

TEST(ChangeGate, AMachineIsCalledByItsNameAlone) {
  EXPECT_THAT(names_of_machine("Box"), ElementsAre("box", "box", "box.local"));
  EXPECT_THAT(names_of_machine("box.example.com"),
              ElementsAre("box.example.com", "box", "box.local"));
  EXPECT_THAT(names_of_machine("box.local"), ElementsAre("box.local", "box", "box.local"));
  for (const char* none : {"", ".", ".box", "my box", "*"})
    EXPECT_THAT(names_of_machine(none), IsEmpty()) << none;
}

TEST(ChangeGate, KnowsTheNamesItWasGiven) {
  const Options options{.external_url = "https://p.example:8443/pharos",
                        .own_hosts = {"Box", "box.lan:9090", ".ops.example"}};
  for (const char* host : {"p.example:8443", "p.example", "box:9090", "box.lan", "BOX.lan.:80",
                           "a.ops.example", "a.b.ops.example:1"})
    EXPECT_TRUE(passes_as(host, options)) << host;
  for (const char* host : {"ops.example", "xops.example", "q.example", "box.evil.example"})
    EXPECT_FALSE(passes_as(host, options)) << host;
  const Options named{.cors_origin = "https://ops\\.example"};
  EXPECT_TRUE(!ChangeGate::open(named)->foreign(
      from({{"Host", "unknown.example"}, {"Origin", "https://ops.example"}})));
  EXPECT_TRUE(ChangeGate::open({.own_hosts = {"[fd00::1]:9090", "10.0.0.1", "a_b-c.example"}}));
  for (const char* wrong : {"", ".", ":9090", "*", "*.example.com", "a b"})
    EXPECT_FALSE(ChangeGate::open({.own_hosts = {wrong}})) << wrong;
}

TEST(ChangeGate, ReadOnlyRefusesEverybody) {
  const auto gate = ChangeGate::open({.read_only = true});
  EXPECT_FALSE(gate->foreign(from({})));
  EXPECT_TRUE(gate->refusal(from({{"Sec-Fetch-Site", "same-origin"}})));
  EXPECT_THAT(gate->refusal(from({})).value_or(""), HasSubstr("--web.read-only"));
}

}  // namespace
}  // namespace pharos::api
