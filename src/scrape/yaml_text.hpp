// YAML trees back to text: for fingerprints, and for showing a configuration without its secrets.
#pragma once
#include <string>

#include "codec/yaml.hpp"

namespace pharos::scrape {

// One line, complete: equal trees give equal texts.
std::string canonical_text(const codec::Yaml& node);

// Block YAML in the order written, comments gone. Values of keys that hold secrets (password,
// credentials, bearer_token, …) become <secret>, passwords within URLs xxxxx.
std::string masked_yaml(const codec::Yaml& node);

}  // namespace pharos::scrape
