// The common kind of regular expression: characters, sets such as [02468], '.', and ".*" or ".+"
// between them. Needs no automaton, whose making costs more than most matches.
#pragma once
#include <bitset>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pharos {

// Immutable. Answers as RE2 does, for the texts that it takes.
class Wildcard {
 public:
  // None: the pattern has more in it, or is no pattern.
  static std::optional<Wildcard> parse(std::string_view pattern);
  // ASCII, and short enough for a search that looks at every place.
  static bool takes(std::string_view text);
  bool matches(std::string_view text) const;  // all of it; only when takes(text)

 private:
  // What stands between two gaps, of a fixed length: bytes, where those from 0x80 on name a set.
  struct Piece {
    std::string items;
    std::size_t gap_min = 0;  // characters of the gap before it
    bool has_sets = false;
  };
  bool at(const Piece& piece, std::string_view text, std::size_t place) const;
  std::size_t find(const Piece& piece, std::string_view text, std::size_t from) const;

  std::vector<Piece> pieces_{1};  // the first one stands at the beginning, the last one at the end
  std::vector<std::bitset<128>> sets_;
};

}  // namespace pharos
