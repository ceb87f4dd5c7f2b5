#include "rules/notify/alert_store.hpp"

#include <algorithm>

namespace pharos::rules::notify {
namespace {

constexpr std::size_t kRecentUrls = 64;

// Do the two stretches of time overlap, so that both are the same occurrence?
bool overlaps(const StoredAlert& old, const Alert& alert) {
  return (alert.ends_at > old.starts_at && alert.ends_at < old.ends_at) ||
         (alert.starts_at > old.starts_at && alert.starts_at < old.ends_at);
}

}  // namespace

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

StoredAlert& AlertStore::put(const Alert& alert, std::uint64_t fingerprint, Time now) {
  auto* known = find(fingerprint);
  if (known == nullptr) {
    known = &add(fingerprint);
  } else if (overlaps(*known, alert)) {
    const Alert result = merged(known->alert(), alert, now);
    known->labels = result.labels;
    if (!(known->annotations == result.annotations)) known->annotations = result.annotations;
    if ((known->generator_url ? *known->generator_url : std::string()) != result.generator_url)
      known->generator_url = shared_url(result.generator_url);
    known->starts_at = result.starts_at;
    known->ends_at = result.ends_at;
    known->updated_at = result.updated_at;
    known->timeout = result.timeout;
    return *known;
  }
  // The label set of the record that is known is kept: equal, and shared with its groups.
  if (!(known->labels == alert.labels)) known->labels = alert.labels;
  if (!(known->annotations == alert.annotations)) known->annotations = alert.annotations;
  if (!known->generator_url || *known->generator_url != alert.generator_url)
    known->generator_url = shared_url(alert.generator_url);
  known->starts_at = alert.starts_at;
  known->ends_at = alert.ends_at;
  known->updated_at = alert.updated_at;
  known->timeout = alert.timeout;
  return *known;
}

StoredAlert& AlertStore::restore(const Alert& alert, std::uint64_t fingerprint) {
  auto* known = find(fingerprint);
  if (known == nullptr)
    known = &add(fingerprint);
  else if (known->updated_at > alert.updated_at)
    return *known;
  known->labels = alert.labels;
  known->annotations = alert.annotations;
  known->generator_url = shared_url(alert.generator_url);
  known->starts_at = alert.starts_at;
  known->ends_at = alert.ends_at;
  known->updated_at = alert.updated_at;
  known->timeout = alert.timeout;
  return *known;
}

void AlertStore::remove(StoredAlert& alert) {
  by_fingerprint_.erase(alert.fingerprint);
  alert = StoredAlert{};
  free_.push_back(&alert);
}

}  // namespace pharos::rules::notify
