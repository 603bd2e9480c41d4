#include "net/http2/client_session.h"

#include <algorithm>
#include <utility>

namespace tomada::net {
namespace {

constexpr int32_t kConnectionWindow = 16 << 20;
// While more than this is unread, streams together get no more of the connection's window.
constexpr size_t kMostUnread = 48 << 20;
constexpr uint32_t kMaxHeaderBytes = 8 << 10;  // gRPC's own limit
// What a server may send for a frame of ours that is part of no answer: window updates for DATA; for a request frames'
// heads, settings and pings.
constexpr size_t kSpareForData = 64;
constexpr size_t kSpareForRequest = 1 << 10;
constexpr size_t kFrameHead = 9;
constexpr size_t kFieldOverhead = 32;  // as HTTP/2 counts

constexpr nghttp2_settings_entry kSettings[] = {
    {NGHTTP2_SETTINGS_ENABLE_PUSH, 0},
    {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, static_cast<uint32_t>(ClientSession::kStreamWindow)},
    {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, kMaxHeaderBytes}};

}  // namespace

ClientSession::ClientSession() : Http2Session(Side::kClient, kSettings, kConnectionWindow) {}

ClientStream* ClientSession::StreamOf(int32_t id) const {
  return static_cast<ClientStream*>(nghttp2_session_get_stream_user_data(session(), id));
}

bool ClientSession::Submit(ClientStream& stream, std::span<const nghttp2_nv> head) {
  nghttp2_data_provider body{};
  body.read_callback = ReadBody;
  stream.id_ = nghttp2_submit_request(session(), nullptr, head.data(), head.size(), &body, &stream);
  return stream.id_ >= 0;
}

ssize_t ClientSession::ReadBody(nghttp2_session* session, int32_t id, uint8_t* buffer, size_t size, uint32_t* flags,
                                nghttp2_data_source*, void*) {
  auto* stream = static_cast<ClientStream*>(nghttp2_session_get_stream_user_data(session, id));
  if (stream == nullptr) return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
  bool last = false;
  const size_t given = stream->Give(reinterpret_cast<char*>(buffer), size, last);
  if (last) *flags |= NGHTTP2_DATA_FLAG_EOF;
  return given == 0 && !last ? static_cast<ssize_t>(NGHTTP2_ERR_DEFERRED) : static_cast<ssize_t>(given);
}

// An error means that it has something to give anyway.
void ClientSession::Resume(ClientStream& stream) { nghttp2_session_resume_data(session(), stream.id_); }

void ClientSession::Credit(ClientStream& stream, size_t size) {
  stream.unread_ -= size;
  unread_ -= size;
  nghttp2_session_consume_stream(session(), stream.id_, size);
  if (unread_ <= kMostUnread) GiveBack(std::exchange(withheld_, 0));
}

void ClientSession::GiveBack(size_t size) {
  if (size > 0) nghttp2_session_consume_connection(session(), size);
}

void ClientSession::Abandon(ClientStream& stream) {
  Credit(stream, stream.unread_);
  nghttp2_session_set_stream_user_data(session(), stream.id_, nullptr);
  Reset(stream.id_);
}

void ClientSession::Reset(int32_t id) {
  nghttp2_submit_rst_stream(session(), NGHTTP2_FLAG_NONE, id, NGHTTP2_CANCEL);
  AllowSpareBytes(kStreamWindow);  // what is on its way
}

size_t ClientSession::max_streams() const {
  return nghttp2_session_get_remote_settings(session(), NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS);
}

void ClientSession::TakeHeader(const nghttp2_frame& frame, std::string_view name, std::string_view value) {
  ClientStream* stream = StreamOf(frame.hd.stream_id);
  if (stream == nullptr) return;
  AllowSpareBytes(name.size() + value.size() + kFieldOverhead);
  const bool initial = frame.headers.cat == NGHTTP2_HCAT_RESPONSE && !(frame.hd.flags & NGHTTP2_FLAG_END_STREAM);
  stream->TakeHeader(initial, name, value);
}

// One stream that nobody reads does not hold up the others: the connection's window is given back at once.
void ClientSession::TakeData(int32_t id, std::string_view bytes) {
  ClientStream* stream = StreamOf(id);
  if (stream == nullptr) return GiveBack(bytes.size());
  AllowSpareBytes(bytes.size() + kFrameHead);
  stream->unread_ += bytes.size();
  unread_ += bytes.size();
  if (unread_ <= kMostUnread) {
    GiveBack(bytes.size());
  } else {
    withheld_ += bytes.size();
  }
  stream->TakeData(bytes);
}

// A server may answer, and end that, before it has the whole request. The rest is of no interest to it.
void ClientSession::TakeFrame(const nghttp2_frame& frame) {
  if (frame.hd.type != NGHTTP2_HEADERS && frame.hd.type != NGHTTP2_DATA) return;
  ++answer_frames_;
  if (!(frame.hd.flags & NGHTTP2_FLAG_END_STREAM)) return;
  ClientStream* stream = StreamOf(frame.hd.stream_id);
  if (stream == nullptr || nghttp2_session_get_stream_local_close(session(), frame.hd.stream_id) != 0) return;
  nghttp2_session_set_stream_user_data(session(), frame.hd.stream_id, nullptr);
  Reset(frame.hd.stream_id);
  stream->TakeEnd(NGHTTP2_NO_ERROR);
}

void ClientSession::FrameSent(const nghttp2_frame& frame) {
  if (frame.hd.type == NGHTTP2_DATA) AllowSpareBytes(kSpareForData);
  if (frame.hd.type != NGHTTP2_HEADERS) return;
  AllowSpareBytes(kSpareForRequest);
  if (ClientStream* stream = StreamOf(frame.hd.stream_id)) stream->sent_ = true;
}

void ClientSession::StreamClosed(int32_t id, uint32_t error_code) {
  ClientStream* stream = StreamOf(id);
  if (stream == nullptr) return;
  stream->refused_ = error_code == NGHTTP2_REFUSED_STREAM;
  stream->TakeEnd(error_code);
}

}  // namespace tomada::net
