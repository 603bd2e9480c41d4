// A server's end of HTTP/2, made of nghttp2 alone, so that it can misbehave.
#pragma once

#include <sys/socket.h>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <nghttp2/nghttp2.h>

namespace tomada::testing {

// Answers nothing by itself. For one thread, but for what is atomic.
class Http2Peer {
 public:
  using Headers = std::vector<std::pair<std::string, std::string>>;

  // Without `credit` it takes of each request what the first window lets through.
  explicit Http2Peer(uint32_t max_streams = 100, bool credit = true) {
    nghttp2_session_callbacks* callbacks;
    nghttp2_session_callbacks_new(&callbacks);
    nghttp2_session_callbacks_set_on_header_callback(
        callbacks, [](nghttp2_session*, const nghttp2_frame* frame, const uint8_t* name, size_t name_size,
                      const uint8_t* value, size_t value_size, uint8_t, void* user) {
          auto& stream = static_cast<Http2Peer*>(user)->requests[frame->hd.stream_id];
          stream[std::string(name, name + name_size)] = std::string(value, value + value_size);
          return 0;
        });
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(
        callbacks, [](nghttp2_session*, uint8_t, int32_t stream, const uint8_t* data, size_t size, void* user) {
          static_cast<Http2Peer*>(user)->bodies[stream].append(reinterpret_cast<const char*>(data), size);
          return 0;
        });
    nghttp2_session_callbacks_set_on_frame_recv_callback(
        callbacks, [](nghttp2_session*, const nghttp2_frame* frame, void* user) {
          auto* self = static_cast<Http2Peer*>(user);
          if (frame->hd.type == NGHTTP2_PING && !(frame->hd.flags & NGHTTP2_FLAG_ACK)) ++self->pings;
          if (frame->hd.type == NGHTTP2_HEADERS && self->on_request) self->on_request(frame->hd.stream_id);
          return 0;
        });
    nghttp2_session_callbacks_set_on_stream_close_callback(
        callbacks, [](nghttp2_session*, int32_t stream, uint32_t error_code, void* user) {
          static_cast<Http2Peer*>(user)->closed[stream] = error_code;
          return 0;
        });
    nghttp2_option* option;
    nghttp2_option_new(&option);
    if (!credit) nghttp2_option_set_no_auto_window_update(option, 1);
    nghttp2_session_server_new2(&session_, callbacks, this, option);
    nghttp2_option_del(option);
    nghttp2_session_callbacks_del(callbacks);
    const nghttp2_settings_entry settings[] = {{NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, max_streams}};
    nghttp2_submit_settings(session_, NGHTTP2_FLAG_NONE, settings, 1);
  }
  ~Http2Peer() { nghttp2_session_del(session_); }
  Http2Peer(const Http2Peer&) = delete;
  Http2Peer& operator=(const Http2Peer&) = delete;

  nghttp2_session* session() { return session_; }

  // With `ends` false there is more of the body to come, and it never does.
  void Answer(int32_t stream, const Headers& headers, std::string body, Headers trailers, bool ends = true) {
    bodies_[stream] = {std::move(body), std::move(trailers), 0, ends};
    nghttp2_data_provider data{};
    data.source.ptr = &bodies_[stream];
    data.read_callback = ReadBody;
    auto list = List(headers);
    nghttp2_submit_response(session_, stream, list.data(), list.size(), &data);
  }
  void Reset(int32_t stream, uint32_t code) { nghttp2_submit_rst_stream(session_, NGHTTP2_FLAG_NONE, stream, code); }
  void Goodbye(int32_t last) { nghttp2_submit_goaway(session_, NGHTTP2_FLAG_NONE, last, NGHTTP2_NO_ERROR, nullptr, 0); }

  bool Receive(const std::string& bytes) {
    return nghttp2_session_mem_recv(session_, reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()) >= 0;
  }
  // One piece of what is to be sent; empty when there is nothing.
  std::string Send() {
    const uint8_t* bytes;
    const ssize_t size = nghttp2_session_mem_send(session_, &bytes);
    return size > 0 ? std::string(bytes, bytes + size) : std::string();
  }

  // Serves a connection until it ends.
  void Serve(int fd) {
    std::string buffer(64 << 10, '\0');
    do {
      for (std::string out = Send(); !out.empty(); out = Send()) {
        for (size_t at = 0; at < out.size();) {
          const ssize_t size = ::send(fd, out.data() + at, out.size() - at, MSG_NOSIGNAL);
          if (size <= 0) return;
          at += static_cast<size_t>(size);
        }
        sent += out.size();
      }
      const ssize_t size = ::recv(fd, buffer.data(), buffer.size(), 0);
      if (size <= 0 || !Receive(buffer.substr(0, static_cast<size_t>(size)))) return;
    } while (true);
  }

  std::function<void(int32_t stream)> on_request;                  // called when the head of a request has come
  std::map<int32_t, std::map<std::string, std::string>> requests;  // by stream: headers
  std::map<int32_t, std::string> bodies;                           // by stream: of requests
  std::map<int32_t, uint32_t> closed;                              // by stream: error codes
  std::atomic<size_t> sent{0};                                     // bytes, by Serve
  std::atomic<int> pings{0};

 private:
  struct Body {
    std::string bytes;
    Headers trailers;
    size_t at;
    bool ends;
  };

  static ssize_t ReadBody(nghttp2_session* session, int32_t id, uint8_t* buffer, size_t size, uint32_t* flags,
                          nghttp2_data_source* source, void*) {
    Body& body = *static_cast<Body*>(source->ptr);
    const size_t some = std::min(size, body.bytes.size() - body.at);
    if (some == 0 && !body.ends) return NGHTTP2_ERR_DEFERRED;
    std::memcpy(buffer, body.bytes.data() + body.at, some);
    body.at += some;
    if (body.at < body.bytes.size() || !body.ends) return static_cast<ssize_t>(some);
    *flags |= NGHTTP2_DATA_FLAG_EOF;
    if (!body.trailers.empty()) {
      *flags |= NGHTTP2_DATA_FLAG_NO_END_STREAM;
      auto list = List(body.trailers);
      nghttp2_submit_trailer(session, id, list.data(), list.size());
    }
    return static_cast<ssize_t>(some);
  }

  static std::vector<nghttp2_nv> List(const Headers& headers) {
    std::vector<nghttp2_nv> list;
    for (const auto& [name, value] : headers) {
      auto bytes = [](const std::string& text) { return reinterpret_cast<uint8_t*>(const_cast<char*>(text.data())); };
      list.push_back({bytes(name), bytes(value), name.size(), value.size(), NGHTTP2_NV_FLAG_NONE});
    }
    return list;
  }

  nghttp2_session* session_;
  std::map<int32_t, Body> bodies_;
};

}  // namespace tomada::testing
