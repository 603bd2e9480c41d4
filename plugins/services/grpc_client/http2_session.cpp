#include "http2_session.h"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <list>
#include <vector>

#include <absl/strings/escaping.h>
#include <fmt/format.h>

#include "http2_status.h"

namespace tomada::grpc_client {
namespace {

constexpr uint32_t kStreamWindow = 1 << 20;
constexpr int32_t kConnectionWindow = 16 << 20;
constexpr size_t kMaxHeaderBytes = 8 << 10;  // gRPC's own limit
// What a server may send for a frame of ours that is part of no answer: window updates for DATA; for a call frames'
// heads, settings and pings.
constexpr size_t kSpareForData = 64;
constexpr size_t kSpareForCall = 1 << 10;
constexpr size_t kFrameHead = 9;
constexpr size_t kEntryOverhead = 32;  // of a header, as HTTP/2 counts

std::string_view View(const uint8_t* bytes, size_t size) { return {reinterpret_cast<const char*>(bytes), size}; }

// Neither string is copied: both outlive the submission.
nghttp2_nv Header(std::string_view name, std::string_view value, uint8_t flags = 0) {
  const auto bytes = [](std::string_view text) {
    return const_cast<uint8_t*>(reinterpret_cast<const uint8_t*>(text.data()));
  };
  return {bytes(name), bytes(value), name.size(), value.size(), flags};
}

// At most eight digits.
std::string Timeout(Deadline deadline) {
  const auto left = std::max(deadline - std::chrono::steady_clock::now(), std::chrono::nanoseconds(1));
  const auto milliseconds = std::chrono::ceil<std::chrono::milliseconds>(left).count();
  if (milliseconds < 100'000'000) return fmt::format("{}m", milliseconds);
  return fmt::format("{}S", std::min<int64_t>(milliseconds / 1000 + 1, 99'999'999));
}

template <typename Number>
Number ToNumber(std::string_view text, Number otherwise) {
  Number number;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size() && number >= 0 ? number : otherwise;
}

}  // namespace

// `user` is the session; a stream's data is its call, null once that was abandoned.
struct Http2Session::Callbacks {
  static Http2Call* CallOf(nghttp2_session* session, int32_t stream) {
    return static_cast<Http2Call*>(nghttp2_session_get_stream_user_data(session, stream));
  }

  static int OnHeader(nghttp2_session* session, const nghttp2_frame* frame, const uint8_t* name, size_t name_size,
                      const uint8_t* value, size_t value_size, uint8_t, void* user) {
    if (Http2Call* call = CallOf(session, frame->hd.stream_id)) {
      const bool initial = frame->headers.cat == NGHTTP2_HCAT_RESPONSE && !(frame->hd.flags & NGHTTP2_FLAG_END_STREAM);
      static_cast<Http2Session*>(user)->TakeHeader(*call, initial, View(name, name_size), View(value, value_size));
    }
    return 0;
  }

  static int OnData(nghttp2_session* session, uint8_t, int32_t stream, const uint8_t* data, size_t size, void* user) {
    if (Http2Call* call = CallOf(session, stream)) {
      static_cast<Http2Session*>(user)->TakeData(*call, View(data, size));
    }
    return 0;
  }

  static int OnFrameSent(nghttp2_session* session, const nghttp2_frame* frame, void* user) {
    auto* self = static_cast<Http2Session*>(user);
    if (frame->hd.type == NGHTTP2_DATA) self->AllowSpareBytes(kSpareForData);
    if (frame->hd.type != NGHTTP2_HEADERS) return 0;
    self->AllowSpareBytes(kSpareForCall);
    if (Http2Call* call = CallOf(session, frame->hd.stream_id)) call->sent = true;
    return 0;
  }

  static int OnFrame(nghttp2_session*, const nghttp2_frame* frame, void* user) {
    if (frame->hd.type == NGHTTP2_SETTINGS) static_cast<Http2Session*>(user)->settled_ = true;
    return 0;
  }

  static int OnClosed(nghttp2_session* session, int32_t stream, uint32_t error_code, void* user) {
    Http2Call* call = CallOf(session, stream);
    if (call == nullptr) return 0;
    // The server has not begun with it: REFUSED_STREAM, or a GOAWAY with an earlier last stream.
    if (error_code == NGHTTP2_REFUSED_STREAM) call->sent = false;
    call->status = EndOf(*call, error_code);
    static_cast<Http2Session*>(user)->on_end_(*call);
    return 0;
  }

  static ssize_t ReadRequest(nghttp2_session* session, int32_t stream, uint8_t* buffer, size_t size, uint32_t* flags,
                             nghttp2_data_source*, void*) {
    Http2Call* call = CallOf(session, stream);
    if (call == nullptr) return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    const size_t some = std::min(size, call->request.size() - call->request_at);
    std::memcpy(buffer, call->request.data() + call->request_at, some);
    call->request_at += some;
    if (call->request_at == call->request.size()) *flags |= NGHTTP2_DATA_FLAG_EOF;
    return static_cast<ssize_t>(some);
  }
};

Http2Session::Http2Session(std::string authority, size_t max_message, OnEnd on_end)
    : authority_(std::move(authority)),
      max_message_(max_message),
      on_end_(std::move(on_end)),
      spare_bytes_(kConnectionWindow) {
  nghttp2_session_callbacks* callbacks;
  nghttp2_session_callbacks_new(&callbacks);
  nghttp2_session_callbacks_set_on_header_callback(callbacks, Callbacks::OnHeader);
  nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, Callbacks::OnData);
  nghttp2_session_callbacks_set_on_frame_send_callback(callbacks, Callbacks::OnFrameSent);
  nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, Callbacks::OnFrame);
  nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, Callbacks::OnClosed);
  nghttp2_session* session;
  nghttp2_session_client_new(&session, callbacks, this);
  session_.reset(session);
  nghttp2_session_callbacks_del(callbacks);
  const nghttp2_settings_entry settings[] = {{NGHTTP2_SETTINGS_ENABLE_PUSH, 0},
                                             {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, kStreamWindow},
                                             {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, kMaxHeaderBytes}};
  nghttp2_submit_settings(session, NGHTTP2_FLAG_NONE, settings, std::size(settings));
  nghttp2_session_set_local_window_size(session, NGHTTP2_FLAG_NONE, 0, kConnectionWindow);
}

void Http2Session::Submit(Http2Call& call) {
  const std::string timeout = Timeout(call.deadline);
  std::vector<nghttp2_nv> headers = {Header(":method", "POST"),     Header(":scheme", "http"),
                                     Header(":path", call.path),    Header(":authority", authority_),
                                     Header("te", "trailers"),      Header("content-type", "application/grpc"),
                                     Header("user-agent", "tomada")};
  // Not indexed: values that differ from call to call would push the others out of HPACK's table.
  if (call.deadline != Deadline::max()) headers.push_back(Header("grpc-timeout", timeout, NGHTTP2_NV_FLAG_NO_INDEX));
  std::list<std::string> encoded;
  for (const auto& [name, value] : call.metadata.entries()) {
    const std::string_view text = name.ends_with("-bin") ? encoded.emplace_back(absl::Base64Escape(value)) : value;
    headers.push_back(Header(name, text, NGHTTP2_NV_FLAG_NO_INDEX));
  }
  nghttp2_data_provider request{};
  request.read_callback = Callbacks::ReadRequest;
  call.stream = nghttp2_submit_request(session_.get(), nullptr, headers.data(), headers.size(), &request, &call);
  if (call.stream < 0) on_end_(call);  // not sent: no stream number or no memory is left
}

void Http2Session::Abandon(Http2Call& call) {
  nghttp2_session_set_stream_user_data(session_.get(), call.stream, nullptr);
  nghttp2_submit_rst_stream(session_.get(), NGHTTP2_FLAG_NONE, call.stream, NGHTTP2_CANCEL);
  AllowSpareBytes(kStreamWindow);  // what is on its way
}

void Http2Session::Ping() { nghttp2_submit_ping(session_.get(), NGHTTP2_FLAG_NONE, nullptr); }

bool Http2Session::Send(std::string& out) {
  for (;;) {
    const uint8_t* bytes;
    const ssize_t size = nghttp2_session_mem_send(session_.get(), &bytes);
    if (size < 0) return false;
    if (size == 0) break;
    out.append(View(bytes, static_cast<size_t>(size)));
  }
  return nghttp2_session_want_read(session_.get()) != 0 || !out.empty();
}

bool Http2Session::Receive(std::span<const char> bytes) {
  const auto* data = reinterpret_cast<const uint8_t*>(bytes.data());
  spare_bytes_ -= static_cast<int64_t>(bytes.size());  // given back as far as it is of an answer
  if (nghttp2_session_mem_recv(session_.get(), data, bytes.size()) != static_cast<ssize_t>(bytes.size())) return false;
  return !flooded();
}

void Http2Session::AllowSpareBytes(size_t count) {
  spare_bytes_ = std::min<int64_t>(spare_bytes_ + static_cast<int64_t>(count), kConnectionWindow);
}

void Http2Session::TakeHeader(Http2Call& call, bool initial, std::string_view name, std::string_view value) {
  call.header_bytes += name.size() + value.size() + kEntryOverhead;
  AllowSpareBytes(name.size() + value.size() + kEntryOverhead);
  if (call.header_bytes > kMaxHeaderBytes) {
    return Fail(call, grpc::StatusCode::RESOURCE_EXHAUSTED,
                fmt::format("the server's metadata is larger than {} bytes", kMaxHeaderBytes));
  }
  if (name == ":status") {
    call.http_status = ToNumber(value, 0);
  } else if (name == "grpc-status") {
    call.grpc_status = ToNumber<int>(value, grpc::StatusCode::UNKNOWN);
  } else if (name == "grpc-message") {
    call.grpc_message = value;
  } else if (name == "grpc-status-details-bin") {
    call.grpc_details = value;
  } else if (name == "grpc-encoding") {
    call.grpc_encoding = value;
  } else if (initial && name.ends_with("-bin")) {
    std::string bytes;
    if (absl::Base64Unescape(absl::string_view(value.data(), value.size()), &bytes))
      call.response_metadata.Add(std::string(name), std::move(bytes));
  } else if (initial) {
    call.response_metadata.Add(std::string(name), std::string(value));
  }
}

void Http2Session::TakeData(Http2Call& call, std::string_view bytes) {
  AllowSpareBytes(bytes.size() + kFrameHead);
  if (call.http_status != 200) return;  // a page for people
  call.answer.append(bytes);
  if (call.answer.size() < kPrefix) return;
  const size_t size = FramedSize(call.answer);
  // Some servers compress for clients that did not say they take it. What all of them can is taken.
  if (call.answer[0] != 0 && call.grpc_encoding != "gzip" && call.grpc_encoding != "deflate") {
    Fail(call, grpc::StatusCode::INTERNAL,
         fmt::format("the server's answer is compressed by \"{}\"; gzip and deflate are taken",
                     absl::CHexEscape(call.grpc_encoding)));
  } else if (size > max_message_) {
    Fail(call, grpc::StatusCode::RESOURCE_EXHAUSTED,
         fmt::format("the server's answer has {} bytes; at most {} are taken", size, max_message_));
  } else if (call.answer.size() > kPrefix + size) {
    Fail(call, grpc::StatusCode::UNIMPLEMENTED, "the server answered with more than one message");
  }
}

void Http2Session::Fail(Http2Call& call, grpc::StatusCode code, std::string message) {
  call.status = grpc::Status(code, std::move(message));
  Abandon(call);
  on_end_(call);
}

}  // namespace tomada::grpc_client
