// Whose name a request to Amazon is signed in (internal to receivers/).
#pragma once
#include <mutex>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "base/time.hpp"
#include "rules/receivers/receiver_config.hpp"
#include "rules/receivers/sender.hpp"
#include "rules/receivers/sns.hpp"

namespace pharos::rules::receivers {

// A section of a shared credentials file: `[name]`, then aws_access_key_id, aws_secret_access_key
// and aws_session_token.
Result<AwsCredentials> read_aws_profile(std::string_view text, std::string_view name);

// The credentials in the answer of AssumeRole, and when they end.
struct AssumedRole {
  AwsCredentials credentials;
  Time expires{};
};
Result<AssumedRole> read_assumed_role(std::string_view xml);

// In the order of Amazon's own clients: keys of the configuration; the profile that it names;
// AWS_ACCESS_KEY_ID and its like; profile AWS_PROFILE or "default" of the shared credentials file
// (AWS_SHARED_CREDENTIALS_FILE, else ~/.aws/credentials). With a role these only ask the token
// service (AWS_ENDPOINT_URL_STS, else the region's) for the role's, which are kept until they end.
// Thread-safe.
class AwsIdentity {
 public:
  explicit AwsIdentity(SnsSettings::SigV4 settings) : settings_(std::move(settings)) {}
  // Fills in `credentials`, or says why not.
  notify::SendOutcome credentials(std::string_view region, Sender& sender,
                                  AwsCredentials& credentials);
  void forget();  // what was kept: it has been refused

 private:
  Result<AwsCredentials> own() const;
  notify::SendOutcome assume(const AwsCredentials& own, std::string_view region, Sender& sender,
                             AssumedRole& role) const;
  const SnsSettings::SigV4 settings_;
  std::mutex mutex_;
  AssumedRole role_;  // guarded by mutex_
};

}  // namespace pharos::rules::receivers
