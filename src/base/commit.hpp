// The second half of a change in two: everything that can fail has been done, nothing has changed
// yet.
#pragma once
#include <functional>

namespace pharos {

// Called at most once; dropped without a call, nothing changes. It may hold the lock of what it
// changes, so it ends on the thread that got it, and soon.
using Commit = std::move_only_function<void()>;

}  // namespace pharos
