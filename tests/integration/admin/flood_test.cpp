// One client address floods a host with connections: all others are served as before, the admin too, and the log says
// who it is.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "integration/admin/running.h"
#include "support/open_files.h"
#include "support/process_usage.h"
#include "support/scheduling_noise.h"
#include "tomada/unique_fd.h"

namespace tomada::testing {
namespace {

using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

enum class FloodKind { kSilent, kGone, kHalfRequest };

// Connects from 127.0.0.2, some 14,000 times a second where the machine allows it, from its own thread.
class Flood {
 public:
  Flood(const std::string& address, FloodKind kind)
      : port_(static_cast<uint16_t>(std::stoi(address.substr(address.find(':') + 1)))),
        kind_(kind),
        thread_([this](const std::stop_token& stop) { Run(stop); }) {}

  int connections() const { return connections_; }

 private:
  static constexpr size_t kHeld = 4000;  // then each new one takes the place of the oldest
  static constexpr int kAtOnce = 16;

  void Run(const std::stop_token& stop) {
    std::vector<UniqueFd> held(kind_ == FloodKind::kGone ? 0 : kHeld);
    while (!stop.stop_requested()) {
      for (int i = 0; i < kAtOnce; ++i) {
        UniqueFd socket = Connect();
        if (!held.empty()) held[static_cast<size_t>(connections_) % kHeld] = std::move(socket);
        ++connections_;
      }
      std::this_thread::sleep_for(milliseconds(1));
    }
  }

  UniqueFd Connect() const {
    UniqueFd socket(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    const int on = 1;
    ::setsockopt(socket.get(), IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);  // ports are not used up
    sockaddr_in name{};
    name.sin_family = AF_INET;
    ::inet_pton(AF_INET, "127.0.0.2", &name.sin_addr);
    ::bind(socket.get(), reinterpret_cast<sockaddr*>(&name), sizeof name);
    ::inet_pton(AF_INET, "127.0.0.1", &name.sin_addr);
    name.sin_port = htons(port_);
    ::connect(socket.get(), reinterpret_cast<sockaddr*>(&name), sizeof name);
    constexpr std::string_view kHalf = "GET /usuarios/nobody HTTP/1.1\r\nHost:";
    if (kind_ == FloodKind::kHalfRequest) ::send(socket.get(), kHalf.data(), kHalf.size(), MSG_NOSIGNAL);
    return socket;
  }

  const uint16_t port_;
  const FloodKind kind_;
  std::atomic<int> connections_ = 0;
  const std::jthread thread_;
};

// What another client waits for each answer, on a connection that it keeps and on new ones, here and at the admin.
class OtherClient {
 public:
  explicit OtherClient(Running& host) : http_(host.AddressOf("http")), admin_(host.admin), kept_(http_) {}

  void AskFor(milliseconds time) {
    for (const Clock::time_point end = Clock::now() + time; Clock::now() < end;) {
      Measure([&] { return kept_.Request("GET", "/usuarios/nobody").status == 404; });
      Measure([&] { return HttpClient(http_).Request("GET", "/usuarios/nobody").status == 404; });
      Measure([&] { return HttpClient(admin_).Request("GET", "/readyz").status == 200; });
    }
  }
  milliseconds Percentile99() {
    std::sort(waits_.begin(), waits_.end());
    return std::chrono::ceil<milliseconds>(waits_.at(waits_.size() * 99 / 100));
  }
  int wrong() const { return wrong_; }
  size_t answers() const { return waits_.size(); }

 private:
  template <class Ask>
  void Measure(Ask ask) {
    const Clock::time_point begin = Clock::now();
    if (!ask()) ++wrong_;
    waits_.push_back(Clock::now() - begin);
    std::this_thread::sleep_for(std::chrono::microseconds(500));
  }

  const std::string http_, admin_;
  HttpClient kept_;
  std::vector<Clock::duration> waits_;
  int wrong_ = 0;
};

class PeerFlood : public ::testing::TestWithParam<FloodKind> {};

TEST_P(PeerFlood, LeavesOthersAlone) {
  constexpr size_t kMostMemory = 16 << 20;
  RaiseOpenFiles();
  SchedulingNoise::Listen();
  // A cap that is given counts for this machine's addresses as well.
  Running host("memory", {},
               {kAnyHttp, kAnyGrpc, "components.http.config.max_connections=2000",
                "components.http.config.max_connections_per_peer=1000"});
  OtherClient(host).AskFor(milliseconds(50));
  const size_t memory = ResidentBytesOf(host.process().pid());
  const Clock::time_point begin = Clock::now();
  const Flood flood(host.AddressOf("http"), GetParam());
  if (GetParam() != FloodKind::kGone) {
    host.process().WaitForLine(
        " warning http: connections are refused reason=\"a client has its `max_connections_per_peer`\" "
        "client=127\\.0\\.0\\.2 ");
  }
  OtherClient other(host);
  other.AskFor(milliseconds(1000));
  EXPECT_EQ(other.wrong(), 0);
  const milliseconds noise = SchedulingNoise::Since(begin);
  EXPECT_LE(other.Percentile99(), milliseconds(250) + noise);
  EXPECT_GT(flood.connections(), 1000);
  const size_t memory_now = ResidentBytesOf(host.process().pid());
  if (kMemoryIsTrue) EXPECT_LE(memory_now, memory + kMostMemory);
  RecordProperty("p99_ms", std::to_string(other.Percentile99().count()));
  RecordProperty("noise_ms", std::to_string(noise.count()));
  RecordProperty("answers", std::to_string(other.answers()));
  RecordProperty("flood_connections", std::to_string(flood.connections()));
  RecordProperty("memory_kib", std::to_string(memory / 1024) + " then " + std::to_string(memory_now / 1024));
}

INSTANTIATE_TEST_SUITE_P(Kinds, PeerFlood,
                         ::testing::Values(FloodKind::kSilent, FloodKind::kGone, FloodKind::kHalfRequest),
                         [](const auto& kind) {
                           switch (kind.param) {
                             case FloodKind::kSilent: return "Silent";
                             case FloodKind::kGone: return "Gone";
                             default: return "HalfRequest";
                           }
                         });

}  // namespace
}  // namespace tomada::testing
