// Follows one kind of object: a list in pages, then a watch that resumes where it broke off, and a
// new list when the server has forgotten that place.
#pragma once
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "scrape/kubernetes/access.hpp"
#include "scrape/kubernetes/objects.hpp"
#include "scrape/refresh_timers.hpp"

namespace pharos::scrape::kubernetes {

struct WatchTarget {
  Kind kind = Kind::pod;
  std::string space;  // "": all namespaces
  std::string label_selector, field_selector;
};
std::string path_of(const WatchTarget& target);  // "/api/v1/namespaces/default/pods"

// What changed, in order. `replaced`: these are all the objects there are.
struct WatchEvents {
  bool replaced = false;
  std::vector<Object> changed;
  std::vector<std::string> removed;  // keys
};

// Runs on the timers' thread; the client's thread only fills a bounded buffer. start() once; stop()
// returns when `events` cannot be called any more.
class Watch {
 public:
  using Events = std::function<void(WatchEvents events)>;
  using Failed = std::function<void(const Error& error)>;  // each failure; it goes on by itself
  Watch(WatchTarget target, Access access, std::shared_ptr<net::HttpClient> client,
        RefreshTimers& timers, const Clock& clock, Events events, Failed failed);
  ~Watch();
  void start();
  void stop();
  bool listed() const { return listed_; }  // on the timers' thread

 private:
  struct Mail;
  Nanos step();
  void list();
  void watch();
  Nanos take_list(Result<net::ClientReply> reply);
  Nanos take_lines(std::string_view bytes);
  Nanos take_end(Result<net::ClientReply> reply);
  Nanos give_up(Error error, bool forget);

  const WatchTarget target_;
  const Access access_;
  std::shared_ptr<net::HttpClient> client_;
  RefreshTimers& timers_;
  const Clock& clock_;
  Events events_;
  Failed failed_;
  std::shared_ptr<Mail> mail_;
  Random random_{Random::system_seed()};

  // On the timers' thread.
  enum class Phase : std::uint8_t { idle, listing, watching } phase_ = Phase::idle;
  bool listed_ = false;
  std::string version_;         // resourceVersion to go on from; "": list first
  std::string continue_;        // of a list in pages
  WatchEvents pages_;           // gathered so far
  std::string line_;            // of the watch, not complete yet
  std::uint32_t failures_ = 0;  // in a row
};

}  // namespace pharos::scrape::kubernetes
