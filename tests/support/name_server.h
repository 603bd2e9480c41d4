#pragma once

#include <chrono>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "tomada/unique_fd.h"

namespace tomada::testing {

// A DNS server on 127.0.0.1 port 53 of a private network, with the same answer to every question (RFC 1035, section 4).
// It denies every name until told otherwise. Thread-safe.
class NameServer {
 public:
  // In the network of the thread that makes it. Throws std::system_error when it cannot listen.
  NameServer();
  ~NameServer();
  NameServer(const NameServer&) = delete;
  NameServer& operator=(const NameServer&) = delete;

  // From now on: these IPv4 addresses, in this order, `delay` after the question; none: there is no such name.
  void Answer(std::vector<std::string> addresses, std::chrono::milliseconds delay = std::chrono::milliseconds(0));
  void StaySilent();  // questions are read and never answered

  uint64_t questions() const;

 private:
  void Run();
  // Empty while it is silent.
  std::string AnswerTo(std::string_view question);

  UniqueFd socket_, stopped_;
  mutable std::mutex mutex_;
  bool silent_ = false;                 // guarded by mutex_, as what follows
  std::vector<std::string> addresses_;  // none: denied
  std::chrono::milliseconds delay_{0};
  uint64_t questions_ = 0;
  std::thread thread_;
};

}  // namespace tomada::testing
