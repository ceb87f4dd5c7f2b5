// The texts of label names and values, one behind the other in a few big blocks.
#pragma once
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

namespace pharos::metrics {

std::uint64_t hash_text(std::string_view text);  // XXH3

// Not thread-safe. A text stays where it is while the arena lives.
class TextArena {
 public:
  std::string_view store(std::string_view text);
  std::size_t bytes() const { return bytes_; }

 private:
  std::vector<std::unique_ptr<char[]>> blocks_;
  char* at_ = nullptr;
  std::size_t left_ = 0, bytes_ = 0;
};

}  // namespace pharos::metrics
