#include "api/live/alert_event.hpp"

#include "api/answer.hpp"
#include "codec/json.hpp"
#include "rules/alert.hpp"

namespace pharos::api::live {
namespace {

constexpr std::size_t kShownMax = 500;

std::string_view kind_text(rules::notify::AlertTransition::Kind kind) {
  using Kind = rules::notify::AlertTransition::Kind;
  return kind == Kind::firing ? "firing" : kind == Kind::resolved ? "resolved" : "expired";
}

}  // namespace

std::string alert_event(std::span<const rules::notify::AlertTransition> transitions) {
  std::string out;
  codec::JsonWriter writer(out);
  writer.begin_object().key("transitions").begin_array();
  for (const auto& transition : transitions.first(std::min(transitions.size(), kShownMax))) {
    writer.begin_object().key("at").unix_seconds(to_unix_millis(transition.at));
    writer.key("kind").value(kind_text(transition.kind));
    char fingerprint[17];
    std::snprintf(fingerprint, sizeof fingerprint, "%016llx",
                  static_cast<unsigned long long>(rules::fingerprint(transition.alert.labels)));
    writer.key("fingerprint").value(std::string_view(fingerprint)).key("labels");
    put_labels(writer, transition.alert.labels);
    writer.key("annotations");
    put_labels(writer, transition.alert.annotations);
    writer.key("startsAt").unix_seconds(to_unix_millis(transition.alert.starts_at)).end_object();
  }
  writer.end_array();
  if (transitions.size() > kShownMax)
    writer.key("more").value(static_cast<std::uint64_t>(transitions.size() - kShownMax));
  writer.end_object();
  return out;
}

}  // namespace pharos::api::live
