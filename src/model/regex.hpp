// RE2 as this project uses it: UTF-8, '.' takes newlines, errors in Go's words. Included by the
// sources of this module only; RE2 itself by regex.cpp only.
#pragma once
#include <memory>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace pharos {

class CompiledRegex {
 public:
  static Result<std::shared_ptr<const CompiledRegex>> compile(std::string_view pattern);
  virtual ~CompiledRegex() = default;
  virtual bool full_match(std::string_view text) const = 0;
  // groups[0] is the whole; unmatched groups have a null data().
  virtual bool full_match(std::string_view text, std::vector<std::string_view>& groups) const = 0;
  virtual int group_index(std::string_view name) const = 0;
};

}  // namespace pharos
