#include "api/ui/ui_files.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "api/fake_services_test.hpp"

namespace pharos::api {
namespace {

using testing::HasSubstr;

// "const pharos = 1;\n" 40 times, and a page with a base and a title, as node's zlib packs them.
constexpr char kScript[] =
    "\x1b\xcf\x02\xf8\x8d\xd4\x62\x2d\x31\xed\xa5\x27\x4b\xf5\xa1\xca\xa6\x05\x53\x24\x37\x17\x0a"
    "\x51"
    "\x61\x84\x00\x3c\xc5\xd1\x63\x3b\x8f\x42\xc0\x1c";
constexpr char kPage[] =
    "\x1b\x4d\x00\xa8\x8d\x93\x5c\xfd\xea\x14\xb8\xc9\x52\x65\x84\x42\xcc\x36\xdb\x37\xb4\x14\xa0"
    "\x60"
    "\x03\x0e\x1c\x23\x0c\x30\x9f\x86\x0d\x38\xd1\x88\xdb\x9e\xe0\xc5\x79\x2f\x63\xac\x08\x72\xa7"
    "\x5c"
    "\x22\x7b\x59\xf8\xee\x01";
constexpr char kIcon[] = "<svg/>";

template <std::size_t N>
UiAsset asset(std::string_view path, const char (&bytes)[N], bool brotli) {
  return {path, "0123456789abcdef", brotli, bytes, bytes + N - 1};
}

struct Ui : testing::Test {
  std::vector<UiAsset> assets{asset("index.html", kPage, true),
                              asset("assets/app-B1x.js", kScript, true),
                              asset("icon.svg", kIcon, false)};
  FakeServer server;

  void start(const std::string& prefix = "", const std::string& base = "") {
    server.options.ui = assets;
    server.options.route_prefix = prefix;
    server.options.base_path = base;
    server.options.page_title = "A & B";
    server.start();
  }
  net::Response ask(const std::string& path, const std::string& accept = "",
                    const std::string& tag = "", const std::string& method = "GET") {
    net::Request request;
    request.method = method;
    request.path = request.raw_path = path;
    if (!accept.empty()) request.headers.set("Accept-Encoding", accept);
    if (!tag.empty()) request.headers.set("If-None-Match", tag);
    const auto match = server.router.find(method, path);
    return match.handler ? (*match.handler)(request) : (*server.router.fallback())(request);
  }
};

TEST_F(Ui, SendsPackedBytesAsTheyAreToWhoTakesThem) {
  start();
  const auto packed = ask("/assets/app-B1x.js", "gzip, br");
  EXPECT_EQ(packed.status, 200);
  EXPECT_EQ(packed.body, std::string(kScript, sizeof kScript - 1));
  EXPECT_EQ(packed.headers.get("Content-Encoding"), "br");
  EXPECT_EQ(packed.headers.get("Vary"), "Accept-Encoding");
  EXPECT_EQ(packed.headers.get("Content-Type"), "text/javascript; charset=utf-8");
  EXPECT_EQ(packed.headers.get("ETag"), "\"0123456789abcdef\"");
  EXPECT_THAT(std::string(packed.headers.get("Cache-Control")), HasSubstr("immutable"));
  const auto again = ask("/assets/app-B1x.js", "br", "\"0123456789abcdef\"");
  EXPECT_EQ(again.status, 304);
  EXPECT_EQ(again.body, "");
}

TEST_F(Ui, UnpacksForWhoDoesNot) {
  start();
  for (int i = 0; i < 2; ++i) {
    const auto plain = ask("/assets/app-B1x.js", "br;q=0, gzip");
    EXPECT_EQ(plain.body.size(), 40 * 18u);
    EXPECT_TRUE(plain.body.starts_with("const pharos = 1;\n"));
    EXPECT_EQ(plain.headers.get("Content-Encoding"), "");
    EXPECT_EQ(plain.headers.get("Vary"), "Accept-Encoding");
    EXPECT_NE(plain.headers.get("ETag"), "\"0123456789abcdef\"");
  }
  EXPECT_EQ(ask("/icon.svg", "br").body, "<svg/>");
  EXPECT_EQ(ask("/icon.svg", "br").headers.get("Cache-Control"), "no-cache");
}

TEST_F(Ui, AnswersPageAddressesWithTheIndexAndNothingElse) {
  start();
  for (const char* path : {"/", "/alerts", "/d/abc/some-board", "/index.html"}) {
    const auto page = ask(path);
    EXPECT_EQ(page.status, 200) << path;
    EXPECT_THAT(page.body, HasSubstr("<base href=\"/\" />"));
    EXPECT_THAT(page.body, HasSubstr("<title>A &amp; B</title>"));
    EXPECT_EQ(page.headers.get("Cache-Control"), "no-cache");
    EXPECT_THAT(std::string(page.headers.get("Content-Security-Policy")),
                HasSubstr("default-src 'self'"));
    EXPECT_EQ(ask(path, "", std::string(page.headers.get("ETag"))).status, 304);
  }
  for (const char* path :
       {"/assets/app-old.js", "/api/v1/nothing", "/api/unknown", "/-/unknown", "/debug/x"})
    EXPECT_EQ(ask(path).status, 404) << path;
  EXPECT_EQ(ask("/alerts", "", "", "POST").status, 405);
  EXPECT_EQ(ask("/alerts", "", "", "HEAD").status, 200);
}

TEST_F(Ui, BeginsLinksWithWhatTheBrowserSees) {
  start("/in", "/out\"side/");
  EXPECT_THAT(ask("/in/alerts").body, HasSubstr("<base href=\"/out&quot;side/\" />"));
  EXPECT_EQ(ask("/in/assets/app-B1x.js", "br").status, 200);
  EXPECT_EQ(ask("/alerts").status, 404);
  const auto bare = ask("/in");
  EXPECT_EQ(bare.status, 302);
  EXPECT_EQ(bare.headers.get("Location"), "/in/");
}

TEST_F(Ui, DamagedAssetsAreSaidAtTheStart) {
  assets[0].end -= 10;
  EXPECT_EQ(UiFiles::open(assets, "", "").error().code, Errc::corrupt);
  assets.erase(assets.begin());
  EXPECT_EQ(UiFiles::open(assets, "", "").error().code, Errc::not_found);
}

}  // namespace
}  // namespace pharos::api
