#include "metrics/symbol_text.hpp"

#include <algorithm>
#include <cstring>

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace pharos::metrics {
namespace {
constexpr std::size_t kFirstBlock = 4 << 10, kBlockMax = 1 << 20;
}

std::uint64_t hash_text(std::string_view text) { return XXH3_64bits(text.data(), text.size()); }

std::string_view TextArena::store(std::string_view text) {
  if (text.size() > left_) {
    // Blocks grow with the arena, so that a small store stays small.
    const auto size = std::max(text.size(), std::clamp(bytes_ / 4, kFirstBlock, kBlockMax));
    blocks_.push_back(std::make_unique_for_overwrite<char[]>(size));
    at_ = blocks_.back().get();
    left_ = size;
    bytes_ += size;
  }
  const std::string_view out(at_, text.size());
  if (!text.empty()) std::memcpy(at_, text.data(), text.size());
  at_ += text.size();
  left_ -= text.size();
  return out;
}

}  // namespace pharos::metrics
