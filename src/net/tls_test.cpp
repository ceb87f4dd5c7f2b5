// TLS, certificates and the web configuration file, with certificates made by OpenSSL on the spot.
#include <crypt.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "net/http_client.hpp"
#include "net/http_server.hpp"
#include "net/web_config.hpp"

namespace pharos::net {
namespace {

using testing::HasSubstr;

// A self-signed certificate for 127.0.0.1 and "pharos.test".
void write_certificate(const std::string& folder) {
  EVP_PKEY* key = EVP_EC_gen("P-256");
  X509* cert = X509_new();
  X509_set_version(cert, 2);
  ASN1_INTEGER_set(X509_get_serialNumber(cert), 1);
  X509_gmtime_adj(X509_getm_notBefore(cert), -60);
  X509_gmtime_adj(X509_getm_notAfter(cert), 3600);
  X509_set_pubkey(cert, key);
  auto* name = X509_get_subject_name(cert);
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>("pharos.test"), -1, -1, 0);
  X509_set_issuer_name(cert, name);
  for (const auto& [nid, value] : {std::pair{NID_subject_alt_name, "IP:127.0.0.1,DNS:pharos.test"}, {NID_basic_constraints, "critical,CA:TRUE"}}) {
    auto* extension = X509V3_EXT_conf_nid(nullptr, nullptr, nid, value);
    X509_add_ext(cert, extension, -1);
    X509_EXTENSION_free(extension);
  }
  X509_sign(cert, key, EVP_sha256());
  FILE* out = fopen((folder + "/cert.pem").c_str(), "w");
  PEM_write_X509(out, cert);
  fclose(out);
  out = fopen((folder + "/key.pem").c_str(), "w");
  PEM_write_PrivateKey(out, key, nullptr, nullptr, 0, nullptr, nullptr);
  fclose(out);
  X509_free(cert);
  EVP_PKEY_free(key);
}

std::string bcrypt(const char* password) {
  auto data = std::make_unique<crypt_data>();
  const char* salt = crypt_gensalt_rn("$2b$", 4, "0123456789abcdef", 16, data->output, sizeof data->output);
  const std::string setting = salt ? salt : "";
  return crypt_r(password, setting.c_str(), data.get());
}

struct Tls : testing::Test {
  std::string folder = std::filesystem::temp_directory_path() / ("pharos-tls-" + std::to_string(getpid()));
  std::shared_ptr<Router> router = std::make_shared<Router>();
  std::unique_ptr<HttpServer> server;
  std::unique_ptr<HttpClient> client = HttpClient::create();

  Tls() {
    std::filesystem::create_directories(folder);
    write_certificate(folder);
    router->add("GET", "/", [](const Request& r) { return Response::text(200, (r.tls ? "tls " : "plain ") + std::to_string(r.version)); });
    router->add("POST", "/echo", [](const Request& r) { return Response::text(200, r.body); }, {.body_max = 8 << 20, .compress = false});
  }
  ~Tls() override { std::filesystem::remove_all(folder); }

  void start(std::string_view web_config) {
    std::ofstream(folder + "/web.yml") << web_config;
    HttpServerConfig config;
    config.listen = "127.0.0.1:0";
    const auto applied = apply_web_config(folder + "/web.yml", config);
    ASSERT_TRUE(applied) << applied.error().message;
    auto started = HttpServer::start(config, router, std::make_shared<ThreadPool>("test", 2), system_clock());
    ASSERT_TRUE(started) << started.error().message;
    server = std::move(*started);
  }
  Result<ClientReply> get(const std::function<void(ClientOptions&, ClientRequest&)>& with = {}) {
    ClientOptions options;
    ClientRequest request;
    options.tls.ca_file = folder + "/cert.pem";
    request.url = "https://127.0.0.1:" + std::to_string(server->port()) + "/";
    if (with) with(options, request);
    return client->fetch(request, std::make_shared<const ClientOptions>(options));
  }
};

TEST_F(Tls, ServesHttp2AndHttp1OverTls) {
  start("tls_server_config: {cert_file: cert.pem, key_file: key.pem}");
  const auto two = get();
  ASSERT_TRUE(two) << two.error().message;
  EXPECT_EQ(two->body, "tls 20");
  EXPECT_EQ(get([](auto& o, auto&) { o.http2 = false; })->body, "tls 11");
  EXPECT_EQ(get([](auto& o, auto&) { o.tls.server_name = "pharos.test"; })->status, 200);
  EXPECT_FALSE(get([](auto& o, auto&) { o.tls.server_name = "other.test"; }));
  EXPECT_FALSE(get([](auto& o, auto&) { o.tls.ca_file.clear(); }));
  EXPECT_TRUE(get([](auto& o, auto&) { o.tls.ca_file.clear(), o.tls.insecure_skip_verify = true; }));
}

TEST_F(Tls, LargeBodiesPassBothWays) {
  start("tls_server_config: {cert_file: cert.pem, key_file: key.pem}");
  for (const bool http2 : {false, true}) {
    const std::string body(5 << 20, 'b');
    const auto reply = get([&](auto& o, auto& r) {
      o.http2 = http2;
      r.method = "POST";
      r.url += "echo";
      r.body = body;
    });
    ASSERT_TRUE(reply) << reply.error().message;
    EXPECT_TRUE(reply->body == body);
  }
}

TEST_F(Tls, ClientCertificatesAreDemandedWhereAsked) {
  start("tls_server_config: {cert_file: cert.pem, key_file: key.pem, client_auth_type: RequireAndVerifyClientCert, client_ca_file: cert.pem}");
  EXPECT_FALSE(get());
  const auto reply = get([&](auto& o, auto&) { o.tls.cert_file = folder + "/cert.pem", o.tls.key_file = folder + "/key.pem"; });
  ASSERT_TRUE(reply) << reply.error().message;
  EXPECT_EQ(reply->status, 200);
}

TEST_F(Tls, BasicAuthenticationAndHeaders) {
  start("basic_auth_users: {alice: '" + bcrypt("test") + "'}\nhttp_server_config: {headers: {X-Frame-Options: deny}}");
  const auto plain = [&](std::string user, std::string password) {
    return get([&](auto& o, auto& r) {
      r.url.erase(4, 1);
      o.auth.basic_username = user;
      o.auth.basic_password = password;
    });
  };
  EXPECT_EQ(plain("alice", "test")->status, 200);
  EXPECT_EQ(plain("alice", "test")->headers.get("X-Frame-Options"), "deny");
  EXPECT_EQ(plain("alice", "wrong")->status, 401);
  EXPECT_EQ(plain("bob", "test")->status, 401);
  EXPECT_EQ(plain("", "")->headers.get("WWW-Authenticate"), "Basic");
}

TEST(WebConfig, NamesWhatIsWrong) {
  const auto complaint = [](std::string_view text) { return parse_web_config(text, "web.yml").error().message; };
  EXPECT_THAT(complaint("tls_server_config: {key_file: a}"), HasSubstr("missing one of cert or cert_file"));
  EXPECT_THAT(complaint("tls_server_config: {cert_file: a, key_file: b, client_auth_type: Maybe}"), HasSubstr("invalid ClientAuth: Maybe"));
  EXPECT_THAT(complaint("tls_server_config: {cert_file: a, key_file: b, client_ca_file: c}"), HasSubstr("client CA's have been configured without a Client Auth Policy"));
  EXPECT_THAT(complaint("basic_auth_users: {a: plain}"), HasSubstr("is not a bcrypt hash"));
  EXPECT_THAT(complaint("basic_auth_user: {}"), HasSubstr("basic_auth_users"));
}

}  // namespace
}  // namespace pharos::net
