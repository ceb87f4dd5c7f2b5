#include "server/reload_state.hpp"

namespace pharos::server {

void ReloadState::note(const Status& status) {
  const Time now = clock_.now();
  reloads_.with({status ? "success" : "failure"}).add();
  for (auto* gauge : {&successful_, &alertmanager_successful_}) gauge->set(status ? 1 : 0);
  if (status)
    for (auto* gauge : {&success_time_, &alertmanager_success_time_})
      gauge->set(static_cast<double>(to_unix_millis(now)) / 1000);
  std::lock_guard lock(mutex_);
  view_.succeeded = status.has_value();
  view_.error = status ? std::string() : status.error().message;
  (status ? view_.last : view_.last_failure) = now;
}

ReloadState::View ReloadState::view() const {
  std::lock_guard lock(mutex_);
  return view_;
}

}  // namespace pharos::server
