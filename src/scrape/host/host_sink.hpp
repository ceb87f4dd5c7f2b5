// Where collectors put their numbers: one round after the other, mostly the same series in the same order.
#pragma once
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "model/appender.hpp"

namespace pharos::scrape::host {

// A metric as node_exporter names it. Where names come from the kernel, '%' in `help` stands for `subject`.
struct Metric {
  std::string_view name;
  MetricType type = MetricType::gauge;
  std::string_view help;
  std::string_view subject = {};
};

// Not thread-safe. Costs about 60 ns for a series that comes in the order of the last round.
class HostSink {
 public:
  HostSink(Appender& appender, Labels own) : appender_(appender), own_(std::move(own)) {}

  void begin() { next_ = 0, ++round_, floats_.clear(); }
  void put(const Metric& metric, double value, std::initializer_list<LabelView> labels = {});
  void put(const Metric& metric, double value, std::span<const LabelView> labels);
  // Samples of something that is not looked at every round.
  struct Kept {
    std::vector<std::pair<std::uint32_t, double>> samples;  // slot and value
  };
  // With `fresh` runs `read` and remembers what it puts; else puts that again.
  template <class Read>
  void keep(Kept& kept, bool fresh, Read&& read) {
    if (!fresh) return repeat(kept);
    const auto from = floats_.size();
    read();
    remember(kept, from);
  }
  // Appends the round at `t_ms`, with stale markers for series of the last round that did not come.
  Status end(UnixMillis t_ms);
  std::size_t series() const { return slots_.size(); }
  std::size_t last_round_samples() const { return floats_.size(); }

 private:
  struct Slot {
    std::string key;
    Labels labels;
    SeriesRef ref = SeriesRef::none;
    std::uint64_t round = 0;
    std::uint32_t follower = 0;      // the slot that came next in the last round
  };
  void repeat(const Kept& kept);
  void remember(Kept& kept, std::size_t from);
  void add(std::uint32_t slot, double value);
  void make_key(const Metric& metric, std::span<const LabelView> labels);
  std::uint32_t find_or_make(const Metric& metric, std::span<const LabelView> labels);
  Result<bool> append(UnixMillis t_ms);

  Appender& appender_;
  const Labels own_;
  std::vector<Slot> slots_;
  std::unordered_map<std::string, std::uint32_t> by_key_;
  std::vector<std::uint32_t> free_;      // emptied slots
  std::unordered_map<std::string, Metadata> metadata_;
  std::vector<Metadata> new_metadata_;
  std::vector<FloatSample> floats_, stale_;
  std::vector<std::uint32_t> slot_of_;   // of each float
  std::string key_;
  std::uint32_t next_ = 0, last_ = 0;
  std::uint64_t round_ = 0;
};

}  // namespace pharos::scrape::host
