// What the fleet's programs say about single requests: traces that cross regions, and log lines
// with their ids. A sample of the requests there are, at most one a second.
#include <algorithm>
#include <cmath>

#include "sim/components/all.hpp"
#include "sim/world.hpp"

namespace pharos::sim {
namespace {

constexpr double kTracesMax = 20;  // of one tick

class Telemetry final : public Component {
 public:
  explicit Telemetry(World& world) : random_(world.random("telemetry")) {}

  void tick(World& world, double seconds) override {
    if (!world.traced()) return;
    const int traces = static_cast<int>(std::min(kTracesMax, std::floor(seconds)));
    for (int i = 0; i < traces; ++i)
      migrate(world, static_cast<double>(i) * std::max(1.0, seconds / kTracesMax));
  }

 private:
  struct Step {
    client::TraceContext context;
    std::int64_t end_ns = 0;
  };

  // One piece of work; `offset_ms` from the begin of the request.
  Step span(World& world, const client::TraceContext& parent, std::string_view service,
            std::string_view name, client::SpanKind kind, std::uint32_t region,
            std::int64_t begin_ns, double offset_ms, double length_ms,
            std::string_view failure = {}) {
    client::SpanData data;
    data.context = parent;
    data.context.span = random_.next() | 1;
    data.context.sampled = true;
    data.parent = parent.span;
    data.service = service;
    data.name = name;
    data.kind = kind;
    data.begin_ns = begin_ns + static_cast<std::int64_t>(offset_ms * 1e6);
    data.end_ns = data.begin_ns + static_cast<std::int64_t>(std::max(0.01, length_ms) * 1e6);
    data.fields.emplace_back(
        client::Field("region", std::string_view(world.fleet().regions()[region].name)));
    data.failed = !failure.empty();
    data.status = failure;
    world.trace(data);
    return {data.context, data.end_ns};
  }

  // A machine goes to another region: the manager asks, the nodes agree, pages are encoded and
  // sent, and the other side takes them up.
  void migrate(World& world, double ago_seconds) {
    const auto& fleet = world.fleet();
    const auto& node = fleet.nodes()[random_.below(fleet.nodes().size())];
    const auto from = node.region, to = fleet.nodes()[node.far].region;
    const auto* link = fleet.link(from, to);
    const double delay = link ? world.state().links[link->index].delay_ms : 0.3;
    const bool arrives =
        world.state().nodes[node.far].up && (!link || world.state().links[link->index].passes);
    const auto begin =
        (to_unix_millis(world.now()) - static_cast<std::int64_t>(ago_seconds * 1000)) * 1'000'000;
    const double agree = world.state().consensus_ms * (0.8 + 0.4 * random_.uniform());
    const double encode = 8 + 6 * random_.uniform(), receive = 5 + 4 * random_.uniform();
    const double transfer =
        arrives ? 2 * delay + 40 * (0.8 + 0.4 * random_.uniform()) + receive : 5'000;
    const std::string_view failure = arrives ? "" : "no answer from the other region";

    client::TraceContext trace;
    trace.trace_high = random_.next() | 1;
    trace.trace_low = random_.next();
    const auto root =
        span(world, trace, "dwcp-manager", "POST /migrations", client::SpanKind::server, from,
             begin, 0, agree + encode + transfer + 2, failure);
    span(world, root.context, "acp", "agree", client::SpanKind::internal, from, begin, 1, agree);
    span(world, root.context, "hde", "encode", client::SpanKind::internal, from, begin, 1 + agree,
         encode);
    const auto sent = span(world, root.context, "amst", "transfer", client::SpanKind::client, from,
                           begin, 1 + agree + encode, transfer, failure);
    if (arrives)
      span(world, sent.context, "migration", "receive", client::SpanKind::server, to, begin,
           1 + agree + encode + delay, receive);
    if (!arrives)
      world.say(client::Level::error, "dwcp-manager", from,
                "migration failed: no answer from the other region",
                {{"node", std::string_view(node.name)},
                 {"to", std::string_view(fleet.regions()[to].name)}},
                root.context);
    else
      world.say(client::Level::info, "dwcp-manager", from, "migration finished",
                {{"node", std::string_view(node.name)},
                 {"to", std::string_view(fleet.regions()[to].name)},
                 {"milliseconds", std::floor(agree + encode + transfer)}},
                root.context);
  }

  Random random_;
};

}  // namespace

std::unique_ptr<Component> make_telemetry(World& world) {
  return std::make_unique<Telemetry>(world);
}

}  // namespace pharos::sim
