// Annotations in state.db: marks and regions in time, of one panel, one board, or all of them.
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/database.hpp"
#include "base/result.hpp"

namespace pharos::dashboards {

struct Annotation {
  std::int64_t id = 0;
  UnixMillis time_ms = 0, time_end_ms = 0;  // equal for a mark
  std::string dashboard_uid;                // "": shown on every board
  std::int64_t panel_id = 0;                // 0: of no panel
  std::string text;
  std::vector<std::string> tags;
  std::string data = "{}";  // JSON, as it was posted
  UnixMillis created_ms = 0, updated_ms = 0;
};

struct FindAnnotations {
  std::optional<UnixMillis> from_ms, to_ms;
  std::optional<std::string> dashboard_uid;  // exactly this one
  std::optional<std::int64_t> panel_id;
  std::vector<std::string> tags;
  bool any_tag = false;  // else all of them
  std::size_t limit = 100;
};

// What a PATCH changes.
struct AnnotationChange {
  std::optional<UnixMillis> time_ms, time_end_ms;
  std::optional<std::string> text, data;
  std::optional<std::vector<std::string>> tags;
};

inline constexpr std::int64_t kAnnotationsMax = 200'000;

// Thread-safe. The oldest go when there are more than kAnnotationsMax. Errors: Errc::invalid with
// Grafana's words, Errc::limit, Errc::not_found.
class AnnotationStore {
 public:
  static Result<std::unique_ptr<AnnotationStore>> open(Database& database, const Clock& clock);

  // Called after each change, outside of locks: "added", "updated" or "deleted".
  using Observe = std::function<void(std::string_view action, const Annotation& annotation)>;
  void observe(Observe observe);

  Result<Annotation> add(Annotation annotation);
  Result<Annotation> get(std::int64_t id) const;
  Result<Annotation> change(std::int64_t id, const AnnotationChange& change);
  Status remove(std::int64_t id);
  // Newest first: those that touch [from, to].
  Result<std::vector<Annotation>> find(const FindAnnotations& wanted) const;
  struct TagCount {
    std::string tag;
    std::int64_t count = 0;
  };
  Result<std::vector<TagCount>> tags(std::string_view containing, std::size_t limit) const;

 private:
  AnnotationStore(Database& database, const Clock& clock) : database_(database), clock_(clock) {}
  void tell(std::string_view action, const Annotation& annotation) const;

  Database& database_;
  const Clock& clock_;
  mutable std::mutex observe_mutex_;
  Observe observe_;  // guarded by observe_mutex_
};

}  // namespace pharos::dashboards
