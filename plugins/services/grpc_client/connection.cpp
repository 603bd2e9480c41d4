#include "connection.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <list>
#include <utility>

#include <fmt/format.h>

#include "net/socket/dialer.h"
#include "rpc/metadata.h"
#include "rpc/timeout.h"
#include "wire.h"

namespace tomada::grpc_client {
namespace {

using Clock = std::chrono::steady_clock;

// While more than this is unsent, further requests stay in the session.
constexpr size_t kEnoughUnsent = 1 << 20;
constexpr int kMostReads = 16;  // at once, each of a buffer
constexpr int kMostPings = 2;   // in a row, without an answer to a call in between; then one now and then
constexpr std::chrono::nanoseconds kRarePing = std::chrono::seconds(310);

}  // namespace

Connection::Connection(Wire& wire, const Settings& settings, uint32_t server, net::SocketAddresses addresses,
                       std::optional<net::TlsSession> tls)
    : wire_(wire),
      settings_(settings),
      server_(server),
      addresses_(std::move(addresses)),
      tls_(std::move(tls)),
      session_(std::make_unique<net::ClientSession>()),
      settle_by_(Clock::now() + settings.connect_timeout) {
  TryNextAddress();
}

Connection::~Connection() = default;

void Connection::TryNextAddress() {
  for (; next_address_ < addresses_.size(); ++next_address_) {
    absl::StatusOr<UniqueFd> socket = net::BeginConnect(addresses_[next_address_]);
    if (socket.ok() && wire_.Watch(socket->get(), *this)) {  // an event tells how it went
      ++next_address_;
      socket_ = *std::move(socket);
      return;
    }
    cause_ = socket.ok() ? std::strerror(errno) : std::string(socket.status().message());
  }
  Close(std::move(cause_));
}

void Connection::OnConnected() {
  const absl::Status result = net::ConnectResult(socket_.get());
  if (!result.ok()) {
    cause_ = std::string(result.message());
    return TryNextAddress();
  }
  stream_.emplace(std::move(socket_), std::move(tls_));
  state_ = State::kSettling;
}

void Connection::Close(std::string cause) {
  state_ = State::kClosed;
  cause_ = std::move(cause);
  socket_.Reset();
  stream_.reset();
  event_ = false;
}

bool Connection::Submit(Exchange& exchange) {
  std::vector<nghttp2_nv> head;
  head.reserve(8 + exchange.metadata.entries().size());
  const auto add = [&head](std::string_view name, std::string_view value, uint8_t flags = NGHTTP2_NV_FLAG_NONE) {
    head.push_back(net::HeaderField(name, value, flags));
  };
  add(":method", "POST");
  add(":scheme", settings_.tls ? "https" : "http");
  add(":path", exchange.path_);
  add(":authority", settings_.authority);
  add("te", "trailers");
  add("content-type", "application/grpc");
  add("user-agent", "tomada");
  // Not indexed: values that differ from call to call would push the others out of HPACK's table.
  std::string timeout;
  if (exchange.deadline_ != Deadline::max()) {
    timeout = rpc::PrintTimeout(exchange.deadline_ - Clock::now());
    add("grpc-timeout", timeout, NGHTTP2_NV_FLAG_NO_INDEX);
  }
  std::list<std::string> encoded;
  for (const Metadata::Entry& entry : exchange.metadata.entries()) {
    const bool binary = rpc::IsBinaryName(entry.first);
    const std::string& text = binary ? encoded.emplace_back(rpc::ToField(entry)) : entry.second;
    add(entry.first, text, NGHTTP2_NV_FLAG_NO_INDEX);
  }
  if (!session_->Submit(exchange, head)) {  // no stream number or no memory is left
    state_ = State::kLeaving;
    return false;
  }
  if (calls_++ == 0) heard_ = std::max(heard_, Clock::now());
  exchange.connection_ = this;
  exchange.server_ = server_;
  to_send_ = true;
  return true;
}

void Connection::MoreToGive(Exchange& exchange) {
  session_->Resume(exchange);
  to_send_ = true;
}

void Connection::Credit(Exchange& exchange, size_t size) {
  if (size == 0) return;
  session_->Credit(exchange, size);
  to_send_ = true;
}

void Connection::Abandon(Exchange& exchange) {
  session_->Abandon(exchange);
  to_send_ = true;
  Leave(exchange);
}

void Connection::Leave(Exchange& exchange) {
  Credit(exchange, exchange.unread());
  exchange.connection_ = nullptr;
  --calls_;
}

void Connection::Receive() {
  if (!std::exchange(event_, false)) return;
  if (state_ == State::kConnecting) OnConnected();
  to_send_ = true;
  for (int i = 0; stream_ && i < kMostReads; ++i) {
    size_t size = 0;
    const net::ByteStream::Result result = stream_->Read(wire_.buffer(), size);
    if (result == net::ByteStream::Result::kNothing) return;
    if (result == net::ByteStream::Result::kEnd) {
      std::string error = stream_->error();
      if (error.empty() && !was_open()) error = "the server closed the connection";
      return Close(std::move(error));
    }
    if (!session_->Receive(wire_.buffer().first(size))) {
      return Close(session_->flooded() ? "the server sent too many frames that carry nothing"
                                       : "the server does not keep to HTTP/2");
    }
    heard_ = Clock::now();
    pinged_ = Deadline::max();
    if (std::exchange(answers_, session_->answer_frames()) != session_->answer_frames()) pings_ = 0;
    if (state_ == State::kSettling && session_->settled()) {
      state_ = State::kOpen;
      opened_ = heard_;
      settle_by_ = Deadline::max();
    }
    if (state_ == State::kOpen && !session_->accepts_requests()) state_ = State::kLeaving;
  }
  event_ = stream_.has_value();
}

void Connection::Send(Deadline now) {
  CheckAlive(now);
  if (!stream_ || !std::exchange(to_send_, false)) return;
  for (;;) {
    if (!session_->Send(out_, kEnoughUnsent)) return Close(was_open() ? "" : "the server does not speak HTTP/2");
    const size_t before = out_.size();
    if (!stream_->Write(out_)) return Close(stream_->error());
    // Where the socket takes no more, an event tells when it does.
    if (out_.size() == before || (out_.empty() && before < kEnoughUnsent)) return;
  }
}

// Closes it when it is not open in time, when it is done with, or when the server does not answer a ping while calls
// wait.
void Connection::CheckAlive(Deadline now) {
  if (state_ == State::kClosed) return;
  if (now >= settle_by_) return Close("it takes longer than connect_timeout to connect");
  if (calls_ == 0 && (state_ == State::kLeaving || (retired_ && was_open()))) return Close();
  if (calls_ == 0 || now < ping_at()) return;
  if (pinged_ == Deadline::max()) {
    pinged_ = now;
    ++pings_;
    session_->Ping();
    to_send_ = true;
  } else {
    Close("it does not answer a ping");
  }
}

// Servers close a connection that is pinged often while they have nothing to say: gRPC's own take three pings at most
// that are less than five minutes apart.
Deadline Connection::ping_at() const {
  if (pinged_ != Deadline::max()) return pinged_ + settings_.keepalive_timeout;
  return heard_ + (pings_ < kMostPings ? settings_.keepalive_time : std::max(settings_.keepalive_time, kRarePing));
}

Deadline Connection::next() const {
  const bool parting = !parted_ && (state_ == State::kLeaving || state_ == State::kClosed);
  if (parting || event_) return Deadline();
  return calls_ == 0 ? settle_by_ : std::min(settle_by_, ping_at());
}

}  // namespace tomada::grpc_client
