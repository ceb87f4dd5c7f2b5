#include <unistd.h>
#include "rules/receivers/integrations_fixture_test.hpp"

#include <cstdlib>
#include <optional>

#include "rules/receivers/aws_credentials.hpp"

namespace pharos::rules::receivers {
namespace {

// A variable of the environment while it lives.
class Variable {
 public:
  Variable(const char* name, const std::string& value) : name_(name) {
    if (const char* before = std::getenv(name)) before_ = before;
    setenv(name, value.c_str(), 1);
  }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;
  ~Variable() { before_ ? setenv(name_, before_->c_str(), 1) : unsetenv(name_); }

 private:
  const char* name_;
  std::optional<std::string> before_;
};

constexpr std::string_view kProfiles = R"(# of the team
[default]
aws_access_key_id = AKIDDEFAULT
aws_secret_access_key=default/secret

[ pager ]
aws_access_key_id=AKIDPAGER
aws_secret_access_key = pager/secret==
aws_session_token=token+1
region = eu-west-1
[empty]
)";

std::string assumed(const std::string& key, const std::string& expires) {
  return R"(<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult>
  <AssumedRoleUser><Arn>arn:aws:sts::1:assumed-role/r/pharos</Arn></AssumedRoleUser>
  <Credentials><AccessKeyId>)" +
         key + "</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>role-token" +
         "</SessionToken><Expiration>" + expires +
         "</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>";
}

std::string receiver(const std::string& url, const std::string& sigv4) {
  return "{name: a, sns_configs: [{api_url: '" + url +
         "/sns', topic_arn: 'arn:aws:sns:us-east-2:1:t', sigv4: {" + sigv4 + "}}]}";
}

// The worked example of Amazon's documentation does not cover POST forms; this was computed with
// the reference steps by another implementation.
TEST(Sns, AwsSignaturesAreThoseOfOtherClients) {
  const auto headers = sign_aws_post(
      {"AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", ""}, "us-east-1", "sns",
      "sns.us-east-1.amazonaws.com", "/", "application/x-www-form-urlencoded; charset=utf-8",
      "Action=Publish&Version=2010-03-31", *parse_time("2015-08-30T12:36:00Z"));
  ASSERT_EQ(headers.size(), 2u);
  EXPECT_EQ(headers[0].second, "20150830T123600Z");
  EXPECT_EQ(headers[1].second,
            "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/sns/aws4_request, "
            "SignedHeaders=content-type;host;x-amz-date, "
            "Signature=7c98174d7ad1c12c68f46113a21a266d1102bc638e3843c5a0788a81de5cbe29");
}

TEST(Sns, ProfilesAreSectionsOfTheCredentialsFile) {
  const auto pager = read_aws_profile(kProfiles, "pager");
  ASSERT_TRUE(pager) << pager.error().message;
  EXPECT_EQ(pager->access_key, "AKIDPAGER");
  EXPECT_EQ(pager->secret_key, "pager/secret==");
  EXPECT_EQ(pager->session_token, "token+1");
  EXPECT_EQ(read_aws_profile(kProfiles, "default")->secret_key, "default/secret");
  EXPECT_THAT(read_aws_profile(kProfiles, "other").error().message,
              HasSubstr("no profile \"other\""));
  EXPECT_THAT(read_aws_profile(kProfiles, "empty").error().message,
              HasSubstr("has no aws_access_key_id"));
}

TEST(Sns, SignsInTheNameOfAProfile) {
  const std::string path = testing::TempDir() + "/aws_" + std::to_string(getpid());
  std::ofstream(path) << kProfiles;
  const Variable file("AWS_SHARED_CREDENTIALS_FILE", path);
  Recorder recorder;
  EXPECT_EQ(send(make(receiver(recorder.url(), "profile: pager")), firing()).error, "");
  EXPECT_EQ(send(make(receiver(recorder.url(), "profile: nobody")), firing()).kind,
            SendOutcome::Kind::failed);
  const auto requests = recorder.take();
  ASSERT_EQ(requests.size(), 1U);
  EXPECT_THAT(std::string(requests[0].headers.get("Authorization")),
              HasSubstr("Credential=AKIDPAGER/"));
  EXPECT_EQ(requests[0].headers.get("X-Amz-Security-Token"), "token+1");
}

TEST(Sns, AssumesItsRoleOnceAndAgainWhenItEnds) {
  std::string expires = "2100-01-01T00:00:00Z";
  int status = 200, topic_status = 200;
  Recorder recorder([&](const net::Request& r) {
    if (r.path == "/sns/") return net::Response::text(topic_status, "<Code>ExpiredToken</Code>");
    return net::Response::text(status, status == 200 ? assumed("ASIAROLE", expires)
                                                     : "<Error><Code>AccessDenied</Code>"
                                                       "<Message>not you</Message></Error>");
  });
  const Variable service("AWS_ENDPOINT_URL_STS", recorder.url());
  const auto yaml = receiver(
      recorder.url(), "access_key: AKIDOWN, secret_key: s, role_arn: 'arn:aws:iam::1:role/r'");
  auto made = make(yaml);
  EXPECT_EQ(send(made, firing()).error, "");
  EXPECT_EQ(send(made, resolved()).error, "");
  auto requests = recorder.take();
  ASSERT_EQ(steps(requests), (std::vector<std::string>{"POST /", "POST /sns/", "POST /sns/"}));
  EXPECT_THAT(requests[0].body, HasSubstr("Action=AssumeRole"));
  EXPECT_THAT(requests[0].body, HasSubstr("RoleArn=arn%3Aaws%3Aiam%3A%3A1%3Arole%2Fr"));
  EXPECT_THAT(std::string(requests[0].headers.get("Authorization")),
              HasSubstr("/us-east-2/sts/aws4_request"));
  EXPECT_THAT(std::string(requests[1].headers.get("Authorization")),
              HasSubstr("Credential=ASIAROLE/"));
  EXPECT_EQ(requests[2].headers.get("X-Amz-Security-Token"), "role-token");

  topic_status = 403;  // taken back before their time
  EXPECT_EQ(send(made, firing()).kind, SendOutcome::Kind::retry);
  topic_status = 200;
  expires = "2001-01-01T00:00:00Z";
  EXPECT_EQ(send(made, firing()).error, "");
  EXPECT_EQ(send(made, firing()).error, "");
  EXPECT_EQ(steps(recorder.take()), (std::vector<std::string>{"POST /sns/", "POST /", "POST /sns/",
                                                              "POST /", "POST /sns/"}));

  status = 403;
  const auto refused = send(make(yaml), firing());
  EXPECT_EQ(refused.kind, SendOutcome::Kind::failed);
  EXPECT_THAT(refused.error, HasSubstr("role arn:aws:iam::1:role/r: "));
  EXPECT_THAT(refused.error, HasSubstr("AccessDenied: not you"));
}

TEST(Sns, AnAddressThatIsNoneIsAnError) {
  for (const char* url : {":", "http:", "://", "http://"}) {
    const auto made = make("{name: a, sns_configs: [{api_url: '" + std::string(url) +
                           "', topic_arn: 'arn:aws:sns:us-east-2:1:t', "
                           "sigv4: {access_key: a, secret_key: b}}]}");
    EXPECT_NE(send(made, firing()).kind, SendOutcome::Kind::sent) << url;
  }
}

TEST(Sns, AnAnswerWithoutCredentialsIsRefused) {
  EXPECT_FALSE(read_assumed_role(""));
  EXPECT_FALSE(read_assumed_role("<AccessKeyId>a</AccessKeyId>"));
  EXPECT_FALSE(read_assumed_role(assumed("a", "soon")));
  EXPECT_TRUE(read_assumed_role(assumed("a", "2026-01-01T00:00:00Z")));
}

}  // namespace
}  // namespace pharos::rules::receivers
