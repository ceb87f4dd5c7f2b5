// The values of open blocks, small: the newest up to 16 values of a series lie raw, older ones in pieces
// of 16 that the hot codec has packed. Everything lies in arenas of equal pieces without malloc headers,
// and freed pieces serve again.
#pragma once
#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/huge_pages.hpp"
#include "codec/series_hot.hpp"

namespace pharos::metrics {

// Not thread-safe; read() beside read() is.
class ValueRuns {
 public:
  using Handle = std::uint32_t;
  static constexpr Handle kNone = ~Handle{0};
  static constexpr std::size_t kPieceValues = 16;

  struct Run {  // of one series; whoever owns it knows how many values it holds
    Handle raw = kNone, first = kNone, last = kNone;
    codec::ValueHint hint;
  };

  void push(Run& run, std::size_t count, double value);   // `count` values are there already
  void read(const Run& run, std::size_t count, double* out) const;
  void clear(Run& run);
  std::uint64_t bytes() const;

 private:
  // A piece: u32 handle of the next one, then the packed values. Its size in units of 8 bytes is in
  // the handle's low bits.
  static constexpr std::size_t kUnit = 8, kClassBits = 5, kClasses = 1u << kClassBits, kArenaBytes = 32 * 1024;
  struct Arena {
    std::vector<char*> blocks;  // of slabs_
    std::vector<Handle> free;
    Handle used = 0;
  };
  static std::size_t class_of(Handle handle) { return handle & (kClasses - 1); }
  Handle allocate(std::size_t units);
  void release(Handle handle) { arenas_[class_of(handle)].free.push_back(handle); }
  char* at(Handle handle) const;
  char* raw_at(Handle handle) const;
  void pack(Run& run);

  Slabs slabs_;
  std::array<Arena, kClasses> arenas_;
  std::string packed_;  // scratch
};

}  // namespace pharos::metrics
