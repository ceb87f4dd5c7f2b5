// Turns a notification into what templates see, and expands the texts of receivers.
#pragma once
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "rules/notify/notification.hpp"
#include "rules/template.hpp"

namespace pharos::rules::receivers {

struct TemplateFile {
  std::string name, text;  // name: without its folder
  std::string path;        // for errors; "": the name
};

// `.` of a notification template and what its functions reach. Fields as Alertmanager's Data:
// Receiver, Status, Alerts, GroupLabels, CommonLabels, CommonAnnotations, ExternalURL; beside them
// ours: GroupKey, RouteLabels, Reason, Test, and Ticket, which ticket systems fill in.
struct TemplateData {
  TemplateValue dot;
  TemplateContext context;
};

// Immutable, thread-safe.
class NotificationTemplates {
 public:
  // The built-in definitions, then those of the files in order: the last one of a name counts.
  // Errors are `path:line:column: ` and Go's words.
  static Result<std::shared_ptr<const NotificationTemplates>> create(
      std::span<const TemplateFile> files = {});
  // Reads what the patterns match (glob(7); a pattern without a match is no error).
  static Result<std::shared_ptr<const NotificationTemplates>> load(
      const std::vector<std::string>& patterns);

  Result<std::string> text(std::string_view text, const TemplateData& data) const;
  Result<std::string> html(std::string_view text, const TemplateData& data) const;

  TemplateData data(const notify::Notification& notification) const;

 private:
  explicit NotificationTemplates(Template base) : base_(std::move(base)) {}
  Template base_;
};

// The Data of a notification, without context.
TemplateValue notification_value(const notify::Notification& notification);
// From the JSON of Alertmanager's Data, as `amtool template render --template.data` takes it.
Result<TemplateValue> notification_value_from_json(std::string_view json);

// Texts common to receivers.
bool is_firing(const notify::Notification& notification);
Labels common_labels(std::span<const Alert> alerts);
Labels common_annotations(std::span<const Alert> alerts);
std::string quote_regex(std::string_view text);  // Go's regexp.QuoteMeta

}  // namespace pharos::rules::receivers
