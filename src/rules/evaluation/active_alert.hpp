// One instance of an alerting rule: an element of its expression, and what became of it.
#pragma once
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/time.hpp"
#include "model/labels.hpp"

namespace pharos::rules {

enum class AlertState : std::uint8_t { inactive, pending, firing, unknown };
std::string_view name(AlertState state);  // "inactive", "pending", "firing", "unknown"

struct ActiveAlert {
  Labels labels, annotations;
  AlertState state = AlertState::pending;  // inactive: it was firing and has been resolved
  double value = 0;
  Time active_at{};
  std::optional<Time> fired_at, keep_firing_since, resolved_at, last_sent;
  bool flapping = false;  // held firing although the condition comes and goes
  bool unknown = false;   // held because its data is missing

  Labels element;  // of the expression, without the metric name: what `clear` and `no_data` go by
  // Between two grid times: the condition was seen to hold, or to hold no longer.
  std::optional<Time> early_fired, early_resolved;
  enum class Told : std::uint8_t { nothing, firing, resolved } told = Told::nothing;
  std::uint32_t flap_bits = 0;  // FlapHistory::bits at the last grid time, with flap_damping only
  bool unsaved = true;          // differs from what the state database has
  bool stored = false;          // the state database has some of it

  // As a reader sees it now, ingest included.
  bool is_active() const {
    return (state != AlertState::inactive && !early_resolved) || early_fired.has_value();
  }
};

}  // namespace pharos::rules
