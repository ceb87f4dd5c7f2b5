#include "net/stream_threads.hpp"

#include <system_error>

#include "base/threads.hpp"

namespace pharos::net {

bool StreamThreads::run(std::move_only_function<void()> task) {
  std::lock_guard lock(mutex_);
  std::erase_if(threads_, [](const One& one) { return one.done.load(); });
  if (threads_.size() >= threads_max_) return false;
  auto& one = threads_.emplace_back();
  try {
    one.thread = start_thread("stream", [&one, task = std::move(task)](std::stop_token) mutable {
      task();
      task = nullptr;  // what it holds goes before anybody may take the thread for gone
      one.done.store(true);
    });
  } catch (const std::system_error&) {  // the system has no thread to give
    threads_.pop_back();
    return false;
  }
  return true;
}

}  // namespace pharos::net
