// Every label name and value of the store once, by number.
#pragma once
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "metrics/symbol_chunks.hpp"
#include "metrics/symbol_table.hpp"

namespace pharos::metrics {

using Symbol = std::uint32_t;

std::uint64_t hash_text(std::string_view text);  // XXH3

// Not thread-safe. Texts stay where they are until collect().
class SymbolPool {
 public:
  // The symbol of `text`, made when new, with one more user. `hash` is hash_text(text).
  Symbol acquire(std::string_view text, std::uint64_t hash);
  void release(Symbol symbol) { --entries_[symbol].users; }
  std::string_view text(Symbol symbol) const { return {entries_[symbol].text, entries_[symbol].length}; }
  // Forgets symbols without users and moves the other texts together; their numbers stay.
  void collect();
  void reserve(std::size_t symbols) { table_.reserve(symbols); }
  std::size_t size() const { return table_.size(); }
  std::size_t bytes() const { return arena_bytes_ + entries_.bytes() + table_.bytes(); }

 private:
  struct Entry {
    const char* text = nullptr;
    std::uint32_t length = 0, users = 0;
  };
  static std::uint32_t short_hash(std::uint64_t hash) { return static_cast<std::uint32_t>(hash >> 32); }
  const char* store(std::string_view text);

  Chunks<Entry> entries_;
  std::vector<Symbol> free_;
  NumberTable table_;
  std::vector<std::unique_ptr<char[]>> arena_;
  char* at_ = nullptr;
  std::size_t left_ = 0, arena_bytes_ = 0;
};

}  // namespace pharos::metrics
