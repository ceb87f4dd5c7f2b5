#include "net/http_client.hpp"

#include <curl/curl.h>

#include <condition_variable>
#include <cstring>
#include <fstream>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <sstream>
#include <unordered_map>

#include "base/clock.hpp"
#include "base/metric.hpp"
#include "base/short_work.hpp"
#include "base/threads.hpp"
#include "codec/json.hpp"
#include "net/curl_options.hpp"
#include "net/digest.hpp"

namespace pharos::net {
namespace {

constexpr std::size_t kQueueMax = 50'000;     // transfers waiting or running
constexpr long kIdleConnectionsMax = 2'000;
constexpr std::size_t kSpareHandlesMax = 64;
constexpr Nanos kTokenMargin = std::chrono::seconds(10);  // a token this close to its end is not used any more

struct ClientStats {
  Counter started{"pharos_http_client_requests_total", "Outgoing HTTP requests begun."};
  Counter failed{"pharos_http_client_failures_total", "Outgoing HTTP requests that got no answer."};
  Counter refused{"pharos_http_client_queue_full_total", "Outgoing HTTP requests refused because too many were under way."};
};
ClientStats& stats() {
  static ClientStats s;
  return s;
}

// A secret from a file, surrounding white space removed.
Result<std::string> read_secret(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return fail(Errc::io, "unable to read file " + path + ": " + std::strerror(errno));
  std::ostringstream text;
  text << in.rdbuf();
  auto secret = std::move(text).str();
  while (!secret.empty() && std::strchr(" \t\r\n", secret.back())) secret.pop_back();
  secret.erase(0, std::min(secret.find_first_not_of(" \t\r\n"), secret.size()));
  return secret;
}

struct Transfer {
  ClientRequest request;
  std::shared_ptr<const ClientOptions> options;
  std::function<void(Result<ClientReply>)> done;
  std::string authorization;           // header value
  std::vector<std::pair<std::string, std::string>> secret_headers;
  ClientReply reply;
  bool over_limit = false, wants_token = false, unwanted = false;
  std::optional<std::stop_callback<std::function<void()>>> on_stop;
  std::atomic<bool> cancelled{false};
  CURL* handle = nullptr;
  curl_slist* headers = nullptr;
  curl_slist* proxy_headers = nullptr;
  curl_slist* connect_to = nullptr;
  LinkLocalGuard link_local;           // of the hop under way
  char error[CURL_ERROR_SIZE] = "";

  ~Transfer() {
    curl_slist_free_all(headers);
    curl_slist_free_all(proxy_headers);
    curl_slist_free_all(connect_to);
  }
};

struct Token {
  std::string value;
  Nanos expires{};
  bool fetching = false;
  std::vector<std::shared_ptr<Transfer>> waiting;
  std::weak_ptr<const ClientOptions> owner;
};

std::size_t take_body(char* data, std::size_t, std::size_t size, void* user) {
  auto& t = *static_cast<Transfer*>(user);
  if (t.request.on_body) {
    long status = 0;
    curl_easy_getinfo(t.handle, CURLINFO_RESPONSE_CODE, &status);
    if (status / 100 == 2) {
      t.unwanted = !t.request.on_body({data, size});
      return t.unwanted ? 0 : size;
    }
  }
  if (t.reply.body.size() + size > t.request.body_max) {
    t.over_limit = true;
    return 0;
  }
  t.reply.body.append(data, size);
  return size;
}

std::size_t take_header(char* data, std::size_t, std::size_t size, void* user) {
  auto& t = *static_cast<Transfer*>(user);
  std::string_view line(data, size);
  while (line.ends_with('\n') || line.ends_with('\r')) line.remove_suffix(1);
  if (line.starts_with("HTTP/")) {  // a redirect's or a 100's headers are not the answer's
    t.reply.headers = {};
    t.reply.body.clear();
    t.link_local = {};
    return size;
  }
  const auto colon = line.find(':');
  if (colon == line.npos) return size;
  auto value = line.substr(colon + 1);
  while (value.starts_with(' ') || value.starts_with('\t')) value.remove_prefix(1);
  if (t.reply.headers.all().size() < 1000) t.reply.headers.add(line.substr(0, colon), value);
  return size;
}

class CurlClient final : public HttpClient {
 public:
  CurlClient() : multi_(curl_multi_init()) {
    curl_multi_setopt(multi_, CURLMOPT_MAXCONNECTS, kIdleConnectionsMax);
    curl_multi_setopt(multi_, CURLMOPT_PIPELINING, CURLPIPE_MULTIPLEX);
    thread_ = start_thread("http-client", [this](std::stop_token stop) { run(stop); });
  }
  ~CurlClient() override {
    thread_.request_stop();
    curl_multi_wakeup(multi_);
    thread_.join();
    for (auto* handle : spare_) curl_easy_cleanup(handle);
    curl_multi_cleanup(multi_);
  }

  void start(ClientRequest request, std::shared_ptr<const ClientOptions> options,
             std::function<void(Result<ClientReply>)> done) override {
    begin(std::move(request), std::move(options), std::move(done));
  }

  std::shared_ptr<Transfer> begin(ClientRequest request, std::shared_ptr<const ClientOptions> options,
                                  std::function<void(Result<ClientReply>)> done) {
    static const auto kDefaults = std::make_shared<const ClientOptions>();
    auto t = std::make_shared<Transfer>();
    t->request = std::move(request);
    t->options = options ? std::move(options) : kDefaults;
    t->done = std::move(done);
    stats().started.add();
    std::optional<Error> refusal;
    if (auto ready = authorize(*t); !ready) {
      refusal = std::move(ready).error();
    } else {
      std::lock_guard lock(mutex_);
      if (count_ >= kQueueMax) {
        refusal = Error{Errc::limit, "too many outgoing HTTP requests under way"};
        stats().refused.add();
      } else {
        ++count_;
        incoming_.push_back(t);
      }
    }
    // `done` belongs to the loop thread, also for what never started.
    if (refusal) {
      std::lock_guard lock(mutex_);
      refused_.emplace_back(t, std::move(*refusal));
    }
    // Registered last: it may run at once. It does not own the transfer that owns it.
    if (t->request.stop.stop_possible())
      t->on_stop.emplace(t->request.stop, [this, weak = std::weak_ptr(t)] {
        if (const auto transfer = weak.lock()) cancel(transfer);
      });
    curl_multi_wakeup(multi_);
    return t;
  }

  void cancel(const std::shared_ptr<Transfer>& t) {
    t->cancelled.store(true);
    {
      std::lock_guard lock(mutex_);
      cancelled_.push_back(t);
    }
    curl_multi_wakeup(multi_);
  }

 private:
  // Secrets are read now, on the caller's thread.
  Status authorize(Transfer& t) {
    const auto& auth = t.options->auth;
    if (auth.oauth2) {
      t.wants_token = true;
    } else if (!auth.authorization_type.empty() || !auth.authorization_credentials.empty() || !auth.authorization_credentials_file.empty()) {
      auto credentials = auth.authorization_credentials;
      if (!auth.authorization_credentials_file.empty()) credentials = TRY(read_secret(auth.authorization_credentials_file));
      t.authorization = (auth.authorization_type.empty() ? "Bearer" : auth.authorization_type) + ' ' + credentials;
    } else if (!auth.basic_username.empty() || !auth.basic_username_file.empty() || !auth.basic_password.empty() ||
               !auth.basic_password_file.empty()) {
      auto user = auth.basic_username, password = auth.basic_password;
      if (!auth.basic_username_file.empty()) user = TRY(read_secret(auth.basic_username_file));
      if (!auth.basic_password_file.empty()) password = TRY(read_secret(auth.basic_password_file));
      t.authorization = "Basic " + base64(user + ':' + password);
    }
    for (const auto& [name, file] : t.options->header_files) {
      auto value = TRY(read_secret(file));
      t.secret_headers.emplace_back(name, std::move(value));
    }
    return {};
  }

  void run(std::stop_token stop) {
    while (!stop.stop_requested()) {
      accept_new();
      int running = 0;
      curl_multi_perform(multi_, &running);
      finish_done();
      bool more;
      {
        std::lock_guard lock(mutex_);
        more = !incoming_.empty() || !cancelled_.empty() || !refused_.empty();
      }
      if (!more) curl_multi_poll(multi_, nullptr, 0, running ? 1000 : 60'000, nullptr);
    }
    accept_new();
    std::vector<std::shared_ptr<Transfer>> left;
    for (auto& [handle, t] : active_) left.push_back(t);
    for (auto& [key, token] : tokens_) left.insert(left.end(), token.waiting.begin(), token.waiting.end());
    for (auto& t : left) finish(t, fail(Errc::cancelled, "the HTTP client is closing"));
  }

  void accept_new() {
    std::vector<std::shared_ptr<Transfer>> incoming, cancelled;
    std::vector<std::pair<std::shared_ptr<Transfer>, Error>> refused;
    {
      std::lock_guard lock(mutex_);
      incoming.swap(incoming_);
      cancelled.swap(cancelled_);
      refused.swap(refused_);
    }
    for (auto& [t, error] : refused) {
      stats().failed.add();
      t->done(fail(std::move(error)));
    }
    for (auto& t : incoming) {
      if (t->cancelled.load()) finish(t, fail(Errc::cancelled, "cancelled"));
      else if (t->wants_token) with_token(t);
      else launch(t);
    }
    for (auto& t : cancelled)
      if (t->handle) finish(t, outcome(*t, CURLE_ABORTED_BY_CALLBACK));
  }

  void with_token(const std::shared_ptr<Transfer>& t) {
    auto& token = tokens_[t->options.get()];
    if (token.owner.lock() != t->options) token = Token{.owner = t->options};
    if (!token.value.empty() && system_clock().monotonic() + kTokenMargin < token.expires) {
      t->authorization = "Bearer " + token.value;
      return launch(t);
    }
    token.waiting.push_back(t);
    if (token.fetching) return;
    token.fetching = true;
    const auto& oauth2 = *t->options->auth.oauth2;
    auto fetch = std::make_shared<Transfer>();
    std::string secret = oauth2.client_secret;
    const auto* key = t->options.get();
    fetch->done = [this, key](Result<ClientReply> reply) { token_came(key, std::move(reply)); };
    if (!oauth2.client_secret_file.empty()) {
      auto read = read_secret(oauth2.client_secret_file);
      if (!read) return token_came(key, fail(std::move(read).error()));
      secret = std::move(*read);
    }
    auto options = std::make_shared<ClientOptions>();
    options->tls = oauth2.tls;
    options->refuse_link_local = t->options->refuse_link_local;
    options->proxy_url = oauth2.proxy_url;
    options->no_proxy = oauth2.no_proxy;
    options->proxy_from_environment = oauth2.proxy_from_environment;
    fetch->options = std::move(options);
    fetch->request.method = "POST";
    fetch->request.url = oauth2.token_url;
    fetch->request.timeout = t->request.timeout;
    fetch->request.body_max = 1 << 20;
    fetch->request.headers.emplace_back("Content-Type", "application/x-www-form-urlencoded");
    fetch->authorization = "Basic " + base64(url_encode(oauth2.client_id) + ':' + url_encode(secret));
    auto& body = fetch->request.body;
    body = "grant_type=client_credentials";
    if (!oauth2.scopes.empty()) {
      std::string scopes;
      for (const auto& scope : oauth2.scopes) scopes += (scopes.empty() ? "" : " ") + scope;
      body += "&scope=" + url_encode(scopes);
    }
    for (const auto& [name, value] : oauth2.endpoint_params) body += '&' + url_encode(name) + '=' + url_encode(value);
    {
      std::lock_guard lock(mutex_);
      ++count_;
    }
    launch(fetch);
  }

  void token_came(const ClientOptions* key, Result<ClientReply> reply) {
    const auto found = tokens_.find(key);
    if (found == tokens_.end()) return;
    auto& token = found->second;
    token.fetching = false;
    auto waiting = std::exchange(token.waiting, {});
    std::string why;
    if (!reply) {
      why = reply.error().message;
    } else if (reply->status / 100 != 2) {
      why = "HTTP status " + std::to_string(reply->status);
    } else if (auto json = codec::Json::parse(reply->body); !json || (*json)["access_token"].string().empty()) {
      why = "the answer has no access_token";
    } else {
      token.value = (*json)["access_token"].string();
      const auto seconds = (*json)["expires_in"].integer(3600);
      token.expires = system_clock().monotonic() + std::chrono::seconds(std::clamp<std::int64_t>(seconds, 0, 1 << 30));
    }
    for (auto& t : waiting) {
      if (t->cancelled.load()) {
        finish(t, fail(Errc::cancelled, "cancelled"));
      } else if (why.empty()) {
        t->authorization = "Bearer " + token.value;
        launch(t);
      } else {
        finish(t, fail(Errc::io, "oauth2: cannot fetch token: " + why));
      }
    }
    // Configurations that are gone take their tokens with them.
    if (tokens_.size() > 1000) std::erase_if(tokens_, [](auto& entry) { return !entry.second.fetching && entry.second.owner.expired(); });
  }

  void launch(const std::shared_ptr<Transfer>& t) {
    CURL* h = spare_.empty() ? curl_easy_init() : spare_.back();
    if (!spare_.empty()) spare_.pop_back();
    if (!h) return finish(t, fail(Errc::internal, "curl_easy_init failed"));
    t->handle = h;
    configure(*t);
    active_.emplace(h, t);
    if (const auto code = curl_multi_add_handle(multi_, h); code != CURLM_OK)
      finish(t, fail(Errc::internal, curl_multi_strerror(code)));
  }

  static void configure(Transfer& t) {
    CURL* h = t.handle;
    const auto& r = t.request;
    const auto& o = *t.options;
    curl_easy_setopt(h, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(h, CURLOPT_ERRORBUFFER, t.error);
    curl_easy_setopt(h, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(h, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(h, CURLOPT_FOLLOWLOCATION, o.follow_redirects ? 1L : 0L);
    curl_easy_setopt(h, CURLOPT_MAXREDIRS, 10L);
    curl_easy_setopt(h, CURLOPT_TIMEOUT_MS, static_cast<long>(r.timeout.count()));
    curl_easy_setopt(h, CURLOPT_WRITEFUNCTION, take_body);
    curl_easy_setopt(h, CURLOPT_WRITEDATA, &t);
    curl_easy_setopt(h, CURLOPT_HEADERFUNCTION, take_header);
    curl_easy_setopt(h, CURLOPT_HEADERDATA, &t);
    curl_easy_setopt(h, CURLOPT_HTTP_VERSION, static_cast<long>(o.http2 ? CURL_HTTP_VERSION_2TLS : CURL_HTTP_VERSION_1_1));
    if (r.accept_compressed) curl_easy_setopt(h, CURLOPT_ACCEPT_ENCODING, "gzip");
    if (r.method == "HEAD") {
      curl_easy_setopt(h, CURLOPT_NOBODY, 1L);
    } else if (r.method == "POST" || !r.body.empty()) {
      curl_easy_setopt(h, CURLOPT_POST, 1L);
      curl_easy_setopt(h, CURLOPT_POSTFIELDS, r.body.data());
      curl_easy_setopt(h, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(r.body.size()));
      if (r.method != "POST") curl_easy_setopt(h, CURLOPT_CUSTOMREQUEST, r.method.c_str());
    } else if (r.method != "GET") {
      curl_easy_setopt(h, CURLOPT_CUSTOMREQUEST, r.method.c_str());
    }
    // An empty proxy keeps curl from looking at the environment.
    if (!o.proxy_url.empty()) curl_easy_setopt(h, CURLOPT_PROXY, o.proxy_url.c_str());
    else if (!o.proxy_from_environment) curl_easy_setopt(h, CURLOPT_PROXY, "");
    if (!o.no_proxy.empty()) curl_easy_setopt(h, CURLOPT_NOPROXY, o.no_proxy.c_str());
    Headers given;
    const auto add = [&](std::string_view name, std::string_view value) {
      std::string line(name);
      line += value.empty() ? ";" : ": ";
      line += value;
      std::erase_if(line, [](char c) { return c == '\r' || c == '\n'; });
      t.headers = curl_slist_append(t.headers, line.c_str());
      given.add(name, value);
    };
    std::string url = r.url;
    if (!o.tls.server_name.empty() && url.starts_with("https://")) use_server_name(t, o.tls.server_name, url, add);
    curl_easy_setopt(h, CURLOPT_URL, url.c_str());
    for (const auto& [name, value] : r.headers) add(name, value);
    for (const auto& [name, value] : o.headers) add(name, value);
    for (const auto& [name, value] : t.secret_headers) add(name, value);
    if (!t.authorization.empty() && given.get("Authorization").empty()) add("Authorization", t.authorization);
    if (given.get("User-Agent").empty()) curl_easy_setopt(h, CURLOPT_USERAGENT, "Pharos/0.1");
    t.headers = curl_slist_append(t.headers, "Expect:");
    curl_easy_setopt(h, CURLOPT_HTTPHEADER, t.headers);
    if (!o.proxy_connect_headers.empty()) {
      for (const auto& [name, value] : o.proxy_connect_headers)
        t.proxy_headers = curl_slist_append(t.proxy_headers, (name + ": " + value).c_str());
      curl_easy_setopt(h, CURLOPT_HEADEROPT, static_cast<long>(CURLHEADER_SEPARATE));
      curl_easy_setopt(h, CURLOPT_PROXYHEADER, t.proxy_headers);
    }
    set_curl_tls(h, o.tls);
    if (o.refuse_link_local) refuse_curl_link_local(h, t.link_local);
  }

  // SNI and verification for another name than the URL's host: connect to the URL's host, ask for
  // `name`, and keep the Host header.
  template <class Add>
  static void use_server_name(Transfer& t, const std::string& name, std::string& url, Add&& add) {
    const auto begin = std::string_view("https://").size();
    const auto end = std::min(url.find_first_of("/?#", begin), url.size());
    auto authority = url.substr(begin, end - begin);
    if (const auto at = authority.rfind('@'); at != authority.npos) authority.erase(0, at + 1);
    const auto colon = authority.rfind(':');
    const bool has_port = colon != authority.npos && authority.find(']', colon) == authority.npos;
    const auto host = authority.substr(0, has_port ? colon : authority.npos);
    const auto port = has_port ? authority.substr(colon + 1) : std::string("443");
    t.connect_to = curl_slist_append(nullptr, (name + ':' + port + ':' + host + ':' + port).c_str());
    curl_easy_setopt(t.handle, CURLOPT_CONNECT_TO, t.connect_to);
    add("Host", authority);
    url.replace(begin, end - begin, name + ':' + port);
  }

  void finish_done() {
    int left = 0;
    while (auto* message = curl_multi_info_read(multi_, &left)) {
      if (message->msg != CURLMSG_DONE) continue;
      const auto found = active_.find(message->easy_handle);
      if (found == active_.end()) continue;
      const auto t = found->second;
      finish(t, outcome(*t, message->data.result));
    }
  }

  static Result<ClientReply> outcome(Transfer& t, CURLcode code) {
    long status = 0;
    curl_easy_getinfo(t.handle, CURLINFO_RESPONSE_CODE, &status);
    // A redirect's status is not the last word.
    const bool answered = t.request.partial_body && status / 100 != 1 && status / 100 != 3 && status != 0;
    if (code == CURLE_OK || answered) {
      if (code != CURLE_OK) t.reply.body_error = t.over_limit ? "body size limit exceeded" : curl_easy_strerror(code);
      curl_off_t wire = 0;
      curl_easy_getinfo(t.handle, CURLINFO_SIZE_DOWNLOAD_T, &wire);
      t.reply.status = static_cast<int>(status);
      t.reply.wire_bytes = static_cast<std::uint64_t>(wire);
      return std::move(t.reply);
    }
    // Worded as Go's client does: `Get "http://…": why`.
    std::string verb = t.request.method;
    for (std::size_t i = 1; i < verb.size(); ++i) verb[i] = static_cast<char>(verb[i] | 0x20);
    const auto where = verb + " \"" + t.request.url + "\": ";
    if (t.over_limit) return fail(Errc::limit, "body size limit exceeded");
    if (t.cancelled.load()) return fail(Errc::cancelled, "cancelled");
    if (t.link_local.refused_all()) return fail(Errc::denied, where + kLinkLocalRefused);
    if (t.unwanted) return fail(Errc::cancelled, where + "no longer wanted");
    if (code == CURLE_OPERATION_TIMEDOUT) return fail(Errc::timeout, where + "context deadline exceeded");
    const auto kind = code == CURLE_URL_MALFORMAT || code == CURLE_UNSUPPORTED_PROTOCOL ? Errc::invalid : Errc::io;
    return fail(kind, where + (t.error[0] ? t.error : curl_easy_strerror(code)));
  }

  void finish(const std::shared_ptr<Transfer>& t, Result<ClientReply> result) {
    if (t->handle) {
      curl_multi_remove_handle(multi_, t->handle);
      active_.erase(t->handle);
      if (spare_.size() < kSpareHandlesMax) {
        curl_easy_reset(t->handle);
        spare_.push_back(t->handle);
      } else {
        curl_easy_cleanup(t->handle);
      }
      t->handle = nullptr;
    }
    {
      std::lock_guard lock(mutex_);
      --count_;
    }
    if (!result) stats().failed.add();
    if (auto done = std::exchange(t->done, nullptr)) done(std::move(result));
  }

  CURLM* multi_;
  std::vector<CURL*> spare_;                                     // loop thread only, as the next two
  std::unordered_map<CURL*, std::shared_ptr<Transfer>> active_;
  std::map<const ClientOptions*, Token> tokens_;
  std::mutex mutex_;
  std::vector<std::shared_ptr<Transfer>> incoming_, cancelled_;  // guarded by mutex_, as the next two
  std::vector<std::pair<std::shared_ptr<Transfer>, Error>> refused_;
  std::size_t count_ = 0;
  std::jthread thread_;
};

}  // namespace

std::unique_ptr<HttpClient> HttpClient::create() {
  static const auto initialised = curl_global_init(CURL_GLOBAL_DEFAULT);
  (void)initialised;
  return std::make_unique<CurlClient>();
}

Result<ClientReply> HttpClient::fetch(ClientRequest request, std::shared_ptr<const ClientOptions> options,
                                      std::stop_token stop) {
  struct Waiting {
    std::mutex mutex;
    std::condition_variable came;
    std::optional<Result<ClientReply>> result;
  };
  const auto waiting = std::make_shared<Waiting>();
  const auto done = [waiting](Result<ClientReply> result) {
    std::lock_guard lock(waiting->mutex);
    waiting->result = std::move(result);
    waiting->came.notify_all();
  };
  auto* curl = dynamic_cast<CurlClient*>(this);
  std::shared_ptr<Transfer> transfer;
  if (curl) transfer = curl->begin(std::move(request), std::move(options), done);
  else start(std::move(request), std::move(options), done);
  const std::stop_callback on_stop(stop, [&] {
    if (curl) return curl->cancel(transfer);
    std::lock_guard lock(waiting->mutex);
    if (!waiting->result) waiting->result = fail(Errc::cancelled, "cancelled");
    waiting->came.notify_all();
  });
  note_long_work();
  std::unique_lock lock(waiting->mutex);
  waiting->came.wait(lock, [&] { return waiting->result.has_value(); });
  return std::move(*waiting->result);
}

}  // namespace pharos::net
