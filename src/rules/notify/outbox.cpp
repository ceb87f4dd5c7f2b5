#include "rules/notify/outbox.hpp"

#include <algorithm>
#include <cmath>

#include "codec/varint.hpp"
#include "rules/stored_alert.hpp"

namespace pharos::rules::notify {
namespace {

using codec::Cursor;
constexpr std::uint8_t kVersion = 1;

void put_set(std::string& out, const AlertSet& set) {
  codec::put_varint(out, set.size());
  for (const auto fingerprint : set) codec::put_fixed(out, fingerprint);
}
AlertSet read_set(Cursor& in) {
  const auto count = in.varint();
  if (count > in.left() / sizeof(std::uint64_t)) {
    in.fail();
    return {};
  }
  AlertSet out;
  for (std::uint64_t i = 0; i < count; ++i) out.push_back(in.fixed<std::uint64_t>());
  return out;
}

}  // namespace

// Item: version u8, send_resolved u8, slot and integration (varint length, bytes), firing and
// resolved (varint count, u64 each), timeout and deduplicate (zigzag varint ms), rate limit
// (varint, zigzag varint ms), the notification (rest).
std::string encode(const OutboxItem& item) {
  std::string out;
  out += static_cast<char>(kVersion);
  out += static_cast<char>(item.send_resolved);
  codec::put_string(out, item.slot);
  codec::put_string(out, item.integration);
  put_set(out, item.firing);
  put_set(out, item.resolved);
  codec::put_signed(out, item.timeout.count());
  codec::put_signed(out, item.deduplicate.count());
  codec::put_varint(out, item.rate_limit.notifications);
  codec::put_signed(out, item.rate_limit.per.count());
  out += encode_notification(*item.notification);
  return out;
}

Result<OutboxItem> decode_outbox_item(std::string_view bytes) {
  Cursor in(bytes);
  OutboxItem item;
  const bool known = in.fixed<std::uint8_t>() == kVersion;
  item.send_resolved = in.fixed<std::uint8_t>() != 0;
  item.slot = in.string();
  item.integration = in.string();
  item.firing = read_set(in);
  item.resolved = read_set(in);
  item.timeout = Millis{in.signed_varint()};
  item.deduplicate = Millis{in.signed_varint()};
  item.rate_limit.notifications = static_cast<std::uint32_t>(in.varint());
  item.rate_limit.per = Millis{in.signed_varint()};
  if (!known || !in.ok() ||
      (item.rate_limit.notifications != 0 && item.rate_limit.per <= Millis{0}))
    return fail(Errc::corrupt, "a notification of the outbox is damaged");
  auto notification = TRY(decode_notification(in.bytes(in.left())));
  item.notification = std::make_shared<const Notification>(std::move(notification));
  return item;
}

OutboxItem& Outbox::add(OutboxItem item) {
  if (item.id == 0) item.id = next_id_;
  next_id_ = std::max(next_id_, item.id + 1);
  const auto id = item.id;
  return items_.insert_or_assign(id, std::move(item)).first->second;
}

OutboxItem* Outbox::find(std::uint64_t id) {
  const auto found = items_.find(id);
  return found == items_.end() ? nullptr : &found->second;
}

void Outbox::remove(std::uint64_t id) {
  const auto found = items_.find(id);
  if (found == items_.end()) return;
  if (found->second.in_flight) put_back(found->second);
  items_.erase(found);  // queues may still name it; they look it up
}

OutboxItem* Outbox::oldest_waiting() {
  for (auto& [id, item] : items_)
    if (!item.in_flight) return &item;
  return nullptr;
}

std::optional<Time> Outbox::oldest() const {
  if (items_.empty()) return {};
  return items_.begin()->second.notification->now;  // numbers rise
}

std::vector<std::uint64_t> Outbox::set_integrations(std::vector<OutboxIntegration> integrations) {
  std::map<std::string, OutboxIntegration> next;
  for (auto& made : integrations) {
    if (const auto old = integrations_.find(made.key); old != integrations_.end()) {
      made.ready = std::move(old->second.ready);
      made.in_flight = old->second.in_flight;
      made.failures = old->second.failures;
      made.tokens = old->second.tokens;
      made.limit = old->second.limit;
      made.refilled = old->second.refilled;
      old->second.ready.clear();
    }
    auto key = made.key;
    next.emplace(std::move(key), std::move(made));
  }
  for (const auto& [key, gone] : integrations_) ready_ -= std::min(ready_, gone.ready.size());
  integrations_ = std::move(next);
  std::vector<std::uint64_t> orphans;
  for (const auto& [id, item] : items_)
    if (!integrations_.contains(item.integration)) orphans.push_back(id);
  return orphans;
}

OutboxIntegration* Outbox::integration(const std::string& key) {
  const auto found = integrations_.find(key);
  return found == integrations_.end() ? nullptr : &found->second;
}

void Outbox::release(OutboxItem& item, Nanos now) {
  item.released = true;
  if (item.next_attempt > now) {
    later_.emplace(item.next_attempt, item.id);
    return;
  }
  if (auto* owner = integration(item.integration)) {
    owner->ready.push_back(item.id);
    ++ready_;
  }
}

bool Outbox::promote(Nanos now) {
  bool any = false;
  while (!later_.empty() && later_.top().first <= now) {
    const auto [when, id] = later_.top();
    later_.pop();
    auto* item = find(id);
    if (item == nullptr || item->in_flight || item->next_attempt != when) continue;
    if (auto* owner = integration(item->integration)) {
      owner->ready.push_back(id);
      ++ready_;
      any = true;
    }
  }
  return any;
}

std::optional<Outbox::Taken> Outbox::take(Nanos now) {
  (void)promote(now);
  if (ready_ == 0) return {};
  const std::size_t share = std::max<std::size_t>(threads_ / 2, 1);
  auto at = integrations_.upper_bound(turn_);
  for (std::size_t tried = 0; tried < integrations_.size(); ++tried, ++at) {
    if (at == integrations_.end()) at = integrations_.begin();
    auto& owner = at->second;
    if (owner.in_flight > 0 && (owner.in_flight >= share || busy_ >= threads_)) continue;
    while (!owner.ready.empty()) {
      const auto id = owner.ready.front();
      owner.ready.pop_front();
      --ready_;
      auto* item = find(id);
      if (item == nullptr || item->in_flight || item->next_attempt > now) continue;
      if (item->rate_limit.notifications != 0) {
        const auto& limit = item->rate_limit;
        const double per_nano =
            limit.notifications / (static_cast<double>(limit.per.count()) * 1e6);
        if (!(owner.limit == limit)) {
          owner.limit = limit;
          owner.tokens = limit.notifications;
          owner.refilled = now;
        }
        owner.tokens = std::min<double>(
            limit.notifications,
            owner.tokens + static_cast<double>((now - owner.refilled).count()) * per_nano);
        owner.refilled = now;
        if (owner.tokens < 1) {
          item->next_attempt =
              now + Nanos{static_cast<std::int64_t>(std::ceil((1 - owner.tokens) / per_nano))};
          later_.emplace(item->next_attempt, id);
          return Taken{item, true};
        }
        owner.tokens -= 1;
      }
      item->in_flight = true;
      ++owner.in_flight;
      ++busy_;
      turn_ = at->first;
      return Taken{item, false};
    }
  }
  return {};
}

void Outbox::put_back(OutboxItem& item) {
  if (!item.in_flight) return;
  item.in_flight = false;
  --busy_;
  if (auto* owner = integration(item.integration); owner != nullptr && owner->in_flight > 0)
    --owner->in_flight;
}

std::optional<Nanos> Outbox::next_due() const {
  if (later_.empty()) return {};
  return later_.top().first;
}

Nanos backoff(int attempts, Random& random) {
  const double seconds = std::min(60.0, 0.5 * std::pow(1.5, std::min(attempts, 40) - 1));
  const double jittered = seconds * (0.5 + random.uniform());
  return Nanos{static_cast<std::int64_t>(jittered * 1e9)};
}

}  // namespace pharos::rules::notify
