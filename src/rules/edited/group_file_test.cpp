#include "rules/edited/group_file.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rules/edited/group_text.hpp"

namespace pharos::rules::edited {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

std::string replaced(std::string text, std::string_view what, std::string_view with) {
  const auto at = text.find(what);
  EXPECT_NE(at, text.npos) << text;
  return text.replace(at, what.size(), with);
}

std::string windows(std::string_view text) {
  std::string out;
  for (const char c : text) out += c == '\n' ? std::string("\r\n") : std::string(1, c);
  return out;
}

// As people, formatters and generators lay rule files out; `up == 0` is what tests change.
const std::vector<std::string>& layouts() {
  static const std::string kList =
      "# Ours. Ask the team first.\n"
      "\n"
      "groups:\n"
      "# about all groups\n"
      "- name: g  # its name\n"
      "  # about its rules\n"
      "  rules:\n"
      "  - alert: Down\n"
      "    expr: up == 0  # why\n"
      "\n"
      "    labels: {severity: page}\n"
      "  # the last line of the group\n"
      "\n"
      "# the last line of the file\n";
  static const std::vector<std::string> kAll = {
      kList,
      windows(kList),
      "\xEF\xBB\xBF" + kList,
      "%YAML 1.2\n--- # begins\n" + kList + "... # ends\n# behind\n",
      "---\n" + kList + "---\n",
      kList.substr(0, kList.find("  # the last line")),
      "groups:\n- name: g\n  rules:\n  - record: r\n    expr: up == 0",
      "groups:\n- name: g\n  rules:\n  - record: r\n    expr: up == 0\n\n\n",
      // Comments and blank lines that are indented less, more, or with what an editor left there.
      "groups:\n    -   name: g\n# zero\n  # two\n        rules:\n            # more\n   \n"
      "        -   record: r\n            expr: up == 0\n                    \n"
      "            labels: {a: b}\n",
      // Comments before the first key, and the dash on a line of its own.
      "groups:\n  - # about g\n    # and more\n    name: g\n    rules: [{record: r, expr: up == 0}]\n",
      "groups:\n  -\n    # about g\n    name: g\n    rules: [{record: r, expr: up == 0}]\n",
      "groups:\n  -\n    name: g\n    rules: [{record: r, expr: up == 0}]\n",
      // Anchors, tags, merges; keys in another order, and in quotes.
      "groups: &all\n- &g\n  name: g\n  labels: &l {team: a}  # shared\n  rules:\n"
      "  - &r {record: r, expr: up == 0, labels: *l}\n  - <<: *r\n    record: s\n",
      "groups:\n  - !!map\n    \"name\": g\n    rules:\n    - record: r\n      expr: up == 0\n",
      "groups:\n- rules:\n  - expr: up == 0\n    record: r\n  interval: 5s\n  name: g\n",
      // Texts over several lines.
      "groups:\n- name: g\n  rules:\n  - alert: A\n    expr: >-\n      up == 0\n      # a line of it\n"
      "    annotations:\n      a: |+\n        # no comment\n\n        b\n\n\n# a comment\n",
      "groups:\n- name: g\n  rules:\n  - alert: A\n    expr: up == 0\n    annotations:\n"
      "      a: \"it's {\n\n        b # c\"\n      d: 'it''s }'\n",
      // Braces and brackets, as JSON and people write them.
      "groups: [{name: g, rules: [{record: r, expr: up == 0}]}]  # all\n",
      "# whole\n{groups: [{name: g, rules: [{record: r, expr: up == 0}]}]}\n# file\n",
      "{\"groups\":[\n  {\n    \"name\":\"g\", # }\n    \"rules\":[\n"
      "      {\"alert\":\"A\",\"expr\":\"up == 0\",\"annotations\":{\"a\":\"{ \\\" }\",b: it's }}\n"
      "    ]\n  }  # the end of g\n]}\n",
      "groups:\n- {name: g,  # first\n   rules: [{record: r, expr: up == 0,\n     labels: {a: x'y, b: 'z''}'}}]}\n"
      "# behind\n",
      "groups: [\n  &g !!map {name: g, rules: [{record: r, expr: up == 0}]}  # last\n]\n",
  };
  return kAll;
}

TEST(GroupFile, ChangesTheGroupAndNothingAroundIt) {
  for (const auto& file : layouts()) {
    SCOPED_TRACE(file);
    const auto read = GroupFile::read(file, {});
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_EQ(read->with(read->text()), file);
    EXPECT_THAT(read->text(), Not(HasSubstr("\r")));
    EXPECT_THAT(read->text(), Not(HasSubstr("the last line of the file")));
    const auto changed = read->with(replaced(read->text(), "up == 0", "up{a=\"b\"} == 1"));
    const auto wanted = replaced(file, "up == 0", "up{a=\"b\"} == 1");
    EXPECT_EQ(changed, wanted);
  }
}

TEST(GroupFile, ShowsTheGroupAsADocumentOfItsOwn) {
  const auto read = GroupFile::read(layouts()[1], {});
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->text(),
            "name: g  # its name\n# about its rules\nrules:\n- alert: Down\n"
            "  expr: up == 0  # why\n\n  labels: {severity: page}\n# the last line of the group\n");
  EXPECT_EQ(read->line(), 5U);
  const auto commented = GroupFile::read(layouts()[9], {});
  EXPECT_EQ(commented->text(),
            "# about g\n# and more\nname: g\nrules: [{record: r, expr: up == 0}]\n");
  EXPECT_EQ(commented->line(), 2U);
}

TEST(GroupFile, TakesTheTextOfOneGroupAmongSeveral) {
  const std::string file =
      "# whole\ngroups:\n# of a\n- name: a\n  rules:\n  - record: r\n    expr: up == 0  # why\n\n# of b\n"
      "- # it has three\n  name: b\n  rules:\n  # first\n  - record: s\n    expr: 1\n\n"
      "- {name: c, rules: [{record: t, expr: 2}]}  # last\n";
  const auto whole = parse_rule_file(file, "f.yml");
  ASSERT_EQ(whole.groups.size(), 3U);
  const auto text = [&](std::size_t i) {
    const auto out = GroupFile::text_of(file, whole.groups[i], {}, {});
    return out ? *out : out.error().message;
  };
  EXPECT_EQ(text(0), "# of a\nname: a\nrules:\n- record: r\n  expr: up == 0  # why\n");
  EXPECT_EQ(text(1), "# of b\n# it has three\nname: b\nrules:\n# first\n- record: s\n  expr: 1\n");
  EXPECT_EQ(text(2), "{name: c, rules: [{record: t, expr: 2}]}\n");
  // A file that has been changed since says something else than the group.
  auto changed = whole.groups[1];
  const Millis minute = std::chrono::minutes(1);
  changed.interval = minute;  // that of a group that names none
  EXPECT_TRUE(GroupFile::text_of(file, changed, minute, {}));
  EXPECT_EQ(GroupFile::text_of(file, changed, 2 * minute, {}).error().code, Errc::conflict);
  changed.rules[0].expr = "2";
  EXPECT_EQ(GroupFile::text_of(file, changed, minute, {}).error().code, Errc::conflict);
  changed.name = "d";
  EXPECT_EQ(GroupFile::text_of(file, changed, minute, {}).error().code, Errc::not_found);
  EXPECT_FALSE(GroupFile::text_of("groups: [", changed, minute, {}));
}

TEST(GroupFile, TakesTextsOutOfFilesOfManyKinds) {
  const std::string rules = "  rules:\n  - {record: r, expr: 1}\n";
  const auto text = [](const std::string& file, std::size_t i) {
    const auto whole = parse_rule_file(file, "f.yml");
    EXPECT_GT(whole.groups.size(), i) << file;
    const auto out = GroupFile::text_of(file, whole.groups.at(i), {}, {});
    return out ? *out : out.error().message;
  };
  EXPECT_EQ(text("\xEF\xBB\xBFgroups:\r\n- name: a\r\n  rules: []\r\n# of b\r\n- name: b # it\r\n  rules: []\r\n", 1),
            "# of b\nname: b # it\nrules: []\n");
  EXPECT_EQ(text(R"({"groups":[{"name":"a","rules":[]},{"name":"b","rules":[]}]})", 1),
            "{\"name\":\"b\",\"rules\":[]}\n");
  // About all that follows, and behind a blank line; the last one is deeper than the dash.
  EXPECT_EQ(text("# file\n\n# of a\n\n  # below\n  # it\ngroups:\n  # no\n\n  # yes\n  - name: a\n    rules: []\n", 0),
            "# yes\nname: a\nrules: []\n");
  // What it is made of is elsewhere in the file.
  EXPECT_THAT(text("groups:\n- name: a\n  labels: &l {x: y}\n" + rules + "- name: b\n  labels: *l\n" + rules, 1),
              HasSubstr("cannot be told from what is around it"));
}

TEST(GroupFile, LinesGoAndComeAndTheOthersStay) {
  const std::string file =
      "groups:\r\n    - name: g\r\n# less\r\n      rules:\r\n      - {record: r, expr: 1}\r\n  # lesser\r\n"
      "      - {record: s, expr: 2}\n      - {record: t, expr: 3}\r\n# behind\r\n";
  const auto read = GroupFile::read(file, {});
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->with("# new\nname: g\nrules:\n- {record: q, expr: 0}\n# lesser\n"
                       "- {record: s, expr: 2}\n\n- record: u\n  expr: 4\n"),
            "groups:\r\n    - # new\r\n      name: g\r\n      rules:\r\n      - {record: q, expr: 0}\r\n"
            "  # lesser\r\n      - {record: s, expr: 2}\n\r\n      - record: u\r\n        expr: 4\r\n"
            "# behind\r\n");
}

TEST(GroupFile, BlankLinesOfTwoKindsStayWhereTheyAre) {
  const std::string file =
      "groups:\n- name: g\n\n  rules:\n \n  - record: r\n\n    expr: up == 0\n  \n    labels: {a: b}\n";
  const auto read = GroupFile::read(file, {});
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->with(read->text()), file);
  EXPECT_EQ(read->with(replaced(read->text(), "up == 0", "1")), replaced(file, "up == 0", "1"));
}

TEST(GroupFile, WhatItCannotCutIsRefused) {
  for (const char* file : {"", "groups: []\n", "groups: [{name: a}, {name: b}]\n", "groups: [{name: g}\n"})
    EXPECT_FALSE(GroupFile::read(file, {})) << file;
  // Of UTF-16 the places are not those of the bytes.
  std::string wide = "\xFF\xFE";
  for (const char c : std::string("groups:\n- name: g\n  rules: [{record: r, expr: up}]\n"))
    wide += {c, '\0'};
  const auto read = GroupFile::read(wide, {});
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code, Errc::unsupported);
}

}  // namespace
}  // namespace pharos::rules::edited
