#include "base/short_work.hpp"

#include <utility>

namespace pharos {
namespace {

thread_local ShortWork* present = nullptr;

}  // namespace

ShortWork::ShortWork(void* context, void (*told)(void*)) : context_(context), told_(told) {
  present = this;
}

ShortWork::~ShortWork() {
  present = nullptr;
}

void note_long_work() {
  if (present == nullptr) return;
  const auto* lent = std::exchange(present, nullptr);
  lent->told_(lent->context_);
}

}  // namespace pharos
