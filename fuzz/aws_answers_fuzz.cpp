#include "rules/receivers/aws_credentials.hpp"

// A credentials file, and an answer of the token service: what is taken from them is a part of
// them.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > 20'000) return 0;
  using namespace pharos::rules::receivers;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto within = [&](const AwsCredentials& credentials) {
    for (const auto* part :
         {&credentials.access_key, &credentials.secret_key, &credentials.session_token})
      if (text.find(*part) == text.npos) __builtin_trap();
  };
  if (const auto profile = read_aws_profile(text, "default")) within(*profile);
  if (const auto role = read_assumed_role(text)) within(role->credentials);
  return 0;
}
