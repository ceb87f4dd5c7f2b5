// One epoll loop and its connections. Internal to the server.
#pragma once
#include <array>
#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include "net/connection.hpp"
#include "net/loop_turn.hpp"

namespace pharos::net {

class ConnectionLoop {
 public:
  static Result<std::unique_ptr<ConnectionLoop>> create(Dispatch& dispatch, std::shared_ptr<TlsContext> tls,
                                                        std::uint32_t index);
  ~ConnectionLoop();
  void start();
  // Closes everything that no handler holds, then ends the threads. Waits for running handlers.
  void stop();

  void post(std::move_only_function<void()> task);                      // thread-safe
  void listen(int fd, std::vector<ConnectionLoop*> peers);              // before start(); takes the descriptor
  void stop_listening();                                                // thread-safe
  void drain();                                                         // thread-safe: ends what is idle
  void cancel_running();                                                // thread-safe
  std::uint32_t running() const { return running_.load(); }             // handlers, thread-safe
  std::uint32_t connections() const { return open_.load(); }            // but those that only wait for the client to close

 private:
  struct List { Connection* front = nullptr; Connection* back = nullptr; };
  ConnectionLoop(Dispatch& dispatch, std::shared_ptr<TlsContext> tls, std::uint32_t index);

  void be_loop();
  bool run();                   // false: another thread is the loop now
  bool serve_here();            // the same; handlers of quick routes
  void run_posted();
  void expire(Nanos now);
  int wait_ms(Nanos now) const;
  void accept_ready();
  void add(int fd, std::uint64_t address);
  bool evict(std::uint64_t address, bool any_address);
  void move(Connection& c, Phase phase);
  void unlink(Connection& c);
  void close(Connection& c);
  void bury();
  void release(Connection& c);  // the exchange and what it holds of the budgets

  void on_event(Connection& c, std::uint32_t events);
  void advance(Connection& c);
  enum class Step : std::uint8_t { again, wait, stop };
  Step advance_head(Connection& c);
  Step advance_body(Connection& c);
  Step begin_request(Connection& c, std::string_view data, std::size_t head_size);
  void take_known(Exchange& e, std::string_view bytes);
  bool take_body(Connection& c, Exchange& e);
  void keep_pending(Connection& c, std::string_view data, std::size_t scanned);
  long receive(Connection& c, char* into, std::size_t room);
  void begin_http2(Connection& c, std::string_view data);
  void http2_io(Connection& c);
  void dispatch_request(Connection& c);
  void queue(Connection& c);
  void serve(Connection& c);
  void fail(Connection& c, ParseFailure failure);
  void completed(Connection& c);
  void flush(Connection& c);
  void after_reply(Connection& c);
  void linger(Connection& c);
  std::string peer_of(const Connection& c) const;

  Dispatch& d_;
  std::shared_ptr<TlsContext> tls_;
  std::uint32_t index_;
  int epoll_ = -1, wake_ = -1, listen_ = -1;
  bool listening_ = false;
  Nanos accept_again_{};
  std::vector<ConnectionLoop*> peers_;
  std::size_t next_peer_ = 0;
  std::array<List, static_cast<std::size_t>(Phase::count)> lists_;
  std::unordered_map<std::uint64_t, std::uint32_t> per_address_;
  std::multimap<Nanos, Connection*> deadlines_;   // of running handlers
  std::vector<std::unique_ptr<Connection>> dead_; // freed after the round of events that may name them
  std::unique_ptr<char[]> scratch_;
  std::uint32_t count_ = 0, lingering_ = 0, count_max_ = 0, per_address_max_ = 0;
  std::atomic<std::uint32_t> running_{0}, open_{0};
  Nanos now_{};
  Connection* advancing_ = nullptr;
  std::vector<Connection*> here_;                 // busy: quick requests of this round of events
  LoopTurn turn_;

  std::mutex posted_mutex_;
  std::vector<std::move_only_function<void()>> posted_;   // guarded by posted_mutex_
  std::atomic<bool> awake_{false}, stopping_{false};
  std::jthread thread_, other_thread_;  // one is the loop, the other stands by
};

// Head of an HTTP/1 answer, with its framing. `length` nullopt: chunked (or until close for 1.0).
std::string reply_head(const Response& response, const Exchange& exchange, Time now,
                       std::optional<std::uint64_t> length, bool keep_alive);

}  // namespace pharos::net
