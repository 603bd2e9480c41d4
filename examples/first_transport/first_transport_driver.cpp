// The client's side of the wire, by which `tomada-conformance transport` holds the transport to the contract.
#include <google/protobuf/text_format.h>

#include "tomada/testing/client_socket.h"
#include "tomada/testing/transport_driver.h"

namespace {

using google::protobuf::Message;
using google::protobuf::MethodDescriptor;
using google::protobuf::TextFormat;
using tomada::testing::Ability;
using tomada::testing::Bound;
using tomada::testing::CallEnd;
using tomada::testing::CallOptions;
using tomada::testing::ClientCall;
using tomada::testing::ClientConnection;
using tomada::testing::ClientSocket;
using tomada::testing::TransportDriver;
using Clock = ClientSocket::Clock;

std::string Text(const Message& message) {
  TextFormat::Printer printer;
  printer.SetSingleLineMode(true);
  std::string text;
  printer.PrintToString(message, &text);
  return text;
}

absl::StatusCode CodeNamed(const std::string& name) {
  for (int code = 0; code <= 16; ++code) {
    if (absl::StatusCodeToString(static_cast<absl::StatusCode>(code)) == name)
      return static_cast<absl::StatusCode>(code);
  }
  return absl::StatusCode::kInternal;
}

// What the transport makes of an error's text.
std::string Unescaped(const std::string& text) {
  std::string message;
  for (size_t i = 0; i < text.size(); ++i) {
    const bool escaped = text[i] == '\\' && i + 1 < text.size();
    message += !escaped ? text[i] : text[++i] == 'n' ? '\n' : text[i];
  }
  return message;
}

class LineCall final : public ClientCall {
 public:
  LineCall(ClientSocket& socket, const MethodDescriptor& method)
      : socket_(socket), name_(method.service()->full_name() + "/" + method.name()) {}
  ~LineCall() override {
    if (!ended_) Cancel();
  }

  Sent Send(const Message& message, Patience patience) override {
    socket_.Put(name_ + " " + Text(message) + "\n");
    if (socket_.Flush(Clock::now() + patience)) return Sent::kTaken;
    return socket_.flushed() ? Sent::kOver : Sent::kHeldUp;
  }
  void HalfClose() override {}  // a request is a line

  Received Read(Message& message, Patience patience) override {
    if (ended_) return Received::kEnd;
    const std::optional<std::string> line = socket_.Line(Clock::now() + patience);
    if (!line && socket_.open()) return Received::kNothing;
    ended_ = true;
    if (!line) {
      end_ = {absl::StatusCode::kUnavailable, "cut", {}};
      return Received::kEnd;
    }
    const size_t space = line->find(' ');
    const std::string rest = space == line->npos ? "" : line->substr(space + 1);
    end_.code = CodeNamed(line->substr(0, space));
    if (end_.code == absl::StatusCode::kOk && TextFormat::ParseFromString(rest, &message)) return Received::kMessage;
    end_.message = Unescaped(rest);
    return Received::kEnd;
  }
  void Cancel() override {
    ended_ = true;
    socket_.Close();
    end_ = {absl::StatusCode::kCancelled, "cancelled here", {}};
  }

 private:
  ClientSocket& socket_;
  const std::string name_;
  bool ended_ = false;
};

class LineConnection final : public ClientConnection {
 public:
  explicit LineConnection(std::unique_ptr<ClientSocket> socket) : socket_(std::move(socket)) {}
  std::unique_ptr<ClientCall> Call(const MethodDescriptor& method, const CallOptions&) override {
    return std::make_unique<LineCall>(*socket_, method);
  }
  void Cut() override { socket_->Close(); }

 private:
  const std::unique_ptr<ClientSocket> socket_;
};

class Driver final : public TransportDriver {
 public:
  // One unary call after the other; who goes away cancels.
  bool Can(Ability ability) const override { return ability == Ability::kCancel; }
  std::optional<Settings> SettingsFor(Bound bound, uint64_t value) const override {
    if (bound == Bound::kDeadline) return Settings{{"max_call", std::to_string(value) + "ms"}};
    return std::nullopt;  // a longer line ends the connection, and connections beyond the limit wait
  }
  std::unique_ptr<ClientConnection> Connect(const std::string& address, std::chrono::milliseconds patience) override {
    auto socket = std::make_unique<ClientSocket>(address, patience);
    if (!socket->open()) return nullptr;
    return std::make_unique<LineConnection>(std::move(socket));
  }
};

}  // namespace

TOMADA_TRANSPORT_DRIVER(Driver)
