// YAML in, with the line and column of every node, behind yaml-cpp (codec/yaml.cpp only).
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"

namespace pharos::codec {

class Yaml {
 public:
  enum class Kind { null, scalar, sequence, map };
  // One document; `file` names it in errors: "prometheus.yml:12:3: …". Duplicate keys, anchors that
  // expand beyond 1 million nodes and depth beyond 100 are errors.
  static Result<Yaml> parse(std::string_view text, std::string file);

  Kind kind() const { return kind_; }
  bool is_null() const { return kind_ == Kind::null; }
  bool quoted() const { return quoted_; }
  std::uint32_t line() const { return line_; }        // from 1
  std::uint32_t column() const { return column_; }    // from 1
  const std::string& scalar() const { return scalar_; }
  const std::vector<Yaml>& items() const { return items_; }
  struct Member;
  const std::vector<Member>& members() const { return members_; }
  const Yaml* find(std::string_view key) const;       // nullptr when absent

  // `file:line:column: what`, Errc::invalid.
  Error error(std::string what) const;
  // The same for a place within the text of a scalar: its line and column, from 1. Where that cannot
  // be followed into the file (escapes by number), the place of the scalar.
  Error error_at(std::uint32_t line, std::uint32_t column, std::string what) const;
  // An error naming the first key that is not in `known`, with the nearest of them.
  Status only(std::span<const std::string_view> known) const;

  // Typed reads of this node; errors carry the place.
  Result<std::string> text() const;
  Result<bool> boolean() const;
  Result<std::int64_t> integer() const;
  Result<double> real() const;
  Result<Millis> duration() const;                    // Prometheus' durations
  Result<std::uint64_t> bytes() const;                // "512MB", "1GiB"
  Result<std::vector<std::string>> texts() const;     // a sequence of scalars

 private:
  friend struct YamlBuilder;
  Kind kind_ = Kind::null;
  bool quoted_ = false;
  std::uint32_t line_ = 0, column_ = 0;
  std::string scalar_;
  std::vector<Yaml> items_;
  std::vector<Member> members_;
  struct Source {
    std::string file, text;
  };
  std::shared_ptr<const Source> source_;
};

struct Yaml::Member {
  Yaml key, value;
};

// The known word nearest to `word` by edit distance, "" when none is near.
std::string_view nearest(std::string_view word, std::span<const std::string_view> known);

}  // namespace pharos::codec
