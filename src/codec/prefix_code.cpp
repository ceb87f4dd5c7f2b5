#include "codec/prefix_code.hpp"

#include <algorithm>
#include <array>

namespace pharos::codec {

void make_code_lengths(std::span<const std::uint32_t> counts, std::vector<std::uint8_t>& lengths) {
  lengths.assign(counts.size(), 0);
  struct Leaf {
    std::uint32_t count, symbol;
  };
  std::vector<Leaf> leaves;
  for (std::size_t s = 0; s < counts.size(); ++s)
    if (counts[s] != 0) leaves.push_back({counts[s], static_cast<std::uint32_t>(s)});
  if (leaves.empty()) return;
  if (leaves.size() == 1) {
    lengths[leaves[0].symbol] = 1;
    return;
  }
  std::sort(leaves.begin(), leaves.end(), [](const Leaf& a, const Leaf& b) {
    return a.count != b.count ? a.count < b.count : a.symbol < b.symbol;
  });
  // Two queues: sorted leaves and inner nodes, which come out sorted by themselves.
  const auto n = leaves.size();
  std::vector<std::uint64_t> weight(2 * n);
  std::vector<std::uint32_t> parent(2 * n);
  for (std::size_t i = 0; i < n; ++i) weight[i] = leaves[i].count;
  std::size_t leaf = 0, inner = n, next = n;
  const auto take = [&] {
    return leaf < n && (inner == next || weight[leaf] <= weight[inner]) ? leaf++ : inner++;
  };
  for (; next < 2 * n - 1; ++next) {
    const auto a = take(), b = take();
    weight[next] = weight[a] + weight[b];
    parent[a] = parent[b] = static_cast<std::uint32_t>(next);
  }
  std::vector<std::uint8_t> depth(2 * n);
  for (std::size_t i = 2 * n - 2; i-- > 0;)
    depth[i] = static_cast<std::uint8_t>(depth[parent[i]] + 1);

  // Too deep leaves are lifted; others sink until the code fits again (Kraft's sum is 1 at most).
  std::array<std::uint32_t, 256> by_depth{};
  for (std::size_t i = 0; i < n; ++i) ++by_depth[std::min<int>(depth[i], kPrefixBitsMax)];
  std::uint32_t kraft = 0;
  for (int d = 1; d <= kPrefixBitsMax; ++d) kraft += by_depth[d] << (kPrefixBitsMax - d);
  while (kraft > 1u << kPrefixBitsMax) {
    int d = kPrefixBitsMax - 1;
    while (by_depth[d] == 0) --d;
    --by_depth[d];
    ++by_depth[d + 1];
    kraft -= 1u << (kPrefixBitsMax - d - 1);
  }
  for (int d = kPrefixBitsMax; kraft < 1u << kPrefixBitsMax && d > 1;
       --d)  // and room left over is given back
    while (by_depth[d] != 0 && kraft + (1u << (kPrefixBitsMax - d)) <= 1u << kPrefixBitsMax) {
      --by_depth[d];
      ++by_depth[d - 1];
      kraft += 1u << (kPrefixBitsMax - d);
    }
  std::size_t i = 0;
  for (int d = kPrefixBitsMax; d >= 1; --d)  // the rarest get the longest
    for (std::uint32_t k = 0; k < by_depth[d]; ++k)
      lengths[leaves[i++].symbol] = static_cast<std::uint8_t>(d);
}

void make_codes(std::span<const std::uint8_t> lengths, std::vector<std::uint16_t>& codes) {
  std::array<std::uint32_t, kPrefixBitsMax + 2> count{}, next{};
  for (const auto length : lengths)
    if (length != 0) ++count[length];
  for (int d = 1; d <= kPrefixBitsMax; ++d) next[d + 1] = (next[d] + count[d]) << 1;
  codes.assign(lengths.size(), 0);
  for (std::size_t s = 0; s < lengths.size(); ++s) {
    if (lengths[s] == 0) continue;
    auto code = next[lengths[s]]++;
    std::uint16_t reversed = 0;
    for (int b = 0; b < lengths[s]; ++b, code >>= 1)
      reversed = static_cast<std::uint16_t>(reversed << 1 | (code & 1));
    codes[s] = reversed;
  }
}

namespace {
constexpr int kTwoUnused = 14, kManyUnused = 15;  // the latter with a nibble: 3 to 18
}

void put_code_lengths(std::string& out, std::span<const std::uint8_t> lengths) {
  put_varint(out, lengths.size());
  bool half = false;
  const auto nibble = [&](int v) {
    if (half)
      out.back() = static_cast<char>(static_cast<unsigned char>(out.back()) | v << 4);
    else
      out.push_back(static_cast<char>(v));
    half = !half;
  };
  for (std::size_t s = 0; s < lengths.size();) {
    std::size_t run = 0;
    while (s + run < lengths.size() && run < 18 && lengths[s + run] == 0) ++run;
    if (run >= 3)
      nibble(kManyUnused), nibble(static_cast<int>(run - 3)), s += run;
    else if (run == 2)
      nibble(kTwoUnused), s += 2;
    else
      nibble(lengths[s++]);
  }
}

bool get_code_lengths(Cursor& in, std::size_t symbols_max, std::vector<std::uint8_t>& lengths) {
  const auto n = in.varint();
  if (!in.ok() || n == 0 || n > symbols_max) return in.fail(), false;
  lengths.clear();
  lengths.reserve(n);
  int held = -1;
  const auto nibble = [&]() -> int {
    if (held >= 0) {
      const int v = held;
      held = -1;
      return v;
    }
    const auto byte = in.fixed<std::uint8_t>();
    held = byte >> 4;
    return byte & 15;
  };
  std::uint32_t kraft = 0;
  std::size_t used = 0;
  while (lengths.size() < n) {
    const int v = nibble();
    std::size_t run = 0;
    if (v == kTwoUnused)
      run = 2;
    else if (v == kManyUnused)
      run = static_cast<std::size_t>(nibble()) + 3;
    else if (v > kPrefixBitsMax)
      return in.fail(), false;
    if (!in.ok() || lengths.size() + std::max<std::size_t>(run, 1) > n) return in.fail(), false;
    if (run != 0) {
      lengths.insert(lengths.end(), run, 0);
      continue;
    }
    lengths.push_back(static_cast<std::uint8_t>(v));
    if (v != 0) kraft += 1u << (kPrefixBitsMax - v), ++used;
  }
  if (kraft > 1u << kPrefixBitsMax || used == 0 || (used > 1 && kraft != 1u << kPrefixBitsMax) ||
      (used == 1 && kraft != 1u << (kPrefixBitsMax - 1)))
    return in.fail(), false;
  return true;
}

}  // namespace pharos::codec
