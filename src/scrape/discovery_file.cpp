// file_sd_configs: files looked at every second, read again when their time, size or identity
// changed.
#include <glob.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <map>
#include <set>
#include <sstream>

#include "base/log.hpp"
#include "scrape/discovery_kinds.hpp"
#include "scrape/discovery_stats.hpp"

namespace pharos::scrape {
namespace {

constexpr Nanos kLook = std::chrono::seconds(1);
constexpr off_t kFileBytesMax = 64 << 20;

struct Stamp {
  std::int64_t seconds = 0, nanos = 0;
  off_t size = 0;
  ino_t inode = 0;
  bool operator==(const Stamp&) const = default;
};

Result<std::string> read_whole(const std::string& path, const Stamp& stamp) {
  if (stamp.size > kFileBytesMax)
    return fail(Errc::limit,
                "the file is larger than " + std::to_string(kFileBytesMax >> 20) + " MiB");
  std::ifstream in(path, std::ios::binary);
  if (!in) return fail(Errc::io, std::strerror(errno));
  std::ostringstream text;
  text << in.rdbuf();
  if (in.bad()) return fail(Errc::io, std::strerror(errno));
  return std::move(text).str();
}

class FileDiscovery final : public Discovery {
 public:
  FileDiscovery(FileDiscoveryConfig config, std::string job, RefreshTimers& timers,
                const Clock& clock)
      : config_(std::move(config)),
        job_(std::move(job)),
        timers_(timers),
        clock_(clock),
        failures_(discovery_stats().refresh_failures.with({"file", job_})) {}
  ~FileDiscovery() override { stop(); }

  void start(Changed changed) override {
    changed_ = std::move(changed);
    task_ = timers_.add([this] { return look(); });
  }
  void stop() override {
    if (task_ != 0) timers_.remove(task_);
    task_ = 0;
  }

 private:
  struct Known {
    Stamp stamp;
    std::vector<std::string> sources;
    bool failed = false;  // said once per version of the file
  };

  Nanos look() {
    const bool all = clock_.monotonic() >= next_full_;
    if (all) next_full_ = clock_.monotonic() + config_.refresh_interval;
    std::vector<TargetGroup> changes;
    std::set<std::string> present;
    for (const auto& pattern : config_.files)
      for (auto& path : glob_files(pattern)) {
        if (!present.insert(path).second) continue;
        look_at(path, all, changes);
      }
    for (auto file = files_.begin(); file != files_.end();) {
      if (present.contains(file->first)) {
        ++file;
        continue;
      }
      for (auto& source : file->second.sources) changes.push_back({.source = source});
      file = files_.erase(file);
    }
    if (!changes.empty() || first_) changed_(changes);
    first_ = false;
    return std::min<Nanos>(kLook, config_.refresh_interval);
  }

  void look_at(const std::string& path, bool all, std::vector<TargetGroup>& changes) {
    struct stat info {};
    if (::stat(path.c_str(), &info) != 0) return;  // went meanwhile: the next look drops it
    const Stamp stamp{info.st_mtim.tv_sec, info.st_mtim.tv_nsec, info.st_size, info.st_ino};
    auto& known = files_[path];
    const bool touched = !(known.stamp == stamp);
    if (!touched && !all) return;
    known.stamp = stamp;
    auto groups = parse(path, stamp);
    if (!groups) {
      discovery_stats().file_read_errors.add();
      failures_.add();
      if (touched || !known.failed)
        log::error("file discovery cannot read its file, the last good targets stay",
                   {{"job", job_}, {"file", path}, {"error", groups.error().message}});
      known.failed = true;
      return;
    }
    known.failed = false;
    for (auto& group : with_removals(std::move(*groups), known.sources))
      changes.push_back(std::move(group));
  }

  static Result<std::vector<TargetGroup>> parse(const std::string& path, const Stamp& stamp) {
    const std::string text = TRY(read_whole(path, stamp));
    const bool json = path.ends_with(".json") || path.ends_with(".JSON");
    auto groups = TRY(parse_target_groups(text, json, path));
    for (auto& group : groups) group.labels = group.labels.with("__meta_filepath", path);
    return groups;
  }

  const FileDiscoveryConfig config_;
  const std::string job_;
  RefreshTimers& timers_;
  const Clock& clock_;
  Counter failures_;
  Changed changed_;
  std::uint64_t task_ = 0;
  std::map<std::string, Known> files_;  // only the timer thread
  Nanos next_full_{0};
  bool first_ = true;
};

}  // namespace

std::vector<std::string> glob_files(const std::string& pattern) {
  std::vector<std::string> out;
  glob_t found{};
  if (::glob(pattern.c_str(), 0, nullptr, &found) == 0)
    for (std::size_t i = 0; i < found.gl_pathc; ++i) out.emplace_back(found.gl_pathv[i]);
  ::globfree(&found);
  return out;
}

std::unique_ptr<Discovery> make_file_discovery(FileDiscoveryConfig config, std::string job,
                                               RefreshTimers& timers, const Clock& clock) {
  return std::make_unique<FileDiscovery>(std::move(config), std::move(job), timers, clock);
}

}  // namespace pharos::scrape
