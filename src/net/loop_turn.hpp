// Which of two threads runs an event loop: the one that does, until a handler that it runs itself
// takes long; then the other one.
#pragma once
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <mutex>

namespace pharos::net {

// One loop and its two threads. A short handler costs no hop to another thread that way, and a long
// one does not stop the loop for more than some milliseconds, whatever it does: waits, reads from a
// slow disk, never looks up.
class LoopTurn {
 public:
  // By the thread that is the loop. False: nobody stands by, handlers belong on the pool.
  bool may_handle() const { return standing_by_.load(std::memory_order_acquire); }
  // Around a handler. end_handler() is false when the other thread has become the loop: then nothing
  // of the loop may be touched any more but what is thread-safe.
  std::uint64_t begin_handler();  // the number of the turn, for
  bool end_handler(std::uint64_t turn);
  // Within the handler: it will take long. The other thread comes at once.
  void hand_over(std::uint64_t turn);

  // By the thread that is not the loop. True: now it is; false: end() was called.
  bool stand_by();
  void end();  // thread-safe

 private:
  bool take_over(std::uint64_t turn);

  std::atomic<std::uint64_t> turn_{0};  // odd: a handler runs. The thread that ends it adds one
  std::atomic<bool> standing_by_{false};
  std::atomic<bool> watching_{false};   // who stands by looks every tick
  std::mutex mutex_;
  std::condition_variable wake_;
  std::uint64_t handed_over_ = ~std::uint64_t{0};  // guarded by mutex_: the turn that will take long
  bool ended_ = false;             // guarded by mutex_
};

}  // namespace pharos::net
