#include "model/exposition/exposition.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "codec/protobuf.hpp"
#include "model/exposition/number.hpp"
#include "model/exposition/writer.hpp"

namespace pharos::exposition {
namespace {

std::string describe(Format format, std::string_view page, ParserOptions options = {}) {
  const auto parser = make_parser(format, page, options);
  std::string out;
  std::vector<Exemplar> exemplars;
  for (Entry entry;;) {
    const auto more = parser->next(entry);
    if (!more) return out + "error: " + more.error().message;
    if (!*more) return out;
    switch (entry.kind) {
      case EntryKind::sample: out += parser->labels().to_metric_string() + " " + go_float(entry.value); break;
      case EntryKind::histogram: out += parser->labels().to_metric_string() + " " + entry.histogram->to_string(); break;
      case EntryKind::help: out += "help " + std::string(entry.name) + " " + std::string(entry.text); break;
      case EntryKind::type: out += "type " + std::string(entry.name) + " " + std::string(name(entry.type)); break;
      case EntryKind::unit: out += "unit " + std::string(entry.name) + " " + std::string(entry.text); break;
      case EntryKind::comment: out += "comment " + std::string(entry.text); break;
    }
    if (entry.kind == EntryKind::sample || entry.kind == EntryKind::histogram) {
      if (entry.t_ms) out += " @" + std::to_string(*entry.t_ms);
      if (entry.start_ms != 0) out += " from " + std::to_string(entry.start_ms);
      parser->exemplars(exemplars);
      for (const auto& e : exemplars) out += " # " + e.labels.to_string() + " " + go_float(e.value);
    }
    out += "\n";
  }
}

TEST(TextParser, ReadsBlanksEscapesAndQuotedNames) {
  EXPECT_EQ(describe(Format::text, "\n  a { x = \"1\\n\\\"\\\\\" , } 1 5 \n{\"b.c\",\"d e\"=\"f\"} +Inf"),
            "a{x=\"1\\n\\\"\\\\\"} 1 @5\n{\"b.c\", \"d e\"=\"f\"} +Inf\n");
}

TEST(TextParser, NormalisesBoundsOnlyWhereTheTypeIsKnown) {
  EXPECT_EQ(describe(Format::text, "# TYPE h histogram\nh_bucket{le=\"1\"} 2\n# TYPE g gauge\ng{le=\"1\"} 2\n"),
            "type h histogram\nh_bucket{le=\"1.0\"} 2\ntype g gauge\ng{le=\"1\"} 2\n");
}

TEST(TextParser, ErrorsNameThePlace) {
  EXPECT_EQ(describe(Format::text, "a 1\nb{x='1'} 1\n"), "a 1\nerror: 2:5: expected label value, got \"'\" while parsing: \"b{x='\"");
  EXPECT_TRUE(describe(Format::text, "a{b=\"\xff\"} 1\n").starts_with("error: 1:"));
  EXPECT_TRUE(describe(Format::text, "a 1e999\n").starts_with("error: 1:"));
}

TEST(OpenMetricsParser, CreatedLinesBecomeStartTimesWhereverTheyStand) {
  EXPECT_EQ(describe(Format::openmetrics, "# TYPE a counter\na_created{x=\"1\"} 2.5\na_total{x=\"1\"} 7\na_total{x=\"2\"} 8\n# EOF\n"),
            "type a counter\na_total{x=\"1\"} 7 from 2500\na_total{x=\"2\"} 8\n");
  EXPECT_EQ(describe(Format::openmetrics, "# TYPE a counter\na_total 7\na_created 2.5\n# EOF", {.start_timestamps = false}),
            "type a counter\na_total 7\na_created 2.5\n");
}

TEST(OpenMetricsParser, ReadsExemplars) {
  EXPECT_EQ(describe(Format::openmetrics, "a_total 7 1.5 # {trace=\"x\"} 3 1.25\n# EOF\n"), "a_total 7 @1500 # {trace=\"x\"} 3\n");
}

TEST(Nhcb, ClassicHistogramsBecomeCustomBuckets) {
  const std::string_view page =
      "# TYPE h histogram\nh_bucket{a=\"1\",le=\"1\"} 2\nh_bucket{a=\"1\",le=\"+Inf\"} 5\nh_sum{a=\"1\"} 9\nh_count{a=\"1\"} 5\n"
      "h_bucket{a=\"2\",le=\"1\"} 1\nh_bucket{a=\"2\",le=\"+Inf\"} 1\nother 1\n";
  EXPECT_EQ(describe(Format::text, page, {.convert_classic_to_nhcb = true}),
            "type h histogram\nh{a=\"1\"} {count:5, sum:9, [-Inf,1]:2, (1,+Inf]:3}\nother 1\nh{a=\"2\"} {count:1, sum:0, [-Inf,1]:1}\n");
}

TEST(Protobuf, ReadsBackWhatTheWriterWrites) {
  std::string page;
  Writer writer(Format::protobuf, page);
  const std::vector<Exemplar> exemplars{{Labels{{"trace", "x"}}, 2, 1500, true}};
  writer.family({.family = "a_total", .type = MetricType::counter, .help = "An a.", .unit = "x"});
  writer.sample(Labels{{"__name__", "a_total"}, {"l", "1"}}, 7, {.t_ms = 1000, .start_ms = 500, .exemplars = exemplars});
  Histogram h;
  h.integer = true;
  h.schema = 1;
  h.count = 6, h.sum = 3.5, h.zero_count = 1, h.zero_threshold = 0.01;
  h.positive_spans = {{-1, 2}, {2, 1}};
  h.positive = {2, 1, 2};
  writer.family({.family = "h", .type = MetricType::histogram});
  ASSERT_TRUE(writer.histogram(Labels{{"__name__", "h"}}, h, {.exemplars = exemplars}));
  writer.finish();
  EXPECT_EQ(describe(Format::protobuf, page),
            "help a_total An a.\ntype a_total counter\nunit a_total x\na_total{l=\"1\"} 7 @1000 from 500 # {trace=\"x\"} 2\n"
            "help h \ntype h histogram\nh " + h.to_string() + " # {trace=\"x\"} 2\n");
}

TEST(Protobuf, EveryTruncationIsAnErrorOrAShorterPage) {
  std::string page;
  Writer writer(Format::protobuf, page);
  writer.family({.family = "a", .type = MetricType::gauge});
  writer.sample(Labels{{"__name__", "a"}, {"l", "1"}}, 7);
  writer.finish();
  for (std::size_t n = 1; n < page.size(); ++n) EXPECT_NE(describe(Format::protobuf, page.substr(0, n)).find("error: "), std::string::npos) << n;
}

TEST(Protobuf, ClassicBucketsGetTheirInfiniteOne) {
  std::string message, page;
  codec::ProtoWriter out(message);
  out.bytes(1, "h");
  out.varint(3, 4);
  out.message(4, [](auto& metric) {
    metric.message(7, [](auto& h) {
      h.varint(1, 3);
      h.real(2, 1.5);
      h.message(3, [](auto& b) { b.varint(1, 2), b.real(2, 1.0); });
    });
  });
  codec::put_string(page, message);
  EXPECT_EQ(describe(Format::protobuf, page),
            "help h \ntype h histogram\nh_count 3\nh_sum 1.5\nh_bucket{le=\"1.0\"} 2\nh_bucket{le=\"+Inf\"} 3\n");
}

TEST(Writer, TextPagesReadBackTheSame) {
  for (const auto format : {Format::text, Format::openmetrics}) {
    std::string page;
    Writer writer(format, page);
    writer.family({.family = "a_total", .type = MetricType::counter, .help = "x\\y\n\"z\""});
    writer.sample(Labels{{"__name__", "a_total"}, {"l", "q\"\\\n"}}, 0.1, {.t_ms = 1500});
    writer.family({.family = "b.c", .type = MetricType::gauge});
    writer.sample(Labels{{"__name__", "b.c"}, {"d e", "f"}}, -1e30);
    writer.finish();
    const auto text = describe(format, page);
    EXPECT_NE(text.find("a_total{l=\"q\\\"\\\\\\n\"} 0.1 @1500"), std::string::npos) << text;
    EXPECT_NE(text.find("{\"b.c\", \"d e\"=\"f\"} -1e+30"), std::string::npos) << text;
    EXPECT_NE(text.find("x\\y\n\"z\""), std::string::npos) << text;
    if (format == Format::openmetrics) EXPECT_TRUE(validate_openmetrics(page)) << page;
  }
}

TEST(FormatOf, FollowsTheContentTypeThenTheFallback) {
  EXPECT_EQ(*format_of("application/openmetrics-text; version=1.0.0", {}), Format::openmetrics);
  EXPECT_EQ(*format_of("Text/Plain;version=0.0.4", {}), Format::text);
  EXPECT_EQ(*format_of("", Format::text), Format::text);
  EXPECT_EQ(format_of("", {}).error().code, Errc::unsupported);
  EXPECT_EQ(format_of("text/html", {}).error().message,
            "received unsupported Content-Type \"text/html\" and no fallback_scrape_protocol specified for target");
}

TEST(Number, FastAndSlowPathsAgreeToTheLastBit) {
  const char* const texts[] = {"0",     "-0",   "1",      "-1.5",   "123456789012345678", "0.1",    "1e22",   "1e-22",  "9007199254740993",
                               "1e23",  "5e-324", "1e-400", "1.7976931348623157e308", "0000000000000000000000000000012.50", "3.14159265358979",
                               "1.e5",  ".5",   "1E+05",  "4.9351e-05"};
  for (const char* text : texts) {
    double fast = 0;
    ASSERT_TRUE(parse_number(text, fast)) << text;
    EXPECT_EQ(std::bit_cast<std::uint64_t>(fast), std::bit_cast<std::uint64_t>(std::strtod(text, nullptr))) << text;
  }
  double v = 0;
  for (const char* text : {"", "-", "+", ".", "1e", "e5", "0x1", "1_2", "1e999", "--1", "+-1", "in", "nano", "1 ", "1e+", "1e+-5", "++Inf"}) EXPECT_FALSE(parse_number(text, v)) << text;
  ASSERT_TRUE(parse_number("nan", v));
  EXPECT_EQ(std::bit_cast<std::uint64_t>(v), kNormalNaNBits);
  ASSERT_TRUE(parse_number("-Infinity", v));
  EXPECT_TRUE(std::isinf(v) && v < 0);
  EXPECT_EQ(canonical_number(1), "1.0");
  EXPECT_EQ(canonical_number(1e6), "1e+06");
}

}  // namespace
}  // namespace pharos::exposition
