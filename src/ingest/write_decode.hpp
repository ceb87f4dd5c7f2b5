// The two protobuf messages of remote write, walked in place: field numbers are those of
// prometheus.WriteRequest (1.0) and io.prometheus.write.v2.Request (2.0).
#pragma once
#include <memory>
#include <string_view>
#include <vector>

#include "ingest/batch.hpp"

namespace pharos::ingest {

// Fills `batch` from an uncompressed body, which must outlive the commit. Errc::invalid when the bytes are not the message;
// what is wrong with single series is found by `labels_*` at the commit. Thread-safe.
Status decode_write_v1(std::string_view body, SeriesCache::Walk& walk, const SeriesCache& cache, Batch& batch);
Status labels_v1(std::string_view raw, LabelArena& arena);

// The symbol table of a 2.0 request and what its series need of it.
struct WriteV2 {
  std::vector<std::string_view> symbols;
  std::vector<SeriesKey> digests;       // of the symbols used so far; 0,0: not yet
  std::string key_bytes;                // scratch
  std::uint64_t name_symbol = ~0ull;    // where "__name__" stands
  std::uint64_t last_metadata = 0;      // digest: neighbours share their family
  std::uint64_t refused = 0;            // series without samples, bad symbol references
  std::vector<std::string> reasons;
  void clear();
};
// Metadata that the cache has seen already is left out.
Status decode_write_v2(std::string_view body, SeriesCache::Walk& walk, SeriesCache& cache, WriteV2& request, Batch& batch);
Status labels_v2(const WriteV2& request, std::string_view raw, LabelArena& arena);

// prometheus.Histogram and its 2.0 twin, which differs by field 17 (start_timestamp). Errc::invalid for damage
// and for integer counts above 2^53.
struct DecodedHistogram {
  HistogramPtr histogram;
  UnixMillis t_ms = 0, start_ms = 0;
};
Result<DecodedHistogram> decode_histogram(std::string_view message);
// The other way, for remote write out and remote read.
void encode_histogram(const Histogram& histogram, UnixMillis t_ms, UnixMillis start_ms, std::string& out);

}  // namespace pharos::ingest
