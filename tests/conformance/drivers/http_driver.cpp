// A client of HTTP/1.1 and JSON as pistache_http speaks them (docs/http-mapping.md): a unary request goes out whole,
// with HalfClose; of a stream each message is a line and a chunk.
#include <algorithm>
#include <cctype>
#include <sstream>
#include <utility>

#include <google/protobuf/util/json_util.h>
#include <google/rpc/error_details.pb.h>
#include <google/rpc/status.pb.h>

#include <absl/strings/escaping.h>

#include "tomada/testing/client_socket.h"
#include "tomada/testing/transport_driver.h"

namespace tomada::testing {
namespace {

using google::protobuf::Message;
using google::protobuf::MethodDescriptor;
using Clock = ClientSocket::Clock;

// The types of these are found by their names: without this the linker would leave their library out.
[[maybe_unused]] const auto* const kDetails = google::rpc::BadRequest::descriptor();

std::string JsonOf(const Message& message) {
  std::string json;
  google::protobuf::util::MessageToJsonString(message, &json).ok();
  return json;
}

std::string Lower(std::string text) {
  std::ranges::transform(text, text.begin(), [](unsigned char c) { return std::tolower(c); });
  return text;
}

class HttpCall final : public ClientCall {
 public:
  HttpCall(std::shared_ptr<ClientSocket> socket, const MethodDescriptor& method, const CallOptions& options)
      : socket_(std::move(socket)), method_(method), options_(options) {
    if (!socket_->open()) Break();
  }
  ~HttpCall() override {
    if (!ended_) Cancel();
  }

  Sent Send(const Message& message, Patience patience) override { return SendJson(JsonOf(message), patience); }
  void SendGarbage() override { SendJson("}{", std::chrono::seconds(5)); }

  void HalfClose() override {
    if (ended_) return;
    if (method_.client_streaming()) {
      Begin("Transfer-Encoding: chunked\r\n");
      socket_->Put("0\r\n\r\n");
    } else {
      Begin("Content-Length: " + std::to_string(body_.size()) + "\r\n");
      socket_->Put(body_);
    }
    socket_->Flush(Clock::now() + std::chrono::seconds(20));
  }

  Received Read(Message& message, Patience patience) override {
    const auto until = Clock::now() + patience;
    for (;;) {
      if (ended_) return Received::kEnd;
      if (std::optional<std::string> json = NextJson(until)) {
        if (std::optional<CallEnd> failed = ErrorIn(*json)) {
          end_ = *std::move(failed);
          failed_ = true;
        } else if (google::protobuf::util::JsonStringToMessage(*json, &message).ok()) {
          return Received::kMessage;
        } else {
          End(CallEnd{absl::StatusCode::kInternal, "no " + message.GetTypeName() + ": " + *json, {}});
        }
      } else if (whole_) {
        End(failed_ ? end_ : CallEnd{absl::StatusCode::kOk, "", {}});
      } else if (!socket_->open()) {
        Break();
      } else {
        return Received::kNothing;
      }
    }
  }

  void Cancel() override {
    if (ended_) return;
    socket_->Close();
    End(CallEnd{absl::StatusCode::kCancelled, "cancelled here", {}});
  }

 private:
  Sent SendJson(const std::string& json, Patience patience) {
    if (ended_) return Sent::kOver;
    if (!method_.client_streaming()) {
      body_ += json;
      return Sent::kTaken;
    }
    if (!socket_->flushed() && !socket_->Flush(Clock::now() + patience)) {
      return socket_->flushed() ? Sent::kOver : Sent::kHeldUp;
    }
    Begin("Transfer-Encoding: chunked\r\n");
    std::ostringstream size;
    size << std::hex << json.size() + 1;
    socket_->Put(size.str() + "\r\n" + json + "\n\r\n");
    if (socket_->Flush(Clock::now() + patience)) return Sent::kTaken;
    return socket_->flushed() ? Sent::kOver : Sent::kHeldUp;
  }

  // The head; once.
  void Begin(const std::string& framing) {
    if (std::exchange(begun_, true)) return;
    const std::string type = method_.client_streaming() ? "application/x-ndjson" : "application/json";
    std::string head = "POST /" + method_.service()->full_name() + "/" + method_.name() +
                       " HTTP/1.1\r\nHost: conformance\r\nContent-Type: " + type + "\r\n" + framing;
    if (options_.timeout) head += "Grpc-Timeout: " + std::to_string(options_.timeout->count()) + "m\r\n";
    for (const auto& [name, value] : options_.metadata) {
      head += name + ": " + (name.ends_with("-bin") ? absl::Base64Escape(value) : value) + "\r\n";
    }
    socket_->Put(head + "\r\n");
  }

  void End(CallEnd end) {
    ended_ = true;
    end_ = std::move(end);
  }
  void Break() { End(CallEnd{absl::StatusCode::kUnavailable, "the connection has ended", {}}); }

  // The next message of the answer, or its error; nothing when there is none yet, or no more.
  std::optional<std::string> NextJson(Clock::time_point until) {
    if (!ReadHead(until)) return std::nullopt;
    while (chunked_ && !whole_ && text_.find('\n') == std::string::npos) {
      if (!ReadChunk(until)) return std::nullopt;
    }
    if (!chunked_ && !whole_) {
      std::optional<std::string> body = socket_->Bytes(length_, until);
      if (!body) return std::nullopt;
      whole_ = true;
      return body;
    }
    const size_t end = text_.find('\n');
    if (end == std::string::npos) return std::nullopt;
    std::string line = text_.substr(0, end);
    text_.erase(0, end + 1);
    return line;
  }

  bool ReadHead(Clock::time_point until) {
    while (!head_read_) {
      std::optional<std::string> line = socket_->Line(until);
      if (!line) return false;
      if (status_ == 0) {
        status_ = line->size() > 9 ? std::atoi(line->c_str() + 9) : -1;
      } else if (line->empty()) {
        head_read_ = true;
      } else {
        const size_t colon = std::min(line->find(':'), line->size() - 1);
        const std::string name = Lower(line->substr(0, colon));
        const std::string value = line->substr(std::min(line->find_first_not_of(' ', colon + 1), line->size()));
        if (name == "transfer-encoding") chunked_ = value == "chunked";
        if (name == "content-length") length_ = std::strtoul(value.c_str(), nullptr, 10);
        metadata_.emplace_back(name, value);
      }
    }
    return true;
  }

  bool ReadChunk(Clock::time_point until) {
    if (!chunk_) {
      std::optional<std::string> size = socket_->Line(until);
      if (!size) return false;
      chunk_ = std::strtoul(size->c_str(), nullptr, 16);
    }
    std::optional<std::string> bytes = socket_->Bytes(*chunk_ + 2, until);
    if (!bytes) return false;
    text_.append(*bytes, 0, *chunk_);
    whole_ = *chunk_ == 0;
    chunk_.reset();
    return true;
  }

  std::optional<CallEnd> ErrorIn(std::string json) const {
    constexpr std::string_view kError = "{\"error\":";
    const bool in_stream = chunked_ && json.starts_with(kError);
    if (in_stream) json = json.substr(kError.size(), json.size() - kError.size() - 1);
    if (!in_stream && status_ >= 200 && status_ < 300) return std::nullopt;
    google::rpc::Status rpc;
    if (!google::protobuf::util::JsonStringToMessage(json, &rpc).ok()) {
      return CallEnd{absl::StatusCode::kInternal, "no google.rpc.Status: " + json, {}};
    }
    return CallEnd{
        static_cast<absl::StatusCode>(rpc.code()), rpc.message(), {rpc.details().begin(), rpc.details().end()}};
  }

  const std::shared_ptr<ClientSocket> socket_;
  const MethodDescriptor& method_;
  const CallOptions options_;
  std::string body_;    // of one that goes out whole
  bool begun_ = false;  // the head has gone out
  int status_ = 0;
  bool head_read_ = false, chunked_ = false, whole_ = false, failed_ = false, ended_ = false;
  size_t length_ = 0;
  std::optional<size_t> chunk_;  // under way
  std::string text_;             // of chunks, not yet taken
};

// Made anew when the server has closed it, as HTTP lets it do after any answer.
class HttpConnection final : public ClientConnection {
 public:
  HttpConnection(std::string address, std::shared_ptr<ClientSocket> socket)
      : address_(std::move(address)), socket_(std::move(socket)) {}

  std::unique_ptr<ClientCall> Call(const MethodDescriptor& method, const CallOptions& options) override {
    socket_->Look();
    if (!socket_->open()) socket_ = std::make_shared<ClientSocket>(address_, std::chrono::seconds(5));
    return std::make_unique<HttpCall>(socket_, method, options);
  }
  void Cut() override { socket_->Close(); }

 private:
  const std::string address_;
  std::shared_ptr<ClientSocket> socket_;
};

class HttpDriver final : public TransportDriver {
 public:
  bool Can(Ability ability) const override {
    switch (ability) {
      case Ability::kManyCalls:               // HTTP/1.1 answers one after another
      case Ability::kBinaryResponseMetadata:  // no header holds them
      case Ability::kUnknownFields: return false;
      default: return true;
    }
  }

  Settings settings() const override {
    Settings settings = {{"drain_linger", "50ms"}};
    for (const char* name : {"probe-text", "probe-bin", "tomada-probe"}) {
      settings.emplace_back("forward_headers", std::string("+") + name);
    }
    return settings;
  }

  std::optional<Settings> SettingsFor(Bound bound, uint64_t value) const override {
    switch (bound) {
      case Bound::kMessageBytes: return Settings{{"max_body_size", std::to_string(value) + "B"}};
      case Bound::kConnections: return Settings{{"max_connections", std::to_string(value)}};
      case Bound::kDeadline: {
        const std::string limit = std::to_string(value) + "ms";
        return Settings{{"request_timeout", limit}, {"stream_timeout", limit}};
      }
      case Bound::kCalls: return Settings{{"max_calls", std::to_string(value)}};
    }
    return std::nullopt;
  }

  size_t WireSize(const Message& message) const override { return JsonOf(message).size(); }

  std::unique_ptr<ClientConnection> Connect(const std::string& address, std::chrono::milliseconds patience) override {
    auto socket = std::make_shared<ClientSocket>(address, patience);
    if (!socket->open()) return nullptr;
    return std::make_unique<HttpConnection>(address, std::move(socket));
  }
};

}  // namespace
}  // namespace tomada::testing

TOMADA_TRANSPORT_DRIVER(tomada::testing::HttpDriver)
