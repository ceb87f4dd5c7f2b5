// Who calls whom, as the service graph connector of an OpenTelemetry collector counts it out of the
// fleet's spans: requests, failures and times of each pair of services. What the numbers say is
// what the other components worked out in this tick.
#include <algorithm>

#include "sim/components/all.hpp"
#include "sim/outside.hpp"
#include "sim/world.hpp"

namespace pharos::sim {
namespace {

constexpr double kHopSeconds = 0.0006;  // what the way adds to a call within a region

struct Edge {
  Counter requests, failed;
  Histogram server, client;
};
struct Call {  // of one tick
  double requests = 0;
  double failing = 0;  // share
  double seconds = 0;  // median, at the server
  double way = kHopSeconds;
};

class ServiceGraph final : public Component {
 public:
  explicit ServiceGraph(World& world) : page_(&world.fleet_page()) {
    door_ = edge("front-door", "dwcp-manager");
    database_ = edge("dwcp-manager", "database", "database");
    cache_ = edge("dwcp-manager", "redis", "database");
    agree_ = edge("dwcp-manager", "acp");
    place_ = edge("dwcp-manager", "itp");
    sync_ = edge("dwcp-manager", "ass");
    encode_ = edge("dwcp-manager", "hde");
    choose_ = edge("hde", "compression-selector");
    send_ = edge("dwcp-manager", "amst");
    arrive_ = edge("amst", "migration");
    store_ = edge("acp", "etcd", "database");
  }

  void tick(World& world, double seconds) override {
    const auto& fx = world.effects();
    const auto& state = world.state();
    const double load = world.load();
    double requests = 0, errors = 0, latency = 0, regions = 0;
    for (const auto& region : state.regions) {
      requests += region.requests, errors += region.errors;
      latency += region.latency_ms * region.requests;
      regions += region.load > 0;
    }
    const double wrong = requests > 0 ? errors / requests : 0;
    add(door_, {requests, wrong, requests > 0 ? latency / requests / 1000 : 0});
    add(database_,
        {0.4 * requests,
         std::min(1.0, fx(Knob::service_down, kDatabase) + fx(Knob::service_errors, kDatabase)),
         0.004 * fx(Knob::service_latency, kDatabase)});
    add(cache_, {1'900 * load * seconds, std::min(1.0, fx(Knob::service_down, kRedis)),
                 0.0004 * fx(Knob::service_latency, kRedis)});
    const double rounds = 40 * load * seconds;
    add(agree_, {rounds, rounds > 0 ? std::min(1.0, state.consensus_failures / rounds) : 0,
                 state.consensus_ms / 1000});
    // Two thirds of etcd's members away are a majority.
    const bool leader = fx(Knob::service_down, kEtcd) * 3 < 1.5;
    add(store_,
        {60 * load * seconds, leader ? 0.0 : 1.0, 0.004 * fx(Knob::service_latency, kEtcd)});

    // A region's first node places machines and keeps the state in step for all of it.
    Call place{.requests = 3 * regions * load * seconds},
        sync{.requests = 40 * regions * load * seconds};
    const double share = 1 / static_cast<double>(state.regions.size());
    for (const auto& region : world.fleet().regions()) {
      const auto lead = region.nodes.front();
      const auto broken = [&](Part part) {
        return fx.part(Knob::part_errors, lead, part) + (fx.part(Knob::part_down, lead, part) >= 1);
      };
      place.failing += share * std::min(1.0, broken(kItp));
      place.seconds += share * 0.008 * fx.part(Knob::part_latency, lead, kItp);
      sync.failing += share * std::min(1.0, broken(kAss) + fx(Knob::sync_failures, region.index));
      sync.seconds += share * 0.02 * fx.part(Knob::part_latency, lead, kAss);
    }
    add(place_, place);
    add(sync_, sync);
    add_transfers(world, seconds);
  }

 private:
  Edge edge(const char* client, const char* server, const char* kind = "") {
    return {.requests = page_->counter(outside::service_graph_requests, client, server, kind),
            .failed = page_->counter(outside::service_graph_failed, client, server, kind),
            .server = page_->histogram(outside::service_graph_server, client, server, kind),
            .client = page_->histogram(outside::service_graph_client, client, server, kind)};
  }

  static void add(Edge& edge, const Call& call) {
    edge.requests.add(call.requests);
    edge.failed.add(call.requests * call.failing);
    edge.server.observe({std::max(1e-5, call.seconds), 0.5}, call.requests);
    edge.client.observe({std::max(1e-5, call.seconds + call.way), 0.5}, call.requests);
  }

  // Streams that carry machines and state: encoded, opened, and taken up in another region.
  void add_transfers(World& world, double seconds) {
    const auto& fx = world.effects();
    Call encode, choose{.seconds = 0.0003}, send, arrive{.seconds = 0.005, .way = 0};
    for (const auto& node : world.fleet().nodes()) {
      const auto& n = world.state().nodes[node.index];
      if (!n.up) continue;
      const double streams = 20 * world.load() * n.weight * seconds;
      const double encodes = n.hde_bytes_per_second * seconds / 65'536;
      const double broken = fx(Knob::version_errors, node.legacy ? kBaseline : kCanary);
      const auto* link = world.fleet().link(node.region, world.fleet().nodes()[node.far].region);
      const auto* way = link ? &world.state().links[link->index] : nullptr;
      const double lost = !way ? 0 : way->passes ? std::min(1.0, 4 * way->loss) : 1;
      encode.requests += encodes;
      encode.failing +=
          encodes * std::min(1.0, broken + fx.part(Knob::part_errors, node.index, kHde));
      encode.seconds += encodes * 0.0008 * fx.part(Knob::part_latency, node.index, kHde);
      choose.requests += encodes;
      send.requests += streams;
      send.failing +=
          streams * std::min(1.0, 0.0005 + broken + fx(Knob::node_stream_errors, node.index) +
                                      fx.part(Knob::part_errors, node.index, kAmst));
      send.seconds += streams * 0.003 * fx.part(Knob::part_latency, node.index, kAmst);
      arrive.requests += streams;
      arrive.failing += streams * lost;
      arrive.way += streams * (way ? 2 * way->delay_ms / 1000 : kHopSeconds);
    }
    choose.failing = choose.requests * std::min(1.0, fx(Knob::service_down, kSelector));
    // Sums over all calls so far: now of one.
    const auto mean = [](double& sum, double calls) { sum = calls > 0 ? sum / calls : 0; };
    for (auto* call : {&encode, &choose, &send, &arrive}) mean(call->failing, call->requests);
    for (auto* call : {&encode, &send}) mean(call->seconds, call->requests);
    mean(arrive.way, arrive.requests);
    add(encode_, encode);
    add(choose_, choose);
    add(send_, send);
    add(arrive_, arrive);
  }

  Page* page_;
  Edge door_, database_, cache_, agree_, place_, sync_, encode_, choose_, send_, arrive_, store_;
};

}  // namespace

std::unique_ptr<Component> make_service_graph(World& world) {
  return std::make_unique<ServiceGraph>(world);
}

}  // namespace pharos::sim
