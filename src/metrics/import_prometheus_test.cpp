#include "metrics/import_prometheus.hpp"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <map>

#include "base/clock.hpp"
#include "base/sim_disk.hpp"
#include "codec/checksum.hpp"
#include "codec/varint.hpp"
#include "metrics/import_chunk.hpp"

namespace pharos::metrics {
namespace {

// Writes what Prometheus writes, the plainest way.
class BitWriter {
 public:
  void put(std::uint64_t v, int count) {
    while (count-- > 0) {
      if (bit_ == 0) out_.push_back('\0');
      out_.back() = static_cast<char>(out_.back() | ((v >> count & 1) << (7 - bit_)));
      bit_ = (bit_ + 1) % 8;
    }
  }
  void uvarint(std::uint64_t v) {
    for (; v >= 0x80; v >>= 7) put((v & 0x7f) | 0x80, 8);
    put(v, 8);
  }
  void varbit(std::int64_t v) {
    constexpr int kWidths[] = {3, 6, 9, 12, 18, 25, 56};
    if (v == 0) return put(0, 1);
    for (int i = 0; i < 7; ++i)
      if (v >= -(std::int64_t{1} << (kWidths[i] - 1)) + 1 && v <= std::int64_t{1}
                                                                      << (kWidths[i] - 1))
        return put((1u << (i + 2)) - 2, i + 2), put(static_cast<std::uint64_t>(v), kWidths[i]);
    put(0xff, 8), put(static_cast<std::uint64_t>(v), 64);
  }
  void uvarbit(std::uint64_t v) {
    constexpr int kWidths[] = {3, 6, 9, 12, 18, 25, 56};
    if (v == 0) return put(0, 1);
    for (int i = 0; i < 7; ++i)
      if (v >> kWidths[i] == 0) return put((1u << (i + 2)) - 2, i + 2), put(v, kWidths[i]);
    put(0xff, 8), put(v, 64);
  }
  void real(double v) { put(std::bit_cast<std::uint64_t>(v), 64); }
  void xor_real(double v, double previous) {
    const auto x = std::bit_cast<std::uint64_t>(v) ^ std::bit_cast<std::uint64_t>(previous);
    if (x == 0) return put(0, 1);
    const int leading = std::min(31, std::countl_zero(x)), trailing = std::countr_zero(x),
              width = 64 - leading - trailing;
    put(3, 2), put(static_cast<std::uint64_t>(leading), 5),
        put(static_cast<std::uint64_t>(width & 63), 6), put(x >> trailing, width);
  }
  std::string take() { return std::move(out_); }

 private:
  std::string out_;
  int bit_ = 0;
};

std::string count_of(std::size_t n) {
  return {static_cast<char>(n >> 8), static_cast<char>(n)};
}

std::string xor_chunk(const SampleColumn& c) {
  BitWriter w;
  for (std::size_t i = 0; i < c.size(); ++i) {
    const auto step = i > 0 ? c.t_ms[i] - c.t_ms[i - 1] : 0;
    if (i == 0)
      w.uvarint(codec::zigzag(c.t_ms[0])), w.real(c.value[0]);
    else if (i == 1)
      w.uvarint(static_cast<std::uint64_t>(step));
    else {
      const auto dod = step - (c.t_ms[i - 1] - c.t_ms[i - 2]);
      const auto fits = [&](int n) {
        return dod >= -(std::int64_t{1} << (n - 1)) + 1 && dod <= std::int64_t{1} << (n - 1);
      };
      if (dod == 0)
        w.put(0, 1);
      else if (fits(14))
        w.put(2, 2), w.put(static_cast<std::uint64_t>(dod), 14);
      else if (fits(17))
        w.put(6, 3), w.put(static_cast<std::uint64_t>(dod), 17);
      else if (fits(20))
        w.put(14, 4), w.put(static_cast<std::uint64_t>(dod), 20);
      else
        w.put(15, 4), w.put(static_cast<std::uint64_t>(dod), 64);
    }
    if (i > 0) w.xor_real(c.value[i], c.value[i - 1]);
  }
  return count_of(c.size()) + w.take();
}

template <class Integer>
std::string big(Integer v) {
  std::string out;
  for (int shift = 8 * static_cast<int>(sizeof v) - 8; shift >= 0; shift -= 8)
    out.push_back(static_cast<char>(v >> shift));
  return out;
}
std::string table(const std::string& content) {
  return big<std::uint32_t>(static_cast<std::uint32_t>(content.size())) + content +
         big(codec::crc32c(content));
}

struct Series {
  Labels labels;
  std::vector<std::pair<std::uint8_t, std::string>> chunks;
};

void write_block(SimDisk& disk, const std::string& folder, int version,
                 const std::vector<Series>& all, const std::string& tombstones = "") {
  ASSERT_TRUE(disk.make_dirs(folder + "/chunks"));
  const auto put = [&](const std::string& name, const std::string& bytes) {
    ASSERT_TRUE(disk.replace(folder + "/" + name, as_bytes(bytes)));
  };
  put("meta.json",
      R"({"ulid":"01TEST","minTime":1000,"maxTime":9000,"stats":{"numSamples":9,"numSeries":2,"numChunks":3},"version":1})");
  std::string chunks = big<std::uint32_t>(0x85bd40dd) + std::string("\1\0\0\0", 4);
  std::string index = big<std::uint32_t>(0xbaaad700) + static_cast<char>(version);
  std::map<std::string, std::uint64_t> symbols;
  for (const auto& s : all)
    for (const auto label : s.labels)
      symbols[std::string(label.name)], symbols[std::string(label.value)];
  std::string symbol_table = big<std::uint32_t>(static_cast<std::uint32_t>(symbols.size()));
  std::uint64_t number = 0;
  for (auto& [text, reference] : symbols) {
    reference = version == 1 ? index.size() + 4 + symbol_table.size() : number++;
    codec::put_string(symbol_table, text);
  }
  const auto symbols_at = index.size();
  index += table(symbol_table);
  std::string list = big<std::uint32_t>(static_cast<std::uint32_t>(all.size()));
  for (const auto& s : all) {
    std::string entry;
    codec::put_varint(entry, s.labels.size());
    for (const auto label : s.labels)
      codec::put_varint(entry, symbols[std::string(label.name)]),
          codec::put_varint(entry, symbols[std::string(label.value)]);
    codec::put_varint(entry, s.chunks.size());
    std::int64_t last = 0;
    for (std::size_t i = 0; i < s.chunks.size(); ++i) {
      const auto reference = static_cast<std::int64_t>(chunks.size());
      if (i == 0)
        codec::put_signed(entry, 1000), codec::put_varint(entry, 5),
            codec::put_varint(entry, static_cast<std::uint64_t>(reference));
      else
        codec::put_varint(entry, 5), codec::put_varint(entry, 5),
            codec::put_signed(entry, reference - last);
      last = reference;
      const auto checked = static_cast<char>(s.chunks[i].first) + s.chunks[i].second;
      codec::put_varint(chunks, s.chunks[i].second.size());
      chunks += checked + big(codec::crc32c(checked));
    }
    while (version == 2 && index.size() % 16 != 0) index.push_back('\0');
    list += big<std::uint32_t>(
        static_cast<std::uint32_t>(version == 2 ? index.size() / 16 : index.size()));
    codec::put_string(index, entry);
    index += big(codec::crc32c(entry));
  }
  const auto list_at = index.size();
  index += table(list);
  std::string postings = big<std::uint32_t>(1);
  codec::put_varint(postings, 2), codec::put_string(postings, ""), codec::put_string(postings, ""),
      codec::put_varint(postings, list_at);
  const auto postings_at = index.size();
  index += table(postings);
  std::string toc = big<std::uint64_t>(symbols_at);
  for (int i = 0; i < 4; ++i) toc += big<std::uint64_t>(0);
  toc += big<std::uint64_t>(postings_at);
  index += toc + big(codec::crc32c(toc));
  put("index", index);
  put("chunks/000001", chunks);
  if (!tombstones.empty())
    put("tombstones",
        big<std::uint32_t>(0x0130ba30) + "\1" + tombstones + big(codec::crc32c(tombstones)));
}

SampleColumn column(std::vector<UnixMillis> t, std::vector<double> v) {
  SampleColumn out;
  out.t_ms = std::move(t), out.value = std::move(v);
  return out;
}

using Read = std::map<std::string, SampleColumn>;
Read read_block(Disk& disk, const std::string& folder, std::vector<std::string>& damage) {
  Read out;
  auto block = PrometheusBlock::open(disk, folder);
  EXPECT_TRUE(block) << block.error().message;
  if (!block) return out;
  EXPECT_EQ((*block)->meta().ulid, "01TEST");
  EXPECT_TRUE((*block)->each_series(
      [&](const Labels& labels, const SampleColumn& samples) -> Status {
        out[labels.to_metric_string()] = samples;
        return {};
      },
      damage));
  return out;
}

const auto kFirst = column({1000, 2000, 3001, 20'000, 120'000, 1'200'000},
                           {1, 1, 2.5, -0.0, std::numeric_limits<double>::infinity(), 1e-310});
const auto kSecond = column({1'300'000, 1'300'001}, {stale_nan(), 7});

TEST(ImportPrometheus, BlocksOfBothIndexVersionsAreRead) {
  for (const int version : {1, 2}) {
    SimDisk disk;
    write_block(disk, "data/01A", version,
                {{Labels{{"__name__", "up"}, {"job", "a"}},
                  {{1, xor_chunk(kFirst)}, {1, xor_chunk(kSecond)}}},
                 {Labels{{"__name__", "up"}, {"job", "b"}}, {{1, xor_chunk(column({5}, {0.1}))}}}});
    EXPECT_EQ(*prometheus_blocks(disk, "data"), std::vector<std::string>{"data/01A"});
    std::vector<std::string> damage;
    const auto got = read_block(disk, "data/01A", damage);
    EXPECT_TRUE(damage.empty());
    ASSERT_EQ(got.size(), 2u);
    auto expected = kFirst;
    expected.t_ms.insert(expected.t_ms.end(), kSecond.t_ms.begin(), kSecond.t_ms.end());
    expected.value.insert(expected.value.end(), kSecond.value.begin(), kSecond.value.end());
    const auto& a = got.at("up{job=\"a\"}");
    EXPECT_EQ(a.t_ms, expected.t_ms);
    for (std::size_t i = 0; i < expected.size(); ++i)
      EXPECT_EQ(std::bit_cast<std::uint64_t>(a.value[i]),
                std::bit_cast<std::uint64_t>(expected.value[i]))
          << i;
    EXPECT_EQ(got.at("up{job=\"b\"}").value, std::vector<double>{0.1});
  }
}

TEST(ImportPrometheus, TombstonesHideWhatWasDeleted) {
  SimDisk disk;
  const std::vector<Series> series = {{Labels{{"__name__", "up"}}, {{1, xor_chunk(kFirst)}}}};
  write_block(disk, "b", 1, series);
  auto index = *disk.read("b/index");
  // The reference of the only series is the last word of the list of all series.
  std::uint32_t reference = 0;
  for (std::uint32_t at = 0; at + 4 < index.size(); ++at)
    if (index.substr(at, 8) == big<std::uint32_t>(8) + big<std::uint32_t>(1)) {
      reference = __builtin_bswap32(
          codec::Cursor(std::string_view(index).substr(at + 8)).fixed<std::uint32_t>());
      break;
    }
  std::string tombstones;
  codec::put_varint(tombstones, reference), codec::put_signed(tombstones, 2000),
      codec::put_signed(tombstones, 20'000);
  write_block(disk, "b", 1, series, tombstones);
  std::vector<std::string> damage;
  EXPECT_EQ(read_block(disk, "b", damage).at("up").t_ms,
            (std::vector<UnixMillis>{1000, 120'000, 1'200'000}));
}

TEST(ImportPrometheus, ADamagedChunkIsNamedAndOtherSeriesAreRead) {
  SimDisk disk;
  write_block(disk, "b", 2,
              {{Labels{{"__name__", "up"}, {"job", "a"}}, {{1, xor_chunk(kFirst)}}},
               {Labels{{"__name__", "up"}, {"job", "b"}}, {{1, xor_chunk(kSecond)}}}});
  ASSERT_TRUE(disk.flip_bit("b/chunks/000001", 20));
  std::vector<std::string> damage;
  EXPECT_EQ(read_block(disk, "b", damage).size(), 1u);
  ASSERT_EQ(damage.size(), 1u);
  EXPECT_NE(damage[0].find("checksum"), std::string::npos);
  ASSERT_TRUE(disk.flip_bit("b/index", 8));
  EXPECT_FALSE(PrometheusBlock::open(disk, "b"));
}

TEST(ImportPrometheus, IntegerHistogramsAreRead) {
  BitWriter w;
  w.put(116, 8), w.varbit(3);  // 2^-128, schema
  w.uvarbit(2), w.uvarbit(2), w.varbit(0), w.uvarbit(1), w.varbit(5);
  w.uvarbit(1), w.uvarbit(1), w.varbit(-2);
  w.varbit(1'700'000'000'000), w.uvarbit(10), w.uvarbit(1), w.real(12.5);
  w.varbit(4), w.varbit(-1), w.varbit(2), w.varbit(3);  // 4 3 5 | 3
  w.varbit(15'000), w.varbit(7), w.varbit(1), w.xor_real(13.5, 12.5);
  w.varbit(1), w.varbit(0), w.varbit(2), w.varbit(1);  // deltas 5 -1 4 | 4
  w.varbit(0), w.varbit(-7), w.varbit(-1), w.xor_real(13.5, 13.5);
  w.varbit(-1), w.varbit(0), w.varbit(-2), w.varbit(-1);  // nothing moved
  w.varbit(0), w.varbit(0), w.varbit(0), w.xor_real(stale_nan(), 13.5);
  SampleColumn out;
  ASSERT_TRUE(decode_prometheus_chunk(2, count_of(4) + '\x80' + w.take(), out));
  EXPECT_EQ(out.t_ms, (std::vector<UnixMillis>{1'700'000'000'000, 1'700'000'015'000,
                                               1'700'000'030'000, 1'700'000'045'000}));
  const auto& h = *out.histograms[1];
  EXPECT_TRUE(h.integer);
  EXPECT_EQ(h.zero_threshold, std::ldexp(1, -128));
  EXPECT_EQ(h.count, 17);
  EXPECT_EQ(h.zero_count, 2);
  EXPECT_EQ(h.sum, 13.5);
  EXPECT_EQ(out.histograms[0]->positive, (std::vector<double>{4, 3, 5}));
  EXPECT_EQ(h.positive, (std::vector<double>{5, 4, 8}));
  EXPECT_EQ(h.negative, (std::vector<double>{4}));
  EXPECT_EQ(h.positive_spans, (std::vector<Span>{{0, 2}, {5, 1}}));
  EXPECT_EQ(out.histograms[0]->reset_hint, ResetHint::reset);
  EXPECT_EQ(h.reset_hint, ResetHint::not_reset);
  EXPECT_EQ(out.histograms[2]->positive, h.positive);
  EXPECT_TRUE(is_stale(*out.histograms[3]));
  EXPECT_TRUE(out.histograms[3]->positive.empty());
}

TEST(ImportPrometheus, FloatHistogramsWithCustomBucketsAreRead) {
  BitWriter w;
  w.put(0, 8), w.varbit(kCustomBucketsSchema);
  w.uvarbit(1), w.uvarbit(3), w.varbit(0), w.uvarbit(0);
  w.uvarbit(2), w.uvarbit(251), w.uvarbit(0),
      w.real(0.12345);  // 0.25 in thousandths, and one as it is
  w.varbit(1000), w.real(4.5), w.real(0), w.real(1), w.real(0.5), w.real(1.5), w.real(2.5);
  w.varbit(500), w.xor_real(5.5, 4.5), w.xor_real(0, 0), w.xor_real(2, 1), w.xor_real(1.5, 0.5),
      w.xor_real(1.5, 1.5), w.xor_real(2.5, 2.5);
  SampleColumn out;
  ASSERT_TRUE(decode_prometheus_chunk(3, count_of(2) + '\xc0' + w.take(), out));
  const auto& h = *out.histograms[1];
  EXPECT_FALSE(h.integer);
  EXPECT_EQ(h.custom_values, (std::vector<double>{0.25, 0.12345}));
  EXPECT_EQ(h.positive, (std::vector<double>{1.5, 1.5, 2.5}));
  EXPECT_EQ(h.count, 5.5);
  EXPECT_EQ(h.reset_hint, ResetHint::gauge);
}

TEST(ImportPrometheus, ArbitraryBitsAreAnErrorOrSamples) {
  Random random(8);
  for (int round = 0; round < 3000; ++round) {
    std::string bytes;
    for (auto n = random.below(60); n > 0; --n) bytes.push_back(static_cast<char>(random.next()));
    SampleColumn out;
    (void)decode_prometheus_chunk(static_cast<std::uint8_t>(random.below(5)), bytes, out);
  }
}

// A data folder of a real Prometheus, when one is named: everything in it must be readable.
TEST(ImportPrometheus, ARealBlockIsReadWhole) {
  const char* folder = std::getenv("PHAROS_PROMETHEUS_DATA");
  if (folder == nullptr)
    GTEST_SKIP()
        << "PHAROS_PROMETHEUS_DATA does not name the data folder or a snapshot of a Prometheus";
  auto disk = open_real_disk(folder);
  ASSERT_TRUE(disk);
  const auto blocks = prometheus_blocks(**disk, "");
  ASSERT_TRUE(blocks);
  ASSERT_FALSE(blocks->empty());
  for (const auto& name : *blocks) {
    const auto block = PrometheusBlock::open(**disk, name);
    ASSERT_TRUE(block) << block.error().message;
    std::vector<std::string> damage;
    std::uint64_t samples = 0, series = 0, histograms = 0;
    ASSERT_TRUE((*block)->each_series(
        [&](const Labels&, const SampleColumn& column) -> Status {
          ++series;
          samples += column.size();
          for (const auto& h : column.histograms)
            if (h) {
              ++histograms;
              EXPECT_TRUE(h->validate() || is_stale(*h)) << h->to_string();
            }
          return {};
        },
        damage));
    EXPECT_TRUE(damage.empty()) << damage[0];
    EXPECT_EQ(series, (*block)->meta().series);
    EXPECT_EQ(samples, (*block)->meta().samples);
    std::printf("%s: %llu series, %llu samples, %llu histograms\n", name.c_str(),
                static_cast<unsigned long long>(series), static_cast<unsigned long long>(samples),
                static_cast<unsigned long long>(histograms));
  }
}

}  // namespace
}  // namespace pharos::metrics
