// A disk that lets a test act in the middle of what the store does with it.
#pragma once
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "base/disk.hpp"

namespace pharos::metrics {

// Passes everything on to `disk`. Hooks are set while nobody uses it.
class WatchedDisk final : public Disk {
 public:
  explicit WatchedDisk(std::shared_ptr<Disk> disk) : disk_(std::move(disk)) {}
  std::function<void()> removing;                          // before a file goes: a part does so without the store's lock
  std::function<void(const std::string& path)> appending;  // before bytes are added to a file
  std::function<void(const std::string& path)> syncing;    // before a file is made durable
  bool keeps = false;                                      // files cannot be removed, as where they are immutable
  int replaced = 0;

  Result<std::unique_ptr<File>> create(std::string_view path) override { return watched(path, disk_->create(path)); }
  Result<std::unique_ptr<File>> open(std::string_view path) override { return watched(path, disk_->open(path)); }
  Result<std::shared_ptr<const Mapping>> map(std::string_view path) override { return disk_->map(path); }
  Result<std::string> read(std::string_view path) override { return disk_->read(path); }
  Status replace(std::string_view path, Bytes contents) override {
    ++replaced;
    return disk_->replace(path, contents);
  }
  Status rename(std::string_view from, std::string_view to) override { return disk_->rename(from, to); }
  Status link(std::string_view from, std::string_view to) override { return disk_->link(from, to); }
  Status remove(std::string_view path) override {
    if (removing) removing();
    if (keeps) return fail(Errc::io, "remove " + std::string(path) + ": Operation not permitted");
    return disk_->remove(path);
  }
  Status remove_all(std::string_view path) override { return disk_->remove_all(path); }
  Status make_dirs(std::string_view path) override { return disk_->make_dirs(path); }
  Status sync_dir(std::string_view path) override { return disk_->sync_dir(path); }
  Result<std::vector<DirEntry>> list(std::string_view path) override { return disk_->list(path); }
  bool exists(std::string_view path) override { return disk_->exists(path); }
  Result<std::uint64_t> free_bytes() override { return disk_->free_bytes(); }

 private:
  class WatchedFile final : public File {
   public:
    WatchedFile(const WatchedDisk& disk, std::string path, std::unique_ptr<File> file)
        : disk_(disk), path_(std::move(path)), file_(std::move(file)) {}
    Status append(Bytes bytes) override {
      if (disk_.appending) disk_.appending(path_);
      return file_->append(bytes);
    }
    Status write_at(std::uint64_t offset, Bytes bytes) override { return file_->write_at(offset, bytes); }
    Status sync() override {
      if (disk_.syncing) disk_.syncing(path_);
      return file_->sync();
    }
    Status truncate(std::uint64_t size) override { return file_->truncate(size); }
    Result<std::size_t> read_at(std::uint64_t offset, std::span<std::byte> into) const override { return file_->read_at(offset, into); }
    std::uint64_t size() const override { return file_->size(); }

   private:
    const WatchedDisk& disk_;
    const std::string path_;
    const std::unique_ptr<File> file_;
  };

  Result<std::unique_ptr<File>> watched(std::string_view path, Result<std::unique_ptr<File>> file) {
    if (!file) return file;
    return std::make_unique<WatchedFile>(*this, std::string(path), std::move(*file));
  }

  const std::shared_ptr<Disk> disk_;
};

}  // namespace pharos::metrics
