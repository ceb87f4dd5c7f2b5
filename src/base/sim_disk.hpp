// A disk in memory whose failures a test owns: crashes, torn tails, a full disk, EIO, flipped bits.
// The same seed and calls give the same outcome.
#pragma once
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/disk.hpp"

namespace pharos {

// Durability as POSIX grants it, a little harsher than ext4:
// - data: after sync() durable; else a crash keeps a random prefix of the writes since, the last of
//   them torn at a random byte and now and then followed by zeros;
// - names: create, link, remove and make_dirs are durable after sync_dir() of the folder (which
// also
//   makes every earlier name change durable, as a journalling file system does), rename() and
//   replace() at once; else a crash keeps a random prefix of the name changes since.
// Thread-safe.
class SimDisk final : public Disk {
 public:
  explicit SimDisk(std::uint64_t seed = 1);
  ~SimDisk() override;

  // Power loss: what was not synced may vanish. Open files answer errors from then on; reopen them.
  void crash();
  // kill -9: everything written stays, open files answer errors from then on.
  void kill();
  // The operation number `n` from now (1 = the next one that changes anything) is done by half and
  // fails, and so does everything after it, until crash() or kill(). 0: never.
  void stop_after(std::uint64_t n);
  // Operations that changed something (or tried to): append, write_at, sync, truncate, create, …
  std::uint64_t operations() const;

  void set_capacity(std::optional<std::uint64_t> bytes);  // file bytes in all; nullopt: endless
  std::uint64_t used_bytes() const;
  void fail_write_at(std::uint64_t n);  // the nth append or write_at from now: EIO, once
  void fail_sync_at(std::uint64_t n);   // the nth sync from now: EIO, its data may be lost
  // Damage that no call reports. Errc::not_found / Errc::invalid when there is no such place.
  [[nodiscard]] Status flip_bit(std::string_view path, std::uint64_t offset, unsigned bit = 0);

  Result<std::unique_ptr<File>> create(std::string_view path) override;
  Result<std::unique_ptr<File>> open(std::string_view path) override;
  Result<std::shared_ptr<const Mapping>> map(std::string_view path) override;
  Result<std::string> read(std::string_view path) override;
  Status replace(std::string_view path, Bytes contents) override;
  Status rename(std::string_view from, std::string_view to) override;
  Status link(std::string_view from, std::string_view to) override;
  Status remove(std::string_view path) override;
  Status remove_all(std::string_view path) override;
  Status make_dirs(std::string_view path) override;
  Status sync_dir(std::string_view path) override;
  Result<std::vector<DirEntry>> list(std::string_view path) override;
  bool exists(std::string_view path) override;
  Result<std::uint64_t> free_bytes() override;

 private:
  struct State;
  class OpenFile;
  std::shared_ptr<State> state_;
};

}  // namespace pharos
