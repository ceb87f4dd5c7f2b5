// The variables of a Grafana dashboard, filled with values that may stand where they stand, so that
// what is built on them can be checked without a server.
#pragma once
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "codec/json.hpp"

namespace pharos::server {

class DashboardVariables {
 public:
  // Grafana's own ($__interval, $__range …), those of `templating` and the `__inputs` of an export.
  explicit DashboardVariables(const codec::Json& dashboard);

  // `text` with $name, ${name}, ${name:format}, ${name.field} and [[name]] replaced. What nothing
  // defines stays as it is and is added to `unknown`; $1 in label_replace is no variable.
  std::string fill(std::string_view text, std::vector<std::string>& unknown) const;

  void set(const std::string& name, std::string value) {
    values_.insert_or_assign(name, std::move(value));
  }

 private:
  std::map<std::string, std::string, std::less<>> values_;
};

}  // namespace pharos::server
