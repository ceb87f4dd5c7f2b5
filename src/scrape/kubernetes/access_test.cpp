#include "scrape/kubernetes/access.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace pharos::scrape::kubernetes {
namespace {

using ::testing::HasSubstr;

struct Folder {
  std::filesystem::path path =
      std::filesystem::temp_directory_path() / ("pharos-kube-" + std::to_string(::getpid()));
  Folder() { std::filesystem::create_directories(path); }
  ~Folder() { std::filesystem::remove_all(path); }
  std::string write(const std::string& name, std::string_view text) {
    std::ofstream(path / name) << text;
    return (path / name).string();
  }
};
Surroundings nowhere() {
  return {.environment = [](const char*) -> const char* { return nullptr; }};
}

TEST(KubernetesAccess, InAClusterTheServiceAccountIsUsed) {
  Folder folder;
  folder.write("token", "secret");
  folder.write("ca.crt", "ca");
  folder.write("namespace", "monitoring\n");
  const Surroundings inside{
      .environment = [](const char* name) -> const char* {
        return std::string_view(name) == "KUBERNETES_SERVICE_HOST" ? "10.0.0.1" : "443";
      },
      .account_folder = folder.path.string()};
  const auto access = find_access({}, inside);
  ASSERT_TRUE(access) << access.error().message;
  EXPECT_EQ(access->url, "https://10.0.0.1:443");
  EXPECT_EQ(access->own_space, "monitoring");
  EXPECT_EQ(access->http->auth.authorization_credentials_file, folder.path.string() + "/token");
  const auto outside = find_access({}, nowhere());
  ASSERT_FALSE(outside);
  EXPECT_THAT(outside.error().message, HasSubstr("not in a cluster"));
}

constexpr std::string_view kConfig = R"(
current-context: dev
contexts:
  - {name: dev, context: {cluster: c, user: u, namespace: team}}
clusters:
  - {name: c, cluster: {server: 'https://api.example:6443/', certificate-authority: ca.pem, tls-server-name: kube}}
users:
  - {name: u, user: {token: secret, client-certificate-data: Y2VydA==, client-key-data: a2V5}}
)";

TEST(KubernetesAccess, AKubeconfigsContextIsFollowed) {
  Folder folder;
  KubernetesDiscoveryConfig config;
  config.kubeconfig_file = folder.write("config", kConfig);
  const auto access = find_access(config, nowhere());
  ASSERT_TRUE(access) << access.error().message;
  EXPECT_EQ(access->url, "https://api.example:6443");
  EXPECT_EQ(access->own_space, "team");
  EXPECT_EQ(access->http->tls.ca_file, folder.path.string() + "/ca.pem");
  EXPECT_EQ(access->http->tls.server_name, "kube");
  EXPECT_EQ(access->http->tls.cert, "cert");
  EXPECT_EQ(access->http->tls.key, "key");
  EXPECT_EQ(access->http->auth.authorization_credentials, "secret");
}

TEST(KubernetesAccess, AKubeconfigsMistakesNameTheirPlace) {
  Folder folder;
  const auto error = [&](std::string from, std::string_view to) {
    std::string text(kConfig);
    text.replace(text.find(from), from.size(), to);
    KubernetesDiscoveryConfig config;
    config.kubeconfig_file = folder.write("config", text);
    const auto access = find_access(config, nowhere());
    return access ? std::string("read") : access.error().message;
  };
  EXPECT_THAT(error("current-context: dev", "current-context: prod"),
              HasSubstr("there is no context prod"));
  EXPECT_THAT(error("cluster: c,", "cluster: d,"), HasSubstr("there is no cluster d"));
  EXPECT_THAT(error("user: u,", "user: x,"), HasSubstr("there is no user x"));
  EXPECT_THAT(error("token: secret", "exec: {command: aws}"), HasSubstr("exec is not supported"));
  EXPECT_THAT(error("Y2VydA==", "$$$$"), HasSubstr("not base64"));
  KubernetesDiscoveryConfig none;
  none.kubeconfig_file = folder.path.string() + "/none";
  EXPECT_FALSE(find_access(none, nowhere()));
}

}  // namespace
}  // namespace pharos::scrape::kubernetes
