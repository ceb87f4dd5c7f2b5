// The kernel's files below a root that tests can move.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace pharos::scrape::host {

// Not thread-safe. Files read every round stay open: a read is one pread. At most 64 stay open.
class HostFiles {
 public:
  explicit HostFiles(std::string root) : root_(root == "/" ? std::string() : std::move(root)) {}
  ~HostFiles();
  HostFiles(const HostFiles&) = delete;
  HostFiles& operator=(const HostFiles&) = delete;

  // The whole file (1 MiB at most), "" when it cannot be read. Lasts until the next read of any kind.
  std::string_view read_kept(const char* path);      // every round: /proc/stat, …
  std::string_view read(const std::string& path);    // now and then; without its final newlines
  std::vector<std::string> list(const std::string& path) const;  // names, sorted
  std::string link(const std::string& path) const;   // target of a symbolic link, "" when it is none
  std::string full_path(const std::string& path) const { return root_ + path; }
  bool is_real_root() const { return root_.empty(); }
  std::uint64_t failures() const { return failures_; }

 private:
  std::string_view drain(int fd, bool seekable);
  std::string root_;
  std::string buffer_;
  std::unordered_map<std::string, int> open_;
  std::uint64_t failures_ = 0;
};

}  // namespace pharos::scrape::host
