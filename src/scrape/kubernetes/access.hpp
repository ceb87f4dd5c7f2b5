// How to reach a cluster's API: in-cluster credentials, a kubeconfig, or what the section says.
#pragma once
#include <functional>
#include <memory>
#include <string>

#include "base/result.hpp"
#include "net/http_client.hpp"
#include "scrape/discovery.hpp"

namespace pharos::scrape::kubernetes {

struct Access {
  std::string url;        // "https://10.0.0.1:443", without a slash at its end
  std::string own_space;  // namespace of the service account, "" when unknown
  std::shared_ptr<const net::ClientOptions> http;
};

// The machine as in-cluster access sees it; tests bring their own.
struct Surroundings {
  std::function<const char*(const char* name)> environment;
  std::string account_folder = "/var/run/secrets/kubernetes.io/serviceaccount";
};
Surroundings own_surroundings();

// Errc::invalid or not_found with the file and the reason. A kubeconfig's `exec` and
// `auth-provider` need programs of others and are Errc::unsupported.
Result<Access> find_access(const KubernetesDiscoveryConfig& config,
                           const Surroundings& surroundings);

}  // namespace pharos::scrape::kubernetes
