#include "metrics/value_runs.hpp"

#include <cstring>
#include <span>

namespace pharos::metrics {
namespace {

constexpr std::size_t kRawUnits = ValueRuns::kPieceValues;  // 8 bytes each

}  // namespace

ValueRuns::Handle ValueRuns::allocate(std::size_t units) {
  auto& arena = arenas_[units];
  if (!arena.free.empty()) {
    const auto handle = arena.free.back();
    arena.free.pop_back();
    return handle;
  }
  const auto per_block = static_cast<Handle>(kArenaBytes / (units * kUnit));
  const auto index = arena.used++;
  if (index / per_block == arena.blocks.size()) arena.blocks.push_back(static_cast<char*>(slabs_.allocate(kArenaBytes)));
  return index << kClassBits | static_cast<Handle>(units);
}

char* ValueRuns::at(Handle handle) const {
  const auto units = class_of(handle);
  const auto per_block = static_cast<Handle>(kArenaBytes / (units * kUnit));
  const auto index = handle >> kClassBits;
  return arenas_[units].blocks[index / per_block] + static_cast<std::size_t>(index % per_block) * units * kUnit;
}

// The same without a division, once per value.
char* ValueRuns::raw_at(Handle handle) const {
  constexpr auto per_block = static_cast<Handle>(kArenaBytes / (kRawUnits * kUnit));
  const auto index = handle >> kClassBits;
  return arenas_[kRawUnits].blocks[index / per_block] + static_cast<std::size_t>(index % per_block) * kRawUnits * kUnit;
}

void ValueRuns::pack(Run& run) {
  double values[kPieceValues];
  std::memcpy(values, raw_at(run.raw), sizeof values);
  packed_.assign(sizeof(Handle), '\0');
  codec::put_values(packed_, values, run.hint);
  const auto units = (packed_.size() + kUnit - 1) / kUnit;
  const auto piece = allocate(units);
  auto* bytes = at(piece);
  std::memcpy(bytes, packed_.data(), packed_.size());
  std::memset(bytes + packed_.size(), 0, units * kUnit - packed_.size());
  constexpr Handle end = kNone;
  std::memcpy(bytes, &end, sizeof end);
  if (run.last == kNone) run.first = piece;
  else std::memcpy(at(run.last), &piece, sizeof piece);
  run.last = piece;
}

void ValueRuns::push(Run& run, std::size_t count, double value) {
  const auto position = count % kPieceValues;
  if (run.raw == kNone) run.raw = allocate(kRawUnits);
  else if (position == 0) pack(run);
  std::memcpy(raw_at(run.raw) + position * sizeof value, &value, sizeof value);
}

void ValueRuns::read(const Run& run, std::size_t count, double* out) const {
  for (auto piece = run.first; piece != kNone;) {
    const auto* bytes = at(piece);
    codec::Cursor in({bytes + sizeof(Handle), class_of(piece) * kUnit - sizeof(Handle)});
    codec::get_values(in, {out, kPieceValues});
    out += kPieceValues;
    count -= kPieceValues;
    std::memcpy(&piece, bytes, sizeof piece);
  }
  if (count > 0) std::memcpy(out, at(run.raw), count * sizeof(double));
}

void ValueRuns::clear(Run& run) {
  if (run.raw != kNone) release(run.raw);
  for (auto piece = run.first; piece != kNone;) {
    Handle next;
    std::memcpy(&next, at(piece), sizeof next);
    release(piece);
    piece = next;
  }
  run = {.hint = run.hint};
}

std::uint64_t ValueRuns::bytes() const {
  std::uint64_t total = slabs_.bytes();
  for (const auto& arena : arenas_) total += arena.free.capacity() * sizeof(Handle);
  return total;
}

}  // namespace pharos::metrics
