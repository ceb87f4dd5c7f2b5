// Dashboards out of files: what the configuration names is kept in the store, and followed.
#pragma once
#include <cstdint>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "dashboards/dashboard_store.hpp"

namespace pharos::dashboards {

struct ProvisionedFolder {
  std::string path;    // a file, a folder (its *.json, below it too) or a pattern
  std::string folder;  // title of the dashboards' folder; "": the top
  bool editable = false;
  bool operator==(const ProvisionedFolder&) const = default;
};

struct ProvisionedFile {
  std::string path, uid, title, folder;
  std::string error;  // "": fine. The last good board stays in the store
  Time loaded{};
};

// Thread-safe. The thread looks at the files' size and time of change; a text is read when these
// differ. A board whose file has gone, or is named no more, goes as well.
class Provisioner {
 public:
  Provisioner(DashboardStore& store, const Clock& clock) : store_(store), clock_(clock) {}
  ~Provisioner() { stop(); }
  void set_config(std::vector<ProvisionedFolder> sources);
  void start();
  void stop();
  void look();  // at all files now; what the thread does
  std::vector<ProvisionedFile> files() const;

 private:
  struct Known {
    std::int64_t modified_ns = 0;
    std::uint64_t bytes = 0;
    ProvisionedFolder source;
    ProvisionedFile file;
  };
  void load(Known& known);

  DashboardStore& store_;
  const Clock& clock_;
  mutable std::mutex mutex_;
  // Guarded by mutex_.
  std::vector<ProvisionedFolder> sources_;
  bool configured_ = false;
  std::map<std::string, Known> known_;  // by path
  std::set<std::string> seen_{"\n"};    // paths of the last look; at first none that there can be
  std::jthread thread_;
};

}  // namespace pharos::dashboards
