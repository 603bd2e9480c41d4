// One connection through a FaultProxy: a client, a server, and what is under way between them.
#pragma once

#include <poll.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>

namespace tomada::testing {

enum class CutBy { kClose, kReset };

// What is done to the bytes that pass one way, on all links together.
struct ProxyWay {
  // To last until changed:
  std::chrono::milliseconds delay{0};
  size_t bytes_per_second = 0;  // 0: no limit
  size_t slice = 0;             // how many bytes go at once; 0: all there are
  bool reading = true;
  bool black_hole = false;
  // To happen once, when so many more bytes have passed and another one would:
  std::optional<size_t> cut_after;
  CutBy cut_by = CutBy::kReset;
  std::optional<size_t> corrupt_after;
  char corrupt_to = 0;

  uint64_t passed = 0;  // bytes
};

// The bytes that go one way on one link.
class ProxyPipe {
 public:
  using Clock = std::chrono::steady_clock;
  enum class Result { kGoesOn, kCut, kBroken };

  // Neither socket is owned.
  ProxyPipe(int from, int to, ProxyWay& way) : from_(from), to_(to), way_(way) {}

  bool wants_to_read() const;
  bool wants_to_write() const { return blocked_; }
  // When Deliver has something to do that no socket will tell.
  Clock::time_point next_turn() const { return next_turn_; }

  void Read();
  Result Deliver(Clock::time_point now);
  // Tells the receiver that nothing more will come, whatever is still waiting.
  void Shut();
  bool shut() const { return shut_; }

 private:
  struct Chunk {
    std::string bytes;
    Clock::time_point due;
  };
  size_t Allowance(Clock::time_point now);
  void CorruptWithin(size_t count);
  void Passed(size_t count);

  int from_, to_;
  ProxyWay& way_;
  std::deque<Chunk> waiting_;
  size_t waiting_bytes_ = 0;
  size_t delivered_ = 0;  // of the first chunk
  double credit_ = 0;     // bytes that a limited rate allows
  Clock::time_point credited_ = Clock::now();
  Clock::time_point next_turn_ = Clock::time_point::max();
  bool blocked_ = false;  // the receiver takes nothing at the moment
  bool ended_ = false;    // the sender has finished
  bool reset_ = false;    // by a reset
  bool shut_ = false;     // the receiver has been told
};

class ProxyLink {
 public:
  // Owns both sockets, which do not block.
  ProxyLink(int client, int server, ProxyWay& to_server, ProxyWay& to_client)
      : client_(client),
        server_(server),
        to_server_(client, server, to_server),
        to_client_(server, client, to_client) {}
  ~ProxyLink();
  ProxyLink(const ProxyLink&) = delete;
  ProxyLink& operator=(const ProxyLink&) = delete;

  std::array<pollfd, 2> Polled() const;
  ProxyPipe::Clock::time_point next_turn() const;
  // Reads and writes what can be; kGoesOn also at the proper end of both ways: see finished().
  ProxyPipe::Result Step(const pollfd* polled, ProxyPipe::Clock::time_point now);
  bool finished() const { return to_server_.shut() && to_client_.shut(); }

  ProxyPipe& to_server() { return to_server_; }
  ProxyPipe& to_client() { return to_client_; }
  // How the client will see the end of this link. The server sees an ordinary close.
  void EndBy(CutBy how);

 private:
  int client_, server_;
  ProxyPipe to_server_, to_client_;
};

}  // namespace tomada::testing
