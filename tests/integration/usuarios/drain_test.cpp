// SIGTERM under load: a request that was accepted is answered. Counted by drivers that go on until nobody accepts, 50
// times in the long form.
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <mutex>
#include <thread>

#include "integration/usuarios/stack.h"
#include "support/http_client.h"
#include "support/long_form.h"
#include "usuarios.grpc.pb.h"

namespace tomada::testing {
namespace {

struct Tally {
  std::atomic<int> answered = 0;
  std::atomic<int> cut = 0;  // accepted and not answered
  std::mutex mutex;
  std::string first_cut;

  void Cut(const std::string& how) {
    ++cut;
    std::lock_guard lock(mutex);
    if (first_cut.empty()) first_cut = how;
  }
};

// Asks on one keep-alive connection after another until a new one is refused.
void DriveHttp(const std::string& address, Tally& tally) {
  for (;;) {
    std::unique_ptr<HttpClient> client;
    try {
      client = std::make_unique<HttpClient>(address);
    } catch (const std::runtime_error&) {
      return;  // refused: no failure
    }
    for (;;) {
      if (client->Closed(std::chrono::milliseconds(0))) break;
      HttpResponse response = client->Request("GET", "/usuarios/nobody");
      if (response.status == 404) {
        ++tally.answered;
      } else {
        tally.Cut("HTTP status " + std::to_string(response.status));
        break;
      }
      if (response.headers["connection"] == "close") break;
    }
  }
}

void DriveGrpc(const std::string& address, int number, Tally& tally) {
  grpc::ChannelArguments arguments;
  arguments.SetInt("driver", number);  // its own connection
  auto stub =
      usuarios::Usuarios::NewStub(grpc::CreateCustomChannel(address, grpc::InsecureChannelCredentials(), arguments));
  for (;;) {
    grpc::ClientContext context;
    usuarios::ObterUsuarioRequest request;
    request.set_id("nobody");
    usuarios::ObterUsuarioResponse response;
    grpc::Status status = stub->ObterUsuario(&context, request, &response);
    if (status.error_code() == grpc::StatusCode::NOT_FOUND) {
      ++tally.answered;
      continue;
    }
    bool refused = status.error_code() == grpc::StatusCode::UNAVAILABLE &&
                   status.error_message().find("connect") != std::string::npos;
    if (!refused) tally.Cut(std::to_string(status.error_code()) + " " + status.error_message());
    return;
  }
}

// Both transports at once: 8 drivers each.
void DrainsWithoutLoss() {
  Stack stack(Topology::kOneProcess);
  Tally http, grpc;
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] { DriveHttp(stack.http_address(), http); });
    threads.emplace_back([&, i] { DriveGrpc(stack.grpc_address(), i, grpc); });
  }
  auto patience = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while ((http.answered < 1000 || grpc.answered < 1000) && std::chrono::steady_clock::now() < patience) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  stack.servidor().Signal(SIGTERM);
  EXPECT_EQ(stack.servidor().Wait(), 0) << stack.output();
  for (std::thread& thread : threads) thread.join();
  for (Tally* tally : {&http, &grpc}) {
    EXPECT_EQ(tally->cut, 0) << tally->first_cut << "\n" << stack.output();
    EXPECT_GE(tally->answered, 1000);
  }
}

TEST(Drain, WhatWasAcceptedIsAnswered) {
  const int rounds = LongForm() ? 50 : 2;
  for (int round = 0; round < rounds && !HasFailure(); ++round) {
    SCOPED_TRACE("round " + std::to_string(round));
    DrainsWithoutLoss();
  }
}

}  // namespace
}  // namespace tomada::testing
