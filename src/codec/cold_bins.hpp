// How residuals become symbols: bins that double in width away from a centre, or bins of one width.
// Shared by the encoder and the decoder of codec/series_cold.
#pragma once
#include <bit>
#include <cstdint>
#include <vector>

namespace pharos::codec {

// Symbols are numbered from 0: first the bins, from the least value up, then the specials.
struct ColdBins {
  enum Family : std::uint8_t { logarithmic = 0, linear = 1 };
  Family family = logarithmic;
  // logarithmic: 2^sub bins per octave of |r - centre|. Bin numbers are signed; symbol = number -
  // least.
  int sub = 0;
  std::int64_t centre = 0;
  int least = 0, most = 0;
  // linear: bins [low + i * 2^shift, …) for i < cells; symbol `cells` escapes to `escape_bits` raw
  // bits of zigzag(r - low).
  int shift = 0, cells = 0, escape_bits = 0;
  std::int64_t low = 0;
  // With runs, eight more symbols: 2^j to 2^(j+1)-1 zeros for j = 1 to 6, one zero…: see kRunToEnd.
  bool runs = false;

  static constexpr int kRunSymbols =
      7;  // j = 1 … 6 with j raw bits, then "zeros to the end of the granule"

  int bins() const { return family == logarithmic ? most - least + 1 : cells + 1; }
  int symbols() const { return bins() + (runs ? kRunSymbols : 0); }
};

// Magnitude to bin number (0 for 0), and the raw bits below it.
inline int log_bin(std::uint64_t magnitude, int sub, int& extra) {
  if (magnitude < (std::uint64_t{1} << sub)) {
    extra = 0;
    return static_cast<int>(magnitude);
  }
  const int width = 64 - std::countl_zero(magnitude);
  extra = width - 1 - sub;
  return ((width - sub) << sub) +
         static_cast<int>((magnitude >> extra) & ((std::uint64_t{1} << sub) - 1));
}
// The least magnitude of a bin.
inline std::uint64_t log_bin_base(int bin, int sub, int& extra) {
  if (bin < 1 << sub) {
    extra = 0;
    return static_cast<std::uint64_t>(bin);
  }
  extra = (bin >> sub) - 1;
  return ((std::uint64_t{1} << sub) +
          (static_cast<std::uint64_t>(bin) & ((std::uint64_t{1} << sub) - 1)))
         << extra;
}
// The greatest bin number.
constexpr int log_bins_max(int sub) {
  return ((64 - sub) << sub) + (1 << sub) - 1;
}

}  // namespace pharos::codec
