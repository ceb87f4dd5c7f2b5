#include "dashboards/dashboard.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace pharos::dashboards {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

TEST(Dashboard, KeepsWhatItDoesNotKnow) {
  const auto board = parse_dashboard(
      R"({"id":7,"uid":"abc","title":"A","tags":["x","y","x",3,""],"version":4,"panels":[{"z":1.5,"n":null}],"future":{"a":true}})",
      "a.json");
  ASSERT_TRUE(board) << board.error().message;
  EXPECT_EQ(board->id, 7);
  EXPECT_EQ(board->version, 4);
  EXPECT_THAT(board->tags, ElementsAre("x", "y"));
  EXPECT_EQ(
      dashboard_text(board->json, 1, "new", 2),
      R"({"id":1,"uid":"new","version":2,"title":"A","tags":["x","y","x",3,""],"panels":[{"z":1.5,"n":null}],"future":{"a":true}})");
}

TEST(Dashboard, NamesThePlaceOfAMistake) {
  EXPECT_EQ(
      parse_dashboard("{\n  \"title\": \"A\",\n  \"panels\": [,]\n}", "b.json").error().message,
      "b.json:3:14: expected a value, found \",\"");
  EXPECT_THAT(parse_dashboard("", "b.json").error().message, StartsWith("b.json:1:1: "));
  EXPECT_EQ(parse_dashboard("[]", "b.json").error().message,
            "b.json:1:1: the dashboard is not an object");
  EXPECT_EQ(parse_dashboard(R"({"title":" "})", "b.json").error().message,
            "b.json:1:1: Dashboard title cannot be empty");
}

TEST(Dashboard, UnwrapsWhatTheApiGave) {
  EXPECT_EQ(parse_dashboard(R"({"meta":{},"dashboard":{"title":"In"}})", "c.json")->title, "In");
}

TEST(Dashboard, RefusesSchemaV2ByName) {
  for (const char* text :
       {R"({"apiVersion":"dashboard.grafana.app/v2beta1","kind":"Dashboard","spec":{"title":"A"}})",
        R"({"title":"A","elements":{},"layout":{"kind":"GridLayout"}})"}) {
    const auto refused = read_dashboard(*codec::Json::parse(text));
    EXPECT_EQ(refused.error().code, Errc::unsupported);
    EXPECT_THAT(refused.error().message, HasSubstr("schema v2"));
  }
}

TEST(Dashboard, HasBounds) {
  EXPECT_EQ(check_size(std::string(kDashboardBytesMax + 1, ' ')).error().code, Errc::limit);
  EXPECT_EQ(check_size(std::string(kValuesMax + 1, ',')).error().code, Errc::limit);
  EXPECT_EQ(check_uid(std::string(41, 'a')).error().message, "uid too long, max 40 characters");
  EXPECT_EQ(check_uid("a/b").error().message, "uid contains illegal characters");
  EXPECT_TRUE(check_uid(new_uid()));
}

TEST(Dashboard, MakesSlugs) {
  EXPECT_EQ(slug_of("Production: Overview (EU)"), "production-overview-eu");
  EXPECT_EQ(slug_of("Überblick"), "berblick");
  EXPECT_EQ(slug_of("</script>"), "script");
  EXPECT_EQ(slug_of("世界"), "dashboard");
}

}  // namespace
}  // namespace pharos::dashboards
