#include "net/tls.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/stat.h>

#include <atomic>
#include <chrono>
#include <mutex>
#include <string_view>

#include "base/clock.hpp"
#include "base/log.hpp"

namespace pharos::net {
namespace {

struct FreeContext {
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
};
using ContextPtr = std::shared_ptr<SSL_CTX>;

std::string last_error() {
  char text[256] = "unknown error";
  if (const auto code = ERR_get_error()) ERR_error_string_n(code, text, sizeof text);
  ERR_clear_error();
  return text;
}

Result<int> version_of(const std::string& name) {
  if (name == "TLS10") return TLS1_VERSION;
  if (name == "TLS11") return TLS1_1_VERSION;
  if (name == "TLS12" || name.empty()) return TLS1_2_VERSION;
  if (name == "TLS13") return TLS1_3_VERSION;
  return fail(Errc::invalid, "unknown TLS version: " + name);
}

int choose_protocol(SSL*, const unsigned char** out, unsigned char* out_size, const unsigned char* in,
                    unsigned in_size, void* http2) {
  static constexpr unsigned char kBoth[] = "\x02h2\x08http/1.1";
  const auto* wanted = http2 ? kBoth : kBoth + 3;
  const unsigned wanted_size = sizeof kBoth - 1 - (http2 ? 0 : 3);
  unsigned char* chosen = nullptr;
  if (SSL_select_next_proto(&chosen, out_size, wanted, wanted_size, in, in_size) != OPENSSL_NPN_NEGOTIATED)
    return SSL_TLSEXT_ERR_NOACK;
  *out = chosen;
  return SSL_TLSEXT_ERR_OK;
}

int accept_any(int, X509_STORE_CTX*) { return 1; }

// Go's names of the TLS 1.2 suites differ from OpenSSL's: TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256 is
// ECDHE-RSA-AES128-GCM-SHA256.
std::string openssl_suite(std::string_view go) {
  std::string out(go);
  const auto replace = [&](std::string_view from, std::string_view to) {
    for (auto at = out.find(from); at != out.npos; at = out.find(from, at + to.size())) out.replace(at, from.size(), to);
  };
  if (out.starts_with("TLS_")) out.erase(0, 4);
  if (out.starts_with("RSA_WITH_")) out.erase(0, 9);
  replace("_WITH_", "_");
  replace("AES_128", "AES128");
  replace("AES_256", "AES256");
  replace("_CBC", "");
  replace("CHACHA20_POLY1305_SHA256", "CHACHA20_POLY1305");
  replace("_", "-");
  return out;
}

std::string curve_name(std::string_view go) {
  if (go == "CurveP256") return "P-256";
  if (go == "CurveP384") return "P-384";
  if (go == "CurveP521") return "P-521";
  return std::string(go);  // X25519
}

Result<ContextPtr> make_context(const TlsServer& config, bool http2) {
  ContextPtr context(SSL_CTX_new(TLS_server_method()), FreeContext{});
  if (!context) return fail(Errc::internal, "tls: " + last_error());
  auto* c = context.get();
  SSL_CTX_set_mode(c, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_options(c, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE);
  const int lowest = TRY(version_of(config.min_version));
  const int highest = TRY(version_of(config.max_version.empty() ? "TLS13" : config.max_version));
  SSL_CTX_set_min_proto_version(c, lowest);
  SSL_CTX_set_max_proto_version(c, highest);
  if (!config.cipher_suites.empty()) {
    std::string old_list, new_list;
    for (const auto& suite : config.cipher_suites) {
      const bool tls13 = suite == "TLS_AES_128_GCM_SHA256" || suite == "TLS_AES_256_GCM_SHA384" ||
                         suite == "TLS_CHACHA20_POLY1305_SHA256";
      auto& list = tls13 ? new_list : old_list;
      if (!list.empty()) list += ':';
      list += tls13 ? suite : openssl_suite(suite);
    }
    if (!old_list.empty() && SSL_CTX_set_cipher_list(c, old_list.c_str()) != 1)
      return fail(Errc::invalid, "unknown cipher: " + old_list);
    if (!new_list.empty() && SSL_CTX_set_ciphersuites(c, new_list.c_str()) != 1)
      return fail(Errc::invalid, "unknown cipher: " + new_list);
  }
  if (!config.curve_preferences.empty()) {
    std::string list;
    for (const auto& curve : config.curve_preferences) list += (list.empty() ? "" : ":") + curve_name(curve);
    if (SSL_CTX_set1_groups_list(c, list.c_str()) != 1) return fail(Errc::invalid, "unknown curve: " + list);
  }
  if (SSL_CTX_use_certificate_chain_file(c, config.cert_file.c_str()) != 1)
    return fail(Errc::invalid, "failed to load X509KeyPair: cert_file " + config.cert_file + ": " + last_error());
  if (SSL_CTX_use_PrivateKey_file(c, config.key_file.c_str(), SSL_FILETYPE_PEM) != 1)
    return fail(Errc::invalid, "failed to load X509KeyPair: key_file " + config.key_file + ": " + last_error());
  if (SSL_CTX_check_private_key(c) != 1)
    return fail(Errc::invalid, "failed to load X509KeyPair: the key does not belong to the certificate");
  if (!config.client_ca_file.empty()) {
    if (SSL_CTX_load_verify_locations(c, config.client_ca_file.c_str(), nullptr) != 1)
      return fail(Errc::invalid, "client_ca_file " + config.client_ca_file + ": " + last_error());
    SSL_CTX_set_client_CA_list(c, SSL_load_client_CA_file(config.client_ca_file.c_str()));
  }
  using Auth = TlsServer::ClientAuth;
  switch (config.client_auth) {
    case Auth::none: SSL_CTX_set_verify(c, SSL_VERIFY_NONE, nullptr); break;
    case Auth::request: SSL_CTX_set_verify(c, SSL_VERIFY_PEER, accept_any); break;
    case Auth::require_any:
      SSL_CTX_set_verify(c, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, accept_any);
      break;
    case Auth::verify_if_given: SSL_CTX_set_verify(c, SSL_VERIFY_PEER, nullptr); break;
    case Auth::require_and_verify:
      SSL_CTX_set_verify(c, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
      break;
  }
  const unsigned char session_id[] = "pharos";
  SSL_CTX_set_session_id_context(c, session_id, sizeof session_id - 1);
  SSL_CTX_set_alpn_select_cb(c, choose_protocol, http2 ? c : nullptr);
  return context;
}

class Stream final : public TlsStream {
 public:
  Stream(ContextPtr context, int fd) : context_(std::move(context)), ssl_(SSL_new(context_.get())) {
    if (ssl_) {
      SSL_set_fd(ssl_, fd);
      SSL_set_accept_state(ssl_);
    }
  }
  ~Stream() override { SSL_free(ssl_); }
  bool made() const { return ssl_ != nullptr; }

  Io handshake() override {
    ERR_clear_error();
    const int n = SSL_do_handshake(ssl_);
    return n == 1 ? Io::ok : outcome(n);
  }
  Io read(char* into, std::size_t room, std::size_t& got) override {
    ERR_clear_error();
    const int n = SSL_read_ex(ssl_, into, room, &got);
    return n == 1 ? Io::ok : outcome(n);
  }
  Io write(const char* from, std::size_t size, std::size_t& put) override {
    ERR_clear_error();
    const int n = SSL_write_ex(ssl_, from, size, &put);
    return n == 1 ? Io::ok : outcome(n);
  }
  bool http2() const override {
    const unsigned char* name = nullptr;
    unsigned size = 0;
    SSL_get0_alpn_selected(ssl_, &name, &size);
    return std::string_view(reinterpret_cast<const char*>(name), size) == "h2";
  }
  void shutdown() override {
    if (broken_ || !SSL_is_init_finished(ssl_)) return;
    ERR_clear_error();
    SSL_shutdown(ssl_);
    broken_ = true;
  }

 private:
  Io outcome(int n) {
    switch (SSL_get_error(ssl_, n)) {
      case SSL_ERROR_WANT_READ: return Io::want_read;
      case SSL_ERROR_WANT_WRITE: return Io::want_write;
      default:
        broken_ = true;
        ERR_clear_error();
        return Io::closed;
    }
  }
  ContextPtr context_;
  SSL* ssl_;
  bool broken_ = false;
};

class Context final : public TlsContext {
 public:
  Context(TlsServer config, bool http2, ContextPtr context)
      : config_(std::move(config)), http2_(http2), context_(std::move(context)), stamp_(stamp()) {}

  std::unique_ptr<TlsStream> accept(int fd) override {
    auto stream = std::make_unique<Stream>(current(), fd);
    return stream->made() ? std::move(stream) : nullptr;
  }

 private:
  // Changes with the files; their inode too, since certificates are often replaced by rename.
  std::string stamp() const {
    std::string out;
    for (const auto& path : {config_.cert_file, config_.key_file, config_.client_ca_file}) {
      struct stat s {};
      if (!path.empty() && ::stat(path.c_str(), &s) == 0)
        out += std::to_string(s.st_ino) + '.' + std::to_string(s.st_mtim.tv_sec) + '.' +
               std::to_string(s.st_mtim.tv_nsec) + '.' + std::to_string(s.st_size) + ';';
    }
    return out;
  }

  ContextPtr current() {
    const auto now = system_clock().monotonic();
    std::lock_guard lock(mutex_);
    if (now - looked_ < std::chrono::seconds(1)) return context_;
    looked_ = now;
    auto seen = stamp();
    if (seen == stamp_) return context_;
    auto renewed = make_context(config_, http2_);
    if (renewed) {
      context_ = std::move(*renewed);
      stamp_ = std::move(seen);
      log::info("tls certificate reloaded", {{"cert_file", config_.cert_file}});
    } else if (seen != failed_) {
      failed_ = seen;
      log::error("tls certificate not reloaded", {{"why", renewed.error().message}});
    }
    return context_;
  }

  const TlsServer config_;
  const bool http2_;
  std::mutex mutex_;
  ContextPtr context_;      // guarded by mutex_, as are those below
  std::string stamp_, failed_;
  Nanos looked_{};
};

}  // namespace

Result<std::shared_ptr<TlsContext>> TlsContext::create(const TlsServer& config, bool http2) {
  auto context = TRY(make_context(config, http2));
  return std::shared_ptr<TlsContext>(std::make_shared<Context>(config, http2, std::move(context)));
}

}  // namespace pharos::net
