// A silence: matchers and a stretch of time in which alerts are not told about.
#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/time.hpp"
#include "model/matcher.hpp"

namespace pharos::rules::notify {

struct Silence {
  std::string id;  // UUID
  std::vector<Matcher> matchers;
  Time starts_at{}, ends_at{}, updated_at{};
  std::string created_by, comment;
  std::map<std::string, std::string> annotations;
  enum class State : std::uint8_t { pending, active, expired };
  State state_at(Time now) const {
    return now < starts_at ? State::pending : now < ends_at ? State::active : State::expired;
  }
};

}  // namespace pharos::rules::notify
