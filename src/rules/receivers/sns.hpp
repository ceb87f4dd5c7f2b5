// Amazon's signature version 4, as far as a form POST needs it (internal to receivers/).
#pragma once
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/time.hpp"

namespace pharos::rules::receivers {

struct AwsCredentials {
  std::string access_key, secret_key, session_token;
};

// The headers to add to a POST of `body` to `host`'s `path`: X-Amz-Date, X-Amz-Security-Token where
// there is a session token, Authorization.
std::vector<std::pair<std::string, std::string>> sign_aws_post(
    const AwsCredentials& credentials, std::string_view region, std::string_view service,
    std::string_view host, std::string_view path, std::string_view content_type,
    std::string_view body, Time now);

}  // namespace pharos::rules::receivers
