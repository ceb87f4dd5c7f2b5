#include "dashboards/annotation_store.hpp"

#include <algorithm>
#include <map>

#include "dashboards/dashboard_rows.hpp"

namespace pharos::dashboards {
namespace {

constexpr std::string_view kTables[] = {
    "CREATE TABLE annotations(id INTEGER PRIMARY KEY AUTOINCREMENT, time_ms INTEGER NOT NULL,"
    " time_end_ms INTEGER NOT NULL, dashboard_uid TEXT NOT NULL, panel_id INTEGER NOT NULL,"
    " text TEXT NOT NULL, tags TEXT NOT NULL, data TEXT NOT NULL, created_ms INTEGER NOT NULL,"
    " updated_ms INTEGER NOT NULL)",
    "CREATE INDEX annotations_by_time ON annotations(time_ms)"};
constexpr std::string_view kColumns =
    "id, time_ms, time_end_ms, dashboard_uid, panel_id, text, tags, data, created_ms, updated_ms";
constexpr std::size_t kTextMax = 64u << 10, kTagMax = 500, kTagsOfOneMax = 100;
constexpr UnixMillis kTimeMax = 253'402'300'799'999;  // the year 9999

Annotation annotation_of(const DatabaseStatement& row) {
  Annotation out;
  out.id = row.integer(0);
  out.time_ms = row.integer(1);
  out.time_end_ms = row.integer(2);
  out.dashboard_uid = row.text(3);
  out.panel_id = row.integer(4);
  out.text = row.text(5);
  out.tags = read_tags(row.text(6));
  out.data = row.text(7);
  out.created_ms = row.integer(8);
  out.updated_ms = row.integer(9);
  return out;
}

Status check(Annotation& annotation) {
  if (annotation.text.empty()) return fail(Errc::invalid, "text field should not be empty");
  if (annotation.text.size() > kTextMax || annotation.data.size() > kTextMax)
    return fail(Errc::limit, "an annotation's text or data is longer than 64 KiB");
  if (annotation.dashboard_uid.size() > kUidMax)
    return fail(Errc::invalid, "uid too long, max 40 characters");
  if (annotation.tags.size() > kTagsOfOneMax)
    return fail(Errc::limit, "an annotation with more than 100 tags");
  for (const auto& tag : annotation.tags)
    if (tag.empty() || tag.size() > kTagMax)
      return fail(Errc::invalid, "a tag is a text of 1 to 500 bytes");
  if (annotation.time_ms < 0 || annotation.time_ms > kTimeMax || annotation.time_end_ms > kTimeMax)
    return fail(Errc::invalid, "time and timeEnd are milliseconds since 1970");
  if (annotation.time_end_ms < annotation.time_ms) {
    if (annotation.time_end_ms > 0) std::swap(annotation.time_ms, annotation.time_end_ms);
    annotation.time_end_ms = std::max(annotation.time_end_ms, annotation.time_ms);
  }
  std::ranges::sort(annotation.tags);
  const auto [first, last] = std::ranges::unique(annotation.tags);
  annotation.tags.erase(first, last);
  return {};
}

Result<Annotation> find_one(Database& db, std::int64_t id) {
  auto row = TRY(db.prepare("SELECT " + std::string(kColumns) + " FROM annotations WHERE id=?1"));
  row.bind(1, id);
  if (!TRY(row.step())) return fail(Errc::not_found, "Annotation not found");
  return annotation_of(row);
}

bool tagged(const Annotation& annotation, const FindAnnotations& wanted) {
  if (wanted.tags.empty()) return true;
  const auto has = [&](const std::string& tag) {
    return std::ranges::find(annotation.tags, tag) != annotation.tags.end();
  };
  return wanted.any_tag ? std::ranges::any_of(wanted.tags, has)
                        : std::ranges::all_of(wanted.tags, has);
}

}  // namespace

Result<std::unique_ptr<AnnotationStore>> AnnotationStore::open(Database& database,
                                                               const Clock& clock) {
  TRY(database.migrate("annotations", kTables));
  return std::unique_ptr<AnnotationStore>(new AnnotationStore(database, clock));
}

void AnnotationStore::observe(Observe observe) {
  std::lock_guard lock(observe_mutex_);
  observe_ = std::move(observe);
}
void AnnotationStore::tell(std::string_view action, const Annotation& annotation) const {
  Observe observe;
  {
    std::lock_guard lock(observe_mutex_);
    observe = observe_;
  }
  if (observe) observe(action, annotation);
}

Result<Annotation> AnnotationStore::add(Annotation annotation) {
  const auto now = to_unix_millis(clock_.now());
  if (annotation.time_ms == 0) annotation.time_ms = now;
  TRY(check(annotation));
  annotation.created_ms = annotation.updated_ms = now;
  TRY(database_.transaction([&](Database& db) -> Status {
    TRY(db.run(
        "INSERT INTO annotations(time_ms, time_end_ms, dashboard_uid, panel_id, text, tags, data,"
        " created_ms, updated_ms) VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?8)",
        annotation.time_ms, annotation.time_end_ms, annotation.dashboard_uid, annotation.panel_id,
        annotation.text, tags_text(annotation.tags), annotation.data, now));
    auto row = TRY(db.prepare("SELECT last_insert_rowid()"));
    TRY(row.step());
    annotation.id = row.integer(0);
    // Ids never come again, so those far below are the oldest.
    return db.run("DELETE FROM annotations WHERE id <= ?1", annotation.id - kAnnotationsMax);
  }));
  tell("added", annotation);
  return annotation;
}

Result<Annotation> AnnotationStore::get(std::int64_t id) const {
  Annotation out;
  TRY(database_.read([&](Database& db) -> Status {
    out = TRY(find_one(db, id));
    return {};
  }));
  return out;
}

Result<Annotation> AnnotationStore::change(std::int64_t id, const AnnotationChange& change) {
  Annotation out;
  TRY(database_.transaction([&](Database& db) -> Status {
    out = TRY(find_one(db, id));
    const bool mark = out.time_end_ms == out.time_ms;
    out.time_ms = change.time_ms.value_or(out.time_ms);
    if (change.time_ms && mark) out.time_end_ms = out.time_ms;
    out.time_end_ms = change.time_end_ms.value_or(out.time_end_ms);
    out.text = change.text.value_or(out.text);
    out.tags = change.tags.value_or(out.tags);
    out.data = change.data.value_or(out.data);
    TRY(check(out));
    out.updated_ms = to_unix_millis(clock_.now());
    return db.run(
        "UPDATE annotations SET time_ms=?2, time_end_ms=?3, text=?4, tags=?5, data=?6,"
        " updated_ms=?7 WHERE id=?1",
        id, out.time_ms, out.time_end_ms, out.text, tags_text(out.tags), out.data, out.updated_ms);
  }));
  tell("updated", out);
  return out;
}

Status AnnotationStore::remove(std::int64_t id) {
  Annotation gone;
  TRY(database_.transaction([&](Database& db) -> Status {
    gone = TRY(find_one(db, id));
    return db.run("DELETE FROM annotations WHERE id=?1", id);
  }));
  tell("deleted", gone);
  return {};
}

Result<std::vector<Annotation>> AnnotationStore::find(const FindAnnotations& wanted) const {
  std::vector<Annotation> out;
  TRY(database_.read([&](Database& db) -> Status {
    auto rows =
        TRY(db.prepare("SELECT " + std::string(kColumns) +
                       " FROM annotations WHERE time_ms <= ?1 AND time_end_ms >= ?2"
                       " AND (?3 IS NULL OR dashboard_uid = ?3)"
                       " AND (?4 IS NULL OR panel_id = ?4) ORDER BY time_ms DESC, id DESC"));
    rows.bind(1, static_cast<std::int64_t>(wanted.to_ms.value_or(kTimeMax)));
    rows.bind(2, static_cast<std::int64_t>(wanted.from_ms.value_or(0)));
    if (wanted.dashboard_uid)
      rows.bind(3, std::string_view(*wanted.dashboard_uid));
    else
      rows.bind_null(3);
    if (wanted.panel_id)
      rows.bind(4, *wanted.panel_id);
    else
      rows.bind_null(4);
    while (out.size() < wanted.limit && TRY(rows.step()))
      if (auto one = annotation_of(rows); tagged(one, wanted)) out.push_back(std::move(one));
    return {};
  }));
  return out;
}

Result<std::vector<AnnotationStore::TagCount>> AnnotationStore::tags(std::string_view containing,
                                                                     std::size_t limit) const {
  std::map<std::string, std::int64_t> counts;
  TRY(database_.read([&](Database& db) -> Status {
    auto rows = TRY(db.prepare("SELECT tags, count(*) FROM annotations GROUP BY tags"));
    while (TRY(rows.step()))
      for (auto& tag : read_tags(rows.text(0)))
        if (tag.find(containing) != std::string::npos) counts[std::move(tag)] += rows.integer(1);
    return {};
  }));
  std::vector<TagCount> out;
  for (auto& [tag, count] : counts) {
    if (out.size() == limit) break;
    out.push_back({tag, count});
  }
  return out;
}

}  // namespace pharos::dashboards
