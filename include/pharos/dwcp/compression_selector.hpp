#pragma once
#include "pharos/dwcp/resolve.hpp"

namespace pharos::client::dwcp {

// The model that chooses how to compress: its thirteen metrics.
class CompressionSelector {
 public:
  CompressionSelector(Registry& registry, std::string_view version, std::string_view model_version)
      : version_(version),
        model_version_(model_version),
        selected_(metrics::compression_algorithm_selected_total, registry),
        accuracy_(metrics::compression_accuracy, registry),
        actual_(metrics::compression_ratio_actual, registry),
        expected_(metrics::compression_ratio_expected, registry),
        predictions_(metrics::model_predictions_total, registry),
        fallbacks_(metrics::compression_fallback_total, registry),
        selection_seconds_(
            series(registry, metrics::compression_selection_duration_seconds, version)),
        inference_seconds_(
            series(registry, metrics::model_inference_duration_seconds, model_version)),
        overhead_(series(registry, metrics::compression_overhead_percentage, version)),
        throughput_(series(registry, metrics::compression_throughput_bytes_per_second, version)),
        rolling_accuracy_(series(registry, metrics::model_accuracy_rolling_7d, model_version)),
        drift_(series(registry, metrics::model_drift_score, model_version)),
        default_used_(series(registry, metrics::compression_default_algorithm_used, version)) {}

  // Handles of one algorithm: resolve once.
  class Algorithm {
   public:
    void selected(double expected_ratio) const noexcept {
      selected_.add(), expected_.set(expected_ratio);
    }
    void compressed(double ratio, double share_of_best_choices) const noexcept {
      actual_.set(ratio), accuracy_.set(share_of_best_choices);
    }

   private:
    friend class CompressionSelector;
    Counter selected_;
    Gauge accuracy_, actual_, expected_;
  };
  Algorithm algorithm(std::string_view name) const noexcept {
    Algorithm handles;
    handles.selected_ = selected_.with(name, version_);
    handles.accuracy_ = accuracy_.with(name, version_);
    handles.actual_ = actual_.with(name, version_);
    handles.expected_ = expected_.with(name, version_);
    return handles;
  }

  // The confidence, 0 to 1, becomes one of three bands, so that the label stays bounded.
  void predicted(std::string_view algorithm, double confidence, double inference_seconds,
                 double selection_seconds) const noexcept {
    predictions_
        .with(algorithm,
              confidence < 0.5   ? "low"
              : confidence < 0.9 ? "medium"
                                 : "high",
              model_version_)
        .add();
    inference_seconds_.record(inference_seconds);
    selection_seconds_.record(selection_seconds);
  }
  void fell_back(std::string_view reason) const noexcept {
    fallbacks_.with(reason, version_).add(), default_used_.add();
  }
  void model(double accuracy_7d, double drift) const noexcept {
    rolling_accuracy_.set(accuracy_7d), drift_.set(drift);
  }
  void cost(double overhead_share, double bytes_per_second) const noexcept {
    overhead_.set(overhead_share), throughput_.set(bytes_per_second);
  }

 private:
  std::string version_, model_version_;
  Counters<2> selected_;
  Gauges<2> accuracy_, actual_, expected_;
  Counters<3> predictions_;
  Counters<2> fallbacks_;
  Histogram selection_seconds_, inference_seconds_;
  Gauge overhead_, throughput_, rolling_accuracy_, drift_;
  Counter default_used_;
};

}  // namespace pharos::client::dwcp
