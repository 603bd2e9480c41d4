// Calls over a wire, without a component.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include <google/protobuf/wrappers.pb.h>
#include <gtest/gtest.h>

#include "rpc/message_bytes.h"
#include "support/eventually.h"
#include "support/sync.h"
#include "tomada/testing/test_host.h"
#include "wire.h"

namespace tomada::testing {

class WireFixture : public ::testing::Test {
 protected:
  using Config = grpc_client::Config;
  using Exchange = grpc_client::Exchange;
  using Kind = Exchange::Kind;

  static constexpr size_t kMaxMessage = 1000;

  static Task<bool> Awaited(Exchange::Awaiter awaiter) {
    const bool result = co_await awaiter;
    co_return result;
  }
  // A message with one string, its first field: also an ObterUsuarioRequest.
  static std::string Framed(const std::string& text) {
    google::protobuf::StringValue message;
    message.set_value(text);
    return rpc::Frame(message);
  }

  void Connect(const std::string& target, Config config = {}) {
    config.target = target;
    Connect(config);
  }
  void Connect(const Config& config) {
    wire_ = std::make_unique<grpc_client::Wire>(config, nullptr, Logger(wire_host_.log, "test"));
  }
  bool Connected(size_t servers = 1) {
    return Eventually([&] {
      const auto standings = wire_->AwaitChange({}, {});
      return std::ranges::count(standings, true, &grpc_client::Backend::Standing::connected) ==
             static_cast<int64_t>(servers);
    });
  }
  Exchange Make(Kind kind, std::chrono::milliseconds time = std::chrono::seconds(20),
                size_t max_message = kMaxMessage) {
    return Exchange(*wire_, kind, "/usuarios.Usuarios/ObterUsuario", InlineExecutor(),
                    std::chrono::steady_clock::now() + time, max_message);
  }
  // What a call with this request ends with; its answers go to `answers`.
  absl::Status Ask(const std::string& text, Kind kind = Kind::kUnary,
                   std::chrono::milliseconds time = std::chrono::seconds(20),
                   std::vector<std::string>* answers = nullptr) {
    Exchange call = Make(kind, time);
    if (kind == Kind::kUnary) {
      Await(Awaited(call.Ask(Framed(text))));
      if (answers != nullptr) answers->emplace_back(call.answer());
      return call.status();
    }
    call.Start(Framed(text), true);
    while (Await(Awaited(call.Read()))) {
      if (answers != nullptr) answers->emplace_back(call.message());
    }
    Await(Awaited(call.Finish()));
    return call.status();
  }

  TestHost wire_host_;
  std::unique_ptr<grpc_client::Wire> wire_;
};

inline std::string NameOf(grpc_client::Exchange::Kind kind) {
  return kind == grpc_client::Exchange::Kind::kUnary ? "Unary" : "Stream";
}

}  // namespace tomada::testing
