#include "rules/sender/alert_sender.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>

#include "codec/json.hpp"

namespace pharos::rules::sender {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

// Answers as it is told to, in the order of the requests; keeps what came.
class FakeClient final : public net::HttpClient {
 public:
  struct Call {
    net::ClientRequest request;
    std::function<void(Result<net::ClientReply>)> done;
  };

  void start(net::ClientRequest request, std::shared_ptr<const net::ClientOptions>,
             std::function<void(Result<net::ClientReply>)> done) override {
    std::unique_lock lock(mutex_);
    calls_.push_back({std::move(request), std::move(done)});
    came_.notify_all();
  }
  Call next() {
    std::unique_lock lock(mutex_);
    came_.wait(lock, [&] { return !calls_.empty(); });
    auto call = std::move(calls_.front());
    calls_.pop_front();
    return call;
  }
  static void answer(Call& call, int status) {
    net::ClientReply reply;
    reply.status = status;
    call.done(std::move(reply));
  }

 private:
  std::mutex mutex_;
  std::condition_variable came_;
  std::deque<Call> calls_;
};

Alert alert(std::string_view name, std::string_view summary = "") {
  Alert out;
  out.labels = Labels{{"alertname", name}};
  out.annotations = Labels{{"summary", summary}};
  out.starts_at = from_unix_millis(1'000);
  return out;
}

std::vector<std::string> names(const FakeClient::Call& call) {
  std::vector<std::string> out;
  const auto json = codec::Json::parse(call.request.body);
  if (!json) return {"not JSON: " + json.error().message};
  for (const auto& item : json->items())
    out.push_back(item["labels"]["alertname"].string() + item["annotations"]["summary"].string());
  return out;
}

struct Senders : testing::Test {
  std::shared_ptr<FakeClient> client = std::make_shared<FakeClient>();
  AlertSender sender{client,
                     system_clock(),
                     {.queue_max = 4, .batch_max = 2, .backoff_min = 1ms, .backoff_max = 1ms}};

  void enqueue(std::vector<Alert> alerts) { sender.enqueue(alerts); }
};

TEST_F(Senders, SendsInBatchesToApiV2) {
  sender.set_endpoints({{.url = "http://am/api/v2/alerts"}});
  enqueue({alert("a"), alert("b"), alert("c")});
  auto first = client->next();
  EXPECT_EQ(first.request.url, "http://am/api/v2/alerts");
  EXPECT_EQ(first.request.method, "POST");
  EXPECT_THAT(names(first), ElementsAre("a", "b"));
  FakeClient::answer(first, 200);
  auto second = client->next();
  EXPECT_THAT(names(second), ElementsAre("c"));
  FakeClient::answer(second, 200);
  sender.stop(5s);
}

TEST_F(Senders, TriesAgainWithTheNewestReportOfEachAlert) {
  sender.set_endpoints({{.url = "http://am"}});
  enqueue({alert("a", "1"), alert("b", "1")});
  auto first = client->next();
  enqueue({alert("b", "2"), alert("c", "1")});
  FakeClient::answer(first, 503);
  auto second = client->next();
  EXPECT_THAT(names(second), ElementsAre("a1", "b2"));
  FakeClient::answer(second, 200);
  auto third = client->next();
  EXPECT_THAT(names(third), ElementsAre("c1"));
  FakeClient::answer(third, 200);
}

TEST_F(Senders, DropsTheOldestWhenTheQueueIsFull) {
  sender.set_endpoints({{.url = "http://am"}});
  enqueue({alert("x")});
  auto held = client->next();
  enqueue({alert("a"), alert("b"), alert("c"), alert("d"), alert("e")});
  FakeClient::answer(held, 200);
  auto next = client->next();
  EXPECT_THAT(names(next), ElementsAre("b", "c"));
  FakeClient::answer(next, 200);
  auto last = client->next();
  EXPECT_THAT(names(last), ElementsAre("d", "e"));
  FakeClient::answer(last, 200);
}

TEST_F(Senders, DoesNotRepeatWhatWasRefusedForItsContent) {
  sender.set_endpoints({{.url = "http://am"}});
  enqueue({alert("a")});
  auto refused = client->next();
  FakeClient::answer(refused, 400);
  enqueue({alert("b")});
  auto next = client->next();
  EXPECT_THAT(names(next), ElementsAre("b"));
  FakeClient::answer(next, 200);
}

TEST_F(Senders, OneThatHangsDelaysNoOther) {
  sender.set_endpoints({{.url = "http://hangs"}, {.url = "http://works"}});
  enqueue({alert("a")});
  auto one = client->next(), two = client->next();
  if (one.request.url != "http://works") std::swap(one, two);
  FakeClient::answer(one, 200);
  enqueue({alert("b")});
  auto next = client->next();
  EXPECT_EQ(next.request.url, "http://works");
  FakeClient::answer(next, 200);
  FakeClient::answer(two, 200);
  auto late = client->next();
  EXPECT_EQ(late.request.url, "http://hangs");
  FakeClient::answer(late, 200);
}

TEST_F(Senders, RelabelsForOneAlertmanagerAndDropsWhatItDrops) {
  RelabelRule drop;
  drop.source_labels = {"alertname"};
  drop.regex = *Regex::compile("a");
  drop.action = RelabelAction::drop;
  sender.set_endpoints({{.url = "http://am", .alert_relabel = {drop}}});
  enqueue({alert("a"), alert("b")});
  auto call = client->next();
  EXPECT_THAT(names(call), ElementsAre("b"));
  FakeClient::answer(call, 200);
}

TEST_F(Senders, KeepsQueuesOfEndpointsThatStay) {
  sender.set_endpoints({{.url = "http://a"}, {.url = "http://b"}});
  EXPECT_THAT(sender.urls(), ElementsAre("http://a", "http://b"));
  sender.set_endpoints({{.url = "http://b"}});
  EXPECT_THAT(sender.urls(), ElementsAre("http://b"));
  sender.stop(1s);
  EXPECT_THAT(sender.urls(), IsEmpty());
}

}  // namespace
}  // namespace pharos::rules::sender
