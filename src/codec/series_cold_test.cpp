#include "codec/series_cold.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>

#include "codec/prefix_code.hpp"
#include "codec/series_samples.hpp"

namespace pharos::codec {
namespace {

std::vector<double> decode_all(std::string_view head, std::string_view body, std::size_t n,
                               const std::string& what) {
  ColdValues values;
  EXPECT_TRUE(values.open(head, body, n)) << what;
  std::vector<double> out;
  std::array<double, kGranuleSamples> granule;
  for (std::size_t g = 0; g < values.granules(); ++g) {
    EXPECT_TRUE(values.decode(g, granule)) << what;
    out.insert(out.end(), granule.begin(),
               granule.begin() + static_cast<std::ptrdiff_t>(granule_length(n, g)));
  }
  // All at once are the same bits, from wherever one begins.
  for (const std::size_t from : {std::size_t{0}, values.granules() / 2}) {
    const auto count = values.granules() - from;
    std::vector<double> many(count * kGranuleSamples);
    EXPECT_TRUE(values.decode(from, count, many.data())) << what;
    const auto begin = from * kGranuleSamples;
    EXPECT_EQ(std::memcmp(many.data(), out.data() + begin, (n - begin) * 8), 0) << what;
    EXPECT_FALSE(values.decode(from, count + 1, many.data()));
  }
  return out;
}

TEST(SeriesCold, EveryDoubleComesBackBitForBit) {
  for (const std::size_t n : {1, 2, 3, 5, 127, 128, 129, 256, 257, 843, 5760, 16'384})
    for (const auto& [name, column] : adversarial_columns(n, n)) {
      std::string head, body;
      put_cold_values(column, head, body);
      const auto got = decode_all(head, body, n, name);
      ASSERT_EQ(got.size(), n);
      ASSERT_EQ(std::memcmp(got.data(), column.data(), n * 8), 0) << name << " of " << n;
      EXPECT_LE(head.size() + body.size(), n * 8 + 12) << name << " of " << n;
    }
}

TEST(SeriesCold, AGranuleDecodesAlone) {
  for (const auto& [name, column] : adversarial_columns(1000)) {
    std::string head, body;
    put_cold_values(column, head, body);
    ColdValues values;
    ASSERT_TRUE(values.open(head, body, 1000));
    std::array<double, kGranuleSamples> granule;
    for (std::size_t g = values.granules(); g-- > 0;) {
      ASSERT_TRUE(values.decode(g, granule));
      EXPECT_EQ(std::memcmp(granule.data(), column.data() + g * kGranuleSamples,
                            granule_length(1000, g) * 8),
                0)
          << name;
    }
    EXPECT_FALSE(values.decode(values.granules(), granule));
  }
}

TEST(SeriesCold, BoundsAndRisingAreTrue) {
  for (const auto& [name, column] : adversarial_columns(2000)) {
    std::string head, body;
    put_cold_values(column, head, body);
    ColdValues values;
    ASSERT_TRUE(values.open(head, body, 2000));
    if (values.rising()) {
      EXPECT_TRUE(std::is_sorted(column.begin(), column.end())) << name;
    }
    if (values.granules() > 2) {
      EXPECT_TRUE(values.constant() || !values.bounds(0, 1)) << name;
    }
    ASSERT_TRUE(values.open_bounds()) << name;
    for (std::size_t k = 0; k < 4 * values.granules(); ++k) {
      const auto g = k / 4, last = std::min(g + k % 4, values.granules() - 1);
      const auto bounds = values.bounds(g, last + 1);
      if (!bounds) continue;
      const auto begin = column.begin() + static_cast<std::ptrdiff_t>(g * kGranuleSamples),
                 end = column.begin() + static_cast<std::ptrdiff_t>(last * kGranuleSamples +
                                                                    granule_length(2000, last));
      EXPECT_EQ(bounds->min, *std::min_element(begin, end)) << name;
      EXPECT_EQ(bounds->max, *std::max_element(begin, end)) << name;
      EXPECT_TRUE(std::none_of(begin, end, [](double v) { return std::isnan(v); })) << name;
    }
  }
}

TEST(SeriesCold, ColumnsThatMoveAlikeHaveEqualBodies) {
  Random random(2);
  std::vector<double> a, b, c;
  for (int i = 0; i < 1000; ++i) {
    a.push_back(static_cast<double>(random.below(1000)));
    b.push_back(a.back() + 77);
    c.push_back(a.back() / 100);
  }
  std::string heads[3], bodies[3];
  put_cold_values(a, heads[0], bodies[0]);
  put_cold_values(b, heads[1], bodies[1]);
  put_cold_values(c, heads[2], bodies[2]);
  EXPECT_EQ(bodies[0], bodies[1]);
  EXPECT_EQ(bodies[0], bodies[2]);
  EXPECT_NE(heads[0], heads[1]);
}

TEST(SeriesCold, SizesStayNearTheEntropy) {
  const auto per_sample = [](const std::string& wanted) {
    for (const auto& [name, column] : adversarial_columns(5760))
      if (name == wanted) {
        std::string head, body;
        put_cold_values(column, head, body);
        return static_cast<double>(head.size() + body.size()) / 5760;
      }
    return 99.0;
  };
  EXPECT_LT(per_sample("constant") * 5760, 4);
  EXPECT_LT(per_sample("regular counter"), 0.05);
  EXPECT_LT(per_sample("counter"), 9.0 / 8 + 0.07);          // log2(500) bits
  EXPECT_LT(per_sample("sparse counter"), 0.29 / 8 + 0.05);  // H(1/20)
  EXPECT_LT(per_sample("pages"), 7.7 / 8 + 0.08);
  EXPECT_LT(per_sample("full mantissa"), 6.75);
}

TEST(SeriesCold, DamagedBytesGiveAnErrorOrValuesButNothingElse) {
  Random random(77);
  for (const auto& [name, column] : adversarial_columns(700)) {
    std::string head, body;
    put_cold_values(column, head, body);
    ColdValues values;
    std::array<double, kGranuleSamples> granule;
    for (int round = 0; round < 300; ++round) {
      auto h = head, b = body;
      auto& victim = !b.empty() && random.below(3) != 0 ? b : h;
      victim[random.below(std::min<std::uint64_t>(victim.size(), 64))] =
          static_cast<char>(random.next());
      if (random.below(4) == 0) b.resize(random.below(b.size() + 1));
      if (!values.open(h, b, 700)) continue;
      for (std::size_t g = 0; g < values.granules(); ++g)
        (void)values.decode(g, granule), (void)values.bounds(g, g + 1);
      if (values.open_bounds()) (void)values.bounds(0, values.granules());
      std::vector<double> many(values.granules() * kGranuleSamples);
      (void)values.decode(0, values.granules(), many.data());
    }
  }
}

TEST(SeriesCold, TimesComeBackWhateverTheirRhythm) {
  Random random(12);
  for (const std::size_t n : {1, 2, 128, 129, 5000}) {
    std::vector<std::int64_t> regular, jittered, bursts, extremes;
    for (std::size_t i = 0; i < n; ++i) {
      const auto k = static_cast<std::int64_t>(i);
      regular.push_back(1'700'000'000'000 + k * 15'000);
      jittered.push_back(regular.back() + static_cast<std::int64_t>(random.below(300)));
      bursts.push_back((bursts.empty() ? 0 : bursts.back()) + 1 +
                       static_cast<std::int64_t>(random.below(2) ? random.below(1u << 30) : 0));
      extremes.push_back(std::numeric_limits<std::int64_t>::min() + k * 1'000'000'007'000);
    }
    for (const auto& times : {regular, jittered, bursts, extremes}) {
      std::string bytes;
      put_cold_times(bytes, times);
      ColdTimes in;
      ASSERT_TRUE(in.open(bytes, n));
      std::array<std::int64_t, kGranuleSamples> granule;
      for (std::size_t g = 0; g < in.granules(); ++g) {
        ASSERT_TRUE(in.decode(g, granule));
        EXPECT_EQ(in.first_of(g), times[g * kGranuleSamples]);
        EXPECT_TRUE(std::equal(granule.begin(),
                               granule.begin() + static_cast<std::ptrdiff_t>(granule_length(n, g)),
                               times.begin() + static_cast<std::ptrdiff_t>(g * kGranuleSamples)));
      }
    }
  }
}

TEST(PrefixCode, LengthsAreCompleteLimitedAndComeBack) {
  Random random(6);
  for (int round = 0; round < 300; ++round) {
    std::vector<std::uint32_t> counts(1 + random.below(900));
    for (auto& c : counts)
      c = random.below(3)
              ? 0
              : static_cast<std::uint32_t>(1 + (random.next() >> (34 + random.below(30))));
    counts[random.below(counts.size())] += 1;
    std::vector<std::uint8_t> lengths, back;
    make_code_lengths(counts, lengths);
    std::uint32_t kraft = 0, used = 0;
    for (std::size_t s = 0; s < counts.size(); ++s) {
      ASSERT_EQ(counts[s] != 0, lengths[s] != 0);
      ASSERT_LE(lengths[s], kPrefixBitsMax);
      if (lengths[s] != 0) kraft += 1u << (kPrefixBitsMax - lengths[s]), ++used;
    }
    ASSERT_EQ(kraft, used == 1 ? 1u << (kPrefixBitsMax - 1) : 1u << kPrefixBitsMax);
    std::string bytes;
    put_code_lengths(bytes, lengths);
    Cursor in(bytes);
    ASSERT_TRUE(get_code_lengths(in, 1024, back));
    EXPECT_EQ(back, lengths);
  }
}

}  // namespace
}  // namespace pharos::codec
