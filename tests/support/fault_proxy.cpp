#include "support/fault_proxy.h"

#include <netinet/tcp.h>
#include <sys/eventfd.h>

#include <algorithm>
#include <stdexcept>

namespace tomada::testing {
namespace {

using Clock = ProxyPipe::Clock;

int NewSocket() { return ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0); }

void SetOption(int fd, int level, int option) {
  int on = 1;
  ::setsockopt(fd, level, option, &on, sizeof on);
}

int Connect(uint16_t port) {
  const int fd = NewSocket();
  const sockaddr_in name = LoopbackPort::LoopbackName(port);
  if (::connect(fd, reinterpret_cast<const sockaddr*>(&name), sizeof name) != 0 && errno != EINPROGRESS) {
    ::close(fd);
    return -1;
  }
  SetOption(fd, IPPROTO_TCP, TCP_NODELAY);
  return fd;
}

}  // namespace

FaultProxy::FaultProxy(uint16_t server_port)
    : server_port_(server_port), wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  Listen(Listening::kAccept);
  thread_ = std::thread([this] { Run(); });
}

FaultProxy::~FaultProxy() {
  Do([this] { stopping_ = true; });
  thread_.join();
  Listen(Listening::kRefuse);
  ::close(wake_);
}

void FaultProxy::Do(std::function<void()> action) {
  std::packaged_task<void()> task(std::move(action));
  std::future<void> done = task.get_future();
  {
    std::lock_guard lock(mutex_);
    actions_.push_back(std::move(task));
  }
  ::eventfd_write(wake_, 1);
  done.get();
}

void FaultProxy::RunActions() {
  eventfd_t ignored;
  ::eventfd_read(wake_, &ignored);
  std::vector<std::packaged_task<void()>> actions;
  {
    std::lock_guard lock(mutex_);
    actions.swap(actions_);
  }
  for (auto& action : actions) action();
}

void FaultProxy::Delay(Way way, std::chrono::milliseconds delay) {
  Do([&] { this->way(way).delay = delay; });
}
void FaultProxy::Throttle(Way way, size_t bytes_per_second) {
  Do([&] { this->way(way).bytes_per_second = bytes_per_second; });
}
void FaultProxy::Slice(Way way, size_t bytes) {
  Do([&] { this->way(way).slice = bytes; });
}
void FaultProxy::StopReading(Way way) {
  Do([&] { this->way(way).reading = false; });
}
void FaultProxy::BlackHole(Way way) {
  Do([&] { this->way(way).black_hole = true; });
}
void FaultProxy::Refuse() {
  Do([&] { Listen(Listening::kRefuse); });
}
void FaultProxy::IgnoreConnects() {
  Do([&] { Listen(Listening::kIgnore); });
}

void FaultProxy::CutAfter(Way way, size_t bytes, CutBy how) {
  Do([&] {
    this->way(way).cut_after = bytes;
    this->way(way).cut_by = how;
  });
}

void FaultProxy::Corrupt(Way way, size_t bytes, char byte) {
  Do([&] {
    this->way(way).corrupt_after = bytes;
    this->way(way).corrupt_to = byte;
  });
}

void FaultProxy::CutAll(CutBy how) {
  Do([&] {
    for (auto& link : links_) link->EndBy(how);
    links_.clear();
    open_ = 0;
  });
}

void FaultProxy::HalfClose(Way way) {
  Do([&] {
    for (auto& link : links_) (way == Way::kToServer ? link->to_server() : link->to_client()).Shut();
  });
}

void FaultProxy::Heal() {
  Do([&] {
    for (ProxyWay* way : {&to_server_, &to_client_}) {
      const uint64_t passed = way->passed;
      *way = ProxyWay();
      way->passed = passed;
    }
    if (listening_ != Listening::kAccept) Listen(Listening::kAccept);
  });
}

uint64_t FaultProxy::bytes(Way way) {
  uint64_t passed = 0;
  Do([&] { passed = this->way(way).passed; });
  return passed;
}

void FaultProxy::Listen(Listening how) {
  for (int filler : fillers_) ::close(filler);
  fillers_.clear();
  if (listener_ >= 0) ::close(listener_);
  listener_ = -1;
  listening_ = how;
  if (how == Listening::kRefuse) return;
  listener_ = NewSocket();
  SetOption(listener_, SOL_SOCKET, SO_REUSEADDR);
  const sockaddr_in name = LoopbackPort::LoopbackName(port());
  if (::bind(listener_, reinterpret_cast<const sockaddr*>(&name), sizeof name) != 0 ||
      ::listen(listener_, how == Listening::kIgnore ? 0 : 512) != 0) {
    throw std::runtime_error("the proxy cannot listen");
  }
  // With its queue full and nobody accepting, the kernel drops every further SYN.
  if (how == Listening::kIgnore) fillers_ = {Connect(port()), Connect(port())};
}

int FaultProxy::ConnectToServer() const { return Connect(server_port_); }

void FaultProxy::Accept() {
  for (;;) {
    const int client = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (client < 0) return;
    ++connections_;
    SetOption(client, IPPROTO_TCP, TCP_NODELAY);
    const int server = ConnectToServer();
    if (server < 0) {
      ::close(client);
    } else {
      links_.push_back(std::make_unique<ProxyLink>(client, server, to_server_, to_client_));
    }
  }
}

std::vector<pollfd> FaultProxy::Polled() const {
  std::vector<pollfd> polled = {{wake_, POLLIN, 0}, {listening_ == Listening::kAccept ? listener_ : -1, POLLIN, 0}};
  for (const auto& link : links_) {
    for (const pollfd& entry : link->Polled()) polled.push_back(entry);
  }
  return polled;
}

timespec FaultProxy::Patience() const {
  Clock::time_point next = std::min(next_turn_, Clock::now() + std::chrono::hours(1));
  for (const auto& link : links_) next = std::min(next, link->next_turn());
  const std::chrono::nanoseconds wait = std::max<std::chrono::nanoseconds>(next - Clock::now(), {});
  return {wait.count() / 1'000'000'000, wait.count() % 1'000'000'000};
}

void FaultProxy::StepLinks(const std::vector<pollfd>& polled) {
  const Clock::time_point now = Clock::now();
  size_t entry = 2;
  for (auto& link : links_) {
    const ProxyPipe::Result result = link->Step(&polled[entry], now);
    entry += 2;
    if (result == ProxyPipe::Result::kGoesOn && !link->finished()) continue;
    if (result == ProxyPipe::Result::kBroken) link->EndBy(CutBy::kReset);
    if (result == ProxyPipe::Result::kCut) {
      ++cuts_;
      for (ProxyWay* way : {&to_server_, &to_client_}) {
        if (way->cut_after != size_t{0}) continue;
        link->EndBy(way->cut_by);
        way->cut_after.reset();
      }
    }
    link.reset();
  }
  std::erase(links_, nullptr);
}

void FaultProxy::Run() {
  while (!stopping_) {
    std::vector<pollfd> polled = Polled();
    const timespec patience = Patience();
    ::ppoll(polled.data(), polled.size(), &patience, nullptr);
    next_turn_ = Clock::time_point::max();
    StepLinks(polled);
    if (polled[1].revents != 0) Accept();
    open_ = links_.size();
    if (polled[0].revents != 0) {
      RunActions();
      next_turn_ = Clock::now();  // what an action set free, no socket will tell
      open_ = links_.size();
    }
  }
  links_.clear();
}

}  // namespace tomada::testing
