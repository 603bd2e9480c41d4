#include "net/http2/session.h"

#include <algorithm>
#include <new>

namespace tomada::net {

// `user` is the session.
struct Http2Session::Callbacks {
  static Http2Session& Of(void* user) { return *static_cast<Http2Session*>(user); }

  // No exception may pass through nghttp2.
  template <class Action>
  static int Guarded(Action action) noexcept {
    try {
      action();
      return 0;
    } catch (...) {
      return NGHTTP2_ERR_CALLBACK_FAILURE;
    }
  }

  static int OnHeader(nghttp2_session*, const nghttp2_frame* frame, const uint8_t* name, size_t name_size,
                      const uint8_t* value, size_t value_size, uint8_t, void* user) {
    return Guarded([&] { Of(user).TakeHeader(*frame, BytesView(name, name_size), BytesView(value, value_size)); });
  }

  static int OnData(nghttp2_session*, uint8_t, int32_t stream, const uint8_t* data, size_t size, void* user) {
    return Guarded([&] { Of(user).TakeData(stream, BytesView(data, size)); });
  }

  static int OnFrame(nghttp2_session*, const nghttp2_frame* frame, void* user) {
    if (frame->hd.type == NGHTTP2_SETTINGS) Of(user).settled_ = true;
    return Guarded([&] { Of(user).TakeFrame(*frame); });
  }

  static int OnFrameSent(nghttp2_session*, const nghttp2_frame* frame, void* user) {
    return Guarded([&] { Of(user).FrameSent(*frame); });
  }

  // Always 0: nghttp2 leaks after another result (CVE-2023-35945).
  static int OnClosed(nghttp2_session*, int32_t stream, uint32_t error_code, void* user) {
    Guarded([&] { Of(user).StreamClosed(stream, error_code); });
    return 0;
  }
};

Http2Session::Http2Session(Side side, std::span<const nghttp2_settings_entry> settings, int32_t window)
    : window_(window), spare_bytes_(window) {
  nghttp2_session_callbacks* callbacks;
  nghttp2_option* option;
  if (nghttp2_session_callbacks_new(&callbacks) != 0 || nghttp2_option_new(&option) != 0) throw std::bad_alloc();
  nghttp2_session_callbacks_set_on_header_callback(callbacks, Callbacks::OnHeader);
  nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, Callbacks::OnData);
  nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, Callbacks::OnFrame);
  nghttp2_session_callbacks_set_on_frame_send_callback(callbacks, Callbacks::OnFrameSent);
  nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, Callbacks::OnClosed);
  nghttp2_option_set_no_auto_window_update(option, 1);
  nghttp2_session* session = nullptr;
  (side == Side::kClient ? nghttp2_session_client_new2 : nghttp2_session_server_new2)(&session, callbacks, this,
                                                                                      option);
  nghttp2_option_del(option);
  nghttp2_session_callbacks_del(callbacks);
  if (session == nullptr) throw std::bad_alloc();
  session_.reset(session);
  nghttp2_submit_settings(session, NGHTTP2_FLAG_NONE, settings.data(), settings.size());
  nghttp2_session_set_local_window_size(session, NGHTTP2_FLAG_NONE, 0, window);
}

void Http2Session::Ping() { nghttp2_submit_ping(session(), NGHTTP2_FLAG_NONE, nullptr); }

bool Http2Session::Send(std::string& out, size_t limit) {
  while (out.size() < limit) {
    const uint8_t* bytes;
    const ssize_t size = nghttp2_session_mem_send(session(), &bytes);
    if (size < 0) return false;
    if (size == 0) break;
    out.append(BytesView(bytes, static_cast<size_t>(size)));
  }
  return nghttp2_session_want_read(session()) != 0 || !out.empty();
}

bool Http2Session::Receive(std::span<const char> bytes) {
  const auto* data = reinterpret_cast<const uint8_t*>(bytes.data());
  spare_bytes_ -= static_cast<int64_t>(bytes.size());  // given back as far as it is of a message
  if (nghttp2_session_mem_recv(session(), data, bytes.size()) != static_cast<ssize_t>(bytes.size())) return false;
  return !flooded();
}

void Http2Session::AllowSpareBytes(size_t count) {
  spare_bytes_ = std::min<int64_t>(spare_bytes_ + static_cast<int64_t>(count), window_);
}

}  // namespace tomada::net
