#include "net/loop/poller.h"

#include <pistache/reactor.h>

#include <vector>

#include <fmt/format.h>

namespace tomada::net {
namespace {

namespace Aio = Pistache::Aio;
namespace Polling = Pistache::Polling;

constexpr auto kReadAndWrite = static_cast<Polling::NotifyOn>(static_cast<int>(Polling::NotifyOn::Read) |
                                                              static_cast<int>(Polling::NotifyOn::Write));

}  // namespace

// Exactly one for each reactor: then the reactor hands tags through unchanged.
class Poller::Handler final : public Aio::Handler {
  PROTOTYPE_OF(Aio::Handler, Handler)

 public:
  explicit Handler(Sink& sink) : sink_(sink) {}

  void registerPoller(Polling::Epoll&) override {}
  void onReady(const Aio::FdSet& ready) override {
    events_.clear();
    for (size_t i = 0; i < ready.size(); ++i) {
      const Aio::FdSet::Entry& entry = ready[i];
      events_.push_back({entry.getTag().value(), entry.isReadable(), entry.isWritable(), entry.isHangup()});
    }
    sink_.OnReady(events_);
  }

 private:
  Sink& sink_;
  std::vector<Event> events_;
};

struct Poller::Reactor {
  std::shared_ptr<Aio::Reactor> reactor = Aio::Reactor::create();
  Aio::Reactor::Key key;
};

Poller::Poller(Sink& sink) : reactor_(std::make_unique<Reactor>()) {
  reactor_->reactor->init(Aio::SyncContext());
  reactor_->key = reactor_->reactor->addHandler(std::make_shared<Handler>(sink));
}

Poller::~Poller() = default;

absl::Status Poller::Add(int fd, uint64_t tag) try {
  reactor_->reactor->registerFd(reactor_->key, fd, kReadAndWrite, Polling::Tag(tag), Polling::Mode::Edge);
  return absl::OkStatus();
} catch (const std::exception& error) {
  return absl::ResourceExhaustedError(fmt::format("cannot watch a descriptor: {}", error.what()));
}

void Poller::Rearm(int fd, uint64_t tag) {
  reactor_->reactor->modifyFd(reactor_->key, fd, kReadAndWrite, Polling::Tag(tag), Polling::Mode::Edge);
}

void Poller::Remove(int fd) { reactor_->reactor->removeFd(reactor_->key, fd); }
void Poller::Run() { reactor_->reactor->run(); }
void Poller::Stop() { reactor_->reactor->shutdown(); }

}  // namespace tomada::net
