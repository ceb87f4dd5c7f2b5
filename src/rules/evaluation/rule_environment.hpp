// What the evaluation of a rule needs from the world, as functions: a store and a clock in the
// server, an in-memory series set and virtual time in a test.
#pragma once
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "model/histogram.hpp"
#include "model/labels.hpp"
#include "rules/alert.hpp"

namespace pharos::rules {

struct RuleSample {  // a float, or a histogram when that is set
  Labels labels;
  double value = 0;
  HistogramPtr histogram;
};

struct RuleWriteOutcome {
  std::vector<std::size_t> refused;  // indices of samples that the store did not take
  std::string reason;                // of the first of them
};

struct RuleEnvironment {
  // An instant query. A scalar comes as one element without labels.
  std::function<Result<std::vector<RuleSample>>(const std::string& expr, Time at)> query;
  // Stores samples, visible to the next query. None: nothing is written.
  std::function<Result<RuleWriteOutcome>(Time at, std::span<const RuleSample> samples)> write;
  // Tells about alerts; what failed is told again at the next evaluation. None: nobody is told.
  std::function<Status(std::span<const Alert> alerts)> deliver;
  const Clock* clock = nullptr;  // for durations only; none: they stay 0
  std::string external_url;
  Labels external_labels;
  Millis resend_delay = std::chrono::minutes(1);
  Millis query_offset{0};  // of groups that have none of their own
};

}  // namespace pharos::rules
