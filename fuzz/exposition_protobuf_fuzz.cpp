#include <cstdint>

#include "model/exposition/exposition.hpp"

using namespace pharos::exposition;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view page(reinterpret_cast<const char*>(data), size);
  for (const bool nhcb : {false, true}) {
    const auto parser = make_parser(Format::protobuf, page, {.type_and_unit_labels = nhcb, .always_scrape_classic_histograms = nhcb, .convert_classic_to_nhcb = nhcb});
    std::vector<pharos::Exemplar> exemplars;
    Entry entry;
    for (auto more = parser->next(entry); more && *more; more = parser->next(entry)) {
      if (entry.kind != EntryKind::sample && entry.kind != EntryKind::histogram) continue;
      (void)parser->labels();
      parser->exemplars(exemplars);
      if (entry.histogram && entry.histogram->validate()) (void)entry.histogram->to_string();
    }
  }
  return 0;
}
