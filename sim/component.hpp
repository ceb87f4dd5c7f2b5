// A part of the fleet that lives in time and writes series.
#pragma once
#include <memory>
#include <vector>

namespace pharos::sim {

class World;

class Component {
 public:
  virtual ~Component() = default;
  // Once a tick, `seconds` long, in the order of components/all.cpp. Reads world.effects() and
  // world.state(), writes its own fields of the state and its series. No clock, no disk, no
  // threads.
  virtual void tick(World& world, double seconds) = 0;
};

// Each makes its series on world's pages in its constructor, so that all are there from the first
// scrape.
std::vector<std::unique_ptr<Component>> make_components(World& world);

}  // namespace pharos::sim
