#include "net/url.hpp"

#include <gtest/gtest.h>

#include <string>

namespace pharos::net {
namespace {

std::string parts(std::string_view url) {
  const auto p = split_url(url);
  return std::string(p.scheme) + " " + std::string(p.user) + " " + std::string(p.host) + " " +
         std::string(p.rest);
}

TEST(Url, IsSplitWithoutLookingIntoItsParts) {
  EXPECT_EQ(parts("https://u:p@h:1/path?q#f"), "https u:p h:1 /path?q#f");
  EXPECT_EQ(parts("http://h"), "http  h ");
  EXPECT_EQ(parts("http://h?a=b@c/d"), "http  h ?a=b@c/d");
  EXPECT_EQ(parts("http://a@b@c/"), "http a@b c /");
  EXPECT_EQ(parts("h/path"), "  h /path");
  EXPECT_EQ(parts("http:"), "  http: ");
  EXPECT_EQ(parts("://"), "   ");
  EXPECT_EQ(parts(""), "   ");
  EXPECT_TRUE(split_url("https://h").is_http());
  EXPECT_FALSE(split_url("ftp://h").is_http());
}

}  // namespace
}  // namespace pharos::net
