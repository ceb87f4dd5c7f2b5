#include "metrics/symbol_pool.hpp"

#include <algorithm>
#include <cstring>

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace pharos::metrics {
namespace {
constexpr std::size_t kFirstBlock = 4 << 10, kBlockMax = 1 << 20;
}

std::uint64_t hash_text(std::string_view text) { return XXH3_64bits(text.data(), text.size()); }

const char* SymbolPool::store(std::string_view text) {
  if (text.size() > left_) {
    // Blocks grow with the pool, so that a small store stays small.
    const auto size = std::max(text.size(), std::clamp(arena_bytes_ / 4, kFirstBlock, kBlockMax));
    arena_.push_back(std::make_unique_for_overwrite<char[]>(size));
    at_ = arena_.back().get();
    left_ = size;
    arena_bytes_ += size;
  }
  char* const out = at_;
  if (!text.empty()) std::memcpy(out, text.data(), text.size());
  at_ += text.size();
  left_ -= text.size();
  return out;
}

Symbol SymbolPool::acquire(std::string_view text, std::uint64_t hash) {
  const auto found = table_.find(short_hash(hash), [&](Symbol s) { return this->text(s) == text; });
  if (found != NumberTable::kNone) {
    ++entries_[found].users;
    return found;
  }
  const Entry entry{store(text), static_cast<std::uint32_t>(text.size()), 1};
  Symbol symbol;
  if (free_.empty()) {
    symbol = static_cast<Symbol>(entries_.size());
    entries_.push_back(entry);
  } else {
    symbol = free_.back();
    free_.pop_back();
    entries_[symbol] = entry;
  }
  table_.insert(short_hash(hash), symbol);
  return symbol;
}

void SymbolPool::collect() {
  auto old = std::move(arena_);
  arena_.clear();
  at_ = nullptr;
  left_ = arena_bytes_ = 0;
  for (Symbol symbol = 0; symbol < entries_.size(); ++symbol) {
    auto& entry = entries_[symbol];
    if (entry.text == nullptr) continue;
    if (entry.users > 0) {
      entry.text = store({entry.text, entry.length});
      continue;
    }
    table_.erase(short_hash(hash_text(text(symbol))), symbol);
    entry = {};
    free_.push_back(symbol);
  }
}

}  // namespace pharos::metrics
