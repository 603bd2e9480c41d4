// A worker that listens, for tests of what a plugin serves by; and a client of plain bytes. Everything is bounded in
// time.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <chrono>
#include <functional>
#include <future>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "net/server/http1_session.h"
#include "net/server/worker.h"
#include "net/socket/listener.h"
#include "support/recording_sink.h"
#include "tomada/task.h"

namespace tomada::net {

class Floor final : public RequestHandler {
 public:
  // On the worker's thread.
  std::function<void(RequestPtr, ResponseStream)> handle;
  BodyWish wish = BodyWish::kWhole;

  explicit Floor(
      const std::function<void(Limits&)>& change = [](Limits&) {}, Budget calls = Budget()) {
    Limits limits{};
    limits.max_connections = limits.max_connections_per_peer = 1000;
    limits.max_descriptor = 1 << 20;
    limits.max_calls = 1000;
    limits.max_pipelined = 8;
    limits.max_unsent = 32 << 20;
    limits.max_header_size = 16 << 10;
    limits.max_body_size = 1 << 20;
    limits.header_timeout = limits.body_timeout = limits.idle_timeout = std::chrono::seconds(30);
    limits.write_timeout = std::chrono::seconds(30);
    change(limits);
    auto make_session = [this](Connection& connection, std::string_view) -> std::unique_ptr<Session> {
      return std::make_unique<Http1Session>(connection, *this);
    };
    shared_ = std::make_unique<Worker::Shared>(limits, std::make_unique<Request>, make_session,
                                               Logger(std::make_shared<testing::RecordingSink>(), "floor"), Metrics(),
                                               std::move(calls));
    auto listeners = Listen({"127.0.0.1", 0}, 1);
    EXPECT_TRUE(listeners.ok()) << listeners.status();
    address_ = *HostPort::Parse(LocalAddress(listeners->front().get()));
    worker_ = std::make_unique<Worker>(*shared_, std::move(listeners->front()));
    EXPECT_TRUE(worker_->Start().ok());
  }
  ~Floor() override {
    worker_->Stop(std::chrono::steady_clock::now());
    worker_->Join();
  }

  int port() const { return address_.port; }
  // Runs it on the worker's thread and waits for its end.
  void OnWorker(const std::function<void()>& call) {
    std::promise<void> done;
    Spawn(Run(worker_->executor(), call), [&done] { done.set_value(); });
    ASSERT_EQ(done.get_future().wait_for(std::chrono::seconds(10)), std::future_status::ready);
  }

 private:
  static Task<void> Run(Executor& executor, const std::function<void()>& call) {
    Hop hop(executor);
    co_await hop;
    call();
  }
  BodyWish WishFor(const Request&) override { return wish; }
  void Handle(RequestPtr request, ResponseStream reply) override { handle(std::move(request), reply); }
  void Refuse(RequestPtr, ResponseStream reply, int http_status, std::string_view) override {
    Response head;
    head.status = http_status;
    reply.Respond(head, "");
  }

  HostPort address_;
  std::unique_ptr<Worker::Shared> shared_;
  std::unique_ptr<Worker> worker_;
};

// One connection to it.
class PlainClient {
 public:
  explicit PlainClient(const Floor& floor) : fd_(socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<uint16_t>(floor.port()));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(connect(fd_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  }

  int fd() const { return fd_.get(); }
  void Send(std::string_view bytes) {
    EXPECT_EQ(send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL), static_cast<ssize_t>(bytes.size()));
  }
  void Get() { Send("GET / HTTP/1.1\r\nHost: a\r\n\r\n"); }
  // Everything up to `end`; what has come when the server closes or says nothing more.
  std::string Until(std::string_view end) {
    std::string got;
    char byte;
    while (!got.ends_with(end) && Readable(std::chrono::seconds(5)) && recv(fd_.get(), &byte, 1, 0) == 1) got += byte;
    return got;
  }
  std::string Head() { return Until("\r\n\r\n"); }
  // Everything until the server closes.
  std::string Rest() {
    std::string got;
    char bytes[4096];
    while (Readable(std::chrono::seconds(5))) {
      const ssize_t count = recv(fd_.get(), bytes, sizeof bytes, 0);
      if (count <= 0) return got;
      got.append(bytes, static_cast<size_t>(count));
    }
    ADD_FAILURE() << "the server does not close";
    return got;
  }
  bool Readable(std::chrono::milliseconds within) const {
    pollfd ready{fd_.get(), POLLIN, 0};
    return poll(&ready, 1, static_cast<int>(within.count())) == 1;
  }
  // How much is taken by a server that reads no more, and the sockets between; at most `most`, and a piece.
  size_t SendUntilStuck(std::string_view piece, size_t most) {
    size_t sent = 0;
    for (int idle = 0; idle < 10 && sent < most;) {
      const ssize_t count = send(fd_.get(), piece.data(), piece.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
      if (count > 0) {
        sent += static_cast<size_t>(count);
        idle = 0;
      } else {
        ++idle;
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
      }
    }
    return sent;
  }

 private:
  UniqueFd fd_;
};

}  // namespace tomada::net
