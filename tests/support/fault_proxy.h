// Stands between a client and a server and does to their connections what networks do.
//
//   FaultProxy proxy(server.port());
//   ... a client of proxy.address() ...
//   proxy.CutAfter(Way::kToClient, 0);   // the next request is carried out, its answer never comes
//
// A fault is in force when the call that asks for it returns. Thread-safe.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "support/loopback_port.h"
#include "support/proxy_link.h"

namespace tomada::testing {

enum class Way { kToServer, kToClient };

class FaultProxy {
 public:
  // Passes on to this port of the loopback, whether or not anybody listens there yet.
  explicit FaultProxy(uint16_t server_port);
  ~FaultProxy();
  FaultProxy(const FaultProxy&) = delete;
  FaultProxy& operator=(const FaultProxy&) = delete;

  uint16_t port() const { return port_.number(); }
  std::string address() const { return port_.address(); }

  // Of all links, present and future, until changed or healed; zero is no limit.
  void Delay(Way way, std::chrono::milliseconds delay);
  void Throttle(Way way, size_t bytes_per_second);
  void Slice(Way way, size_t bytes);
  // Nothing is read: the sender's buffers fill, then its writes fail to go through.
  void StopReading(Way way);
  // Everything is taken and nothing arrives, not even the end of the connection. After healing it arrives late, as
  // from a network that drops packets: also what its sender has long given up.
  void BlackHole(Way way);
  // Connections are refused; or never answered, as by a host that is gone.
  void Refuse();
  void IgnoreConnects();

  // Once: lets `bytes` more pass this way, and at the next byte cuts the link that carries it.
  // (kToServer, 0): the next request is not delivered. (kToClient, 0): it is, but its answer is not.
  void CutAfter(Way way, size_t bytes, CutBy how = CutBy::kReset);
  // Once: the byte that comes after `bytes` more becomes `byte`.
  void Corrupt(Way way, size_t bytes, char byte);

  // At once, of all links. The half that is closed is the one that brings bytes this way.
  void CutAll(CutBy how = CutBy::kReset);
  void HalfClose(Way way);

  // No fault is in force any more, nor waits to happen.
  void Heal();

  uint64_t connections() const { return connections_; }  // accepted so far
  uint64_t links() const { return open_; }               // of them, open now
  uint64_t cuts() const { return cuts_; }                // that CutAfter has made
  uint64_t bytes(Way way);

 private:
  enum class Listening { kAccept, kRefuse, kIgnore };

  // Runs `action` on the proxy's thread, to which all that follows belongs, and waits for it.
  void Do(std::function<void()> action);
  void Run();
  void RunActions();
  void Listen(Listening how);
  void Accept();
  int ConnectToServer() const;
  void StepLinks(const std::vector<pollfd>& polled);
  std::vector<pollfd> Polled() const;
  timespec Patience() const;
  ProxyWay& way(Way way) { return way == Way::kToServer ? to_server_ : to_client_; }

  const LoopbackPort port_;
  const uint16_t server_port_;
  std::atomic<uint64_t> connections_{0}, open_{0}, cuts_{0};

  std::mutex mutex_;
  std::vector<std::packaged_task<void()>> actions_;  // guarded by mutex_

  int wake_;
  int listener_ = -1;
  std::vector<int> fillers_;  // connections that keep an ignoring listener's queue full
  Listening listening_ = Listening::kRefuse;
  bool stopping_ = false;
  ProxyPipe::Clock::time_point next_turn_ = ProxyPipe::Clock::time_point::max();
  ProxyWay to_server_, to_client_;
  std::vector<std::unique_ptr<ProxyLink>> links_;
  std::thread thread_;
};

}  // namespace tomada::testing
