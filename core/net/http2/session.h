// One end of an HTTP/2 connection, by nghttp2: bytes in, bytes out. No socket and no thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include <nghttp2/nghttp2.h>

namespace tomada::net {

// What both ends share. Not thread-safe. What it calls in a class derived from it neither sends, nor receives, nor
// destroys it.
class Http2Session {
 public:
  virtual ~Http2Session() = default;
  Http2Session(const Http2Session&) = delete;
  Http2Session& operator=(const Http2Session&) = delete;

  // Appends to `out` what is to be sent now, until that has about `limit` bytes. False when the connection is of no
  // more use: it is broken, or the other end has said goodbye and all is answered.
  bool Send(std::string& out, size_t limit);
  // False when it is broken, or the other end keeps sending what is part of no message.
  bool Receive(std::span<const char> bytes);
  void Ping();

  // The other end's settings have come: it is there, and speaks HTTP/2.
  bool settled() const { return settled_; }
  // Receive was false as too much has come that is part of no message.
  bool flooded() const { return spare_bytes_ < 0; }

 protected:
  enum class Side { kClient, kServer };

  // Sends `settings`, and a window for the whole connection of `window` bytes. Received bytes are to be given back by
  // nghttp2_session_consume_connection and _stream.
  Http2Session(Side side, std::span<const nghttp2_settings_entry> settings, int32_t window);

  nghttp2_session* session() const { return session_.get(); }
  // More may come that is part of no message.
  void AllowSpareBytes(size_t count);

  virtual void TakeHeader(const nghttp2_frame& frame, std::string_view name, std::string_view value) = 0;
  virtual void TakeData(int32_t stream, std::string_view bytes) = 0;
  virtual void TakeFrame(const nghttp2_frame& frame) = 0;
  virtual void FrameSent(const nghttp2_frame& frame) = 0;
  // Once for each stream that was open, with the error code that closed it.
  virtual void StreamClosed(int32_t stream, uint32_t error_code) = 0;

 private:
  struct Callbacks;  // nghttp2 calls them
  struct Delete {
    void operator()(nghttp2_session* session) const { nghttp2_session_del(session); }
  };

  const int32_t window_;
  bool settled_ = false;
  // How much more may come that is part of no message. The other end earns it by messages, and by what it is asked.
  // Else pings, empty DATA or 1xx answers without end keep a core busy.
  int64_t spare_bytes_;
  std::unique_ptr<nghttp2_session, Delete> session_;
};

inline std::string_view BytesView(const uint8_t* bytes, size_t size) {
  return {reinterpret_cast<const char*>(bytes), size};
}

}  // namespace tomada::net
