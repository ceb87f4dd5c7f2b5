// Where this process spends its CPU time: call stacks taken a hundred times per CPU second of each thread.
#pragma once
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"

namespace pharos {

struct CpuSamples {
  struct Stack {
    std::string thread;                     // its name
    std::vector<std::uint64_t> addresses;   // innermost first; callers by an address inside their call
    std::uint64_t count = 0;
  };
  std::vector<Stack> stacks;                // each once per thread name
  Nanos period{10'000'000}, took{};
  std::uint64_t dropped = 0;                // samples that found no room
};

// Blocks for `duration`, or until `stop` says so. Errc::conflict while another call runs in this process.
Result<CpuSamples> sample_cpu(Millis duration, const std::function<bool()>& stop);

}  // namespace pharos
