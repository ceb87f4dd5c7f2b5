#include "codec/json.hpp"

#include <gtest/gtest.h>

#include <bit>
#include <charconv>
#include <cmath>
#include <limits>

#include "base/clock.hpp"

namespace pharos::codec {
namespace {

std::string sample(double v) {
  std::string out;
  put_sample_value(out, v);
  return out;
}

TEST(SampleValue, LooksAsGoWritesIt) {
  const double inf = std::numeric_limits<double>::infinity();
  EXPECT_EQ(sample(1), "1");
  EXPECT_EQ(sample(-0.0), "-0");
  EXPECT_EQ(sample(0.1), "0.1");
  EXPECT_EQ(sample(-12.05), "-12.05");
  EXPECT_EQ(sample(1435781430.781), "1435781430.781");
  EXPECT_EQ(sample(0.1 + 0.2), "0.30000000000000004");
  EXPECT_EQ(sample(1.0 / 3), "0.3333333333333333");
  EXPECT_EQ(sample(0.000001), "0.000001");
  EXPECT_EQ(sample(0.0000001), "1e-07");
  EXPECT_EQ(sample(1e20), "100000000000000000000");
  EXPECT_EQ(sample(1.2345678901234568e20), "123456789012345680000");
  EXPECT_EQ(sample(9007199254740993.0), "9007199254740992");
  EXPECT_EQ(sample(1e21), "1e+21");
  EXPECT_EQ(sample(-1.5e300), "-1.5e+300");
  EXPECT_EQ(sample(5e-324), "5e-324");
  EXPECT_EQ(sample(inf), "+Inf");
  EXPECT_EQ(sample(-inf), "-Inf");
  EXPECT_EQ(sample(std::nan("")), "NaN");
}

TEST(SampleValue, ReadsBackAsTheSameDoubleAndIsNeverLongerThanNeeded) {
  Random random(1);
  for (int i = 0; i < 100'000; ++i) {
    double v;
    if (i % 2 == 0)
      v = std::bit_cast<double>(random.next());
    else
      v = static_cast<double>(random.below(1'000'000'000)) /
          std::pow(10, static_cast<double>(random.below(9)));
    if (!std::isfinite(v)) continue;
    const auto text = sample(v);
    double back = 0;
    ASSERT_EQ(std::from_chars(text.data(), text.data() + text.size(), back).ptr,
              text.data() + text.size());
    ASSERT_EQ(std::bit_cast<std::uint64_t>(back), std::bit_cast<std::uint64_t>(v)) << text;
    if (std::abs(v) >= 1e-6 && std::abs(v) < 1e15) {
      char shortest[64];
      const auto end =
          std::to_chars(shortest, shortest + sizeof shortest, v, std::chars_format::fixed).ptr;
      ASSERT_EQ(text, std::string(shortest, end));
    }
  }
}

TEST(JsonWriter, PutsCommasAndEscapes) {
  std::string out;
  JsonWriter writer(out);
  writer.begin_object()
      .key("a")
      .value(1)
      .key("b")
      .begin_array()
      .value("x\"\\\n\x01é\xff")
      .value(true)
      .null()
      .value(0.5);
  writer.begin_object()
      .end_object()
      .end_array()
      .key("t")
      .unix_seconds(1435781430078)
      .key("u")
      .unix_seconds(-1500);
  writer.key("v").sample_value(2).key("n").value(std::nan("")).end_object();
  EXPECT_EQ(out,
            "{\"a\":1,\"b\":[\"x\\\"\\\\\\n\\u0001é\xef\xbf\xbd\",true,null,0.5,{}],"
            "\"t\":1435781430.078,\"u\":-1.500,\"v\":\"2\",\"n\":null}");
}

TEST(JsonWriter, EscapesEachByteAtEveryPlaceOfAText) {
  for (std::size_t size = 1; size <= 20; ++size)
    for (std::size_t place = 0; place < size; ++place)
      for (int c = 0; c < 256; ++c) {
        std::string text(size, 'a');
        text[place] = static_cast<char>(c);
        std::string out;
        put_json_string(out, text);
        const bool plain = c >= 0x20 && c < 0x80 && c != '"' && c != '\\';
        ASSERT_EQ(out == '"' + text + '"', plain) << size << ' ' << place << ' ' << c;
        const auto back = Json::parse(out);
        ASSERT_TRUE(back) << out;
        if (c < 0x80) {
          ASSERT_EQ(back->string(), text);
        }
      }
}

TEST(Json, ReadsEveryKind) {
  const auto json = Json::parse(
      R"( {"a": [1, -2.5, true, null, "x\u00e9\ud83d\ude00\n"], "b": {}, "big": 18446744073709551615} )");
  ASSERT_TRUE(json) << json.error().message;
  const auto& items = (*json)["a"].items();
  ASSERT_EQ(items.size(), 5u);
  EXPECT_EQ(items[0].integer(), 1);
  EXPECT_EQ(items[1].real(), -2.5);
  EXPECT_TRUE(items[2].boolean());
  EXPECT_TRUE(items[3].is_null());
  EXPECT_EQ(items[4].string(), "xé😀\n");
  EXPECT_EQ((*json)["b"].kind(), Json::Kind::object);
  EXPECT_EQ((*json)["big"].real(), 18446744073709551615.0);
  EXPECT_TRUE((*json)["none"].is_null());
  EXPECT_TRUE(std::signbit(Json::parse("-0")->real()));
}

TEST(Json, KnowsWhereItsValuesBegin) {
  const std::string_view text = "{\"a\": [1,\n \"x\"]}";
  const auto json = Json::parse(text);
  ASSERT_TRUE(json);
  EXPECT_EQ(json->offset(), 0U);
  EXPECT_EQ((*json)["a"].offset(), 6U);
  const auto place = text_place(text, (*json)["a"].items()[1].offset());
  EXPECT_EQ(place.line, 2U);
  EXPECT_EQ(place.column, 2U);
  EXPECT_EQ(text_place("é\"", 2).column, 2U);  // characters, not bytes
  std::size_t stopped_at = 0;
  EXPECT_FALSE(Json::parse("[1,]", &stopped_at));
  EXPECT_EQ(stopped_at, 3U);
}

TEST(Json, SaysWhereItIsWrong) {
  const auto error = [](std::string_view text) {
    const auto json = Json::parse(text);
    return json ? std::string() : json.error().message;
  };
  EXPECT_EQ(error(""), "JSON: byte 0: expected a value, found the end");
  EXPECT_EQ(error("{\"a\" 1}"), "JSON: byte 5: expected ':', found \"1\"");
  EXPECT_EQ(error("[1,]"), "JSON: byte 3: expected a value, found \"]\"");
  EXPECT_EQ(error("1 2"), "JSON: byte 2: data after the value: \"2\"");
  for (const auto* bad :
       {"{", "[", "\"", "\"\\x\"", "\"\\u12\"", "\"\\ud800\"", "01", "1.", "-", "+1", "nul", "tru",
        "{1:2}", "\"\x01\"", "\"\xff\"", "1e999", "NaN", "[1 2]"})
    EXPECT_NE(error(bad), "") << bad;
  EXPECT_EQ(error(std::string(100, '[') + std::string(100, ']')), "");
  EXPECT_NE(error(std::string(100'000, '[')), "");
}

}  // namespace
}  // namespace pharos::codec
