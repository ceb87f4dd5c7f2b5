// Reading a YAML map key by key into a plain struct: what is taken is known, the rest is an error.
#pragma once
#include <concepts>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "codec/yaml.hpp"

namespace pharos::codec {

// A null member counts as absent, so that `key:` keeps the default. Every read remembers its key;
// done() then refuses the keys nobody asked for, with the nearest known one. The node must outlive
// it.
class YamlSection {
 public:
  // `what` names the section in the error for a node that is neither a map nor null.
  static Result<YamlSection> open(const Yaml& node, std::string_view what) {
    if (node.kind() != Yaml::Kind::map && !node.is_null())
      return fail(node.error(std::string(what) + " must be a map of keys to values"));
    return YamlSection(node);
  }

  const Yaml& node() const { return *node_; }
  // nullptr when absent or null.
  const Yaml* take(std::string_view key) {
    known_.push_back(key);
    const Yaml* value = node_->find(key);
    return value == nullptr || value->is_null() ? nullptr : value;
  }
  void know(std::span<const std::string_view> keys) {
    known_.insert(known_.end(), keys.begin(), keys.end());
  }
  bool has(std::string_view key) const {
    const Yaml* value = node_->find(key);
    return value != nullptr && !value->is_null();
  }

  Status read(std::string_view key, std::string& into) {
    return assign(take(key), into, &Yaml::text);
  }
  Status read(std::string_view key, bool& into) { return assign(take(key), into, &Yaml::boolean); }
  Status read(std::string_view key, double& into) { return assign(take(key), into, &Yaml::real); }
  Status read(std::string_view key, Millis& into) {
    return assign(take(key), into, &Yaml::duration);
  }
  Status read(std::string_view key, std::vector<std::string>& into) {
    return assign(take(key), into, &Yaml::texts);
  }
  Status read_bytes(std::string_view key, std::uint64_t& into) {
    return assign(take(key), into, &Yaml::bytes);
  }
  Status read_integer(std::string_view key, std::int64_t& into) {
    return assign(take(key), into, &Yaml::integer);
  }
  // A whole number from 0 to `max`.
  template <std::unsigned_integral N>
  requires(!std::same_as<N, bool>) Status
      read(std::string_view key, N& into, std::uint64_t max = static_cast<N>(-1)) {
    const Yaml* value = take(key);
    if (value == nullptr) return {};
    const std::int64_t n = TRY(value->integer());
    if (n < 0 || static_cast<std::uint64_t>(n) > max)
      return fail(value->error(std::string(key) + ": " + std::to_string(n) + " is not in 0.." +
                               std::to_string(max)));
    into = static_cast<N>(n);
    return {};
  }

  Status done() const { return node_->is_null() ? Status{} : node_->only(known_); }

 private:
  explicit YamlSection(const Yaml& node) : node_(&node) {}
  template <class T>
  static Status assign(const Yaml* value, T& into, Result<T> (Yaml::*read)() const) {
    if (value == nullptr) return {};
    into = TRY((value->*read)());
    return {};
  }

  const Yaml* node_;
  std::vector<std::string_view> known_;
};

}  // namespace pharos::codec
