// How names outside the legacy alphabet are written for readers that only know that one.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace pharos {

// `escaping=` in Accept and Content-Type, and `metric_name_escaping_scheme`.
enum class NameEscaping : std::uint8_t { allow_utf8, underscores, dots, values };
std::string_view name(NameEscaping escaping);  // "allow-utf-8"
std::optional<NameEscaping> parse_name_escaping(std::string_view text);

// Legacy names come back as they are. `underscores`: a_b for a.b; `dots`: a_dot_b, with __ for what
// else is foreign and for underscores; `values`: U__a_2e_b, which can be undone.
std::string escape_name(std::string_view name, NameEscaping escaping);

}  // namespace pharos
