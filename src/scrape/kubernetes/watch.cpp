#include "scrape/kubernetes/watch.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <stop_token>
#include <utility>

namespace pharos::scrape::kubernetes {
namespace {

using codec::Json;

constexpr std::uint64_t kListBytesMax = 256u << 20;
constexpr std::size_t kPageObjects = 500;
constexpr std::size_t kLineBytesMax = 16u << 20;    // one event; etcd's objects are below 2 MiB
constexpr std::size_t kUnreadBytesMax = 64u << 20;  // of a watch, waiting for our thread
constexpr std::chrono::seconds kWatchSeconds{300};  // and up to twice that: not all at one time
constexpr Millis kListTimeout = std::chrono::seconds(60);
constexpr Millis kBackoffFirst{200}, kBackoffMax = std::chrono::seconds(30);

std::string url_encoded(std::string_view text) {
  constexpr char kHex[] = "0123456789ABCDEF";
  std::string out;
  for (const unsigned char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '_' || c == '.' || c == '~';
    if (plain)
      out += static_cast<char>(c);
    else
      out.append({'%', kHex[c >> 4], kHex[c & 15]});
  }
  return out;
}

}  // namespace

std::string path_of(const WatchTarget& target) {
  struct Resource {
    std::string_view base, plural;
  };
  constexpr std::array<Resource, 7> kResources{{{"/api/v1", "nodes"},
                                                {"/api/v1", "pods"},
                                                {"/api/v1", "services"},
                                                {"/api/v1", "endpoints"},
                                                {"/apis/discovery.k8s.io/v1", "endpointslices"},
                                                {"/apis/networking.k8s.io/v1", "ingresses"},
                                                {"/api/v1", "namespaces"}}};
  const auto& resource = kResources[static_cast<std::size_t>(target.kind)];
  std::string out(resource.base);
  if (!target.space.empty()) out += "/namespaces/" + url_encoded(target.space);
  return out + "/" + std::string(resource.plural);
}

// Where the client's thread leaves what comes; outlives the watch while a request is under way.
struct Watch::Mail {
  std::mutex mutex;
  bool open = true;
  std::uint64_t task = 0;
  std::string bytes;  // of a watch
  bool overflow = false;
  std::optional<Result<net::ClientReply>> reply;  // the end of a request
  std::stop_source stop;                          // ends the request under way
};

Watch::Watch(WatchTarget target, Access access, std::shared_ptr<net::HttpClient> client,
             RefreshTimers& timers, const Clock& clock, Events events, Failed failed)
    : target_(std::move(target)),
      access_(std::move(access)),
      client_(std::move(client)),
      timers_(timers),
      clock_(clock),
      events_(std::move(events)),
      failed_(std::move(failed)) {}
Watch::~Watch() {
  stop();
}

void Watch::start() {
  mail_ = std::make_shared<Mail>();
  const std::lock_guard lock(mail_->mutex);  // the first step waits until it knows its own number
  mail_->task = timers_.add([this] { return step(); });
}

void Watch::stop() {
  if (mail_ == nullptr) return;
  std::stop_source running;
  {
    const std::lock_guard lock(mail_->mutex);
    mail_->open = false;
    running = mail_->stop;
  }
  running.request_stop();
  timers_.remove(mail_->task);
  mail_ = nullptr;
}

Nanos Watch::step() {
  std::string bytes;
  std::optional<Result<net::ClientReply>> reply;
  bool overflow = false;
  {
    const std::lock_guard lock(mail_->mutex);
    bytes.swap(mail_->bytes);
    reply.swap(mail_->reply);
    overflow = mail_->overflow;
  }
  if (phase_ == Phase::idle) {
    version_.empty() ? list() : watch();
    return Nanos::max();
  }
  if (phase_ == Phase::listing) return reply ? take_list(std::move(*reply)) : Nanos::max();
  if (overflow)
    return give_up(
        {Errc::limit, "more than " + std::to_string(kUnreadBytesMax) + " bytes of events wait"},
        true);
  if (!bytes.empty())
    if (const auto next = take_lines(bytes); next != Nanos::max()) return next;
  return reply ? take_end(std::move(*reply)) : Nanos::max();
}

void Watch::list() {
  phase_ = Phase::listing;
  net::ClientRequest request;
  request.url = access_.url + path_of(target_) + "?limit=" + std::to_string(kPageObjects);
  if (!continue_.empty()) request.url += "&continue=" + url_encoded(continue_);
  if (!target_.label_selector.empty())
    request.url += "&labelSelector=" + url_encoded(target_.label_selector);
  if (!target_.field_selector.empty())
    request.url += "&fieldSelector=" + url_encoded(target_.field_selector);
  request.headers = {{"Accept", "application/json"}};
  request.timeout = kListTimeout;
  request.body_max = kListBytesMax;
  {
    const std::lock_guard lock(mail_->mutex);
    mail_->stop = std::stop_source();
    request.stop = mail_->stop.get_token();
  }
  client_->start(std::move(request), access_.http,
                 [mail = mail_, &timers = timers_](Result<net::ClientReply> answer) {
                   const std::lock_guard lock(mail->mutex);
                   if (!mail->open) return;  // then the timers may be gone too
                   mail->reply = std::move(answer);
                   timers.kick(mail->task);
                 });
}

Nanos Watch::take_list(Result<net::ClientReply> reply) {
  phase_ = Phase::idle;
  if (!reply) return give_up(reply.error(), true);
  // A list in pages whose snapshot is gone begins again.
  if (reply->status == 410) return give_up({Errc::not_found, "the list expired"}, true);
  if (reply->status != 200)
    return give_up({Errc::io, "HTTP status " + std::to_string(reply->status) + ": " +
                                  reply->body.substr(0, 200)},
                   true);
  auto json = Json::parse(reply->body);
  if (!json) return give_up(std::move(json).error().in("list"), true);
  for (const auto& item : (*json)["items"].items()) {
    auto object = parse_object(target_.kind, item);
    if (!object) return give_up(object.error(), true);
    pages_.changed.push_back(std::move(*object));
  }
  continue_ = (*json)["metadata"]["continue"].string();
  if (!continue_.empty()) return Nanos(0);
  version_ = (*json)["metadata"]["resourceVersion"].string();
  if (version_.empty()) version_ = "0";
  failures_ = 0;
  listed_ = true;
  pages_.replaced = true;
  events_(std::exchange(pages_, {}));
  return Nanos(0);
}

void Watch::watch() {
  phase_ = Phase::watching;
  line_.clear();
  const auto seconds =
      kWatchSeconds.count() + static_cast<std::int64_t>(random_.below(kWatchSeconds.count()));
  net::ClientRequest request;
  request.url = access_.url + path_of(target_) +
                "?watch=1&allowWatchBookmarks=true&resourceVersion=" + url_encoded(version_) +
                "&timeoutSeconds=" + std::to_string(seconds);
  if (!target_.label_selector.empty())
    request.url += "&labelSelector=" + url_encoded(target_.label_selector);
  if (!target_.field_selector.empty())
    request.url += "&fieldSelector=" + url_encoded(target_.field_selector);
  request.headers = {{"Accept", "application/json"}};
  request.timeout = std::chrono::seconds(seconds + 30);
  request.accept_compressed =
      false;  // an event must come when it happens, not when a block is full
  {
    const std::lock_guard lock(mail_->mutex);
    mail_->stop = std::stop_source();
    mail_->overflow = false;
    request.stop = mail_->stop.get_token();
  }
  request.on_body = [mail = mail_, &timers = timers_](std::string_view piece) {
    const std::lock_guard lock(mail->mutex);
    if (!mail->open) return false;
    if (mail->bytes.size() + piece.size() > kUnreadBytesMax) {
      mail->overflow = true;
    } else {
      mail->bytes.append(piece);
    }
    timers.kick(mail->task);
    return !mail->overflow;
  };
  client_->start(std::move(request), access_.http,
                 [mail = mail_, &timers = timers_](Result<net::ClientReply> answer) {
                   const std::lock_guard lock(mail->mutex);
                   if (!mail->open) return;
                   mail->reply = std::move(answer);
                   timers.kick(mail->task);
                 });
}

// Nanos::max() when all is well and the watch goes on.
Nanos Watch::take_lines(std::string_view bytes) {
  WatchEvents events;
  std::optional<Error> broken;
  bool forget = false;
  while (!bytes.empty() && !broken) {
    const auto newline = bytes.find('\n');
    line_.append(bytes.substr(0, newline));
    bytes = newline == bytes.npos ? std::string_view() : bytes.substr(newline + 1);
    if (line_.size() > kLineBytesMax) {
      broken =
          Error{Errc::limit, "an event of more than " + std::to_string(kLineBytesMax) + " bytes"};
      break;
    }
    if (newline == std::string_view::npos) break;
    const auto line = std::exchange(line_, {});
    if (line.empty()) continue;
    auto json = Json::parse(line);
    if (!json) {
      broken = std::move(json).error().in("watch");
      break;
    }
    const auto& type = (*json)["type"].string();
    const auto& object = (*json)["object"];
    if (type == "ERROR") {
      forget = object["code"].integer() == 410 || object["reason"].string() == "Expired";
      broken = Error{forget ? Errc::not_found : Errc::io, "watch: " + object["message"].string()};
      break;
    }
    failures_ = 0;
    if (const auto& version = object["metadata"]["resourceVersion"].string(); !version.empty())
      version_ = version;
    if (type == "BOOKMARK") continue;
    auto parsed = parse_object(target_.kind, object);
    if (!parsed) {
      broken = std::move(parsed).error().in("watch");
      break;
    }
    // One object's last word counts.
    const auto key = parsed->meta.key();
    std::erase_if(events.changed, [&](const Object& other) { return other.meta.key() == key; });
    std::erase(events.removed, key);
    if (type == "DELETED")
      events.removed.push_back(key);
    else
      events.changed.push_back(std::move(*parsed));
  }
  if (!events.changed.empty() || !events.removed.empty()) events_(std::move(events));
  if (!broken) return Nanos::max();
  return give_up(std::move(*broken), forget);
}

// The server closes a watch after its time: that is no failure.
Nanos Watch::take_end(Result<net::ClientReply> reply) {
  phase_ = Phase::idle;
  if (reply && reply->status == 200) return Nanos(0);
  if (reply && reply->status == 410)
    return give_up({Errc::not_found, "the watch's place expired"}, true);
  if (reply)
    return give_up({Errc::io, "HTTP status " + std::to_string(reply->status) + ": " +
                                  reply->body.substr(0, 200)},
                   false);
  return give_up(reply.error(), false);
}

// `forget`: where we were is of no use, list anew. What is known stays until the list is there.
Nanos Watch::give_up(Error error, bool forget) {
  phase_ = Phase::idle;
  if (forget) {
    version_.clear();
    continue_.clear();
    pages_ = {};
  }
  // What a request that has been ended still delivers is not for the next one.
  line_.clear();
  auto next = std::make_shared<Mail>();
  std::stop_source running;
  {
    const std::lock_guard lock(mail_->mutex);
    next->task = mail_->task;
    mail_->open = false;
    running = mail_->stop;
  }
  mail_ = std::move(next);
  running.request_stop();
  failed_(error);
  // Once at once: a server that restarts or an expired place is the rule, not the exception.
  const auto failures = failures_++;
  if (failures == 0) return Nanos(0);
  const auto base =
      std::min<std::int64_t>(kBackoffMax.count(), kBackoffFirst.count() << std::min(failures, 12u));
  return Millis(base / 2 +
                static_cast<std::int64_t>(random_.below(static_cast<std::uint64_t>(base / 2 + 1))));
}

}  // namespace pharos::scrape::kubernetes
