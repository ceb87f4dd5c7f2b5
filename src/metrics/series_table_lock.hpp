// A shared mutex under which writers do not starve: glibc's lets readers overtake for ever.
#pragma once
#include <atomic>
#include <mutex>
#include <shared_mutex>

namespace pharos::metrics {

// Readers that come while a writer waits queue behind it. Not recursive.
class FairSharedMutex {
 public:
  void lock() {
    waiting_.fetch_add(1, std::memory_order_relaxed);
    gate_.lock();
    inner_.lock();
    gate_.unlock();
    waiting_.fetch_sub(1, std::memory_order_relaxed);
  }
  void unlock() { inner_.unlock(); }
  void lock_shared() {
    if (waiting_.load(std::memory_order_relaxed) > 0) std::lock_guard wait(gate_);
    inner_.lock_shared();
  }
  void unlock_shared() { inner_.unlock_shared(); }

 private:
  std::atomic<int> waiting_{0};
  std::mutex gate_;
  std::shared_mutex inner_;
};

}  // namespace pharos::metrics
