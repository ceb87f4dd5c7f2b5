#include "rules/notify/alert_store.hpp"

#include <algorithm>

namespace pharos::rules::notify {
namespace {

constexpr std::size_t kRecentUrls = 64;

std::uint64_t text_bytes(const Labels& labels) {
  std::uint64_t out = 0;
  for (const auto label : labels) out += label.name.size() + label.value.size();
  return out;
}

// Do the two stretches of time overlap, so that both are the same occurrence?
bool overlaps(const StoredAlert& old, const Alert& alert) {
  return (alert.ends_at > old.starts_at && alert.ends_at < old.ends_at) ||
         (alert.starts_at > old.starts_at && alert.starts_at < old.ends_at);
}

}  // namespace

std::uint64_t text_bytes(const Alert& alert) {
  return text_bytes(alert.labels) + text_bytes(alert.annotations) + alert.generator_url.size();
}
std::uint64_t text_bytes(const StoredAlert& alert) {
  return text_bytes(alert.labels) + text_bytes(alert.annotations) +
         (alert.generator_url ? alert.generator_url->size() : 0);
}

Alert StoredAlert::alert() const {
  return {.labels = labels,
          .annotations = annotations,
          .starts_at = starts_at,
          .ends_at = ends_at,
          .updated_at = updated_at,
          .generator_url = generator_url ? *generator_url : std::string(),
          .timeout = timeout};
}

Alert merged(const Alert& older, const Alert& younger, Time now) {
  if (younger.updated_at < older.updated_at) return merged(younger, older, now);
  Alert out = younger;
  out.starts_at = std::min(older.starts_at, younger.starts_at);
  if (younger.resolved_at(now)) {
    if (older.resolved_at(now)) out.ends_at = std::max(older.ends_at, younger.ends_at);
  } else if (older.ends_at > younger.ends_at && !older.timeout) {
    out.ends_at = older.ends_at;
  }
  return out;
}

StoredAlert* AlertStore::find(std::uint64_t fingerprint) const {
  const auto found = by_fingerprint_.find(fingerprint);
  return found == by_fingerprint_.end() ? nullptr : found->second;
}

StoredAlert& AlertStore::add(std::uint64_t fingerprint) {
  StoredAlert* slot = nullptr;
  if (free_.empty()) {
    slot = &slots_.emplace_back();
  } else {
    slot = free_.back();
    free_.pop_back();
  }
  slot->fingerprint = fingerprint;
  by_fingerprint_.emplace(fingerprint, slot);
  return *slot;
}

std::shared_ptr<const std::string> AlertStore::shared_url(const std::string& url) {
  if (url.empty()) return nullptr;
  for (const auto& recent : recent_urls_)
    if (*recent == url) return recent;
  auto made = std::make_shared<const std::string>(url);
  if (recent_urls_.size() < kRecentUrls)
    recent_urls_.push_back(made);
  else
    recent_urls_[next_url_++ % kRecentUrls] = made;
  return made;
}

// What stays equal stays shared with the record's groups and its generator's other alerts.
void AlertStore::set_content(StoredAlert& known, const Alert& alert) {
  const bool labels = !(known.labels == alert.labels);
  const bool annotations = !(known.annotations == alert.annotations);
  const bool url = (known.generator_url ? std::string_view(*known.generator_url)
                                        : std::string_view()) != alert.generator_url;
  if (labels || annotations || url) {
    bytes_ -= text_bytes(known);
    if (labels) known.labels = alert.labels;
    if (annotations) known.annotations = alert.annotations;
    if (url) known.generator_url = shared_url(alert.generator_url);
    bytes_ += text_bytes(known);
  }
  known.starts_at = alert.starts_at;
  known.ends_at = alert.ends_at;
  known.updated_at = alert.updated_at;
  known.timeout = alert.timeout;
}

StoredAlert& AlertStore::put(const Alert& alert, std::uint64_t fingerprint, Time now) {
  auto* known = find(fingerprint);
  if (known == nullptr) {
    known = &add(fingerprint);
  } else if (overlaps(*known, alert)) {
    set_content(*known, merged(known->alert(), alert, now));
    return *known;
  }
  set_content(*known, alert);
  return *known;
}

StoredAlert& AlertStore::restore(const Alert& alert, std::uint64_t fingerprint) {
  auto* known = find(fingerprint);
  if (known == nullptr)
    known = &add(fingerprint);
  else if (known->updated_at > alert.updated_at)
    return *known;
  set_content(*known, alert);
  return *known;
}

void AlertStore::remove(StoredAlert& alert) {
  by_fingerprint_.erase(alert.fingerprint);
  bytes_ -= text_bytes(alert);
  alert = StoredAlert{};
  free_.push_back(&alert);
}

}  // namespace pharos::rules::notify
