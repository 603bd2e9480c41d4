// The client's end of an HTTP/2 connection.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "net/http2/session.h"

namespace tomada::net {

class ClientSession;

// One request and its answer. Who asks derives from it.
class ClientStream {
 public:
  ClientStream() = default;
  virtual ~ClientStream() = default;
  ClientStream(const ClientStream&) = delete;
  ClientStream& operator=(const ClientStream&) = delete;

  // The request has gone, or a part of it.
  bool sent() const { return sent_; }
  // The server says that it has not begun with it, and never will (REFUSED_STREAM, GOAWAY).
  bool refused() const { return refused_; }

 protected:
  // For another try, on any session.
  void ForgetTry() {
    sent_ = refused_ = false;
    unread_ = 0;
  }
  // What TakeData has had and was not given back.
  size_t unread() const { return unread_; }

 private:
  friend class ClientSession;

  // Copies up to `size` bytes of the request's body to `buffer`. Sets `last` with those after which there are no more.
  // Zero without `last`: none for now, until ClientSession::Resume.
  virtual size_t Give(char* buffer, size_t size, bool& last) = 0;
  // `initial`: a field of the answer's head, and the answer does not end with that.
  virtual void TakeHeader(bool initial, std::string_view name, std::string_view value) = 0;
  // To be given back by ClientSession::Credit.
  virtual void TakeData(std::string_view bytes) = 0;
  // The last of the calls, with an error code of HTTP/2.
  virtual void TakeEnd(uint32_t error_code) = 0;

  int32_t id_ = -1;
  bool sent_ = false, refused_ = false;
  size_t unread_ = 0;  // bytes that were not given back
};

// Not thread-safe.
class ClientSession final : public Http2Session {
 public:
  // Of a stream: what a server may send and nobody has read. It begins no more before a half has been given back.
  static constexpr size_t kStreamWindow = 256 << 10;

  ClientSession();

  // `stream` stays until TakeEnd or Abandon. Whatever the server allows at once goes with the next Send, the rest
  // later. False when it cannot be sent on this session, ever. The fields are copied.
  bool Submit(ClientStream& stream, std::span<const nghttp2_nv> head);
  // There is more to give.
  void Resume(ClientStream& stream);
  // So much of what TakeData had has been read: the server may send as much again. Until the stream is destroyed, also
  // after its end.
  void Credit(ClientStream& stream, size_t size);
  // Resets a stream that somebody has ended here; nothing of it is called any more.
  void Abandon(ClientStream& stream);

  // False once the server has said goodbye: it answers what it has, and takes no more.
  bool accepts_requests() const { return nghttp2_session_check_request_allowed(session()) != 0; }
  // Frames of answers that have come.
  uint64_t answer_frames() const { return answer_frames_; }
  // How many streams the server lets be open at once.
  size_t max_streams() const;

 private:
  ClientStream* StreamOf(int32_t id) const;
  static ssize_t ReadBody(nghttp2_session* session, int32_t id, uint8_t* buffer, size_t size, uint32_t* flags,
                          nghttp2_data_source* source, void* user);

  void TakeHeader(const nghttp2_frame& frame, std::string_view name, std::string_view value) override;
  void TakeData(int32_t id, std::string_view bytes) override;
  void TakeFrame(const nghttp2_frame& frame) override;
  void FrameSent(const nghttp2_frame& frame) override;
  void StreamClosed(int32_t id, uint32_t error_code) override;
  void GiveBack(size_t size);
  void Reset(int32_t id);

  uint64_t answer_frames_ = 0;
  size_t unread_ = 0;    // of all streams
  size_t withheld_ = 0;  // of the connection's window
};

// For the head of a request. Neither string is copied: both outlive the call of Submit.
inline nghttp2_nv HeaderField(std::string_view name, std::string_view value, uint8_t flags = NGHTTP2_NV_FLAG_NONE) {
  const auto bytes = [](std::string_view text) {
    return const_cast<uint8_t*>(reinterpret_cast<const uint8_t*>(text.data()));
  };
  return {bytes(name), bytes(value), name.size(), value.size(), flags};
}

}  // namespace tomada::net
