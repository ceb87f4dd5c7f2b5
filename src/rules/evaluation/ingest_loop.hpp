// Evaluates what new samples touch, at once but not more often than it can be afforded.
#pragma once
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "base/clock.hpp"
#include "model/series_watch.hpp"

namespace pharos::rules {

// Samples of a batch mark targets through a SeriesWatch; a thread evaluates the marked ones. The
// first mark is served at once, later ones are gathered for kRound. Targets that are cheap are
// evaluated together and may take a quarter of the thread's time; dear ones follow, one a round, a
// tenth each; those dearer than kDearMax are left to the ticker.
class IngestLoop {
 public:
  static constexpr Nanos kRound = std::chrono::milliseconds(10);
  static constexpr Nanos kCheap = std::chrono::milliseconds(5), kDearMax = std::chrono::seconds(1);

  // What one target reads. `evaluate` is called on the loop's thread only.
  struct Target {
    std::vector<std::vector<Matcher>> selectors;
    std::function<void()> evaluate;
  };

  IngestLoop(const Clock& clock, SeriesWatch& watch);
  ~IngestLoop();
  void set_targets(std::vector<Target> targets);
  void stop();  // no evaluate() runs any more

 private:
  struct State;
  static void run(State& state, std::stop_token stop);
  std::shared_ptr<State> state_;
  std::jthread thread_;
};

}  // namespace pharos::rules
