// Every metric of DWCP, from the first scrape on, with its labels and type.
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "pharos/dwcp/metrics.hpp"
#include "sim/world.hpp"

namespace pharos::sim {
namespace {

std::unique_ptr<World> make_world(std::uint32_t regions, std::uint32_t nodes) {
  return *World::make({.fleet = {.regions = regions, .nodes = nodes},
                       .start = from_unix_millis(1'790'000'000'000)});
}

std::set<std::string> exported(World& world) {
  std::set<std::string> names;
  for (const auto& page : world.pages())
    page->each_family([&](const client::Definition& definition) { names.insert(definition.name); });
  return names;
}

std::vector<std::string> missing(World& world) {
  const auto names = exported(world);
  std::vector<std::string> out;
  for (const auto& entry : client::dwcp::kCatalogue)
    if (!names.contains(entry.definition.name)) out.push_back(entry.definition.name);
  return out;
}

TEST(Names, EveryMetricOfTheCatalogueIsExportedFromTheFirstScrape) {
  auto world = make_world(3, 30);
  EXPECT_EQ(missing(*world), std::vector<std::string>());
}

TEST(Names, ASmallFleetExportsThemToo) {
  auto world = make_world(2, 2);
  EXPECT_EQ(missing(*world), std::vector<std::string>());
}

TEST(Names, OneFamilyHasOneTypeOnAllPages) {
  auto world = make_world(3, 30);
  std::map<std::string, client::Type> types;
  for (const auto& page : world->pages())
    page->each_family([&](const client::Definition& definition) {
      EXPECT_EQ(types.emplace(definition.name, definition.type).first->second, definition.type)
          << definition.name;
    });
}

TEST(Names, ThirtyNodesInThreeRegionsHaveAboutFifteenThousandSeries) {
  auto world = make_world(3, 30);
  std::size_t series = 0;
  for (const auto& page : world->pages()) series += page->series_count() + 6;  // up and scrape_*
  EXPECT_GE(series, 13'500u);
  EXPECT_LE(series, 16'500u);
}

TEST(Names, NoSeriesAppearsOrGoesLater) {
  auto world = make_world(3, 9);
  std::size_t before = 0, after = 0;
  for (const auto& page : world->pages()) before += page->series_count();
  for (int i = 0; i < 240; ++i) world->step(std::chrono::seconds(15));
  for (const auto& page : world->pages()) after += page->series_count();
  EXPECT_EQ(before, after);
}

}  // namespace
}  // namespace pharos::sim
