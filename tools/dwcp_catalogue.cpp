// Writes the catalogue of DWCP's metrics from their definitions.
//   dwcp-catalogue > packs/dwcp/metrics.md      for people
//   dwcp-catalogue --tsv                        name, type, set, labels, bounds: for checks
#include <charconv>
#include <cstdio>
#include <string>

#include <pharos/dwcp/metrics.hpp>

using namespace pharos::client;

namespace {

constexpr const char* kTypes[] = {"counter", "gauge", "histogram", "summary"};

struct Heading {
  const char* set;
  const char* title;
};
constexpr Heading kHeadings[] = {
    {"systems", "The six production systems"},
    {"traffic", "Traffic: canary and baseline"},
    {"phase1", "Phase 1: AMST, HDE, migration, federation, system"},
    {"phase3", "Phase 3: collector, boards, anomalies"},
    {"components", "Phase 3: components"},
    {"platform", "The platform, tracing and detectors"},
    {"phase6", "Phase 6: as emitted"},
    {"phase6_boards", "Phase 6: as rules and boards name it"},
    {"operations", "The interpretation guide"},
    {"derived", "What watches, rules and operations conclude"},
    {"companions", "Limits, other halves and other spellings"},
};

std::string number(double value) {
  char text[40];
  return {text, std::to_chars(text, text + sizeof text, value, std::chars_format::general).ptr};
}
std::string joined_labels(const Definition& d, const char* around, const char* between) {
  std::string text;
  for (std::uint32_t i = 0; i < d.label_count; ++i)
    text.append(i ? between : "").append(around).append(d.labels[i]).append(around);
  return text;
}
std::string joined_bounds(const Definition& d) {
  std::string text;
  for (std::uint32_t i = 0; i < d.bounds.size; ++i)
    text.append(i ? " " : "").append(number(d.bounds.data[i]));
  return text;
}

void markdown() {
  std::size_t total = 0, companions = 0;
  for (const auto& entry : dwcp::kCatalogue) {
    ++total;
    companions += std::string_view(entry.set) == "companions";
  }
  std::printf(
      "# DWCP's metrics\n\nWritten by `dwcp-catalogue` from `include/pharos/dwcp/sets/`: change "
      "the definitions, not this page.\n"
      "%zu names, %zu of them limits, other halves and other spellings. A histogram has `_bucket`, "
      "`_sum` and `_count` series;\n"
      "those marked T keep exemplars.\n",
      total, companions);
  for (const auto& heading : kHeadings) {
    std::printf("\n## %s\n\n| name | type | unit | labels | meaning |\n|---|---|---|---|---|\n",
                heading.title);
    for (const auto& entry : dwcp::kCatalogue) {
      const Definition& d = entry.definition;
      if (std::string_view(entry.set) != heading.set) continue;
      std::string help = d.help;
      if (d.bounds.size) help += " Buckets: " + joined_bounds(d) + ".";
      std::printf("| `%s` | %s%s | %s | %s | %s |\n", d.name, kTypes[static_cast<unsigned>(d.type)],
                  d.exemplars ? " T" : "", entry.unit, joined_labels(d, "`", " ").c_str(),
                  help.c_str());
    }
  }
  std::printf("\n## Names that came together\n\n| name | the uses | how |\n|---|---|---|\n");
  for (const auto& united : dwcp::kUnited)
    std::printf("| `%s` | %s | %s |\n", united.name, united.was, united.reason);
}

void tsv() {
  for (const auto& entry : dwcp::kCatalogue) {
    const Definition& d = entry.definition;
    std::printf("%s\t%s\t%s\t%s\t%s\n", d.name, kTypes[static_cast<unsigned>(d.type)], entry.set,
                joined_labels(d, "", ",").c_str(), joined_bounds(d).c_str());
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc > 2 || (argc == 2 && std::string_view(argv[1]) != "--tsv")) {
    std::fputs("usage: dwcp-catalogue [--tsv]\n", stderr);
    return 2;
  }
  argc == 2 ? tsv() : markdown();
}
