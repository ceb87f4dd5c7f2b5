// WeChat Work: a token for corp id and secret, kept for its two hours, then the message.
#include <mutex>

#include "base/clock.hpp"
#include "rules/receivers/sender.hpp"
#include "rules/template_functions.hpp"

namespace pharos::rules::receivers {
namespace {

constexpr Nanos kTokenLife = std::chrono::hours(2);
constexpr std::int64_t kInvalidToken = 40001, kInvalidTokenToo = 40014, kExpiredToken = 42001;

class Wechat final : public HttpIntegration {
 public:
  Wechat(const WechatSettings& settings, const Place& place)
      : HttpIntegration("wechat", place.index, settings, place.options, place.allow_link_local),
        settings_(settings) {}

 private:
  std::string known_token() {
    std::lock_guard lock(mutex_);
    return system_clock().monotonic() < token_end_ ? token_ : std::string();
  }
  void set_token(std::string token) {
    std::lock_guard lock(mutex_);
    token_end_ = token.empty() ? Nanos{} : system_clock().monotonic() + kTokenLife;
    token_ = std::move(token);
  }

  // Fills in `token`, or says why not.
  notify::SendOutcome fetch_token(Texts& texts, Sender& sender, std::string& token) {
    const auto secret = settings_.api_secret.read();
    if (!secret) return retry(secret.error().message);
    net::ClientRequest request;
    request.url = settings_.api_url +
                  "gettoken?corpid=" + detail::query_escape(texts(settings_.corp_id)) +
                  "&corpsecret=" + detail::query_escape(texts(*secret));
    net::ClientReply reply;
    auto outcome = sender.exchange(std::move(request), {}, reply);
    outcome.unconfirmed = false;  // it only asked
    if (outcome.kind != notify::SendOutcome::Kind::sent) return outcome;
    const auto json = codec::Json::parse(reply.body);
    token = json ? (*json)["access_token"].string() : std::string();
    if (token.empty())
      return failed("invalid APISecret for CorpID: " + settings_.corp_id, reply.status);
    set_token(token);
    return outcome;
  }

  std::string message(Texts& texts) const {
    const auto& c = settings_;
    const std::string content = texts.body(c.message);
    const bool markdown = c.message_type == "markdown";
    std::string out;
    codec::JsonWriter json(out);
    json.begin_object();
    json.key("text").begin_object();
    put(json, "content", markdown ? std::string() : content);
    json.end_object();
    put_some(json, "touser", texts(c.to_user));
    put_some(json, "toparty", texts(c.to_party));
    put_some(json, "totag", texts(c.to_tag));
    put_some(json, "agentid", texts(c.agent_id));
    put(json, "safe", "0");
    put(json, "msgtype", c.message_type);
    json.key("markdown").begin_object();
    put(json, "content", markdown ? content : std::string());
    json.end_object().end_object();
    return out;
  }

  notify::SendOutcome deliver(const notify::Notification&, Texts& texts, Sender& sender) override {
    std::string token = known_token();
    if (token.empty()) {
      auto outcome = fetch_token(texts, sender, token);
      if (outcome.kind != notify::SendOutcome::Kind::sent) return outcome;
    }
    net::ClientReply reply;
    auto outcome = sender.post_json(
        settings_.api_url + "message/send?access_token=" + detail::query_escape(token),
        message(texts), {}, reply);
    if (outcome.kind != notify::SendOutcome::Kind::sent) return outcome;
    const auto json = codec::Json::parse(reply.body);
    if (!json) return unconfirmed("could not unmarshal JSON response of WeChat", reply.status);
    const auto code = (*json)["errcode"].integer();
    if (code == 0) return outcome;
    const std::string error =
        "errcode " + std::to_string(code) + ": " + limit_bytes((*json)["errmsg"].string(), 1000);
    if (code == kInvalidToken || code == kInvalidTokenToo || code == kExpiredToken) {
      set_token({});
      return retry(error, reply.status);
    }
    return failed(error, reply.status);
  }

  const WechatSettings settings_;
  std::mutex mutex_;
  std::string token_;  // guarded by mutex_, as the next
  Nanos token_end_{};
};

}  // namespace

Made make_wechat(const WechatSettings& settings, const Place& place) {
  return std::make_unique<Wechat>(settings, place);
}

}  // namespace pharos::rules::receivers
