#include <unistd.h>
#include "rules/receivers/integrations_fixture_test.hpp"

#include <algorithm>
#include <map>

namespace pharos::rules::receivers {
namespace {

net::Response answer_kindly(const net::Request& r) {
  const auto& path = r.path;
  const auto has = [&](std::string_view what) { return path.find(what) != path.npos; };
  if (has("gettoken")) return net::Response::json(200, R"({"access_token":"tok","errcode":0})");
  if (has("wechat")) return net::Response::json(200, R"({"errcode":0,"errmsg":"ok"})");
  if (has("telegram")) return net::Response::json(200, R"({"ok":true})");
  if (has("rocket")) return net::Response::json(200, R"({"success":true})");
  return net::Response::text(200, "ok");
}

// What a real Alertmanager sent (tests/receivers/record.py), byte for byte.
TEST(Integrations, SendWhatAlertmanagerSends) {
  Recorder recorder(answer_kindly);
  std::string yaml = file_text("receivers.yml");
  const auto config = codec::Yaml::parse(yaml, "receivers.yml");
  ASSERT_TRUE(config);
  for (auto at = yaml.find("@BASE@"); at != yaml.npos; at = yaml.find("@BASE@", at))
    yaml.replace(at, 6, recorder.url());
  const auto root = codec::Yaml::parse(yaml, "receivers.yml");
  const auto receiver = parse_receiver(root->find("receivers")->items()[0], GlobalSettings{});
  ASSERT_TRUE(receiver) << receiver.error().message;
  const auto integrations = make_integrations(**receiver, options());
  ASSERT_TRUE(integrations);
  const auto alerts = codec::Json::parse(file_text("alerts.json"));
  const auto recorded = codec::Json::parse(file_text("alertmanager.json"));
  ASSERT_TRUE(alerts && recorded);
  std::size_t compared = 0;
  for (std::size_t s = 0; s < alerts->items().size(); ++s)
    for (std::size_t phase = 0; phase < 3; ++phase) {
      const auto n = phase_of(alerts->items()[s]["alerts"], phase);
      (void)recorder.take();
      for (const auto& integration : *integrations) {
        if (phase == 2 && !integration->send_resolved()) continue;
        const auto outcome = integration->send(n, std::chrono::seconds(10), {});
        EXPECT_EQ(outcome.kind, SendOutcome::Kind::sent)
            << integration->kind() << ": " << outcome.error;
        EXPECT_EQ(outcome.template_error, "");
      }
      std::map<std::string, net::Request> ours;
      for (auto& request : recorder.take())
        ours.emplace(request.method + " " + Recorder::target(request), request);
      for (const auto& theirs : recorded->items()[s]["phases"].items()[phase].items()) {
        const std::string target = theirs["method"].string() + " " + theirs["path"].string();
        ASSERT_TRUE(ours.contains(target)) << target << " was not asked";
        std::string body = theirs["body"].string();
        // PagerDuty refuses an empty severity, so we do not send one.
        constexpr std::string_view kNone = "\"severity\":\"\"";
        if (const auto at = body.find(kNone); at != body.npos)
          body.replace(at, kNone.size(), "\"severity\":\"error\"");
        EXPECT_EQ(ours[target].body, body) << target;
        for (const auto& [name, value] : theirs["headers"].members())
          EXPECT_EQ(ours[target].headers.get(name), value.string()) << target << " " << name;
        ++compared;
      }
    }
  EXPECT_GE(compared, 120u);
}

TEST(Integrations, TellWhatToTryAgainAndWhen) {
  int status = 200;
  Recorder recorder([&](const net::Request&) {
    auto response = net::Response::text(status, "because");
    if (status == 429) response.headers.set("Retry-After", "7");
    return response;
  });
  const auto made =
      make("{name: a, webhook_configs: [{url: '" + recorder.url() + "/secret/path?k=v'}]}");
  const auto outcome_of = [&](int answer) {
    status = answer;
    return send(made, firing());
  };
  EXPECT_EQ(outcome_of(204).kind, SendOutcome::Kind::sent);
  EXPECT_EQ(outcome_of(400).kind, SendOutcome::Kind::failed);
  EXPECT_EQ(outcome_of(404).error,
            "unexpected status code 404: " + recorder.url() + "/<redacted>: because");
  EXPECT_EQ(outcome_of(500).kind, SendOutcome::Kind::retry);
  EXPECT_EQ(outcome_of(503).status, 503);
  const auto limited = outcome_of(429);
  EXPECT_EQ(limited.kind, SendOutcome::Kind::retry);
  EXPECT_EQ(limited.retry_after, Millis{7000});
  EXPECT_EQ(recorder.take().back().headers.get("Idempotency-Key"), "0123-4567");
}

// What was taken once must not be sent again because of what follows its status.
TEST(Integrations, AStatusOf2xxMeansSentWhateverFollowsIt) {
  int status = 200;
  bool damaged = false;
  Recorder recorder([&](const net::Request&) {
    auto response = net::Response::text(status, std::string(damaged ? 9 : (1 << 20) + 1, 'x'));
    if (damaged) response.headers.set("Content-Encoding", "gzip");
    return response;
  });
  const auto webhook = make("{name: a, webhook_configs: [{url: '" + recorder.url() + "'}]}");
  const auto slack =
      make("{name: a, slack_configs: [{api_url: '" + recorder.url() + "/s', channel: c}]}");
  const auto discord =
      make("{name: a, discord_configs: [{webhook_url: '" + recorder.url() + "/d'}]}");
  for (const bool bad : {false, true}) {
    damaged = bad;
    status = 200;
    EXPECT_EQ(send(webhook, firing()).kind, SendOutcome::Kind::sent);
    EXPECT_EQ(send(webhook, firing()).status, 200);
    EXPECT_EQ(send(discord, firing()).kind, SendOutcome::Kind::sent);
    // Slack says in the body whether it took it.
    const auto unknown = send(slack, firing());
    EXPECT_EQ(unknown.kind, SendOutcome::Kind::retry);
    EXPECT_EQ(unknown.status, 200);
    EXPECT_THAT(unknown.error, HasSubstr("status code 200 is not whole"));
    EXPECT_TRUE(unknown.unconfirmed);
    status = 400;
    EXPECT_EQ(send(webhook, firing()).kind, SendOutcome::Kind::failed);
    EXPECT_EQ(send(webhook, firing()).status, 400);
  }
}

TEST(Integrations, UnreachableReceiversAreTriedAgainWithoutTellingTheirSecrets) {
  const auto made = make("{name: a, webhook_configs: [{url: 'http://127.0.0.1:1/hook/SECRET'}]}");
  const auto outcome = send(made, firing());
  EXPECT_EQ(outcome.kind, SendOutcome::Kind::retry);
  EXPECT_EQ(outcome.error.find("SECRET"), std::string::npos) << outcome.error;
  EXPECT_THAT(outcome.error, HasSubstr("127.0.0.1:1"));
}

TEST(Integrations, LinkLocalAddressesAreRefusedUnlessAllowed) {
  for (const char* host :
       {"169.254.169.254", "[fe80::1]", "[::ffff:169.254.169.254]", "100.100.100.200"}) {
    const auto made =
        make("{name: a, webhook_configs: [{url: 'http://" + std::string(host) + "/'}]}");
    const auto started = system_clock().monotonic();
    const auto outcome = send(made, firing());
    EXPECT_EQ(outcome.kind, SendOutcome::Kind::failed) << host;
    EXPECT_THAT(outcome.error, HasSubstr("refused: link-local address (pharos_allow_link_local)"));
    EXPECT_LT(system_clock().monotonic() - started, std::chrono::seconds(5)) << host;
    EXPECT_EQ(outcome.status, 0);
  }
}

TEST(Integrations, AFailedTemplateStillSendsAndSaysSo) {
  Recorder recorder;
  const auto made = make("{name: a, slack_configs: [{api_url: '" + recorder.url() +
                         "/slack', text: '{{ .Nope }}', channel: '#c'}]}");
  const auto outcome = send(made, firing());
  EXPECT_EQ(outcome.kind, SendOutcome::Kind::sent) << outcome.error;
  EXPECT_THAT(outcome.template_error, HasSubstr("can't evaluate field Nope"));
  const auto requests = recorder.take();
  ASSERT_EQ(requests.size(), 1u);
  const std::string text = body_of(requests[0])["attachments"].items()[0]["text"].string();
  EXPECT_THAT(text,
              HasSubstr("[FIRING:2] HighLatency x\nfiring alertname=HighLatency instance=a:1"));
  EXPECT_THAT(text, HasSubstr("can't evaluate field Nope"));
}

TEST(Integrations, AreMadeWithTheTemplatesOfTheirConfiguration) {
  Recorder recorder;
  const std::string path = testing::TempDir() + "/maker_" + std::to_string(getpid()) + ".tmpl";
  notify::AlertmanagerConfig config;
  config.template_patterns = {path};
  const auto node =
      codec::Yaml::parse("{name: a, slack_configs: [{api_url: '" + recorder.url() + "'}]}", "r");
  config.receivers = {*parse_receiver(*node, GlobalSettings{})};
  IntegrationOptions base;
  base.http = options().http;
  const auto maker = integration_maker(base);
  const auto title = [&](const std::string& text) {
    std::ofstream(path) << text;
    const auto made = maker(*config.receivers[0], config);
    if (!made) return "error: " + made.error().message;
    send(*made, firing());
    return std::string(body_of(recorder.take()[0])["attachments"].items()[0]["title"].string());
  };
  EXPECT_EQ(title("{{ define \"__subject\" }}one{{ end }}"), "one");
  EXPECT_EQ(title("{{ define \"__subject\" }}two{{ end }}"), "two");
  EXPECT_THAT(title("{{ define }}"), HasSubstr(path + ":1:13: template: maker_"));
}

TEST(Integrations, WebhookTellsRouteLabelsAndOwnPayloads) {
  Recorder recorder;
  auto n = firing();
  n.route_labels = Labels{{"reason", "{{ .GroupLabels.alertname }} again"}};
  send(make("{name: a, webhook_configs: [{url: '" + recorder.url() + "/{{ .Status }}'}]}"), n);
  send(make("{name: a, webhook_configs: [{url: '" + recorder.url() +
            "', payload: '{{ .CommonLabels | toJson }}'}]}"),
       n);
  const auto requests = recorder.take();
  ASSERT_EQ(requests.size(), 2u);
  EXPECT_EQ(requests[0].path, "/firing");
  EXPECT_EQ(body_of(requests[0])["routeLabels"]["reason"].string(), "HighLatency again");
  EXPECT_EQ(requests[1].body,
            R"({"alertname":"HighLatency","severity":"critical","weird.label":"x"})");
}

TEST(Integrations, PagerdutyDropsDetailsThatAreTooLarge) {
  Recorder recorder([](const net::Request&) { return net::Response::json(202, "{}"); });
  auto o = options();
  o.pagerduty_v1_url = recorder.url() + "/v1";
  auto n = firing();
  n.alerts[0].annotations = Labels{{"huge", std::string(600'000, 'x')}};
  send(
      make("{name: a, pagerduty_configs: [{routing_key: k, url: '" + recorder.url() + "/v2'}]}", o),
      n);
  send(make("{name: a, pagerduty_configs: [{service_key: k}]}", o), resolved());
  const auto requests = recorder.take();
  ASSERT_EQ(requests.size(), 2u);
  const auto v2 = body_of(requests[0]), v1 = body_of(requests[1]);
  EXPECT_EQ(v2["payload"]["custom_details"].members().size(), 1u);
  EXPECT_THAT(v2["payload"]["custom_details"]["error"].string(), HasSubstr("512KB"));
  EXPECT_EQ(requests[1].path, "/v1");
  EXPECT_EQ(v1["event_type"].string(), "resolve");
  EXPECT_EQ(v1["service_key"].string(), "k");
  EXPECT_EQ(v1["incident_key"].string(), v2["dedup_key"].string());
  EXPECT_EQ(v1["details"]["num_resolved"].string(), "2");
}

TEST(Integrations, PushoverGetsAForm) {
  Recorder recorder;
  auto o = options();
  o.pushover_url = recorder.url() + "/1/messages.json";
  send(make("{name: a, pushover_configs: [{user_key: u, token: t, message: ' ', retry: 30s, "
            "expire: 1h, "
            "html: true, sound: siren}]}",
            o),
       firing());
  const auto requests = recorder.take();
  ASSERT_EQ(requests.size(), 1u);
  const auto form = net::Form::parse(requests[0].body);
  ASSERT_TRUE(form);
  EXPECT_EQ(form->get("token"), "t");
  EXPECT_EQ(form->get("user"), "u");
  EXPECT_EQ(form->get("title"), "[FIRING:2] HighLatency x (critical)");
  EXPECT_EQ(form->get("message"), "(no details)");
  EXPECT_EQ(form->get("priority"), "2");
  EXPECT_EQ(form->get("retry"), "30");
  EXPECT_EQ(form->get("expire"), "3600");
  EXPECT_EQ(form->get("html"), "1");
  EXPECT_EQ(form->get("sound"), "siren");
  EXPECT_FALSE(form->find("ttl"));
}

TEST(Integrations, MattermostKeepsPrioritiesPossible) {
  Recorder recorder;
  send(make("{name: a, mattermost_configs: [{webhook_url: '" + recorder.url() +
            "/mm', channel: town, fields: [{title: t, value: v}], props: {card: c}, priority: "
            "{priority: "
            "IMPORTANT, requested_ack: true, persistent_notifications: true}}]}"),
       firing());
  const auto requests = recorder.take();
  ASSERT_EQ(requests.size(), 1u);
  const auto body = body_of(requests[0]);
  EXPECT_EQ(body["channel"].string(), "town");
  EXPECT_EQ(body["username"].string(), "Alertmanager");
  EXPECT_EQ(body["attachments"].items()[0]["title"].string(),
            "[FIRING:2] HighLatency x (critical)");
  EXPECT_EQ(body["attachments"].items()[0]["fields"].items()[0]["value"].string(), "v");
  EXPECT_EQ(body["props"]["card"].string(), "c");
  EXPECT_EQ(body["priority"]["priority"].string(), "important");
  EXPECT_TRUE(body["priority"]["requested_ack"].boolean());
  EXPECT_EQ(body["priority"].find("persistent_notifications"), nullptr);
}

TEST(Integrations, WechatFetchesAnotherTokenWhenItsIsRefused) {
  int tokens = 0;
  Recorder recorder([&](const net::Request& r) {
    if (r.path == "/gettoken")
      return net::Response::json(200, "{\"access_token\":\"t" + std::to_string(++tokens) + "\"}");
    return net::Response::json(
        200, tokens == 1 ? R"({"errcode":40001,"errmsg":"invalid"})" : R"({"errcode":0})");
  });
  const auto made = make("{name: a, wechat_configs: [{api_secret: s, corp_id: c, api_url: '" +
                         recorder.url() + "/'}]}");
  EXPECT_EQ(send(made, firing()).kind, SendOutcome::Kind::retry);
  EXPECT_EQ(send(made, firing()).kind, SendOutcome::Kind::sent);
  EXPECT_EQ(send(made, firing()).kind, SendOutcome::Kind::sent);
  EXPECT_EQ(tokens, 2);
}

TEST(Integrations, TelegramSaysHowLongToWait) {
  Recorder recorder([](const net::Request&) {
    return net::Response::json(429, R"({"ok":false,"parameters":{"retry_after":9}})");
  });
  const auto outcome =
      send(make("{name: a, telegram_configs: [{bot_token: TOKEN, chat_id: 1, api_url: '" +
                recorder.url() + "'}]}"),
           firing());
  EXPECT_EQ(outcome.retry_after, Millis{9000});
  EXPECT_EQ(outcome.error.find("TOKEN"), std::string::npos);
}

TEST(Integrations, KeepWithinWhatReceiversTake) {
  Recorder recorder(answer_kindly);
  auto n = firing();
  n.alerts[0].annotations = Labels{{"summary", std::string(50'000, '<')}};
  const std::string telegram =
      "telegram_configs: [{bot_token: t, chat_id: 1, api_url: '" + recorder.url() + "/telegram'}]";
  for (const auto& kind :
       {telegram, "msteamsv2_configs: [{webhook_url: '" + recorder.url() + "'}]",
        "webex_configs: [{api_url: '" + recorder.url() +
            "', room_id: r, http_config: {authorization: {credentials: c}}}]",
        "discord_configs: [{webhook_url: '" + recorder.url() + "'}]"})
    EXPECT_EQ(send(make("{name: a, " + kind + "}"), n).error, "");
  const auto requests = recorder.take();
  ASSERT_EQ(requests.size(), 4u);
  const auto message = body_of(requests[0]);
  EXPECT_EQ(message.find("parse_mode"), nullptr);  // cut HTML would be refused
  EXPECT_TRUE(message["text"].string().ends_with("<<\xE2\x80\xA6"));
  EXPECT_LE(requests[1].body.size(), 28'001u);
  EXPECT_LE(body_of(requests[2])["markdown"].string().size(), 7439u);
  EXPECT_EQ(body_of(requests[3])["embeds"].items()[0]["description"].string().size(), 4095u + 3u);
}

}  // namespace
}  // namespace pharos::rules::receivers
