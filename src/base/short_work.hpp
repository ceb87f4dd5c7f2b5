// A thread lent for short work only, and how such work says that it is not.
#pragma once

namespace pharos {

// The work at hand will take long, or wait. Whoever lent this thread may put another in its place;
// on any other thread it means nothing. Costs a look at a thread-local.
void note_long_work();

// Lends the calling thread while it lives: the first note_long_work() on it calls `told`. Not nested.
class ShortWork {
 public:
  ShortWork(void* context, void (*told)(void* context));
  ~ShortWork();
  ShortWork(const ShortWork&) = delete;
  ShortWork& operator=(const ShortWork&) = delete;

 private:
  friend void note_long_work();
  void* context_;
  void (*told_)(void*);
};

}  // namespace pharos
