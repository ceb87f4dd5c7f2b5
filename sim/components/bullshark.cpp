// The transaction graph and its mempool (models/bullshark.hpp), driven by load, links and
// validators.
#include "sim/models/bullshark.hpp"

#include <algorithm>
#include <cmath>

#include "sim/components/all.hpp"
#include "sim/models/bft_round.hpp"
#include "sim/world.hpp"

namespace pharos::sim {
namespace {

constexpr std::string_view kVersion = "v3";
constexpr double kUsualTps = 326'000;
constexpr std::string_view kPercentiles[] = {"p50", "p95", "p99"};
constexpr double kAbove[] = {1, 1.6, 2.1};  // of the mean

class BullsharkComponent final : public Component {
 public:
  explicit BullsharkComponent(World& world)
      : random_(world.random("bullshark")),
        graph_({.validators = static_cast<unsigned>(world.fleet().nodes().size()),
                .usual_round_s = usual_round(world)}) {
    auto& page = world.fleet_page();
    tps_ = page.gauge(m::bullshark_transactions_per_second, kVersion);
    processed_ = page.counter(m::bullshark_transactions_processed_total, kVersion);
    confirmation_ =
        page.histogram(m::bullshark_transaction_confirmation_duration_seconds, kVersion);
    depth_ = page.gauge(m::bullshark_dag_depth, kVersion);
    width_ = page.gauge(m::bullshark_dag_width, kVersion);
    vertices_ = page.counter(m::bullshark_dag_vertices_total, kVersion);
    bad_parents_ = page.counter(m::bullshark_dag_validation_errors, "missing_parent", kVersion);
    bad_signature_ = page.counter(m::bullshark_dag_validation_errors, "signature", kVersion);
    mempool_ = page.gauge(m::bullshark_mempool_size, kVersion);
    usage_ = page.gauge(m::bullshark_mempool_usage_percentage, kVersion);
    full_ = page.counter(m::bullshark_transactions_rejected, "mempool_full", kVersion);
    invalid_ = page.counter(m::bullshark_transactions_rejected, "invalid", kVersion);
    batch_ = page.histogram(m::bullshark_batch_processing_duration_seconds, kVersion);
    for (std::size_t p = 0; p < std::size(kPercentiles); ++p)
      latency_[p] =
          page.gauge(m::bullshark_confirmation_latency_seconds, kPercentiles[p], kVersion);
  }

  void tick(World& world, double seconds) override {
    if (seconds <= 0) return;
    const auto& effects = world.effects();
    const auto& fleet = world.fleet();
    double live = 0, execution = 0;
    const double silent = effects(Knob::voters_silent) * static_cast<double>(fleet.nodes().size());
    for (const auto& node : fleet.nodes()) {
      const auto& state = world.state().nodes[node.index];
      const bool votes = state.up && !world.state().controls.isolated[node.index] &&
                         effects(Knob::node_silent, node.index) <= 0 && node.index >= silent;
      live += votes;
      // Execution is spread over the nodes; a starved processor does its share more slowly.
      if (state.up) execution += std::min(1.0, (1.15 - std::min(state.cpu, 1.0)) / 0.3);
    }
    execution /= static_cast<double>(fleet.nodes().size());
    const double service = effects(Knob::service_latency, kBullshark);
    const BullsharkInput input{
        .seconds = seconds,
        .offered_tps = kUsualTps * (0.6 + 0.4 * world.load()) * effects(Knob::transaction_load),
        .round_s = round_seconds(world) + effects(Knob::message_delay_ms) / 1000,
        .live = effects(Knob::service_down, kBullshark) >= 1 ? 0U : static_cast<unsigned>(live),
        .execution = execution * effects(Knob::execution_speed) / service,
        .invalid_share = std::min(0.9, effects(Knob::bad_vertices)),
        .malformed_share = std::min(0.9, effects(Knob::malformed_transactions)),
    };
    const auto out = graph_.step(input, random_);
    tps_.set(out.processed / seconds);
    processed_.add(out.processed);
    confirmation_.observe(Spread{.median = out.confirmation_s, .sigma = 0.35}, out.rounds * live);
    depth_.set(std::floor(graph_.depth()));
    width_.set(std::floor(out.width));
    vertices_.add(out.vertices);
    bad_parents_.add(out.invalid_vertices * 0.6);
    bad_signature_.add(out.invalid_vertices * 0.4);
    mempool_.set(graph_.mempool());
    usage_.set(graph_.mempool_usage());
    full_.add(out.rejected_full);
    invalid_.add(out.rejected_invalid);
    batch_.observe(Spread{.median = out.batch_s, .sigma = 0.3}, out.rounds * live);
    for (std::size_t p = 0; p < latency_.size(); ++p)
      latency_[p].set(out.confirmation_s * kAbove[p]);
  }

 private:
  // A round waits for a quorum of vertices: about the two-thirds slowest way from region to region
  // and back.
  template <class Delay>
  static double quorum_delay(const Fleet& fleet, Delay delay) {
    std::vector<double> ways;
    for (const auto& from : fleet.regions())
      for (const auto& to : fleet.regions()) {
        const auto* link = fleet.link(from.index, to.index);
        ways.push_back(link ? delay(*link) : 1.2);
      }
    const auto at = std::min(ways.size() - 1, ways.size() * 2 / 3);
    std::ranges::nth_element(ways, ways.begin() + static_cast<std::ptrdiff_t>(at));
    return 2 * ways[at] / 1000 + 0.004;
  }
  static double usual_round(const World& world) {
    return quorum_delay(world.fleet(), [](const Link& link) { return link.delay_ms; });
  }
  static double round_seconds(World& world) {
    const auto& links = world.state().links;
    return quorum_delay(world.fleet(), [&](const Link& link) {
      const auto& now = links[link.index];
      return now.passes ? std::max(now.delay_ms, 0.1) * (1 + 3 * now.loss) : 10'000;
    });
  }

  Random random_;
  Bullshark graph_;
  Gauge tps_, depth_, width_, mempool_, usage_;
  Counter processed_, vertices_, bad_parents_, bad_signature_, full_, invalid_;
  Histogram confirmation_, batch_;
  std::array<Gauge, std::size(kPercentiles)> latency_;
};

}  // namespace

std::unique_ptr<Component> make_bullshark(World& world) {
  return std::make_unique<BullsharkComponent>(world);
}

}  // namespace pharos::sim
