// A fixed pool of named threads with a bounded queue, and a parallel for over it.
#pragma once
#include <cstddef>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <thread>

namespace pharos {

// A jthread whose name shows in /proc and debuggers (15 characters at most).
std::jthread start_thread(std::string name, std::move_only_function<void(std::stop_token)> body);

// Thread-safe. The destructor runs what is queued, then joins.
class ThreadPool {
 public:
  ThreadPool(std::string name, std::size_t threads, std::size_t queue_max = 1024);
  ~ThreadPool();
  bool submit(std::move_only_function<void()> task);  // false when the queue is full
  std::size_t threads() const;

  // Calls body(i) for i in [0, n), on the pool and on the calling thread; returns when all are done.
  // Nested calls from a pool thread are allowed (the caller works too, so they cannot deadlock).
  void parallel_for(std::size_t n, const std::function<void(std::size_t)>& body);

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace pharos
