// Faults over time, and the record of what was really wrong.
#pragma once
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "sim/fault.hpp"

namespace pharos::sim {

struct TruthEntry {
  std::uint64_t id = 0;
  const FaultKind* kind = nullptr;
  double onset = 0, harm = 0;  // seconds from the start
  std::optional<double> end;
  std::vector<std::vector<std::pair<std::string, std::string>>> affected;  // label sets
};

class FaultSchedule {
 public:
  FaultSchedule(const Fleet& fleet, std::uint64_t seed);

  // Faults whose time is past begin at the next step. At most 10,000 that have not ended.
  Status add(std::vector<Fault> faults, double now_seconds);
  // Begins and ends what is due and sets `effects` for this moment.
  void apply(double now_seconds, Effects& effects);
  // Ends what this action on these things cures. How many faults that were.
  std::size_t cure(Cure action, const FaultTarget& target, double now_seconds);

  const std::vector<TruthEntry>& truth() const { return truth_; }  // in order of onset
  void write_truth(codec::JsonWriter& out, Time start) const;
  // Called at every beginning and end.
  std::function<void(const TruthEntry&, bool begins)> on_change;

 private:
  struct Active {
    Fault fault;
    std::size_t truth;  // index
    double onset;
  };
  void begin(Fault fault, double now_seconds);
  void choose_target(Fault& fault);
  void push(const Active& active, double now_seconds, Effects& effects) const;

  const Fleet& fleet_;
  Random random_;
  std::vector<Fault> waiting_;  // by time
  std::vector<Active> active_;
  std::vector<TruthEntry> truth_;
};

}  // namespace pharos::sim
