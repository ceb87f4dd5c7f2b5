#include "dashboards/provisioner.hpp"

#include <glob.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "base/log.hpp"
#include "base/metric.hpp"
#include "base/threads.hpp"
#include "codec/checksum.hpp"

namespace pharos::dashboards {
namespace {

constexpr Nanos kInterval = std::chrono::seconds(2);
constexpr std::size_t kFilesMax = 5'000;

struct Stats {
  Gauge files{"pharos_dashboard_files", "Dashboard files that the configuration names."};
  Gauge broken{"pharos_dashboard_files_broken",
               "Of these, files that cannot be used: their last good board stays."};
};
Stats& stats() {
  static Stats* const stats = new Stats;
  return *stats;
}

std::vector<std::string> json_files(const std::string& path) {
  namespace fs = std::filesystem;
  std::vector<std::string> out;
  std::error_code code;
  if (fs::is_directory(path, code)) {
    for (fs::recursive_directory_iterator at(path, code), end;
         !code && at != end && out.size() < kFilesMax; at.increment(code))
      if (at->path().extension() == ".json" && at->is_regular_file(code))
        out.push_back(at->path().lexically_normal().string());
  } else {
    glob_t found{};
    if (::glob(path.c_str(), 0, nullptr, &found) == 0)
      for (std::size_t i = 0; i < found.gl_pathc && out.size() < kFilesMax; ++i)
        if (!fs::is_directory(found.gl_pathv[i], code)) out.emplace_back(found.gl_pathv[i]);
    ::globfree(&found);
    // A name that is of no file yet shows as a file that cannot be read.
    if (out.empty() && path.find_first_of("*?[") == std::string::npos) out.push_back(path);
  }
  std::ranges::sort(out);
  return out;
}

Result<std::string> read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return fail(Errc::io, path + ": " + std::strerror(errno));
  std::string text(kDashboardBytesMax + 1, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(in.gcount()));
  return text;
}

std::string hash_of(std::string_view text) {
  static constexpr char kDigits[] = "0123456789abcdef";
  auto hash = codec::xxhash64(text);
  std::string out;
  for (int i = 0; i < 16; ++i, hash >>= 4) out += kDigits[hash & 15];
  return out;
}

// A board without a uid gets one that its path decides, so that links outlive a restart.
std::string uid_of(const std::string& path) {
  return "file-" + hash_of(path);
}

}  // namespace

void Provisioner::set_config(std::vector<ProvisionedFolder> sources) {
  {
    std::lock_guard lock(mutex_);
    sources_ = std::move(sources);
    configured_ = true;
  }
  look();
}

void Provisioner::start() {
  thread_ = start_thread("dashboards", [this](std::stop_token stop) {
    while (clock_.sleep_for(kInterval, stop)) look();
  });
}
void Provisioner::stop() {
  thread_ = {};
}

std::vector<ProvisionedFile> Provisioner::files() const {
  std::lock_guard lock(mutex_);
  std::vector<ProvisionedFile> out;
  for (const auto& [path, known] : known_) out.push_back(known.file);
  return out;
}

void Provisioner::load(Known& known) {
  auto& file = known.file;
  const auto fail_with = [&](const Error& error) {
    if (file.error == error.message) return;
    file.error = error.message;
    log::warn("dashboard file cannot be used, its last good board stays",
              {{"file", file.path}, {"error", error.message}});
  };
  const auto text = read_file(file.path);
  if (!text) return fail_with(text.error());
  auto board = parse_dashboard(*text, file.path);
  if (!board) return fail_with(board.error());
  SaveDashboard wanted{.dashboard = std::move(*board)};
  wanted.folder_uid = "";
  if (!known.source.folder.empty()) {
    const auto folder = store_.folder_titled(known.source.folder);
    if (!folder) return fail_with(folder.error());
    wanted.folder_uid = folder->uid;
  }
  if (wanted.dashboard.uid.empty()) wanted.dashboard.uid = uid_of(file.path);
  wanted.dashboard.id = 0;
  wanted.overwrite = true;
  wanted.provisioned = file.path;
  wanted.editable = known.source.editable;
  wanted.message = "From " + file.path;
  const auto uid = wanted.dashboard.uid;
  // Of the file and of where it is to be: a board that was moved by hand stays there until either is another one.
  wanted.source_hash = hash_of(*text + '\0' + known.source.folder);
  // After a restart most files are as they were when they were taken: no new version then, and what
  // was changed by hand since stays.
  if (const auto stored = store_.get(uid); stored && stored->info.provisioned == file.path &&
                                           stored->info.editable == wanted.editable &&
                                           (stored->info.source_hash == wanted.source_hash ||
                                            // As builds before wrote it.
                                            (stored->info.source_hash == hash_of(*text) &&
                                             stored->info.folder_uid == *wanted.folder_uid))) {
    if (stored->info.source_hash != wanted.source_hash)
      if (auto kept = store_.set_source_hash(uid, wanted.source_hash); !kept) return fail_with(kept.error());
    file.uid = uid;
    file.title = stored->info.title;
    file.error.clear();
    return;
  }
  const auto before = file.uid;
  const auto saved = store_.save(std::move(wanted));
  if (!saved) return fail_with(Error(saved.error()).in(file.path));
  if (!before.empty() && before != saved->uid) (void)store_.remove(before, file.path);
  if (!file.error.empty()) log::info("dashboard file is well again", {{"file", file.path}});
  file.uid = saved->uid;
  file.title = saved->title;
  file.error.clear();
}

void Provisioner::look() {
  std::lock_guard lock(mutex_);
  if (!configured_) return;
  std::set<std::string> seen;
  for (const auto& source : sources_) {
    for (const auto& path : json_files(source.path)) {
      if (seen.size() >= kFilesMax || !seen.insert(path).second) continue;
      auto& known = known_[path];
      struct stat info {};
      const bool there = ::stat(path.c_str(), &info) == 0;
      const auto modified = there ? info.st_mtim.tv_sec * 1'000'000'000 + info.st_mtim.tv_nsec : 0;
      const auto bytes = there ? static_cast<std::uint64_t>(info.st_size) : 0;
      if (!known.file.path.empty() && known.modified_ns == modified && known.bytes == bytes &&
          known.source == source)
        continue;
      known.modified_ns = modified;
      known.bytes = bytes;
      known.source = source;
      known.file.path = path;
      known.file.folder = source.folder;
      known.file.loaded = clock_.now();
      load(known);
    }
  }
  std::erase_if(known_, [&](const auto& entry) { return !seen.contains(entry.first); });
  stats().files.set(static_cast<double>(known_.size()));
  stats().broken.set(static_cast<double>(std::ranges::count_if(
      known_, [](const auto& entry) { return !entry.second.file.error.empty(); })));
  // Boards of files that are named no more, those of an earlier run too.
  if (const bool same = std::exchange(seen_, seen) == seen; same) return;
  if (const auto boards = store_.list())
    for (const auto& board : *boards)
      if (!board.provisioned.empty() && !seen.contains(board.provisioned))
        if (store_.remove(board.uid, board.provisioned))
          log::info("dashboard removed, its file has gone",
                    {{"file", board.provisioned}, {"uid", board.uid}});
}

}  // namespace pharos::dashboards
