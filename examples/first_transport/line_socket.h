#pragma once

#include <poll.h>

#include <atomic>
#include <span>
#include <string>
#include <string_view>

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include "tomada/call.h"
#include "tomada/config.h"
#include "tomada/unique_fd.h"

namespace first_transport {

// Waits until one of `fds` is ready; false when the time is over first.
bool Poll(std::span<pollfd> fds, tomada::Deadline until);

// What one thread tells another that polls. Set is for any thread.
class Signal {
 public:
  // Before anything else. False when the process has no descriptor left.
  bool Open();
  void Set();
  bool is_set() const { return set_.load(); }
  // For the thread that waits for it.
  void Reset();
  pollfd Waits() const { return {fd_.get(), POLLIN, 0}; }

 private:
  tomada::UniqueFd fd_;
  std::atomic<bool> set_{false};
};

// A listening socket, and the address that it has got. UNAVAILABLE says why there is none.
absl::StatusOr<tomada::UniqueFd> Listen(const tomada::HostPort& address);
std::string LocalAddress(const tomada::UniqueFd& socket);

// A connection that carries lines, for the one thread that serves it. Never waits longer than it is told, nor once
// `interrupt` is set.
class LineSocket {
 public:
  LineSocket(tomada::UniqueFd socket, size_t max_line) : socket_(std::move(socket)), max_line_(max_line) {}

  // The next line, without its end. OUT_OF_RANGE when it is longer than max_line; any other error means that there is
  // none to come.
  absl::StatusOr<std::string> ReadLine(tomada::Deadline until, const Signal& interrupt);
  // False when the client has not taken all of it.
  bool Write(std::string_view text, tomada::Deadline until, const Signal& interrupt);
  // Ready when the client has closed.
  pollfd Closes() const { return {socket_.get(), POLLRDHUP, 0}; }
  // The client's, without its port.
  std::string PeerAddress() const;

 private:
  const tomada::UniqueFd socket_;  // does not block
  const size_t max_line_;
  std::string received_;  // and not yet read
};

}  // namespace first_transport
