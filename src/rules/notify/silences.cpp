#include "rules/notify/silences.hpp"

#include <algorithm>
#include <array>
#include <cstdio>

#include "base/log.hpp"
#include "base/uuid.hpp"
#include "codec/json.hpp"
#include "rules/notify/matcher_parser.hpp"

namespace pharos::rules::notify {
namespace {

using codec::Json;

constexpr std::array<std::string_view, 4> kOps = {"=", "!=", "=~", "!~"};

std::string to_json(const Silence& silence) {
  std::string out;
  codec::JsonWriter writer(out);
  writer.begin_object();
  writer.key("id").value(silence.id);
  writer.key("matchers").begin_array();
  for (const auto& matcher : silence.matchers) {
    writer.begin_array();
    writer.value(matcher.name()).value(kOps[static_cast<std::size_t>(matcher.op())]);
    writer.value(matcher.value()).end_array();
  }
  writer.end_array();
  writer.key("starts_at").value(to_unix_millis(silence.starts_at));
  writer.key("ends_at").value(to_unix_millis(silence.ends_at));
  writer.key("updated_at").value(to_unix_millis(silence.updated_at));
  writer.key("created_by").value(silence.created_by);
  writer.key("comment").value(silence.comment);
  writer.key("annotations").begin_object();
  for (const auto& [name, value] : silence.annotations) writer.key(name).value(value);
  writer.end_object().end_object();
  return out;
}

Result<Silence> from_json(std::string_view text) {
  const auto json = TRY(Json::parse(text));
  Silence out;
  out.id = json["id"].string();
  for (const auto& item : json["matchers"].items()) {
    if (item.items().size() != 3) return fail(Errc::corrupt, "a matcher has three parts");
    const auto op = std::ranges::find(kOps, item.items()[1].string());
    if (op == kOps.end()) return fail(Errc::corrupt, "unknown operator of a matcher");
    auto matcher = TRY(Matcher::make(static_cast<MatchOp>(op - kOps.begin()),
                                     item.items()[0].string(), item.items()[2].string()));
    out.matchers.push_back(std::move(matcher));
  }
  out.starts_at = from_unix_millis(json["starts_at"].integer());
  out.ends_at = from_unix_millis(json["ends_at"].integer());
  out.updated_at = from_unix_millis(json["updated_at"].integer());
  out.created_by = json["created_by"].string();
  out.comment = json["comment"].string();
  for (const auto& [name, value] : json["annotations"].members())
    out.annotations.emplace(name, value.string());
  return out;
}

Status check(const Silence& silence) {
  if (silence.matchers.empty())
    return fail(Errc::invalid, "invalid silence: at least one matcher required");
  for (std::size_t i = 0; i < silence.matchers.size(); ++i) {
    const auto& matcher = silence.matchers[i];
    if (!is_label_name(matcher.name(), MatcherDialect::utf8))
      return fail(Errc::invalid, "invalid silence: invalid label matcher " + std::to_string(i) +
                                     ": invalid label name " + go_quote(matcher.name()));
    if (!is_utf8(matcher.value()))
      return fail(Errc::invalid, "invalid silence: invalid label matcher " + std::to_string(i) +
                                     ": invalid label value " + go_quote(matcher.value()));
  }
  // A negative matcher counts as one that does not match the empty text, as in Alertmanager.
  if (std::ranges::all_of(silence.matchers,
                          [](const Matcher& m) { return !m.is_negative() && m.matches_empty(); }))
    return fail(Errc::invalid,
                "invalid silence: at least one matcher must not match the empty string");
  if (silence.ends_at == Time{})
    return fail(Errc::invalid, "invalid silence: invalid zero end timestamp");
  if (silence.ends_at < silence.starts_at)
    return fail(Errc::invalid, "invalid silence: end time must not be before start time");
  return {};
}

// May `next` take the place of `now_there` without changing what was silenced in the past?
bool can_update(const Silence& now_there, const Silence& next, Time now) {
  if (now_there.matchers != next.matchers) return false;
  switch (now_there.state_at(now)) {
    case Silence::State::active:
      return std::chrono::floor<std::chrono::seconds>(next.starts_at) ==
                 std::chrono::floor<std::chrono::seconds>(now_there.starts_at) &&
             next.ends_at >= now;
    case Silence::State::pending: return next.starts_at >= now;
    case Silence::State::expired: return false;
  }
  return false;
}

void end_now(Silence& silence, Time now) {
  if (silence.state_at(now) == Silence::State::pending) silence.starts_at = now;
  silence.ends_at = now;
  silence.updated_at = now;
}

}  // namespace

Silences::Silences(Database& database, const Clock& clock, SilenceLimits limits)
    : database_(database), clock_(clock), limits_(limits) {}

Status Silences::load() {
  const std::lock_guard lock(mutex_);
  return database_.read([&](Database& db) -> Status {
    auto query = TRY(db.prepare("SELECT id, body FROM notify_silences"));
    while (TRY(query.step())) {
      auto silence = from_json(query.text(1));
      if (silence)
        keep(std::move(*silence));
      else
        log::error("a silence cannot be read",
                   {{"id", query.text(0)}, {"error", silence.error().message}});
    }
    return {};
  });
}

void Silences::keep(Silence silence) {
  forget(silence.id);
  MatcherIndex::Id at = 0;
  if (free_.empty()) {
    at = static_cast<MatcherIndex::Id>(slots_.size());
    slots_.emplace_back();
  } else {
    at = free_.back();
    free_.pop_back();
  }
  ids_.emplace(silence.id, at);
  index_.add(at, silence.matchers);
  slots_[at] = std::make_unique<Silence>(std::move(silence));
}

void Silences::forget(const std::string& id) {
  const auto known = ids_.find(id);
  if (known == ids_.end()) return;
  index_.remove(known->second);
  slots_[known->second].reset();
  free_.push_back(known->second);
  ids_.erase(known);
}

Status Silences::store(const std::vector<Silence>& changed) {
  TRY(database_.transaction([&](Database& db) -> Status {
    for (const auto& silence : changed)
      TRY(db.run("INSERT OR REPLACE INTO notify_silences(id, ends_at, body) VALUES(?1, ?2, ?3)",
                 silence.id, to_unix_millis(silence.ends_at), to_json(silence)));
    return {};
  }));
  const std::lock_guard lock(mutex_);
  for (const auto& silence : changed) keep(silence);
  return {};
}

Result<std::string> Silences::set(Silence silence) {
  const std::lock_guard writing(writing_);
  const Time now = clock_.now();
  if (silence.starts_at == Time{}) silence.starts_at = now;
  TRY(check(silence));
  if (const auto size = to_json(silence).size(); size > limits_.bytes_max)
    return fail(Errc::limit, "silence exceeded maximum size: " + std::to_string(size) +
                                 " bytes (limit: " + std::to_string(limits_.bytes_max) + " bytes)");
  std::optional<Silence> before;
  std::size_t count = 0;
  {
    const std::lock_guard lock(mutex_);
    count = ids_.size();
    if (const auto known = ids_.find(silence.id); known != ids_.end())
      before = *slots_[known->second];
  }
  if (!silence.id.empty() && !before)
    return fail(Errc::not_found, "silence not found: " + silence.id);
  silence.updated_at = now;
  std::vector<Silence> changed;
  if (before && can_update(*before, silence, now)) {
    changed.push_back(std::move(silence));
  } else {
    if (count >= limits_.silences_max)
      return fail(Errc::limit, "exceeded maximum number of silences: " + std::to_string(count) +
                                   " (limit: " + std::to_string(limits_.silences_max) + ")");
    silence.id = new_uuid();
    silence.starts_at = std::max(silence.starts_at, now);
    if (silence.ends_at < silence.starts_at)
      return fail(Errc::invalid, "invalid silence: end time must not be before start time");
    changed.push_back(std::move(silence));
    if (before && before->state_at(now) != Silence::State::expired) {
      end_now(*before, now);
      changed.push_back(std::move(*before));
    }
  }
  TRY(store(changed));
  return changed.front().id;
}

Status Silences::expire(const std::string& id) {
  const std::lock_guard writing(writing_);
  auto silence = TRY(get(id));
  const Time now = clock_.now();
  if (silence.state_at(now) == Silence::State::expired) return {};
  end_now(silence, now);
  return store({std::move(silence)});
}

Result<Silence> Silences::get(const std::string& id) const {
  const std::lock_guard lock(mutex_);
  const auto known = ids_.find(id);
  if (known == ids_.end()) return fail(Errc::not_found, "silence not found: " + id);
  return *slots_[known->second];
}

std::vector<Silence> Silences::list(std::span<const Matcher> matchers) const {
  const std::lock_guard lock(mutex_);
  std::vector<Silence> out;
  for (const auto& slot : slots_) {
    if (slot && std::ranges::all_of(matchers, [&](const Matcher& wanted) {
          return std::ranges::find(slot->matchers, wanted) != slot->matchers.end();
        }))
      out.push_back(*slot);
  }
  return out;
}

std::vector<std::string> Silences::silencing(const Labels& labels, Time at) const {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> out;
  index_.find(labels, [&](MatcherIndex::Id id) {
    if (slots_[id]->state_at(at) == Silence::State::active) out.push_back(slots_[id]->id);
    return true;
  });
  std::ranges::sort(out);
  return out;
}

bool Silences::any() const {
  const std::lock_guard lock(mutex_);
  return !ids_.empty();
}

Status Silences::remove_old(Time now) {
  const std::lock_guard writing(writing_);
  std::vector<std::string> old;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& slot : slots_)
      if (slot && slot->ends_at + limits_.retention <= now) old.push_back(slot->id);
  }
  if (old.empty()) return {};
  TRY(database_.transaction([&](Database& db) -> Status {
    for (const auto& id : old) TRY(db.run("DELETE FROM notify_silences WHERE id = ?1", id));
    return {};
  }));
  const std::lock_guard lock(mutex_);
  for (const auto& id : old) forget(id);
  return {};
}

Silences::Counts Silences::counts(Time now) const {
  const std::lock_guard lock(mutex_);
  Counts out;
  for (const auto& slot : slots_) {
    if (!slot) continue;
    switch (slot->state_at(now)) {
      case Silence::State::pending: ++out.pending; break;
      case Silence::State::active: ++out.active; break;
      case Silence::State::expired: ++out.expired; break;
    }
  }
  return out;
}

}  // namespace pharos::rules::notify
