#include "rules/template.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace pharos::rules {
namespace {

using ::testing::HasSubstr;

TemplateContext context() {
  TemplateContext c;
  c.external_url = "http://host:9090/prom";
  c.now = from_unix_millis(1'700'000'000'123);
  c.query = [](const std::string& expr) -> Result<std::vector<TemplateSample>> {
    if (expr == "bad(") return fail(Errc::invalid, "parse error");
    if (expr == "none") return std::vector<TemplateSample>{};
    return std::vector<TemplateSample>{{Labels{{"__name__", "metric"}, {"instance", "b"}}, 21, ""},
                                       {Labels{{"__name__", "metric"}, {"instance", "a"}}, 11, ""}};
  };
  return c;
}

AlertTemplateData alert() {
  return {.labels = Labels{{"instance", "db-1:9100"}, {"job", "node"}},
          .external_labels = Labels{{"region", "eu"}},
          .external_url = "http://host:9090/prom",
          .value = 0.25};
}

std::string expand(std::string_view text) {
  auto parsed = Template::parse_alert("t", text);
  if (!parsed) return "PARSE " + parsed.error().message;
  auto out = parsed->expand_alert(alert(), context());
  return out ? *out : "RUN " + out.error().message;
}

TEST(Template, PlainTextIsItself) {
  EXPECT_EQ(expand("no braces { } here"), "no braces { } here");
}

TEST(Template, KnowsTheVariablesOfAnAlert) {
  EXPECT_EQ(expand("{{ $labels.instance }}/{{ .Labels.job }}/{{ $value }}/{{ .Value }}/{{ "
                   "$externalLabels.region }}/{{ $externalURL }}"),
            "db-1:9100/node/0.25/0.25/eu/http://host:9090/prom");
  EXPECT_EQ(expand("[{{ $labels.nothing }}]"), "[]");
  EXPECT_EQ(expand("{{ index $labels \"job\" }}"), "node");
}

TEST(Template, BranchesAndLoops) {
  EXPECT_EQ(
      expand("{{ if gt $value 0.2 }}high{{ else if gt $value 0.1 }}mid{{ else }}low{{ end }}"),
      "high");
  EXPECT_EQ(expand("{{ with $labels.missing }}x{{ else }}none{{ end }}"), "none");
  EXPECT_EQ(expand("{{ with $labels.job }}{{ . }}{{ end }}"), "node");
  EXPECT_EQ(expand("{{ range $k, $v := $labels }}{{ $k }}={{ $v }};{{ end }}"),
            "instance=db-1:9100;job=node;");
  EXPECT_EQ(expand("{{ range query \"none\" }}x{{ else }}empty{{ end }}"), "empty");
  EXPECT_EQ(expand("{{ range 5 }}{{ if eq . 1 }}{{ continue }}{{ end }}{{ if eq . 3 }}{{ break "
                   "}}{{ end }}{{ . }}{{ end }}"),
            "02");
}

TEST(Template, TrimsBlanksWhereAsked) {
  EXPECT_EQ(expand("a  {{- 1 -}}  b {{/* note */}}c"), "a1b c");
}

TEST(Template, PipelinesPassTheirValueLast) {
  EXPECT_EQ(expand("{{ \"a\" | printf \"%s-%s\" \"b\" }}"), "b-a");
  EXPECT_EQ(expand("{{ $x := 1 }}{{ $x = 2 }}{{ $x }}"), "2");
  EXPECT_EQ(expand("{{ (index (query \"m\") 0).Value }}"), "21");
}

TEST(Template, DefinesAndCallsTemplates) {
  EXPECT_EQ(expand("{{ define \"x\" }}<{{ .arg0 }}>{{ end }}{{ template \"x\" (args 1 2) }}"),
            "<1>");
  EXPECT_EQ(expand("{{ define \"x\" }}[{{ . }}]{{ end }}{{ tmpl \"x\" \"y\" | toUpper }}"), "[Y]");
  EXPECT_EQ(expand("{{ block \"b\" 3 }}({{ . }}){{ end }}"), "(3)");
  EXPECT_THAT(expand("{{ define \"r\" }}{{ template \"r\" }}{{ end }}{{ template \"r\" }}"),
              HasSubstr("maximum template depth"));
}

TEST(Template, QueriesAndTheirHelpers) {
  EXPECT_EQ(expand("{{ query \"m\" | first | value | humanize }}"), "21");
  EXPECT_EQ(expand("{{ query \"m\" | first | label \"instance\" }}"), "b");
  EXPECT_EQ(expand("{{ range query \"m\" | sortByLabel \"instance\" }}{{ .Labels.instance }}:{{ "
                   ".Value }} {{ end }}"),
            "a:11 b:21 ");
  EXPECT_THAT(expand("{{ query \"none\" | first }}"),
              HasSubstr("first() called on vector with no elements"));
  EXPECT_THAT(expand("{{ query \"bad(\" }}"), HasSubstr("parse error"));
}

TEST(Template, HumanNumbers) {
  const std::pair<const char*, const char*> cases[] = {
      {"humanize 0.0", "0"},
      {"humanize 1234567.0", "1.235M"},
      {"humanize 0.00012", "120u"},
      {"humanize 1e22", "10Z"},
      {"humanize1024 2048.0", "2ki"},
      {"humanize1024 1048576.0", "1Mi"},
      {"humanizeDuration 0", "0s"},
      {"humanizeDuration 60", "1m 0s"},
      {"humanizeDuration 3600", "1h 0m 0s"},
      {"humanizeDuration 86400.0", "1d 0h 0m 0s"},
      {"humanizeDuration 899.99", "14m 59s"},
      {"humanizeDuration .1", "100ms"},
      {"humanizeDuration -4.1", "-4.1s"},
      {"humanizeDuration 12345678.0", "142d 21h 21m 18s"},
      {"humanizePercentage 0.1234", "12.34%"},
      {"humanizePercentage -0.22222", "-22.22%"},
      {"humanizeTimestamp 1435065584.128", "2015-06-23 13:19:44.128 +0000 UTC"},
      {"parseDuration \"1h2m10ms\"", "3720.01"},
  };
  for (const auto& [call, want] : cases)
    EXPECT_EQ(expand("{{ " + std::string(call) + " }}"), want) << call;
}

TEST(Template, Texts) {
  const std::pair<const char*, const char*> cases[] = {
      {"title \"aa bB CC\"", "Aa BB CC"},
      {"toUpper \"a\"", "A"},
      {"toLower \"A\"", "a"},
      {"reReplaceAll \"a(.)\" \"<$1>\" \"abac\"", "<b><c>"},
      {"match \"a+\" \"caat\"", "true"},
      {"stripPort \"[2001:db8::1]:80\"", "2001:db8::1"},
      {"stripPort \"host:80\"", "host"},
      {"stripDomain \"db.example.com:80\"", "db:80"},
      {"stripDomain \"192.0.2.1:80\"", "192.0.2.1:80"},
      {"graphLink \"up\"", "/graph?g0.expr=up&g0.tab=0"},
      {"tableLink \"up\"", "/graph?g0.expr=up&g0.tab=1"},
      {"graphLink \"a + b\"", "/graph?g0.expr=a+%2B+b&g0.tab=0"},
      {"pathPrefix", "/prom"},
      {"externalURL", "http://host:9090/prom"},
      {"html \"<a>\"", "&lt;a&gt;"},
      {"printf \"%05.1f|%-4s|%q|%d\" 3.14159 \"ab\" \"c\" 7", "003.1|ab  |\"c\"|7"},
      {"printf \"%d\" \"x\"", "%!d(string=x)"},
      {"len \"abc\"", "3"},
      {"slice \"abcdef\" 1 3", "bc"},
      {"print 1 2 \"x\"", "1 2x"},
      {"not true", "false"},
      {"and 1 0", "0"},
      {"or 0 \"z\"", "z"},
      {"(toTime 1435065584.128).Format \"2006-01-02 15:04\"", "2015-06-23 13:19"},
      {"now", "1.700000000123e+09"},
  };
  for (const auto& [call, want] : cases)
    EXPECT_EQ(expand("{{ " + std::string(call) + " }}"), want) << call;
}

TEST(Template, ComparesLikeGo) {
  EXPECT_EQ(expand("{{ eq \"a\" \"b\" \"a\" }} {{ lt 1 2 }} {{ ge 1.5 1.5 }} {{ ne true false }}"),
            "true true true true");
  EXPECT_THAT(expand("{{ eq 1 1.0 }}"), HasSubstr("incompatible types for comparison"));
}

TEST(Template, SaysWhatIsWrongAndOnWhichLine) {
  EXPECT_EQ(expand("\n{{ foo }}"), "PARSE template: t:2: function \"foo\" not defined");
  EXPECT_EQ(expand("{{ $x }}"), "PARSE template: t:1: undefined variable \"$x\"");
  EXPECT_EQ(expand("{{ if true }}"), "PARSE template: t:1: unexpected EOF");
  EXPECT_EQ(expand("{{ end }}"), "PARSE template: t:1: unexpected {{end}}");
  EXPECT_EQ(expand("{{ $labels.foo "), "PARSE template: t:1: unclosed action");
  EXPECT_THAT(expand("{{ if }}x{{ end }}"), HasSubstr("missing value for if"));
  EXPECT_THAT(expand("{{ break }}"), HasSubstr("{{break}} outside {{range}}"));
  EXPECT_THAT(expand("{{ .Nothing }}"), HasSubstr("can't evaluate field Nothing in type struct"));
  EXPECT_THAT(expand("{{ humanize }}"),
              HasSubstr("wrong number of args for humanize: want 1 got 0"));
  EXPECT_THAT(expand("{{ \"unterminated }}"), HasSubstr("unterminated quoted string"));
}

TEST(Template, BoundsItsWork) {
  auto c = context();
  c.steps_max = 1000;
  auto endless = Template::parse("t", "{{ range 1000000 }}{{ . }}{{ end }}");
  ASSERT_TRUE(endless);
  EXPECT_THAT(endless->expand({}, c).error().message, HasSubstr("more than 1000 steps"));
  c = context();
  c.output_bytes_max = 10;
  auto long_text = Template::parse("t", "{{ range 100 }}xxxxxx{{ end }}");
  EXPECT_THAT(long_text->expand({}, c).error().message, HasSubstr("longer than 10 bytes"));
  EXPECT_FALSE(Template::parse("t", std::string(300, '(').insert(0, "{{ ")));
}

}  // namespace
}  // namespace pharos::rules
