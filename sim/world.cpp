#include "sim/world.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace pharos::sim {
namespace {

std::uint64_t hash_of(std::string_view text, std::uint64_t seed) {  // FNV-1a, mixed
  std::uint64_t h = 14695981039346656037u ^ seed * 0x9e3779b97f4a7c15u;
  for (const char c : text) h = (h ^ static_cast<unsigned char>(c)) * 1099511628211u;
  return h ^ h >> 31;
}

}  // namespace

double Wander::next(Random& random, double seconds) {
  const double keep = std::exp(-seconds / tau_);
  // The sum of three uniform numbers is near enough to normal, and bounded.
  const double noise = (random.uniform() + random.uniform() + random.uniform() - 1.5) * 2;
  value_ = value_ * keep + size_ * std::sqrt(1 - keep * keep) * noise;
  value_ = std::clamp(value_, -4 * size_, 4 * size_);
  return value_;
}

World::World(const WorldConfig& config, Fleet fleet)
    : config_(config),
      fleet_(std::move(fleet)),
      effects_(fleet_),
      faults_(fleet_, config.fleet.seed),
      load_random_(random("load")) {
  state_.links.resize(fleet_.links().size());
  state_.nodes.resize(fleet_.nodes().size());
  state_.regions.resize(fleet_.regions().size());
  state_.controls.node_weight.assign(fleet_.nodes().size(), 1);
  state_.controls.isolated.assign(fleet_.nodes().size(), 0);
  state_.controls.restart_until.assign(fleet_.nodes().size(), 0);
  make_pages();
  components_ = make_components(*this);
  faults_.on_change = [this](const TruthEntry& entry, bool begins) {
    say(begins ? client::Level::warn : client::Level::info, "fault-injection", 0,
        begins ? "fault begins" : "fault ends", {{"fault", entry.kind->name}, {"id", entry.id}});
  };
}

World::~World() = default;

Result<std::unique_ptr<World>> World::make(const WorldConfig& config) {
  auto fleet = TRY(Fleet::make(config.fleet));
  std::unique_ptr<World> world(new World(config, std::move(fleet)));
  world->step(Millis(0));  // gauges have their values before the first scrape
  return world;
}

Page& World::add_page(Target target) {
  pages_.push_back(std::make_unique<Page>(std::move(target), shapes_));
  by_path_[pages_.back()->target().path] = pages_.back().get();
  return *pages_.back();
}

void World::make_pages() {
  for (const auto& node : fleet_.nodes())
    node_pages_.push_back(&add_page({.job = node.legacy ? "dwcp-v1-legacy" : "dwcp-v3-core",
                                     .path = "/region/" + std::to_string(node.region) + "/node/" +
                                             std::to_string(node.index) + "/metrics",
                                     .region = fleet_.regions()[node.region].name,
                                     .node = node.name,
                                     .version = std::string(node.version())}));
  for (const auto& region : fleet_.regions())
    region_pages_.push_back(
        &add_page({.job = "dwcp",
                   .path = "/region/" + std::to_string(region.index) + "/metrics",
                   .region = region.name,
                   .node = "control-" + std::to_string(region.index),
                   .version = "v3"}));
  const auto& home = fleet_.regions()[0].name;
  fleet_page_ = &add_page({.job = "dwcp-v3",
                           .path = "/fleet/metrics",
                           .region = home,
                           .node = "fleet-0",
                           .version = "v3"});
  const auto service = [&](std::string job, std::uint32_t i) {
    const auto r = i % fleet_.regions().size();
    add_page({.job = job,
              .path = "/service/" + job + "/" + std::to_string(i) + "/metrics",
              .region = fleet_.regions()[r].name,
              .node = job + "-" + std::to_string(i),
              .version = "v3"});
  };
  service("redis", 0);
  for (std::uint32_t i = 0; i < 3; ++i) service("etcd", i);
  service("alertmanager", 0);
}

Page* World::find_page(std::string_view path) {
  const auto at = by_path_.find(std::string(path));
  return at == by_path_.end() ? nullptr : at->second;
}

Random World::random(std::string_view name) const {
  return Random(hash_of(name, config_.fleet.seed));
}

void World::at(double seconds, std::function<void(World&)> act) {
  events_.emplace(seconds, std::move(act));
}

void World::step(Millis by) {
  elapsed_ms_ += by.count();
  const double seconds = static_cast<double>(by.count()) / 1000;
  while (!events_.empty() && events_.begin()->first <= this->seconds()) {
    auto act = std::move(events_.begin()->second);
    events_.erase(events_.begin());
    act(*this);
  }
  // A fifth more by day, a little less at the end of the week, and an hour's wandering.
  const double day = static_cast<double>(to_unix_millis(now()) % 86'400'000) / 86'400'000;
  const auto weekday = to_unix_millis(now()) / 86'400'000 % 7;  // 1 January 1970 was a Thursday
  const bool weekend = weekday == 2 || weekday == 3;
  drift_ += (load_random_.uniform() - 0.5) * 0.004 * std::sqrt(std::max(seconds, 0.0)) -
            drift_ * seconds / 3600;
  drift_ = std::clamp(drift_, -0.05, 0.05);
  load_ = 1 + 0.1 * std::sin((day - 0.375) * 2 * std::numbers::pi) - (weekend ? 0.05 : 0) + drift_;
  faults_.apply(this->seconds(), effects_);
  for (const auto& component : components_) component->tick(*this, seconds);
}

void World::say(client::Level level, std::string_view service, std::uint32_t region,
                std::string_view message, std::initializer_list<client::Field> fields,
                const client::TraceContext& context) {
  if (!logs_) return;
  std::vector<client::Field> all(fields);
  all.emplace_back("region", std::string_view(fleet_.regions()[region].name));
  client::LogRecord record{.unix_ns = to_unix_millis(now()) * 1'000'000,
                           .level = level,
                           .service = service,
                           .message = message,
                           .fields = all.data(),
                           .field_count = all.size(),
                           .context = context};
  logs_->take(record);
}

void World::trace(const client::SpanData& span) {
  if (spans_) spans_->take(span);
}

}  // namespace pharos::sim
