// The templates that every configuration may use without defining them: Alertmanager's names, and
// for the same alerts the same texts (the HTML of e-mails says the same but looks our way).
#pragma once
#include <string_view>

namespace pharos::rules::receivers {

std::string_view default_templates();

}  // namespace pharos::rules::receivers
