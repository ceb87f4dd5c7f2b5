// A cold block: all samples of a day's series, entropy-coded, with its own label index. Written
// once, then mapped. Bytes are drawn in docs/formats/cold-block.md.
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "metrics/part.hpp"

namespace pharos::metrics {

// The samples of one series encoded, without a place in a file yet: made on any thread.
struct ColdSeries {
  SeriesId id{};
  Labels labels;
  std::uint64_t samples = 0;
  UnixMillis first_ms = 0, last_ms = 0;
  struct Chunk {  // up to kColdSamplesMax samples
    std::uint32_t samples = 0;
    UnixMillis first_ms = 0, last_ms = 0;
    std::string times;  // equal for series scraped together: stored once
    struct Values {
      std::string head, body;
    };
    std::vector<Values> values;  // one, or one per stored aggregate
    std::string extra;           // histograms and start times; mostly empty
  };
  std::vector<Chunk> chunks;
};
ColdSeries encode_cold(SeriesId id, const Labels& labels, const SampleColumn& samples);
// A roll-up: the columns of Aggregate from `count` to `counter`, all of one length, and what else
// `samples` holds (times, histograms).
ColdSeries encode_cold(SeriesId id, const Labels& labels, const SampleColumn& samples,
                       std::span<const std::vector<double>> aggregates);

// Writes beside `path`, and makes the file appear there whole and durable with finish(). Not
// thread-safe. A writer destroyed before finish() removes what it wrote.
class ColdBlockWriter {
 public:
  static Result<std::unique_ptr<ColdBlockWriter>> create(Disk& disk, std::string path,
                                                         Resolution resolution = Resolution::raw);
  ~ColdBlockWriter();
  // Each series once, in any order; smallest when series of one target (equal times) follow one
  // another. A series without samples is left out.
  [[nodiscard]] Status add(const ColdSeries& series);
  [[nodiscard]] Status add_series(SeriesId id, const Labels& labels, const SampleColumn& samples) {
    return add(encode_cold(id, labels, samples));
  }
  [[nodiscard]] Status finish();
  std::uint64_t bytes() const;  // written so far
  std::uint64_t samples() const;

 private:
  struct State;
  explicit ColdBlockWriter(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// As open_part, for a file that is a cold block. Checks the footer; sections are checked on first
// use.
Result<std::shared_ptr<const Part>> open_cold(Disk& disk, const std::string& path,
                                              std::vector<std::string>& damage,
                                              std::shared_ptr<GranuleCache> cache = nullptr);

}  // namespace pharos::metrics
