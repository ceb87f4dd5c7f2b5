// Dashboards put together: their store, annotations, files, and what live streams hear of them.
#pragma once
#include <memory>
#include <vector>

#include "api/live/hub.hpp"
#include "base/clock.hpp"
#include "base/database.hpp"
#include "base/result.hpp"
#include "dashboards/annotation_store.hpp"
#include "dashboards/dashboard_store.hpp"
#include "dashboards/provisioner.hpp"

namespace pharos::server {

// "PATH" or "FOLDER=PATH", as --dashboards.path takes it.
dashboards::ProvisionedFolder dashboard_folder(const std::string& flag);

// Thread-safe. What open() is given outlives it.
class DashboardService {
 public:
  static Result<std::unique_ptr<DashboardService>> open(Database& database, const Clock& clock,
                                                        api::live::Hub& live);
  // The files of a configuration; a broken one is said in the log and keeps its last good board, so
  // it never keeps a configuration from being taken.
  void apply(std::vector<dashboards::ProvisionedFolder> folders);
  // An annotation on every board: the configuration changed, or could not be.
  void note_reload(const Status& status);
  void stop();

  dashboards::DashboardStore& boards() { return *boards_; }
  dashboards::AnnotationStore& annotations() { return *annotations_; }
  dashboards::Provisioner& files() { return *files_; }

 private:
  std::unique_ptr<dashboards::DashboardStore> boards_;
  std::unique_ptr<dashboards::AnnotationStore> annotations_;
  std::unique_ptr<dashboards::Provisioner> files_;
  bool started_ = false, noted_ = false;  // changed by reloads, one at a time
};

}  // namespace pharos::server
