// What a scrape reads: the registry as a page in one of three formats.
#pragma once
#include <string>
#include <string_view>

#include "pharos/registry.hpp"

namespace pharos::client {

// Names are the same in each: what OpenMetrics cannot say of a name (a counter without _total) it
// says as type `unknown`, never with another name.
enum class Format : std::uint8_t { text, openmetrics, protobuf };

// By an Accept header, as Prometheus' scrapers send it; text 0.0.4 for anything else.
Format negotiate(std::string_view accept) noexcept;
const char* content_type(Format format) noexcept;

// Runs the on_collect functions, then writes the page.
std::string render(Registry& registry, Format format = Format::text);

std::string gzip(std::string_view page);  // empty when zlib has no memory

}  // namespace pharos::client
