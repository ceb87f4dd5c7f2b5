#include "dashboards/dashboard_store.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "base/manual_clock.hpp"
#include "codec/checksum.hpp"
#include "dashboards/annotation_store.hpp"
#include "dashboards/provisioner.hpp"

namespace pharos::dashboards {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

Dashboard board(const std::string& json) {
  return *read_dashboard(*codec::Json::parse(json));
}

struct Boards : testing::Test {
  ManualClock clock{from_unix_millis(1'000'000)};
  std::unique_ptr<Database> database = std::move(*Database::open(":memory:"));
  std::unique_ptr<DashboardStore> store = std::move(*DashboardStore::open(*database, clock));
  std::unique_ptr<AnnotationStore> annotations =
      std::move(*AnnotationStore::open(*database, clock));

  Result<DashboardInfo> save(const std::string& json, bool overwrite = false) {
    return store->save({.dashboard = board(json), .overwrite = overwrite});
  }
};

TEST_F(Boards, OnlyWhoKnowsTheVersionMayChangeABoard) {
  const auto first = save(R"({"uid":"a","title":"One"})");
  ASSERT_TRUE(first) << first.error().message;
  EXPECT_EQ(first->version, 1);
  EXPECT_EQ(save(R"({"uid":"a","title":"Two"})").error().code, Errc::conflict);
  EXPECT_EQ(save(R"({"uid":"a","title":"Two","version":1})")->version, 2);
  EXPECT_EQ(save(R"({"uid":"a","title":"Late","version":1})").error().message,
            "The dashboard has been changed by someone else");
  EXPECT_EQ(save(R"({"uid":"a","title":"Forced"})", true)->version, 3);
  const auto stored = store->get("a");
  EXPECT_EQ(stored->json, R"({"id":1,"uid":"a","version":3,"title":"Forced"})");
}

TEST_F(Boards, KnowsABoardByItsNumberToo) {
  const auto first = save(R"({"title":"One"})");
  EXPECT_EQ(first->uid.size(), 14u);
  EXPECT_EQ(save(R"({"id":1,"uid":"named","title":"One","version":1})")->uid, "named");
  EXPECT_EQ(store->get(first->uid).error().code, Errc::not_found);
  EXPECT_EQ(save(R"({"id":99,"title":"One"})").error().code, Errc::not_found);
  ASSERT_TRUE(save(R"({"uid":"other","title":"Other"})"));
  EXPECT_EQ(save(R"({"id":1,"uid":"other","title":"x"})").error().code, Errc::invalid);
}

TEST_F(Boards, KeepsFiftyVersionsAndGoesBackToOne) {
  ASSERT_TRUE(save(R"({"uid":"a","title":"T1"})"));
  for (int i = 2; i <= 60; ++i)
    ASSERT_TRUE(save(R"({"uid":"a","title":"T)" + std::to_string(i) + "\"}", true));
  const auto all = store->versions("a", 100, 1'000);
  ASSERT_THAT(*all, SizeIs(50));
  EXPECT_EQ(all->front().version, 60);
  EXPECT_EQ(all->front().parent, 59);
  EXPECT_EQ(store->version("a", 5).error().code, Errc::not_found);
  EXPECT_THAT(store->version("a", 20)->second, HasSubstr(R"("title":"T20")"));
  const auto back = store->restore("a", 20);
  EXPECT_EQ(back->version, 61);
  EXPECT_EQ(back->title, "T20");
  EXPECT_EQ(store->versions("a", 1, 1'000)->front().restored_from, 20);
}

TEST_F(Boards, AreFoundByWhatTheyAre) {
  const auto folder = store->add_folder({.title = "Network"});
  ASSERT_TRUE(
      store->save({.dashboard = board(R"({"uid":"w","title":"WAN links","tags":["net","eu"]})"),
                   .folder_uid = folder->uid}));
  ASSERT_TRUE(save(R"({"uid":"n","title":"Now","tags":["net"]})"));
  const auto names = [&](const SearchDashboards& wanted) {
    std::vector<std::string> out;
    const auto all = store->search(wanted);
    for (const auto& found : *all) out.push_back(found.board.title);
    return out;
  };
  EXPECT_THAT(names({}), ElementsAre("Network", "Now", "WAN links"));
  EXPECT_THAT(names({.text = "wan"}), ElementsAre("WAN links"));
  EXPECT_THAT(names({.tags = {"net", "eu"}}), ElementsAre("WAN links"));
  EXPECT_THAT(names({.folder_uids = {"general"}}), ElementsAre("Network", "Now"));
  EXPECT_THAT(names({.folder_uids = {folder->uid}}), ElementsAre("WAN links"));
  EXPECT_THAT(names({.limit = 1, .page = 3}), ElementsAre("WAN links"));
  EXPECT_THAT(names({.limit = 10, .page = 9}), IsEmpty());
  ASSERT_TRUE(store->star("n", true));
  EXPECT_THAT(names({.starred = true}), ElementsAre("Now"));
  EXPECT_EQ(store->star("gone", true).error().code, Errc::not_found);
  ASSERT_TRUE(store->remove_folder(folder->uid));
  EXPECT_THAT(names({}), ElementsAre("Now"));
  EXPECT_THAT(*store->stars(), ElementsAre("n"));
}

TEST_F(Boards, FoldersHaveVersionsAndNames) {
  const auto folder = store->add_folder({.uid = "f", .title = "A"});
  EXPECT_EQ(store->add_folder({.uid = "f", .title = "B"}).error().code, Errc::conflict);
  EXPECT_EQ(store->add_folder({.title = "A"}).error().code, Errc::conflict);
  EXPECT_EQ(store->add_folder({.title = ""}).error().code, Errc::invalid);
  EXPECT_EQ(store->change_folder("f", "C", 7).error().message,
            "the folder has been changed by someone else");
  EXPECT_EQ(store->change_folder("f", "C", 1)->version, 2);
  EXPECT_EQ(store->folder_titled("C")->uid, "f");
  ASSERT_TRUE(store->add_folder({.uid = "g", .title = "D"}));
  EXPECT_EQ(store->change_folder("g", "C", {}).error().message,
            "a folder with the same name already exists in the current location");
  EXPECT_EQ(store->folder("g")->title, "D");
  EXPECT_TRUE(store->change_folder("g", "D", {})) << "its own name is no other's";
  ASSERT_TRUE(store->move_folder("g", "f"));
  EXPECT_TRUE(store->change_folder("g", "C", {})) << "below another folder the name is free";
  EXPECT_EQ(store->move_folder("g", "").error().code, Errc::conflict);
  EXPECT_EQ(store->change_folder("gone", "C", {}).error().code, Errc::not_found);
  EXPECT_EQ(
      store->save({.dashboard = board(R"({"title":"x"})"), .folder_uid = "gone"}).error().code,
      Errc::not_found);
}

TEST_F(Boards, OfAFolderThatGoesAreToldEachByItself) {
  ASSERT_TRUE(store->add_folder({.uid = "f", .title = "F"}));
  ASSERT_TRUE(store->add_folder({.uid = "below", .title = "B", .parent_uid = "f"}));
  const auto put = [&](const std::string& uid, const std::string& folder) {
    return store->save(
        {.dashboard = board(R"({"title":"T","uid":")" + uid + "\"}"), .folder_uid = folder});
  };
  ASSERT_TRUE(put("a", "f") && put("b", "below") && put("other", ""));
  std::vector<std::string> told;
  store->observe([&](std::string_view action, const std::string& uid, std::int64_t version) {
    EXPECT_FALSE(store->get(uid)) << "told before it was so";
    told.push_back(std::string(action) + " " + uid + " " + std::to_string(version));
  });
  ASSERT_TRUE(store->remove_folder("f"));
  EXPECT_THAT(told, ElementsAre("deleted a 1", "deleted b 1"));
  EXPECT_TRUE(store->get("other"));
  EXPECT_FALSE(store->remove_folder("f"));
  EXPECT_THAT(told, SizeIs(2));
}

TEST_F(Boards, PlaylistsComeAndGo) {
  const auto list = store->put_playlist(
      {.name = "Wall", .interval = "30s", .items = {{"dashboard_by_uid", "a", "A"}}}, false);
  ASSERT_TRUE(list) << list.error().message;
  EXPECT_EQ(store->playlist(list->uid)->items[0].value, "a");
  EXPECT_EQ(store->put_playlist({.uid = "gone", .name = "x", .interval = "1m"}, true).error().code,
            Errc::not_found);
  const Playlist unknown{.name = "x", .interval = "1m", .items = {{"else", "a", ""}}};
  EXPECT_EQ(store->put_playlist(unknown, false).error().code, Errc::invalid);
  for (const char* interval : {"", "soon", "0s", "8d"})
    EXPECT_EQ(store->put_playlist({.name = "x", .interval = interval}, false).error().code,
              Errc::invalid)
        << interval;
  ASSERT_TRUE(store->remove_playlist(list->uid));
  EXPECT_THAT(*store->playlists(), IsEmpty());
}

TEST_F(Boards, APlaylistKeepsWhatItWas) {
  ASSERT_TRUE(store->put_playlist(
      {.uid = "w", .name = "Wall", .interval = "30s", .items = {{"dashboard_by_uid", "a", ""}}},
      false));
  for (int i = 2; i <= 60; ++i)
    ASSERT_TRUE(store->put_playlist(
        {.uid = "w", .name = "Wall " + std::to_string(i), .interval = "1m"}, true));
  const auto all = *store->playlist_versions("w");
  ASSERT_EQ(all.size(), 50U);
  EXPECT_EQ(all.front().name, "Wall 60");
  EXPECT_EQ(all.back().version, 11);
  ASSERT_TRUE(store->put_playlist(
      {.uid = "x", .name = "Other", .interval = "1m", .items = {{"dashboard_by_tag", "t", "T"}}},
      false));
  EXPECT_EQ(store->playlist_versions("x")->front().items[0].value, "t");
  ASSERT_TRUE(store->remove_playlist("w"));
  EXPECT_EQ(store->playlist_versions("w").error().code, Errc::not_found);
  ASSERT_TRUE(store->put_playlist({.uid = "w", .name = "New", .interval = "1m"}, false));
  EXPECT_EQ(store->playlist_versions("w")->size(), 1U);
}

TEST_F(Boards, APlaylistChangedByTwoKeepsTheFirst) {
  const auto made = store->put_playlist({.uid = "w", .name = "Wall", .interval = "30s"}, false);
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_EQ(made->version, 1);
  auto mine = *store->playlist("w"), theirs = mine;
  theirs.name = "Theirs";
  EXPECT_EQ(store->put_playlist(theirs, true)->version, 2);
  mine.name = "Mine";
  EXPECT_EQ(store->put_playlist(mine, true).error().code, Errc::conflict);
  EXPECT_EQ(store->playlist("w")->name, "Theirs");
  mine.version = 0;  // a client that knows of no versions
  EXPECT_EQ(store->put_playlist(mine, true)->version, 3);
}

TEST_F(Boards, TellsWhatChanged) {
  std::vector<std::string> seen;
  store->observe([&](std::string_view action, const std::string& uid, std::int64_t version) {
    seen.push_back(std::string(action) + " " + uid + " " + std::to_string(version));
  });
  ASSERT_TRUE(save(R"({"uid":"a","title":"A"})"));
  ASSERT_FALSE(save(R"({"uid":"a","title":"A"})"));
  ASSERT_TRUE(store->remove("a"));
  EXPECT_THAT(seen, ElementsAre("saved a 1", "deleted a 1"));
}

// ------------------------------ annotations

TEST_F(Boards, AnnotationsAreFoundByTimeTagAndBoard) {
  const auto add = [&](Annotation one) { return annotations->add(std::move(one)); };
  ASSERT_TRUE(
      add({.time_ms = 1'000, .time_end_ms = 5'000, .text = "region", .tags = {"deploy", "eu"}}));
  ASSERT_TRUE(add({.time_ms = 3'000, .dashboard_uid = "b", .panel_id = 4, .text = "mark"}));
  ASSERT_TRUE(add({.time_ms = 9'000, .text = "late", .tags = {"config"}}));
  const auto texts = [&](const FindAnnotations& wanted) {
    std::vector<std::string> out;
    const auto all = annotations->find(wanted);
    for (const auto& one : *all) out.push_back(one.text);
    return out;
  };
  EXPECT_THAT(texts({}), ElementsAre("late", "mark", "region"));
  EXPECT_THAT(texts({.from_ms = 4'000, .to_ms = 8'000}), ElementsAre("region"));
  EXPECT_THAT(texts({.dashboard_uid = "b"}), ElementsAre("mark"));
  EXPECT_THAT(texts({.panel_id = 4}), ElementsAre("mark"));
  EXPECT_THAT(texts({.tags = {"deploy", "us"}}), IsEmpty());
  EXPECT_THAT(texts({.tags = {"deploy", "config"}, .any_tag = true}),
              ElementsAre("late", "region"));
  EXPECT_THAT(texts({.limit = 1}), ElementsAre("late"));
  EXPECT_EQ(annotations->tags("", 10)->size(), 3u);
}

TEST_F(Boards, AnnotationsChangeByParts) {
  const auto one = annotations->add({.time_ms = 1'000, .text = "a", .tags = {"x"}});
  EXPECT_EQ(annotations->change(one->id, {.text = "b"})->tags, std::vector<std::string>{"x"});
  EXPECT_EQ(annotations->change(one->id, {.time_ms = 2'000})->time_end_ms, 2'000);
  EXPECT_EQ(annotations->change(one->id, {.time_end_ms = 9'000})->time_ms, 2'000);
  EXPECT_EQ(annotations->change(one->id, {.text = ""}).error().message,
            "text field should not be empty");
  EXPECT_EQ(annotations->get(one->id)->text, "b");
  ASSERT_TRUE(annotations->remove(one->id));
  EXPECT_EQ(annotations->remove(one->id).error().code, Errc::not_found);
  EXPECT_EQ(annotations->add({.time_ms = -1, .text = "x"}).error().code, Errc::invalid);
  EXPECT_EQ(annotations->add({.text = std::string(100'000, 'x')}).error().code, Errc::limit);
  EXPECT_EQ(annotations->add({.text = "now"})->time_ms, 1'000'000);
}

// ------------------------------ files

struct Files : Boards {
  std::filesystem::path folder =
      std::filesystem::temp_directory_path() / ("pharos-boards-" + new_uid());
  Provisioner provisioner{*store, clock};
  Files() { std::filesystem::create_directory(folder); }
  ~Files() override {
    provisioner.stop();
    std::filesystem::remove_all(folder);
  }
  void write(const std::string& name, const std::string& text) {
    std::ofstream(folder / name, std::ios::binary) << text;
  }
};

TEST_F(Files, AreFollowed) {
  write("a.json", R"({"uid":"a","title":"A"})");
  provisioner.set_config({{.path = folder.string(), .folder = "Pack"}});
  auto stored = store->get("a");
  ASSERT_TRUE(stored) << stored.error().message;
  EXPECT_EQ(store->folder(stored->info.folder_uid)->title, "Pack");
  EXPECT_EQ(save(R"({"uid":"a","title":"By hand","version":1})").error().code, Errc::denied);
  EXPECT_EQ(store->remove("a").error().code, Errc::denied);

  write("a.json", R"({"uid":"a","title":"A longer title"})");
  provisioner.look();
  EXPECT_EQ(store->get("a")->info.title, "A longer title");
  provisioner.look();
  EXPECT_EQ(store->get("a")->info.version, 2);

  std::filesystem::remove(folder / "a.json");
  provisioner.look();
  EXPECT_EQ(store->get("a").error().code, Errc::not_found);
}

TEST_F(Files, ABrokenOneKeepsItsLastGoodBoard) {
  write("a.json", R"({"uid":"a","title":"A"})");
  provisioner.set_config({{.path = (folder / "*.json").string()}});
  write("a.json", "{\"uid\":\"a\",\n\"title\":}");
  provisioner.look();
  ASSERT_THAT(provisioner.files(), SizeIs(1));
  EXPECT_EQ(provisioner.files()[0].error,
            (folder / "a.json").string() + ":2:9: expected a value, found \"}\"");
  EXPECT_EQ(store->get("a")->info.title, "A");
  write("a.json", R"({"uid":"a","title":"Well again"})");
  provisioner.look();
  EXPECT_EQ(provisioner.files()[0].error, "");
  EXPECT_EQ(store->get("a")->info.title, "Well again");
}

// Builds before hashed the text alone.
TEST_F(Files, OneThatAnEarlierBuildTookIsNotTakenAnew) {
  const std::string text = R"({"uid":"a","title":"A"})";
  write("a.json", text);
  const std::vector<ProvisionedFolder> config{{.path = folder.string(), .editable = true}};
  provisioner.set_config(config);
  const auto now = store->get("a")->info.source_hash;
  std::string before;
  for (auto [hash, i] = std::pair(codec::xxhash64(text), 0); i < 16; ++i, hash >>= 4) before += "0123456789abcdef"[hash & 15];
  ASSERT_TRUE(store->set_source_hash("a", before));
  Provisioner again(*store, clock);
  again.set_config(config);
  EXPECT_EQ(store->get("a")->info.version, 1);
  EXPECT_EQ(store->get("a")->info.source_hash, now);
}

TEST_F(Files, OneWhoseUidAnotherHasIsNamedWithIt) {
  write("a.json", R"({"uid":"same","title":"A"})");
  write("b.json", R"({"uid":"same","title":"B"})");
  provisioner.set_config({{.path = (folder / "*.json").string()}});
  EXPECT_EQ(store->get("same")->info.title, "A");
  const auto files = provisioner.files();
  ASSERT_THAT(files, SizeIs(2));
  EXPECT_EQ(files[0].error, "");
  EXPECT_EQ(files[1].error, (folder / "b.json").string() + ": the uid \"same\" is that of the board in " + (folder / "a.json").string());
}

TEST_F(Files, WhatWasChangedByHandStaysUntilTheFileChanges) {
  write("a.json", R"({"title":"A"})");
  const std::vector<ProvisionedFolder> config{{.path = folder.string(), .editable = true}};
  provisioner.set_config(config);
  const auto uid = provisioner.files()[0].uid;
  ASSERT_TRUE(save(R"({"uid":")" + uid + R"(","title":"By hand","version":1})"));
  Provisioner again(*store, clock);  // as after a restart
  again.set_config(config);
  EXPECT_EQ(again.files()[0].uid, uid);
  EXPECT_EQ(store->get(uid)->info.title, "By hand");
  // So does where it was moved to, until the configuration has another folder for it.
  const auto elsewhere = store->folder_titled("Elsewhere");
  ASSERT_TRUE(elsewhere);
  SaveDashboard moved{.dashboard = *parse_dashboard(R"({"uid":")" + uid + R"(","title":"Moved","version":2})", "")};
  moved.folder_uid = elsewhere->uid;
  ASSERT_TRUE(store->save(std::move(moved)));
  Provisioner third(*store, clock);
  third.set_config(config);
  EXPECT_EQ(store->get(uid)->info.title, "Moved");
  EXPECT_EQ(store->get(uid)->info.folder_uid, elsewhere->uid);
  third.set_config({{.path = folder.string(), .folder = "Configured", .editable = true}});
  EXPECT_EQ(store->get(uid)->info.title, "A");
  third.set_config(config);
  write("a.json", R"({"title":"From the file"})");
  again.look();
  EXPECT_EQ(store->get(uid)->info.title, "From the file");
  again.set_config({});
  EXPECT_THAT(*store->list(), IsEmpty());
}

}  // namespace
}  // namespace pharos::dashboards
