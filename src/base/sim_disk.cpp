#include "base/sim_disk.hpp"

#include <algorithm>
#include <cstring>

namespace pharos {
namespace {

struct Write {  // since the last sync
  std::uint64_t offset = 0;
  std::string bytes;
  bool truncates = false;  // then `offset` is the new size
};

struct Inode {
  std::string durable, current;
  std::vector<Write> pending;
};
using InodePtr = std::shared_ptr<Inode>;
using Names = std::map<std::string, InodePtr, std::less<>>;  // a folder has no inode

struct NameChange {
  std::string path;  // removed when `inode` is none and `folder` is false
  InodePtr inode;
  bool folder = false;
  std::string parent;
};

std::string parent_of(std::string_view path) {
  const auto slash = path.rfind('/');
  return slash == path.npos ? std::string() : std::string(path.substr(0, slash));
}

void redo(std::string& content, const Write& write, std::size_t length) {
  if (write.truncates) {
    content.resize(write.offset);
    return;
  }
  if (content.size() < write.offset + length) content.resize(write.offset + length);
  std::memcpy(content.data() + write.offset, write.bytes.data(), length);
}

void redo(Names& names, const NameChange& change) {
  if (change.inode || change.folder)
    names[change.path] = change.inode;
  else
    names.erase(change.path);
}

class Copy final : public Mapping {
 public:
  explicit Copy(std::string bytes) : bytes_(std::move(bytes)) {}
  Bytes bytes() const override { return as_bytes(bytes_); }

 private:
  std::string bytes_;
};

std::string clean(std::string_view path) {
  while (path.ends_with('/')) path.remove_suffix(1);
  return path == "." ? std::string() : std::string(path);
}

}  // namespace

struct SimDisk::State {
  mutable std::mutex mutex;
  Random random;
  Names current, durable;
  std::vector<NameChange> changes;  // not durable yet
  std::uint64_t generation = 0;     // of open files
  std::uint64_t operations = 0, stop_at = 0, writes = 0, fail_write = 0, syncs = 0, fail_sync = 0;
  bool stopped = false;
  std::optional<std::uint64_t> capacity;

  explicit State(std::uint64_t seed) : random(seed) {}

  std::unexpected<Error> gone() const {
    return fail(Errc::io, "simulated crash: the disk is gone");
  }

  // Counts one changing operation. `last` tells that it is to be done by half before the disk goes.
  Status begin(bool& last) {
    last = false;
    if (stopped) return gone();
    ++operations;
    if (stop_at != 0 && operations >= stop_at) {
      stopped = true;
      last = true;
    }
    return {};
  }
  Status begin_name_change() {
    bool last = false;
    TRY(begin(last));
    if (last && random.below(2) == 0) return gone();  // otherwise done, and the next call fails
    return {};
  }

  std::uint64_t used() const {
    std::uint64_t total = 0;
    std::vector<const Inode*> seen;
    for (const auto& [path, inode] : current) {
      if (!inode || std::ranges::find(seen, inode.get()) != seen.end()) continue;
      if (inode.use_count() > 2) seen.push_back(inode.get());
      total += inode->current.size();
    }
    return total;
  }

  Status write(Inode& inode, std::uint64_t offset, Bytes bytes, const std::string& path) {
    bool last = false;
    TRY(begin(last));
    if (++writes == fail_write)
      return fail(Errc::io, "write to " + path + ": Input/output error (simulated)");
    const auto end = offset + bytes.size();
    const auto growth = end > inode.current.size() ? end - inode.current.size() : 0;
    if (capacity && growth > 0 && used() + growth > *capacity)
      return fail(Errc::io, "write to " + path + ": No space left on device");
    if (last) bytes = bytes.first(random.below(bytes.size() + 1));
    inode.pending.push_back({offset, std::string(as_text(bytes)), false});
    redo(inode.current, inode.pending.back(), bytes.size());
    if (last) return gone();
    return {};
  }

  Status sync(Inode& inode, const std::string& path) {
    bool last = false;
    TRY(begin(last));
    if (last) return gone();
    if (++syncs == fail_sync) {
      // The kernel drops the dirty pages: readers still see them, the platter never will.
      inode.pending.clear();
      return fail(Errc::io, "sync " + path + ": Input/output error (simulated)");
    }
    for (const auto& write : inode.pending) redo(inode.durable, write, write.bytes.size());
    inode.pending.clear();
    return {};
  }

  void change(NameChange change) {
    change.parent = parent_of(change.path);
    redo(current, change);
    changes.push_back(std::move(change));
  }
  void make_durable(std::string_view folder) {
    std::size_t n = 0;
    for (std::size_t i = 0; i < changes.size(); ++i)
      if (changes[i].parent == folder || changes[i].path == folder) n = i + 1;
    for (std::size_t i = 0; i < n; ++i) redo(durable, changes[i]);
    changes.erase(changes.begin(), changes.begin() + static_cast<std::ptrdiff_t>(n));
  }

  void lose(Inode& inode) {
    const auto keep = random.below(inode.pending.size() + 1);
    for (std::size_t i = 0; i < keep; ++i) {
      const auto& write = inode.pending[i];
      const bool torn = i + 1 == keep && !write.truncates;
      const auto length = torn ? random.below(write.bytes.size() + 1) : write.bytes.size();
      redo(inode.durable, write, length);
      // The new size may reach the platter before the data does: zeros stand in its place.
      if (torn && random.below(4) == 0 && inode.durable.size() < write.offset + write.bytes.size())
        inode.durable.resize(write.offset + length + random.below(write.bytes.size() - length + 1));
    }
    inode.current = inode.durable;
    inode.pending.clear();
  }

  void restart() {
    ++generation;
    stopped = false;
    stop_at = fail_write = fail_sync = 0;
  }

  Result<InodePtr> find(std::string_view path) const {
    if (stopped) return gone();
    const auto it = current.find(clean(path));
    if (it == current.end())
      return fail(Errc::not_found, "open " + std::string(path) + ": No such file or directory");
    if (!it->second) return fail(Errc::io, "open " + std::string(path) + ": Is a directory");
    return it->second;
  }
  bool is_folder(std::string_view path) const {
    if (path.empty()) return true;
    const auto it = current.find(path);
    return it != current.end() && !it->second;
  }
  Status need_parent(std::string_view path) const {
    if (is_folder(parent_of(path))) return {};
    return fail(Errc::not_found, "create " + std::string(path) + ": No such file or directory");
  }
};

class SimDisk::OpenFile final : public File {
 public:
  OpenFile(std::shared_ptr<State> state, InodePtr inode, std::string path)
      : state_(std::move(state)),
        inode_(std::move(inode)),
        path_(std::move(path)),
        generation_(state_->generation) {}

  Status append(Bytes bytes) override {
    std::lock_guard lock(state_->mutex);
    TRY(alive());
    return state_->write(*inode_, inode_->current.size(), bytes, path_);
  }
  Status write_at(std::uint64_t offset, Bytes bytes) override {
    std::lock_guard lock(state_->mutex);
    TRY(alive());
    return state_->write(*inode_, offset, bytes, path_);
  }
  Status sync() override {
    std::lock_guard lock(state_->mutex);
    TRY(alive());
    if (sync_failed_)
      return fail(Errc::io, "earlier sync of " + path_ + ": Input/output error (simulated)");
    auto done = state_->sync(*inode_, path_);
    sync_failed_ = !done;
    return done;
  }
  Status truncate(std::uint64_t size) override {
    std::lock_guard lock(state_->mutex);
    TRY(alive());
    bool last = false;
    TRY(state_->begin(last));
    inode_->pending.push_back({size, {}, true});
    inode_->current.resize(size);
    if (last) return state_->gone();
    return {};
  }
  Result<std::size_t> read_at(std::uint64_t offset, std::span<std::byte> into) const override {
    std::lock_guard lock(state_->mutex);
    TRY(alive());
    if (offset >= inode_->current.size()) return std::size_t{0};
    const auto n = std::min<std::uint64_t>(into.size(), inode_->current.size() - offset);
    std::memcpy(into.data(), inode_->current.data() + offset, n);
    return static_cast<std::size_t>(n);
  }
  std::uint64_t size() const override {
    std::lock_guard lock(state_->mutex);
    return inode_->current.size();
  }

 private:
  Status alive() const {
    if (generation_ != state_->generation || state_->stopped) return state_->gone();
    return {};
  }
  std::shared_ptr<State> state_;
  InodePtr inode_;
  std::string path_;
  std::uint64_t generation_;
  bool sync_failed_ = false;
};

SimDisk::SimDisk(std::uint64_t seed) : state_(std::make_shared<State>(seed)) {}
SimDisk::~SimDisk() = default;

void SimDisk::crash() {
  std::lock_guard lock(state_->mutex);
  auto& s = *state_;
  const auto keep = s.random.below(s.changes.size() + 1);
  for (std::size_t i = 0; i < keep; ++i) redo(s.durable, s.changes[i]);
  s.changes.clear();
  // A name whose folder did not survive did not either.
  std::erase_if(s.durable, [&](const auto& entry) {
    for (auto parent = parent_of(entry.first); !parent.empty(); parent = parent_of(parent)) {
      const auto it = s.durable.find(parent);
      if (it == s.durable.end() || it->second) return true;
    }
    return false;
  });
  std::vector<Inode*> lost;  // hard links: once each
  for (const auto& [path, inode] : s.durable)
    if (inode && std::ranges::find(lost, inode.get()) == lost.end()) {
      if (inode.use_count() > 2) lost.push_back(inode.get());
      s.lose(*inode);
    }
  s.current = s.durable;
  s.restart();
}

void SimDisk::kill() {
  std::lock_guard lock(state_->mutex);
  state_->restart();
}

void SimDisk::stop_after(std::uint64_t n) {
  std::lock_guard lock(state_->mutex);
  state_->stop_at = n == 0 ? 0 : state_->operations + n;
}
std::uint64_t SimDisk::operations() const {
  std::lock_guard lock(state_->mutex);
  return state_->operations;
}
void SimDisk::set_capacity(std::optional<std::uint64_t> bytes) {
  std::lock_guard lock(state_->mutex);
  state_->capacity = bytes;
}
std::uint64_t SimDisk::used_bytes() const {
  std::lock_guard lock(state_->mutex);
  return state_->used();
}
void SimDisk::fail_write_at(std::uint64_t n) {
  std::lock_guard lock(state_->mutex);
  state_->fail_write = n == 0 ? 0 : state_->writes + n;
}
void SimDisk::fail_sync_at(std::uint64_t n) {
  std::lock_guard lock(state_->mutex);
  state_->fail_sync = n == 0 ? 0 : state_->syncs + n;
}

Status SimDisk::flip_bit(std::string_view path, std::uint64_t offset, unsigned bit) {
  std::lock_guard lock(state_->mutex);
  const auto inode = TRY(state_->find(path));
  if (offset >= inode->current.size())
    return fail(Errc::invalid, "flip_bit: beyond the end of " + std::string(path));
  inode->current[offset] ^= static_cast<char>(1u << (bit & 7));
  if (offset < inode->durable.size()) inode->durable[offset] ^= static_cast<char>(1u << (bit & 7));
  return {};
}

Result<std::unique_ptr<File>> SimDisk::create(std::string_view path) {
  std::lock_guard lock(state_->mutex);
  const auto name = clean(path);
  TRY(state_->begin_name_change());
  TRY(state_->need_parent(name));
  if (state_->current.contains(name))
    return fail(Errc::conflict, "create " + name + ": File exists");
  auto inode = std::make_shared<Inode>();
  state_->change({.path = name, .inode = inode});
  return std::make_unique<OpenFile>(state_, std::move(inode), name);
}

Result<std::unique_ptr<File>> SimDisk::open(std::string_view path) {
  std::lock_guard lock(state_->mutex);
  auto inode = TRY(state_->find(path));
  return std::make_unique<OpenFile>(state_, std::move(inode), clean(path));
}

Result<std::shared_ptr<const Mapping>> SimDisk::map(std::string_view path) {
  std::lock_guard lock(state_->mutex);
  const auto inode = TRY(state_->find(path));
  return std::make_shared<const Copy>(inode->current);
}

Result<std::string> SimDisk::read(std::string_view path) {
  std::lock_guard lock(state_->mutex);
  const auto inode = TRY(state_->find(path));
  return inode->current;
}

Status SimDisk::replace(std::string_view path, Bytes contents) {
  const auto beside = clean(path) + ".new";
  {
    std::lock_guard lock(state_->mutex);
    TRY(state_->begin_name_change());
    TRY(state_->need_parent(beside));
    auto inode = std::make_shared<Inode>();
    state_->change({.path = beside, .inode = inode});
    auto written = state_->write(*inode, 0, contents, beside);
    if (written) written = state_->sync(*inode, beside);
    if (!written) {
      if (!state_->stopped) state_->change({.path = beside});
      return written;
    }
  }
  return rename(beside, path);
}

Status SimDisk::rename(std::string_view from, std::string_view to) {
  std::lock_guard lock(state_->mutex);
  const auto source = clean(from), target = clean(to);
  TRY(state_->begin_name_change());
  const auto it = state_->current.find(source);
  if (it == state_->current.end())
    return fail(Errc::not_found, "rename " + source + ": No such file or directory");
  TRY(state_->need_parent(target));
  std::vector<std::pair<std::string, InodePtr>> moved{{source, it->second}};
  if (!it->second)  // a folder: everything below it comes along
    for (auto inner = state_->current.lower_bound(source + "/");
         inner != state_->current.end() && inner->first.starts_with(source + "/"); ++inner)
      moved.emplace_back(inner->first, inner->second);
  for (const auto& [path, inode] : moved) {
    // One change of names in a real file system: the target is durable together with the source.
    state_->change({.path = target + path.substr(source.size()), .inode = inode, .folder = !inode});
    state_->change({.path = path});
  }
  state_->make_durable(parent_of(target));
  state_->make_durable(parent_of(source));
  return {};
}

Status SimDisk::link(std::string_view from, std::string_view to) {
  std::lock_guard lock(state_->mutex);
  TRY(state_->begin_name_change());
  const auto it = state_->current.find(clean(from));
  if (it == state_->current.end() || !it->second)
    return fail(Errc::not_found, "link " + std::string(from) + ": No such file or directory");
  const auto target = clean(to);
  TRY(state_->need_parent(target));
  if (state_->current.contains(target))
    return fail(Errc::conflict, "link to " + target + ": File exists");
  state_->change({.path = target, .inode = it->second});
  return {};
}

Status SimDisk::remove(std::string_view path) {
  std::lock_guard lock(state_->mutex);
  const auto name = clean(path);
  TRY(state_->begin_name_change());
  const auto it = state_->current.find(name);
  if (it == state_->current.end())
    return fail(Errc::not_found, "remove " + name + ": No such file or directory");
  const auto inner = state_->current.lower_bound(name + "/");
  if (inner != state_->current.end() && inner->first.starts_with(name + "/"))
    return fail(Errc::io, "remove " + name + ": Directory not empty");
  state_->change({.path = name});
  return {};
}

Status SimDisk::remove_all(std::string_view path) {
  std::vector<std::string> doomed;
  {
    std::lock_guard lock(state_->mutex);
    const auto name = clean(path);
    for (const auto& [entry, inode] : state_->current)
      if (entry == name || entry.starts_with(name + "/")) doomed.push_back(entry);
  }
  for (auto it = doomed.rbegin(); it != doomed.rend(); ++it)
    TRY(remove(*it));  // the innermost first
  return {};
}

Status SimDisk::make_dirs(std::string_view path) {
  std::lock_guard lock(state_->mutex);
  const auto name = clean(path);
  for (std::size_t end = 0; end != name.npos && end < name.size();) {
    end = name.find('/', end + 1);
    const auto prefix = name.substr(0, end);
    if (state_->is_folder(prefix)) continue;
    if (state_->current.contains(prefix))
      return fail(Errc::io, "create folder " + prefix + ": Not a directory");
    TRY(state_->begin_name_change());
    state_->change({.path = prefix, .folder = true});
    state_->make_durable(parent_of(prefix));
  }
  return {};
}

Status SimDisk::sync_dir(std::string_view path) {
  std::lock_guard lock(state_->mutex);
  bool last = false;
  TRY(state_->begin(last));
  if (last) return state_->gone();
  const auto name = clean(path);
  if (!state_->is_folder(name))
    return fail(Errc::not_found, "sync folder " + name + ": No such file or directory");
  if (++state_->syncs == state_->fail_sync)
    return fail(Errc::io, "sync folder " + name + ": Input/output error (simulated)");
  state_->make_durable(name);
  return {};
}

Result<std::vector<DirEntry>> SimDisk::list(std::string_view path) {
  std::lock_guard lock(state_->mutex);
  if (state_->stopped) return state_->gone();
  const auto name = clean(path);
  if (!state_->is_folder(name))
    return fail(Errc::not_found, "list " + name + ": No such file or directory");
  const auto prefix = name.empty() ? std::string() : name + "/";
  std::vector<DirEntry> out;
  for (auto it = state_->current.lower_bound(prefix);
       it != state_->current.end() && it->first.starts_with(prefix); ++it) {
    const auto inner = std::string_view(it->first).substr(prefix.size());
    if (inner.empty() || inner.find('/') != inner.npos) continue;
    out.push_back({std::string(inner), !it->second, it->second ? it->second->current.size() : 0});
  }
  std::ranges::sort(out, {}, &DirEntry::name);
  return out;
}

bool SimDisk::exists(std::string_view path) {
  std::lock_guard lock(state_->mutex);
  const auto name = clean(path);
  return name.empty() || state_->current.contains(name);
}

Result<std::uint64_t> SimDisk::free_bytes() {
  std::lock_guard lock(state_->mutex);
  if (state_->stopped) return state_->gone();
  if (!state_->capacity) return std::uint64_t{1} << 50;
  const auto used = state_->used();
  return *state_->capacity > used ? *state_->capacity - used : 0;
}

}  // namespace pharos
