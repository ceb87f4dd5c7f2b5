// The cold column codec on arbitrary bytes, and encode-then-decode of arbitrary doubles being the
// identity.
#include <array>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "codec/series_cold.hpp"

using namespace pharos::codec;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 4) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 3, size - 3);
  const std::size_t n = (data[0] | data[1] << 8) % 2000 + 1,
                    cut = std::min<std::size_t>(data[2], bytes.size());
  ColdValues values;
  std::array<double, kGranuleSamples> granule;
  if (values.open(bytes.substr(0, cut), bytes.substr(cut), n))
    for (std::size_t g = 0; g < values.granules(); ++g) {
      (void)values.decode(g, granule);
      if (values.open_bounds()) (void)values.bounds(g, values.granules());
    }
  ColdTimes times;
  std::array<std::int64_t, kGranuleSamples> t;
  if (times.open(bytes, n))
    for (std::size_t g = 0; g < times.granules(); ++g) (void)times.decode(g, t);

  const auto whole = bytes.size() / 8;
  if (whole == 0 || whole > kColdSamplesMax) return 0;
  std::vector<double> original(whole);
  std::memcpy(original.data(), bytes.data(), whole * 8);
  std::string head, body;
  put_cold_values(original, head, body);
  if (!values.open(head, body, whole)) std::abort();
  for (std::size_t g = 0; g < values.granules(); ++g)
    if (!values.decode(g, granule) ||
        std::memcmp(granule.data(), original.data() + g * kGranuleSamples,
                    granule_length(whole, g) * 8) != 0)
      std::abort();
  return 0;
}
