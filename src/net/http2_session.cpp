#include "net/http2_session.hpp"

#include <nghttp2/nghttp2.h>

#include <algorithm>
#include <condition_variable>
#include <cstring>
#include <mutex>
#include <optional>
#include <unordered_map>

#include "net/grpc.hpp"

namespace pharos::net {
namespace {

constexpr std::uint32_t kStreamsMax = 256;
constexpr std::int32_t kStreamWindow = 1 << 20, kConnectionWindow = 8 << 20;
constexpr std::size_t kQueueBytes = 256 * 1024;  // of a streamed answer, between handler and socket

// A streamed answer on its way from the handler's thread to the loop.
struct ChunkQueue {
  std::mutex mutex;
  std::condition_variable room;
  std::string bytes;           // guarded by mutex
  bool done = false, abandoned = false;
};

struct Stream {
  std::int32_t id = 0;
  Request request;
  Router::Match match;
  std::uint64_t body_max = 0, body_counted = 0;
  std::size_t head_bytes = 0, headers = 0;
  std::optional<std::uint64_t> content_length;
  std::stop_source stop;
  Nanos began{};
  bool refused = false, dispatched = false;
  Response response;
  std::size_t sent = 0;
  std::shared_ptr<ChunkQueue> queue;
};

class Session final : public Http2Session, public std::enable_shared_from_this<Session> {
 public:
  Session(Dispatch& dispatch, std::string peer, bool tls, Owner owner)
      : d_(dispatch), peer_(std::move(peer)), tls_(tls), owner_(std::move(owner)) {}
  ~Session() override {
    if (session_) nghttp2_session_del(session_);
  }

  bool begin() {
    nghttp2_session_callbacks* callbacks = nullptr;
    if (nghttp2_session_callbacks_new(&callbacks) != 0) return false;
    nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, &on_begin_headers);
    nghttp2_session_callbacks_set_on_header_callback(callbacks, &on_header);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, &on_data);
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, &on_frame);
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, &on_close);
    nghttp2_session_callbacks_set_on_frame_send_callback(callbacks, &on_sent);
    nghttp2_option* options = nullptr;
    nghttp2_option_new(&options);
    nghttp2_option_set_max_send_header_block_length(options, 64 * 1024);
    const int made = nghttp2_session_server_new2(&session_, callbacks, this, options);
    nghttp2_option_del(options);
    nghttp2_session_callbacks_del(callbacks);
    if (made != 0) return false;
    const nghttp2_settings_entry settings[] = {{NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, kStreamsMax},
                                               {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, kStreamWindow},
                                               {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, d_.config.header_bytes_max}};
    nghttp2_submit_settings(session_, NGHTTP2_FLAG_NONE, settings, std::size(settings));
    nghttp2_session_set_local_window_size(session_, NGHTTP2_FLAG_NONE, 0, kConnectionWindow);
    return true;
  }

  bool feed(std::string_view bytes) override {
    const auto n = nghttp2_session_mem_recv(session_, reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
    return n == static_cast<ssize_t>(bytes.size());
  }

  bool pull(std::string& out, std::size_t room) override {
    while (out.size() < room) {
      const std::uint8_t* data = nullptr;
      const auto n = nghttp2_session_mem_send(session_, &data);
      if (n < 0) return false;
      if (n == 0) return true;
      out.append(reinterpret_cast<const char*>(data), static_cast<std::size_t>(n));
    }
    return true;
  }

  bool finished() const override {
    return !nghttp2_session_want_read(session_) && !nghttp2_session_want_write(session_);
  }
  std::size_t running() const override { return running_; }
  void go_away() override { nghttp2_session_terminate_session(session_, NGHTTP2_NO_ERROR); }
  void abandon() override {
    abandoned_ = true;
    for (auto& [id, stream] : streams_) forsake(*stream);
    streams_.clear();
  }

 private:
  static Session& self(void* user) { return *static_cast<Session*>(user); }
  Stream* find(std::int32_t id) {
    const auto found = streams_.find(id);
    return found == streams_.end() ? nullptr : found->second.get();
  }

  void forsake(Stream& stream) {
    if (stream.dispatched) stream.stop.request_stop();
    if (stream.queue) {
      std::lock_guard lock(stream.queue->mutex);
      stream.queue->abandoned = true;
      stream.queue->room.notify_all();
    }
    d_.bodies.give(stream.body_counted);
    stream.body_counted = 0;
  }

  static int on_begin_headers(nghttp2_session*, const nghttp2_frame* frame, void* user) {
    auto& s = self(user);
    if (frame->hd.type != NGHTTP2_HEADERS || frame->headers.cat != NGHTTP2_HCAT_REQUEST) return 0;
    auto stream = std::make_shared<Stream>();
    stream->id = frame->hd.stream_id;
    stream->request.version = 20;
    stream->began = s.d_.clock->monotonic();
    s.streams_.emplace(stream->id, std::move(stream));
    return 0;
  }

  static int on_header(nghttp2_session*, const nghttp2_frame* frame, const std::uint8_t* name, std::size_t name_size,
                       const std::uint8_t* value, std::size_t value_size, std::uint8_t, void* user) {
    auto& s = self(user);
    auto* stream = s.find(frame->hd.stream_id);
    if (!stream || frame->hd.type != NGHTTP2_HEADERS || stream->dispatched) return 0;
    const std::string_view key(reinterpret_cast<const char*>(name), name_size);
    const std::string_view text(reinterpret_cast<const char*>(value), value_size);
    stream->head_bytes += key.size() + text.size() + 32;
    if (stream->head_bytes > s.d_.config.header_bytes_max || ++stream->headers > s.d_.config.headers_max) {
      if (!stream->refused) server_stats().head_too_large.add();
      return s.refuse(*stream, 431, "request head over the limit"), 0;
    }
    if (key == ":method") {
      stream->request.method = text;
    } else if (key == ":path") {
      const auto target = text.substr(0, text.find('#'));
      const auto question = target.find('?');
      stream->request.raw_path = target.substr(0, question);
      if (question != target.npos) stream->request.query = target.substr(question + 1);
    } else if (key == ":authority") {
      stream->request.headers.set("Host", text);
    } else if (!key.starts_with(':')) {
      if (key == "content-length") {
        std::uint64_t n = 0;
        for (const char c : text) n = n * 10 + static_cast<std::uint64_t>(c - '0');  // digits: nghttp2 has checked
        stream->content_length = n;
      }
      stream->request.headers.add(key, text);
    }
    return 0;
  }

  static int on_data(nghttp2_session*, std::uint8_t, std::int32_t id, const std::uint8_t* data, std::size_t size,
                     void* user) {
    auto& s = self(user);
    auto* stream = s.find(id);
    if (!stream || stream->refused || stream->dispatched) return 0;
    if (stream->request.body.size() + size > stream->body_max) {
      server_stats().body_too_large.add();
      return s.refuse(*stream, 413, "request body over the limit"), 0;
    }
    if (!s.d_.bodies.take(size)) {
      server_stats().bodies_in_flight.add();
      return s.refuse(*stream, 503, "too many request bodies in flight"), 0;
    }
    stream->body_counted += size;
    stream->request.body.append(reinterpret_cast<const char*>(data), size);
    return 0;
  }

  static int on_frame(nghttp2_session*, const nghttp2_frame* frame, void* user) {
    auto& s = self(user);
    if (frame->hd.type != NGHTTP2_HEADERS && frame->hd.type != NGHTTP2_DATA) return 0;
    auto* stream = s.find(frame->hd.stream_id);
    if (!stream || stream->refused || stream->dispatched) return 0;
    if (frame->hd.type == NGHTTP2_HEADERS && frame->headers.cat == NGHTTP2_HCAT_REQUEST) s.head_complete(*stream);
    if (!stream->refused && (frame->hd.flags & NGHTTP2_FLAG_END_STREAM)) s.dispatch(stream->id);
    return 0;
  }

  // The rest of a refused request is not wanted: the stream is reset behind the answer.
  static int on_sent(nghttp2_session* session, const nghttp2_frame* frame, void* user) {
    auto& s = self(user);
    if (!(frame->hd.flags & NGHTTP2_FLAG_END_STREAM)) return 0;
    if (const auto* stream = s.find(frame->hd.stream_id); stream && stream->refused)
      nghttp2_submit_rst_stream(session, NGHTTP2_FLAG_NONE, stream->id, NGHTTP2_NO_ERROR);
    return 0;
  }

  static int on_close(nghttp2_session*, std::int32_t id, std::uint32_t, void* user) {
    auto& s = self(user);
    const auto found = s.streams_.find(id);
    if (found == s.streams_.end()) return 0;
    s.forsake(*found->second);
    s.streams_.erase(found);
    return 0;
  }

  void head_complete(Stream& stream) {
    auto decoded = url_decode(stream.request.raw_path);
    if (!decoded) return refuse(stream, 400, "malformed request target");
    stream.request.path = std::move(*decoded);
    stream.request.peer = peer_;
    stream.request.tls = tls_;
    stream.match = d_.router->find(stream.request.method, stream.request.raw_path);
    stream.body_max = stream.match.options ? stream.match.options->body_max : RouteOptions{}.body_max;
    if (stream.content_length.value_or(0) > stream.body_max) {
      server_stats().body_too_large.add();
      refuse(stream, 413, "request body over the limit");
    }
  }

  void refuse(Stream& stream, int status, const char* why) {
    if (stream.refused) return;
    stream.refused = true;
    if (stream.request.headers.get("Content-Type").starts_with("application/grpc")) {
      const auto code = status == 413 ? GrpcStatus::resource_exhausted : status == 503 ? GrpcStatus::unavailable : GrpcStatus::internal;
      stream.response = grpc_response({code, why, {}});
    } else {
      stream.response = Response::text(status, std::string(why) + "\n");
    }
    d_.count(stream.match, status, Nanos{});
    submit(stream);
  }

  void dispatch(std::int32_t id) {
    const auto stream = streams_.at(id);
    stream->dispatched = true;
    stream->request.path_params = std::move(stream->match.params);
    stream->request.cancelled = stream->stop.get_token();
    ++running_;
    owner_.running->fetch_add(1);
    const bool queued =
        run_handler(d_, stream->match.options, [self = shared_from_this(), stream] { self->work(stream); });
    if (queued) return;
    --running_;
    owner_.running->fetch_sub(1);
    stream->dispatched = false;
    refuse(*stream, 503, "the request queue is full");
  }

  // On a pool thread. The stream's request and response are this thread's until the task it posts.
  void work(const std::shared_ptr<Stream>& stream) {
    auto response = d_.answer(stream->request, stream->match);
    d_.count(stream->match, response.status, d_.clock->monotonic() - stream->began);
    auto produce = std::move(response.stream);
    const auto queue = produce ? std::make_shared<ChunkQueue>() : nullptr;
    owner_.post([self = shared_from_this(), stream, queue, response = std::move(response)]() mutable {
      stream->response = std::move(response);
      stream->queue = queue;
      self->answered(stream);
    });
    if (produce) {
      try {
        produce([&](std::string_view chunk) { return push(stream, *queue, chunk); });
      } catch (const std::exception&) {
        std::lock_guard lock(queue->mutex);
        queue->abandoned = true;
      }
      {
        std::lock_guard lock(queue->mutex);
        queue->done = true;
      }
      resume(stream);
    }
    owner_.post([self = shared_from_this()] {
      --self->running_;
      self->owner_.running->fetch_sub(1);
    });
  }

  bool push(const std::shared_ptr<Stream>& stream, ChunkQueue& queue, std::string_view chunk) {
    if (chunk.empty()) return !stream->request.cancelled.stop_requested();
    {
      std::unique_lock lock(queue.mutex);
      const auto ready = [&] { return queue.abandoned || queue.bytes.size() < kQueueBytes; };
      if (!queue.room.wait_for(lock, d_.config.write_timeout, ready)) {
        server_stats().write_timeouts.add();
        queue.abandoned = true;
      }
      if (queue.abandoned) return false;
      queue.bytes.append(chunk);
    }
    resume(stream);
    return !stream->request.cancelled.stop_requested();
  }

  void resume(const std::shared_ptr<Stream>& stream) {
    owner_.post([self = shared_from_this(), stream] {
      if (self->abandoned_ || !self->find(stream->id)) return;
      nghttp2_session_resume_data(self->session_, stream->id);
      self->owner_.output_ready();
    });
  }

  void answered(const std::shared_ptr<Stream>& stream) {
    if (abandoned_ || !find(stream->id)) {
      forsake(*stream);
      return;
    }
    d_.bodies.give(stream->body_counted);
    stream->body_counted = 0;
    submit(*stream);
    owner_.output_ready();
  }

  void submit(Stream& stream) {
    const auto& response = stream.response;
    std::vector<std::string> texts;
    texts.reserve(response.headers.all().size() * 2 + 8);
    std::vector<nghttp2_nv> fields;
    const auto add = [&](std::string name, std::string value) {
      for (auto& c : name)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
      texts.push_back(std::move(name));
      auto& n = texts.back();
      texts.push_back(std::move(value));
      auto& v = texts.back();
      fields.push_back({reinterpret_cast<std::uint8_t*>(n.data()), reinterpret_cast<std::uint8_t*>(v.data()), n.size(),
                        v.size(), NGHTTP2_NV_FLAG_NONE});
    };
    add(":status", std::to_string(response.status));
    for (const auto& [name, value] : response.headers.all())
      if (name != "Connection") add(name, value);
    add("date", http_date(d_.clock->now()));
    const bool head_only = stream.request.method == "HEAD" || response.status == 204 || response.status == 304;
    const bool plain = !stream.queue && response.trailers.all().empty();
    if (plain && response.status != 204) add("content-length", std::to_string(response.body.size()));
    nghttp2_data_provider provider{};
    provider.source.ptr = this;
    provider.read_callback = &read_body;
    const bool empty = head_only || (plain && response.body.empty());
    nghttp2_submit_response(session_, stream.id, fields.data(), fields.size(), empty ? nullptr : &provider);
  }

  static ssize_t read_body(nghttp2_session* session, std::int32_t id, std::uint8_t* into, std::size_t room,
                           std::uint32_t* flags, nghttp2_data_source* source, void*) {
    auto& s = *static_cast<Session*>(source->ptr);
    auto* stream = s.find(id);
    if (!stream) return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    std::size_t n = 0;
    bool end = false;
    if (stream->queue) {
      auto& queue = *stream->queue;
      std::lock_guard lock(queue.mutex);
      if (queue.abandoned) return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
      n = std::min(room, queue.bytes.size());
      std::memcpy(into, queue.bytes.data(), n);
      queue.bytes.erase(0, n);
      end = queue.done && queue.bytes.empty();
      if (n == 0 && !end) return NGHTTP2_ERR_DEFERRED;
      queue.room.notify_all();
    } else {
      n = std::min(room, stream->response.body.size() - stream->sent);
      std::memcpy(into, stream->response.body.data() + stream->sent, n);
      stream->sent += n;
      end = stream->sent == stream->response.body.size();
    }
    if (end) {
      *flags |= NGHTTP2_DATA_FLAG_EOF;
      const auto& trailers = stream->response.trailers.all();
      if (!trailers.empty()) {
        *flags |= NGHTTP2_DATA_FLAG_NO_END_STREAM;
        std::vector<nghttp2_nv> fields;
        for (const auto& [name, value] : trailers)  // written in lower case by those who set them
          fields.push_back({reinterpret_cast<std::uint8_t*>(const_cast<char*>(name.data())),
                            reinterpret_cast<std::uint8_t*>(const_cast<char*>(value.data())), name.size(), value.size(),
                            NGHTTP2_NV_FLAG_NONE});
        nghttp2_submit_trailer(session, id, fields.data(), fields.size());
      }
    }
    return static_cast<ssize_t>(n);
  }

  Dispatch& d_;
  std::string peer_;
  bool tls_ = false, abandoned_ = false;
  Owner owner_;
  nghttp2_session* session_ = nullptr;
  std::size_t running_ = 0;
  std::unordered_map<std::int32_t, std::shared_ptr<Stream>> streams_;
};

}  // namespace

std::shared_ptr<Http2Session> Http2Session::create(Dispatch& dispatch, std::string peer, bool tls, Owner owner) {
  auto session = std::make_shared<Session>(dispatch, std::move(peer), tls, std::move(owner));
  return session->begin() ? session : nullptr;
}

}  // namespace pharos::net
