// Granule codecs on arbitrary bytes, and encode-then-decode of arbitrary doubles being the
// identity.
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "codec/series_hot.hpp"

using namespace pharos::codec;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  const std::size_t n = data[0] % kGranuleSamples + 1;
  std::vector<double> values(n);
  std::vector<std::int64_t> integers(n);
  Cursor in(bytes);
  get_values(in, values);
  Cursor again(bytes);
  get_integers(again, integers);
  ValueFacts facts;
  get_value_facts(Cursor(bytes), n, facts);

  const std::size_t whole = std::min(kGranuleSamples, bytes.size() / 8);
  if (whole == 0) return 0;
  std::vector<double> original(whole), back(whole);
  std::memcpy(original.data(), bytes.data(), whole * 8);
  std::string encoded;
  ValueHint hint{data[0]};
  put_values(encoded, original, hint);
  Cursor decoded(encoded);
  if (!get_values(decoded, back) || !decoded.at_end() ||
      std::memcmp(original.data(), back.data(), whole * 8) != 0)
    std::abort();
  std::vector<std::int64_t> numbers(whole), numbers_back(whole);
  std::memcpy(numbers.data(), bytes.data(), whole * 8);
  encoded.clear();
  put_integers(encoded, numbers);
  Cursor third(encoded);
  if (!get_integers(third, numbers_back) || !third.at_end() || numbers != numbers_back)
    std::abort();
  return 0;
}
