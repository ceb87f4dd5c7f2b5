#include "rules/notify/notification_log.hpp"

#include <algorithm>

#include "codec/varint.hpp"

namespace pharos::rules::notify {
namespace {

constexpr std::uint8_t kVersion = 1;

void put_set(std::string& out, const AlertSet& set) {
  codec::put_varint(out, set.size());
  for (const auto fingerprint : set) codec::put_fixed(out, fingerprint);
}
AlertSet read_set(codec::Cursor& in) {
  const auto count = in.varint();
  if (count > in.left() / sizeof(std::uint64_t)) {
    in.fail();
    return {};
  }
  AlertSet out;
  out.reserve(count);
  for (std::uint64_t i = 0; i < count; ++i) out.push_back(in.fixed<std::uint64_t>());
  return out;
}

// Was this alert told of so lately that its return is no news?
bool told_lately(const LogEntry& entry, std::uint64_t fingerprint, Time after) {
  return std::ranges::any_of(entry.told, [&](const auto& told) {
    return told.first == fingerprint && told.second > after;
  });
}

}  // namespace

// Entry: version u8, at and expires (zigzag varint ms), firing and resolved (varint count, u64
// each), told (varint count, then u64 and zigzag varint ms each).
std::string encode(const LogEntry& entry) {
  std::string out;
  out += static_cast<char>(kVersion);
  codec::put_signed(out, to_unix_millis(entry.at));
  codec::put_signed(out, to_unix_millis(entry.expires));
  put_set(out, entry.firing);
  put_set(out, entry.resolved);
  codec::put_varint(out, entry.told.size());
  for (const auto& [fingerprint, at] : entry.told) {
    codec::put_fixed(out, fingerprint);
    codec::put_signed(out, to_unix_millis(at));
  }
  return out;
}

Result<LogEntry> decode_log_entry(std::string_view bytes) {
  codec::Cursor in(bytes);
  LogEntry out;
  const bool known = in.fixed<std::uint8_t>() == kVersion;
  out.at = from_unix_millis(in.signed_varint());
  out.expires = from_unix_millis(in.signed_varint());
  out.firing = read_set(in);
  out.resolved = read_set(in);
  const auto told = in.varint();
  for (std::uint64_t i = 0; i < told && in.ok(); ++i) {
    const auto fingerprint = in.fixed<std::uint64_t>();
    out.told.emplace_back(fingerprint, from_unix_millis(in.signed_varint()));
  }
  if (!known || !in.ok() || !in.at_end())
    return fail(Errc::corrupt, "an entry of the notification log is damaged");
  return out;
}

bool is_subset(const AlertSet& part, const AlertSet& whole) {
  return std::ranges::includes(whole, part);
}

Decision decide(const LogEntry* entry, const DecisionInput& input) {
  const auto yes = [](std::string reason) {
    return Decision{.notify = true, .reason = std::move(reason)};
  };
  const auto no = [](std::string cause) { return Decision{.cause = std::move(cause)}; };
  if (entry == nullptr)
    return input.firing.empty() ? no("nobody was told of these alerts") : yes("first notification");
  if (!is_subset(input.firing, entry->firing)) {
    if (input.deduplicate == Millis{0}) return yes("new alerts in group");
    const Time after = input.now - input.deduplicate;
    const bool news = std::ranges::any_of(input.firing, [&](std::uint64_t fingerprint) {
      return !std::ranges::binary_search(entry->firing, fingerprint) &&
             !told_lately(*entry, fingerprint, after);
    });
    if (news) return yes("new alerts in group");
    return no("told of within " + format_duration(input.deduplicate));
  }
  if (input.firing.empty())
    return entry->firing.empty() ? no("already told that all is resolved")
                                 : yes("all alerts resolved");
  if (input.send_resolved && !is_subset(input.resolved, entry->resolved))
    return yes("new resolved alerts");
  if (entry->at < input.now - input.repeat_interval) {
    auto out = yes("repeat interval");
    out.repeat_only = true;
    return out;
  }
  return no("nothing new within " + format_duration(input.repeat_interval));
}

LogEntry after(const LogEntry* entry, const DecisionInput& input, Millis retention) {
  LogEntry out;
  out.at = input.now;
  out.expires = input.now + std::max(retention, 2 * input.repeat_interval);
  out.firing = input.firing;
  out.resolved = input.resolved;
  if (input.deduplicate == Millis{0}) return out;
  for (const auto fingerprint : input.firing) out.told.emplace_back(fingerprint, input.now);
  if (entry != nullptr) {
    for (const auto& [fingerprint, at] : entry->told) {
      if (at > input.now - input.deduplicate &&
          !std::ranges::binary_search(input.firing, fingerprint))
        out.told.emplace_back(fingerprint, at);
    }
  }
  return out;
}

}  // namespace pharos::rules::notify
