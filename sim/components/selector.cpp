// The compression selector (models/compression_choice.hpp), for all the bytes that HDE encodes.
#include <algorithm>
#include <cmath>

#include "sim/components/all.hpp"
#include "sim/models/compression_choice.hpp"
#include "sim/world.hpp"

namespace pharos::sim {
namespace {

constexpr std::string_view kVersion = "v3", kModel = "2026.3";
constexpr double kBytesPerChoice = 4e6;
constexpr std::string_view kBands[] = {"high", "medium", "low"};  // of confidence
constexpr double kDay_s = 86'400;

class Selector final : public Component {
 public:
  explicit Selector(World& world) : random_(world.random("selector")) {
    auto& page = world.fleet_page();
    for (std::size_t a = 0; a < kAlgorithms; ++a) {
      const auto which = name(static_cast<Algorithm>(a));
      selected_[a] = page.counter(m::compression_algorithm_selected_total, which, kVersion);
      accuracy_[a] = page.gauge(m::compression_accuracy, which, kVersion);
      actual_[a] = page.gauge(m::compression_ratio_actual, which, kVersion);
      expected_[a] = page.gauge(m::compression_ratio_expected, which, kVersion);
      for (std::size_t b = 0; b < std::size(kBands); ++b)
        predictions_[a][b] = page.counter(m::model_predictions_total, which, kBands[b], kModel);
    }
    select_ = page.histogram(m::compression_selection_duration_seconds, kVersion);
    overhead_ = page.gauge(m::compression_overhead_percentage, kVersion);
    throughput_ = page.gauge(m::compression_throughput_bytes_per_second, kVersion);
    inference_ = page.histogram(m::model_inference_duration_seconds, kModel);
    rolling_ = page.gauge(m::model_accuracy_rolling_7d, kModel);
    drift_ = page.gauge(m::model_drift_score, kModel);
    unsure_ = page.counter(m::compression_fallback_total, "low_confidence", kVersion);
    gone_ = page.counter(m::compression_fallback_total, "model_unavailable", kVersion);
    default_used_ = page.counter(m::compression_default_algorithm_used, kVersion);
  }

  void tick(World& world, double seconds) override {
    const auto& effects = world.effects();
    const bool counts =
        seconds > 0;  // at the first look gauges get their values, no time has passed
    if (!counts) seconds = 1;
    double bytes = 0, ratio = 0;
    for (const auto& node : world.fleet().nodes()) {
      bytes += world.state().nodes[node.index].hde_bytes_per_second;
      ratio += effects(Knob::baselines_lost, node.index);
    }
    const double choices = counts ? std::max(1.0, bytes * seconds / kBytesPerChoice) : 0;
    const bool down = effects(Knob::service_down, kSelector) > 0;
    const ChoiceInput input{
        .seconds = seconds,
        .choices = choices,
        .drift = std::min(1.0, effects(Knob::selector_drift)),
        .dictionary_loss = ratio / static_cast<double>(world.fleet().nodes().size()),
        .cpu = 1 / (effects(Knob::compress_cost) * effects(Knob::service_latency, kSelector)),
    };
    const auto out = model_.step(input, random_);
    double mean = 0;
    for (std::size_t a = 0; a < kAlgorithms; ++a) {
      selected_[a].add(down ? 0 : out.chosen[a]);
      accuracy_[a].set(out.accuracy[a]);
      mean += out.accuracy[a] / kAlgorithms;
      actual_[a].set(out.ratio[a]);
      expected_[a].set(out.expected[a]);
      const double share[] = {0.9 - 0.6 * input.drift, 0.09 + 0.3 * input.drift,
                              0.01 + 0.3 * input.drift};
      for (std::size_t b = 0; b < std::size(kBands); ++b)
        predictions_[a][b].add(down ? 0 : out.chosen[a] * share[b]);
    }
    select_.observe(Spread{.median = out.select_s * 4, .sigma = 0.3}, choices);
    inference_.observe(Spread{.median = out.select_s * 3, .sigma = 0.3}, down ? 0 : choices);
    overhead_.set(out.overhead);
    throughput_.set(out.bytes_per_second);
    rolling_accuracy_ += (mean - rolling_accuracy_) * (1 - std::exp(-seconds / (7 * kDay_s)));
    rolling_.set(rolling_accuracy_);
    drift_.set(out.drift_score);
    const double fallbacks = down ? choices : out.fallbacks;
    (down ? gone_ : unsure_).add(fallbacks);
    default_used_.add(fallbacks);
  }

 private:
  Random random_;
  CompressionChoice model_;
  std::array<Counter, kAlgorithms> selected_;
  std::array<Gauge, kAlgorithms> accuracy_, actual_, expected_;
  std::array<std::array<Counter, std::size(kBands)>, kAlgorithms> predictions_;
  Histogram select_, inference_;
  Gauge overhead_, throughput_, rolling_, drift_;
  Counter unsure_, gone_, default_used_;
  double rolling_accuracy_ = 0.9961;
};

}  // namespace

std::unique_ptr<Component> make_selector(World& world) {
  return std::make_unique<Selector>(world);
}

}  // namespace pharos::sim
