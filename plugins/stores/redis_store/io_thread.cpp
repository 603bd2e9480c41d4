#include "io_thread.h"

#include <pthread.h>
#include <sys/epoll.h>

#include <algorithm>
#include <cerrno>

#include <absl/strings/escaping.h>
#include <fmt/format.h>

#include "net/socket/patience.h"
#include "server_error.h"

namespace tomada::redis_store {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kTick{10};           // how often deadlines are looked at
constexpr milliseconds kRetryInterval{50};  // of what a server that is busy or loading did not execute
// For replicas to have a write, until its command is written again. It holds up what comes after it on the connection,
// reads too, and is far shorter than a stall.
constexpr milliseconds kBarrier{100};
constexpr milliseconds kCheckInterval{500};  // of what must stay as the handshake found it
constexpr std::chrono::seconds kTellInterval{1};
constexpr size_t kFewCommands = 4;           // whoever sends so few at once is probably not the only one
constexpr size_t kMaxInFlight = 8192;        // commands without a reply; the server reads 16 KiB at a time anyway
constexpr size_t kMaxUnwritten = 256 << 10;  // bytes encoded ahead of the socket
constexpr size_t kProgressBytes = 4 << 10;   // of a long reply; a shorter one has to come whole within stall_timeout

absl::Status Stopped() { return absl::UnavailableError("the store has stopped"); }

int CeilMilliseconds(std::chrono::nanoseconds time) {
  return time.count() <= 0 ? 0 : static_cast<int>(std::chrono::ceil<milliseconds>(time).count());
}

}  // namespace

IoThread::IoThread(const IoOptions& options, const StoreMetrics& metrics, Events events)
    : options_(options),
      metrics_(metrics),
      events_(std::move(events)),
      inbox_(options.max_calls, options.max_bytes, metrics.queued) {}

IoThread::~IoThread() { Stop(Clock::now()); }

absl::Status IoThread::Start() {
  epoll_.Reset(::epoll_create1(EPOLL_CLOEXEC));
  if (!epoll_) return net::SocketError(errno);
  inbox_.Open();
  epoll_event wake{};
  wake.events = EPOLLIN | EPOLLET;  // edge-triggered: need not be read
  wake.data.fd = inbox_.fd();
  if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, inbox_.fd(), &wake) != 0) return net::SocketError(errno);
  thread_ = std::thread([this] { Loop(); });
  ::pthread_setname_np(thread_.native_handle(), "redis-io");
  return absl::OkStatus();
}

void IoThread::Stop(Deadline grace) {
  if (!thread_.joinable()) return;
  inbox_.Close(grace);
  thread_.join();
}

void IoThread::Attach(net::ByteStream stream, Session session) {
  inbox_.Send([&](Inbox::Mail& mail) { mail.attach.emplace(std::move(stream), std::move(session)); });
}

void IoThread::Drop(std::string why) {
  inbox_.Send([&](Inbox::Mail& mail) { mail.drop = std::move(why); });
}

void IoThread::Refuse(absl::Status why) {
  inbox_.Send([&](Inbox::Mail& mail) { mail.refuse = std::move(why); });
}

void IoThread::Loop() {
  now_ = next_tick_ = Clock::now();
  for (;;) {
    bool readable = HandleEvents();
    now_ = Clock::now();
    TakeMail();
    if (!readable) AwaitCompany();
    readable |= std::exchange(unpolled_, false);
    if (readable && connection_) Read();
    if (now_ >= next_tick_) Tick();
    if (connection_) Write();
    resume_.Flush();
    if (stop_ && (inbox_.outstanding() == 0 || now_ >= *stop_)) break;
  }
  FinishAll(Stopped());
  resume_.Flush();
}

// Sleeps until there is something to do; whether the connection has bytes, or its end.
bool IoThread::HandleEvents() {
  const int timeout = inbox_.PrepareToSleep() ? WaitTime() : 0;
  epoll_event events[2];
  const int count = ::epoll_wait(epoll_.get(), events, 2, timeout);
  inbox_.Awake();
  bool readable = false;
  for (int i = 0; i < count; ++i) {
    readable |= events[i].data.fd != inbox_.fd() && (events[i].events & ~static_cast<uint32_t>(EPOLLOUT)) != 0;
  }
  return readable;
}

// The first command of a batch wakes this thread, often on the processor of the thread that is about to send more. To
// yield once costs less than two small batches.
void IoThread::AwaitCompany() {
  if (!connection_ || waiting_.empty() || waiting_.size() >= kFewCommands) return;
  std::this_thread::yield();
  TakeMail();
}

// In milliseconds, for epoll_wait.
int IoThread::WaitTime() const {
  const Clock::time_point now = Clock::now();
  if (inbox_.outstanding() > 0 || !in_flight_.empty()) return CeilMilliseconds(next_tick_ - now);
  return connection_ ? CeilMilliseconds(next_check_ - now) : -1;
}

void IoThread::TakeMail() {
  inbox_.Take(mail_);
  for (Command* command : mail_.submitted) waiting_.push_back(command);
  mail_.submitted.clear();
  if (auto stop = std::exchange(mail_.stop, std::nullopt)) stop_ = stop;
  if (auto refuse = std::exchange(mail_.refuse, std::nullopt)) refusal_ = std::move(refuse);
  if (auto attach = std::exchange(mail_.attach, std::nullopt)) {
    UseConnection(std::move(attach->first), std::move(attach->second));
  }
  // After attach: in one batch it may be meant for the new connection. One for the connection before costs a reconnect.
  if (auto drop = std::exchange(mail_.drop, std::nullopt)) Disconnect(absl::UnavailableError(*drop));
  if (refusal_) {
    for (Command* command : waiting_) Finish(*command, command->Failure(*refusal_, false));
    waiting_.clear();
  }
}

void IoThread::UseConnection(net::ByteStream stream, Session session) {
  if (connection_) Disconnect(absl::UnavailableError("replaced"));
  refusal_.reset();
  epoll_event event{};
  event.events = EPOLLIN | EPOLLRDHUP;
  event.data.fd = stream.fd();
  ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, stream.fd(), &event);
  connection_.emplace(std::move(stream), std::move(session));
  unpolled_ = true;
  Progress();
  next_check_ = now_ + kCheckInterval;
  wants_write_ = false;
}

// What was written and not answered is written again, in its order, when there is another connection.
void IoThread::Disconnect(const absl::Status& why) {
  if (!connection_) return;
  connection_.reset();
  write_since_wait_ = short_of_replicas_ = false;
  barriers_ = 0;
  checking_ = false;
  const std::string text(why.message());
  const auto again = [&](Command* command) {
    command->in_doubt = command->is_write();
    command->last_failure = text;
    waiting_.push_front(command);
  };
  std::for_each(in_flight_.rbegin(), in_flight_.rend(), [&](const Slot& slot) {
    if (slot.command) again(slot.command);
  });
  std::ranges::for_each(unreplicated_, again);
  in_flight_.clear();
  unreplicated_.clear();
  events_.lost(text);
}

void IoThread::Encode() {
  // Barriers that replicas do not lift would add up on the server, and reads wait behind all of them: one at a time.
  if (short_of_replicas_ && barriers_ > 0) return;
  while (!waiting_.empty() && connection_->unwritten() < kMaxUnwritten && in_flight_.size() < kMaxInFlight) {
    Command& command = *waiting_.front();
    waiting_.pop_front();
    if (FinishIfOver(command, false)) continue;
    command.status = absl::OkStatus();
    if (in_flight_.empty()) Progress();  // the server's time to answer begins
    in_flight_.push_back(
        Slot{Slot::Kind::kCommand, &command, command.Encode(connection_->session(), connection_->out())});
    write_since_wait_ |= command.is_write();
  }
  if (options_.replicas == 0 || !write_since_wait_) return;
  // One barrier for all writes of the batch.
  CommandWriter(connection_->out(), 3).Add("WAIT").Add(int64_t{options_.replicas}).Add(int64_t{kBarrier.count()});
  in_flight_.push_back(Slot{Slot::Kind::kWait, nullptr, 1});
  ++barriers_;
  write_since_wait_ = false;
}

void IoThread::Write() {
  do {
    const size_t before = in_flight_.size();
    Encode();
    if (in_flight_.size() > before) metrics_.batch.Observe(static_cast<double>(in_flight_.size() - before));
    if (connection_->unwritten() == 0) break;
    if (absl::Status over = connection_->Write(); !over.ok()) return Disconnect(over);
  } while (connection_->unwritten() == 0 && !waiting_.empty() && in_flight_.size() < kMaxInFlight);

  const bool wants_write = connection_->unwritten() > 0;
  if (wants_write == wants_write_) return;
  wants_write_ = wants_write;
  epoll_event event{};
  event.events = EPOLLIN | EPOLLRDHUP | (wants_write ? EPOLLOUT : 0u);
  event.data.fd = connection_->fd();
  ::epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, connection_->fd(), &event);
}

void IoThread::Read() {
  absl::Status status = connection_->Read(received_);
  if (received_ >= kProgressBytes) Progress();
  while (status.ok()) {
    absl::StatusOr<std::optional<Reply>> reply = connection_->replies().Next();
    if (!reply.ok()) {
      status = reply.status();
    } else if (!reply->has_value()) {
      return;
    } else if (Progress(); !TakeReply(**reply)) {
      status = absl::UnavailableError("the server answered what it was not asked");
    } else if (!connection_) {
      return;
    }
  }
  if (status.code() == absl::StatusCode::kResourceExhausted) FailFirst(status);
  Disconnect(status);
}

void IoThread::Progress() {
  progress_ = now_;
  received_ = 0;
}

// A reply that costs the connection would cost the next one too: who asked for it does not ask again.
void IoThread::FailFirst(const absl::Status& why) {
  if (in_flight_.empty() || !in_flight_.front().command) return;
  Slot& slot = in_flight_.front();
  Command& command = *std::exchange(slot.command, nullptr);
  Finish(command, NameDamage(command, slot.seen, absl::DataLossError(why.message())));
}

// False when no reply is owed.
bool IoThread::TakeReply(const Reply& reply) {
  if (in_flight_.empty()) return false;
  Slot& slot = in_flight_.front();
  if (reply.type() == ReplyType::kError) {
    if (slot.error.empty()) {
      slot.error = reply.text().substr(0, kMaxErrorText);
      slot.error_at = slot.seen;
    }
  } else if (slot.kind == Slot::Kind::kWait) {
    wait_replicas_ = reply.integer();
  } else if (slot.kind == Slot::Kind::kCheck) {
    check_.Update(connection_->session().check.OnReply(slot.seen, reply));
  } else if (slot.command && slot.error.empty() && slot.command->status.ok()) {
    slot.command->status = NameDamage(*slot.command, slot.seen, slot.command->OnReply(slot.seen, reply));
  }
  if (++slot.seen < slot.replies) return true;
  Slot ended = std::move(slot);
  in_flight_.pop_front();
  EndOfSlot(std::move(ended));
  return true;
}

void IoThread::EndOfSlot(Slot slot) {
  if (slot.kind == Slot::Kind::kWait) return HandleWait(slot.error, wait_replicas_);
  if (slot.kind == Slot::Kind::kCheck) return HandleCheck(slot.error);
  if (!slot.command) return;
  Command& command = *slot.command;
  if (!slot.error.empty()) {
    HandleError(command, slot);
  } else if (command.status.ok() && command.is_write() && options_.replicas > 0) {
    command.in_doubt = true;
    unreplicated_.push_back(&command);
  } else {
    Finish(command, std::move(command.status));
  }
}

// The status, with the key that it is about when that holds something strange.
absl::Status IoThread::NameDamage(const Command& command, size_t reply, absl::Status status) {
  if (status.code() != absl::StatusCode::kDataLoss) return status;
  std::string key;
  command.AppendSubject(key, reply);
  absl::Status named = absl::DataLossError(fmt::format("{}: {}", absl::CHexEscape(key), std::string(status.message())));
  status.ForEachPayload([&](absl::string_view url, const absl::Cord& payload) { named.SetPayload(url, payload); });
  if (now_ - damage_told_ >= kTellInterval) {
    damage_told_ = now_;
    events_.damaged(std::string(named.message()));
  }
  return named;
}

void IoThread::HandleError(Command& command, const Slot& slot) {
  const std::string& error = slot.error;
  switch (KindOfError(error)) {
    case ErrorKind::kUnknownScript:
      command.SendSource();
      waiting_.push_back(&command);
      break;
    case ErrorKind::kRetry:
      command.last_failure = error;
      delayed_.push_back(&command);
      break;
    case ErrorKind::kReconnect:
      command.last_failure = error;
      delayed_.push_back(&command);
      Disconnect(absl::UnavailableError(error));
      break;
    case ErrorKind::kRefused: TellRefusal(error); [[fallthrough]];
    case ErrorKind::kFail: {
      absl::Status failed = command.Failure(FailureOf(error), IsRefusalWithinScript(error));
      Finish(command, NameDamage(command, slot.error_at, std::move(failed)));
      break;
    }
  }
}

// What a check that was not answered would have said is asked again with the next.
void IoThread::HandleCheck(const std::string& error) {
  checking_ = false;
  if (!error.empty() && KindOfError(error) == ErrorKind::kRefused) return TellRefusal(error);
  if (!error.empty() && KindOfError(error) == ErrorKind::kReconnect) return Disconnect(absl::UnavailableError(error));
  if (!check_.ok()) Disconnect(check_);
}

void IoThread::HandleWait(const std::string& error, int64_t replicas) {
  --barriers_;
  short_of_replicas_ = !error.empty() || replicas < options_.replicas;
  const std::string why =
      error.empty() ? fmt::format("{} of {} replicas have the write", replicas, options_.replicas) : error;
  for (Command* command : unreplicated_) {
    if (short_of_replicas_) {
      command->last_failure = why;
      delayed_.push_back(command);
    } else {
      Finish(*command, absl::OkStatus());
    }
  }
  unreplicated_.clear();
  if (short_of_replicas_) TellRefusal(why);
}

void IoThread::TellRefusal(const std::string& why) {
  if (now_ - refusal_told_ < kTellInterval) return;
  refusal_told_ = now_;
  events_.refused(why);
}

void IoThread::Tick() {
  next_tick_ = now_ + kTick;
  if (now_ >= next_retry_) {
    next_retry_ = now_ + kRetryInterval;
    for (Command* command : delayed_) waiting_.push_back(command);
    delayed_.clear();
  }
  ExpireCalls();
  if (connection_) WatchConnection();
}

void IoThread::ExpireCalls() {
  waiting_.erase_if([&](Command* command) { return FinishIfOver(*command, false); });
  std::erase_if(delayed_, [&](Command* command) { return FinishIfOver(*command, false); });
  std::erase_if(unreplicated_, [&](Command* command) { return FinishIfOver(*command, true); });
  for (Slot& slot : in_flight_) {
    if (slot.command && FinishIfOver(*slot.command, true)) slot.command = nullptr;
  }
}

void IoThread::WatchConnection() {
  if (!in_flight_.empty() && now_ - progress_ >= options_.stall_timeout) {
    return Disconnect(absl::UnavailableError(
        fmt::format("no answer for {} ms", std::chrono::duration_cast<milliseconds>(options_.stall_timeout).count())));
  }
  if (checking_ || now_ < next_check_) return;
  if (in_flight_.empty()) Progress();
  in_flight_.push_back(Slot{Slot::Kind::kCheck, nullptr, connection_->session().check.Encode(connection_->out())});
  check_ = absl::OkStatus();
  checking_ = true;
  next_check_ = now_ + kCheckInterval;
}

bool IoThread::FinishIfOver(Command& command, bool in_flight) {
  absl::Status over;
  if (command.call().cancelled()) {
    over = command.call().status();
  } else if (command.call().deadline() <= now_) {
    over = absl::DeadlineExceededError(
        command.last_failure.empty() ? "Redis did not answer in time"
                                     : fmt::format("Redis did not answer in time; last: {}", command.last_failure));
  } else {
    return false;
  }
  Finish(command, command.Failure(std::move(over), in_flight));
  return true;
}

void IoThread::Count(const Command& command) const {
  using Kind = StoreOperations::Kind;
  metrics_.operations.Ended(command.is_write() ? Kind::kWrite : Kind::kRead, command.status.code());
}

void IoThread::Finish(Command& command, absl::Status status) {
  command.status = std::move(status);
  Count(command);
  inbox_.Finished(command);
  resume_.Add(command.call().executor(), command.waiting);
}

void IoThread::FinishAll(const absl::Status& status) {
  TakeMail();
  connection_.reset();
  for (Command* command : waiting_) Finish(*command, command->Failure(status, false));
  for (Command* command : delayed_) Finish(*command, command->Failure(status, false));
  for (Command* command : unreplicated_) Finish(*command, command->Failure(status, true));
  for (const Slot& slot : in_flight_) {
    if (slot.command) Finish(*slot.command, slot.command->Failure(status, true));
  }
  waiting_.clear();
  delayed_.clear();
  unreplicated_.clear();
  in_flight_.clear();
}

}  // namespace tomada::redis_store
