// What the instruments share: handles for a fixed list of label values, by an enum whose values
// index the list.
#pragma once
#include <array>
#include <string>
#include <string_view>

#include "pharos/dwcp/metrics.hpp"
#include "pharos/registry.hpp"

namespace pharos::client::dwcp::detail {

template <std::size_t N>
using Names = std::array<const char*, N>;

// resolve(kNames, [&](const char* name) { return family.with(cluster, node, name); })
template <std::size_t N, class With>
auto resolve(const Names<N>& names, With with) {
  std::array<decltype(with(names[0])), N> handles;
  for (std::size_t i = 0; i < N; ++i) handles[i] = with(names[i]);
  return handles;
}
template <class E>
constexpr std::size_t index(E value) {
  return static_cast<std::size_t>(value);
}

// What is set as one series per state: 1 for the present one, 0 for the others.
template <class E, std::size_t N>
void set_state(const std::array<Gauge, N>& states, E now) {
  for (std::size_t i = 0; i < N; ++i) states[i].set(i == index(now));
}

}  // namespace pharos::client::dwcp::detail
