// The file system behind an interface: RealDisk (base/real_disk.cpp) and SimDisk (base/sim_disk.hpp),
// which loses unsynced bytes on crash(), fills up, fails fsync and flips bits, all from a seed.
#pragma once
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace pharos {

using Bytes = std::span<const std::byte>;
inline Bytes as_bytes(std::string_view text) {
  return {reinterpret_cast<const std::byte*>(text.data()), text.size()};
}
inline std::string_view as_text(Bytes bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// An append-only or random-access file. One writer; pread from any thread.
class File {
 public:
  virtual ~File() = default;
  [[nodiscard]] virtual Status append(Bytes bytes) = 0;   // all of them, or an error and the file cut back
  [[nodiscard]] virtual Status write_at(std::uint64_t offset, Bytes bytes) = 0;
  [[nodiscard]] virtual Status sync() = 0;                // fdatasync; after a failure every later call fails too
  [[nodiscard]] virtual Status truncate(std::uint64_t size) = 0;
  virtual Result<std::size_t> read_at(std::uint64_t offset, std::span<std::byte> into) const = 0;
  virtual std::uint64_t size() const = 0;
};

// A whole file mapped read-only (RealDisk: mmap; SimDisk: a shared copy). Stays valid after removal.
class Mapping {
 public:
  virtual ~Mapping() = default;
  virtual Bytes bytes() const = 0;
};

struct DirEntry {
  std::string name;
  bool directory = false;
  std::uint64_t size = 0;
};

// Thread-safe. Paths are relative to the disk's root, '/'-separated, without "..".
class Disk {
 public:
  virtual ~Disk() = default;
  virtual Result<std::unique_ptr<File>> create(std::string_view path) = 0;  // fails if it exists
  virtual Result<std::unique_ptr<File>> open(std::string_view path) = 0;    // read and write
  virtual Result<std::shared_ptr<const Mapping>> map(std::string_view path) = 0;
  virtual Result<std::string> read(std::string_view path) = 0;
  // Writes beside, syncs, renames over `path`, syncs the folder.
  [[nodiscard]] virtual Status replace(std::string_view path, Bytes contents) = 0;
  [[nodiscard]] virtual Status rename(std::string_view from, std::string_view to) = 0;  // and syncs the folder
  [[nodiscard]] virtual Status link(std::string_view from, std::string_view to) = 0;    // hard link
  [[nodiscard]] virtual Status remove(std::string_view path) = 0;
  [[nodiscard]] virtual Status remove_all(std::string_view path) = 0;
  [[nodiscard]] virtual Status make_dirs(std::string_view path) = 0;
  [[nodiscard]] virtual Status sync_dir(std::string_view path) = 0;
  virtual Result<std::vector<DirEntry>> list(std::string_view path) = 0;  // sorted by name
  virtual bool exists(std::string_view path) = 0;
  virtual Result<std::uint64_t> free_bytes() = 0;
};

// The folder is created when missing. `lock` takes an exclusive lock on it, so that two servers
// never share one store: Errc::conflict when another holds it.
Result<std::unique_ptr<Disk>> open_real_disk(const std::string& root, bool lock = false);

}  // namespace pharos
