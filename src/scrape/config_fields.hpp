// Values that both `global` and a job may hold.
#pragma once
#include <vector>

#include "scrape/config.hpp"

namespace pharos::scrape {

Result<std::vector<ScrapeProtocol>> parse_protocols(const codec::Yaml& node);
Result<NameValidation> parse_name_validation(const codec::Yaml& node);
Result<NameEscaping> parse_name_escaping(const codec::Yaml& node);

}  // namespace pharos::scrape
