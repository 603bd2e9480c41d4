#include "cli/http_get.h"

#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <future>
#include <memory>
#include <system_error>
#include <thread>
#include <utility>

#include <fmt/format.h>

#include "tomada/unique_fd.h"

namespace tomada {
namespace {

constexpr size_t kMaxAnswer = 1 << 20;

absl::Status Unavailable(const HostPort& address, int error) {
  return absl::UnavailableError(fmt::format("{}: {}", address.ToString(), std::generic_category().message(error)));
}

struct Found {
  int error = 0;  // of getaddrinfo
  std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> addresses{nullptr, ::freeaddrinfo};
};

// getaddrinfo has no deadline: it has a thread of its own, which may outlive whoever waits.
std::future<Found> LookUp(const HostPort& address) {
  std::packaged_task<Found()> task([host = address.host, port = std::to_string(address.port)] {
    addrinfo hints = {};
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* first = nullptr;
    Found found;
    found.error = ::getaddrinfo(host.c_str(), port.c_str(), &hints, &first);
    if (found.error == 0) found.addresses.reset(first);
    return found;
  });
  std::future<Found> found = task.get_future();
  std::thread(std::move(task)).detach();
  return found;
}

// One connection with a deadline for everything.
class Exchange {
 public:
  Exchange(const HostPort& address, Deadline deadline) : address_(address), deadline_(deadline) {}

  absl::Status Connect() {
    std::future<Found> look_up = LookUp(address_);
    if (look_up.wait_until(deadline_) != std::future_status::ready) {
      return absl::DeadlineExceededError(fmt::format("{}: name look-up timed out", address_.ToString()));
    }
    const Found found = look_up.get();
    if (found.error != 0) {
      return absl::UnavailableError(fmt::format("{}: {}", address_.ToString(), ::gai_strerror(found.error)));
    }
    absl::Status status;
    for (const addrinfo* each = found.addresses.get(); each != nullptr; each = each->ai_next) {
      if (status = ConnectTo(*each); status.ok()) return status;
    }
    return status;
  }

  absl::Status Send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent > 0) {
        bytes.remove_prefix(static_cast<size_t>(sent));
      } else if (absl::Status waited = WaitAfter(sent, POLLOUT); !waited.ok()) {
        return waited;
      }
    }
    return absl::OkStatus();
  }

  absl::StatusOr<std::string> ReceiveAll() {
    std::string all;
    char buffer[4096];
    while (all.size() < kMaxAnswer) {
      const ssize_t got = ::recv(socket_.get(), buffer, sizeof buffer, 0);
      if (got == 0) break;
      if (got > 0) {
        all.append(buffer, static_cast<size_t>(got));
      } else if (absl::Status waited = WaitAfter(got, POLLIN); !waited.ok()) {
        return waited;
      }
    }
    return all;
  }

 private:
  absl::Status ConnectTo(const addrinfo& to) {
    socket_ = UniqueFd(::socket(to.ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (socket_.get() < 0) return Unavailable(address_, errno);
    if (::connect(socket_.get(), to.ai_addr, to.ai_addrlen) == 0) return absl::OkStatus();
    if (errno != EINPROGRESS) return Unavailable(address_, errno);
    if (absl::Status waited = Wait(POLLOUT); !waited.ok()) return waited;
    int error = 0;
    socklen_t size = sizeof error;
    ::getsockopt(socket_.get(), SOL_SOCKET, SO_ERROR, &error, &size);
    return error == 0 ? absl::OkStatus() : Unavailable(address_, error);
  }

  // After a call that returned `result`, which is not positive.
  absl::Status WaitAfter(ssize_t result, short events) {
    if (result < 0 && errno != EAGAIN && errno != EINTR) return Unavailable(address_, errno);
    return Wait(events);
  }

  absl::Status Wait(short events) {
    for (;;) {
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline_ - Deadline::clock::now()).count();
      if (left <= 0) return absl::DeadlineExceededError(fmt::format("{}: no answer in time", address_.ToString()));
      pollfd fd = {socket_.get(), events, 0};
      if (::poll(&fd, 1, static_cast<int>(left)) > 0) return absl::OkStatus();
    }
  }

  const HostPort address_;
  const Deadline deadline_;
  UniqueFd socket_;
};

// "HTTP/1.1 503 ..." to 503, else 0.
int StatusOf(std::string_view head) {
  int status = 0;
  const size_t space = head.find(' ');
  if (!head.starts_with("HTTP/1.") || space == std::string_view::npos) return 0;
  const std::string_view number = head.substr(space + 1, 3);
  const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), status);
  return error == std::errc() && end == number.data() + number.size() && status >= 100 ? status : 0;
}

}  // namespace

absl::StatusOr<HttpAnswer> HttpGet(const HostPort& address, std::string_view target, Deadline deadline) {
  Exchange exchange(address, deadline);
  if (absl::Status connected = exchange.Connect(); !connected.ok()) return connected;
  // Of 1.0, so that the answer comes whole and ends with the connection.
  const absl::Status sent = exchange.Send(
      fmt::format("GET {} HTTP/1.0\r\nHost: {}\r\nConnection: close\r\n\r\n", target, address.ToString()));
  if (!sent.ok()) return sent;
  absl::StatusOr<std::string> all = exchange.ReceiveAll();
  if (!all.ok()) return all.status();
  const size_t end = all->find("\r\n\r\n");
  const int status = StatusOf(*all);
  if (status == 0 || end == std::string::npos)
    return absl::InternalError(fmt::format("{}: what answers there does not speak HTTP/1", address.ToString()));
  return HttpAnswer{status, all->substr(end + 4)};
}

}  // namespace tomada
