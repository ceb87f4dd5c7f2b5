#include "model/name_escaping.hpp"

#include <gtest/gtest.h>

namespace pharos {
namespace {

TEST(NameEscaping, WritesForeignNamesInTheLegacyAlphabet) {
  using enum NameEscaping;
  const auto all = [](std::string_view name) {
    return escape_name(name, underscores) + " " + escape_name(name, dots) + " " +
           escape_name(name, values);
  };
  EXPECT_EQ(all("plain_name:x"), "plain_name:x plain_name:x plain_name:x");
  EXPECT_EQ(all("http.status_code"),
            "http_status_code http_dot_status__code U__http_2e_status__code");
  EXPECT_EQ(all("1st"), "_st __st U___31_st");
  EXPECT_EQ(all("caf\xc3\xa9 \xe6\xb0\xb4"), "caf___ caf______ U__caf_e9__20__6c34_");
  EXPECT_EQ(escape_name("a.b", allow_utf8), "a.b");
}

TEST(NameEscaping, HasItsNames) {
  for (const auto e : {NameEscaping::allow_utf8, NameEscaping::underscores, NameEscaping::dots,
                       NameEscaping::values})
    EXPECT_EQ(parse_name_escaping(name(e)), e);
  EXPECT_FALSE(parse_name_escaping("Dots"));
}

}  // namespace
}  // namespace pharos
