#include "server/reload_state.hpp"

namespace pharos::server {

void ReloadState::note(const Status& status) {
  const Time now = clock_.now();
  reloads_.with({status ? "success" : "failure"}).add();
  successful_.set(status ? 1 : 0);
  if (status) success_time_.set(static_cast<double>(to_unix_millis(now)) / 1000);
  std::lock_guard lock(mutex_);
  view_.succeeded = status.has_value();
  view_.error = status ? std::string() : status.error().message;
  if (status) view_.last = now;
}

ReloadState::View ReloadState::view() const {
  std::lock_guard lock(mutex_);
  return view_;
}

}  // namespace pharos::server
