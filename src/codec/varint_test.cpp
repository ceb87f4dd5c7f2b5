#include "codec/varint.hpp"

#include <gtest/gtest.h>

#include "codec/protobuf.hpp"

namespace pharos::codec {
namespace {

TEST(Varint, RoundTripsEveryWidth) {
  for (int shift = 0; shift < 64; ++shift)
    for (const auto v :
         {(std::uint64_t{1} << shift) - 1, std::uint64_t{1} << shift, ~std::uint64_t{0} >> shift}) {
      std::string out;
      put_varint(out, v);
      put_signed(out, static_cast<std::int64_t>(v));
      Cursor in(out);
      EXPECT_EQ(in.varint(), v);
      EXPECT_EQ(in.signed_varint(), static_cast<std::int64_t>(v));
      EXPECT_TRUE(in.ok() && in.at_end());
    }
}

TEST(Varint, RefusesShortAndOverlongInput) {
  for (const std::string& bad :
       {std::string("\x80"), std::string(10, '\x80') + "\x01", std::string(9, '\xff') + "\x02"}) {
    Cursor in(bad);
    EXPECT_EQ(in.varint(), 0u);
    EXPECT_FALSE(in.ok());
    EXPECT_EQ(in.fixed<std::uint64_t>(), 0u);
  }
  Cursor in(
      "\x05"
      "abc");
  EXPECT_EQ(in.string(), "");
  EXPECT_FALSE(in.ok());
}

TEST(Protobuf, ReadsWhatItWrites) {
  std::string out;
  ProtoWriter writer(out);
  writer.varint(1, 150);
  writer.sint64(2, -3);
  writer.real(3, 2.5);
  writer.bytes(4, "text");
  writer.message(5, [](ProtoWriter& inner) { inner.varint(1, 7); });
  writer.fixed64(6, 9);
  int seen = 0;
  ProtoReader in(out);
  while (in.next()) {
    ++seen;
    switch (in.field()) {
      case 1: EXPECT_EQ(in.varint(), 150u); break;
      case 2: EXPECT_EQ(in.sint64(), -3); break;
      case 3: EXPECT_EQ(in.real(), 2.5); break;
      case 5: {
        ProtoReader inner(in.bytes());
        ASSERT_TRUE(inner.next());
        EXPECT_EQ(inner.varint(), 7u);
        break;
      }
      default: break;  // skipped
    }
  }
  EXPECT_TRUE(in.ok());
  EXPECT_EQ(seen, 6);
}

TEST(Protobuf, WrongWireTypeOrTruncationIsMalformed) {
  std::string out;
  ProtoWriter(out).bytes(1, "text");
  ProtoReader wrong(out);
  ASSERT_TRUE(wrong.next());
  EXPECT_EQ(wrong.varint(), 0u);
  EXPECT_FALSE(wrong.next());
  EXPECT_FALSE(wrong.ok());
  for (std::size_t n = 1; n < out.size(); ++n) {
    ProtoReader in(std::string_view(out).substr(0, n));
    while (in.next()) in.bytes();
    EXPECT_FALSE(in.ok());
  }
}

TEST(Protobuf, RepeatedScalarsArePackedOrNot) {
  std::string packed, out;
  for (const int v : {1, 300}) put_varint(packed, static_cast<std::uint64_t>(v));
  ProtoWriter writer(out);
  writer.bytes(1, packed);
  writer.varint(1, 5);
  std::vector<std::uint64_t> values;
  for (ProtoReader in(out); in.next();)
    in.each_varint([&](std::uint64_t v) { values.push_back(v); });
  EXPECT_EQ(values, (std::vector<std::uint64_t>{1, 300, 5}));
}

}  // namespace
}  // namespace pharos::codec
