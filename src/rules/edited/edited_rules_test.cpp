#include "rules/edited/edited_rules.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/manual_clock.hpp"
#include "base/sim_disk.hpp"
#include "rules/edited/group_text.hpp"

namespace pharos::rules::edited {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

std::string group(const std::string& name, const std::string& expr = "up == 0") {
  return "name: " + name + "\nrules:\n  - alert: Down  # why\n    expr: " + expr + "\n";
}

// A server's part: what is in force, and a disk that a test may break.
struct Edited : testing::Test {
  std::shared_ptr<SimDisk> disk = std::make_shared<SimDisk>();
  std::unique_ptr<Database> database = std::move(*Database::open(":memory:"));
  ManualClock clock;
  std::mutex gate;
  std::vector<std::string> in_force;
  bool refused = false;
  std::unique_ptr<EditedRules> rules;

  void SetUp() override { start(); }
  void start() {
    auto opened = EditedRules::open(
        {.database = *database,
         .clock = clock,
         .gate = gate,
         .open_folder = [this](const std::string&) { return Result<std::shared_ptr<Disk>>(disk); },
         .prepare = [this](const std::vector<Group>& groups) -> Result<Commit> {
           if (refused) return fail(Errc::invalid, "not these");
           std::vector<std::string> names;
           for (const auto& one : groups)
             names.push_back(one.space + "/" + one.name() + " " + one.spec.rules[0].expr);
           return Commit([this, names = std::move(names)] { in_force = names; });
         },
         .options = [] { return RuleFileOptions{}; }});
    ASSERT_TRUE(opened) << opened.error().message;
    rules = std::move(*opened);
    auto read = read_folder(*disk, "rules", {});
    ASSERT_TRUE(read) << read.error().message;
    const std::lock_guard lock(gate);
    rules->adopt("rules", std::move(*read));
  }
  // What others wrote into s/g.yml, loaded.
  void lay_out(const std::string& file) {
    ASSERT_TRUE(disk->make_dirs("s"));
    ASSERT_TRUE(disk->replace("s/g.yml", as_bytes(file)));
    start();
  }
  std::vector<std::string> stored() {
    std::vector<std::string> out;
    auto read = read_folder(*disk, "rules", {});
    EXPECT_TRUE(read) << read.error().message;
    if (read)
      for (const auto& one : *read)
        out.push_back(one.space + "/" + one.name() + " " + one.spec.rules[0].expr);
    return out;
  }
  std::vector<std::string> revisions(const std::string& space, const std::string& name) {
    std::vector<std::string> out;
    const auto all = rules->history(space, name);
    EXPECT_TRUE(all) << all.error().message;
    for (const auto& one : *all) out.push_back(one.message + (one.removed ? " (removed)" : ""));
    return out;
  }
};

TEST_F(Edited, ARenameIsOneActWithOneHistory) {
  ASSERT_TRUE(rules->save({.space = "s", .text = group("a"), .message = "first"}));
  clock.advance(std::chrono::seconds(1));
  ASSERT_TRUE(rules->save({.space = "s", .text = group("taken")}));
  const auto old = rules->get("s", "a")->version();
  const GroupName from{.space = "s", .group = "a"};
  const auto rename = [&](const std::string& name, const std::string& version) {
    return rules->save({.space = "t",
                        .text = group(name),
                        .message = "moved",
                        .version = version,
                        .renames = from});
  };
  EXPECT_EQ(rename("b", "another").error().code, Errc::conflict);
  refused = true;
  EXPECT_EQ(rename("b", old).error().code, Errc::invalid);
  refused = false;
  EXPECT_THAT(stored(), ElementsAre("s/a up == 0", "s/taken up == 0"));
  const auto renamed = rename("b", old);
  ASSERT_TRUE(renamed) << renamed.error().message;
  EXPECT_THAT(in_force, ElementsAre("s/taken up == 0", "t/b up == 0"));
  EXPECT_EQ(stored(), in_force);
  EXPECT_THAT(revisions("t", "b"), ElementsAre("moved", "renamed to t/b (removed)", "first"));
  EXPECT_THAT(revisions("s", "a"), ElementsAre("renamed to t/b (removed)", "first"));

  // The way back is one act, too.
  const auto first = rules->history("t", "b")->back();
  ASSERT_TRUE(rules->restore(first.id, renamed->version(), GroupName{.space = "t", .group = "b"}));
  EXPECT_THAT(in_force, ElementsAre("s/a up == 0", "s/taken up == 0"));
  EXPECT_EQ(stored(), in_force);
  EXPECT_EQ(revisions("s", "a").size(), 5U);  // with those of the name between
  start();
  EXPECT_EQ(revisions("s", "a").size(), 5U);  // a restart finds nothing new

  // Another group of the new name is never run over.
  EXPECT_EQ(rules
                ->save({.space = "s",
                        .text = group("taken"),
                        .version = rules->get("s", "a")->version(),
                        .renames = from})
                .error()
                .code,
            Errc::conflict);
  EXPECT_EQ(rules
                ->save({.space = "s",
                        .text = group("c"),
                        .renames = GroupName{.space = "s", .group = "none"}})
                .error()
                .code,
            Errc::not_found);
}

TEST_F(Edited, ARevisionOfANameThatAnotherGroupHasNowRunsOverNothing) {
  ASSERT_TRUE(rules->save({.space = "s", .text = group("a"), .message = "first"}));
  const GroupName renamed{.space = "s", .group = "b"};
  ASSERT_TRUE(rules->save({.space = "s",
                           .text = group("b"),
                           .renames = GroupName{.space = "s", .group = "a"}}));
  const auto first = rules->history("s", "b")->back();
  ASSERT_TRUE(rules->remove("s", "b", {}, "gone"));
  ASSERT_TRUE(rules->save({.space = "s", .text = group("a", "up == 1")}));
  EXPECT_EQ(rules->restore(first.id, "", renamed).error().code, Errc::conflict);
  EXPECT_THAT(in_force, ElementsAre("s/a up == 1"));
  ASSERT_TRUE(rules->remove("s", "a", {}, "gone, too"));
  ASSERT_TRUE(rules->restore(first.id, "", renamed));
  EXPECT_THAT(in_force, ElementsAre("s/a up == 0"));
}

TEST_F(Edited, ASaveIsInForceAndOnTheDisk) {
  const auto saved = rules->save({.space = "team a/b", .text = group("g"), .message = "first"});
  ASSERT_TRUE(saved) << saved.error().message;
  EXPECT_THAT(in_force, ElementsAre("team a/b/g up == 0"));
  EXPECT_EQ(saved->spec.file, "rules/team%20a%2Fb/g.yml");
  disk->crash();
  EXPECT_THAT(stored(), ElementsAre("team a/b/g up == 0"));
  start();
  EXPECT_EQ(rules->get("team a/b", "g")->text, group("g"));  // comments too
  EXPECT_THAT(revisions("team a/b", "g"), ElementsAre("first"));
}

TEST_F(Edited, WhoSavesSecondLearnsOfTheFirst) {
  const auto first = *rules->save({.space = "s", .text = group("g"), .must_be_new = true});
  EXPECT_EQ(rules->save({.space = "s", .text = group("g", "x"), .must_be_new = true}).error().code,
            Errc::conflict);
  const auto version = first.version();
  ASSERT_TRUE(rules->save({.space = "s", .text = group("g", "a"), .version = version}));
  const auto late = rules->save({.space = "s", .text = group("g", "b"), .version = version});
  EXPECT_EQ(late.error().code, Errc::conflict);
  EXPECT_THAT(in_force, ElementsAre("s/g a"));
  EXPECT_EQ(rules->remove("s", "g", version).error().code, Errc::conflict);
  ASSERT_TRUE(rules->remove("s", "g", rules->get("s", "g")->version()));
  EXPECT_THAT(in_force, IsEmpty());
  EXPECT_THAT(stored(), IsEmpty());
  EXPECT_EQ(rules->remove("s", "g").error().code, Errc::not_found);
}

TEST_F(Edited, EveryMistakeIsNamedWithItsLine) {
  const std::string text =
      "name: g\nintervall: 5s\nrules:\n  - alert: A\n    expr: sum(\n  - record: 'a b{'\n    expr: "
      "1\n";
  const auto saved = rules->save({.space = "s", .text = text});
  ASSERT_FALSE(saved);
  EXPECT_THAT(saved.error().message, HasSubstr("rules:2:1:"));
  EXPECT_THAT(saved.error().message, HasSubstr("interval"));
  EXPECT_THAT(saved.error().message, HasSubstr("rules:5:"));
  EXPECT_THAT(saved.error().message, HasSubstr("rules:6:"));
  EXPECT_THAT(stored(), IsEmpty());
}

TEST_F(Edited, WhatNoGroupIsIsRefused) {
  for (const char* text : {"", "[]", "---\nname: g\n", "name: ''\n", "name: g\n---\nname: h\n",
                           "groups: [{name: g}]\n", "name: g\n...\n", "\xff"})
    EXPECT_FALSE(rules->save({.space = "s", .text = text})) << text;
  EXPECT_FALSE(rules->save({.space = "", .text = group("g")}));
  EXPECT_FALSE(rules->save({.space = std::string(300, 'a'), .text = group("g")}));
  EXPECT_FALSE(rules->save({.space = "a\nb", .text = group("g")}));
  EXPECT_EQ(rules->save({.space = "s", .text = std::string(kTextMax + 1, ' ')}).error().code,
            Errc::limit);
  refused = true;
  EXPECT_EQ(rules->save({.space = "s", .text = group("g")}).error().message, "not these");
  EXPECT_THAT(stored(), IsEmpty());
  EXPECT_THAT(revisions("s", "g"), IsEmpty());
}

TEST_F(Edited, NamesNeverLeaveTheFolder) {
  for (const char* name : {"..", ".", "../../etc/x", "/", "a\\b", ".hidden", "ü", "%2F", "a b"}) {
    const std::string quoted = "name: '" + std::string(name) + "'\nrules: [{record: r, expr: 1}]\n";
    ASSERT_TRUE(rules->save({.space = name, .text = quoted})) << name;
  }
  EXPECT_EQ(stored().size(), 9U);
  const auto entries = *disk->list("");
  for (const auto& one : entries) EXPECT_FALSE(one.name.starts_with('.')) << one.name;
}

TEST_F(Edited, AnyRevisionComesBack) {
  ASSERT_TRUE(rules->save({.space = "s", .text = group("g", "a"), .message = "one"}));
  ASSERT_TRUE(rules->save({.space = "s", .text = group("g", "b"), .message = "two"}));
  const auto all = *rules->history("s", "g");
  const auto now = rules->get("s", "g")->version();
  EXPECT_EQ(rules->restore(all[1].id, "elsewhere").error().code, Errc::conflict);
  ASSERT_TRUE(rules->restore(all[1].id, now));
  EXPECT_THAT(in_force, ElementsAre("s/g a"));
  ASSERT_TRUE(rules->remove("s", "g", {}, "gone"));
  EXPECT_EQ(revisions("s", "g")[0], "gone (removed)");
  ASSERT_TRUE(rules->restore(all[0].id, ""));
  EXPECT_THAT(in_force, ElementsAre("s/g b"));
  const auto removal = (*rules->history("s", "g"))[1].id;
  ASSERT_TRUE(rules->restore(removal, {}));
  EXPECT_THAT(in_force, IsEmpty());
  EXPECT_EQ(rules->restore(1'000, {}).error().code, Errc::not_found);
}

TEST_F(Edited, ASaveOfTheSameTextChangesNothing) {
  ASSERT_TRUE(rules->save({.space = "s", .text = group("g")}));
  ASSERT_TRUE(rules->save({.space = "s", .text = group("g"), .message = "again"}));
  EXPECT_EQ(revisions("s", "g").size(), 1U);
}

TEST_F(Edited, HistoryIsBounded) {
  for (int i = 0; i < kRevisionsMax + 5; ++i)
    ASSERT_TRUE(rules->save({.space = "s", .text = group("g", "up == " + std::to_string(i))}));
  EXPECT_EQ(revisions("s", "g").size(), static_cast<std::size_t>(kRevisionsMax));
}

TEST_F(Edited, AHistoryHasABoundInBytesAndSaysWhenItIsCut) {
  const auto add = [&](const std::string& message) {
    return database->transaction([&](Database& db) {
      return RuleHistory::add_in(
          db, {.space = "s", .group = "g", .message = message, .text = std::string(kTextMax, 'x')});
    });
  };
  const auto fits = kHistoryBytesMax / kTextMax;
  for (std::size_t i = 0; i < fits; ++i) ASSERT_TRUE(add(""));
  bool cut = false;
  EXPECT_EQ(rules->history("s", "g", &cut)->size(), fits);
  EXPECT_FALSE(cut);
  ASSERT_TRUE(add("newest"));
  const auto all = *rules->history("s", "g", &cut);
  EXPECT_TRUE(cut);
  EXPECT_EQ(all.size(), fits - 1) << "the message counts, too";
  EXPECT_EQ(all.front().message, "newest");
}

TEST_F(Edited, AFileThatOthersChangedIsARevision) {
  ASSERT_TRUE(rules->save({.space = "s", .text = group("g"), .message = "one"}));
  const std::string by_hand = "groups:\n- name: g\n  rules:\n  - {record: r, expr: '2'}\n";
  ASSERT_TRUE(disk->replace("s/g.yml", as_bytes(by_hand)));
  start();
  EXPECT_THAT(revisions("s", "g"), ElementsAre("changed in its file", "one"));
  EXPECT_EQ(rules->get("s", "g")->spec.rules[0].name, "r");
  ASSERT_TRUE(disk->remove("s/g.yml"));
  start();
  EXPECT_EQ(revisions("s", "g")[0], "its file is gone (removed)");
}

TEST_F(Edited, WhatOthersDidToAFileIsNeverWrittenOver) {
  ASSERT_TRUE(rules->save({.space = "s", .text = group("g"), .message = "one"}));
  const auto first = rules->history("s", "g")->back().id;
  const auto contents = [&](const std::string& path) { return disk->read(path).value_or("none"); };
  const auto refuses_all = [&](const std::string& what) {
    const auto saved = rules->save({.space = "s", .text = group("g", "mine")});
    ASSERT_FALSE(saved) << what;
    EXPECT_EQ(saved.error().code, Errc::conflict);
    EXPECT_THAT(saved.error().message, HasSubstr("rules/s/g.yml was " + what));
    EXPECT_EQ(rules->save({.space = "s", .text = group("g")}).error().code, Errc::conflict)
        << "what is in force is not what is on the disk";
    EXPECT_EQ(rules->restore(first, {}).error().code, Errc::conflict);
    EXPECT_EQ(rules
                  ->save({.space = "t",
                          .text = group("h"),
                          .renames = GroupName{.space = "s", .group = "g"}})
                  .has_value(),
              what.starts_with("removed"));
  };
  for (const std::string& by_hand :
       {group("g", "theirs"), std::string("groups: [broken"),
        file_of(group("g")) + "# a comment that nothing else has\n"}) {
    ASSERT_TRUE(disk->replace("s/g.yml", as_bytes(by_hand)));
    refuses_all("changed by other hands");
    EXPECT_EQ(rules->remove("s", "g").error().code, Errc::conflict);
    EXPECT_EQ(rules->remove_all("s").error().code, Errc::conflict);
    EXPECT_EQ(contents("s/g.yml"), by_hand);
  }
  EXPECT_THAT(in_force, ElementsAre("s/g up == 0"));
  EXPECT_THAT(revisions("s", "g"), ElementsAre("one"));
  start();  // as a reload takes it
  EXPECT_TRUE(rules->save({.space = "s", .text = group("g", "mine")}));

  const auto other = file_of(group("new", "theirs"));
  ASSERT_TRUE(disk->replace("s/new.yml", as_bytes(other)));
  EXPECT_THAT(rules->save({.space = "s", .text = group("new")}).error().message,
              HasSubstr("not loaded"));
  EXPECT_EQ(contents("s/new.yml"), other);

  ASSERT_TRUE(disk->remove("s/g.yml"));
  refuses_all("removed by other hands");
  EXPECT_THAT(in_force, ElementsAre("t/h up == 0")) << "what is to go may be gone";
}

// A file of others: what is around its group, and how that is laid out.
const std::string kByHand =
    "# Ask the team first.\n\ngroups:\n- name: g  # its name\n# zero\n  rules:\n"
    "  - record: r\n    expr: up == 0  # why\n\n# the end\n";

std::string with_expression(std::string text, const std::string& expr,
                            const std::string& old = "up == 0") {
  return text.replace(text.find(old), old.size(), expr);
}

TEST_F(Edited, AFileThatOthersLaidOutKeepsAllThatIsNotChanged) {
  ASSERT_TRUE(disk->make_dirs("s"));
  ASSERT_TRUE(disk->replace("s/g.yml", as_bytes(kByHand)));
  start();
  auto text = rules->get("s", "g")->text;
  EXPECT_EQ(text, "name: g  # its name\n# zero\nrules:\n- record: r\n  expr: up == 0  # why\n");
  text.replace(text.find("up == 0"), 7, "up == 1");
  const auto checked = rules->check("s", text);
  ASSERT_TRUE(checked) << checked.error().message;
  EXPECT_EQ(checked->spec.rules[0].line - checked->line + 1, 4U);
  const auto saved = rules->save({.space = "s", .text = text, .message = "mine"});
  ASSERT_TRUE(saved) << saved.error().message;
  EXPECT_EQ(saved->text, text);
  auto wanted = kByHand;
  wanted.replace(wanted.find("up == 0"), 7, "up == 1");
  EXPECT_EQ(disk->read("s/g.yml").value(), wanted);
  EXPECT_THAT(in_force, ElementsAre("s/g up == 1"));
  start();
  EXPECT_THAT(revisions("s", "g"), ElementsAre("mine", "changed in its file"))
      << "what was saved is what is read again";

  // The first revision, and a rename, are put into the same file.
  ASSERT_TRUE(rules->restore(rules->history("s", "g")->back().id, saved->version()));
  EXPECT_EQ(disk->read("s/g.yml").value(), kByHand);
  text = rules->get("s", "g")->text;
  text.replace(text.find("name: g"), 7, "name: h");
  ASSERT_TRUE(rules->save(
      {.space = "s", .text = text, .renames = GroupName{.space = "s", .group = "g"}}));
  wanted = kByHand;
  wanted.replace(wanted.find("name: g"), 7, "name: h");
  EXPECT_EQ(disk->read("s/h.yml").value(), wanted);
  EXPECT_FALSE(disk->exists("s/g.yml"));
}

TEST_F(Edited, LinesTakeThePlaceOfAGroupInBraces) {
  lay_out("# ours\ngroups:\n- {name: g,\n   rules: [{record: r, expr: up}]}  # g\n# all\n");
  const auto saved = rules->save({.space = "s", .text = group("g")});
  ASSERT_TRUE(saved) << saved.error().message;
  EXPECT_EQ(disk->read("s/g.yml").value(),
            "# ours\ngroups:\n- name: g\n  rules:\n    - alert: Down  # why\n"
            "      expr: up == 0  # g\n# all\n");
  EXPECT_THAT(in_force, ElementsAre("s/g up == 0"));
}

TEST_F(Edited, LinesFindTheirPlaceWhereverTheBraceStands) {
  // The last line of the text would take a comment behind the brace for its own.
  const std::string block = "name: g\nrules:\n  - record: r\n    expr: |-\n      up\n      == 0\n";
  for (const auto& [before, behind, braces] :
       std::vector<std::tuple<std::string, std::string, bool>>{
           {"groups:\n- ", "\n", false},
           {"groups:\n  -   ", "\n\n# all\n", false},
           {"groups:\n    -\n      ", "", false},
           {"groups:\r\n  - ", "\r\n", false},
           {"groups:\n- ", " # g\n", true},
           {"groups: [\n      ", "\n]\n", true},
           {"groups: [ # - \n  ", " ]\n", true}}) {
    const auto file = before + "{name: g, rules: [\n    {record: r, expr: up}]}" + behind;
    SCOPED_TRACE(file);
    lay_out(file);
    const auto saved = rules->save({.space = "s", .text = block});
    ASSERT_TRUE(saved) << saved.error().message;
    const auto now = disk->read("s/g.yml").value();
    EXPECT_TRUE(now.starts_with(before) && now.ends_with(behind)) << now;
    EXPECT_EQ(now.find("{name: g") != now.npos, braces) << now;
    EXPECT_THAT(in_force, ElementsAre("s/g up\n== 0"));
    ASSERT_TRUE(rules->save({.space = "s", .text = block, .message = "again"}));
    EXPECT_EQ(disk->read("s/g.yml").value(), now);
    EXPECT_NE(revisions("s", "g").front(), "again");
  }
}

// Between brackets lines do not fit: the group is written in braces.
TEST_F(Edited, LinesForAGroupBetweenBracketsAreWrittenInBraces) {
  lay_out("groups: [{name: g, rules: [{record: r, expr: up}]}]  # all\n");
  const std::string lines =
      "# g\nname: g\nlimit: 7\nrules:\n  - alert: A\n    expr: up{a=\"b\"} == 0\n    for: 5m\n"
      "    annotations:\n      a: |\n        \u00fc: {x}, [y]\n        z\n";
  const auto checked = rules->check("s", lines);
  ASSERT_TRUE(checked) << checked.error().message;
  const std::string wanted =
      "groups: [{name: g, limit: 7, rules: [{alert: A, expr: \"up{a=\\\"b\\\"} == 0\", for: 5m, "
      "annotations: {a: \"\u00fc: {x}, [y]\\nz\\n\"}}]}]  # all\n";
  EXPECT_EQ(checked->file, wanted);
  for (int i = 0; i < 2; ++i) {
    const auto saved = rules->save({.space = "s", .text = lines, .message = "lines"});
    ASSERT_TRUE(saved) << saved.error().message;
    EXPECT_EQ(disk->read("s/g.yml").value(), wanted);
  }
  EXPECT_THAT(revisions("s", "g"), ElementsAre("lines", "changed in its file"))
      << "the second one changed nothing";
  EXPECT_EQ(rules->get("s", "g")->spec.rules[0].annotations[0].second, "\u00fc: {x}, [y]\nz\n");
  ASSERT_TRUE(rules->save({.space = "s", .text = "{name: g, rules: [{record: r, expr: 1}]}"}));
  EXPECT_EQ(disk->read("s/g.yml").value(),
            "groups: [{name: g, rules: [{record: r, expr: 1}]}]  # all\n");
  ASSERT_TRUE(rules->restore(rules->history("s", "g")->at(1).id, {}));
  EXPECT_EQ(disk->read("s/g.yml").value(), wanted);
}

TEST_F(Edited, JsonStaysJson) {
  lay_out(
      "{\"groups\": [\n  {\n    \"name\": \"g\",\n    \"rules\": [{\"record\": \"r\", \"expr\": \"up\"}]\n"
      "  }\n]}\n");
  ASSERT_TRUE(rules->save({.space = "s", .text = group("g", "up > 1")}));
  EXPECT_EQ(disk->read("s/g.yml").value(),
            "{\"groups\": [\n  {\"name\": \"g\", \"rules\": [{\"alert\": \"Down\", "
            "\"expr\": \"up > 1\"}]}\n]}\n");
}

TEST(ReadGroup, ATextThatDoesNotFitIntoAFileOfOthersIsRefused) {
  // Something that is not the group's needs what the group has.
  const std::string file = "groups:\n- &g {name: g, rules: [{record: r, expr: up}]}\nother: *g\n";
  const auto read = read_group("s", group("g"), "rules", {.ignore_unknown_fields = true}, file);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code, Errc::invalid);
  EXPECT_THAT(read.error().message, HasSubstr("rules/s/g.yml: the text does not fit"));
  EXPECT_THAT(read.error().message, Not(HasSubstr("bracket")));
}

TEST_F(Edited, WhatOnlyLooksOtherwiseAroundTheTextIsNoChange) {
  lay_out(kByHand);
  auto text = rules->get("s", "g")->text;
  text.replace(text.find("up == 0"), 7, "up == 1");
  ASSERT_TRUE(rules->save({.space = "s", .text = text, .message = "mine"}));
  const auto saved = disk->read("s/g.yml").value();
  in_force.clear();
  for (const std::string& same : {text + "\n", "\n" + text, "\n \n" + text + "\n\n", text}) {
    const auto again = rules->save({.space = "s", .text = same, .message = "again"});
    ASSERT_TRUE(again) << again.error().message;
    EXPECT_EQ(again->text, text);
    EXPECT_EQ(disk->read("s/g.yml").value(), saved);
  }
  EXPECT_THAT(revisions("s", "g"), ElementsAre("mine", "changed in its file"));
  EXPECT_THAT(in_force, IsEmpty()) << "and nothing is evaluated anew";
  text.replace(text.find("up == 1"), 7, "up == 2");
  ASSERT_TRUE(rules->save({.space = "s", .text = "\n" + text + "\n"}));
  EXPECT_EQ(rules->get("s", "g")->text, text);
  EXPECT_EQ(disk->read("s/g.yml").value(), with_expression(kByHand, "up == 2"));
}

TEST_F(Edited, BlankLinesThatATextEndsWithStay) {
  lay_out("groups:\n- name: g\n  rules:\n  - {record: r, expr: up}\n");
  const std::string text =
      "name: g\nrules:\n- alert: A\n  expr: up\n  annotations:\n    a: |+\n      b\n\n";
  ASSERT_TRUE(rules->save({.space = "s", .text = text}));
  EXPECT_EQ(rules->get("s", "g")->spec.rules[0].annotations[0].second, "b\n\n");
}

TEST_F(Edited, ACommentBehindAGroupInBracesIsWrittenOnce) {
  const std::string file =
      "groups:\n- {name: g, rules: [{record: r, expr: up}]} # g\n  # more\n# the end\n";
  lay_out(file);
  const std::string text = "{name: g, rules: [{record: r, expr: up}]}";
  for (const char* behind : {"", " # g", " # g\n", "\n# g\n# more\n"})
    ASSERT_TRUE(rules->save({.space = "s", .text = text + behind, .message = "again"})) << behind;
  EXPECT_EQ(disk->read("s/g.yml").value(), file);
  EXPECT_THAT(revisions("s", "g"), ElementsAre("changed in its file"));
  ASSERT_TRUE(rules->save(
      {.space = "s", .text = with_expression(text + " # g", "expr: down", "expr: up")}));
  EXPECT_EQ(disk->read("s/g.yml").value(), with_expression(file, "expr: down", "expr: up"));
  // A new one stands before those that were there, and is not added again.
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(rules->save({.space = "s", .text = text + "  # new"}));
  EXPECT_EQ(disk->read("s/g.yml").value(), with_expression(file, "}  # new # g", "} # g"));
}

// A server of before wrote the text of its own layout for a file of others.
TEST_F(Edited, AHistoryThatKnowsAFileByItsMeaningHasNoFalseChange) {
  lay_out(kByHand);
  const auto known = group_text(rules->get("s", "g")->spec);
  ASSERT_NE(known, rules->get("s", "g")->text);
  ASSERT_TRUE(database->transaction([&](Database& db) {
    return RuleHistory::add_in(
        db, {.space = "s", .group = "g", .message = "by the server before", .text = known});
  }));
  start();
  EXPECT_EQ(revisions("s", "g").front(), "by the server before");
  lay_out(with_expression(kByHand, "up == 1"));
  EXPECT_EQ(revisions("s", "g").front(), "changed in its file");
}

TEST_F(Edited, AFileWithOtherGroupsIsNamed) {
  ASSERT_TRUE(disk->make_dirs("s"));
  const std::string other = "groups: [{name: other}]\n";
  ASSERT_TRUE(disk->replace("s/g.yml", as_bytes(other)));
  const auto read = read_folder(*disk, "rules", {});
  ASSERT_FALSE(read);
  EXPECT_THAT(read.error().message, HasSubstr("rules/s/g.yml"));
}

// No groups yet, on a disk that can be stopped.
struct OnStoppingDisk {
  std::shared_ptr<SimDisk> disk;
  std::unique_ptr<Database> database = std::move(*Database::open(":memory:"));
  ManualClock clock;
  std::mutex gate;
  std::unique_ptr<EditedRules> rules;
  explicit OnStoppingDisk(std::uint64_t seed) : disk(std::make_shared<SimDisk>(seed)) {
    rules = std::move(*EditedRules::open(
        {.database = *database,
         .clock = clock,
         .gate = gate,
         .open_folder = [this](const std::string&) { return Result<std::shared_ptr<Disk>>(disk); },
         .prepare = [](const std::vector<Group>&) -> Result<Commit> { return Commit([] {}); },
         .options = [] { return RuleFileOptions{}; }}));
    rules->adopt("rules", {});
  }
};

// Killed at each operation of a save: before or after, never between, and a save that returned
// stays.
TEST(EditedCrash, LeavesTheOldOrTheNewRules) {
  for (std::uint64_t stop = 1;; ++stop) {
    OnStoppingDisk world(stop);
    const auto& disk = world.disk;
    const auto& rules = world.rules;
    ASSERT_TRUE(rules->save({.space = "s", .text = group("g", "old")}));
    disk->stop_after(stop);
    const auto second = rules->save({.space = "s", .text = group("g", "new")});
    const auto third = rules->save({.space = "t", .text = group("h", "more")});
    disk->crash();
    const auto read = read_folder(*disk, "rules", {});
    ASSERT_TRUE(read) << stop << ": " << read.error().message;
    std::vector<std::string> found;
    for (const auto& one : *read) found.push_back(one.spec.rules[0].expr);
    ASSERT_FALSE(found.empty()) << stop;
    EXPECT_TRUE(found[0] == "new" || (!second && found[0] == "old")) << stop << ": " << found[0];
    EXPECT_TRUE(!third || found.size() == 2U) << stop;
    if (second && third) break;
    ASSERT_LT(stop, 50U);
  }
}

// Killed at each operation of a rename: the group under one of its names, or under both; never gone.
TEST(EditedCrash, ARenameLosesNoGroup) {
  for (std::uint64_t stop = 1;; ++stop) {
    OnStoppingDisk world(stop);
    const auto& disk = world.disk;
    const auto& rules = world.rules;
    ASSERT_TRUE(rules->save({.space = "s", .text = group("a")}));
    disk->stop_after(stop);
    const auto renamed = rules->save({.space = "t",
                                      .text = group("b"),
                                      .renames = GroupName{.space = "s", .group = "a"}});
    disk->crash();
    const auto read = read_folder(*disk, "rules", {});
    ASSERT_TRUE(read) << stop << ": " << read.error().message;
    std::vector<std::string> found;
    for (const auto& one : *read) found.push_back(one.name());
    if (renamed) {
      EXPECT_THAT(found, ElementsAre("b")) << stop;
      break;
    }
    EXPECT_THAT(found, Not(IsEmpty())) << stop;
    ASSERT_LT(stop, 50U);
  }
}

TEST(GroupText, GivesTheGroupBack) {
  const std::string text = R"(name: 'true'
interval: 1m30s
query_offset: 5s
limit: 7
labels: {team: "a: b", 'x"y': "1"}
no_data: hold
flap_damping: true
rules:
  - record: 'job:up:sum'
    expr: sum by (job) (up{a="it's"})
  - alert: Down
    expr: |
      up == 0
      and on (job) vector(1)
    for: 5m
    keep_firing_for: 10m
    no_data: alert
    clear: up > 0
    flap_damping: false
    labels: {severity: critical, note: "\ttabbed", empty: ''}
    annotations:
      summary: "{{ $labels.instance }}\n\ndown \u00e4"
      other: |-
        two
          lines
)";
  const auto read = parse_rule_group(text, "rules");
  ASSERT_THAT(read.errors, IsEmpty()) << read.errors[0].message;
  const auto written = group_text(read.groups[0]);
  const auto again = parse_rule_group(written, "rules");
  ASSERT_THAT(again.errors, IsEmpty()) << again.errors[0].message << "\n" << written;
  EXPECT_EQ(group_text(again.groups[0]), written);
  EXPECT_EQ(again.groups[0].rules[1].expr, read.groups[0].rules[1].expr);
  EXPECT_EQ(again.groups[0].rules[1].labels, read.groups[0].rules[1].labels);
  EXPECT_EQ(again.groups[0].rules[1].annotations, read.groups[0].rules[1].annotations);
  EXPECT_EQ(again.groups[0].labels, read.groups[0].labels);
}

TEST_F(Edited, ATextOfManyShortLinesIsReadAgain) {
  std::string text = group("g");
  while (text.size() + 2 <= kTextMax) text += "#\n";
  const auto saved = rules->save({.space = "s", .text = text});
  ASSERT_TRUE(saved) << saved.error().message;
  EXPECT_THAT(stored(), ElementsAre("s/g up == 0"));
}

TEST_F(Edited, AFileUnderAnotherSpellingOfItsNameIsRefused) {
  ASSERT_TRUE(disk->make_dirs("s"));
  ASSERT_TRUE(
      disk->replace("s/my.rules.yml",
                    as_bytes("groups:\n  - name: my.rules\n    rules: [{record: r, expr: 1}]\n")));
  const auto read = read_folder(*disk, "rules", {});
  ASSERT_FALSE(read);
  EXPECT_THAT(read.error().message,
              HasSubstr("rules/s/my.rules.yml: this file must be called rules/s/my%2Erules.yml"));
}

TEST(GroupText, AFileKeepsTheTextAsItIs) {
  const std::string text =
      "# ours\nname: g\n\nrules:\n  - record: r\n    expr: |\n      1\n\n      + 1\n";
  EXPECT_EQ(group_of(file_of(text)), text);
  EXPECT_EQ(group_of("groups:\n- name: g\n"), std::nullopt);
  EXPECT_EQ(group_of("# by hand\ngroups: []\n"), std::nullopt);
  EXPECT_EQ(group_of("groups:\n  - name: g\r\n"), std::nullopt);
}

}  // namespace
}  // namespace pharos::rules::edited
