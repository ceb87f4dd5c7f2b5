#include <cstdint>

#include "scrape/page_cache.hpp"

namespace {

using namespace pharos;

class CountingStore final : public Appender {
 public:
  Result<SeriesRef> resolve(const Labels&) override { return static_cast<SeriesRef>(++next_); }
  void resolve(std::span<const LabelView>, std::span<const std::uint32_t>, std::span<SeriesRef> refs, std::vector<ResolveError>&) override {
    for (auto& ref : refs) ref = static_cast<SeriesRef>(++next_);
  }
  Result<AppendOutcome> append(const AppendBatch&, const AppendOptions&) override { return AppendOutcome{}; }

 private:
  std::uint64_t next_ = 0;
};

}  // namespace

// Two pages, parted by \xff, scraped in turns: stepping over the known must give what parsing gives.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace scrape;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto mark = text.find('\xff');
  const std::string_view pages[] = {text.substr(0, mark), mark == text.npos ? std::string_view{} : text.substr(mark + 1)};
  CountingStore store;
  ScrapeConfig job;
  for (const auto format : {exposition::Format::text, exposition::Format::openmetrics}) {
    PageCache cache;
    PageContext context{.job = &job, .format = format};
    std::vector<SeriesRef> stale;
    for (int round = 0; round < 4; ++round) {
      context.t_ms = 1000 * (round + 1);
      Gathered got, wanted;
      PageCache fresh;
      const bool ok = cache.read(std::string(pages[round % 2]), context, store, got).has_value();
      if (ok != fresh.read(std::string(pages[round % 2]), context, store, wanted).has_value()) __builtin_trap();
      if (ok) cache.commit(stale);
      else cache.abandon(stale);
      if (ok && (got.floats.size() != wanted.floats.size() || got.scraped != wanted.scraped)) __builtin_trap();
    }
  }
  return 0;
}
