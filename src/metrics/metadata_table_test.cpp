#include "metrics/metadata_table.hpp"

#include <gtest/gtest.h>

namespace pharos::metrics {
namespace {

TEST(MetadataTable, TellsNewFromKnown) {
  MetadataTable table;
  const Metadata a{"m", MetricType::counter, "help", ""}, b{"m", MetricType::gauge, "help", ""};
  EXPECT_TRUE(table.set(a));
  EXPECT_FALSE(table.set(a));
  EXPECT_TRUE(table.set(b));
  EXPECT_EQ(table.get("m", 0).size(), 2u);
  EXPECT_TRUE(table.get("n", 0).empty());
}

}  // namespace
}  // namespace pharos::metrics
