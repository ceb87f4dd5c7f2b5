#include "server/dashboard_service.hpp"

#include "api/grafana/grafana.hpp"
#include "base/log.hpp"
#include "codec/json.hpp"

namespace pharos::server {

using api::live::Topic;

dashboards::ProvisionedFolder dashboard_folder(const std::string& flag) {
  const auto equals = flag.find('=');
  if (equals == std::string::npos) return {.path = flag};
  return {.path = flag.substr(equals + 1), .folder = flag.substr(0, equals)};
}

Result<std::unique_ptr<DashboardService>> DashboardService::open(Database& database,
                                                                 const Clock& clock,
                                                                 api::live::Hub& live) {
  auto out = std::make_unique<DashboardService>();
  out->boards_ = TRY(dashboards::DashboardStore::open(database, clock));
  out->annotations_ = TRY(dashboards::AnnotationStore::open(database, clock));
  out->files_ = std::make_unique<dashboards::Provisioner>(*out->boards_, clock);
  out->boards_->observe(
      [&live](std::string_view action, const std::string& uid, std::int64_t version) {
        if (!live.followed(Topic::dashboards)) return;
        std::string json;
        codec::JsonWriter writer(json);
        writer.begin_object().key("action").value(action).key("uid").value(std::string_view(uid));
        writer.key("version").value(version).end_object();
        live.publish(Topic::dashboards, json);
      });
  out->annotations_->observe(
      [&live, boards = out->boards_.get()](std::string_view action,
                                           const dashboards::Annotation& annotation) {
        if (!live.followed(Topic::annotations)) return;
        std::string json;
        codec::JsonWriter writer(json);
        writer.begin_object().key("action").value(action).key("annotation");
        const auto board = boards->id_of(annotation.dashboard_uid).value_or(0);
        writer.raw(api::grafana::annotation_json(annotation, board)).end_object();
        live.publish(Topic::annotations, json);
      });
  return out;
}

void DashboardService::apply(std::vector<dashboards::ProvisionedFolder> folders) {
  files_->set_config(std::move(folders));
  if (!std::exchange(started_, true)) files_->start();
}

void DashboardService::note_reload(const Status& status) {
  // The first one is the start of the server.
  dashboards::Annotation note{.text = noted_ ? "Configuration reloaded" : "Pharos started",
                              .tags = {"pharos", noted_ ? "config" : "start"}};
  if (!status) {
    note.text = "Configuration not loaded: " + status.error().message;
    note.tags = {"pharos", "config", "failed"};
  }
  noted_ = true;
  if (const auto added = annotations_->add(std::move(note)); !added)
    log::warn("annotation of a reload not kept", {{"error", added.error().message}});
}

void DashboardService::stop() {
  files_->stop();
}

}  // namespace pharos::server
