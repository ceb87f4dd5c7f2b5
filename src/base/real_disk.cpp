#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <mutex>

#include "base/disk.hpp"
#include "base/metric.hpp"

namespace pharos {
namespace {

struct Stats {
  Counter write_errors{"pharos_disk_write_errors_total", "Writes to disk that failed."};
  Counter sync_errors{"pharos_disk_sync_errors_total", "Calls of fsync or fdatasync that failed."};
  Counter written{"pharos_disk_written_bytes_total", "Bytes written to files."};
  Counter syncs{"pharos_disk_syncs_total", "Calls of fsync and fdatasync."};
};
Stats& stats() {
  static Stats* const stats = new Stats;
  return *stats;
}

std::unexpected<Error> os_error(std::string_view what, std::string_view path, int error = errno) {
  const auto code = error == ENOENT ? Errc::not_found : error == EEXIST ? Errc::conflict : Errc::io;
  return fail(code, std::string(what) + " " + std::string(path) + ": " + std::strerror(error));
}

class Fd {
 public:
  explicit Fd(int fd) : fd_(fd) {}
  Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Fd& operator=(Fd&&) = delete;
  ~Fd() {
    if (fd_ >= 0) ::close(fd_);
  }
  int get() const { return fd_; }
  bool ok() const { return fd_ >= 0; }

 private:
  int fd_;
};

// 0, or the error number.
int write_all(int fd, std::uint64_t offset, Bytes bytes) {
  while (!bytes.empty()) {
    const auto n = ::pwrite(fd, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (n < 0) {
      if (errno == EINTR) continue;
      return errno;
    }
    if (n == 0) return ENOSPC;
    stats().written.add(static_cast<double>(n));
    offset += static_cast<std::uint64_t>(n);
    bytes = bytes.subspan(static_cast<std::size_t>(n));
  }
  return 0;
}

class RealFile final : public File {
 public:
  RealFile(Fd fd, std::string path, std::uint64_t size)
      : fd_(std::move(fd)), path_(std::move(path)), size_(size) {}

  Status append(Bytes bytes) override {
    if (cut_failed_)
      return fail(Errc::io, path_ + ": unusable after a write that could not be undone");
    const auto at = size_.load(std::memory_order_relaxed);
    if (const int error = write_all(fd_.get(), at, bytes)) {
      stats().write_errors.add();
      // Half a record must not stand before the next one.
      cut_failed_ = ::ftruncate(fd_.get(), static_cast<off_t>(at)) != 0;
      return os_error("append to", path_, error);
    }
    size_.store(at + bytes.size(), std::memory_order_release);
    return {};
  }

  Status write_at(std::uint64_t offset, Bytes bytes) override {
    if (const int error = write_all(fd_.get(), offset, bytes)) {
      stats().write_errors.add();
      return os_error("write to", path_, error);
    }
    const auto end = offset + bytes.size();
    if (end > size_.load(std::memory_order_relaxed)) size_.store(end, std::memory_order_release);
    return {};
  }

  Status sync() override {
    // The kernel reports a failed write-back once and then forgets the pages: what came before the
    // failure may be lost whatever later calls say.
    if (const int error = sync_error_.load()) return os_error("earlier sync of", path_, error);
    stats().syncs.add();
    if (::fdatasync(fd_.get()) != 0) {
      const int error = errno;
      stats().sync_errors.add();
      sync_error_.store(error);
      return os_error("sync", path_, error);
    }
    return {};
  }

  Status truncate(std::uint64_t size) override {
    if (::ftruncate(fd_.get(), static_cast<off_t>(size)) != 0) return os_error("truncate", path_);
    size_.store(size, std::memory_order_release);
    cut_failed_ = false;
    return {};
  }

  Result<std::size_t> read_at(std::uint64_t offset, std::span<std::byte> into) const override {
    std::size_t done = 0;
    while (done < into.size()) {
      const auto n = ::pread(fd_.get(), into.data() + done, into.size() - done,
                             static_cast<off_t>(offset + done));
      if (n < 0) {
        if (errno == EINTR) continue;
        return os_error("read", path_);
      }
      if (n == 0) break;
      done += static_cast<std::size_t>(n);
    }
    return done;
  }

  std::uint64_t size() const override { return size_.load(std::memory_order_acquire); }

 private:
  Fd fd_;
  std::string path_;
  std::atomic<std::uint64_t> size_;
  std::atomic<int> sync_error_{0};
  bool cut_failed_ = false;
};

class RealMapping final : public Mapping {
 public:
  RealMapping(void* address, std::size_t size) : address_(address), size_(size) {}
  ~RealMapping() override {
    if (size_ > 0) ::munmap(address_, size_);
  }
  Bytes bytes() const override { return {static_cast<const std::byte*>(address_), size_}; }

 private:
  void* address_;
  std::size_t size_;
};

std::string parent_of(std::string_view path) {
  const auto slash = path.rfind('/');
  return slash == path.npos ? "." : std::string(path.substr(0, slash));
}

class RealDisk final : public Disk {
 public:
  RealDisk(Fd root, std::string name, Fd lock)
      : root_(std::move(root)), name_(std::move(name)), lock_(std::move(lock)) {}

  Result<std::unique_ptr<File>> create(std::string_view path) override {
    return open_file(path, O_CREAT | O_EXCL);
  }
  Result<std::unique_ptr<File>> open(std::string_view path) override { return open_file(path, 0); }

  Result<std::shared_ptr<const Mapping>> map(std::string_view path) override {
    TRY(check(path));
    Fd fd(::openat(root_.get(), std::string(path).c_str(), O_RDONLY | O_CLOEXEC));
    if (!fd.ok()) return os_error("open", full(path));
    struct stat info{};
    if (::fstat(fd.get(), &info) != 0) return os_error("stat", full(path));
    const auto size = static_cast<std::size_t>(info.st_size);
    if (size == 0) return std::make_shared<const RealMapping>(nullptr, 0);
    void* address = ::mmap(nullptr, size, PROT_READ, MAP_SHARED, fd.get(), 0);
    if (address == MAP_FAILED) return os_error("map", full(path));
    return std::make_shared<const RealMapping>(address, size);
  }

  Result<std::string> read(std::string_view path) override {
    TRY(check(path));
    Fd fd(::openat(root_.get(), std::string(path).c_str(), O_RDONLY | O_CLOEXEC));
    if (!fd.ok()) return os_error("open", full(path));
    struct stat info{};
    if (::fstat(fd.get(), &info) != 0) return os_error("stat", full(path));
    if (S_ISDIR(info.st_mode)) return os_error("read", full(path), EISDIR);
    std::string out;
    out.resize(static_cast<std::size_t>(info.st_size));
    std::size_t done = 0;
    for (;;) {
      if (done == out.size()) out.resize(out.size() + 4096);  // /proc says 0, and files may grow
      const auto n = ::read(fd.get(), out.data() + done, out.size() - done);
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) return os_error("read", full(path));
      if (n == 0) break;
      done += static_cast<std::size_t>(n);
    }
    out.resize(done);
    return out;
  }

  Status replace(std::string_view path, Bytes contents) override {
    TRY(check(path));
    const auto beside = std::string(path) + ".new";
    {
      Fd fd(::openat(root_.get(), beside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
      if (!fd.ok()) return os_error("create", full(beside));
      int error = write_all(fd.get(), 0, contents);
      if (error != 0) stats().write_errors.add();
      stats().syncs.add();
      if (error == 0 && ::fsync(fd.get()) != 0) {
        error = errno;
        stats().sync_errors.add();
      }
      if (error != 0) {
        ::unlinkat(root_.get(), beside.c_str(), 0);
        return os_error("write", full(beside), error);
      }
    }
    return rename(beside, path);
  }

  Status rename(std::string_view from, std::string_view to) override {
    TRY(check(from));
    TRY(check(to));
    if (::renameat(root_.get(), std::string(from).c_str(), root_.get(), std::string(to).c_str()) !=
        0)
      return os_error("rename", full(from) + " to " + full(to));
    TRY(sync_dir(parent_of(to)));
    if (parent_of(from) != parent_of(to)) TRY(sync_dir(parent_of(from)));
    return {};
  }

  Status link(std::string_view from, std::string_view to) override {
    TRY(check(from));
    TRY(check(to));
    if (::linkat(root_.get(), std::string(from).c_str(), root_.get(), std::string(to).c_str(), 0) !=
        0)
      return os_error("link", full(from) + " to " + full(to));
    return {};
  }

  Status remove(std::string_view path) override {
    TRY(check(path));
    const std::string text(path);
    if (::unlinkat(root_.get(), text.c_str(), 0) == 0) return {};
    if (errno == EISDIR && ::unlinkat(root_.get(), text.c_str(), AT_REMOVEDIR) == 0) return {};
    return os_error("remove", full(path));
  }

  Status remove_all(std::string_view path) override {
    auto entries = list(path);
    if (!entries) {
      if (entries.error().code == Errc::not_found) return {};
      const auto removed = remove(path);  // a file
      return removed;
    }
    for (const auto& entry : *entries) {
      const auto inner = std::string(path) + "/" + entry.name;
      TRY(entry.directory ? remove_all(inner) : remove(inner));
    }
    if (::unlinkat(root_.get(), std::string(path).c_str(), AT_REMOVEDIR) != 0 && errno != ENOENT)
      return os_error("remove", full(path));
    return {};
  }

  Status make_dirs(std::string_view path) override {
    TRY(check(path));
    for (std::size_t end = 0; end != path.npos && end < path.size();) {
      end = path.find('/', end + 1);
      const auto prefix = path.substr(0, end);
      if (::mkdirat(root_.get(), std::string(prefix).c_str(), 0755) == 0) {
        TRY(sync_dir(parent_of(prefix)));
      } else if (errno != EEXIST) {
        return os_error("create folder", full(prefix));
      }
    }
    return {};
  }

  Status sync_dir(std::string_view path) override {
    TRY(check(path));
    Fd fd(::openat(root_.get(), path.empty() ? "." : std::string(path).c_str(),
                   O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!fd.ok()) return os_error("open folder", full(path));
    stats().syncs.add();
    if (::fsync(fd.get()) != 0) {
      stats().sync_errors.add();
      return os_error("sync folder", full(path));
    }
    return {};
  }

  Result<std::vector<DirEntry>> list(std::string_view path) override {
    TRY(check(path));
    const int fd = ::openat(root_.get(), path.empty() ? "." : std::string(path).c_str(),
                            O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) return os_error("list", full(path));
    DIR* dir = ::fdopendir(fd);
    if (dir == nullptr) {
      ::close(fd);
      return os_error("list", full(path));
    }
    std::vector<DirEntry> out;
    while (const auto* entry = ::readdir(dir)) {
      const std::string_view name = entry->d_name;
      if (name == "." || name == "..") continue;
      struct stat info{};
      if (::fstatat(fd, entry->d_name, &info, AT_SYMLINK_NOFOLLOW) != 0)
        continue;  // removed meanwhile
      out.push_back(
          {std::string(name), S_ISDIR(info.st_mode), static_cast<std::uint64_t>(info.st_size)});
    }
    ::closedir(dir);
    std::ranges::sort(out, {}, &DirEntry::name);
    return out;
  }

  bool exists(std::string_view path) override {
    return check(path) && ::faccessat(root_.get(), std::string(path).c_str(), F_OK, 0) == 0;
  }

  Result<std::uint64_t> free_bytes() override {
    struct statvfs info{};
    if (::fstatvfs(root_.get(), &info) != 0) return os_error("statvfs", name_);
    return static_cast<std::uint64_t>(info.f_bavail) * info.f_frsize;
  }

 private:
  std::string full(std::string_view path) const { return name_ + "/" + std::string(path); }

  // Paths come from our own code, names in them from file systems and snapshots: none may leave the
  // root.
  static Status check(std::string_view path) {
    bool bad = path.starts_with('/') || path.find('\0') != path.npos;
    for (std::size_t at = 0; at <= path.size();) {
      const auto end = std::min(path.find('/', at), path.size());
      bad |= path.substr(at, end - at) == "..";
      at = end + 1;
    }
    if (bad) return fail(Errc::invalid, "path leaves the disk's folder: " + std::string(path));
    return {};
  }

  Result<std::unique_ptr<File>> open_file(std::string_view path, int flags) {
    TRY(check(path));
    Fd fd(::openat(root_.get(), std::string(path).c_str(), O_RDWR | O_CLOEXEC | flags, 0644));
    if (!fd.ok()) return os_error(flags ? "create" : "open", full(path));
    struct stat info{};
    if (::fstat(fd.get(), &info) != 0) return os_error("stat", full(path));
    return std::make_unique<RealFile>(std::move(fd), full(path),
                                      static_cast<std::uint64_t>(info.st_size));
  }

  Fd root_;
  std::string name_;
  Fd lock_;  // held for the life of the disk
};

Status make_root(const std::string& root) {
  for (std::size_t end = 0; end != root.npos && end < root.size();) {
    end = root.find('/', end + 1);
    const auto prefix = root.substr(0, end);
    if (::mkdir(prefix.c_str(), 0755) != 0 && errno != EEXIST)
      return os_error("create folder", prefix);
  }
  return {};
}

}  // namespace

Result<std::unique_ptr<Disk>> open_real_disk(const std::string& root, bool lock) {
  TRY(make_root(root));
  Fd folder(::open(root.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!folder.ok()) return os_error("open folder", root);
  Fd held(-1);
  if (lock) {
    Fd file(::openat(folder.get(), "lock", O_RDWR | O_CREAT | O_CLOEXEC, 0644));
    if (!file.ok()) return os_error("create", root + "/lock");
    if (::flock(file.get(), LOCK_EX | LOCK_NB) != 0) {
      if (errno != EWOULDBLOCK) return os_error("lock", root + "/lock");
      char holder[32] = {};
      auto n = ::pread(file.get(), holder, sizeof holder - 1, 0);
      while (n > 0 && holder[n - 1] == '\n') holder[--n] = 0;
      return fail(Errc::conflict,
                  root + ": in use by another process" +
                      (n > 0 ? " (pid " + std::string(holder) + ")" : std::string()));
    }
    const auto pid = std::to_string(::getpid()) + "\n";
    if (::ftruncate(file.get(), 0) != 0 || write_all(file.get(), 0, as_bytes(pid)) != 0) {
      // A full disk: the lock itself holds all the same, only its holder goes unnamed.
    }
    return std::make_unique<RealDisk>(std::move(folder), root, std::move(file));
  }
  return std::make_unique<RealDisk>(std::move(folder), root, std::move(held));
}

}  // namespace pharos
