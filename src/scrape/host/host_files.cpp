#include "scrape/host/host_files.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>

namespace pharos::scrape::host {
namespace {
constexpr std::size_t kOpenMax = 64, kBytesMax = 1 << 20, kNamesMax = 65'536;
}

HostFiles::~HostFiles() {
  for (const auto& [path, fd] : open_) ::close(fd);
}

std::string_view HostFiles::drain(int fd, bool seekable) {
  std::size_t size = 0;
  for (;;) {
    if (buffer_.size() < size + 4096) buffer_.resize(std::max<std::size_t>(size + 16'384, 16'384));
    const auto n = seekable ? ::pread(fd, buffer_.data() + size, buffer_.size() - size, static_cast<off_t>(size))
                            : ::read(fd, buffer_.data() + size, buffer_.size() - size);
    if (n <= 0) break;
    size += static_cast<std::size_t>(n);
    if (size >= kBytesMax) break;
  }
  return {buffer_.data(), size};
}

std::string_view HostFiles::read_kept(const char* path) {
  auto at = open_.find(path);
  if (at == open_.end()) {
    if (open_.size() >= kOpenMax) return read(path);
    const int fd = ::open((root_ + path).c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0) return ++failures_, std::string_view{};
    at = open_.emplace(path, fd).first;
  }
  return drain(at->second, true);
}

std::string_view HostFiles::read(const std::string& path) {
  const int fd = ::open((root_ + path).c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) return ++failures_, std::string_view{};
  auto text = drain(fd, false);
  ::close(fd);
  while (text.ends_with('\n')) text.remove_suffix(1);
  return text;
}

std::vector<std::string> HostFiles::list(const std::string& path) const {
  std::vector<std::string> out;
  DIR* dir = ::opendir((root_ + path).c_str());
  if (dir == nullptr) return out;
  while (const dirent* entry = ::readdir(dir)) {
    if (entry->d_name[0] == '.') continue;
    out.emplace_back(entry->d_name);
    if (out.size() == kNamesMax) break;
  }
  ::closedir(dir);
  std::sort(out.begin(), out.end());
  return out;
}

std::string HostFiles::link(const std::string& path) const {
  char target[4096];
  const auto n = ::readlink((root_ + path).c_str(), target, sizeof target);
  return n > 0 ? std::string(target, static_cast<std::size_t>(n)) : std::string();
}

}  // namespace pharos::scrape::host
