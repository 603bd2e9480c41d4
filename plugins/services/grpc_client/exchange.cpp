#include "exchange.h"

#include <algorithm>
#include <cstring>

#include <absl/strings/escaping.h>
#include <fmt/format.h>

#include "connection.h"
#include "rpc/message_bytes.h"
#include "rpc/metadata.h"
#include "wire.h"

namespace tomada::grpc_client {
namespace {

constexpr size_t kMaxHeaderBytes = 8 << 10;  // gRPC's own limit
constexpr size_t kFieldOverhead = 32;        // as HTTP/2 counts
// While so much of a stream is unsent, its writer waits.
constexpr size_t kMaxUnsent = 64 << 10;
// So much of a stream that was sent is kept, for a server that has not begun with it.
constexpr size_t kMaxKept = 64 << 10;

}  // namespace

Exchange::Exchange(Wire& wire, Kind kind, std::string_view path, Executor& executor, Deadline deadline,
                   size_t max_message)
    : wire_(wire),
      kind_(kind),
      path_(path),
      executor_(executor),
      deadline_(deadline),
      max_message_(max_message),
      number_(wire.NextCall()) {}

Exchange::Awaiter Exchange::Ask(std::string request) {
  out_ = std::move(request);
  out_last_ = true;
  return Awaiter(*this, Awaiter::What::kAsk, false);
}

void Exchange::Start(std::string request, bool last) {
  started_ = true;
  unsent_ = request.size();
  out_ = std::move(request);
  out_last_ = last;
  wire_.Post(*this, [](Inbox& inbox) { inbox.start = true; });
}

Exchange::Awaiter Exchange::Write(std::string message) {
  if (over_) return Awaiter(*this, Awaiter::What::kWrite, true);
  const size_t size = message.size();
  if (unsent_.fetch_add(size) + size <= kMaxUnsent) {
    wire_.Post(*this, [&](Inbox& inbox) { inbox.bytes += message; });
    return Awaiter(*this, Awaiter::What::kWrite, true);
  }
  write_ = std::move(message);
  return Awaiter(*this, Awaiter::What::kWrite, false);
}

void Exchange::WritesDone() {
  wire_.Post(*this, [](Inbox& inbox) { inbox.last = true; });
}

Exchange::Awaiter Exchange::Read() { return Awaiter(*this, Awaiter::What::kRead, Advance()); }

Exchange::Awaiter Exchange::Finish() { return Awaiter(*this, Awaiter::What::kFinish, false); }

void Exchange::Cancel() { wire_.Cancel(*this); }

// The wire may resume it before this returns.
void Exchange::Await(Awaiter::What what, std::coroutine_handle<> waiting) {
  wire_.Post(*this, [&](Inbox& inbox) {
    switch (what) {
      case Awaiter::What::kAsk: inbox.start = true; [[fallthrough]];
      case Awaiter::What::kRead: inbox.reader = waiting; break;
      case Awaiter::What::kWrite:
        inbox.bytes += write_;
        inbox.writer = waiting;
        break;
      case Awaiter::What::kFinish: inbox.finisher = waiting; break;
    }
  });
}

bool Exchange::Result(Awaiter::What what) {
  if (what == Awaiter::What::kRead) return message_size_ > 0 || Advance();
  return what != Awaiter::What::kWrite || !over_;
}

bool Exchange::Advance() {
  ready_at_ += std::exchange(message_size_, 0);
  if (ready_at_ == ready_.size()) return false;
  message_size_ = rpc::kPrefix + rpc::FramedSize(std::string_view(ready_).substr(ready_at_));
  return true;
}

Exchange::Told Exchange::TakeInbox() {
  const Told told = {std::exchange(inbox_.start, false), !inbox_.bytes.empty() || inbox_.last};
  inbox_.queued = false;
  if (kind_ == Kind::kUnary) {
    reader_ = inbox_.reader;
    return told;
  }
  if (inbox_.reader) reader_ = std::exchange(inbox_.reader, nullptr);
  if (inbox_.writer) writer_ = std::exchange(inbox_.writer, nullptr);
  if (inbox_.finisher) finisher_ = std::exchange(inbox_.finisher, nullptr);
  if (out_.empty()) out_.swap(inbox_.bytes);
  out_ += inbox_.bytes;
  inbox_.bytes.clear();
  out_last_ |= inbox_.last;
  return told;
}

size_t Exchange::Give(char* buffer, size_t size, bool& last) {
  const size_t some = std::min(size, out_.size() - out_at_);
  std::memcpy(buffer, out_.data() + out_at_, some);
  out_at_ += some;
  last = out_last_ && out_at_ == out_.size();
  if (kind_ == Kind::kUnary) return some;
  if (out_at_ > kMaxKept) {
    out_.erase(0, std::exchange(out_at_, 0));
    forgotten_ = true;
  }
  if (unsent_.fetch_sub(some) - some <= kMaxUnsent && writer_) Resume(writer_);
  return some;
}

void Exchange::TakeHeader(bool initial, std::string_view name, std::string_view value) {
  header_bytes_ += name.size() + value.size() + kFieldOverhead;
  if (header_bytes_ > kMaxHeaderBytes) {
    return Fail(absl::StatusCode::kResourceExhausted,
                fmt::format("the server's metadata is larger than {} bytes", kMaxHeaderBytes));
  }
  if (end_.Take(name, value)) return;
  if (name == "grpc-encoding") {
    encoding_ = value;
  } else if (initial) {
    if (auto field = rpc::FromField(name, value)) response_metadata_.Add(std::string(name), *std::move(field));
  }
}

void Exchange::TakeData(std::string_view bytes) {
  const bool of_answer = end_.http_status() == 200;  // else of a page for people
  if (of_answer) in_.append(bytes);
  if (!of_answer || kind_ == Kind::kUnary || reader_) connection_->Credit(*this, unread() - handed_);
  if (of_answer) CheckMessages();
}

void Exchange::CheckMessages() {
  while (in_.size() - whole_ >= rpc::kPrefix) {
    const std::string_view next = std::string_view(in_).substr(whole_);
    const size_t size = rpc::FramedSize(next);
    // Some servers compress for clients that did not say they take it. What all of them can is taken.
    if (next[0] != 0 && encoding_ != "gzip" && encoding_ != "deflate") {
      return Fail(absl::StatusCode::kInternal,
                  fmt::format("the server's answer is compressed by \"{}\"; gzip and deflate are taken",
                              absl::CHexEscape(encoding_)));
    }
    if (size > max_message_) {
      return Fail(absl::StatusCode::kResourceExhausted,
                  fmt::format("the server's answer has {} bytes; at most {} are taken", size, max_message_));
    }
    if (next.size() < rpc::kPrefix + size) break;
    whole_ += rpc::kPrefix + size;
    if (kind_ == Kind::kUnary && in_.size() > whole_) {
      return Fail(absl::StatusCode::kUnimplemented, "the server answered with more than one message");
    }
  }
  HandOver();
}

void Exchange::TakeEnd(uint32_t error_code) {
  absl::Status status = end_.status(error_code);
  if (status.ok() && in_.size() > whole_) status = absl::InternalError("the server's answer was cut off");
  if (status.ok() && kind_ == Kind::kUnary && whole_ == 0) {
    status = absl::UnimplementedError("the server answered without a message");
  }
  wire_.Ended(*this, std::move(status));
}

void Exchange::Fail(absl::StatusCode code, std::string message) {
  wire_.EndHere(*this, absl::Status(code, std::move(message)));
}

void Exchange::Serve() {
  if (reader_ && connection_ != nullptr) connection_->Credit(*this, std::exchange(handed_, 0));
  HandOver();
  // The message that has come in part is wanted whole.
  if (reader_ && connection_ != nullptr) connection_->Credit(*this, unread());
  if (writer_ && (over_ || unsent_ <= kMaxUnsent)) Resume(writer_);
}

// At most half a window at once, or one message, so that the server can send while they are read.
void Exchange::HandOver() {
  if (!reader_) return;
  if (kind_ == Kind::kUnary) {
    if (!over_) return;
    ready_.swap(in_);
    return Resume(reader_);
  }
  if (whole_ > 0) {
    size_t size = 0;
    while (size < whole_ && size < net::ClientSession::kStreamWindow / 2) {
      size += rpc::kPrefix + rpc::FramedSize(std::string_view(in_).substr(size));
    }
    ready_.assign(in_, 0, size);
    ready_at_ = 0;
    in_.erase(0, size);
    whole_ -= size;
    handed_ = std::min(size, unread());
    Resume(reader_);
  } else if (over_) {
    Resume(reader_);
  }
}

void Exchange::Resume(std::coroutine_handle<>& waiting) {
  if (waiting) wire_.Resume(executor_, std::exchange(waiting, nullptr));
}

bool Exchange::Rewind() {
  if (forgotten_) return false;
  ForgetTry();
  if (kind_ == Kind::kStream) unsent_ += out_at_;
  out_at_ = 0;
  Discard();
  header_bytes_ = 0;
  end_ = rpc::AnswerEnd();
  encoding_.clear();
  response_metadata_ = Metadata();
  return true;
}

void Exchange::Discard() {
  in_.clear();
  whole_ = 0;
}

void Exchange::End(absl::Status status) {
  if (!over_.exchange(true)) status_ = std::move(status);
  handed_ = 0;
  Resume(writer_);
  HandOver();
}

}  // namespace tomada::grpc_client
