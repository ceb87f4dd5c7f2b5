// Where a byte of a YAML scalar's value stands in the file.
#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace pharos::codec {

struct SourcePlace {
  std::uint32_t line = 1, column = 1;  // from 1; columns in bytes
  bool operator==(const SourcePlace&) const = default;
};

// `begin`: of the scalar in `source`, as the YAML parser gives it; `inside`: within its `value`.
// Both are walked side by side, blanks aside, which folding, indentation and quotes change; none
// when they do not fit (anchors before the scalar, escapes by number).
std::optional<SourcePlace> place_in_scalar(std::string_view source, SourcePlace begin,
                                           std::string_view value, SourcePlace inside);

}  // namespace pharos::codec
