#include "model/wildcard.hpp"

#include <algorithm>

namespace pharos {
namespace {

constexpr std::size_t kPatternBytesMax = 128, kTextBytesMax = 1024, kSetsMax = 16;

bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}
bool is_literal(char c) { return is_word(c) || std::string_view("-/:@%~,;=<>!&\"'# ").contains(c); }

// A set behind its '[': characters and ranges of them, nothing that has another meaning in some place.
std::optional<std::bitset<128>> read_set(std::string_view& pattern) {
  std::bitset<128> set;
  while (!pattern.empty() && pattern.front() != ']') {
    const auto first = static_cast<unsigned char>(pattern.front());
    auto last = first;
    if (!is_word(pattern.front())) return std::nullopt;
    pattern.remove_prefix(1);
    if (pattern.size() >= 2 && pattern[0] == '-') {
      if (!is_word(pattern[1])) return std::nullopt;
      last = static_cast<unsigned char>(pattern[1]);
      pattern.remove_prefix(2);
    }
    if (first > last) return std::nullopt;
    for (unsigned c = first; c <= last; ++c) set.set(c);
  }
  if (pattern.empty() || set.none()) return std::nullopt;
  pattern.remove_prefix(1);
  return set;
}

}  // namespace

std::optional<Wildcard> Wildcard::parse(std::string_view pattern) {
  if (pattern.size() > kPatternBytesMax) return std::nullopt;
  Wildcard out;
  const auto add_set = [&](const std::bitset<128>& set) {
    out.pieces_.back().items += static_cast<char>(0x80 + out.sets_.size());
    out.pieces_.back().has_sets = true;
    out.sets_.push_back(set);
  };
  while (!pattern.empty()) {
    const char c = pattern.front();
    pattern.remove_prefix(1);
    if (c == '.' && !pattern.empty() && (pattern.front() == '*' || pattern.front() == '+')) {
      const bool new_gap = out.pieces_.size() == 1 || !out.pieces_.back().items.empty();
      if (new_gap) out.pieces_.emplace_back();
      if (pattern.front() == '+') ++out.pieces_.back().gap_min;
      pattern.remove_prefix(1);
    } else if (c == '.') {
      add_set(std::bitset<128>().set());
    } else if (c == '[') {
      const auto set = read_set(pattern);
      if (!set) return std::nullopt;
      add_set(*set);
    } else if (c == '\\' && pattern.starts_with('.')) {
      out.pieces_.back().items += '.';
      pattern.remove_prefix(1);
    } else if (is_literal(c)) {
      out.pieces_.back().items += c;
    } else {
      return std::nullopt;
    }
    if (out.sets_.size() > kSetsMax) return std::nullopt;
  }
  return out;
}

bool Wildcard::takes(std::string_view text) {
  return text.size() <= kTextBytesMax && std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

bool Wildcard::at(const Piece& piece, std::string_view text, std::size_t place) const {
  if (!piece.has_sets) return text.substr(place).starts_with(piece.items);
  if (text.size() - place < piece.items.size()) return false;
  for (std::size_t i = 0; i < piece.items.size(); ++i) {
    const auto item = static_cast<unsigned char>(piece.items[i]), c = static_cast<unsigned char>(text[place + i]);
    if (item < 0x80 ? item != c : !sets_[item - 0x80].test(c)) return false;
  }
  return true;
}

// The first place from `from` on where the piece stands; npos.
std::size_t Wildcard::find(const Piece& piece, std::string_view text, std::size_t from) const {
  if (!piece.has_sets) return text.find(piece.items, from);
  for (; from + piece.items.size() <= text.size(); ++from)
    if (at(piece, text, from)) return from;
  return text.npos;
}

// The leftmost place is right for every piece but the last: what comes later has the most room then.
bool Wildcard::matches(std::string_view text) const {
  const auto& first = pieces_.front();
  if (!at(first, text, 0)) return false;
  auto place = first.items.size();
  if (pieces_.size() == 1) return place == text.size();
  for (std::size_t i = 1; i + 1 < pieces_.size(); ++i) {
    place = find(pieces_[i], text, place + pieces_[i].gap_min);
    if (place == text.npos) return false;
    place += pieces_[i].items.size();
  }
  const auto& last = pieces_.back();
  return place + last.gap_min + last.items.size() <= text.size() && at(last, text, text.size() - last.items.size());
}

}  // namespace pharos
