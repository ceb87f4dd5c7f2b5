// PBA: a predictor of bandwidth per node. It is as good as the links are steady.
#include <algorithm>
#include <cmath>

#include "sim/components/all.hpp"
#include "sim/world.hpp"

namespace pharos::sim {
namespace {

struct Predictor {
  Gauge accuracy, accuracy_percent, datacenter, hybrid;
  Wander wander{0.006, 600};
};

struct RegionPredictor {
  Gauge bandwidth, latency, loss, jitter, samples, accuracy, model, confidence;
  Histogram seconds;
  Counter retrained, predictions;
  double since_training = 0, version = 4;
};

class Prediction final : public Component {
 public:
  explicit Prediction(World& world) : random_(world.random("pba")) {
    for (const auto& node : world.fleet().nodes()) {
      auto& page = world.node_page(node.index);
      Predictor p;
      p.accuracy = page.gauge(m::dwcp_v3_pba_prediction_accuracy, node.name);
      p.accuracy_percent = page.gauge(m::dwcp_v3_pba_prediction_accuracy_percent, node.name);
      p.datacenter = page.gauge(m::dwcp_v3_prediction_accuracy, node.name, "datacenter");
      p.hybrid = page.gauge(m::dwcp_v3_prediction_accuracy, node.name, "hybrid");
      predictors_.push_back(std::move(p));
    }
    for (const auto& region : world.fleet().regions()) {
      auto& page = world.region_page(region.index);
      RegionPredictor r;
      r.bandwidth = page.gauge(m::dwcp_pba_current_bandwidth_mbps);
      r.latency = page.gauge(m::dwcp_pba_current_latency_ms);
      r.loss = page.gauge(m::dwcp_pba_current_packet_loss_ratio);
      r.jitter = page.gauge(m::dwcp_pba_current_jitter_ms);
      r.samples = page.gauge(m::dwcp_pba_sample_count);
      r.accuracy = page.gauge(m::dwcp_pba_prediction_accuracy);
      r.model = page.gauge(m::dwcp_pba_model_version);
      r.confidence = page.gauge(m::dwcp_pba_confidence);
      r.seconds = page.histogram(m::dwcp_pba_prediction_latency_ms);
      r.retrained = page.counter(m::dwcp_pba_retrain_total);
      r.predictions = page.counter(m::dwcp_pba_predictions_total);
      regions_.push_back(std::move(r));
    }
  }

  void tick(World& world, double seconds) override {
    const auto& fleet = world.fleet();
    const auto& fx = world.effects();
    std::vector<double> sum(regions_.size()), count(regions_.size());
    for (const auto& node : fleet.nodes()) {
      auto& state = world.state().nodes[node.index];
      if (!state.up) continue;
      auto& p = predictors_[node.index];
      const auto* link = fleet.link(node.region, fleet.nodes()[node.far].region);
      double unsteady = 0;
      if (link) {
        const auto& way = world.state().links[link->index];
        unsteady = std::min(0.25, 0.004 * std::max(0.0, way.jitter_ms - 3)) +
                   std::min(0.15, 3 * std::max(0.0, way.loss - 0.002));
      }
      const double wrong = fx(Knob::prediction_error, node.index) + unsteady +
                           (fx.part(Knob::part_down, node.index, kPba) >= 1 ? 0.5 : 0);
      state.prediction = std::clamp(0.94 - wrong + p.wander.next(random_, seconds), 0.0, 0.999);
      p.accuracy.set(state.prediction);
      p.accuracy_percent.set(100 * state.prediction);
      p.datacenter.set(100 * std::min(0.999, state.prediction + 0.02));
      p.hybrid.set(100 * state.prediction);
      sum[node.region] += state.prediction;
      count[node.region] += 1;
    }
    for (const auto& region : fleet.regions()) {
      auto& r = regions_[region.index];
      const double accuracy = count[region.index] > 0 ? sum[region.index] / count[region.index] : 0;
      const auto next = (region.index + 1) % fleet.regions().size();
      if (const auto* link = fleet.link(region.index, static_cast<std::uint32_t>(next))) {
        const auto& way = world.state().links[link->index];
        r.bandwidth.set(way.bytes_per_second * 8 / 1e6);
        r.latency.set(way.delay_ms);
        r.loss.set(way.loss);
        r.jitter.set(way.jitter_ms);
      }
      r.since_training += seconds;
      // Every six hours, and sooner when it is wrong.
      if (r.since_training > 6 * 3600 || (accuracy < 0.8 && r.since_training > 1800)) {
        r.since_training = 0;
        r.version += 1;
        r.retrained.add();
        world.say(client::Level::info, "pba", region.index, "predictor trained anew",
                  {{"accuracy", accuracy}, {"model", r.version}});
      }
      r.samples.set(std::min(1000.0, 100 + r.since_training / 15));
      r.accuracy.set(accuracy);
      r.model.set(r.version);
      r.confidence.set(std::max(0.0, accuracy - 0.02));
      const double predictions = 2 * count[region.index] * seconds;
      r.predictions.add(predictions);
      r.seconds.observe({4, 0.35}, predictions);
    }
  }

 private:
  Random random_;
  std::vector<Predictor> predictors_;
  std::vector<RegionPredictor> regions_;
};

}  // namespace

std::unique_ptr<Component> make_prediction(World& world) {
  return std::make_unique<Prediction>(world);
}

}  // namespace pharos::sim
