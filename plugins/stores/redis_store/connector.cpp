#include "connector.h"

#include <poll.h>
#include <pthread.h>

#include <algorithm>
#include <chrono>

#include <absl/time/time.h>
#include <fmt/format.h>

namespace tomada::redis_store {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kFirstBackOff = 50, kLongestBackOff = 2000, kShortestBackOff = 5;  // milliseconds
constexpr int kRetry = 1000;  // milliseconds between tries to listen to a Sentinel, or to write after a refusal

// Checked with the config.
ServerAddress ParseUrl(const Config& config) { return *ServerAddress::Parse(config.url.Reveal()); }

}  // namespace

Connector::Connector(const Config& config, const std::vector<std::unique_ptr<IoThread>>& threads, Logger log,
                     StatusReporter status, Counter reconnects)
    : config_(config),
      server_(ParseUrl(config)),
      threads_(threads),
      log_(std::move(log)),
      status_(std::move(status)),
      reconnects_(std::move(reconnects)),
      dialer_(config, log_),
      sentinels_(config.sentinels, config.master, dialer_),
      lines_(threads.size()),
      random_(std::random_device()()) {}

Connector::~Connector() { Stop(); }

absl::Status Connector::Start() {
  status_.NotReady("not connected yet");
  thread_ = std::thread([this] { Run(); });
  ::pthread_setname_np(thread_.native_handle(), "redis-connect");
  return absl::OkStatus();
}

void Connector::Stop() {
  if (!thread_.joinable()) return;
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  stopped_.Signal();
  event_.Signal();
  thread_.join();
}

void Connector::Lost(size_t number, std::string why) {
  {
    std::lock_guard lock(mutex_);
    lost_.emplace_back(number, std::move(why));
  }
  event_.Signal();
}

void Connector::Refused(std::string why) {
  {
    std::lock_guard lock(mutex_);
    refusal_ = std::move(why);
  }
  event_.Signal();
}

net::Patience Connector::patience() const {
  return net::Patience{absl::ToChronoNanoseconds(config_.connect_timeout), stopped_.fd()};
}

bool Connector::stopping() const {
  std::lock_guard lock(mutex_);
  return stopping_;
}

void Connector::Run() {
  while (!stopping()) {
    TakeLosses();
    if (absl::Status failure = ConnectAll(); !failure.ok()) {
      ReportFailure(failure);
      BackOff(failure);
      continue;
    }
    failures_ = 0;
    reported_.clear();
    {
      std::lock_guard lock(mutex_);
      refusal_.clear();
    }
    status_.Ready();
    WaitForNews();
  }
}

void Connector::TakeLosses() {
  std::vector<std::pair<size_t, std::string>> lost;
  {
    std::lock_guard lock(mutex_);
    lost.swap(lost_);
  }
  for (const auto& [number, why] : lost) {
    Line& line = lines_[number];
    line.connected = false;
    status_.NotReady(fmt::format("{}: {}", line.address, why));
    log_.Warning("connection lost", {{"address", line.address}, {"thread", std::to_string(number)}, {"why", why}});
  }
}

absl::Status Connector::ConnectAll() {
  for (size_t i = 0; i < lines_.size(); ++i) {
    if (lines_[i].connected) continue;
    absl::StatusOr<ServerAddress> primary = FindPrimary();
    if (!primary.ok()) return primary.status();
    if (absl::Status failed = Connect(i, *primary); !failed.ok()) {
      if (!sentinels_.empty()) sentinels_.Distrust();
      return failed;
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<ServerAddress> Connector::FindPrimary() {
  if (sentinels_.empty()) return server_;
  absl::StatusOr<HostPort> at = sentinels_.FindPrimary(patience());
  if (!at.ok()) return at.status();
  ServerAddress primary = server_;
  primary.at = *std::move(at);
  primary.path.clear();
  return primary;
}

absl::Status Connector::Connect(size_t number, const ServerAddress& primary) {
  Line& line = lines_[number];
  const auto at = [&](const absl::Status& failure) {
    return absl::Status(failure.code(), fmt::format("{}: {}", primary.ToString(), std::string(failure.message())));
  };
  absl::StatusOr<net::ByteStream> stream = dialer_.Dial(primary, patience());
  if (!stream.ok()) return at(stream.status());
  absl::StatusOr<Greeted> greeted = Greet(*stream, config_, primary, line.last, patience());
  if (!greeted.ok()) return at(greeted.status());
  line.connected = true;
  line.address = primary.ToString();
  if (line.last) reconnects_.Add();
  line.last = greeted->id;
  threads_[number]->Attach(*std::move(stream), std::move(greeted->session));
  log_.Info("connected", {{"address", line.address}, {"thread", std::to_string(number)}});
  return absl::OkStatus();
}

void Connector::ReportFailure(const absl::Status& failure) {
  const std::string why(failure.message());
  status_.NotReady(why);
  if (failure.code() == absl::StatusCode::kFailedPrecondition) {
    // Trying goes on, since whoever acts may do so on the server; but no call waits for that.
    for (size_t i = 0; i < lines_.size(); ++i) {
      if (!lines_[i].connected) threads_[i]->Refuse(absl::UnavailableError(why));
    }
  }
  if (why == reported_) return;
  reported_ = why;
  log_.Warning("not ready", {{"why", why}});
}

void Connector::BackOff(const absl::Status& failure) {
  const int longest = std::min(kLongestBackOff, kFirstBackOff << std::min(failures_++, 10));
  const auto end =
      Clock::now() + std::chrono::milliseconds(std::uniform_int_distribution(kShortestBackOff, longest)(random_));
  status_.NotReady(std::string(failure.message()), end);
  while (!stopping()) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - Clock::now()).count();
    if (left <= 0) return;
    Wait(static_cast<int>(left), false);
  }
}

// All threads are connected: until one is not, a Sentinel tells of another primary, or Stop.
void Connector::WaitForNews() {
  for (;;) {
    if (!sentinels_.empty()) sentinels_.Subscribe(patience());
    const bool deaf = !sentinels_.empty() && sentinels_.fd() < 0;
    const bool heard = sentinels_.has_more() || Wait(deaf || !reported_.empty() ? kRetry : -1, true);
    if (heard && sentinels_.ReadNews(patience())) {
      for (const auto& thread : threads_) thread->Drop("the Sentinels name another primary");
    }
    std::string refusal;
    {
      std::lock_guard lock(mutex_);
      if (stopping_ || !lost_.empty()) return;
      refusal = refusal_;
    }
    if (!refusal.empty()) TryWrite();
  }
}

// Users' writes cannot tell: they may stay away while the store is not ready.
void Connector::TryWrite() {
  absl::StatusOr<ServerAddress> primary = FindPrimary();
  absl::StatusOr<net::ByteStream> stream = primary.ok() ? dialer_.Dial(*primary, patience()) : primary.status();
  const absl::Status refused =
      stream.ok() ? redis_store::TryWrite(*stream, config_, *primary, patience()) : stream.status();
  if (!refused.ok()) return ReportFailure(refused);
  {
    std::lock_guard lock(mutex_);
    refusal_.clear();
  }
  reported_.clear();
  status_.Ready();
  log_.Info("the server takes writes again");
}

bool Connector::Wait(int timeout, bool listen) {
  pollfd polls[2] = {{event_.fd(), POLLIN, 0}, {listen ? sentinels_.fd() : -1, POLLIN, 0}};
  ::poll(polls, 2, timeout);
  if (polls[0].revents != 0) event_.Clear();
  return polls[1].revents != 0;
}

}  // namespace tomada::redis_store
