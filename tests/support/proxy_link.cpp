#include "support/proxy_link.h"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace tomada::testing {
namespace {

constexpr size_t kMostWaiting = 256 << 10;
// Of a black hole: what a sender can lose in it before its own buffers fill.
constexpr size_t kMostSwallowed = 64 << 20;
constexpr std::chrono::milliseconds kRateStep{5};
// Between slices, so that the receiver reads them one by one.
constexpr std::chrono::microseconds kSliceStep{20};

}  // namespace

bool ProxyPipe::wants_to_read() const {
  return !ended_ && way_.reading && waiting_bytes_ < (way_.black_hole ? kMostSwallowed : kMostWaiting);
}

void ProxyPipe::Read() {
  char buffer[65536];
  const ssize_t size = ::recv(from_, buffer, sizeof buffer, MSG_DONTWAIT);
  if (size < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (size <= 0) {
    ended_ = true;
    reset_ = size < 0;
    return;
  }
  if (shut_) return;  // nobody listens any more
  waiting_.push_back({std::string(buffer, static_cast<size_t>(size)), Clock::now() + way_.delay});
  waiting_bytes_ += static_cast<size_t>(size);
}

size_t ProxyPipe::Allowance(Clock::time_point now) {
  size_t most = waiting_.front().bytes.size() - delivered_;
  if (way_.slice != 0) most = std::min(most, way_.slice);
  if (way_.cut_after) most = std::min(most, *way_.cut_after);
  if (way_.bytes_per_second != 0) {
    const double rate = static_cast<double>(way_.bytes_per_second);
    credit_ = std::min(credit_ + rate * std::chrono::duration<double>(now - credited_).count(), rate / 10 + 1);
    most = std::min(most, static_cast<size_t>(credit_));
  }
  credited_ = now;
  return most;
}

void ProxyPipe::CorruptWithin(size_t count) {
  if (!way_.corrupt_after || *way_.corrupt_after >= count) return;
  waiting_.front().bytes[delivered_ + *way_.corrupt_after] = way_.corrupt_to;
  way_.corrupt_after.reset();
}

void ProxyPipe::Passed(size_t count) {
  way_.passed += count;
  waiting_bytes_ -= count;
  delivered_ += count;
  if (way_.cut_after) *way_.cut_after -= count;
  if (way_.corrupt_after) *way_.corrupt_after -= count;
  if (way_.bytes_per_second != 0) credit_ -= static_cast<double>(count);
  if (delivered_ < waiting_.front().bytes.size()) return;
  waiting_.pop_front();
  delivered_ = 0;
}

ProxyPipe::Result ProxyPipe::Deliver(Clock::time_point now) {
  next_turn_ = Clock::time_point::max();
  blocked_ = false;
  while (!waiting_.empty() && !way_.black_hole && !shut_) {
    if (waiting_.front().due > now) {
      next_turn_ = waiting_.front().due;
      break;
    }
    if (way_.cut_after == size_t{0}) return Result::kCut;
    const size_t count = Allowance(now);
    if (count == 0) {
      next_turn_ = now + kRateStep;
      break;
    }
    CorruptWithin(count);
    const ssize_t sent = ::send(to_, waiting_.front().bytes.data() + delivered_, count, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0 && errno != EAGAIN && errno != EINTR && errno != ENOTCONN) {
      Shut();  // its end, and what it said before, is read on its own way
      break;
    }
    if (sent < 0) {
      blocked_ = true;
      break;
    }
    Passed(static_cast<size_t>(sent));
    if (way_.slice != 0) {
      next_turn_ = now + kSliceStep;
      break;
    }
  }
  // A sender's end, by a reset too, comes after what it sent: as in a network, which is still delivering that.
  if (ended_ && waiting_.empty() && !way_.black_hole) {
    if (reset_) return Result::kBroken;
    Shut();
  }
  return Result::kGoesOn;
}

void ProxyPipe::Shut() {
  if (!shut_) ::shutdown(to_, SHUT_WR);
  shut_ = true;
  waiting_.clear();
  waiting_bytes_ = delivered_ = 0;
}

ProxyLink::~ProxyLink() {
  ::close(client_);
  ::close(server_);
}

std::array<pollfd, 2> ProxyLink::Polled() const {
  const auto entry = [](int fd, const ProxyPipe& from, const ProxyPipe& to) {
    int events = (from.wants_to_read() ? POLLIN : 0) | (to.wants_to_write() ? POLLOUT : 0);
    // A socket that has ended would be reported again and again, also when nothing is wanted of it.
    return pollfd{events == 0 ? -1 : fd, static_cast<short>(events), 0};
  };
  return {entry(client_, to_server_, to_client_), entry(server_, to_client_, to_server_)};
}

ProxyPipe::Clock::time_point ProxyLink::next_turn() const {
  return std::min(to_server_.next_turn(), to_client_.next_turn());
}

ProxyPipe::Result ProxyLink::Step(const pollfd* polled, ProxyPipe::Clock::time_point now) {
  using Result = ProxyPipe::Result;
  ProxyPipe* const pipes[] = {&to_server_, &to_client_};
  for (size_t i = 0; i < 2; ++i) {
    if ((polled[i].revents & ~POLLOUT) != 0 && pipes[i]->wants_to_read()) pipes[i]->Read();
  }
  for (ProxyPipe* pipe : pipes) {
    if (Result result = pipe->Deliver(now); result != Result::kGoesOn) return result;
  }
  return Result::kGoesOn;
}

void ProxyLink::EndBy(CutBy how) {
  if (how == CutBy::kClose) return;
  linger at_once{1, 0};
  ::setsockopt(client_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
}

}  // namespace tomada::testing
